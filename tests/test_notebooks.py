"""The committed notebooks: executed, current, equal in both editions, plain."""

import json
import re

import nbformat
import pytest

from tools.notebooks import readme_figure, stored
from tools.paths import BOOK, README_PICTURE, SOURCES
from tools.plain import number
from tools.render import chapter_number, code_cells, render, repository
from tools.site import dress, page
from tools.source import edition, is_chapter, languages, read

NOTEBOOKS = sorted(BOOK.glob("??/*.ipynb"))
PAGES = sorted(BOOK.glob("??/*.md"))
PAIRS = [path for path in NOTEBOOKS if path.parent.name == "zh"]
IDS = [f"{path.parent.name}-{path.stem}" for path in NOTEBOOKS]
LITTER = {
    "directive": r"^\s*>?\s*(:{3,}|`{3,}\{)",
    "option": r"^\s*>?\s*:[a-z-]+:",
    "role": r"\{[a-z:]+\}`",
    "label": r"^\([\w-]+\)=",
    "comment": r"^% ",
}


def cells(path):
    return json.loads(path.read_text("utf-8"))["cells"]


def every_notebook(function):
    return pytest.mark.parametrize("path", NOTEBOOKS, ids=IDS)(function)


def test_every_source_has_its_editions_and_nothing_else():
    wanted = set()
    for source in SOURCES.glob("*.md"):
        suffix = ".ipynb" if is_chapter(read(source)) else ".md"
        wanted |= {
            BOOK / lang / f"{source.stem}{suffix}" for lang in languages(read(source))
        }
    assert wanted == {*NOTEBOOKS, *PAGES}


@every_notebook
def test_notebook_is_what_its_source_and_outputs_give(path):
    source = SOURCES / f"{path.stem}.md"
    ran, outputs = stored(path)
    assert ran == [cell.text for cell in code_cells(source)], "run `make notebooks`"
    assert path.read_text("utf-8") == render(source, path.parent.name, outputs)


@every_notebook
def test_every_drawing_is_stored(path):
    for cell in cells(path):
        if "plt.subplots" in "".join(cell["source"]):
            kinds = {kind for out in cell["outputs"] for kind in out.get("data", {})}
            assert "image/svg+xml" in kinds, cell["source"][0]


@pytest.mark.parametrize("path", PAGES, ids=str)
def test_page_is_what_its_source_gives(path):
    source = SOURCES / f"{path.stem}.md"
    assert path.read_text("utf-8") == page(source, path.parent.name)


def test_the_picture_of_the_readme_is_the_chapter_s():
    assert README_PICTURE.read_text("utf-8") == readme_figure()


@every_notebook
def test_every_cell_ran_once_in_order(path):
    code = [cell for cell in cells(path) if cell["cell_type"] == "code"]
    counts = [cell["execution_count"] for cell in code]
    assert counts == list(range(1, len(code) + 1))


@every_notebook
def test_only_the_cells_that_should_fail_do(path):
    for cell in cells(path):
        kinds = [output["output_type"] for output in cell.get("outputs", [])]
        expected = "raises-exception" in cell["metadata"].get("tags", [])
        assert ("error" in kinds) == expected, cell["source"]


@every_notebook
def test_nothing_was_written_to_standard_error(path):
    for cell in cells(path):
        for output in cell.get("outputs", []):
            assert output.get("name") != "stderr", output


@every_notebook
def test_the_format_is_valid_and_every_cell_has_its_id(path):
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    names = [cell["id"] for cell in notebook.cells]
    assert len(set(names)) == len(names)
    assert (notebook.nbformat, notebook.nbformat_minor) == (4, 5)


@every_notebook
@pytest.mark.parametrize("pattern", LITTER.values(), ids=LITTER.keys())
def test_no_markup_of_the_site_is_left(path, pattern):
    for cell in cells(path):
        if cell["cell_type"] == "markdown":
            text = re.sub(r"^```.*?^```", "", cell["source"], flags=re.M | re.S)
            assert not re.search(pattern, text, re.M), text[:200]


@every_notebook
def test_links_inside_a_notebook_have_a_target(path):
    text = "\n".join(c["source"] for c in cells(path) if c["cell_type"] == "markdown")
    targets = set(re.findall(r'<a id="([^"]+)">', text))
    links = {link for link in re.findall(r"\]\(#([^)]+)\)", text) if "fig-" not in link}
    assert links <= targets
    for other in re.findall(r"\]\(([\w-]+\.(?:ipynb|md))\)", text):
        assert (path.parent / other).exists(), other


@every_notebook
def test_the_first_code_cell_installs_the_companion_and_nothing_else(path):
    first = next(cell for cell in cells(path) if cell["cell_type"] == "code")
    assert f"git+{repository()}" in first["source"]
    assert '"--no-deps"' in first["source"]
    assert first["source"].startswith("# @title")
    assert first["metadata"]["cellView"] == "form"


@every_notebook
def test_the_site_puts_every_source_cell_back(path):
    source = SOURCES / f"{path.stem}.md"
    language = path.parent.name
    dressed = json.loads(dress(path.read_text("utf-8"), source, language))["cells"]
    original = edition(read(source), language)
    assert [c["cell_type"] for c in dressed] == [c.kind for c in original]
    assert sum("prf:" in c["source"] for c in dressed) > 3


@pytest.mark.parametrize("path", PAIRS, ids=lambda path: path.stem)
def test_both_editions_have_equal_code_outputs_tags_and_ids(path):
    english, chinese = (
        [
            (
                cell["cell_type"],
                cell["id"],
                cell["metadata"].get("tags"),
                cell["source"] if cell["cell_type"] == "code" else None,
                cell.get("outputs"),
                cell.get("execution_count"),
            )
            for cell in cells(BOOK / language / path.name)
        ]
        for language in ("en", "zh")
    )
    assert english == chinese


@every_notebook
def test_numbers_follow_the_chapter(path):
    language = path.parent.name
    ours = edition(read(SOURCES / f"{path.stem}.md"), language)
    chapter = chapter_number(path.stem, language)
    names = number(ours, language, chapter).values()
    assert all(f"{chapter}." in name for name in names)
