"""A slide ready for its page, and the options that its author must give."""

from typing import NamedTuple

from teaching.slides.deck import Slide

__all__ = ["Shown", "own"]


class Shown(NamedTuple):
    """A slide ready for its page."""

    html: str
    notes: str
    """What the book adds to the notes."""
    foot: str
    """What it is called in the book."""
    link: str
    """Where it stands in the book, from the folder of the pages."""
    steps: int = 0
    """How many things come one by one."""


def own(slide: Slide, name: str) -> str:
    """An option that this kind of slide needs.

    Raises:
        ValueError: the source does not give it.
    """
    if name not in slide.options:
        raise ValueError(f"{slide.place}: {slide.kind} must have a {name}, got none")
    return slide.options[name]
