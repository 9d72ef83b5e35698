"""The press: markup, claims, predictions, the book, plain Markdown, errors, moving."""

import importlib
import json
import re
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace

import pytest
from docutils import nodes
from docutils.utils import new_document
from sphinx import addnodes

from companion.claims import read_lines
from press import checks, chinese, references
from press import repository as mover
from press.book import Book, read_book
from press.claims import claim
from press.document import Document
from press.markup import PARSER, Place, blocks, replace_roles, roles, walk
from press.paths import BOOK, CONFIG, ROOT
from press.plain import Context, plain
from press.predict import answer, predict
from press.references import listing, work, works
from press.render import BOOTSTRAP, code_cells, render, repository
from press.site import dress, dressed
from press.source import digest, pairs, read
from press.tables import fill
from press.translation import stale, stamp

HERE = Path(__file__).parent / "chapter"
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
QUESTION = """\
```{predict} a-question
:range: 1 1e9
How many?
```"""
HEAD = """\
---
jupytext:
  text_representation:
    extension: .md
    format_name: myst
---
"""


def source(folder, text, name="chapter"):
    path = folder / f"{name}.md"
    path.write_text(HEAD + text, "utf-8")
    return path


def chapter(folder, text, lines=(), name="chapter"):
    """A chapter with one cell of code that printed these lines."""
    path = source(
        folder, f'+++ {{"lang": "en"}}\n\n{text}\n\n```{{code-cell}}\n1\n```\n', name
    )
    outputs = [{"output_type": "stream", "name": "stdout", "text": "\n".join(lines)}]
    setup = BOOTSTRAP.format(repository=repository())
    cells = [
        {"cell_type": "code", "source": code, "outputs": given}
        for code, given in ((setup, []), ("1", outputs))
    ]
    notebook = folder / f"{name}.ipynb"
    notebook.write_text(json.dumps({"cells": cells}), "utf-8")
    return Document(path, notebook)


@pytest.fixture
def press(tmp_path):
    """Return a book of one chapter, valid or not."""

    def made(text, *lines):
        return Book([chapter(tmp_path, text, lines)], ["chapter"])

    return made


def markdown(myst, language="en"):
    """A text in plain Markdown, in the book as it is."""
    return plain(myst, Context(read_book(), "gradient-clipping", language))


# Markup


def test_a_directive_comes_back_as_it_was():
    (box,) = blocks(BOX)
    assert str(box) == box.text == BOX
    assert (box.name, box.title) == ("prf:proposition", "A title")
    assert box.options["verdict"] == "conditional"


def test_blocks_are_the_text_and_know_their_lines():
    text = f"(here)=\n# Title\n\nWords\n\n{BOX}\n% a comment\n\n- item\n"
    found = blocks(text, Place("a.md", 10))
    assert "\n".join(block.text for block in found) == text
    kinds = [(block.kind, block.place.line) for block in found]
    assert kinds == [
        ("label", 10), ("heading", 11), ("prose", 12), ("directive", 15),
        ("comment", 27), ("prose", 28),
    ]  # fmt: skip
    (equation,) = [b for b in walk(text, Place("a.md", 10)) if b.kind == "equation"]
    assert (equation.name, equation.body) == ("eq-one", "y = x")
    assert str(equation.place) == "a.md:23"


@pytest.mark.parametrize("fence", ["```", "~~~", "````"])
def test_code_is_not_searched_for_directives(fence):
    text = f"{fence}python\n:::{{note}}\n{fence}\n\n:::{{note}} A\n:::"
    found = [block for block in blocks(text) if block.kind == "directive"]
    assert [box.title for box in found] == ["A"]


def test_a_role_inside_code_is_code():
    text = "`` {eq}`x` `` and {eq}`z` and \\{eq}`no`"
    assert [role.label for role in roles(text)] == ["z"]
    assert replace_roles(text, lambda role: "R") == text.replace("{eq}`z`", "R")


def test_the_parser_of_the_site_sees_the_same_roles():
    different = []
    for document in read_book().documents.values():
        for block in document.english.blocks:
            if block.kind == "prose":
                seen = [
                    inside.meta["name"]
                    for token in PARSER.parse(block.text)
                    for inside in token.children or []
                    if inside.type == "myst_role"
                ]
                if seen != [role.name for role in roles(block.text)]:
                    different.append(str(block.place))
    assert not different


