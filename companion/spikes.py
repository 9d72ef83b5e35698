"""Training runs with bad batches planted in them, many side by side."""

import math
from collections.abc import Callable, Collection, Iterator, Sequence

import torch
from torch import Tensor
from torch.nn.functional import one_hot

from companion._checks import check_positive
from companion.tasks import Digits

__all__ = ["train_with_spikes"]

Tensors = dict[str, Tensor]
WIDTH, BATCH, EVERY = 32, 32, 20
BETA1, BETA2, EPSILON = 0.9, 0.999, 1e-8
MOMENTS = ("mean", "square")


def train_with_spikes(
    rule: Callable[[Tensors, Tensors], Tensors],
    data: Digits,
    *,
    learning_rates: Tensor,
    seeds: int,
    spikes: Sequence[Collection[int]],
    steps: int = 200,
    scale: float | Tensor = 1.0,
    reset: int | None = None,
    forgets: Collection[str] = MOMENTS,
) -> Tensor:
    r"""Train digit classifiers by Adam through batches that are far too bright.

    Networks 64-32-10 with ReLU, batches of 32, Adam with :math:`\beta = (0.9, 0.999)`.
    A bad batch has images a thousand times too bright and random labels. Network
    :math:`b` has the weights and batches of seed :math:`b` modulo `seeds`.

    Args:
        rule: Called with the gradients and the weights, dicts of tensors of shape
            ``(B, ...)``; returns the gradients that Adam sees.
        data: The digits, with images of 64 pixels.
        learning_rates: A rate for each network, shape ``(B,)``.
        seeds: How many seeds there are; divides ``B``.
        spikes: The steps whose batch is bad, for each `seeds` networks in turn.
        steps: How many steps are made.
        scale: What the loss is multiplied by; a number or a tensor ``(B,)``.
        reset: The step before which Adam's moments are set to zero, if any.
        forgets: Which of them: the running "mean", the mean of the "square", or both.

    Returns:
        The test loss after every 20 steps, shape ``(steps // 20, B)``.

    Raises:
        ValueError: `learning_rates` are not positive and finite, `seeds` times the
            length of `spikes` is not their number, or `forgets` names something else.

    Source:
        Adam: Kingma, Ba (2015), "Adam: A method for stochastic optimization",
        Algorithm 1. The planted spike is ours.

    Example:
        >>> from companion.tasks import digits
        >>> data = digits(generator=torch.Generator().manual_seed(0))
        >>> kind = {"learning_rates": torch.full((4,), 0.01), "seeds": 2, "steps": 20}
        >>> losses = train_with_spikes(lambda g, w: g, data, spikes=[(), (10,)], **kind)
        >>> bool((losses[0, 2:] > 2 * losses[0, :2]).all())
        True
    """
    check_positive("learning_rates", learning_rates)
    copies = len(spikes)
    if seeds < 1 or seeds * copies != len(learning_rates):
        count = len(learning_rates)
        raise ValueError(
            f"seeds times spikes must be {count} learning rates, got {seeds} x {copies}"
        )
    if not set(forgets) <= set(MOMENTS):
        raise ValueError(f"forgets must be among {MOMENTS}, got {forgets!r}")
    place = learning_rates.device
    factor = torch.as_tensor(scale, dtype=torch.float32, device=place).view(-1, 1, 1)
    weights = {name: _tiled(w, copies) for name, w in _start(seeds, place).items()}
    adam, losses = _Adam(weights, learning_rates), []
    for step, (x, y, wrong) in enumerate(_batches(data, seeds, steps)):
        if step == reset:
            adam.forget(forgets)
        bad = [step in when for when in spikes]
        x = torch.cat([1000 * x if spoilt else x for spoilt in bad])
        y = torch.cat([wrong if spoilt else y for spoilt in bad])
        gradients = _gradients(weights, x, y, factor)
        weights = adam.step(weights, rule(gradients, weights))
        if step % EVERY == EVERY - 1:
            losses.append(_test_loss(weights, data))
    return torch.stack(losses)


