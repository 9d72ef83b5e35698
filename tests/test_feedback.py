"""Laws of the Riccati recursion and of certificates."""

import pytest
import torch
from torch.testing import assert_close

from companion.adjoint import rollout
from companion.ensembles import gaussian_matrices, orthogonal_matrices
from companion.feedback import lqr, lyapunov_certificate

F64 = {"dtype": torch.float64}
SEEDS = range(5)


def draw(*shape, seed):
    rng = torch.Generator().manual_seed(seed)
    return torch.randn(*shape, generator=rng, **F64)


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
def test_regulator_has_one_gain_a_step_and_each_solves_its_equation(seed):
    A, B, weights = problem(seed)
    found = lqr(A, B, **weights, horizon=5)
    assert (len(found.values), len(found.gains)) == (6, 5)
    for after, gain in zip(found.values[1:], found.gains, strict=True):
        # The cost of a step and of the rest is least where its slope is zero.
        slope = weights["control_cost"] @ gain - B.T @ after @ (A - B @ gain)
        size = (B.T @ after @ A).norm()
        assert_close(slope, torch.zeros_like(slope), rtol=0.0, atol=1e-12 * size.item())


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
