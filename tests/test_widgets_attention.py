"""The figure of the saturating softmax: its HTML, and its numbers against torch's."""

import math

import pytest
import torch
from scripts import evaluator, options_of

from companion.attention import attention_logits
from companion.widgets import softmax_saturation

KEYS = 5
SCRIPT = "softmax_saturation"
STATES = [
    {"kind": kind, "dim": dim, "size": size}
    for kind in ("one", "root", "inverse", "unit")
    for dim, size in ((2, 1.0), (64, 0.5), (4096, 2.0))
]

in_node = evaluator(SCRIPT)


def draws():
    rng = torch.Generator().manual_seed(0)
    return torch.randn(2, KEYS, generator=rng, dtype=torch.float64)


def by_torch(z, a, state):
    """Logits and gradient norm of a query along an axis, the keys across apart."""
    dim, size = state["dim"], state["size"]
    query = torch.zeros(KEYS + 1, dtype=torch.float64)
    query[0] = size * math.sqrt(dim)
    across = math.sqrt(dim - 1) * torch.eye(KEYS, dtype=torch.float64)
    keys = size * torch.cat([z[:, None], across], dim=1)
    query.requires_grad_()
    if state["kind"] == "unit":
        cosine = torch.nn.functional.cosine_similarity(keys, query[None], dim=1)
        logits = math.sqrt(dim) * cosine
    else:
        scale = {"one": 1.0, "root": dim**-0.5, "inverse": 1 / dim}[state["kind"]]
        logits = attention_logits(query[None], keys, scale=scale)[0]
    (g,) = torch.autograd.grad(torch.softmax(logits, dim=0) @ a, query)
    return logits.detach(), g.norm().item()


# The HTML


def test_options_reach_the_browser_as_they_were_given():
    options = {"dim": 64, "scale": "unit", "size": 2.0}
    assert options_of(softmax_saturation(**options)) == options


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"dim": 1}, r"^dim must lie between 2 and 524288, got 1$"),
        ({"dim": 2.5}, r"^dim must be a whole number, got 2.5$"),
        ({"scale": "half"}, r"^scale must be one of .* got 'half'$"),
        ({"size": 0.0}, r"^size must lie between 0.1 and 10, got 0.0$"),
        ({"size": math.nan}, r"^size must lie between 0.1 and 10, got nan$"),
        ({"language": "de"}, r"^language must be 'en', 'zh' or None, got 'de'$"),
    ],
)
def test_refuses(options, message):
    with pytest.raises(ValueError, match=message):
        softmax_saturation(**options)


# The numbers


@pytest.mark.parametrize("state", STATES, ids=lambda s: "-".join(map(str, s.values())))
def test_logits_weights_and_gradient_are_those_of_torch(state):
    z, a = draws()
    logits, gradient = by_torch(z, a, state)
    names = {"z": z.tolist(), "a": a.tolist(), "state": state}
    found = in_node("xg.saturation.logits(z, state)", **names)
    assert found == pytest.approx(logits.tolist(), rel=1e-12)
    p = torch.softmax(logits, dim=0)
    weights = in_node("xg.saturation.softmax(xg.saturation.logits(z, state))", **names)
    # A logit of 500 carries a rounding of 1e-13, and so does its exponential.
    assert weights == pytest.approx(p.tolist(), rel=1e-11)
    measured = in_node("xg.saturation.gradient(z, a, state)", **names)
    assert measured == pytest.approx(gradient, rel=1e-9)


def test_draws_are_standard_normal_and_the_same_for_every_reader():
    draws = "[...xg.saturation.normals(0, 64000)]"
    one = torch.tensor(in_node(draws), dtype=torch.float64)
    assert in_node("[...xg.saturation.normals(0, 3)]") == one[:3].tolist()
    error = 6 / math.sqrt(len(one))  # six standard errors
    assert abs(one.mean()) < error
    assert abs(one.square().mean() - 1) < math.sqrt(2) * error


def test_summary_counts_who_carries_half():
    values = [1.0, 0.0, 6.0, 2.0, 1.0]
    found = in_node("xg.saturation.summary(values)", values=values)
    assert found == {"mean": 2, "median": 1, "high": 6, "share": 0.2}
