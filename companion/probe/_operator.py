"""A Jacobian for those who have SciPy."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from companion.matrix_free import jacobian_products

if TYPE_CHECKING:
    from scipy.sparse.linalg import LinearOperator


def linear_operator(network: Callable[[Tensor], Tensor], x: Tensor) -> "LinearOperator":
    r"""The Jacobian of a map as a SciPy operator, for those who have SciPy.

    Args:
        network: The map :math:`f`, from the shape ``(...)`` of `x` to any shape.
        x: Where to differentiate, shape ``(...)``.

    Returns:
        An operator of shape ``(m, n)`` on flattened vectors; it multiplies by the
        Jacobian and by its transpose, so ``scipy.sparse.linalg.svds`` takes it.

    Source:
        SciPy's reference, ``scipy.sparse.linalg.LinearOperator``.

    Example:
        >>> import torch
        >>> operator = linear_operator(lambda x: 2 * x[:2], torch.zeros(3))
        >>> operator.shape, operator.T @ [1.0, 1.0]
        ((2, 3), array([2., 2., 0.], dtype=float32))
    """
    from scipy.sparse.linalg import LinearOperator

    products = jacobian_products(network, x)
    output = products.output

    def apply(
        product: Callable[[Tensor], Tensor], like: Tensor
    ) -> Callable[..., object]:
        def multiply(vector: object) -> object:
            given = torch.as_tensor(vector, dtype=like.dtype, device=like.device)
            return product(given.reshape(like.shape)).detach().flatten().cpu().numpy()

        return multiply

    return LinearOperator(
        shape=(output.numel(), x.numel()),
        matvec=apply(products.push, x),
        rmatvec=apply(products.pull, output),
        dtype=x.detach().cpu().numpy().dtype,
    )
