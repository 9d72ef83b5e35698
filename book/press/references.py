"""The bibliography in Markdown: citations in the text and the list of a chapter."""

import re
from functools import cache
from typing import NamedTuple

from pybtex.database import Entry, parse_file
from pybtex.richtext import Text

from press.paths import REFERENCES

__all__ = ["AND", "Work", "cited", "listing", "work", "works"]

CITE = re.compile(r"\{cite:[tp]\}`([^`]+)`")


ARCHIVES = {"doi.org": "doi", "arxiv.org": "arXiv"}
AND = {"en": " and ", "zh": "与"}
OTHERS = {"en": " et al.", "zh": "等"}


class Work(NamedTuple):
    """One entry of the bibliography, ready for print."""

    key: str
    authors: str
    year: str
    title: str
    venue: str
    link: str

    def short(self, language: str) -> str:
        """Names as in running text, without the year."""
        names = self.authors.split(", ")
        if len(names) > 2:
            return names[0] + OTHERS[language]
        return AND[language].join(names)


@cache
def works() -> dict[str, Work]:
    """Every entry of ``references.bib`` by its key."""
    entries = parse_file(str(REFERENCES)).entries
    return {key: _work(key, entry) for key, entry in entries.items()}


def work(key: str) -> Work:
    """The entry of one key."""
    if key not in works():
        raise ValueError(f"citation must be a key of {REFERENCES.name}, got {key!r}")
    return works()[key]


def cited(text: str) -> list[str]:
    """The keys that a MyST text cites, each once, in order."""
    keys = [key.strip() for group in CITE.findall(text) for key in group.split(",")]
    return list(dict.fromkeys(keys))


def listing(keys: list[str]) -> str:
    """A Markdown list of the works cited, by name and year."""
    chosen = sorted(
        (work(key) for key in keys), key=lambda w: (w.authors.casefold(), w.year)
    )
    return "\n".join(
        f"- {w.authors} ({w.year}). *{w.title}*. {w.venue}. [{_name(w.link)}]({w.link})"
        for w in chosen
    )


def _work(key: str, entry: Entry) -> Work:
    names = [
        " ".join(str(Text.from_latex(part)) for part in parts)
        for parts in (p.prelast_names + p.last_names for p in entry.persons["author"])
    ]
    fields = {name: str(Text.from_latex(text)) for name, text in entry.fields.items()}
    venue = fields.get("journal") or fields.get("booktitle") or fields["publisher"]
    if "doi" in fields:
        link = f"https://doi.org/{fields['doi']}"
    elif "eprint" in fields:
        link = f"https://arxiv.org/abs/{fields['eprint']}"
    elif "url" in fields:
        link = entry.fields["url"]  # as it stands: in LaTeX "~" is a space
    else:
        raise ValueError(f"{key} must have a doi, an eprint or a url, got none")
    authors = ", ".join(names).replace(", others", OTHERS["en"])
    return Work(key, authors, fields["year"], fields["title"], venue, link)


def _name(link: str) -> str:
    place, _, identifier = link.partition("://")[2].partition("/")
    if place not in ARCHIVES:
        return place
    return f"{ARCHIVES[place]}:{identifier.removeprefix('abs/')}"
