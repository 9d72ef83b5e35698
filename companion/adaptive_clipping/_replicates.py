"""What the rules share: replicates side by side, as dicts of tensors ``(B, ...)``."""

import torch
from torch import Tensor

Tensors = dict[str, Tensor]


def norms_of(gradients: Tensors) -> Tensor:
    """The global norm of each replicate, shape ``(B,)``, in float64: no overflow."""
    parts = [
        torch.linalg.vector_norm(g.flatten(1), dim=1, dtype=torch.float64)
        for g in gradients.values()
    ]
    norms: Tensor = torch.linalg.vector_norm(torch.stack(parts), dim=0)
    return norms


def scaled(gradients: Tensors, norms: Tensor, limits: Tensor) -> Tensors:
    """Shorten each replicate's gradient to its limit; a zero one stays zero."""
    factor = torch.where(norms > limits, limits / norms, 1.0)
    return {name: g * each(factor, g) for name, g in gradients.items()}


def like(value: float | Tensor, norms: Tensor) -> Tensor:
    """A parameter as a number for each replicate, shape ``(B,)``."""
    number = torch.as_tensor(value, dtype=norms.dtype, device=norms.device)
    return number.expand_as(norms)


def each(value: float | Tensor, g: Tensor) -> Tensor:
    """A number for each replicate, to multiply with a tensor of theirs."""
    number = torch.as_tensor(value, dtype=g.dtype, device=g.device)
    return number.reshape(-1, *[1] * (g.ndim - 1))


def check_decay(decay: float) -> None:
    if not 0 < decay < 1:
        raise ValueError(f"decay must be in (0, 1), got {decay!r}")
