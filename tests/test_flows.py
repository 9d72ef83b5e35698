"""Flows: inverses, log-determinants and growth, each against a second way."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.testing import assert_close

from companion.flows import CouplingFlow, random_shears, shear_growth_rate
from companion.jacobians import growth_exponents, layer_jacobians, point_jacobians
from companion.linalg import spectral_norm

ROUNDING = 1e-12  # of float64: some hundred operations on numbers below a hundred
BOUNDS = [0.0, 0.7, math.inf]
bounds = pytest.mark.parametrize("bound", BOUNDS)


def small_flow(bound, *, dim=4, depth=5, seed=0, gain=1.0):
    rng = torch.Generator().manual_seed(seed)
    return CouplingFlow(
        dim,
        width=8,
        depth=depth,
        bound=bound,
        gain=gain,
        generator=rng,
        dtype=torch.float64,
    ).requires_grad_(False)


def points(*shape, seed=1):
    rng = torch.Generator().manual_seed(seed)
    return torch.randn(*shape, generator=rng, dtype=torch.float64)


# The flow


@bounds
@given(seed=st.integers(0, 50))
def test_inverse_undoes_the_flow(bound, seed):
    flow, x = small_flow(bound, seed=seed), points(6, 4, seed=seed)
    z = flow(x).point
    # Each rounding error is stretched at most by the condition of the flow.
    conditions = torch.linalg.cond(point_jacobians(lambda x: flow(x).point, x))
    error = (flow.inverse(z) - x).norm(dim=1)
    assert (error <= 1e-14 * conditions * (1 + z.norm(dim=1))).all()


@bounds
@given(seed=st.integers(0, 50))
def test_log_det_is_that_of_the_jacobian(bound, seed):
    flow, x = small_flow(bound, seed=seed), points(6, 4, seed=seed)
    jacobians = point_jacobians(lambda x: flow(x).point, x)
    # Elimination is off by eps times the condition number, here below 1e4.
    assert_close(flow(x).log_det, jacobians.slogdet().logabsdet, rtol=0.0, atol=1e-11)


@bounds
def test_layers_compose_to_the_flow(bound):
    flow, x = small_flow(bound), points(6, 4)
    image = x
    for layer in flow.layers():
        image = layer(image)
    assert torch.equal(image, flow(x).point)
    product = torch.eye(4, dtype=torch.float64)
    for factor in layer_jacobians(flow.layers(), x[0]):
        product = factor @ product
    whole = torch.func.jacrev(lambda x: flow(x).point)(x[0])
    assert_close(product, whole, rtol=ROUNDING, atol=ROUNDING)


def test_an_additive_flow_keeps_every_volume():
    flow = small_flow(0.0, gain=5.0)
    assert torch.equal(flow(points(9, 4)).log_det, torch.zeros(9).double())


def test_the_bound_bounds_the_log_det():
    flow, x = small_flow(0.7, gain=1e3), points(50, 4)
    log_det = flow(x).log_det
    limit = 5 * 2 * 0.7  # layers, coordinates of a half, bound
    assert log_det.abs().max() <= limit + ROUNDING
    assert log_det.abs().max() > 0.7  # more than one coordinate of one layer can
    assert small_flow(math.inf, gain=20.0)(x).log_det.abs().max() > limit


def test_a_large_bound_is_no_bound():
    x = points(9, 4)
    far, free = small_flow(1e9)(x), small_flow(math.inf)(x)
    # tanh(y) = y - y^3 / 3: a relative 1e-18 of y = raw / bound, plus rounding.
    assert_close(far.point, free.point, rtol=1e-10, atol=1e-10)


def test_gradients_are_those_of_finite_differences():
    flow, x = small_flow(0.7).requires_grad_(), points(3, 4).requires_grad_()
    assert torch.autograd.gradcheck(lambda x: tuple(flow(x)), x)
    flow.zero_grad()
    sum(part.sum() for part in flow(x)).backward()
    assert all(p.grad.abs().max() > 0 for p in flow.parameters())


def test_the_weights_have_the_variance_that_is_promised():
    rng = torch.Generator().manual_seed(0)
    flow = CouplingFlow(
        8, width=50, depth=100, bound=1.0, gain=3.0, generator=rng
    ).requires_grad_(False)
    expected = {"inner": 1 / 4, "offset": 1.0, "outer": 9 / 50}
    for name, variance in expected.items():
        weights = getattr(flow, name)
        six_errors = 6 * math.sqrt(2 / weights.numel())
        assert weights.var().item() == pytest.approx(variance, rel=six_errors)
    assert not flow.shift.any()


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
def test_dtype_is_kept_and_the_generator_alone_decides(dtype):
    def draw(seed):
        rng = torch.Generator().manual_seed(seed)
        return CouplingFlow(2, width=4, depth=2, bound=1.0, generator=rng, dtype=dtype)(
            torch.ones(2, dtype=dtype)
        )

    one, same, other = draw(0), draw(0), draw(1)
    assert one.point.dtype == one.log_det.dtype == dtype
    assert torch.equal(one.point, same.point)
    assert not torch.equal(one.point, other.point)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"dim": 3}, "^dim must be even and positive, got 3$"),
        ({"dim": 0}, "^dim must be even and positive, got 0$"),
        ({"width": 0}, "^width must be positive and finite, got 0$"),
        ({"depth": 0}, "^depth must be positive and finite, got 0$"),
        ({"gain": -1.0}, "^gain must be positive and finite, got -1.0$"),
        ({"bound": -1.0}, "^bound must be nonnegative and finite, got -1.0$"),
        ({"bound": math.nan}, "^bound must be nonnegative and finite, got nan$"),
    ],
)
def test_coupling_flow_refuses(options, message):
    good = {"dim": 2, "width": 4, "depth": 2, "bound": 1.0, "gain": 1.0}
    dim, *rest = (good | options).items()
    with pytest.raises(ValueError, match=message):
        CouplingFlow(dim[1], **dict(rest), generator=torch.Generator())


# Random shears


@given(seed=st.integers(0, 50), half=st.integers(1, 4))
def test_a_shear_is_an_additive_coupling(seed, half):
    rng = torch.Generator().manual_seed(seed)
    (shear,) = random_shears(1, 2 * half, gain=2.0, generator=rng)
    x = points(2 * half, seed=seed)
    a, b = x[:half], x[half:]
    image = torch.cat([b + shear[:half, :half] @ a, a])
    assert_close(shear @ x, image, rtol=ROUNDING, atol=ROUNDING)
    # The norm that the chapter derives, from the norm of the coupling alone.
    s = spectral_norm(shear[:half, :half])
    assert_close(
        spectral_norm(shear), (s + (s**2 + 4).sqrt()) / 2, rtol=ROUNDING, atol=0.0
    )


def test_shears_have_the_variance_that_is_promised():
    rng = torch.Generator().manual_seed(0)
    entries = random_shears(500, 16, gain=3.0, generator=rng)[:, :8, :8]
    six_errors = 6 * math.sqrt(2 / entries.numel())
    assert entries.var().item() == pytest.approx(9 / 8, rel=six_errors)


@pytest.mark.parametrize("gain", [0.5, 1.0, 2.0])
def test_wide_shears_grow_at_the_rate_of_their_mean_square(gain):
    dim, count = 64, 400
    rates = torch.stack(
        [
            growth_exponents(
                random_shears(
                    count,
                    dim,
                    gain=gain,
                    generator=torch.Generator().manual_seed(seed),
                )
            )
            for seed in range(5)
        ]
    )
    theory = shear_growth_rate(gain)
    # The variance of one log squared norm is at most (4 + 2) g^4 over half the
    # dimension times the mean (g^2)^2; half of its root for the norm, six errors.
    noise = 6 * math.sqrt(6 / (dim / 2 * count * 5)) / 2
    width = 3 / dim  # half of that variance is what Jensen loses
    assert rates[:, 0].mean().item() == pytest.approx(theory, abs=noise + width)
    assert rates[:, -1].mean().item() == pytest.approx(-theory, abs=noise + width)
    assert_close(rates.sum(dim=1), torch.zeros(5).double(), rtol=0.0, atol=1e-10)


@pytest.mark.parametrize("gain", [1e-3, 0.3, 1.0, 4.0, 30.0])
def test_the_rate_is_half_the_logarithm_of_the_larger_eigenvalue(gain):
    squares = torch.tensor([[gain**2, 1.0], [1.0, 0.0]], dtype=torch.float64)
    expected = torch.linalg.eigvalsh(squares).max().log().item() / 2
    assert shear_growth_rate(gain) == pytest.approx(expected, abs=1e-14, rel=1e-12)


def test_the_mean_square_follows_its_map():
    # One shear, many draws: the mean of |b + A a|^2 is |b|^2 + g^2 |a|^2.
    rng = torch.Generator().manual_seed(0)
    count, x = 40_000, points(4)
    image = random_shears(count, 4, gain=1.5, generator=rng) @ x
    squares = image[:, :2].square().sum(dim=1)
    expected = x[2:].square().sum() + 1.5**2 * x[:2].square().sum()
    six_errors = 6 * squares.std().item() / math.sqrt(count)
    assert squares.mean().item() == pytest.approx(expected.item(), abs=six_errors)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"count": 0}, "^count must be positive and finite, got 0$"),
        ({"dim": 5}, "^dim must be even and positive, got 5$"),
        ({"gain": math.inf}, "^gain must be positive and finite, got inf$"),
    ],
)
def test_random_shears_refuses(options, message):
    good = {"count": 1, "dim": 2, "gain": 1.0} | options
    with pytest.raises(ValueError, match=message):
        random_shears(
            good["count"], good["dim"], gain=good["gain"], generator=torch.Generator()
        )


def test_shear_growth_rate_refuses():
    with pytest.raises(
        ValueError, match=r"^gain must be positive and finite, got 0\.0$"
    ):
        shear_growth_rate(0.0)
