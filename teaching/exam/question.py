"""A question of the bank, and what a seed makes of it."""

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TypeVar

from teaching.exam.answers import Answer, Choice, Mistake, Number, Point, Written
from teaching.exam.text import Value, fill

__all__ = ["KINDS", "Draw", "Item", "Question", "Template", "Topic"]

T = TypeVar("T")
KINDS = ("derive", "compute", "predict", "debug")


class Draw:
    """The random numbers of one question: the same seed and name, the same numbers.

    Only `random.random` is used, the one method whose sequence Python guarantees.

    Example:
        >>> Draw("2027", "a").one(1, 2, 3) == Draw("2027", "a").one(1, 2, 3)
        True
    """

    def __init__(self, seed: str, name: str) -> None:
        """Start from a seed and the name of a question."""
        self._random = random.Random(f"{seed}/{name}")

    def below(self, count: int) -> int:
        """A whole number from 0 to `count` - 1."""
        return int(self._random.random() * count)

    def one(self, *options: T) -> T:
        """One of the options."""
        return options[self.below(len(options))]

    def order(self, options: list[T]) -> list[T]:
        """The options in a random order."""
        left, made = list(options), []
        while left:
            made.append(left.pop(self.below(len(left))))
        return made


@dataclass(frozen=True)
class Item:
    """What the author of a question writes, with ``@name@`` for the values."""

    text: str
    answer: Answer
    why: str
    """The way to the key, for the key and the feedback."""
    given: Mapping[str, Value]
    """The drawn numbers: all that a recomputation of the key may use."""
    also: Mapping[str, Value] = field(default_factory=dict)
    """Other values that the text shows, of the solution for example."""
    program: str = ""
    """The program that is shown, for the questions that ask to mend one."""


@dataclass(frozen=True)
class Template:
    """A question of the bank before a seed is chosen."""

    chapter: str
    name: str
    kind: str
    level: int
    """1 to 3, as in the book: first course, linear algebra, further mathematics."""
    marks: int
    """As many as minutes."""
    claim: str
    """The label of the claim of the book on which the key rests."""
    make: Callable[[Draw], Item]

    @property
    def id(self) -> str:
        """The chapter and the name: unique in the bank."""
        return f"{self.chapter}/{self.name}"

    def draw(self, seed: str) -> "Question":
        """The question with the numbers of a seed.

        Raises:
            ValueError: the points of a written answer do not add up to the marks.
        """
        draw = Draw(seed, self.id)
        item = self.make(draw)
        values = {**item.given, **item.also, **_key(item.answer)}
        answer = _filled(item.answer, values)
        if isinstance(answer, Choice):
            names = draw.order(list(answer.options))
            answer = Choice(
                answer.right, {name: answer.options[name] for name in names}
            )
        if isinstance(answer, Written) and answer.marks != self.marks:
            raise ValueError(
                f"points of {self.id} must add up to {self.marks}, got {answer.marks}"
            )
        text, why = fill(item.text, values), fill(item.why, values)
        return Question(self, seed, replace(item, text=text, why=why, answer=answer))


@dataclass(frozen=True)
class Question:
    """A question as it stands on a paper."""

    template: Template
    seed: str
    item: Item

    @property
    def answer(self) -> Answer:
        """Its key."""
        return self.item.answer


def _key(answer: Answer) -> dict[str, Value]:
    """The value that every text may show as ``@key@``."""
    result = answer.result if isinstance(answer, Written) else answer
    return {"key": result.value} if isinstance(result, Number) else {}


def _filled(answer: Answer, values: Mapping[str, Value]) -> Answer:
    match answer:
        case Number():
            told = (Mistake(m.value, fill(m.says, values)) for m in answer.mistakes)
            return replace(answer, mistakes=tuple(told))
        case Choice():
            made = {name: fill(text, values) for name, text in answer.options.items()}
            return Choice(answer.right, made)
        case Written():
            points = (Point(p.marks, fill(p.text, values)) for p in answer.points)
            full, half = fill(answer.full, values), fill(answer.half, values)
            none = fill(answer.none, values)
            whole = replace(answer, points=tuple(points), full=full, half=half)
            return replace(whole, none=none)


class Topic:
    """The questions on one chapter, in the order in which they are written."""

    def __init__(self, chapter: str) -> None:
        """Start an empty list for the chapter of that slug."""
        self.chapter = chapter
        self.templates: list[Template] = []

    def add(
        self, kind: str, *, level: int, marks: int, claim: str
    ) -> Callable[[Callable[[Draw], Item]], Callable[[Draw], Item]]:
        """Register the function below as a question; its name names the question.

        Raises:
            ValueError: the kind, the level or the marks are none that there are.
        """
        for name, value, allowed in (
            ("kind", kind, KINDS),
            ("level", level, (1, 2, 3)),
            ("marks", marks, tuple(range(2, 13))),
        ):
            if value not in allowed:
                raise ValueError(f"{name} must be one of {allowed}, got {value!r}")

        def register(make: Callable[[Draw], Item]) -> Callable[[Draw], Item]:
            name = make.__name__.replace("_", "-")
            self.templates.append(
                Template(self.chapter, name, kind, level, marks, claim, make)
            )
            return make

        return register
