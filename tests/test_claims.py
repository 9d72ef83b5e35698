"""The printed line of a claim: what passes, what fails, and that it reads back."""

import contextlib
import io
import json
import math

import pytest
import torch
from hypothesis import assume, given
from hypothesis import strategies as st

from companion.claims import read_ledger, verify

finite = st.floats(allow_nan=False, allow_infinity=False)
claims = st.from_regex(r"[a-z0-9]+(-[a-z0-9]+)*", fullmatch=True)
tensor = torch.tensor


@pytest.fixture
def printed(capsys):
    """Return what one call of `verify` printed."""

    def run(*arguments, **options):
        verify(*arguments, **options)
        return capsys.readouterr().out

    return run


def write_notebook(path, *texts):
    outputs = [
        {"output_type": "stream", "name": "stdout", "text": text} for text in texts
    ]
    cells = [
        {"cell_type": "markdown", "source": "✓ prose is no claim"},
        {"cell_type": "code", "outputs": outputs},
        {"cell_type": "code", "outputs": [{"output_type": "display_data", "data": {}}]},
    ]
    path.write_text(json.dumps({"cells": cells}), "utf-8")
    return path


def read_back(directory, line):
    (entry,) = read_ledger(write_notebook(directory / "chapter.ipynb", line))
    return entry


# What is printed


def test_relative(printed):
    line = printed("value-clipping-turns", 0.797599, 0.797885, rtol=9.5e-3)
    assert (
        line == "✓ value-clipping-turns  0.797599 ≈ 0.797885  |δ| 3.6e-04 ≤ 9.5e-03\n"
    )


def test_absolute(printed):
    assert printed("zero", 1e-9, 0, atol=1e-8) == (
        "✓ zero  1e-09 ≈ 0  |Δ| 1.0e-09 ≤ 1.0e-08\n"
    )


def test_absolute_and_relative_add_up(printed):
    assert printed("both", 10.15, 10.0, rtol=0.01, atol=0.1) == (
        "✓ both  10.15 ≈ 10  |Δ| 1.5e-01 ≤ 2.0e-01\n"
    )


def test_one_sided_and_interval(printed):
    assert printed("u-curve", 0.0119, below=0.05) == "✓ u-curve  0.0119 < 0.05\n"
    assert printed("x", 3.2, above=1) == "✓ x  3.2 > 1\n"
    assert printed("x", 0.48, above=0.3, below=0.76) == "✓ x  0.3 < 0.48 < 0.76\n"


def test_exact_equality_is_a_claim_too(printed):
    assert printed("count", 8, 8, atol=0).endswith("|Δ| 0.0e+00 ≤ 0.0e+00\n")


def test_infinity_can_be_on_the_right_side_of_a_bound(printed):
    assert printed("overflows", math.inf, above=1e38) == "✓ overflows  inf > 1e+38\n"
    assert printed("vanishes", -math.inf, below=0) == "✓ vanishes  -inf < 0\n"


def test_a_tensor_shows_the_entry_nearest_to_failing(printed):
    x, y = tensor([[1.0, 1000.0], [2.0, 3.0]]), tensor([[1.0, 1001.0], [2.1, 3.0]])
    assert printed("worst", x, y, rtol=0.1) == (
        "✓ worst  2 ≈ 2.1  |δ| 4.8e-02 ≤ 1.0e-01  (4 values)\n"
    )
    assert printed("worst", x, y, atol=2.0) == (
        "✓ worst  1000 ≈ 1001  |Δ| 1.0e+00 ≤ 2.0e+00  (4 values)\n"
    )
    assert printed("worst", x, below=1e4) == "✓ worst  1000 < 10000  (4 values)\n"
    assert printed("worst", x, above=0) == "✓ worst  1 > 0  (4 values)\n"
    assert printed("worst", x, above=-1, below=1001) == (
        "✓ worst  -1 < 1000 < 1001  (4 values)\n"
    )


def test_a_prediction_broadcasts(printed):
    assert printed("law", torch.ones(2, 3), tensor([1.0, 1.0, 1.0]), rtol=0)
    assert printed("law", torch.ones(2, 3), 1, rtol=0)


def test_gradients_and_precision_do_not_matter(printed):
    assert printed("x", tensor(0.5, requires_grad=True), 0.5, rtol=0)
    assert printed("x", tensor(0.1, dtype=torch.float64), 0.1, rtol=0)


# What fails


