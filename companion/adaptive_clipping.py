"""Ways of clipping whose threshold belongs to a part, or moves with the run.

Each takes the gradients of ``B`` replicates of a network, trained side by side, and
their weights, both as dicts of tensors of shape ``(B, ...)``, and returns the clipped
gradients. Those that move remember the norms of earlier calls: make one for each run. A
parameter may be a number or a tensor ``(B,)``, one value for each replicate.
"""

import torch
from torch import Tensor

from companion._checks import check_nonnegative, check_positive

__all__ = [
    "MovingAverageClip",
    "QuantileClip",
    "SecondMomentClip",
    "SkipClip",
    "UnitClip",
    "ZScoreClip",
]

Tensors = dict[str, Tensor]


class UnitClip:
    r"""AGC: limit the gradient of each unit relative to the unit's own weights.

    .. math:: \|\hat g_i\| \le \lambda \max(\|w_i\|, 10^{-3})

    A unit is a row of a weight ``(B, out, ...)``; a bias ``(B, out)`` is one unit.

    Args:
        ratio: The largest ratio :math:`\lambda` of gradient to weight.

    Raises:
        ValueError: `ratio` is not positive and finite.

    Source:
        Brock, De, Smith, Simonyan (2021), "High-performance large-scale image
        recognition without normalization", equation 3.

    Example:
        >>> clip = UnitClip(ratio=0.1)
        >>> weights = {"w": torch.tensor([[[3.0, 4.0], [0.3, 0.4]]])}
        >>> clip({"w": torch.ones(1, 2, 2)}, weights)["w"].norm(dim=-1)
        tensor([[0.5000, 0.0500]])
    """

    def __init__(self, *, ratio: float | Tensor) -> None:
        """Keep the ratio."""
        check_positive("ratio", ratio)
        self.ratio = ratio

    def __call__(self, gradients: Tensors, weights: Tensors) -> Tensors:
        """Clip every unit of every tensor."""
        return {name: self._clip(g, weights[name]) for name, g in gradients.items()}

    def _clip(self, g: Tensor, weight: Tensor) -> Tensor:
        dims = tuple(range(2, g.ndim)) or (1,)
        norm = torch.linalg.vector_norm(g, dim=dims, keepdim=True)
        size = torch.linalg.vector_norm(weight, dim=dims, keepdim=True).clamp(min=1e-3)
        limit = _each(self.ratio, g) * size
        return g * torch.where(norm > limit, limit / norm, 1.0)


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
        norms = _norms(gradients)
        self.norms.append(norms)
        ordered = torch.stack(self.norms).sort(dim=0).values
        place = _like(self.quantile, norms) * (len(ordered) - 1)
        low, high = (
            ordered.gather(0, i.long()[None])[0] for i in (place.floor(), place.ceil())
        )
        return _scaled(gradients, norms, torch.lerp(low, high, place.frac()))


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
        _check_decay(decay)
        self.score, self.decay, self.warmup = score, decay, warmup
        self.norms: list[Tensor] = []

    def __call__(self, gradients: Tensors, weights: Tensors) -> Tensors:
        """Clip what stands out, and remember the clipped norm."""
        norms = _norms(gradients)
        if len(self.norms) < self.warmup:
            self.norms.append(norms)
            past = torch.stack(self.norms)
            self.mean, self.variance = past.mean(dim=0), past.var(dim=0, correction=0)
            return gradients
        deviation = self.variance.sqrt()
        score = _like(self.score, norms)
        excess = norms - self.mean
        short = self.mean + score**2 * self.variance / excess  # z is excess / sigma
        limits = torch.where(excess > score * deviation, short, norms)
        gap = limits - self.mean
        self.mean = self.mean + (1 - self.decay) * gap
        self.variance = self.decay * self.variance + (1 - self.decay) * gap**2
        return _scaled(gradients, norms, limits)


