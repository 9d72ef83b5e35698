"""What a reader asks of a chapter before reading it: a row of ``chapters.csv`` each."""

from functools import cache
from typing import NamedTuple

from press.document import Document
from press.paths import BOOK, read_table

__all__ = ["LEVELS", "Facts", "facts", "title"]

CHAPTERS = BOOK / "chapters.csv"
LEVELS = [
    {"en": "first course", "zh": "入门"},
    {"en": "linear algebra", "zh": "线性代数"},
    {"en": "further mathematics", "zh": "更多数学"},
]


class Facts(NamedTuple):
    """Minutes, level and needs of a chapter, and its question in short."""

    slug: str
    reading: int
    """Minutes to read it."""
    running: int
    """Minutes to read it and its code."""
    level: int
    """1, 2 or 3: see `LEVELS`."""
    after: tuple[str, ...]
    """The chapters that it needs, the one that it needs most last."""
    title_zh: str
    """Its Chinese title, which the home page shows before it is translated."""
    short: dict[str, str]
    question: dict[str, str]
    needs: dict[str, str]


@cache
def facts() -> dict[str, Facts]:
    """The facts of every chapter, by slug."""
    return {row["slug"]: _facts(row) for row in read_table(CHAPTERS)}


def title(chapter: Document, language: str) -> str:
    """A chapter's title, in Chinese before it is translated as well."""
    if language in chapter.editions:
        return chapter.editions[language].title
    return facts()[chapter.slug].title_zh


def _facts(row: dict[str, str]) -> Facts:
    def both(name: str) -> dict[str, str]:
        return {language: row[f"{name}_{language}"] for language in ("en", "zh")}

    return Facts(
        row["slug"],
        int(row["reading"]),
        int(row["running"]),
        int(row["level"]),
        tuple(row["after"].split()),
        row["title_zh"],
        both("short"),
        both("question"),
        both("needs"),
    )
