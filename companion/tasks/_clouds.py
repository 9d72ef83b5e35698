"""Clouds of points, and how far one is from another."""

import math

import torch
from torch import Tensor

from companion._checks import check_positive


def two_moons(count: int, *, noise: float = 0.08, generator: torch.Generator) -> Tensor:
    r"""Points on two interleaved half circles, with Gaussian noise.

    .. math:: (\cos\varphi,\, \sin\varphi) \ \text{ or } \
        (1 - \cos\varphi,\, \tfrac12 - \sin\varphi),
        \qquad \varphi \in [0, \pi]

    The cloud is then centred: its mean is near :math:`(0, 0)`.

    Args:
        count: How many points.
        noise: Standard deviation of the noise around the half circles.
        generator: Where the randomness comes from.

    Returns:
        The points, shape ``(count, 2)``, float32.

    Raises:
        ValueError: `count` or `noise` is not positive and finite.

    Source:
        The data of ``sklearn.datasets.make_moons``, moved to its mean.

    Example:
        >>> import torch
        >>> two_moons(5, generator=torch.Generator().manual_seed(0)).shape
        torch.Size([5, 2])
    """
    check_positive("count", count)
    check_positive("noise", noise)
    device = generator.device
    angle = math.pi * torch.rand(count, generator=generator, device=device)
    lower = torch.rand(count, generator=generator, device=device) < 0.5
    x = torch.where(lower, 1 - angle.cos(), angle.cos())
    y = torch.where(lower, 0.5 - angle.sin(), angle.sin())
    arcs = torch.stack([x - 0.5, y - 0.25], dim=1)
    return arcs + noise * torch.randn(count, 2, generator=generator, device=device)


def energy_distance(x: Tensor, y: Tensor) -> Tensor:
    r"""How far two samples are apart: zero in expectation if their laws agree.

    .. math:: 2\,E\|X - Y\|_2 - E\|X - X'\|_2 - E\|Y - Y'\|_2

    The means run over pairs of different points, so that the estimate is unbiased;
    it may be negative.

    Args:
        x: First sample, shape ``(m, d)``, or several, shape ``(..., m, d)``.
        y: Second sample, shape ``(n, d)``.

    Returns:
        The distance of each first sample from the second, shape ``(...)``.

    Raises:
        ValueError: A sample has fewer than two points.

    Source:
        Székely, Rizzo (2013), "Energy statistics: a class of statistics based on
        distances", J. Stat. Plan. Inference 143.

    Example:
        >>> import torch
        >>> near, far = torch.zeros(2, 1), torch.full((2, 1), 3.0)
        >>> energy_distance(near, far)
        tensor(6.)
    """
    for name, sample in (("x", x), ("y", y)):
        if (count := sample.shape[-2]) < 2:
            raise ValueError(f"{name} must have two points or more, got {count}")
    across = torch.cdist(x, y).mean(dim=(-2, -1))
    return 2 * across - _mean_gap(x) - _mean_gap(y)


def _mean_gap(x: Tensor) -> Tensor:
    """Mean distance of two different points of one sample, or of each of several."""
    count = x.shape[-2]
    return torch.cdist(x, x).sum(dim=(-2, -1)) / (count * (count - 1))
