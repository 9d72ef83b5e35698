"""`make repository URL=...`: move the book to another address.

The address stands in `_config.yml`; `CITATION.cff` repeats it because its readers know
no other file, and the set-up cell of each notebook is written from it.
"""

import re
import sys
from pathlib import Path

from press.notebooks import write
from press.paths import CONFIG, ROOT
from press.render import repository

__all__ = ["main", "move", "pages_address"]

ADDRESS = re.compile(r"https://github\.com/([\w.-]+)/([\w.-]+)")
REPEATED = (CONFIG, ROOT / "CITATION.cff", ROOT / "README.md")


def pages_address(url: str) -> str:
    """Where GitHub Pages serves the site of a repository."""
    match = ADDRESS.fullmatch(url)
    if match is None:
        raise ValueError(f"URL must be https://github.com/OWNER/NAME, got {url!r}")
    return f"https://{match[1]}.github.io/{match[2]}/"


def move(url: str, files: tuple[Path, ...] = REPEATED) -> None:
    """Replace the old address, of the repository and of its site, in `files`."""
    new = {repository(): url, pages_address(repository()): pages_address(url)}
    for path in files:
        text = path.read_text("utf-8")
        for old, replacement in new.items():
            text = text.replace(old, replacement)
        path.write_text(text, "utf-8")


def main() -> None:
    """Move the book, and write the set-up cells anew (nothing is executed)."""
    if len(sys.argv) != 2:
        sys.exit("usage: make repository URL=https://github.com/OWNER/NAME")
    try:
        move(sys.argv[1])
    except ValueError as error:
        sys.exit(str(error))
    write()


if __name__ == "__main__":
    main()
