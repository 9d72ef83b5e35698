"""Argument checks: what passes, what is refused, and what the refusal says."""

import math

import pytest
import torch

from companion import _checks


@pytest.mark.parametrize("value", [1, 1e-300, torch.tensor([1e-30, 2.0])], ids=str)
def test_positive_passes(value):
    _checks.check_positive("rate", value)


@pytest.mark.parametrize("value", [0, -1.0, math.inf, math.nan], ids=str)
def test_positive_refuses(value):
    message = f"^rate must be positive and finite, got {value}$"
    with pytest.raises(ValueError, match=r"^rate must be positive and finite, got "):
        _checks.check_positive("rate", torch.tensor([1.0, value]))
    with pytest.raises(ValueError, match=message):
        _checks.check_positive("rate", value)


def test_nonnegative_passes_zero():
    _checks.check_nonnegative("values", torch.tensor([0.0, 1.0]))


@pytest.mark.parametrize("value", [-1.0, math.inf, math.nan], ids=str)
def test_nonnegative_refuses(value):
    with pytest.raises(
        ValueError, match=r"^values must be nonnegative and finite, got"
    ):
        _checks.check_nonnegative("values", value)


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (torch.tensor([1]), r"torch\.int64"),
        (torch.tensor([True]), r"torch\.bool"),
        (torch.tensor([1j]), r"torch\.complex64"),
        (None, "NoneType"),
        (1.0, "float"),
    ],
    ids=str,
)
def test_floating_refuses(value, kind):
    with pytest.raises(TypeError, match=r"^g must be a floating-point tensor, got"):
        _checks.check_floating("g", value)
    with pytest.raises(TypeError, match=kind):
        _checks.check_floating("g", value)


def test_finite_says_how_many_where_and_which(device):
    x = torch.tensor([[1.0, 2.0], [-math.inf, math.nan]], device=device)
    message = r"^g has 2 non-finite of 4 entries, the first at index \(1, 0\): -inf$"
    with pytest.raises(FloatingPointError, match=message):
        _checks.check_finite("g", x)


def test_finite_names_the_index_of_a_scalar():
    with pytest.raises(FloatingPointError, match=r"the first at index \(\): nan$"):
        _checks.check_finite("g", torch.tensor(math.nan))


@pytest.mark.parametrize("shape", [(), (2,), (2, 3), (3, 3, 2)], ids=str)
def test_square_refuses(shape):
    message = r"^W must be square, \(\.\.\., n, n\), got shape \("
    with pytest.raises(ValueError, match=message):
        _checks.check_square("W", torch.zeros(shape))


def test_same_shape_refuses_what_would_broadcast():
    message = r"^y must have shape \(3,\), got \(3, 1\)$"
    with pytest.raises(ValueError, match=message):
        _checks.check_same_shape("y", torch.zeros(3, 1), (3,))
