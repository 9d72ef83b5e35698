"""Products alone: agreement with dense Jacobians, exact powers, exact sums."""

import math

import pytest
import torch
from torch.testing import assert_close

from companion.ensembles import gaussian_matrices, orthogonal_matrices
from companion.jacobians import layer_jacobians
from companion.linalg import spectral_norm
from companion.matrix_free import jacobian_norm, leading_exponents, power_estimates


@pytest.fixture
def layers(rng):
    weights = gaussian_matrices(6, 20, generator=rng, gain=1.5)
    return [lambda x, W=W: torch.tanh(x @ W.T) for W in weights]


@pytest.fixture
def x(rng, device):
    return torch.randn(20, generator=rng, device=device, dtype=torch.float64)


def network_of(layers):
    def network(x):
        for layer in layers:
            x = layer(x)
        return x

    return network


@pytest.mark.parametrize("seed", range(5))
def test_gain_is_the_spectral_norm_of_the_dense_jacobian(layers, x, seed, device):
    rng = torch.Generator(device).manual_seed(seed)
    network = network_of(layers)
    found = jacobian_norm(network, x, tolerance=1e-8, generator=rng)
    # An eigenvalue of J^T J moves by 1e-8 of itself at most, its root by half that.
    dense = spectral_norm(torch.func.jacrev(network)(x))
    assert_close(found.norm, dense, rtol=1e-8, atol=0.0)
    assert found.products <= 2 * 20


def test_gain_of_a_map_between_shapes(rng, device):
    A = torch.randn(6, 12, generator=rng, device=device, dtype=torch.float64)
    start = torch.zeros(3, 4, device=device, dtype=torch.float64)

    def network(x):
        return (A @ x.flatten()).reshape(2, 3)

    found = jacobian_norm(network, start, tolerance=1e-10, generator=rng)
    assert_close(found.norm, spectral_norm(A))


def test_gain_of_an_isometry_takes_one_step(rng):
    (Q,) = orthogonal_matrices(1, 8, generator=rng, gain=1.5)
    found = jacobian_norm(lambda x: Q @ x, Q[0], tolerance=1e-8, generator=rng)
    assert_close(found.norm, torch.full_like(Q[0, 0], 1.5))
    assert found.products == 2


def test_gain_of_a_constant_is_zero(rng, device):
    x = torch.ones(3, device=device)
    found = jacobian_norm(lambda x: 0 * x, x, tolerance=1e-3, generator=rng)
    assert found.norm == 0


def test_gain_refuses_a_tolerance_of_zero_and_reports_no_convergence(layers, x, rng):
    network = network_of(layers)
    with pytest.raises(ValueError, match=r"^tolerance must be positive and finite"):
        jacobian_norm(network, x, tolerance=0.0, generator=rng)
    message = r"^no convergence after 1 steps: the relative residual is .*raise steps$"
    with pytest.raises(RuntimeError, match=message):
        jacobian_norm(network, x, tolerance=1e-9, generator=rng, steps=1)


def test_exponents_follow_the_dense_jacobians_from_the_same_tangents(layers, x, device):
    def generator():
        return torch.Generator(device).manual_seed(3)

    found = leading_exponents(layers, x, count=4, generator=generator())
    frame = torch.randn(
        20, 4, generator=generator(), device=device, dtype=torch.float64
    )
    logs = []
    frame = torch.linalg.qr(frame).Q
    for J in layer_jacobians(layers, x):
        frame, triangle = torch.linalg.qr(J @ frame)
        logs.append(triangle.diagonal().abs().log())
    expected = torch.stack(logs).mean(0).sort(descending=True).values
    assert_close(found, expected)


def test_all_exponents_sum_to_the_log_determinant(layers, x, rng):
    found = leading_exponents(layers, x, count=20, generator=rng).sum()
    dense = torch.stack(layer_jacobians(layers, x))
    assert_close(found, torch.linalg.slogdet(dense).logabsdet.mean())


def test_a_batch_of_inputs_is_a_loop_of_them(layers, rng, device):
    x = torch.randn(3, 20, generator=rng, device=device, dtype=torch.float64)
    doubled = [lambda x, layer=layer: 2 * layer(x) for layer in layers]
    batch = leading_exponents(doubled, x, count=20, generator=rng).sum(-1)
    alone = [leading_exponents(doubled, row, count=20, generator=rng) for row in x]
    assert_close(batch, torch.stack(alone).sum(-1))  # no matter which tangents


def test_exponents_of_layers_that_change_the_width(rng, device):
    wide = orthogonal_matrices(1, 6, generator=rng)[0][:, :4]  # 4 to 6, an isometry
    layers = [lambda x: x @ wide.T, lambda x: 3 * x @ wide]
    found = leading_exponents(layers, wide[0], count=4, generator=rng)
    assert_close(found, torch.full_like(found, math.log(3) / 2))


def test_exponents_refuse_no_layers_and_too_many_tangents(layers, x, rng):
    with pytest.raises(
        ValueError, match=r"^layers must hold at least one layer, got none$"
    ):
        leading_exponents([], x, count=1, generator=rng)
    for count in (0, 21):
        message = rf"^count must lie between 1 and every width, got {count}$"
        with pytest.raises(ValueError, match=message):
            leading_exponents(layers, x, count=count, generator=rng)


# Power iteration


def test_power_estimates_increase_to_the_norm_and_stay_below(rng):
    scale = torch.tensor([3.0, 2.0, 1.0], dtype=torch.float64)
    x = torch.zeros(3, dtype=torch.float64)
    found = power_estimates(lambda x: scale * x, x, steps=60, generator=rng)
    assert found.diff().min() > -1e-12
    assert found.max() <= 3 * (1 + 1e-12)
    # The rest shrinks by (2 / 3)**2 a step: 60 of them leave 1e-21.
    torch.testing.assert_close(found[-1], scale[0], rtol=1e-12, atol=0)


def test_power_estimates_and_gain_of_a_map_that_forgets_its_input(rng):
    x = torch.ones(4, dtype=torch.float64)
    assert power_estimates(lambda x: 0 * x, x, steps=3, generator=rng).eq(0).all()
    found = jacobian_norm(lambda x: 0 * x, x, tolerance=1e-9, generator=rng)
    assert found.norm == 0


def test_power_estimates_refuse_no_step(rng):
    with pytest.raises(ValueError, match=r"^steps must be positive and finite, got 0"):
        power_estimates(torch.tanh, torch.ones(2), steps=0, generator=rng)