def test_a_role_knows_its_text_its_target_and_its_line():
    (role,) = roles("words\n{prf:ref}`that one <a-claim>`", Place("a.md", 3))
    assert role[:3] == ("prf:ref", "a-claim", "that one")
    assert str(role.place) == "a.md:4"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (":::{note}\nfor ever", "^text:1: directive must be closed by :::, got no end"),
        ("- x\n\n  :::{note}\n  :::", "^text:3: .note. must stand at the margin, got"),
        ("- x\n\n  $$ y $$ (eq-y)", "^text:3: eq-y must stand at the margin, got"),
    ],
)
def test_what_would_be_lost_is_refused(text, message):
    with pytest.raises(ValueError, match=message):
        blocks(text)


# Claims


def test_a_claim_is_read_with_its_verdict():
    (box,) = blocks(BOX.replace(":says", ":judges: S13, S14\n:headline: 2\n:says"))
    read = claim(box)
    assert (read.label, read.says) == ("a-claim", "something else.")
    assert (read.judges, read.headline) == (("S13", "S14"), 2)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (":audit: CLIP-0\n", "", "^text:1: claim box must have audit, got 'A title'"),
        (" A title", "", "^text:1: claim box must have a title, got ''"),
        (
            "conditional",
            "maybe",
            "^text:1: verdict of a-claim must be one of .*'maybe'",
        ),
        (
            ":says",
            ":headline: 0\n:says",
            "^text:1: headline of a-claim must count from",
        ),
        (":says", ":judges: 13\n:says", "^text:1: judges of a-claim must be sentences"),
    ],
)
def test_an_incomplete_claim_is_refused(old, new, message):
    with pytest.raises(ValueError, match=message):
        claim(*blocks(BOX.replace(old, new)))


def test_the_site_shows_the_verdict_in_the_box(press):
    book = press(BOX)
    text = dressed(BOX, book, book.documents["chapter"].english)
    assert ":audit:" not in text
    assert ":::{div} verdict verdict-conditional\n**Conditional.** The source:" in text


# Predictions


def test_a_question_is_read():
    text = QUESTION.replace(":range: 1 1e9", ":range: 0 90\n:scale: linear\n:unit: °")
    read = predict(*blocks(text))
    assert (read.label, read.kind, read.unit, read.range) == (
        "a-question", "linear", "°", (0, 90),
    )  # fmt: skip
    assert (read.check, read.line, read.question) == ("a-question", None, "How many?")


def test_a_semicolon_of_a_formula_separates_nothing():
    text = QUESTION.replace(":range: 1 1e9", r":choices: one $a\; b$; two; three")
    assert predict(*blocks(text)).choices == (r"one $a\; b$", "two", "three")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ("", "predict a-question must have choices or a range, got neither"),
        (":choices: a; b\n:range: 1 2", "predict .* a range, got both"),
        (":choices: a", "choices of a-question must be two or more, got 'a'"),
        (":choices: a; $b$", r"choices of a-question must have words .*, got '\$b\$'"),
        (":choices: a; b\n:cuts: 1 2", "cuts of a-question must be one fewer than"),
        (":choices: a; b; c\n:cuts: 2 1", "cuts of a-question must ascend, got '2 1'"),
        (":choices: a; b\n:cuts: x", "cuts of a-question must be numbers, got 'x'"),
        (":range: 0 9", "range of a-question must be two positive numbers, .*'0 9'"),
        (":range: 9 1", "range of a-question must be two positive numbers, the lower"),
        (":range: 2 1\n:scale: linear", "range of a-question must be two numbers, the"),
        (":range: 1 9\n:scale: deep", "scale of a-question must be log or linear, got"),
        (":range: 1 9\n:check: a#0", "check of a-question must be claim or claim#2"),
    ],
)
def test_a_question_that_nobody_can_answer_is_refused(options, message):
    text = QUESTION.replace(":range: 1 1e9", options)
    with pytest.raises(ValueError, match=f"^text:1: {message}"):
        predict(*blocks(text))


def test_a_label_with_a_space_is_refused():
    with pytest.raises(
        ValueError, match=r"^text:1: label of predict must be lower-case"
    ):
        predict(*blocks(QUESTION.replace("a-question", "two words")))


