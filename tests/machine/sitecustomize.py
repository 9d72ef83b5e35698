"""Put this folder on PYTHONPATH and torch computes as on another machine.

MACHINE_NOISE=seed changes every random draw in its last digits, MACHINE_THREADS=n
makes torch use n threads whatever a notebook asks for.
"""

import functools
import os
from collections.abc import Callable

import torch

ULP = 8  # what different kernels leave of a draw's last digits, and of a sum's
DRAWS = {
    torch: ["_standard_gamma", "normal", "rand", "rand_like", "randn", "randn_like"],
    torch.Tensor: ["cauchy_", "exponential_", "log_normal_", "normal_", "uniform_"],
}


def disturbed(draw: Callable, uniform: Callable, private: torch.Generator) -> Callable:
    """Return a draw whose entries are off by up to `ULP` units in the last place."""

    @functools.wraps(draw)
    def another(*arguments: object, **options: object) -> torch.Tensor:
        x = draw(*arguments, **options)
        if x.is_floating_point():
            share = 2 * uniform(x.shape, generator=private, dtype=x.dtype) - 1
            with torch.no_grad():
                x.mul_(1 + ULP * torch.finfo(x.dtype).eps * share.to(x.device))
        return x

    return another


def disturb(seed: int) -> None:
    """Disturb every way to draw a floating-point tensor; the seeds stay untouched."""
    uniform, private = torch.rand, torch.Generator().manual_seed(seed)
    for owner, names in DRAWS.items():
        for name in names:
            setattr(owner, name, disturbed(getattr(owner, name), uniform, private))


if "MACHINE_NOISE" in os.environ:
    disturb(int(os.environ["MACHINE_NOISE"]))
if "MACHINE_THREADS" in os.environ:
    torch.set_num_threads(int(os.environ["MACHINE_THREADS"]))
    torch.set_num_threads = lambda count: None
