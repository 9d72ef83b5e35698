"""A linear map of each network, and the block of a deep one."""

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional


class Map(nn.Module):
    """A linear map of each network, ``(m, b, i)`` to ``(m, b, o)``."""

    def __init__(self, weight: Tensor, *, normalized: bool = False) -> None:
        """Hold the weights, shape ``(m, i, o)``; a layer norm may come first."""
        super().__init__()
        self.weight, self.normalized = nn.Parameter(weight), normalized

    def forward(self, x: Tensor) -> Tensor:
        """Multiply from the right."""
        read = functional.layer_norm(x, x.shape[-1:]) if self.normalized else x
        return torch.bmm(read, self.weight)


class Block(nn.Module):
    r"""One layer with all that can be put around it.

    .. math:: h \mapsto \varphi(\mathrm{norm}(h W)), \qquad
        h \mapsto h + a\, \varphi(\mathrm{norm}(h W))

    Attributes:
        weight: The weights :math:`W`, shape ``(m, n, n)``.
    """

    def __init__(
        self,
        weight: Tensor,
        *,
        activation: Callable[[Tensor], Tensor],
        norm: str = "none",
        branch: float | None = None,
        stored: torch.dtype | None = None,
    ) -> None:
        """Hold the weights; `norm` is none, batch or layer, without parameters.

        `branch` is the scale :math:`a` beside a skip connection; None: there is none.
        What the block puts out is rounded to the dtype `stored`, and so is the gradient
        that comes back through it; None leaves both as they are.
        """
        super().__init__()
        if norm not in ("none", "batch", "layer"):
            raise ValueError(f"norm must be none, batch or layer, got {norm!r}")
        self.weight = nn.Parameter(weight)
        self.activation, self.norm = activation, norm
        self.branch, self.stored = branch, stored

    def forward(self, h: Tensor) -> Tensor:
        """Apply the block to samples of shape ``(m, b, n)``."""
        if self.norm == "batch":  # over the samples, which stand last here
            z = torch.bmm(self.weight.mT, h.mT)
            z = functional.layer_norm(z, z.shape[-1:]).mT
        else:
            z = torch.bmm(h, self.weight)
        if self.norm == "layer":
            z = functional.layer_norm(z, z.shape[-1:])
        out = self.activation(z)
        if self.branch is not None:
            out = torch.add(h, out, alpha=self.branch)
        return out if self.stored is None else out.to(self.stored).to(h.dtype)
