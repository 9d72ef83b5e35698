"""LSTMs and GRUs side by side, with their derivatives written out.

Small networks that never meet share each call, which costs less than a call for each.
Parameters have the names and the rows of torch's, with one more axis in front:
``(m, 4 n, n)`` for m LSTMs.
"""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from companion._checks import check_same_shape

__all__ = ["gru_last", "lstm_last"]


def lstm_last(p: Mapping[str, Tensor], x: Tensor) -> Tensor:
    r"""The last state of m LSTMs, each with its own sequences.

    .. math:: c_t = f_t \odot c_{t-1} + i_t \odot g_t, \qquad
        h_t = o_t \odot \tanh(c_t), \qquad h_0 = c_0 = 0

    The gradient by parameters and inputs is computed by the formulas of the chain rule
    and not by a graph: once only, it cannot be differentiated again.

    Args:
        p: ``weight_ih_l0``, ``weight_hh_l0``, ``bias_ih_l0`` and ``bias_hh_l0`` of
            torch's `nn.LSTM`, of the shapes ``(m, 4 n, k)``, ``(m, 4 n, n)`` and
            twice ``(m, 1, 4 n)``; further entries are ignored.
        x: The sequences, shape ``(T, m, B, k)``.

    Returns:
        The states :math:`h_T`, shape ``(m, B, n)``.

    Raises:
        ValueError: A parameter has another shape.

    Source:
        Hochreiter, Schmidhuber (1997), "Long short-term memory", with the forget gate
        of Gers, Schmidhuber, Cummins (2000).

    Example:
        >>> import torch
        >>> lstm = torch.nn.LSTM(2, 3)
        >>> p = {name: w.reshape(1, -1, 12).mT for name, w in lstm.named_parameters()}
        >>> p |= {name: w.mT for name, w in p.items() if "bias" in name}
        >>> lstm_last(p, torch.zeros(5, 1, 4, 2)).shape
        torch.Size([1, 4, 3])
    """
    _check(p, x, gates=4)
    drives = _drives(p, x, p["bias_ih_l0"] + p["bias_hh_l0"])
    last: Tensor = _LSTM.apply(drives, p["weight_hh_l0"])  # type: ignore[no-untyped-call]
    return last


def gru_last(p: Mapping[str, Tensor], x: Tensor) -> Tensor:
    r"""The last state of m GRUs, each with its own sequences.

    .. math:: h_t = z_t \odot h_{t-1} + (1 - z_t) \odot
        \tanh\bigl(a_t + r_t \odot (W h_{t-1} + b)\bigr), \qquad h_0 = 0

    The gradient by parameters and inputs is computed by the formulas of the chain rule
    and not by a graph: once only, it cannot be differentiated again.

    Args:
        p: The parameters of torch's `nn.GRU` for m networks, named and stacked as in
            `lstm_last`: ``(m, 3 n, k)``, ``(m, 3 n, n)``, biases ``(m, 1, 3 n)``.
        x: The sequences, shape ``(T, m, B, k)``.

    Returns:
        The states :math:`h_T`, shape ``(m, B, n)``.

    Raises:
        ValueError: A parameter has another shape.

    Source:
        Cho et al. (2014), "Learning phrase representations using RNN encoder-decoder
        for statistical machine translation"; the reset gate stands where torch has it.

    Example:
        >>> import torch
        >>> p = {f"bias_{where}_l0": torch.zeros(2, 1, 3) for where in ("ih", "hh")}
        >>> p |= {f"weight_{where}_l0": torch.ones(2, 3, 1) for where in ("ih", "hh")}
        >>> gru_last(p, torch.ones(1, 2, 1, 1)).flatten()  # (1 - s(1)) tanh(1)
        tensor([0.2048, 0.2048])
    """
    _check(p, x, gates=3)
    drives, own = _drives(p, x, p["bias_ih_l0"]), (p["weight_hh_l0"], p["bias_hh_l0"])
    last: Tensor = _GRU.apply(drives, *own)  # type: ignore[no-untyped-call]
    return last


def _check(p: Mapping[str, Tensor], x: Tensor, *, gates: int) -> None:
    _, m, _, k = x.shape
    n = p["weight_hh_l0"].shape[-1]
    check_same_shape("weight_hh_l0", p["weight_hh_l0"], (m, gates * n, n))
    check_same_shape("weight_ih_l0", p["weight_ih_l0"], (m, gates * n, k))
    for name in ("bias_ih_l0", "bias_hh_l0"):
        check_same_shape(name, p[name], (m, 1, gates * n))


def _drives(p: Mapping[str, Tensor], x: Tensor, bias: Tensor) -> Tensor:
    """What inputs and a bias add to the gates in each step, ``(m, T, B, rows)``."""
    rows = x.transpose(0, 1).flatten(1, 2)
    drives = torch.baddbmm(bias, rows, p["weight_ih_l0"].mT)
    by_step: Tensor = drives.unflatten(1, (len(x), -1))
    return by_step


