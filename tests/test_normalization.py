"""Normalization: its Jacobians against torch's, its laws against sampled networks."""

import math

import pytest
import scipy.integrate
import scipy.stats
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.func import jacrev
from torch.nn import functional
from torch.testing import assert_close

from companion.jacobians import gradient_norms
from companion.normalization import (
    NormalizedMLP,
    activation_moments,
    mean_field_norms,
    rms_jacobian,
    standardization_jacobian,
)

seeds = st.integers(0, 1000)
sizes = st.integers(3, 12)
RELU = activation_moments(torch.relu)


def vector(seed, size):
    rng = torch.Generator().manual_seed(seed)
    return torch.randn(size, generator=rng, dtype=torch.float64)


# The Jacobians


@given(seeds, sizes, st.floats(1e-6, 1.0))
def test_standardization_agrees_with_torch(seed, size, epsilon):
    x = vector(seed, size)
    closed = standardization_jacobian(x, epsilon=epsilon)
    across = jacrev(lambda x: functional.layer_norm(x, (size,), eps=epsilon))(x)
    assert_close(closed, across, rtol=1e-9, atol=1e-9)

    def over_batch(x):
        options = {"training": True, "eps": epsilon}
        return functional.batch_norm(x[:, None], None, None, **options)[:, 0]

    assert_close(closed, jacrev(over_batch)(x), rtol=1e-9, atol=1e-9)


@given(seeds, sizes, st.floats(1e-6, 1.0))
def test_rms_agrees_with_torch(seed, size, epsilon):
    x = vector(seed, size)
    expected = jacrev(lambda x: functional.rms_norm(x, (size,), eps=epsilon))(x)
    assert_close(rms_jacobian(x, epsilon=epsilon), expected, rtol=1e-9, atol=1e-9)


@given(seeds, sizes)
def test_without_epsilon_they_are_projections_over_a_size(seed, size):
    x = vector(seed, size)
    for jacobian, scale, rank in (
        (standardization_jacobian, x.std(correction=0), size - 2),
        (rms_jacobian, x.square().mean().sqrt(), size - 1),
    ):
        projection = scale * jacobian(x, epsilon=0.0)
        assert_close(projection @ projection, projection, rtol=0.0, atol=1e-12)
        assert projection.trace().item() == pytest.approx(rank, abs=1e-12)


def test_batch_of_jacobians_is_a_loop(device):
    x = torch.randn(2, 3, 5, device=device)
    for jacobian in (standardization_jacobian, rms_jacobian):
        together = jacobian(x, epsilon=1e-3)
        assert together.shape == (2, 3, 5, 5)
        assert together.dtype == x.dtype
        assert_close(together[1, 2], jacobian(x[1, 2], epsilon=1e-3))


def test_a_constant_feature_has_the_gain_of_epsilon():
    jacobian = standardization_jacobian(torch.ones(4), epsilon=1e-4)
    centring = torch.eye(4) - 0.25
    assert_close(jacobian, 100 * centring)


@pytest.mark.parametrize("jacobian", [standardization_jacobian, rms_jacobian])
def test_jacobians_refuse(jacobian):
    with pytest.raises(
        ValueError, match=r"^epsilon must be nonnegative and finite, got -1"
    ):
        jacobian(torch.ones(3), epsilon=-1.0)
    with pytest.raises(
        ValueError, match=r"^x must have shape \(..., m\), got shape \(\)$"
    ):
        jacobian(torch.ones(()), epsilon=0.0)
    with pytest.raises(TypeError, match=r"^x must be a floating-point tensor, got"):
        jacobian(torch.ones(3, dtype=torch.int64), epsilon=0.0)


# The moments


def test_moments_of_relu_are_closed_forms():
    assert RELU.mean.item() == pytest.approx(1 / math.sqrt(2 * math.pi), rel=1e-13)
    assert RELU.square.item() == pytest.approx(0.5, rel=1e-13)
    assert RELU.slope_square.item() == pytest.approx(0.5, rel=1e-13)
    expected = (math.pi - 1) / (2 * math.pi)
    assert RELU.variance.item() == pytest.approx(expected, rel=1e-13)


def test_moments_agree_with_scipy():
    moments = activation_moments(torch.tanh)
    expected = [
        scipy.integrate.quad(lambda z, f=f: f(z) * scipy.stats.norm.pdf(z), -12, 12)[0]
        for f in (
            math.tanh,
            lambda z: math.tanh(z) ** 2,
            lambda z: math.tanh(z) ** 2,  # the mean is zero
            lambda z: math.cosh(z) ** -4,
        )
    ]
    assert_close(torch.stack(moments).tolist(), expected, rtol=1e-9, atol=1e-12)


