"""`make notebooks`: run what changed, and write both editions of every source.

The code of a chapter runs once and only if it is not the code that ran last time;
`--force` runs it anyway, `--fresh` also after a change to the companion that moves
results: then no stored output is kept.  All prose is written anew, which takes seconds:
a number in one chapter may stand in any other.
"""

import argparse
import os
import re
import sys
import time
from collections.abc import Collection
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient

from press.book import Book, read_book
from press.companion import modules
from press.comparison import kept
from press.document import Document
from press.paths import BOOK, README_PICTURE
from press.render import METADATA, code_cells, render
from press.site import page
from press.tables import module_page

__all__ = ["main", "readme_figure", "texts", "write"]

Json = dict[str, Any]
# Whatever the caller's shell draws with, a notebook shows its figures.
INLINE = "module://matplotlib_inline.backend_inline"
README_FIGURE = ("gradient-clipping", "fig-cliff")


def write(
    slugs: Collection[str] = (), *, force: bool = False, fresh: bool = False
) -> list[Path]:
    """Run what changed, then write the whole book; return the files that changed.

    Args:
        slugs: The chapters that may run; all if none is named.
        force: Run their code even if it is the code that ran last time.
        fresh: Run it, and keep nothing of what it gave last time.
    """
    book = read_book()
    unknown = set(slugs) - set(book.documents)
    if unknown:
        raise ValueError(f"CHAPTERS must be in book/src, got {', '.join(unknown)}")
    for document in book.chapters:
        if slugs and document.slug not in slugs:
            continue
        if force or fresh or not is_current(document):
            start = time.perf_counter()
            sys.stderr.write(f"{document.slug}: running ...\n")
            code, outputs = _code(document), _execute(document)
            if not fresh:
                ran, before = document.stored
                addressed = _without_address(code), outputs, _without_address(ran)
                outputs = kept(*addressed, before)
            document.stored = code, outputs
            took = time.perf_counter() - start
            sys.stderr.write(f"{document.slug}: ran {took:.0f} s\n")
    book.validate()
    changed = [path for path, text in texts(book).items() if _write(path, text)]
    for path in changed:
        sys.stderr.write(f"{path.relative_to(BOOK.parent)}: written\n")
    return changed


def texts(book: Book) -> dict[Path, str]:
    """Every file that is made from the sources."""
    made = {}
    for document in book.documents.values():
        if document.is_chapter and not is_current(document):
            continue  # it waits until it is asked to run
        for language in document.editions:
            path = BOOK / language / Path(document.file(language)).name
            if document.is_chapter:
                _, outputs = document.stored
                made[path] = render(book, document, language, outputs)
            else:
                made[path] = page(book, document, language)
    for module in modules():
        for language in ("en", "zh"):
            made[BOOK / language / "api" / f"{module}.md"] = module_page(module)
    made[README_PICTURE] = readme_figure(book)
    return made


def is_current(document: Document) -> bool:
    """Whether the code of a chapter is what its notebook ran."""
    ran, _ = document.stored
    return _without_address(ran) == _without_address(_code(document))


def main() -> None:
    """Write the book; run the chapters named on the command line, or all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("slugs", nargs="*", help="chapters that may run; default all")
    parser.add_argument("--force", action="store_true", help="run unchanged code too")
    parser.add_argument("--fresh", action="store_true", help="... and keep no output")
    arguments = parser.parse_args()
    try:
        write(arguments.slugs, force=arguments.force, fresh=arguments.fresh)
    except ValueError as error:
        sys.exit(str(error))


def readme_figure(book: Book) -> str:
    """The picture of README.md, as the chapter drew it."""
    slug, name = README_FIGURE
    chapter = book.documents[slug]
    _, outputs = chapter.stored
    for cell, given in zip(code_cells(chapter), outputs, strict=True):
        if cell.metadata.get("mystnb", {}).get("figure", {}).get("name") == name:
            return str(given[0]["data"]["image/svg+xml"])
    raise ValueError(f"README_FIGURE must be drawn in {slug}, got {name!r}")


def _code(document: Document) -> list[str]:
    return [cell.text for cell in code_cells(document)]


def _write(path: Path, text: str) -> bool:
    """Write a file if that changes it."""
    if path.exists() and path.read_text("utf-8") == text:
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
    return True


def _execute(document: Document) -> list[list[Json]]:
    """Run a chapter from top to bottom in a fresh kernel."""
    cells = [
        nbformat.v4.new_code_cell(c.text, metadata={"tags": c.metadata.get("tags", [])})
        for c in code_cells(document)
    ]
    notebook = nbformat.v4.new_notebook(cells=cells, metadata=METADATA)
    folder = {"metadata": {"path": str(BOOK / "en")}}
    client = NotebookClient(
        notebook, kernel_name="python3", record_timing=False, resources=folder
    )
    client.execute(env={**os.environ, "MPLBACKEND": INLINE})
    return [_coalesced(cell["outputs"]) for cell in notebook["cells"]]


def _coalesced(outputs: list[Json]) -> list[Json]:
    """Join the pieces of a stream, whose number depends on timing."""
    joined: list[Json] = []
    for output in outputs:
        last = joined[-1] if joined else {}
        name = output.get("name")
        if name and name == last.get("name"):
            last["text"] += output["text"]
        else:
            joined.append(dict(output))
    return joined


def _without_address(code: list[str]) -> list[str]:
    """Code in which the repository's address does not count as a change."""
    return [re.sub(r'"git\+[^"]*"', '"git+"', text) for text in code]


if __name__ == "__main__":
    main()
