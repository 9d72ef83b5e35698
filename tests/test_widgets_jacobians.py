"""The interactive figures of products: their HTML, and their numbers against torch."""

import itertools
import math

import pytest
import torch
from scripts import evaluator, options_of

from companion.ensembles import gaussian_exponents
from companion.linalg import spectral_norm, spectral_radius
from companion.widgets import orders, product_growth, rotation

CASES = [(0, 0.1), (30, 0.1), (55, 0.1), (60, 0.1), (90, 0.1), (45, 0.5), (80, 1.0)]
RUNS = {8: [[-0.123, 0.456]], 64: [[0.0, 1.0], [0.5, -0.25]]}

in_node = evaluator("rotation", "product_growth", "orders")


def layer(degrees, b):
    angle = math.radians(degrees)
    turn = [[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]]
    stretch = torch.diag(torch.tensor([2.0, b], dtype=torch.float64))
    return torch.tensor(turn, dtype=torch.float64) @ stretch


# The HTML


def test_options_reach_the_browser_rounded_to_the_slider():
    assert options_of(rotation(angle=30.4, small=0.32)) == {"angle": 30, "small": 0.3}
    options = options_of(product_growth(depths=[5, 10], runs=RUNS, gain=0.8))
    runs = {"8": [[-0.12, 0.46]], "64": [[0.0, 1.0], [0.5, -0.25]]}
    assert options == {"depths": [5, 10], "runs": runs, "gain": 0.8}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"angle": -1}, "^angle must lie between 0 and 90, got -1$"),
        ({"small": 0.0}, "^small must lie between 0.05 and 1, got 0.0$"),
        ({"language": "de"}, "^language must be 'en', 'zh' or None, got 'de'$"),
    ],
)
def test_rotation_refuses(options, message):
    with pytest.raises(ValueError, match=message):
        rotation(**options)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"gain": 2.0}, "^gain must lie between 0.5 and 1.9, got 2.0$"),
        ({"depths": [2, 2]}, r"^depths must increase from 1 on, got \[2, 2\]$"),
        ({"depths": [0, 2]}, r"^depths must increase from 1 on, got \[0, 2\]$"),
        ({"runs": {}}, "^runs must have 2 numbers each, one for a depth$"),
        ({"runs": {8: [[1.0]]}}, "^runs must have 2 numbers each, one for a depth$"),
        ({"runs": {8: [[1.0, math.nan]]}}, "^runs must lie between -10000.0 and"),
    ],
)
def test_product_growth_refuses(options, message):
    with pytest.raises(ValueError, match=message):
        product_growth(**{"depths": [5, 10], "runs": RUNS} | options)


# The numbers, against torch's


@pytest.mark.parametrize(("degrees", "b"), CASES)
def test_the_radius_is_that_of_the_layer(degrees, b):
    found = in_node("xg.rotation.radius(angle, 2, b)", angle=math.radians(degrees), b=b)
    # A double eigenvalue is known to the root of the rounding error only.
    assert found == pytest.approx(spectral_radius(layer(degrees, b)).item(), rel=1e-7)


@pytest.mark.parametrize("b", [0.05, 0.1, 0.3, 0.45])
def test_the_threshold_has_spectral_radius_one(b):
    angle = in_node("xg.rotation.threshold(2, b)", b=b)
    radius = spectral_radius(layer(math.degrees(angle), b))
    assert radius.item() == pytest.approx(1.0, rel=1e-12)


@pytest.mark.parametrize(("degrees", "b"), CASES)
def test_the_vector_s_journey_is_the_power_of_the_layer(degrees, b):
    found = in_node(
        "xg.rotation.journey(angle, 2, b, 20)", angle=math.radians(degrees), b=b
    )
    v, expected = torch.tensor([1.0, 0.0], dtype=torch.float64), []
    for _ in range(21):
        expected.append(v.norm().log().item())
        v = layer(degrees, b) @ v
    assert found == pytest.approx(expected, abs=1e-10)


@pytest.mark.parametrize("width", [1, 2, 8, 64, 999])
def test_the_law_of_the_growth_is_that_of_the_ensembles(width):
    found = in_node("xg.productGrowth.law(n, 1.3, 50)", n=width)
    mean = 50 * gaussian_exponents(width, gain=1.3)[0].item()
    half = torch.tensor(width / 2, dtype=torch.float64)
    spread = math.sqrt(50 * torch.polygamma(1, half).item() / 4)
    assert found == pytest.approx({"mean": mean, "spread": spread}, rel=1e-9)


def test_quantiles_agree_with_torch():
    values = [-1.0, 0.5, 2.0, 7.0]
    shares = [0.0, 0.25, 0.5, 0.9, 1.0]
    found = in_node(
        "shares.map((s) => xg.productGrowth.quantile(values, s))",
        shares=shares,
        values=values,
    )
    exact = torch.tensor(values).quantile(torch.tensor(shares))
    assert found == pytest.approx(exact.tolist(), rel=1e-6)


# The orders of two layers

A = torch.tensor([[0.5, 2.0], [0.0, 0.5]], dtype=torch.float64)


def product_norms(order):
    """The largest singular value after each layer, from torch."""
    product, norms = torch.eye(2, dtype=torch.float64), [1.0]
    for letter in order:
        product = (A if letter == "A" else A.T) @ product
        norms.append(spectral_norm(product).item())
    return norms


@pytest.mark.parametrize("order", ["AAAAAAAAAAAA", "ABABABABABAB", "BBABAAABABBA"])
def test_the_norms_of_an_order_are_torch_s(order):
    found = in_node(
        "xg.orders.journey([...order], xg.orders.SYSTEMS.swap)", order=order
    )
    assert found == pytest.approx(product_norms(order), rel=1e-9)


def test_the_histogram_holds_every_order_once():
    found = in_node("xg.orders.all(6, xg.orders.SYSTEMS.swap)")
    every = ["".join(letters) for letters in itertools.product("AB", repeat=6)]
    expected = sorted(product_norms(order)[-1] for order in every)
    assert sorted(found) == pytest.approx(expected, rel=1e-9)
    logs = [math.log10(norm) for norm in expected]
    counts = in_node("xg.orders.histogram(logs, -3, 4, 35)", logs=logs)
    exact = torch.histc(torch.tensor(logs, dtype=torch.float64), 35, -3, 4)
    assert counts == exact.int().tolist()


@pytest.mark.parametrize(
    ("system", "least", "most"),
    [
        ("diagonals", 0.15**6, 1.5**12),
        ("shears", 1.0, ((1 + math.sqrt(5)) / 2) ** 12),
        ("turned", 0.2**6, 2.0**12),
    ],
)
def test_the_other_systems_reach_the_ends_that_their_laws_say(system, least, most):
    found = in_node("xg.orders.all(12, xg.orders.SYSTEMS[system])", system=system)
    assert max(found) == pytest.approx(most, rel=1e-9)
    if system == "shears":
        assert min(found) > least  # a shear repeated grows, too
    else:
        assert min(found) == pytest.approx(least, rel=1e-9)


def test_a_value_at_the_edge_of_the_histogram_is_counted():
    assert in_node("xg.orders.histogram([-9, 0, 1, 9], 0, 1, 2)") == [2, 2]


@pytest.mark.parametrize("order", ["", "ABABABABABA", "ABABABABABAC"])
def test_orders_refuses(order):
    with pytest.raises(ValueError, match=r"^order must be twelve letters A or B, got"):
        orders(order=order)


def test_the_first_order_reaches_the_browser():
    assert options_of(orders(order="ABBAABBAABBA")) == {"order": "ABBAABBAABBA"}
