"""What a network does to a gradient, from products alone: no Jacobian is formed.

One product costs about as much as a forward or a backward pass.
"""

import warnings
from collections.abc import Callable, Iterable
from typing import NamedTuple

import torch
from torch import Tensor

from companion._checks import check_positive
from companion.linalg import euclidean_norm

__all__ = [
    "JacobianNorm",
    "Products",
    "jacobian_norm",
    "jacobian_products",
    "leading_exponents",
    "power_estimates",
]


class JacobianNorm(NamedTuple):
    """The norm of a Jacobian, and what it cost to find."""

    norm: Tensor
    """The largest singular value of the Jacobian, shape ``()``."""
    products: int
    """How many products of the Jacobian or its transpose with a vector were taken."""


class Products(NamedTuple):
    """A Jacobian as two maps of vectors; no matrix stands behind them."""

    output: Tensor
    """What the network puts out, shape ``(...)``."""
    push: Callable[[Tensor], Tensor]
    """The product with the Jacobian, from the shape of the input to the output's."""
    pull: Callable[[Tensor], Tensor]
    """The product with its transpose, from the shape of the output to the input's."""


def leading_exponents(
    layers: Iterable[Callable[[Tensor], Tensor]],
    x: Tensor,
    *,
    count: int,
    generator: torch.Generator,
) -> Tensor:
    r"""Largest growth rates of a network, from tangents that travel through it.

    .. math:: J_k(x_{k-1})\,Q_{k-1} = Q_k R_k, \qquad
        \lambda_i = \frac{1}{L} \sum_{k=1}^{L} \log |(R_k)_{ii}|

    The columns of :math:`Q_k` are pushed by Jacobian-vector products; no Jacobian is
    formed, and a layer costs `count` products instead of its width.

    Args:
        layers: The layers :math:`f_1, \dots, f_L` in the order they are applied. Each
            maps the last axis and treats all others as a batch: from ``(..., m)`` to
            ``(..., n)``.
        x: The inputs :math:`x_0`, shape ``(..., n)``.
        count: How many exponents, at most the width of every layer.
        generator: Where the first tangents come from, on the device of `x`.

    Returns:
        The exponents of each input, largest first, shape ``(..., count)``.

    Raises:
        ValueError: `layers` is empty, or `count` is not between 1 and every width.

    Source:
        Engelken, Wolf, Abbott (2020), "Lyapunov spectra of chaotic recurrent neural
        networks", after Benettin et al. (1980); ours has jvp where they form Jacobians.

    Example:
        >>> import torch
        >>> rng = torch.Generator().manual_seed(0)
        >>> doubled = [lambda x: 2 * x] * 5
        >>> leading_exponents(doubled, torch.zeros(3), count=2, generator=rng)
        tensor([0.6931, 0.6931])
    """
    start = torch.randn(
        *x.shape, max(count, 0), generator=generator, dtype=x.dtype, device=x.device
    )
    frame, logs = torch.linalg.qr(start).Q, []
    for layer in layers:
        x, image = _push_forward(layer, x, frame)
        if not 1 <= count <= min(frame.shape[-2], image.shape[-2]):
            raise ValueError(f"count must lie between 1 and every width, got {count}")
        frame, triangle = torch.linalg.qr(image)
        logs.append(triangle.diagonal(dim1=-2, dim2=-1).abs().log())
    if not logs:
        raise ValueError("layers must hold at least one layer, got none")
    return torch.stack(logs).mean(dim=0).sort(descending=True).values


def jacobian_norm(
    network: Callable[[Tensor], Tensor],
    x: Tensor,
    *,
    tolerance: float,
    generator: torch.Generator,
    steps: int = 200,
) -> JacobianNorm:
    r"""Norm of a network's Jacobian, the worst it does to a gradient, without it.

    .. math:: \|J\|_2 = \sqrt{\lambda_{\max}(J^\top J)}, \qquad
        J = \frac{\partial f}{\partial x}

    Lanczos iteration on :math:`J^\top J`: a step pushes one vector forward and pulls
    it back. It stops once the residual is below `tolerance` times the eigenvalue
    :math:`\theta`, so that :math:`J^\top J` has an eigenvalue within
    :math:`\theta` times `tolerance`; that it is the largest one is almost sure, not
    certain.

    Args:
        network: The map :math:`f`, from the shape ``(...)`` of `x` to any shape.
        x: Where to differentiate, shape ``(...)``.
        tolerance: Largest relative residual of the eigenvalue of :math:`J^\top J`.
        generator: Where the first vector comes from, on the device of `x`.
        steps: The most steps to take.

    Returns:
        The norm and the number of products taken, two in each step.

    Raises:
        ValueError: `tolerance` is not positive and finite.
        RuntimeError: The residual is above `tolerance` after all steps.

    Source:
        Golub, Van Loan (2013), "Matrix Computations", section 10.1, with full
        reorthogonalization.

    Example:
        >>> import torch
        >>> rng = torch.Generator().manual_seed(0)
        >>> slopes, x = torch.tensor([3.0, 1.0, 0.5]), torch.zeros(3)
        >>> options = {"tolerance": 1e-4, "generator": rng}
        >>> jacobian_norm(lambda x: slopes * x, x, **options).norm
        tensor(3.0000)
    """
    check_positive("tolerance", tolerance)
    _, push, pull = jacobian_products(network, x)
    basis = _direction(x, generator).flatten()[None]
    small = x.new_zeros((0, 0))  # J^T J in the basis: symmetric, tridiagonal
    for step in range(1, steps + 1):
        image = pull(push(basis[-1].reshape(x.shape))).flatten()
        column = basis @ image
        small = torch.nn.functional.pad(small, (0, 1, 0, 1))
        small[-1], small[:, -1] = column, column
        for _ in range(2):  # once is not enough in floating point
            image = image - basis.T @ (basis @ image)
        left = euclidean_norm(image)
        values, vectors = torch.linalg.eigh(small)
        residual = left * vectors[-1, -1].abs()
        if residual <= tolerance * values[-1].clamp(min=0):
            return JacobianNorm(values[-1].clamp(min=0).sqrt(), 2 * step)
        basis = torch.cat([basis, (image / left)[None]])
    raise RuntimeError(
        f"no convergence after {steps} steps: the relative residual is "
        f"{(residual / values[-1]).item():.1e}, above {tolerance}; raise steps"
    )