@pytest.mark.parametrize(
    ("options", "measured", "right"),
    [
        (":range: 1 1e9", 3e6, 3e6),
        (":choices: a; b; c\n:cuts: 0.1 10", 0.01, 1),
        (":choices: a; b; c\n:cuts: 0.1 10", 0.1, 2),
        (":choices: a; b; c\n:cuts: 0.1 10", float("inf"), 3),
        (":choices: a; b; c", 2.0, 2),
    ],
)
def test_the_answer_is_what_was_measured(options, measured, right):
    text = QUESTION.replace(":range: 1 1e9", options)
    assert answer(predict(*blocks(text)), measured) == right


@pytest.mark.parametrize(
    ("options", "measured", "message"),
    [
        (":range: 1 1e9", 0.5, "range of a-question must hold the answer, got 0.5"),
        (":choices: a; b", 2.5, "answer of .* must be a choice from 1 to 2, got 2.5"),
        (
            ":choices: a; b\n:cuts: 1",
            float("nan"),
            "answer of .* must be a number, got",
        ),
    ],
)
def test_an_answer_off_the_scale_is_refused(options, measured, message):
    question = predict(*blocks(QUESTION.replace(":range: 1 1e9", options)))
    with pytest.raises(ValueError, match=f"^text:1: {message}"):
        answer(question, measured)


# The book


BEYOND = BOX.replace("conditional", "beyond")
LINES = (
    "✓ a-claim  3 < 5",
    "✓ a-claim  700 > 5",
    "✓ other  2 ≈ 2  |δ| 0.0e+00 ≤ 1.0e-09",
)


@pytest.mark.parametrize(
    ("options", "right"),
    [("", 3), (":check: a-claim#2", 700), (":check: a-claim#1", 3)],
)
def test_the_answer_is_read_from_the_stored_notebook(press, options, right):
    text = QUESTION.replace("a-question", "a-claim").replace("9\n", f"9\n{options}\n")
    book = press(f"{BEYOND}\n\n{text}", *LINES)
    book.validate()
    assert book.answer(book.documents["chapter"].english.predicts[0]) == right


def test_the_headline_is_the_line_that_the_box_names(press):
    book = press(BEYOND.replace(":says", ":headline: 2\n:says"), *LINES)
    (box,) = book.documents["chapter"].english.claims
    assert book.headline(box).measured == "700"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (BOX, r"chapter.md:9: judges of a-claim must name sentences unless"),
        (BEYOND.replace(":says", ":headline: 3\n:says"), "a-claim must have printed 3"),
        (QUESTION, "chapter.md:9: label must be defined in the book, got 'a-question'"),
        (
            BEYOND + "\n\n" + QUESTION.replace("9\n", "9\n:check: a-claim#7\n"),
            "printed 7",
        ),
        (
            f"{BEYOND}\n{BEYOND}",
            "chapter.md:21: label must be new, got 'a-claim' of chap",
        ),
        (
            f"{BEYOND}\n\nSee {{eq}}`eq-two`",
            "chapter.md:22: label must be defined in the",
        ),
        ("{doc}`elsewhere`", "chapter.md:9: document must be in the book, got 'elsewh"),
        (
            "{cite:p}`nobody2000`",
            "chapter.md:9: citation must be a key of references.bib",
        ),
        (":::{exercise} X\n:::", "chapter.md:9: exercise must have a label, got 'X'"),
    ],
)
def test_what_the_book_does_not_hold_stops_it(press, text, message):
    with pytest.raises(ValueError, match=message):
        press(text, *LINES).validate()


def test_two_questions_have_two_labels(press):
    text = QUESTION.replace("a-question", "a-claim")
    with pytest.raises(ValueError, match=r":27: label of predict must be new"):
        press(f"{BEYOND}\n\n{text}\n\n{text}", *LINES).validate()


def test_a_chapter_must_stand_in_the_contents(tmp_path):
    with pytest.raises(ValueError, match=r"^chapter must stand in _toc.yml, got"):
        Book([chapter(tmp_path, BOX)], [])