@pytest.mark.parametrize(
    ("actual", "options"),
    [
        pytest.param(1.0, {"expected": 1.01, "rtol": 1e-3}, id="wrong-prediction"),
        pytest.param(-1.0, {"expected": 1.0, "rtol": 0.5}, id="wrong-sign"),
        pytest.param(1.0, {"expected": 0.0, "atol": 0.9}, id="not-zero"),
        pytest.param(0.6, {"below": 0.5}, id="not-below"),
        pytest.param(0.5, {"below": 0.5}, id="at-the-upper-bound"),
        pytest.param(0.4, {"above": 0.5}, id="not-above"),
        pytest.param(0.5, {"above": 0.5}, id="at-the-lower-bound"),
        pytest.param(0.8, {"above": 0.3, "below": 0.76}, id="above-interval"),
        pytest.param(0.2, {"above": 0.3, "below": 0.76}, id="below-interval"),
        pytest.param(0.5, {"above": 0.7, "below": 0.3}, id="interval-reversed"),
        pytest.param(math.inf, {"expected": 1.0, "rtol": 1.0}, id="infinite"),
    ],
)
def test_a_claim_that_does_not_hold_stops_the_chapter(actual, options):
    with pytest.raises(AssertionError, match=r"^✗ claim-id  .*\d"):
        verify("claim-id", actual, **options)
    # ... and one bad entry among good ones is enough.
    good = options.get("expected", 0.55)
    with pytest.raises(AssertionError, match=r"^✗ claim-id  .*\(3 values\)$"):
        verify("claim-id", tensor([good, actual, good]), **options)


@pytest.mark.parametrize(
    "options",
    [
        {"expected": 1.0, "rtol": 1.0},
        {"expected": 1.0, "atol": 1e9},
        {"below": 1e9},
        {"above": -1e9},
        {"above": -1e9, "below": 1e9},
    ],
    ids=lambda options: "-".join(options),
)
@pytest.mark.parametrize("actual", [math.nan, tensor([1.0, math.nan, 1.0])], ids=str)
def test_nan_fails_always(actual, options):
    with pytest.raises(AssertionError, match=r"^✗ claim-id  .*nan"):
        verify("claim-id", actual, **options)


def test_the_failing_line_shows_the_numbers(capsys):
    with pytest.raises(AssertionError, match=r"^✗ x  1 ≉ 2  \|δ\| 5.0e-01 > 1.0e-01$"):
        verify("x", 1.0, 2.0, rtol=0.1)
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("actual", "options", "line"),
    [
        (0.06, {"below": 0.05}, "x  0.06 ≥ 0.05"),
        (3.2, {"above": 4}, "x  3.2 ≤ 4"),
        (3.2, {"above": 4, "below": 5}, r"x  3.2 ∉ \(4, 5\)"),
        (1.0000001, {"below": 1}, "x  1.0000001 ≥ 1"),
        (1e3, {"expected": 1, "atol": 1e-7}, r"x  1000 ≉ 1  \|Δ\| .* > 1.0e-07"),
    ],
)
def test_a_line_that_fails_says_what_is_true(actual, options, line):
    with pytest.raises(AssertionError, match=f"^✗ {line}$"):
        verify("x", actual, **options)


def test_a_line_tells_its_numbers_apart(printed):
    line = printed("x", 0.50000001, above=0.5, below=0.50000002)
    assert line == "✓ x  0.5 < 0.50000001 < 0.50000002\n"


@pytest.mark.parametrize("name", ["rtol", "atol"])
def test_the_tolerance_is_sharp(name):
    verify("edge", 1.5, 1.0, **{name: 0.5})
    with pytest.raises(AssertionError, match=r"^✗ edge  1.5 ≉ 1 .* 0?5.0+e-01 > "):
        verify("edge", 1.5, 1.0, **{name: math.nextafter(0.5, 0)})


@given(finite, finite, st.floats(0, 1e300))
def test_passes_exactly_when_within_the_tolerance(actual, expected, atol):
    within = abs(actual - expected) <= atol
    try:
        verify("law", actual, expected, atol=atol)
    except AssertionError:
        assert not within
    else:
        assert within


# What is no claim


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"expected": 1.0},
        {"rtol": 0.1},
        {"expected": 1.0, "below": 2.0},
        {"expected": 1.0, "rtol": 0.1, "above": 0.0},
        {"atol": 0.1, "below": 2.0},
    ],
    ids=str,
)
def test_refuses_anything_else(options):
    message = (
        r"^verify must get expected with a tolerance, or else bounds, got expected="
    )
    with pytest.raises(ValueError, match=message):
        verify("claim-id", 1.0, **options)


@pytest.mark.parametrize(
    "claim", ["", "Claim", "two words", "a--b", "-a", "a_b", "a\n"]
)
def test_refuses_a_label_that_would_not_read_back(claim):
    with pytest.raises(
        ValueError, match=r"^claim must be lower-case-words-like-this, got"
    ):
        verify(claim, 1.0, 1.0, rtol=0.1)


@pytest.mark.parametrize("name", ["rtol", "atol"])
@pytest.mark.parametrize("tolerance", [-0.1, math.inf, math.nan])
def test_refuses_a_tolerance_that_cannot_fail_or_cannot_hold(name, tolerance):
    message = f"^{name} must be nonnegative and finite, got"
    with pytest.raises(ValueError, match=message):
        verify("claim-id", 1.0, 1.0, **{name: tolerance})