def power_estimates(
    network: Callable[[Tensor], Tensor],
    x: Tensor,
    *,
    steps: int,
    generator: torch.Generator,
) -> Tensor:
    r"""Estimate the norm of a Jacobian by power iteration, one number a step.

    .. math:: \|J v_j\|_2, \qquad v_{j+1} = \frac{J^\top J v_j}{\|J^\top J v_j\|_2}

    Every estimate is a lower bound, and they increase. That they hardly increase any
    more does not say that the norm is near.

    Args:
        network: The map :math:`f`, from the shape ``(...)`` of `x` to any shape.
        x: Where to differentiate, shape ``(...)``.
        steps: How many estimates.
        generator: Where the first vector comes from, on the device of `x`.

    Returns:
        The estimates, shape ``(steps,)``.

    Raises:
        ValueError: `steps` is not positive.

    Source:
        Golub, Van Loan (2013), "Matrix computations", section 7.3.1, applied to
        :math:`J^\top J` without forming :math:`J`.

    Example:
        >>> import torch
        >>> rng = torch.Generator().manual_seed(0)
        >>> def stretch(x):
        ...     return torch.tensor([3.0, 1.0]) * x
        >>> power_estimates(stretch, torch.zeros(2), steps=9, generator=rng)[-1]
        tensor(3.)
    """
    check_positive("steps", steps)
    _, push, pull = jacobian_products(network, x)
    v = _direction(x, generator)
    estimates = []
    for _ in range(steps):
        image = push(v)
        estimates.append(euclidean_norm(image))
        back = pull(image)
        norm = euclidean_norm(back)
        v = back / torch.where(norm > 0, norm, 1.0)
    return torch.stack(estimates)


def jacobian_products(network: Callable[[Tensor], Tensor], x: Tensor) -> Products:
    r"""Products with the Jacobian of a network, and with its transpose.

    .. math:: v \mapsto J v, \qquad u \mapsto J^\top u, \qquad
        J = \frac{\partial f}{\partial x}

    The pullback is linear, so its own pullback is :math:`J`: one forward pass serves
    all products, where each jvp would run the network again.

    Args:
        network: The map :math:`f`, from the shape ``(...)`` of `x` to any shape.
        x: Where to differentiate, shape ``(...)``.

    Returns:
        The output and the two products.

    Source:
        Pearlmutter (1994), "Fast exact multiplication by the Hessian", for products
        without a matrix.

    Example:
        >>> import torch
        >>> _, push, pull = jacobian_products(lambda x: x[:1] * 3, torch.zeros(2))
        >>> push(torch.tensor([1.0, 1.0])), pull(torch.tensor([1.0]))
        (tensor([3.]), tensor([3., 0.]))
    """
    output, pullback = torch.func.vjp(network, x)[:2]

    def pull(u: Tensor) -> Tensor:
        cotangent: Tensor = pullback(u)[0]
        return cotangent

    transposed = torch.func.vjp(pull, torch.zeros_like(output))[1]

    def push(v: Tensor) -> Tensor:
        tangent: Tensor = transposed(v)[0]
        return tangent

    return Products(output, push, pull)


def _direction(x: Tensor, generator: torch.Generator) -> Tensor:
    """Draw a vector of length one and of the shape of `x`."""
    start = torch.randn(x.shape, generator=generator, dtype=x.dtype, device=x.device)
    return start / euclidean_norm(start)


def _push_forward(
    layer: Callable[[Tensor], Tensor], x: Tensor, frame: Tensor
) -> tuple[Tensor, Tensor]:
    """Return the layer's output and the images of the frame's columns."""

    def push(tangent: Tensor) -> Tensor:
        return _jvp(layer, x, tangent)[1]

    image: Tensor = torch.func.vmap(push, in_dims=-1, out_dims=-1)(frame)
    return layer(x), image


def _jvp(f: Callable[[Tensor], Tensor], x: Tensor, v: Tensor) -> tuple[Tensor, Tensor]:
    """Return f(x) and J v; silent when torch first loads its forward mode."""
    with warnings.catch_warnings():
        # It then calls torch.jit.script, which it deprecates itself; the category of
        # the warning has changed once.
        warnings.filterwarnings("ignore", message=".torch.jit.script. is deprecated")
        output, image = torch.func.jvp(f, (x,), (v,))[:2]
    return output, image
