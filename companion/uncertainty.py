"""Numbers that depend on the machine, shown with what they may vary by.

What is trained, chaotic or counted at a cliff differs from one processor to the next.
It is shown as an experiment shows it, and two such numbers agree if each lies in the
interval of the other.
"""

from collections.abc import Sequence
from decimal import Context, Decimal
from typing import NamedTuple, overload

import torch
from torch import Tensor

from companion._checks import check_finite, check_positive

__all__ = ["Uncertain", "uncertain"]

_ALL_DIGITS = Context(prec=700)  # from the largest float64 to the smallest


class Uncertain(NamedTuple):
    """A number that prints with its spread and no digit beyond it."""

    value: float
    """The number."""
    spread: float
    """How far another run, or another machine, may be away from it."""

    def __repr__(self) -> str:
        """The number and its spread, such as ``15 ± 3``."""
        place = _last_place(self.spread)
        plain = place > -6 and max(abs(self.value), self.spread) < 1e6
        value, spread = (_rounded(x, place, plain=plain) for x in self)
        return f"{value} ± {spread}"


@overload
def uncertain(value: float, spread: float) -> Uncertain: ...


@overload
def uncertain(
    value: Tensor | Sequence[float], spread: float | Tensor | Sequence[float]
) -> list[Uncertain]: ...


def uncertain(
    value: float | Tensor | Sequence[float],
    spread: float | Tensor | Sequence[float],
) -> Uncertain | list[Uncertain]:
    r"""Show numbers with their spread: no digit beyond it is printed.

    A spread has one digit, two if the first is a 1. It comes from runs with other
    seeds and other kernels: two runs of standard deviation :math:`\sigma` are
    :math:`\sqrt2\,\sigma` apart, so let it be :math:`4\sigma` or more where the numbers
    of two machines shall agree.

    Args:
        value: The number, or several, shape ``()`` or ``(n,)``.
        spread: How far another run may be away, shape ``()`` for one that holds for
            all, or ``(n,)``.

    Returns:
        The number with its spread; of a tensor of shape ``(n,)`` or a sequence, a list.

    Raises:
        ValueError: `spread` is not positive and finite, `value` has more than one
            dimension, or `spread` another shape.
        FloatingPointError: `value` is infinite or NaN.

    Source:
        Joint Committee for Guides in Metrology (2008), "Evaluation of measurement
        data: guide to the expression of uncertainty in measurement", section 7.2.6.

    Example:
        >>> uncertain(15.2, 3.1)
        15 ± 3
        >>> uncertain([14.73, 0.5], 0.12)
        [14.73 ± 0.12, 0.50 ± 0.12]
    """
    values = torch.as_tensor(value, dtype=torch.float64, device="cpu").detach()
    spreads = torch.as_tensor(spread, dtype=torch.float64, device="cpu").detach()
    check_finite("value", values)
    check_positive("spread", spreads)
    if values.ndim > 1:
        raise ValueError(f"value must be () or (n,), got shape {tuple(values.shape)}")
    if spreads.shape not in ((), values.shape):
        rule = "() or the shape of value" if values.ndim else "()"
        raise ValueError(f"spread must be {rule}, got shape {tuple(spreads.shape)}")
    spreads = spreads.broadcast_to(values.shape)
    if values.ndim == 0:
        return Uncertain(values.item(), spreads.item())
    pairs = zip(values.tolist(), spreads.tolist(), strict=True)
    return [Uncertain(*pair) for pair in pairs]


def _last_place(spread: float) -> int:
    """The power of ten of the last digit that a spread has."""
    digit, exponent = f"{spread:.0e}".split("e")
    # Of 1.4, one digit would take away a third.
    return int(exponent) - (digit == "1")


def _rounded(x: float, place: int, *, plain: bool) -> str:
    """A number up to a power of ten."""
    exact = Decimal(x).quantize(Decimal((0, (1,), place)), context=_ALL_DIGITS)
    exact = abs(exact) if exact.is_zero() else exact  # no minus zero
    return f"{exact:f}" if plain else f"{exact:e}"
