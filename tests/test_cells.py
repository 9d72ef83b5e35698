"""Cells side by side: against torch's own, one by one, and at the edges."""

import pytest
import torch
from torch import nn
from torch.testing import assert_close

from companion.cells import gru_last, lstm_last

CELLS = {"LSTM": (nn.LSTM, lstm_last), "GRU": (nn.GRU, gru_last)}
ROUNDING = 1e-13  # of float64: some hundred sums of numbers of size one


def networks(kind, m=3, inputs=2, width=5):
    torch.manual_seed(0)
    return [CELLS[kind][0](inputs, width).double() for _ in range(m)]


def stacked(models):
    """Their parameters, biases as rows."""
    found = {}
    for name, _ in models[0].named_parameters():
        rows = torch.stack([getattr(model, name).detach() for model in models])
        rows = rows if rows.ndim == 3 else rows[:, None]
        found[name] = rows.requires_grad_()
    return found


@pytest.mark.parametrize("kind", CELLS)
@pytest.mark.parametrize("steps", [1, 7])
def test_states_and_gradients_are_torch_s(kind, steps, rng):
    models, last = networks(kind), CELLS[kind][1]
    p = stacked(models)
    x = torch.randn(steps, 3, 4, 2, generator=rng, dtype=torch.float64)
    pull = torch.randn(3, 4, 5, generator=rng, dtype=torch.float64)
    x.requires_grad_()
    states = last(p, x)
    found = torch.autograd.grad(states, [x, *p.values()], pull)
    alone = torch.stack([model(x[:, i])[0][-1] for i, model in enumerate(models)])
    leaves = [leaf for model in models for leaf in model.parameters()]
    by_x, *by_leaf = torch.autograd.grad(alone, [x, *leaves], pull)
    assert_close(states, alone, rtol=0, atol=ROUNDING)
    assert_close(found[0], by_x, rtol=0, atol=ROUNDING)
    for place, mine in enumerate(found[1:]):
        theirs = torch.stack(by_leaf[place :: len(p)])
        assert_close(mine, theirs.reshape(mine.shape), rtol=0, atol=ROUNDING)


@pytest.mark.parametrize("kind", CELLS)
def test_the_states_do_not_depend_on_who_asks_for_a_gradient(kind, rng):
    p, last = stacked(networks(kind)), CELLS[kind][1]
    x = torch.randn(6, 3, 4, 2, generator=rng, dtype=torch.float64)
    quiet = {name: leaf.detach() for name, leaf in p.items()}
    assert torch.equal(last(p, x), last(quiet, x))


@pytest.mark.parametrize("kind", CELLS)
def test_the_gradient_does_not_depend_on_whether_the_inputs_ask_for_theirs(kind, rng):
    p, last = stacked(networks(kind)), CELLS[kind][1]
    x = torch.randn(6, 3, 4, 2, generator=rng, dtype=torch.float64)
    alone = torch.autograd.grad(last(p, x).square().sum(), list(p.values()))
    loss = last(p, x.requires_grad_()).square().sum()
    again = torch.autograd.grad(loss, list(p.values()))
    for mine, same in zip(alone, again, strict=True):
        assert_close(mine, same, rtol=0, atol=ROUNDING)


@pytest.mark.parametrize("kind", CELLS)
def test_a_second_derivative_is_refused(kind, rng):
    p, last = stacked(networks(kind)), CELLS[kind][1]
    x = torch.randn(2, 3, 4, 2, generator=rng, dtype=torch.float64)
    leaf = p["weight_hh_l0"]
    (g,) = torch.autograd.grad(last(p, x).square().sum(), leaf, create_graph=True)
    with pytest.raises(RuntimeError, match="once_differentiable"):
        g.sum().backward()


@pytest.mark.parametrize("kind", CELLS)
@pytest.mark.parametrize(
    "name", ["weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0"]
)
def test_parameters_of_another_shape_are_named(kind, name):
    p, last = stacked(networks(kind)), CELLS[kind][1]
    with pytest.raises(ValueError, match=rf"^{name} must have shape"):
        last(p | {name: p[name][:2]}, torch.zeros(6, 3, 4, 2, dtype=torch.float64))
