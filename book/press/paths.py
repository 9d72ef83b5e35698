"""Where things stand in the tree."""

from pathlib import Path

BOOK = Path(__file__).resolve().parents[1]
ROOT = BOOK.parent
SOURCES = BOOK / "src"

TOC = ROOT / "_toc.yml"
CONFIG = ROOT / "_config.yml"
REFERENCES = BOOK / "references.bib"
TERMS = BOOK / "terms.csv"
README_PICTURE = BOOK / "_static" / "cliff.svg"


def sources() -> list[Path]:
    """The bilingual sources of all chapters and pages, by name."""
    return sorted(SOURCES.glob("*.md"))
