"""Products of layer Jacobians: their factors, their action on a gradient, their growth.

A network is a sequence of layers, any callables from a tensor to a tensor.
"""

from collections.abc import Callable, Iterable

import torch
from torch import Tensor

from companion._checks import check_same_shape, check_square
from companion.linalg import euclidean_norm

__all__ = ["gradient_norms", "growth_exponents", "layer_jacobians", "point_jacobians"]


def layer_jacobians(
    layers: Iterable[Callable[[Tensor], Tensor]], x: Tensor
) -> list[Tensor]:
    r"""Jacobian of every layer, at the point where the forward pass meets it.

    .. math:: J_k = \frac{\partial x_k}{\partial x_{k-1}}, \qquad x_k = f_k(x_{k-1})

    Args:
        layers: The layers :math:`f_1, \dots, f_L` in the order they are applied, each
            from ``(m,)`` to ``(n,)``.
        x: The input :math:`x_0`, shape ``(n,)``.

    Returns:
        The Jacobians :math:`J_1, \dots, J_L`, each of shape ``(n, m)``.

    Raises:
        ValueError: `x` is not a vector.

    Source:
        Pascanu, Mikolov, Bengio (2013), "On the difficulty of training recurrent
        neural networks", the factors of eq. 5.

    Example:
        >>> import torch
        >>> layer_jacobians([torch.tanh, lambda x: 2 * x], torch.zeros(1))
        [tensor([[1.]]), tensor([[2.]])]
    """
    if x.ndim != 1:
        raise ValueError(f"x must have shape (n,), got {tuple(x.shape)}")
    jacobians = []
    for layer in layers:
        jacobians.append(torch.func.jacrev(layer)(x))
        x = layer(x)
    return jacobians


def point_jacobians(transform: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
    r"""Jacobian of a map at every point of a batch.

    .. math:: J(x)_{ij} = \frac{\partial f_i(x)}{\partial x_j}

    The map must treat every point by itself, as a flow does; then one pass backward
    for each output coordinate serves the whole batch.

    Args:
        transform: The map :math:`f`, from ``(..., d)`` to ``(..., m)``.
        x: The points, shape ``(..., d)``.

    Returns:
        The Jacobians, shape ``(..., m, d)``.

    Source:
        Griewank, Walther (2008), "Evaluating Derivatives", chapter 3: the reverse
        mode, one row at a time.

    Example:
        >>> import torch
        >>> point_jacobians(torch.square, torch.tensor([[1.0, 2.0], [0.0, 5.0]]))
        tensor([[[ 2.,  0.],
                 [ 0.,  4.]],
        <BLANKLINE>
                [[ 0.,  0.],
                 [ 0., 10.]]])
    """
    image, pullback = torch.func.vjp(transform, x)[:2]  # never the third, has_aux
    rows = []
    for i in range(image.shape[-1]):
        cotangent = torch.zeros_like(image)
        cotangent[..., i] = 1
        rows.append(pullback(cotangent)[0])
    return torch.stack(rows, dim=-2)


def gradient_norms(
    layers: Iterable[Callable[[Tensor], Tensor]], x: Tensor, cotangent: Tensor
) -> Tensor:
    r"""Norm of the gradient at every depth of a backward pass.

    .. math:: g_{k-1} = J_k^\top g_k, \qquad k = L, \dots, 1

    Each step is one vector-Jacobian product; no Jacobian is formed. The norms carry no
    gradient.

    Args:
        layers: The layers :math:`f_1, \dots, f_L` in the order they are applied, each
            from ``(...)`` to ``(...)``.
        x: The input :math:`x_0`, shape ``(...)``.
        cotangent: The gradient :math:`g_L` that enters at the output, of the output's
            shape ``(...)``.

    Returns:
        The norms :math:`\|g_0\|, \dots, \|g_L\|`, shape ``(L + 1,)``.

    Raises:
        ValueError: `cotangent` has not the shape of the output.

    Source:
        Rumelhart, Hinton, Williams (1986), "Learning representations by
        back-propagating errors", Nature 323.

    Example:
        >>> import torch
        >>> halves = [lambda x: 0.5 * x] * 3
        >>> gradient_norms(halves, torch.ones(2), torch.tensor([3.0, 4.0]))
        tensor([0.6250, 1.2500, 2.5000, 5.0000])
    """
    with torch.enable_grad():
        states = [x.detach().requires_grad_()]
        for layer in layers:
            states.append(layer(states[-1]))
    check_same_shape("cotangent", cotangent, states[-1].shape)
    # torch.func would import torch._dynamo, a second of work.
    gradients = torch.autograd.grad(
        states[-1], states, cotangent.detach(), materialize_grads=True
    )
    return torch.stack([euclidean_norm(gradient) for gradient in gradients])


def growth_exponents(factors: Iterable[Tensor]) -> Tensor:
    r"""Growth rates per factor of a matrix product, largest first.

    .. math:: J_k Q_{k-1} = Q_k R_k, \qquad
        \lambda_i = \frac{1}{L} \sum_{k=1}^{L} \log |(R_k)_{ii}|

    One QR step for each factor keeps every number near one, so a product far beyond
    the range of its dtype still has finite rates. These are the Lyapunov exponents of
    the product, estimated from :math:`L` factors.

    Args:
        factors: The matrices :math:`J_1, \dots, J_L` in the order they are applied,
            each of one shape ``(..., n, n)``; a tensor ``(L, ..., n, n)`` will do.

    Returns:
        The exponents :math:`\lambda_i`, shape ``(..., n)``. Their sum is exact; each
        alone converges as :math:`L` grows. Those of a singular factor include -inf.

    Raises:
        ValueError: `factors` is empty, or its matrices are not square and of one shape.

    Source:
        Benettin, Galgani, Giorgilli, Strelcyn (1980), "Lyapunov characteristic
        exponents for smooth dynamical systems", Meccanica 15, part 2.

    Example:
        >>> import torch
        >>> growth_exponents([2.0 * torch.eye(3)] * 1000)  # 2**1000 overflows
        tensor([0.6931, 0.6931, 0.6931])
    """
    logs: list[Tensor] = []
    frame: Tensor | None = None
    for factor in factors:
        check_square("factors", factor)
        if frame is not None:
            check_same_shape("factors", factor, frame.shape)
            factor = factor @ frame
        frame, triangle = torch.linalg.qr(factor)
        logs.append(triangle.diagonal(dim1=-2, dim2=-1).abs().log())
    if not logs:
        raise ValueError("factors must hold at least one matrix, got none")
    return torch.stack(logs).mean(dim=0).sort(descending=True).values
