"""The generated parts of pages and chapters.

A source asks for one by a comment line, `% references` say, and finds it there in
both editions: `references`, `notation`, `glossary`, `ledger`, `api`.
"""

import csv
import re
from collections.abc import Callable
from functools import cache
from typing import NamedTuple

from press.book import Book, Document
from press.claims import VERDICTS
from press.paths import ROOT, TERMS
from press.references import cited, listing

__all__ = ["Term", "fill", "terms"]

MARK = re.compile(r"^% (\w+)$", re.M)
HEADS = {
    "notation": {
        "en": ["symbol", "meaning", "in code"],
        "zh": ["记号", "含义", "代码"],
    },
    "ledger": {
        "en": ["claim", "the source", "verdict", "predicted", "measured"],
        "zh": ["断言", "原文", "结论", "预测", "实测"],
    },
}


class Term(NamedTuple):
    """One concept of the book: a row of ``terms.csv``."""

    en: str
    zh: str
    symbol: str
    identifier: str
    chapter: str
    meaning_en: str
    meaning_zh: str


@cache
def terms() -> list[Term]:
    """Every concept, in the order of the file."""
    with TERMS.open(encoding="utf-8", newline="") as file:
        return [Term(**row) for row in csv.DictReader(file)]


def fill(text: str, book: Book, document: Document, language: str) -> str:
    """Put the generated parts into a text where it asks for them."""

    def part(match: re.Match[str]) -> str:
        make = PARTS.get(match[1])
        return make(book, document, language) if make else match[0]

    return MARK.sub(part, text)


def _notation(book: Book, document: Document, language: str) -> str:
    del book, document
    rows = [
        [
            f"${t.symbol}$",
            getattr(t, language),
            f"`{t.identifier}`" if t.identifier else "",
        ]
        for t in terms()
        if t.symbol
    ]
    return _table(HEADS["notation"][language], rows)


def _glossary(book: Book, document: Document, language: str) -> str:
    """Each term with the other language's beside it, in the order of the alphabet."""
    del book, document
    other = "zh" if language == "en" else "en"
    entries = [
        f"{getattr(t, language)}\n"
        f"  : {getattr(t, other)}. {getattr(t, f'meaning_{language}')}"
        for t in sorted(terms(), key=lambda term: term.en.lower())
        if t.meaning_en
    ]
    return ":::{glossary}\n" + "\n\n".join(entries) + "\n:::"


def _ledger(book: Book, document: Document, language: str) -> str:
    """Every claim with each of its checks, in reading order."""
    del document
    parts = []
    for chapter in book.chapters:
        if language in chapter.editions:
            table = _table(HEADS["ledger"][language], _rows(chapter, language))
            parts += [f"## {chapter.editions[language].title}", table]
    return "\n\n".join(parts)


def _rows(chapter: Document, language: str) -> list[list[str]]:
    """One row for each claim, with a line for each of its checks."""
    rows = []
    for claim in chapter.editions[language].claims:
        held = chapter.checks[claim.label]
        rows.append(
            [
                f"{{prf:ref}}`{claim.label}` {claim.title} ({claim.audit})",
                claim.says,
                VERDICTS[claim.verdict][language],
                # A no-break space keeps the lines of the two columns side by side.
                "<br>".join(f"{e.relation}\u00a0{e.predicted}" for e in held),
                "<br>".join(entry.measured for entry in held),
            ]
        )
    return rows


def _api(book: Book, document: Document, language: str) -> str:
    """The documentation of every public module of the companion."""
    del book, document, language
    package = ROOT / "companion"
    names = {path.stem for path in package.glob("[a-z]*.py")}
    names |= {path.parent.name for path in package.glob("[a-z]*/__init__.py")}
    return "\n\n".join(
        f"## `companion.{name}`\n\n"
        f"```{{eval-rst}}\n.. automodule:: companion.{name}\n   :members:\n```"
        for name in sorted(names)
    )


def _references(book: Book, document: Document, language: str) -> str:
    """What a chapter cites."""
    del book
    return listing(cited(document.editions[language].text))


def _table(heads: list[str], rows: list[list[str]]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


PARTS: dict[str, Callable[[Book, Document, str], str]] = {
    "references": _references,
    "notation": _notation,
    "glossary": _glossary,
    "ledger": _ledger,
    "api": _api,
}
