"""A fixed memory of rows: the newest on the device, the last `size` in main memory."""

from collections.abc import Callable

import torch
from torch import Tensor

from companion.recorder._measure import NOT_RECORDED


class Ring:
    """Rows of one width; a row is written in place and then closed."""

    def __init__(
        self, size: int, width: int, *, like: Tensor, dtype: torch.dtype, block: int
    ) -> None:
        """Reserve all the memory there will ever be."""
        self.block = torch.full(
            (block, width), NOT_RECORDED, dtype=dtype, device=like.device
        )
        self.kept = torch.full((size, width), NOT_RECORDED, dtype=dtype)
        self.closed = 0
        self.flushed = 0

    @property
    def row(self) -> Tensor:
        """The open row, on the device."""
        return self.block[self.closed % len(self.block)]

    @property
    def is_full(self) -> bool:
        """Whether the block must be flushed before another row is written."""
        return self.closed - self.flushed == len(self.block)

    def close(self) -> None:
        """End the open row; what it holds is kept."""
        self.closed += 1

    def clear(self) -> None:
        """Make the open row empty."""
        self.row.fill_(NOT_RECORDED)

    def flush(self, together: Callable[[Tensor], None] | None = None) -> None:
        """Move the closed rows to main memory: the one wait for the device.

        Args:
            together: What the processes do to their rows first, in place.
        """
        places = [step % len(self.block) for step in range(self.flushed, self.closed)]
        if not places:
            return
        rows = self.block[torch.tensor(places, device=self.block.device)]
        if together is not None:
            together(rows)
        last = range(self.flushed, self.closed)[-len(self.kept) :]
        self.kept[[step % len(self.kept) for step in last]] = rows[-len(last) :].cpu()
        self.flushed = self.closed

    def rows(self) -> tuple[int, Tensor]:
        """The step of the oldest row that is kept, and all rows from there on."""
        first = max(0, self.flushed - len(self.kept))
        order = [step % len(self.kept) for step in range(first, self.flushed)]
        return first, self.kept[order].clone()