def test_numbering_counts_each_kind_apart_and_the_book_knows_all(tmp_path):
    figure = (
        "---\nmystnb:\n  figure: {name: fig-a, caption: {en: C}}\n"
        "  image: {alt: {en: A}}\n---"
    )
    exercise = ":::{exercise} E\n:label: ex-one\n:stars: 2\nDo.\n:::"
    text = f"(first)=\n# First\n\n{BEYOND}\n\n{exercise}"
    one = chapter(tmp_path, text, LINES, "one")
    again = BEYOND.replace("a-claim", "b").replace("eq-one", "eq-b")
    path = source(
        tmp_path,
        f'+++ {{"lang": "en"}}\n\n{again}\n\n{{prf:ref}}`a-claim` {{eq}}`eq-one` '
        "{doc}`one` {ref}`first` {prf:ref}`b`\n\n"
        f"```{{code-cell}}\n{figure}\n1\n```\n",
        "two",
    )
    book = Book([Document(path), one], ["one", "two"])
    names = {name: book.called(name, "zh") for name in book.labels}
    assert names == {
        "a-claim": "命题 1.1", "eq-one": "(1.1)", "ex-one": "练习 1.1",
        "first": "First", "b": "命题 2.1", "eq-b": "(2.1)", "fig-a": "图 2.1",
    }  # fmt: skip
    text = plain(book.documents["two"].english.text, Context(book, "two", "en"))
    assert text.splitlines()[-1] == (
        "[Proposition 1.1](one.ipynb#a-claim) [(1.1)](one.ipynb#eq-one) "
        "[First](one.ipynb) [First](one.ipynb#first) [Proposition 2.1](#b)"
    )


def test_a_chapter_that_is_not_translated_is_linked_to_in_english():
    book = read_book()
    missing = [c for c in book.chapters if not c.is_bilingual]
    for document in missing[:1]:
        label = document.english.claims[0].label
        link = book.link(label, "zh", "gradient-clipping")
        assert link == f"../en/{document.slug}.ipynb#{label}"
    assert book.link("cliff-wall", "zh", "gradient-clipping") == "#cliff-wall"


# The Chinese edition


def test_the_chinese_edition_is_the_english_one_overlaid():
    config, contents = chinese.configuration(), chinese.contents()
    assert config["repository"]["url"] == repository()
    assert config["html"]["baseurl"].endswith("/zh/")
    assert config["sphinx"]["config"]["language"] == "zh_CN"
    assert "captions" not in config
    files = [
        Path(c["file"]).name for part in contents["parts"] for c in part["chapters"]
    ]
    book = read_book()
    translated = [chapter.slug for chapter in book.chapters if chapter.is_bilingual]
    assert [slug for slug in files if slug in book.numbers] == translated
    assert all(re.search("[\u4e00-\u9fff]", p["caption"]) for p in contents["parts"])


def test_a_part_without_a_chinese_caption_is_refused(monkeypatch, tmp_path):
    overlay = tmp_path / "_config.yml"
    overlay.write_text("captions: {}", "utf-8")
    monkeypatch.setattr(chinese, "OVERLAY", overlay)
    with pytest.raises(
        ValueError, match=r"^captions of _config.yml must have every par"
    ):
        chinese.contents()


def test_a_chinese_page_leads_to_what_is_only_in_english(monkeypatch, tmp_path):
    monkeypatch.syspath_prepend(str(BOOK / "_ext"))
    dress_extension = importlib.import_module("dress")
    english = chapter(tmp_path, f"(one)=\n# One\n\n{BEYOND}", LINES, "one")
    book = Book([english], ["one"])
    monkeypatch.setattr(dress_extension, "the_book", lambda: book)
    document = new_document("page")
    document.settings.env = SimpleNamespace(docname="book/zh/two")
    for domain, kind, target in (
        ("prf", "ref", "a-claim"),
        ("math", "eq", "eq-one"),
        ("std", "doc", "one"),
        ("std", "ref", "elsewhere"),
    ):
        options = {"refdomain": domain, "reftype": kind, "reftarget": target}
        document += addnodes.pending_xref("", nodes.Text(target), **options)
    dress_extension.LinkAcross(document).run()
    links = [(n.astext(), n["refuri"]) for n in document.findall(nodes.reference)]
    assert links == [
        ("命题 1.1", "../../../book/en/one.html#a-claim"),
        ("(1.1)", "../../../book/en/one.html#equation-eq-one"),
        ("One", "../../../book/en/one.html"),
    ]
    assert len(list(document.findall(addnodes.pending_xref))) == 1


# Solutions in notebooks


