"""Attention logits, their softmax and its gradient; see `attention-scaling`."""

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import rms_norm

from companion._checks import check_finite, check_floating, check_positive

__all__ = [
    "attention_logits",
    "query_gradient_norms",
    "softmax_jacobian_norm",
]


def attention_logits(
    queries: Tensor,
    keys: Tensor,
    *,
    scale: float,
    cap: float | None = None,
    normalized: bool = False,
) -> Tensor:
    r"""Inner products of queries and keys, as they enter the softmax.

    .. math:: \ell_{ij} = s\, q_i^\top k_j, \qquad
        c \tanh(\ell_{ij} / c), \qquad
        s\, \frac{d\, q_i^\top k_j}{\|q_i\|_2\, \|k_j\|_2}

    The second form holds with a cap, the third if queries and keys are normalized.

    Args:
        queries: The queries :math:`q_i`, shape ``(..., m, d)``.
        keys: The keys :math:`k_j`, shape ``(..., n, d)``.
        scale: The factor :math:`s`, often :math:`d^{-1/2}`.
        cap: The soft cap :math:`c`, or None for no cap.
        normalized: Whether each query and key is first divided by its root mean square.

    Returns:
        The logits, shape ``(..., m, n)``.

    Raises:
        ValueError: `scale` or `cap` is not positive and finite, or the last dimensions
            differ.

    Source:
        Vaswani et al. (2017), "Attention is all you need", eq. 1; Henry et al. (2020),
        "Query-key normalization for Transformers", with the root mean square for the
        norm and without the learned scale; Gemma Team (2024), "Gemma 2", section 2.

    Example:
        >>> import torch
        >>> q, k = torch.tensor([[30.0, 40.0]]), torch.tensor([[3.0, 4.0], [4.0, -3.0]])
        >>> attention_logits(q, k, scale=0.5)
        tensor([[125.,   0.]])
        >>> attention_logits(q, k, scale=0.5, normalized=True)
        tensor([[1., 0.]])
    """
    check_positive("scale", scale)
    width = queries.shape[-1]
    if keys.shape[-1] != width:
        raise ValueError(f"keys must have {width} columns, got {keys.shape[-1]}")
    if normalized:
        queries, keys = rms_norm(queries, (width,)), rms_norm(keys, (width,))
    logits = scale * (queries @ keys.mT)  # fewer products than of the queries
    if cap is None:
        return logits
    check_positive("cap", cap)
    return cap * torch.tanh(logits / cap)


def softmax_jacobian_norm(probabilities: Tensor) -> Tensor:
    r"""Spectral norm of the Jacobian of softmax, from the probabilities alone.

    .. math:: \lambda_{\max}\bigl(\operatorname{diag}(p) - p p^\top\bigr):
        \qquad \sum_i \frac{p_i}{p_i - \lambda} = 0, \quad
        p_{(2)} \le \lambda \le p_{(1)}

    The sum increases between the two largest probabilities, so that bisection finds
    its zero, to rounding even where the softmax is saturated. The result carries no
    gradient.

    Args:
        probabilities: The softmax :math:`p`, shape ``(..., n)``, :math:`n \ge 2`.

    Returns:
        The norms, shape ``(...)``, in :math:`[0, \tfrac12]`.

    Raises:
        TypeError: `probabilities` is no floating-point tensor.
        FloatingPointError: `probabilities` has an infinite or NaN entry.
        ValueError: There are fewer than two entries in a row, a negative one, or a row
            that does not sum to 1.

    Source:
        Golub (1973), "Some modified matrix eigenvalue problems": the secular
        equation of a matrix minus one of rank one, here divided by
        :math:`\lambda`.

    Example:
        >>> import torch
        >>> softmax_jacobian_norm(torch.tensor([[0.5, 0.5, 0.0], [1.0, 0.0, 0.0]]))
        tensor([0.5000, 0.0000])
    """
    check_floating("probabilities", probabilities)
    check_finite("probabilities", probabilities)
    count = probabilities.shape[-1] if probabilities.ndim else 0
    if count < 2:
        raise ValueError(f"probabilities must have two entries or more, got {count}")
    p = probabilities.detach().sort(dim=-1, descending=True).values
    rounding = 8 * count * torch.finfo(p.dtype).eps
    if (p < 0).any() or ((p.sum(dim=-1) - 1).abs() > rounding).any():
        raise ValueError("probabilities must be nonnegative and sum to 1 in each row")
    # 1 - p would lose all digits of a saturated row; the sum of the others does not.
    others = torch.cat([p[..., 1:].sum(dim=-1, keepdim=True), 1 - p[..., 1:]], dim=-1)
    spread = (p * others).amax(dim=-1)  # Gershgorin: the norm is between this and twice
    low = torch.maximum(p[..., 1], spread)
    high = torch.maximum(low, torch.minimum(p[..., 0], 2 * spread))
    for _ in range(60):
        middle = (low + high) / 2
        above = (p / (p - middle[..., None])).sum(dim=-1) > 0
        low, high = torch.where(above, low, middle), torch.where(above, middle, high)
    return (low + high) / 2


def query_gradient_norms(
    count: int, *, keys: int, dim: int, scale: float, generator: torch.Generator
) -> Tensor:
    r"""Gradient norms of one output of attention by its query, at initialization.

    .. math:: \|g\|_2, \quad g = s \sum_i c_i k_i, \qquad
        c_i = p_i \Bigl(a_i - \sum_j p_j a_j\Bigr), \quad p = \operatorname{softmax}
        (s\, q^\top k_i)

    Query, keys and the read-out values :math:`a_i` have independent standard normal
    entries. No vector of :math:`d` entries is drawn: along :math:`q` the keys are
    normal numbers :math:`z_i`, and across it :math:`\sum_i c_i k_i` is a normal vector
    of :math:`d - 1` entries and standard deviation :math:`\|c\|_2`.

    Args:
        count: How many independent draws.
        keys: The number of keys :math:`n`.
        dim: The dimension :math:`d` of query and keys, 2 or more.
        scale: The factor :math:`s` of the logits.
        generator: Where the randomness comes from.

    Returns:
        The norms, shape ``(count,)``, float64.

    Raises:
        ValueError: `count`, `keys` or `scale` is not positive and finite, or `dim` is
            less than 2.

    Source:
        The chapter `attention-scaling` derives it.

    Example:
        >>> import torch
        >>> rng = torch.Generator().manual_seed(0)
        >>> options = {"keys": 8, "dim": 10**6, "generator": rng}
        >>> query_gradient_norms(1000, scale=1e-3, **options).median() < 1
        tensor(True)
    """
    check_positive("count", count)
    check_positive("keys", keys)
    check_positive("scale", scale)
    if dim < 2:
        raise ValueError(f"dim must be 2 or more, got {dim}")
    device, dtype = generator.device, torch.float64
    z, a = torch.randn(2, count, keys, generator=generator, dtype=dtype, device=device)
    # torch samples no chi-square law from a generator of ours; numpy does.
    seed = torch.randint(2**62, (), generator=generator, device=device).item()
    squares = np.random.default_rng(int(seed)).chisquare([[dim], [dim - 1]], (2, count))
    query, across = torch.from_numpy(squares).to(device).sqrt()
    p = torch.softmax(scale * query[:, None] * z, dim=-1)
    c = p * (a - (p * a).sum(dim=-1, keepdim=True))
    along = (c * z).sum(dim=-1)
    return scale * torch.hypot(along, c.norm(dim=-1) * across)
