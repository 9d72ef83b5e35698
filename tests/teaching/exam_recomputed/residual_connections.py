"""Keys recomputed by moments, counting and matrices."""

import math

import numpy as np
import torch


def _mean_square(depth, keep, scale):
    """Mean square gain, by the covariance of a vector after independent branches."""
    width = 5
    moment = np.zeros((width, width))
    moment[0, 0] = 1.0
    for _ in range(depth):
        branch = np.trace(moment) * np.eye(width) / width  # E A v v' A'
        moment = keep**2 * moment + scale**2 * branch
    return np.trace(moment)


def scale_for_depth(p):
    low, high = 0.0, 3.0
    for _ in range(80):
        scale = (low + high) / 2
        gain = math.sqrt(_mean_square(p["depth"], 1, scale))
        low, high = (scale, high) if gain < p["growth"] else (low, scale)
    return low


def price(p):
    generator = np.random.default_rng(0)
    wide = generator.normal(size=(600, 600)) / math.sqrt(600)
    norm = np.linalg.norm(wide, 2)
    assert abs(norm - 2) < 0.1  # its limit
    return math.sqrt(_mean_square(p["depth"], 1 - p["beta"], p["beta"] / 2))


def path_length(p):
    energies = np.zeros(p["depth"] + 1)  # by number of branches crossed
    energies[0] = 1.0
    for _ in range(p["depth"]):
        energies[1:] += p["square"] * energies[:-1].copy()
    return (np.arange(p["depth"] + 1) * energies).sum() / energies.sum()


def stretching_block(p):
    block = np.eye(2) + np.array([[p["a"], p["b"]], [p["c"], p["d"]]])
    norm = np.linalg.norm(block, 2)
    assert abs(norm - 1) > 1e-3
    return "above" if norm > 1 else "below"


def antisymmetric_branches(p):
    # The bound is reached by rotations of the plane.
    branch = p["bound"] * np.array([[0.0, -1.0], [1.0, 0.0]])
    block = np.eye(2) + branch / p["depth"]
    product = np.linalg.matrix_power(block, p["depth"])
    values = np.linalg.svd(product, compute_uv=False)
    assert values.min() >= 1
    return values.max()


def divided_sum(p, programs):
    generator = torch.Generator().manual_seed(0)
    width = 400
    branches = torch.randn(p["depth"], width, width, generator=generator)
    x = torch.randn(20, width, generator=generator)
    found = []
    for name, made in programs.items():
        y = made["forward"](x, branches / math.sqrt(width))
        gain = (y.square().mean() / x.square().mean()).item()
        if 2 < gain < 1.15 * math.e:  # one draw, whose gain scatters
            found.append(name)
    return found
