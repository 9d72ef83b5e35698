"""A small U-Net whose long skips carry information, gradient, both or neither.

See the chapter `dense-connections`.
"""

import math
from typing import Literal, NamedTuple, get_args

import torch
from torch import Tensor, nn
from torch.nn import functional

from companion._checks import check_positive

__all__ = ["Drawing", "Routes", "UNet", "route_gradients"]

Skip = Literal["concat", "detached", "gradient_only", "none"]
SKIPS = get_args(Skip)


class Drawing(NamedTuple):
    """What a U-Net makes of pictures."""

    logits: Tensor
    """Of its output, shape ``(batch, 1, height, width)`` as of the pictures."""
    encoded: tuple[Tensor, ...]
    """The outputs of the encoder's levels, finest first, bottleneck last."""


class UNet(nn.Module):
    r"""Encoder, bottleneck and decoder, with a long skip at each resolution.

    Level :math:`\ell` of the encoder has two 3 x 3 convolutions with ReLU and hands
    :math:`e_\ell` to a max pool and to the skip. A level of the decoder doubles the
    resolution by a transposed 2 x 2 convolution, joins the skip by concatenation and
    has two convolutions again. A 1 x 1 convolution makes the logits. In a forward
    pass a skip delivers

    ================== ====================== =============== ============
    mode               tensor                 information     gradient
    ================== ====================== =============== ============
    ``concat``         ``e``                  yes             yes
    ``detached``       ``e.detach()``         yes             no
    ``gradient_only``  ``e - e.detach()``     no              yes
    ``none``           ``0 * e.detach()``     no              no
    ================== ====================== =============== ============

    Weights are Gaussian, of He's variance before a ReLU and of variance 1 / fan-in
    otherwise, times the square of the gain; biases are zero.

    Args:
        levels: How many times the resolution is halved.
        channels: How many channels each tensor has, at every resolution.
        skip: The mode of all skips, or one mode a level, from the finest on.
        gain: The factor of all weights.
        generator: Where the weights come from.
        dtype: Of weights and biases.

    Raises:
        ValueError: `levels`, `channels` or `gain` is not positive, a mode is none of
            the four, or there are not as many modes as levels.

    Source:
        Ronneberger, Fischer, Brox (2015), "U-Net", figure 1. Unlike theirs, the
        convolutions are padded and the number of channels is constant.
    """

    def __init__(
        self,
        levels: int,
        channels: int,
        *,
        skip: Skip | tuple[Skip, ...],
        gain: float = 1.0,
        generator: torch.Generator,
        dtype: torch.dtype = torch.float64,
    ) -> None:
        """Draw the weights."""
        super().__init__()
        for name, value in (("levels", levels), ("channels", channels), ("gain", gain)):
            check_positive(name, value)
        self.skips = (skip,) * levels if isinstance(skip, str) else skip
        if len(self.skips) != levels:
            raise ValueError(f"skip must have {levels} modes, got {len(self.skips)}")
        for mode in self.skips:
            if mode not in SKIPS:
                raise ValueError(f"skip must be one of {SKIPS}, got {mode!r}")
        c = channels
        with torch.device("meta"):  # torch's own draw of the weights is not made
            self.down = nn.ModuleList(
                _stage(1 if level == 0 else c, c) for level in range(levels + 1)
            )
            self.up = nn.ModuleList(
                nn.ConvTranspose2d(c, c, 2, stride=2) for _ in range(levels)
            )
            self.join = nn.ModuleList(_stage(2 * c, c) for _ in range(levels))
            self.head = nn.Conv2d(c, 1, 1)
        self._initialize(gain, generator, dtype)

    def forward(self, x: Tensor) -> Drawing:
        """Return the logits and what the encoder hands down and across."""
        encoded: list[Tensor] = []
        for level in range(len(self.down)):
            x = self.encode(x, level)
            encoded.append(x)
        return Drawing(self._decode(encoded), tuple(encoded))

    def encode(self, x: Tensor, level: int) -> Tensor:
        """Run the encoder's stage of one level, after the pool that precedes it."""
        stage = self.down[level]
        out: Tensor = stage(functional.max_pool2d(x, 2) if level else x)
        return out

    def finish(
        self, e: Tensor, skipped: Tensor, finer: list[Tensor], *, level: int
    ) -> Tensor:
        """Run the rest from the output of a level, given apart to pool and skip."""
        tensors = [*finer, skipped]
        for deeper in range(level + 1, len(self.down)):
            e = self.encode(e, deeper)
            tensors.append(e)
        return self._decode(tensors)

    def _decode(self, encoded: list[Tensor]) -> Tensor:
        y = encoded[-1]  # the bottleneck has no skip
        for each in reversed(range(len(self.up))):
            through = _pass(encoded[each], self.skips[each])
            y = self.join[each](torch.cat([self.up[each](y), through], dim=1))
        logits: Tensor = self.head(y)
        return logits

    def _initialize(
        self, gain: float, generator: torch.Generator, dtype: torch.dtype
    ) -> None:
        like = torch.empty(0, dtype=dtype, device=generator.device)
        for layer in self.modules():
            if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d):
                plain = layer is self.head or isinstance(layer, nn.ConvTranspose2d)
                # A transposed 2 x 2 convolution of stride 2 sees one pixel.
                pixels = 1 if plain else math.prod(layer.kernel_size)
                fan_in = layer.in_channels * pixels
                std = gain * math.sqrt((1 if plain else 2) / fan_in)
                # To fill meta tensors torch would import sympy, half a second.
                weight = like.new_empty(layer.weight.shape)
                weight.normal_(0, std, generator=generator)
                layer.weight = nn.Parameter(weight)
                layer.bias = nn.Parameter(like.new_zeros(layer.out_channels))


