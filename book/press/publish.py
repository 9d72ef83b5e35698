"""``claims.json``: the ledger for programs, beside the page for people."""

import json
from typing import Any

from companion.claims import Entry
from press.book import Book
from press.claims import KINDS, Claim
from press.document import Document
from press.paths import CONFIG, read_yaml

__all__ = ["claims_json"]


def claims_json(book: Book) -> str:
    """Every claim with statement, verdict, numbers, address and citation."""
    config = read_yaml(CONFIG)
    claims = [
        _claim(book, chapter, claim, config)
        for chapter in book.chapters
        for claim in chapter.english.claims
    ]
    shelf = {
        "title": config["title"],
        "license": "CC BY 4.0",
        "address": config["html"]["baseurl"],
        "claims": claims,
    }
    return json.dumps(shelf, ensure_ascii=False, indent=1) + "\n"


def _claim(
    book: Book, chapter: Document, claim: Claim, config: dict[str, Any]
) -> dict[str, Any]:
    number = book.called(claim.label, "en")
    address = f"{config['html']['baseurl']}book/en/{chapter.slug}.html#{claim.label}"
    lines = chapter.checks[claim.label]
    return {
        "id": claim.label,
        "number": number,
        "kind": KINDS[claim.kind]["en"].lower(),
        "chapter": chapter.english.title,
        "title": claim.title,
        "statement": claim.statement,  # MyST, its conditions included
        "source_says": claim.says,
        "judges": list(claim.judges),
        "verdict": claim.verdict,
        "headline": _check(lines[claim.headline - 1]),
        "checks": [_check(line) for line in lines],
        "address": address,
        "cite": f"{config['author']}, “{claim.title}” ({number}), {config['title']}, "
        f"{config['copyright']}, {address}",
    }


def _check(entry: Entry) -> dict[str, str]:
    return {
        "relation": entry.relation,
        "predicted": entry.predicted,
        "measured": entry.measured,
        "line": entry.line,
    }
