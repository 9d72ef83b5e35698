"""The stability atlas: which tanh networks learn, by depth, gain and remedy."""

import json
import math
from collections.abc import Sequence
from functools import cache, partial
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor

from companion._checks import check_positive
from companion.ensembles import gaussian_matrices, orthogonal_matrices
from companion.normalization import activation_moments
from companion.side_by_side import Block, Stack, gradient_by_block
from companion.tasks import Digits
from companion.training_runs import Batch, Run, train

__all__ = ["Points", "atlas_points", "gradient_factor", "stored_atlas"]

REMEDIES = ("plain", "clip", "orthogonal", "residual", "layer norm")
DEPTHS = (4, 10, 25, 50)
GAINS = (0.6, 0.8, 1.0, 1.2, 1.5, 2.0, 3.0)
WIDTH, BATCH, CLASSES = 32, 32, 10
STEPS, RATES = 50, (0.1, 0.01)


class Points(NamedTuple):
    """Networks of one remedy and depth, by gain and seed."""

    loss: Tensor
    """Mean of the last 10 of 50 losses at the better of two rates, ``(gains, m)``."""
    ratio: Tensor
    """Gradient at the first block's input over that at the last block's output, before
    training, shape ``(gains, m)``."""


def atlas_points(
    remedy: str,
    depth: int,
    data: Digits,
    *,
    generators: Sequence[torch.Generator],
    gains: Sequence[float] = GAINS,
) -> Points:
    """Train the networks behind some points of the atlas.

    Tanh layers of width 32 on the digits, batches of 32, 50 steps of SGD with momentum
    0.9 at the rates 0.1 and 0.01; which of the two is better is decided by the median.

    Args:
        remedy: One of `REMEDIES`.
        depth: How many blocks.
        data: The digits, on the device of the generators.
        generators: One for each seed; all gains share its draws.
        gains: The standard deviation of the weights, times the root of the width.

    Returns:
        Losses and gradient ratios.

    Raises:
        ValueError: `remedy` is none of these, or `depth` or a gain is not positive.

    Source:
        Made for the chapter `diagnosing-a-run`.

    Example:
        >>> import torch
        >>> from companion.tasks import digits
        >>> rngs = [torch.Generator().manual_seed(0)]
        >>> data = digits(generator=rngs[0])
        >>> points = atlas_points("plain", 4, data, generators=rngs, gains=[1.5])
        >>> points.loss < 1.5, points.ratio.shape
        (tensor([[True]]), torch.Size([1, 1]))
    """
    if remedy not in REMEDIES:
        raise ValueError(f"remedy must be one of {REMEDIES}, got {remedy!r}")
    check_positive("depth", depth)
    for gain in gains:
        check_positive("gains", gain)
    draws = [_draw(remedy, depth, data, rng) for rng in generators]
    entry, layers, leave = (torch.stack(x) for x in list(zip(*draws, strict=True))[:3])
    scales = layers.new_tensor(gains).repeat_interleave(len(draws))[:, None, None, None]
    weights = scales * layers.repeat(len(gains), 1, 1, 1)
    model = Stack(
        entry.repeat(len(gains), 1, 1),
        [_block(remedy, depth, weight) for weight in weights.unbind(1)],
        leave.repeat(len(gains), 1, 1),
    )
    rows = torch.stack([draw[3] for draw in draws], dim=1).repeat(1, len(gains), 1)
    images = data.images.flatten(1)
    run = Run(model, [Batch(images[row], data.labels[row]) for row in rows], RATES)
    norms, _ = gradient_by_block(model, images[rows[0]], labels=data.labels[rows[0]])
    trained = train(run, clip=1.0 if remedy == "clip" else None)
    ends = trained.losses[..., -10:].mean(dim=-1).nan_to_num(math.inf)
    ends = ends.view(len(RATES), len(gains), -1)
    best = ends.median(dim=-1, keepdim=True).values.argmin(dim=0, keepdim=True)
    loss = ends.gather(0, best.expand(1, -1, len(draws)))[0]
    return Points(loss, (norms[:, 0] / norms[:, -1]).view(len(gains), -1))


