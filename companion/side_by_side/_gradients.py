"""Losses of networks side by side, and the gradient at each block."""

import torch
from torch import Tensor
from torch.nn import functional

from companion.side_by_side._networks import Recurrent, Stack


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
        >>> from companion.side_by_side import Block, Stack
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
