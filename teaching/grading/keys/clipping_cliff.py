"""The gradient at the wall; the master differentiates, here is the recursion."""

import math

import torch
from torch import Generator, Tensor

from teaching.grading.child.wire import Value
from teaching.grading.keys.draw import uniform, whole
from teaching.grading.task import Aspect, Task

__all__ = ["TASK"]


def _cliff(w: float, b: float, start: float, target: float, steps: int) -> Tensor:
    """Derivatives carried forwards along with the state."""
    x, by_w, by_b = start, 0.0, 0.0
    for _ in range(steps):
        s = math.tanh(x)
        m = w * (1 - s * s)
        x, by_w, by_b = w * s + b, s + m * by_w, 1 + m * by_b
    return (x - target) * torch.tensor([by_w, by_b], dtype=torch.float64)


def _last_step(w: float, b: float, start: float, target: float, steps: int) -> Tensor:
    x = start
    for _ in range(steps - 1):
        x = w * math.tanh(x) + b
    return _cliff(w, b, x, target, 1)


def _at_the_wall(rng: Generator, steps: int) -> list[Value]:
    """A start on the unstable fixed point, where each step multiplies by m."""
    x, m = uniform(rng, 0.3, 0.7), uniform(rng, 1.2, 1.5)
    w = m / (1 - math.tanh(x) ** 2)
    return [w, x - w * math.tanh(x), x, x + uniform(rng, 0.2, 1.0), steps]


def _anywhere(rng: Generator, steps: int) -> list[Value]:
    w, b = uniform(rng, 0.5, 0.9), uniform(rng, -0.5, 0.5)
    return [w, b, uniform(rng, -1.0, 1.0), 2.0 + uniform(rng, 0.0, 1.0), steps]


TASK = Task(
    "clipping-cliff",
    "cliff_gradient",
    _cliff,
    (
        Aspect(
            "a single step",
            1,
            lambda rng: _anywhere(rng, 1),
            "already with one step the derivatives do not fit",
        ),
        Aspect(
            "some steps where nothing grows",
            1,
            lambda rng: _anywhere(rng, whole(rng, 5, 15)),
            "with several steps the derivatives do not fit",
        ),
        Aspect(
            "many steps at the wall",
            2,
            lambda rng: _at_the_wall(rng, whole(rng, 25, 40)),
            "where every step multiplies by more than one, the gradient does not "
            "fit; float32 is not enough there",
        ),
    ),
    {
        "its sign is the other way round": lambda *a: -_cliff(*a),
        "it has twice the length": lambda *a: 2 * _cliff(*a),
        "it is the derivative through the last step alone": _last_step,
    },
)
