"""Random matrices of a known law. Every sampler draws from the generator it is given.

The matrices live on the generator's device.
"""

import math

import torch
from torch import Tensor

from companion._checks import check_nonnegative, check_positive

__all__ = [
    "gaussian_exponents",
    "gaussian_matrices",
    "orthogonal_matrices",
    "with_singular_values",
    "with_spectral_radius",
]


def gaussian_exponents(width: int, *, gain: float) -> Tensor:
    r"""Growth rates of a product of independent `gaussian_matrices`, exactly.

    .. math:: \lambda_i = \log \sigma_w + \tfrac12 \Bigl(\log \tfrac2n
        + \psi\bigl(\tfrac{n - i}{2}\bigr)\Bigr), \qquad i = 0, \dots, n - 1

    with the digamma function :math:`\psi`. At any depth :math:`L` the estimate of
    `jacobians.growth_exponents`, before it sorts, has these means and the variances
    :math:`\psi'((n - i)/2) / (4L)`.

    Args:
        width: The size :math:`n` of the matrices.
        gain: Standard deviation :math:`\sigma_w` of an entry, times :math:`\sqrt n`.

    Returns:
        The exponents, largest first, shape ``(width,)``, float64.

    Raises:
        ValueError: `width` or `gain` is not positive and finite.

    Source:
        Newman (1986), "The distribution of Lyapunov exponents: exact results for
        random matrices", Commun. Math. Phys. 103.

    Example:
        >>> gaussian_exponents(2, gain=1.0)  # the first is minus half of Euler's gamma
        tensor([-0.2886, -0.9818], dtype=torch.float64)
    """
    check_positive("width", width)
    check_positive("gain", gain)
    half = torch.arange(width, 0, -1, dtype=torch.float64) / 2
    return math.log(gain) + (math.log(2 / width) + torch.digamma(half)) / 2


def gaussian_matrices(
    count: int,
    width: int,
    *,
    generator: torch.Generator,
    gain: float = 1.0,
    dtype: torch.dtype = torch.float64,
) -> Tensor:
    r"""Square matrices with independent Gaussian entries.

    .. math:: W_{ij} \sim \mathcal N(0, \sigma_w^2 / n)

    As the width grows, the eigenvalues fill the disc of radius :math:`\sigma_w` and the
    spectral norm tends to :math:`2g`.

    Args:
        count: How many matrices.
        width: Their size :math:`n`.
        generator: Where the randomness comes from.
        gain: Standard deviation :math:`\sigma_w` of an entry, times :math:`\sqrt n`.
        dtype: Floating dtype of the entries.

    Returns:
        The matrices, shape ``(count, width, width)``.

    Raises:
        ValueError: `count`, `width` or `gain` is not positive and finite.

    Source:
        Ginibre (1965), "Statistical ensembles of complex, quaternion, and real
        matrices", J. Math. Phys. 6.

    Example:
        >>> import torch
        >>> rng = torch.Generator().manual_seed(0)
        >>> gaussian_matrices(3, 2, generator=rng, gain=1.5).shape
        torch.Size([3, 2, 2])
    """
    check_positive("count", count)
    check_positive("width", width)
    check_positive("gain", gain)
    normal = torch.randn(
        count, width, width, generator=generator, dtype=dtype, device=generator.device
    )
    return gain / math.sqrt(width) * normal


