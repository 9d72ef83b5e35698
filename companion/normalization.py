"""Batch, layer and root-mean-square normalization: their Jacobians, and deep stacks.

See the chapter of that name.
"""

import math
from collections.abc import Callable
from typing import Literal, NamedTuple, get_args

import torch
from numpy.polynomial.legendre import leggauss
from torch import Tensor, nn

from companion._checks import check_floating, check_nonnegative, check_positive
from companion.ensembles import gaussian_matrices

__all__ = [
    "Moments",
    "NormalizedMLP",
    "activation_moments",
    "mean_field_norms",
    "rms_jacobian",
    "standardization_jacobian",
]

Kind = Literal["none", "batch", "layer", "rms"]
KINDS = get_args(Kind)


def standardization_jacobian(x: Tensor, *, epsilon: float) -> Tensor:
    r"""Jacobian of subtracting the mean and dividing by the standard deviation.

    .. math:: J = \frac{1}{\sqrt{\sigma^2 + \epsilon}} \Bigl(I
        - \frac{1 1^\top}{m} - \frac{\hat x \hat x^\top}{m}\Bigr), \qquad
        \hat x = \frac{x - \mu}{\sqrt{\sigma^2 + \epsilon}}

    Batch normalization does this to a feature over the :math:`m` samples of a batch,
    layer normalization to a sample over its :math:`m` features.

    Args:
        x: What is normalized, shape ``(..., m)``, floating point.
        epsilon: What is added to the biased variance :math:`\sigma^2`; zero or more.

    Returns:
        The Jacobians, symmetric, shape ``(..., m, m)``.

    Raises:
        ValueError: `epsilon` is negative or not finite, or `x` has no dimension.
        TypeError: `x` is no floating-point tensor.

    Source:
        Ioffe, Szegedy (2015), "Batch normalization", section 3, whose chain rule this
        is in closed form; the chapter `normalization` derives it.

    Example:
        >>> import torch
        >>> standardization_jacobian(torch.tensor([-1.0, 1.0]), epsilon=0.0)  # a pair
        tensor([[0., 0.],
                [0., 0.]])
    """
    x = _checked(x, epsilon)
    centred = x - x.mean(dim=-1, keepdim=True)
    return _project(centred, epsilon, centred=True)


def rms_jacobian(x: Tensor, *, epsilon: float) -> Tensor:
    r"""Jacobian of dividing by the root mean square.

    .. math:: J = \frac{1}{\sqrt{r^2 + \epsilon}} \Bigl(I
        - \frac{\hat x \hat x^\top}{m}\Bigr), \qquad r^2 = \frac{\|x\|^2}{m}, \quad
        \hat x = \frac{x}{\sqrt{r^2 + \epsilon}}

    Args:
        x: The samples, shape ``(..., m)``, floating point.
        epsilon: What is added to the mean square; zero or more.

    Returns:
        The Jacobians, symmetric, shape ``(..., m, m)``.

    Raises:
        ValueError: `epsilon` is negative or not finite, or `x` has no dimension.
        TypeError: `x` is no floating-point tensor.

    Source:
        Zhang, Sennrich (2019), "Root mean square layer normalization", section 4.

    Example:
        >>> import torch
        >>> rms_jacobian(torch.tensor([1.0, 1.0]), epsilon=0.0)
        tensor([[ 0.5000, -0.5000],
                [-0.5000,  0.5000]])
    """
    return _project(_checked(x, epsilon), epsilon, centred=False)


class Moments(NamedTuple):
    """Moments of an activation at a standard normal input."""

    mean: Tensor
    r""":math:`E\,\varphi(Z)`, shape ``()``, float64."""
    square: Tensor
    r""":math:`E\,\varphi(Z)^2`, shape ``()``, float64."""
    variance: Tensor
    r""":math:`\operatorname{Var} \varphi(Z)`, shape ``()``, float64."""
    slope_square: Tensor
    r""":math:`E\,\varphi'(Z)^2`, shape ``()``, float64."""


