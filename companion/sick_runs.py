"""Six sick training runs and a healthy one, for the chapter `diagnosing-a-run`.

The runs are known by letters, so that a reader can examine them before the answer.
"""

import copy
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.utils import _pytree as pytree

from companion._checks import check_positive
from companion.ensembles import gaussian_matrices, orthogonal_matrices
from companion.side_by_side import Block, Lookup, Recurrent, Stack, sample_losses
from companion.tasks import Digits, Recall, recall_batch

__all__ = ["Batch", "Run", "Trained", "sick_run", "train"]

NAMES = "ABCDEFG"
WIDTH, BATCH, CLASSES = 32, 32, 10
SPIKE = 60  # the step at which the data of F break
Models = Callable[[torch.Generator, bool], nn.Module]


class Batch(NamedTuple):
    """What one step reads."""

    x: Tensor | Recall
    """Images, shape ``(m, b, 64)``, or lists of pairs, shape ``(m, b, ...)``."""
    labels: Tensor
    """The answers, shape ``(m, b)``, int64."""


@dataclass(frozen=True)
class Run:
    """A model, its data in the order in which it reads them, and its optimizer.

    Attributes:
        model: The networks, m side by side.
        batches: One for each step.
        rates: The two learning rates that are tried, the larger one first.
        adam: Whether the optimizer is Adam; else it is SGD with momentum 0.9.
    """

    model: nn.Module
    batches: list[Batch]
    rates: tuple[float, float]
    adam: bool = False

    def optimizer(self) -> torch.optim.Optimizer:
        """A new optimizer for the model, at the larger rate."""
        weights, rate = self.model.parameters(), self.rates[0]
        if self.adam:
            return torch.optim.Adam(weights, lr=rate)
        return torch.optim.SGD(weights, lr=rate, momentum=0.9)

    def loss(self, batch: Batch) -> Tensor:
        """Cross-entropy on a batch, the sum over the networks."""
        return sample_losses(self.model(batch.x), batch.labels).sum()


class Trained(NamedTuple):
    """What the networks of a run did, at each rate."""

    losses: Tensor
    """Training loss, shape ``(rates, m, steps)``."""
    norms: Tensor
    """Norm of the gradient before any clip, shape ``(rates, m, steps)``."""
    growth: Tensor
    """Norm of each parameter at the end over that at the start, ``(rates, m, p)``."""

    def ends(self) -> Tensor:
        """Mean loss of the last 20 steps, shape ``(rates, m)``; NaN counts as inf."""
        return self.losses[..., -20:].mean(dim=-1).nan_to_num(math.inf)


def sick_run(
    name: str,
    data: Digits,
    *,
    generators: Sequence[torch.Generator],
    cured: bool = False,
    steps: int = 100,
) -> Run:
    """Build one of the seven runs, with as many networks as there are generators.

    Args:
        name: One of the letters A to G.
        data: The digits, on the device of the generators.
        generators: One for each network: where its weights and batches come from.
        cured: Whether the cause is taken away and all else kept.
        steps: How many batches there are.

    Returns:
        The run, not yet started.

    Raises:
        ValueError: `name` is no such letter, `generators` are empty, or `steps` is not
            positive.

    Source:
        Made for the chapter `diagnosing-a-run`, which says what each of them has.

    Example:
        >>> import torch
        >>> from companion.tasks import digits
        >>> rngs = [torch.Generator().manual_seed(seed) for seed in range(3)]
        >>> run = sick_run("B", digits(generator=rngs[0]), generators=rngs, steps=5)
        >>> run.batches[0].x.shape, run.loss(run.batches[0]) / 3 > 2
        (torch.Size([3, 32, 64]), tensor(True))
    """
    if name not in MODELS:
        raise ValueError(f"name must be a letter from A to G, got {name!r}")
    if not generators:
        raise ValueError("generators must hold at least one, got none")
    check_positive("steps", steps)
    model = _together([MODELS[name](rng, cured) for rng in generators])
    read = _lists if name == "E" else _images
    parts = [read(data, rng, steps) for rng in generators]
    batches = [
        pytree.tree_map(lambda *x: torch.stack(x), *each)
        for each in zip(*parts, strict=True)
    ]
    if name == "F" and not cured and steps > SPIKE:
        broken = batches[SPIKE]
        batches[SPIKE] = Batch(1e4 * broken.x, broken.labels)
    if name == "G" and not cured:
        batches = [Batch(x, _relabelled(labels, generators)) for x, labels in batches]
    return Run(model, batches, RATES[name], adam=name == "F")


