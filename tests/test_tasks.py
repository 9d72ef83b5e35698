"""The tasks: their laws where they are known, and the distance between samples."""

import math

import pytest
import torch
from torch.testing import assert_close

from companion.linalg import cosine_similarity
from companion.tasks import (
    adding_problem,
    digits,
    energy_distance,
    noisy_waves,
    recall_batch,
    thin_curves,
    two_moons,
)

COUNT = 20_000


def seeded(seed):
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize("seed", range(5))
def test_the_moons_are_centred(seed):
    points = two_moons(COUNT, generator=seeded(seed))
    noise = 6 * points.std(dim=0) / math.sqrt(COUNT)
    assert (points.mean(dim=0).abs() < noise).all()


@pytest.mark.parametrize("seed", range(5))
def test_moons_lie_on_their_half_circles(seed):
    points = two_moons(COUNT, noise=1e-6, generator=seeded(seed)) + torch.tensor(
        [0.5, 0.25]
    )
    upper = points.norm(dim=1) - 1
    lower = (points - torch.tensor([1.0, 0.5])).norm(dim=1) - 1
    assert torch.minimum(upper.abs(), lower.abs()).max() < 1e-5  # 6 sd of the noise


@pytest.mark.parametrize("option", ["count", "noise"])
def test_moons_reject_what_is_not_positive(option):
    arguments = {"count": 5, "noise": 0.1, option: 0}
    with pytest.raises(ValueError, match=f"^{option} must be positive and finite, got"):
        two_moons(arguments["count"], noise=arguments["noise"], generator=seeded(0))


def test_distance_of_two_points_each():
    x = torch.tensor([[0.0], [1.0]])
    y = torch.tensor([[4.0], [6.0]])
    # Across: 4, 6, 3, 5 with mean 4.5; inside: 1 and 2.
    assert_close(energy_distance(x, y), torch.tensor(2 * 4.5 - 1 - 2))
    several = energy_distance(torch.stack([x, x + 1]), y)  # the second one nearer by 1
    assert_close(several, torch.tensor([6.0, 4.0]))


@pytest.mark.parametrize("seed", range(5))
def test_distance_of_one_law_is_near_zero_and_of_two_is_not(seed):
    rng = seeded(seed)
    one, two = (two_moons(1000, generator=rng) for _ in range(2))
    other = 2 * torch.randn(1000, 2, generator=rng)
    # The estimate's spread under one law is of the order of E|X - X'| / n = 1e-3.
    assert abs(energy_distance(one, two)) < 0.01
    assert energy_distance(one, other) > 0.1


@pytest.mark.parametrize("name", ["x", "y"])
def test_distance_needs_two_points(name):
    samples = {"x": torch.zeros(2, 1), "y": torch.zeros(2, 1), name: torch.zeros(1, 1)}
    with pytest.raises(
        ValueError, match=f"^{name} must have two points or more, got 1"
    ):
        energy_distance(**samples)


def test_waves_return_after_a_period_and_change_sign_after_half(rng):
    x = noisy_waves(40, 25, 41, generator=rng).double()
    # Six standard errors of a mean of n values: of their spread over root n.
    period = x[..., 20:] - x[..., :-20]  # noise of variance 0.02
    half = x[..., 10:] + x[..., :-10]
    for rest in (period, half):
        error = 6 * 0.02 * math.sqrt(2 / rest.numel())
        assert abs(rest.square().mean().item() - 0.02) < 2 * error  # overlapping pairs
    # A thousand phases: cos(2 phase) / 2 averages over a period of 20 to zero.
    whole = x[..., :40].square().mean().item()
    assert whole == pytest.approx(0.51, abs=6 * 0.15 / math.sqrt(x.numel() / 2))


def test_waves_of_several_runs_have_phases_of_their_own(rng):
    x = noisy_waves(30, 30, 21, generator=rng).flatten(0, 1)
    signs = (x[:, 0] > 0).double().mean().item()
    assert signs == pytest.approx(0.5, abs=6 * 0.5 / math.sqrt(len(x)))


@pytest.mark.parametrize("option", ["runs", "batch", "length"])
def test_waves_reject_what_is_not_positive(option):
    counts = {"runs": 2, "batch": 2, "length": 2, option: 0}
    with pytest.raises(ValueError, match=f"^{option} must be positive and finite, got"):
        noisy_waves(*counts.values(), generator=seeded(0))


