"""Keys recomputed by adding blocks and layers one by one."""

import math

import numpy as np
import torch
from torch.nn.utils import clip_grad_norm_


def deepest(p):
    factor = p["ratio"] ** (1 / (p["blocks"] - 1))
    blocks, ratio = 1, 1.0
    while 1 / 40 <= ratio * factor <= 40:
        blocks, ratio = blocks + 1, ratio * factor
    return blocks


def starved(p):
    layers = [torch.zeros(5, dtype=torch.float64, requires_grad=True)]
    layers[0].grad = torch.nn.functional.normalize(torch.arange(1.0, 6), dim=0).double()
    for _ in range(p["depth"] - 1):
        layers.append(torch.zeros(5, dtype=torch.float64, requires_grad=True))
        layers[-1].grad = p["growth"] * layers[-2].grad
    clip_grad_norm_(layers, 1.0)
    torch.optim.SGD(layers, lr=p["rate"]).step()
    return layers[0].detach().norm().item()


def messengers(p):
    infinite = []
    for kind in ("float16", "bfloat16", "float32"):
        stream = torch.ones(1, dtype=getattr(torch, kind))
        for _ in range(p["blocks"]):
            stream = stream * p["growth"]
        infinite += [kind] if stream.isinf() else []
    names = {0: "none", 1: "half", 2: "sixteen", 3: "all"}
    assert infinite in ([], ["float16"], ["float16", "bfloat16", "float32"])
    return names[len(infinite)]


def two_arms(p):
    cause = math.log(p["growth"]) > 0.5 * math.log(p["grown"])
    effect = p["loss"] > 0.5 * p["ill"]
    table = {
        (True, True): "silent",
        (True, False): "refuted",
        (False, True): "refuted",
        (False, False): "fits",
    }
    return table[cause, effect]


def one_change(p):
    gain = p["ratio"] ** (1 / (p["depth"] - 1))

    def ratio(scale=1.0, clip=None, dtype=torch.float32):
        draws = torch.Generator().manual_seed(0)
        model = torch.nn.Sequential(
            *(torch.nn.Linear(6, 6, dtype=dtype) for _ in range(p["depth"]))
        )
        for layer in model:
            torch.nn.init.orthogonal_(layer.weight, gain * scale, generator=draws)
        model(torch.ones(1, 6, dtype=dtype)).sum().backward()
        if clip:
            clip_grad_norm_(model.parameters(), clip)
        return (model[0].bias.grad.norm() / model[-1].bias.grad.norm()).item()

    low, high = sorted((gain, 1 / gain))
    changes = {
        "shrink": ratio(low),
        "stretch": ratio(high),
        "clip": ratio(clip=1.0),
        "rate": ratio(),  # no step has been taken yet
        "format": ratio(dtype=torch.float64),
    }
    (found,) = (n for n, r in changes.items() if math.isclose(r, 1, rel_tol=1e-3))
    return found


def uniform_start(p):
    generator = np.random.default_rng(0)
    n, a = 64, p["width"]
    points = (np.arange(100_000) + 0.5) / 50_000 - 1
    factor = np.mean((a * points) ** 2)  # n times the variance, by midpoints
    delta = generator.normal(size=n)
    weights = generator.uniform(-a, a, size=(2000, n, n)) / math.sqrt(n)
    kept = np.square(delta @ weights).sum(axis=-1) / (delta @ delta)
    assert abs(kept.mean() - factor) < 6 * kept.std() / math.sqrt(2000)
    layers, square = 0, 1.0
    while square >= 10.0 ** (-2 * p["power"]):
        layers, square = layers + 1, square * factor
    return layers


def skipped_by_the_loss(p, programs):
    def taken(made, loss):
        w = torch.tensor([0.0, 2.0], requires_grad=True)
        before = w.detach().clone()
        made["update"](w, loss, p["rate"])
        return (before - w.detach()) / p["rate"]

    kept = {  # the gradient that is to be taken
        (3.0, -4.0): lambda w: 3 * w[0] - 4 * w[1],
        (1e8, 1.0): lambda w: 1e8 * w[0] + w[1],
    }
    left = (  # infinite up, down, in every entry; NaN
        lambda w: w[0].sqrt() + w[1],
        lambda w: w[1] - w[0].sqrt(),
        lambda w: (w * torch.tensor([1.0, 0.0])).sqrt().sum(),
        lambda w: (0 * w[0]).sqrt() + w[1],
    )
    return [
        name
        for name, made in programs.items()
        if all(
            torch.allclose(taken(made, loss), torch.tensor(g), rtol=1e-3)
            for g, loss in kept.items()
        )
        and not any(taken(made, loss).any() for loss in left)
    ]
