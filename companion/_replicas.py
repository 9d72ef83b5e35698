"""Networks side by side in one module: merged, flattened, clipped and moved at once."""

import copy
from collections.abc import Sequence

import torch
from torch import Tensor, nn


def merge_networks(models: Sequence[nn.Module]) -> nn.Module:
    """One module of the class of the first, with the networks of all side by side."""
    merged = copy.deepcopy(models[0])
    each = zip(*(model.parameters() for model in models), strict=True)
    for parameter, parts in zip(merged.parameters(), each, strict=True):
        parameter.data = torch.cat([part.detach() for part in parts])
    return merged


def flatten(tensors: Sequence[Tensor]) -> Tensor:
    """All numbers of each network in a row, shape ``(m, count)``."""
    return torch.cat([x.detach().flatten(1) for x in tensors], dim=1)


def in_one_piece(weights: Sequence[nn.Parameter]) -> tuple[Tensor, list[Tensor]]:
    """Let the weights live in one tensor; return it and its view of each of them."""
    whole = flatten(weights)
    parts = list(whole.split([w[0].numel() for w in weights], dim=1))
    for w, part in zip(weights, parts, strict=True):
        w.data = part.view(w.shape)
    return whole, parts


def norms(part: Tensor) -> Tensor:
    """Norm of each network's numbers, shape ``(m,)``."""
    found: Tensor = torch.linalg.vector_norm(part, dim=1)
    return found


def clip_(gradient: Tensor, limit: float) -> None:
    """Shorten each network's numbers to a norm of at most `limit`, in place."""
    gradient *= (limit / norms(gradient)).clamp(max=1)[:, None]


@torch.no_grad()
def update_(
    w: Tensor, g: Tensor, m: Tensor, v: Tensor, rate: Tensor, step: int | None
) -> None:
    """One step in place: of Adam at a step counted from 0, or of SGD with momentum."""
    if step is None:
        w -= rate * m.mul_(0.9).add_(g)
        return
    m.lerp_(g, 0.1)
    v.lerp_(g.square(), 0.001)
    size = (v / (1 - 0.999 ** (step + 1))).sqrt() + 1e-8
    w -= rate / (1 - 0.9 ** (step + 1)) * m / size
