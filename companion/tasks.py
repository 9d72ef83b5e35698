"""The small tasks that several chapters train on; every sample has its generator."""

import functools
import math
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from companion._checks import check_positive

__all__ = [
    "AddingBatch",
    "Curves",
    "Digits",
    "Recall",
    "adding_problem",
    "digits",
    "energy_distance",
    "noisy_waves",
    "recall_batch",
    "thin_curves",
    "two_moons",
]


class AddingBatch(NamedTuple):
    """Sequences of numbers, two of which are marked, and the sums of these two."""

    x: Tensor
    """Numbers in the first channel, marks in the second, shape ``(T, B, 2)``."""
    y: Tensor
    """The sum of the two marked numbers, shape ``(B,)``."""


def adding_problem(
    batch: int,
    length: int,
    *,
    generator: torch.Generator,
    dtype: torch.dtype = torch.float32,
) -> AddingBatch:
    r"""Sequences whose answer needs two numbers from long ago.

    .. math:: x_t = (u_t, m_t), \quad u_t \sim \mathcal U(0, 1), \qquad
        y = \sum_t m_t u_t

    One mark :math:`m_t = 1` stands in the first half of the sequence and one in the
    second, all others are zero. Whoever always answers 1, the mean, is off by
    :math:`1/6` in mean square.

    Args:
        batch: How many sequences :math:`B`.
        length: Their length :math:`T`; two or more.
        generator: Where the randomness comes from.
        dtype: Floating dtype of the numbers.

    Returns:
        The sequences and their sums.

    Raises:
        ValueError: `batch` is not positive and finite, or `length` is less than two.

    Source:
        Hochreiter, Schmidhuber (1997), "Long short-term memory", experiment 4; here
        the numbers are in [0, 1], the length is fixed and each half has its mark.

    Example:
        >>> import torch
        >>> x, y = adding_problem(5, 10, generator=torch.Generator().manual_seed(0))
        >>> bool(((x[..., 0] * x[..., 1]).sum(dim=0) == y).all())
        True
    """
    check_positive("batch", batch)
    if length < 2:
        raise ValueError(f"length must be two or more, got {length}")
    device = generator.device
    numbers = torch.rand(length, batch, generator=generator, dtype=dtype, device=device)
    marks = torch.zeros_like(numbers)
    half = length // 2
    for low, high in ((0, half), (half, length)):
        place = torch.randint(low, high, (1, batch), generator=generator, device=device)
        marks.scatter_(0, place, 1.0)
    return AddingBatch(torch.stack([numbers, marks], dim=-1), (numbers * marks).sum(0))


class Digits(NamedTuple):
    """Handwritten digits, divided into those to learn from and those to test on."""

    images: Tensor
    """Training images, shape ``(1437, 1, 8, 8)``, float32."""
    labels: Tensor
    """Their digits, shape ``(1437,)``, int64."""
    test_images: Tensor
    """Test images, shape ``(360, 1, 8, 8)``, float32."""
    test_labels: Tensor
    """Their digits, shape ``(360,)``, int64."""


def digits(*, generator: torch.Generator) -> Digits:
    """Load 1,797 handwritten digits of 8 x 8 pixels, divided at random.

    The grey values are shifted and scaled to mean zero and variance one over all
    pixels of all images. The data come with the companion; nothing is downloaded.

    Args:
        generator: Where the division into training and test set comes from.

    Returns:
        Images and labels of both sets.

    Source:
        Alpaydin, Kaynak (1998), "Optical recognition of handwritten digits", UCI
        Machine Learning Repository, its test set, under CC BY 4.0.

    Example:
        >>> import torch
        >>> digits(generator=torch.Generator().manual_seed(0)).images.shape
        torch.Size([1437, 1, 8, 8])
    """
    images, labels = (part.to(generator.device) for part in _all_digits())
    order = torch.randperm(len(images), generator=generator, device=images.device)
    train, test = order[:1437], order[1437:]
    return Digits(images[train], labels[train], images[test], labels[test])


