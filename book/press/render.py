"""One edition of a chapter as a notebook, from its source and the outputs of its code.

Writing is normalized (stable ids, sorted keys, no timestamps), so that the same source
and outputs give the same bytes.
"""

import json
from typing import Any

import nbformat

from press.book import Book
from press.document import Document
from press.paths import CONFIG, read_yaml
from press.plain import Context, plain
from press.source import Cell, digest, pieces
from press.tables import fill

__all__ = ["code_cells", "render", "repository"]

Json = dict[str, Any]

BOOTSTRAP = """\
# @title Set-up: nothing to change here
import contextlib
import importlib.util
import subprocess
import sys
import warnings

import torch

torch.set_num_threads(1)  # small matrices: threads would wait for each other
torch.set_flush_denormal(True)
# The forward mode of torch uses what torch itself has deprecated.
warnings.filterwarnings("ignore", message=".torch.jit.script. is deprecated")

ours = None
with contextlib.suppress(ImportError):  # not there, or another of that name
    ours = importlib.util.find_spec("companion.claims")
if ours is None:  # in Colab, the first time
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "-q"]
    address = "git+{repository}"
    subprocess.check_call([*pip, "install", "--no-deps", address])
    sys.modules.pop("companion", None)
    importlib.invalidate_caches()"""

METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


def repository() -> str:
    """The address of the repository, which stands in ``_config.yml`` alone."""
    return str(read_yaml(CONFIG)["repository"]["url"])


def code_cells(document: Document) -> list[Cell]:
    """The code of a chapter in the order it runs, the set-up cell first."""
    setup = BOOTSTRAP.format(repository=repository())
    tags = {"tags": ["bootstrap", "hide-input", "remove-cell"]}
    return [Cell("code", setup, tags), *document.code]


def render(
    book: Book, document: Document, language: str, outputs: list[list[Json]]
) -> str:
    """The text of one edition of a chapter's notebook.

    Args:
        book: The book, for numbers and links.
        document: The chapter.
        language: ``en`` or ``zh``.
        outputs: What each of `code_cells` gave, in order.
    """
    context = Context(book, document.slug, language)
    edition, english = document.editions[language], document.english
    setup, *_ = code_cells(document)
    at = next(i for i, cell in enumerate(edition.cells) if cell.kind == "code")
    ours, theirs = (
        [*cells[:at], setup, *cells[at:]] for cells in (edition.cells, english.cells)
    )
    ran = iter(enumerate(outputs, start=1))
    cells: list[Json] = []
    for cell, original in zip(ours, theirs, strict=True):
        if cell.kind == "code":
            cells += [_code(cell, *next(ran)), *_caption(cell, context)]
        else:
            cut = zip(pieces(cell), pieces(original), strict=True)
            cells += [_prose(one, two, context, document) for one, two in cut]
    cells = [cell for cell in cells if cell["source"]]
    _tell_apart(cells)
    notebook = {
        "cells": cells,
        "metadata": METADATA | {"colab": {"collapsed_sections": _collapsed(cells)}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    nbformat.validate(notebook)
    return json.dumps(notebook, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def _code(cell: Cell, count: int, outputs: list[Json]) -> Json:
    metadata = dict(cell.metadata)
    if "hide-input" in metadata.get("tags", []):
        metadata["cellView"] = "form"  # Colab's way to fold a cell with a title
    return {
        "cell_type": "code",
        "execution_count": count,
        "id": digest(cell.text),
        "metadata": metadata,
        "outputs": [_normalized(output, count) for output in outputs],
        "source": cell.text,
    }


def _prose(cell: Cell, original: Cell, context: Context, document: Document) -> Json:
    """A piece of prose; one that begins a solution is folded with all below it."""
    text = fill(cell.text, context.book, document, context.language)
    written = _markdown(plain(text, context, cell.place), original.text)
    if cell.text.lstrip(":`").startswith("{solution-start}"):
        written["metadata"]["jp-MarkdownHeadingCollapsed"] = True  # JupyterLab
    return written


def _collapsed(cells: list[Json]) -> list[str]:
    """The cells whose sections Colab folds; it knows a cell by its metadata."""
    folded = [c for c in cells if "jp-MarkdownHeadingCollapsed" in c["metadata"]]
    for cell in folded:
        cell["metadata"]["id"] = cell["id"]
    return [cell["id"] for cell in folded]


def _markdown(text: str, original: str, tags: list[str] | None = None) -> Json:
    """A Markdown cell; both editions take its id from the English text."""
    return {
        "cell_type": "markdown",
        "id": digest(original),
        "metadata": {"tags": tags} if tags else {},
        "source": text,
    }


def _caption(cell: Cell, context: Context) -> list[Json]:
    """The caption under a figure, which only the site takes from the metadata."""
    figure = cell.metadata.get("mystnb", {}).get("figure", {})
    if not figure:
        return []
    name = figure["name"]
    caption = plain(figure["caption"].strip(), context, cell.place)
    gap = " " if context.language == "en" else "　"
    text = f'<a id="{name}"></a>{context.called(name, cell.place)}.{gap}{caption}'
    return [_markdown(text, f"Figure {name}", ["caption"])]


def _normalized(output: Json, count: int) -> Json:
    """An output without what differs from run to run."""
    if output["output_type"] == "execute_result":
        return {**output, "execution_count": count}
    if output["output_type"] == "error":  # a traceback holds addresses and colours
        return {**output, "traceback": [f"{output['ename']}: {output['evalue']}"]}
    return output


def _tell_apart(cells: list[Json]) -> None:
    """Give cells with the same text different ids, in the order they stand."""
    seen: dict[str, int] = {}
    for cell in cells:
        name = cell["id"]
        seen[name] = seen.get(name, 0) + 1
        if seen[name] > 1:
            cell["id"] = f"{name}-{seen[name]}"
