"""Training runs of networks side by side: what they read, one loop, what came of it.

A run may hold any module whose parameters have the shape ``(m, ...)``, m networks that
never meet; each takes the steps that it would take alone.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.utils import _pytree as pytree

from companion._checks import check_positive
from companion._replicas import (
    clip_,
    flatten,
    in_one_piece,
    merge_networks,
    norms,
    update_,
)
from companion.side_by_side import sample_losses
from companion.tasks import Recall

__all__ = ["Batch", "Run", "Trained", "train"]


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


def train(
    run: Run,
    *,
    rates: Sequence[float] | None = None,
    clip: float | None = None,
    clip_each: float | None = None,
    warmup: int = 0,
    reset: int | None = None,
    moments: str = "both",
) -> Trained:
    """Train all networks of a run at several rates, side by side.

    Args:
        run: The run; its model stays as it is.
        rates: The learning rates; None takes those of the run.
        clip: The norm to which the gradient of each network is clipped; None: no clip.
        clip_each: The norm to which each of its tensors is clipped; None: no clip.
        warmup: Over so many steps the rate grows geometrically from a thousandth.
        reset: The step before which moments are set to zero; None: none.
        moments: Which are set to zero: first (of SGD the momentum), second or both.

    Returns:
        Losses, gradient norms and growth of the weights.

    Raises:
        ValueError: A rate or a norm is not positive and finite, or `moments` are none
            of these.

    Source:
        Kingma, Ba (2015), Algorithm 1, and momentum as in torch; equal to one
        ``torch.optim`` for each network, which a test compares.

    Example:
        >>> import torch
        >>> from companion.sick_runs import sick_run
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
    if moments not in ("first", "second", "both"):
        raise ValueError(f"moments must be first, second or both, got {moments!r}")
    model = merge_networks([run.model] * len(rates))
    weights = list(model.parameters())
    whole, parts = in_one_piece(weights)
    widths = [part.shape[1] for part in parts]
    sizes = [norms(part) for part in parts]
    first, second = torch.zeros_like(whole), torch.zeros_like(whole)
    nets = len(whole) // len(rates)
    rate = whole.new_tensor(rates).repeat_interleave(nets)[:, None]
    losses, lengths = [], []
    for step, batch in enumerate(run.batches):
        x, labels = pytree.tree_map(lambda x: torch.cat([x] * len(rates)), batch)
        loss = sample_losses(model(x), labels)
        gradient = flatten(torch.autograd.grad(loss.sum(), weights))
        losses.append(loss.detach())
        lengths.append(norms(gradient))
        if clip is not None:
            clip_(gradient, clip)
        if clip_each is not None:
            for part in gradient.split(widths, dim=1):
                clip_(part, clip_each)
        if step == reset:
            for name, moment in (("first", first), ("second", second)):
                if moments in (name, "both"):
                    moment.zero_()
        now = rate * min(1.0, 1e-3 ** (1 - step / warmup)) if warmup else rate
        update_(whole, gradient, first, second, now, step if run.adam else None)
    growth = [norms(w) / size for w, size in zip(parts, sizes, strict=True)]
    shape = (len(rates), nets, -1)
    found = (torch.stack(each, dim=1).view(shape) for each in (losses, lengths, growth))
    return Trained(*found)
