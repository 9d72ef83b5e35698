"""Clipping rules of the field: against their papers' formulas, and at the edges."""

import pytest
import torch
from torch.testing import assert_close

from companion.adaptive_clipping import (
    MovingAverageClip,
    QuantileClip,
    SecondMomentClip,
    SkipClip,
    UnitClip,
    ZScoreClip,
)
from companion.clipping import clip_per_sample

RULES = {
    "average": lambda: MovingAverageClip(ratio=1.05, start=1.0, warmup=3),
    "quantile": lambda: QuantileClip(quantile=0.5),
    "moment": lambda: SecondMomentClip(ratio=4.0, warmup=3),
    "skip": lambda: SkipClip(ratio=3.0, window=3),
    "unit": lambda: UnitClip(ratio=0.1),
    "score": lambda: ZScoreClip(score=2.0, warmup=3),
}
MOVING = [name for name in RULES if name != "unit"]


def draw(rng, steps=8, replicates=3):
    """Gradients of a run, one of them far too long, and weights."""
    shapes = {"weight": (replicates, 4, 5), "bias": (replicates, 4)}
    size = [100.0 if step == 5 else 1.0 for step in range(steps)]
    run = [
        {k: s * torch.randn(shape, generator=rng) for k, shape in shapes.items()}
        for s in size
    ]
    return run, {k: torch.randn(shape, generator=rng) for k, shape in shapes.items()}


def norms(gradients):
    return torch.cat([g.flatten(1) for g in gradients.values()], dim=1).norm(dim=1)


@pytest.mark.parametrize("name", RULES)
def test_replicates_side_by_side_are_as_each_alone(name, rng):
    run, weights = draw(rng)
    together = RULES[name]()
    alone = [RULES[name]() for _ in range(3)]
    for gradients in run:
        clipped = together(gradients, weights)
        for b, rule in enumerate(alone):
            one = rule(
                {k: g[b : b + 1] for k, g in gradients.items()},
                {k: w[b : b + 1] for k, w in weights.items()},
            )
            for k in one:
                assert_close(clipped[k][b : b + 1], one[k])


@pytest.mark.parametrize("name", RULES)
def test_a_spike_is_shortened_and_the_input_left_alone(name, rng):
    run, weights = draw(rng)
    before = [{k: g.clone() for k, g in gradients.items()} for gradients in run]
    rule = RULES[name]()
    clipped = [rule(gradients, weights) for gradients in run]
    assert (norms(clipped[5]) < 0.1 * norms(run[5])).all()
    for gradients, kept in zip(run, before, strict=True):
        assert all(torch.equal(gradients[k], kept[k]) for k in kept)


@pytest.mark.parametrize("name", MOVING)
def test_a_moving_threshold_has_no_unit(name, rng):
    if name == "average":
        pytest.skip("its first steps have a fixed threshold")
    run, weights = draw(rng)
    rule, other = RULES[name](), RULES[name]()
    for gradients in run:
        scaled = {k: 1024 * g for k, g in gradients.items()}  # rounds nothing
        clipped, large = rule(gradients, weights), other(scaled, weights)
        for k in clipped:
            assert_close(large[k], 1024 * clipped[k])


@pytest.mark.parametrize("name", RULES)
def test_a_zero_gradient_stays_zero(name):
    rule = RULES[name]()
    for _ in range(6):
        clipped = rule({"w": torch.zeros(2, 3, 3)}, {"w": torch.zeros(2, 3, 3)})
        assert torch.equal(clipped["w"], torch.zeros(2, 3, 3))


@pytest.mark.parametrize("name", ["average", "quantile", "skip", "score"])
def test_norms_do_not_overflow(name):
    rule, kept = RULES[name](), []
    for size in (1e19, 1e19, 1e19, 1e19, 1e21):
        kept.append(rule({"w": torch.full((1, 64, 64), size)}, {})["w"])
    assert all(g.isfinite().all() for g in kept)
    assert kept[-1].max() < 1e20