class _LSTM(torch.autograd.Function):
    """From drives ``(m, T, B, 4 n)`` and weights ``(m, 4 n, n)`` to ``(m, B, n)``."""

    @staticmethod
    def forward(ctx: Any, drives: Tensor, W: Tensor) -> Tensor:  # noqa: ANN401
        n, transposed = W.shape[-1], W.mT.contiguous()
        h = c = drives.new_zeros(*drives.shape[::2], n)
        gates, states = [], [(h, c, c)]
        for drive in drives.unbind(1):
            raw = torch.baddbmm(drive, h, transposed)
            i, f, _, o = torch.sigmoid(raw).split(n, -1)
            g = torch.tanh(raw.narrow(-1, 2 * n, n))
            c = torch.addcmul(i * g, f, c)
            bent = torch.tanh(c)
            h = o * bent
            if any(ctx.needs_input_grad):
                gates.append((i, f, g, o))
                states.append((h, c, bent))
        if not gates:
            return h
        saved = [torch.stack(each, dim=1) for each in zip(*gates, strict=True)]
        saved += [torch.stack(each, dim=1) for each in zip(*states, strict=True)]
        ctx.save_for_backward(W, *saved)
        return h

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, slope: Tensor) -> tuple[Tensor, Tensor]:  # noqa: ANN401
        W, i, f, g, o, h, c, bent = ctx.saved_tensors
        bent = bent[:, 1:]
        inner = (g * i * (1 - i), c[:, :-1] * f * (1 - f), i * (1 - g * g))
        by_cell, by_gates = o * (1 - bent * bent), torch.stack(inner, dim=-2)
        by_output, deltas = bent * o * (1 - o), []
        by_c = torch.zeros_like(slope)
        paths = [part.unbind(1) for part in (by_cell, by_gates, by_output, f)]
        for cell, gate, output, kept in reversed(list(zip(*paths, strict=True))):
            by_c = torch.addcmul(by_c, slope, cell)
            three = (by_c.unsqueeze(-2) * gate).flatten(-2)
            deltas.append(torch.cat([three, slope * output], dim=-1))
            slope, by_c = torch.bmm(deltas[-1], W), by_c * kept
        by_drives = torch.stack(deltas[::-1], dim=1)
        flat = by_drives.flatten(1, 2)
        return by_drives, flat.mT @ h[:, :-1].flatten(1, 2)


class _GRU(torch.autograd.Function):
    """From drives ``(m, T, B, 3 n)``, weights and their bias to ``(m, B, n)``."""

    @staticmethod
    def forward(ctx: Any, drives: Tensor, W: Tensor, bias: Tensor) -> Tensor:  # noqa: ANN401
        n, transposed = W.shape[-1], W.mT.contiguous()
        h = drives.new_zeros(*drives.shape[::2], n)
        states = []
        for drive in drives.unbind(1):
            felt = torch.baddbmm(bias, h, transposed)
            q = felt.narrow(-1, 2 * n, n)
            r, z, _ = torch.sigmoid(drive + felt).split(n, -1)
            candidate = torch.tanh(torch.addcmul(drive.narrow(-1, 2 * n, n), r, q))
            if any(ctx.needs_input_grad):
                states.append((r, z, candidate, q, h))
            h = torch.lerp(candidate, h, z)
        saved = (torch.stack(each, dim=1) for each in zip(*states, strict=True))
        ctx.save_for_backward(W, *saved)
        return h

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, slope: Tensor) -> tuple[Tensor, Tensor, Tensor]:  # noqa: ANN401
        W, r, z, candidate, q, h = ctx.saved_tensors
        by_candidate = (1 - z) * (1 - candidate * candidate)
        by_felt = by_candidate * r
        inner = (by_felt * q * (1 - r), (h - candidate) * z * (1 - z), by_felt)
        paths, slopes, deltas = torch.stack(inner, dim=-2), [], []
        for path, kept in zip(*(e.unbind(1)[::-1] for e in (paths, z)), strict=True):
            slopes.append(slope)
            deltas.append((slope.unsqueeze(-2) * path).flatten(-2))
            slope = torch.baddbmm(slope * kept, deltas[-1], W)
        flat = torch.stack(deltas[::-1], dim=1)
        last = torch.stack(slopes[::-1], dim=1) * by_candidate
        by_drives = torch.cat([flat[..., : -last.shape[-1]], last], dim=-1)
        flat = flat.flatten(1, 2)
        by_W, by_bias = flat.mT @ h.flatten(1, 2), flat.sum(dim=1, keepdim=True)
        return by_drives, by_W, by_bias
