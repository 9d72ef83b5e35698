"""Diffusion: closed forms of the schedules, exact laws of denoiser and sampler."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.testing import assert_close

from companion.diffusion import (
    add_noise,
    cosine_schedule,
    data_estimate,
    linear_schedule,
    sample_backwards,
    signal_to_noise,
)

SCHEDULES = [linear_schedule, cosine_schedule]
shares = st.floats(1e-4, 1 - 1e-4)
numbers = st.floats(-10, 10)


def double(*values):
    return [torch.tensor(value, dtype=torch.float64) for value in values]


# Schedules


@pytest.mark.parametrize("schedule", SCHEDULES)
@pytest.mark.parametrize("steps", [25, 100, 1000])
def test_a_schedule_falls_from_signal_to_noise(schedule, steps):
    share = schedule(steps)
    assert share.shape == (steps,)
    assert share.dtype == torch.float64
    assert (share.diff() < 0).all()
    assert 0 < share[-1] < 1e-4
    assert 0.99 < share[0] < 1


def test_linear_schedule_is_the_product_of_a_loop():
    product, expected = 1.0, []
    for s in range(50):
        product *= 1 - (0.1 + 19.9 * s / 49) / 50
        expected.append(product)
    # Fifty products of rounded factors.
    assert linear_schedule(50).tolist() == pytest.approx(expected, rel=1e-13)


def test_linear_schedule_of_a_thousand_is_that_of_the_paper():
    beta = torch.linspace(1e-4, 0.02, 1000, dtype=torch.float64)
    assert_close(linear_schedule(1000), (1 - beta).cumprod(0), rtol=1e-12, atol=0.0)


@pytest.mark.parametrize("steps", [200, 1000, 4000])
def test_linear_schedule_ends_alike_for_all_numbers_of_steps(steps):
    # sum log(1 - beta) = -(10.05 + sum beta^2 / 2 + ...), and beta^2 sums to 135 / T.
    assert linear_schedule(steps)[-1].log() == pytest.approx(-10.05, abs=100 / steps)


@pytest.mark.parametrize("steps", [10, 1000])
def test_cosine_schedule_telescopes_but_for_its_end(steps):
    t = torch.arange(steps + 1, dtype=torch.float64)
    f = torch.cos((t / steps + 0.008) / 1.008 * math.pi / 2) ** 2
    share = cosine_schedule(steps)
    assert_close(share[:-1], f[1:-1] / f[0], rtol=1e-11, atol=0.0)
    assert share[-1] / share[-2] == pytest.approx(0.001, rel=1e-12)


@pytest.mark.parametrize("steps", [20, 0, -1])
def test_linear_schedule_refuses_too_few_steps(steps):
    with pytest.raises(ValueError, match=rf"^steps must be above 20, got {steps}$"):
        linear_schedule(steps)


def test_cosine_schedule_refuses_no_steps():
    with pytest.raises(ValueError, match=r"^steps must be positive and finite, got 0$"):
        cosine_schedule(0)


# Signal, noise and the three predictions


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_signal_to_noise_gives_the_share_back(schedule):
    share = schedule(1000)
    ratio = signal_to_noise(share)
    assert_close(ratio / (1 + ratio), share, rtol=1e-12, atol=0.0)


@given(numbers, numbers, shares)
def test_mixing_is_a_rotation(clean, noise, share):
    clean, noise, share = double(clean, noise, share)
    noisy = add_noise(clean, noise, alpha_bar=share)
    velocity = add_noise(noise, -clean, alpha_bar=share)
    assert_close(noisy**2 + velocity**2, clean**2 + noise**2, rtol=1e-12, atol=1e-12)


@given(numbers, numbers, shares)
def test_a_perfect_prediction_gives_the_data(clean, noise, share):
    clean, noise, share = double(clean, noise, share)
    noisy = add_noise(clean, noise, alpha_bar=share)
    velocity = add_noise(noise, -clean, alpha_bar=share)
    outputs = {"data": clean, "noise": noise, "velocity": velocity}
    for prediction, output in outputs.items():
        estimate = data_estimate(output, noisy, alpha_bar=share, prediction=prediction)
        # From the noise, an error of 1e-15 is divided by sqrt(1e-4).
        assert_close(estimate, clean, rtol=0.0, atol=1e-12)


@given(numbers, numbers, numbers, shares)
def test_errors_of_the_three_predictions_differ_by_their_factor(
    clean, noise, output, share
):
    clean, noise, output, share = double(clean, noise, output, share)
    noisy = add_noise(clean, noise, alpha_bar=share)
    ratio = signal_to_noise(share)
    targets = {"noise": (noise, ratio)}
    targets["velocity"] = (add_noise(noise, -clean, alpha_bar=share), 1 + ratio)
    for prediction, (target, factor) in targets.items():
        estimate = data_estimate(output, noisy, alpha_bar=share, prediction=prediction)
        # Rounding of the estimate, 1e-13, is multiplied by at most sqrt(1e4).
        assert_close(
            (target - output).abs(),
            factor.sqrt() * (clean - estimate).abs(),
            rtol=1e-9,
            atol=1e-10,
        )


def test_noise_keeps_dtype_and_device_and_broadcasts(device):
    clean = torch.ones(4, 3, 2, device=device)
    share = torch.full((4, 1, 1), 0.25, device=device)
    noisy = add_noise(clean, clean, alpha_bar=share)
    assert noisy.shape == clean.shape
    assert noisy.dtype == clean.dtype
    assert noisy.device == clean.device


def test_estimates_are_differentiable():
    output, noisy = torch.randn(
        2, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(0)
    )
    output.requires_grad_()
    for prediction in ("data", "noise", "velocity"):
        assert torch.autograd.gradcheck(
            lambda x, prediction=prediction: data_estimate(
                x, noisy, alpha_bar=torch.tensor(0.3).double(), prediction=prediction
            ),
            output,
        )


# The sampler


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_a_point_is_reached_exactly(schedule, rng, device):
    start = torch.randn(5, 2, generator=rng, device=device, dtype=torch.float64)
    goal = torch.tensor([3.0, -1.0], dtype=torch.float64, device=device)
    with device:
        share = schedule(50)
    ends = sample_backwards(lambda x, t: goal.expand_as(x), start, alpha_bar=share)
    assert_close(ends, goal.expand_as(start), rtol=1e-12, atol=0.0)


def test_steps_are_counted_down_to_one():
    seen = []

    def denoise(x, t):
        seen.append(t)
        return x

    sample_backwards(denoise, torch.zeros(1), alpha_bar=linear_schedule(30))
    assert seen == list(range(30, 0, -1))


@pytest.mark.parametrize("spread", [0.5, 1.0, 2.0])
def test_gaussian_noise_becomes_gaussian_data(spread):
    """The exact denoiser is linear, so the sampler maps x to its slope times x."""

    def end(steps):
        share = linear_schedule(steps)

        def denoise(x, t):
            a = share[t - 1]
            return a.sqrt() * spread**2 / (a * spread**2 + 1 - a) * x

        one = torch.ones((), dtype=torch.float64)
        return sample_backwards(denoise, one, alpha_bar=share).item()

    errors = [abs(end(steps) - spread) for steps in (200, 800)]
    assert errors[1] < 0.02 * spread
    # A method of first order: four times the steps, about a quarter of the error.
    assert errors[1] < errors[0] / 2 or errors[1] < 1e-2


# What is refused


@pytest.mark.parametrize("entry", [0.0, 1.0, -0.1, math.nan])
def test_shares_outside_the_interval_are_refused(entry):
    share, x = torch.tensor([0.5, entry]), torch.zeros(2)
    message = r"^alpha_bar must lie between 0 and 1, got \[0.5, "
    for call in (
        lambda: signal_to_noise(share),
        lambda: add_noise(x, x, alpha_bar=share),
        lambda: data_estimate(x, x, alpha_bar=share, prediction="data"),
        lambda: sample_backwards(lambda x, t: x, x, alpha_bar=share),
    ):
        with pytest.raises(ValueError, match=message):
            call()


def test_a_plain_number_is_refused():
    message = r"^alpha_bar must be a floating-point tensor, got float$"
    with pytest.raises(TypeError, match=message):
        signal_to_noise(0.5)


def test_an_unknown_prediction_is_refused():
    x = torch.zeros(2)
    message = r"^prediction must be among \('noise', 'data', 'velocity'\), got 'score'$"
    with pytest.raises(ValueError, match=message):
        data_estimate(x, x, alpha_bar=torch.tensor(0.5), prediction="score")
