"""Numbers with a spread: how they print, and what is refused."""

import math
import re

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from companion.uncertainty import Uncertain, uncertain

sizes = st.floats(-300, 300).map(lambda power: 10.0**power)


@pytest.mark.parametrize(
    ("value", "spread", "shown"),
    [
        (15.2, 3.1, "15 ± 3"),
        (15.2, 1.4, "15.2 ± 1.4"),
        (15.2, 0.96, "15.2 ± 1.0"),
        (15.2, 0.94, "15.2 ± 0.9"),
        (-12345, 300, "-12300 ± 300"),
        (15, 96, "20 ± 100"),
        (-0.04, 3, "0 ± 3"),
        (0.0, 0.02, "0.00 ± 0.02"),
        (1_234_567, 3e4, "1.23e+6 ± 3e+4"),
        (9.9996e-7, 3e-10, "1.0000e-6 ± 3e-10"),
        (0.5, 3e6, "0e+6 ± 3e+6"),
        (1e300, 1.2e299, "1.00e+300 ± 1.2e+299"),
    ],
)
def test_prints_no_digit_beyond_the_spread(value, spread, shown):
    assert repr(uncertain(value, spread)) == shown


@given(st.floats(-1e300, 1e300), sizes)
def test_what_is_printed_is_within_half_of_the_last_digit(value, spread):
    shown = [float(part) for part in repr(Uncertain(value, spread)).split(" ± ")]
    # One digit of the spread is 2 or more, or there are two: a quarter of it at most.
    rounding = 0.25 * spread + 1e-12 * abs(value)
    assert abs(shown[0] - value) <= rounding
    assert abs(shown[1] - spread) <= rounding


def test_several_print_as_a_list():
    assert str(uncertain([15.2, 20.4], [3.1, 4.2])) == "[15 ± 3, 20 ± 4]"
    values = torch.tensor([15.2, 20.4], requires_grad=True)
    assert str(uncertain(values, 3)) == "[15 ± 3, 20 ± 3]"
    assert str(uncertain(values, torch.tensor([3, 4]))) == "[15 ± 3, 20 ± 4]"
    assert uncertain([], 1.0) == []


def test_a_scalar_tensor_is_a_number():
    assert uncertain(torch.tensor(0.5), torch.tensor(0.25)) == Uncertain(0.5, 0.25)


@pytest.mark.parametrize("spread", [0.0, -1.0, math.inf, math.nan])
def test_refuses_no_spread(spread):
    message = "^spread must be positive and finite, got "
    with pytest.raises(ValueError, match=message):
        uncertain(1.0, spread)
    with pytest.raises(ValueError, match=message):
        uncertain([1.0, 2.0], [1.0, spread])


@pytest.mark.parametrize("value", [math.inf, math.nan])
def test_refuses_what_has_no_last_digit(value):
    with pytest.raises(FloatingPointError, match=r"^value has 1 non-finite of 2"):
        uncertain([1.0, value], 1.0)


@pytest.mark.parametrize(
    ("value", "spread", "message"),
    [
        ([[1.0]], 1.0, "value must be () or (n,), got shape (1, 1)"),
        (1.0, [1.0], "spread must be (), got shape (1,)"),
        ([1.0, 2.0], [1.0], "spread must be () or the shape of value, got shape (1,)"),
    ],
)
def test_refuses_another_shape(value, spread, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        uncertain(value, spread)
