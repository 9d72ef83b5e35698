"""`make slides`: every deck as one HTML file, and as PDF where Chromium is there."""

import argparse
import sys
from pathlib import Path

from press.book import read_book
from press.paths import ROOT
from press.printer import browser, print_pdf
from teaching.slides.deck import read_deck
from teaching.slides.page import page
from teaching.slides.words import Words

__all__ = ["main", "write"]

SOURCES = Path(__file__).parent
OUT = ROOT / "_build" / "slides"


def write(sources: list[Path], folder: Path) -> list[Path]:
    """Write the decks of these sources; what was written.

    Raises:
        ValueError: a source asks for what the book does not hold, with file and line.
    """
    folder.mkdir(parents=True, exist_ok=True)
    book = read_book()
    words = Words(book)
    pages = {path.stem: page(read_deck(path), book, words) for path in sources}
    made = []
    for name, html in pages.items():
        file = folder / f"{name}.html"
        file.write_text(words.finish(html), "utf-8")
        made.append(file)
    return made


def main() -> None:
    """Write the decks, print them, say where they are."""
    parser = argparse.ArgumentParser(prog="make slides", description=__doc__)
    parser.add_argument("decks", nargs="*", metavar="DECK")
    parser.add_argument("--no-pdf", action="store_true")
    told = parser.parse_args()
    known = {path.stem: path for path in sorted(SOURCES.glob("*.md"))}
    if unknown := [name for name in told.decks if name not in known]:
        sys.exit(f"make slides: deck must be one of {list(known)}, got {unknown[0]!r}")
    try:
        made = write([known[name] for name in told.decks or known], OUT)
        if not told.no_pdf:
            made += _printed(made)
    except (RuntimeError, ValueError) as error:
        sys.exit(f"make slides: {error}")
    for file in made:
        print(f"{file.relative_to(ROOT)}: {file.stat().st_size / 1e6:.1f} MB")


def _printed(decks: list[Path]) -> list[Path]:
    try:
        browser()
    except RuntimeError as error:
        print(f"The decks are written, none is printed: {error}")
        return []
    for deck in decks:
        print_pdf(deck, deck.with_suffix(".pdf"), query="print")
    return [deck.with_suffix(".pdf") for deck in decks]


if __name__ == "__main__":
    main()
