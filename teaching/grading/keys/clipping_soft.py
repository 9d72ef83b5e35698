"""A soft clip for each sample; the master works in rows at once, here one by one."""

import math

import torch
from torch import Generator, Tensor

from teaching.grading.child.wire import Value
from teaching.grading.keys.draw import length, normal, uniform, whole
from teaching.grading.task import Aspect, Task

__all__ = ["TASK"]


def _soft(gradients: Tensor, threshold: float) -> Tensor:
    rows = [g * threshold / math.hypot(threshold, length(g)) for g in gradients]
    return torch.stack(rows).sum(dim=0) / len(gradients)


def _hard(gradients: Tensor, threshold: float) -> Tensor:
    rows = [g / max(1.0, length(g) / threshold) for g in gradients]
    return torch.stack(rows).mean(dim=0)


def _soft_of_all(gradients: Tensor, threshold: float) -> Tensor:
    scale = threshold / math.hypot(threshold, length(gradients))
    return scale * gradients.mean(dim=0)


def _soft_of_mean(gradients: Tensor, threshold: float) -> Tensor:
    return _soft(gradients.mean(dim=0, keepdim=True), threshold)


def _draw_rows(rng: Generator, low: float, high: float) -> list[Value]:
    """Samples whose lengths are spread between multiples of the threshold."""
    rows, threshold = normal(rng, whole(rng, 3, 7), 4), uniform(rng, 0.5, 2.0)
    lengths = [threshold * uniform(rng, low, high) for _ in rows]
    pairs = zip(rows, lengths, strict=True)
    return [torch.stack([g * (size / length(g)) for g, size in pairs]), threshold]


TASK = Task(
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
)
