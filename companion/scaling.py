"""How loud a residual branch may be: a guarantee, a mean square, the norm of a block.

See the chapter `residual-connections`.
"""

from torch import Tensor

from companion._checks import check_floating, check_nonnegative, check_positive

__all__ = [
    "identity_plus_gaussian_norm",
    "scaled_residual_bound",
    "variance_preserving_scale",
]


def scaled_residual_bound(
    depth: int, *, alpha: float, beta: float, lipschitz: float
) -> float:
    r"""Bound the gain of a stack of scaled residual layers in the worst case.

    .. math:: \|J_L \cdots J_1\|_2 \le (|1 - \beta| + \alpha K)^L, \qquad
        x_{l+1} = (1 - \beta)\,x_l + \alpha f_l(x_l), \quad \operatorname{Lip} f_l \le K

    It is attained: by :math:`f_l(x) = K x` if :math:`\beta \le 1`, by
    :math:`f_l(x) = -K x` if not.

    Args:
        depth: The number :math:`L` of layers.
        alpha: The factor :math:`\alpha` of the branch; zero or more.
        beta: What is taken from the path around, :math:`\beta`; zero or more.
        lipschitz: The Lipschitz constant :math:`K` of every branch; zero or more.

    Returns:
        The bound.

    Raises:
        ValueError: `depth` is not positive, another argument negative or not finite.

    Source:
        Submultiplicativity of the norm; the chapter `residual-connections` shows what
        the guarantee costs.

    Example:
        >>> scaled_residual_bound(50, alpha=0.5, beta=0.5, lipschitz=1.0)
        1.0
    """
    check_positive("depth", depth)
    for name, value in (("alpha", alpha), ("beta", beta), ("lipschitz", lipschitz)):
        check_nonnegative(name, value)
    return float((abs(1 - beta) + alpha * lipschitz) ** depth)


def variance_preserving_scale(beta: Tensor, *, gain: float) -> Tensor:
    r"""Scale of a branch at which a residual layer keeps the mean square.

    .. math:: (1 - \beta)^2 + \alpha^2 \sigma^2 = 1 \iff
        \alpha = \frac{\sqrt{2\beta - \beta^2}}{\sigma}

    Args:
        beta: What is taken from the path around, :math:`\beta` in [0, 1], shape
            ``(...)``, floating point.
        gain: Root-mean-square gain :math:`\sigma` of the branch's Jacobian; positive.

    Returns:
        The scales :math:`\alpha`, shape ``(...)``.

    Raises:
        ValueError: `beta` is not in [0, 1], or `gain` not positive and finite.
        TypeError: `beta` is no floating-point tensor.

    Source:
        The chapter `residual-connections` derives it for branches whose Jacobians
        are independent and have mean zero.

    Example:
        >>> import torch
        >>> variance_preserving_scale(torch.tensor([0.0, 0.5, 1.0]), gain=2.0)
        tensor([0.0000, 0.4330, 0.5000])
    """
    check_floating("beta", beta)
    check_nonnegative("beta", beta)
    check_positive("gain", gain)
    if (beta > 1).any():
        raise ValueError(f"beta must lie in [0, 1], got {beta.max().item()}")
    scale: Tensor = (beta * (2 - beta)).sqrt() / gain
    return scale


def identity_plus_gaussian_norm(scale: Tensor) -> Tensor:
    r"""Spectral norm of the identity plus a large Gaussian matrix.

    .. math:: \|I + aG\|_2 \to \sqrt u \, \Bigl(1 + \frac{a^2}{u - 1}\Bigr), \qquad
        u = \frac{2 + a^2 + a \sqrt{a^2 + 8}}{2}, \quad G_{ij} \sim \mathcal N(0, 1/n)

    As :math:`a \to 0` it is :math:`1 + \sqrt 2\, a` to first order, and as :math:`a`
    grows it nears :math:`2a`, the norm of the Gaussian part alone.

    Args:
        scale: The factors :math:`a`, zero or more, shape ``(...)``, floating point.

    Returns:
        The limits as :math:`n \to \infty`, shape ``(...)``.

    Raises:
        ValueError: `scale` is negative or not finite.
        TypeError: `scale` is no floating-point tensor.

    Source:
        The right edge of the free convolution of a semicircle and two point masses at
        -1 and 1; the chapter `residual-connections` derives it.

    Example:
        >>> import torch
        >>> identity_plus_gaussian_norm(torch.tensor([0.0, 1.0]))  # sqrt(27 / 4)
        tensor([1.0000, 2.5981])
    """
    check_floating("scale", scale)
    check_nonnegative("scale", scale)
    # With u - 1 = a c, c = (a + sqrt(a^2 + 8)) / 2, nothing divides by zero at a = 0.
    slope = (scale + (scale**2 + 8).sqrt()) / 2
    edge: Tensor = (1 + scale * slope).sqrt() * (1 + scale / slope)
    return edge
