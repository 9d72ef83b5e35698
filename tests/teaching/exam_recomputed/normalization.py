"""Keys recomputed by quadrature and by torch's own normalizations."""

import math

import numpy as np
import torch
from torch.nn import functional

EPS = 1e-30  # torch wants a positive one


def leaky_growth(p):
    z = np.linspace(-12, 12, 2_400_002)  # an even number: no node at the kink
    weight = np.exp(-(z**2) / 2)
    weight /= weight.sum()
    value = np.where(z > 0, z, p["slope"] * z)
    slope = np.where(z > 0, 1, p["slope"])
    variance = (weight * value**2).sum() - (weight * value).sum() ** 2
    return ((weight * slope**2).sum() / variance) ** (p["depth"] / 2)


def through_a_batch(p):
    batch = [p["high"], p["low"], p["high"], p["low"]]
    x = torch.tensor(batch, dtype=torch.float64).reshape(4, 1).requires_grad_()
    y = functional.batch_norm(x, None, None, training=True, eps=EPS)
    g = torch.tensor([p["a"], p["b"], p["c"], p["d"]], dtype=torch.float64)
    (gradient,) = torch.autograd.grad(y, x, g.reshape(4, 1))
    return gradient.norm().item()


def dead_directions(p):
    generator = torch.Generator().manual_seed(0)
    size = min(p["size"], 64)
    x = torch.randn(size, generator=generator, dtype=torch.float64)
    maps = {
        "batch": lambda v: functional.batch_norm(
            v.reshape(-1, 1), None, None, training=True, eps=EPS
        ).reshape(-1),
        "layer": lambda v: functional.layer_norm(v, (size,), eps=EPS),
        "RMS": lambda v: v / v.square().mean().sqrt(),
    }
    jacobian = torch.autograd.functional.jacobian(maps[p["kind"]], x)
    values = torch.linalg.svdvals(jacobian)
    dead = int((values < 1e-9 * values.max()).sum())
    return {0: "none", 1: "one", 2: "two", size - 1: "all"}[dead]


def larger_weights(p):
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(32, 6, generator=generator, dtype=torch.float64)
    target = torch.randn(32, 1, generator=generator, dtype=torch.float64)
    start = torch.randn(1, 6, generator=generator, dtype=torch.float64)

    def angle(factor):
        w = (factor * start).requires_grad_()
        y = functional.batch_norm(x @ w.T, None, None, training=True, eps=EPS)
        (g,) = torch.autograd.grad(((y - target) ** 2).mean(), w)
        moved = w - 1e-4 * g
        return torch.atan2(
            (moved - w * (moved * w).sum() / (w * w).sum()).norm(),
            (moved * w).sum() / w.norm(),
        ).item()

    ratio = angle(1) / angle(p["factor"])
    told = {
        "square": p["factor"] ** 2,
        "factor": p["factor"],
        "same": 1,
        "larger": 1 / p["factor"],
    }
    (found,) = (n for n, t in told.items() if math.isclose(ratio, t, rel_tol=1e-3))
    return found


def batch_norm_jacobian(p):
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(p["size"], generator=generator, dtype=torch.float64)
    x = (x - x.mean()) / x.var(correction=0).sqrt() * p["spread"] + 3
    gamma = torch.tensor([float(p["scale"])], dtype=torch.float64)

    def normalized(v):
        v = v.reshape(-1, 1)
        made = functional.batch_norm(
            v, None, None, weight=gamma, training=True, eps=p["floor"]
        )
        return made.reshape(-1)

    jacobian = torch.autograd.functional.jacobian(normalized, x)
    direction = x - x.mean()
    image = jacobian @ direction
    factor = (image @ direction / (direction @ direction)).item()
    assert torch.allclose(image, factor * direction)
    return factor


def wrong_axis(p, programs):
    generator = torch.Generator().manual_seed(0)
    x = 3 + torch.randn(p["size"], p["size"], generator=generator)
    expected = functional.layer_norm(x, (p["size"],), eps=1e-5)
    return [
        name
        for name, made in programs.items()
        if torch.allclose(made["layer_norm"](x), expected, atol=1e-4)
    ]