class MovingAverageClip:
    r"""AdaGC: clip each tensor to a multiple of a moving average of its own norm.

    .. math:: \|\hat g^{(i)}\| \le \lambda\, \gamma^{(i)}, \qquad
        \gamma^{(i)} \leftarrow \beta \gamma^{(i)} + (1 - \beta) \|\hat g^{(i)}\|

    Args:
        ratio: The multiple :math:`\lambda`.
        start: The global threshold of the first steps, which only fill the average.
        decay: How much of the average each step keeps, :math:`\beta`.
        warmup: How many steps these are.

    Raises:
        ValueError: `ratio` or `start` is not positive and finite, or `decay` not in
            (0, 1).

    Source:
        Wang et al. (2026), "AdaGC: Enhancing LLM pretraining stability via adaptive
        gradient clipping", Algorithm 1. As there, the average starts as the smallest
        norm of the warm-up.

    Example:
        >>> clip = MovingAverageClip(ratio=1.5, start=1.0, decay=0.98, warmup=1)
        >>> for size in (4.0, 100.0):
        ...     clipped = clip({"w": torch.full((1, 1), size)}, {})["w"]
        >>> clipped
        tensor([[1.5000]])
    """

    def __init__(
        self,
        *,
        ratio: float | Tensor,
        start: float | Tensor,
        decay: float = 0.98,
        warmup: int = 25,
    ) -> None:
        """Begin without a past."""
        check_positive("ratio", ratio)
        check_positive("start", start)
        _check_decay(decay)
        self.ratio, self.start = ratio, start
        self.decay, self.warmup, self.steps = decay, warmup, 0
        self.averages: Tensors = {}

    def __call__(self, gradients: Tensors, weights: Tensors) -> Tensors:
        """Clip every tensor by its own average, and all together at first."""
        self.steps += 1
        if self.steps <= self.warmup:
            norms = _norms(gradients)
            clipped = _scaled(gradients, norms, _like(self.start, norms))
            for name, g in clipped.items():
                norm = _norms({name: g})
                self.averages[name] = torch.minimum(self.averages.get(name, norm), norm)
            return clipped
        return {name: self._clip(name, g) for name, g in gradients.items()}

    def _clip(self, name: str, g: Tensor) -> Tensor:
        norm, average = _norms({name: g}), self.averages[name]
        limit = torch.minimum(norm, _like(self.ratio, norm) * average)
        self.averages[name] = self.decay * average + (1 - self.decay) * limit
        return _scaled({name: g}, norm, limit)[name]


class SecondMomentClip:
    r"""SPAM's clip: cap each entry at a multiple of Adam's second moment.

    .. math:: g_i^2 > \theta v_i \;\Rightarrow\;
        \hat g_i = \operatorname{sign}(g_i) \sqrt{\theta v_i}

    Args:
        ratio: The multiple :math:`\theta`.
        decay: Adam's :math:`\beta_2`.
        warmup: How many steps only fill the moment.

    Raises:
        ValueError: `ratio` is not positive and finite, or `decay` not in (0, 1).

    Source:
        Huang et al. (2025), "SPAM: Spike-aware Adam with momentum reset for stable LLM
        training", equation 3, with a multiple of 5000. Its periodic reset of the
        moments is not here.

    Example:
        >>> clip = SecondMomentClip(ratio=4.0, decay=0.75, warmup=1)
        >>> for size in (1.0, -100.0):
        ...     clipped = clip({"w": torch.full((1, 1), size)}, {})["w"]
        >>> clipped  # v is 1/4, so the cap is 1
        tensor([[-1.]])
    """

    def __init__(
        self, *, ratio: float | Tensor, decay: float = 0.999, warmup: int = 25
    ) -> None:
        """Begin without a past."""
        check_positive("ratio", ratio)
        _check_decay(decay)
        self.ratio, self.decay, self.warmup = ratio, decay, warmup
        self.steps, self.moments = 0, dict[str, Tensor]()

    def __call__(self, gradients: Tensors, weights: Tensors) -> Tensors:
        """Cap every entry by its moment, then update that with the capped entry."""
        clipped = dict(gradients)
        for name, g in gradients.items():
            moment = self.moments.get(name, torch.zeros_like(g))
            if self.steps >= self.warmup:
                cap = (_each(self.ratio, g) * moment).sqrt()
                clipped[name] = torch.clamp(g, -cap, cap)
            kept = self.decay * moment
            self.moments[name] = kept + (1 - self.decay) * clipped[name] ** 2
        self.steps += 1
        return clipped


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
        norms, past = _norms(gradients), self.norms[-self.window :]
        self.norms.append(norms)
        if len(past) < self.window:
            return gradients
        usual = torch.stack(past).median(dim=0).values
        dropped = norms > _like(self.ratio, norms) * usual
        return _scaled(gradients, norms, torch.where(dropped, 0.0, norms))


def _norms(gradients: Tensors) -> Tensor:
    """The global norm of each replicate, shape ``(B,)``, in float64: no overflow."""
    parts = [
        torch.linalg.vector_norm(g.flatten(1), dim=1, dtype=torch.float64)
        for g in gradients.values()
    ]
    norms: Tensor = torch.linalg.vector_norm(torch.stack(parts), dim=0)
    return norms


def _scaled(gradients: Tensors, norms: Tensor, limits: Tensor) -> Tensors:
    """Shorten each replicate's gradient to its limit; a zero one stays zero."""
    factor = torch.where(norms > limits, limits / norms, 1.0)
    return {name: g * _each(factor, g) for name, g in gradients.items()}


def _like(value: float | Tensor, norms: Tensor) -> Tensor:
    """A parameter as a number for each replicate, shape ``(B,)``."""
    number = torch.as_tensor(value, dtype=norms.dtype, device=norms.device)
    return number.expand_as(norms)


def _each(value: float | Tensor, g: Tensor) -> Tensor:
    """A number for each replicate, to multiply with a tensor of theirs."""
    number = torch.as_tensor(value, dtype=g.dtype, device=g.device)
    return number.reshape(-1, *[1] * (g.ndim - 1))


def _check_decay(decay: float) -> None:
    if not 0 < decay < 1:
        raise ValueError(f"decay must be in (0, 1), got {decay!r}")
