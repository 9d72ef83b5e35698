"""The figure of the residual plane: its HTML, and its numbers against torch's."""

import math

import pytest
import torch
from scripts import element, evaluator, options_of

from companion.scaling import scaled_residual_bound, variance_preserving_scale
from companion.widgets import residual_plane

in_node = evaluator("residual_plane")
POINTS = [(0.25, 0.5), (0.0, 0.1), (1.2, 0.0), (0.6, 0.3)]


# The HTML


def test_options_reach_the_browser():
    figure = residual_plane(alpha=0.5, beta=0.1, depth=32, language="zh")
    assert options_of(figure) == {"alpha": 0.5, "beta": 0.1, "depth": 32}
    assert element(figure).get("lang") == "zh"
    assert figure.tag == "xg-residual-plane"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"alpha": -0.1}, "^alpha must lie between 0 and 1.2, got -0.1$"),
        ({"beta": 1.5}, "^beta must lie between 0 and 1, got 1.5$"),
        ({"beta": math.nan}, "^beta must lie between 0 and 1, got nan$"),
        ({"depth": 0}, "^depth must lie between 1 and 200, got 0$"),
        ({"depth": 2.5}, "^depth must be a whole number, got 2.5$"),
        ({"language": "de"}, "^language must be 'en', 'zh' or None, got 'de'$"),
    ],
)
def test_residual_plane_refuses(options, message):
    with pytest.raises(ValueError, match=message):
        residual_plane(**options)


# The numbers, against torch's


@pytest.mark.parametrize(("alpha", "beta"), POINTS)
@pytest.mark.parametrize("depth", [1, 50, 200])
def test_the_worst_case_is_the_companion_s(alpha, beta, depth):
    worst = in_node("xg.residual.logWorst(a, b, l)", a=alpha, b=beta, l=depth)
    bound = scaled_residual_bound(1, alpha=alpha, beta=beta, lipschitz=2.0)
    expected = depth * math.log10(bound)
    assert worst == pytest.approx(expected, rel=1e-12, abs=1e-12)


@pytest.mark.parametrize(("alpha", "beta"), [(0.25, 0.5), (0.1, 0.2), (0.3, 0.0)])
def test_the_share_is_that_of_a_product_of_wide_layers(alpha, beta):
    width, depth = 200, 12
    rng = torch.Generator().manual_seed(0)
    eye = torch.eye(width, dtype=torch.float64)
    product = eye
    for _ in range(depth):
        G = torch.randn(width, width, generator=rng, dtype=torch.float64)
        product = (1 - beta) * product + alpha / math.sqrt(width) * G @ product
    square = product.T @ product
    kept = square.trace() ** 2 / square.square().sum() / width
    found = in_node("xg.residual.share(a, b, l)", a=alpha, b=beta, l=depth)
    # Finite width moves a mean square by about depth / width.
    assert found == pytest.approx(kept.item(), rel=depth / width)


@pytest.mark.parametrize("kept", [0.9, 0.5, 0.1])
def test_a_ray_keeps_its_share(kept):
    slope, found = in_node(
        "[xg.residual.ray(k, 50), xg.residual.share(xg.residual.ray(k, 50), 0, 50)]",
        k=kept,
    )
    assert found == pytest.approx(kept, rel=1e-9)
    on_the_ray = in_node("xg.residual.share(0.6 * a, 0.4, 50)", a=slope)
    assert on_the_ray == pytest.approx(kept, rel=1e-9)


def test_a_share_that_few_layers_cannot_spoil_has_no_ray():
    assert in_node("Number.isNaN(xg.residual.ray(0.1, 5))")


def test_without_branches_every_direction_is_kept():
    found = in_node("[xg.residual.share(0, 0.3, 50), xg.residual.share(0, 1, 50)]")
    assert found == [1, 1]


@pytest.mark.parametrize("seed", range(3))
def test_the_gain_is_that_of_gaussian_branches(seed):
    alpha, beta, width, count = 0.6, 0.3, 16, 500
    rng = torch.Generator().manual_seed(seed)
    G = torch.randn(count, width, width, generator=rng, dtype=torch.float64)
    layers = alpha * G / math.sqrt(width)
    layers = layers + (1 - beta) * torch.eye(width, dtype=torch.float64)
    gains = layers.square().sum(dim=(1, 2)) / width
    found = in_node("xg.residual.logGain(a, b, 1)", a=alpha, b=beta)
    noise = 6 * gains.std().item() / math.sqrt(count)
    assert 10 ** (2 * found) == pytest.approx(gains.mean().item(), abs=noise)


def test_the_gain_of_many_layers_is_a_power():
    one, many = in_node("[1, 200].map((l) => xg.residual.logGain(0.3, 0.4, l))")
    assert many == pytest.approx(200 * one, rel=1e-12)


def test_the_curves_are_the_companion_s():
    betas = [0.0, 0.1, 0.5, 1.0]
    edge, kept = in_node(
        "[xg.residual.edge, xg.residual.preserving].map((f) => betas.map(f))",
        betas=betas,
    )
    beta = torch.tensor(betas, dtype=torch.float64)
    expected = variance_preserving_scale(beta, gain=1.0).tolist()
    assert kept == pytest.approx(expected, rel=1e-12)
    for alpha, b in zip(edge, betas, strict=True):
        bound = scaled_residual_bound(1, alpha=alpha, beta=b, lipschitz=2.0)
        assert bound == pytest.approx(1, rel=1e-12)
