"""The interactive figures: their HTML, and their scripts' numbers against torch's."""

import math
from itertools import pairwise

import numpy as np
import pytest
import torch
from scripts import FIGURES, element, evaluator, options_of, text_of

from companion import widgets
from companion.widgets import cliff, value_clipping_cosine
from companion.widgets._value_cosine import LAWS

CURVES = {'a "quoted" <b>': ([0.01, 0.1, 1.0], [0.5, 0.612345, 0.9])}
in_node = evaluator("cliff", "value_cosine")


# The HTML


def test_every_figure_is_looked_at_here():
    assert len(FIGURES) == len(widgets.__all__) - 1  # the other one is Widget


def test_the_html_is_the_same_each_time_and_asks_no_host():
    for name, figure in FIGURES.items():
        html = figure()._repr_html_()
        assert html == figure()._repr_html_(), name
        assert "://" not in html, name
        assert repr(figure()) == f"<xg-{name}>"


def test_all_figures_on_one_page_weigh_less_than_a_page_may():
    assert sum(len(figure().html.encode()) for figure in FIGURES.values()) < 600_000


def test_the_html_parses_and_speaks_both_languages_without_a_script():
    for name, figure in FIGURES.items():
        found = element(figure())
        assert found.tag == f"xg-{name}"
        texts = {paragraph.get("lang"): paragraph.text for paragraph in found}
        assert set(texts) == {"en", "zh"}, name
        assert "Interactive figure" in texts["en"], name
        assert "交互图" in texts["zh"], name


def test_the_html_carries_class_language_and_its_scripts_as_they_stand():
    for name, figure in FIGURES.items():
        html = figure(language="zh").html
        opening = f'<xg-{name} class="xg-figure" lang="zh" data-options='
        scripts = text_of("base") + text_of(name.replace("-", "_"))
        assert html.startswith(f"<script>\n{scripts}</script>\n{opening}"), name
        # Either would end the script, or hide its end, wherever it stands.
        assert "</script" not in scripts.lower(), name
        assert "<!--" not in scripts, name


def test_options_reach_the_browser_as_they_were_given():
    options = options_of(cliff(steps=50, threshold=None, start=(6, -3)))
    expected = {"steps": 50, "threshold": None, "learning_rate": 1.0, "start": [6, -3]}
    assert options == {**expected, "lead": False}
    options = options_of(value_clipping_cosine(curves=CURVES, law=next(iter(CURVES))))
    assert options["curves"] == {name: [*map(list, CURVES[name])] for name in CURVES}


def test_python_and_the_browser_know_the_same_laws():
    assert tuple(in_node("Object.keys(xg.cosine.laws)")) == LAWS


def test_a_figure_says_it_in_the_reader_s_language():
    said = "[true, false].map((chinese) => say.call({ chinese }, 'hill', '山'))"
    assert in_node(f"((say) => {said})(xg.Figure.prototype.say)") == ["山", "hill"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"steps": 4}, "^steps must lie between 5 and 50, got 4$"),
        ({"steps": 9.5}, "^steps must be a whole number, got 9.5$"),
        ({"threshold": 0.0}, "^threshold must lie between 0.01 and 10, got 0.0$"),
        ({"threshold": math.nan}, "^threshold must lie between .* got nan$"),
        ({"learning_rate": 2.0}, "^learning_rate must lie between 0.01 and 1, got 2.0"),
        ({"start": (9.0, -2.0)}, "^start's w must lie between 3 and 8, got 9.0$"),
        ({"start": (5.0, 0.0)}, "^start's b must lie between -5 and -1, got 0.0$"),
        ({"language": "de"}, "^language must be 'en', 'zh' or None, got 'de'$"),
    ],
)
def test_cliff_refuses(options, message):
    with pytest.raises(ValueError, match=message):
        cliff(**options)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"law": "poisson"}, "^law must be among .* got 'poisson'$"),
        ({"dim": 1}, "^dim must lie between 2 and 100000, got 1$"),
        ({"dim": 2.5}, "^dim must be a whole number, got 2.5$"),
        ({"threshold": 20.0}, "^threshold must lie between 0.001 and 10, got 20.0$"),
        ({"seed": -1}, "^seed must lie between 0 and 2147483647, got -1$"),
        ({"seed": 0.5}, "^seed must be a whole number, got 0.5$"),
        ({"language": "fr"}, "^language must be 'en', 'zh' or None, got 'fr'$"),
        (
            {"curves": {"cauchy": ([1, 2], [0, 1])}},
            "^curves must not use the name of a law, got 'cauchy'$",
        ),
        (
            {"curves": {"a": ([1], [1])}},
            "must have as many cosines as thresholds, at least 2, got 1 and 1$",
        ),
        (
            {"curves": {"a": ([1, 2], [1])}},
            "must have as many cosines as thresholds, at least 2, got 1 and 2$",
        ),
        (
            {"curves": {"a": ([2, 1], [0, 1])}},
            "^thresholds of 'a' must be positive and increase, got 2 before 1$",
        ),
        (
            {"curves": {"a": ([0, 1], [0, 1])}},
            "^thresholds of 'a' must be positive and increase, got 0 before 1$",
        ),
        ({"curves": {"a": ([1, 2], [0, 1.5])}}, "lie between 0 and 1, got 1.5$"),
    ],
)
def test_value_clipping_cosine_refuses(options, message):
    with pytest.raises(ValueError, match=message):
        value_clipping_cosine(**options)


