"""Costates, the Riccati recursion and shooting: the chapter optimal-control.

A system is a callable ``step(x, u)`` that maps a state and a control to the next state.
"""

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor

from companion._checks import check_positive, check_same_shape, check_square
from companion.linalg import condition_number, spectral_radius

__all__ = [
    "Certificate",
    "Costates",
    "Regulator",
    "Shooting",
    "costates",
    "lqr",
    "lyapunov_certificate",
    "rollout",
    "shooting_loss",
]

Step = Callable[[Tensor, Tensor], Tensor]


class Costates(NamedTuple):
    """What a backward sweep through a system computes."""

    state: Tensor
    """Costates, the gradients of the cost-to-go by the states, shape ``(T + 1, n)``."""
    control: Tensor
    """Gradients of the cost by the controls, shape ``(T, m)``."""


class Regulator(NamedTuple):
    """The solution of a linear-quadratic problem by the Riccati recursion."""

    values: Tensor
    """Matrices of the optimal cost-to-go, shape ``(T + 1, n, n)``."""
    gains: Tensor
    """Gains of the optimal feedback, shape ``(T, m, n)``."""


class Certificate(NamedTuple):
    """A bound on every power of a matrix: norm of power k at most factor * rate**k."""

    matrix: Tensor
    """The matrix of the Lyapunov function, shape ``(n, n)``."""
    factor: Tensor
    """What a transient may cost, shape ``()``, at least 1."""
    rate: Tensor
    """The rate of decay, shape ``()``, below 1."""


class Shooting(NamedTuple):
    """How well the segments of a trajectory fit the data and each other."""

    misfit: Tensor
    """Mean squared distance from the observations, shape ``(...)``."""
    gap: Tensor
    """Mean squared jump between segments, shape ``(...)``; zero for a single one."""


