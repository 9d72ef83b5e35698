"""Laws of costates and of shooting."""

import math

import pytest
import torch

from companion.adjoint import (
    costates,
    rollout,
    shooting_loss,
)

F64 = {"dtype": torch.float64}
SEEDS = range(5)


def draw(*shape, seed):
    rng = torch.Generator().manual_seed(seed)
    return torch.randn(*shape, generator=rng, **F64)


def tanh_system(seed):
    W, B = draw(4, 4, seed=seed), draw(4, 2, seed=seed + 100)
    return lambda x, u: torch.tanh(W @ x + B @ u)


def running(x, u):
    return torch.sin(x).sum() + (x.sum() * u).square().sum()


def terminal(x):
    return x.square().sum()


def total_cost(step, x, controls):
    states = rollout(step, x, controls)
    return sum(map(running, states, controls)) + terminal(states[-1])


# Rollouts and costates


def test_rollout_keeps_dtype_and_starts_at_the_start():
    x = torch.ones(3)
    states = rollout(lambda x, u: x * u, x, torch.full((2, 1), 2.0))
    assert states.dtype == torch.float32
    torch.testing.assert_close(states[:, 0], torch.tensor([1.0, 2.0, 4.0]))


@pytest.mark.parametrize("seed", SEEDS)
def test_costates_agree_with_autograd_at_every_time(seed):
    step, controls = tanh_system(seed), draw(9, 2, seed=seed + 200)
    states = rollout(step, draw(4, seed=seed + 300), controls)
    swept = costates(
        step, states, controls, running_cost=running, terminal_cost=terminal
    )
    for t, x in enumerate(states):
        expected = torch.func.grad(total_cost, argnums=1)(step, x, controls[t:])
        # A hundred products of numbers of size 10, rounded at 1e-16.
        torch.testing.assert_close(swept.state[t], expected, rtol=0, atol=1e-11)
    by_control = torch.func.grad(total_cost, argnums=2)(step, states[0], controls)
    torch.testing.assert_close(swept.control, by_control, rtol=0, atol=1e-11)


def test_costates_refuse_states_that_do_not_fit_the_controls():
    x, u = torch.ones(3, 4, **F64), torch.zeros(3, 2, **F64)
    message = "^states must be one more than controls, got 3 and 3$"
    with pytest.raises(ValueError, match=message):
        costates(tanh_system(0), x, u, running_cost=running, terminal_cost=terminal)


# Shooting


def circle(x):
    angle = 0.3
    c, s = math.cos(angle), math.sin(angle)
    return x @ torch.tensor([[c, s], [-s, c]], dtype=x.dtype)


def orbit(steps, batch=()):
    x = [torch.ones(*batch, 2, **F64)]
    for _ in range(steps):
        x.append(circle(x[-1]))
    return torch.stack(x, dim=-2)


@pytest.mark.parametrize("segments", [1, 2, 3, 4, 6, 12])
def test_the_true_starts_fit_without_a_jump(segments):
    y = orbit(12)
    fit = shooting_loss(circle, y[: -1 : 12 // segments], observations=y)
    assert fit.misfit < 1e-28
    assert fit.gap < 1e-28


@pytest.mark.parametrize("segments", [1, 2, 3, 4, 6, 12])
def test_shooting_is_the_loop_over_segments(segments):
    y, starts = draw(13, 2, seed=1), draw(segments, 2, seed=2)
    length = 12 // segments
    misfit, jumps = [], []
    for k, start in enumerate(starts):
        x = start
        for t in range(length):
            misfit.append((x - y[k * length + t]).square().sum())
            x = circle(x)
        if k + 1 < segments:
            jumps.append((x - starts[k + 1]).square().sum())
    misfit.append((x - y[-1]).square().sum())
    fit = shooting_loss(circle, starts, observations=y)
    assert fit.misfit.item() == pytest.approx(sum(misfit).item() / 13, rel=1e-12)
    expected = sum(jumps).item() / len(jumps) if jumps else 0.0
    assert fit.gap.item() == pytest.approx(expected, rel=1e-12)


def test_a_batch_is_the_loop():
    y, starts = draw(7, 13, 2, seed=3), draw(7, 4, 2, seed=4)
    batch = shooting_loss(circle, starts, observations=y)
    single = [
        shooting_loss(circle, s, observations=o) for s, o in zip(starts, y, strict=True)
    ]
    for found, expected in zip(batch, zip(*single, strict=True), strict=True):
        torch.testing.assert_close(found, torch.stack(expected), rtol=1e-12, atol=0)


def test_shooting_is_differentiable():
    y = draw(13, 2, seed=5)
    starts = draw(3, 2, seed=6).requires_grad_()
    assert torch.autograd.gradcheck(
        lambda s: sum(shooting_loss(circle, s, observations=y)), starts
    )


@pytest.mark.parametrize("segments", [5, 24])
def test_shooting_refuses_segments_of_unequal_length(segments):
    message = f"^segments must divide 12 steps, got {segments}$"
    with pytest.raises(ValueError, match=message):
        shooting_loss(circle, torch.ones(segments, 2, **F64), observations=orbit(12))
