"""Keys of assignment 2, decay, growth rates and costates.

The master's solutions multiply step by step; here stand logarithms, exact integers for
long products, and automatic differentiation.
"""

import itertools
import math
from fractions import Fraction

import torch
from torch import Generator, Tensor

from teaching.grading.child.wire import Value
from teaching.grading.keys.draw import normal, uniform, whole
from teaching.grading.task import Aspect, Task

__all__ = ["TASKS"]


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


def _costates(W: Tensor, states: Tensor, targets: Tensor, weights: Tensor) -> Tensor:
    """Gradients by a push on each state; the controls are recovered."""
    controls = torch.atanh(states[1:]) - states[:-1] @ W.T
    pushes = torch.zeros_like(states, requires_grad=True)
    x = states[0] + pushes[0]
    cost = weights[0] * (x - targets[0]).square().sum() / 2
    for t, u in enumerate(controls, start=1):
        x = torch.tanh(W @ x + u) + pushes[t]
        cost = cost + weights[t] * (x - targets[t]).square().sum() / 2
    (swept,) = torch.autograd.grad(cost, pushes)
    return swept


def _wrong_costates(
    W: Tensor, states: Tensor, targets: Tensor, weights: Tensor, *, slip: str
) -> Tensor:
    direct = weights[:, None] * (states - targets)
    swept, last = [direct[-1]], len(states) - 1
    for t in reversed(range(last)):
        slope = 1 - states[t if slip == "early slope" else t + 1] ** 2
        matrix = W if slip == "not transposed" else W.T
        through = matrix @ (slope * swept[-1])
        swept.append(through + (0 if slip == "end alone" else 1) * direct[t])
    return torch.stack(swept[::-1])


def _draw_run(rng: Generator, *, steps: int, end_only: bool) -> list[Value]:
    W, x = 0.8 * normal(rng, 3, 3), 0.5 * normal(rng, 3)
    states = [x]
    for u in normal(rng, steps, 3):
        states.append(torch.tanh(W @ states[-1] + 0.3 * u))
    weights = 0.5 + normal(rng, steps + 1).abs()
    if end_only:
        weights[:-1] = 0
    return [W, torch.stack(states), normal(rng, steps + 1, 3), weights]


TASKS = (
    Task(
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
                lambda rng: _draw_schedule(
                    rng, start=uniform(rng, 40.0, 90.0), length=4
                ),
                "if the list ends before the radius is below one, say so as asked",
            ),
        ),
        {
            "it fits the continuous law exp(-rate * decay), not its steps": _continuous,
            "it is one step late": _one_late,
            "it takes the first rate for all steps": _first_rate,
        },
    ),
    Task(
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
                lambda rng: _draw_factors(
                    rng, length=2000, gain=uniform(rng, 0.1, 0.2)
                ),
                "with thousands of layers that shrink the rate does not fit",
            ),
        ),
        {
            "its sign is the other way round": lambda J, g: -_backward_rate(J, g),
            "it is the rate of a vector on its way forwards": lambda J, g: (
                _backward_rate(J.mT.flip(0), g)
            ),
            "the layers come in the wrong order": lambda J, g: _backward_rate(
                J.flip(0), g
            ),
            "it is a sum over the layers, not a mean": lambda J, g: (
                len(J) * _backward_rate(J, g)
            ),
            "its logarithm is not the natural one": lambda J, g: (
                _backward_rate(J, g) / math.log(10)
            ),
        },
    ),
    Task(
        "growth-costates",
        "costates_of",
        _costates,
        (
            Aspect(
                "a single step",
                1,
                lambda rng: _draw_run(rng, steps=1, end_only=True),
                "already with one step the costates do not fit",
            ),
            Aspect(
                "a cost at the end alone",
                1,
                lambda rng: _draw_run(rng, steps=whole(rng, 5, 9), end_only=True),
                "with a cost at the end alone the costates do not fit",
            ),
            Aspect(
                "a cost at every step",
                2,
                lambda rng: _draw_run(rng, steps=whole(rng, 5, 9), end_only=False),
                "with a cost at every step the costates do not fit",
            ),
        ),
        {
            "their sign is the other way round": lambda *a: -_costates(*a),
            "the matrix is not transposed": partial(
                _wrong_costates, slip="not transposed"
            ),
            "the slope is taken at the earlier state": partial(
                _wrong_costates, slip="early slope"
            ),
            "only the cost at the end is counted": partial(
                _wrong_costates, slip="end alone"
            ),
        },
    ),
)
