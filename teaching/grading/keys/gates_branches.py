"""Branches that get weaker; the master bisects, here is Newton's method."""

import math

from torch import Generator

from teaching.grading.child.wire import Value
from teaching.grading.keys.draw import uniform, whole
from teaching.grading.task import Aspect, Task

__all__ = ["TASK"]


def _scale(depth: int, gain: float, power: float) -> float:
    """Newton's method for c squared, which from the left goes up to the solution."""
    shares = [layer ** (-2 * power) for layer in range(1, depth + 1)]
    square = 2 * math.log(gain) / sum(shares)
    for _ in range(100):
        gap = 2 * math.log(gain) - sum(math.log1p(square * s) for s in shares)
        square += gap / sum(s / (1 + square * s) for s in shares)
    return math.sqrt(square)


def _first_order(depth: int, gain: float, power: float) -> float:
    shares = (layer ** (-2 * power) for layer in range(1, depth + 1))
    return math.sqrt(2 * math.log(gain) / sum(shares))


def _from_one_block_less(depth: int, gain: float, power: float) -> float:
    return _scale(max(depth - 1, 1), gain, power)


def _of_the_square(depth: int, gain: float, power: float) -> float:
    return _scale(depth, math.sqrt(gain), power)


def _draw_stack(rng: Generator, *, depth: tuple[int, int], power: float) -> list[Value]:
    return [whole(rng, *depth), uniform(rng, 1.5, 6.0), power]


TASK = Task(
    "gates-branches",
    "branch_scale",
    _scale,
    (
        Aspect(
            "a single block",
            1,
            lambda rng: _draw_stack(rng, depth=(1, 1), power=0.0),
            "already with one block the scale does not fit",
        ),
        Aspect(
            "equal branches",
            1,
            lambda rng: _draw_stack(rng, depth=(5, 60), power=0.0),
            "with branches that are all equal the scale does not fit",
        ),
        Aspect(
            "branches that fade",
            2,
            lambda rng: _draw_stack(rng, depth=(5, 60), power=uniform(rng, 0.3, 1.2)),
            "with branches that fade the scale does not fit",
        ),
    ),
    {
        "it sums the squares, as if each were small": _first_order,
        "it lets the mean square grow by that factor, not its root": _of_the_square,
        "a block is missing": _from_one_block_less,
    },
)