def activation_moments(activation: Callable[[Tensor], Tensor]) -> Moments:
    r"""Moments of an activation and of its slope at a standard normal input.

    .. math:: E\,\varphi(Z), \quad E\,\varphi(Z)^2, \quad
        \operatorname{Var} \varphi(Z), \quad E\,\varphi'(Z)^2, \qquad
        Z \sim \mathcal N(0, 1)

    Gauss-Legendre quadrature on either side of zero, where most activations that have
    a kink have it; beyond 12 standard deviations there are :math:`10^{-32}` of mass.

    Args:
        activation: The function :math:`\varphi`, elementwise from ``(k,)`` to ``(k,)``
            and differentiable by torch, with a kink at zero or none.

    Returns:
        The moments.

    Source:
        Golub, Welsch (1969), "Calculation of Gauss quadrature rules", Math. Comp. 23.
        Gauss-Hermite quadrature over the whole line is slow at a kink.

    Example:
        >>> import torch
        >>> activation_moments(torch.relu).square
        tensor(0.5000, dtype=torch.float64)
    """
    nodes, weights = map(torch.from_numpy, leggauss(100))  # beyond, numpy's drift
    half, end = (nodes + 1) / 2, 12.0
    z = torch.cat([-end * half.flip(0), end * half]).requires_grad_()
    mass = torch.cat([weights.flip(0), weights]) * end / 2
    mass = mass * torch.exp(-(z.detach() ** 2) / 2) / math.sqrt(2 * math.pi)
    value = activation(z)
    (slope,) = torch.autograd.grad(value.sum(), z)
    value = value.detach()
    mean, square = (mass * value).sum(), (mass * value**2).sum()
    variance = (mass * (value - mean) ** 2).sum()
    return Moments(mean, square, variance, (mass * slope**2).sum())


def mean_field_norms(
    depth: int, *, moments: Moments, gain: float, kind: Kind, residual: bool
) -> Tensor:
    r"""Gradient norm at every depth of an infinitely wide net, relative to its end.

    .. math:: \frac{\|g_l\|^2}{\|g_{l+1}\|^2} = r + \sigma_w^2 E\varphi'^2/\sigma_l^2,
        \qquad \sigma_{l+1}^2 = r\,\sigma_l^2 + \sigma_w^2 q, \quad \sigma_0 = 1

    where :math:`r` is 1 with residual connections and 0 without, :math:`q` is the
    variance of the activation under batch normalization and its mean square under
    layer and RMS normalization. Without normalization :math:`\sigma_l = 1`; that is
    exact for ReLU and its leaky kin, whose slopes do not depend on scale. The batch is
    large.

    Args:
        depth: The number of blocks.
        moments: The moments of the activation, from `activation_moments`.
        gain: Standard deviation :math:`\sigma_w` of a weight, times the width's root.
        kind: ``"none"``, ``"batch"``, ``"layer"`` or ``"rms"``.
        residual: Whether each block adds its input.

    Returns:
        :math:`\|g_l\| / \|g_L\|` for :math:`l = 0, \dots, L`, shape ``(L + 1,)``.

    Raises:
        ValueError: `depth` or `gain` is not positive, or `kind` is none of the four.

    Source:
        Yang, Pennington, Rao, Sohl-Dickstein, Schoenholz (2019), "A mean field theory
        of batch normalization", in the limit of a large batch.

    Example:
        >>> import torch
        >>> relu = activation_moments(torch.relu)
        >>> options = {"moments": relu, "gain": 1.0, "residual": False}
        >>> mean_field_norms(2, kind="batch", **options)[1]
        tensor(1.2112, dtype=torch.float64)
    """
    check_positive("depth", depth)
    check_positive("gain", gain)
    _check_kind(kind)
    spread = moments.variance if kind == "batch" else moments.square
    keep = 1.0 if residual else 0.0
    variance, factors = torch.ones_like(spread), []
    for _ in range(depth):
        factors.append(keep + gain**2 * moments.slope_square / variance)
        if kind != "none":
            variance = keep * variance + gain**2 * spread
    squares = torch.stack([*factors, torch.ones_like(spread)])
    return squares.flip(0).cumprod(dim=0).flip(0).sqrt()