def rollout(step: Step, x: Tensor, controls: Tensor) -> Tensor:
    r"""States of a controlled system.

    .. math:: x_{t+1} = f(x_t, u_t)

    Args:
        step: The system :math:`f`, from ``(n,)`` and ``(m,)`` to ``(n,)``.
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
        states.append(step(states[-1], u))
    return torch.stack(states)


def costates(
    step: Step,
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
        step: The system :math:`f`, from ``(n,)`` and ``(m,)`` to ``(n,)``.
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
        pull_back = torch.func.vjp(step, x, u)[1]
        through_x, through_u = pull_back(prices[-1])
        by_x, by_u = torch.func.grad(running_cost, argnums=(0, 1))(x, u)
        prices.append(by_x + through_x)
        gradients.append(by_u + through_u)
    return Costates(torch.stack(prices[::-1]), torch.stack(gradients[::-1]))


def lqr(
    A: Tensor,
    B: Tensor,
    *,
    state_cost: Tensor,
    control_cost: Tensor,
    terminal_cost: Tensor,
    horizon: int,
) -> Regulator:
    r"""Solve the linear-quadratic problem by the Riccati recursion.

    .. math::
        K_t = (R + B^\top P_{t+1} B)^{-1} B^\top P_{t+1} A, \qquad
        P_t = Q + A^\top P_{t+1} (A - B K_t), \qquad P_T = Q_T

    The control :math:`u_t = -K_t x_t` minimizes :math:`\tfrac12 x_T^\top Q_T x_T +
    \tfrac12 \sum_t (x_t^\top Q x_t + u_t^\top R u_t)` under :math:`x_{t+1} = A x_t +
    B u_t`, and :math:`\tfrac12 x_t^\top P_t x_t` is what the rest then costs.

    Args:
        A: The matrix :math:`A`, shape ``(n, n)``.
        B: The matrix :math:`B`, shape ``(n, m)``.
        state_cost: The symmetric matrix :math:`Q`, shape ``(n, n)``.
        control_cost: The positive definite matrix :math:`R`, shape ``(m, m)``.
        terminal_cost: The symmetric matrix :math:`Q_T`, shape ``(n, n)``.
        horizon: The number of steps :math:`T`.

    Returns:
        The matrices :math:`P_0, \dots, P_T` and the gains :math:`K_0, \dots, K_{T-1}`.

    Raises:
        ValueError: A matrix has another shape, `control_cost` is not positive definite
            or `horizon` is not positive.

    Source:
        Kalman (1960), "Contributions to the theory of optimal control", in discrete
        time.

    Example:
        >>> import torch
        >>> one = torch.ones(1, 1)
        >>> costs = {"state_cost": one, "control_cost": one, "terminal_cost": one}
        >>> golden = lqr(one, one, **costs, horizon=20).values[0]  # P = 1 + P/(1 + P)
        >>> golden
        tensor([[1.6180]])
    """
    check_square("A", A)
    check_positive("horizon", horizon)
    if B.ndim != 2 or len(B) != len(A):
        raise ValueError(f"B must have shape ({len(A)}, m), got {tuple(B.shape)}")
    check_same_shape("state_cost", state_cost, A.shape)
    check_same_shape("terminal_cost", terminal_cost, A.shape)
    check_same_shape("control_cost", control_cost, (B.shape[1], B.shape[1]))
    if torch.linalg.cholesky_ex(control_cost).info:
        raise ValueError(f"control_cost must be positive definite, got {control_cost}")
    values, gains = [terminal_cost], []
    for _ in range(horizon):
        P = values[-1]
        K = torch.linalg.solve(control_cost + B.T @ P @ B, B.T @ P @ A)
        P = state_cost + A.T @ P @ (A - B @ K)
        values.append((P + P.T) / 2)  # symmetric but for rounding
        gains.append(K)
    return Regulator(torch.stack(values[::-1]), torch.stack(gains[::-1]))


def lyapunov_certificate(matrix: Tensor) -> Certificate:
    r"""Bound all powers of a matrix by one quadratic form that every step shrinks.

    .. math:: W^\top P W = P - I, \qquad \|W^k\|_2 \le \sqrt{\kappa(P)}\, q^k,
        \qquad q^2 = 1 - \frac1{\lambda_{\max}(P)}

    Args:
        matrix: The matrix :math:`W`, shape ``(n, n)``; :math:`n^2` unknowns are
            solved for at once, so it should be small.

    Returns:
        The matrix :math:`P`, the factor :math:`\sqrt{\kappa(P)}` and the rate
        :math:`q`.

    Raises:
        ValueError: `matrix` is not square, or its spectral radius is not below 1.

    Source:
        Horn, Johnson (2013), "Matrix Analysis", section 5.6, in the norm of
        :math:`P`; the chapter `optimal-control` proves it.

    Example:
        >>> import torch
        >>> lyapunov_certificate(torch.tensor([[0.6]]))[1:]
        (tensor(1.), tensor(0.6000))
    """
    check_square("matrix", matrix)
    radius = spectral_radius(matrix)
    if not radius < 1:
        raise ValueError(f"matrix must have a spectral radius below 1, got {radius:g}")
    size = len(matrix)
    eye = torch.eye(size, dtype=matrix.dtype, device=matrix.device)
    unknowns = torch.eye(size**2, dtype=matrix.dtype, device=matrix.device)
    # Row by row, W' P W is (W' x W') applied to the entries of P.
    equations = unknowns - torch.kron(matrix.T.contiguous(), matrix.T.contiguous())
    P = torch.linalg.solve(equations, eye.flatten()).reshape(size, size)
    P = (P + P.T) / 2
    rate = (1 - 1 / torch.linalg.eigvalsh(P)[-1]).clamp(min=0).sqrt()
    return Certificate(P, condition_number(P).sqrt(), rate)


def shooting_loss(
    step: Callable[[Tensor], Tensor], starts: Tensor, *, observations: Tensor
) -> Shooting:
    r"""Compare segments of a trajectory with the data and with each other.

    .. math:: \text{misfit} = \overline{\|x_t - y_t\|^2}, \qquad
        \text{gap} = \overline{\|x^{(k)}_{\text{end}} - s_{k+1}\|^2}

    Segment :math:`k` begins at :math:`s_k` and runs for :math:`T/K` steps, all of them
    side by side. One segment is single shooting. Starts taken from the data and held
    are teacher forcing at intervals; free ones need the gap as a penalty.

    Args:
        step: One step of the system, from ``(..., K, n)`` to ``(..., K, n)``.
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
            x = step(x)
    # The last state of a segment is the next one's start, but for the last segment.
    inner = torch.stack(errors[:-1]).square().sum(dim=(0, -2, -1))
    misfit = (inner + errors[-1][..., -1, :].square().sum(dim=-1)) / (steps + 1)
    jumps = (x[..., :-1, :] - starts[..., 1:, :]).square().sum(dim=(-2, -1))
    return Shooting(misfit, jumps / max(segments - 1, 1))
