"""What a chapter's page folds: a small chapter, built by Sphinx as the book is."""

import contextlib
import io
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from bs4 import BeautifulSoup

from companion.claims import verify
from press.book import Book
from press.document import Document
from press.paths import BOOK, ROOT
from press.render import code_cells
from press.site import dress

SOURCE = Path(__file__).with_name("chapter.md")
PATHS = os.pathsep.join(map(str, (ROOT, BOOK, BOOK / "_ext")))
SETTINGS = {
    "extensions": [
        "myst_nb",
        "sphinx_proof",
        "sphinx_design",
        "sphinx_exercise",
        "folds",
        "katex_ssr",
        "tidy",
    ],
    "html_theme": "sphinx_book_theme",
    "html_math_renderer": "katex_ssr",
    "html_static_path": [str(BOOK / "_static")],
    "html_css_files": ["book.css"],
    "html_js_files": [("book.js", {"defer": "defer"})],
    "html_context": {"default_mode": "light"},
    "myst_enable_extensions": ["amsmath", "attrs_inline", "colon_fence", "dollarmath"],
    "myst_heading_anchors": 3,
    "nb_execution_mode": "off",
    "nb_merge_streams": True,
    "root_doc": "chapter",
    "suppress_warnings": ["myst.domains"],
}


@pytest.fixture(scope="module")
def document(tmp_path_factory):
    """The chapter, its code run here."""
    document = Document(SOURCE, tmp_path_factory.mktemp("run") / "chapter.ipynb")
    given = []
    for cell in code_cells(document):
        out = []
        if "verify" in cell.text:
            lines = printed(cell.text)
            out = [{"output_type": "stream", "name": "stdout", "text": lines}]
        given.append(out)
    document.stored = [cell.text for cell in code_cells(document)], given
    return document


def printed(code):
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        exec(code, {"verify": verify})
    return out.getvalue()


@pytest.fixture(scope="module")
def site(document, tmp_path_factory):
    """The folder of both editions of the page."""
    folder = tmp_path_factory.mktemp("site")
    book = Book([document], ["chapter"])
    book.validate()
    for language, name in (("en", "en"), ("zh", "zh_CN")):
        source = folder / f"source-{language}"
        source.mkdir()
        text = dress(book, document, language)
        (source / "chapter.ipynb").write_text(text, "utf-8")
        settings = SETTINGS | {"language": name}
        lines = [f"{key} = {value!r}" for key, value in settings.items()]
        (source / "conf.py").write_text("\n".join(lines), "utf-8")
        command = [sys.executable, "-m", "sphinx", "-W", "--keep-going", "-q"]
        run = subprocess.run(
            [*command, source, folder / language],
            capture_output=True,
            text=True,
            check=False,
            env=os.environ | {"PYTHONPATH": PATHS},
        )
        assert run.returncode == 0, run.stderr
    return folder


@pytest.fixture(scope="module", params=["en", "zh"])
def page(request, site):
    html = (site / request.param / "chapter.html").read_text("utf-8")
    return BeautifulSoup(html, "html.parser")


def test_the_answers_are_those_that_were_measured(page):
    asked = {tag["id"]: tag for tag in page("xg-predict")}
    assert list(asked) == ["predict-far-away", "predict-which-way", "predict-angle"]
    data = {name: (t["data-kind"], t["data-answer"]) for name, t in asked.items()}
    assert data == {
        "predict-far-away": ("log", "3.03e+06"),
        "predict-which-way": ("choice", "2"),
        "predict-angle": ("linear", "37"),
    }
    assert asked["predict-angle"]["data-unit"] == "°"
    assert len(asked["predict-which-way"].ol("li")) == 3
    assert asked["predict-which-way"].ol.select(".katex")


def test_a_fold_ends_with_its_section_or_at_its_mark(page):
    far, which, angle = page("xg-fold")
    assert far["data-for"] == "predict-far-away"
    assert far.select("#far-away")
    assert far.find("h3")  # the aside belongs to the section
    assert far.select("details.check")
    assert angle in which.find_all("xg-fold")  # it may give the first away
    for told, fold in (("aside", far), ("answer", which), ("angle", angle)):
        words = {"aside": "旁注的话", "answer": "选择的答案", "angle": "角度在这里"}
        english = {
            "aside": "of the aside",
            "answer": "to the choice",
            "angle": "angle is",
        }
        text = fold.get_text()
        assert words[told] in text or english[told] in text
    after = page.find(string=lambda text: text in ("After the fold.", "折叠之后。"))
    assert after.find_parent("xg-fold") is None
    assert len(page.select("article h2")) == 7
    assert not [h2 for h2 in page("h2") if h2.find_parent("xg-fold")]


def test_the_list_of_contents_knows_what_is_folded(page):
    links = {link["href"] for link in page.select(".bd-sidebar-secondary a")}
    sections = {f"#{tag['id']}" for tag in page.select("details.deeper")}
    assert len(sections) == 2
    assert sections <= links


def test_a_check_cell_is_one_line_that_opens(page):
    (check,) = page.select("details.check")
    assert check["class"] == ["check"]
    said = check.summary.get_text()
    assert said in (
        "✓ 3 checks hold; the tightest at 60 % of its tolerance, "
        "the nearest bound 37 < 40",
        "✓ 3项检验成立；最紧的一项用去容差的60%，离界最近的是37 < 40",
    )
    assert "verify" in check.select_one(".cell_input").get_text()
    lines = [line.get_text() for line in check.select("ul.check-lines > li")]
    assert lines[1:] == [
        "✓ far-away  0.7 ≈ 1  |δ| 3.0e-01 ≤ 5.0e-01",
        "✓ far-away  37 < 40",
    ]
    assert lines[0].startswith("✓ far-away  3.03e+06 ≈ 3.03e+06  |δ| 0.0e+00 ≤ 1.0e-06")
    assert lines[0].endswith(("(rounding)", "(舍入)"))


def test_solutions_and_hints_are_folded(page):
    hint, solution = page.select("details.answer")
    assert hint["class"] == ["tip", "answer"]
    assert hint.summary.get_text() in ("Hint", "提示")
    assert solution.summary.get_text() in ("Solution to Exercise 1.1", "解答：练习 1.1")
    assert solution.select(".cell_input")
    assert not solution.find("h2")
    assert "★★" in page.select_one(".exercise .admonition-title").get_text()


def test_what_goes_deeper_is_folded_to_its_title(page):
    for fold in page.select("details.deeper"):
        assert fold.summary.h3
        assert fold.find_parent("section").h2.get_text()[:-1] in (
            "Going deeper",
            "进一步探讨",
        )


def test_the_score_stands_before_the_summary(page):
    (score,) = page("xg-calibration")
    heading = score.find_next("h2").get_text()[:-1]
    assert heading in ("Summary", "小结")


@pytest.mark.browser
def test_in_a_browser(site):
    """Keyboard, wrong guesses, storage, no script, paper, links: see predict.mjs."""
    node = ROOT / ".venv" / "bin" / "node"
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None or not node.exists():
        pytest.skip("needs chromium and the node of the virtual environment")
    if not (ROOT / "node_modules" / "playwright-core").exists():
        pytest.skip("needs playwright-core: npm ci")
    run = subprocess.run(
        [node, "tests/site/predict.mjs", site, chromium],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    assert json.loads(run.stdout) == []
