"""The figures of the blur and of the stability regions, against torch's numbers."""

import math

import pytest
import torch
from scripts import element, evaluator, options_of

from companion.integrators import METHODS, critical_step, stability_function
from companion.widgets import blur, stability_region

SYSTEMS = {
    "spiral": [[-1.0, 3.0], [-3.0, -1.0]],
    "stiff": [[-1.0, 0.0], [0.0, -20.0]],
    "rotation": [[0.0, 2.0], [-2.0, 0.0]],
    "shear": [[-1.0, 100.0], [0.0, -2.0]],
}
POINTS = [[-1.0, 0.5], [0.3, -2.0], [-3.0, 1.0], [0.0, 1.5], [2.5, 0.1]]

in_node = evaluator("stability_region")


def matrix_of(system):
    return torch.tensor(SYSTEMS[system], dtype=torch.float64)


# The HTML


def test_options_reach_the_browser():
    figure = stability_region(method="rk4", system="stiff", step=0.05, language="zh")
    assert options_of(figure) == {"method": "rk4", "system": "stiff", "step": 0.05}
    assert element(figure).get("lang") == "zh"
    assert figure.tag == "xg-stability-region"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"method": "euler"}, "^method must be one of .*, got 'euler'$"),
        ({"system": "pendulum"}, "^system must be one of .*, got 'pendulum'$"),
        ({"step": 0.0}, "^step must lie between 0.01 and 2, got 0.0$"),
        ({"step": math.nan}, "^step must lie between 0.01 and 2, got nan$"),
        ({"language": "de"}, "^language must be 'en', 'zh' or None, got 'de'$"),
    ],
)
def test_stability_region_refuses(options, message):
    with pytest.raises(ValueError, match=message):
        stability_region(**options)


# The numbers, against torch's


@pytest.mark.parametrize("method", METHODS)
def test_the_factors_are_the_stability_functions(method):
    found = in_node(
        "points.map((z) => xg.stability.factors[m](z))", points=POINTS, m=method
    )
    z = torch.view_as_complex(torch.tensor(POINTS, dtype=torch.float64))
    expected = torch.view_as_real(stability_function(z, method=method))
    torch.testing.assert_close(
        torch.tensor(found, dtype=torch.float64), expected, rtol=1e-13, atol=1e-13
    )


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("system", SYSTEMS)
def test_the_norms_are_those_of_the_powers_of_r(method, system):
    A, x = matrix_of(system), torch.full((2,), 0.5, dtype=torch.float64).sqrt()
    values, vectors = torch.linalg.eig(A)
    factors = stability_function(0.3 * values, method=method)
    modes = torch.linalg.solve(vectors, x + 0j)
    expected = [(vectors @ (factors**k * modes)).norm().item() for k in range(41)]
    found = in_node(
        "xg.stability.norms("
        "xg.stability.matrices[m](xg.stability.systems[s].A, 0.3), 40)",
        m=method,
        s=system,
    )
    # Eigenvectors of the shear are conditioned by 200, forty powers lose some more.
    assert found == pytest.approx(expected, rel=1e-10)


@pytest.mark.parametrize("system", SYSTEMS)
def test_the_equation_itself_is_the_matrix_exponential(system):
    found = in_node("xg.stability.exact(xg.stability.systems[s].A, h)", s=system, h=0.7)
    expected = torch.linalg.matrix_exp(0.7 * matrix_of(system)).flatten().tolist()
    # Twelve squarings of rounding errors.
    assert found == pytest.approx(expected, rel=1e-10, abs=1e-11)


@pytest.mark.parametrize("system", SYSTEMS)
def test_the_eigenvalues_are_those_of_the_matrix(system):
    found = in_node("xg.stability.systems[s].mu", s=system)
    values = torch.linalg.eigvals(matrix_of(system))
    expected = torch.view_as_real(values).tolist()
    assert sorted(found) == [
        pytest.approx(pair, abs=1e-12) for pair in sorted(expected)
    ]


