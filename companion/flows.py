"""Normalizing flows of coupling layers; see the chapter of that name.

A flow is an invertible map from data to noise whose Jacobian has a cheap determinant.
"""

import math
from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor

from companion._checks import check_nonnegative, check_positive
from companion.ensembles import gaussian_matrices

__all__ = [
    "CouplingFlow",
    "Flowed",
    "random_shears",
    "shear_growth_rate",
]


class Flowed(NamedTuple):
    """Where a flow takes points, and how it changes the volume around them."""

    point: Tensor
    """The images, shape ``(..., d)``."""
    log_det: Tensor
    """Logarithm of the Jacobian determinant's magnitude, shape ``(...)``."""


class CouplingFlow(torch.nn.Module):
    r"""A stack of coupling layers, additive or affine.

    .. math:: (a, b) \mapsto \bigl(b \odot e^{s(a)} + t(a),\; a\bigr), \qquad
        \log|\det J| = \sum_i s_i(a)

    Each layer reads one half of the coordinates, scales and shifts the other half,
    and swaps the two. Its network has one hidden layer of tanh units; the log-scales
    are bounded softly, :math:`s = c \tanh(r / c)` for the network's raw output
    :math:`r`: with :math:`c = 0` the flow is additive and preserves volume, with
    :math:`c = \infty` the log-scales are free.

    Source:
        Dinh, Krueger, Bengio (2015), "NICE", section 3.2, for the additive layer; Dinh,
        Sohl-Dickstein, Bengio (2017), "Density estimation using Real NVP", section 3.2,
        for the affine one. Our networks are smaller and the bound is ours.

    Example:
        >>> rng = torch.Generator().manual_seed(0)
        >>> flow = CouplingFlow(2, width=8, depth=4, bound=0.0, generator=rng)
        >>> flow(torch.ones(3, 2)).log_det  # additive
        tensor([0., 0., 0.])
    """

    def __init__(
        self,
        dim: int,
        *,
        width: int,
        depth: int,
        bound: float,
        generator: torch.Generator,
        gain: float = 1.0,
        dtype: torch.dtype = torch.float32,
    ) -> None:
        """Draw the weights.

        Args:
            dim: The number of coordinates :math:`d`, even.
            width: Hidden units of each network.
            depth: The number of layers.
            bound: The largest magnitude :math:`c` of a log-scale; 0 for an additive
                flow, inf for no bound.
            generator: Where the randomness comes from.
            gain: Standard deviation of the outer weights, times the root of `width`.
            dtype: Floating dtype of the weights.

        Raises:
            ValueError: `dim` is not even and positive, `bound` is negative, or another
                number is not positive and finite.
        """
        super().__init__()
        _check_even(dim)
        check_positive("width", width)
        check_positive("depth", depth)
        check_positive("gain", gain)
        if bound != math.inf:
            check_nonnegative("bound", bound)
        self.bound = bound
        half = dim // 2
        device = generator.device

        def normal(*shape: int, std: float) -> torch.nn.Parameter:
            weights = torch.randn(
                depth, *shape, generator=generator, dtype=dtype, device=device
            )
            return torch.nn.Parameter(std * weights)

        self.inner = normal(half, width, std=1 / math.sqrt(half))
        self.offset = normal(width, std=1.0)
        self.outer = normal(width, dim, std=gain / math.sqrt(width))
        self.shift = torch.nn.Parameter(torch.zeros_like(self.outer[:, 0]))

    def forward(self, x: Tensor) -> Flowed:
        """Take data of shape ``(..., d)`` to noise."""
        log_det = x.new_zeros(x.shape[:-1])
        for layer in range(len(self.inner)):
            x, change = self._couple(layer, x)
            log_det = log_det + change
        return Flowed(x, log_det)

    def inverse(self, z: Tensor) -> Tensor:
        """Take noise of shape ``(..., d)`` to data: the way to sample."""
        for layer in reversed(range(len(self.inner))):
            b, a = z.chunk(2, dim=-1)
            log_scale, shift = self._network(layer, a)
            z = torch.cat([a, (b - shift) * torch.exp(-log_scale)], dim=-1)
        return z

    def layers(self) -> list[Callable[[Tensor], Tensor]]:
        """Return the layers one by one, as maps of points."""

        def layer(number: int) -> Callable[[Tensor], Tensor]:
            return lambda x: self._couple(number, x).point

        return [layer(number) for number in range(len(self.inner))]

    def _couple(self, layer: int, x: Tensor) -> Flowed:
        """What one layer does to points, and to the volume around them."""
        a, b = x.chunk(2, dim=-1)
        log_scale, shift = self._network(layer, a)
        mapped = torch.cat([b * log_scale.exp() + shift, a], dim=-1)
        return Flowed(mapped, log_scale.sum(dim=-1))

    def _network(self, layer: int, a: Tensor) -> tuple[Tensor, Tensor]:
        """Log-scales and shifts that one layer makes of the half it reads."""
        hidden = torch.tanh(a @ self.inner[layer] + self.offset[layer])
        raw, shift = (hidden @ self.outer[layer] + self.shift[layer]).chunk(2, dim=-1)
        if self.bound == 0:
            return torch.zeros_like(raw), shift
        if self.bound == math.inf:
            return raw, shift
        return self.bound * torch.tanh(raw / self.bound), shift


