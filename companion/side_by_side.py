"""Deep networks side by side, of every kind that this book tells apart.

Each parameter has the shape ``(m, i, o)`` and belongs to m networks that never meet, so
one forward pass runs an experiment with all its seeds and rates.  With m = 1 it is an
ordinary module: the recorder and the probe look at it as at any other.
"""

from collections.abc import Callable, Sequence
from functools import partial

import torch
from torch import Tensor, nn
from torch.nn import functional

from companion.tasks import Recall

__all__ = [
    "Block",
    "Lookup",
    "Recurrent",
    "Stack",
    "gradient_by_block",
    "sample_losses",
]


class _Map(nn.Module):
    """A linear map of each network, ``(m, b, i)`` or ``(b, i)`` to ``(m, b, o)``."""

    def __init__(self, weight: Tensor, *, normalized: bool = False) -> None:
        """Hold the weights, shape ``(m, i, o)``; a layer norm may come first."""
        super().__init__()
        self.weight, self.normalized = nn.Parameter(weight), normalized

    def forward(self, x: Tensor) -> Tensor:
        """Multiply from the right."""
        read = functional.layer_norm(x, x.shape[-1:]) if self.normalized else x
        return read @ self.weight


class Block(nn.Module):
    r"""One layer with all that can be put around it.

    .. math:: h \mapsto s\,h + a\, \varphi(\mathrm{norm}(h W))

    Attributes:
        weight: The weights :math:`W`, shape ``(m, n, n)``.
    """

    def __init__(
        self,
        weight: Tensor,
        *,
        activation: Callable[[Tensor], Tensor],
        norm: str = "none",
        skip: float = 0.0,
        scale: float = 1.0,
        stored: torch.dtype | None = None,
    ) -> None:
        """Hold the weights; `norm` is none, batch or layer, without parameters.

        What the block puts out is rounded to the dtype `stored`, and so is the gradient
        that comes back through it; None leaves both as they are.
        """
        super().__init__()
        if norm not in ("none", "batch", "layer"):
            raise ValueError(f"norm must be none, batch or layer, got {norm!r}")
        self.weight = nn.Parameter(weight)
        self.activation, self.norm = activation, norm
        self.skip, self.scale, self.stored = skip, scale, stored

    def forward(self, h: Tensor) -> Tensor:
        """Apply the block to samples of shape ``(m, b, n)``."""
        z = h @ self.weight
        if self.norm == "batch":
            z = functional.layer_norm(z.mT, z.shape[-2:-1]).mT
        elif self.norm == "layer":
            z = functional.layer_norm(z, z.shape[-1:])
        out = self.scale * self.activation(z)
        if self.skip:
            out = out + self.skip * h
        return out if self.stored is None else out.to(self.stored).to(h.dtype)


class Stack(nn.Module):
    """Blocks one after the other between an entry and an exit.

    Attributes:
        blocks: The blocks, each from ``(m, b, n)`` to ``(m, b, n)``.
    """

    def __init__(
        self,
        entry: Tensor,
        blocks: Sequence[nn.Module],
        leave: Tensor,
        *,
        normalized: bool = False,
    ) -> None:
        """Hold the blocks and both ends; the exit may read what a norm has divided."""
        super().__init__()
        self.entry = _Map(entry)
        self.blocks = nn.Sequential(*blocks)
        self.exit = _Map(leave, normalized=normalized)

    def start(self, x: Tensor) -> Tensor:
        """What the first block gets, from inputs of shape ``(b, i)``."""
        h: Tensor = self.entry(x)
        return h

    def maps(self, x: Tensor) -> list[Callable[[Tensor], Tensor]]:
        """The blocks as a list of maps, as `probe` takes them."""
        return list(self.blocks)

    def forward(self, x: Tensor) -> Tensor:
        """Scores of the classes, shape ``(m, b, o)``."""
        scores: Tensor = self.exit(self.blocks(self.start(x)))
        return scores


