"""What a step of training moves, over widths."""

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn

from companion.probe._look import rms


class CoordinateCheck(NamedTuple):
    """How far what each module puts out has moved, and how that grows with width."""

    names: list[str]
    """The innermost modules."""
    moved: Tensor
    """Root mean square of the change, shape ``(widths, names)``."""
    slope: Tensor
    """Power of the width that fits it, shape ``(names,)``; 0: width does not count."""
    slope_error: Tensor
    """Its standard error, from what the fit leaves over, shape ``(names,)``."""


def coordinate_check(
    make: Callable[[int], nn.Module],
    train: Callable[[nn.Module], None],
    x: Tensor,
    *,
    widths: Sequence[int],
) -> CoordinateCheck:
    r"""Compare what a step of training moves in wide and in narrow models.

    .. math:: \operatorname{rms}\bigl(h_{\text{after}}(x) - h_{\text{before}}(x)\bigr)
        \propto n^{\text{slope}}

    A learning rate carries over from one width to another where all slopes are near 0.

    Args:
        make: Builds the model of a given width; the modules have the same names.
        train: Takes some steps on a model, with the rate that shall carry over.
        x: A batch to look at, shape ``(...)``.
        widths: Three or more, better over a factor of ten.

    Returns:
        The change of each innermost module's output, and its slope.

    Raises:
        ValueError: `widths` has fewer than three different entries.

    Source:
        Yang et al. (2022), "Tensor programs V", appendix D.1.

    Example:
        >>> import torch
        >>> def make(width):  # the sum of `width` equal numbers
        ...     layer = torch.nn.Linear(width, 1, bias=False)
        ...     return torch.nn.Sequential(torch.nn.Linear(1, width), layer)
        >>> def train(model):
        ...     with torch.no_grad():
        ...         model[1].weight += 1e-3
        ...         model[0].weight.fill_(1.0), model[0].bias.fill_(1.0)
        >>> check = coordinate_check(make, train, torch.ones(1, 1), widths=(8, 32, 128))
        >>> check.names
        ['0', '1']
    """
    if len(set(widths)) < 3:
        raise ValueError(f"widths must have three different entries, got {widths}")
    moved = []
    for width in widths:
        model = make(width)
        before = _outputs(model, x)
        train(model)
        after = _outputs(model, x)
        moved.append(torch.stack([rms(after[name] - before[name]) for name in before]))
    table = torch.stack(moved)
    logs = table.new_tensor([math.log(width) for width in widths])
    centred = (logs - logs.mean())[:, None]
    slope = (centred * table.log()).sum(dim=0) / centred.square().sum()
    rest = table.log() - table.log().mean(dim=0) - slope * centred
    freedom = len(widths) - 2
    error = (rest.square().sum(dim=0) / freedom / centred.square().sum()).sqrt()
    return CoordinateCheck(list(before), table, slope, error)


def _outputs(model: nn.Module, x: Tensor) -> dict[str, Tensor]:
    """What each innermost module puts out, in the order they run."""
    found: dict[str, Tensor] = {}
    handles = []
    for name, module in model.named_modules():
        if not [*module.children()]:

            def leave(
                module: nn.Module, args: object, output: Tensor, name: str = name
            ) -> None:
                found[name] = output.detach()

            handles.append(module.register_forward_hook(leave))
    with torch.no_grad():
        model(x)
    for handle in handles:
        handle.remove()
    return found
