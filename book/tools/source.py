"""The bilingual source of a chapter: code once, prose twice.

A source is a MyST text notebook.  Each Markdown cell opens with its language,
`+++ {"lang": "en"}` or `+++ {"lang": "zh", "of": "1f2e3d4c"}`; a Chinese cell follows
the English one that it renders and carries its `digest`, so that a stale translation
is found.  Captions and alternative texts are `{en: ..., zh: ...}` in the metadata of
the code cell that draws.
"""

import hashlib
import itertools
from pathlib import Path
from typing import Any, NamedTuple

import jupytext

__all__ = [
    "Cell",
    "digest",
    "edition",
    "generated",
    "is_chapter",
    "languages",
    "pairs",
    "prose",
    "read",
]

GENERATED = {"bootstrap", "caption"}


class Cell(NamedTuple):
    """One cell of a source or of an edition."""

    kind: str
    """``markdown`` or ``code``."""
    text: str
    metadata: dict[str, Any]

    @property
    def language(self) -> str | None:
        """The language of a Markdown cell of a source; None for code."""
        return self.metadata.get("lang")


def read(path: Path) -> list[Cell]:
    """Read a bilingual source."""
    notebook = jupytext.read(path, fmt="md:myst")
    cells = [Cell(c.cell_type, c.source, dict(c.metadata)) for c in notebook.cells]
    for cell in cells:
        if cell.kind == "markdown" and cell.language not in ("en", "zh"):
            start = cell.text.strip()[:60]
            raise ValueError(f"{path.name}: cell must have a language, got {start!r}")
    return cells


def is_chapter(cells: list[Cell]) -> bool:
    """A chapter runs code; a page does not."""
    return any(cell.kind == "code" for cell in cells)


def languages(cells: list[Cell]) -> list[str]:
    """The editions that a source has: English, and Chinese once it is translated."""
    return ["en", "zh"] if any(cell.language == "zh" for cell in cells) else ["en"]


def digest(text: str) -> str:
    """A short fingerprint of a text, blind to white space at the ends of lines."""
    lines = [line.rstrip() for line in text.strip().splitlines()]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:8]


def edition(cells: list[Cell], language: str) -> list[Cell]:
    """The cells of one edition, with the captions of its language."""
    return [
        Cell(cell.kind, cell.text, _localized(cell.metadata, language))
        for cell in cells
        if cell.language in (None, language)
    ]


def prose(cells: list[Cell]) -> str:
    """The Markdown cells of an edition as one text."""
    return "\n\n".join(cell.text for cell in cells if cell.kind == "markdown")


def pairs(cells: list[Cell]) -> list[tuple[Cell, Cell]]:
    """Each English Markdown cell with the Chinese cell that follows it."""
    prose = [cell for cell in cells if cell.kind == "markdown"]
    return [
        (one, two)
        for one, two in itertools.pairwise(prose)
        if one.language == "en" and two.language == "zh"
    ]


def generated(cell: dict[str, Any]) -> bool:
    """Whether a notebook's cell was added by the writer and has no source."""
    return bool(GENERATED & set(cell["metadata"].get("tags", [])))


def _localized(metadata: dict[str, Any], language: str) -> dict[str, Any]:
    """Resolve every ``{en: ..., zh: ...}`` and drop the keys of the source."""
    out = {}
    for key, value in metadata.items():
        if key in ("lang", "of"):
            continue
        if isinstance(value, dict):
            choice = set(value) in ({"en"}, {"en", "zh"})
            value = value.get(language) if choice else _localized(value, language)
        out[key] = value
    return out
