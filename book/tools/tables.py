"""The generated parts of pages and chapters.

A source asks for one by a comment line, `% references` say, and finds it there in
both editions: `references`, `notation`, `glossary`, `ledger`, `api`.
"""

import csv
import re
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import NamedTuple

from companion.claims import Entry, read_ledger
from tools.claims import VERDICTS, claims
from tools.paths import BOOK, ROOT, TERMS, sources
from tools.references import cited, listing
from tools.source import edition, is_chapter, languages, prose, read

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


def fill(text: str, language: str, *, chapter: str = "") -> str:
    """Put the generated parts into a text where it asks for them.

    `references` lists what the whole of `chapter` cites.
    """

    def part(match: re.Match[str]) -> str:
        make = PARTS.get(match[1])
        return make(chapter, language) if make else match[0]

    return MARK.sub(part, text)


def _notation(chapter: str, language: str) -> str:
    del chapter
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


def _glossary(chapter: str, language: str) -> str:
    """Each term with the other language's beside it, in the order of the alphabet."""
    del chapter
    other = "zh" if language == "en" else "en"
    entries = [
        f"{getattr(t, language)}\n"
        f"  : {getattr(t, other)}. {getattr(t, f'meaning_{language}')}"
        for t in sorted(terms(), key=lambda term: term.en.lower())
        if t.meaning_en
    ]
    return ":::{glossary}\n" + "\n\n".join(entries) + "\n:::"


def _ledger(chapter: str, language: str) -> str:
    del chapter
    parts = []
    for source in sources():
        cells = read(source)
        if is_chapter(cells) and language in languages(cells):
            name = re.search(r"^# (.+)$", prose(edition(cells, language)), re.M)
            if name is None:
                raise ValueError(f"{source.name} must have a title, got none")
            table = _table(HEADS["ledger"][language], _rows(source, language))
            parts += [f"## {name[1]}", table]
    return "\n\n".join(parts)


def _rows(source: Path, language: str) -> list[list[str]]:
    """One row for each claim, with a line for each of its checks."""
    checks: dict[str, list[Entry]] = {}
    for entry in read_ledger(BOOK / "en" / f"{source.stem}.ipynb"):
        checks.setdefault(entry.claim, []).append(entry)
    rows = []
    for claim in claims(prose(edition(read(source), language))):
        held = checks[claim.label]
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


def _api(chapter: str, language: str) -> str:
    """The documentation of every public module of the companion."""
    del chapter, language
    package = ROOT / "companion"
    names = {path.stem for path in package.glob("[a-z]*.py")}
    names |= {path.parent.name for path in package.glob("[a-z]*/__init__.py")}
    return "\n\n".join(
        f"## `companion.{name}`\n\n"
        f"```{{eval-rst}}\n.. automodule:: companion.{name}\n   :members:\n```"
        for name in sorted(names)
    )


def _references(chapter: str, language: str) -> str:
    del language
    return listing(cited(chapter))


def _table(heads: list[str], rows: list[list[str]]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


PARTS: dict[str, Callable[[str, str], str]] = {
    "references": _references,
    "notation": _notation,
    "glossary": _glossary,
    "ledger": _ledger,
    "api": _api,
}
