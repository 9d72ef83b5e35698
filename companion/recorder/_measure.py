"""Norms of many tensors in one pass, whatever kind of tensor they are."""

from collections.abc import Sequence

import torch
from torch import Tensor

NOT_RECORDED = -1.0  # a norm is never negative, and NaN is a finding of its own


def local(tensor: Tensor) -> Tensor:
    """The part of a tensor that this process holds, as one the norms understand."""
    if hasattr(tensor, "to_local"):  # a DTensor; its class is not in every torch
        tensor = tensor.to_local()
    if tensor.is_sparse:
        tensor = tensor.coalesce().values()
    return torch.view_as_real(tensor) if tensor.is_complex() else tensor


def is_sharded(tensor: Tensor) -> bool:
    """Whether the squares of the parts must be added over the processes."""
    return any(p.is_shard() for p in getattr(tensor, "placements", ()))


def norm_dtype(tensors: Sequence[Tensor]) -> torch.dtype:
    """The precision of the norms: float32 at least, for halves overflow at 65504."""
    wide = any(t.dtype in (torch.float64, torch.complex128) for t in tensors)
    return torch.float64 if wide else torch.float32


def write_norms(tensors: Sequence[Tensor | None], into: Tensor) -> None:
    """Write the norm of each tensor into a row; None leaves its place as it is."""
    here = [i for i, tensor in enumerate(tensors) if tensor is not None]
    if not here:
        return
    held = [local(tensor) for tensor in tensors if tensor is not None]
    norms = torch._foreach_norm(held, 2, dtype=into.dtype)
    found = torch.stack([norm.to(into.device) for norm in norms])
    if len(here) == len(tensors):
        into.copy_(found)
    else:
        into[torch.tensor(here, device=into.device)] = found