def test_a_parameter_for_each_replicate(rng):
    run, weights = draw(rng)
    pair = torch.tensor([0.01, 0.1, 10.0])
    rule = UnitClip(ratio=pair)(run[0], weights)
    for b, ratio in enumerate(pair.tolist()):
        one = UnitClip(ratio=ratio)(run[0], weights)
        assert_close(rule["weight"][b], one["weight"][b])


def test_units_are_limited_by_their_own_weights(rng):
    run, weights = draw(rng)
    clipped = UnitClip(ratio=0.1)(run[5], weights)
    limit = 0.1 * weights["weight"].norm(dim=-1)
    assert_close(clipped["weight"].norm(dim=-1), limit)
    assert_close(clipped["bias"].norm(dim=-1), 0.1 * weights["bias"].norm(dim=-1))
    kernel = torch.randn(1, 3, 2, 5, 5, generator=rng)
    clipped = UnitClip(ratio=0.1)({"k": 100 * kernel}, {"k": kernel})["k"]
    assert_close(clipped, 0.1 * kernel)


def test_the_quantile_is_that_of_torch(rng):
    run, weights = draw(rng)
    rule, seen = QuantileClip(quantile=0.3), []
    for gradients in run:
        seen.append(norms(gradients))
        limit = torch.stack(seen).quantile(0.3, dim=0)
        clipped = rule(gradients, weights)
        expected = clip_per_sample(gradients, threshold=limit).gradient
        for k in clipped:
            assert_close(clipped[k], expected[k])


def test_the_score_is_that_of_the_paper(rng):
    run, weights = draw(rng)
    rule = ZScoreClip(score=2.0, decay=0.9, warmup=3)
    first = torch.stack([norms(rule(g, weights)) for g in run[:3]])
    mean, variance = first.mean(0), first.var(0, correction=0)
    for gradients in run[3:]:
        score = (norms(gradients) - mean) / variance.sqrt()
        limit = torch.where(
            score > 2, mean + 4 / score * variance.sqrt(), norms(gradients)
        )
        assert_close(norms(rule(gradients, weights)), limit)
        variance = 0.9 * variance + 0.1 * (limit - mean) ** 2
        mean = mean + 0.1 * (limit - mean)


def test_the_average_follows_the_clipped_norm():
    rule = MovingAverageClip(ratio=2.0, start=1.0, decay=0.5, warmup=2)
    sizes = [0.5, 4.0, 8.0, 0.1]
    ends = [rule({"w": torch.full((1, 1), size)}, {})["w"].item() for size in sizes]
    # The smaller of the first two is 0.5; then 1, with an average of 0.75; then 0.1.
    assert ends == pytest.approx([0.5, 1.0, 1.0, 0.1])


def test_the_moment_is_that_of_adam(rng):
    run, weights = draw(rng)
    rule = SecondMomentClip(ratio=4.0, decay=0.9, warmup=3)
    moment = torch.zeros(3, 4)
    for step, gradients in enumerate(run):
        clipped = rule(gradients, weights)["bias"]
        g = gradients["bias"]
        if step >= 3:
            over = g**2 > 4 * moment
            g = torch.where(over, g.sign() * (4 * moment).sqrt(), g)
        assert_close(clipped, g)
        moment = 0.9 * moment + 0.1 * g**2


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: UnitClip(ratio=0.0), "ratio must be positive and finite"),
        (lambda: QuantileClip(quantile=1.5), "quantile must be between 0 and 1, got"),
        (lambda: QuantileClip(quantile=-0.5), "quantile must be nonnegative"),
        (lambda: ZScoreClip(score=-1.0), "score must be positive and finite"),
        (lambda: ZScoreClip(score=1.0, decay=1.0), r"decay must be in \(0, 1\), got"),
        (
            lambda: MovingAverageClip(ratio=1.0, start=0.0),
            "start must be positive and finite",
        ),
        (lambda: SecondMomentClip(ratio=float("nan")), "ratio must be positive"),
        (lambda: SkipClip(ratio=1.0, window=0), "window must be one or more, got"),
    ],
)
def test_wrong_parameters_are_refused(make, message):
    with pytest.raises(ValueError, match=f"^{message}"):
        make()
