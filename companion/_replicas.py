"""Networks side by side in one module: merged, measured, clipped and moved at once."""

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


def norms_each(tensors: Sequence[Tensor]) -> Tensor:
    """Norm over all tensors, for each network, shape ``(m,)``."""
    each = [torch.linalg.vector_norm(t.detach(), dim=(1, 2)) for t in tensors]
    norms: Tensor = torch.linalg.vector_norm(torch.stack(each), dim=0)
    return norms


def clipped(
    gradients: Sequence[Tensor], clip: float | None, clip_each: float | None
) -> list[Tensor]:
    found = list(gradients)
    if clip is not None:
        factor = (clip / norms_each(found)).clamp(max=1)[:, None, None]
        found = [g * factor for g in found]
    if clip_each is not None:
        found = [
            g * (clip_each / norms_each([g])).clamp(max=1)[:, None, None] for g in found
        ]
    return found


@torch.no_grad()
def update(
    weights: Sequence[Tensor],
    moves: Sequence[Tensor],
    first: Sequence[Tensor],
    second: Sequence[Tensor],
    rate: Tensor,
    step: int | None,
) -> None:
    """One step in place: of Adam at a step counted from 0, or of SGD with momentum."""
    rate = rate[:, None, None]
    for w, g, m, v in zip(weights, moves, first, second, strict=True):
        if step is None:
            w -= rate * m.mul_(0.9).add_(g)
            continue
        m.lerp_(g, 0.1)
        v.lerp_(g.square(), 0.001)
        size = (v / (1 - 0.999 ** (step + 1))).sqrt() + 1e-8
        w -= rate / (1 - 0.9 ** (step + 1)) * m / size