def two_moons(count: int, *, noise: float = 0.08, generator: torch.Generator) -> Tensor:
    r"""Points on two interleaved half circles, with Gaussian noise.

    .. math:: (\cos\varphi,\, \sin\varphi) \ \text{ or } \
        (1 - \cos\varphi,\, \tfrac12 - \sin\varphi),
        \qquad \varphi \in [0, \pi]

    The cloud is then centred: its mean is near :math:`(0, 0)`.

    Args:
        count: How many points.
        noise: Standard deviation of the noise around the half circles.
        generator: Where the randomness comes from.

    Returns:
        The points, shape ``(count, 2)``, float32.

    Raises:
        ValueError: `count` or `noise` is not positive and finite.

    Source:
        The data of ``sklearn.datasets.make_moons``, moved to its mean.

    Example:
        >>> import torch
        >>> two_moons(5, generator=torch.Generator().manual_seed(0)).shape
        torch.Size([5, 2])
    """
    check_positive("count", count)
    check_positive("noise", noise)
    device = generator.device
    angle = math.pi * torch.rand(count, generator=generator, device=device)
    lower = torch.rand(count, generator=generator, device=device) < 0.5
    x = torch.where(lower, 1 - angle.cos(), angle.cos())
    y = torch.where(lower, 0.5 - angle.sin(), angle.sin())
    arcs = torch.stack([x - 0.5, y - 0.25], dim=1)
    return arcs + noise * torch.randn(count, 2, generator=generator, device=device)


def energy_distance(x: Tensor, y: Tensor) -> Tensor:
    r"""How far two samples are apart: zero in expectation if their laws agree.

    .. math:: 2\,E\|X - Y\|_2 - E\|X - X'\|_2 - E\|Y - Y'\|_2

    The means run over pairs of different points, so that the estimate is unbiased;
    it may be negative.

    Args:
        x: First sample, shape ``(m, d)``, or several, shape ``(..., m, d)``.
        y: Second sample, shape ``(n, d)``.

    Returns:
        The distance of each first sample from the second, shape ``(...)``.

    Raises:
        ValueError: A sample has fewer than two points.

    Source:
        Székely, Rizzo (2013), "Energy statistics: a class of statistics based on
        distances", J. Stat. Plan. Inference 143.

    Example:
        >>> import torch
        >>> near, far = torch.zeros(2, 1), torch.full((2, 1), 3.0)
        >>> energy_distance(near, far)
        tensor(6.)
    """
    for name, sample in (("x", x), ("y", y)):
        if (count := sample.shape[-2]) < 2:
            raise ValueError(f"{name} must have two points or more, got {count}")
    across = torch.cdist(x, y).mean(dim=(-2, -1))
    return 2 * across - _mean_gap(x) - _mean_gap(y)


class Recall(NamedTuple):
    """Lists of pairs to look up, and one question about each list."""

    keys: Tensor
    """Different symbols, shape ``(..., pairs)``, int64."""
    values: Tensor
    """The symbol that belongs to each key, shape ``(..., pairs)``, int64."""
    query: Tensor
    """One of the keys, shape ``(..., 1)``, int64."""
    target: Tensor
    """The value of that key, shape ``(..., 1)``, int64."""


def recall_batch(
    shape: tuple[int, ...], *, pairs: int, symbols: int, generator: torch.Generator
) -> Recall:
    """Draw lists of key-value pairs and ask for the value of one key.

    The keys of a list differ; the values are drawn with replacement.

    Args:
        shape: How many lists, such as ``(runs, batch)``.
        pairs: The length of a list.
        symbols: The number of symbols; keys and values are 0 to ``symbols - 1``.
        generator: Where the randomness comes from.

    Returns:
        The lists with their questions and answers.

    Raises:
        ValueError: `pairs` is not between 1 and `symbols`.

    Source:
        Ba et al. (2016), "Using fast weights to attend to the recent past", section
        4.1, with the pairs as two lists instead of one string.

    Example:
        >>> import torch
        >>> rng = torch.Generator().manual_seed(0)
        >>> lists = recall_batch((5,), pairs=3, symbols=4, generator=rng)
        >>> lists.values[lists.keys == lists.query].equal(lists.target[:, 0])
        True
    """
    if not 1 <= pairs <= symbols:
        raise ValueError(f"pairs must lie between 1 and {symbols}, got {pairs}")
    device = generator.device
    draw = torch.rand(*shape, symbols, generator=generator, device=device)
    shuffled = draw.argsort(dim=-1)
    keys = shuffled[..., :pairs]
    values = torch.randint(symbols, keys.shape, generator=generator, device=device)
    asked = torch.randint(pairs, (*shape, 1), generator=generator, device=device)
    return Recall(keys, values, keys.gather(-1, asked), values.gather(-1, asked))


class Curves(NamedTuple):
    """Noisy pictures of thin curves, and which pixels the curves go through."""

    images: Tensor
    """The pictures, shape ``(count, 1, size, size)``, float32."""
    masks: Tensor
    """One on the curves, zero elsewhere, shape ``(count, 1, size, size)``, float32."""


