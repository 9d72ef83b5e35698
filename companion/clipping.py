"""Gradient clipping by norm, by value and by sample; see the chapter of that name.

A gradient is a tensor, or a tree of tensors: a list, tuple or dict of them, nested as
you like, such as `torch.func.grad` returns for a dict of parameters.
"""

import functools
import math
from typing import Any, Generic, NamedTuple, TypeVar

import torch
from torch import Tensor

# torch.func itself walks its arguments with this module, and its four functions below
# have not changed since torch 2.3; there is no public name in the torch we support.
from torch.utils import _pytree as pytree

from companion._checks import check_finite, check_floating, check_positive

__all__ = [
    "Clipped",
    "clip_by_norm",
    "clip_by_value",
    "clip_per_sample",
    "gaussian_clipping_cosine",
]

Tree = TypeVar("Tree")


class Clipped(NamedTuple, Generic[Tree]):
    """A clipped gradient, together with what clipping did to it."""

    gradient: Tree
    """What is left of the gradient, with its tree, shapes, dtypes and devices."""
    norm: Tensor
    """Global norm before clipping, shape ``()``, or ``(B,)`` for ``B`` samples; inf
    where its dtype cannot hold it, although the clipped gradient is right even then."""
    scale: Tensor
    """The factor applied, of the shape of `norm`; exactly 1 if nothing was clipped."""


def clip_by_norm(gradient: Tree, *, threshold: float) -> Clipped[Tree]:
    r"""Shorten a gradient to at most a given norm, keeping its direction.

    .. math:: \hat g = g \min\!\Bigl(1, \frac{\theta}{\|g\|_2}\Bigr)

    The norm is global: all tensors of a tree count as one long vector. It is computed
    in the widest dtype among them, float32 at least, and no square overflows.

    Args:
        gradient: The gradient :math:`g`, a tensor of shape ``(...)`` or a tree of
            them, floating point, on one device.
        threshold: The largest norm :math:`\theta` let through.

    Returns:
        The clipped gradient, its norm before clipping and the factor applied.

    Raises:
        ValueError: `threshold` is not positive and finite, or `gradient` has no entry.
        TypeError: `gradient` holds something else than floating-point tensors.
        FloatingPointError: `gradient` has an infinite or NaN entry, so no direction.
            The check looks at values: under `torch.func.vmap` use `clip_per_sample`.

    Source:
        Pascanu, Mikolov, Bengio (2013), "On the difficulty of training recurrent
        neural networks", Algorithm 1. Unlike `torch.nn.utils.clip_grad_norm_`, it
        works out of place and adds no epsilon: the clipped norm is `threshold`.

    Example:
        >>> import torch
        >>> clip_by_norm(torch.tensor([3.0, 4.0]), threshold=1.0).gradient
        tensor([0.6000, 0.8000])
        >>> clip_by_norm(torch.tensor([3.0, 4.0]), threshold=9.0).scale  # short enough
        tensor(1.)
        >>> tree = {"weight": torch.tensor([[3.0]]), "bias": torch.tensor([4.0])}
        >>> clip_by_norm(tree, threshold=1.0).gradient
        {'weight': tensor([[0.6000]]), 'bias': tensor([0.8000])}
    """
    check_positive("threshold", threshold)
    leaves, structure = _checked_leaves("gradient", gradient)
    return _clip(leaves, structure, (), threshold)


