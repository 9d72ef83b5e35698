"""A threshold for each block; the master takes torch's norms, here are squares."""

import math

from torch import Generator, Tensor

from teaching.grading.child.wire import Value
from teaching.grading.keys.draw import length, normal, uniform, whole
from teaching.grading.task import Aspect, Task

__all__ = ["TASK"]


def _shares(gradients: list[Tensor], threshold: float) -> list[float]:
    total = sum(g.numel() for g in gradients)
    return [threshold * math.sqrt(g.numel() / total) for g in gradients]


def _shortened(gradients: list[Tensor], limits: list[float]) -> list[Value]:
    pairs = zip(gradients, limits, strict=True)
    return [g / max(1.0, length(g) / limit) for g, limit in pairs]


def _blocks(gradients: list[Tensor], threshold: float) -> list[Value]:
    return _shortened(gradients, _shares(gradients, threshold))


def _one_norm(gradients: list[Tensor], threshold: float) -> list[Value]:
    size = math.sqrt(sum(length(g) ** 2 for g in gradients))
    return [g / max(1.0, size / threshold) for g in gradients]


def _equal_shares(gradients: list[Tensor], threshold: float) -> list[Value]:
    return _shortened(gradients, [threshold for _ in gradients])


def _largest_entry(gradients: list[Tensor], threshold: float) -> list[Value]:
    pairs = zip(gradients, _shares(gradients, threshold), strict=True)
    return [g / max(1.0, float(g.abs().max()) / limit) for g, limit in pairs]


def _draw_blocks(rng: Generator, lengths: list[float]) -> list[Value]:
    """Blocks whose norms are given multiples of their shares."""
    threshold = uniform(rng, 0.5, 2.0)
    blocks = [normal(rng, whole(rng, 2, 5), 1 + i) for i in range(len(lengths))]
    shares = _shares(blocks, threshold)
    sized: list[Value] = [
        g * (size * share / max(length(g), 1e-300))
        for g, size, share in zip(blocks, lengths, shares, strict=True)
    ]
    return [sized, threshold]


def _negated(values: list[Value]) -> list[Value]:
    return [-value for value in values if isinstance(value, Tensor)]


TASK = Task(
    "clipping-blocks",
    "clip_blocks",
    _blocks,
    (
        Aspect(
            "short blocks",
            1,
            lambda rng: _draw_blocks(rng, [0.3, 0.6, 0.9]),
            "blocks that are all short enough came back changed",
        ),
        Aspect(
            "a block of zeros",
            1,
            lambda rng: _draw_blocks(rng, [0.0, 3.0]),
            "with a block of zeros beside a long one the answer does not fit",
        ),
        Aspect(
            "one long block among short ones",
            2,
            lambda rng: _draw_blocks(rng, [0.5, 50.0, 0.7]),
            "one long block among short ones was not treated alone",
        ),
        Aspect(
            "long blocks",
            1,
            lambda rng: _draw_blocks(rng, [2.0, 9.0, 30.0]),
            "blocks that are all too long do not get the lengths of their shares",
        ),
    ),
    {
        "it is what one norm over all blocks gives": _one_norm,
        "every block got the whole threshold instead of its share": _equal_shares,
        "it is what the largest entry gives in place of the norm": _largest_entry,
        "its sign is the other way round": lambda *a: _negated(_blocks(*a)),
    },
)