def random_shears(
    count: int, dim: int, *, generator: torch.Generator, gain: float = 1.0
) -> Tensor:
    r"""Jacobians of random linear additive couplings, halves swapped after each.

    .. math:: \begin{pmatrix} A & I \\ I & 0 \end{pmatrix}, \qquad
        A_{ij} \sim \mathcal N(0, 2 \sigma_w^2 / d)

    Each takes :math:`(a, b)` to :math:`(b + A a,\, a)` and has determinant 1 or -1.

    Args:
        count: How many matrices.
        dim: The number of coordinates :math:`d`, even.
        generator: Where the randomness comes from.
        gain: Standard deviation :math:`\sigma_w` of an entry, times :math:`\sqrt{d/2}`.

    Returns:
        The matrices, shape ``(count, dim, dim)``, float64.

    Raises:
        ValueError: `dim` is not even and positive, or `count` or `gain` is not
            positive and finite.

    Source:
        Dinh, Krueger, Bengio (2015), "NICE", section 3.2, with a linear network.

    Example:
        >>> import torch
        >>> rng = torch.Generator().manual_seed(0)
        >>> shears = random_shears(3, 4, gain=2.0, generator=rng)
        >>> torch.linalg.det(shears).abs()
        tensor([1., 1., 1.], dtype=torch.float64)
    """
    check_positive("count", count)
    check_positive("gain", gain)
    _check_even(dim)
    half = dim // 2
    normal = gaussian_matrices(count, half, generator=generator, gain=gain)
    shears = normal.new_zeros(count, dim, dim)
    shears[:, :half, :half] = normal
    shears[:, :half, half:] = shears[:, half:, :half] = torch.eye(
        half, dtype=normal.dtype, device=normal.device
    )
    return shears


def shear_growth_rate(gain: float) -> float:
    r"""Growth rate per layer of the mean square of a vector under random shears.

    .. math:: \Lambda = \tfrac12 \log \frac{\sigma_w^2 + \sqrt{\sigma_w^4 + 4}}{2}

    The mean squares :math:`(u, v)` of the two halves go to
    :math:`(v + \sigma_w^2 u,\, u)`; the larger eigenvalue of this grows twice as fast
    as the norm. The growth of a typical product stays below and approaches it as the
    dimension grows.

    Args:
        gain: The gain :math:`\sigma_w` of `random_shears`.

    Returns:
        The rate :math:`\Lambda`.

    Raises:
        ValueError: `gain` is not positive and finite.

    Source:
        The chapter `normalizing-flows` derives it.

    Example:
        >>> round(shear_growth_rate(1.0), 4)  # half the logarithm of the golden ratio
        0.2406
    """
    check_positive("gain", gain)
    # asinh does not cancel and does not overflow: e^asinh(y) = y + sqrt(y^2 + 1).
    return math.asinh(gain * gain / 2) / 2


def _check_even(dim: int) -> None:
    if dim < 2 or dim % 2:
        raise ValueError(f"dim must be even and positive, got {dim}")
