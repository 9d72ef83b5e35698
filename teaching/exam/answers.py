"""The three kinds of answer: a number with a tolerance, a choice, a written text."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

__all__ = ["Answer", "Choice", "Mistake", "Number", "Point", "Written"]


@dataclass(frozen=True)
class Mistake:
    """A wrong number that a known error leads to."""

    value: float
    says: str
    """What went wrong, for the student."""


@dataclass(frozen=True)
class Number:
    """A number asked for to `digits` significant digits; 0 asks for a whole number.

    Raises:
        ValueError: the value is not finite, or a count is not whole.
    """

    value: float
    digits: int = 3
    unit: str = ""
    mistakes: tuple[Mistake, ...] = ()

    def __post_init__(self) -> None:
        """Refuse what no student could answer."""
        if not math.isfinite(self.value):
            raise ValueError(f"value must be finite, got {self.value}")
        if self.digits == 0 and self.value != round(self.value):
            raise ValueError(f"value of a count must be whole, got {self.value}")

    @property
    def tolerance(self) -> float:
        """One unit in the last digit asked for.

        Half a unit is lost when the answer is rounded; the other half allows for
        intermediate results that were rounded one digit later.

        Example:
            >>> Number(0.036603).tolerance, Number(17.0, digits=0).tolerance
            (0.0001, 0.0)
        """
        if self.digits == 0:
            return 0.0
        if self.value == 0.0:
            raise ValueError("value must not be 0 where digits are asked, got 0.0")
        place = math.floor(math.log10(abs(self.value))) - self.digits + 1
        return float(f"1e{place}")

    def accepts(self, answer: float) -> bool:
        """Whether an answer lies within the tolerance, its end included."""
        slack = 1e-9 * max(abs(self.value), self.tolerance)  # the rounding of decimals
        return abs(answer - self.value) <= self.tolerance + slack


@dataclass(frozen=True)
class Choice:
    """One right option among several, by their names.

    Raises:
        ValueError: `right` is no option, or there are fewer than three.
    """

    right: str
    options: Mapping[str, str]

    def __post_init__(self) -> None:
        """Refuse a choice without a right option."""
        if self.right not in self.options:
            names = ", ".join(self.options)
            raise ValueError(f"right must be one of {names}, got {self.right!r}")
        if len(self.options) < 3:
            raise ValueError(f"options must be 3 or more, got {len(self.options)}")

    @property
    def letter(self) -> str:
        """The letter of the right option, as the paper prints them."""
        return "ABCDEFGH"[list(self.options).index(self.right)]


@dataclass(frozen=True)
class Point:
    """A step of a written answer and what it earns."""

    marks: int
    text: str


@dataclass(frozen=True)
class Written:
    """A text that a person marks, with answers to set the scale by.

    Raises:
        ValueError: the half answer does not earn about half of the marks.
    """

    points: tuple[Point, ...]
    full: str
    """An answer that earns all points."""
    half: str
    half_earns: tuple[int, ...]
    """The points that the half answer earns, counted from 1."""
    none: str
    """An answer that sounds right and earns nothing."""
    result: Number | None = None
    """The number that the derivation ends in, where it does."""

    def __post_init__(self) -> None:
        """Refuse a scale whose middle is not in the middle."""
        share = self.half_marks / self.marks
        if not 0.4 <= share <= 0.6:
            raise ValueError(f"half must earn 40 to 60 % of the marks, got {share:.0%}")

    @property
    def marks(self) -> int:
        """What all points earn together."""
        return sum(point.marks for point in self.points)

    @property
    def half_marks(self) -> int:
        """What the half answer earns."""
        return sum(self.points[index - 1].marks for index in self.half_earns)


Answer: TypeAlias = Number | Choice | Written
