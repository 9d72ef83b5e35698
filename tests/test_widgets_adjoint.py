"""The figures of the feedback and of shooting: their HTML, their numbers."""

import math

import pytest
import torch
from scripts import evaluator, options_of

from companion.adjoint import costates, rollout, shooting_loss
from companion.feedback import lqr
from companion.linalg import spectral_radius
from companion.widgets import feedback, shooting

in_node = evaluator("feedback")

A = torch.tensor([[1.1, 0.2], [0.0, 1.05]], dtype=torch.float64)
B = torch.tensor([[0.0], [1.0]], dtype=torch.float64)
Q = torch.eye(2, dtype=torch.float64)
R = torch.tensor([[0.5]], dtype=torch.float64)
START = torch.tensor([1.0, -0.5], dtype=torch.float64)
SHARES = [0.0, 0.05, 0.3, 0.75, 1.0, 1.5, 2.2, 2.5]


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
        ({"share": -0.1}, "^share must lie between 0 and 2.5, got -0.1$"),
        ({"share": math.nan}, "^share must lie between 0 and 2.5, got nan$"),
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


# Shooting

shot_in_node = evaluator("shooting")


def test_the_options_of_shooting_reach_the_browser():
    assert options_of(shooting(pieces=5, guess=3.723)) == {"pieces": 5, "guess": 3.725}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"pieces": 3}, r"^pieces must be one of \(1, 2, 5, 10, 25\), got 3$"),
        ({"guess": 3.5}, "^guess must lie between 3.6 and 4, got 3.5$"),
        ({"guess": math.nan}, "^guess must lie between 3.6 and 4, got nan$"),
        ({"language": "de"}, "^language must be 'en', 'zh' or None, got 'de'$"),
    ],
)
def test_shooting_refuses(options, message):
    with pytest.raises(ValueError, match=message):
        shooting(**options)


def population():
    x = [torch.tensor([0.3], dtype=torch.float64)]
    for _ in range(50):
        x.append(3.8 * x[-1] * (1 - x[-1]))
    return torch.stack(x)


@pytest.mark.parametrize("pieces", [5, 10, 25])
@pytest.mark.parametrize("guess", [3.61, 3.78, 3.95])
def test_misfit_and_slope_agree_with_autograd(pieces, guess):
    y = population()
    r = torch.tensor(guess, dtype=torch.float64, requires_grad=True)
    starts = y[: -1 : 50 // pieces]
    fit = shooting_loss(lambda x: r * x * (1 - x), starts, observations=y).misfit
    (slope,) = torch.autograd.grad(fit, r)
    found = shot_in_node("xg.shooting.misfit(r, k)", r=guess, k=pieces)
    # Ten steps magnify a rounding by 4**10 = 1e6 at most.
    assert found[0] == pytest.approx(fit.item(), rel=1e-8)
    assert found[1] == pytest.approx(slope.item(), rel=1e-8)


def test_pieces_count_fewer_minima_and_shallower_slopes():
    found = [shot_in_node("xg.shooting.landscape(k)", k=k) for k in (1, 2, 5, 10, 25)]
    minima, steepest = (
        tuple(land[name] for land in found) for name in ("minima", "steepest")
    )
    assert minima[0] > 1000
    assert minima[2:] == (8, 1, 1)
    assert sorted(steepest, reverse=True) == list(steepest)
    assert steepest[3] < 1


def test_a_piece_ends_where_the_system_takes_it():
    shots = shot_in_node("xg.shooting.shots(3.8, 10)")
    ends = [shot[-1] for shot in shots]
    assert ends == pytest.approx(population()[5::5, 0].tolist(), rel=1e-9)
