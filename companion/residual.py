"""Stacks of residual blocks with scales: their layers, their paths, without a block.

See the chapter `residual-connections`.
"""

import math
from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor

from companion._checks import check_nonnegative, check_positive
from companion.ensembles import gaussian_matrices

__all__ = [
    "ResidualWeights",
    "delete_block",
    "path_energies",
    "residual_layers",
    "residual_weights",
]


class ResidualWeights(NamedTuple):
    r"""Weights of a stack of blocks :math:`s_l x + a_l V_l \mathrm{ReLU}(U_l x)`."""

    inner: Tensor
    """The matrices :math:`U_l`, shape ``(..., L, n, n)``."""
    outer: Tensor
    """The matrices :math:`V_l`, shape ``(..., L, n, n)``."""
    skip: Tensor
    """The factors :math:`s_l` of the paths around, shape ``(..., L)``."""
    scale: Tensor
    """The factors :math:`a_l` of the branches, shape ``(..., L)``."""


def residual_weights(
    depth: int,
    width: int,
    *,
    skip: float,
    scale: float,
    generator: torch.Generator,
    dtype: torch.dtype = torch.float64,
) -> ResidualWeights:
    r"""Draw a stack of two-layer ReLU blocks whose branches have gain one.

    .. math:: x_{l+1} = s\,x_l + a\,V_l\,\mathrm{ReLU}(U_l x_l), \qquad
        (U_l)_{ij} \sim \mathcal N(0, 2/n), \quad (V_l)_{ij} \sim \mathcal N(0, 1/n)

    Over the draw of its weights a branch keeps the mean square of every input, and
    its Jacobian that of every vector. With `skip` 0 it is a plain net with He's
    variances; with `skip` 1, `scale` 0 is the start of ReZero and SkipInit.

    Args:
        depth: The number :math:`L` of blocks.
        width: The width :math:`n`.
        skip: The factor :math:`s` of every path around; zero or more.
        scale: The factor :math:`a` of every branch; zero or more.
        generator: Where the randomness comes from.
        dtype: Of the weights.

    Returns:
        The weights.

    Raises:
        ValueError: `depth` or `width` is not positive, `skip` or `scale` negative.

    Source:
        He, Zhang, Ren, Sun (2016), "Identity mappings in deep residual networks",
        eq. 3 for `skip` 1 and `scale` 1; the variance is He's of 2015.

    Example:
        >>> import torch
        >>> rng = torch.Generator().manual_seed(0)
        >>> residual_weights(3, 8, skip=1.0, scale=0.5, generator=rng).scale
        tensor([0.5000, 0.5000, 0.5000], dtype=torch.float64)
    """
    for name, size in (("depth", depth), ("width", width)):
        check_positive(name, size)
    for name, factor in (("skip", skip), ("scale", scale)):
        check_nonnegative(name, factor)
    inner, outer = gaussian_matrices(
        2 * depth, width, generator=generator, dtype=dtype
    ).chunk(2)
    ones = inner.new_ones(depth)
    return ResidualWeights(math.sqrt(2) * inner, outer, skip * ones, scale * ones)


def residual_layers(weights: ResidualWeights) -> list[Callable[[Tensor], Tensor]]:
    r"""Turn weights into the layers that they belong to.

    .. math:: f_l(x) = s_l\,x + a_l\,V_l\,\mathrm{ReLU}(U_l x)

    Args:
        weights: The weights, with any leading dimensions ``(...)`` for networks that
            run side by side.

    Returns:
        One layer a block, each from ``(n,)`` or ``(..., m, n)`` to the same shape.

    Source:
        He, Zhang, Ren, Sun (2016), "Identity mappings in deep residual networks",
        eq. 3, with factors.

    Example:
        >>> import torch
        >>> rng = torch.Generator().manual_seed(0)
        >>> start = residual_weights(9, 2, skip=1.0, scale=0.0, generator=rng)
        >>> x = torch.tensor([3.0, 4.0], dtype=torch.float64)
        >>> for layer in residual_layers(start):  # ReZero starts as the identity
        ...     x = layer(x)
        >>> x
        tensor([3., 4.], dtype=torch.float64)
    """
    depth = weights.scale.shape[-1]
    return [_layer(weights, block) for block in range(depth)]


