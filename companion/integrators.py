"""Integrators of differential equations: their steps and where these are stable.

A residual layer is a step of forward Euler; the other steps are what numerical
analysis does when that one explodes. See the chapter `numerical-stability`.
"""

from collections.abc import Callable
from typing import Literal

import torch
from torch import Tensor

from companion._checks import check_positive, check_square

__all__ = [
    "backward_euler_step",
    "critical_step",
    "forward_euler_step",
    "rk4_step",
    "stability_function",
    "trapezoid_step",
]

Method = Literal["forward_euler", "backward_euler", "trapezoid", "rk4"]
METHODS: dict[Method, Callable[[Tensor], Tensor]] = {
    "forward_euler": lambda z: 1 + z,
    "backward_euler": lambda z: 1 / (1 - z),
    "trapezoid": lambda z: (1 + z / 2) / (1 - z / 2),
    "rk4": lambda z: 1 + z * (1 + z / 2 * (1 + z / 3 * (1 + z / 4))),
}


def stability_function(z: Tensor, *, method: Method) -> Tensor:
    r"""Factor by which one step multiplies the solution of a scalar linear equation.

    .. math:: \dot x = \mu x \;\Rightarrow\; x_{k+1} = R(h\mu)\,x_k, \qquad
        R(z) = 1 + z, \quad \frac1{1 - z}, \quad \frac{1 + z/2}{1 - z/2}, \quad
        \sum_{j=0}^4 \frac{z^j}{j!}

    Args:
        z: Step times eigenvalue :math:`h\mu`, shape ``(...)``, real or complex.
        method: ``"forward_euler"``, ``"backward_euler"``, ``"trapezoid"`` or
            ``"rk4"``, in the order of the formula.

    Returns:
        The factors :math:`R(z)`, shape ``(...)``; not finite at a pole.

    Raises:
        ValueError: `method` is none of the four.

    Source:
        Hairer, Wanner (1996), "Solving Ordinary Differential Equations II", section
        IV.2 for forward Euler and RK4 and IV.3 for the other two.

    Example:
        >>> import torch
        >>> z = torch.tensor([-3.0])
        >>> [stability_function(z, method=m).item() for m in METHODS]
        [-2.0, 0.25, -0.20000000298023224, 1.375]
    """
    if method not in METHODS:
        raise ValueError(f"method must be one of {tuple(METHODS)}, got {method!r}")
    return METHODS[method](z)


def forward_euler_step(
    field: Callable[[Tensor], Tensor], x: Tensor, *, step: float
) -> Tensor:
    r"""One explicit step of first order: a residual layer.

    .. math:: x_{k+1} = x_k + h f(x_k)

    Args:
        field: The right-hand side :math:`f`, from ``(..., n)`` to ``(..., n)``.
        x: The state :math:`x_k`, shape ``(..., n)``.
        step: The step size :math:`h`.

    Returns:
        The state :math:`x_{k+1}`, shape ``(..., n)``.

    Raises:
        ValueError: `step` is not positive and finite.

    Source:
        Hairer, Nørsett, Wanner (1993), "Solving Ordinary Differential Equations I",
        section I.7.

    Example:
        >>> import torch
        >>> forward_euler_step(torch.neg, torch.tensor([1.0]), step=0.5)
        tensor([0.5000])
    """
    check_positive("step", step)
    return x + step * field(x)


def rk4_step(field: Callable[[Tensor], Tensor], x: Tensor, *, step: float) -> Tensor:
    r"""One explicit step of fourth order, by the classical method of Runge and Kutta.

    .. math:: x_{k+1} = x_k + \tfrac h6 (k_1 + 2k_2 + 2k_3 + k_4), \quad
        k_1 = f(x_k),\; k_2 = f(x_k + \tfrac h2 k_1),\;
        k_3 = f(x_k + \tfrac h2 k_2),\; k_4 = f(x_k + h k_3)

    Args:
        field: The right-hand side :math:`f`, from ``(..., n)`` to ``(..., n)``.
        x: The state :math:`x_k`, shape ``(..., n)``.
        step: The step size :math:`h`.

    Returns:
        The state :math:`x_{k+1}`, shape ``(..., n)``.

    Raises:
        ValueError: `step` is not positive and finite.

    Source:
        Hairer, Nørsett, Wanner (1993), "Solving Ordinary Differential Equations I",
        section II.1.

    Example:
        >>> import torch
        >>> rk4_step(torch.neg, torch.tensor([1.0]), step=0.5)  # exp(-0.5) = 0.6065
        tensor([0.6068])
    """
    check_positive("step", step)
    first = field(x)
    second = field(x + step / 2 * first)
    third = field(x + step / 2 * second)
    fourth = field(x + step * third)
    return x + step / 6 * (first + 2 * second + 2 * third + fourth)


