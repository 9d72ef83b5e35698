"""What a deck names, found in the book: outputs, cells, claims, questions."""

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from companion.claims import Entry
from press.book import Book
from press.claims import Claim
from press.document import Document
from press.edition import Figure
from press.markup import NOWHERE, Block, Place, blocks
from press.predict import Predict
from press.source import Cell

__all__ = ["Question", "cell", "claim", "figure", "formula", "predict", "question"]
__all__ += ["before", "measured", "opening", "widget"]

Json = dict[str, Any]
ITEM = re.compile(r"^\d+\. ", re.MULTILINE)
COUNTED = re.compile(r"(?P<name>[a-z0-9-]+)(?:#(?P<number>[1-9]))?")


class Question(NamedTuple):
    """A question of *Check yourself* with its answer, in MyST."""

    text: str
    answer: str


def counted(name: str, place: Place = NOWHERE) -> tuple[str, int]:
    """A name with the number behind it, which is 1 where there is none.

    Example:
        >>> counted("two-cycle#2"), counted("cliff")
        (('two-cycle', 2), ('cliff', 1))
    """
    match = COUNTED.fullmatch(name)
    if match is None:
        raise ValueError(f"{place}: name must be like word or word#2, got {name!r}")
    return match["name"], int(match["number"] or 1)


def outputs(document: Document) -> Iterator[tuple[Cell, list[Json]]]:
    """Every code cell of a chapter with what it gave, the set-up cell left out."""
    return zip(document.code, document.stored[1][1:], strict=True)


def figure(book: Book, name: str, place: Place) -> tuple[Document, Figure, str]:
    """A numbered drawing and its SVG."""
    document = book.documents[book.label(name, place).slug]
    for code, given in outputs(document):
        if code.metadata.get("mystnb", {}).get("figure", {}).get("name") == name:
            drawn = [data["image/svg+xml"] for data in _data(given, "image/svg+xml")]
            found = next(f for f in document.english.figures if f.name == name)
            return document, found, "".join(drawn[0])
    raise ValueError(f"{place}: figure must be a drawing of the book, got {name!r}")


def widget(book: Book, name: str, place: Place) -> tuple[Document, str]:
    """An interactive figure by the name of its element, `cliff` for `xg-cliff`."""
    element, number = counted(name, place)
    found = [
        (document, "".join(data["text/html"]))
        for document in book.chapters
        for _, given in outputs(document)
        for data in _data(given, "text/html")
        if f"<xg-{element} " in "".join(data["text/html"])
    ]
    if len(found) < number:
        raise ValueError(
            f"{place}: widget must be an interactive figure of the book, got {name!r}"
        )
    return found[number - 1]


def predict(book: Book, name: str, place: Place) -> tuple[Document, Predict]:
    """A question to the reader."""
    for document in book.chapters:
        for asked in document.english.predicts:
            if asked.label == name:
                return document, asked
    raise ValueError(f"{place}: predict must be a question of the book, got {name!r}")


def measured(book: Book, asked: Predict) -> Entry:
    """The printed line that answers a question."""
    if asked.line:
        return book.line(asked.check, asked.line, asked.place)
    return book.headline(claim(book, asked.check, asked.place)[1])


def before(document: Document, label: str, count: int) -> list[str]:
    """The last paragraphs that a chapter has before a question."""
    told: list[str] = []
    for block in _margin(document):
        if block.name == "predict" and block.title == label:
            break
        if block.kind == "prose":
            told += [part.strip() for part in re.split(r"\n{2,}", block.text)]
        elif block.kind == "heading":
            told = []
        elif block.kind == "equation":
            told.append(f"$$ {block.body} $$")
    told = [part for part in told if part]
    return told[len(told) - min(count, len(told)) :]


def claim(book: Book, name: str, place: Place) -> tuple[Document, Claim]:
    """A claim box."""
    document = book.documents[book.label(name, place).slug]
    for stated in document.english.claims:
        if stated.label == name:
            return document, stated
    raise ValueError(f"{place}: claim must be a claim box of the book, got {name!r}")


def formula(book: Book, name: str, place: Place) -> tuple[Document, str]:
    """A numbered formula in TeX."""
    document = book.documents[book.label(name, place).slug]
    for block in document.english.blocks:
        if block.kind == "equation" and block.name == name:
            return document, block.body
    raise ValueError(f"{place}: formula must be one of the book, got {name!r}")


def cell(book: Book, name: str, place: Place) -> tuple[Document, Cell, str]:
    """A visible cell and what it printed: the n-th between a question and the next."""
    label, number = counted(name, place)
    document, _ = predict(book, label, place)
    ran, asked = outputs(document), False
    for one in document.english.cells:
        given = next(ran)[1] if one.kind == "code" else []
        if one.kind == "markdown":
            labels = _questions(one)
            asked = label in labels or (asked and not labels)
        elif asked and not {"check", "hide-input", "hide-cell"} & _tags(one):
            number -= 1
            if number == 0:
                texts = [data["text/plain"] for data in _data(given, "text/plain")]
                return document, one, "\n".join("".join(text) for text in texts)
    raise ValueError(f"{place}: cell must follow a question, got {name!r}")


def question(book: Book, name: str, place: Place) -> tuple[Document, Question]:
    """A question of *Check yourself*, `gradient-clipping#2` the second."""
    slug, number = counted(name, place)
    document = book.document(slug, place)
    asked, inside, answers = "", False, list[str]()
    for block in _margin(document):
        if block.kind == "heading" and block.name == "h2":
            inside = block.body == "Check yourself"
        elif inside and block.kind == "directive":
            answers.append(block.body)
        elif inside:
            asked += f"{block.text}\n"
    texts = ITEM.split(asked)[1:]
    replies = answers if len(answers) == len(texts) else _items("\n".join(answers))
    if number <= len(texts) == len(replies):
        return document, Question(texts[number - 1].strip(), replies[number - 1])
    raise ValueError(f"{place}: question must be one of Check yourself, got {name!r}")


def opening(book: Book, slug: str, place: Place) -> tuple[Document, str]:
    """The question that a chapter opens with."""
    document = book.document(slug, place)
    for block in document.english.boxes("div"):
        if block.title == "opening-question":
            return document, block.body
    raise ValueError(f"{place}: chapter must open with a question, got {slug!r}")


def _margin(document: Document) -> list[Block]:
    """The blocks at the margin of a chapter: none from inside a box."""
    cells = [cell for cell in document.english.cells if cell.kind == "markdown"]
    return [block for cell in cells for block in blocks(cell.text, cell.place)]


def _items(text: str) -> list[str]:
    """The answers `1. No. 2. Yes.` apart; they count up from 1."""
    found, rest = list[str](), text.removeprefix("1. ")
    while rest:
        one, _, rest = rest.partition(f" {len(found) + 2}. ")
        found.append(one.strip())
    return found


def _data(given: list[Json], kind: str) -> list[Json]:
    bundles = [output.get("data", {}) for output in given]
    return [data for data in bundles if kind in data]


def _tags(one: Cell) -> set[str]:
    return set(one.metadata.get("tags", []))


def _questions(one: Cell) -> list[str]:
    """The labels of the questions in a cell."""
    found = [block for block in blocks(one.text, one.place) if block.name == "predict"]
    return [block.title for block in found]
