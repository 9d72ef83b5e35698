"""The interactive figure of normalization: its HTML, its numbers against torch's."""

import math

import pytest
import torch
from scripts import evaluator, options_of

from companion.normalization import activation_moments, mean_field_norms
from companion.widgets import normalized_depth

in_node = evaluator("normalized_depth")
CURVES = {
    ("batch", False, 2.0): [4.0, 1.23456, 1.0],
    ("none", True, 0.5): [3.0, 2.0, 1.0],
}
KINDS = ["none", "batch", "layer", "rms"]


# The HTML


def test_options_reach_the_browser():
    options = options_of(normalized_depth(curves=CURVES, kind="rms", gain=0.5))
    assert options == {
        "kind": "rms",
        "residual": False,
        "gain": 0.5,
        "gains": [0.5, 2.0],
        "depth": 2,
        "curves": {
            "batch plain 2": [4.0, 1.23, 1.0],
            "none residual 0.5": [3.0, 2.0, 1.0],
        },
    }


def test_the_keys_of_the_curves_are_those_that_the_browser_builds():
    gains = [0.5, 1.0, 1.4, 2.0, 3.0]
    built = in_node('gains.map((g) => ["batch", "plain", g].join(" "))', gains=gains)
    curves = {("batch", False, gain): [1.0, 1.0] for gain in gains}
    assert list(options_of(normalized_depth(curves=curves))["curves"]) == built


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"curves": {}}, r"^curves must have one length, 2 or more, got set\(\)$"),
        (
            {"curves": {**CURVES, ("rms", True, 1.0): [1.0, 1.0]}},
            "^curves must have one length, 2 or more, got {",
        ),
        (
            {"curves": {("batch", False, 1.0): [0.0, 1.0]}},
            "^norms must be positive and finite, got 0.0$",
        ),
        (
            {"curves": {("batch", False, 1.0): [math.inf, 1.0]}},
            "^norms must be positive and finite, got inf$",
        ),
        (
            {"curves": {("group", False, 1.0): [1.0, 1.0]}},
            r"^kind must be one of \('none', .*, got 'group'$",
        ),
        ({"kind": "group"}, r"^kind must be one of \('none', .*, got 'group'$"),
        ({"gain": 0.0}, "^gain must lie between 0.1 and 10, got 0.0$"),
        ({"language": "de"}, "^language must be 'en', 'zh' or None, got 'de'$"),
    ],
)
def test_normalized_depth_refuses(options, message):
    with pytest.raises(ValueError, match=message):
        normalized_depth(**{"curves": CURVES, **options})


# The numbers, against torch's


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("residual", [False, True])
@pytest.mark.parametrize("gain", [0.5, 3.0])
def test_the_law_is_the_companion_s(kind, residual, gain):
    found = in_node(
        "xg.normalizedDepth.norms(kind, residual, gain, 30)",
        kind=kind,
        residual=residual,
        gain=gain,
    )
    moments = activation_moments(torch.relu)
    options = {"moments": moments, "gain": gain, "residual": residual}
    expected = mean_field_norms(30, kind=kind, **options)
    # Thirty factors, each right to 1e-15.
    assert found == pytest.approx(expected.tolist(), rel=1e-13)
