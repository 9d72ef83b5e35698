"""The book, read once: notebooks, pages, ledger, search and tests are made from it.

    book = read_book()
    book.chapters[0].editions["en"].claims[0].label
    book.called("two-cycle", "zh")            # 命题 2.7
    book.headline(claim).measured             # as the chapter printed it

Labels and numbers belong to the whole book, and the English edition counts: the Chinese
one has the same numbers whatever is translated.
"""

from collections.abc import Iterable
from functools import cache
from pathlib import Path

from companion.claims import Entry
from press.claims import Claim
from press.document import WORDS, Document, Label
from press.edition import Edition
from press.markup import NOWHERE, Place, Role
from press.paths import TOC, read_yaml, sources
from press.predict import Predict, answer
from press.references import work

__all__ = ["Book", "read_book"]


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
            if bool(claim.judges) == (claim.verdict == "beyond"):
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


def numbered() -> list[str]:
    """The slugs of the numbered chapters, in the order of the table of contents."""
    toc = read_yaml(TOC)
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
