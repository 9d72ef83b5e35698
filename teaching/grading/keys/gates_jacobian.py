"""The Jacobian of two gates; the master has the formula, here it is differentiated."""

from functools import partial

import torch
from torch import Generator, Tensor

from teaching.grading.child.wire import Value
from teaching.grading.keys.draw import normal, whole
from teaching.grading.task import Aspect, Task

__all__ = ["TASK"]


def _jacobian(
    h: Tensor, W: Tensor, U: Tensor, V: Tensor, b: Tensor, c: Tensor
) -> Tensor:
    def step(state: Tensor) -> Tensor:
        kept = torch.sigmoid(U @ state + b) * state
        return kept + torch.sigmoid(V @ state + c) * torch.tanh(W @ state)

    found: Tensor = torch.func.jacrev(step)(h)
    return found


def _held(held: Tensor, *given: Tensor, terms: str) -> Tensor:
    """The Jacobian with some of its terms: gates held at a state, or no writing."""
    W, U, V, b, c = given
    f, i = torch.sigmoid(U @ held + b), torch.sigmoid(V @ held + c)
    if terms == "gates held":
        return torch.diag(f) + (i * (1 - torch.tanh(W @ held) ** 2))[:, None] * W
    if terms == "coupled":
        return _jacobian(held, W, U, -U, b, -b)
    return _jacobian(held, *given).mT


def _draw_gates(rng: Generator, *, respond: float, state: float) -> list[Value]:
    n = whole(rng, 3, 5)
    W, U, V = normal(rng, 3, n, n)
    b, c = normal(rng, 2, n)
    return [state * normal(rng, n), W, respond * U, respond * V, b, c]


TASK = Task(
    "gates-jacobian",
    "gates_jacobian",
    _jacobian,
    (
        Aspect(
            "gates that do not see the state",
            1,
            lambda rng: _draw_gates(rng, respond=0.0, state=1.0),
            "already with gates that do not see the state it does not fit",
        ),
        Aspect(
            "a state at zero",
            1,
            lambda rng: _draw_gates(rng, respond=1.0, state=0.0),
            "at the state zero it does not fit",
        ),
        Aspect(
            "gates that see the state",
            2,
            lambda rng: _draw_gates(rng, respond=1.0, state=1.0),
            "with gates that see the state it does not fit",
        ),
    ),
    {
        "the gates' own response to the state is missing": partial(
            _held, terms="gates held"
        ),
        "it is what one gate and its complement give": partial(_held, terms="coupled"),
        "it is transposed": partial(_held, terms="transposed"),
        "its sign is the other way round": lambda *a: -_jacobian(*a),
    },
)
