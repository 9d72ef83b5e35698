"""Each kind of slide as HTML, and what the book adds to its notes."""

from collections.abc import Callable
from html import escape

from press.book import Book
from press.claims import verdict_line
from press.predict import Predict
from teaching.slides import find, pictures
from teaching.slides.deck import Slide
from teaching.slides.shown import Shown, own
from teaching.slides.words import Words, tag

__all__ = ["number", "show"]

LINES = 13
"""Lines of the longest cell that a slide shows."""


def show(slide: Slide, book: Book, words: Words) -> Shown:
    """The slide that a box asks for."""
    return SHOWN[slide.kind](slide, book, words)


def _lecture(slide: Slide, book: Book, words: Words) -> Shown:
    body = words.html(slide.body, "", slide.place)
    title = tag("h1", words.line(slide.name, "", slide.place))
    return Shown(title + tag("div", body, class_="words"), "", "", "index.html")


def _half(slide: Slide, book: Book, words: Words) -> Shown:
    return _lecture(slide, book, words)


def _slide(slide: Slide, book: Book, words: Words) -> Shown:
    title = tag("h2", words.line(slide.name, "", slide.place))
    body = tag("div", words.html(slide.body, "", slide.place), class_="words fit")
    return Shown(title + body, "", "", "index.html")


def _chapter(slide: Slide, book: Book, words: Words) -> Shown:
    document, text = find.opening(book, slide.name, slide.place)
    kicker = tag("p", f"Chapter {book.numbers[document.slug]}", class_="kicker")
    title = kicker + tag("h1", words.line(document.english.title, slide.name))
    body = tag("div", words.html(text, slide.name), class_="words fit opening")
    return Shown(title + body, "", document.english.title, f"{document.slug}.html")


def _predict(slide: Slide, book: Book, words: Words) -> Shown:
    document, asked = find.predict(book, slide.name, slide.place)
    before = find.before(document, slide.name, _count(slide))
    lead = slide.options.get("lead", "")
    text = "\n\n".join([*before, lead, asked.question])
    html = tag("p", "Predict", class_="kicker")
    html += tag("div", words.html(text, document.slug, asked.place))
    true = book.answer(asked)
    if asked.choices:
        options = [words.line(text, document.slug) for text in asked.choices]
        html += tag(
            "ol",
            "".join(
                tag("li", option, class_="truth" if at == true else "wrong")
                for at, option in enumerate(options, start=1)
            ),
            class_="choices",
        )
    else:
        html += _scale(asked, true, exact=find.measured(book, asked).relation == "≈")
    foot = book.called(asked.check, "en")
    html = tag("div", html, class_="fit predict")
    notes = tag("p", f"The answer: {foot}, as the chapter printed it.")
    return Shown(html, notes, foot, f"{document.slug}.html#{asked.check}", 1)


def _count(slide: Slide) -> int:
    """How many paragraphs of the chapter stand before a question."""
    count = slide.options.get("before", "0")
    if not count.isdigit():
        raise ValueError(f"{slide.place}: before must be a count, got {count!r}")
    return int(count)


def _scale(asked: Predict, true: float, *, exact: bool) -> str:
    """The ends of the scale, and the answer: about, where it was only bounded."""
    low, high = (number(end) for end in asked.range)
    unit = asked.unit
    shown = number(true) if exact else f"about {number(float(f'{true:.2g}'))}"
    answer = tag("b", f"{shown}{unit}", class_="reveal")
    scale = f"a number from {low}{unit} to {high}{unit}"
    return tag("p", f"{scale}: {answer}", class_="scale")


def number(value: float) -> str:
    """A number as one reads it aloud, with three digits at most.

    Example:
        >>> number(3028550.0), number(0.3), number(1e9), number(45.026)
        ('3.03 · 10<sup>6</sup>', '0.3', '10<sup>9</sup>', '45')
    """
    if float(value).is_integer() and abs(value) < 1e6:
        return f"{value:,.0f}"
    mantissa, mark, exponent = f"{value:.3g}".partition("e")
    if not mark:
        return mantissa
    power = f"10<sup>{int(exponent)}</sup>"
    return power if mantissa == "1" else f"{mantissa} · {power}"


def _cell(slide: Slide, book: Book, words: Words) -> Shown:
    document, code, printed = find.cell(book, slide.name, slide.place)
    lines = code.text.split("\n")
    if len(lines) > LINES:
        raise ValueError(
            f"{slide.place}: cell must have {LINES} lines or fewer, got {len(lines)}"
        )
    title = tag("h2", words.line(own(slide, "title"), "", slide.place))
    html = title + tag("pre", escape(code.text), class_="fit code")
    if printed:
        html += tag("pre", escape(printed), class_="reveal printed")
    link = f"{document.slug}.html"
    return Shown(html, "", document.english.title, link, int(bool(printed)))


def _claim(slide: Slide, book: Book, words: Words) -> Shown:
    document, stated = find.claim(book, slide.name, slide.place)
    called = book.called(slide.name, "en")
    slug = document.slug
    html = tag("h2", words.line(stated.title, slug, stated.place))
    html += tag("div", words.html(stated.statement, slug, stated.place))
    verdict = words.line(verdict_line(stated, "en"), slug, stated.place)
    html += tag("p", verdict, class_=f"verdict {stated.verdict}")
    held = len(document.checks[slide.name])
    notes = tag("p", f"{held} check{'s' * (held > 1)} held in the chapter, such as")
    notes += tag("pre", escape(book.headline(stated).line))
    html = tag("div", html, class_="fit claim")
    return Shown(html, notes, called, f"{slug}.html#{slide.name}")


def _formula(slide: Slide, book: Book, words: Words) -> Shown:
    document, tex = find.formula(book, slide.name, slide.place)
    html = tag("h2", words.line(own(slide, "title"), "", slide.place))
    called = book.called(slide.name, "en")
    body = f"{slide.options.get('lead', '')}\n\n$$ {tex} $$\n\n{slide.body}"
    html += tag("div", words.html(body, document.slug, slide.place), class_="words fit")
    return Shown(html, "", called, f"{document.slug}.html#equation-{slide.name}")


def _question(slide: Slide, book: Book, words: Words) -> Shown:
    document, asked = find.question(book, slide.name, slide.place)
    html = tag("p", "Check yourself", class_="kicker")
    html += tag("div", words.html(asked.text, document.slug))
    html += tag("div", words.html(asked.answer, document.slug), class_="reveal reply")
    html = tag("div", html, class_="fit predict")
    link = f"{document.slug}.html#check-yourself"
    return Shown(html, "", document.english.title, link, 1)


SHOWN: dict[str, Callable[[Slide, Book, Words], Shown]] = {
    "lecture": _lecture,
    "half": _half,
    "slide": _slide,
    "chapter": _chapter,
    "figure": pictures.figure,
    "widget": pictures.widget,
    "predict": _predict,
    "cell": _cell,
    "claim": _claim,
    "formula": _formula,
    "question": _question,
}
