"""Decay under a schedule; the master multiplies, here logarithms are added."""

import itertools
import math

from torch import Generator

from teaching.grading.child.wire import Value
from teaching.grading.keys.draw import uniform
from teaching.grading.task import Aspect, Task

__all__ = ["TASK"]


def _first_below(radius: float, rates: list[float], weight_decay: float) -> int:
    """The first partial sum of logarithms that is below zero."""
    logs = [math.log(radius), *(math.log1p(-rate * weight_decay) for rate in rates)]
    sums = itertools.accumulate(logs)
    return next((steps for steps, total in enumerate(sums) if total < 0), -1)


def _continuous(radius: float, rates: list[float], weight_decay: float) -> int:
    sums = itertools.accumulate([math.log(radius), *(-weight_decay * r for r in rates)])
    return next((steps for steps, total in enumerate(sums) if total < 0), -1)


def _one_late(radius: float, rates: list[float], weight_decay: float) -> int:
    steps = _first_below(radius, rates, weight_decay)
    return steps + 1 if steps > 0 else steps


def _first_rate(radius: float, rates: list[float], weight_decay: float) -> int:
    return _first_below(radius, [rates[0]] * len(rates), weight_decay)


def _draw_schedule(rng: Generator, *, start: float, length: int) -> list[Value]:
    """A falling schedule; with it decay ends between two steps, not at one."""
    rates: list[Value] = [
        uniform(rng, 0.9, 1.0) * (1 + t / 10) ** -0.5 for t in range(length)
    ]
    return [start, rates, uniform(rng, 0.3, 0.5)]


TASK = Task(
    "growth-decay",
    "first_below",
    _first_below,
    (
        Aspect(
            "inside from the start",
            1,
            lambda rng: _draw_schedule(rng, start=uniform(rng, 0.5, 0.9), length=9),
            "a radius that is below one at the start needs no step",
        ),
        Aspect(
            "inside after some steps",
            2,
            lambda rng: _draw_schedule(rng, start=uniform(rng, 40, 90), length=60),
            "the number of steps under a falling schedule does not fit",
        ),
        Aspect(
            "never inside",
            1,
            lambda rng: _draw_schedule(rng, start=uniform(rng, 40.0, 90.0), length=4),
            "if the list ends before the radius is below one, say so as asked",
        ),
    ),
    {
        "it fits the continuous law exp(-rate * decay), not its steps": _continuous,
        "it is one step late": _one_late,
        "it takes the first rate for all steps": _first_rate,
    },
)
