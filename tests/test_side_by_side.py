"""Networks side by side: each is what it would be alone."""

import math

import pytest
import torch

from companion.side_by_side import (
    Block,
    Lookup,
    Recurrent,
    Stack,
    adam_step,
    gradient_by_block,
    sample_losses,
)
from companion.tasks import recall_batch


def normal(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def stack(entry, weights, leave, **options):
    blocks = [Block(w, activation=torch.tanh, **options) for w in weights]
    return Stack(entry, blocks, leave)


@pytest.mark.parametrize("norm", ["none", "batch", "layer"])
def test_two_networks_side_by_side_are_two_networks(norm):
    entry, weights, leave = (
        normal(2, 4, 3),
        normal(5, 2, 3, 3, seed=1),
        normal(2, 3, 7),
    )
    x = normal(2, 6, 4, seed=2)
    options = {"norm": norm, "branch": 0.5}
    both = stack(entry, weights, leave, **options)(x)
    for i in range(2):
        alone = stack(
            entry[i : i + 1], weights[:, i : i + 1], leave[i : i + 1], **options
        )
        torch.testing.assert_close(alone(x[i : i + 1])[0], both[i])


def test_batch_normalization_is_that_of_torch():
    h, eye = normal(1, 8, 3), torch.eye(3)[None]
    found = Block(eye, activation=lambda z: z, norm="batch")(h)
    torch.testing.assert_close(found[0], torch.nn.BatchNorm1d(3)(h[0]))


def test_a_norm_must_be_known():
    with pytest.raises(
        ValueError, match=r"^norm must be none, batch or layer, got 'group'$"
    ):
        Block(torch.eye(2)[None], activation=torch.tanh, norm="group")


def test_what_is_stored_is_rounded_both_ways():
    block = Block(
        torch.eye(2)[None], activation=lambda z: z, branch=1.0, stored=torch.float16
    )
    h = torch.full((1, 1, 2), 40_000.0, requires_grad=True)
    out = block(h)
    assert out.isinf().all()
    block(h / 10).sum().backward()
    assert h.grad.isfinite().all()


def test_the_recurrent_net_is_torch_s():
    entry, weight, leave = normal(1, 1, 3), normal(1, 3, 3, seed=1), normal(1, 3, 2)
    cell = torch.nn.RNN(1, 3, bias=False, batch_first=True)
    with torch.no_grad():
        cell.weight_ih_l0.copy_(entry[0].T)
        cell.weight_hh_l0.copy_(weight[0].T)
    x = normal(4, 9, seed=2)
    _, last = cell(x[..., None])
    found = Recurrent(entry, weight, leave)(x[None])
    torch.testing.assert_close(found[0], last[0] @ leave[0])


def test_a_lookup_with_sharp_attention_finds_the_value():
    table, values = torch.eye(4)[None], torch.eye(4)[None]
    rng = torch.Generator().manual_seed(0)
    lists = recall_batch((1, 20), pairs=3, symbols=4, generator=rng)
    found = Lookup(table, table, values, scale=100.0)(lists)
    assert torch.equal(found.argmax(dim=-1), lists.target.squeeze(-1))


def test_gradients_by_block_are_those_of_the_weights_chain():
    halves = [0.5 * torch.eye(3)[None]] * 4
    model = stack(torch.eye(3)[None], halves, torch.eye(3)[None])
    x, labels = 1e-3 * normal(1, 5, 3), torch.zeros(1, 5, dtype=torch.int64)
    norms, sizes = gradient_by_block(model, x, labels=labels)
    # tanh is the identity there, to 1e-6: every block halves both.
    torch.testing.assert_close(
        norms[0, :-1] / norms[0, 1:], torch.full((4,), 0.5), rtol=1e-4, atol=0
    )
    assert sizes[0, -1] == pytest.approx(sizes[0, 0].item() / 16, rel=1e-4)


def test_the_loss_of_guessing():
    found = sample_losses(torch.zeros(2, 5, 10), torch.zeros(2, 5, dtype=torch.int64))
    assert found.tolist() == pytest.approx([math.log(10)] * 2)


def test_each_network_moves_as_adam_of_torch_moves_it_alone():
    start, rates = {"w": normal(2, 3, 4), "b": normal(2, 4)}, [0.1, 0.01]
    together, memory = {name: w.clone() for name, w in start.items()}, {}
    alone = [[w[i].clone() for w in start.values()] for i in range(2)]
    options = {"betas": (0.8, 0.9), "eps": 1e-3}
    optimizers = [
        torch.optim.Adam(ws, rate, **options)
        for ws, rate in zip(alone, rates, strict=True)
    ]
    for step in range(3):
        g = {"w": normal(2, 3, 4, seed=step), "b": normal(2, 4, seed=step)}
        adam_step(together, g, rates=torch.tensor(rates), memory=memory, **options)
        for i, optimizer in enumerate(optimizers):
            for w, slope in zip(alone[i], g.values(), strict=True):
                w.grad = slope[i]
            optimizer.step()
    for i in range(2):
        for w, now in zip(alone[i], together.values(), strict=True):
            torch.testing.assert_close(now[i], w)
