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
from torch.nn.functional import pad

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
    bias = (p["bias_ih_l0"] + p["bias_hh_l0"]).mT
    W = torch.cat([p["weight_hh_l0"], p["weight_ih_l0"], bias], dim=-1)
    i, f, g, o = W.chunk(4, dim=1)
    W = torch.cat([i, f, -2 * g, o], dim=1)
    last: Tensor = _LSTM.apply(W, x)  # type: ignore[no-untyped-call]
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
    n, k = p["weight_hh_l0"].shape[-1], x.shape[-1]
    felt = torch.cat([pad(p["weight_hh_l0"], (0, k)), p["bias_hh_l0"].mT], dim=-1)
    told = torch.cat([pad(p["weight_ih_l0"], (n, 0)), p["bias_ih_l0"].mT], dim=-1)
    # The candidate's two parts meet only after the reset gate.
    rows = [(felt + told)[:, : 2 * n], felt[:, 2 * n :], told[:, 2 * n :]]
    last: Tensor = _GRU.apply(torch.cat(rows, dim=1), x)  # type: ignore[no-untyped-call]
    return last


def _check(p: Mapping[str, Tensor], x: Tensor, *, gates: int) -> None:
    _, m, _, k = x.shape
    n = p["weight_hh_l0"].shape[-1]
    check_same_shape("weight_hh_l0", p["weight_hh_l0"], (m, gates * n, n))
    check_same_shape("weight_ih_l0", p["weight_ih_l0"], (m, gates * n, k))
    for name in ("bias_ih_l0", "bias_hh_l0"):
        check_same_shape(name, p[name], (m, 1, gates * n))


def _before_the_first(W: Tensor, x: Tensor) -> tuple[Tensor, int]:
    """What each step will see, states (still 0), inputs and ones, and n.

    ``(T + 1, m, n + k + 1, B)``: the units of a gate lie together in memory, and one
    product with ``(m, 4 n, n + k + 1)`` feeds all gates.
    """
    n = W.shape[1] // 4
    states = pad(x.mT, (0, 0, n, 0, 0, 0, 0, 1))
    return pad(states, (0, 0, 0, 1), value=1.0), n


def _memory(ctx: Any, x: Tensor, like: Tensor, rows: int) -> Tensor:  # noqa: ANN401
    """Room for ``(T, m, rows, B)``, or for one step if no gradient will be asked."""
    kept = len(x) if any(ctx.needs_input_grad) else 1
    room = like.new_empty(kept, like.shape[1], rows, like.shape[3])
    return room.expand(len(x), -1, -1, -1)


def _room_for_slopes(ctx: Any, seen: Tensor, n: int) -> Tensor:  # noqa: ANN401
    """By the states, and by the inputs if they are asked for: ``(T, m, rows, B)``."""
    rows = seen.shape[2] - 1 if ctx.needs_input_grad[1] else n
    return torch.empty_like(seen[1:, :, :rows])


