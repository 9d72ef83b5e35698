"""Keys recomputed by schedules, samples of the posterior and descent."""

import math

import numpy as np
import torch


def early_ratio(p):
    betas = torch.linspace(1e-4, p["final"], 1000, dtype=torch.float64)
    kept = torch.cumprod(1 - betas, 0)
    ratio = kept / (1 - kept)
    return (ratio[0] / ratio[p["step"] - 1]).item()


def best_output(p):
    # Joint normal law of data and noise, on nodes; the conditional mean, regressed.
    nodes, weights = np.polynomial.hermite_e.hermegauss(20)
    x0, noise = np.meshgrid(nodes, nodes)
    weight = np.outer(weights, weights) / weights.sum() ** 2

    def derivative(ratio):
        kept = ratio / (1 + ratio)
        seen = math.sqrt(kept) * x0 + math.sqrt(1 - kept) * noise
        slope = (weight * seen * x0).sum() / (weight * seen**2).sum()
        return math.sqrt((weight * (2 * ratio * (slope * seen - x0)) ** 2).sum())

    return derivative(p["first"]) / derivative(p["second"])


def outvoted_minority(p):
    theta = 0.5
    for _ in range(20_000):
        ones = min(max(theta - 1, -p["limit"]), p["limit"])
        zeros = min(max(theta, -p["limit"]), p["limit"])
        theta -= 0.01 * (p["share"] * ones + (1 - p["share"]) * zeros)
    return theta


def shares_of_timesteps(p):
    made = []
    for ratio in (p["high"], 10, p["low"]):
        g = torch.tensor([0.6, -0.8], dtype=torch.float64) * p["length"]
        g.requires_grad_()
        g.grad = g.detach().clone()
        torch.nn.utils.clip_grad_norm_([g], p["limit"] / ratio)
        made.append(ratio * g.grad.norm().item())
    length, limit = p["length"], p["limit"]
    told = {
        "ceiling": (limit, limit, p["low"] * length),
        "equal": (limit,) * 3,
        "plain": (p["high"] * length, 10 * length, p["low"] * length),
        "inverse": (limit / p["high"], min(limit / 10, length), length),
    }
    (found,) = (n for n, t in told.items() if np.allclose(made, t, rtol=0.02))
    return found


def three_units(p):
    generator = torch.Generator().manual_seed(0)
    x0, noise, guess = torch.randn(3, 50, generator=generator, dtype=torch.float64)
    signal, rest = math.sqrt(p["kept"]), math.sqrt(1 - p["kept"])
    seen = signal * x0 + rest * noise
    guess = x0 + math.sqrt(p["error"]) * guess / guess.norm()
    implied = (seen - signal * guess) / rest
    ratio = p["kept"] / (1 - p["kept"])
    error = ((noise - implied) ** 2).sum().item()
    assert math.isclose(error, ratio * p["error"], rel_tol=1e-9)
    velocity = (signal * noise - rest * x0) - (signal * implied - rest * guess)
    return (velocity**2).sum().item()


def inverted_weight(p, programs):
    generator = torch.Generator().manual_seed(0)
    x0, noise, guess = torch.randn(3, 500, generator=generator, dtype=torch.float64)
    kept = torch.linspace(p["low"], p["high"], 500, dtype=torch.float64)
    seen = kept.sqrt() * x0 + (1 - kept).sqrt() * noise
    implied = (seen - kept.sqrt() * guess) / (1 - kept).sqrt()
    expected = ((noise - implied) ** 2).mean()
    return [
        name
        for name, made in programs.items()
        if torch.allclose(made["loss"](guess, x0, kept), expected)
    ]