def orthogonal_matrices(
    count: int,
    width: int,
    *,
    generator: torch.Generator,
    gain: float = 1.0,
    dtype: torch.dtype = torch.float64,
) -> Tensor:
    r"""Orthogonal matrices, uniformly distributed (Haar measure), times a gain.

    .. math:: W^\top W = \sigma_w^2 I

    Args:
        count: How many matrices.
        width: Their size :math:`n`.
        generator: Where the randomness comes from.
        gain: The factor :math:`\sigma_w`, which every singular value equals.
        dtype: Floating dtype of the entries.

    Returns:
        The matrices, shape ``(count, width, width)``.

    Raises:
        ValueError: `count`, `width` or `gain` is not positive and finite.

    Source:
        Mezzadri (2007), "How to generate random matrices from the classical compact
        groups", Notices AMS 54, "A correct and efficient algorithm": the QR factor of a
        Gaussian matrix is Haar distributed only once the signs of the diagonal of R are
        made positive.

    Example:
        >>> import torch
        >>> rng = torch.Generator().manual_seed(0)
        >>> (Q,) = orthogonal_matrices(1, 4, generator=rng)
        >>> torch.allclose(Q.T @ Q, torch.eye(4, dtype=torch.float64))
        True
    """
    check_positive("gain", gain)
    normal = gaussian_matrices(count, width, generator=generator, dtype=dtype)
    frame, triangle = torch.linalg.qr(normal)
    signs = triangle.diagonal(dim1=-2, dim2=-1).sgn()
    haar: Tensor = frame * signs.unsqueeze(-2)
    return gain * haar


def with_singular_values(
    values: Tensor,
    *,
    generator: torch.Generator,
    dtype: torch.dtype = torch.float64,
) -> Tensor:
    r"""Matrices with given singular values and otherwise uniformly random.

    .. math:: W = U \operatorname{diag}(\sigma) V^\top

    where :math:`U` and :math:`V` are independent and Haar distributed.

    Args:
        values: The singular values :math:`\sigma`, shape ``(..., n)``, in any order.
        generator: Where the randomness comes from.
        dtype: Floating dtype of the entries; `values` are converted to it.

    Returns:
        The matrices, shape ``(..., n, n)``.

    Raises:
        ValueError: `values` has no dimension, or an entry that is negative, infinite
            or NaN.

    Source:
        Higham (2002), "Accuracy and Stability of Numerical Algorithms", section 28.3
        (randsvd).

    Example:
        >>> import torch
        >>> rng = torch.Generator().manual_seed(0)
        >>> W = with_singular_values(torch.tensor([2.0, 0.5]), generator=rng)
        >>> torch.linalg.svdvals(W)
        tensor([2.0000, 0.5000], dtype=torch.float64)
    """
    if values.ndim == 0:
        raise ValueError("values must have shape (..., n), got shape ()")
    check_nonnegative("values", values)
    shape = (*values.shape, values.shape[-1])
    count, width = math.prod(values.shape[:-1]), values.shape[-1]
    left, right = (
        orthogonal_matrices(count, width, generator=generator, dtype=dtype)
        for _ in range(2)
    )
    stretched = left.reshape(shape) * values.to(left).unsqueeze(-2)
    return stretched @ right.reshape(shape)


def with_spectral_radius(
    count: int,
    width: int,
    *,
    radius: float,
    generator: torch.Generator,
    dtype: torch.dtype = torch.float64,
) -> Tensor:
    r"""Gaussian matrices, each rescaled to exactly the given spectral radius.

    .. math:: W = \frac{r}{\rho(A)} A, \qquad A_{ij} \sim \mathcal N(0, 1/n)

    Args:
        count: How many matrices.
        width: Their size :math:`n`.
        radius: The spectral radius :math:`r`.
        generator: Where the randomness comes from.
        dtype: Floating dtype of the entries.

    Returns:
        The matrices, shape ``(count, width, width)``.

    Raises:
        ValueError: `count`, `width` or `radius` is not positive and finite.

    Source:
        Jaeger (2001), 'The "echo state" approach to analysing and training recurrent
        neural networks', GMD Report 148.

    Example:
        >>> import torch
        >>> rng = torch.Generator().manual_seed(0)
        >>> W = with_spectral_radius(2, 5, radius=0.9, generator=rng)
        >>> torch.linalg.eigvals(W).abs().amax(dim=-1)
        tensor([0.9000, 0.9000], dtype=torch.float64)
    """
    check_positive("radius", radius)
    normal = gaussian_matrices(count, width, generator=generator, dtype=dtype)
    radii: Tensor = torch.linalg.eigvals(normal).abs().amax(dim=-1)
    return normal * (radius / radii)[:, None, None]
