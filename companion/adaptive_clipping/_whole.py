"""Rules that compare the norm of the whole gradient with the norms of the past."""

import torch
from torch import Tensor

from companion._checks import check_nonnegative, check_positive
from companion.adaptive_clipping._replicates import (
    Tensors,
    check_decay,
    like,
    norms_of,
    scaled,
)


class QuantileClip:
    r"""AutoClip: clip to a quantile of all norms so far, that of this step included.

    Args:
        quantile: The quantile, between 0 and 1.

    Raises:
        ValueError: `quantile` is not between 0 and 1.

    Source:
        Seetharaman, Wichern, Pardo, Le Roux (2020), "AutoClip: Adaptive gradient
        clipping for source separation networks", section 3.

    Example:
        >>> clip = QuantileClip(quantile=0.5)
        >>> for size in (1.0, 3.0, 100.0):
        ...     clipped = clip({"w": torch.full((1, 1), size)}, {})["w"]
        >>> clipped  # the median of the three
        tensor([[3.]])
    """

    def __init__(self, *, quantile: float | Tensor) -> None:
        """Begin without a past."""
        check_nonnegative("quantile", quantile)
        if torch.as_tensor(quantile, device="cpu").max() > 1:
            raise ValueError(f"quantile must be between 0 and 1, got {quantile!r}")
        self.quantile = quantile
        self.norms: list[Tensor] = []

    def __call__(self, gradients: Tensors, weights: Tensors) -> Tensors:
        """Clip by what was seen, this call included."""
        norms = norms_of(gradients)
        self.norms.append(norms)
        ordered = torch.stack(self.norms).sort(dim=0).values
        place = like(self.quantile, norms) * (len(ordered) - 1)
        low, high = (
            ordered.gather(0, i.long()[None])[0] for i in (place.floor(), place.ceil())
        )
        return scaled(gradients, norms, torch.lerp(low, high, place.frac()))


class ZScoreClip:
    r"""ZClip: shorten a norm that stands out from a moving mean and variance.

    .. math:: z = \frac{\|g\| - \mu}{\sigma}, \qquad z > z^* \;\Rightarrow\;
        \|\hat g\| = \mu + \frac{(z^*)^2}{z} \sigma

    Args:
        score: The largest score :math:`z^*` let through.
        decay: How much of mean and variance each step keeps.
        warmup: How many norms are averaged first; meanwhile nothing is clipped.

    Raises:
        ValueError: `score` is not positive and finite, or `decay` not in (0, 1).

    Source:
        Kumar, Owen, Roy Chowdhury, Guera (2025), "ZClip: Adaptive spike mitigation for
        LLM pre-training", Algorithm 1, which has a decay of 0.97, a score of 2.5 and a
        warm-up of 25 steps.

    Example:
        >>> clip = ZScoreClip(score=2.0, decay=0.9, warmup=2)
        >>> for size in (1.0, 3.0, 100.0):
        ...     clipped = clip({"w": torch.full((1, 1), size)}, {})["w"]
        >>> clipped  # 2 + 4 / 98
        tensor([[2.0408]])
    """

    def __init__(
        self, *, score: float | Tensor, decay: float = 0.97, warmup: int = 25
    ) -> None:
        """Begin without a past."""
        check_positive("score", score)
        check_decay(decay)
        self.score, self.decay, self.warmup = score, decay, warmup
        self.norms: list[Tensor] = []

    def __call__(self, gradients: Tensors, weights: Tensors) -> Tensors:
        """Clip what stands out, and remember the clipped norm."""
        norms = norms_of(gradients)
        if len(self.norms) < self.warmup:
            self.norms.append(norms)
            past = torch.stack(self.norms)
            self.mean, self.variance = past.mean(dim=0), past.var(dim=0, correction=0)
            return gradients
        deviation = self.variance.sqrt()
        score = like(self.score, norms)
        excess = norms - self.mean
        short = self.mean + score**2 * self.variance / excess  # z is excess / sigma
        limits = torch.where(excess > score * deviation, short, norms)
        gap = limits - self.mean
        self.mean = self.mean + (1 - self.decay) * gap
        self.variance = self.decay * self.variance + (1 - self.decay) * gap**2
        return scaled(gradients, norms, limits)


class SkipClip:
    r"""Drop a gradient that is longer than a multiple of the median of recent ones.

    Args:
        ratio: The multiple.
        window: Of how many of the latest norms the median is taken; until there are
            so many, nothing is dropped.

    Raises:
        ValueError: `ratio` is not positive and finite, or `window` is less than one.

    Source:
        Chowdhery et al. (2022), "PaLM: Scaling language modeling with pathways",
        section 5.1, skipped batches around a spike by hand; the rule is ours.

    Example:
        >>> clip = SkipClip(ratio=10.0, window=2)
        >>> for size in (1.0, 3.0, 100.0):
        ...     clipped = clip({"w": torch.full((1, 1), size)}, {})["w"]
        >>> clipped
        tensor([[0.]])
    """

    def __init__(self, *, ratio: float | Tensor, window: int = 25) -> None:
        """Begin without a past."""
        check_positive("ratio", ratio)
        if window < 1:
            raise ValueError(f"window must be one or more, got {window}")
        self.ratio, self.window = ratio, window
        self.norms: list[Tensor] = []

    def __call__(self, gradients: Tensors, weights: Tensors) -> Tensors:
        """Drop what is too long; the median sees the dropped norms, too."""
        norms, past = norms_of(gradients), self.norms[-self.window :]
        self.norms.append(norms)
        if len(past) < self.window:
            return gradients
        usual = torch.stack(past).median(dim=0).values
        dropped = norms > like(self.ratio, norms) * usual
        return scaled(gradients, norms, torch.where(dropped, 0.0, norms))