def clip_by_value(gradient: Tree, *, threshold: float | Tensor) -> Tree:
    r"""Cut every entry of a gradient to an interval, which may turn its direction.

    .. math:: \hat g_i = \max(-\tau, \min(g_i, \tau))

    Args:
        gradient: The gradient :math:`g`, a tensor of shape ``(...)`` or a tree of
            them, floating point.
        threshold: The largest magnitude :math:`\tau` of an entry let through: a
            number, or a tensor of shape ``(...)`` that broadcasts to each tensor's.

    Returns:
        The clipped gradient, with the tree, shapes, dtypes and devices of the one
        given.

    Raises:
        ValueError: `threshold` is not positive and finite or does not broadcast to a
            tensor of `gradient`, or `gradient` has no entry.
        TypeError: `gradient` holds something else than floating-point tensors.
        FloatingPointError: `gradient` has an infinite or NaN entry.

    Source:
        Mikolov (2012), "Statistical language models based on neural networks", PhD
        thesis, Brno. Unlike `torch.nn.utils.clip_grad_value_`, it works out of place
        and lets no infinite or NaN entry pass.

    Example:
        >>> import torch
        >>> clip_by_value(torch.tensor([3.0, -0.5]), threshold=1.0)
        tensor([ 1.0000, -0.5000])
    """
    check_positive("threshold", threshold)
    leaves, structure = _checked_leaves("gradient", gradient)
    place = leaves[0].device
    limit = torch.as_tensor(threshold, dtype=torch.float64, device=place)
    cut = [_cut(leaf, limit) for leaf in leaves]
    clipped: Tree = pytree.tree_unflatten(cut, structure)
    return clipped


def clip_per_sample(gradients: Tree, *, threshold: float | Tensor) -> Clipped[Tree]:
    r"""Clip the gradient of every sample by its own global norm.

    .. math:: \hat g_b = g_b \min\!\Bigl(1, \frac{\theta_b}{\|g_b\|_2}\Bigr),
        \qquad b = 1, \dots, B

    The samples may also be replicates of a network, trained side by side.

    Args:
        gradients: The gradients :math:`g_1, \dots, g_B`, a tensor of shape
            ``(B, ...)`` or a tree of them, floating point, on one device, such as
            ``torch.func.vmap(torch.func.grad(loss))`` returns.
        threshold: The largest norm :math:`\theta` let through, shape ``()`` for one
            that holds for all samples, or ``(B,)`` for one each.

    Returns:
        The clipped gradients, their norms before clipping and the factors applied.

    Raises:
        ValueError: `threshold` is not positive and finite or of another shape, or
            `gradients` have no entry or different leading dimensions.
        TypeError: `gradients` hold something else than floating-point tensors.
        FloatingPointError: `gradients` have an infinite or NaN entry.

    Source:
        Abadi et al. (2016), "Deep learning with differential privacy", Algorithm 1,
        without its noise and before its mean.

    Example:
        >>> import torch
        >>> pair = torch.tensor([[3.0, 4.0], [0.3, 0.4]])
        >>> clip_per_sample(pair, threshold=1.0).gradient
        tensor([[0.6000, 0.8000],
                [0.3000, 0.4000]])
    """
    check_positive("threshold", threshold)
    leaves, structure = _checked_leaves("gradients", gradients)
    leading = {leaf.shape[:1] for leaf in leaves}
    batch = leading.pop()
    if leading or not batch:
        shapes = [tuple(leaf.shape) for leaf in leaves]
        raise ValueError(f"gradients must share a leading dimension, got {shapes}")
    if isinstance(threshold, Tensor) and threshold.shape not in ((), batch):
        wrong = tuple(threshold.shape)
        raise ValueError(f"threshold must have shape () or {tuple(batch)}, got {wrong}")
    return _clip(leaves, structure, batch, threshold)


