"""The growth rate of a gradient; the master rescales, here the product is exact."""

import math
from fractions import Fraction

from torch import Generator, Tensor

from teaching.grading.child.wire import Value
from teaching.grading.keys.draw import normal, uniform, whole
from teaching.grading.task import Aspect, Task

__all__ = ["TASK"]


def _rate(factors: Tensor, g: Tensor) -> float:
    """The product in exact fractions, whose size has no limit."""
    exact = [Fraction(x) for x in g.tolist()]
    size = _square(exact)
    for jacobian in reversed(factors.tolist()):
        rows = [[Fraction(x) for x in row] for row in jacobian]
        exact = [
            sum((row[i] * x for row, x in zip(rows, exact, strict=True)), Fraction())
            for i in range(len(rows))
        ]
    return _log(_square(exact) / size) / 2 / len(factors)


def _square(vector: list[Fraction]) -> Fraction:
    return sum((x * x for x in vector), Fraction())


def _log(ratio: Fraction) -> float:
    return math.log(ratio.numerator) - math.log(ratio.denominator)


def _long_rate(factors: Tensor, g: Tensor) -> float:
    """With integers of a common scale, fast enough for thousands of factors."""
    bits = 200
    scaled = [int(x * 2**bits) for x in g.tolist()]
    start, shift = _log(Fraction(sum(x * x for x in scaled))), 0
    for jacobian in reversed(factors.tolist()):
        columns = zip(*[[int(x * 2**60) for x in row] for row in jacobian], strict=True)
        scaled = [
            sum(a * x for a, x in zip(column, scaled, strict=True))
            for column in columns
        ]
        drop = max(0, max(abs(x) for x in scaled).bit_length() - bits)
        scaled, shift = [x >> drop for x in scaled], shift + drop - 60
    end = _log(Fraction(sum(x * x for x in scaled)))
    return ((end - start) / 2 + shift * math.log(2)) / len(factors)


def _backward_rate(factors: Tensor, g: Tensor) -> float:
    return _rate(factors, g) if len(factors) < 9 else _long_rate(factors, g)


def _draw_factors(rng: Generator, *, length: int, gain: float) -> list[Value]:
    return [gain * normal(rng, length, 3, 3), normal(rng, 3)]


TASK = Task(
    "growth-rate",
    "backward_rate",
    _backward_rate,
    (
        Aspect(
            "a single layer",
            1,
            lambda rng: _draw_factors(rng, length=1, gain=uniform(rng, 2.0, 4.0)),
            "already with one layer the rate does not fit",
        ),
        Aspect(
            "a few layers",
            2,
            lambda rng: _draw_factors(rng, length=whole(rng, 3, 6), gain=1.5),
            "with several layers the rate does not fit",
        ),
        Aspect(
            "thousands of layers that grow",
            1,
            lambda rng: _draw_factors(rng, length=2000, gain=uniform(rng, 3, 5)),
            "with thousands of layers that grow the rate does not fit",
        ),
        Aspect(
            "thousands of layers that shrink",
            1,
            lambda rng: _draw_factors(rng, length=2000, gain=uniform(rng, 0.1, 0.2)),
            "with thousands of layers that shrink the rate does not fit",
        ),
    ),
    {
        "its sign is the other way round": lambda J, g: -_backward_rate(J, g),
        "it is the rate of a vector on its way forwards": lambda J, g: _backward_rate(
            J.mT.flip(0), g
        ),
        "the layers come in the wrong order": lambda J, g: _backward_rate(J.flip(0), g),
        "it is a sum over the layers, not a mean": lambda J, g: (
            len(J) * _backward_rate(J, g)
        ),
        "its logarithm is not the natural one": lambda J, g: (
            _backward_rate(J, g) / math.log(10)
        ),
    },
)
