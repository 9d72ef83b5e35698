"""The figure of timestep weights: its HTML, and its numbers against torch's."""

import math
from itertools import product

import numpy as np
import pytest
import torch
from scripts import evaluator, options_of

from companion.clipping import clip_per_sample
from companion.diffusion import (
    add_noise,
    cosine_schedule,
    linear_schedule,
    signal_to_noise,
)
from companion.widgets import timestep_weights

SCHEDULES = {"linear": linear_schedule, "cosine": cosine_schedule}
PREDICTIONS = ("data", "noise", "velocity")
LOSSES = ("noise", "velocity", "capped")
STATES = [
    {"prediction": p, "loss": q, "trained": r, "schedule": s, "threshold": 0.7}
    for p, q, r, s in product(PREDICTIONS, LOSSES, (False, True), SCHEDULES)
]


in_node = evaluator("timestep_weights")


# The HTML


def test_options_reach_the_browser_as_they_were_given():
    options = STATES[-1]
    assert options_of(timestep_weights(**options)) == options


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"schedule": "sine"}, r"^schedule must be one of .* got 'sine'$"),
        ({"prediction": "score"}, r"^prediction must be one of .* got 'score'$"),
        ({"loss": "data"}, r"^loss must be one of .* got 'data'$"),
        ({"threshold": 0.0}, r"^threshold must lie between 0.0001 and 10000.0, got 0"),
        ({"threshold": math.nan}, r"^threshold must lie between .* got nan$"),
        ({"language": "de"}, r"^language must be 'en', 'zh' or None, got 'de'$"),
    ],
)
def test_refuses(options, message):
    with pytest.raises(ValueError, match=message):
        timestep_weights(**options)


# The numbers


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_ratios_are_those_of_the_companion(schedule):
    found = in_node("[...xg.timesteps.ratios(schedule)]", schedule=schedule)
    expected = signal_to_noise(SCHEDULES[schedule](1000))
    # Rounding of the share, 1e-16, over 1 - share of 4e-5 at the least.
    np.testing.assert_allclose(found, expected, rtol=1e-9)


@pytest.mark.parametrize("state", STATES, ids=lambda s: "-".join(map(str, s.values())))
def test_contributions_are_those_of_clipped_tensors(state):
    points = in_node("xg.timesteps.contributions(state)", state=state)
    snr = signal_to_noise(SCHEDULES[state["schedule"]](1000))
    one = torch.ones_like(snr)
    unit = {"data": one, "noise": snr, "velocity": 1 + snr}
    on_data = {**unit, "capped": snr.clamp(max=5)}[state["loss"]]
    weight = on_data / unit[state["prediction"]]
    best = (unit[state["prediction"]] / (1 + snr)).sqrt()
    g = 2 * (best if state["trained"] else one)[:, None]
    C, v = state["threshold"], weight[:, None]
    laws = {
        "weight": v,
        "gradient": g,
        "early": v * clip_per_sample(g, threshold=C / weight).gradient,
        "late": clip_per_sample(v * g, threshold=C).gradient,
        "mixed": clip_per_sample(v * g, threshold=C / weight).gradient,
    }
    for name, law in laws.items():
        found = [point[name] for point in points]
        np.testing.assert_allclose(found, law[:, 0], rtol=1e-9, err_msg=name)


@pytest.mark.parametrize("trained", [False, True])
@pytest.mark.parametrize("prediction", PREDICTIONS)
@pytest.mark.parametrize("loss", LOSSES)
def test_sizes_are_those_of_gaussian_data(prediction, loss, trained):
    share, count = torch.tensor(0.7, dtype=torch.float64), 100_000
    rng = torch.Generator().manual_seed(0)
    clean, noise = torch.randn(2, count, generator=rng, dtype=torch.float64)
    noisy = add_noise(clean, noise, alpha_bar=share)
    target, slope = {
        "data": (clean, share.sqrt()),
        "noise": (noise, (1 - share).sqrt()),
        "velocity": (add_noise(noise, -clean, alpha_bar=share), 0.0),
    }[prediction]
    output = (trained * slope * noisy).detach().requires_grad_()
    (slopes,) = torch.autograd.grad((output - target).square().sum(), output)
    state = {"prediction": prediction, "loss": loss, "trained": trained}
    ratio = signal_to_noise(share).item()
    size = in_node("xg.timesteps.sizes(state, s)", state=state, s=ratio)
    # Six relative standard errors of a root mean square: 6 / sqrt(2 n).
    measured = slopes.square().mean().sqrt().item()
    assert size["gradient"] == pytest.approx(measured, rel=6 / math.sqrt(2 * count))


def test_the_summary_counts_the_ceiling_and_finds_the_orders_equal():
    state = STATES[0]
    found = in_node(
        "xg.timesteps.summary(xg.timesteps.contributions(state), state.threshold)",
        state=state,
    )
    snr = signal_to_noise(linear_schedule(1000))
    assert found["reached"] == int((2 * snr >= 0.7).sum())
    assert found["most"] == pytest.approx(0.7, rel=1e-12)
    assert found["least"] == pytest.approx(2 * snr[-1].item(), rel=1e-9)
    assert found["gap"] < 1e-12
