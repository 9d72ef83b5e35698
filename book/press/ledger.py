"""The ledger: every claim with its numbers, every sentence with its claims.

A row is a block of its own and no row of a table, so that a phone shows it as a card.
Its classes name verdict and chapter; `ledger.js` filters by them.
"""

from collections import Counter
from html import escape

from companion.claims import Entry
from press.book import Book
from press.claims import VERDICTS, Claim
from press.document import Document
from press.facts import title
from press.sentences import Sentence, judged, sentences, verdict

__all__ = ["counts", "ledger", "sentence_rows"]

SAY = {
    "source": {"en": "The source: {}", "zh": "原文：{}"},
    "predicted": {"en": "predicted", "zh": "预测"},
    "measured": {"en": "measured", "zh": "实测"},
    "more": {"en": "all {} checks", "zh": "全部{}项检验"},
    "verdict": {"en": "Verdict", "zh": "判定"},
    "chapter": {"en": "Chapter", "zh": "章"},
    "every": {"en": "every chapter", "zh": "所有各章"},
    "reset": {"en": "show all", "zh": "显示全部"},
    "of": {"en": "{n} of {total} claims", "zh": "共{total}条论断，显示{n}条"},
    "english": {"en": "", "zh": "（该章目前只有英文）"},
    "none": {"en": "not judged", "zh": "未判定"},
}


def counts(book: Book) -> Counter[str]:
    """How many claims of the book have each verdict."""
    return Counter(
        claim.verdict for chapter in book.chapters for claim in chapter.english.claims
    )


def ledger(book: Book, document: Document, language: str) -> str:
    """The filters, and each chapter with its claims, in reading order."""
    del document
    parts = [_filters(book, language)]
    for number, chapter in enumerate(book.chapters, start=1):
        edition = chapter.editions.get(language, chapter.english)
        note = "" if language in chapter.editions else SAY["english"][language]
        head = f"{number}. {title(chapter, language)}{note}"
        parts.append(f"(ledger-{number})=\n## {head}")
        parts += [
            _row(book, chapter, claim, number, language) for claim in edition.claims
        ]
    return "\n\n".join(parts)


def sentence_rows(book: Book, document: Document, language: str) -> str:
    """Each sentence of the source: the claims that judge it, or why none does."""
    del document
    claims = judged(book)
    return "\n\n".join(
        _sentence(sentence, claims[sentence.name], language) for sentence in sentences()
    )


def _filters(book: Book, language: str) -> str:
    """A form that a style sheet hides where no script runs: then all rows are there."""
    total = counts(book)
    buttons = "".join(
        f'<button type="button" class="verdict-{name}" data-verdict="{name}" '
        f'aria-pressed="false">{words[language]} <b>{total[name]}</b></button>'
        for name, words in VERDICTS.items()
        if total[name]
    )
    options = "".join(
        f'<option value="{number}">{number}. {escape(title(chapter, language))}'
        "</option>"
        for number, chapter in enumerate(book.chapters, start=1)
    )
    shown = SAY["of"][language].format(n=total.total(), total=total.total())
    return (
        '<form class="ledger-filter">'
        f'<div role="group" aria-label="{SAY["verdict"][language]}">{buttons}</div>'
        f'<label>{SAY["chapter"][language]} <select><option value="">'
        f"{SAY['every'][language]}</option>{options}</select></label>"
        f'<button type="reset">{SAY["reset"][language]}</button>'
        f'<output data-of="{SAY["of"][language]}">{shown}</output></form>'
    )


def _row(
    book: Book, chapter: Document, claim: Claim, number: int, language: str
) -> str:
    """A claim: its link and title, what the source says, verdict, and one pair."""
    says = SAY["source"][language].format(claim.says) if claim.says else ""
    lines = chapter.checks[claim.label]
    body = [
        f"{{prf:ref}}`{claim.label}` {claim.title}",
        f":::{{div}} says\n{says}\n:::" if says else "",
        f":::{{div}} passed\n{VERDICTS[claim.verdict][language]}\n:::",
        _pair(book.headline(claim), language),
        _more(lines, language) if len(lines) > 1 else "",
    ]
    inner = "\n\n".join(part for part in body if part)
    kind = f"claim-row verdict-{claim.verdict} chapter-{number}"
    return f"::::{{div}} {kind}\n{inner}\n::::"


def _pair(entry: Entry, language: str) -> str:
    predicted, measured = SAY["predicted"][language], SAY["measured"][language]
    expected = escape(f"{entry.relation} {entry.predicted}")
    return (
        '<p class="pair">'
        f"<span><b>{predicted}</b> {expected}</span>"
        f"<span><b>{measured}</b> {escape(entry.measured)}</span></p>"
    )


def _more(lines: list[Entry], language: str) -> str:
    """All lines; no <pre>: the theme measures every one, a layout each."""
    shown = "".join(f"<li>{escape(entry.line[2:])}</li>" for entry in lines)
    summary = SAY["more"][language].format(len(lines))
    return f"<details><summary>{summary}</summary><ul>{shown}</ul></details>"


def _sentence(sentence: Sentence, claims: list[Claim], language: str) -> str:
    passed = verdict(sentence.name, claims)
    kind = f"verdict-{passed}" if passed else "unjudged"
    word = VERDICTS[passed][language] if passed else SAY["none"][language]
    comma = {"en": ", ", "zh": "、"}[language]
    links = comma.join(f"{{prf:ref}}`{claim.label}`" for claim in claims)
    return (
        f"({sentence.name.lower()})=\n"
        f"::::{{div}} sentence-row {kind}\n"
        f"**{sentence.name}** {sentence.says[language]}\n\n"
        f":::{{div}} passed\n{word}\n:::\n\n"
        f"{links or sentence.reason[language]}\n::::"
    )
