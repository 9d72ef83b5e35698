"""Keys recomputed by multiplying matrices."""

import math

import numpy as np
import torch


def _turned(a, b, degrees):
    angle = math.radians(degrees)
    turn = [[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]]
    return np.array(turn) @ np.diag([a, b])


def neutral_turn(p):
    low, high = 0.0, 90.0
    for _ in range(80):
        middle = (low + high) / 2
        radius = abs(np.linalg.eigvals(_turned(p["a"], p["b"], middle))).max()
        low, high = (middle, high) if radius > 1 else (low, middle)
    return low


def typical_length(p):
    # The mean logarithm of chi-squared, by quadrature of its density.
    half, depth = p["half"], p["depth"]
    x = np.linspace(-30, 8, 400_001)  # the logarithm of chi-squared
    density = half * x - np.exp(x) / 2 - half * math.log(2) - math.lgamma(half)
    weight = np.exp(density)
    mean = (x * weight).sum() / weight.sum() - math.log(2 * half)
    return math.exp(depth * mean / 2)


def stretch_and_fate(p):
    layer = _turned(p["a"], p["b"], p["angle"])
    angles = np.linspace(0, 2 * math.pi, 400, endpoint=False)
    g = np.stack([np.cos(angles), np.sin(angles)])
    for _ in range(60):
        g = layer.T @ g
    size = np.median(np.linalg.norm(g, axis=0))
    if size > 10:
        assert size < p["a"] ** 60 / 10
        return "grows"
    assert size < 0.01
    return "vanishes"


def random_direction(p):
    total, singular = 0.0, np.diag([p["a"], p["b"], p["c"]])
    z, weights = np.polynomial.legendre.leggauss(40)  # the sphere, by quadrature
    around = np.linspace(0, 2 * math.pi, 64, endpoint=False)
    for height, weight in zip(z, weights, strict=True):
        flat = math.sqrt(1 - height**2)
        points = [flat * np.cos(around), flat * np.sin(around), 0 * around + height]
        stretched = np.linalg.norm(singular @ np.stack(points), axis=0)
        total += weight / 2 * (stretched**2).mean()
    return math.sqrt(total)


def wrong_way_round(p, programs):
    generator = torch.Generator().manual_seed(0)
    shape = (p["count"], 4, 4)
    layers = torch.randn(shape, generator=generator, dtype=torch.float64)
    x = torch.ones(4, dtype=torch.float64, requires_grad=True)
    y = x
    for layer in layers:
        y = layer @ y
    g = torch.tensor([1.0, -2.0, 0.5, 3.0], dtype=torch.float64)
    (expected,) = torch.autograd.grad(y, x, g)
    return [
        name
        for name, made in programs.items()
        if torch.allclose(made["input_gradient"](list(layers), g), expected)
    ]