def delete_block(weights: ResidualWeights, block: int) -> ResidualWeights:
    r"""Replace a block by the identity.

    .. math:: s_l = 1, \qquad a_l = 0

    Args:
        weights: The weights of a stack.
        block: Which block :math:`l`, counted from 0.

    Returns:
        Weights of a stack of the same depth, whose block `block` does nothing.

    Raises:
        ValueError: There is no such block.

    Source:
        Veit, Wilber, Belongie (2016), "Residual networks behave like ensembles of
        relatively shallow networks", section 4.1.

    Example:
        >>> import torch
        >>> rng = torch.Generator().manual_seed(0)
        >>> stack = residual_weights(3, 8, skip=1.0, scale=0.5, generator=rng)
        >>> delete_block(stack, 1).scale
        tensor([0.5000, 0.0000, 0.5000], dtype=torch.float64)
    """
    depth = weights.scale.shape[-1]
    if not 0 <= block < depth:
        raise ValueError(f"block must lie in 0 to {depth - 1}, got {block}")
    skip, scale = weights.skip.clone(), weights.scale.clone()
    skip[..., block], scale[..., block] = 1.0, 0.0
    return weights._replace(skip=skip, scale=scale)


def path_energies(branches: Tensor, vector: Tensor) -> Tensor:
    r"""Square norm of what the paths of each length carry through a residual stack.

    .. math:: E_k = \Bigl\| \sum_{l_1 < \dots < l_k} A_{l_k} \cdots A_{l_1} v
        \Bigr\|_2^2, \qquad \prod_l (I + A_l)\,v = \sum_{k=0}^{L} (\cdots)

    Instead of visiting :math:`2^L` paths, one running sum for each length passes
    through the blocks.

    Args:
        branches: The Jacobians :math:`A_1, \dots, A_L` of the branches in the order
            they are applied, shape ``(..., L, n, n)``.
        vector: What is sent through, :math:`v`, shape ``(..., n)``.

    Returns:
        The energies :math:`E_0, \dots, E_L`, shape ``(..., L + 1)``.

    Raises:
        ValueError: `branches` are not square matrices of the width of `vector`.

    Source:
        Veit, Wilber, Belongie (2016), "Residual networks behave like ensembles of
        relatively shallow networks", sections 3 and 5; they sample paths of a trained
        net.

    Example:
        >>> import torch
        >>> halves = 0.5 * torch.eye(2).expand(2, 2, 2)  # 1, then 2 / 2, then 1 / 4
        >>> path_energies(halves, torch.tensor([1.0, 0.0]))
        tensor([1.0000, 1.0000, 0.0625])
    """
    if branches.ndim < 3 or branches.shape[-2:] != 2 * vector.shape[-1:]:
        raise ValueError(
            "branches must be square matrices of the width of vector, got "
            f"{tuple(branches.shape)} and {tuple(vector.shape)}"
        )
    depth = branches.shape[-3]
    shapes = branches.shape[:-3], vector.shape[:-1]
    batch = torch.broadcast_shapes(*shapes)  # type: ignore[no-untyped-call]
    sums = vector.new_zeros(*batch, depth + 1, vector.shape[-1])
    sums[..., 0, :] = vector
    for block in range(depth):
        through = sums[..., :-1, :] @ branches[..., block, :, :].mT
        sums = torch.cat([sums[..., :1, :], sums[..., 1:, :] + through], dim=-2)
    return sums.square().sum(dim=-1)


def _layer(weights: ResidualWeights, block: int) -> Callable[[Tensor], Tensor]:
    inner = weights.inner[..., block, :, :].mT
    outer = weights.outer[..., block, :, :].mT

    def layer(x: Tensor) -> Tensor:
        # Two dimensions more, or none for a single vector and a single network.
        shape = (..., None, None) if weights.scale.ndim > 1 else (...,)
        skip, scale = weights.skip[..., block], weights.scale[..., block]
        branch = torch.relu(x @ inner) @ outer
        mapped: Tensor = skip[shape] * x + scale[shape] * branch
        return mapped

    return layer
