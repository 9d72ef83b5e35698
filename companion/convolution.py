"""Convolutions as linear maps: their singular values, and bounds on the largest one."""

from collections.abc import Callable

import torch
from torch import Tensor

from companion._checks import check_floating, check_positive
from companion.ensembles import orthogonal_matrices
from companion.linalg import euclidean_norm, spectral_norm

__all__ = [
    "convolution_norm",
    "delta_orthogonal",
    "gram_bound",
    "operator_norm",
    "power_estimates",
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
    return spectral_norm(transfer_matrices(kernel, size=size)).amax()


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


def power_estimates(
    function: Callable[[Tensor], Tensor],
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
        function: The map, from ``(...)`` to ``(...)``.
        x: The point where it is linearized, shape ``(...)``.
        steps: How many estimates.
        generator: Where the first vector comes from.

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
    push, pull = _jacobian_actions(function, x.detach())
    v = _unit(_noise(x, generator))
    estimates = []
    for _ in range(steps):
        image = push(v)
        estimates.append(euclidean_norm(image))
        v = _unit(pull(image))
    return torch.stack(estimates)


def operator_norm(
    function: Callable[[Tensor], Tensor],
    x: Tensor,
    *,
    tolerance: float,
    generator: torch.Generator,
    max_steps: int = 100,
) -> Tensor:
    r"""Norm of a Jacobian that is never formed, by Lanczos bidiagonalization.

    .. math:: J V_t = U_t B_t, \qquad \|B_t\|_2 \le \|J\|_2

    It stops when the residual of the largest triplet, relative to its value, is at
    most `tolerance`: then *some* singular value is that near, and from a random start
    it is the largest one almost surely, if the tolerance is small.

    Args:
        function: The map, from ``(...)`` to ``(...)``: a layer with any padding or
            stride, or a whole network.
        x: The point where it is linearized, shape ``(...)``.
        tolerance: The largest relative residual that ends the iteration.
        generator: Where the first vector comes from.
        max_steps: How many applications of :math:`J` and :math:`J^\top` at most.

    Returns:
        The norm, shape ``()``, a lower bound up to rounding.

    Raises:
        ValueError: `tolerance` or `max_steps` is not positive and finite.
        RuntimeError: The residual is still larger after `max_steps` steps.

    Source:
        Golub, Kahan (1965), "Calculating the singular values and pseudo-inverse of a
        matrix", SIAM J. Numer. Anal. 2, with full reorthogonalization.

    Example:
        >>> import torch
        >>> rng = torch.Generator().manual_seed(0)
        >>> def stretch(x):
        ...     return torch.tensor([3.0, 1.0]) * x
        >>> operator_norm(stretch, torch.zeros(2), tolerance=1e-5, generator=rng)
        tensor(3.0000)
    """
    check_positive("tolerance", tolerance)
    check_positive("max_steps", max_steps)
    push, pull = _jacobian_actions(function, x.detach())
    right = [_unit(_noise(x, generator))]
    left: list[Tensor] = []
    diagonal: list[Tensor] = []
    above: list[Tensor] = []
    for _ in range(max_steps):
        image = _orthogonal_to(left, push(right[-1]))
        diagonal.append(euclidean_norm(image))
        left.append(_unit(image))
        back = _orthogonal_to(right, pull(left[-1]))
        above.append(euclidean_norm(back))
        right.append(_unit(back))
        band = torch.stack(diagonal).diag()
        if above[:-1]:
            band = band + torch.stack(above[:-1]).diag(1)
        u, values, _ = torch.linalg.svd(band)
        residual = above[-1] * u[-1, 0].abs()
        if residual <= tolerance * values[0]:
            norm: Tensor = values[0]
            return norm
    raise RuntimeError(
        f"operator_norm must converge in max_steps={max_steps}, got a relative "
        f"residual of {(residual / values[0]).item():.1e}; raise max_steps"
    )


def delta_orthogonal(
    channels: int,
    *,
    width: int,
    generator: torch.Generator,
    gain: float = 1.0,
    dtype: torch.dtype = torch.float64,
) -> Tensor:
    r"""Kernel that is an orthogonal matrix at its centre and zero around it.

    .. math:: K_u = g \, Q \, [u = \text{centre}], \qquad Q^\top Q = I

    Every singular value of its convolution is :math:`g`, whatever the grid, and for
    circular and zero padding alike.

    Args:
        channels: The number of channels, in and out.
        width: The side :math:`k` of the kernel, odd.
        generator: Where :math:`Q` comes from.
        gain: The factor :math:`g`.
        dtype: Floating dtype of the entries.

    Returns:
        The kernel, shape ``(channels, channels, width, width)``.

    Raises:
        ValueError: `channels`, `width` or `gain` is not positive and finite, or
            `width` is even and so has no centre.

    Source:
        Xiao et al. (2018), "Dynamical isometry and a mean field theory of CNNs",
        Algorithm 1, for as many channels out as in.

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


def _jacobian_actions(
    function: Callable[[Tensor], Tensor], x: Tensor
) -> tuple[Callable[[Tensor], Tensor], Callable[[Tensor], Tensor]]:
    """Return the products with the Jacobian and with its transpose."""
    image, pullback = torch.func.vjp(function, x)[:2]

    def pull(w: Tensor) -> Tensor:
        cotangent: Tensor = pullback(w)[0]
        return cotangent

    # The transpose of the transpose; torch.func.jvp would load torch.jit, which warns.
    transposed = torch.func.vjp(pull, torch.zeros_like(image))[1]

    def push(v: Tensor) -> Tensor:
        tangent: Tensor = transposed(v)[0]
        return tangent

    return push, pull


def _noise(x: Tensor, generator: torch.Generator) -> Tensor:
    return torch.randn(x.shape, generator=generator, dtype=x.dtype, device=x.device)


def _unit(x: Tensor) -> Tensor:
    norm = euclidean_norm(x)
    return x / torch.where(norm > 0, norm, 1.0)


def _orthogonal_to(basis: list[Tensor], x: Tensor) -> Tensor:
    """Remove the parts of `x` along an orthonormal basis; twice is enough."""
    if not basis:
        return x
    rows = torch.stack(basis).flatten(1)
    flat = x.flatten()
    for _ in range(2):
        flat = flat - rows.T @ (rows @ flat)
    return flat.reshape(x.shape)