class Recurrent(nn.Module):
    r"""A recurrent net that reads one number a step.

    .. math:: h_t = \tanh(x_t u + h_{t-1} W)
    """

    def __init__(self, entry: Tensor, weight: Tensor, leave: Tensor) -> None:
        """Hold ``(m, 1, n)``, ``(m, n, n)`` and ``(m, n, o)``."""
        super().__init__()
        self.entry = _Map(entry)
        self.cell = _Map(weight)
        self.exit = _Map(leave)

    def start(self, x: Tensor) -> Tensor:
        """The state before the first number, zero."""
        u = self.entry.weight
        return u.new_zeros(u.shape[0], x.shape[-2], u.shape[-1])

    def maps(self, x: Tensor) -> list[Callable[[Tensor], Tensor]]:
        """The steps as a list of maps of the state, for inputs ``(m, b, T)``."""
        drives = self.entry(x.movedim(-1, 0).unsqueeze(-1))
        return [partial(self._step, drive) for drive in drives]

    def _step(self, drive: Tensor, h: Tensor) -> Tensor:
        return torch.tanh(drive + self.cell(h))

    def forward(self, x: Tensor) -> Tensor:
        """Scores of the classes after the last step, shape ``(m, b, o)``."""
        h = self.start(x)
        for step in self.maps(x):
            h = step(h)
        scores: Tensor = self.exit(h)
        return scores


class Lookup(nn.Module):
    r"""One head of attention that looks up the value of a key.

    .. math:: o = \sum_j p_j v_j, \qquad p = \mathrm{softmax}(s\, q \cdot k_j)
    """

    def __init__(
        self, queries: Tensor, keys: Tensor, values: Tensor, *, scale: float
    ) -> None:
        """Hold tables ``(m, symbols, d)`` for what is asked, compared and found."""
        super().__init__()
        self.queries, self.keys = nn.Parameter(queries), nn.Parameter(keys)
        self.values = nn.Parameter(values)
        self.softmax = nn.Softmax(dim=-1)  # a module: the recorder sees its output
        self.scale = scale

    def forward(self, lists: Recall) -> Tensor:
        """Scores of the symbols, ``(m, b, symbols)``, for lists ``(m, b, ...)``."""
        q, k, v = (
            table[torch.arange(len(table), device=table.device)[:, None, None], at]
            for table, at in (
                (self.queries, lists.query),
                (self.keys, lists.keys),
                (self.values, lists.values),
            )
        )
        weights = self.softmax(self.scale * (q @ k.mT))
        scores: Tensor = (weights @ v).squeeze(-2)
        return scores


def gradient_by_block(
    model: Stack | Recurrent, x: Tensor, *, labels: Tensor
) -> tuple[Tensor, Tensor]:
    r"""Gradient of the loss at each block's input, and the scale of what flows there.

    .. math:: \|\partial \ell / \partial h_l\|, \qquad \operatorname{rms}(h_l), \qquad
        l = 0, \dots, L

    Args:
        model: The networks.
        x: The inputs, shape ``(m, b, i)``.
        labels: Their classes, shape ``(m, b)``.

    Returns:
        Norms and root mean squares, both of shape ``(m, L + 1)``.

    Source:
        Made for the chapter `diagnosing-a-run`.

    Example:
        >>> import torch
        >>> eye = torch.eye(3)[None]
        >>> half = Block(0.5 * eye, activation=lambda z: z)
        >>> x, labels = torch.ones(1, 1, 3), torch.zeros(1, 1, dtype=torch.int64)
        >>> norms, _ = gradient_by_block(Stack(eye, [half] * 4, eye), x, labels=labels)
        >>> norms[0, 0] / norms[0, -1]
        tensor(0.0625)
    """
    states = [model.start(x).requires_grad_()]
    for block in model.maps(x):
        states.append(block(states[-1]))
    loss = sample_losses(model.exit(states[-1]), labels).sum()
    found = torch.autograd.grad(loss, states)
    norms = [torch.linalg.vector_norm(g, dim=(1, 2)) for g in found]
    scales = [h.detach().square().mean(dim=(1, 2)).sqrt() for h in states]
    return torch.stack(norms, dim=1), torch.stack(scales, dim=1)


def sample_losses(scores: Tensor, labels: Tensor) -> Tensor:
    """Cross-entropy of each network, the mean over its samples.

    Args:
        scores: What the networks give to the classes, shape ``(m, b, classes)``.
        labels: The right classes, shape ``(m, b)``.

    Returns:
        The losses, shape ``(m,)``.

    Source:
        ``torch.nn.functional.cross_entropy``, with one more dimension.

    Example:
        >>> import torch
        >>> sample_losses(torch.zeros(1, 2, 10), torch.zeros(1, 2, dtype=torch.long))
        tensor([2.3026])
    """
    each = functional.cross_entropy(scores.mT, labels, reduction="none")
    return each.mean(dim=-1)
