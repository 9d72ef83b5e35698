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
    for step, (x, y, wrong) in enumerate(spikes._batches(data, seed + 1, steps)):
        if step in bad:
            x, y = 1000 * x, wrong
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
        spikes=[(10,), (5, 15)],
        steps=20,
        scale=torch.tensor([3.0, 3.0, 0.5, 0.5]),
        reset=reset,
    )
    assert losses.shape == (1, 4)
    for b, rate in enumerate(rates.tolist()):
        world = ((10,), 20, 3.0) if b < 2 else ((5, 15), 20, 0.5)
        expected = by_torch(data, b % 2, rate, *world, reset)
        # Rounding of 20 steps of Adam, whose first is a sign.
        assert_close(losses[0, b], expected.detach(), rtol=1e-3, atol=1e-4)


def test_the_rule_decides_what_adam_sees(data):
    def none(gradients, weights):
        assert gradients.keys() == weights.keys()
        return {name: torch.zeros_like(g) for name, g in gradients.items()}

    kind = {"learning_rates": torch.ones(1), "seeds": 1, "spikes": [()], "steps": 40}
    first, second = train_with_spikes(none, data, **kind)
    assert torch.equal(first, second)


@pytest.mark.parametrize("forgotten", ["mean", "square"])
def test_one_moment_alone_is_forgotten(data, forgotten):
    seen = []

    def record(gradients, weights):
        seen.append((gradients["W"].double(), weights["W"].double()))
        return gradients

    kind = {"learning_rates": torch.full((1,), 0.01), "seeds": 1, "spikes": [()]}
    options = {"reset": 11, "forgets": [forgotten]}
    train_with_spikes(record, data, steps=20, **kind, **options)

    def moment(values, beta, kind):  # before step 12, corrected for its start
        values = values[11:12] if kind == forgotten else values[:12]
        weights = [(1 - beta) * beta**k for k in range(len(values))]
        found = sum(w * x for w, x in zip(reversed(weights), values, strict=True))
        return found / sum(weights)

    gradients = [g for g, _ in seen]
    m = moment(gradients, 0.9, "mean")
    v = moment([g**2 for g in gradients], 0.999, "square")
    step = seen[11][1] - seen[12][1]
    # Weights near 1 are rounded to 6e-8, and steps are about 0.01.
    assert_close(step, 0.01 * m / (v.sqrt() + 1e-8), rtol=1e-4, atol=2e-7)


def test_wrong_arguments_are_refused(data):
    kind = {"spikes": [()], "steps": 20}
    with pytest.raises(
        ValueError, match=r"^seeds times spikes must be 3 .*, got 2 x 1$"
    ):
        train_with_spikes(keep, data, learning_rates=torch.ones(3), seeds=2, **kind)
    with pytest.raises(ValueError, match=r"^learning_rates must be positive"):
        train_with_spikes(keep, data, learning_rates=torch.zeros(2), seeds=2, **kind)
    with pytest.raises(ValueError, match=r"^forgets must be among .*, got \['v'\]$"):
        train_with_spikes(
            keep, data, learning_rates=torch.ones(1), seeds=1, forgets=["v"], **kind
        )