def test_a_solution_is_a_section_of_its_own_that_readers_fold():
    chapter = read_book().documents["gradient-clipping"]
    for language in chapter.editions:
        text = render(read_book(), chapter, language, chapter.stored[1])
        notebook = json.loads(text)
        folded = notebook["metadata"]["colab"]["collapsed_sections"]
        cells = {cell["id"]: cell for cell in notebook["cells"]}
        starts = [
            cell["source"].split("\n")[0].split(" ")[0] for cell in notebook["cells"]
        ]
        assert len(folded) == len(chapter.english.exercises)
        for name in folded:
            cell = cells[name]
            assert cell["source"].startswith("#### ")
            assert cell["metadata"] == {"id": name, "jp-MarkdownHeadingCollapsed": True}
            at = notebook["cells"].index(cell)
            after = starts[at + 1 :]
            ends = [i for i, head in enumerate(after) if re.fullmatch("#{1,4}", head)]
            inside = notebook["cells"][at + 1 : at + 1 + ends[0]]
            assert any(c["cell_type"] == "code" for c in inside), cell["source"]


# Plain Markdown


def test_a_claim_becomes_a_quotation_with_one_line_formulas(press):
    text = plain(BOX, Context(press(BOX), "chapter", "en"))
    assert all(line.startswith(">") for line in text.splitlines())
    assert "**Proposition 1.1** (A title)." in text
    assert "> $$ y = x \\tag{1.1} $$" in text
    assert "**Conditional.** The source: something else." in text


@pytest.mark.parametrize(
    ("myst", "result"),
    [
        ("{prf:ref}`two-cycle`", "[Proposition 2.7](#two-cycle)"),
        ("{prf:ref}`that one <two-cycle>`", "[that one](#two-cycle)"),
        ("see {eq}`eq-wall`", "see [(2.1)](#eq-wall)"),
        ("`{eq}`x` stays", "`{eq}`x` stays"),
        ("{term}`gain`", "gain"),
        ("{doc}`the start <index>`", "[the start](index.md)"),
        ("{doc}`gradient-clipping`", "[Gradient clipping](gradient-clipping.ipynb)"),
        ("{py:func}`~companion.linalg.spectral_norm`", "`spectral_norm`"),
        ("(here)=\n# Title", '<a id="here"></a>\n\n# Title'),
        ("% a comment\n\ntext", "text"),
        (":::{solution-end}\n:::", ""),
        ("~~~\n:::{video}\n~~~", "~~~\n:::{video}\n~~~"),
        (QUESTION, "> **Predict.** How many?"),
        (
            QUESTION.replace(":range: 1 1e9", ":choices: {eq}`eq-wall`; b"),
            "> **Predict.** How many?\n>\n> - [(2.1)](#eq-wall)\n> - b",
        ),
    ],
)
def test_roles_labels_and_boxes(myst, result):
    found = markdown(myst)
    assert re.sub(r"Proposition 2\.\d+", "Proposition 2.7", found) == result


def test_citations_become_links():
    text = markdown("{cite:t}`pascanu2013difficulty`")
    assert text == "[Pascanu et al. (2013)](https://arxiv.org/abs/1211.5063)"
    text = markdown("{cite:p}`huber1964robust`")
    assert text == "([Huber, 1964](https://doi.org/10.1214/aoms/1177703732))"


def test_chinese_cites_in_chinese():
    text = markdown("{cite:t}`pascanu2013difficulty`", language="zh")
    assert text == "[Pascanu等（2013）](https://arxiv.org/abs/1211.5063)"
    text = markdown("{cite:p}`huber1964robust`", language="zh")
    assert text == "（[Huber，1964](https://doi.org/10.1214/aoms/1177703732)）"


def test_dropdowns_fold():
    text = markdown(":::{admonition} Hint\n:class: dropdown\nTry.\n:::")
    assert text == "<details><summary>Hint</summary>\n\nTry.\n\n</details>"


@pytest.mark.parametrize(
    ("myst", "message"),
    [
        (":::{video} x\n:::", "^text:1: directive must have a plain form, got 'video'"),
        ("a\n{kbd}`x`", "^text:2: role must have a plain form, got 'kbd'"),
        ("{eq}`eq-two`", "^text:1: label must be defined in the book, got 'eq-two'"),
        ("{cite:p}`nobody2000`", "^text:1: citation must be a key of references.bib"),
        (
            ":::{exercise} X\n:label: ex-cliff\n:stars: 4\n:::",
            "^text:1: stars must be 1, 2 or 3, got '4'",
        ),
    ],
)
def test_what_has_no_plain_form_is_refused(myst, message):
    with pytest.raises(ValueError, match=message):
        markdown(myst)


