"""Keys recomputed with vectors, a graph, matrices."""

import math
from collections import deque

import numpy as np
import torch


def agreement(p):
    # Vectors with one common part: equal cosines, found from the length of the sum.
    count = p["count"]

    def ratio(cosine):
        own = math.sqrt(1 - cosine) * np.eye(count)
        common = math.sqrt(cosine) * np.ones((count, 1))
        vectors = np.hstack([own, common])
        return np.linalg.norm(vectors.sum(axis=0)) / np.linalg.norm(vectors)

    low, high = 0.0, 1.0
    for _ in range(80):
        cosine = (low + high) / 2
        low, high = (cosine, high) if ratio(cosine) < p["ratio"] else (low, cosine)
    return low


def _distance(depth, each, level, *, skips):
    edges = {}

    def join(source, target, cost):
        edges.setdefault(target, []).append((source, cost))  # backwards

    for k in range(depth):
        join(f"down {k}", f"down {k + 1}", each)  # pool, then the level's convolutions
        source = f"up {k + 1}" if k + 1 < depth else f"down {depth}"
        join(source, f"mix {k}", 1)
        if skips:
            join(f"down {k}", f"mix {k}", 0)
        join(f"mix {k}", f"up {k}", each)
    join("up 0", "logits", 1)
    best, queue = {"logits": 0}, deque(["logits"])
    while queue:
        node = queue.popleft()
        for source, cost in edges.get(node, []):
            if best[node] + cost < best.get(source, 10**9):
                best[source] = best[node] + cost
                queue.append(source)
    return best[f"down {level}"]


def way_back(p):
    told = (p["depth"], p["each"], p["level"])
    return _distance(*told, skips=False) - _distance(*told, skips=True)


def concatenated(p):
    square, width = 1.0, p["width"]
    for _ in range(p["depth"]):
        # half of the hidden units are on; each adds 2/width of the present square
        hidden = p["growth"] * 0.5 * (2 / width) * square
        square += p["growth"] * hidden / p["growth"]
        width += p["growth"]
    return math.sqrt(square)


def stack_or_sum(p):
    count = p["count"]
    eye = np.eye(count)
    branches = {
        "equal": [eye] * count,
        "disjoint": [np.outer(row, row) for row in eye],
        "opposite": [eye * (-1) ** k for k in range(count)],
    }[p["kind"]]
    stack = np.linalg.norm(np.vstack(branches), 2)
    total = np.linalg.norm(sum(branches), 2)
    root = math.sqrt(count)
    told = {
        "equal": (root, count),
        "disjoint": (1, 1),
        "opposite": (root, 0),
        "typical": (root, root),
    }
    (found,) = (n for n, t in told.items() if np.allclose((stack, total), t))
    return found


def kept_or_added(p):
    generator = np.random.default_rng(0)
    made = generator.normal(size=(6, 4))
    jacobian = made * p["gain"] / np.linalg.norm(made, 2)
    dense = np.linalg.svd(np.vstack([np.eye(4), jacobian]), compute_uv=False)
    own = np.linalg.svd(jacobian, compute_uv=False)
    assert np.allclose(dense, np.sqrt(1 + own**2))
    return dense.max() ** p["depth"]


def forgotten_inputs(p, programs):
    found = []
    for name, made in programs.items():
        generator = torch.Generator().manual_seed(0)
        x = torch.randn(2000, p["width"], generator=generator)
        y = made["dense_block"](x, p["layers"], p["growth"], generator)
        last = y[:, -p["growth"] :].square().mean().item()
        if 0.6 < last < 1.6:
            found.append(name)
    return found
