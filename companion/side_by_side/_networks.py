"""Three kinds of network, made of maps and blocks."""

from collections.abc import Callable, Sequence
from functools import partial

import torch
from torch import Tensor, nn

from companion.side_by_side._layers import Map
from companion.tasks import Recall


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
        self.entry = Map(entry)
        self.blocks = nn.Sequential(*blocks)
        self.exit = Map(leave, normalized=normalized)

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
        self.entry = Map(entry)
        self.cell = Map(weight)
        self.exit = Map(leave)

    def start(self, x: Tensor) -> Tensor:
        """The state before the first number, zero."""
        u = self.entry.weight
        return u.new_zeros(u.shape[0], x.shape[-2], u.shape[-1])

    def maps(self, x: Tensor) -> list[Callable[[Tensor], Tensor]]:
        """The steps as a list of maps of the state, for inputs ``(m, b, T)``."""
        drives = self.entry(x.mT.flatten(1).unsqueeze(-1))  # all steps at once
        each = drives.unflatten(1, (x.shape[-1], -1)).unbind(1)
        return [partial(self._step, drive) for drive in each]

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
        scores = self.scale * torch.bmm(self.queries, self.keys.mT)  # of all pairs
        asked = scores.gather(1, lists.query.expand(-1, -1, scores.shape[-1]))
        weights = self.softmax(asked.gather(-1, lists.keys))
        spread = torch.zeros_like(asked).scatter_add(-1, lists.values, weights)
        return torch.bmm(spread, self.values)
