"""The book, read once: notebooks, pages, ledger, search and tests are made from it.

    book = read_book()
    book.chapters[0].editions["en"].claims[0].label
    book.called("two-cycle", "zh")            # 命题 2.7
    book.headline(claim).measured             # as the chapter printed it

Labels and numbers belong to the whole book, and the English edition counts: the Chinese
one has the same numbers whatever is translated.
"""

import json
import re
from collections.abc import Iterable
from functools import cache, cached_property
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from companion.claims import Entry, read_lines
from press.claims import KINDS, Claim
from press.claims import claim as read_claim
from press.markup import NOWHERE, Block, Place, Role, roles
from press.paths import BOOK, TOC, sources
from press.predict import Predict, answer, predict
from press.references import work
from press.source import Cell, blocks_of, in_language, prose, read

__all__ = [
    "Book",
    "Document",
    "Edition",
    "Exercise",
    "Figure",
    "Label",
    "read_book",
]

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


class Exercise(NamedTuple):
    """An exercise of an edition."""

    label: str
    title: str
    stars: int
    place: Place


class Figure(NamedTuple):
    """A drawing with a number."""

    name: str
    caption: str
    alternative: str
    place: Place


class Edition:
    """A source in one language."""

    def __init__(self, cells: list[Cell], language: str) -> None:
        """Choose the cells of a language."""
        self.language = language
        self.cells = in_language(cells, language)

    @cached_property
    def text(self) -> str:
        """All Markdown in one piece."""
        return prose(self.cells)

    @cached_property
    def blocks(self) -> list[Block]:
        """Every block, with those inside boxes, in order."""
        return blocks_of(self.cells)

    @cached_property
    def title(self) -> str:
        """The first heading."""
        return next((b.body for b in self.blocks if b.kind == "heading"), "")

    @cached_property
    def claims(self) -> list[Claim]:
        """Its claim boxes."""
        return [read_claim(box) for box in self.boxes(*KINDS)]

    @cached_property
    def predicts(self) -> list[Predict]:
        """Its questions to the reader."""
        return [predict(box) for box in self.boxes("predict")]

    @cached_property
    def exercises(self) -> list[Exercise]:
        """Its exercises."""
        return [
            Exercise(box.options["label"], box.title, stars(box), box.place)
            for box in self.boxes("exercise")
        ]

    @cached_property
    def figures(self) -> list[Figure]:
        """Its numbered drawings."""
        found = []
        for cell in self.cells:
            drawing = cell.metadata.get("mystnb", {})
            if "name" in drawing.get("figure", {}):
                figure, alternative = drawing["figure"], drawing["image"]["alt"]
                caption = figure["caption"].strip()
                found.append(Figure(figure["name"], caption, alternative, cell.place))
        return found

    def boxes(self, *names: str) -> list[Block]:
        """The directives of these names."""
        return [b for b in self.blocks if b.kind == "directive" and b.name in names]

    @cached_property
    def roles(self) -> list[Role]:
        """Every role in its prose, its boxes' titles and words, and its captions."""
        found = []
        for block in self.blocks:
            if block.kind in ("prose", "heading"):
                found += roles(block.text, block.place)
            elif block.kind == "directive":
                words = "\n".join([block.title, *block.options.values()])
                found += [role._replace(place=block.place) for role in roles(words)]
        for figure in self.figures:
            found += [r._replace(place=figure.place) for r in roles(figure.caption)]
        return found


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

    @cached_property
    def is_second(self) -> bool:
        """Whether it has the form of the second edition, a main line and more."""
        return any(
            block.kind == "heading" and block.text == "## Going deeper"
            for block in self.english.blocks
        )

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


