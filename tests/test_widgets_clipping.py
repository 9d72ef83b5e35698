"""The interactive figure of whose norm: its HTML, and its numbers against torch's."""

import math

import pytest
import torch
from scripts import evaluator, options_of

from companion.clipping import clip_by_norm, clip_by_value, clip_per_sample
from companion.linalg import cosine_similarity
from companion.widgets import whose_norm
from companion.widgets._whose_norm import RULES

CASES = [(1.0, 1.0, 1.0), (0.3, 1000.0, 1.0), (1.0, 10.0, 100.0), (100.0, 2.0, 0.01)]
SAMPLES = torch.tensor(
    [
        [2, 1, -1, 1, -2, 1],
        [1, 2, 1, 2, 1, 1],
        [2, 1, 2, 1, 1, 2],
        [1, 1, 1, 2, 2, 1],
    ],
    dtype=torch.float64,
)

in_node = evaluator("whose_norm")


def gradients(loud, share):
    G = SAMPLES.clone()
    G[0] *= loud
    G[:, :2] *= share
    return G


def clip(g, threshold):
    return clip_by_norm(g, threshold=threshold).gradient


def parts_of_the_mean(*ends):
    def rule(G, threshold):
        parts = torch.tensor_split(G.mean(dim=0), ends)
        return torch.cat([clip(part, threshold) for part in parts])

    return rule


def running(G, threshold):
    total = torch.zeros(6, dtype=torch.float64)
    for half in (G[:2], G[2:]):
        total = clip(total + half.sum(dim=0) / 4, threshold)
    return total


def samples(G, threshold):
    return clip_per_sample(G, threshold=threshold).gradient.mean(dim=0)


STEPS = {
    "once": lambda G, threshold: clip(G.mean(dim=0), threshold),
    "tensor": parts_of_the_mean(2),
    "entry": lambda G, threshold: clip_by_value(G.mean(dim=0), threshold=threshold),
    "shard": parts_of_the_mean(3),
    "sample": samples,
    "replica": lambda G, threshold: samples(
        G.unflatten(0, (2, 2)).mean(dim=1), threshold
    ),
    "added": lambda G, threshold: sum(
        clip(half.sum(dim=0) / 4, threshold) for half in (G[:2], G[2:])
    ),
    "running": running,
}


def test_options_reach_the_browser():
    expected = {"rule": "sample", "threshold": 1.0, "loud": 1000, "share": 1.0}
    assert options_of(whose_norm(rule="sample", loud=1000)) == expected


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"rule": "batch"}, "^rule must be one of .*, got 'batch'$"),
        ({"threshold": 0.01}, "^threshold must lie between 0.1 and 100, got 0.01$"),
        ({"loud": math.nan}, "^loud must lie between 1 and 1000, got nan$"),
        ({"share": 1000}, "^share must lie between 0.01 and 100, got 1000$"),
        ({"language": "de"}, "^language must be 'en', 'zh' or None, got 'de'$"),
    ],
)
def test_whose_norm_refuses(options, message):
    with pytest.raises(ValueError, match=message):
        whose_norm(**options)


def test_python_and_the_browser_know_the_same_rules():
    assert tuple(in_node("Object.keys(xg.whoseNorm.rules)")) == RULES == (*STEPS,)


def test_steps_agree_with_the_companion():
    found = in_node(
        "cases.map(([threshold, loud, share]) => {"
        " const { gradients, rules, step } = xg.whoseNorm, G = gradients(loud, share);"
        " return Object.values(rules).map((rule) => step(G, rule(G, threshold))); })",
        cases=CASES,
    )
    for (threshold, loud, share), steps in zip(CASES, found, strict=True):
        G = gradients(loud, share)
        for name, step in zip(STEPS, steps, strict=True):
            expected = STEPS[name](G, threshold).tolist()
            assert step == pytest.approx(expected, rel=1e-9), (name, threshold)


def test_each_entry_has_one_factor_and_no_clip_lengthens():
    found = in_node(
        "cases.map(([threshold, loud, share]) =>"
        " Object.values(xg.whoseNorm.rules).map((rule) =>"
        " rule(xg.whoseNorm.gradients(loud, share), threshold)))",
        cases=CASES,
    )
    for blocks in (rule for case in found for rule in case):
        cells = [(i, j) for b in blocks for i in b["rows"] for j in b["columns"]]
        assert sorted(cells) == [(i, j) for i in range(4) for j in range(6)]
        assert all(0 < block["factor"] <= 1 for block in blocks)


def test_angles_agree_with_the_companion():
    u, v = SAMPLES[0], SAMPLES[1]
    found = in_node("xg.whoseNorm.angle(u, v)", u=u.tolist(), v=v.tolist())
    cosine = cosine_similarity(u, v).item()
    assert found == pytest.approx(math.degrees(math.acos(cosine)), rel=1e-12)