class NormalizedMLP(nn.Module):
    r"""A deep net of blocks that normalize, activate and then multiply by weights.

    .. math:: x_{l+1} = r\,x_l + W_l\, \varphi(\mathrm{norm}(x_l)), \qquad
        (W_l)_{ij} \sim \mathcal N(0, \sigma_w^2 / n)

    Batch normalization takes its statistics from the batch at hand, always.

    Attributes:
        blocks: The blocks in their order, each from ``(m, n)`` to ``(m, n)``, with
            its `weight`, `norm` and `activation`.
    """

    def __init__(
        self,
        depth: int,
        width: int,
        *,
        kind: Kind,
        residual: bool,
        gain: float,
        generator: torch.Generator,
        activation: Callable[[Tensor], Tensor] = torch.relu,
        dtype: torch.dtype = torch.float64,
    ) -> None:
        """Draw the weights; see `mean_field_norms` for `kind`, `residual`, `gain`."""
        super().__init__()
        check_positive("depth", depth)
        _check_kind(kind)
        self.blocks = nn.Sequential()
        for _ in range(depth):
            (weight,) = gaussian_matrices(
                1, width, generator=generator, gain=gain, dtype=dtype
            )
            norm = _norm(kind, width, weight)
            self.blocks.append(_Block(weight, norm, activation, residual))

    def forward(self, x: Tensor) -> Tensor:
        """Apply all blocks to samples of shape ``(m, n)``."""
        mapped: Tensor = self.blocks(x)
        return mapped


class _Block(nn.Module):
    def __init__(
        self,
        weight: Tensor,
        norm: nn.Module,
        activation: Callable[[Tensor], Tensor],
        residual: bool,
    ) -> None:
        super().__init__()
        self.weight = nn.Parameter(weight)
        self.norm, self.activation, self.residual = norm, activation, residual

    def forward(self, x: Tensor) -> Tensor:
        branch: Tensor = self.activation(self.norm(x)) @ self.weight.T
        return x + branch if self.residual else branch


def _norm(kind: Kind, width: int, like: Tensor) -> nn.Module:
    """A normalization of the kind, with the dtype and on the device of a tensor."""
    with like.device:
        norms = {
            "none": nn.Identity(),
            "batch": nn.BatchNorm1d(width, track_running_stats=False),
            "layer": nn.LayerNorm(width),
            "rms": nn.RMSNorm(width, eps=1e-5),
        }
    return norms[kind].to(like.dtype)


def _check_kind(kind: Kind) -> None:
    if kind not in KINDS:
        raise ValueError(f"kind must be one of {KINDS}, got {kind!r}")


def _checked(x: Tensor, epsilon: float) -> Tensor:
    check_floating("x", x)
    check_nonnegative("epsilon", epsilon)
    if x.ndim == 0:
        raise ValueError("x must have shape (..., m), got shape ()")
    return x


def _project(x: Tensor, epsilon: float, *, centred: bool) -> Tensor:
    """Divide the projection beside `x`, and beside the ones if centred, by its size."""
    count = x.shape[-1]
    size = (x.square().mean(dim=-1, keepdim=True) + epsilon).sqrt()
    unit = x / size
    kept = torch.eye(count, dtype=x.dtype, device=x.device)
    if centred:
        kept = kept - 1 / count
    removed = unit.unsqueeze(-1) * unit.unsqueeze(-2) / count
    return (kept - removed) / size.unsqueeze(-1)
