"""Stacks of residual blocks: their layers, their paths, without a block."""

import itertools
import math

import pytest
import torch
from torch.func import jacrev

from companion.residual import (
    ResidualWeights,
    delete_block,
    path_energies,
    residual_layers,
    residual_weights,
)


def stack(depth=4, width=6, skip=1.0, scale=0.5, seed=0, dtype=torch.float64):
    rng = torch.Generator().manual_seed(seed)
    options = {"skip": skip, "scale": scale, "generator": rng, "dtype": dtype}
    return residual_weights(depth, width, **options)


def normal(*shape, seed=1):
    rng = torch.Generator().manual_seed(seed)
    return torch.randn(*shape, generator=rng, dtype=torch.float64)


def through(weights, x):
    for layer in residual_layers(weights):
        x = layer(x)
    return x


# Weights and layers


@pytest.mark.parametrize("seed", range(5))
def test_the_variances_of_the_weights_are_those_stated(seed):
    weights = stack(depth=8, width=64, seed=seed)
    count = 8 * 64 * 64
    noise = 6 * math.sqrt(2 / count)  # of a mean of squares
    assert weights.inner.square().mean() * 64 == pytest.approx(2, rel=noise)
    assert weights.outer.square().mean() * 64 == pytest.approx(1, rel=noise)
    assert weights.scale.tolist() == [0.5] * 8
    assert weights.skip.tolist() == [1.0] * 8


def test_the_dtype_is_the_one_asked_for():
    assert {w.dtype for w in stack(dtype=torch.float32)} == {torch.float32}


@pytest.mark.parametrize("seed", range(5))
def test_a_branch_keeps_the_mean_square_of_inputs_and_tangents(seed):
    rng = torch.Generator().manual_seed(seed)
    x, v = normal(2, 16, seed=100 + seed)
    outputs, tangents = [], []
    for _ in range(400):
        one = residual_weights(1, 16, skip=0.0, scale=1.0, generator=rng)
        (layer,) = residual_layers(one)
        pushed = jacrev(layer)(x) @ v
        outputs.append(layer(x).square().sum() / x.square().sum())
        tangents.append(pushed.square().sum() / v.square().sum())
    for ratios in map(torch.stack, (outputs, tangents)):
        noise = 6 * ratios.std() / math.sqrt(len(ratios))
        assert abs(ratios.mean() - 1) < noise


def test_a_layer_is_its_formula():
    weights, x = stack(skip=0.7), normal(6)
    U, V = weights.inner[2], weights.outer[2]
    expected = 0.7 * x + 0.5 * V @ torch.relu(U @ x)
    torch.testing.assert_close(residual_layers(weights)[2](x), expected)


def test_the_jacobian_is_the_path_around_plus_the_branch():
    weights, x = stack(skip=0.7), normal(6)
    U, V = weights.inner[0], weights.outer[0]
    on = torch.diag((U @ x > 0).double())
    expected = 0.7 * torch.eye(6, dtype=torch.float64) + 0.5 * V @ on @ U
    found = jacrev(residual_layers(weights)[0])(x)
    torch.testing.assert_close(found, expected)


def test_networks_side_by_side_are_the_networks_alone():
    alone = [stack(scale=scale, seed=seed) for seed, scale in enumerate((0.0, 0.3))]
    both = ResidualWeights(*map(torch.stack, zip(*alone, strict=True)))
    x = normal(5, 6)
    expected = torch.stack([through(weights, x) for weights in alone])
    torch.testing.assert_close(through(both, x), expected)
    torch.testing.assert_close(through(both, x)[0], x)  # scale zero: the identity


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"depth": 0}, "^depth must be positive and finite, got 0$"),
        ({"width": -1}, "^width must be positive and finite, got -1$"),
        ({"skip": -0.5}, "^skip must be nonnegative and finite, got -0.5$"),
        ({"scale": math.nan}, "^scale must be nonnegative and finite, got nan$"),
    ],
)
def test_residual_weights_refuses(options, message):
    with pytest.raises(ValueError, match=message):
        stack(**options)


# Deletion


def test_without_one_block_the_others_remain():
    weights, x = stack(skip=0.0), normal(3, 6)
    layers = residual_layers(weights)
    expected = layers[3](layers[1](layers[0](x)))
    torch.testing.assert_close(through(delete_block(weights, 2), x), expected)
    assert weights.scale[2] == 0.5  # the weights given are left alone


def test_deletion_works_on_networks_side_by_side():
    weights = stack()
    both = ResidualWeights(*(torch.stack([w, w]) for w in weights))
    cut = delete_block(both, 0)
    assert cut.scale[:, 0].tolist() == [0.0, 0.0]
    assert cut.skip[:, 0].tolist() == [1.0, 1.0]


@pytest.mark.parametrize("block", [-1, 4])
def test_a_block_that_is_not_there_cannot_be_deleted(block):
    with pytest.raises(ValueError, match=f"^block must lie in 0 to 3, got {block}$"):
        delete_block(stack(), block)


# Paths


def test_the_running_sums_are_the_sums_over_all_paths():
    branches, v = normal(5, 4, 4), normal(4, seed=2)
    for length, energy in enumerate(path_energies(branches, v)):
        total = torch.zeros_like(v)
        for path in itertools.combinations(range(5), length):
            carried = v
            for block in path:
                carried = branches[block] @ carried
            total += carried
        torch.testing.assert_close(energy, total.square().sum())


def test_energies_of_a_batch_are_those_of_its_members():
    branches, v = normal(3, 5, 4, 4), normal(3, 4, seed=2)
    expected = [path_energies(*pair) for pair in zip(branches, v, strict=True)]
    torch.testing.assert_close(path_energies(branches, v), torch.stack(expected))


def test_one_vector_may_go_through_many_networks():
    branches, v = normal(3, 5, 4, 4), normal(4, seed=2)
    assert path_energies(branches, v).shape == (3, 6)


def test_path_energies_refuses_what_does_not_fit():
    message = r"^branches must be square matrices of the width of vector, got "
    with pytest.raises(ValueError, match=message):
        path_energies(normal(5, 4, 3), normal(3))
    with pytest.raises(ValueError, match=message):
        path_energies(normal(4, 4), normal(4))
