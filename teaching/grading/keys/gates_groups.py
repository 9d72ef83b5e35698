"""Normalization by groups; the master has the formula, here it is differentiated."""

from functools import partial

import torch
from torch import Generator, Tensor

from teaching.grading.child.wire import Value
from teaching.grading.keys.draw import normal, uniform, whole
from teaching.grading.task import Aspect, Task

__all__ = ["TASK"]


def _pull_back(
    x: Tensor,
    gradient: Tensor,
    gamma: Tensor,
    groups: int,
    epsilon: float,
    slip: str = "",
) -> Tensor:
    """Through the definition, sample by sample and group by group."""
    x = x.detach().requires_grad_()
    total = torch.zeros((), dtype=torch.float64)
    size = x.shape[1] if slip == "one group" else x.shape[1] // groups
    for row, sent in zip(x, gradient, strict=True):
        for start in range(0, x.shape[1], size):
            part = slice(start, start + size)
            square = row[part].square().sum() / size
            r = (square.detach() if slip == "r held" else square).add(epsilon).sqrt()
            gain = 1.0 if slip == "no gain" else gamma[part]
            total = total + (sent[part] * gain * row[part] / r).sum()
    (back,) = torch.autograd.grad(total, x)
    return back


def _over_the_batch(
    x: Tensor, gradient: Tensor, gamma: Tensor, groups: int, epsilon: float
) -> Tensor:
    x = x.detach().requires_grad_()
    r = (x.square().mean(dim=0) + epsilon).sqrt()
    (back,) = torch.autograd.grad((gradient * gamma * x / r).sum(), x)
    return back


def _draw_groups(rng: Generator, *, groups: int, epsilon: float) -> list[Value]:
    n = groups * whole(rng, 3, 5)
    x, gradient = normal(rng, 2, whole(rng, 2, 4), n)
    return [x, gradient, 0.5 + normal(rng, n).abs(), groups, epsilon]


TASK = Task(
    "gates-groups",
    "pull_back",
    _pull_back,
    (
        Aspect(
            "a single group",
            1,
            lambda rng: _draw_groups(rng, groups=1, epsilon=1e-5),
            "already with one group the gradient does not fit",
        ),
        Aspect(
            "several groups",
            2,
            lambda rng: _draw_groups(rng, groups=whole(rng, 2, 4), epsilon=1e-5),
            "with several groups the gradient does not fit",
        ),
        Aspect(
            "an epsilon that counts",
            1,
            lambda rng: _draw_groups(rng, groups=2, epsilon=uniform(rng, 0.5, 2.0)),
            "with an epsilon that is not small the gradient does not fit",
        ),
    ),
    {
        "it is what one group of all features gives": partial(
            _pull_back, slip="one group"
        ),
        "the root mean square is held, as if it did not depend on the input": (
            partial(_pull_back, slip="r held")
        ),
        "the gains are missing": partial(_pull_back, slip="no gain"),
        "it normalizes over the batch, not within a sample": _over_the_batch,
    },
)
