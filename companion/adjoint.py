"""Costates and shooting: the chapter `optimal-control`.

A system is a callable ``system(x, u)``: it maps a state and a control to the next
state.
"""

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor

__all__ = [
    "Costates",
    "Shooting",
    "costates",
    "rollout",
    "shooting_loss",
]

System = Callable[[Tensor, Tensor], Tensor]


class Costates(NamedTuple):
    """What a backward sweep through a system computes."""

    state: Tensor
    """Costates, the gradients of the cost-to-go by the states, shape ``(T + 1, n)``."""
    control: Tensor
    """Gradients of the cost by the controls, shape ``(T, m)``."""


class Shooting(NamedTuple):
    """How well the segments of a trajectory fit the data and each other."""

    misfit: Tensor
    """Mean squared distance from the observations, shape ``(...)``."""
    gap: Tensor
    """Mean squared jump between segments, shape ``(...)``; zero for a single one."""


def rollout(system: System, x: Tensor, controls: Tensor) -> Tensor:
    r"""States of a controlled system.

    .. math:: x_{t+1} = f(x_t, u_t)

    Args:
        system: The system :math:`f`, from ``(n,)`` and ``(m,)`` to ``(n,)``.
        x: The first state :math:`x_0`, shape ``(n,)``.
        controls: The controls :math:`u_0, \dots, u_{T-1}`, shape ``(T, m)``.

    Returns:
        The states :math:`x_0, \dots, x_T`, shape ``(T + 1, n)``.

    Source:
        Li, Chen, Tai, E (2018), "Maximum principle based algorithms for deep
        learning", the forward sweep of Algorithm 1.

    Example:
        >>> import torch
        >>> rollout(torch.add, torch.zeros(1), torch.ones(3, 1)).flatten()
        tensor([0., 1., 2., 3.])
    """
    states = [x]
    for u in controls:
        states.append(system(states[-1], u))
    return torch.stack(states)


def costates(
    system: System,
    states: Tensor,
    controls: Tensor,
    *,
    running_cost: Callable[[Tensor, Tensor], Tensor],
    terminal_cost: Callable[[Tensor], Tensor],
) -> Costates:
    r"""Sweep backwards through a system: costates and gradients by the controls.

    .. math::
        \lambda_T = \nabla \Phi(x_T), \quad
        \lambda_t = \nabla_x \ell + f_x^\top \lambda_{t+1}, \quad
        \nabla_{u_t} J = \nabla_u \ell + f_u^\top \lambda_{t+1}

    Args:
        system: The system :math:`f`, from ``(n,)`` and ``(m,)`` to ``(n,)``.
        states: The states of `rollout`, shape ``(T + 1, n)``.
        controls: The controls, shape ``(T, m)``.
        running_cost: The cost :math:`\ell(x, u)` of a step, shape ``()``.
        terminal_cost: The cost :math:`\Phi(x)` of the last state, shape ``()``.

    Returns:
        The costates and the gradients by the controls.

    Raises:
        ValueError: There is not one state more than controls.

    Source:
        Li, Chen, Tai, E (2018), "Maximum principle based algorithms for deep
        learning", the backward sweep of Algorithm 1, whose costate is minus ours.

    Example:
        >>> import torch
        >>> u = torch.tensor([[1.0], [2.0]])
        >>> x = rollout(torch.add, torch.zeros(1), u)
        >>> none, half = lambda x, u: 0 * x.sum(), lambda x: x.square().sum() / 2
        >>> swept = costates(torch.add, x, u, running_cost=none, terminal_cost=half)
        >>> swept.state.flatten()
        tensor([3., 3., 3.])
    """
    if len(states) != len(controls) + 1:
        lengths = f"{len(states)} and {len(controls)}"
        raise ValueError(f"states must be one more than controls, got {lengths}")
    prices = [torch.func.grad(terminal_cost)(states[-1])]
    gradients = []
    for x, u in zip(states[:-1].flip(0), controls.flip(0), strict=True):
        pull_back = torch.func.vjp(system, x, u)[1]
        through_x, through_u = pull_back(prices[-1])
        by_x, by_u = torch.func.grad(running_cost, argnums=(0, 1))(x, u)
        prices.append(by_x + through_x)
        gradients.append(by_u + through_u)
    return Costates(torch.stack(prices[::-1]), torch.stack(gradients[::-1]))


def shooting_loss(
    system: Callable[[Tensor], Tensor], starts: Tensor, *, observations: Tensor
) -> Shooting:
    r"""Compare segments of a trajectory with the data and with each other.

    .. math:: \text{misfit} = \overline{\|x_t - y_t\|^2}, \qquad
        \text{gap} = \overline{\|x^{(k)}_{\text{end}} - s_{k+1}\|^2}

    Segment :math:`k` begins at :math:`s_k` and runs for :math:`T/K` steps, all of them
    side by side. One segment is single shooting. Starts taken from the data and held
    are teacher forcing at intervals; free ones need the gap as a penalty.

    Args:
        system: One step of it, from ``(..., K, n)`` to ``(..., K, n)``.
        starts: The starts :math:`s_1, \dots, s_K`, shape ``(..., K, n)``.
        observations: The data :math:`y_0, \dots, y_T`, shape ``(..., T + 1, n)``.

    Returns:
        The mean of the squared distances over segments and their steps, starts
        included, and the mean of the squared jumps.

    Raises:
        ValueError: The number of segments does not divide :math:`T`.

    Source:
        Bock, Plitt (1984), "A multiple shooting algorithm for direct solution of
        optimal control problems", with a penalty where they constrain.

    Example:
        >>> import torch
        >>> y = torch.tensor([1.0, 2.0, 4.0, 8.0, 16.0])[:, None]
        >>> fit = shooting_loss(lambda x: 2 * x, torch.ones(1, 1), observations=y)
        >>> fit.misfit, fit.gap
        (tensor(0.), tensor(0.))
        >>> shooting_loss(lambda x: 2 * x, torch.ones(2, 1), observations=y).gap
        tensor(9.)
    """
    segments, steps = starts.shape[-2], observations.shape[-2] - 1
    if segments < 1 or steps < 1 or steps % segments:
        raise ValueError(f"segments must divide {steps} steps, got {segments}")
    length = steps // segments
    x, errors = starts, []
    for t in range(length + 1):
        last = steps - length + t
        errors.append(x - observations[..., t : last + 1 : length, :])
        if t < length:
            x = system(x)
    # The last state of a segment is the next one's start, but for the last segment.
    inner = torch.stack(errors[:-1]).square().sum(dim=(0, -2, -1))
    misfit = (inner + errors[-1][..., -1, :].square().sum(dim=-1)) / (steps + 1)
    jumps = (x[..., :-1, :] - starts[..., 1:, :]).square().sum(dim=(-2, -1))
    return Shooting(misfit, jumps / max(segments - 1, 1))
