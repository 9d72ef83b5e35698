"""Masters and what is made of them: no solution leaves, each id finds its cell."""

import ast
import json
import re

import nbformat
import pytest

from press.render import BOOTSTRAP, repository
from teaching.grading.grade import masters
from teaching.grading.keys import KEYS
from teaching.grading.master import (
    ASSIGNMENTS,
    BEGIN,
    END,
    ID,
    cleared,
    notebook,
    read_master,
)

HEAD = """\
---
jupytext:
  text_representation:
    extension: .md
    format_name: myst
---
"""
TASK = "```{code-cell}\n# grade_id: own-a\ndef a():\n    return 1\n```\n"
SOLUTION = re.compile(rf"{BEGIN}\n(.*?)\n\s*{END}", re.DOTALL)


def solutions(slug):
    """The lines between the markers of a master, as long as they say something."""
    text = (ASSIGNMENTS / f"{slug}.md").read_text("utf-8")
    between = [
        line.strip() for part in SOLUTION.findall(text) for line in part.split("\n")
    ]
    return [line for line in between if len(line) > 12]


def cells(notebooks, name, slug):
    path = notebooks / name / f"{slug}.ipynb"
    nbformat.validate(nbformat.read(path, as_version=4))
    return json.loads(path.read_text("utf-8"))["cells"]


@pytest.mark.parametrize("slug", KEYS)
def test_nothing_between_the_markers_is_in_a_students_file(slug, notebooks):
    student = (notebooks / "student" / f"{slug}.ipynb").read_text("utf-8")
    text = "\n".join(cell["source"] for cell in json.loads(student)["cells"])
    assert len(solutions(slug)) > 15
    assert not [line for line in solutions(slug) if line in text]
    assert BEGIN not in student
    assert END not in student
    lecturer = cells(notebooks, "lecturer", slug)
    whole = "\n".join(cell["source"] for cell in lecturer)
    assert all(line in whole for line in solutions(slug))


@pytest.mark.parametrize("slug", KEYS)
def test_a_students_notebook_holds_no_output_and_begins_with_the_books_set_up(
    slug, notebooks
):
    made = cells(notebooks, "student", slug)
    code = [cell for cell in made if cell["cell_type"] == "code"]
    assert code[0]["source"] == BOOTSTRAP.format(repository=repository())
    assert not any(cell["outputs"] for cell in code)
    assert len({cell["id"] for cell in made}) == len(made)


@pytest.mark.parametrize("slug", KEYS)
def test_each_task_has_its_id_a_check_and_nbgraders_metadata(slug, notebooks):
    points = {task.grade_id: task.points for task in KEYS[slug]}
    made = cells(notebooks, "student", slug)
    kept = {}
    for cell in made:
        found = ID.match(cell["source"])
        if found:
            assert cell["metadata"]["nbgrader"]["grade_id"] == found[1]
            assert cell["metadata"]["nbgrader"]["solution"] is True
        if "nbgrader" in cell["metadata"]:
            data = cell["metadata"]["nbgrader"]
            kept[data["grade_id"]] = data.get("points")
    checks = {f"{name}-check": number for name, number in points.items()}
    words = {
        name: cell.points for name, cell in masters()[slug].by_id("written").items()
    }
    assert len(words) >= 2  # a prediction and an explanation
    assert kept == dict.fromkeys(points) | checks | words


@pytest.mark.parametrize("slug", KEYS)
def test_the_solutions_pass_the_checks_and_the_stubs_do_not(slug, notebooks):
    names = {}
    for cell in cells(notebooks, "lecturer", slug):
        if cell["cell_type"] == "code" and "pip" not in cell["source"]:
            exec(cell["source"], names)
    stubs, stopped = {}, 0
    for cell in cells(notebooks, "student", slug):
        if cell["cell_type"] == "code" and "pip" not in cell["source"]:
            if cell["metadata"].get("cellView") == "form":
                with pytest.raises(NotImplementedError):
                    exec(cell["source"], stubs)
                stopped += 1
            else:
                exec(cell["source"], stubs)
    assert stopped == len(KEYS[slug])


@pytest.mark.parametrize("slug", KEYS)
def test_no_check_shows_a_value(slug):
    """A check prints one fixed line, and asserts properties with fixed sentences."""
    for cell in masters()[slug].cells:
        if cell.role == "check":
            tree = ast.parse(cell.text)
            printed = [
                n
                for n in ast.walk(tree)
                if isinstance(n, ast.Call) and ast.unparse(n.func) == "print"
            ]
            assert [len(n.args) for n in printed] == [1]
            assert all(isinstance(n.args[0], ast.Constant) for n in printed)
            asserts = [n for n in ast.walk(tree) if isinstance(n, ast.Assert)]
            assert len(asserts) >= 3
            assert all(isinstance(n.msg, ast.Constant) for n in asserts)


@pytest.mark.parametrize("slug", KEYS)
def test_lines_fit_the_notebook(slug):
    for cell in masters()[slug].cells:
        if cell.kind == "code":
            assert max(map(len, cell.text.split("\n"))) <= 88


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            TASK.replace("own-a", "other-a"),
            "grade_id must begin with own-, got other",
        ),
        (TASK + TASK, "grade_id must be used once, got own-a"),
        (
            "```{code-cell}\n:tags: [check]\n1\n```",
            "check must stand below a task",
        ),
        ("<!-- grade_id: own-b -->\nWhy?", "points must be given to own-b, got 0"),
    ],
)
def test_a_master_with_a_fault_is_refused(text, message, tmp_path):
    path = tmp_path / "own.md"
    path.write_text(HEAD + text, "utf-8")
    with pytest.raises(ValueError, match=message):
        read_master(path)


@pytest.mark.parametrize(
    "text", [f"{BEGIN}\n1", f"1\n{END}", f"{BEGIN}\n{BEGIN}\n{END}"]
)
def test_markers_must_pair(text, tmp_path):
    with pytest.raises(ValueError, match="solution must begin, then end, got"):
        cleared(text, "code")


def test_a_key_without_a_task_is_refused(monkeypatch):
    monkeypatch.setitem(KEYS, "clipping", KEYS["clipping"][:2])
    masters.cache_clear()
    with pytest.raises(ValueError, match="clipping must have a key for each task, got"):
        masters()
    masters.cache_clear()


def test_the_masters_text_makes_the_same_notebook_twice():
    master = masters()["clipping"]
    points = {task.grade_id: task.points for task in KEYS["clipping"]}
    assert notebook(master, points, solved=False) == notebook(
        master, points, solved=False
    )
