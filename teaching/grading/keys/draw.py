"""Random numbers of the hidden inputs, plain or float64 tensors; and a length."""

import math

import torch
from torch import Generator, Tensor

__all__ = ["length", "normal", "uniform", "whole"]


def uniform(rng: Generator, low: float, high: float) -> float:
    """A number between two others."""
    share = torch.rand((), generator=rng, dtype=torch.float64)
    return low + (high - low) * float(share)


def whole(rng: Generator, low: int, high: int) -> int:
    """A whole number, both ends included."""
    return int(torch.randint(low, high + 1, (), generator=rng))


def normal(rng: Generator, *shape: int) -> Tensor:
    """Standard normal numbers."""
    return torch.randn(shape, generator=rng, dtype=torch.float64)


def length(vector: Tensor) -> float:
    """The Euclidean norm, from the squares of the entries."""
    return math.sqrt(sum(entry * entry for entry in vector.flatten().tolist()))
