"""Keys of assignment 3, gates, residuals, normalization.

The master's solutions are formulas by hand; here stand automatic differentiation, and
Newton's method for the scale.
"""

import math
from functools import partial

import torch
from torch import Generator, Tensor

from teaching.grading.child.wire import Value
from teaching.grading.keys.draw import normal, uniform, whole
from teaching.grading.task import Aspect, Task

__all__ = ["TASKS"]


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


def _scale(depth: int, gain: float, power: float) -> float:
    """Newton's method for c squared, which from the left goes up to the solution."""
    shares = [layer ** (-2 * power) for layer in range(1, depth + 1)]
    square = 2 * math.log(gain) / sum(shares)
    for _ in range(100):
        gap = 2 * math.log(gain) - sum(math.log1p(square * s) for s in shares)
        square += gap / sum(s / (1 + square * s) for s in shares)
    return math.sqrt(square)


def _first_order(depth: int, gain: float, power: float) -> float:
    shares = (layer ** (-2 * power) for layer in range(1, depth + 1))
    return math.sqrt(2 * math.log(gain) / sum(shares))


def _from_one_block_less(depth: int, gain: float, power: float) -> float:
    return _scale(max(depth - 1, 1), gain, power)


def _of_the_square(depth: int, gain: float, power: float) -> float:
    return _scale(depth, math.sqrt(gain), power)


def _draw_stack(rng: Generator, *, depth: tuple[int, int], power: float) -> list[Value]:
    return [whole(rng, *depth), uniform(rng, 1.5, 6.0), power]


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


TASKS = (
    Task(
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
            "it is what one gate and its complement give": partial(
                _held, terms="coupled"
            ),
            "it is transposed": partial(_held, terms="transposed"),
            "its sign is the other way round": lambda *a: -_jacobian(*a),
        },
    ),
    Task(
        "gates-branches",
        "branch_scale",
        _scale,
        (
            Aspect(
                "a single block",
                1,
                lambda rng: _draw_stack(rng, depth=(1, 1), power=0.0),
                "already with one block the scale does not fit",
            ),
            Aspect(
                "equal branches",
                1,
                lambda rng: _draw_stack(rng, depth=(5, 60), power=0.0),
                "with branches that are all equal the scale does not fit",
            ),
            Aspect(
                "branches that fade",
                2,
                lambda rng: _draw_stack(
                    rng, depth=(5, 60), power=uniform(rng, 0.3, 1.2)
                ),
                "with branches that fade the scale does not fit",
            ),
        ),
        {
            "it sums the squares, as if each were small": _first_order,
            "it lets the mean square grow by that factor, not its root": _of_the_square,
            "a block is missing": _from_one_block_less,
        },
    ),
    Task(
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
    ),
)