def gradient_factor(gain: float) -> float:
    r"""What a wide tanh layer multiplies the squared norm of a gradient by.

    .. math:: \chi = \sigma_w^2\, E\,\tanh'(\sqrt q\, Z)^2, \qquad
        q = \sigma_w^2\, E\,\tanh(\sqrt q\, Z)^2

    Args:
        gain: Standard deviation :math:`\sigma_w` of the weights, times :math:`\sqrt n`.

    Returns:
        The factor at the length :math:`q` that the layers settle at.

    Raises:
        ValueError: `gain` is not positive and finite.

    Source:
        Schoenholz et al. (2017), "Deep information propagation", eqs. 3 and 5, without
        biases; their gradients change by 20 over the depth :math:`6 / |\ln\chi|`.

    Example:
        >>> round(gradient_factor(0.5), 6)  # q = 0, where tanh is the identity
        0.25
    """
    check_positive("gain", gain)
    return gain**2 if gain <= 1 else _factor_above_one(gain)


@cache  # near 1 the length takes thousands of layers to settle
def _factor_above_one(gain: float) -> float:
    q = 1.0
    for _ in range(2000):
        moments = activation_moments(partial(_scaled_tanh, math.sqrt(q)))
        q, before = gain**2 * moments.square.item(), q
        if abs(q - before) < 1e-12:
            break
    return gain**2 * moments.slope_square.item() / q


def stored_atlas() -> dict[str, dict[str, list[list[float]]]]:
    """The atlas as it was measured: 140 points of five seeds, seeds 0 to 4.

    Returns:
        By remedy and quantity a table, a row a depth and a column a gain. Quantities
        are the ``median`` and ``worst`` loss of the five, and ``ratio``, the median of
        log10 of the gradient ratio.

    Source:
        `atlas_points` for every remedy and depth; ``python -m companion.atlas`` writes
        the file anew.

    Example:
        >>> len(stored_atlas()["plain"]["median"]), len(GAINS)
        (4, 7)
    """
    found: dict[str, dict[str, list[list[float]]]] = json.loads(
        FILE.read_text(encoding="utf-8")
    )
    return found


FILE = Path(__file__).with_name("atlas.json")


def _scaled_tanh(scale: float, z: Tensor) -> Tensor:
    return torch.tanh(scale * z)


def _draw(
    remedy: str, depth: int, data: Digits, rng: torch.Generator
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Entry, layers at gain 1, exit, and the rows that each step reads."""
    on = rng.device
    entry = torch.randn(64, WIDTH, generator=rng, device=on) / 8
    leave = torch.randn(WIDTH, CLASSES, generator=rng, device=on) / math.sqrt(WIDTH)
    make = orthogonal_matrices if remedy == "orthogonal" else gaussian_matrices
    layers = make(depth, WIDTH, generator=rng, dtype=torch.float32)
    rows = torch.randint(len(data.images), (STEPS, BATCH), generator=rng, device=on)
    return entry, layers, leave, rows


def _block(remedy: str, depth: int, weight: Tensor) -> Block:
    if remedy == "residual":
        return Block(weight, activation=torch.tanh, branch=depth**-0.5)
    norm = "layer" if remedy == "layer norm" else "none"
    return Block(weight, activation=torch.tanh, norm=norm)


def _summary(points: Points) -> dict[str, list[float]]:
    ratio = points.ratio.log10().median(dim=1).values
    median, worst = points.loss.median(dim=1).values, points.loss.amax(dim=1)
    tables = {"median": median, "worst": worst, "ratio": ratio}
    return {name: [round(x, 3) for x in t.tolist()] for name, t in tables.items()}


def _measure(data: Digits) -> dict[str, dict[str, list[list[float]]]]:
    """All points; a minute or two on one core."""
    atlas: dict[str, dict[str, list[list[float]]]] = {}
    for remedy in REMEDIES:
        rows = []
        for depth in DEPTHS:
            rngs = [torch.Generator().manual_seed(seed) for seed in range(5)]
            rows.append(_summary(atlas_points(remedy, depth, data, generators=rngs)))
        atlas[remedy] = {name: [row[name] for row in rows] for name in rows[0]}
    return atlas


if __name__ == "__main__":
    from companion.tasks import digits

    found = _measure(digits(generator=torch.Generator().manual_seed(0)))
    FILE.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
