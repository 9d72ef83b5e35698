"""Attention: the softmax's Jacobian, the gradient at initialization."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.nn.functional import scaled_dot_product_attention
from torch.testing import assert_close

from companion.attention import (
    attention_logits,
    query_gradient_norms,
    softmax_jacobian_norm,
)

logits = st.lists(st.floats(-30, 30), min_size=2, max_size=8).map(
    lambda entries: torch.tensor(entries, dtype=torch.float64)
)


def jacobian(p):
    return torch.diag_embed(p) - p[..., :, None] * p[..., None, :]


# The norm of the softmax's Jacobian


@given(logits)
def test_norm_is_the_largest_eigenvalue_and_at_most_half(z):
    p = torch.softmax(z, dim=0)
    J = torch.func.jacrev(lambda x: torch.softmax(x, dim=0))(z)
    norm = softmax_jacobian_norm(p)
    # Entries of J are rounded to 1e-16 of 1, and so is its largest eigenvalue.
    assert_close(norm, torch.linalg.matrix_norm(J, 2), rtol=0.0, atol=1e-14)
    assert norm <= 0.5 + 1e-15


@given(logits)
def test_norm_lies_between_gershgorin_s_bounds(z):
    p = torch.softmax(z, dim=0)
    spread = (p * (1 - p)).max().item()
    norm = softmax_jacobian_norm(p).item()
    assert spread - 1e-15 <= norm <= 2 * spread + 1e-15


@pytest.mark.parametrize("gap", [10.0, 100.0, 700.0])
def test_two_saturated_probabilities_keep_their_digits(gap):
    z = torch.tensor([gap, 0.0], dtype=torch.float64)
    p = torch.softmax(z, dim=0)
    assert_close(softmax_jacobian_norm(p), 2 * p[0] * p[1], rtol=1e-14, atol=0.0)


def test_rows_are_independent_and_any_order_does(rng, device):
    p = torch.softmax(5 * torch.randn(4, 3, 6, generator=rng, device=device), dim=-1)
    norms = softmax_jacobian_norm(p)
    assert norms.shape == (4, 3)
    assert_close(softmax_jacobian_norm(p[2, 1].flip(0)), norms[2, 1])
    assert_close(norms, torch.linalg.matrix_norm(jacobian(p), 2), rtol=0, atol=1e-6)


def test_ties_and_certainty_have_their_values():
    p = torch.tensor([[0.25] * 4, [0.5, 0.5, 0, 0], [1, 0, 0, 0]], dtype=torch.float64)
    expected = torch.tensor([0.25, 0.5, 0.0], dtype=torch.float64)
    assert_close(softmax_jacobian_norm(p), expected, rtol=1e-15, atol=0.0)


def test_norm_refuses_what_is_no_probability():
    too_few = r"^probabilities must have two entries or more, got 1$"
    with pytest.raises(ValueError, match=too_few):
        softmax_jacobian_norm(torch.ones(3, 1))
    no_law = r"^probabilities must be nonnegative and sum to 1 in each row$"
    with pytest.raises(ValueError, match=no_law):
        softmax_jacobian_norm(torch.tensor([0.7, 0.7]))
    with pytest.raises(ValueError, match=no_law):
        softmax_jacobian_norm(torch.tensor([1.5, -0.5]))
    with pytest.raises(TypeError, match=r"^probabilities must be a floating-point"):
        softmax_jacobian_norm(torch.tensor([1, 0]))
    with pytest.raises(FloatingPointError, match=r"^probabilities has 1 non-finite"):
        softmax_jacobian_norm(torch.tensor([math.nan, 1.0]))


# The logits


def test_logits_are_those_of_torch_s_attention(rng, device):
    q, k, v = torch.randn(3, 2, 5, 7, generator=rng, device=device).double()
    for scale in (1.0, 7**-0.5):
        weights = attention_logits(q, k, scale=scale).softmax(dim=-1)
        expected = scaled_dot_product_attention(q, k, v, scale=scale)
        assert_close(weights @ v, expected, rtol=1e-12, atol=1e-12)


def test_normalized_logits_forget_lengths_and_are_bounded(rng, device):
    q, k = torch.randn(2, 4, 9, generator=rng, device=device).double()
    found = attention_logits(q, k, scale=1 / 3, normalized=True)
    longer = attention_logits(50 * q, 0.2 * k, scale=1 / 3, normalized=True)
    assert_close(found, longer, rtol=1e-12, atol=1e-12)
    assert found.abs().max() < 3  # scale times d
    same = attention_logits(q, q, scale=1 / 3, normalized=True).diagonal()
    assert_close(same, torch.full_like(same, 3.0))


def test_a_cap_bounds_and_leaves_small_logits_alone(rng, device):
    q, k = torch.randn(2, 4, 9, generator=rng, device=device).double()
    capped = attention_logits(30 * q, k, scale=1.0, cap=5.0)
    assert capped.abs().max() <= 5
    tiny = attention_logits(1e-4 * q, k, scale=1.0)
    kept = attention_logits(1e-4 * q, k, scale=1.0, cap=5.0)
    assert_close(kept, tiny, rtol=1e-6, atol=0.0)  # (l / c)**2 / 3


def test_logits_refuse():
    q = torch.ones(2, 3)
    with pytest.raises(ValueError, match=r"^keys must have 3 columns, got 4"):
        attention_logits(q, torch.ones(2, 4), scale=1.0)
    with pytest.raises(ValueError, match=r"^scale must be positive and finite, got 0"):
        attention_logits(q, q, scale=0.0)
    with pytest.raises(ValueError, match=r"^cap must be positive and finite, got -1"):
        attention_logits(q, q, scale=1.0, cap=-1.0)


# The gradient by the query


@pytest.mark.parametrize("scale", [1.0, 0.25])
def test_gradient_norms_have_the_law_of_autograd_s(scale):
    rng, rows, keys, dim = torch.Generator().manual_seed(0), 4000, 6, 16
    q = torch.randn(rows, 1, dim, generator=rng).double().requires_grad_()
    k = torch.randn(rows, keys, dim, generator=rng).double()
    a = torch.randn(rows, keys, 1, generator=rng).double()
    out = scaled_dot_product_attention(q, k, a, scale=scale)
    norms = torch.autograd.grad(out.sum(), q)[0].norm(dim=-1).flatten()
    ours = query_gradient_norms(rows, keys=keys, dim=dim, scale=scale, generator=rng)
    for power in (1, 2):
        one, two = norms**power, ours**power
        error = torch.sqrt((one.var() + two.var()) / rows)
        assert (one.mean() - two.mean()).abs() < 6 * error


def test_gradient_norms_come_from_the_generator():
    options = {"keys": 3, "dim": 5, "scale": 1.0}
    one, two = (
        query_gradient_norms(9, generator=torch.Generator().manual_seed(1), **options)
        for _ in range(2)
    )
    assert torch.equal(one, two)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"dim": 1}, r"^dim must be 2 or more, got 1$"),
        ({"keys": 0}, r"^keys must be positive and finite, got 0$"),
        ({"scale": -1.0}, r"^scale must be positive and finite, got -1.0$"),
    ],
)
def test_gradient_norms_refuse(rng, change, message):
    options = {"keys": 3, "dim": 5, "scale": 1.0, "generator": rng} | change
    with pytest.raises(ValueError, match=message):
        query_gradient_norms(4, **options)
