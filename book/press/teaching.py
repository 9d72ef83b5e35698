"""The generated parts of the teaching pages: timetables, links to questions, the quiz.

``sessions.csv`` has a row a session: its place in the fortnight, the deck it shows, the
chapters that are read after it, and the assignments that go out and come in.
"""

from functools import cache
from typing import NamedTuple

from press.book import Book
from press.document import Document
from press.facts import facts
from press.markup import table
from press.paths import BOOK, read_table
from press.quiz import ITEMS

__all__ = ["SESSION_MINUTES", "Session", "asked", "quiz", "sessions", "short", "whole"]

SESSIONS = BOOK / "sessions.csv"
SESSION_MINUTES = 50
HEADS = ["day", "session", "deck", "read afterwards, minutes", "assignment"]


class Session(NamedTuple):
    """Fifty minutes of the fortnight."""

    number: int
    week: int
    day: str
    title: str
    deck: str
    """The deck of which it shows one half; empty in a laboratory."""
    reads: tuple[str, ...]
    """The chapters that are read after it: its questions are asked before."""
    out: str
    due: str
    one_week: str
    """Its day in the module of one week; empty if it is left out there."""


@cache
def sessions() -> list[Session]:
    """The sessions of the fortnight, in order."""
    return [_session(row) for row in read_table(SESSIONS)]


def _session(row: dict[str, str]) -> Session:
    return Session(
        int(row["number"]),
        int(row["week"]),
        row["day"],
        row["title"],
        row["deck"],
        tuple(row["reads"].split()),
        row["out"],
        row["due"],
        row["one_week"],
    )


def whole(book: Book, document: Document, language: str) -> str:
    """The timetable of two weeks."""
    del document, language
    days = [f"Week {one.week}, {one.day}" for one in sessions()]
    return _timetable(book, sessions(), days, due=True)


def short(book: Book, document: Document, language: str) -> str:
    """The timetable of one week, in which nothing but assignment 1 is handed out."""
    del document, language
    chosen = [one for one in sessions() if one.one_week]
    return _timetable(book, chosen, [one.one_week for one in chosen], due=False)


def _timetable(book: Book, chosen: list[Session], days: list[str], *, due: bool) -> str:
    rows = [
        ["" if day == before else day, *_cells(one, due=due)]
        for one, day, before in zip(chosen, days, ["", *days], strict=False)
    ]
    reads = [facts()[slug] for one in chosen for slug in one.reads]
    reading = sum(one.reading for one in reads)
    running = sum(one.running for one in reads)
    return (
        f"{table(HEADS, rows)}\n\nIn class: {len(chosen)} × {SESSION_MINUTES} minutes, "
        f"{_hours(len(chosen) * SESSION_MINUTES)}. Reading: {len(reads)} of the book's "
        f"{len(book.chapters)} chapters, {_hours(reading)}; with the code "
        f"{_hours(running)}."
    )


def _cells(one: Session, *, due: bool) -> list[str]:
    reads = [
        f"{{doc}}`{facts()[slug].short['en']} <{slug}>`, {facts()[slug].reading}"
        for slug in one.reads
    ]
    moves = [f"out: {one.out}"] if one.out and (due or one.out == "1") else []
    moves += [f"in: {one.due}"] if one.due and due else []
    return [
        f"{{ref}}`{one.number}. {one.title} <session-{one.number}>`",
        one.deck.partition("-")[0],
        "; ".join(reads),
        ", ".join(moves),
    ]


def _hours(minutes: int) -> str:
    """Minutes as hours.

    Example:
        >>> _hours(700), _hours(120)
        ('11 h 40 min', '2 h')
    """
    hours, rest = divmod(minutes, 60)
    return f"{hours} h {rest} min" if rest else f"{hours} h"


def asked(book: Book, label: str) -> str:
    """A link to a question to the reader, by its label, with what it is called."""
    for chapter in book.chapters:
        if any(question.label == label for question in chapter.english.predicts):
            return f"{{ref}}`“{label.replace('-', ' ')}” <predict-{label}>`"
    raise ValueError(f"ask must name a question of the book, got {label!r}")


def quiz(book: Book, document: Document, language: str) -> str:
    """The questions on what must be known before, each with its answer folded."""
    del book, document, language
    return "\n\n".join(
        f"**{number}. {item.topic}.** {item.question}\n\n"
        f":::{{admonition}} Answer\n:class: dropdown\n{item.answer()} "
        f"Needed from {item.needed} on.\n:::"
        for number, item in enumerate(ITEMS, start=1)
    )
