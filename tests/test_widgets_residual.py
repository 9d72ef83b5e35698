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
def test_worst_case_and_path_around_are_the_companion_s(alpha, beta, depth):
    worst, path = in_node(
        "[xg.residual.logWorst(a, b, l), xg.residual.logPath(b, l)]",
        a=alpha,
        b=beta,
        l=depth,
    )
    bounds = [
        scaled_residual_bound(1, alpha=a, beta=beta, lipschitz=2.0)
        for a in (alpha, 0.0)
    ]
    expected = [depth * math.log10(bound) for bound in bounds]
    assert [worst, path] == pytest.approx(expected, rel=1e-12, abs=1e-12)


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


def test_all_is_lost_where_nothing_is_left():
    found = in_node("xg.residual.logPath(1, 3) === -Infinity")
    assert found is True
