"""The interactive figure of the flows: its HTML, and its numbers against torch's."""

import json
import math
import re
import shutil
import subprocess
import sys
from itertools import accumulate
from pathlib import Path
from xml.etree import ElementTree

import pytest
import torch

from companion import widgets
from companion.widgets import cat_map

FOLDER = Path(widgets.__file__).parent
NODE = shutil.which("node", path=str(Path(sys.executable).parent)) or shutil.which(
    "node"
)
SHEARS = [(1.0, 1.0), (0.7, 1.9), (2.0, -3.0), (1.3, 0.0), (1.0, -1.0), (0.5, -2.5)]


def in_node(expression, **names):
    """Return the value of an expression over the scripts as they are shipped."""
    scripts = "".join(
        (FOLDER / f"{name}.js").read_text(encoding="utf-8")
        for name in ("base", "cat_map")
    )
    program = f"{scripts}\nconst {{ {', '.join(names)} }} = {json.dumps(names)};\n"
    program += f"process.stdout.write(JSON.stringify({expression}));"
    done = subprocess.run(
        [NODE, "-"], input=program, capture_output=True, check=True, encoding="utf-8"
    )
    return json.loads(done.stdout)


def pair(a, b):
    lower = torch.tensor([[1.0, 0.0], [b, 1.0]], dtype=torch.float64)
    upper = torch.tensor([[1.0, a], [0.0, 1.0]], dtype=torch.float64)
    return lower @ upper


# The HTML


def test_the_html_is_the_same_each_time_and_asks_no_host():
    figure = cat_map()
    assert figure.html == cat_map()._repr_html_()
    assert "://" not in figure.html
    assert repr(figure) == "<xg-cat-map>"
    assert len(figure.html.encode()) < 18_000


def test_the_html_speaks_both_languages_without_a_script():
    figure = ElementTree.fromstring(cat_map().html.split("<script>")[0])
    texts = {paragraph.get("lang"): paragraph.text for paragraph in figure}
    assert figure.tag == "xg-cat-map"
    assert "Interactive figure" in texts["en"]
    assert "交互图" in texts["zh"]


def test_the_html_carries_language_script_and_options():
    html = cat_map(first=0.44, second=-2.96, repeats=7, language="zh").html
    assert html.startswith('<xg-cat-map class="xg-figure" lang="zh" data-options=')
    assert 'xg.define("xg-cat-map"' in html
    assert html.count("</script>") == 1
    figure = ElementTree.fromstring(html.split("<script>")[0])
    options = json.loads(figure.get("data-options"))
    assert options == {"first": 0.4, "second": -3.0, "repeats": 7}


def test_all_that_the_script_says_is_in_both_languages():
    text = (FOLDER / "cat_map.js").read_text(encoding="utf-8")
    calls = text.split("this.say(")[1:]
    assert len(calls) > 10
    for call in calls:
        depths = accumulate(({"(": 1, ")": -1}.get(c, 0) for c in call), initial=1)
        words = call[: list(depths).index(0)]  # to the bracket that closes the call
        assert re.search(r"[\u3000-\u9fff]", words), words


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"first": -0.1}, "^first must lie between 0 and 2, got -0.1$"),
        ({"second": 2.1}, "^second must lie between -3 and 2, got 2.1$"),
        ({"second": math.nan}, "^second must lie between -3 and 2, got nan$"),
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
        "shears.map(([a, b]) => xg.catMap.determinant(xg.catMap.pair(a, b)))",
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
