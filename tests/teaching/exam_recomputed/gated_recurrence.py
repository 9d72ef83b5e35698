"""Keys recomputed by running units and bisecting."""

import math

import numpy as np
import torch


def gate_that_tames(p):
    w = np.array([[p["real"], -p["imaginary"]], [p["imaginary"], p["real"]]])
    low, high = 0.0, 1.0 - 1e-9
    for _ in range(80):
        z = (low + high) / 2
        radius = abs(np.linalg.eigvals(z * np.eye(2) + (1 - z) * w)).max()
        low, high = (z, high) if radius > 1 else (low, z)
    return high


def forget_bias(p):
    low, high = -5.0, 20.0
    for _ in range(80):
        bias = (low + high) / 2
        left = 1.0
        for _ in range(p["life"]):
            left *= 1 / (1 + math.exp(-bias))
        low, high = (bias, high) if left < 0.5 else (low, bias)
    return low


def best_to_write(p):
    z = torch.linspace(0, 1, 2_000_001, dtype=torch.float64)
    return ((1 - z) * z ** p["lag"]).max().item()


def listening_gate(p):
    start = torch.linspace(-0.099, 0.3, 101, dtype=torch.float64)
    h, logs = start, torch.zeros_like(start)
    for _ in range(100):
        state = h.detach().requires_grad_()
        z = torch.sigmoid(p["gate"] * state - 2)
        if p["kind"] == "from a tape":
            z = z.detach()
        if p["kind"] == "none":
            z = torch.zeros_like(z)
        h = z * state + (1 - z) * torch.tanh(p["weight"] * state)
        (slope,) = torch.autograd.grad(h.sum(), state)
        logs += slope.abs().log10()
    mean = logs.mean().item()
    if mean > 10:
        return "explodes"
    if mean < -50:
        return "dies"
    assert abs(mean) < 2
    return "stays"


def gru_at_the_origin(p):
    angle = math.radians(p["angle"])
    turn = [[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]]
    cell = torch.nn.GRUCell(1, 2, bias=False, dtype=torch.float64)
    generator = torch.Generator().manual_seed(1)
    zero = torch.zeros(1, dtype=torch.float64)

    def radius(size):
        with torch.no_grad():
            gates = torch.randn(4, 2, generator=generator, dtype=torch.float64)
            candidate = size * torch.tensor(turn, dtype=torch.float64)
            cell.weight_hh.copy_(torch.cat([gates, candidate]))
        jacobian = torch.autograd.functional.jacobian(
            lambda h: cell(zero, h), torch.zeros(2, dtype=torch.float64)
        )
        return torch.linalg.eigvals(jacobian).abs().max().item()

    low, high = 0.1, 20.0
    for _ in range(60):
        size = (low + high) / 2
        low, high = (size, high) if radius(size) < 1 else (low, size)
    return low


def two_conventions(p, programs):
    found = []
    steps = 10
    inputs = torch.linspace(-1, 1, steps)
    for name, made in programs.items():
        h = torch.tensor(0.4, requires_grad=True)
        (left,) = torch.autograd.grad(made["remember"](h, inputs, p["time"]), h)
        if math.isclose(left.item(), (1 - 1 / p["time"]) ** steps, rel_tol=1e-4):
            found.append(name)
    return found
