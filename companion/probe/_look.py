"""Random gradients sent back through a model, block by block."""

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn

from companion.linalg import euclidean_norm
from companion.precision import overflow_depth, underflow_depth

DTYPES = (torch.float16, torch.bfloat16, torch.float32)


class Wall(NamedTuple):
    """How many blocks like these a signal and a gradient survive in a dtype."""

    dtype: torch.dtype
    """The dtype."""
    forward: tuple[int, int] | None
    """Blocks until the largest entry is infinite, least and most; None if never."""
    backward: tuple[int, int] | None
    """Blocks until a gradient of size 1 is infinite or zero; None if neither."""


class Probe(NamedTuple):
    """What one look at a model found, block by block; errors are standard errors."""

    names: list[str]
    """The blocks, in the order they run."""
    forward: Tensor
    """Root mean square of the input and of what each block puts out, ``(L + 1,)``."""
    backward: Tensor
    """Norm of the gradient there, for a random one of norm 1 at the end, ``(L + 1,)``;
    the geometric mean of several."""
    gain: Tensor
    """What each block multiplies the norm of a gradient by, ``(L,)``."""
    gain_error: Tensor
    """Relative error of each gain, ``(L,)``."""
    rate: Tensor
    """Growth rate of a gradient per block, the mean log gain, ``()``."""
    rate_error: Tensor
    """Its error, ``()``."""
    participation: Tensor
    """Share of directions that carry the gradient through all blocks,
    ``(sum s^2)^2 / (n sum s^4)`` of the singular values, ``()``."""
    participation_error: Tensor
    """Its error, ``()``."""
    walls: list[Wall]
    """Where float16, bfloat16 and float32 end, at the growth that was found."""


def probe(
    model: nn.Module | Sequence[Callable[[Tensor], Tensor]],
    x: Tensor,
    *,
    generator: torch.Generator,
    blocks: Sequence[str] | None = None,
    probes: int = 8,
) -> Probe:
    r"""Look through a model at one batch, before it is trained.

    .. math:: g_{k-1} = J_k^\top g_k, \qquad
        \text{gain}_k = \exp \overline{\log \frac{\|g_{k-1}\|_2}{\|g_k\|_2}}, \qquad
        \frac{(\sum \sigma_i^2)^2}{n \sum \sigma_i^4}
        = \frac{\bigl(\mathbb E \|J v\|^2\bigr)^2}{n\,\mathbb E \|J^\top J v\|^2}

    Random gradients are sent back from the last block's output and followed to the
    first block's input. Their directions settle on the way, so the gain of a block is
    that of gradients which really arrive there.

    Args:
        model: An ``nn.Sequential``, a sequence of maps from ``(...)`` to ``(...)``, or
            any module with `blocks`.
        x: A batch as the model takes it, shape ``(...)``; integers only with `blocks`.
        generator: Where the random gradients come from, on the device of `x`.
        blocks: Names of submodules that run one after the other, each once, and give
            one tensor; needed for a module that is not sequential.
        probes: How many random gradients, 2 or more; errors fall with their root.

    Returns:
        Scales, gains and walls, each with its error.

    Raises:
        ValueError: `model` has no blocks, a name in `blocks` is none of its modules,
            a block does not run or not once, or `probes` is below 2.

    Source:
        Hutchinson (1989), "A stochastic estimator of the trace of the influence
        matrix", for both traces; the error of their quotient is a jackknife.

    Example:
        >>> import torch
        >>> rng = torch.Generator().manual_seed(0)
        >>> found = probe([lambda x: 3 * x] * 4, torch.ones(2, 5), generator=rng)
        >>> found.gain, found.walls[0].backward
        (tensor([3., 3., 3., 3.]), (11, 11))
    """
    if probes < 2:
        raise ValueError(f"probes must be 2 or more, got {probes}")
    names, values = _run(model, x, blocks)
    first, last = values[0], values[-1]
    logs, squares, fourths = [], [], []
    for _ in range(probes):
        sent = _drawn(last, generator)
        gradients = torch.autograd.grad(
            last, values, sent / euclidean_norm(sent), retain_graph=True
        )
        logs.append(torch.stack([euclidean_norm(g) for g in gradients]).log())
        image = _push(first, last, _drawn(first, generator))
        (back,) = torch.autograd.grad(last, first, image, retain_graph=True)
        squares.append(image.square().sum())
        fourths.append(back.square().sum())
    backward = torch.stack(logs)
    gains = backward[:, :-1] - backward[:, 1:]
    rates = gains.mean(dim=1)
    share, share_error = _participation(
        torch.stack(squares), torch.stack(fourths), first.numel()
    )
    forward = torch.stack([rms(value) for value in values])
    rate, rate_error = rates.mean(), _error(rates)
    return Probe(
        names,
        forward,
        backward.mean(dim=0).exp(),
        gains.mean(dim=0).exp(),
        _error(gains),
        rate,
        rate_error,
        share,
        share_error,
        _walls(values, rate.item(), rate_error.item()),
    )


