"""Gated recurrence: a gated cell and its Jacobian, what a gate does to eigenvalues.

A gate keeps a share of the old state and writes the rest; see the chapter of that name.
"""

import copy
import math
from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor, nn

# torch.func.jacrev would import torch._dynamo, a second of work.
from torch.autograd.functional import jacobian

from companion._checks import check_same_shape, check_square

__all__ = [
    "GatedJacobian",
    "chrono_init_",
    "critical_gate",
    "gate_eigenvalues",
    "gated_jacobian",
    "gated_step",
    "input_gradient_profile",
]


class GatedJacobian(NamedTuple):
    """The Jacobian of a gated step in its three terms, each ``(n, n)``."""

    carry: Tensor
    """The diagonal matrix of the gate, the share of the old state that is kept."""
    candidate: Tensor
    """The ungated network's Jacobian, scaled by one minus the gate."""
    gate: Tensor
    """What the gate's own response adds; zero if it does not see the state."""


def gated_step(
    h: Tensor, W: Tensor, *, gate: Callable[[Tensor], Tensor], drive: Tensor
) -> Tensor:
    r"""One step of the gated network, for any gate.

    .. math:: h' = z(h) \odot h + (1 - z(h)) \odot \tanh(W h + a)

    Args:
        h: The state :math:`h`, shape ``(..., n)``.
        W: The recurrent matrix :math:`W`, shape ``(n, n)``.
        gate: The map :math:`z` from a state ``(..., n)`` to gates in [0, 1] that
            broadcast with it: a constant, a function of the input or of the state.
        drive: What bias and input add, :math:`a`, shape ``(..., n)``.

    Returns:
        The next state :math:`h'`, shape ``(..., n)``.

    Raises:
        ValueError: `W` is not square.

    Source:
        Cho et al. (2014), "Learning phrase representations using RNN encoder-decoder
        for statistical machine translation", eqs. 7 and 8, without the reset gate.

    Example:
        >>> import torch
        >>> h, zero = torch.ones(2), torch.zeros(2)
        >>> gated_step(h, torch.eye(2), gate=lambda h: 0 * h + 1, drive=zero)
        tensor([1., 1.])
    """
    check_square("W", W)
    z = gate(h)
    return z * h + (1 - z) * torch.tanh(h @ W.T + drive)


def gated_jacobian(
    h: Tensor, W: Tensor, *, gate: Callable[[Tensor], Tensor], drive: Tensor
) -> GatedJacobian:
    r"""Jacobian of `gated_step`, term by term.

    .. math:: J = D(z) + D\bigl((1 - z) \odot (1 - c^2)\bigr) W
        + D(h - c)\, \frac{\partial z}{\partial h}, \qquad c = \tanh(W h + a)

    where :math:`D(v)` is the diagonal matrix of a vector. The terms carry no gradient.

    Args:
        h: The state :math:`h`, shape ``(n,)``.
        W: The recurrent matrix :math:`W`, shape ``(n, n)``.
        gate: The map :math:`z` from a state ``(n,)`` to gates ``(n,)``.
        drive: What bias and input add, :math:`a`, shape ``(n,)``.

    Returns:
        The three terms; their sum is the Jacobian.

    Raises:
        ValueError: `h` is not a vector, or `W` is not ``(n, n)``.

    Source:
        The product rule; the chapter `gated-recurrence` derives it.

    Example:
        >>> import torch
        >>> h, W = torch.zeros(1), torch.full((1, 1), 3.0)
        >>> terms = gated_jacobian(h, W, gate=torch.sigmoid, drive=h)
        >>> terms.carry, terms.candidate, terms.gate
        (tensor([[0.5000]]), tensor([[1.5000]]), tensor([[0.]]))
    """
    if h.ndim != 1:
        raise ValueError(f"h must have shape (n,), got {tuple(h.shape)}")
    check_same_shape("W", W, (len(h), len(h)))
    slope: Tensor = jacobian(gate, h)  # type: ignore[no-untyped-call]
    with torch.no_grad():
        z, c = gate(h), torch.tanh(W @ h + drive)
        candidate = ((1 - z) * (1 - c.square()))[:, None] * W
        return GatedJacobian(torch.diag(z), candidate, (h - c)[:, None] * slope)


def gate_eigenvalues(eigenvalues: Tensor, z: Tensor) -> Tensor:
    r"""Slide eigenvalues towards one, as a gate common to all units does.

    .. math:: \mu = z + (1 - z)\,\lambda

    Args:
        eigenvalues: Eigenvalues :math:`\lambda` of the ungated Jacobian, real or
            complex, shape ``(...)``.
        z: The gate, in [0, 1], of a shape ``(...)`` that broadcasts.

    Returns:
        The eigenvalues of :math:`z I + (1 - z) J`, of the broadcast shape.

    Raises:
        ValueError: A gate is outside [0, 1] or NaN.

    Source:
        The spectral mapping theorem for a polynomial of degree one.

    Example:
        >>> import torch
        >>> gate_eigenvalues(torch.tensor([3.0, 1.0, -1.0]), torch.tensor(0.5))
        tensor([2., 1., 0.])
    """
    if not bool(((z >= 0) & (z <= 1)).all()):
        raise ValueError(f"z must lie in [0, 1], got {z.flatten().tolist()}")
    return z + (1 - z) * eigenvalues


