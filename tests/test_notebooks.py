"""The committed notebooks: executed, current, equal in both editions, plain.

One test a rule: it collects whatever breaks the rule, and names it.
"""

import json
import re

import nbformat

from press.book import read_book
from press.notebooks import texts
from press.paths import BOOK, ROOT
from press.render import code_cells, repository

NOTEBOOKS = {
    f"{path.parent.name}/{path.name}": json.loads(path.read_text("utf-8"))["cells"]
    for path in sorted(BOOK.glob("??/*.ipynb"))
}
LITTER = {
    "directive": r"^\s*>?\s*(:{3,}|`{3,}\{)",
    "option": r"^\s*>?\s*:[a-z-]+:",
    "role": r"\{[a-z:]+\}`",
    "label": r"^\([\w-]+\)=",
    "comment": r"^% ",
}


def every(kind=None):
    """Every cell with the notebook that holds it, and where it is to be found."""
    for name, cells in NOTEBOOKS.items():
        for at, cell in enumerate(cells):
            if kind in (None, cell["cell_type"]):
                yield f"{name} cell {at}", cell


def prose(name):
    return "\n".join(
        "".join(cell["source"])
        for cell in NOTEBOOKS[name]
        if cell["cell_type"] == "markdown"
    )


def anchors(name):
    return set(re.findall(r'<a id="([^"]+)">', prose(name)))


def test_every_source_has_its_editions_and_nothing_else():
    wanted = {path for path in texts(read_book()) if path.parent.parent == BOOK}
    there = {*BOOK.glob("en/*"), *BOOK.glob("zh/*")} - {*BOOK.glob("zh/*.yml")}
    assert {path for path in there if path.is_file()} == {
        path for path in wanted if path.parent.name in ("en", "zh")
    }


def test_the_code_of_every_chapter_is_what_ran():
    changed = [
        chapter.slug
        for chapter in read_book().chapters
        if chapter.stored[0] != [cell.text for cell in code_cells(chapter)]
    ]
    assert not changed, "run `make notebooks`"


def test_every_file_is_what_its_source_and_the_outputs_give():
    stale = [
        str(path.relative_to(ROOT))
        for path, text in texts(read_book()).items()
        if path.read_text("utf-8") != text
    ]
    assert not stale, "run `make notebooks`"


def test_no_source_asks_for_what_the_book_does_not_hold():
    read_book().validate()


def test_every_drawing_is_stored():
    missing = [
        where
        for where, cell in every("code")
        if "plt.subplots" in cell["source"]
        and not any("image/svg+xml" in out.get("data", {}) for out in cell["outputs"])
    ]
    assert not missing


def test_every_cell_ran_once_in_order():
    wrong = []
    for name, cells in NOTEBOOKS.items():
        counts = [cell["execution_count"] for cell in cells if "outputs" in cell]
        if counts != list(range(1, len(counts) + 1)):
            wrong.append((name, counts))
    assert not wrong


def test_only_the_cells_that_should_fail_do():
    wrong = []
    for where, cell in every("code"):
        failed = any(out["output_type"] == "error" for out in cell["outputs"])
        if failed != ("raises-exception" in cell["metadata"].get("tags", [])):
            wrong.append(where)
    assert not wrong


def test_nothing_was_written_to_standard_error():
    assert not [
        (where, output)
        for where, cell in every("code")
        for output in cell["outputs"]
        if output.get("name") == "stderr"
    ]


def test_the_format_is_valid_and_every_cell_has_its_id():
    for path in NOTEBOOKS:
        notebook = nbformat.read(BOOK / path, as_version=4)
        nbformat.validate(notebook)
        names = [cell["id"] for cell in notebook.cells]
        assert len(set(names)) == len(names), path
        assert (notebook.nbformat, notebook.nbformat_minor) == (4, 5), path


def test_no_markup_of_the_site_is_left():
    left = []
    for where, cell in every("markdown"):
        text = re.sub(r"^```.*?^```", "", cell["source"], flags=re.M | re.S)
        text = re.sub(r"`[^`\n]+`", lambda m: m[0].replace("{", ""), text)
        left += [
            (where, kind, found[0])
            for kind, pattern in LITTER.items()
            if (found := re.search(pattern, text, re.M))
        ]
    assert not left


def test_links_between_notebooks_have_a_target():
    broken = []
    for name in NOTEBOOKS:
        folder = (BOOK / name).parent
        for link in re.findall(r"\]\(([^)\s]+)\)", prose(name)):
            if re.match("[a-z]+:", link):
                continue
            path, _, anchor = link.partition("#")
            target = (folder / path).resolve() if path else BOOK / name
            other = f"{target.parent.name}/{target.name}"
            if not target.exists() or (
                anchor and other in NOTEBOOKS and anchor not in anchors(other)
            ):
                broken.append((name, link))
    assert not broken


def test_the_first_code_cell_installs_the_companion_and_nothing_else():
    for name, cells in NOTEBOOKS.items():
        first = next(cell for cell in cells if cell["cell_type"] == "code")
        assert f"git+{repository()}" in first["source"], name
        assert '"--no-deps"' in first["source"], name
        assert first["source"].startswith("# @title"), name
        assert first["metadata"]["cellView"] == "form", name


def test_both_editions_have_equal_code_outputs_tags_and_ids():
    def shared(cells):
        return [
            (
                cell["cell_type"],
                cell["id"],
                cell["metadata"].get("tags"),
                cell["source"] if cell["cell_type"] == "code" else None,
                cell.get("outputs"),
                cell.get("execution_count"),
            )
            for cell in cells
        ]

    different = [
        name
        for name in NOTEBOOKS
        if name.startswith("zh/")
        and shared(NOTEBOOKS[name]) != shared(NOTEBOOKS[name.replace("zh/", "en/")])
    ]
    assert not different