def noisy_waves(
    runs: int,
    batch: int,
    length: int,
    *,
    generator: torch.Generator,
    dtype: torch.dtype = torch.float32,
) -> Tensor:
    r"""Sine waves of period 20 with random phases and a little noise, to forecast.

    .. math:: x_t = \sin\bigl(2 \pi t / 20 + \phi\bigr) + 0.1 \, \xi_t, \qquad
        \phi \sim \mathcal U(0, 2 \pi), \quad \xi_t \sim \mathcal N(0, 1)

    Whoever always forecasts zero is off by :math:`0.51` in mean square, and nobody can
    do better than the noise, :math:`0.01`.

    Args:
        runs: How many batches, one for each of several networks trained side by side.
        batch: How many waves in each.
        length: How many values of each wave.
        generator: Where the randomness comes from.
        dtype: Floating dtype of the values.

    Returns:
        The waves, shape ``(runs, batch, length)``.

    Raises:
        ValueError: `runs`, `batch` or `length` is not positive and finite.

    Source:
        The chapter `gradient-clipping` trains on it.

    Example:
        >>> import torch
        >>> rng = torch.Generator().manual_seed(0)
        >>> noisy_waves(10, 8, 31, generator=rng).shape
        torch.Size([10, 8, 31])
    """
    for name, count in {"runs": runs, "batch": batch, "length": length}.items():
        check_positive(name, count)
    place = generator.device
    turns = torch.rand(runs, batch, 1, generator=generator, dtype=dtype, device=place)
    times = torch.arange(length, dtype=dtype, device=place)
    clean = torch.sin(2 * math.pi * (times / 20 + turns))
    noise = torch.randn(clean.shape, generator=generator, dtype=dtype, device=place)
    return clean + 0.1 * noise


def thin_curves(count: int, *, size: int, generator: torch.Generator) -> Curves:
    r"""Pictures of two thin curves under noise, with bright specks to be ignored.

    .. math:: y = c + a \sin(\omega x + \varphi)

    Each curve has its own :math:`a, c, \omega, \varphi` and is one pixel wide; half
    of the pictures are transposed. Three pixels in a hundred are specks as bright as
    a curve, and every pixel has Gaussian noise of standard deviation 0.3.

    Args:
        count: How many pictures.
        size: How many pixels a side has.
        generator: Where the randomness comes from.

    Returns:
        The pictures and the masks of their curves.

    Raises:
        ValueError: `count` or `size` is not positive.

    Source:
        Made for the chapter `dense-connections`.

    Example:
        >>> import torch
        >>> thin_curves(5, size=24, generator=torch.Generator().manual_seed(0))[0].shape
        torch.Size([5, 1, 24, 24])
    """
    check_positive("count", count)
    check_positive("size", size)
    device = generator.device
    draw = torch.rand(4, count, 2, 1, generator=generator, device=device)
    amplitude, centre = size * (0.05 + 0.2 * draw[0]), size * (0.25 + 0.5 * draw[1])
    across = torch.arange(size, device=device) / size
    angle = math.pi * (1 + 2 * draw[2]) * across + 2 * math.pi * draw[3]
    rows = (centre + amplitude * angle.sin()).round().long().clamp(0, size - 1)
    masks = functional.one_hot(rows, size).amax(dim=1).float()  # (count, x, y)
    turned = torch.rand(count, 1, 1, generator=generator, device=device) < 0.5
    masks = torch.where(turned, masks, masks.transpose(1, 2)).unsqueeze(1)
    specks = torch.rand(masks.shape, generator=generator, device=device) < 0.03
    noise = 0.3 * torch.randn(masks.shape, generator=generator, device=device)
    return Curves(torch.maximum(masks, specks.float()) + noise, masks)


@functools.cache
def _all_digits() -> tuple[Tensor, Tensor]:
    """Images and labels in the order of the file."""
    with np.load(Path(__file__).with_name("digits.npz")) as file:
        pixels, labels = map(torch.from_numpy, (file["images"], file["labels"]))
    images = pixels.float().unsqueeze(1)
    images = (images - images.mean()) / images.std(correction=0)
    return images, labels.long()


def _mean_gap(x: Tensor) -> Tensor:
    """Mean distance of two different points of one sample, or of each of several."""
    count = x.shape[-2]
    return torch.cdist(x, x).sum(dim=(-2, -1)) / (count * (count - 1))