# Sources


def test_an_edition_takes_its_language_and_the_code(tmp_path):
    path = source(
        tmp_path,
        '+++ {"lang": "en"}\n\nOne\n\n+++ {"lang": "zh", "of": "0"}\n\n一\n\n'
        "```{code-cell}\n---\na:\n  en: x\n  zh: y\n---\n1\n```\n",
    )
    document = Document(path)
    assert [cell.text for cell in document.editions["zh"].cells] == ["一", "1"]
    assert document.english.cells[1].metadata == {"a": "x"}
    assert [two.text for _, two in pairs(document.cells)] == ["一"]
    assert str(document.cells[1].place) == "chapter.md:13"


def test_a_cell_without_a_language_is_refused(tmp_path):
    with pytest.raises(
        ValueError, match=r"^chapter.md:7: cell must have a language, got 'Whose"
    ):
        read(source(tmp_path, "Whose?"))


def test_a_changed_english_cell_makes_the_chinese_stale_until_it_is_stamped(tmp_path):
    path = source(tmp_path, '+++ {"lang": "en"}\n\nOne\n\n+++ {"lang": "zh"}\n\n一\n')
    assert stale(path) == ["chapter.md:13: 一"]
    stamp(path)
    assert stale(path) == []
    assert f'"of": "{digest("One")}"' in path.read_text("utf-8")
    path.write_text(path.read_text("utf-8").replace("One", "Two"), "utf-8")
    assert stale(path) == ["chapter.md:13: 一"]


def test_a_page_is_made_from_the_source_and_the_stored_outputs(press):
    book = press(f"# Title\n\n{BEYOND}", *LINES)
    document = book.documents["chapter"]
    prose, code = json.loads(dress(book, document, "en"))["cells"]
    assert "::::{prf:proposition} A title\n:label: a-claim\n" in prose["source"]
    assert code["outputs"] == document.stored[1][1]


def test_neighbours_that_are_hidden_whole_share_a_fold():
    book = read_book()
    document = book.documents["clipping-in-practice"]
    cells = json.loads(dress(book, document, "en"))["cells"]
    tags = [cell["metadata"].get("tags") for cell in cells]
    assert ["hide-cell"] in tags
    assert not any(a == b == ["hide-cell"] for a, b in pairwise(tags))
    shown = [cell["source"] for cell in cells if cell["cell_type"] == "code"]
    ran = [cell.text for cell in code_cells(document)[1:]]  # without the set-up
    assert "\n\n\n".join(shown) == "\n\n\n".join(ran)


def test_a_notebook_that_did_not_run_the_source_s_code_makes_no_page(press):
    book = press(BEYOND, *LINES)
    document = book.documents["chapter"]
    document.stored = ["other"], [[]]
    with pytest.raises(ValueError, match=r"^chapter.md must be the code that its note"):
        dress(book, document, "en")


# References and generated parts


def test_the_list_of_references_is_sorted_and_linked():
    text = listing(["zhang2020clipping", "huber1964robust"])
    first, second = text.splitlines()
    assert first.startswith("- Huber (1964). *Robust estimation")
    assert second.endswith("[arXiv:1905.11881](https://arxiv.org/abs/1905.11881)")


def test_a_work_without_a_number_is_linked_by_its_address():
    address = "http://yann.lecun.com/exdb/publis/pdf/lecun-88.pdf"
    assert listing(["lecun1988framework"]).endswith(f"[yann.lecun.com]({address})")
    assert "/~juergen/" in work("hochreiter1991untersuchungen").link


def test_a_work_that_cannot_be_found_is_refused(tmp_path, monkeypatch):
    path = tmp_path / "works.bib"
    path.write_text("@misc{a2000b, author={A}, title={B}, publisher={C}, year={2000}}")
    monkeypatch.setattr(references, "REFERENCES", path)
    with pytest.raises(ValueError, match=r"^a2000b must have a doi, an eprint"):
        works.__wrapped__()


