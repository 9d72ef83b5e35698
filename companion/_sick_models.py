"""The networks of the seven runs of `companion.sick_runs`, by letter.

Each maker takes the generator that its weights come from, and whether the cause of the
illness is taken away.
"""

import math
from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor, nn

from companion.ensembles import gaussian_matrices
from companion.side_by_side import Block, Lookup, Recurrent, Stack

WIDTH, CLASSES = 32, 10


def _ends(rng: torch.Generator, inputs: int = 64) -> tuple[Tensor, Tensor]:
    entry, leave = _normal(inputs, WIDTH, rng), _normal(WIDTH, CLASSES, rng)
    return entry / math.sqrt(inputs), leave / math.sqrt(WIDTH)


def _recurrent(rng: torch.Generator, cured: bool) -> nn.Module:
    entry, leave = _ends(rng, inputs=1)
    weight = _gaussian(1, 1.0 if cured else 2.5, rng)
    return Recurrent(entry[None], weight, leave[None])


def _plain(rng: torch.Generator, cured: bool) -> nn.Module:
    ends = _ends(rng)
    # torch's default start: uniform in +-1/sqrt(n), of variance 1/(3n).
    uniform = torch.rand(20, WIDTH, WIDTH, generator=rng, device=rng.device)
    weights = (2 * uniform - 1) / math.sqrt(WIDTH) * (math.sqrt(3) if cured else 1.0)
    return _stack(ends, weights, partial(Block, activation=torch.tanh))


def _batch_normalized(rng: torch.Generator, cured: bool) -> nn.Module:
    make = partial(Block, activation=torch.relu, norm="batch")
    if cured:
        make = partial(make, branch=40**-0.5)
    return _stack(_ends(rng), _gaussian(40, 1.0, rng), make)


def _in_half(rng: torch.Generator, cured: bool) -> nn.Module:
    make = partial(
        Block,
        activation=torch.relu,
        branch=16**-0.5 if cured else 1.0,
        stored=torch.float16,
    )
    ends, weights = _ends(rng), _gaussian(16, math.sqrt(2), rng)
    return _stack(ends, weights, make, normalized=True)


def _lookup(rng: torch.Generator, cured: bool) -> nn.Module:
    tables = [_normal(CLASSES, width, rng)[None] for width in (256, 256, CLASSES)]
    return Lookup(*tables, scale=1 / 16 if cured else 1.0)


def _shallow(rng: torch.Generator, cured: bool) -> nn.Module:
    weights = _gaussian(3, math.sqrt(2), rng)
    return _stack(_ends(rng), weights, partial(Block, activation=torch.relu))


def _residual(rng: torch.Generator, cured: bool) -> nn.Module:
    make = partial(Block, activation=torch.tanh, norm="layer", branch=12**-0.5)
    weights = _gaussian(12, 1.0, rng)
    return _stack(_ends(rng), weights, make)


def _stack(
    ends: tuple[Tensor, Tensor],
    weights: Tensor,
    make: Callable[[Tensor], Block],
    *,
    normalized: bool = False,
) -> Stack:
    entry, leave = (end[None] for end in ends)
    blocks = [make(weight[None]) for weight in weights]
    return Stack(entry, blocks, leave, normalized=normalized)


def _gaussian(count: int, gain: float, rng: torch.Generator) -> Tensor:
    dtype = torch.float32
    return gaussian_matrices(count, WIDTH, generator=rng, gain=gain, dtype=dtype)


def _normal(rows: int, columns: int, rng: torch.Generator) -> Tensor:
    return torch.randn(rows, columns, generator=rng, device=rng.device)


MODELS: dict[str, Callable[[torch.Generator, bool], nn.Module]] = {
    "A": _recurrent,
    "B": _plain,
    "C": _batch_normalized,
    "D": _in_half,
    "E": _lookup,
    "F": _shallow,
    "G": _residual,
}