# The shared base


def test_numbers_read_as_a_book_prints_them():
    values = [0, 0.1, -3.24, 12345, 3.03e6, 1.5e-7]
    words = ["0", "0.1", "−3.24", "12300", "3.03×10⁶", "1.5×10⁻⁷"]
    assert in_node("values.map(xg.number)", values=values) == words


def test_scales_invert():
    back = in_node(
        "values.map((v) => {"
        " const s = xg.scale({ range: [1e-3, 10], log: true }, [40, 300]);"
        " return s.invert(s(v)); })",
        values=[0.001, 0.2, 10],
    )
    np.testing.assert_allclose(back, [0.001, 0.2, 10], rtol=1e-12)


@pytest.mark.parametrize("width", [320, 519, 520, 720, 1100])
def test_panels_fill_the_width_and_squares_are_square(width):
    for shapes in (["square", "wide"], ["wide", "square"], ["square", "square"]):
        panels = in_node(
            "xg.panels(w, s).map((p) => ({ ...p,"
            " axes: xg.axes(p, { range: [0, 1] }, { range: [0, 1] }) }))",
            w=width,
            s=shapes,
        )
        for shape, panel in zip(shapes, panels, strict=True):
            axes = panel["axes"]
            across, up = axes["right"] - axes["left"], axes["bottom"] - axes["top"]
            assert shape == "wide" or across == pytest.approx(up, rel=1e-12)
            assert panel["x"] + panel["width"] <= width + 1e-9
        one, two = panels
        beside = two["y"] == one["y"]
        assert beside == (width >= 520)
        assert two["x" if beside else "y"] >= one["width" if beside else "height"]


# The cliff, against torch's automatic differentiation


def torch_cliff(point, steps):
    point = torch.tensor(point, dtype=torch.float64, requires_grad=True)
    state = torch.tensor(0.5, dtype=torch.float64)
    for _ in range(steps):
        state = point[0] * state.sigmoid() + point[1]
    loss = (state.sigmoid() - 0.7) ** 2
    return loss.item(), torch.autograd.grad(loss, point)[0]


def test_loss_and_gradient_agree_with_torch():
    rng = torch.Generator().manual_seed(0)
    scales, shifts = torch.tensor([5.0, 4.0]), torch.tensor([3.0, -5.0])
    points = (torch.rand(20, 2, generator=rng) * scales + shifts).tolist()
    steps = [5 + 2 * i for i in range(20)]
    found = in_node(
        "points.map((p, i) => xg.cliff.evaluate(p, steps[i]))",
        points=points,
        steps=steps,
    )
    for point, count, browser in zip(points, steps, found, strict=True):
        loss, gradient = torch_cliff(point, count)
        # Rounding grows with the gradient itself: at most 1e3 here.
        assert browser["loss"] == pytest.approx(loss, rel=1e-9)
        assert browser["gradient"] == pytest.approx(gradient.tolist(), rel=1e-9)
        assert browser["norm"] == pytest.approx(gradient.norm().item(), rel=1e-9)


def test_the_wall_is_as_high_as_its_closed_form():
    widths = [3.5, 4.0, 4.5, 5.0, 5.5]
    found = in_node(
        "widths.map((w) => [xg.cliff.wall(w), xg.cliff.wallHeight(w, 20)])",
        widths=widths,
    )
    for w, (b, height) in zip(widths, found, strict=True):
        _, gradient = torch_cliff((w, b), 20)
        # b is rounded by 2^-53 and the unstable point doubles it 20 times at most.
        assert height == pytest.approx(gradient.norm().item(), rel=1e-9)


