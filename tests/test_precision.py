"""Depths of overflow and underflow, by running them."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.testing import assert_close

from companion.precision import overflow_depth, round_scaled, underflow_depth


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32])
@pytest.mark.parametrize("start", [2.0**-5, 1.0, 8.0])
def test_powers_of_two_overflow_and_underflow_where_predicted(dtype, start):
    # A power of two is multiplied exactly, so the depth is exact.
    for depth in (
        overflow_depth(dtype, growth=2.0, start=start),
        -underflow_depth(dtype, growth=0.5, start=start),
    ):
        sign = 1 if depth > 0 else -1
        last, end = (
            torch.tensor(start * 2.0**k, dtype=torch.float64).to(dtype)
            for k in (depth - sign, depth)
        )
        # Machines that flush subnormal float32 numbers give zero before.
        flushes = dtype is not torch.float16 and depth < 0
        assert last.isfinite()
        assert last > 0 or flushes
        assert end == (math.inf if depth > 0 else 0)


@pytest.mark.parametrize(
    ("dtype", "growth", "depth"),
    [
        (torch.float16, 1.5, 28),
        (torch.float32, 1.5, 219),
        (torch.float32, 2.0, 128),
        (torch.float64, 1.5, 1751),
        (torch.float64, 2.0, 1024),
    ],
)
def test_overflow_depth_is_where_multiplying_overflows(dtype, growth, depth):
    assert overflow_depth(dtype, growth=growth) == depth
    g, layers = torch.ones((), dtype=dtype), 0
    while g.isfinite():
        g, layers = g * growth, layers + 1
    assert layers == depth


@pytest.mark.parametrize(("growth", "end"), [(0.5, 0.0), (0.7, 2.0**-24)])
def test_what_is_rounded_at_every_layer_may_never_reach_zero(growth, end):
    g = torch.ones((), dtype=torch.float16)
    for _ in range(underflow_depth(torch.float16, growth=growth) + 100):
        g = g * growth
    assert g == end


def test_a_start_beyond_the_range_needs_no_layer():
    assert overflow_depth(torch.float16, growth=2.0, start=1e6) == 0
    assert underflow_depth(torch.float16, growth=0.5, start=1e-9) == 0


def test_depths_refuse():
    with pytest.raises(ValueError, match=r"^growth must be above 1 and finite, got 1"):
        overflow_depth(torch.float16, growth=1.0)
    with pytest.raises(ValueError, match=r"^growth must be between 0 and 1, got 1"):
        underflow_depth(torch.float16, growth=1.0)
    for depth, growth in ((overflow_depth, 2.0), (underflow_depth, 0.5)):
        with pytest.raises(ValueError, match=r"^start must be positive"):
            depth(torch.float16, growth=growth, start=0.0)


# A scale for each block

NARROW = [torch.float16, torch.float8_e4m3fn, torch.float8_e5m2]


@pytest.mark.parametrize("dtype", NARROW)
@given(st.integers(-200, 200), st.integers(0, 1000))
def test_a_scaled_entry_is_right_to_the_dtypes_digits_at_any_size(dtype, power, seed):
    rng = torch.Generator().manual_seed(seed)
    x = 2.0**power * (1 + torch.rand(4, 6, generator=rng, dtype=torch.float64))
    rounded = round_scaled(x, dtype=dtype, block=3)
    # Entries of a block differ by less than two: none is subnormal.
    assert_close(rounded, x, rtol=torch.finfo(dtype).eps / 2, atol=0)


@pytest.mark.parametrize("dtype", NARROW)
def test_the_largest_entry_lands_in_the_last_octave_of_the_range(dtype):
    limit = torch.finfo(dtype).max
    for start in (1.0, limit, 0.999 * limit, 3e-9):
        x = torch.tensor([start, start * 2.0**-60], dtype=torch.float64)
        # Beyond the window of the dtype the smaller entry is lost, not before.
        tiny = start * torch.finfo(dtype).smallest_normal * torch.finfo(dtype).eps
        y = torch.tensor([start, 2.1 * tiny / limit], dtype=torch.float64)
        assert round_scaled(x, dtype=dtype, block=2)[1] == 0
        assert round_scaled(y, dtype=dtype, block=2)[1] > 0
        assert round_scaled(x, dtype=dtype, block=2)[0].isfinite()


def test_blocks_have_scales_of_their_own_and_zero_stays_zero():
    x = torch.tensor([[1.0, 2.0, 1e-20, 3e-20], [0.0, 0.0, 5.0, 0.0]])
    together = round_scaled(x, dtype=torch.float8_e4m3fn, block=4)
    apart = round_scaled(x, dtype=torch.float8_e4m3fn, block=2)
    assert torch.equal(together[0], torch.tensor([1.0, 2.0, 0.0, 0.0]))
    assert_close(apart, x, rtol=2.0**-4, atol=0)


def test_round_scaled_refuses():
    x = torch.ones(2, 6)
    for block in (0, 4, -3):
        with pytest.raises(ValueError, match=rf"^block must divide 6, got {block}$"):
            round_scaled(x, dtype=torch.float16, block=block)
    with pytest.raises(FloatingPointError, match=r"^x has 1 non-finite of 1 entries"):
        round_scaled(torch.tensor([math.nan]), dtype=torch.float16, block=1)
