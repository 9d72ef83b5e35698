"""Where things stand in the tree, and how its tables are read."""

import csv
from pathlib import Path
from typing import Any

import yaml

BOOK = Path(__file__).resolve().parents[1]
ROOT = BOOK.parent
SOURCES = BOOK / "src"

TOC = ROOT / "_toc.yml"
CONFIG = ROOT / "_config.yml"
REFERENCES = BOOK / "references.bib"
TERMS = BOOK / "terms.csv"
README_PICTURE = BOOK / "_static" / "cliff.svg"


def read_table(path: Path) -> list[dict[str, str]]:
    """The rows of a CSV file, each by the names of its columns."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def read_yaml(path: Path) -> dict[str, Any]:
    """A configuration, or the table of contents."""
    return dict(yaml.safe_load(path.read_text("utf-8")))


def sources() -> list[Path]:
    """The bilingual sources of all chapters and pages, by name."""
    return sorted(SOURCES.glob("*.md"))