def _run(
    model: nn.Module | Sequence[Callable[[Tensor], Tensor]],
    x: Tensor,
    blocks: Sequence[str] | None,
) -> tuple[list[str], list[Tensor]]:
    """The blocks' names, and the values between them, ready to differentiate."""
    if isinstance(model, nn.Module) and blocks is not None:
        return list(blocks), _between(model, x, blocks)
    if isinstance(model, nn.Module) and not isinstance(model, nn.Sequential):
        raise ValueError("model must be sequential, or blocks must name its parts")
    named = (
        list(model.named_children())
        if isinstance(model, nn.Sequential)
        else [(str(i), block) for i, block in enumerate(model)]
    )
    if not named:
        raise ValueError("model must have a block, got none")
    values = [x.detach().clone().requires_grad_()]
    for _, block in named:
        values.append(block(values[-1]))
    return [name for name, _ in named], values


def _between(model: nn.Module, x: Tensor, blocks: Sequence[str]) -> list[Tensor]:
    """The input of the first named block, and the output of each."""
    modules = dict(model.named_modules())
    seen: dict[str, list[Tensor]] = {name: [] for name in blocks}
    start: list[Tensor] = []
    handles = []

    def enter(module: nn.Module, args: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        start.append(args[0].detach().requires_grad_())
        return (start[-1], *args[1:])

    for i, name in enumerate(blocks):
        if name not in modules:
            raise ValueError(f"blocks must name modules of the model, got {name!r}")

        def leave(
            module: nn.Module, args: object, output: Tensor, name: str = name
        ) -> None:
            seen[name].append(output)

        if i == 0:
            handles.append(modules[name].register_forward_pre_hook(enter))
        handles.append(modules[name].register_forward_hook(leave))
    try:
        model(x)
    finally:
        for handle in handles:
            handle.remove()
    for name, outputs in seen.items():
        if len(outputs) != 1:
            raise ValueError(f"block {name} must run once, got {len(outputs)} runs")
    return [start[0], *(outputs[0] for outputs in seen.values())]


def _push(first: Tensor, last: Tensor, v: Tensor) -> Tensor:
    """J v by two products with the transpose, which is linear in what it is given."""
    dummy = torch.zeros_like(last).requires_grad_()
    (back,) = torch.autograd.grad(last, first, dummy, create_graph=True)
    (image,) = torch.autograd.grad(back, dummy, v)
    return image


def _participation(
    squares: Tensor, fourths: Tensor, size: int
) -> tuple[Tensor, Tensor]:
    """The ratio of the means, and its error with each probe left out once."""
    count = len(squares)
    value = squares.mean() ** 2 / fourths.mean() / size
    left = (
        (squares.sum() - squares) / (count - 1),
        (fourths.sum() - fourths) / (count - 1),
    )
    without = left[0] ** 2 / left[1] / size
    spread = (without - without.mean()).square().sum() * (count - 1) / count
    return value, spread.sqrt()


def _walls(values: list[Tensor], rate: float, error: float) -> list[Wall]:
    """Depths at which each dtype ends, at the growth found give or take two errors."""
    first, last = rms(values[0]).item(), rms(values[-1]).item()
    peak = max(value.detach().abs().max().item() for value in values)
    growth = (
        (last / first) ** (1 / (len(values) - 1)) if first > 0 and last > 0 else 1.0
    )
    return [
        Wall(
            dtype,
            _depths(dtype, [math.log(growth)], start=peak, grow_only=True),
            _depths(dtype, [rate - 2 * error, rate + 2 * error], start=1.0),
        )
        for dtype in DTYPES
    ]


def _depths(
    dtype: torch.dtype, rates: list[float], *, start: float, grow_only: bool = False
) -> tuple[int, int] | None:
    """Least and most blocks to the end of a dtype; None if the rate may be zero."""
    if not math.isfinite(start) or start == 0:
        return (0, 0)
    small = 1e-6
    if all(rate > small for rate in rates):
        depths = [overflow_depth(dtype, growth=math.exp(r), start=start) for r in rates]
    elif all(rate < -small for rate in rates) and not grow_only:
        depths = [
            underflow_depth(dtype, growth=math.exp(r), start=start) for r in rates
        ]
    else:
        return None
    return min(depths), max(depths)


def rms(value: Tensor) -> Tensor:
    return euclidean_norm(value.detach()) / math.sqrt(value.numel())


def _drawn(like: Tensor, generator: torch.Generator) -> Tensor:
    return torch.randn(
        like.shape, generator=generator, dtype=like.dtype, device=like.device
    )


def _error(samples: Tensor) -> Tensor:
    """Standard error of the mean over the first axis."""
    return samples.std(dim=0) / math.sqrt(len(samples))
