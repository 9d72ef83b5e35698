"""Deep tanh networks of one shape, side by side: one call trains a whole experiment."""

from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

from companion._checks import check_positive, check_square
from companion.matrix_free import leading_exponents

__all__ = [
    "TanhNetworks",
    "hidden_states",
    "mean_growth_rates",
    "read_out",
    "tanh_networks",
    "train_classifiers",
]


class TanhNetworks(NamedTuple):
    r"""Networks :math:`x_k = \tanh(x_{k-1} W_k)` between an entry and an exit."""

    entry: Tensor
    """From an input to :math:`x_0`, shape ``(m, inputs, n)``."""
    layers: Tensor
    """The weights :math:`W_1, \\dots, W_L`, shape ``(m, L, n, n)``."""
    exit: Tensor
    """From :math:`x_L` to the scores of the classes, shape ``(m, n, outputs)``."""


def tanh_networks(
    layers: Tensor, *, inputs: int, outputs: int, generator: torch.Generator
) -> TanhNetworks:
    r"""Put one random entry and one random exit around the layers of each network.

    All networks get the same entry and the same exit, with entries of variance one
    over the fan-in: only their layers can make a difference.

    Args:
        layers: The weights of :math:`m` networks, shape ``(m, L, n, n)``.
        inputs: How many numbers a network reads.
        outputs: How many classes it scores.
        generator: Where entry and exit come from.

    Returns:
        The networks.

    Raises:
        ValueError: `layers` has another shape, `inputs` or `outputs` is not positive.

    Source:
        Made for the chapter `jacobian-products`.

    Example:
        >>> import torch
        >>> rng = torch.Generator().manual_seed(0)
        >>> tanh_networks(torch.eye(5).repeat(2, 9, 1, 1), inputs=3, outputs=4,
        ...               generator=rng).entry.shape
        torch.Size([2, 3, 5])
    """
    check_square("layers", layers)
    if layers.ndim != 4:
        raise ValueError(
            f"layers must be (m, L, n, n), got shape {tuple(layers.shape)}"
        )
    check_positive("inputs", inputs)
    check_positive("outputs", outputs)
    count, _, width, _ = layers.shape

    def shared(rows: int, columns: int) -> Tensor:
        normal = torch.randn(
            rows,
            columns,
            generator=generator,
            dtype=layers.dtype,
            device=generator.device,
        )
        return normal.div(rows**0.5).repeat(count, 1, 1)

    return TanhNetworks(shared(inputs, width), layers, shared(width, outputs))


def hidden_states(networks: TanhNetworks, x: Tensor) -> list[Tensor]:
    r"""States of all networks at every depth.

    Args:
        networks: The :math:`m` networks.
        x: The inputs, shape ``(b, inputs)``, the same for all networks.

    Returns:
        The states :math:`x_0, \dots, x_L`, each of shape ``(m, b, n)``.

    Source:
        Poole et al. (2016), "Exponential expressivity in deep neural networks through
        transient chaos", eq. 1, without biases.

    Example:
        >>> import torch
        >>> eye = torch.eye(2)[None]
        >>> one = TanhNetworks(eye, torch.zeros(1, 3, 2, 2), eye)
        >>> [float(h.sum()) for h in hidden_states(one, torch.ones(1, 2))]
        [2.0, 0.0, 0.0, 0.0]
    """
    states = [x @ networks.entry]
    for weights in networks.layers.unbind(1):
        states.append(torch.tanh(states[-1] @ weights))
    return states


def read_out(networks: TanhNetworks, x: Tensor) -> Tensor:
    """Scores that the networks give to the classes.

    Args:
        networks: The :math:`m` networks.
        x: The inputs, shape ``(b, inputs)``, the same for all networks.

    Returns:
        The scores, shape ``(m, b, outputs)``; the largest is the answer.

    Source:
        Made for the chapter `jacobian-products`.

    Example:
        >>> import torch
        >>> eye = torch.eye(2)[None]
        >>> one = TanhNetworks(eye, torch.zeros(1, 3, 2, 2), eye)
        >>> read_out(one, torch.ones(1, 2))
        tensor([[[0., 0.]]])
    """
    return hidden_states(networks, x)[-1] @ networks.exit


