"""One loop for networks side by side: its steps are those of torch's optimizers."""

from dataclasses import replace

import pytest
import torch

from companion.sick_runs import NAMES, SPIKE, sick_run
from companion.tasks import digits
from companion.training_runs import train


@pytest.fixture(scope="module")
def data():
    return digits(generator=torch.Generator().manual_seed(0))


def seeds(*numbers):
    return [torch.Generator().manual_seed(number) for number in numbers]


def by_torch(run, steps):
    optimizer, losses = run.optimizer(), []
    for batch in run.batches[:steps]:
        optimizer.zero_grad()
        loss = run.loss(batch)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return torch.tensor(losses)


@pytest.mark.parametrize("name", ["B", "E", "F", "G"])  # the others are chaotic
def test_our_steps_are_those_of_torch(data, name):
    run = sick_run(name, data, generators=seeds(3), steps=20)
    ours = train(run).losses
    assert ours.shape == (2, 1, 20)
    torch.testing.assert_close(ours[0, 0], by_torch(run, 20), rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("name", NAMES)
def test_networks_side_by_side_start_as_they_would_alone(data, name):
    both = train(sick_run(name, data, generators=seeds(3, 4), steps=1))
    alone = train(sick_run(name, data, generators=seeds(4), steps=1))
    torch.testing.assert_close(both.losses[:, 1], alone.losses[:, 0])
    torch.testing.assert_close(both.norms[:, 1], alone.norms[:, 0], rtol=1e-3, atol=0)


def test_training_leaves_the_run_as_it_is(data):
    run = sick_run("G", data, generators=seeds(0), steps=3)
    before = [p.clone() for p in run.model.parameters()]
    assert (train(run).growth != 1).any()
    assert all(map(torch.equal, before, run.model.parameters()))


def test_a_clip_bounds_the_norm_of_each_network_and_each_tensor(data):
    run = sick_run("C", data, generators=seeds(0), steps=1)
    rate, weights = 1e-3, list(run.model.parameters())
    for option, count in (("clip", 1), ("clip_each", len(weights))):
        moved = replace(run, rates=(rate,))
        grown = train(moved, **{option: 1e-2}).growth
        sizes = torch.stack([w.norm().detach() for w in weights])
        change = ((grown[0, 0] - 1).abs() * sizes).norm()
        assert change <= rate * 1e-2 * count**0.5 * (1 + 1e-3) + 1e-5


def test_warm_up_shortens_the_first_step(data):
    run = sick_run("G", data, generators=seeds(0), steps=1)
    short = (train(run, warmup=50).growth - 1).abs().max()
    assert short < 0.02 * (train(run).growth - 1).abs().max() + 1e-6


def test_a_reset_forgets_the_spike(data):
    run = sick_run("F", data, generators=seeds(0))
    ends = [train(run, reset=r).ends().min() for r in (None, SPIKE + 1)]
    assert ends[1] < ends[0]


def test_the_first_moment_alone_and_the_second_alone(data):
    run = sick_run("F", data, generators=seeds(0), steps=3)
    # Before step 1 the moments are those of step 0; the first alone set to zero leaves
    # a step of the rate times 0.1 g / sqrt(v), shorter than with both set to zero.
    losses = [
        train(run, rates=[0.01], reset=1, moments=moments).losses[0, 0]
        for moments in ("first", "second", "both")
    ]
    assert all(torch.equal(loss[:2], losses[0][:2]) for loss in losses)
    assert len({loss[2].item() for loss in losses}) == 3


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"clip": 0.0}, "^clip must be positive and finite, got 0.0$"),
        ({"clip_each": -1.0}, "^clip_each must be positive and finite, got -1.0$"),
        (
            {"moments": "third"},
            "^moments must be first, second or both, got 'third'$",
        ),
        ({"rates": [0.1, 0.0]}, "^rates must be positive and finite, got 0.0$"),
    ],
)
def test_train_refuses(data, options, message):
    run = sick_run("B", data, generators=seeds(0), steps=1)
    with pytest.raises(ValueError, match=message):
        train(run, **options)
