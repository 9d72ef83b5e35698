"""Notebooks as students hand them in: from the generated ones, cell by cell."""

import json

import pytest
from handed import LIMITS

from teaching.grading.__main__ import write_assignments
from teaching.grading.master import ID
from teaching.grading.sandbox import Sandbox


@pytest.fixture(scope="session")
def notebooks(tmp_path_factory):
    """The folder with all generated notebooks."""
    folder = tmp_path_factory.mktemp("assignments")
    write_assignments(folder)
    return folder


@pytest.fixture(scope="session")
def hand_in(notebooks):
    """Return a function that writes a student's notebook."""

    def write(path, slug="clipping", answers=None, *, solved=True, change=None):
        """Write the notebook with some cells replaced by answers, then changed."""
        name = "lecturer" if solved else "student"
        text = (notebooks / name / f"{slug}.ipynb").read_text("utf-8")
        notebook = json.loads(text)
        for cell in notebook["cells"]:
            found = ID.match(cell["source"])
            if found and found[1] in (answers or {}):
                cell["source"] = f"# grade_id: {found[1]}\n{answers[found[1]]}"
        if change:
            notebook["cells"] = change(notebook["cells"])
        path.write_text(json.dumps(notebook), "utf-8")
        return path

    return write


@pytest.fixture
def sandbox():
    """A sandbox that hides nothing more than the grader."""
    with Sandbox(hidden=[], limits=LIMITS) as made:
        yield made


@pytest.fixture
def no_walls(monkeypatch):
    """A system that puts up no walls, as macOS: only the child guards itself."""
    for module in ("walls", "__main__"):
        monkeypatch.setattr(f"teaching.grading.{module}.walls", lambda: False)
