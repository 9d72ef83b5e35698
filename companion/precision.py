"""The range of a dtype: how many layers it lasts, and how a scale moves it.

See the chapter `numerical-stability`.
"""

import math

import torch
from torch import Tensor

from companion._checks import check_finite, check_positive

__all__ = ["overflow_depth", "round_scaled", "underflow_depth"]


def overflow_depth(dtype: torch.dtype, *, growth: float, start: float = 1.0) -> int:
    r"""Number of layers after which a growing number becomes infinite in a dtype.

    .. math:: \min \{ L : g\,r^L \ge M \}, \qquad
        M = x_{\max} + \tfrac12 \operatorname{ulp}(x_{\max})

    From :math:`M` on, rounding to nearest gives infinity. Layers round as well, which
    may shift the depth by one, or by a few where the digits are few and the depth is
    large: the chapter has the bound.

    Args:
        dtype: A floating dtype.
        growth: The factor :math:`r > 1` of each layer.
        start: The number :math:`g > 0` before the first layer.

    Returns:
        The depth :math:`L`, at least 0.

    Raises:
        ValueError: `growth` is not above 1 or not finite, or `start` is not positive
            and finite.

    Source:
        IEEE Std 754-2019, section 4.3.1, for the rounding.

    Example:
        >>> import torch
        >>> overflow_depth(torch.float16, growth=2.0)
        16
    """
    check_positive("start", start)
    if not 1 < growth < math.inf:
        raise ValueError(f"growth must be above 1 and finite, got {growth}")
    info = torch.finfo(dtype)
    # ulp(max) = eps * max / (2 - eps); a quotient of logarithms cannot overflow.
    room = math.log(info.max) + math.log1p(info.eps / (2 - info.eps) / 2)
    return _layers(room - math.log(start), math.log(growth))


def underflow_depth(dtype: torch.dtype, *, growth: float, start: float = 1.0) -> int:
    r"""Number of layers after which a shrinking number becomes zero in a dtype.

    .. math:: \min \{ L : g\,r^L \le \tfrac12 x_{\min} \}

    where :math:`x_{\min}` is the smallest subnormal number. Layers round as well: with
    :math:`r > \tfrac12` a number that is rounded at every layer sticks near
    :math:`x_{\min}`. Machines that flush subnormal numbers get to zero earlier.

    Args:
        dtype: A floating dtype.
        growth: The factor :math:`r` of each layer, between 0 and 1.
        start: The number :math:`g > 0` before the first layer.

    Returns:
        The depth :math:`L`, at least 0.

    Raises:
        ValueError: `growth` is not between 0 and 1, or `start` is not positive and
            finite.

    Source:
        IEEE Std 754-2019, section 4.3.1, for the rounding: a tie goes to zero.

    Example:
        >>> import torch
        >>> underflow_depth(torch.float16, growth=0.5)
        25
    """
    check_positive("start", start)
    if not 0 < growth < 1:
        raise ValueError(f"growth must be between 0 and 1, got {growth}")
    info = torch.finfo(dtype)
    room = math.log(start) - math.log(info.smallest_normal) - math.log(info.eps / 2)
    return _layers(room, -math.log(growth))


def round_scaled(x: Tensor, *, dtype: torch.dtype, block: int) -> Tensor:
    r"""Round to a narrow dtype behind one power of two for each block of entries.

    .. math:: \hat x = \operatorname{round}(2^p x) / 2^p, \qquad
        p = \max \{ p : 2^p \max_{i \in \text{block}} |x_i| \le x_{\max} \}

    The scale uses the whole range of the dtype, so no entry overflows; an entry far
    below the largest of its block may become zero.

    Args:
        x: The numbers, shape ``(..., n)``, of a wider dtype than `dtype`.
        dtype: The floating dtype in which the scaled numbers are stored.
        block: How many neighbours along the last dimension share a scale.

    Returns:
        The rounded numbers, scaled back, with the shape and dtype of `x`.

    Raises:
        ValueError: `block` is not a divisor of :math:`n`.
        FloatingPointError: `x` has an infinite or NaN entry.

    Source:
        Rouhani et al. (2023), "Microscaling data formats for deep learning", section 3.
        As in Mishra et al. (2025), "Recipes for pre-training LLMs with MXFP8", the
        largest entry fits; unlike there, every power of two may be a scale.

    Example:
        >>> import torch
        >>> x = torch.tensor([3000.0, 1e-5])
        >>> [round_scaled(x, dtype=torch.float8_e4m3fn, block=b) for b in (2, 1)]
        [tensor([3072.,    0.]), tensor([3.0720e+03, 9.5367e-06])]
    """
    check_finite("x", x)
    if block < 1 or x.shape[-1] % block:
        raise ValueError(f"block must divide {x.shape[-1]}, got {block}")
    blocks = x.reshape(*x.shape[:-1], -1, block)
    room, power = math.frexp(torch.finfo(dtype).max)
    largest = torch.frexp(blocks.abs().amax(dim=-1, keepdim=True))
    # One power less if the leading digits of the largest entry exceed the dtype's.
    exponent = power - largest.exponent - (largest.mantissa > room).int()
    stored = torch.ldexp(blocks, exponent).to(dtype)
    return torch.ldexp(stored.to(x.dtype), -exponent).reshape(x.shape)


def _layers(room: float, rate: float) -> int:
    """Smallest whole number of layers that fill the room, if rounding is forgiven."""
    return max(0, math.ceil(room / rate * (1 - 1e-14)))