def critical_gate(eigenvalues: Tensor) -> Tensor:
    r"""The gate beyond which an eigenvalue is inside the unit circle.

    .. math:: z^* = \max\Bigl(0,\; 1 - \frac{2\,(1 - \operatorname{Re}\lambda)}
        {|1 - \lambda|^2}\Bigr) \ \text{ if } \operatorname{Re}\lambda < 1,
        \qquad 1 \text{ otherwise}

    Args:
        eigenvalues: Eigenvalues :math:`\lambda` of the ungated Jacobian, real or
            complex, shape ``(...)``.

    Returns:
        The critical gates, shape ``(...)``: :math:`|z + (1 - z)\lambda| < 1` exactly
        for :math:`z^* < z < 1`, and at :math:`z = z^* = 0` if :math:`|\lambda| < 1`.
        One means never.

    Source:
        The quadratic inequality :math:`|1 + \epsilon(\lambda - 1)|^2 < 1` in
        :math:`\epsilon = 1 - z`; the chapter `gated-recurrence` derives it.

    Example:
        >>> import torch
        >>> critical_gate(torch.tensor([-3.0, 0.5, 1.5]))
        tensor([0.5000, 0.0000, 1.0000])
    """
    gap = 1 - eigenvalues.real
    size = (1 - eigenvalues).abs().square()
    ones = torch.ones_like(size)
    inside = gap > 0
    edge = 1 - 2 * gap / torch.where(inside, size, ones)
    return torch.where(inside, edge.clamp(min=0), ones)


def chrono_init_(
    module: nn.Module, *, longest: int, generator: torch.Generator
) -> nn.Module:
    r"""Give the gates of an LSTM or GRU time constants spread up to a longest one.

    .. math:: b_f = \log u, \quad b_i = -\log u \quad\text{(LSTM)}, \qquad
        b_z = \log u \quad\text{(GRU)}, \qquad u \sim \mathcal U(1, T_{\max} - 1)

    Both bias vectors of torch count: the first gets the value, the second zero, in the
    gates named and in every layer and direction. Other biases stay as they are.

    Args:
        module: An `nn.LSTM` or `nn.GRU`, changed in place.
        longest: The longest time :math:`T_{\max}` to remember, in steps; 3 or more.
        generator: Where the randomness comes from.

    Returns:
        The module that was given.

    Raises:
        TypeError: `module` is neither an `nn.LSTM` nor an `nn.GRU`.
        ValueError: `longest` is less than 3, or `module` has no biases.

    Source:
        Tallec, Ollivier (2018), "Can recurrent neural networks warp time?", the chrono
        initialization. In torch's GRU the gate multiplies the old state: hence plus.

    Example:
        >>> import torch
        >>> rng = torch.Generator().manual_seed(0)
        >>> lstm = chrono_init_(nn.LSTM(1, 2), longest=3, generator=rng)
        >>> bool((lstm.bias_ih_l0[:2] == -lstm.bias_ih_l0[2:4]).all())
        True
    """
    if not isinstance(module, (nn.LSTM, nn.GRU)):
        name = type(module).__name__
        raise TypeError(f"module must be an nn.LSTM or nn.GRU, got {name}")
    if longest < 3:
        raise ValueError(f"longest must be 3 or more, got {longest}")
    if not module.bias:
        raise ValueError("module must have biases, got bias=False")
    n = module.hidden_size
    biases = {name: b for name, b in module.named_parameters() if "bias" in name}
    with torch.no_grad():
        for name in [key for key in biases if "_ih" in key]:
            bias, second = biases[name], biases[name.replace("_ih", "_hh")]
            share = torch.rand(
                n, generator=generator, dtype=bias.dtype, device=bias.device
            )
            log_time = (1 + share * (longest - 2)).log()
            if isinstance(module, nn.LSTM):  # the order of the gates is i, f, g, o
                bias[:n] = -log_time
                second[:n] = 0
            bias[n : 2 * n] = log_time  # f of an LSTM, z of a GRU (r, z, n)
            second[n : 2 * n] = 0
    return module


def input_gradient_profile(module: nn.Module, x: Tensor) -> Tensor:
    r"""How far back the last output of a recurrent module feels its inputs.

    .. math:: p_k = \operatorname*{mean}_b \log_{10}
        \Bigl\| \frac{\partial\, (v^\top h_T^{(b)})}{\partial x_{T-k}^{(b)}} \Bigr\|_2

    with :math:`v = (1, \dots, 1)/\sqrt n`. A copy of the module is taken to float64,
    since in float32 the square of a small gradient underflows.

    Args:
        module: An `nn.RNN`, `nn.LSTM` or `nn.GRU` with the time axis first; unchanged.
        x: The inputs, shape ``(T, B, m)``.

    Returns:
        The profile :math:`p_0, \dots, p_{T-1}` by lag, shape ``(T,)``, float64.

    Raises:
        ValueError: `x` has not the shape ``(T, B, m)``.

    Source:
        Pascanu, Mikolov, Bengio (2013), "On the difficulty of training recurrent
        neural networks", the factors of eq. 5.

    Example:
        >>> import torch
        >>> input_gradient_profile(nn.RNN(2, 3), torch.zeros(5, 1, 2)).shape
        torch.Size([5])
    """
    if x.ndim != 3:
        raise ValueError(f"x must have shape (T, B, m), got {tuple(x.shape)}")
    twin = copy.deepcopy(module).double()
    x = x.detach().double().requires_grad_()
    last = twin(x)[0][-1]
    (gradient,) = torch.autograd.grad(last.sum() / math.sqrt(last.shape[-1]), x)
    profile: Tensor = gradient.norm(dim=-1).log10().mean(dim=1).flip(0)
    return profile
