"""What the flight recorder costs: `python -m benchmarks.recorder`.

CPU seconds of a training step with a recorder over those without, one thread, the
variants interleaved round by round in one run, medians of the rounds' ratios. `nothing`
is the same loop against itself: what it differs from 1 by is the noise. `histograms`
and `copies` are the two common ways to watch gradients by hand.
"""

import contextlib
import copy
import statistics
import sys
import time
from collections.abc import Callable, Iterator

import torch
from torch import Tensor, nn

from companion.recorder import Recorder

ROUNDS, STEPS = 25, 20
Watch = Callable[[nn.Module], contextlib.AbstractContextManager[object]]


class Transformer(nn.Module):
    """Four blocks of width 128 over 64 symbols: 0.8 million parameters."""

    def __init__(self) -> None:
        """Build it with torch's own layers."""
        super().__init__()
        block = nn.TransformerEncoderLayer(128, 4, 512, 0.0, batch_first=True)
        self.table = nn.Embedding(64, 128)
        self.blocks = nn.TransformerEncoder(block, 4, enable_nested_tensor=False)
        self.head = nn.Linear(128, 64)

    def forward(self, x: Tensor) -> Tensor:
        """Score the next symbol at every place."""
        return self.head(self.blocks(self.table(x)))


def perceptron() -> tuple[nn.Module, Tensor, Tensor]:
    """A perceptron of 1.06 million parameters, and a batch of 256."""
    hidden = [part for _ in range(4) for part in (nn.Linear(512, 512), nn.ReLU())]
    model = nn.Sequential(*hidden, nn.Linear(512, 10))
    return model, torch.randn(256, 512), torch.randint(10, (256,))


def transformer() -> tuple[nn.Module, Tensor, Tensor]:
    """A small transformer, and a batch of 16 sequences of 64."""
    x, y = torch.randint(64, (2, 16, 64))
    return Transformer(), x, y


@contextlib.contextmanager
def on_gradients(model: nn.Module, look: Callable[[Tensor], object]) -> Iterator[None]:
    """Call `look` with every gradient as it is made."""
    log: list[object] = []

    def hook(gradient: Tensor) -> None:
        log.append(look(gradient))
        del log[:-1000]

    handles = [p.register_hook(hook) for p in model.parameters()]
    yield
    for handle in handles:
        handle.remove()


def histogram(gradient: Tensor) -> list[float]:
    """64 counts between the least and the largest entry."""
    flat = gradient.detach().reshape(-1)
    low, high = flat.min().item(), flat.max().item()
    return flat.histc(64, low, high).tolist()


VARIANTS: dict[str, Watch] = {
    "without": lambda model: contextlib.nullcontext(),
    "nothing": lambda model: contextlib.nullcontext(),
    "every=10": lambda model: Recorder(model, every=10),
    "every=1": lambda model: Recorder(model, every=1),
    "stop=True": lambda model: Recorder(model, every=10, stop=True),
    "histograms": lambda model: on_gradients(model, histogram),
    "copies": lambda model: on_gradients(model, lambda g: g.detach().clone()),
}


def seconds(model: nn.Module, batch: tuple[Tensor, Tensor], watch: Watch) -> float:
    """CPU seconds of one step, clipped by norm, with Adam."""
    optimizer = torch.optim.Adam(model.parameters(), 1e-4)
    x, y = batch
    with watch(model):
        start = time.process_time()
        for _ in range(STEPS):
            optimizer.zero_grad()
            loss = nn.functional.cross_entropy(model(x).flatten(0, -2), y.flatten())
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
        return (time.process_time() - start) / STEPS


def main() -> None:
    """Print a line a variant, for each of the two models."""
    torch.set_num_threads(1)
    for make in (perceptron, transformer):
        torch.manual_seed(0)
        model, *batch = make()
        twins = {name: copy.deepcopy(model) for name in VARIANTS}
        taken: dict[str, list[float]] = {name: [] for name in VARIANTS}
        for turn in range(ROUNDS):
            names = list(VARIANTS)
            for name in names[turn % len(names) :] + names[: turn % len(names)]:
                taken[name].append(seconds(twins[name], tuple(batch), VARIANTS[name]))
        base = taken["without"]
        step = 1e3 * statistics.median(base)
        sys.stdout.write(f"{make.__name__}: {step:.1f} ms of CPU a step\n")
        for name, times in taken.items():
            ratios = [one / two for one, two in zip(times, base, strict=True)]
            low, middle, high = statistics.quantiles(ratios, n=4)
            spread = f"({low:.3f} to {high:.3f})"
            extra = f"{step * (middle - 1):+.2f} ms"
            sys.stdout.write(f"  {name:10s}  {middle:.3f}  {spread}  {extra}\n")


if __name__ == "__main__":
    main()
