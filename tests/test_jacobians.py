"""Jacobians: exact products, the exact Gaussian law, the determinant, autograd."""

import math

import pytest
import torch
from torch.testing import assert_close

from companion.ensembles import gaussian_matrices, orthogonal_matrices
from companion.jacobians import (
    gradient_norms,
    growth_exponents,
    layer_jacobians,
    point_jacobians,
)


@pytest.fixture
def layers(rng, device):
    """Three layers of changing width, 3 to 4 to 2 to 2, with parameters."""
    weights = [
        torch.randn(shape, generator=rng, device=device, dtype=torch.float64)
        for shape in [(4, 3), (2, 4), (2, 2)]
    ]
    return [lambda x, W=W: torch.tanh(W @ x) for W in weights]


@pytest.fixture
def x(rng, device):
    return torch.randn(3, generator=rng, device=device, dtype=torch.float64)


@pytest.fixture
def cotangent(rng, device):
    return torch.randn(2, generator=rng, device=device, dtype=torch.float64)


def test_layer_jacobians_multiply_to_the_network_jacobian(layers, x):
    def network(x):
        for layer in layers:
            x = layer(x)
        return x

    jacobians = layer_jacobians(layers, x)
    assert [tuple(J.shape) for J in jacobians] == [(4, 3), (2, 4), (2, 2)]
    product = torch.linalg.multi_dot(jacobians[::-1])
    assert_close(product, torch.func.jacrev(network)(x))


@pytest.mark.parametrize("shape", [(3,), (5, 3), (2, 5, 3)])
def test_point_jacobians_are_those_of_each_point(shape, rng, device):
    def normal(*shape):
        return torch.randn(shape, generator=rng, device=device, dtype=torch.float64)

    weights, x = normal(4, 3), normal(*shape)

    def transform(x):
        return torch.tanh(x @ weights.T)

    single = torch.func.jacrev(transform)
    expected = torch.stack([single(row) for row in x.reshape(-1, 3)])
    found = point_jacobians(transform, x)
    assert found.shape == (*shape[:-1], 4, 3)
    assert_close(found.reshape(-1, 4, 3), expected)


def test_layer_jacobian_of_tanh_by_hand(rng, device):
    W = torch.randn(3, 3, generator=rng, device=device, dtype=torch.float64)
    x = torch.randn(3, generator=rng, device=device, dtype=torch.float64)
    (J,) = layer_jacobians([lambda x: torch.tanh(W @ x)], x)
    assert_close(J, torch.diag(1 - torch.tanh(W @ x) ** 2) @ W)


def test_gradient_norms_are_those_of_the_jacobian_products(layers, x, cotangent):
    g, norms = cotangent, [cotangent.norm()]
    for J in reversed(layer_jacobians(layers, x)):
        g = J.T @ g
        norms.append(g.norm())
    assert_close(gradient_norms(layers, x, cotangent), torch.stack(norms[::-1]))


def test_gradient_norms_agree_with_autograd(layers, x, cotangent):
    states = [x.requires_grad_()]
    for layer in layers:
        states.append(layer(states[-1]))
    gradients = torch.autograd.grad(states[-1], states, cotangent)
    expected = torch.stack([g.norm() for g in gradients])
    assert_close(gradient_norms(layers, x.detach(), cotangent), expected)


def test_gradient_norms_of_modules_on_a_batch(rng, device):
    linear = torch.nn.Linear(3, 2, device=device)
    cotangent = torch.randn(5, 2, generator=rng, device=device)
    norms = gradient_norms([linear], torch.zeros(5, 3, device=device), cotangent)
    expected = torch.stack([(cotangent @ linear.weight).norm(), cotangent.norm()])
    assert_close(norms, expected)


def test_gradient_norms_beyond_the_range_of_squares():
    triple = [lambda x: 3.0 * x] * 60  # 3^60 = 4e28: its square overflows float32
    norms = gradient_norms(triple, torch.ones(2), torch.tensor([1.0, 0.0]))
    exact = torch.tensor(3.0, dtype=torch.float64) ** torch.arange(60, -1, -1)
    assert_close(norms.double(), exact, rtol=60 * 6e-8, atol=0.0)  # 60 roundings


def test_no_layers():
    assert layer_jacobians([], torch.zeros(2)) == []
    assert_close(gradient_norms([], torch.zeros(1), torch.ones(1)), torch.ones(1))


