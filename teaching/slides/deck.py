"""A deck as its author wrote it: boxes that name what to show, and words to say.

A source is short.  Each box is one slide, its first word says what stands on it, its
second names something of the book; what follows a box is said and not shown.

    :::{predict} two-cycle
    :minutes: 5
    :::
    Ask for hands before you press the key.
"""

from pathlib import Path
from typing import NamedTuple

from press.markup import Block, Place, blocks

__all__ = ["KINDS", "LECTURE", "Deck", "Slide", "read_deck"]

LECTURE = 90
"""Minutes of a lecture: two halves of 45."""
KINDS = {
    "lecture": {"minutes"},
    "half": {"minutes"},
    "chapter": {"minutes"},
    "slide": {"minutes"},
    "figure": {"minutes"},
    "widget": {"minutes", "title"},
    "predict": {"minutes", "before", "lead"},
    "cell": {"minutes", "title"},
    "claim": {"minutes"},
    "formula": {"minutes", "title", "lead"},
    "question": {"minutes"},
}
"""What a slide may be, and its options."""


class Slide(NamedTuple):
    """One slide of a source."""

    kind: str
    name: str
    """The label of what it shows, or its title if it shows words of its own."""
    options: dict[str, str]
    body: str
    """What it shows of its own, in MyST."""
    notes: str
    """What is said, in MyST."""
    minutes: float
    place: Place


class Deck(NamedTuple):
    """A lecture."""

    slug: str
    title: str
    slides: tuple[Slide, ...]

    @property
    def minutes(self) -> float:
        """How long it takes."""
        return sum(slide.minutes for slide in self.slides)

    @property
    def halves(self) -> list[float]:
        """The minutes of each half."""
        found = [0.0]
        for slide in self.slides:
            if slide.kind == "half":
                found.append(0.0)
            found[-1] += slide.minutes
        return found


def read_deck(path: Path) -> Deck:
    """Read a source.

    Raises:
        ValueError: a box is none of `KINDS`, an option is none of its own or missing,
            words stand before the first box, or the minutes are not those of a lecture.
    """
    slides: list[Slide] = []
    for block in blocks(path.read_text("utf-8"), Place(path.name, 1)):
        if block.kind == "directive":
            slides.append(_slide(block))
        elif slides:
            said = f"{slides[-1].notes}\n{block.text}".strip()
            slides[-1] = slides[-1]._replace(notes=said)
        elif block.text.strip():
            raise ValueError(
                f"{block.place}: words must follow a box, got {block.text.strip()!r}"
            )
    if not slides or slides[0].kind != "lecture":
        raise ValueError(f"{path.name}:1: deck must begin with a lecture box")
    deck = Deck(path.stem, slides[0].name, tuple(slides))
    if deck.halves != [LECTURE / 2, LECTURE / 2]:
        got = " and ".join(f"{minutes:g}" for minutes in deck.halves)
        raise ValueError(
            f"{path.name}:1: minutes of the halves must be {LECTURE / 2:g} and "
            f"{LECTURE / 2:g}, got {got}"
        )
    return deck


def _slide(box: Block) -> Slide:
    place, options = box.place, box.options
    if box.name not in KINDS:
        raise ValueError(
            f"{place}: slide must be one of {', '.join(KINDS)}, got {box.name!r}"
        )
    if not box.title:
        raise ValueError(f"{place}: {box.name} must name what it shows, got nothing")
    unknown = sorted(set(options) - KINDS[box.name])
    if unknown:
        raise ValueError(
            f"{place}: option of {box.name} must be one of "
            f"{', '.join(sorted(KINDS[box.name]))}, got {unknown[0]!r}"
        )
    try:
        minutes = float(options.get("minutes", ""))
    except ValueError:
        raise ValueError(
            f"{place}: {box.name} must have minutes, "
            f"got {options.get('minutes', 'none')!r}"
        ) from None
    return Slide(box.name, box.title, options, box.body, "", minutes, place)
