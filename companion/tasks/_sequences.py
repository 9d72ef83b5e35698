"""Sequences: marked numbers to add, waves to forecast, pairs to look up."""

import math
from typing import NamedTuple

import torch
from torch import Tensor

from companion._checks import check_positive


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
