"""Dense connections: stacked and summed Jacobians, and a block that does either.

See the chapter `dense-connections`.
"""

import math
from typing import Literal, NamedTuple, get_args

import torch
from torch import Tensor, nn

from companion._checks import check_positive
from companion.linalg import spectral_norm

__all__ = [
    "DenseBlock",
    "NormBounds",
    "dense_gain",
    "stacked_norm_bounds",
    "summed_norm_bounds",
]

Aggregate = Literal["concat", "sum", "scaled_sum"]
AGGREGATES = get_args(Aggregate)


class NormBounds(NamedTuple):
    """A spectral norm between the bounds that the norms of its parts give."""

    lower: Tensor
    """What the norm cannot fall below, shape ``(...)``."""
    norm: Tensor
    """The norm itself, shape ``(...)``."""
    upper: Tensor
    """What the norm cannot exceed, shape ``(...)``."""


def stacked_norm_bounds(jacobians: Tensor) -> NormBounds:
    r"""Norm of the Jacobian of a concatenation, between its bounds.

    .. math:: \max_i \|J_i\| \le \bigl\| [J_1; \dots; J_k] \bigr\|
        \le \Bigl(\sum_i \|J_i\|^2\Bigr)^{1/2}

    The upper bound is attained exactly if one vector is a top right singular vector of
    every :math:`J_i`, the lower one for instance if :math:`J_i J_j^\top = 0`.

    Args:
        jacobians: The Jacobians :math:`J_1, \dots, J_k` of the branches, shape
            ``(..., k, m, n)``.

    Returns:
        The norm and its bounds.

    Raises:
        ValueError: `jacobians` has no branch, or fewer than three dimensions.

    Source:
        Horn, Johnson (2013), "Matrix Analysis", section 5.6; the chapter
        `dense-connections` proves it.

    Example:
        >>> import torch
        >>> stacked_norm_bounds(torch.eye(3)[:, None]).norm  # three outputs apart
        tensor(1.)
    """
    _check_branches(jacobians)
    parts = spectral_norm(jacobians)
    stack = spectral_norm(jacobians.flatten(-3, -2))
    return NormBounds(parts.amax(dim=-1), stack, parts.square().sum(dim=-1).sqrt())


def summed_norm_bounds(jacobians: Tensor) -> NormBounds:
    r"""Norm of the Jacobian of a sum, between its bounds.

    .. math:: 2 \max_i \|J_i\| - \sum_i \|J_i\| \le \Bigl\| \sum_i J_i \Bigr\|
        \le \min\Bigl( \sum_i \|J_i\|,\; \sqrt k\, \bigl\| [J_1; \dots; J_k] \bigr\|
        \Bigr)

    The sum is :math:`[I \cdots I]` times the stack, and the norm of that matrix is
    :math:`\sqrt k`. A lower bound below zero is returned as zero.

    Args:
        jacobians: The Jacobians :math:`J_1, \dots, J_k` of the branches, shape
            ``(..., k, m, n)``.

    Returns:
        The norm and its bounds.

    Raises:
        ValueError: `jacobians` has no branch, or fewer than three dimensions.

    Source:
        Horn, Johnson (2013), "Matrix Analysis", section 5.6; the chapter
        `dense-connections` proves it.

    Example:
        >>> import torch
        >>> summed_norm_bounds(torch.ones(9, 1, 1)).norm  # nine copies of a slope
        tensor(9.)
    """
    _check_branches(jacobians)
    parts = spectral_norm(jacobians)
    total = parts.sum(dim=-1)
    stack = spectral_norm(jacobians.flatten(-3, -2))
    lower = (2 * parts.amax(dim=-1) - total).clamp(min=0)
    upper = torch.minimum(total, math.sqrt(jacobians.shape[-3]) * stack)
    return NormBounds(lower, spectral_norm(jacobians.sum(dim=-3)), upper)


