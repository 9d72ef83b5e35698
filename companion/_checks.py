"""Argument checks of the public functions: each one raises or passes."""

import math

import torch
from torch import Tensor


def check_positive(name: str, value: float | Tensor) -> None:
    """Reject a number, or a tensor with an entry, that is not in (0, inf)."""
    for entry in _entries(value):
        if not (math.isfinite(entry) and entry > 0):
            raise ValueError(f"{name} must be positive and finite, got {entry!r}")


def check_nonnegative(name: str, value: float | Tensor) -> None:
    """Reject a number, or a tensor with an entry, that is not in [0, inf)."""
    for entry in _entries(value):
        if not (math.isfinite(entry) and entry >= 0):
            raise ValueError(f"{name} must be nonnegative and finite, got {entry!r}")


def check_floating(name: str, x: object) -> None:
    """Reject what is no tensor, and tensors of integers, booleans, complex numbers."""
    if not (isinstance(x, Tensor) and x.is_floating_point()):
        kind = x.dtype if isinstance(x, Tensor) else type(x).__name__
        raise TypeError(f"{name} must be a floating-point tensor, got {kind}")


def check_finite(name: str, x: Tensor) -> None:
    """Reject a tensor with an infinite or NaN entry; say how many, where, which."""
    bad = ~torch.isfinite(x)
    if bad.any():
        first = tuple(bad.nonzero()[0].tolist())
        raise FloatingPointError(
            f"{name} has {int(bad.sum())} non-finite of {x.numel()} entries, "
            f"the first at index {first}: {x[first].item()}"
        )


def check_square(name: str, x: Tensor) -> None:
    """Reject what is not a square matrix or a batch of them."""
    if x.ndim < 2 or x.shape[-1] != x.shape[-2]:
        shape = tuple(x.shape)
        raise ValueError(f"{name} must be square, (..., n, n), got shape {shape}")


def check_same_shape(name: str, x: Tensor, shape: tuple[int, ...]) -> None:
    """Reject a tensor that would broadcast where equal shapes are meant."""
    if x.shape != shape:
        raise ValueError(f"{name} must have shape {tuple(shape)}, got {tuple(x.shape)}")


def _entries(value: float | Tensor) -> list[float]:
    if isinstance(value, Tensor):
        entries: list[float] = value.detach().flatten().tolist()
        return entries
    return [value]
