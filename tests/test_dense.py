"""Dense connections: bounds with their equality cases, and exact laws of depth."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.func import jacrev
from torch.testing import assert_close

from companion.dense import (
    DenseBlock,
    dense_gain,
    stacked_norm_bounds,
    summed_norm_bounds,
)
from companion.ensembles import orthogonal_matrices
from companion.linalg import spectral_norm

seeds = st.integers(0, 1000)
counts = st.integers(1, 6)
AGGREGATES = ["concat", "sum", "scaled_sum"]


def normal(seed, *shape):
    rng = torch.Generator().manual_seed(seed)
    return torch.randn(shape, generator=rng, dtype=torch.float64)


def block(seed=0, depth=4, width=5, growth=5, aggregate="concat"):
    rng = torch.Generator().manual_seed(seed)
    options = {"growth": growth, "aggregate": aggregate}
    return DenseBlock(depth, width, generator=rng, **options)


# The bounds


@given(seeds, counts, st.integers(1, 5), st.integers(1, 5))
@pytest.mark.parametrize("bounds", [stacked_norm_bounds, summed_norm_bounds])
def test_the_norm_lies_between_its_bounds(bounds, seed, k, m, n):
    found = bounds(normal(seed, k, m, n))
    # Norms of small matrices, each right to a few units in the sixteenth digit.
    assert found.lower <= found.norm * (1 + 1e-13)
    assert found.norm <= found.upper * (1 + 1e-13)


@given(seeds, counts)
def test_the_norms_are_those_of_stack_and_sum(seed, k):
    J = normal(seed, k, 3, 4)
    assert_close(stacked_norm_bounds(J).norm, spectral_norm(torch.cat([*J])))
    assert_close(summed_norm_bounds(J).norm, spectral_norm(sum(J)))


@pytest.mark.parametrize("k", [1, 4, 9])
def test_copies_attain_both_upper_bounds(k):
    J = normal(0, 3, 3).expand(k, 3, 3)
    for found, power in ((stacked_norm_bounds(J), 0.5), (summed_norm_bounds(J), 1)):
        assert_close(found.norm, found.upper)
        assert_close(found.norm, k**power * spectral_norm(J[0]))


def test_parts_that_share_no_direction_attain_the_lower_bound_of_the_stack():
    J = torch.diag_embed(torch.eye(4, dtype=torch.float64))
    found = stacked_norm_bounds(J)
    assert_close(found.norm, found.lower)
    assert_close(summed_norm_bounds(J).norm, found.norm)


def test_opposite_parts_attain_the_lower_bound_of_the_sum():
    J = torch.stack([3 * torch.eye(2), -torch.eye(2)])
    found = summed_norm_bounds(J)
    assert_close(found.norm, torch.tensor(2.0))
    assert_close(found.lower, torch.tensor(2.0))
    assert summed_norm_bounds(J.expand(2, 2, 2, 2).flatten(0, 1)).lower == 0


def test_the_sum_of_orthogonal_images_is_bounded_by_the_stack_not_by_the_parts():
    """One right vector, different left ones: sqrt(k), where the parts allow k."""
    J = torch.zeros(4, 4, 2, dtype=torch.float64)
    J[range(4), range(4), 0] = 1.0
    assert_close(summed_norm_bounds(J).norm.item(), 2.0)
    assert_close(stacked_norm_bounds(J).norm.item(), 2.0)


@pytest.mark.parametrize("bounds", [stacked_norm_bounds, summed_norm_bounds])
def test_leading_dimensions_are_a_batch(bounds):
    J = normal(0, 5, 3, 2, 4)
    together = bounds(J)
    for i, one in enumerate(J):
        for batched, single in zip(together, bounds(one), strict=True):
            assert_close(batched[i], single)


@pytest.mark.parametrize("bounds", [stacked_norm_bounds, summed_norm_bounds])
@pytest.mark.parametrize("shape", [(3, 3), (0, 3, 3)])
def test_bounds_need_branches(bounds, shape):
    message = r"^jacobians must be k matrices, \(\.\.\., k, m, n\), got \("
    with pytest.raises(ValueError, match=message):
        bounds(torch.zeros(shape))


# The block


@pytest.mark.parametrize("aggregate", AGGREGATES)
@pytest.mark.parametrize("growth", [12, 5])
def test_the_gain_is_the_mean_over_the_weights(aggregate, growth):
    growth = growth if aggregate == "concat" else 12
    squares = []
    for seed in range(400):
        net = block(seed, depth=3, width=12, growth=growth, aggregate=aggregate)
        x, v = normal(seed + 10_000, 2, 12)
        squares.append((jacrev(net)(x) @ v).square().sum() / v.square().sum())
    squares = torch.stack(squares).detach()
    expected = dense_gain(3, width=12, growth=growth, aggregate=aggregate) ** 2
    noise = 6 * squares.std() / math.sqrt(400)
    assert abs(squares.mean() - expected) < noise
    assert noise < 0.4 * expected


@pytest.mark.parametrize("depth", [1, 3])
def test_a_concatenating_block_keeps_what_it_read(depth):
    x = normal(0, 7, 5)
    out = block(depth=depth, growth=3)(x)
    assert out.shape == (7, 5 + 3 * depth)
    assert_close(out[:, :5], x)


def test_a_summing_block_is_a_residual_network_and_the_scaled_one_divides():
    x = normal(0, 5)
    for aggregate, divisor in (("sum", 1.0), ("scaled_sum", 2**0.5)):
        net = block(depth=2, aggregate=aggregate)
        s = x + net.outer[0] @ torch.relu(net.inner[0] @ x)
        s = s + net.outer[1] @ torch.relu(net.inner[1] @ s / divisor)
        assert_close(net(x), s)


def test_a_state_map_never_shrinks_and_adds_squares():
    net, x = block(depth=1, growth=3), normal(0, 5)
    whole = jacrev(net)(x).detach()
    values = torch.linalg.svdvals(whole)
    branch = torch.linalg.svdvals(whole[5:])
    assert values.min() >= 1 - 1e-12
    assert_close(values[:3].square(), 1 + branch.square())


@pytest.mark.parametrize("aggregate", AGGREGATES)
def test_the_block_is_homogeneous_and_steps_layer_by_layer(aggregate):
    net, x = block(aggregate=aggregate), normal(0, 5)
    assert_close(net(3 * x), 3 * net(x))
    state = x
    for layer in range(4):
        state = net.advance(state, layer)
    assert_close(state, net(x))


def test_a_sum_of_rotations_attains_the_worst_case_only_if_they_agree():
    rng = torch.Generator().manual_seed(0)
    turns = orthogonal_matrices(16, 8, generator=rng)
    assert_close(stacked_norm_bounds(turns).norm.item(), 4.0)  # the stack always
    assert summed_norm_bounds(turns).norm < 10
    assert_close(summed_norm_bounds(turns[:1].expand(16, 8, 8)).norm.item(), 16.0)


@pytest.mark.parametrize("name", ["depth", "width", "growth"])
@pytest.mark.parametrize("call", [dense_gain, DenseBlock])
def test_sizes_must_be_positive(call, name):
    sizes = {"depth": 2, "width": 3, "growth": 3, name: 0}
    options = {"growth": sizes["growth"], "aggregate": "concat"}
    if call is DenseBlock:
        options["generator"] = torch.Generator()
    with pytest.raises(ValueError, match=f"^{name} must be positive and finite, got 0"):
        call(sizes["depth"], width=sizes["width"], **options)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"aggregate": "mean"}, r"^aggregate must be one of \(.*\), got 'mean'$"),
        ({"aggregate": "sum"}, "^growth must equal width 4 in a sum, got 3$"),
        ({"aggregate": "scaled_sum"}, "^growth must equal width 4 in a sum, got 3$"),
    ],
)
def test_refuses_what_it_cannot_aggregate(options, message):
    with pytest.raises(ValueError, match=message):
        dense_gain(2, width=4, growth=3, **options)
