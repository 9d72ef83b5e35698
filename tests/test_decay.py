"""Weight decay: closed forms against the recursions that they sum up."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.testing import assert_close

from companion.decay import decay_steps, noise_variance, ridge_solution
from companion.ensembles import gaussian_matrices


def positive_definite(count, width, rng):
    factor = gaussian_matrices(count, width, generator=rng)
    return factor @ factor.mT + 0.01 * torch.eye(width, dtype=torch.float64)


# Steps


@given(st.floats(0.1, 100), st.floats(1e-3, 1.999), st.floats(1e-3, 1))
def test_the_steps_are_the_first_after_which_the_radius_is_below_one(
    radius, rate, learning_rate
):
    steps = decay_steps(
        radius, learning_rate=learning_rate, weight_decay=rate / learning_rate
    )
    logs = [math.log(radius) + k * math.log(abs(1 - rate) + 1e-300) for k in (0, steps)]
    assert logs[1] < 1e-9
    if steps:  # one step fewer is not enough, up to rounding
        before = math.log(radius) + (steps - 1) * math.log(abs(1 - rate) + 1e-300)
        assert before > -1e-9


@pytest.mark.parametrize("rate", [0.01, 0.3, 1.0, 1.7])
def test_counting_gives_the_same_steps(rate):
    radius, steps = 1.5, 0
    while radius >= 1:
        radius, steps = abs(1 - rate) * radius, steps + 1
    assert decay_steps(1.5, learning_rate=1.0, weight_decay=rate) == steps


def test_a_small_radius_needs_no_step():
    assert decay_steps(0.99, learning_rate=0.1, weight_decay=0.1) == 0
    assert decay_steps(1.0, learning_rate=0.1, weight_decay=0.1) == 1


# Ridge


def test_the_solution_is_where_the_gradient_vanishes(rng):
    A = gaussian_matrices(5, 6, generator=rng)
    S = positive_definite(5, 6, rng)
    W = ridge_solution(A, S, weight_decay=0.3)
    assert_close((W - A) @ S, -0.3 * W, rtol=1e-10, atol=1e-12)


def test_without_decay_the_target_is_found(rng):
    (A,) = gaussian_matrices(1, 6, generator=rng)
    (S,) = positive_definite(1, 6, rng)
    assert_close(ridge_solution(A, S, weight_decay=0.0), A, rtol=1e-9, atol=1e-12)


@given(st.integers(0, 20), st.floats(0, 3), st.floats(0, 3))
def test_every_singular_value_falls_as_decay_grows(seed, decay, more):
    rng = torch.Generator().manual_seed(seed)
    (A,) = gaussian_matrices(1, 5, generator=rng)
    (S,) = positive_definite(1, 5, rng)
    values = [
        torch.linalg.svdvals(ridge_solution(A, S, weight_decay=strength))
        for strength in (decay, decay + more)
    ]
    assert (values[1] <= values[0] * (1 + 1e-9) + 1e-12).all()


def test_ridge_follows_the_dtype_and_device_of_its_input(device):
    A = torch.eye(3, device=device)
    W = ridge_solution(A, A, weight_decay=1.0)
    assert_close(W, 0.5 * A)


# Noise


@pytest.mark.parametrize("seed", range(5))
def test_the_variance_is_that_of_the_simulated_weights(seed):
    rng = torch.Generator().manual_seed(seed)
    w, eta, decay, noise = torch.zeros(20_000, dtype=torch.float64), 0.1, 1.0, 2.0
    for _ in range(150):  # 0.9^300 of the start is left: nothing
        kick = noise * torch.randn(len(w), generator=rng, dtype=torch.float64)
        w = (1 - eta * decay) * w - eta * kick
    theory = noise_variance(learning_rate=eta, weight_decay=decay, noise=noise)
    spread = theory * math.sqrt(2 / len(w))  # of a Gaussian's sample variance
    assert abs(w.square().mean().item() - theory) < 6 * spread


# Errors


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"radius": -1.0}, "^radius must be positive and finite, got -1.0$"),
        ({"learning_rate": 0.0}, "^learning_rate must be positive and finite, got 0.0"),
        ({"weight_decay": math.nan}, "^weight_decay must be positive and finite"),
        (
            {"weight_decay": 20.0},
            r"^learning_rate \* weight_decay must be below 2, got 2.0$",
        ),
    ],
)
def test_steps_refuse(options, message):
    right = {"radius": 1.5, "learning_rate": 0.1, "weight_decay": 0.1} | options
    with pytest.raises(ValueError, match=message):
        decay_steps(right.pop("radius"), **right)


def test_ridge_refuses():
    A = torch.eye(2)
    with pytest.raises(ValueError, match=r"^target must be square, "):
        ridge_solution(torch.ones(2, 3), A, weight_decay=1.0)
    with pytest.raises(ValueError, match=r"^covariance must have shape "):
        ridge_solution(A, torch.eye(3), weight_decay=1.0)
    with pytest.raises(
        ValueError, match=r"^weight_decay must be nonnegative and finite"
    ):
        ridge_solution(A, A, weight_decay=-1.0)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"noise": 0.0}, "^noise must be positive and finite, got 0.0$"),
        ({"learning_rate": 2.0}, r"^learning_rate \* weight_decay must be below 2"),
    ],
)
def test_noise_refuses(options, message):
    right = {"learning_rate": 0.1, "weight_decay": 1.0, "noise": 1.0} | options
    with pytest.raises(ValueError, match=message):
        noise_variance(**right)