def gaussian_clipping_cosine(ratio: Tensor) -> Tensor:
    r"""Cosine by which value clipping turns a Gaussian vector, as its length grows.

    .. math:: \cos(a) = \frac{\operatorname{erf}(a / \sqrt 2)}
        {\sqrt{\operatorname{erf}(a / \sqrt 2) - 2 a \varphi(a)
        + 2 a^2 (1 - \Phi(a))}}, \qquad a = \tau / \sigma

    The numerator is :math:`E[z \, c(z)]` and the radicand :math:`E[c(z)^2]` for a
    standard normal :math:`z` clipped to :math:`c(z) \in [-a, a]`. As
    :math:`a \to 0` the cosine falls to :math:`\sqrt{2 / \pi}`.

    Args:
        ratio: Threshold over standard deviation :math:`a`, shape ``(...)``, float32 or
            float64.

    Returns:
        The cosines, shape ``(...)``, in :math:`[\sqrt{2 / \pi}, 1]`.

    Raises:
        TypeError: `ratio` is no floating-point tensor.
        ValueError: `ratio` is not positive and finite.

    Source:
        The chapter `gradient-clipping` derives it.

    Example:
        >>> import torch
        >>> gaussian_clipping_cosine(torch.tensor([1e-6, 1.0, 4.0]))
        tensor([0.7979, 0.9503, 1.0000])
    """
    check_floating("ratio", ratio)
    check_positive("ratio", ratio)
    # At these ends the limits hold to rounding, and the squares are still in range.
    eps = torch.finfo(ratio.dtype).eps
    a = ratio.clamp(eps**2, 1 / eps)
    # erf(a/sqrt 2) - 2 a phi(a) cancels for small a; it is P(chi2 with 3 degrees of
    # freedom < a^2), and the incomplete gamma function has no such loss.
    inside = torch.special.gammainc(torch.full_like(a, 1.5), a**2 / 2)
    outside = a**2 * torch.special.erfc(a / math.sqrt(2))
    cosine: Tensor = torch.special.erf(a / math.sqrt(2)) / (inside + outside).sqrt()
    return cosine


def _checked_leaves(name: str, tree: object) -> tuple[list[Tensor], pytree.TreeSpec]:
    """Flatten a tree of finite floating-point tensors with at least one entry."""
    paths, structure = pytree.tree_flatten_with_path(tree)
    for path, leaf in paths:
        check_floating(name + pytree.keystr(path), leaf)
        check_finite(name + pytree.keystr(path), leaf)
    leaves = [leaf for _, leaf in paths]
    if not any(leaf.numel() for leaf in leaves):
        raise ValueError(f"{name} must have at least one entry, got {tree!r}")
    return leaves, structure


def _cut(leaf: Tensor, threshold: Tensor) -> Tensor:
    """Clip one tensor by a threshold for each entry, or by one for all."""
    try:
        # A threshold beyond the dtype's range becomes inf, and clips nothing.
        limit = threshold.to(leaf).broadcast_to(leaf.shape)
    except RuntimeError:
        raise ValueError(
            f"threshold must broadcast to {tuple(leaf.shape)}, "
            f"got shape {tuple(threshold.shape)}"
        ) from None
    return leaf.clamp(-limit, limit)


def _clip(
    leaves: list[Tensor],
    structure: pytree.TreeSpec,
    batch: tuple[int, ...],
    threshold: float | Tensor,
) -> Clipped[Any]:
    """Join the leaves to one long vector per sample, clip it, take it apart again."""
    dtype = functools.reduce(
        torch.promote_types, (leaf.dtype for leaf in leaves), torch.float32
    )
    vectors = torch.cat([leaf.reshape(*batch, -1).to(dtype) for leaf in leaves], dim=-1)
    limit = torch.as_tensor(threshold, dtype=dtype, device=vectors.device)
    clipped, norm, scale = _shorten(vectors, limit)
    sizes = [leaf.numel() // math.prod(batch) for leaf in leaves]
    pairs = zip(torch.split(clipped, sizes, dim=-1), leaves, strict=True)
    parts = [part.reshape(leaf.shape).to(leaf.dtype) for part, leaf in pairs]
    return Clipped(pytree.tree_unflatten(parts, structure), norm, scale)


def _shorten(x: Tensor, limit: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Clip along the last dimension; return the clipped `x`, its norm and the scale.

    Branch-free on values. Neither the squares nor the norm nor the scale need to be
    within range: `x` is divided by its largest magnitude, never by its norm.
    """
    largest = x.detach().abs().amax(dim=-1)
    unit = torch.where(largest > 0, largest, 1.0)
    scaled = x / unit.unsqueeze(-1)
    length = torch.linalg.vector_norm(scaled, dim=-1)
    norm = unit * length
    over = norm > limit
    shrink = limit / torch.where(over, length, 1.0)
    clipped = torch.where(over.unsqueeze(-1), scaled * shrink.unsqueeze(-1), x)
    return clipped, norm, torch.where(over, shrink / unit, 1.0)
