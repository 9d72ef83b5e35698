"""What is asked, the hidden inputs that a secret draws, and when an answer is right."""

import hashlib
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from threading import Lock

import torch
from torch import Generator, Tensor

from teaching.grading.child.wire import Value

__all__ = ["Aspect", "Task", "draws", "misfit", "same"]

CASES = 3  # hidden inputs for each aspect
# Keys and right answers agree to rounding, amplified by the wall's slope of 1e7 at
# most: 1e7 * 2e-16. Every wrong law that the tests know is off by a thousandth or more.
RTOL = 1e-6
ALONE = Lock()  # a draw may train a network, and does it once for the whole class


@dataclass(frozen=True)
class Aspect:
    """A kind of hidden input, with its points: all of them or none."""

    name: str
    points: int
    draw: Callable[[Generator], list[Value]]
    """Draws the arguments of one case."""
    otherwise: str
    """What a student is told if a case fails; no value, no solution."""


@dataclass(frozen=True)
class Task:
    """A function to write."""

    grade_id: str
    function: str
    key: Callable[..., Value]
    """The right answer, found in another way than the master's solution."""
    aspects: tuple[Aspect, ...]
    slips: Mapping[str, Callable[..., Value]] = field(default_factory=dict)
    """Wrong laws, by the sentence that says what is wrong with each."""

    @property
    def points(self) -> int:
        """The points of all aspects."""
        return sum(aspect.points for aspect in self.aspects)


def draws(aspect: Aspect, *, secret: str, grade_id: str) -> list[list[Value]]:
    """The hidden inputs of an aspect, which the secret alone determines.

    Args:
        aspect: What to draw.
        secret: The lecturer's secret, of 8 characters or more.
        grade_id: The task's id.

    Raises:
        ValueError: `secret` is shorter.
    """
    if len(secret) < 8:
        raise ValueError(
            f"secret must have 8 characters or more, got {len(secret)} characters"
        )
    with ALONE:
        return _drawn(aspect, f"{secret}/{grade_id}/{aspect.name}")


@cache
def _drawn(aspect: Aspect, text: str) -> list[list[Value]]:
    cases = []
    for case in range(CASES):
        digest = hashlib.sha256(f"{text}/{case}".encode()).digest()
        rng = Generator().manual_seed(int.from_bytes(digest[:7]))
        cases.append(aspect.draw(rng))
    return cases


def same(actual: Value, expected: Value) -> bool:
    """Whether an answer is the right one, up to rounding.

    Args:
        actual: The answer.
        expected: A number, a text, None, a tensor, or a list of such.

    Example:
        >>> same(torch.tensor(2.0), 2.0), same([1.0], [1.0, 2.0])
        (True, False)
    """
    if isinstance(expected, list):
        if not isinstance(actual, list) or len(actual) != len(expected):
            return False
        return all(same(one, two) for one, two in zip(actual, expected, strict=True))
    if isinstance(expected, Tensor):
        if not isinstance(actual, Tensor) or actual.shape != expected.shape:
            return False
        gap = torch.linalg.vector_norm(actual.double() - expected.double())
        size = torch.linalg.vector_norm(expected.double())
        return bool(gap <= RTOL * size)  # False for NaN
    if isinstance(expected, float | int) and not isinstance(expected, bool):
        number = _number(actual)
        slack = RTOL * abs(expected) if isinstance(expected, float) else 0.0
        return number is not None and abs(number - expected) <= slack
    return type(actual) is type(expected) and actual == expected


def misfit(actual: Value, expected: Value) -> str:
    """What is wrong with the form of an answer, in words; nothing if the form is right.

    Args:
        actual: The answer.
        expected: The right one, of which only the form is told.

    Example:
        >>> misfit(torch.ones(3), torch.ones(2))
        'the answer has shape (3,), not (2,)'
    """
    if isinstance(expected, Tensor):
        if not isinstance(actual, Tensor):
            return f"the answer is {_kind(actual)}, not a tensor"
        if actual.shape != expected.shape:
            shapes = tuple(actual.shape), tuple(expected.shape)
            return f"the answer has shape {shapes[0]}, not {shapes[1]}"
        if not actual.isfinite().all():
            return "the answer has an entry that is infinite or no number"
    elif isinstance(expected, list):
        if not isinstance(actual, list):
            return f"the answer is {_kind(actual)}, not a list or a tuple"
        if len(actual) != len(expected):
            return f"the answer has {len(actual)} parts, not {len(expected)}"
        pairs = zip(actual, expected, strict=True)
        return next(filter(None, (misfit(one, two) for one, two in pairs)), "")
    elif isinstance(expected, float | int):
        number = _number(actual)
        if number is None:
            return f"the answer is {_kind(actual)}, not a number"
        if not math.isfinite(number):
            return "the answer is infinite or no number"
    elif isinstance(expected, str) and not isinstance(actual, str):
        return f"the answer is {_kind(actual)}, not a text"
    return ""


def _number(value: Value) -> float | None:
    if isinstance(value, Tensor) and value.numel() == 1 and value.dtype != torch.bool:
        return float(value)
    if isinstance(value, float | int) and not isinstance(value, bool):
        return float(value) if abs(value) < 1e300 else math.inf
    return None


def _kind(value: Value) -> str:
    names = {type(None): "None: is a return missing?", Tensor: "a tensor"}
    names |= {bool: "True or False", str: "a text", list: "a list or a tuple"}
    return names.get(type(value), "a number")
