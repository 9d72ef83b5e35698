"""The writer of the editions: directives, plain Markdown, claims, errors, addresses."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tools import repository as mover
from tools.claims import claims, with_verdicts
from tools.directives import find_directives, replace_directives
from tools.paths import CONFIG, ROOT
from tools.plain import Numbers, number, plain
from tools.references import listing, work
from tools.render import chapter_number, repository
from tools.site import dress
from tools.source import Cell, digest, edition, languages, pairs, read
from tools.tables import fill
from tools.translation import stale, stamp

BOX = """\
::::{prf:proposition} A title
:label: a-claim
:audit: CLIP-0
:verdict: conditional
:says: something else.

The statement $x$.

$$
y = x
$$ (eq-one)
::::"""
NUMBERS = Numbers(
    {"a-claim": "Proposition 1.1", "eq-one": "(1.1)", "ex-one": "练习 1.1"}
)
HEAD = """\
---
jupytext:
  text_representation:
    extension: .md
    format_name: myst
---
"""


def source(tmp_path, text):
    path = tmp_path / "chapter.md"
    path.write_text(HEAD + text, "utf-8")
    return path


# Directives


def test_a_directive_comes_back_as_it_was():
    (box,) = find_directives(BOX)
    assert str(box) == BOX
    assert (box.name, box.title) == ("prf:proposition", "A title")
    assert box.options["verdict"] == "conditional"


def test_code_is_not_searched_for_directives():
    text = "```python\n:::{note}\n```\n\n:::{note} A\n:::"
    assert [box.title for box in find_directives(text)] == ["A"]
    assert replace_directives(text, str) == text


def test_an_open_directive_is_named():
    with pytest.raises(
        ValueError, match=r"^directive must be closed by :::, got no end"
    ):
        find_directives(":::{note}\nfor ever")


# Claims


def test_a_claim_is_read_with_its_verdict():
    (claim,) = claims(BOX)
    assert claim.label == "a-claim"
    assert claim.says == "something else."


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (":audit: CLIP-0\n", "", "^claim box must have audit, got 'A title'"),
        (" A title", "", "^claim box must have a title, got ''"),
        ("conditional", "maybe", "^verdict of a-claim must be one of true, .*'maybe'"),
    ],
)
def test_an_incomplete_claim_is_refused(old, new, message):
    with pytest.raises(ValueError, match=message):
        claims(BOX.replace(old, new))


def test_the_site_shows_the_verdict_in_the_box():
    dressed = with_verdicts(BOX, "zh")
    assert ":audit:" not in dressed
    assert ":::{div} verdict verdict-conditional\n**有条件成立**。原文：" in dressed


# Plain Markdown


def test_a_claim_becomes_a_quotation_with_one_line_formulas():
    text = plain(BOX, "en", NUMBERS)
    assert all(line.startswith(">") for line in text.splitlines())
    assert "**Proposition 1.1** (A title)." in text
    assert "> $$ y = x \\tag{1.1} $$" in text
    assert "**Conditional.** The source: something else." in text


@pytest.mark.parametrize(
    ("myst", "markdown"),
    [
        ("{prf:ref}`a-claim`", "[Proposition 1.1](#a-claim)"),
        ("{prf:ref}`that one <a-claim>`", "[that one](#a-claim)"),
        ("see {eq}`eq-one`", "see (1.1)"),
        ("{term}`gain`", "gain"),
        ("{doc}`the start <index>`", "[the start](index.md)"),
        ("{doc}`x <gradient-clipping>`", "[x](gradient-clipping.ipynb)"),
        ("{py:func}`~companion.linalg.spectral_norm`", "`spectral_norm`"),
        ("(here)=\n# Title", '<a id="here"></a>\n\n# Title'),
        ("% a comment\ntext", "text"),
        (":::{solution-end}\n:::", ""),
    ],
)
def test_roles_and_labels(myst, markdown):
    assert plain(myst, "en", NUMBERS) == markdown


def test_citations_become_links():
    text = plain("{cite:t}`pascanu2013difficulty`", "en", NUMBERS)
    assert text == "[Pascanu et al. (2013)](https://arxiv.org/abs/1211.5063)"
    text = plain("{cite:p}`huber1964robust`", "zh", NUMBERS)
    assert text == "([Huber, 1964](https://doi.org/10.1214/aoms/1177703732))"


def test_dropdowns_fold():
    text = plain(":::{admonition} Hint\n:class: dropdown\nTry.\n:::", "en", NUMBERS)
    assert text == "<details><summary>Hint</summary>\n\nTry.\n\n</details>"


@pytest.mark.parametrize(
    ("myst", "message"),
    [
        (":::{video} x\n:::", "^directive must have a plain form, got 'video'"),
        ("{kbd}`x`", "^role must have a plain form, got 'kbd'"),
        ("{eq}`eq-two`", "^label must be defined in this chapter, got 'eq-two'"),
        ("{cite:p}`nobody2000`", "^citation must be a key of references.bib, got"),
    ],
)
def test_what_has_no_plain_form_is_refused(myst, message):
    with pytest.raises(ValueError, match=message):
        plain(myst, "en", NUMBERS)


def test_numbering_counts_each_kind_apart():
    cells = [
        Cell("markdown", f"{BOX}\n\n:::{{exercise}}\n:label: ex-one\nDo.\n:::", {}),
        Cell("code", "draw", {"mystnb": {"figure": {"name": "fig-a"}}}),
        Cell("markdown", BOX.replace("a-claim", "b").replace("eq-one", "eq-b"), {}),
    ]
    assert number(cells, "zh", 3) == {
        "a-claim": "命题 3.1",
        "b": "命题 3.2",
        "eq-one": "(3.1)",
        "eq-b": "(3.2)",
        "ex-one": "练习 3.1",
        "fig-a": "图 3.1",
    }


# Sources


def test_an_edition_takes_its_language_and_the_code(tmp_path):
    path = source(
        tmp_path,
        '+++ {"lang": "en"}\n\nOne\n\n+++ {"lang": "zh", "of": "0"}\n\n一\n\n'
        "```{code-cell}\n---\na:\n  en: x\n  zh: y\n---\n1\n```\n",
    )
    cells = read(path)
    assert [cell.text for cell in edition(cells, "zh")] == ["一", "1"]
    assert edition(cells, "en")[1].metadata == {"a": "x"}
    assert languages(cells) == ["en", "zh"]
    assert [two.text for _, two in pairs(cells)] == ["一"]


def test_a_cell_without_a_language_is_refused(tmp_path):
    with pytest.raises(
        ValueError, match=r"^chapter.md: cell must have a language, got"
    ):
        read(source(tmp_path, "Whose?"))


def test_a_changed_english_cell_makes_the_chinese_stale_until_it_is_stamped(tmp_path):
    path = source(tmp_path, '+++ {"lang": "en"}\n\nOne\n\n+++ {"lang": "zh"}\n\n一\n')
    assert stale(path) == ["一"]
    stamp(path)
    assert stale(path) == []
    assert f'"of": "{digest("One")}"' in path.read_text("utf-8")
    path.write_text(path.read_text("utf-8").replace("One", "Two"), "utf-8")
    assert stale(path) == ["一"]


def test_a_notebook_that_is_not_its_source_is_not_dressed(tmp_path):
    path = source(tmp_path, '+++ {"lang": "en"}\n\nOne\n')
    with pytest.raises(ValueError, match=r"^chapter.md and its notebook differ: run"):
        dress('{"cells": []}', path, "en")


def test_a_chapter_must_stand_in_the_contents():
    with pytest.raises(ValueError, match=r"^nowhere must stand in _toc.yml, got"):
        chapter_number("nowhere", "en")


# References and generated parts


def test_the_list_of_references_is_sorted_and_linked():
    text = listing(["zhang2020clipping", "huber1964robust"])
    first, second = text.splitlines()
    assert first.startswith("- Huber (1964). *Robust estimation")
    assert second.endswith("[arXiv:1905.11881](https://arxiv.org/abs/1905.11881)")


def test_names_join_as_in_a_sentence():
    assert work("huber1964robust").short == "Huber"
    assert work("kingma2015adam").short == "Kingma and Ba"
    assert work("pascanu2013difficulty").short == "Pascanu et al."


def test_an_unknown_mark_stays_a_comment():
    assert fill("% nothing", "en") == "% nothing"


# Moving and the network


def test_moving_changes_every_address(tmp_path):
    copies = []
    for path in (CONFIG, ROOT / "CITATION.cff"):
        copy = tmp_path / path.name
        copy.write_text(path.read_text("utf-8"), "utf-8")
        copies.append(copy)
    mover.move("https://github.com/me/mine", tuple(copies))
    text = "".join(copy.read_text("utf-8") for copy in copies)
    assert "https://github.com/me/mine" in text
    assert "https://me.github.io/mine/" in text
    assert repository() not in text


def test_a_strange_address_is_refused():
    with pytest.raises(ValueError, match=r"^URL must be https://github.com/OWNER/NAME"):
        mover.move("github.com/me")


def test_the_address_stands_where_the_mover_looks_and_nowhere_else():
    listed = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False
    ).stdout.split()
    moved = {str(path.relative_to(ROOT)) for path in mover.REPEATED}
    for name in listed:
        path = ROOT / name
        if path.suffix in {".svg", ".ipynb"} or name in moved or not path.exists():
            continue
        assert repository() not in path.read_text("utf-8"), name


@pytest.mark.parametrize("host", ["192.0.2.1", "example.org"])
def test_offline_python_refuses_the_network(host):
    code = f"import socket; socket.create_connection(({host!r}, 80), timeout=1)"
    folder = Path(__file__).parent / "offline"
    result = subprocess.run(
        [sys.executable, "-c", code],
        env={"PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert re.search("a notebook must not use the network, got", result.stderr)
