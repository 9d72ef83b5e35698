"""The recorder: which hooks it hangs where, and what each of them measures."""

from collections.abc import Callable, Iterable
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.autograd import Variable
from torch.optim.optimizer import (
    register_optimizer_step_post_hook,
    register_optimizer_step_pre_hook,
)
from torch.utils._pytree import tree_leaves

from companion.recorder._blackbox import BlackBox, NonFiniteGradientError, Replay
from companion.recorder._hooks import Hook
from companion.recorder._measure import is_sharded, local, norm_dtype, write_norms
from companion.recorder._record import MEASURED, Record
from companion.recorder._ring import Ring

BLOCK = 32  # steps between two waits for the device


class Recorder:
    r"""Record what happens to the gradients of a model, in any training loop.

    Every step: the norm of each parameter's gradient at the end of the backward pass,
    before anything is clipped, and of three small ones as the optimizer gets them, from
    which the factor of a clip by norm follows. On every `every`-th step also: what the
    optimizer saw of each gradient, the norms of weights and updates, and the root mean
    square of what each innermost module puts out.

    Use it as a context, or call `attach` and `detach`. The parameters after training
    are the same to the last bit with it and without it.

    Args:
        model: Any module. Shared parameters count once, frozen ones not at all.
        every: How many steps lie between two full measurements.
        size: How many steps are kept, the last ones.
        stop: Whether to stop at the first gradient that is not finite, before the
            optimizer applies it, and keep what `replay` needs. It costs one wait for
            the device a step, and a copy of each batch of up to 16 MB (a larger one is
            kept as it is, so it must not be overwritten). With `scaler`, which skips
            such steps itself, it stops once the scale is down to 1. An optimizer that
            calls a closure, LBFGS say, may have moved the weights before.
        scaler: The gradient scaler of the loop, if there is one: norms are divided by
            its scale, and the steps that it skips become rows of their own.

    Raises:
        ValueError: `every` or `size` is not a positive whole number, `model` has no
            parameter to train, or `stop` is asked of a sharded model.
        RuntimeError: It is attached twice, or read while it has nothing.
        NonFiniteGradientError: With `stop`, from inside the backward pass.

    A compiled model shows its gradients, weights and updates always, its activations
    only if the recorder is attached before the first compiled call; the table says
    which modules were never seen. Of a model sharded by FSDP2 all processes must
    record, and leave the context, together.

    Example:
        >>> _ = torch.manual_seed(0)
        >>> model = nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 1))
        >>> optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        >>> with Recorder(model, every=2) as recorder:
        ...     for _ in range(6):
        ...         optimizer.zero_grad()
        ...         model(torch.ones(3, 4)).square().mean().backward()
        ...         optimizer.step()
        >>> recorder.record().values("gradient").shape  # steps, parameters
        torch.Size([6, 4])
    """

    def __init__(
        self,
        model: nn.Module,
        *,
        every: int = 10,
        size: int = 1000,
        stop: bool = False,
        scaler: torch.amp.GradScaler | None = None,
    ) -> None:
        """Find what there is to record; nothing is attached yet."""
        for name, count in {"every": every, "size": size}.items():
            if count != int(count) or count < 1:
                raise ValueError(f"{name} must be a positive whole number, got {count}")
        named = [(n, p) for n, p in model.named_parameters() if p.requires_grad]
        if not named:
            raise ValueError("model must have a parameter to train, got none")
        self.parameters = [parameter for _, parameter in named]
        self.sharded = any(map(is_sharded, self.parameters))
        if stop and self.sharded:
            raise ValueError("stop must be False for a sharded model, got True")
        leaves = [(n, m) for n, m in model.named_modules() if not [*m.children()]]
        self.model, self.every, self.scaler = model, every, scaler
        self.modules = [module for _, module in leaves]
        self.names = [_plain(name) for name, _ in named]
        self.module_names = [_plain(name) or "(model)" for name, _ in leaves]
        self.place = {id(p): i for i, p in enumerate(self.parameters)}
        width = [len(named)] * 4 + [len(leaves)]
        ends = [sum(width[: i + 1]) for i in range(len(width))]
        self.columns = {
            quantity: slice(end - n, end)
            for quantity, end, n in zip(MEASURED, ends, width, strict=True)
        }
        self.ring = Ring(
            size,
            ends[-1],
            like=local(self.parameters[0]),
            dtype=norm_dtype(self.parameters),
            block=min(BLOCK, size),
        )
        self.ends: list[str] = []  # how each closed row ended
        self.small = _three_small(self.parameters)
        self.before: list[Tensor] | None = None  # reserved with the first full step
        self.box = BlackBox(model) if stop else None
        self.handles: list[Any] = []
        self.stepped: set[int] = set()  # the optimizers that stepped in this row
        self.queued = self.stepping = self.measured = False
        self.backward_in_step = False

    # -- Attaching

    def attach(self) -> "Recorder":
        """Hang the hooks; from here on every step is recorded."""
        if self.handles:
            raise RuntimeError("recorder must be attached once, got a second attach")
        self.handles = [
            register_optimizer_step_pre_hook(self._before_step),
            register_optimizer_step_post_hook(self._after_step),
            self.model.register_forward_pre_hook(Hook(self._start), with_kwargs=True),
            self.model.register_forward_hook(Hook(self._end)),
            *(
                module.register_forward_hook(Hook(self._activation(i)))
                for i, module in enumerate(self.modules)
            ),
            *(
                parameter.register_post_accumulate_grad_hook(Hook(self._queue))
                for parameter in self.parameters
            ),
        ]
        if self.scaler is not None:
            self._watch(self.scaler)
        return self

    def detach(self) -> None:
        """Take every hook away and end the last row; what was recorded stays."""
        for handle in self.handles:
            handle.remove()
        if self.handles and self.scaler is not None:
            del vars(self.scaler)["update"]  # the method of its class is seen again
        self.handles = []
        self.before = None
        if self.measured:
            self._close("stepped" if self.stepped else "open")
        self._flush()

    def __enter__(self) -> "Recorder":
        """Attach."""
        return self.attach()

    def __exit__(self, *_: object) -> None:
        """Detach, whatever happened."""
        self.detach()

    # -- Reading

    def record(self) -> Record:
        """Everything that is kept, on the CPU; while attached, the closed steps."""
        if not self.sharded:  # one process alone must not wait for the others
            self._flush()
        first, rows = self.ring.rows()
        if not len(rows):
            raise RuntimeError("recorder must have seen a step, got none")
        return Record(
            parameters=self.names,
            modules=self.module_names,
            first=first,
            every=self.every,
            ends=self.ends[first : self.ring.flushed],
            measured={name: rows[:, at] for name, at in self.columns.items()},
        )

    def replay(self) -> Replay:
        """Run the step that was stopped again, bit by bit, and find the faulty module.

        The model must be as it was left. Gradients, buffers and random states are put
        back afterwards; a recorder that is attached does not record what is replayed.
        """
        if self.box is None:
            raise RuntimeError("recorder must be made with stop=True to replay")
        if not self.handles:
            return self.box.replay(self.parameters, self.names)
        self.detach()
        try:
            return self.box.replay(self.parameters, self.names)
        finally:
            self.attach()

    # -- The course of a step: forward, backward, optimizer, and the row ends

    @property
    def _full(self) -> bool:
        return self.ring.closed % self.every == 0

    def _open(self) -> None:
        """Begin a row if the last one has had its step."""
        if self.stepped and not self.stepping:
            self._close("stepped")

    def _close(self, how: str) -> None:
        self.ring.close()
        self.ends.append(how)
        if self.ring.is_full:
            self._flush()
        self.ring.clear()
        self.stepped, self.measured = set(), False
        if self.box is not None:
            self.box.forget()

    def _flush(self) -> None:
        self.ring.flush(self._add_shards if self.sharded else None)

    def _start(
        self, model: nn.Module, args: tuple[object, ...], kwargs: dict[str, object]
    ) -> None:
        if torch.is_grad_enabled():
            self._open()
            if self.box is not None:
                self.box.keep(args, kwargs)

    def _end(self, model: nn.Module, args: object, output: object) -> None:
        if not torch.is_grad_enabled():
            return
        for tensor in tree_leaves(output):
            if isinstance(tensor, Tensor) and tensor.requires_grad:
                tensor.register_hook(Hook(self._queue))
        if self.box is not None:
            self.box.keep_output(output)

    def _activation(self, i: int) -> Callable[[nn.Module, object, object], None]:
        def measure(module: nn.Module, args: object, output: object) -> None:
            if self._full and torch.is_grad_enabled() and isinstance(output, Tensor):
                row = self.ring.row[self.columns["activation"]]
                held = local(output.detach())
                if held.is_floating_point() and held.numel():
                    norm = torch.linalg.vector_norm(held.to(row.dtype))
                    row[i] = norm / held.numel() ** 0.5

        return measure

    def _queue(self, _: Tensor) -> None:
        """Ask the engine to call when all gradients of this backward pass are there."""
        if not self.queued:
            self.queued = True
            self._open()
            Variable._execution_engine.queue_callback(self._last)

    def _last(self) -> None:
        # DDP and FSDP finish their gradients in such callbacks: come after theirs.
        Variable._execution_engine.queue_callback(self._gradients)

    @torch.no_grad()
    def _gradients(self) -> None:
        self.queued = False
        self.measured = True
        self.backward_in_step = self.stepping
        row = self.ring.row[self.columns["gradient"]]
        write_norms([p.grad for p in self.parameters], row)
        scale = getattr(self.scaler, "_scale", None)
        if scale is not None:
            row.copy_(torch.where(row < 0, row, row / scale.to(row.device)))
        if self.box is not None and (scale is None or scale.item() <= 1):
            self._stop_if_broken(row)

    def _stop_if_broken(self, row: Tensor) -> None:
        assert self.box is not None
        if row.isfinite().all():  # the one wait for the device
            return
        grads = [p.grad for p in self.parameters]
        fine = [g is None or bool(g.isfinite().all()) for g in grads]
        if all(fine):  # finite entries whose norm is not
            return
        step = self.ring.closed
        self.box.seal(step, self.parameters)
        self.stepping = False
        self._close("stopped")
        sides: dict[bool, list[str]] = {True: [], False: []}
        for name, ok in zip(self.names, fine, strict=True):
            sides[ok].append(name)
        raise NonFiniteGradientError(
            f"gradient must be finite, got others at step {step} in "
            f"{len(sides[False])} of {len(fine)} parameters, the first "
            f"{sides[False][0]}; recorder.replay() finds the module",
            step=step,
            broken=sides[False],
            fine=sides[True],
        )

    def _mine(self, optimizer: torch.optim.Optimizer) -> list[int]:
        groups = (group["params"] for group in optimizer.param_groups)
        return [self.place[id(p)] for ps in groups for p in ps if id(p) in self.place]

    @torch.no_grad()
    def _before_step(self, optimizer: torch.optim.Optimizer, *_: object) -> None:
        mine = self._mine(optimizer)
        if not mine:
            return
        if id(optimizer) in self.stepped:  # a second step without a new gradient,
            self._close("stepped")  # or a closure, which makes its own
        self.stepping, self.backward_in_step = True, False
        self._seen(optimizer, mine)
        if self._full:
            self._write("weight", self.parameters, mine)
            if self.before is None:
                self.before = [torch.empty_like(local(p)) for p in self.parameters]
            self._foreach("_foreach_copy_", mine)

    @torch.no_grad()
    def _after_step(self, optimizer: torch.optim.Optimizer, *_: object) -> None:
        mine = self._mine(optimizer)
        if not mine:
            return
        if self.backward_in_step:  # a closure made new gradients
            self._seen(optimizer, mine)
        if self._full and self.before is not None:
            self._foreach("_foreach_sub_", mine)
            self._write("update", self.before, mine)
        self.stepping, self.measured = False, True
        self.stepped.add(id(optimizer))

    def _seen(self, optimizer: torch.optim.Optimizer, mine: list[int]) -> None:
        wanted = mine if self._full else [i for i in mine if i in self.small]
        self._write("seen", [p.grad for p in self.parameters], wanted)
        scale = getattr(optimizer, "grad_scale", None)  # fused ones unscale inside
        if scale is not None:
            row = self.ring.row[self.columns["seen"]]
            row[torch.tensor(wanted, device=row.device)] /= scale.to(row.device)

    def _write(
        self, quantity: str, tensors: Iterable[Tensor | None], mine: list[int]
    ) -> None:
        chosen = set(mine)
        picked = [t if i in chosen else None for i, t in enumerate(tensors)]
        write_norms(picked, self.ring.row[self.columns[quantity]])

    def _foreach(self, name: str, mine: list[int]) -> None:
        """Copy the weights before the step, or subtract what they are after it."""
        assert self.before is not None
        getattr(torch, name)(
            [self.before[i] for i in mine], [local(self.parameters[i]) for i in mine]
        )

    # -- Other parts of a loop

    def _watch(self, scaler: torch.amp.GradScaler) -> None:
        """A scaler skips a step by not calling it: `update` ends such a row."""
        update = scaler.update

        def watched(new_scale: float | Tensor | None = None) -> None:
            if self.measured and not self.stepped:
                self._close("skipped")
            update(new_scale)

        vars(scaler)["update"] = watched

    def _add_shards(self, rows: Tensor) -> None:
        """Make the norms of all shards those of the whole, by one sum of squares."""
        parts = torch.tensor([is_sharded(p) for p in self.parameters])
        at = self.columns["gradient"].start, self.columns["update"].stop
        columns = torch.arange(*at)[parts.repeat(4)].to(rows.device)
        recorded = rows[:, columns] >= 0
        squares = torch.where(rows[:, columns] < 0, 0, rows[:, columns].square())
        dist.all_reduce(squares)
        rows[:, columns] = torch.where(recorded, squares.sqrt(), rows[:, columns])


def _plain(name: str) -> str:
    """A name without what compilers and parallel wrappers put before it."""
    parts = [part for part in name.split(".") if part != "_orig_mod"]
    return ".".join(parts).removeprefix("module.")


def _three_small(parameters: list[nn.Parameter]) -> set[int]:
    """Three of the smaller parameters, cheap to look at on every step."""
    order = sorted(range(len(parameters)), key=lambda i: parameters[i].numel())
    return {order[0], order[len(order) // 4], order[len(order) // 2]}
