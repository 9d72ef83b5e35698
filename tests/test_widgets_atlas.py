"""The interactive figure of the stability atlas: its HTML, its line against theory."""

import json
import math

import pytest
from scripts import FIGURES, evaluator, options_of

from companion.atlas import DEPTHS, GAINS, REMEDIES, gradient_factor, stored_atlas
from companion.widgets import stability_atlas
from press.paths import BOOK

in_node = evaluator("stability_atlas")
TABLE = {name: [[1.0, 2.0]] for name in ("median", "worst", "ratio")}
OPTIONS = {
    "points": {"plain": TABLE},
    "depths": [4],
    "gains": [0.5, 2.0],
    "factors": [(0.5, 0.25)],
    "threshold": 1.5,
}


def test_the_stored_points_reach_the_browser():
    figure = stability_atlas(
        points=stored_atlas(),
        depths=DEPTHS,
        gains=GAINS,
        factors=[(0.5, 0.25)],
        threshold=1.5,
        remedy="residual",
    )
    options = options_of(figure)
    assert list(options["points"]) == list(REMEDIES)
    assert options["points"]["clip"] == stored_atlas()["clip"]
    assert (options["remedy"], options["depth"], options["gain"]) == (
        "residual",
        50,
        1.2,
    )
    assert options_of(FIGURES["stability-atlas"]())["threshold"] == 1.5


def test_the_link_leads_to_a_cell_of_the_chapter():
    notebook = BOOK / "en" / "diagnosing-a-run.ipynb"
    cells = json.loads(notebook.read_text("utf-8"))["cells"]
    texts = ["".join(cell["source"]) for cell in cells]
    (place,) = [k for k, text in enumerate(texts) if 'cell="' in text]
    (link,) = [w.split('"')[1] for w in texts[place].split() if w.startswith("cell=")]
    after = [k for k, text in enumerate(texts) if f'<a id="{link}"></a>' in text]
    assert len(after) == 1
    # The cell behind the anchor takes the three words that the figure prints.
    assert texts[after[0] + 1].startswith("remedy, depth, gain = ")
    assert options_of(stability_atlas(**OPTIONS, cell=link))["cell"] == link
    assert options_of(stability_atlas(**OPTIONS))["cell"] is None


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"remedy": "hope"}, r"^remedy must be one of \('plain', .*, got 'hope'$"),
        ({"remedy": "clip"}, "^points must hold the remedy, got 'clip'$"),
        ({"depths": [4, 10]}, r"^median must have 2 rows of 2, got \[2\]$"),
        (
            {"points": {"plain": {**TABLE, "ratio": [[1.0, math.nan]]}}},
            "^ratio must be finite, got nan$",
        ),
        (
            {"factors": [(0.5, 0.0)]},
            "^factors must be positive, got 0.0 at gain 0.5$",
        ),
        ({"language": "de"}, "^language must be 'en', 'zh' or None, got 'de'$"),
    ],
)
def test_stability_atlas_refuses(changed, message):
    with pytest.raises(ValueError, match=message):
        stability_atlas(**{**OPTIONS, **changed})


@pytest.mark.parametrize("gain", [0.6, 1.5, 3.0])
def test_the_line_is_where_the_norm_has_changed_by_e_cubed(gain):
    factor = gradient_factor(gain)
    depth = in_node("xg.stabilityAtlas.wall(factor)", factor=factor)
    # Of the squared norm: chi^L = e^(6 or -6).
    assert depth * abs(math.log(factor)) == pytest.approx(6.0, rel=1e-12)