@given(st.lists(st.floats(-2, 2), min_size=4, max_size=4))
def test_hermite_polynomials_have_their_degree_as_squared_rate(c):
    # Orthogonal, with variance k! and slope k times that of degree k - 1.
    def polynomial(z):
        return c[0] + c[1] * z + c[2] * (z**2 - 1) + c[3] * (z**3 - 3 * z)

    moments = activation_moments(polynomial)
    variance = c[1] ** 2 + 2 * c[2] ** 2 + 6 * c[3] ** 2
    slope = c[1] ** 2 + 4 * c[2] ** 2 + 18 * c[3] ** 2
    assert moments.mean.item() == pytest.approx(c[0], abs=1e-11)
    assert moments.variance.item() == pytest.approx(variance, abs=1e-10)
    assert moments.slope_square.item() == pytest.approx(slope, abs=1e-10)
    assert moments.slope_square >= moments.variance - 1e-10  # Poincare


# The law of a stack


def law(depth, **options):
    return mean_field_norms(depth, moments=RELU, **options)


@pytest.mark.parametrize("gain", [0.5, 3.0])
def test_plain_laws_are_geometric(gain):
    steps = torch.arange(20, -1, -1, dtype=torch.float64)
    options = {"gain": gain, "residual": False}
    plain = law(20, kind="none", **options)
    assert_close(plain, (gain / math.sqrt(2)) ** steps)
    batch = law(20, kind="batch", **options)
    assert_close(batch[1:], math.sqrt(math.pi / (math.pi - 1)) ** steps[1:])
    layer = law(20, kind="layer", **options)
    assert_close(layer[1:], torch.ones_like(steps[1:]))
    assert_close(law(20, kind="rms", **options), layer)


@pytest.mark.parametrize("gain", [0.5, 3.0])
def test_residual_layer_law_telescopes(gain):
    norms = law(50, kind="layer", gain=gain, residual=True)
    accumulated = 1 + gain**2 / 2 * torch.arange(51, dtype=torch.float64)
    assert_close(norms, (accumulated[-1] / accumulated).sqrt())


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("residual", [False, True])
@pytest.mark.parametrize("kind", ["none", "batch", "layer", "rms"])
def test_a_network_follows_the_law(kind, residual, seed):
    options = {"kind": kind, "residual": residual, "gain": 1.2}
    rng = torch.Generator().manual_seed(seed)
    net = NormalizedMLP(10, 256, generator=rng, **options)
    x, g = torch.randn(2, 128, 256, generator=rng, dtype=torch.float64)
    norms = gradient_norms(net.blocks, x, g).detach()
    # Each block's factor scatters by 2 %; ten of them, times six: 0.4 in the log.
    found = (norms / norms[-1] / law(10, **options)).log().abs().max()
    assert found < 0.4


def test_the_net_applies_its_blocks_and_its_weights_have_their_gain():
    rng = torch.Generator().manual_seed(0)
    options = {"kind": "none", "gain": 1.5, "dtype": torch.float32}
    net = NormalizedMLP(2, 300, residual=True, generator=rng, **options)
    x = torch.randn(4, 300, generator=rng)
    first, second = (block.weight for block in net.blocks)
    middle = x + x.relu() @ first.T
    assert_close(net(x), middle + middle.relu() @ second.T)
    # The standard deviation of 90,000 entries is known to 1 / sqrt(180,000).
    assert first.std().item() * math.sqrt(300) == pytest.approx(1.5, rel=6 / 424)


def test_batch_statistics_are_those_at_hand_also_after_eval():
    rng = torch.Generator().manual_seed(0)
    options = {"kind": "batch", "gain": 1.0, "residual": False}
    net = NormalizedMLP(1, 8, generator=rng, **options)
    x = torch.randn(6, 8, generator=rng, dtype=torch.float64)
    assert torch.equal(net(x), net.eval()(x))


def test_laws_and_nets_refuse():
    rng = torch.Generator().manual_seed(0)
    rest = {"residual": False, "generator": rng}
    with pytest.raises(ValueError, match=r"^kind must be one of \('none', .*'group'$"):
        NormalizedMLP(1, 2, kind="group", gain=1.0, **rest)
    with pytest.raises(ValueError, match=r"^kind must be one of \('none', .*'group'$"):
        law(1, kind="group", gain=1.0, residual=False)
    for depth, width, gain in ((0, 2, 1.0), (1, 0, 1.0), (1, 2, math.nan)):
        with pytest.raises(ValueError, match=r"must be positive and finite, got"):
            NormalizedMLP(depth, width, kind="none", gain=gain, **rest)
    with pytest.raises(ValueError, match=r"^gain must be positive and finite, got 0"):
        law(1, kind="none", gain=0.0, residual=False)
    with pytest.raises(ValueError, match=r"^depth must be positive and finite, got 0"):
        law(0, kind="none", gain=1.0, residual=False)
