"""The repair; the master repairs as it goes, here the sick network is measured."""

import itertools
import math

from torch import Generator, Tensor

from teaching.grading.child.wire import Value
from teaching.grading.keys.draw import normal, uniform, whole
from teaching.grading.task import Aspect, Task

__all__ = ["TASK"]


def _sizes(weights: list[Tensor], x: Tensor) -> list[float]:
    """Size of every layer of the sick network, relative to the layer before it."""
    sizes, h = [], x
    for W in weights:
        z = (W @ h.mT).mT
        sizes.append(math.sqrt(float((z * z).mean())))
        h = z.clamp(min=0) / sizes[-1]  # ReLU lets a positive factor through
    return sizes


def _repaired(weights: list[Tensor], x: Tensor) -> list[Value]:
    pairs = zip(weights, _sizes(weights, x), strict=True)
    return [W / size for W, size in pairs]


def _from_the_sick(weights: list[Tensor], x: Tensor) -> list[Value]:
    sizes = itertools.accumulate(_sizes(weights, x), lambda a, b: a * b)
    return [W / max(size, 1e-300) for W, size in zip(weights, sizes, strict=True)]


def _after_relu(weights: list[Tensor], x: Tensor) -> list[Value]:
    found: list[Value] = []
    h = x
    for W in weights:
        h = (h @ W.T).clamp(min=0)
        size = h.square().mean().sqrt()
        found.append(W / size)
        h = h / size
    return found


def _by_matrix(weights: list[Tensor], x: Tensor) -> list[Value]:
    del x
    return [W * (math.sqrt(len(W)) / W.norm()) for W in weights]


def _draw_sick(rng: Generator, *, depth: int, gain: float) -> list[Value]:
    n = whole(rng, 8, 12)
    matrices: list[Value] = [*(gain * normal(rng, depth, n, n) * math.sqrt(2 / n))]
    return [matrices, normal(rng, 16, n)]


TASK = Task(
    "flight-repair",
    "repair",
    _repaired,
    (
        Aspect(
            "a single layer",
            1,
            lambda rng: _draw_sick(rng, depth=1, gain=3.0),
            "already with one layer the matrix does not fit",
        ),
        Aspect(
            "a network that grows",
            1,
            lambda rng: _draw_sick(rng, depth=6, gain=uniform(rng, 2.0, 5.0)),
            "in a network that grows, the matrices do not fit",
        ),
        Aspect(
            "a network that fades to nothing",
            2,
            lambda rng: _draw_sick(rng, depth=60, gain=uniform(rng, 1e-8, 1e-7)),
            "in a deep network that fades to nothing, the matrices do not fit",
        ),
    ),
    {
        "the sizes are those of the sick network, not of the repaired one": (
            _from_the_sick
        ),
        "it is the size after ReLU that is one": _after_relu,
        "it is a norm of the matrix, not what it does to the batch": _by_matrix,
        "its sign is the other way round": lambda *a: [
            -W for W in _repaired(*a) if isinstance(W, Tensor)
        ],
    },
)
