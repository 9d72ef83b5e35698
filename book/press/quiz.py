"""Eight questions on what readers must bring; their answers are computed."""

import math
from collections.abc import Callable
from typing import NamedTuple

import torch

__all__ = ["ITEMS", "Item"]


class Item(NamedTuple):
    """A question, the sentence that answers it, and where the book needs it first."""

    topic: str
    question: str
    answer: Callable[[], str]
    needed: str
    """A reference, in MyST."""


def matrix(*rows: list[float]) -> torch.Tensor:
    """A matrix in double precision."""
    return torch.tensor(rows, dtype=torch.float64)


def power_of_ten(value: float) -> str:
    r"""A number by its first two digits and its power of ten.

    Example:
        >>> power_of_ten(13780.6)
        '1.4 \\cdot 10^{4}'
    """
    digits, power = f"{value:.1e}".split("e")
    return rf"{digits} \cdot 10^{{{int(power)}}}"


def chain_rule() -> str:
    """Of sin(x^2) at 1."""
    return rf"$2x\cos x^2 = 2\cos 1 = {2 * math.cos(1):.2f}$."


def transposed() -> str:
    """Of (xy, x + y) at (2, 3)."""
    jacobian = matrix([3, 2], [1, 1])
    back = jacobian.T @ torch.tensor([1.0, 0.0], dtype=torch.float64)
    return (
        r"$J = \bigl(\begin{smallmatrix}3 & 2\\ 1 & 1\end{smallmatrix}\bigr)$ and "
        rf"$J^\top g = ({back[0]:.0f}, {back[1]:.0f})$, the first row of $J$."
    )


def two_sizes() -> str:
    """A matrix that stretches by 2, and whose square does not."""
    A = matrix([0, 2], [0.5, 0])
    radius = torch.linalg.eigvals(A).abs().max().item()
    stretch = torch.linalg.matrix_norm(A, ord=2).item()
    return (
        rf"${stretch:.0f}$, the largest singular value; the eigenvalues are "
        rf"$\pm{radius:.0f}$, and $A^{{100}} = (A^2)^{{50}} = I$ stretches by $1$."
    )


def powers() -> str:
    """A Jordan block of one half."""
    A = matrix([0.5, 1.5], [0, 0.5])
    left = torch.linalg.matrix_norm(torch.linalg.matrix_power(A, 100), ord=2).item()
    return (
        r"To zero: both eigenvalues are $\tfrac12$. The norm of $A^{100}$ is about "
        rf"${power_of_ten(left)}$."
    )


def orders() -> str:
    """Of a hundred factors of 1.1 and of 0.9."""
    up, down = power_of_ten(1.1**100), power_of_ten(0.9**100)
    return (
        rf"${up}$ and ${down}$. Take logarithms: $100\ln 1.1 = "
        rf"{100 * math.log(1.1):.1f}$, $100\ln 0.9 = {100 * math.log(0.9):.1f}$."
    )


def descent() -> str:
    """On 5 x^2 at rate 0.3."""
    factor = 1 - 0.3 * 10
    return (
        rf"No: $x \mapsto x - 0.3 \cdot 10x = {factor:.0f}x$, each step doubles it and "
        rf"changes its sign. It converges for rates below ${2 / 10:.1f}$."
    )


def variance() -> str:
    """Of a sum of 64 products."""
    return (
        rf"Variance $64$, standard deviation ${math.sqrt(64):.0f}$: each product has "
        "variance $1$, and variances of independent terms add."
    )


def accumulated() -> str:
    """Two backward passes without zero_grad."""
    w = torch.tensor(3.0, requires_grad=True)
    for _ in range(2):
        (w * w).backward()
    assert w.grad is not None
    return (
        f"{w.grad.item():.0f}: each call adds $2w = 6$ to `w.grad`. That is why a loop "
        "of training calls `zero_grad`."
    )


ITEMS = (
    Item(
        "Chain rule",
        r"$y = \sin(x^2)$. What is $dy/dx$ at $x = 1$?",
        chain_rule,
        "{prf:ref}`all-the-way-back`",
    ),
    Item(
        "Jacobian and transpose",
        r"$f(x, y) = (xy,\ x + y)$. What is $J$ at $(2, 3)$, and $J^\top g$ for "
        r"$g = (1, 0)$?",
        transposed,
        "{prf:ref}`all-the-way-back`",
    ),
    Item(
        "Singular values and eigenvalues",
        r"$A = \bigl(\begin{smallmatrix}0 & 2\\ 1/2 & 0\end{smallmatrix}\bigr)$. How "
        "much can $A$ stretch a vector, and how much can $A^{100}$?",
        two_sizes,
        "{prf:ref}`four-orders`",
    ),
    Item(
        "Powers of a matrix",
        r"$A = \bigl(\begin{smallmatrix}1/2 & 3/2\\ 0 & 1/2\end{smallmatrix}\bigr)$. "
        "Where does $A^n x$ go as $n$ grows?",
        powers,
        "{prf:ref}`hidden-mountain`",
    ),
    Item(
        "Orders of magnitude",
        "Without a machine, to a power of ten: $1.1^{100}$ and $0.9^{100}$?",
        orders,
        "{eq}`eq-growth-rate`",
    ),
    Item(
        "Gradient descent",
        r"Does descent on $5x^2$ with learning rate $0.3$ converge?",
        descent,
        "{prf:ref}`two-cycle`",
    ),
    Item(
        "Mean and variance",
        r"The entries of $q$ and $k$ are independent, with mean 0 and variance 1, in "
        r"64 dimensions. What are variance and standard deviation of $q^\top k$?",
        variance,
        "{prf:ref}`dot-product-variance`",
    ),
    Item(
        "PyTorch",
        "`w = torch.tensor(3.0, requires_grad=True)`; then `(w * w).backward()` twice. "
        "What is `w.grad`?",
        accumulated,
        "{prf:ref}`accumulate-then-clip`",
    ),
)