@pytest.mark.parametrize("seed", range(5))
def test_curves_are_thin_bright_and_of_both_orientations(seed):
    images, masks = thin_curves(400, size=24, generator=seeded(seed))
    assert images.shape == masks.shape == (400, 1, 24, 24)
    across = [(masks.sum(dim=dim) > 0).all(dim=-1).flatten() for dim in (2, 3)]
    assert (across[0] | across[1]).all()  # from one side to the other
    assert 0.3 < across[0].double().mean() < 0.8
    thickness = torch.minimum(*(masks.sum(dim=dim).amax(dim=-1) for dim in (2, 3)))
    assert thickness.max() <= 2  # two curves, one pixel each
    bright = images[masks > 0]
    # Six standard errors of the noise's mean and of a share of specks.
    assert abs(bright.mean() - 1) < 6 * 0.3 / math.sqrt(len(bright))
    dark = images[masks == 0]
    spread = math.sqrt(0.03 + 0.09) / math.sqrt(len(dark))
    assert abs(dark.mean() - 0.03) < 6 * spread


@pytest.mark.parametrize("option", ["count", "size"])
def test_curves_reject_what_is_not_positive(option):
    arguments = {"count": 2, "size": 8, option: 0}
    with pytest.raises(ValueError, match=f"^{option} must be positive and finite, got"):
        thin_curves(arguments["count"], size=arguments["size"], generator=seeded(0))


def test_digits_are_all_there_once_and_standardized(rng):
    data = digits(generator=rng)
    images = torch.cat([data.images, data.test_images])
    assert images.shape == (1797, 1, 8, 8)
    assert len(images.unique(dim=0)) == 1797
    assert images.mean().item() == pytest.approx(0, abs=1e-5)
    assert images.std(correction=0).item() == pytest.approx(1, rel=1e-5)
    assert len(data.labels) + len(data.test_labels) == 1797
    assert set(data.labels.tolist()) == set(range(10))


def test_labels_stay_with_their_images(rng):
    data = digits(generator=rng)
    for digit in range(10):
        ours = data.images[data.labels == digit].mean(dim=0)
        theirs = data.test_images[data.test_labels == digit].mean(dim=0)
        assert cosine_similarity(ours, theirs) > 0.95


@pytest.mark.parametrize("length", [2, 7, 100])
def test_adding_marks_one_number_in_each_half(length, rng):
    x, y = adding_problem(500, length, generator=rng, dtype=torch.float64)
    numbers, marks = x.unbind(-1)
    assert x.shape == (length, 500, 2)
    half = length // 2
    assert (marks[:half].sum(dim=0) == 1).all()
    assert (marks[half:].sum(dim=0) == 1).all()
    assert set(marks.unique().tolist()) <= {0.0, 1.0}
    assert_close((numbers * marks).sum(dim=0), y)


@pytest.mark.parametrize("seed", range(5))
def test_answering_one_is_off_by_a_sixth(seed):
    _, y = adding_problem(COUNT, 10, generator=seeded(seed))
    # (u + v - 1)^2 has mean 1/6 and variance 1/15 - 1/36 for uniform u and v.
    error = 6 * math.sqrt((1 / 15 - 1 / 36) / COUNT)
    assert (y - 1).square().mean().item() == pytest.approx(1 / 6, abs=error)


def test_adding_refuses(rng):
    with pytest.raises(ValueError, match=r"^batch must be positive and finite, got 0"):
        adding_problem(0, 10, generator=rng)
    with pytest.raises(ValueError, match=r"^length must be two or more, got 1"):
        adding_problem(5, 1, generator=rng)


def test_recall_asks_for_the_value_beside_the_key():
    rng = torch.Generator().manual_seed(0)
    lists = recall_batch((3, 40), pairs=4, symbols=6, generator=rng)
    assert lists.keys.shape == lists.values.shape == (3, 40, 4)
    found = lists.keys == lists.query
    assert (found.sum(dim=-1) == 1).all()  # keys differ
    assert torch.equal(lists.values[found], lists.target.flatten())
    assert lists.keys.unique().tolist() == list(range(6))


def test_recall_refuses_more_pairs_than_symbols(rng):
    with pytest.raises(ValueError, match=r"^pairs must lie between 1 and 4, got 5$"):
        recall_batch((2,), pairs=5, symbols=4, generator=rng)
