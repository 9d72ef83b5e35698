"""A master: one MyST text, from which the lecturer's and the student's notebook come.

A code cell whose first line is ``# grade_id: NAME`` is a task, a Markdown cell whose
first line is ``<!-- grade_id: NAME -->`` an answer in words, marked by hand. A code
cell tagged ``given`` runs before a task when it is graded; one tagged ``check`` belongs
to the task above it. What stands between ``### BEGIN SOLUTION`` and ``### END
SOLUTION`` never leaves the master. These are nbgrader's markers and metadata.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jupytext
import nbformat

from press.render import BOOTSTRAP, METADATA, repository

__all__ = ["ID", "Cell", "Master", "cleared", "notebook", "read_master"]

ASSIGNMENTS = Path(__file__).parents[1] / "assignments"
RULES = ASSIGNMENTS / "rules.md"
ID = re.compile(r"\s*(?:#|<!--)\s*grade_id:\s*([\w-]+)")
BEGIN, END = "### BEGIN SOLUTION", "### END SOLUTION"
STUBS = {
    "code": 'raise NotImplementedError("write this")',
    "markdown": "*Your answer, in place of this line.*",
}


@dataclass(frozen=True)
class Cell:
    """A cell of a master."""

    kind: str
    """``code`` or ``markdown``."""
    text: str
    role: str
    """``task``, ``written``, ``check``, ``given`` or nothing."""
    grade_id: str
    """Its own, or for a check that of its task; or nothing."""
    points: int
    """Of an answer in words."""


@dataclass(frozen=True)
class Master:
    """An assignment as its author wrote it."""

    slug: str
    cells: tuple[Cell, ...]

    @property
    def title(self) -> str:
        """What stands above the assignment."""
        return self.cells[0].text.split("\n")[0].removeprefix("# ")

    @property
    def given(self) -> str:
        """The code that runs before each task."""
        return "\n\n".join(cell.text for cell in self.cells if cell.role == "given")

    def by_id(self, role: str) -> dict[str, Cell]:
        """The tasks, or the answers in words, by their id."""
        return {cell.grade_id: cell for cell in self.cells if cell.role == role}


def read_master(path: Path) -> Master:
    """Read a master.

    Args:
        path: Its text.

    Raises:
        ValueError: An id is used twice or does not begin with the file's name, a
            check stands before every task, or an answer in words has no points.
    """
    cells: list[Cell] = []
    for raw in jupytext.reads(path.read_text("utf-8"), fmt="md:myst").cells:
        cell = _cell(raw, cells)
        if cell.role in ("task", "written"):
            if not cell.grade_id.startswith(f"{path.stem}-"):
                raise ValueError(
                    f"grade_id must begin with {path.stem}-, got {cell.grade_id}"
                )
            if cell.grade_id in {other.grade_id for other in cells}:
                raise ValueError(f"grade_id must be used once, got {cell.grade_id}")
        cells.append(cell)
    return Master(path.stem, tuple(cells))


def _cell(raw: nbformat.NotebookNode, before: list[Cell]) -> Cell:
    kind, text, points = raw.cell_type, raw.source, raw.metadata.get("points", 0)
    if match := ID.match(text):
        role = "task" if kind == "code" else "written"
        if role == "written" and not points:
            raise ValueError(f"points must be given to {match[1]}, got {points}")
        return Cell(kind, text, role, match[1], points)
    tags = raw.metadata.get("tags", [])
    role = next((tag for tag in ("given", "check") if tag in tags), "")
    of = ""
    if role == "check":
        of = next((c.grade_id for c in reversed(before) if c.role == "task"), "")
        if not of:
            raise ValueError("check must stand below a task, got none above it")
    return Cell(kind, text, role, of, 0)


def cleared(text: str, kind: str) -> str:
    r"""A cell without its solution.

    Args:
        text: What stands in the master.
        kind: ``code`` or ``markdown``.

    Raises:
        ValueError: The markers of a solution do not pair.

    Example:
        >>> print(cleared("def f():\n    ### BEGIN SOLUTION\n    return 1\n"
        ...               "    ### END SOLUTION", "code"))
        def f():
            raise NotImplementedError("write this")
    """
    kept, inside = [], False
    for line in text.split("\n"):
        marker = line.strip()
        if marker in (BEGIN, END):
            if inside == (marker == BEGIN):
                raise ValueError(f"solution must begin, then end, got {marker!r}")
            inside = not inside
            if inside:
                kept.append(line.replace(BEGIN, STUBS[kind]))
        elif not inside:
            kept.append(line)
    if inside:
        raise ValueError(f"solution must begin, then end, got no {END!r}")
    return "\n".join(kept)


def notebook(master: Master, points: Mapping[str, int], *, solved: bool) -> str:
    """An assignment as the text of an .ipynb file.

    Args:
        master: The assignment.
        points: Of each task, by its id.
        solved: Whether the solutions stay in: the lecturer's copy.
    """
    rules = Cell("markdown", RULES.read_text("utf-8").strip(), "", "", 0)
    setup = Cell("code", BOOTSTRAP.format(repository=repository()), "", "", 0)
    first, *others = master.cells
    cells, seen = [], dict[str, int]()
    for cell in (first, rules, setup, *others):
        text = cell.text if solved else cleared(cell.text, cell.kind)
        name = "-".join(filter(None, (cell.grade_id, cell.role))) or master.slug
        seen[name] = seen.get(name, 0) + 1
        made: dict[str, Any] = {
            "cell_type": cell.kind,
            "id": f"{name}-{seen[name]}",
            "metadata": _metadata(cell, points),
            "source": text,
        }
        if cell.kind == "code":
            made |= {"execution_count": None, "outputs": []}
        if cell is setup or cell.role == "check":
            made["metadata"]["cellView"] = "form"  # Colab folds it under its title
        cells.append(made)
    whole = {"cells": cells, "metadata": METADATA, "nbformat": 4, "nbformat_minor": 5}
    nbformat.validate(whole)
    return json.dumps(whole, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def _metadata(cell: Cell, points: Mapping[str, int]) -> dict[str, Any]:
    """What nbgrader keeps about a cell."""
    kept: dict[str, Any] = {"schema_version": 3, "task": False, "locked": False}
    kept |= {"grade": False, "solution": False, "grade_id": cell.grade_id}
    if cell.role == "task":
        kept |= {"solution": True}
    elif cell.role == "written":
        kept |= {"solution": True, "grade": True, "points": cell.points}
    elif cell.role == "check":
        kept |= {"locked": True, "grade": True, "points": points[cell.grade_id]}
        kept |= {"grade_id": f"{cell.grade_id}-check"}
    else:
        return {}
    return {"nbgrader": kept}
