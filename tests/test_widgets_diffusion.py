"""The figure of timestep weights: its HTML, and its numbers against torch's."""

import json
import math
import re
import shutil
import subprocess
import sys
from itertools import accumulate, product
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
import torch

from companion import widgets
from companion.clipping import clip_per_sample
from companion.diffusion import (
    add_noise,
    cosine_schedule,
    linear_schedule,
    signal_to_noise,
)
from companion.widgets import timestep_weights

FOLDER = Path(widgets.__file__).parent
NODE = shutil.which("node", path=str(Path(sys.executable).parent)) or shutil.which(
    "node"
)
SCHEDULES = {"linear": linear_schedule, "cosine": cosine_schedule}
PREDICTIONS = ("data", "noise", "velocity")
LOSSES = ("noise", "velocity", "capped")
STATES = [
    {"prediction": p, "loss": q, "trained": r, "schedule": s, "threshold": 0.7}
    for p, q, r, s in product(PREDICTIONS, LOSSES, (False, True), SCHEDULES)
]


def in_node(expression, **names):
    """Return the value of an expression over the scripts as they are shipped."""
    scripts = "".join(
        (FOLDER / f"{name}.js").read_text(encoding="utf-8")
        for name in ("base", "timestep_weights")
    )
    program = f"{scripts}\nconst {{ {', '.join(names)} }} = {json.dumps(names)};\n"
    program += f"process.stdout.write(JSON.stringify({expression}));"
    done = subprocess.run(
        [NODE, "-"], input=program, capture_output=True, check=True, encoding="utf-8"
    )
    return json.loads(done.stdout)


def element(figure):
    """Return the figure's element, read as strictly as XML is."""
    return ElementTree.fromstring(figure.html.split("<script>")[0])


# The HTML


def test_the_html_is_the_same_each_time_and_asks_no_host():
    html = timestep_weights()._repr_html_()
    assert html == timestep_weights()._repr_html_()
    assert "://" not in html
    assert repr(timestep_weights()) == "<xg-timestep-weights>"
    assert len(html.encode()) < 18_000


def test_the_html_parses_and_speaks_both_languages_without_a_script():
    figure = element(timestep_weights())
    texts = {paragraph.get("lang"): paragraph.text for paragraph in figure}
    assert set(texts) == {"en", "zh"}
    assert "Interactive figure" in texts["en"]
    assert "交互图" in texts["zh"]


def test_the_html_carries_class_language_and_script():
    html = timestep_weights(language="zh").html
    opening = '<xg-timestep-weights class="xg-figure" lang="zh" data-options='
    assert html.startswith(opening)
    assert 'xg.define("xg-timestep-weights"' in html
    assert html.count("</script>") == 1


def test_options_reach_the_browser_as_they_were_given():
    options = STATES[-1]
    shipped = element(timestep_weights(**options)).get("data-options")
    assert json.loads(shipped) == options


def test_all_that_the_script_says_is_in_both_languages():
    text = (FOLDER / "timestep_weights.js").read_text(encoding="utf-8")
    calls = text.split("this.say(")[1:]
    assert len(calls) > 10
    for call in calls:
        depths = accumulate(({"(": 1, ")": -1}.get(c, 0) for c in call), initial=1)
        words = call[: list(depths).index(0)]
        assert re.search(r"[\u3000-\u9fff]", words), words


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"schedule": "sine"}, r"^schedule must be one of .* got 'sine'$"),
        ({"prediction": "score"}, r"^prediction must be one of .* got 'score'$"),
        ({"loss": "data"}, r"^loss must be one of .* got 'data'$"),
        ({"threshold": 0.0}, r"^threshold must lie between 0.0001 and 10000.0, got 0"),
        ({"threshold": math.nan}, r"^threshold must lie between .* got nan$"),
        ({"language": "de"}, r"^language must be 'en', 'zh' or None, got 'de'$"),
    ],
)
def test_refuses(options, message):
    with pytest.raises(ValueError, match=message):
        timestep_weights(**options)


# The numbers


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_ratios_are_those_of_the_companion(schedule):
    found = in_node("[...xg.timesteps.ratios(schedule)]", schedule=schedule)
    expected = signal_to_noise(SCHEDULES[schedule](1000))
    # Rounding of the share, 1e-16, over 1 - share of 4e-5 at the least.
    np.testing.assert_allclose(found, expected, rtol=1e-9)


@pytest.mark.parametrize("state", STATES, ids=lambda s: "-".join(map(str, s.values())))
def test_contributions_are_those_of_clipped_tensors(state):
    points = in_node("xg.timesteps.contributions(state)", state=state)
    snr = signal_to_noise(SCHEDULES[state["schedule"]](1000))
    one = torch.ones_like(snr)
    unit = {"data": one, "noise": snr, "velocity": 1 + snr}
    on_data = {**unit, "capped": snr.clamp(max=5)}[state["loss"]]
    weight = on_data / unit[state["prediction"]]
    best = (unit[state["prediction"]] / (1 + snr)).sqrt()
    g = 2 * (best if state["trained"] else one)[:, None]
    C, v = state["threshold"], weight[:, None]
    laws = {
        "weight": v,
        "gradient": g,
        "early": v * clip_per_sample(g, threshold=C / weight).gradient,
        "late": clip_per_sample(v * g, threshold=C).gradient,
        "mixed": clip_per_sample(v * g, threshold=C / weight).gradient,
    }
    for name, law in laws.items():
        found = [point[name] for point in points]
        np.testing.assert_allclose(found, law[:, 0], rtol=1e-9, err_msg=name)


@pytest.mark.parametrize("trained", [False, True])
@pytest.mark.parametrize("prediction", PREDICTIONS)
@pytest.mark.parametrize("loss", LOSSES)
def test_sizes_are_those_of_gaussian_data(prediction, loss, trained):
    share, count = torch.tensor(0.7, dtype=torch.float64), 100_000
    rng = torch.Generator().manual_seed(0)
    clean, noise = torch.randn(2, count, generator=rng, dtype=torch.float64)
    noisy = add_noise(clean, noise, alpha_bar=share)
    target, slope = {
        "data": (clean, share.sqrt()),
        "noise": (noise, (1 - share).sqrt()),
        "velocity": (add_noise(noise, -clean, alpha_bar=share), 0.0),
    }[prediction]
    output = (trained * slope * noisy).detach().requires_grad_()
    (slopes,) = torch.autograd.grad((output - target).square().sum(), output)
    state = {"prediction": prediction, "loss": loss, "trained": trained}
    ratio = signal_to_noise(share).item()
    size = in_node("xg.timesteps.sizes(state, s)", state=state, s=ratio)
    # Six relative standard errors of a root mean square: 6 / sqrt(2 n).
    measured = slopes.square().mean().sqrt().item()
    assert size["gradient"] == pytest.approx(measured, rel=6 / math.sqrt(2 * count))


def test_the_summary_counts_the_ceiling_and_finds_the_orders_equal():
    state = STATES[0]
    found = in_node(
        "xg.timesteps.summary(xg.timesteps.contributions(state), state.threshold)",
        state=state,
    )
    snr = signal_to_noise(linear_schedule(1000))
    assert found["reached"] == int((2 * snr >= 0.7).sum())
    assert found["most"] == pytest.approx(0.7, rel=1e-12)
    assert found["least"] == pytest.approx(2 * snr[-1].item(), rel=1e-9)
    assert found["gap"] < 1e-12
