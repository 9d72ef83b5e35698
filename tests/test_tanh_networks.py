"""Networks side by side: each as if it were alone, the laws of its training, errors."""

import math

import pytest
import torch
from torch import nn
from torch.testing import assert_close

from companion.ensembles import gaussian_matrices, orthogonal_matrices
from companion.jacobians import growth_exponents
from companion.tanh_networks import (
    TanhNetworks,
    hidden_states,
    mean_growth_rates,
    read_out,
    tanh_networks,
    train_classifiers,
)

ERRORS = [
    ({"learning_rate": 0.0}, "^learning_rate must be positive and finite, got 0.0$"),
    ({"epsilon": -1e-8}, "^epsilon must be positive and finite, got -1e-08$"),
    ({"batch": 0}, "^batch must be positive and finite, got 0$"),
]


@pytest.fixture
def networks(rng):
    layers = gaussian_matrices(3 * 4, 5, generator=rng, gain=1.2).reshape(3, 4, 5, 5)
    return tanh_networks(layers, inputs=6, outputs=2, generator=rng)


@pytest.fixture
def task(rng, device):
    x = torch.randn(40, 6, generator=rng, device=device, dtype=torch.float64)
    return x, (x[:, 0] > 0).long()


def as_module(networks, k):
    """One of the networks as torch would write it."""
    weights = [networks.entry[k], *networks.layers[k], networks.exit[k]]
    linear = []
    for w in weights:
        layer = nn.Linear(*w.shape, bias=False, dtype=w.dtype, device=w.device)
        layer.weight = nn.Parameter(w.T.clone())
        linear.append(layer)
    inner = [part for layer in linear[1:-1] for part in (layer, nn.Tanh())]
    return nn.Sequential(linear[0], *inner, linear[-1])


def unequal(rates, networks):
    return torch.tensor(rates, dtype=torch.float64, device=networks.entry.device)


def test_all_networks_share_entry_and_exit(networks):
    assert_close(networks.entry[0], networks.entry[2])
    assert_close(networks.exit[0], networks.exit[2])
    assert networks.entry.shape == (3, 6, 5)
    assert networks.exit.shape == (3, 5, 2)


def test_entry_and_exit_have_variance_one_over_the_fan_in(rng, device):
    layers = torch.zeros(1, 1, 300, 300, device=device)
    entry, _, leave = tanh_networks(layers, inputs=100, outputs=50, generator=rng)
    # Six standard errors of a mean square: 6 sqrt(2 / count).
    for weights, fan_in in ((entry, 100), (leave, 300)):
        six = 6 * math.sqrt(2 / weights.numel())
        assert (weights.square().mean() * fan_in).item() == pytest.approx(1, abs=six)


def test_outputs_are_those_of_each_network_alone(networks, task):
    x, _ = task
    scores = read_out(networks, x)
    assert len(hidden_states(networks, x)) == 5
    for k in range(3):
        assert_close(scores[k], as_module(networks, k)(x))


@pytest.mark.parametrize("epsilon", [None, 1e-3])
def test_training_is_that_of_each_network_alone_under_torch(networks, task, epsilon):
    x, labels = task
    rates, steps = (0.1, 0.01, 0.3), 7
    rng = torch.Generator(x.device).manual_seed(3)
    trained = train_classifiers(
        networks,
        x,
        labels=labels,
        learning_rate=unequal(rates, networks),
        steps=steps,
        generator=rng,
        epsilon=epsilon,
        batch=16,
    )
    for k, rate in enumerate(rates):
        alone = as_module(networks, k)
        kind = torch.optim.SGD if epsilon is None else torch.optim.Adam
        options = {} if epsilon is None else {"eps": epsilon}
        optimizer = kind(alone.parameters(), lr=rate, **options)
        rng = torch.Generator(x.device).manual_seed(3)
        for _ in range(steps):
            rows = torch.randint(40, (16,), generator=rng, device=x.device)
            optimizer.zero_grad()
            nn.functional.cross_entropy(alone(x[rows]), labels[rows]).backward()
            optimizer.step()
        assert_close(trained.layers[k, 2], alone[5].weight.T)
        assert_close(trained.entry[k], alone[0].weight.T)
        assert_close(trained.exit[k], alone[-1].weight.T)


def test_no_step_changes_nothing_and_none_changes_the_original(networks, task, rng):
    before = [part.clone() for part in networks]
    x, labels = task
    options = {"learning_rate": 0.1, "batch": 8, "generator": rng}
    same = train_classifiers(networks, x, labels=labels, steps=0, **options)
    moved = train_classifiers(networks, x, labels=labels, steps=2, **options)
    for old, now, kept, new in zip(before, networks, same, moved, strict=True):
        assert_close(old, now)
        assert_close(old, kept)
        assert not torch.equal(old, new)


def test_rates_near_zero_are_those_of_the_weights(rng, device):
    turns = orthogonal_matrices(2 * 9, 4, generator=rng).reshape(2, 9, 4, 4)
    scale = torch.tensor([0.5, 1.1], device=device)[:, None, None, None]
    networks = tanh_networks(scale * turns, inputs=3, outputs=2, generator=rng)
    x = torch.zeros(5, 3, device=device, dtype=torch.float64)
    rates = mean_growth_rates(networks, x, generator=rng)
    linear = torch.stack([growth_exponents(w)[0] for w in networks.layers])
    assert_close(rates, linear)


def test_rates_are_the_mean_over_the_inputs(networks, task):
    x = task[0][:2]

    def rates(inputs):
        # One tangent is as good as another only where all are drawn at once.
        rng = torch.Generator(x.device).manual_seed(0)
        return mean_growth_rates(networks, inputs, generator=rng)

    both = rates(x.repeat(1, 1))
    assert both.shape == (3,)
    # The inputs' tangents differ, which four layers do not forget: compare the range.
    alone = torch.stack([rates(x[:1]), rates(x[1:])])
    assert (both - alone.mean(dim=0)).abs().max() < 0.5


@pytest.mark.parametrize(("options", "message"), ERRORS)
def test_training_refuses(networks, task, rng, options, message):
    x, labels = task
    options = {"learning_rate": 0.1, "batch": 8, "generator": rng} | options
    with pytest.raises(ValueError, match=message):
        train_classifiers(networks, x, labels=labels, steps=1, **options)


@pytest.mark.parametrize(
    ("shape", "options", "message"),
    [
        ((1, 2, 3, 4), {}, r"^layers must be square, \(..., n, n\), got shape"),
        ((2, 3, 3), {}, r"^layers must be \(m, L, n, n\), got shape \(2, 3, 3\)$"),
        ((1, 2, 3, 3), {"inputs": 0}, "^inputs must be positive and finite, got 0$"),
        ((1, 2, 3, 3), {"outputs": 0}, "^outputs must be positive and finite, got 0$"),
    ],
)
def test_networks_refuse(rng, device, shape, options, message):
    options = {"inputs": 2, "outputs": 2} | options
    with pytest.raises(ValueError, match=message):
        tanh_networks(torch.zeros(shape, device=device), generator=rng, **options)


def test_networks_keep_their_dtype(rng, device):
    layers = torch.zeros(1, 2, 3, 3, dtype=torch.float32, device=device)
    networks = tanh_networks(layers, inputs=2, outputs=2, generator=rng)
    assert isinstance(networks, TanhNetworks)
    assert {part.dtype for part in networks} == {torch.float32}
