"""Keys recomputed with the matrices themselves."""

import math

import numpy as np
import torch


def condition_of_shear(p):
    half = p["dim"] // 2
    generator = np.random.default_rng(0)
    block = generator.normal(size=(half, half))
    block *= p["stretch"] / np.linalg.norm(block, 2)
    eye = np.eye(half)
    return np.linalg.cond(np.block([[block, eye], [eye, 0 * eye]]))


def pair_of_shears(p):
    lower = np.array([[1.0, 0.0], [p["second"], 1.0]])
    pair = lower @ np.array([[1.0, p["first"]], [0.0, 1.0]])
    v, total = np.array([1.0, 0.3]), 0.0
    for step in range(2000):
        v = pair @ v
        size = np.linalg.norm(v)
        total += math.log(size) if step >= 1000 else 0.0
        v = v / size
    return total / 1000


def floor_of_the_loss(p):
    # The flow that reaches it: x -> K x, over points at zero.
    x = torch.zeros(p["dim"], dtype=torch.float64)
    normal = torch.distributions.Normal(torch.zeros_like(x), torch.ones_like(x))
    scale = torch.eye(p["dim"], dtype=torch.float64) * p["cap"]
    return -(normal.log_prob(scale @ x).sum() + torch.logdet(scale)).item()


def fate_of_shears(p):
    upper = np.array([[1.0, p["first"]], [0.0, 1.0]])
    lower = np.array([[1.0, 0.0], [p["second"], 1.0]])
    norms, product = [], np.eye(2)
    with np.errstate(over="ignore", invalid="ignore"):
        for _ in range(1000):
            product = lower @ upper @ product
            norms.append(
                np.linalg.norm(product) if np.isfinite(product).all() else np.inf
            )
    if max(norms) < 100:
        return "bounded"
    if norms[-1] < 1e5:
        assert norms[-1] > 1000
        assert abs(norms[-1] / norms[499] - 2) < 0.01
        return "linear"
    return "exponential"


def stretch_of_a_coupling(p):
    jacobian = np.array([[p["slope"], 1.0], [1.0, 0.0]])
    values = np.linalg.svd(jacobian, compute_uv=False)
    assert math.isclose(values.prod(), 1.0, rel_tol=1e-12)
    return values.max()


def multiplied_first(p, programs):
    generator = torch.Generator().manual_seed(0)
    shape = (p["count"], p["size"], p["size"])
    layers = 2 * torch.randn(shape, generator=generator) / math.sqrt(p["size"])
    exact = sum(np.linalg.slogdet(layer)[1] for layer in layers.double().numpy())
    found = []
    for name, made in programs.items():
        total = float(made["log_volume"](list(layers)))
        if math.isclose(total, exact, rel_tol=1e-3):
            found.append(name)
    return found
