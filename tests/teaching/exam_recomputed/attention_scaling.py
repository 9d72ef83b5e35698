"""Keys recomputed by matrices, quadrature and autograd."""

import math

import numpy as np
import torch


def correlated_entries(p):
    eye, ones = np.eye(p["dim"]), np.ones((p["dim"], p["dim"]))
    first, second = ((1 - c) * eye + c * ones for c in (p["first"], p["second"]))
    # E (q'k)^2 = sum over i, j of E q_i q_j E k_i k_j
    return math.sqrt((first * second).sum() / p["dim"])


def reach_of_a_cap(p):
    low, high = 0.0, 50.0
    for _ in range(80):
        cap = (low + high) / 2
        logits = torch.full((p["keys"],), -cap, dtype=torch.float64)
        logits[0] = cap
        weight = torch.softmax(logits, 0)[0].item()
        low, high = (cap, high) if weight < p["share"] else (low, cap)
    return low


def softmax_of_two(p):
    def norm(gap):
        logits = torch.tensor([gap, 0.0], dtype=torch.float64)
        jacobian = torch.autograd.functional.jacobian(
            lambda z: torch.softmax(z, 0), logits
        )
        return torch.linalg.matrix_norm(jacobian, 2).item()

    return norm(p["gap"] / math.sqrt(p["dim"])) / norm(p["gap"])


def mean_or_median(p):
    gap = np.linspace(0, 14, 1_400_001)  # |z1 - z2|: normal of variance 2, folded
    weight = np.exp(-(gap**2) / 4)
    weight /= weight.sum()
    share = np.cumsum(weight)

    def measured(scale):
        norm = 2 * np.exp(-scale * gap) / (1 + np.exp(-scale * gap)) ** 2
        if p["which"] == "mean":
            return (weight * norm).sum()
        return norm[np.searchsorted(share, 0.5)]

    fall = measured(p["first"]) / measured(p["first"] * p["factor"])
    if fall > 1000:
        return "exponential"
    if abs(fall - p["factor"]) < 0.1 * p["factor"]:
        return "inverse"
    raise AssertionError(fall)


def softmax_bounds(p):
    weights = [p["first"], p["second"], p["third"]]
    logits = torch.tensor(weights, dtype=torch.float64).log()
    jacobian = torch.autograd.functional.jacobian(lambda z: torch.softmax(z, 0), logits)
    norm = torch.linalg.matrix_norm(jacobian, 2).item()
    bound = jacobian.abs().sum(dim=1).max().item()  # Gershgorin's
    assert bound / 2 <= norm <= bound
    return bound


def scaled_too_late(p, programs):
    generator = torch.Generator().manual_seed(0)
    q, k = torch.randn(2, p["keys"], p["dim"], generator=generator, dtype=torch.float64)
    values = torch.eye(p["keys"], dtype=torch.float64)  # so the weights come out
    found = []
    for name, made in programs.items():
        weights = made["attention"](q, k, values)
        sums = weights.sum(dim=1)
        logits = weights.log()
        spread = (logits - logits.mean(dim=1, keepdim=True)).square().mean().sqrt()
        one = torch.ones_like(sums)
        if torch.allclose(sums, one) and 0.7 < spread < 1.3:
            found.append(name)
    return found
