"""One edition of a chapter as a notebook, from its source and the outputs of its code.

Writing is normalized (stable ids, sorted keys, no timestamps), so that the same source
and outputs give the same bytes.
"""

import json
from pathlib import Path
from typing import Any

import nbformat
import yaml

from tools.paths import CONFIG, TOC
from tools.plain import WORDS, Numbers, number, plain
from tools.source import Cell, digest, edition, prose, read
from tools.tables import fill

__all__ = ["chapter_number", "code_cells", "render", "repository"]

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
    return str(yaml.safe_load(CONFIG.read_text("utf-8"))["repository"]["url"])


def chapter_number(slug: str, language: str) -> int:
    """The place of a chapter among the numbered ones of an edition's contents."""
    toc = yaml.safe_load(TOC[language].read_text("utf-8"))
    slugs = [
        Path(chapter["file"]).name
        for part in toc["parts"]
        if part.get("numbered")
        for chapter in part["chapters"]
    ]
    if slug not in slugs:
        raise ValueError(f"{slug} must stand in {TOC[language].name}, got {slugs}")
    return slugs.index(slug) + 1


def code_cells(source: Path) -> list[Cell]:
    """The code of a chapter in the order it runs, the set-up cell first."""
    setup = BOOTSTRAP.format(repository=repository())
    tags = {"tags": ["bootstrap", "hide-input", "remove-cell"]}
    code = [cell for cell in read(source) if cell.kind == "code"]
    return [Cell("code", setup, tags), *code]


def render(source: Path, language: str, outputs: list[list[Json]]) -> str:
    """The text of one edition of a chapter's notebook.

    Args:
        source: The bilingual source.
        language: ``en`` or ``zh``.
        outputs: What each of `code_cells` gave, in order.
    """
    ours = edition(read(source), language)
    english = edition(read(source), "en")
    numbers = number(ours, language, chapter_number(source.stem, language))
    whole = prose(ours)
    setup = code_cells(source)[0]
    at = next(i for i, cell in enumerate(ours) if cell.kind == "code")
    ours, english = ([*c[:at], setup, *c[at:]] for c in (ours, english))
    ran = iter(enumerate(outputs, start=1))
    cells: list[Json] = []
    for cell, original in zip(ours, english, strict=True):
        if cell.kind == "code":
            cells += [_code(cell, *next(ran)), *_caption(cell, language, numbers)]
        else:
            text = fill(cell.text, language, chapter=whole)
            cells.append(_markdown(plain(text, language, numbers), original.text))
    _tell_apart(cells)
    notebook = {
        "cells": cells,
        "metadata": METADATA,
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


def _markdown(text: str, original: str, tags: list[str] | None = None) -> Json:
    """A Markdown cell; both editions take its id from the English text."""
    return {
        "cell_type": "markdown",
        "id": digest(original),
        "metadata": {"tags": tags} if tags else {},
        "source": text,
    }


def _caption(cell: Cell, language: str, numbers: Numbers) -> list[Json]:
    """The caption under a figure, which only the site takes from the metadata."""
    figure = cell.metadata.get("mystnb", {}).get("figure", {})
    if not figure:
        return []
    caption = plain(figure["caption"].strip(), language, numbers)
    gap = " " if language == "en" else "　"
    text = f"{numbers[figure['name']]}.{gap}{caption}"
    return [_markdown(text, f"{WORDS['figure']['en']} {figure['name']}", ["caption"])]


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
