"""A notebook that came back: its cells by their ids, whatever happened to it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from teaching.grading.master import ID

__all__ = ["Found", "Submission", "read_submission"]

MOST = 50_000_000  # bytes of a file; the pictures of a long notebook are a few million
CELL = 200_000  # characters of a graded cell


@dataclass(frozen=True)
class Submission:
    """The graded cells of a notebook, each id with all its copies in their order."""

    cells: Mapping[str, tuple[str, ...]]

    def find(self, grade_id: str, untouched: str) -> "Found":
        """The cell that counts for an id.

        A cell that was copied counts as often as it was changed: the last that differs
        from the one handed out is graded.

        Args:
            grade_id: The id.
            untouched: The cell as it was handed out.
        """
        copies = [_bare(text) for text in self.cells.get(grade_id, ())]
        changed = [text for text in copies if text != _bare(untouched)]
        if not copies:
            return Found("", f"no cell begins with the line of {grade_id}")
        if not changed:
            return Found("", "not written yet")
        if len(changed[-1]) > CELL:
            return Found("", f"the cell is longer than {CELL} characters")
        distinct = len(set(changed))
        note = f"{distinct} cells carry this id; the last one counts"
        return Found(changed[-1], note if distinct > 1 else "")


@dataclass(frozen=True)
class Found:
    """The cell that counts, and what to say about it; no cell, and why."""

    text: str
    note: str


def read_submission(path: Path) -> Submission:
    """Read a notebook as leniently as it can be read.

    An id stands in the first line of a cell; if that line is gone, in its metadata, if
    the editor kept them. The outputs are not looked at.

    Args:
        path: The file.

    Raises:
        ValueError: It is too large or no notebook, in one sentence.
    """
    if path.is_symlink() or not path.is_file():
        raise ValueError("submission must be a file, got a link or something else")
    if path.stat().st_size > MOST:
        size = path.stat().st_size // 1_000_000
        raise ValueError(
            f"submission must be smaller than {MOST // 1_000_000} MB, got {size} MB: "
            "clear its outputs"
        )
    try:
        raw = json.loads(path.read_text("utf-8"))
    except (ValueError, RecursionError):
        raise ValueError(
            "submission must be a notebook (.ipynb), got a file that is not JSON"
        ) from None
    cells = raw.get("cells") if isinstance(raw, dict) else None
    if not isinstance(cells, list):
        raise ValueError("submission must be a notebook of format 4, got no cells")
    found: dict[str, list[str]] = {}
    for cell in cells:
        if isinstance(cell, dict):
            text = _source(cell)
            if grade_id := _id(cell, text):
                found.setdefault(grade_id, []).append(text)
    return Submission({name: tuple(texts) for name, texts in found.items()})


def _source(cell: dict[str, Any]) -> str:
    source = cell.get("source", "")
    lines = source if isinstance(source, list) else [source]
    text = "".join(line for line in lines if isinstance(line, str))
    return text.encode("utf-8", "replace").decode()  # half a character breaks files


def _id(cell: dict[str, Any], text: str) -> str:
    if match := ID.match(text):
        return match[1]
    kept: Any = cell.get("metadata")
    for name in ("nbgrader", "grade_id"):
        kept = kept.get(name) if isinstance(kept, dict) else None
    return kept if isinstance(kept, str) else ""


def _bare(text: str) -> str:
    """A cell without spaces at the ends of lines, which editors change."""
    return "\n".join(line.rstrip() for line in text.strip().splitlines())
