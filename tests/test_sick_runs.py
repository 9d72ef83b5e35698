"""The seven runs: what each of them reads, and what makes it sick."""

import pytest
import torch

from companion.sick_runs import SPIKE, sick_run
from companion.tasks import digits


@pytest.fixture(scope="module")
def data():
    return digits(generator=torch.Generator().manual_seed(0))


def seeds(*numbers):
    return [torch.Generator().manual_seed(number) for number in numbers]


def test_the_spike_is_one_batch(data):
    run = sick_run("F", data, generators=seeds(0))
    sizes = torch.stack([batch.x.abs().max() for batch in run.batches])
    assert (sizes > 100).nonzero().tolist() == [[SPIKE]]


def test_only_g_has_random_labels(data):
    noisy, clean = (
        sick_run("G", data, generators=seeds(0), cured=c) for c in (False, True)
    )
    changed = torch.stack(
        [
            (a.labels != b.labels).double().mean()
            for a, b in zip(noisy.batches, clean.batches, strict=True)
        ]
    )
    # 0.27 of 3,200 labels change, with a standard error of 0.008.
    assert changed.mean().item() == pytest.approx(0.27, abs=0.032)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"name": "H"}, "^name must be a letter from A to G, got 'H'$"),
        ({"generators": []}, "^generators must hold at least one, got none$"),
        ({"steps": 0}, "^steps must be positive and finite, got 0$"),
    ],
)
def test_sick_run_refuses(data, change, message):
    options = {"name": "A", "generators": seeds(0), "steps": 2, **change}
    with pytest.raises(ValueError, match=message):
        sick_run(options.pop("name"), data, **options)
