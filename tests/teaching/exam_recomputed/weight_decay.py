"""Keys recomputed by taking the steps."""

import math

import numpy as np
import torch


def steps_of_decay(p):
    w = torch.diag(torch.tensor([p["radius"], 0.5], dtype=torch.float64))
    w = w.requires_grad_()
    optimizer = torch.optim.SGD([w], lr=p["rate"], weight_decay=p["decay"])
    for step in range(1, 10_000):
        w.grad = torch.zeros_like(w)
        optimizer.step()
        if torch.linalg.eigvals(w.detach()).abs().max() < 1:
            return step
    raise AssertionError


def decay_against_noise(p):
    def radius(decay):
        variance, factor = 0.0, 1 - p["rate"] * decay
        for _ in range(3_000):
            variance = factor**2 * variance + (p["rate"] * p["noise"]) ** 2
        return math.sqrt(p["width"] * variance)

    low, high = 0.02 / p["rate"], 1 / p["rate"]
    assert radius(low) > 1 > radius(high)
    for _ in range(40):
        middle = (low + high) / 2
        low, high = (middle, high) if radius(middle) > 1 else (low, middle)
    return high


def decay_in_optimizers(p):
    w = torch.tensor([p["weight"]], dtype=torch.float64, requires_grad=True)
    optimizer = getattr(torch.optim, p["optimizer"])(
        [w], lr=p["rate"], weight_decay=p["decay"]
    )
    w.grad = torch.zeros_like(w)
    optimizer.step()
    change = p["weight"] - w.item()
    sizes = {
        "rate": p["rate"],
        "product": p["rate"] * p["decay"] * p["weight"],
        "decay": p["decay"] * p["weight"],
        "nothing": 0.0,
    }
    (found,) = (n for n, s in sizes.items() if math.isclose(change, s, rel_tol=1e-4))
    return found


def turn_of_a_step(p):
    # A scale-invariant loss, with the gradient's length found that keeps the norm.
    target = torch.tensor([0.3, -1.0, 2.0], dtype=torch.float64)
    w = torch.tensor([1.0, 2.0, 0.5], dtype=torch.float64, requires_grad=True)
    (g,) = torch.autograd.grad(-(target @ w) / w.norm(), w)
    w = w.detach()
    low, high = 0.0, 1e6
    for _ in range(200):
        factor = (low + high) / 2
        moved = (1 - p["rate"] * p["decay"]) * w - p["rate"] * factor * g
        low, high = (factor, high) if moved.norm() < w.norm() else (low, factor)
    cosine = (w @ moved / w.norm() / moved.norm()).item()
    return math.degrees(math.acos(cosine))


def coupled_decay(p, programs):
    generator = torch.Generator().manual_seed(0)
    gradients = torch.randn(6, 5, generator=generator, dtype=torch.float64)
    scales = torch.tensor([1e-3, 0.1, 1, 10, 100], dtype=torch.float64)
    start = torch.tensor([1.0, -2.0, 3.0, 0.5, -0.1], dtype=torch.float64)
    w = start.clone().requires_grad_()
    adamw = torch.optim.AdamW([w], lr=p["rate"], weight_decay=p["decay"])
    for g in gradients * scales:
        w.grad = g.clone()
        adamw.step()

    def run(step):
        own, m, v = start.clone(), 0.0, 0.0
        for t, g in enumerate(gradients * scales, 1):
            own, m, v = step(own, g, m, v, t, p["rate"], p["decay"])
        return own

    return [
        name
        for name, made in programs.items()
        if np.allclose(run(made["step"]), w.detach(), rtol=1e-9)
    ]