class Book:
    """All chapters and pages, and what connects them."""

    def __init__(self, documents: Iterable[Document], numbered: list[str]) -> None:
        """Join documents; `numbered` are the slugs of the chapters, in order."""
        self.documents = {document.slug: document for document in documents}
        self.numbers = {slug: at for at, slug in enumerate(numbered, start=1)}
        self.labels: dict[str, Label] = {}
        for document in self.documents.values():
            if document.is_chapter and document.slug not in self.numbers:
                raise ValueError(
                    f"{document.slug} must stand in _toc.yml, got {numbered}"
                )
            self._add_labels(document)

    @property
    def chapters(self) -> list[Document]:
        """The chapters in reading order."""
        return [self.documents[s] for s in self.numbers if s in self.documents]

    def label(self, name: str, place: Place) -> Label:
        """What a name stands for."""
        if name not in self.labels:
            raise ValueError(
                f"{place}: label must be defined in the book, got {name!r}"
            )
        return self.labels[name]

    def called(self, name: str, language: str, place: Place = NOWHERE) -> str:
        """What a label is called in the text: Proposition 2.1, (2.3), 图 2.1."""
        label = self.label(name, place)
        if label.kind == "equation":
            return f"({label.number})"
        if label.title:
            return label.title.get(language) or label.title["en"]
        return f"{WORDS[label.kind][language]} {label.number}"

    def link(self, name: str, language: str, here: str) -> str:
        """The address of a label in the notebooks, from the notebook `here`."""
        slug = self.labels[name].slug
        file = "" if slug == here else self.documents[slug].file(language)
        return f"{file}#{name}"

    def document(self, slug: str, place: Place) -> Document:
        """A document by the name of its file."""
        if slug not in self.documents:
            raise ValueError(f"{place}: document must be in the book, got {slug!r}")
        return self.documents[slug]

    def title(self, document: Document, language: str) -> str:
        """A document's title, in English where it is not translated."""
        return document.editions.get(language, document.english).title

    def line(self, name: str, number: int, place: Place) -> Entry:
        """A line that `verify` printed for a claim, counted from 1."""
        slug = self.label(name, place).slug
        lines = self.documents[slug].checks.get(name, [])
        if number > len(lines):
            raise ValueError(
                f"{place}: {name} must have printed {number} or more lines, "
                f"got {len(lines)}"
            )
        return lines[number - 1]

    def headline(self, claim: Claim) -> Entry:
        """The line that stands for a claim where there is room for one."""
        return self.line(claim.label, claim.headline, claim.place)

    def answer(self, question: Predict) -> float:
        """The true answer to a question, as the chapter printed it."""
        number = question.line
        if number is None:
            slug = self.label(question.check, question.place).slug
            claims = self.documents[slug].english.claims
            number = next((c.headline for c in claims if c.label == question.check), 1)
        return answer(
            question, float(self.line(question.check, number, question.place).measured)
        )

    def validate(self) -> None:
        """Stop at the first thing that no page could show."""
        asked: dict[str, Place] = {}
        for document in self.documents.values():
            for question in document.english.predicts:
                if question.label in asked:
                    raise ValueError(
                        f"{question.place}: label of predict must be new, got "
                        f"{question.label!r} of {asked[question.label]}"
                    )
                asked[question.label] = question.place
            for edition in document.editions.values():
                self._validate(document, edition)

    def _validate(self, document: Document, edition: Edition) -> None:
        for claim in edition.claims:
            self.headline(claim)
            if document.is_second and bool(claim.judges) == (claim.verdict == "beyond"):
                raise ValueError(
                    f"{claim.place}: judges of {claim.label} must name sentences "
                    f"unless the verdict is beyond, got {claim.judges}"
                )
        for question in edition.predicts:
            self.answer(question)
        for role in edition.roles:
            self.check_role(role)

    def check_role(self, role: Role) -> None:
        """Stop at a reference to nothing."""
        if role.name in ("prf:ref", "numref", "eq", "ref"):
            self.label(role.label, role.place)
        elif role.name == "doc":
            self.document(role.label, role.place)
        elif role.name in ("cite:t", "cite:p"):
            for key in role.label.split(","):
                try:
                    work(key.strip())
                except ValueError as error:
                    raise ValueError(f"{role.place}: {error}") from None

    def _add_labels(self, document: Document) -> None:
        for label in document.labels(self.numbers.get(document.slug, 0)):
            if label.name in self.labels:
                raise ValueError(
                    f"{label.place}: label must be new, got {label.name!r} "
                    f"of {self.labels[label.name].place}"
                )
            self.labels[label.name] = label


def stars(box: Block) -> int:
    """How hard an exercise is, 1 to 3; 0 where the source does not say."""
    count = box.options.get("stars", "0")
    if not re.fullmatch("[0-3]", count):
        raise ValueError(f"{box.place}: stars must be 1, 2 or 3, got {count!r}")
    return int(count)


def numbered() -> list[str]:
    """The slugs of the numbered chapters, in the order of the table of contents."""
    toc = yaml.safe_load(TOC.read_text("utf-8"))
    return [
        Path(chapter["file"]).name
        for part in toc["parts"]
        if part.get("numbered")
        for chapter in part["chapters"]
    ]


@cache
def read_book() -> Book:
    """The book as it is on the disk."""
    return Book((Document(path) for path in sources()), numbered())