class _Adam:
    """Adam for replicates, each with a rate of its own."""

    def __init__(self, weights: Tensors, rates: Tensor) -> None:
        self.rates, self.ages = rates, dict.fromkeys(MOMENTS, 0)
        self.moments = {
            kind: {name: torch.zeros_like(w) for name, w in weights.items()}
            for kind in MOMENTS
        }

    def forget(self, kinds: Collection[str]) -> None:
        for kind in kinds:
            self.ages[kind] = 0
            for moment in self.moments[kind].values():
                moment.zero_()

    def step(self, weights: Tensors, gradients: Tensors) -> Tensors:
        self.ages = {kind: age + 1 for kind, age in self.ages.items()}
        rates, after = self.rates / (1 - BETA1 ** self.ages["mean"]), {}
        spread = 1 - BETA2 ** self.ages["square"]
        for name, g in gradients.items():
            mean = self.moments["mean"][name].lerp_(g, 1 - BETA1)
            square = self.moments["square"][name].mul_(BETA2)
            square.addcmul_(g, g, value=1 - BETA2)
            size = (square / spread).sqrt_().add_(EPSILON)
            rate = rates.view(-1, *[1] * (g.ndim - 1)).to(g.dtype)
            after[name] = weights[name] - rate * mean / size
        return after


def _tiled(x: Tensor, copies: int) -> Tensor:
    return x.repeat(copies, *[1] * (x.ndim - 1))


def _start(seeds: int, place: torch.device) -> Tensors:
    """He's initialization of the first layer, without its two in the second."""
    shapes = {"W": (WIDTH, 64), "b": (WIDTH,), "V": (10, WIDTH), "c": (10,)}
    size = {"W": math.sqrt(2 / 64), "b": 0.0, "V": math.sqrt(1 / WIDTH), "c": 0.0}
    rngs = [torch.Generator(place).manual_seed(seed) for seed in range(seeds)]
    return {
        name: torch.stack(
            [
                size[name] * torch.randn(shape, generator=rng, device=place)
                for rng in rngs
            ]
        )
        for name, shape in shapes.items()
    }


def _batches(
    data: Digits, seeds: int, steps: int
) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
    """Images ``(seeds, batch, 64)``, labels, and random labels for a bad batch."""
    images, place = data.images.flatten(1), data.images.device
    rngs = [torch.Generator(place).manual_seed(100 + seed) for seed in range(seeds)]
    for _ in range(steps):
        chosen, wrong = (
            torch.stack(
                [torch.randint(n, (BATCH,), generator=r, device=place) for r in rngs]
            )
            for n in (len(images), 10)
        )
        yield images[chosen], data.labels[chosen], wrong


def _scores(weights: Tensors, x: Tensor) -> tuple[Tensor, Tensor]:
    h = torch.relu(torch.baddbmm(weights["b"][:, None], x, weights["W"].mT))
    return h, torch.baddbmm(weights["c"][:, None], h, weights["V"].mT)


def _gradients(weights: Tensors, x: Tensor, y: Tensor, scale: Tensor) -> Tensors:
    """The gradients of the cross entropy, by hand."""
    h, scores = _scores(weights, x)
    d = scale * (scores.softmax(dim=-1) - one_hot(y, 10)) / y.shape[-1]
    e = (d @ weights["V"]) * (h > 0)
    return {"W": e.mT @ x, "b": e.sum(1), "V": d.mT @ h, "c": d.sum(1)}


def _test_loss(weights: Tensors, data: Digits) -> Tensor:
    """The mean cross entropy on the test set, shape ``(B,)``."""
    images = data.test_images.flatten(1).expand(len(weights["W"]), -1, -1)
    _, scores = _scores(weights, images)
    known = data.test_labels.expand(len(images), -1)[..., None]
    return -scores.log_softmax(dim=-1).gather(-1, known).mean(dim=(1, 2))
