"""How many layers a number may grow or shrink before its dtype has no room for it.

See the chapter `numerical-stability`.
"""

import math

import torch

from companion._checks import check_positive

__all__ = ["overflow_depth", "underflow_depth"]


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


def _layers(room: float, rate: float) -> int:
    """Smallest whole number of layers that fill the room, if rounding is forgiven."""
    return max(0, math.ceil(room / rate * (1 - 1e-14)))
