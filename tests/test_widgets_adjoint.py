"""The interactive figure of the feedback: its HTML, and its numbers against torch's."""

import math

import pytest
import torch
from scripts import evaluator, options_of

from companion.adjoint import costates, rollout
from companion.feedback import lqr
from companion.linalg import spectral_radius
from companion.widgets import feedback

in_node = evaluator("feedback")

A = torch.tensor([[1.1, 0.2], [0.0, 1.05]], dtype=torch.float64)
B = torch.tensor([[0.0], [1.0]], dtype=torch.float64)
Q = torch.eye(2, dtype=torch.float64)
R = torch.tensor([[0.5]], dtype=torch.float64)
START = torch.tensor([1.0, -0.5], dtype=torch.float64)
SHARES = [0.0, 0.05, 0.3, 0.75, 1.0, 1.5]


@pytest.fixture(scope="module")
def gain():
    weights = {"state_cost": Q, "control_cost": R, "terminal_cost": Q}
    return lqr(A, B, **weights, horizon=200).gains[0]


# The HTML


def test_options_reach_the_browser_rounded_to_the_sliders():
    options = options_of(feedback(share=0.33, steps=62))
    assert options == {"share": 0.35, "steps": 60}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"share": -0.1}, "^share must lie between 0 and 1.5, got -0.1$"),
        ({"share": math.nan}, "^share must lie between 0 and 1.5, got nan$"),
        ({"steps": 101}, "^steps must lie between 5 and 100, got 101$"),
        ({"steps": 7.5}, "^steps must be a whole number, got 7.5$"),
        ({"language": "de"}, "^language must be 'en', 'zh' or None, got 'de'$"),
    ],
)
def test_feedback_refuses(options, message):
    with pytest.raises(ValueError, match=message):
        feedback(**options)


# The numbers, against torch's


def test_the_gain_is_the_stationary_riccati_gain(gain):
    assert in_node("xg.feedback.gain") == pytest.approx(gain[0].tolist(), rel=1e-12)


@pytest.mark.parametrize("share", SHARES)
def test_eigenvalues_and_radius_agree_with_torch(share, gain):
    closed = A - share * B @ gain
    found = in_node("xg.mat2.eigenvalues(xg.feedback.loop(g))", g=share)
    expected = torch.linalg.eigvals(closed)
    for z in found:
        assert (expected - complex(*z)).abs().min() < 1e-12
    radius = in_node("xg.mat2.radius(xg.feedback.loop(g))", g=share)
    assert radius == pytest.approx(spectral_radius(closed).item(), rel=1e-12)


@pytest.mark.parametrize("share", SHARES)
def test_costates_cost_and_slope_agree_with_torch(share, gain):
    # The corrections v are the controls of the closed loop.
    closed = A - share * B @ gain

    def step(x, v):
        return closed @ x + B @ v

    def running(x, v):
        u = v - share * gain @ x
        return (x @ x + u @ R @ u) / 2

    def terminal(x):
        return x @ x / 2

    v = torch.zeros(60, 1, dtype=torch.float64)
    x = rollout(step, START, v)
    swept = costates(step, x, v, running_cost=running, terminal_cost=terminal)
    cost = sum(map(running, x, v)) + terminal(x[-1])
    found = in_node("xg.feedback.sweep(g, 60)", g=share)
    norms = swept.state.norm(dim=1).tolist()
    # Sums of 60 rounded terms.
    assert found["norms"] == pytest.approx(norms, rel=1e-11)
    assert found["cost"] == pytest.approx(cost.item(), rel=1e-12)
    slope = swept.control[0].item()
    assert found["slope"] == pytest.approx(slope, rel=1e-11, abs=1e-13)
