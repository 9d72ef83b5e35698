"""Pictures: handwritten digits, and thin curves among specks."""

import functools
import math
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from companion._checks import check_positive


class Digits(NamedTuple):
    """Handwritten digits, divided into those to learn from and those to test on."""

    images: Tensor
    """Training images, shape ``(1437, 1, 8, 8)``, float32."""
    labels: Tensor
    """Their digits, shape ``(1437,)``, int64."""
    test_images: Tensor
    """Test images, shape ``(360, 1, 8, 8)``, float32."""
    test_labels: Tensor
    """Their digits, shape ``(360,)``, int64."""


def digits(*, generator: torch.Generator) -> Digits:
    """Load 1,797 handwritten digits of 8 x 8 pixels, divided at random.

    The grey values are shifted and scaled to mean zero and variance one over all
    pixels of all images. The data come with the companion; nothing is downloaded.

    Args:
        generator: Where the division into training and test set comes from.

    Returns:
        Images and labels of both sets.

    Source:
        Alpaydin, Kaynak (1998), "Optical recognition of handwritten digits", UCI
        Machine Learning Repository, its test set, under CC BY 4.0.

    Example:
        >>> import torch
        >>> digits(generator=torch.Generator().manual_seed(0)).images.shape
        torch.Size([1437, 1, 8, 8])
    """
    images, labels = (part.to(generator.device) for part in _all_digits())
    order = torch.randperm(len(images), generator=generator, device=images.device)
    train, test = order[:1437], order[1437:]
    return Digits(images[train], labels[train], images[test], labels[test])


@functools.cache
def _all_digits() -> tuple[Tensor, Tensor]:
    """Images and labels in the order of the file."""
    with np.load(Path(__file__).with_name("digits.npz")) as file:
        pixels, labels = map(torch.from_numpy, (file["images"], file["labels"]))
    images = pixels.float().unsqueeze(1)
    images = (images - images.mean()) / images.std(correction=0)
    return images, labels.long()


class Curves(NamedTuple):
    """Noisy pictures of thin curves, and which pixels the curves go through."""

    images: Tensor
    """The pictures, shape ``(count, 1, size, size)``, float32."""
    masks: Tensor
    """One on the curves, zero elsewhere, shape ``(count, 1, size, size)``, float32."""


def thin_curves(count: int, *, size: int, generator: torch.Generator) -> Curves:
    r"""Pictures of two thin curves under noise, with bright specks to be ignored.

    .. math:: y = c + a \sin(\omega x + \varphi)

    Each curve has its own :math:`a, c, \omega, \varphi` and is one pixel wide; half
    of the pictures are transposed. Three pixels in a hundred are specks as bright as
    a curve, and every pixel has Gaussian noise of standard deviation 0.3.

    Args:
        count: How many pictures.
        size: How many pixels a side has.
        generator: Where the randomness comes from.

    Returns:
        The pictures and the masks of their curves.

    Raises:
        ValueError: `count` or `size` is not positive.

    Source:
        Made for the chapter `dense-connections`.

    Example:
        >>> import torch
        >>> thin_curves(5, size=24, generator=torch.Generator().manual_seed(0))[0].shape
        torch.Size([5, 1, 24, 24])
    """
    check_positive("count", count)
    check_positive("size", size)
    device = generator.device
    draw = torch.rand(4, count, 2, 1, generator=generator, device=device)
    amplitude, centre = size * (0.05 + 0.2 * draw[0]), size * (0.25 + 0.5 * draw[1])
    across = torch.arange(size, device=device) / size
    angle = math.pi * (1 + 2 * draw[2]) * across + 2 * math.pi * draw[3]
    rows = (centre + amplitude * angle.sin()).round().long().clamp(0, size - 1)
    masks = functional.one_hot(rows, size).amax(dim=1).float()  # (count, x, y)
    turned = torch.rand(count, 1, 1, generator=generator, device=device) < 0.5
    masks = torch.where(turned, masks, masks.transpose(1, 2)).unsqueeze(1)
    specks = torch.rand(masks.shape, generator=generator, device=device) < 0.03
    noise = 0.3 * torch.randn(masks.shape, generator=generator, device=device)
    return Curves(torch.maximum(masks, specks.float()) + noise, masks)