def dense_gain(depth: int, *, width: int, growth: int, aggregate: Aggregate) -> float:
    r"""Root-mean-square gain of a `DenseBlock` at initialization, exact at any width.

    .. math:: \Bigl(\mathbb E \frac{\|J v\|^2}{\|v\|^2}\Bigr)^{1/2} =
        \sqrt{\frac{n_0 + L G}{n_0}}, \quad 2^{L/2}, \quad \sqrt{L + 1}

    for concatenation, sum and scaled sum.

    Args:
        depth: The number :math:`L` of layers.
        width: Features of the input :math:`n_0`.
        growth: Features :math:`G` of each layer; the width if features are summed.
        aggregate: ``"concat"``, ``"sum"`` or ``"scaled_sum"``.

    Returns:
        The gain.

    Raises:
        ValueError: A number is not positive, `aggregate` is none of the three, or
            `growth` differs from `width` though features are summed.

    Source:
        The chapter `dense-connections` derives it.

    Example:
        >>> dense_gain(8, width=64, growth=64, aggregate="concat")
        3.0
        >>> dense_gain(8, width=64, growth=64, aggregate="sum")
        16.0
    """
    _check_block(depth, width, growth, aggregate)
    squares = {
        "concat": (width + depth * growth) / width,
        "sum": 2.0**depth,
        "scaled_sum": depth + 1.0,
    }
    return math.sqrt(squares[aggregate])


class DenseBlock(nn.Module):
    r"""Layers that each read all features before them: stacked, summed, or scaled.

    .. math:: s_{l+1} = [s_l; f_l(s_l)], \qquad s_{l+1} = s_l + f_l(s_l), \qquad
        s_{l+1} = s_l + f_l\bigl(s_l / \sqrt{l + 1}\bigr)

    with :math:`f_l(s) = A_l \operatorname{ReLU}(B_l s)`, Gaussian weights of variance
    2 / fan-in in :math:`B_l` and 1 / fan-in in :math:`A_l`, and no biases.

    Args:
        depth: The number of layers.
        width: Features of the input.
        growth: Features that each layer makes, and hidden units of each.
        aggregate: ``"concat"``, ``"sum"`` or ``"scaled_sum"``, which needs a growth
            equal to the width, as ``"sum"`` does.
        generator: Where the weights come from.
        dtype: Of the weights.

    Raises:
        ValueError: A number is not positive, `aggregate` is none of the three, or
            `growth` differs from `width` though features are summed.

    Source:
        Huang, Liu, van der Maaten, Weinberger (2017), "Densely connected convolutional
        networks", section 3, without convolutions and batch normalization.
    """

    def __init__(
        self,
        depth: int,
        width: int,
        *,
        growth: int,
        aggregate: Aggregate,
        generator: torch.Generator,
        dtype: torch.dtype = torch.float64,
    ) -> None:
        """Draw the weights; see `dense_gain` for what is refused."""
        super().__init__()
        _check_block(depth, width, growth, aggregate)
        self.aggregate: Aggregate = aggregate
        added = growth if aggregate == "concat" else 0
        fans = [width + layer * added for layer in range(depth)]

        def sample(rows: int, fan_in: int, square: float) -> nn.Parameter:
            weight = torch.randn(
                rows,
                fan_in,
                generator=generator,
                dtype=dtype,
                device=generator.device,
            )
            return nn.Parameter(weight * math.sqrt(square / fan_in))

        self.inner = nn.ParameterList(sample(growth, n, 2.0) for n in fans)
        self.outer = nn.ParameterList(sample(growth, growth, 1.0) for _ in fans)

    def forward(self, x: Tensor) -> Tensor:
        """Return the state after the last layer, shape ``(..., features)``."""
        state = x
        for layer in range(len(self.inner)):
            state = self.advance(state, layer)
        return state

    def advance(self, state: Tensor, layer: int) -> Tensor:
        """Return the state after one layer, given the state before it."""
        read = state / math.sqrt(layer + 1) if self.aggregate == "scaled_sum" else state
        made = torch.relu(read @ self.inner[layer].T) @ self.outer[layer].T
        concat = self.aggregate == "concat"
        return torch.cat([state, made], dim=-1) if concat else state + made


def _check_branches(jacobians: Tensor) -> None:
    if jacobians.ndim < 3 or not jacobians.shape[-3]:
        shape = tuple(jacobians.shape)
        raise ValueError(f"jacobians must be k matrices, (..., k, m, n), got {shape}")


def _check_block(depth: int, width: int, growth: int, aggregate: Aggregate) -> None:
    for name, value in (("depth", depth), ("width", width), ("growth", growth)):
        check_positive(name, value)
    if aggregate not in AGGREGATES:
        raise ValueError(f"aggregate must be one of {AGGREGATES}, got {aggregate!r}")
    if aggregate != "concat" and growth != width:
        raise ValueError(f"growth must equal width {width} in a sum, got {growth}")
