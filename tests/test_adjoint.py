"""Laws of costates, of the Riccati recursion, of certificates and of shooting."""

import math

import pytest
import torch

from companion.adjoint import (
    costates,
    lqr,
    lyapunov_certificate,
    rollout,
    shooting_loss,
)
from companion.ensembles import gaussian_matrices, orthogonal_matrices

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


# The regulator


def problem(seed, n=3, m=2):
    A, B = draw(n, n, seed=seed), draw(n, m, seed=seed + 50)
    Q, R = draw(n, n, seed=seed + 60), draw(m, m, seed=seed + 70)
    weights = {
        "state_cost": Q @ Q.T,
        "control_cost": R @ R.T + torch.eye(m, **F64),
        "terminal_cost": torch.eye(n, **F64),
    }
    return A, B, weights


def lq_cost(A, B, weights, x, controls):
    states = rollout(lambda x, u: A @ x + B @ u, x, controls)
    total = states[-1] @ weights["terminal_cost"] @ states[-1]
    for x, u in zip(states, controls, strict=False):
        total = total + x @ weights["state_cost"] @ x + u @ weights["control_cost"] @ u
    return total / 2


@pytest.mark.parametrize("seed", SEEDS)
def test_regulator_is_stationary_and_costs_what_its_matrix_says(seed):
    A, B, weights = problem(seed)
    found = lqr(A, B, **weights, horizon=8)
    start = x = draw(3, seed=seed + 80)
    controls = []
    for gain in found.gains:
        controls.append(-gain @ x)
        x = A @ x + B @ controls[-1]
    controls = torch.stack(controls)
    cost, slope = (
        lq_cost(A, B, weights, start, controls),
        torch.func.grad(lq_cost, argnums=4)(A, B, weights, start, controls),
    )
    # Open loop, rounding grows by at most the norm of A to the power 8, below 1e5.
    scale = cost.item()
    assert slope.abs().max() < 1e-10 * scale
    assert cost.item() == pytest.approx((start @ found.values[0] @ start / 2).item())


def test_one_newton_step_is_the_riccati_solution():
    A, B, weights = problem(1)
    start, zero = draw(3, seed=9), torch.zeros(6, 2, **F64)

    def cost(u):
        return lq_cost(A, B, weights, start, u.reshape(6, 2))

    slope = torch.func.grad(cost)
    H, g = torch.func.jacrev(slope)(zero.flatten()), slope(zero.flatten())
    best = -torch.linalg.solve(H, g)
    value = lqr(A, B, **weights, horizon=6).values[0]
    assert cost(best).item() == pytest.approx((start @ value @ start / 2).item())


def test_long_horizons_reach_the_solution_of_scipy():
    linalg = pytest.importorskip("scipy.linalg")
    A, B, weights = problem(2)
    order = ("state_cost", "control_cost")
    expected = linalg.solve_discrete_are(A, B, *(weights[k] for k in order))
    found = lqr(A, B, **weights, horizon=300).values[0]
    torch.testing.assert_close(found, torch.as_tensor(expected), rtol=1e-8, atol=1e-8)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"A": torch.ones(2, 3)}, "^A must be square"),
        ({"B": torch.ones(2, 1)}, r"^B must have shape \(3, m\), got \(2, 1\)$"),
        ({"horizon": 0}, "^horizon must be positive and finite, got 0$"),
        ({"state_cost": torch.ones(2, 2)}, "^state_cost must have shape"),
        ({"terminal_cost": torch.ones(2, 2)}, "^terminal_cost must have shape"),
        ({"control_cost": torch.ones(1, 1)}, "^control_cost must have shape"),
        (
            {"control_cost": -torch.eye(2, **F64)},
            "^control_cost must be positive definite, got ",
        ),
    ],
)
def test_lqr_refuses(changes, message):
    A, B, weights = problem(0)
    options = {"A": A, "B": B, "horizon": 4, **weights} | changes
    with pytest.raises(ValueError, match=message):
        lqr(options.pop("A"), options.pop("B"), **options)


# Certificates


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("gain", [0.3, 0.9])
def test_certificate_solves_its_equation_and_bounds_every_power(seed, gain):
    rng = torch.Generator().manual_seed(seed)
    (W,) = gaussian_matrices(1, 6, gain=1.0, generator=rng)
    W = gain * W / torch.linalg.eigvals(W).abs().max()
    P, factor, rate = lyapunov_certificate(W)
    # Entries of P below 1e4, rounded at 1e-16 and solved with a condition below 1e4.
    torch.testing.assert_close(W.T @ P @ W, P - torch.eye(6, **F64), rtol=0, atol=1e-8)
    assert torch.linalg.eigvalsh(P)[0] >= 1 - 1e-9
    power = torch.eye(6, **F64)
    for k in range(100):
        norm = torch.linalg.matrix_norm(power, 2)
        assert norm <= factor * rate**k * (1 + 1e-9)
        power = W @ power


def test_certificate_of_a_scaled_orthogonal_matrix_is_tight():
    rng = torch.Generator().manual_seed(0)
    (W,) = orthogonal_matrices(1, 5, gain=0.8, generator=rng)
    found = lyapunov_certificate(W)
    assert found.factor.item() == pytest.approx(1.0, rel=1e-12)
    assert found.rate.item() == pytest.approx(0.8, rel=1e-12)


def test_certificate_of_zero_forgets_at_once():
    found = lyapunov_certificate(torch.zeros(2, 2))
    assert found.rate == 0
    assert found.factor == 1


@pytest.mark.parametrize(
    ("matrix", "message"),
    [
        (torch.ones(2, 3), "^matrix must be square"),
        (torch.eye(2), "^matrix must have a spectral radius below 1, got 1$"),
    ],
)
def test_certificate_refuses(matrix, message):
    with pytest.raises(ValueError, match=message):
        lyapunov_certificate(matrix)


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
