"""Norms and spectra of tensors, right also where the textbook formula overflows.

These are kernels: they check shapes but not values, they are branch-free on values,
and so they can be differentiated and mapped by `torch.func`.
"""

import torch
from torch import Tensor

from companion._checks import check_same_shape, check_square

__all__ = [
    "condition_number",
    "cosine_similarity",
    "euclidean_norm",
    "spectral_norm",
    "spectral_radius",
]


def euclidean_norm(x: Tensor) -> Tensor:
    r"""Euclidean norm of all entries of a tensor, without overflow or underflow.

    .. math:: \|x\|_2 = s \, \|x / s\|_2, \qquad s = \max_i |x_i|

    Dividing by the largest magnitude first keeps every square at most one, so the
    norm is finite whenever its dtype can hold it. Half precision is computed in
    float32 and rounded once. The gradient at zero is zero, a subgradient.

    Args:
        x: Tensor of any shape ``(...)``, floating point.

    Returns:
        The norm, shape ``()``, dtype and device of `x`: 0 if `x` has no entry, inf or
        NaN if `x` has such an entry.

    Source:
        Blue (1978), "A portable Fortran program to find the Euclidean norm of a
        vector", ACM TOMS 4. His program scales only when it must; this one always.

    Example:
        >>> import torch
        >>> x = torch.tensor([3e20, 4e20])  # float32: the squares overflow
        >>> torch.linalg.vector_norm(x), euclidean_norm(x)
        (tensor(inf), tensor(5.0000e+20))
    """
    unit, scaled = _scaled(x)
    norm: Tensor = unit * torch.linalg.vector_norm(scaled)
    return norm.to(x.dtype)


def cosine_similarity(x: Tensor, y: Tensor) -> Tensor:
    r"""Cosine of the angle between two tensors, each read as one long vector.

    .. math:: \cos(x, y) = \frac{\langle x, y \rangle}{\|x\|_2 \, \|y\|_2}

    Args:
        x: First tensor, shape ``(...)``, floating point.
        y: Second tensor, of the same shape ``(...)``.

    Returns:
        The cosine, shape ``()``, in [-1, 1] up to rounding; NaN if one of the two is
        zero, because zero has no direction.

    Raises:
        ValueError: The shapes differ.

    Source:
        Horn, Johnson (2013), "Matrix Analysis", section 0.6. Unlike
        `torch.nn.functional.cosine_similarity`, no epsilon bounds the norms from
        below, and their squares do not overflow.

    Example:
        >>> import torch
        >>> cosine_similarity(torch.tensor([1e-30, 0.0]), torch.tensor([1e30, 1e30]))
        tensor(0.7071)
    """
    check_same_shape("y", y, x.shape)
    _, u = _scaled(x)
    _, v = _scaled(y)
    lengths = torch.linalg.vector_norm(u) * torch.linalg.vector_norm(v)
    cosine: Tensor = torch.sum(u * v) / lengths
    return cosine.to(x.dtype)


def spectral_norm(matrix: Tensor) -> Tensor:
    r"""Largest singular value: the most that a matrix can stretch a vector.

    .. math:: \|A\|_2 = \max_{x \ne 0} \frac{\|Ax\|_2}{\|x\|_2} = \sigma_{\max}(A)

    Args:
        matrix: The matrices :math:`A`, shape ``(..., m, n)``.

    Returns:
        The norms, shape ``(...)``.

    Source:
        Horn, Johnson (2013), "Matrix Analysis", section 5.6.

    Example:
        >>> import torch
        >>> spectral_norm(torch.tensor([[0.0, 2.0], [0.0, 0.0]]))  # spectral radius 0
        tensor(2.)
    """
    values: Tensor = torch.linalg.svdvals(matrix)
    return values.amax(dim=-1)


def spectral_radius(matrix: Tensor) -> Tensor:
    r"""Largest modulus of an eigenvalue: the growth rate of the powers of a matrix.

    .. math:: \rho(A) = \max_i |\lambda_i(A)| = \lim_{k \to \infty} \|A^k\|_2^{1/k}

    Args:
        matrix: The matrices :math:`A`, shape ``(..., n, n)``.

    Returns:
        The radii, shape ``(...)``, real.

    Raises:
        ValueError: `matrix` is not square.

    Source:
        Horn, Johnson (2013), "Matrix Analysis", definition 1.2.9; the limit is
        Gelfand's formula, corollary 5.6.14.

    Example:
        >>> import torch
        >>> spectral_radius(torch.tensor([[0.0, 2.0], [0.0, 0.0]]))  # spectral norm 2
        tensor(0.)
    """
    check_square("matrix", matrix)
    eigenvalues: Tensor = torch.linalg.eigvals(matrix)
    return eigenvalues.abs().amax(dim=-1)


def condition_number(matrix: Tensor) -> Tensor:
    r"""Ratio of the largest to the smallest singular value.

    .. math:: \kappa(A) = \sigma_{\max}(A) / \sigma_{\min}(A)

    Args:
        matrix: The matrices :math:`A`, shape ``(..., n, n)``.

    Returns:
        The condition numbers, shape ``(...)``, at least 1; inf if the smallest
        singular value is zero. Beyond ``1 / eps`` of the dtype, a computed value says
        only that the matrix cannot be told from a singular one.

    Raises:
        ValueError: `matrix` is not square.

    Source:
        Horn, Johnson (2013), "Matrix Analysis", section 5.8. Unlike
        `torch.linalg.cond`, the zero matrix has inf, not NaN.

    Example:
        >>> import torch
        >>> condition_number(torch.diag(torch.tensor([2.0, 0.5])))
        tensor(4.)
        >>> condition_number(torch.zeros(2, 2))
        tensor(inf)
    """
    check_square("matrix", matrix)
    values = torch.linalg.svdvals(matrix)
    largest, smallest = values.amax(dim=-1), values.amin(dim=-1)
    return torch.where(smallest > 0, largest / smallest, torch.inf)


def _scaled(x: Tensor) -> tuple[Tensor, Tensor]:
    """Return the largest magnitude and `x` divided by it, in float32 at least."""
    wide = x.to(torch.promote_types(x.dtype, torch.float32))
    if x.numel() == 0:
        return wide.new_ones(()), wide
    largest = wide.detach().abs().amax()
    unit = torch.where((largest > 0) & largest.isfinite(), largest, 1.0)
    return unit, wide / unit
