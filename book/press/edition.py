"""A source in one language: boxes, questions, exercises, figures, references."""

import re
from functools import cached_property
from typing import NamedTuple

from press.claims import KINDS, Claim
from press.claims import claim as read_claim
from press.markup import Block, Place, Role, roles
from press.predict import Predict, predict
from press.source import Cell, blocks_of, in_language, prose

__all__ = ["Edition", "Exercise", "Figure", "stars"]


class Exercise(NamedTuple):
    """An exercise of an edition."""

    label: str
    title: str
    stars: int
    place: Place


class Figure(NamedTuple):
    """A drawing with a number."""

    name: str
    caption: str
    alternative: str
    place: Place


class Edition:
    """A source in one language."""

    def __init__(self, cells: list[Cell], language: str) -> None:
        """Choose the cells of a language."""
        self.language = language
        self.cells = in_language(cells, language)

    @cached_property
    def text(self) -> str:
        """All Markdown in one piece."""
        return prose(self.cells)

    @cached_property
    def blocks(self) -> list[Block]:
        """Every block, with those inside boxes, in order."""
        return blocks_of(self.cells)

    @cached_property
    def title(self) -> str:
        """The first heading."""
        return next((b.body for b in self.blocks if b.kind == "heading"), "")

    @cached_property
    def claims(self) -> list[Claim]:
        """Its claim boxes."""
        return [read_claim(box) for box in self.boxes(*KINDS)]

    @cached_property
    def predicts(self) -> list[Predict]:
        """Its questions to the reader."""
        return [predict(box) for box in self.boxes("predict")]

    @cached_property
    def exercises(self) -> list[Exercise]:
        """Its exercises."""
        return [
            Exercise(box.options["label"], box.title, stars(box), box.place)
            for box in self.boxes("exercise")
        ]

    @cached_property
    def figures(self) -> list[Figure]:
        """Its numbered drawings."""
        found = []
        for cell in self.cells:
            drawing = cell.metadata.get("mystnb", {})
            if "name" in drawing.get("figure", {}):
                figure, alternative = drawing["figure"], drawing["image"]["alt"]
                caption = figure["caption"].strip()
                found.append(Figure(figure["name"], caption, alternative, cell.place))
        return found

    def boxes(self, *names: str) -> list[Block]:
        """The directives of these names."""
        return [b for b in self.blocks if b.kind == "directive" and b.name in names]

    @cached_property
    def roles(self) -> list[Role]:
        """Every role in its prose, its boxes' titles and words, and its captions."""
        found = []
        for block in self.blocks:
            if block.kind in ("prose", "heading"):
                found += roles(block.text, block.place)
            elif block.kind == "directive":
                words = "\n".join([block.title, *block.options.values()])
                found += [role._replace(place=block.place) for role in roles(words)]
        for figure in self.figures:
            found += [r._replace(place=figure.place) for r in roles(figure.caption)]
        return found


def stars(box: Block) -> int:
    """How hard an exercise is, 1 to 3; 0 where the source does not say."""
    count = box.options.get("stars", "0")
    if not re.fullmatch("[0-3]", count):
        raise ValueError(f"{box.place}: stars must be 1, 2 or 3, got {count!r}")
    return int(count)
