"""The figure of sum against stack: its HTML, and its numbers against torch's."""

import math

import pytest
import torch
from scripts import element, evaluator, options_of

from companion.widgets import sum_against_stack

in_node = evaluator("sum_against_stack")
RHOS = [0.0, 0.001, 0.1, 0.5, 1.0]
COUNTS = [1, 2, 3, 16, 256]


def gradients(k, rho):
    """Return k unit vectors, every two of which have the cosine rho."""
    gram = torch.full((k, k), rho, dtype=torch.float64)
    gram.fill_diagonal_(1.0)
    values, vectors = torch.linalg.eigh(gram)
    return vectors * values.clamp(min=0).sqrt()


# The HTML


def test_options_reach_the_browser():
    figure = sum_against_stack(alignment=0.5, branches=8, language="zh")
    assert options_of(figure) == {"alignment": 0.5, "branches": 8}
    assert element(figure).get("lang") == "zh"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"alignment": -0.1}, "^alignment must lie between 0 and 1, got -0.1$"),
        ({"alignment": math.nan}, "^alignment must lie between 0 and 1, got nan$"),
        ({"branches": 0}, "^branches must lie between 1 and 256, got 0$"),
        ({"branches": 2.5}, "^branches must be a whole number, got 2.5$"),
        ({"language": "de"}, "^language must be 'en', 'zh' or None, got 'de'$"),
    ],
)
def test_sum_against_stack_refuses(options, message):
    with pytest.raises(ValueError, match=message):
        sum_against_stack(**options)


# The numbers, against torch's


@pytest.mark.parametrize("rho", RHOS)
@pytest.mark.parametrize("k", COUNTS)
def test_the_norms_are_those_of_vectors_with_that_cosine(k, rho):
    found = in_node(
        "['sum', 'stack', 'scaled'].map((f) => xg.sumStack[f](k, rho))", k=k, rho=rho
    )
    h = gradients(k, rho)
    summed = h.sum(dim=0).norm().item()
    expected = [summed, h.norm().item(), summed / math.sqrt(k)]
    # Eigenvectors of a matrix of norm 256: rounding times its size.
    assert found == pytest.approx(expected, rel=1e-10)


@pytest.mark.parametrize("rho", RHOS)
def test_the_slopes_are_the_derivatives_of_the_logarithms(rho):
    k = torch.tensor([1.0, 7.0, 256.0], dtype=torch.float64, requires_grad=True)
    found = in_node("[1, 7, 256].map((k) => xg.sumStack.slopes(k, rho))", rho=rho)
    for column, square in enumerate((k + k * (k - 1) * rho, k, 1 + (k - 1) * rho)):
        (slope,) = torch.autograd.grad(square.log().sum() / 2, k)
        expected = (k * slope).detach().tolist()
        assert [row[column] for row in found] == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("rho", RHOS)
@pytest.mark.parametrize("k", COUNTS)
def test_the_chain_has_unit_links_and_the_right_chord(k, rho):
    found = in_node("xg.sumStack.chain(k, rho)", k=k, rho=rho)
    corners = torch.tensor(found, dtype=torch.float64)
    links = corners.diff(dim=0)
    torch.testing.assert_close(links.norm(dim=1), torch.ones(k, dtype=torch.float64))
    chord = in_node("xg.sumStack.sum(k, rho)", k=k, rho=rho)
    # Bisection to 2**-60 of an angle, whose square enters the chord near ρ = 1.
    assert corners[-1, 0].item() == pytest.approx(chord, rel=1e-9)
    assert corners[-1, 1].item() == pytest.approx(0, abs=1e-9)