def test_names_join_as_in_a_sentence():
    assert work("huber1964robust").short("en") == "Huber"
    assert work("kingma2015adam").short("en") == "Kingma and Ba"
    assert work("pascanu2013difficulty").short("en") == "Pascanu et al."
    assert work("pascanu2013difficulty").short("zh") == "Pascanu等"
    assert work("kingma2015adam").short("zh") == "Kingma与Ba"
    assert work("vanlaarhoven2017regularization").short("en") == "van Laarhoven"
    assert work("brown2020language").authors == "Brown, Mann, Ryder, Subbiah et al."


def test_an_unknown_mark_stays_a_comment():
    book = read_book()
    assert fill("% nothing", book, book.documents["index"], "en") == "% nothing"


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
        if (
            path.suffix in {".svg", ".ipynb", ".npz"}
            or name in moved
            or not path.exists()
        ):
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


# What the fold of a check cell says


@pytest.mark.parametrize(
    ("lines", "english", "chinese"),
    [
        (
            ["u  0.797967 ≈ 0.797885  |Δ| 8.2e-05 ≤ 1.3e-03", "u  0.018 < 0.05"],
            "2 checks hold; the tightest at 6 % of its tolerance, "
            "the nearest bound 0.018 < 0.05",
            "2项检验成立；最紧的一项用去容差的6%，离界最近的是0.018 < 0.05",
        ),
        (
            ["u  0.3 ≈ 0.4  |δ| 2.5e-01 ≤ 5.0e-01"],
            "1 check holds; at 50 % of its tolerance",
            "1项检验成立；用去容差的50%",
        ),
        (
            ["u  1 ≈ 1  |δ| 1.0e-16 ≤ 1.0e-12", "u  0 ≈ 0  |Δ| 0.0e+00 ≤ 0.0e+00"],
            "2 checks hold; equal up to rounding",
            "2项检验成立；除舍入误差外相等",
        ),
        (
            ["u  1 ≈ 1  |δ| 1.0e-06 ≤ 1.0e-02", "u  1 ≈ 1  |δ| 0.0e+00 ≤ 1.0e-12"],
            "2 checks hold; 1 with a loose tolerance, under 1 % used",
            "2项检验成立；1项容差偏宽（用去不到1%）",
        ),
        (
            ["u  3.16334e-28 < 1e-27"],
            "1 check holds; the nearest bound 3.16 × 10⁻²⁸ < 10⁻²⁷",
            "1项检验成立；离界最近的是3.16 × 10⁻²⁸ < 10⁻²⁷",
        ),
        (
            ["u  0.50001 > 0.5"],
            "1 check holds; the nearest bound 0.50001 > 0.5",
            "1项检验成立；离界最近的是0.50001 > 0.5",
        ),
        (
            ["u  2 > 1", "u  0.3 < 0.48 < 0.76  (9 values)", "u  -1 < 0"],
            "3 checks hold; the nearest bound 2 > 1",
            "3项检验成立；离界最近的是2 > 1",
        ),
    ],
)
def test_the_line_of_a_check_cell(lines, english, chinese):
    text = "\n".join(f"✓ {line}" for line in lines)
    entries = read_lines([{"output_type": "stream", "text": text}])
    assert checks.summary(entries, "en") == english
    assert checks.summary(entries, "zh") == chinese


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ("u  1 ≈ 1  |δ| 1.0e-16 ≤ 1.0e-06", "rounding"),
        ("u  1 ≈ 1  |δ| 1.0e-16 ≤ 1.1e-06", "loose"),
        ("u  1e+09 ≈ 1e+09  |Δ| 1.0e+00 ≤ 1.0e+03", "rounding"),
        ("u  1e-09 ≈ 1e-09  |Δ| 1.0e-20 ≤ 1.0e-09", "loose"),
        ("u  0 ≈ 0  |Δ| 1.0e-20 ≤ 1.0e-09", "rounding"),
        ("u  1 ≈ 1  |δ| 1.0e-02 ≤ 1.0e+00", ""),
        ("u  1 < 2", ""),
    ],
)
def test_a_tolerance_that_is_hardly_used_is_rounding_or_loose(line, kind):
    (entry,) = read_lines([{"output_type": "stream", "text": f"✓ {line}"}])
    assert checks.kind(entry) == kind
    assert (kind != "") == checks.line(entry, "en").endswith(f"({kind})")
