"""MyST text as the HTML of a slide; all formulas of all decks are set in one go."""

import re
from functools import cached_property
from html import escape
from typing import Any

from markdown_it import MarkdownIt
from mdit_py_plugins.dollarmath import dollarmath_plugin

from press.book import Book
from press.markup import NOWHERE, Place
from press.plain import Context, plain
from teaching.exam.formulas import set_formulas

__all__ = ["Words", "tag"]

ANCHOR = re.compile(r'<a id="[^"]*"></a>')
LINK = re.compile(r"</?a\b[^>]*>")
PERCENT = re.compile(r"(\d) %")
MARK = re.compile("\ue000(\\d+)\ue001")
# A line must not break between a formula and the comma behind it.
CLOSED = re.compile(r'(<span class="math inline">[^<]*</span>)([^\s<]+)')


class Words:
    """Turns text into HTML, and keeps the place of each formula until they are set."""

    def __init__(self, book: Book) -> None:
        """Resolve references by this book."""
        self.book = book
        self.formulas: dict[tuple[str, bool], int] = {}

    def html(self, text: str, slug: str, place: Place = NOWHERE) -> str:
        """Paragraphs and lists, references by their numbers, without links.

        Args:
            text: MyST text.
            slug: The chapter it is taken from.
            place: Where it stands, for messages.
        """
        bare = plain(text, Context(self.book, slug, "en"), place)
        bare = PERCENT.sub("\\1\u00a0%", ANCHOR.sub("", bare))
        made: str = self._markdown.render(bare)
        return CLOSED.sub(r'<span class="whole">\1\2</span>', LINK.sub("", made))

    def line(self, text: str, slug: str, place: Place = NOWHERE) -> str:
        """A single line, without its paragraph."""
        html = self.html(text, slug, place).strip()
        return html.removeprefix("<p>").removesuffix("</p>")

    def finish(self, html: str) -> str:
        """Put the formulas in their places."""
        typeset = self._typeset
        return MARK.sub(lambda mark: typeset[int(mark[1])], html)

    @cached_property
    def _typeset(self) -> list[str]:
        formula = set_formulas(self.formulas)
        return [formula(*key) for key in self.formulas]

    @cached_property
    def _markdown(self) -> MarkdownIt:
        def later(tex: str, options: dict[str, Any]) -> str:
            key = (_lines(tex.strip()), bool(options["display_mode"]))
            at = self.formulas.setdefault(key, len(self.formulas))
            return f"\ue000{at}\ue001"

        made = MarkdownIt("commonmark").enable("table")
        return made.use(dollarmath_plugin, renderer=later, double_inline=True)


def _lines(tex: str) -> str:
    """Bare lines of a formula, which Sphinx allows, in the frame that KaTeX wants."""
    if r"\\" in tex and r"\begin" not in tex:
        return rf"\begin{{gathered}}{tex}\end{{gathered}}"
    return tex


def tag(name: str, inside: str = "", **attributes: str) -> str:
    """An element; `class_` stands for class.

    Example:
        >>> tag("p", "Clip.", class_="lead")
        '<p class="lead">Clip.</p>'
    """
    given = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escape(value)}"'
        for key, value in attributes.items()
    )
    return f"<{name}{given}>{inside}</{name}>"
