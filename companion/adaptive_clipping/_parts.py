"""Rules with a limit for each part: a unit, a tensor, an entry."""

import torch
from torch import Tensor

from companion._checks import check_positive
from companion.adaptive_clipping._replicates import (
    Tensors,
    check_decay,
    each,
    like,
    norms_of,
    scaled,
)


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
        recognition without normalization", equation 3. There the last layer is not
        clipped; here every tensor is.

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
        limit = each(self.ratio, g) * size
        return g * torch.where(norm > limit, limit / norm, 1.0)


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
        check_decay(decay)
        self.ratio, self.start = ratio, start
        self.decay, self.warmup, self.steps = decay, warmup, 0
        self.averages: Tensors = {}

    def __call__(self, gradients: Tensors, weights: Tensors) -> Tensors:
        """Clip every tensor by its own average, and all together at first."""
        self.steps += 1
        if self.steps <= self.warmup:
            norms = norms_of(gradients)
            clipped = scaled(gradients, norms, like(self.start, norms))
            for name, g in clipped.items():
                norm = norms_of({name: g})
                self.averages[name] = torch.minimum(self.averages.get(name, norm), norm)
            return clipped
        return {name: self._clip(name, g) for name, g in gradients.items()}

    def _clip(self, name: str, g: Tensor) -> Tensor:
        norm, average = norms_of({name: g}), self.averages[name]
        limit = torch.minimum(norm, like(self.ratio, norm) * average)
        self.averages[name] = self.decay * average + (1 - self.decay) * limit
        return scaled({name: g}, norm, limit)[name]


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
        check_decay(decay)
        self.ratio, self.decay, self.warmup = ratio, decay, warmup
        self.steps, self.moments = 0, dict[str, Tensor]()

    def __call__(self, gradients: Tensors, weights: Tensors) -> Tensors:
        """Cap every entry by its moment, then update that with the capped entry."""
        clipped = dict(gradients)
        for name, g in gradients.items():
            moment = self.moments.get(name, torch.zeros_like(g))
            if self.steps >= self.warmup:
                cap = (each(self.ratio, g) * moment).sqrt()
                clipped[name] = torch.clamp(g, -cap, cap)
            kept = self.decay * moment
            self.moments[name] = kept + (1 - self.decay) * clipped[name] ** 2
        self.steps += 1
        return clipped
