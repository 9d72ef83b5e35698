"""Scales of residual branches: the guarantee, the mean square, one block."""

import math

import pytest
import torch

from companion.ensembles import gaussian_matrices
from companion.linalg import spectral_norm
from companion.scaling import (
    identity_plus_gaussian_norm,
    scaled_residual_bound,
    variance_preserving_scale,
)

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
    rng = torch.Generator().manual_seed(1)
    branches = torch.randn(depth, 4, 4, generator=rng, dtype=torch.float64)
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
