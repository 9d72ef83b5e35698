"""A source with all that it says and, if it is a chapter, all that it printed."""

import json
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

from companion.claims import Entry, read_lines
from press.claims import KINDS
from press.edition import Edition
from press.markup import Place
from press.paths import BOOK
from press.source import Cell, read

__all__ = ["WORDS", "Document", "Label"]

Json = dict[str, Any]

WORDS = KINDS | {
    "exercise": {"en": "Exercise", "zh": "练习"},
    "figure": {"en": "Figure", "zh": "图"},
}


class Label(NamedTuple):
    """A place of the book that a text can point to."""

    name: str
    kind: str
    """A key of `WORDS`, equation, or section."""
    slug: str
    number: str
    """2.3; empty for a section."""
    title: dict[str, str]
    """Of a section, in each language; empty for all others."""
    place: Place


class Document:
    """A source with all that it says and, if it is a chapter, all that it printed."""

    def __init__(self, path: Path, notebook: Path | None = None) -> None:
        """Read a source; its outputs come from `notebook`, when they are asked for."""
        self.path = path
        self.slug = path.stem
        self.cells, self.metadata = read(path)
        self.notebook = notebook or BOOK / "en" / f"{path.stem}.ipynb"
        chinese = any(cell.language == "zh" for cell in self.cells)
        languages = ("en", "zh") if chinese else ("en",)
        self.editions = {lang: Edition(self.cells, lang) for lang in languages}

    @property
    def is_chapter(self) -> bool:
        """A chapter runs code; a page does not."""
        return any(cell.kind == "code" for cell in self.cells)

    @property
    def is_bilingual(self) -> bool:
        """Whether it has been translated."""
        return "zh" in self.editions

    @property
    def english(self) -> Edition:
        """The edition that every source has."""
        return self.editions["en"]

    def file(self, language: str) -> str:
        """Its file, from the folder of an edition; the English one if there is none."""
        folder = "" if language in self.editions else "../en/"
        return f"{folder}{self.slug}{'.ipynb' if self.is_chapter else '.md'}"

    @property
    def code(self) -> list[Cell]:
        """Its code cells, in the order they run."""
        return [cell for cell in self.cells if cell.kind == "code"]

    @cached_property
    def stored(self) -> tuple[list[str], list[list[Json]]]:
        """The code that the notebook ran, and what each of its cells gave."""
        if not self.is_chapter or not self.notebook.exists():
            return [], []
        cells = json.loads(self.notebook.read_text("utf-8"))["cells"]
        code = [cell for cell in cells if cell["cell_type"] == "code"]
        return [cell["source"] for cell in code], [cell["outputs"] for cell in code]

    @cached_property
    def checks(self) -> dict[str, list[Entry]]:
        """The lines that `verify` printed, by claim, in order."""
        _, outputs = self.stored
        found: dict[str, list[Entry]] = {}
        for entry in read_lines([output for cell in outputs for output in cell]):
            found.setdefault(entry.claim, []).append(entry)
        return found

    def labels(self, chapter: int) -> list[Label]:
        """What can be pointed to, numbered within the chapter, kind by kind."""
        found: list[Label] = []
        counts: dict[str, int] = {}

        def add(kind: str, name: str, place: Place, title: dict[str, str]) -> None:
            counts[kind] = counts.get(kind, 0) + 1
            number = "" if title else f"{chapter}.{counts[kind]}"
            found.append(Label(name, kind, self.slug, number, title, place))

        english = self.english.blocks
        for at, block in enumerate(english):
            if block.kind == "label":
                add("section", block.name, block.place, self._title_after(at))
            elif block.kind == "equation" and block.name:
                add("equation", block.name, block.place, {})
            elif block.kind == "directive" and block.name in WORDS:
                if "label" not in block.options:
                    raise ValueError(
                        f"{block.place}: {block.name} must have a label, "
                        f"got {block.title!r}"
                    )
                add(block.name, block.options["label"], block.place, {})
        for figure in self.english.figures:
            add("figure", figure.name, figure.place, {})
        return found

    def _title_after(self, at: int) -> dict[str, str]:
        """The heading that a label names, in each edition."""
        name = self.english.blocks[at].name
        titles = {}
        for language, edition in self.editions.items():
            after = iter(edition.blocks)
            for block in after:
                if block.kind == "label" and block.name == name:
                    titles[language] = next(after).body
        return titles