def test_the_wall_starts_where_the_fixed_point_loses_stability():
    onset, height = in_node("[xg.cliff.onset, xg.cliff.wallHeight(xg.cliff.onset, 20)]")
    s = 1 / (1 + math.exp(-0.5))
    assert onset == pytest.approx(1 / (s * (1 - s)), rel=1e-12)
    # There m = 1, so the sum of its powers is T.
    one = 2 * abs(s - 0.7) * s * (1 - s) * math.hypot(1, s)
    assert height == pytest.approx(20 * one, rel=1e-9)


@pytest.mark.parametrize("threshold", [0.1, 1e300])
def test_each_step_of_the_path_is_torchs_clipped_step(threshold):
    start, rate, steps = (5.4, -2.86), 1.0, 30
    options = {"steps": steps, "threshold": threshold, "rate": rate}
    path = in_node("xg.cliff.descend(start, options)", start=start, options=options)
    points = np.array(path["points"])
    assert points.shape == (101, 2)
    # The path is chaotic beside the wall: so compare step by step, not end to end.
    for point, following in pairwise(points):
        parameter = torch.zeros(2, dtype=torch.float64)
        parameter.grad = torch_cliff(point, steps)[1]
        torch.nn.utils.clip_grad_norm_([parameter], threshold)
        # torch adds 1e-6 to the norm: a relative 1e-6 / θ of the step.
        slack = {"rel": 1e-9, "abs": rate * 1e-6 + 1e-9 * rate}
        assert following - point == pytest.approx(-rate * parameter.grad, **slack)
    lengths = np.linalg.norm(np.diff(points, axis=0), axis=1)
    away = np.linalg.norm(points - points[0], axis=1)
    assert path["largest"] == pytest.approx(lengths.max(), rel=1e-9)
    assert path["distance"] == pytest.approx(away.max(), rel=1e-12)
    assert path["farthest"] == points[away.argmax()].tolist()
    assert path["loss"] == pytest.approx(torch_cliff(points[-1], steps)[0], rel=1e-9)


@pytest.mark.parametrize("shift", [(0, 0), (0.05, 0.05), (-0.05, 0.05), (0.02, 0)])
def test_from_the_flat_plain_descent_is_thrown_out_and_clipped_descent_stays(shift):
    options = options_of(cliff())
    start = np.add(options["start"], shift).tolist()
    flat, clipped, free = in_node(
        "[xg.cliff.evaluate(start, o.steps),"
        " ...[o.threshold, Infinity].map((threshold) => {"
        " const steps = o.steps, rate = o.learning_rate;"
        " const path = xg.cliff.descend(start, { steps, threshold, rate });"
        " return { ...path, exit: xg.cliff.exit(path.points) }; })]",
        o=options,
        start=start,
    )
    bound = options["learning_rate"] * options["threshold"]
    assert flat["norm"] < 0.03  # clipping is idle here
    assert clipped["largest"] == pytest.approx(bound, rel=1e-12)
    assert clipped["exit"] is None
    assert clipped["loss"] < 0.05
    assert free["exit"]["step"] > 10
    assert free["largest"] > 10 * bound
    assert free["loss"] > 1.5 * clipped["loss"]


def test_a_path_leaves_where_its_segment_crosses_the_edge():
    leave = "xg.cliff.exit(points)"
    assert in_node(leave, points=[[5, -3], [5, -3.5], [7, -7.5]]) == {
        "step": 2,
        "edge": [pytest.approx(5.75), pytest.approx(-5)],
    }
    assert in_node(leave, points=[[5, -3], [6, -2]]) is None


# The cosine of clipping by value


# The density of the entries' sizes, up to where it vanishes, and their E g².
DENSITIES = {
    "gaussian": (lambda x: np.sqrt(2 / np.pi) * np.exp(-x * x / 2), 14.0, 1.0),
    "laplace": (lambda x: np.exp(-x), 60.0, 2.0),
    "uniform": (lambda x: np.ones_like(x), 1.0, 1 / 3),
}


def quadrature_cosine(law, ratio):
    """Return the cosine for infinitely many entries, by Gauss and Legendre's rule."""
    density, top, square = DENSITIES[law]
    threshold = min(ratio * math.sqrt(square), top)
    nodes, weights = np.polynomial.legendre.leggauss(100)
    product = clipped = 0.0
    for low, high in ((0, threshold), (threshold, top)):
        x = (low + high + (high - low) * nodes) / 2
        mass = weights * density(x) * (high - low) / 2
        product += (mass * x * np.minimum(x, threshold)).sum()
        clipped += (mass * np.minimum(x, threshold) ** 2).sum()
    return product / math.sqrt(square * clipped)