@pytest.mark.parametrize("system", SYSTEMS)
def test_the_critical_step_of_forward_euler_is_the_companion_s(system):
    found = in_node(
        "xg.stability.criticalStep('forward_euler', xg.stability.systems[s].mu)",
        s=system,
    )
    expected = critical_step(torch.linalg.eigvals(matrix_of(system))).item()
    assert found == pytest.approx(expected, rel=1e-12, abs=1e-12)


@pytest.mark.parametrize("system", SYSTEMS)
def test_at_the_critical_step_of_rk4_the_radius_is_one(system):
    step = in_node(
        "xg.stability.criticalStep('rk4', xg.stability.systems[s].mu)", s=system
    )
    values = torch.linalg.eigvals(matrix_of(system))
    for size, side in ((0.99, -1), (1.0, 0), (1.01, 1)):
        radius = stability_function(size * step * values, method="rk4").abs().max()
        assert abs(radius.item() - 1) < 1e-9 if side == 0 else side * (radius - 1) > 0


def test_implicit_methods_have_no_critical_step_but_the_trapezoid_damps_no_rotation():
    found = in_node(
        "['backward_euler', 'trapezoid'].map((m) => ['stiff', 'rotation']"
        ".map((s) => xg.stability.criticalStep(m, xg.stability.systems[s].mu) > 1))"
    )
    assert found == [[True, True], [True, False]]


@pytest.mark.parametrize("method", METHODS)
def test_on_the_boundary_the_modulus_is_one(method):
    found = in_node("xg.stability.boundary(m)", m=method)
    z = torch.view_as_complex(torch.tensor(found, dtype=torch.float64))
    moduli = stability_function(z, method=method).abs()
    # Backward Euler's pole is the circle's centre, so no point is lost.
    torch.testing.assert_close(moduli, torch.ones_like(moduli), rtol=0, atol=1e-9)
    if method == "rk4":  # closed, and out to the ends that are known
        assert found[0] == pytest.approx(found[-1], abs=1e-9)
        assert min(x for x, _ in found) < -2.78
        assert max(y for _, y in found) > 2.8


# The blur


blurred_in_node = evaluator("blur")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"step": 0.31}, "^step must lie between 0.05 and 0.3, got 0.31$"),
        ({"step": math.nan}, "^step must lie between 0.05 and 0.3, got nan$"),
        ({"layers": 0}, "^layers must lie between 1 and 400, got 0$"),
        ({"layers": 2.5}, "^layers must be a whole number, got 2.5$"),
        ({"language": "de"}, "^language must be 'en', 'zh' or None, got 'de'$"),
    ],
)
def test_blur_refuses(options, message):
    with pytest.raises(ValueError, match=message):
        blur(**options)


def test_the_options_of_the_blur_reach_the_browser():
    assert options_of(blur(step=0.1, layers=7)) == {"step": 0.1, "layers": 7}


@pytest.mark.parametrize(("step", "layers"), [(0.27, 100), (0.135, 200), (0.05, 1)])
def test_the_blur_and_its_gradient_are_autograd_s(step, layers):
    x = torch.zeros(32, 32, dtype=torch.float64)
    x[8:24, 14:18] = 1.0
    y = x.requires_grad_()
    for _ in range(layers):
        around = sum(y.roll(shift, axis) for axis in (0, 1) for shift in (1, -1))
        y = y + step * (around - 4 * y)
    (gradient,) = torch.autograd.grad(y[16, 16], x)
    found = blurred_in_node(
        "[xg.blur.bar(), xg.blur.pixel()]"
        ".map((x) => Array.from(xg.blur.through(x, h, n)))",
        h=step,
        n=layers,
    )
    for expected, entries in zip((y.detach(), gradient), found, strict=True):
        # Two hundred layers of a few roundings, relative to the largest entry.
        size = expected.abs().max().item()
        picture = torch.tensor(entries, dtype=torch.float64).view(32, 32)
        torch.testing.assert_close(picture, expected, rtol=0, atol=1e-12 * size)
