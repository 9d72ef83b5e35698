"""Feedback gains, and certificates of stability: the chapter `optimal-control`."""

from typing import NamedTuple

import torch
from torch import Tensor

from companion._checks import check_positive, check_same_shape, check_square
from companion.linalg import condition_number, spectral_radius

__all__ = ["Certificate", "Regulator", "lqr", "lyapunov_certificate"]


class Regulator(NamedTuple):
    """The solution of a linear-quadratic problem by the Riccati recursion."""

    values: Tensor
    """Matrices of the optimal cost-to-go, shape ``(T + 1, n, n)``."""
    gains: Tensor
    """Gains of the optimal feedback, shape ``(T, m, n)``."""


class Certificate(NamedTuple):
    """A bound on every power of a matrix: factor times rate to that power."""

    matrix: Tensor
    """The matrix of the Lyapunov function, shape ``(n, n)``."""
    factor: Tensor
    """What a transient may cost, shape ``()``, at least 1."""
    rate: Tensor
    """The rate of decay, shape ``()``, below 1."""


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
