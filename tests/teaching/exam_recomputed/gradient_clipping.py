"""Keys recomputed by running torch's own clipping and descent."""

import torch


def entries_cut(p):
    g = torch.tensor([p["a"], -p["b"], p["c"]], dtype=torch.float64)
    clipped = g.clamp(-p["tau"], p["tau"])
    return torch.nn.functional.cosine_similarity(g, clipped, dim=0).item()


def furthest(p):
    w = torch.zeros(2, dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.SGD([w], lr=p["rate"], momentum=p["beta"])
    for _ in range(p["steps"]):
        w.grad = torch.tensor([300.0, -400.0], dtype=torch.float64)
        torch.nn.utils.clip_grad_norm_([w], p["theta"])
        optimizer.step()
    return w.detach().norm().item()


def clipped_parabola(p):
    x = torch.linspace(-7.03, 9.11, 50, dtype=torch.float64)
    path = []
    for _ in range(3000):
        slope = (p["curvature"] * x).clamp(-p["theta"], p["theta"])
        x = x - p["rate"] * slope
        path.append(x)
    last = torch.stack(path[-100:])
    assert last.abs().max() < 100
    if (last.abs() < 1e-9).all():
        return "converge"
    moves = last.diff(dim=0).abs()
    assert (moves > 0.5 * p["rate"] * p["theta"]).all()
    return "cycle"


def outvoted(p):
    samples = torch.tensor([0.0] * p["count"] + [p["outlier"]], dtype=torch.float64)
    x = torch.tensor(3.3, dtype=torch.float64)
    for _ in range(3000):
        x = x - 0.02 * (x - samples).clamp(-p["theta"], p["theta"]).sum()
    return x.item()


def lengthened(p, programs):
    short = torch.tensor([0.01, -0.02], dtype=torch.float64)
    long = torch.tensor([30.0, 40.0], dtype=torch.float64)
    middle = torch.tensor([0.9 * p["theta"], 0.0], dtype=torch.float64)
    right = {
        short: short,
        middle: middle,
        long: long * (p["theta"] / 50),
    }
    return [
        name
        for name, made in programs.items()
        if all(
            torch.allclose(made["clip"](g, p["theta"]), kept, rtol=1e-9)
            for g, kept in right.items()
        )
    ]