@pytest.mark.parametrize("name", ["below", "above"])
@pytest.mark.parametrize("bound", [math.inf, -math.inf, math.nan])
def test_refuses_an_infinite_bound(name, bound):
    with pytest.raises(ValueError, match=f"^{name} must be finite, got {bound}$"):
        verify("claim-id", 1.0, **{name: bound})


def test_refuses_an_infinite_prediction():
    with pytest.raises(FloatingPointError, match=r"^expected has 1 non-finite of 1"):
        verify("claim-id", math.inf, math.inf, rtol=0.1)


def test_refuses_a_relative_error_of_zero():
    message = r"^expected must be nonzero without atol, got 0\.0$"
    with pytest.raises(ValueError, match=message):
        verify("claim-id", tensor([1.0, 0.0]), tensor([1.0, 0.0]), rtol=0.1)


def test_refuses_no_values():
    with pytest.raises(
        ValueError, match=r"^actual must have an entry, got shape \(0,\)"
    ):
        verify("claim-id", torch.zeros(0), 0.0, atol=0.1)


@pytest.mark.parametrize("shape", [(2,), (3, 1), (1, 3)], ids=str)
def test_refuses_a_prediction_of_another_shape(shape):
    message = r"^expected must broadcast to the shape of actual, \(3,\), got shape"
    with pytest.raises(ValueError, match=message):
        verify("claim-id", torch.ones(3), torch.ones(shape), rtol=0.1)


# Reading back


@given(claims, finite, finite, st.integers(1, 3), st.booleans())
def test_round_trip_of_an_approximation(
    tmp_path_factory, claim, actual, expected, count, relative
):
    assume(not relative or abs(expected) > 1e-300)
    assume(abs(actual - expected) < 1e300)
    size = abs(expected) if relative else 1.0
    options = {"rtol" if relative else "atol": abs(actual - expected) / size * 1.1}
    assume(math.isfinite(sum(options.values())))
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        verify(
            claim,
            torch.full((count,), actual, dtype=torch.float64),
            expected,
            **options,
        )
    entry = read_back(tmp_path_factory.mktemp("book"), out.getvalue())
    numbers = f"{actual:.6g}", "≈", f"{expected:.6g}"
    assert entry[:5] == (claim, *numbers, out.getvalue().rstrip("\n"))
    assert entry.form == ("relative" if relative else "absolute")
    assert float(entry.error) <= float(entry.bound)


@given(claims, st.floats(allow_nan=False), st.lists(finite, min_size=1, max_size=2))
def test_round_trip_of_a_bound(tmp_path_factory, claim, actual, bounds):
    low, high = min(bounds), max(bounds)
    if len(bounds) == 2:
        assume(low < actual < high)
        options, relation = {"above": low, "below": high}, "∈"
        predicted = [low, high]
    else:
        assume(actual != low)
        relation, option = ("<", "below") if actual < low else (">", "above")
        options, predicted = {option: low}, [low]
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        verify(claim, actual, **options)
    entry = read_back(tmp_path_factory.mktemp("book"), out.getvalue())
    line = out.getvalue().rstrip("\n")
    form = {"<": "below", ">": "above", "∈": "between"}[relation]
    assert (entry.claim, entry.relation, entry.line) == (claim, relation, line)
    assert (entry.form, entry.error, entry.bound) == (form, "", "")
    assert math.isclose(float(entry.measured), actual, rel_tol=1e-5)
    shown = [float(x) for x in entry.predicted.strip("()").split(", ")]
    assert all(
        math.isclose(x, y, rel_tol=1e-5) for x, y in zip(shown, predicted, strict=True)
    )
    numbers = [*shown, float(entry.measured)]
    assert len(set(numbers)) == len({*predicted, actual})  # told apart


def test_ledger_keeps_the_order_and_skips_other_lines(tmp_path):
    path = write_notebook(
        tmp_path / "chapter.ipynb",
        [
            "epoch 1\n",
            "✓ first  3.2 > 1\n",
            "✓ second  0.3 < 0.48 < 0.76  (9 values)\n",
        ],
        "✓ third  1e-09 ≈ 0  |Δ| 1.0e-09 ≤ 1.0e-08\n",
    )
    assert [entry.claim for entry in read_ledger(path)] == ["first", "second", "third"]
    assert read_ledger(str(path))[1].predicted == "(0.3, 0.76)"


@pytest.mark.parametrize(
    "line",
    ["✓ claim-id", "✓ claim-id  nan < 1", "✓ claim-id 1 < 2", "✓ a  1 ≈ 1  |δ| 0"],
)
def test_ledger_refuses_a_line_that_verify_does_not_print(tmp_path, line):
    with pytest.raises(ValueError, match=r"^line must be one that verify prints, got"):
        read_back(tmp_path, line)
