"""Keys recomputed in the formats and with the matrices themselves."""

import cmath
import math

import numpy as np
import torch


def squares_overflow(p):
    with np.errstate(over="ignore"):
        entries = np.ones(p["count"], dtype=np.float16)
        for depth in range(40):
            total = np.float16(0)
            for square in entries * entries:
                total = np.float16(total + square)
            if np.isinf(total):
                return depth
            entries = entries * np.float16(p["factor"])
    raise AssertionError


def largest_step(p):
    pair = [[-p["real"], -p["imaginary"]], [p["imaginary"], -p["real"]]]
    system = np.zeros((3, 3))
    system[:2, :2], system[2, 2] = pair, -p["fast"]
    low, high = 1e-6, 3.0
    for _ in range(80):
        step = (low + high) / 2
        radius = abs(np.linalg.eigvals(np.eye(3) + step * system)).max()
        low, high = (step, high) if radius < 1 else (low, step)
    return low


def circling(p):
    h, a = p["step"], np.array([[0.0, -p["speed"]], [p["speed"], 0.0]])
    eye = np.eye(2)
    step = {
        "forward Euler": eye + h * a,
        "backward Euler": np.linalg.inv(eye - h * a),
        "the trapezoid": np.linalg.solve(eye - h / 2 * a, eye + h / 2 * a),
    }[p["method"]]
    g = np.array([0.6, 0.8])
    for _ in range(p["steps"]):
        g = step.T @ g
    length = np.linalg.norm(g)
    power = (1 + (h * p["speed"]) ** 2) ** (p["steps"] / 2)
    expected = {"grows": power, "shrinks": 1 / power, "kept": 1.0}
    (found,) = (n for n, e in expected.items() if math.isclose(length, e, rel_tol=1e-9))
    return found


def halving(p):
    g = torch.ones(1, dtype=getattr(torch, p["kind"]))
    for _ in range(p["depth"]):
        g = g / 2
    if g.item() == 0.0:
        return "zero"
    assert g.item() == 2.0 ** -p["depth"]
    return "exact"


def safe_trapezoid(p):
    a = np.array([[-p["real"], -p["imaginary"]], [p["imaginary"], -p["real"]]])
    eye, half = np.eye(2), p["step"] / 2
    # (a) for many dissipative matrices that are not normal
    generator = np.random.default_rng(0)
    for _ in range(100):
        b = generator.normal(size=(4, 4))
        b -= np.eye(4) * max(0, np.linalg.eigvalsh(b + b.T).max() / 2)
        step = np.linalg.solve(np.eye(4) - half * b, np.eye(4) + half * b)
        assert np.linalg.norm(step, 2) <= 1 + 1e-12
    assert cmath.isfinite(complex(a[0, 0]))
    return np.linalg.norm(np.linalg.solve(eye - half * a, eye + half * a), 2)


def clipped_while_scaled(p, programs):
    def moved(update, target):
        w = torch.zeros(2, requires_grad=True)
        update(w, lambda v: v @ target, float(p["scale"]), p["rate"])
        return -w.detach() / p["rate"]

    long = torch.tensor([30.0, 40.0])
    short = torch.tensor([0.003, -0.004])
    return [
        name
        for name, made in programs.items()
        if torch.allclose(moved(made["update"], long), long / 50, rtol=1e-4)
        and torch.allclose(moved(made["update"], short), short, rtol=1e-4)
    ]
