"""The generated parts of pages and chapters.

A source asks for one by a comment line, `% references` say, and finds it there in
both editions; a number in a sentence is asked for like {count}`claims`, a link to a
question like {ask}`two-cycle`.
"""

import re
from collections.abc import Callable
from functools import cache
from typing import NamedTuple

from press import companion, home, ledger, teaching
from press.book import Book
from press.document import Document
from press.markup import table
from press.paths import TERMS, read_table
from press.references import cited, listing

__all__ = ["Term", "anchor", "fill", "module_page", "terms"]

MARK = re.compile(r"^% (\w+)$", re.M)
COUNT = re.compile(r"\{count\}`(\w+)`")
ASK = re.compile(r"\{ask\}`([a-z0-9-]+)`")
HEADS = {
    "notation": {
        "en": ["symbol", "meaning", "in code", "chapter"],
        "zh": ["记号", "含义", "代码", "章"],
    },
    "modules": {"en": ["module", "what it holds"], "zh": ["模块", "内容"]},
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
    return [Term(**row) for row in read_table(TERMS)]


def fill(text: str, book: Book, document: Document, language: str) -> str:
    """Put the generated parts into a text where it asks for them."""

    def part(match: re.Match[str]) -> str:
        make = PARTS.get(match[1])
        return make(book, document, language) if make else match[0]

    text = COUNT.sub(lambda match: home.count(book, match[1], language), text)
    text = ASK.sub(lambda match: teaching.asked(book, match[1]), text)
    return MARK.sub(part, text)


def anchor(term: Term) -> str:
    """The id of a symbol's row on the page of notation."""
    words = f"{term.en} {term.chapter}"
    return "symbol-" + "-".join(re.findall(r"[a-z0-9]+", words.lower()))


def _notation(book: Book, document: Document, language: str) -> str:
    """Each symbol with its meaning, its name in code, and the chapter that owns it."""
    del document
    rows = []
    for term in sorted((t for t in terms() if t.symbol), key=_letter):
        code = f"`{term.identifier}`" if term.identifier else ""
        place = f'<span id="{anchor(term)}"></span>'
        owner = str(book.numbers[term.chapter]) if term.chapter else ""
        meaning = getattr(term, language)
        rows.append([f"{place}${term.symbol}$", meaning, code, owner])
    return table(HEADS["notation"][language], rows)


def _letter(term: Term) -> tuple[str, str]:
    """Symbols by their first letter, whatever accent or font it has."""
    bare = re.sub(
        r"\\(?:hat|bar|mathrm|operatorname|tfrac|log|cos)\b|[^a-zA-Z]", "", term.symbol
    )
    return bare.lower(), term.symbol


def _glossary(book: Book, document: Document, language: str) -> str:
    """Each term with the other language's beside it, in the order of the alphabet."""
    del book, document
    other = "zh" if language == "en" else "en"
    form = {"en": "({}) {}", "zh": "（{}）{}"}[language]
    entries = [
        f"{getattr(term, language)}\n"
        "    " + form.format(getattr(term, other), getattr(term, f"meaning_{language}"))
        for term in sorted(terms(), key=lambda term: _in_order(term, language))
        if term.meaning_en
    ]
    return ":::{glossary}\n" + "\n\n".join(entries) + "\n:::"


def _in_order(term: Term, language: str) -> bytes:
    """The alphabet; in Chinese pinyin, which the national encoding follows."""
    return str(getattr(term, language)).lower().encode("gb18030")


def _modules(book: Book, document: Document, language: str) -> str:
    """The public modules of the companion, each with its first line."""
    del book, document
    rows = [
        [f"[`companion.{name}`](api/{name}.md)", companion.summary(name)]
        for name in companion.modules()
    ]
    return table(HEADS["modules"][language], rows)


def module_page(name: str) -> str:
    """The page of one module of the companion; it is English in both editions."""
    return (
        f"# `companion.{name}`\n\n"
        f"```{{eval-rst}}\n.. automodule:: companion.{name}\n   :members:\n```\n"
    )


def _references(book: Book, document: Document, language: str) -> str:
    """What a chapter cites."""
    del book
    return listing(cited(document.editions[language].text))


PARTS: dict[str, Callable[[Book, Document, str], str]] = {
    "figure": home.figure,
    "glossary": _glossary,
    "ledger": ledger.ledger,
    "map": home.dependencies,
    "modules": _modules,
    "notation": _notation,
    "one_week": teaching.short,
    "questions": home.questions,
    "quiz": teaching.quiz,
    "references": _references,
    "sentences": ledger.sentence_rows,
    "two_weeks": teaching.whole,
    "verdicts": home.verdict_bar,
}
