"""`make stamp`: mark Chinese cells as renderings of the English text as it is now.

A Chinese cell carries the digest of the English cell that it renders.  When the English
changes, a test names the cell; read it, mend it, then stamp it.
"""

import argparse
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from press.paths import sources
from press.source import digest, pairs, read

__all__ = ["main", "stale", "stamp"]

CHINESE = re.compile(r'^\+\+\+ \{"lang": "zh".*\}$', re.M)


def stale(source: Path) -> list[str]:
    """The Chinese cells whose English has changed: place and beginning."""
    return [
        f"{chinese.place}: {chinese.text.strip()[:40]}"
        for english, chinese in pairs(read(source)[0])
        if chinese.metadata.get("of") != digest(english.text)
    ]


def stamp(source: Path) -> None:
    """Write the digest of each English cell into the Chinese cell after it."""
    fresh: Iterator[str] = (
        digest(english.text) for english, _ in pairs(read(source)[0])
    )

    def mark(_: re.Match[str]) -> str:
        return f'+++ {{"lang": "zh", "of": "{next(fresh)}"}}'

    source.write_text(CHINESE.sub(mark, source.read_text("utf-8")), "utf-8")


def main() -> None:
    """Name the stale cells of the sources given, or of all; with `--stamp`, mark."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("slugs", nargs="*", help="chapters and pages; default all")
    parser.add_argument("--stamp", action="store_true", help="mark them as current")
    arguments = parser.parse_args()
    for source in sources():
        if arguments.slugs and source.stem not in arguments.slugs:
            continue
        for start in stale(source):
            sys.stdout.write(f"{start}\n")
        if arguments.stamp:
            stamp(source)


if __name__ == "__main__":
    main()
