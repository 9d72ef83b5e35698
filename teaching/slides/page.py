"""A deck as one file that needs no other: slides, notes, style, script and fonts."""

import base64
import re
from functools import cache
from html import escape
from pathlib import Path

from press.book import Book
from press.paths import BOOK, CONFIG, read_yaml
from teaching.exam.formulas import STYLESHEET
from teaching.slides.deck import Deck
from teaching.slides.show import show
from teaching.slides.shown import Shown
from teaching.slides.words import Words, tag

__all__ = ["page"]

HERE = Path(__file__).parent
PALETTE = re.compile(r'html\[data-theme="(?:light|dark)"\] \{[^}]*--xg-[^}]*\}')
OLDER = re.compile(r',url\(fonts/[^)]+\.(?:woff|ttf)\) format\("[a-z]+"\)')
FONT = re.compile(r"url\((fonts/[^)]+\.woff2)\)")


@cache
def style() -> str:
    """The colours of the book, the deck's own rules, and KaTeX with its fonts."""

    def inline(font: re.Match[str]) -> str:
        data = base64.b64encode((STYLESHEET.parent / font[1]).read_bytes()).decode()
        return f"url(data:font/woff2;base64,{data})"

    katex = FONT.sub(inline, OLDER.sub("", STYLESHEET.read_text("utf-8")))
    colours = PALETTE.findall((BOOK / "_static" / "book.css").read_text("utf-8"))
    return "\n".join([katex, *colours, (HERE / "deck.css").read_text("utf-8")])


def page(deck: Deck, book: Book, words: Words) -> str:
    """The HTML of a deck, its formulas still to be set."""
    site = read_yaml(CONFIG)["html"]["baseurl"]
    sections, spent = [], 0.0
    for at, slide in enumerate(deck.slides, start=1):
        shown = show(slide, book, words)
        foot = _foot(shown, f"{site}book/en/{shown.link}", at, len(deck.slides))
        said = words.html(slide.notes, "", slide.place) + shown.notes
        spent += slide.minutes
        notes = tag("template", said, class_="notes")
        sections.append(
            tag(
                "section",
                shown.html + foot + notes,
                class_=f"slide {slide.kind}",
                data_steps=str(shown.steps),
                data_minutes=f"{slide.minutes:g}",
                data_spent=f"{spent:g}",
            )
        )
    script = (HERE / "deck.js").read_text("utf-8")
    title = escape(deck.title)
    return (
        '<!doctype html>\n<html lang="en" data-theme="light">\n'
        f'<meta charset="utf-8">\n<title>{title}</title>\n'
        f"<style>{style()}</style>\n"
        f'<main id="stage">\n{chr(10).join(sections)}\n</main>\n'
        f"<script>{script}</script>\n</html>\n"
    )


def _foot(shown: Shown, address: str, at: int, count: int) -> str:
    left = f'<a href="{address}">{escape(shown.foot)}</a>'
    return tag("footer", f"{left}<span>{at} / {count}</span>")