@pytest.mark.parametrize("law", DENSITIES)
def test_closed_forms_agree_with_quadrature(law):
    ratios = [0.01, 0.1, 0.5, 1.0, 1.5, 3.0]
    found = in_node("ratios.map(xg.cosine.laws[law].curve)", ratios=ratios, law=law)
    expected = [quadrature_cosine(law, ratio) for ratio in ratios]
    # 100 nodes on either side of the kink: rounding is all that is left.
    np.testing.assert_allclose(found, expected, rtol=1e-11)


@pytest.mark.parametrize("law", DENSITIES)
def test_closed_forms_run_from_the_limit_to_one(law):
    low, limit, high = in_node(
        "[1e-7, 0, 10].map((a) => a ? xg.cosine.laws[law].curve(a)"
        " : xg.cosine.laws[law].limit)",
        law=law,
    )
    assert low == pytest.approx(limit, rel=1e-6)
    assert high == pytest.approx(1, abs=1e-4)


def test_limits_are_those_of_the_book():
    def student(nu):
        ratio = math.lgamma((nu - 1) / 2) - math.lgamma(nu / 2)
        return math.sqrt((nu - 2) / math.pi) * math.exp(ratio)

    half = math.sqrt(2 / math.pi)
    expected = {
        "gaussian": half,
        "laplace": 1 / math.sqrt(2),
        "uniform": math.sqrt(3) / 2,
        "student5": student(5),
        "student3": student(3),
        "cauchy": 0,
        "scales": half / math.sqrt(math.e),
        "spike": half / math.sqrt(101),
    }
    found = in_node("laws.map((law) => xg.cosine.laws[law].limit)", laws=[*expected])
    assert found == pytest.approx([*expected.values()], rel=1e-12)


@pytest.mark.parametrize("law", LAWS)
def test_the_curve_is_that_of_its_sample(law):
    ratios = [0.001, 0.1, 1.0, 10.0]
    found = in_node(
        "(() => { const g = xg.cosine.sample(law, 501, 3), at = xg.cosine.profile(g);"
        " return [[...g], ratios.map(at)]; })()",
        law=law,
        ratios=ratios,
    )
    gradient = torch.tensor(found[0], dtype=torch.float64)
    rms = gradient.square().mean().sqrt()
    for ratio, point in zip(ratios, found[1], strict=True):
        threshold = ratio * rms.item()
        clipped = gradient.clamp(-threshold, threshold)
        cosine = torch.nn.functional.cosine_similarity(gradient, clipped, dim=0)
        share = (gradient.abs() > threshold).double().mean()
        assert point["cosine"] == pytest.approx(cosine.item(), rel=1e-12)
        assert point["share"] == pytest.approx(share.item(), abs=1e-15)


@pytest.mark.parametrize(
    ("law", "spread"),
    [
        ("gaussian", 0.22),  # √(1 − 3/π), the rest from the moments alike
        ("laplace", 0.4),
        ("uniform", 0.4),
        ("spike", 0.4),
        ("student5", 0.8),
        ("student3", 3.0),  # no fourth moment: from seeds, .005 at d = 10⁶
        ("scales", 3.2),  # kurtosis 3e⁴: E g² is off by √(164 / d), the cosine by half
    ],
)
def test_samples_of_five_seeds_come_near_the_limit(law, spread):
    found = in_node(
        "[0, 1, 2, 3, 4].map((seed) =>"
        " xg.cosine.profile(xg.cosine.sample(law, 100000, seed))(1e-6).cosine)",
        law=law,
    )
    limit = in_node("xg.cosine.laws[law].limit", law=law)
    np.testing.assert_allclose(found, limit, atol=5 * spread / math.sqrt(100_000))


def test_the_generator_is_mulberry32():
    # First values of the published generator for seed 0.
    found = in_node("((u) => [u(), u(), u()])(xg.random(0))")
    expected = [0.26642920868471265, 0.0003297457005828619, 0.2232720274478197]
    assert found == pytest.approx(expected, rel=1e-12)


def test_erf_agrees_with_the_standard_library():
    values = [0.001, 0.3, 1.0, 2.5, 5.0, 7.1]
    found = in_node("values.map(xg.cosine.erf)", values=values)
    assert found == pytest.approx([math.erf(v) for v in values], rel=1e-14)


def test_a_measured_curve_is_straight_on_the_log_axis():
    ratios = [0.001, 0.01, 0.1, math.sqrt(0.1), 5.0]
    found = in_node(
        "ratios.map((r) => xg.cosine.measured(curve)(r).cosine)",
        ratios=ratios,
        curve=CURVES['a "quoted" <b>'],
    )
    assert found == pytest.approx([0.5, 0.5, 0.612345, 0.7561725, 0.9], rel=1e-12)
