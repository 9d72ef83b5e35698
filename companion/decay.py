"""Weight decay: what it does to a recurrent matrix, step by step and in the end."""

import math

import torch
from torch import Tensor

from companion._checks import (
    check_nonnegative,
    check_positive,
    check_same_shape,
    check_square,
)

__all__ = ["decay_steps", "noise_variance", "ridge_solution"]


def decay_steps(radius: float, *, learning_rate: float, weight_decay: float) -> int:
    r"""Steps of pure decay until the spectral radius is below one.

    .. math:: k^* = \min \{ k \ge 0 : |1 - \eta\lambda|^k \rho_0 < 1 \}

    Args:
        radius: The spectral radius :math:`\rho_0` at the start.
        learning_rate: The learning rate :math:`\eta`.
        weight_decay: The coefficient :math:`\lambda`, with
            :math:`0 < \eta\lambda < 2`, without which nothing shrinks.

    Returns:
        The number of steps, 0 if `radius` is below one already.

    Raises:
        ValueError: An argument is not positive and finite, or
            :math:`\eta\lambda \ge 2`.

    Source:
        The solution of a geometric inequality. It holds for every square matrix,
        because a scalar factor scales all eigenvalues alike.

    Example:
        >>> decay_steps(1.5, learning_rate=0.1, weight_decay=0.1)
        41
    """
    check_positive("radius", radius)
    rate = _decay_rate(learning_rate, weight_decay)
    if radius < 1:
        return 0
    if rate == 1:
        return 1
    return math.floor(math.log(radius) / -math.log(abs(1 - rate))) + 1


def ridge_solution(
    target: Tensor, covariance: Tensor, *, weight_decay: float
) -> Tensor:
    r"""Where gradient descent with decay ends in a linear regression.

    .. math:: W^* = \arg\min_W \tfrac12 \operatorname{E} \|Wx - Ax\|_2^2
        + \tfrac\lambda2 \|W\|_F^2 = A S (S + \lambda I)^{-1}

    Args:
        target: The matrix :math:`A` that made the data, shape ``(..., n, n)``.
        covariance: :math:`S = \operatorname{E}\, x x^\top`, shape ``(..., n, n)``,
            symmetric and positive definite.
        weight_decay: The coefficient :math:`\lambda`, not negative.

    Returns:
        The solution :math:`W^*`, shape ``(..., n, n)``.

    Raises:
        ValueError: A matrix is not square, the shapes differ, or `weight_decay` is
            negative, infinite or NaN.

    Source:
        Hoerl, Kennard (1970), "Ridge regression: biased estimation for nonorthogonal
        problems", Technometrics 12, eq. 2.1, for several outputs.

    Example:
        >>> import torch
        >>> ridge_solution(torch.eye(2), torch.diag(torch.tensor([3.0, 1.0])),
        ...                weight_decay=1.0)
        tensor([[0.7500, 0.0000],
                [0.0000, 0.5000]])
    """
    check_square("target", target)
    check_same_shape("covariance", covariance, target.shape)
    check_nonnegative("weight_decay", weight_decay)
    identity = torch.eye(target.shape[-1], dtype=target.dtype, device=target.device)
    decayed = covariance + weight_decay * identity
    solution: Tensor = torch.linalg.solve(decayed, target @ covariance, left=False)
    return solution


def noise_variance(*, learning_rate: float, weight_decay: float, noise: float) -> float:
    r"""Variance of an entry that noise pushes about and decay pulls back.

    .. math:: w \leftarrow (1 - \eta\lambda)\, w - \eta\, \xi, \quad
        \xi \sim \mathcal N(0, s^2)
        \qquad\Longrightarrow\qquad
        \operatorname{Var} w = \frac{\eta s^2}{\lambda (2 - \eta\lambda)}

    Args:
        learning_rate: The learning rate :math:`\eta`.
        weight_decay: The coefficient :math:`\lambda`, with
            :math:`0 < \eta\lambda < 2`, without which there is no equilibrium.
        noise: The standard deviation :math:`s` of a gradient entry.

    Returns:
        The variance in equilibrium.

    Raises:
        ValueError: An argument is not positive and finite, or
            :math:`\eta\lambda \ge 2`.

    Source:
        The stationary variance of an autoregressive process of order one.

    Example:
        >>> noise_variance(learning_rate=1.0, weight_decay=1.0, noise=3.0)
        9.0
    """
    check_positive("noise", noise)
    _decay_rate(learning_rate, weight_decay)
    return (
        learning_rate * noise**2 / (weight_decay * (2 - learning_rate * weight_decay))
    )


def _decay_rate(learning_rate: float, weight_decay: float) -> float:
    """Return the share of a weight that one step removes; below two or it grows."""
    check_positive("learning_rate", learning_rate)
    check_positive("weight_decay", weight_decay)
    rate = learning_rate * weight_decay
    if rate >= 2:
        raise ValueError(f"learning_rate * weight_decay must be below 2, got {rate}")
    return rate