def backward_euler_step(matrix: Tensor, x: Tensor, *, step: float) -> Tensor:
    r"""One implicit step of first order for a linear system.

    .. math:: x_{k+1} = (I - hA)^{-1} x_k

    Args:
        matrix: The matrix :math:`A` of :math:`\dot x = Ax`, shape ``(..., n, n)``.
        x: The state :math:`x_k`, shape ``(..., n)``.
        step: The step size :math:`h`.

    Returns:
        The state :math:`x_{k+1}`, shape ``(..., n)``.

    Raises:
        ValueError: `step` is not positive and finite, or `matrix` is not square.

    Source:
        Hairer, Wanner (1996), "Solving Ordinary Differential Equations II", section
        IV.3.

    Example:
        >>> import torch
        >>> A = -torch.eye(2)
        >>> backward_euler_step(A, torch.ones(2), step=1.0)
        tensor([0.5000, 0.5000])
    """
    identity = _identity(matrix, step)
    return _solve(identity - step * matrix, x)


def trapezoid_step(matrix: Tensor, x: Tensor, *, step: float) -> Tensor:
    r"""One implicit step of second order for a linear system: the Cayley transform.

    .. math:: x_{k+1} = (I - \tfrac h2 A)^{-1} (I + \tfrac h2 A)\, x_k

    If :math:`A` is antisymmetric, it keeps the Euclidean norm.

    Args:
        matrix: The matrix :math:`A` of :math:`\dot x = Ax`, shape ``(..., n, n)``.
        x: The state :math:`x_k`, shape ``(..., n)``.
        step: The step size :math:`h`.

    Returns:
        The state :math:`x_{k+1}`, shape ``(..., n)``.

    Raises:
        ValueError: `step` is not positive and finite, or `matrix` is not square.

    Source:
        Hairer, Wanner (1996), "Solving Ordinary Differential Equations II", section
        IV.3.

    Example:
        >>> import torch
        >>> K = torch.tensor([[0.0, 1.0], [-1.0, 0.0]])
        >>> trapezoid_step(K, torch.tensor([1.0, 0.0]), step=2.0)  # a quarter turn
        tensor([ 0., -1.])
    """
    identity = _identity(matrix, step)
    half = step / 2 * matrix
    return _solve(identity - half, x + (half @ x.unsqueeze(-1)).squeeze(-1))


def critical_step(eigenvalues: Tensor) -> Tensor:
    r"""Step size from which on forward Euler no longer damps a linear system.

    .. math:: h_c = \min_i \frac{2\,|\operatorname{Re} \mu_i|}{|\mu_i|^2}
        \qquad\text{if all } \operatorname{Re} \mu_i < 0

    The spectral radius of :math:`I + hA` is below 1 exactly for :math:`0 < h < h_c`.

    Args:
        eigenvalues: The eigenvalues :math:`\mu_i` of :math:`A`, shape ``(..., n)``,
            real or complex.

    Returns:
        The critical steps, shape ``(...)``, real; 0 if some real part is not
        negative, since then no step will do.

    Raises:
        ValueError: `eigenvalues` has no entry.

    Source:
        Hairer, Wanner (1996), "Solving Ordinary Differential Equations II", section
        IV.2: the stability region of forward Euler is the disc around -1.

    Example:
        >>> import torch
        >>> critical_step(torch.tensor([-1 + 10j, -1 - 10j]))  # 2 / 101
        tensor(0.0198)
    """
    if eigenvalues.numel() == 0:
        shape = tuple(eigenvalues.shape)
        raise ValueError(f"eigenvalues must have an entry, got shape {shape}")
    real = eigenvalues.real if eigenvalues.is_complex() else eigenvalues
    decaying = real < 0
    size = torch.where(decaying, eigenvalues.abs(), 1.0)
    steps = torch.where(decaying, -2 * real / size**2, 0.0)
    return steps.amin(dim=-1)


def _identity(matrix: Tensor, step: float) -> Tensor:
    check_positive("step", step)
    check_square("matrix", matrix)
    return torch.eye(matrix.shape[-1], dtype=matrix.dtype, device=matrix.device)


def _solve(matrix: Tensor, x: Tensor) -> Tensor:
    solution: Tensor = torch.linalg.solve(matrix, x.unsqueeze(-1))
    return solution.squeeze(-1)