class Routes(NamedTuple):
    """A gradient at the output of an encoder level, and its two parts."""

    total: Tensor
    """The gradient, shape ``(batch, channels, height, width)``."""
    skip: Tensor
    """The part that comes back over the level's own skip, of the same shape."""
    long: Tensor
    """The part that comes back through the pool, of the same shape."""


def route_gradients(unet: UNet, x: Tensor, *, level: int, cotangent: Tensor) -> Routes:
    r"""Split the gradient at an encoder level by the way it takes.

    .. math:: \frac{\partial L}{\partial e_\ell}
        = g^{\text{skip}}_\ell + g^{\text{long}}_\ell

    The tensor :math:`e_\ell` has two consumers. The parts are the gradients by two
    copies of it, one for each; the total is computed with a single copy.

    Args:
        unet: The network.
        x: Pictures, shape ``(batch, 1, height, width)``.
        level: The level :math:`\ell`, 0 for the finest, the number of levels for
            the bottleneck, which has no skip.
        cotangent: Gradient of the loss by the logits, shape
            ``(batch, 1, height, width)``.

    Returns:
        The gradient and its two parts.

    Raises:
        ValueError: `level` is not from zero to the number of levels.

    Source:
        The chain rule; the chapter `dense-connections`.

    Example:
        >>> import torch
        >>> rng = torch.Generator().manual_seed(0)
        >>> net = UNet(2, 3, skip="concat", generator=rng)
        >>> x = torch.randn(1, 1, 8, 8, generator=rng, dtype=torch.float64)
        >>> routes = route_gradients(net, x, level=0, cotangent=torch.ones_like(x))
        >>> torch.allclose(routes.total, routes.skip + routes.long)
        True
    """
    if not 0 <= level < len(unet.down):
        raise ValueError(f"level must be from 0 to {len(unet.up)}, got {level}")
    finer: list[Tensor] = []
    e = x
    for each in range(level + 1):
        e = unet.encode(e, each).detach()
        finer.append(e)
    finer.pop()
    whole, skipped, pooled = (e.clone().requires_grad_() for _ in range(3))

    def pull(logits: Tensor, *leaves: Tensor) -> tuple[Tensor, ...]:
        return torch.autograd.grad(
            (logits * cotangent).sum(), leaves, materialize_grads=True
        )

    (total,) = pull(unet.finish(whole, whole, finer, level=level), whole)
    if level == len(unet.up):
        return Routes(total, torch.zeros_like(total), total)
    logits = unet.finish(pooled, skipped, finer, level=level)
    return Routes(total, *pull(logits, skipped, pooled))


def _stage(inputs: int, outputs: int) -> nn.Sequential:
    first = nn.Conv2d(inputs, outputs, 3, padding=1)
    second = nn.Conv2d(outputs, outputs, 3, padding=1)
    return nn.Sequential(first, nn.ReLU(), second, nn.ReLU())


def _pass(e: Tensor, mode: Skip) -> Tensor:
    """What a skip delivers: its value is the information, its slope the gradient."""
    if mode == "concat":
        return e
    still = e.detach()
    if mode == "detached":
        return still
    return e - still if mode == "gradient_only" else torch.zeros_like(still)
