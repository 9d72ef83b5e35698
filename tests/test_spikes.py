"""Runs with planted spikes: against torch's own layers and Adam, and side by side."""

import pytest
import torch
from torch.nn.functional import cross_entropy
from torch.testing import assert_close

from companion import spikes
from companion.spikes import train_with_spikes
from companion.tasks import digits


@pytest.fixture(scope="module")
def data():
    return digits(generator=torch.Generator().manual_seed(0))


def keep(gradients, weights):
    return gradients


def by_torch(data, seed, rate, bad, steps, scale, reset=None):
    """The same run with autograd and torch's Adam."""
    start = spikes._start(seed + 1, torch.device("cpu"))
    w = {name: x[seed].clone().requires_grad_() for name, x in start.items()}

    def scores(x):
        return torch.relu(x @ w["W"].T + w["b"]) @ w["V"].T + w["c"]

    update = torch.optim.Adam(w.values(), rate)
    for step, (x, y) in enumerate(spikes._batches(data, seed + 1, steps, bad)):
        if step == reset:
            update = torch.optim.Adam(w.values(), rate)
        update.zero_grad()
        (scale * cross_entropy(scores(x[seed]), y[seed])).backward()
        update.step()
    return cross_entropy(scores(data.test_images.flatten(1)), data.test_labels)


@pytest.mark.parametrize("reset", [None, 11])
def test_a_run_is_that_of_torch(data, reset):
    rates = torch.tensor([0.003, 0.003, 0.01, 0.01])
    losses = train_with_spikes(
        keep,
        data,
        learning_rates=rates,
        seeds=2,
        spikes=(10,),
        steps=20,
        scale=3.0,
        reset=reset,
    )
    assert losses.shape == (1, 4)
    for b, rate in enumerate(rates.tolist()):
        expected = by_torch(data, b % 2, rate, (10,), 20, 3.0, reset)
        # Rounding of 20 steps of Adam, whose first is a sign.
        assert_close(losses[0, b], expected.detach(), rtol=1e-3, atol=1e-4)


def test_the_rule_decides_what_adam_sees(data):
    def none(gradients, weights):
        assert gradients.keys() == weights.keys()
        return {name: torch.zeros_like(g) for name, g in gradients.items()}

    kind = {"learning_rates": torch.ones(1), "seeds": 1, "spikes": (), "steps": 40}
    first, second = train_with_spikes(none, data, **kind)
    assert torch.equal(first, second)


def test_wrong_arguments_are_refused(data):
    kind = {"spikes": (), "steps": 20}
    with pytest.raises(ValueError, match=r"^seeds must divide 3 learning rates, got 2"):
        train_with_spikes(keep, data, learning_rates=torch.ones(3), seeds=2, **kind)
    with pytest.raises(ValueError, match=r"^learning_rates must be positive"):
        train_with_spikes(keep, data, learning_rates=torch.zeros(2), seeds=2, **kind)
