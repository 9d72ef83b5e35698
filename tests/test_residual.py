"""Residual blocks: their gain, their guarantees, their paths."""

import itertools
import math

import pytest
import torch
from torch.func import jacrev

from companion.ensembles import gaussian_matrices
from companion.linalg import spectral_norm
from companion.residual import (
    ResidualWeights,
    delete_block,
    identity_plus_gaussian_norm,
    path_energies,
    residual_layers,
    residual_weights,
    scaled_residual_bound,
    variance_preserving_scale,
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


# Bound and scale


@pytest.mark.parametrize("beta", [0.0, 0.3, 1.0, 1.7])
def test_the_bound_is_attained_and_never_passed(beta):
    alpha, lipschitz, depth = 0.4, 1.3, 5
    bound = scaled_residual_bound(depth, alpha=alpha, beta=beta, lipschitz=lipschitz)
    eye = torch.eye(4, dtype=torch.float64)
    sign = 1 if beta <= 1 else -1
    extreme = (1 - beta) * eye + sign * alpha * lipschitz * eye
    attained = spectral_norm(torch.linalg.matrix_power(extreme, depth))
    assert attained.item() == pytest.approx(bound, rel=1e-12)
    branches = normal(depth, 4, 4)
    branches = lipschitz * branches / spectral_norm(branches)[:, None, None]
    product = torch.linalg.multi_dot(list((1 - beta) * eye + alpha * branches))
    assert spectral_norm(product) <= bound


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"depth": 0}, "^depth must be positive and finite, got 0$"),
        ({"alpha": -1.0}, "^alpha must be nonnegative and finite, got -1.0$"),
        ({"beta": math.inf}, "^beta must be nonnegative and finite, got inf$"),
        ({"lipschitz": -2.0}, "^lipschitz must be nonnegative and finite, got -2.0$"),
    ],
)
def test_scaled_residual_bound_refuses(options, message):
    good = {"depth": 3, "alpha": 0.5, "beta": 0.5, "lipschitz": 1.0}
    with pytest.raises(ValueError, match=message):
        scaled_residual_bound(**(good | options))


def test_the_variance_preserving_scale_solves_its_equation():
    beta = torch.linspace(0, 1, 11, dtype=torch.float64)
    alpha = variance_preserving_scale(beta, gain=1.7)
    kept = (1 - beta) ** 2 + (1.7 * alpha) ** 2
    torch.testing.assert_close(kept, torch.ones_like(kept))


def test_variance_preserving_scale_refuses():
    half = torch.tensor(0.5)
    with pytest.raises(ValueError, match=r"^beta must lie in \[0, 1\], got 1.5$"):
        variance_preserving_scale(3 * half, gain=1.0)
    with pytest.raises(ValueError, match=r"^beta must be nonnegative"):
        variance_preserving_scale(-half, gain=1.0)
    with pytest.raises(ValueError, match=r"^gain must be positive"):
        variance_preserving_scale(half, gain=0.0)
    with pytest.raises(TypeError, match=r"^beta must"):
        variance_preserving_scale(torch.tensor(1), gain=1.0)


# The identity plus noise


def test_the_edge_is_where_the_curve_turns():
    a = torch.tensor([0.1, 0.7, 1.0, 3.0], dtype=torch.float64)
    # z(w) = w + a^2 w / (w^2 - 1), minimal for w > 1, on a fine grid.
    w = 1 + torch.logspace(-4, 1.5, 200_001, dtype=torch.float64)[:, None]
    least = (w + a**2 * w / (w**2 - 1)).amin(dim=0)
    torch.testing.assert_close(identity_plus_gaussian_norm(a), least, rtol=1e-8, atol=0)
    assert identity_plus_gaussian_norm(a[2]).item() == pytest.approx(math.sqrt(27 / 4))


def test_the_edge_at_its_ends():
    a = torch.tensor([0.0, 1e-6, 1e6], dtype=torch.float64)
    zero, small, large = identity_plus_gaussian_norm(a).tolist()
    assert zero == 1.0
    assert (small - 1) / 1e-6 == pytest.approx(math.sqrt(2), rel=1e-5)
    assert large / 1e6 == pytest.approx(2, rel=1e-9)


def test_the_edge_is_differentiable_at_zero():
    a = torch.zeros((), dtype=torch.float64, requires_grad=True)
    identity_plus_gaussian_norm(a).backward()
    assert a.grad.item() == pytest.approx(math.sqrt(2), rel=1e-12)


@pytest.mark.parametrize("seed", range(5))
def test_large_matrices_end_at_the_edge(seed):
    rng = torch.Generator().manual_seed(seed)
    (G,) = gaussian_matrices(1, 300, generator=rng)
    found = spectral_norm(torch.eye(300, dtype=torch.float64) + G)
    edge = identity_plus_gaussian_norm(torch.ones((), dtype=torch.float64))
    # Edges of random matrices fluctuate on the scale n**(-2/3).
    assert found.item() == pytest.approx(edge.item(), rel=300 ** (-2 / 3))


def test_identity_plus_gaussian_norm_refuses():
    with pytest.raises(ValueError, match=r"^scale must be nonnegative"):
        identity_plus_gaussian_norm(torch.tensor(-1.0))
    with pytest.raises(TypeError, match=r"^scale must"):
        identity_plus_gaussian_norm(torch.tensor(1))


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
