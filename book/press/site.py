"""What the site shows: MyST text with claim boxes, generated lists and directives.

Committed notebooks hold plain Markdown, which reads well in Colab and on GitHub; the
page of a chapter is made from the MyST text of its source and the stored outputs.
"""

import json
from typing import Any

from press.book import Book
from press.claims import KINDS, with_verdict
from press.document import Document
from press.edition import Edition, stars
from press.markup import NOWHERE, Block, Place, blocks
from press.plain import SOLUTION
from press.predict import TITLE, Predict, predict
from press.render import METADATA, code_cells
from press.tables import fill

__all__ = ["PARTS", "dress", "dressed", "page"]

# Headings that the page knows.
PARTS = {
    "deeper": {"en": "Going deeper", "zh": "进一步探讨"},
    "summary": {"en": "Summary", "zh": "小结"},
}
NOTICE = "% Made from book/src/{}.md by `make notebooks`: edit that file, not this one."


def page(book: Book, document: Document, language: str) -> str:
    """One edition of a source without code."""
    edition = document.editions[language]
    text = fill(edition.text, book, document, language)
    notice = NOTICE.format(document.slug)
    return f"{notice}\n\n{dressed(text, book, edition)}\n"


def dress(book: Book, document: Document, language: str) -> str:
    """The notebook that the site reads: MyST text, and what the code gave."""
    edition = document.editions[language]
    ran, outputs = document.stored
    if ran != [cell.text for cell in code_cells(document)]:
        raise ValueError(
            f"{document.path.name} must be the code that its notebook ran, "
            "got other code: run `make notebooks`"
        )
    given = iter(outputs[1:])  # the set-up cell is none of the page
    cells: list[dict[str, Any]] = []
    for cell in edition.cells:
        if cell.kind == "markdown":
            text = fill(cell.text, book, document, language)
            source = dressed(text, book, edition, cell.place)
            cells.append({"cell_type": "markdown", "metadata": {}, "source": source})
        elif cells and _one_fold(cells[-1], cell.metadata):
            cells[-1]["source"] += f"\n\n\n{cell.text}"
            cells[-1]["outputs"] = next(given)
        else:
            cells.append(
                {
                    "cell_type": "code",
                    "execution_count": len(cells) + 1,
                    "metadata": cell.metadata,
                    "outputs": next(given),
                    "source": cell.text,
                }
            )
    notebook = {
        "cells": cells,
        "metadata": METADATA,
        "nbformat": 4,
        "nbformat_minor": 4,
    }
    return json.dumps(notebook, ensure_ascii=False)


def _one_fold(before: dict[str, Any], metadata: dict[str, Any]) -> bool:
    """Whether two neighbours are hidden whole, so that one click may open both."""
    hidden = ["hide-cell"]
    return before["metadata"].get("tags") == metadata.get("tags") == hidden and not (
        before.get("outputs")
    )


def dressed(text: str, book: Book, edition: Edition, place: Place = NOWHERE) -> str:
    """The directives of ours as ones that Sphinx knows."""

    def convert(block: Block) -> str:
        if block.kind != "directive":
            return block.text
        if block.name in KINDS:
            return with_verdict(block, edition.language)
        if block.name == "exercise":
            title = f"{block.title} {'★' * stars(block)}".strip()
            kept = {key: v for key, v in block.options.items() if key != "stars"}
            return str(block._replace(title=title, options=kept))
        if block.name == "predict":
            return _predict(block, predict(block), book, edition.language)
        if block.name == "solution-start":
            name = book.called(block.title, edition.language, block.place)
            title = SOLUTION[edition.language].format(name)
            return str(block._replace(name="xg-solution", title=title, options={}))
        if block.name == "solution-end":
            return "\n% solution-end\n"
        return block.text

    return "\n".join(convert(block) for block in blocks(text, place))


def _predict(box: Block, question: Predict, book: Book, language: str) -> str:
    options = {"kind": question.kind, "answer": f"{book.answer(question):.6g}"}
    if not question.choices:
        options["range"] = "{:g} {:g}".format(*question.range)
    if question.unit:
        options["unit"] = question.unit
    listed = [f"{at}. {text}" for at, text in enumerate(question.choices, start=1)]
    return str(
        box._replace(
            name="xg-predict",
            options={"title": TITLE[language], **options},
            body="\n".join([box.body, "", *listed]),
        )
    )