def test_exponents_sum_to_the_log_determinant(rng):
    factors = gaussian_matrices(40, 5, generator=rng)
    assert_close(
        growth_exponents(factors).sum(), torch.linalg.slogdet(factors).logabsdet.mean()
    )


def test_exponents_are_sorted_even_if_the_axes_are_not():
    factor = torch.diag(torch.tensor([0.5, 2.0]))
    assert_close(growth_exponents([factor]), torch.tensor([2.0, 0.5]).log())


def test_exponents_are_sorted_and_batched(rng):
    factors = gaussian_matrices(60, 4, generator=rng).reshape(20, 3, 4, 4)
    together = growth_exponents(factors)
    alone = torch.stack([growth_exponents(factors[:, i]) for i in range(3)])
    assert_close(together, alone)
    assert (together.diff(dim=-1) <= 0).all()


def test_exponents_of_a_power_are_log_moduli_of_eigenvalues(rng):
    # W = S D S^-1 with moduli 3, 2, 1/2: the frame turns to the eigenvectors in a few
    # steps, whose share of the mean is O(log kappa(S) / L).
    S = torch.eye(3, dtype=torch.float64, device=rng.device)
    S = S + 0.3 * gaussian_matrices(1, 3, generator=rng)[0]
    moduli = torch.tensor([3.0, 2.0, 0.5]).to(S)
    W = S @ torch.diag(moduli) @ torch.linalg.inv(S)
    depth = 2000
    tolerance = 2 * math.log(torch.linalg.cond(S)) / depth
    rates = growth_exponents([W] * depth)
    assert_close(rates, moduli.log(), rtol=0.0, atol=tolerance)


def test_exponents_of_orthogonal_factors_are_the_log_gain(rng):
    factors = orthogonal_matrices(300, 4, generator=rng, gain=1.5)
    expected = torch.full_like(factors[0, 0], math.log(1.5))
    assert_close(growth_exponents(factors), expected, rtol=1e-12, atol=0.0)


def test_exponents_follow_the_order_of_the_factors():
    turn = torch.tensor([[0.0, -1.0], [1.0, 0.0]])  # e_1 to e_2
    shear = torch.tensor([[1.0, 1.0], [0.0, 1.0]])  # keeps e_1 only
    sheared = 2 * growth_exponents([turn, shear])[0]  # e_1, e_2, e_1 + e_2
    kept = 2 * growth_exponents([shear, turn])[0]  # e_1, e_1, e_2
    assert_close(sheared, torch.tensor(math.log(2) / 2))
    assert_close(kept, torch.tensor(0.0))


@pytest.mark.parametrize("seed", range(5))
def test_largest_exponent_obeys_the_gaussian_law(seed):
    width, depth, gain = 32, 1000, 1.2
    rng = torch.Generator().manual_seed(seed)
    factors = gaussian_matrices(depth, width, generator=rng, gain=gain)
    half = torch.tensor(width / 2, dtype=torch.float64)
    exact = math.log(gain) + 0.5 * (math.log(2 / width) + torch.digamma(half).item())
    # Each step adds half the log of a chi-square: variance 1 / (2 n).
    error = 1 / math.sqrt(2 * width * depth)
    assert abs(growth_exponents(factors)[0].item() - exact) < 4 * error


def test_a_singular_factor_gives_minus_infinity():
    factor = torch.diag(torch.tensor([2.0, 0.0]))
    expected = torch.tensor([math.log(2.0), -math.inf])
    assert_close(growth_exponents([factor]), expected)


def test_refuses_no_factors():
    with pytest.raises(
        ValueError, match=r"^factors must hold at least one matrix, got none$"
    ):
        growth_exponents([])


def test_refuses_factors_that_are_not_square_or_differ():
    with pytest.raises(ValueError, match=r"^factors must be square"):
        growth_exponents([torch.zeros(2, 3)])
    message = r"^factors must have shape \(2, 2\), got \(3, 3\)$"
    with pytest.raises(ValueError, match=message):
        growth_exponents([torch.eye(2), torch.eye(3)])


def test_refuses_an_input_that_is_no_vector():
    with pytest.raises(ValueError, match=r"^x must have shape \(n,\), got \(2, 3\)$"):
        layer_jacobians([torch.tanh], torch.zeros(2, 3))


def test_refuses_a_cotangent_of_another_shape():
    message = r"^cotangent must have shape \(3,\), got \(2,\)$"
    with pytest.raises(ValueError, match=message):
        gradient_norms([torch.tanh], torch.zeros(3), torch.zeros(2))