def train(
    run: Run,
    *,
    rates: Sequence[float] | None = None,
    clip: float | None = None,
    clip_each: float | None = None,
    warmup: int = 0,
    reset: int | None = None,
) -> Trained:
    """Train all networks of a run at several rates, side by side.

    Args:
        run: The run; its model stays as it is.
        rates: The learning rates; None takes those of the run.
        clip: The norm to which the gradient of each network is clipped; None: no clip.
        clip_each: The norm to which each of its tensors is clipped; None: no clip.
        warmup: Over so many steps the rate grows geometrically from a thousandth.
        reset: The step before which momentum and second moments are set to zero.

    Returns:
        Losses, gradient norms and growth of the weights.

    Raises:
        ValueError: A rate or a norm is not positive and finite.

    Source:
        Kingma, Ba (2015), Algorithm 1, and momentum as in torch; equal to one
        ``torch.optim`` for each network, which a test compares.

    Example:
        >>> import torch
        >>> from companion.tasks import digits
        >>> rngs = [torch.Generator().manual_seed(0)]
        >>> run = sick_run("F", digits(generator=rngs[0]), generators=rngs, steps=50)
        >>> losses = train(run, rates=[0.003]).losses[0, 0]
        >>> losses[-1] < losses[0] / 2
        tensor(True)
    """
    rates = run.rates if rates is None else rates
    for kind, value in {"clip": clip, "clip_each": clip_each}.items():
        if value is not None:
            check_positive(kind, value)
    for each in rates:
        check_positive("rates", each)
    model = _together([run.model] * len(rates))
    weights = list(model.parameters())
    first, second = ([torch.zeros_like(w) for w in weights] for _ in range(2))
    sizes = [_norms([w]) for w in weights]
    nets = len(weights[0]) // len(rates)
    rate = weights[0].new_tensor(rates).repeat_interleave(nets)
    losses, norms = [], []
    for step, batch in enumerate(run.batches):
        x, labels = pytree.tree_map(lambda x: torch.cat([x] * len(rates)), batch)
        loss = sample_losses(model(x), labels)
        gradients = torch.autograd.grad(loss.sum(), weights)
        losses.append(loss.detach())
        norms.append(_norms(gradients))
        moves = _clipped(gradients, clip, clip_each)
        if step == reset:
            torch._foreach_zero_(first + second)
        now = rate * min(1.0, 1e-3 ** (1 - step / warmup)) if warmup else rate
        _update(weights, moves, first, second, now, step if run.adam else None)
    growth = [_norms([w]) / size for w, size in zip(weights, sizes, strict=True)]
    shape = (len(rates), nets, -1)
    found = (torch.stack(each, dim=1).view(shape) for each in (losses, norms, growth))
    return Trained(*found)


# -- The seven models; the second argument says whether the cause is taken away


def _ends(rng: torch.Generator, inputs: int = 64) -> tuple[Tensor, Tensor]:
    entry, leave = _normal(inputs, WIDTH, rng), _normal(WIDTH, CLASSES, rng)
    return entry / math.sqrt(inputs), leave / math.sqrt(WIDTH)


def _recurrent(rng: torch.Generator, cured: bool) -> nn.Module:
    entry, leave = _ends(rng, inputs=1)
    weight = (
        orthogonal_matrices(1, WIDTH, generator=rng, dtype=torch.float32)
        if cured
        else _gaussian(1, 2.5, rng)
    )
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
        make = partial(make, skip=1.0, scale=40**-0.5)
    return _stack(_ends(rng), _gaussian(40, 1.0, rng), make)


def _in_half(rng: torch.Generator, cured: bool) -> nn.Module:
    make = partial(
        Block,
        activation=torch.relu,
        skip=1.0,
        scale=16**-0.5 if cured else 1.0,
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
    make = partial(Block, activation=torch.tanh, norm="layer", skip=1.0, scale=12**-0.5)
    weights = _gaussian(12, 1.0, rng)
    return _stack(_ends(rng), weights, make)


MODELS: dict[str, Models] = {
    "A": _recurrent,
    "B": _plain,
    "C": _batch_normalized,
    "D": _in_half,
    "E": _lookup,
    "F": _shallow,
    "G": _residual,
}
RATES = {
    **dict.fromkeys("ABCG", (0.03, 0.01)),
    "D": (0.06, 0.02),
    "E": (1.0, 0.3),
    "F": (0.01, 0.003),
}


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


def _together(models: Sequence[nn.Module]) -> nn.Module:
    """One module with the networks of all, side by side."""
    merged = copy.deepcopy(models[0])
    each = zip(*(model.parameters() for model in models), strict=True)
    for parameter, parts in zip(merged.parameters(), each, strict=True):
        parameter.data = torch.cat([part.detach() for part in parts])
    return merged


# -- What the networks read


def _images(data: Digits, rng: torch.Generator, steps: int) -> list[Batch]:
    shape = (steps, BATCH)
    rows = torch.randint(len(data.images), shape, generator=rng, device=rng.device)
    images = data.images.flatten(1)
    return [Batch(images[row], data.labels[row]) for row in rows]


def _lists(data: Digits, rng: torch.Generator, steps: int) -> list[Batch]:
    lists = recall_batch((steps, BATCH), pairs=8, symbols=CLASSES, generator=rng)
    each = [Recall(*fields) for fields in zip(*lists, strict=True)]
    return [Batch(one, one.target.squeeze(-1)) for one in each]


def _relabelled(labels: Tensor, generators: Sequence[torch.Generator]) -> Tensor:
    """Three labels in ten drawn at random."""
    drawn = []
    for row, rng in zip(labels, generators, strict=True):
        noisy = torch.rand(row.shape, generator=rng, device=rng.device) < 0.3
        other = torch.randint(CLASSES, row.shape, generator=rng, device=rng.device)
        drawn.append(torch.where(noisy, other, row))
    return torch.stack(drawn)


# -- Steps of networks side by side


def _norms(tensors: Sequence[Tensor]) -> Tensor:
    """Norm over all tensors, for each network, shape ``(m,)``."""
    each = [torch.linalg.vector_norm(t.detach(), dim=(1, 2)) for t in tensors]
    norms: Tensor = torch.linalg.vector_norm(torch.stack(each), dim=0)
    return norms


def _clipped(
    gradients: Sequence[Tensor], clip: float | None, clip_each: float | None
) -> list[Tensor]:
    found = list(gradients)
    if clip is not None:
        factor = (clip / _norms(found)).clamp(max=1)[:, None, None]
        found = [g * factor for g in found]
    if clip_each is not None:
        found = [
            g * (clip_each / _norms([g])).clamp(max=1)[:, None, None] for g in found
        ]
    return found


@torch.no_grad()
def _update(
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
