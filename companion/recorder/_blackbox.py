"""What is kept of a step so that it can be run again, and the search for its fault."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any, NamedTuple, TypeVar, cast

import torch
from torch import Tensor, nn
from torch.utils._pytree import tree_leaves, tree_map

from companion.recorder._hooks import Hook

T = TypeVar("T")
COPIED = 16 * 2**20  # bytes of a batch that are worth a copy


class NonFiniteGradientError(RuntimeError):
    """A gradient that is not finite, found before the optimizer applied it."""

    def __init__(
        self, message: str, *, step: int, broken: list[str], fine: list[str]
    ) -> None:
        """Hold the step, and the parameters on either side."""
        super().__init__(message)
        self.step, self.broken, self.fine = step, broken, fine


class Replay(NamedTuple):
    """A step that was run again, and where its first value that is not finite arose."""

    equal: bool
    """Whether the gradients came out the same to the last bit."""
    module: str
    """The module it arose in, or behind; empty if it arose in the loss."""
    place: str
    """``output``, ``loss``, ``gradient`` (in the module's own backward pass) or
    ``gradient behind`` (between the module's output and whatever used it)."""
    after: str
    """The last module before it, in the order of that pass, where all was finite."""
    forward: int
    """Which forward pass of the step it was, from 0."""


class Call(NamedTuple):
    """One forward pass of a step: all that its repetition needs."""

    args: tuple[object, ...]
    kwargs: dict[str, object]
    random: tuple[Tensor, list[Tensor]]
    buffers: list[Tensor]
    autocast: list[tuple[str, torch.dtype]]
    gradients: list[list[Tensor]]
    """What the loss sent back to each tensor of the output, once a backward pass."""


class BlackBox:
    """The forward passes since the last step, and the sealed one that broke."""

    def __init__(self, model: nn.Module) -> None:
        """Begin empty."""
        self.model = model
        self.calls: list[Call] = []
        self.sealed: list[Call] = []
        self.step = -1
        self.versions: list[int] = []
        self.gradients: list[Tensor | None] = []

    def forget(self) -> None:
        """A step has ended: begin anew."""
        self.calls = []

    def keep(self, args: tuple[object, ...], kwargs: dict[str, object]) -> None:
        """Before a forward pass: its batch, random states, buffers, autocast."""
        self.calls.append(
            Call(
                _copied(args),
                _copied(kwargs),
                _random_states(),
                [buffer.clone() for buffer in self.model.buffers()],
                _autocast(),
                [],
            )
        )

    def keep_output(self, output: object) -> None:
        """After it: wait for what the loss sends back."""
        if self.calls:
            for tensor in _differentiable(output):
                sent: list[Tensor] = []
                self.calls[-1].gradients.append(sent)
                tensor.register_hook(Hook(lambda g, sent=sent: sent.append(g)))

    def seal(self, step: int, parameters: list[nn.Parameter]) -> None:
        """The step broke: keep its calls and gradients until it is replayed."""
        self.sealed, self.step = self.calls, step
        self.versions = [p._version for p in parameters]
        self.gradients = [
            None if p.grad is None else p.grad.clone() for p in parameters
        ]

    def replay(self, parameters: list[nn.Parameter], names: list[str]) -> Replay:
        """Run the sealed step again; see `Recorder.replay`."""
        if not self.gradients:
            raise RuntimeError(
                "recorder must have stopped at a step to replay, it has not"
            )
        if not any(call.gradients for call in self.sealed):
            raise RuntimeError(
                "model must be called itself, not only its parts, to replay its step"
            )
        if self.versions != [p._version for p in parameters]:
            raise RuntimeError(
                f"parameters must be those of step {self.step} to replay it, "
                "they have changed since"
            )
        trace = _Trace(self.model)
        with _put_back(self.model, parameters), trace:
            for parameter in parameters:
                parameter.grad = None
            for i, call in enumerate(self.sealed):
                trace.forward = i
                _run(self.model, call, trace)
            again = [p.grad for p in parameters]
        equal = all(
            (one is None) == (two is None)
            and (one is None or two is None or _same_bits(one, two))
            for one, two in zip(again, self.gradients, strict=True)
        )
        return trace.verdict(equal, again, names)


class _Trace:
    """Every value that a replayed step makes, in order: whose, and whether finite."""

    def __init__(self, model: nn.Module) -> None:
        self.leaves = [(n, m) for n, m in model.named_modules() if not [*m.children()]]
        self.handles: list[Any] = []
        self.forward = 0
        self.events: list[tuple[bool, str, str, int]] = []

    def __enter__(self) -> "_Trace":
        for name, module in self.leaves:
            self.handles += [
                module.register_forward_pre_hook(self._before(name)),
                module.register_forward_hook(self._after(name)),
            ]
        return self

    def __exit__(self, *_: object) -> None:
        for handle in self.handles:
            handle.remove()

    def note(self, values: list[Tensor], name: str, place: str) -> None:
        """Add one event: all of these values together."""
        fine = all(bool(v.isfinite().all()) for v in values)
        self.events.append((fine, name, place, self.forward))

    def _before(self, name: str) -> Callable[[nn.Module, object], None]:
        def hook(module: nn.Module, args: object) -> None:
            self._watch(args, name, "gradient")

        return hook

    def _after(self, name: str) -> Callable[[nn.Module, object, object], None]:
        def hook(module: nn.Module, args: object, output: object) -> None:
            self.note(_floating(output), name, "output")
            self._watch(output, name, "gradient behind")

        return hook

    def _watch(self, values: object, name: str, place: str) -> None:
        forward = self.forward

        def hook(gradient: Tensor) -> None:
            fine = bool(gradient.isfinite().all())
            self.events.append((fine, name, place, forward))

        for tensor in _differentiable(values):
            tensor.register_hook(hook)

    def verdict(
        self, equal: bool, gradients: list[Tensor | None], names: list[str]
    ) -> Replay:
        """The first event that is not finite, and the last one before it that is."""
        after = ""
        for fine, name, place, forward in self.events:
            if not fine:
                return Replay(equal, name, place, after, forward)
            after = name
        # Every value between the modules is finite: a module's own parameters broke.
        broken = [
            name
            for name, g in zip(names, gradients, strict=True)
            if g is not None and not bool(g.isfinite().all())
        ]
        module = broken[-1].rpartition(".")[0] if broken else ""
        return Replay(equal, module, "gradient", after, self.forward)


def _run(model: nn.Module, call: Call, trace: _Trace) -> None:
    """One forward pass with what was kept, and the backward pass from its output."""
    for buffer, kept in zip(model.buffers(), call.buffers, strict=True):
        buffer.copy_(kept)
    _set_random_states(call.random)
    with ExitStack() as stack:
        for device, dtype in call.autocast:
            stack.enter_context(torch.autocast(device, dtype=dtype))
        output = model(*_copied(call.args), **_copied(call.kwargs))
    pairs = [
        (tensor, gradient)
        for tensor, sent in zip(_differentiable(output), call.gradients, strict=True)
        for gradient in sent
    ]
    if pairs:
        trace.note([gradient for _, gradient in pairs], "", "loss")
        tensors, gradients = zip(*pairs, strict=True)
        torch.autograd.backward(tensors, gradients)


@contextmanager
def _put_back(model: nn.Module, parameters: list[nn.Parameter]) -> Iterator[None]:
    """Leave gradients, buffers and random states as they were found."""
    random = _random_states()
    buffers = [buffer.clone() for buffer in model.buffers()]
    gradients = [parameter.grad for parameter in parameters]
    try:
        yield
    finally:
        for parameter, gradient in zip(parameters, gradients, strict=True):
            parameter.grad = gradient
        for buffer, kept in zip(model.buffers(), buffers, strict=True):
            buffer.copy_(kept)
        _set_random_states(random)


def _copied(values: T) -> T:
    """Tensors that later code cannot overwrite, as long as they are small enough."""

    def copy(value: object) -> object:
        if not isinstance(value, Tensor) or value.nbytes > COPIED:
            return value
        return value.detach().clone().requires_grad_(value.requires_grad)

    return cast(T, tree_map(copy, values))


def _floating(values: object) -> list[Tensor]:
    leaves = tree_leaves(values)
    return [x for x in leaves if isinstance(x, Tensor) and x.is_floating_point()]


def _differentiable(values: object) -> list[Tensor]:
    return [tensor for tensor in _floating(values) if tensor.requires_grad]


def _random_states() -> tuple[Tensor, list[Tensor]]:
    cuda = torch.cuda.get_rng_state_all() if torch.cuda.is_initialized() else []
    return torch.get_rng_state(), cuda


def _set_random_states(states: tuple[Tensor, list[Tensor]]) -> None:
    cpu, cuda = states
    torch.set_rng_state(cpu)
    if cuda:
        torch.cuda.set_rng_state_all(cuda)


def _autocast() -> list[tuple[str, torch.dtype]]:
    """The devices on which autocast is on, with its type."""
    return [
        (device, torch.get_autocast_dtype(device))
        for device in ("cpu", "cuda")
        if torch.is_autocast_enabled(device)
    ]


def _same_bits(one: Tensor, two: Tensor) -> bool:
    return torch.allclose(one, two, rtol=0, atol=0, equal_nan=True)