def mean_growth_rates(
    networks: TanhNetworks, x: Tensor, *, generator: torch.Generator
) -> Tensor:
    r"""Leading growth rate of the layers of each network, the mean over inputs.

    Args:
        networks: The :math:`m` networks.
        x: The inputs, shape ``(b, inputs)``.
        generator: Where the first tangents come from.

    Returns:
        The rates per layer, natural logarithms, shape ``(m,)``.

    Source:
        `matrix_free.leading_exponents`, with one tangent for each input.

    Example:
        >>> import torch
        >>> rng = torch.Generator().manual_seed(0)
        >>> halves = 0.5 * torch.eye(3).repeat(1, 8, 1, 1)
        >>> nets = tanh_networks(halves, inputs=2, outputs=2, generator=rng)
        >>> mean_growth_rates(nets, torch.zeros(4, 2), generator=rng)
        tensor([-0.6931])
    """
    layers = [
        lambda h, W=weights: torch.tanh(h @ W) for weights in networks.layers.unbind(1)
    ]
    rates = leading_exponents(layers, x @ networks.entry, count=1, generator=generator)
    return rates.mean(dim=(1, 2))


def train_classifiers(
    networks: TanhNetworks,
    x: Tensor,
    *,
    labels: Tensor,
    learning_rate: float | Tensor,
    steps: int,
    batch: int,
    generator: torch.Generator,
    epsilon: float | None = None,
) -> TanhNetworks:
    r"""Train each network to name the classes; all read the same batches.

    .. math:: W \leftarrow W - \eta \nabla_W \ell \qquad\text{or}\qquad
        W \leftarrow W - \eta\, \hat m / (\sqrt{\hat v} + \epsilon)

    Plain gradient descent on the cross-entropy of random batches or, if `epsilon` is
    given, Adam with the decay rates 0.9 and 0.999. No network sees another one.

    Args:
        networks: The :math:`m` networks; they are not changed.
        x: The inputs, shape ``(b, inputs)``.
        labels: Their classes, shape ``(b,)``, int64.
        learning_rate: The rate :math:`\eta`, one for all or shape ``(m,)``.
        steps: How many steps; zero returns the networks as they are.
        batch: How many inputs a step reads.
        generator: Where the batches come from.
        epsilon: None for gradient descent, a positive number :math:`\epsilon` for Adam.

    Returns:
        The trained networks.

    Raises:
        ValueError: `learning_rate`, `epsilon` or `batch` is not positive and finite.

    Source:
        Kingma, Ba (2015), "Adam: a method for stochastic optimization", Algorithm 1.

    Example:
        >>> import torch
        >>> rng = torch.Generator().manual_seed(0)
        >>> nets = tanh_networks(torch.eye(2).repeat(1, 3, 1, 1), inputs=2, outputs=2,
        ...                      generator=rng)
        >>> x, labels = torch.eye(2), torch.tensor([0, 1])
        >>> nets = train_classifiers(nets, x, labels=labels, learning_rate=0.3,
        ...                          steps=200, batch=8, generator=rng)
        >>> read_out(nets, x).argmax(dim=-1)
        tensor([[0, 1]])
    """
    check_positive("learning_rate", learning_rate)
    check_positive("batch", batch)
    if epsilon is not None:
        check_positive("epsilon", epsilon)
    count, depth = networks.layers.shape[:2]
    rate = torch.as_tensor(learning_rate, dtype=x.dtype, device=x.device)
    rate = rate.expand(count).reshape(count, 1, 1)
    # A slice for each layer: the gradient of one tensor would be added up L times.
    weights = [networks.entry, *networks.layers.unbind(1), networks.exit]
    first = [torch.zeros_like(w) for w in weights]
    second = [torch.zeros_like(w) for w in weights]
    for step in range(1, steps + 1):
        weights = [w.detach().requires_grad_() for w in weights]
        rows = torch.randint(
            len(x), (batch,), generator=generator, device=generator.device
        )
        h = x[rows] @ weights[0]
        for w in weights[1:-1]:
            h = torch.tanh(h @ w)
        scores = (h @ weights[-1]).flatten(0, 1)
        loss = functional.cross_entropy(scores, labels[rows].repeat(count)) * count
        moves = list(torch.autograd.grad(loss, weights))
        if epsilon is not None:
            bias, spread = 1 - 0.9**step, (1 - 0.999**step) ** 0.5
            for k, gradient in enumerate(moves):
                first[k].lerp_(gradient, 0.1)
                second[k].lerp_(gradient.square(), 0.001)
                size = second[k].sqrt().div_(spread).add_(epsilon)
                moves[k] = (first[k] / size).div_(bias)
        weights = [w.detach() - rate * u for w, u in zip(weights, moves, strict=True)]
    return TanhNetworks(
        weights[0], torch.stack(weights[1 : depth + 1], dim=1), weights[-1]
    )
