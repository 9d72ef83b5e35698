"""Integrators: orders, stability functions, invariants."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.autograd import gradcheck
from torch.testing import assert_close

from companion.ensembles import gaussian_matrices
from companion.integrators import (
    METHODS,
    backward_euler_step,
    critical_step,
    forward_euler_step,
    rk4_step,
    stability_function,
    trapezoid_step,
)
from companion.linalg import spectral_radius

ORDERS = {"forward_euler": 1, "backward_euler": 1, "trapezoid": 2, "rk4": 4}


def step_of(method, A, x, step):
    if method == "backward_euler":
        return backward_euler_step(A, x, step=step)
    if method == "trapezoid":
        return trapezoid_step(A, x, step=step)
    explicit = forward_euler_step if method == "forward_euler" else rk4_step
    return explicit(lambda y: y @ A.mT, x, step=step)


def damped_rotation(damping, frequency):
    return torch.tensor(
        [[-damping, frequency], [-frequency, -damping]], dtype=torch.float64
    )


# Steps


@pytest.mark.parametrize("method", METHODS)
def test_a_step_is_the_stability_function_of_the_matrix(method, rng):
    (A,) = gaussian_matrices(1, 5, generator=rng)
    x = torch.randn(7, 5, generator=rng, dtype=A.dtype, device=A.device)
    values, vectors = torch.linalg.eig(A)
    factors = stability_function(0.3 * values, method=method)
    operator = (vectors * factors) @ torch.linalg.inv(vectors)
    # The eigenvectors of a Gaussian 5 x 5 matrix are conditioned better than 1e3.
    assert_close(step_of(method, A, x, 0.3), x @ operator.real.mT, rtol=0, atol=1e-11)


@pytest.mark.parametrize(("method", "order"), ORDERS.items())
def test_the_error_falls_with_the_order_of_the_method(method, order):
    A = damped_rotation(0.5, 2.0)
    x = torch.tensor([1.0, 0.0], dtype=torch.float64)
    exact = torch.linalg.matrix_exp(A) @ x
    errors = []
    for count in (40, 80):
        y = x
        for _ in range(count):
            y = step_of(method, A, y, 1 / count)
        errors.append((y - exact).norm())
    # The next term of the expansion is smaller by about h = 1/40.
    assert torch.log2(errors[0] / errors[1]).item() == pytest.approx(order, abs=0.1)


@pytest.mark.parametrize("method", METHODS)
def test_steps_can_be_differentiated(method, rng):
    A = damped_rotation(0.1, 1.0).to(rng.device).requires_grad_()
    x = torch.randn(2, generator=rng, dtype=torch.float64, device=rng.device)
    assert gradcheck(lambda A, x: step_of(method, A, x, 0.3), (A, x.requires_grad_()))


def test_explicit_steps_take_any_field(rng):
    x = torch.randn(3, generator=rng, device=rng.device)
    assert_close(forward_euler_step(torch.tanh, x, step=0.5), x + 0.5 * torch.tanh(x))
    quadrature = rk4_step(torch.ones_like, x, step=0.5)
    assert_close(quadrature, x + 0.5)


def test_implicit_steps_take_batches_of_matrices(rng):
    A = gaussian_matrices(4, 3, generator=rng)
    x = torch.randn(4, 3, generator=rng, dtype=A.dtype, device=A.device)
    for step in (backward_euler_step, trapezoid_step):
        single = [step(a, y, step=0.1) for a, y in zip(A, x, strict=True)]
        assert_close(step(A, x, step=0.1), torch.stack(single))


@given(st.floats(0.01, 100), st.integers(0, 50))
def test_the_trapezoid_keeps_the_norm_of_an_antisymmetric_system(step, seed):
    rng = torch.Generator().manual_seed(seed)
    W = torch.randn(6, 6, generator=rng, dtype=torch.float64)
    x = torch.randn(6, generator=rng, dtype=torch.float64)
    moved = trapezoid_step(W - W.T, x, step=step)
    # A solve's error is its condition number, below 1 + 100 * 20, times rounding.
    assert_close(moved.norm(), x.norm(), rtol=1e-11, atol=0)


# Stability


@given(st.complex_numbers(max_magnitude=1e3, allow_nan=False))
def test_implicit_methods_are_stable_in_the_whole_left_half_plane(z):
    z = torch.tensor(complex(-abs(z.real), z.imag), dtype=torch.complex128)
    for method in ("backward_euler", "trapezoid"):
        assert stability_function(z, method=method).abs() <= 1 + 1e-15


@pytest.mark.parametrize(
    ("z", "method"),
    [(-2.0, "forward_euler"), (2.0, "backward_euler"), (-2.785293563, "rk4")],
)
def test_the_real_ends_of_the_regions(z, method):
    factor = stability_function(torch.tensor(z, dtype=torch.float64), method=method)
    assert abs(factor).item() == pytest.approx(1, abs=1e-8)


def test_rk4_reaches_two_roots_of_two_on_the_imaginary_axis():
    z = torch.tensor(2j * math.sqrt(2), dtype=torch.complex128)
    assert stability_function(z, method="rk4").abs().item() == pytest.approx(1)


@given(st.integers(0, 1000))
def test_at_the_critical_step_the_radius_is_one(seed):
    rng = torch.Generator().manual_seed(seed)
    damping, frequency = 0.1 + 5 * torch.rand(2, 4, generator=rng, dtype=torch.float64)
    A = torch.block_diag(
        *(damped_rotation(*p) for p in zip(damping, frequency, strict=True))
    )
    step = critical_step(torch.linalg.eigvals(A))
    identity = torch.eye(8, dtype=torch.float64)
    # The matrix is normal, so its eigenvalues are known to rounding.
    assert spectral_radius(identity + step * A).item() == pytest.approx(1, abs=1e-13)
    assert spectral_radius(identity + 0.99 * step * A) < 1
    assert spectral_radius(identity + 1.01 * step * A) > 1


def test_critical_step_takes_batches_and_real_eigenvalues(device):
    eigenvalues = torch.tensor([[-1.0, -4.0], [-2.0, 0.0], [-1.0, 3.0]], device=device)
    expected = torch.tensor([0.5, 0.0, 0.0], device=device)
    assert torch.equal(critical_step(eigenvalues), expected)
    assert torch.equal(critical_step(eigenvalues + 0j), expected)


# Errors


def test_errors():
    x = torch.ones(2)
    with pytest.raises(ValueError, match=r"^method must be one of \('forward_euler'"):
        stability_function(x, method="euler")
    with pytest.raises(ValueError, match=r"^eigenvalues must have an entry, got shape"):
        critical_step(torch.ones(3, 0))


@pytest.mark.parametrize("method", METHODS)
def test_a_step_must_be_positive(method):
    with pytest.raises(ValueError, match=r"^step must be positive and finite, got 0.0"):
        step_of(method, torch.eye(2), torch.ones(2), 0.0)


@pytest.mark.parametrize("step", [backward_euler_step, trapezoid_step])
def test_the_matrix_of_an_implicit_step_must_be_square(step):
    with pytest.raises(ValueError, match=r"^matrix must be square"):
        step(torch.ones(2, 3), torch.ones(2), step=0.1)
