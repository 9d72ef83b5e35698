"""Keys recomputed with torch's clip and by running Adam."""

import math

import numpy as np
import torch
from torch.nn.utils import clip_grad_norm_


def with_gradient(g):
    w = torch.zeros_like(g, requires_grad=True)
    w.grad = g.clone()
    return w


def held_twice(p):
    norms = torch.tensor([p["a"], p["b"], p["c"], p["copy"]], dtype=torch.float64)
    model = [with_gradient(norm * torch.eye(7).double()[3]) for norm in norms]
    clip_grad_norm_(model, p["theta"])
    left = torch.stack([w.grad.norm() for w in model]) / norms
    assert left.max() - left.min() < 1e-12
    return left[0].item()


def frozen(p):
    m = v = 1.0
    before = last = 0.0
    for step in range(100_000):
        g = p["spike"] if step == 0 else 1
        m, v = 0.9 * m + 0.1 * g, p["beta"] * v + (1 - p["beta"]) * g**2
        before, last = last, m / math.sqrt(v)
        if step > 100 and last >= p["share"]:
            return step - (last - p["share"]) / (last - before)
    raise AssertionError


def ever_longer(p):
    m = v = 0.0  # in units of the last gradient and of its square
    for _ in range(20_000):
        m = 0.9 * m / p["growth"] + 0.1
        v = p["beta"] * v / p["growth"] ** 2 + 1 - p["beta"]
    return m / math.sqrt(v)


def hidden_unit(p):
    g = torch.full((p["count"],), 7 / math.sqrt(p["count"]), dtype=torch.float64)

    def length(first):
        w = with_gradient(65536 * g)
        if first:
            clip_grad_norm_([w], 1.0)
        w.grad /= 65536
        if not first:
            clip_grad_norm_([w], 1.0)
        torch.optim.Adam([w], lr=1.0, eps=p["epsilon"]).step()
        return w.detach().norm().item()

    share = length(first=True) / length(first=False)
    bounds = {"alike": (0.98, 1.02), "part": (0.25, 0.9), "starved": (1e-3, 0.1)}
    bounds["unit"] = (0.9 / 65536, 1.1 / 65536)
    (found,) = (name for name, (a, b) in bounds.items() if a <= share <= b)
    return found


def too_long_to_measure(p):
    w = with_gradient(torch.full((p["count"],), 10.0 ** p["power"]))
    assert w.grad.isfinite().all()
    clip_grad_norm_([w], 1.0)
    if not w.grad.any():
        return "zero"
    assert abs(w.grad.norm() - 1) < 1e-3
    return "one"


def influence(p):
    generator = np.random.default_rng(0)

    def clip(g):
        norms = np.linalg.norm(g, axis=-1, keepdims=True)
        return g * np.minimum(1, p["theta"] / norms)

    start = generator.normal(size=(p["batch"], 3)) * 10
    worst = 0.0
    for other in (generator.normal(size=start.shape) * 10, -start):
        after = start.copy()
        after[: p["replaced"]] = other[: p["replaced"]]
        moved = np.linalg.norm((clip(after) - clip(start)).mean(axis=0))
        bound = 2 * p["replaced"] * p["theta"] / p["batch"]
        assert moved <= bound * (1 + 1e-12)
        worst = max(worst, moved)
    aligned = np.zeros((p["batch"], 3))
    aligned[:, 0] = 1e-9
    aligned[: p["replaced"], 0] = 5 * p["batch"]
    turned = aligned.copy()
    turned[: p["replaced"]] *= -1
    whole = clip(aligned.mean(axis=0)) - clip(turned.mean(axis=0))
    assert abs(np.linalg.norm(whole) - 2 * p["theta"]) < 1e-6  # (b)
    reached = np.linalg.norm((clip(aligned) - clip(turned)).mean(axis=0))
    assert reached >= worst
    return reached


def norms_added(p, programs):
    draws = torch.Generator().manual_seed(0)
    theta = p["theta"]

    def right(made, size):
        whole = torch.randn(12 * p["ranks"], generator=draws, dtype=torch.float64)
        whole *= size * theta / whole.norm()
        clipped = torch.cat(made["clip"](list(whole.chunk(p["ranks"])), theta))
        return torch.allclose(clipped, whole * min(1.0, 1 / size), rtol=1e-9)

    sizes = (1e-3, 0.9, 1.1, 40.0)
    return [n for n, made in programs.items() if all(right(made, s) for s in sizes)]


def clipped_on_the_way(p, programs):
    draws = torch.Generator().manual_seed(0)

    def right(made, size):
        parts = size * torch.randn(p["count"], 3, generator=draws)
        total = parts.sum(0)
        expected = total * min(1.0, p["theta"] / total.norm().item())
        w = torch.zeros(3, requires_grad=True)
        made["update"](w, [lambda v, g=g: v @ g for g in parts], p["theta"], 0.5)
        return torch.allclose(-w.detach() / 0.5, expected, rtol=1e-4, atol=1e-6)

    sizes = (1e-3, 0.3, 3.0, 100.0)
    return [n for n, made in programs.items() if all(right(made, s) for s in sizes)]
