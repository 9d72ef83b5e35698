"""The stability atlas: theory at its limits, stored points that can be made again."""

import pytest
import torch

from companion.atlas import (
    DEPTHS,
    GAINS,
    REMEDIES,
    atlas_points,
    gradient_factor,
    stored_atlas,
)
from companion.tasks import digits


@pytest.fixture(scope="module")
def data():
    return digits(generator=torch.Generator().manual_seed(0))


def five():
    return [torch.Generator().manual_seed(seed) for seed in range(5)]


def test_all_points_are_stored():
    stored = stored_atlas()
    assert list(stored) == list(REMEDIES)
    for tables in stored.values():
        for table in tables.values():
            assert torch.tensor(table).shape == (len(DEPTHS), len(GAINS))


@pytest.mark.parametrize("remedy", REMEDIES)
def test_a_stored_ratio_is_measured_again(data, remedy):
    found = atlas_points(remedy, 4, data, generators=five(), gains=[1.5])
    stored = stored_atlas()[remedy]
    ratio = found.ratio.log10().median().item()
    assert ratio == pytest.approx(stored["ratio"][0][4], abs=0.01)
    # Other kernels: the loss is trained.
    assert found.loss.median().item() == pytest.approx(stored["median"][0][4], abs=0.2)


@pytest.mark.slow
@pytest.mark.parametrize(("remedy", "depth"), [("plain", 50), ("residual", 25)])
def test_a_stored_row_is_measured_again(data, remedy, depth):
    found = atlas_points(remedy, depth, data, generators=five())
    stored, row = stored_atlas()[remedy], DEPTHS.index(depth)
    ratio = found.ratio.log10().median(dim=1).values
    torch.testing.assert_close(
        ratio, torch.tensor(stored["ratio"][row]), rtol=0, atol=0.05
    )
    loss = found.loss.median(dim=1).values
    torch.testing.assert_close(
        loss, torch.tensor(stored["median"][row]), rtol=0, atol=0.4
    )


def test_the_gradient_s_factor_near_one_and_far():
    assert gradient_factor(1.0) == 1.0
    # q = 2 e and E tanh'^2 = 1 - 2 q for g^2 = 1 + 2 e: chi = 1 + 2 e - ..., above 1.
    assert 1.0 < gradient_factor(1.1) < 1.1**2
    # Hard saturation: E tanh'(s Z)^2 = 4 / (3 s sqrt(2 pi)) and s = g.
    limit = 4 * 40 / (3 * (2 * torch.pi) ** 0.5)
    assert gradient_factor(40.0) == pytest.approx(limit, rel=0.05)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"remedy": "hope"}, r"^remedy must be one of \('plain', .*, got 'hope'$"),
        ({"depth": 0}, "^depth must be positive and finite, got 0$"),
        ({"gains": [0.0]}, "^gains must be positive and finite, got 0.0$"),
    ],
)
def test_atlas_points_refuses(data, change, message):
    options = {"remedy": "plain", "depth": 4, "gains": [1.0], **change}
    remedy, depth = options.pop("remedy"), options.pop("depth")
    with pytest.raises(ValueError, match=message):
        atlas_points(remedy, depth, data, generators=five()[:1], **options)


def test_a_factor_needs_a_positive_gain():
    with pytest.raises(ValueError, match=r"^gain must be positive and finite, got 0"):
        gradient_factor(0.0)
