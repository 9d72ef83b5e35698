"""Drawings and interactive figures of the book on a slide."""

import base64
import math
import re
from html import escape

from press.book import Book
from teaching.slides import find
from teaching.slides.deck import Slide
from teaching.slides.shown import Shown, own
from teaching.slides.words import Words, tag

__all__ = ["figure", "widget"]

SMALLEST = 22
"""Pixels of the smallest label of a drawing on a slide; nine points on paper."""
WIDE, HIGH, SMALL = 1256, 575, 9
LINE, LETTERS = 34, 80
"""Pixels of a line of a caption, and how many letters it holds at the least."""
SIZE = re.compile(r'width="([\d.]+)pt" height="([\d.]+)pt"')


def figure(slide: Slide, book: Book, words: Words) -> Shown:
    """A drawing under what it finds; the rest of its caption is said if it is long."""
    document, drawn, svg = find.figure(book, slide.name, slide.place)
    finding, _, rest = drawn.caption.removeprefix("**").partition("**")
    free = _room(slide, svg)
    title = tag("h2", words.line(finding, document.slug, drawn.place))
    html = title + tag("div", _picture(svg, drawn.alternative), class_="picture")
    notes = words.html(rest.strip(), document.slug, drawn.place)
    if LINE * math.ceil(len(rest) / LETTERS) <= free:
        html, notes = html + tag("div", notes, class_="caption"), ""
    called = book.called(slide.name, "en")
    return Shown(html, notes, called, f"{document.slug}.html#{slide.name}")


def _room(slide: Slide, svg: str) -> float:
    """The pixels that a drawing leaves free; refuses labels that nobody could read."""
    sizes = SIZE.search(svg)
    assert sizes is not None  # matplotlib writes them
    wide, high = float(sizes[1]), float(sizes[2])
    label = SMALL * min(WIDE / wide, HIGH / high)
    if round(label) < SMALLEST:
        raise ValueError(
            f"{slide.place}: labels of {slide.name} must be {SMALLEST} px high or "
            f"more on a slide, got {label:.0f}"
        )
    return HIGH - high * WIDE / wide


def _picture(svg: str, alternative: str) -> str:
    """A drawing that the dark inverts; one with pixels keeps its colours, on white."""
    kind = "drawing raster" if "<image " in svg else "drawing"
    data = base64.b64encode(svg.encode()).decode()
    source = f"data:image/svg+xml;base64,{data}"
    return f'<img class="{kind}" alt="{escape(alternative)}" src="{source}">'


def widget(slide: Slide, book: Book, words: Words) -> Shown:
    """An interactive figure under a title of the deck's own."""
    document, html = find.widget(book, slide.name, slide.place)
    title = tag("h2", words.line(own(slide, "title"), "", slide.place))
    body = title + tag("div", html, class_="live")
    return Shown(body, "", document.english.title, f"{document.slug}.html")
