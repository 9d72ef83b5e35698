"""The figures of gated recurrence: their HTML, and their numbers against torch's."""

import math

import pytest
import torch
from scripts import element, evaluator, options_of

from companion.ensembles import gaussian_matrices
from companion.recurrence import critical_gate, gate_eigenvalues, gated_jacobian
from companion.widgets import eigenvalue_slide, gate_cobweb
from companion.widgets._eigenvalue_slide import EIGENVALUES

in_node = evaluator("eigenvalue_slide", "gate_cobweb")
UNITS = [[-3.0, 20.0, -2.0], [2.0, 3.0, 0.4], [0.5, 0.0, 0.0]]


def complex_of(points):
    return torch.view_as_complex(torch.tensor(points, dtype=torch.float64))


# The HTML


def test_options_reach_the_browser():
    slide = eigenvalue_slide(gate=0.9, gain=2.0, language="zh")
    options = options_of(slide)
    assert (options["gate"], options["gain"]) == (0.9, 2.0)
    assert [tuple(pair) for pair in options["eigenvalues"]] == list(EIGENVALUES)
    assert element(slide).get("lang") == "zh"
    assert options_of(gate_cobweb(w=1.04, u=5.2, b=-0.9)) == {
        "w": 1.0,
        "u": 5.0,
        "b": -0.8,
    }


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"gate": 1.0}, "^gate must lie between 0 and 0.99, got 1.0$"),
        ({"gain": 0.0}, "^gain must lie between 0.5 and 4, got 0.0$"),
        ({"gain": math.nan}, "^gain must lie between 0.5 and 4, got nan$"),
        ({"language": "de"}, "^language must be 'en', 'zh' or None, got 'de'$"),
    ],
)
def test_eigenvalue_slide_refuses(options, message):
    with pytest.raises(ValueError, match=message):
        eigenvalue_slide(**options)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"w": 6.0}, "^w must lie between -5 and 5, got 6.0$"),
        ({"u": -1.0}, "^u must lie between 0 and 40, got -1.0$"),
        ({"b": math.inf}, "^b must lie between -8 and 8, got inf$"),
        ({"language": "de"}, "^language must be 'en', 'zh' or None, got 'de'$"),
    ],
)
def test_gate_cobweb_refuses(options, message):
    with pytest.raises(ValueError, match=message):
        gate_cobweb(**options)


# The slide


def test_the_eigenvalues_are_those_of_the_matrix_named():
    rng = torch.Generator().manual_seed(0)
    (W,) = gaussian_matrices(1, 48, generator=rng)
    expected = torch.linalg.eigvals(W)
    nearest = (complex_of(EIGENVALUES)[:, None] - expected).abs().amin(dim=1)
    assert len(EIGENVALUES) == 48
    assert nearest.max() < 1e-3  # rounded to three digits


@pytest.mark.parametrize("z", [0.0, 0.37, 0.9])
def test_slid_points_and_their_radius_are_the_companion_s(z):
    found = in_node(
        "(() => { const s = xg.eigenvalueSlide.slide(points, 1.7, z);"
        " return [s, xg.eigenvalueSlide.radius(s)]; })()",
        points=EIGENVALUES,
        z=z,
    )
    gate = torch.tensor(z, dtype=torch.float64)
    expected = gate_eigenvalues(1.7 * complex_of(EIGENVALUES), gate)
    torch.testing.assert_close(complex_of(found[0]), expected, rtol=1e-13, atol=1e-13)
    assert found[1] == pytest.approx(expected.abs().max().item(), rel=1e-13)


def test_critical_gates_are_the_companion_s():
    points = [[3 * x, 3 * y] for x, y in EIGENVALUES] + [[1.0, 0.0], [1.0, 2.0]]
    found = in_node("points.map(xg.eigenvalueSlide.critical)", points=points)
    expected = critical_gate(complex_of(points)).tolist()
    assert found == pytest.approx(expected, abs=1e-13)


@pytest.mark.parametrize("z", [0.0, 0.5, 0.95])
def test_the_disc_holds_what_the_gate_makes_stable(z):
    disc = in_node("xg.eigenvalueSlide.disc(z)", z=z)
    lam = 3 * complex_of(EIGENVALUES)
    inside = (lam - disc["centre"]).abs() < disc["radius"]
    gate = torch.tensor(z, dtype=torch.float64)
    assert torch.equal(inside, gate_eigenvalues(lam, gate).abs() < 1)


# The unit


@pytest.mark.parametrize("unit", UNITS)
@pytest.mark.parametrize("h", [-0.3, 0.05, 0.31])
def test_one_step_and_its_slopes_are_the_companion_s(unit, h):
    found = in_node("xg.gateCobweb.terms(h, unit)", h=h, unit=unit)
    w, u, b = unit
    state = torch.tensor([h], dtype=torch.float64)
    W = torch.tensor([[w]], dtype=torch.float64)
    rest = {"gate": lambda h: torch.sigmoid(u * h + b), "drive": 0 * state}
    terms = gated_jacobian(state, W, **rest)
    held = (terms.carry + terms.candidate).item()
    assert found["held"] == pytest.approx(held, rel=1e-12)
    assert found["full"] == pytest.approx(sum(terms).item(), rel=1e-12)


def test_a_short_orbit_is_torch_s():
    found = in_node("xg.gateCobweb.orbit(0.1, unit, 10)", unit=UNITS[0])
    w, u, b = UNITS[0]
    h = torch.tensor(0.1, dtype=torch.float64)
    expected = [h]
    for _ in range(10):
        z = torch.sigmoid(u * h + b)
        expected.append(h := z * h + (1 - z) * torch.tanh(w * h))
    # Chaos of 0.56 a step: ten steps enlarge rounding errors three hundredfold.
    assert found == pytest.approx([x.item() for x in expected], abs=1e-12)


@pytest.mark.parametrize("unit", UNITS)
def test_gradients_along_the_orbit_are_autograd_s(unit):
    found = in_node("xg.gateCobweb.gradients(0.1, unit, 10)", unit=unit)
    w, u, b = unit
    for name, taped in (("full", False), ("held", True)):
        start = torch.tensor(0.1, dtype=torch.float64, requires_grad=True)
        h, expected = start, []
        for _ in range(10):
            z = torch.sigmoid(u * h + b)
            z = z.detach() if taped else z
            h = z * h + (1 - z) * torch.tanh(w * h)
            (slope,) = torch.autograd.grad(h, start, retain_graph=True)
            expected.append(slope.abs().log10().item())
        assert found[name] == pytest.approx([0.0, *expected], abs=1e-9)


def test_the_exponents_are_those_of_the_chapter():
    found = in_node("xg.gateCobweb.exponents(0.1, unit, 20000)", unit=UNITS[0])
    # Twenty thousand chaotic steps scatter by 0.003.
    assert found["full"] == pytest.approx(0.564, abs=0.02)
    assert found["held"] == pytest.approx(0.01, abs=0.02)
    # A flat gate of one half: the origin attracts, at the rate log(1/2 + w/4 · 2).
    flat = in_node("xg.gateCobweb.exponents(0.1, unit, 100)", unit=UNITS[2])
    assert flat["full"] == pytest.approx(math.log(0.75), abs=1e-6)
    assert flat["held"] == pytest.approx(flat["full"], abs=1e-12)
