"""Keys of assignment 1, clipping and the cliff.

The master's solutions use autograd and torch's norms; here stand the recursion by hand
and sums of squares.
"""

import math

import torch
from torch import Generator, Tensor

from teaching.grading.child.wire import Value
from teaching.grading.keys.draw import normal, uniform, whole
from teaching.grading.task import Aspect, Task

__all__ = ["TASKS"]


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


def _shares(gradients: list[Tensor], threshold: float) -> list[float]:
    total = sum(g.numel() for g in gradients)
    return [threshold * math.sqrt(g.numel() / total) for g in gradients]


def _length(g: Tensor) -> float:
    return math.sqrt(sum(entry * entry for entry in g.flatten().tolist()))


def _shortened(gradients: list[Tensor], limits: list[float]) -> list[Value]:
    pairs = zip(gradients, limits, strict=True)
    return [g / max(1.0, _length(g) / limit) for g, limit in pairs]


def _blocks(gradients: list[Tensor], threshold: float) -> list[Value]:
    return _shortened(gradients, _shares(gradients, threshold))


def _one_norm(gradients: list[Tensor], threshold: float) -> list[Value]:
    size = math.sqrt(sum(_length(g) ** 2 for g in gradients))
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
        g * (length * share / max(_length(g), 1e-300))
        for g, length, share in zip(blocks, lengths, shares, strict=True)
    ]
    return [sized, threshold]


def _soft(gradients: Tensor, threshold: float) -> Tensor:
    rows = [g * threshold / math.hypot(threshold, _length(g)) for g in gradients]
    return torch.stack(rows).sum(dim=0) / len(gradients)


def _hard(gradients: Tensor, threshold: float) -> Tensor:
    rows = [g / max(1.0, _length(g) / threshold) for g in gradients]
    return torch.stack(rows).mean(dim=0)


def _soft_of_all(gradients: Tensor, threshold: float) -> Tensor:
    scale = threshold / math.hypot(threshold, _length(gradients))
    return scale * gradients.mean(dim=0)


def _soft_of_mean(gradients: Tensor, threshold: float) -> Tensor:
    return _soft(gradients.mean(dim=0, keepdim=True), threshold)


def _draw_rows(rng: Generator, low: float, high: float) -> list[Value]:
    """Samples whose lengths are spread between multiples of the threshold."""
    rows, threshold = normal(rng, whole(rng, 3, 7), 4), uniform(rng, 0.5, 2.0)
    lengths = [threshold * uniform(rng, low, high) for _ in rows]
    pairs = zip(rows, lengths, strict=True)
    return [torch.stack([g * (size / _length(g)) for g, size in pairs]), threshold]


TASKS = (
    Task(
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
    ),
    Task(
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
    ),
    Task(
        "clipping-soft",
        "soft_mean",
        _soft,
        (
            Aspect(
                "tiny gradients",
                1,
                lambda rng: _draw_rows(rng, 1e-9, 1e-8),
                "gradients far below the threshold must keep their mean",
            ),
            Aspect(
                "huge gradients",
                1,
                lambda rng: _draw_rows(rng, 1e8, 1e9),
                "gradients far above the threshold must each count with its length",
            ),
            Aspect(
                "in between",
                2,
                lambda rng: _draw_rows(rng, 0.3, 3.0),
                "gradients about as long as the threshold do not fit",
            ),
        ),
        {
            "it is what a clip with a kink gives": _hard,
            "it is what one norm over all samples gives": _soft_of_all,
            "it clips the mean instead of each sample": _soft_of_mean,
            "its sign is the other way round": lambda *a: -_soft(*a),
        },
    ),
)


def _negated(values: list[Value]) -> list[Value]:
    return [-value for value in values if isinstance(value, Tensor)]
