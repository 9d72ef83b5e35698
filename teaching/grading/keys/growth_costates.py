"""Costates; the master sweeps backwards, here each state is pushed."""

from functools import partial

import torch
from torch import Generator, Tensor

from teaching.grading.child.wire import Value
from teaching.grading.keys.draw import normal, whole
from teaching.grading.task import Aspect, Task

__all__ = ["TASK"]


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


TASK = Task(
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
        "the matrix is not transposed": partial(_wrong_costates, slip="not transposed"),
        "the slope is taken at the earlier state": partial(
            _wrong_costates, slip="early slope"
        ),
        "only the cost at the end is counted": partial(
            _wrong_costates, slip="end alone"
        ),
    },
)
