"""One step of Adam for networks side by side, each at a rate of its own."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor


@torch.no_grad()
def adam_step(
    weights: Mapping[str, Tensor],
    gradients: Mapping[str, Tensor],
    *,
    rates: Tensor,
    memory: dict[str, Any],
    betas: tuple[float, float] = (0.9, 0.999),
    eps: float = 1e-8,
) -> Mapping[str, Tensor]:
    r"""Move the weights in place, each network at its own learning rate.

    .. math:: m \leftarrow \beta_1 m + (1 - \beta_1) g, \quad
        v \leftarrow \beta_2 v + (1 - \beta_2) g^2, \quad
        w \leftarrow w - \frac{\eta}{1 - \beta_1^t}
        \frac{m}{\sqrt{v / (1 - \beta_2^t)} + \varepsilon}

    Args:
        weights: By name, each of shape ``(networks, ...)``.
        gradients: Of the loss, by the same names, each of shape ``(networks, ...)``.
        rates: The learning rates, shape ``(networks,)``.
        memory: What the optimizer keeps from step to step: empty at the first.
        betas: How much of the two moments stays at each step.
        eps: Added to the root, so that nothing is divided by zero.

    Returns:
        The weights that were given, moved.

    Source:
        D. P. Kingma and J. Ba, "Adam: A method for stochastic optimization",
        ICLR 2015, Algorithm 1.

    Example:
        >>> import torch
        >>> w, g = {"w": torch.zeros(2, 1)}, {"w": torch.ones(2, 1)}
        >>> rates = torch.tensor([0.1, 0.2])
        >>> adam_step(w, g, rates=rates, memory={})["w"].squeeze()
        tensor([-0.1000, -0.2000])
    """
    t = memory["t"] = memory.get("t", 0) + 1
    for name, w in weights.items():
        g, rate = gradients[name], rates.view(-1, *[1] * (w.ndim - 1))
        m, v = memory.setdefault(name, w.new_zeros(2, *w.shape))
        m.lerp_(g, 1 - betas[0])
        v.mul_(betas[1]).addcmul_(g, g, value=1 - betas[1])
        size = (v / (1 - betas[1] ** t)).sqrt_().add_(eps)
        w.sub_(rate / (1 - betas[0] ** t) * m / size)
    return weights
