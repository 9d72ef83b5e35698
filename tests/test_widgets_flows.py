"""The interactive figure of the flows: its HTML, and its numbers against torch's."""

import math

import pytest
import torch
from scripts import evaluator, options_of

from companion.widgets import cat_map

SHEARS = [(1.0, 1.0), (0.7, 1.9), (2.0, -3.0), (1.3, 0.0), (1.0, -1.0), (2.0, -4.5)]


in_node = evaluator("cat_map")


def pair(a, b):
    lower = torch.tensor([[1.0, 0.0], [b, 1.0]], dtype=torch.float64)
    upper = torch.tensor([[1.0, a], [0.0, 1.0]], dtype=torch.float64)
    return lower @ upper


# The HTML


def test_options_reach_the_browser_rounded_to_the_slider():
    options = options_of(cat_map(first=0.44, second=-2.96, repeats=7))
    assert options == {"first": 0.4, "second": -3.0, "repeats": 7}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"first": -0.1}, "^first must lie between 0 and 2, got -0.1$"),
        ({"second": 2.1}, "^second must lie between -4.5 and 2, got 2.1$"),
        ({"second": math.nan}, "^second must lie between -4.5 and 2, got nan$"),
        ({"repeats": 21}, "^repeats must lie between 0 and 20, got 21$"),
        ({"repeats": 2.5}, "^repeats must be a whole number, got 2.5$"),
        ({"language": "de"}, "^language must be 'en', 'zh' or None, got 'de'$"),
    ],
)
def test_cat_map_refuses(options, message):
    with pytest.raises(ValueError, match=message):
        cat_map(**options)


# The numbers, against torch's


def test_the_pair_is_the_product_of_its_shears_and_keeps_areas():
    found = in_node("shears.map(([a, b]) => xg.catMap.pair(a, b))", shears=SHEARS)
    for (a, b), entries in zip(SHEARS, found, strict=True):
        matrix = torch.tensor(entries, dtype=torch.float64).reshape(2, 2)
        torch.testing.assert_close(matrix, pair(a, b), rtol=1e-15, atol=1e-15)
    areas = in_node(
        "shears.map(([a, b]) => xg.mat2.determinant(xg.catMap.pair(a, b)))",
        shears=SHEARS,
    )
    assert areas == pytest.approx([1.0] * len(SHEARS), abs=1e-14)


@pytest.mark.parametrize(("a", "b"), SHEARS)
def test_singular_values_of_the_powers_agree_with_torch(a, b):
    found = in_node("xg.catMap.powers(a, b, 20).map(xg.catMap.spectralNorm)", a=a, b=b)
    expected, product = [], torch.eye(2, dtype=torch.float64)
    for _ in range(21):
        expected.append(torch.linalg.matrix_norm(product, 2).item())
        product = pair(a, b) @ product
    # Twenty products of rounding errors of 1e-16 each, on norms near 1 or growing.
    assert found == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(("a", "b"), SHEARS)
def test_the_rate_is_the_logarithm_of_the_larger_eigenvalue(a, b):
    eigenvalues = torch.linalg.eigvals(pair(a, b))
    # A double eigenvalue is known to the root of the rounding error only.
    expected = eigenvalues.abs().max().log().item()
    assert in_node("xg.catMap.rate(a, b)", a=a, b=b) == pytest.approx(
        expected, abs=1e-7
    )


def test_the_cat_map_grows_by_the_square_of_the_golden_ratio():
    found = in_node("xg.catMap.rate(1, 1)")
    assert found == pytest.approx(2 * math.log((1 + math.sqrt(5)) / 2), rel=1e-12)


def test_each_pair_of_shears_has_its_fate():
    cases = [(0, 0), (1.6, -2.5), (1, 0), (0, 1), (1, 1), (2, -3), (1, -1)]
    fates = in_node("cases.map(([a, b]) => xg.catMap.fate(a, b))", cases=cases)
    assert fates == ["still", *["linear"] * 3, *["exponential"] * 2, "bounded"]