class _LSTM(torch.autograd.Function):
    """From ``(m, 4 n, n + k + 1)`` and the sequences to ``(m, B, n)``.

    As tanh(a) = 1 - 2 s(-2 a), and torch's s takes a fifth of the time of its tanh, the
    candidate's rows come times -2, and in place of tanh(a) we keep s(-2 a).
    """

    @staticmethod
    def forward(ctx: Any, W: Tensor, x: Tensor) -> Tensor:  # noqa: ANN401
        seen, n = _before_the_first(W, x)
        h, c = seen[:, :, :n], seen.new_zeros(len(seen), len(W), n, x.shape[2])
        gates, bent = (_memory(ctx, x, c, rows) for rows in (4 * n, n))
        parts = (seen[:-1], gates, *gates.split(n, 2))
        by_step = zip(*parts, bent, c[:-1], c[1:], h[1:], strict=True)
        for row, raw, i, f, g, o, turned, before, after, state in by_step:
            torch.bmm(W, row, out=raw)
            raw.sigmoid_()
            torch.addcmul(i, i, g, value=-2, out=after).addcmul_(f, before)
            torch.mul(after, -2, out=turned).sigmoid_()
            torch.addcmul(o, o, turned, value=-2, out=state)
        ctx.save_for_backward(W, seen, gates, c, bent)
        return h[-1].mT.clone()

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, slope: Tensor) -> tuple[Tensor, Tensor | None]:  # noqa: ANN401
        W, seen, gates, c, bent = ctx.saved_tensors
        slope, n = slope.mT, c.shape[2]
        by_W, by_seen = W.new_zeros(W.mT.shape), _room_for_slopes(ctx, seen, n)
        transposed = W.mT[:, : by_seen.shape[2]].contiguous()
        by_c, delta = torch.zeros_like(c[0]), torch.empty_like(gates[0])
        three = delta[:, : 3 * n].unflatten(1, (3, n))
        by_i, by_f, by_g, by_o = delta.split(n, 1)
        parts = (seen[:-1], gates, *gates.split(n, 2), c[:-1], bent, by_seen)
        for row, gate, i, f, g, o, before, turned, back in zip(
            *(part.unbind()[::-1] for part in parts), strict=True
        ):
            bend = torch.addcmul(turned, turned, turned, value=-1)
            by_c.addcmul_(slope * o, bend, value=4)
            torch.addcmul(gate, gate, gate, value=-1, out=delta)
            by_i.addcmul_(by_i, g, value=-2)
            by_f.mul_(before)
            by_g.mul_(i).mul_(-2)
            three.mul_(by_c[:, None])
            by_o.addcmul_(by_o, turned, value=-2).mul_(slope)
            by_W.baddbmm_(row, delta.mT)
            slope = torch.bmm(transposed, delta, out=back)[:, :n]
            by_c.mul_(f)
        return by_W.mT, by_seen[:, :, n:].mT if ctx.needs_input_grad[1] else None


class _GRU(torch.autograd.Function):
    """From ``(m, 4 n, n + k + 1)`` and the sequences to ``(m, B, n)``.

    The rows are those of reset gate, update gate, and what the candidate feels of the
    state and is told by the input.
    """

    @staticmethod
    def forward(ctx: Any, W: Tensor, x: Tensor) -> Tensor:  # noqa: ANN401
        seen, n = _before_the_first(W, x)
        h = seen[:, :, :n]
        gates = _memory(ctx, x, seen, 4 * n)
        parts = (seen[:-1], gates, gates[:, :, : 2 * n], *gates.split(n, 2))
        by_step = zip(*parts, h[:-1], h[1:], strict=True)
        for row, raw, first_two, r, z, q, candidate, before, state in by_step:
            torch.bmm(W, row, out=raw)
            first_two.sigmoid_()
            candidate.addcmul_(r, q).tanh_()
            torch.lerp(candidate, before, z, out=state)
        ctx.save_for_backward(W, seen, gates)
        return h[-1].mT.clone()

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, slope: Tensor) -> tuple[Tensor, Tensor | None]:  # noqa: ANN401
        W, seen, gates = ctx.saved_tensors
        slope, n = slope.mT, W.shape[1] // 4
        by_W, by_seen = W.new_zeros(W.mT.shape), _room_for_slopes(ctx, seen, n)
        transposed = W.mT[:, : by_seen.shape[2]].contiguous()
        delta = torch.empty_like(gates[0])
        by_r, by_z, by_q, by_a = delta.split(n, 1)
        parts = (seen[:-1], *gates.split(n, 2), seen[:-1, :, :n], by_seen)
        for row, r, z, q, candidate, before, back in zip(
            *(part.unbind()[::-1] for part in parts), strict=True
        ):
            written = torch.addcmul(slope, slope, z, value=-1)
            torch.addcmul(written, written * candidate, candidate, value=-1, out=by_a)
            torch.mul(by_a, r, out=by_q)
            torch.mul(by_q * q, 1 - r, out=by_r)
            torch.mul(written * z, before - candidate, out=by_z)
            by_W.baddbmm_(row, delta.mT)
            torch.bmm(transposed, delta, out=back)
            slope = torch.addcmul(back[:, :n], slope, z)
        return by_W.mT, by_seen[:, :, n:].mT if ctx.needs_input_grad[1] else None
