"""The sentences of the source, and the one verdict that the book passes on each."""

from functools import cache
from typing import NamedTuple

from press.book import Book
from press.claims import Claim
from press.paths import BOOK, read_table

__all__ = ["Sentence", "judged", "sentences", "verdict"]

SENTENCES = BOOK / "sentences.csv"


class Sentence(NamedTuple):
    """A sentence of the source in our words, and why none judges it if none does."""

    name: str
    """S13, say."""
    chapter: str
    """The chapter that takes it up; empty if none does."""
    says: dict[str, str]
    reason: dict[str, str]


@cache
def sentences() -> list[Sentence]:
    """Every sentence, in the order of the source."""
    return [
        Sentence(
            row["sentence"],
            row["chapter"],
            {language: row[language] for language in ("en", "zh")},
            {language: row[f"reason_{language}"] for language in ("en", "zh")},
        )
        for row in read_table(SENTENCES)
    ]


def judged(book: Book) -> dict[str, list[Claim]]:
    """The claims that judge each sentence, in reading order."""
    found: dict[str, list[Claim]] = {sentence.name: [] for sentence in sentences()}
    for chapter in book.chapters:
        for claim in chapter.english.claims:
            for name in claim.judges:
                if name not in found:
                    raise ValueError(
                        f"{claim.place}: judges of {claim.label} must name a sentence "
                        f"of {SENTENCES.name}, got {name!r}"
                    )
                found[name].append(claim)
    return found


def verdict(name: str, claims: list[Claim]) -> str:
    """The verdict on a sentence; empty if no claim judges it."""
    passed = {claim.verdict: claim.label for claim in claims}
    if len(passed) > 1:
        raise ValueError(f"{name} must have one verdict in the book, got {passed}")
    return next(iter(passed), "")
