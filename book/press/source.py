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

from jupytext.myst import myst_to_notebook

from press.markup import Block, Place, blocks, walk

__all__ = [
    "Cell",
    "blocks_of",
    "digest",
    "in_language",
    "pairs",
    "pieces",
    "prose",
    "read",
]


FOLDED = {"exercise", "solution-start", "solution-end"}


class Cell(NamedTuple):
    """One cell of a source or of an edition."""

    kind: str
    """``markdown`` or ``code``."""
    text: str
    metadata: dict[str, Any]
    place: Place = Place("cell", 1)

    @property
    def language(self) -> str | None:
        """The language of a Markdown cell of a source; None for code."""
        return self.metadata.get("lang")


def read(path: Path) -> tuple[list[Cell], dict[str, Any]]:
    """Read a bilingual source: its cells, and what stands before them."""
    text = path.read_text("utf-8")
    notebook = myst_to_notebook(text, add_source_map=True)
    lines = text.split("\n")
    cells = []
    for cell, start in zip(
        notebook.cells, notebook.metadata["source_map"], strict=True
    ):
        while not lines[start].strip():
            start += 1
        place = Place(path.name, start + 1)
        metadata = dict(cell.metadata)
        if cell.cell_type == "markdown" and metadata.get("lang") not in ("en", "zh"):
            begin = cell.source.strip()[:60]
            raise ValueError(f"{place}: cell must have a language, got {begin!r}")
        cells.append(Cell(cell.cell_type, cell.source, metadata, place))
    return cells, dict(notebook.metadata)


def pieces(cell: Cell) -> list[Cell]:
    """A Markdown cell cut where an exercise or its solution begins or ends.

    Readers of notebooks fold whole cells, from a heading to the next.
    """
    cut: list[list[Block]] = [[]]
    for block in blocks(cell.text, cell.place):
        name = block.name if block.kind == "directive" else ""
        if name in FOLDED:
            cut.append([])
        cut[-1].append(block)
        if name == "solution-start":  # a folded cell still shows its own text
            cut.append([])
    return [
        cell._replace(text="\n".join(b.text for b in part), place=part[0].place)
        for part in cut
        if part
    ]


def blocks_of(cells: list[Cell]) -> list[Block]:
    """Every block of the Markdown cells, with those inside other blocks, in order."""
    return [
        block
        for cell in cells
        if cell.kind == "markdown"
        for block in walk(cell.text, cell.place)
    ]


def digest(text: str) -> str:
    """A short fingerprint of a text, blind to white space at the ends of lines."""
    lines = [line.rstrip() for line in text.strip().splitlines()]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:8]


def in_language(cells: list[Cell], language: str) -> list[Cell]:
    """The cells of one edition, with the captions of its language."""
    return [
        cell._replace(metadata=_localized(cell.metadata, language))
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
