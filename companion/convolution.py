"""Convolutions as linear maps: their singular values, and bounds on the largest one."""

import torch
from torch import Tensor

from companion._checks import check_floating, check_positive
from companion.ensembles import orthogonal_matrices
from companion.linalg import spectral_norm

__all__ = [
    "convolution_norm",
    "delta_orthogonal",
    "gram_bound",
    "transfer_matrices",
]


def transfer_matrices(kernel: Tensor, *, size: int) -> Tensor:
    r"""Matrices by which a circular convolution acts on each Fourier mode.

    .. math:: A_f = \sum_u K_u \, e^{2 \pi i \langle f, u \rangle / n},
        \qquad f \in \{0, \dots, n - 1\}^2

    The singular values of the convolution on an :math:`n \times n` grid are those of
    all :math:`A_f` together. Where the kernel is centred only multiplies :math:`A_f`
    by a phase.

    Args:
        kernel: The kernel :math:`K`, shape ``(C_out, C_in, k, k)``, as `torch.nn.
            functional.conv2d` takes it, without groups, floating point.
        size: The side :math:`n` of the grid, at least :math:`k`.

    Returns:
        The matrices, shape ``(n, n, C_out, C_in)``, complex.

    Raises:
        TypeError: `kernel` is no floating-point tensor.
        ValueError: `kernel` has another shape, or is larger than the grid.

    Source:
        Sedghi, Gupta, Long (2019), "The singular values of convolutional layers",
        Theorem 6.

    Example:
        >>> import torch
        >>> box = torch.ones(1, 1, 3, 3, dtype=torch.float64)
        >>> transfer_matrices(box, size=4)[0, 0].real  # the sum of the taps
        tensor([[9.]], dtype=torch.float64)
    """
    check_floating("kernel", kernel)
    if kernel.ndim != 4 or kernel.shape[2] != kernel.shape[3] or not kernel.numel():
        shape = tuple(kernel.shape)
        raise ValueError(f"kernel must have shape (C_out, C_in, k, k), got {shape}")
    if size < kernel.shape[-1]:
        raise ValueError(f"size must be at least {kernel.shape[-1]}, got {size}")
    modes: Tensor = torch.fft.fft2(kernel, s=(size, size)).conj()
    return modes.permute(2, 3, 0, 1)


def convolution_norm(kernel: Tensor, *, size: int) -> Tensor:
    r"""Largest singular value of a circular convolution.

    .. math:: \|K *\|_2 = \max_f \|A_f\|_2

    Args:
        kernel: The kernel :math:`K`, shape ``(C_out, C_in, k, k)``, floating point.
        size: The side :math:`n` of the grid, at least :math:`k`.

    Returns:
        The norm, shape ``()``, real.

    Raises:
        TypeError: `kernel` is no floating-point tensor.
        ValueError: `kernel` has another shape, or is larger than the grid.

    Source:
        Sedghi, Gupta, Long (2019), "The singular values of convolutional layers",
        Theorem 6.

    Example:
        >>> import torch
        >>> convolution_norm(torch.ones(1, 1, 3, 3, dtype=torch.float64), size=4)
        tensor(9., dtype=torch.float64)
    """
    half = transfer_matrices(kernel, size=size)[: size // 2 + 1]
    return spectral_norm(half).amax()  # the others are complex conjugates of these


def gram_bound(matrix: Tensor, *, steps: int) -> Tensor:
    r"""Upper bound on the largest singular value, by squaring a matrix repeatedly.

    .. math:: \|A\|_2 \le \|G_t\|_F^{1 / 2^t}, \qquad
        G_0 = A, \quad G_{j+1} = G_j^* G_j

    The bound is at most :math:`r^{1 / 2^{t + 1}}` too large for rank :math:`r`. Each
    :math:`G_j` is divided by its norm, so that no power overflows.

    Args:
        matrix: The matrices :math:`A`, shape ``(..., m, n)``, real or complex.
        steps: How often :math:`t` to square.

    Returns:
        The bounds, shape ``(...)``, real; right up to rounding.

    Raises:
        ValueError: `steps` is not positive.

    Source:
        Delattre, Barthélemy, Araujo, Allauzen (2023), "Efficient bound of Lipschitz
        constant for convolutional layers by Gram iteration", Algorithm 1. The
        convolution's bound is the largest over its transfer matrices.

    Example:
        >>> import torch
        >>> A = torch.diag(torch.tensor([2.0, 1.0]))
        >>> gram_bound(A, steps=1), gram_bound(A, steps=4)
        (tensor(2.0305), tensor(2.))
    """
    check_positive("steps", steps)
    largest = matrix.detach().abs().amax(dim=(-2, -1))
    unit = torch.where(largest > 0, largest, 1.0)  # squares of huge entries overflow
    matrix = matrix / unit[..., None, None]
    power, log_bound = 1.0, torch.zeros_like(unit)
    for step in range(steps + 1):
        if step:
            matrix, power = matrix.mH @ matrix, power / 2
        size = torch.linalg.matrix_norm(matrix)
        log_bound = log_bound + power * size.log()
        matrix = matrix / torch.where(size > 0, size, 1.0)[..., None, None]
    return unit * log_bound.exp()


def delta_orthogonal(
    channels: int,
    *,
    width: int,
    generator: torch.Generator,
    gain: float = 1.0,
    dtype: torch.dtype = torch.float64,
) -> Tensor:
    r"""Kernel that is an orthogonal matrix at its centre and zero around it.

    .. math:: K_u = \sigma_w \, Q \, [u = \text{centre}], \qquad Q^\top Q = I

    Every singular value of its convolution is :math:`\sigma_w`, whatever the grid, for
    circular and zero padding alike.

    Args:
        channels: The number of channels, in and out.
        width: The side :math:`k` of the kernel, odd.
        generator: Where :math:`Q` comes from.
        gain: The factor :math:`\sigma_w`.
        dtype: Floating dtype of the entries.

    Returns:
        The kernel, shape ``(channels, channels, width, width)``.

    Raises:
        ValueError: `channels`, `width` or `gain` is not positive and finite, or
            `width` is even and so has no centre.

    Source:
        Xiao et al. (2018), "Dynamical isometry and a mean field theory of CNNs",
        Algorithm 2, for as many channels out as in.

    Example:
        >>> import torch
        >>> rng = torch.Generator().manual_seed(0)
        >>> kernel = delta_orthogonal(4, width=3, generator=rng)
        >>> round(convolution_norm(kernel, size=5).item(), 6)
        1.0
    """
    check_positive("width", width)
    if width % 2 == 0:
        raise ValueError(f"width must be odd, got {width}")
    (centre,) = orthogonal_matrices(
        1, channels, generator=generator, gain=gain, dtype=dtype
    )
    kernel: Tensor = centre.new_zeros(channels, channels, width, width)
    kernel[:, :, width // 2, width // 2] = centre
    return kernel
