"""Six sick training runs and a healthy one, for the chapter `diagnosing-a-run`.

The runs are known by letters, so that a reader can examine them before the answer.
"""

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.utils import _pytree as pytree

from companion._checks import check_positive
from companion._replicas import merge_networks
from companion._sick_models import CLASSES, MODELS
from companion.tasks import Digits, Recall, recall_batch
from companion.training_runs import Batch, Run

__all__ = ["sick_run"]

NAMES = "ABCDEFG"
BATCH = 32
SPIKE = 60  # the step at which the data of F break
RATES = {
    **dict.fromkeys("ABCG", (0.03, 0.01)),
    "D": (0.06, 0.02),
    "E": (1.0, 0.3),
    "F": (0.01, 0.003),
}


def sick_run(
    name: str,
    data: Digits,
    *,
    generators: Sequence[torch.Generator],
    cured: bool = False,
    steps: int = 100,
) -> Run:
    """Build one of the seven runs, with as many networks as there are generators.

    Args:
        name: One of the letters A to G.
        data: The digits, on the device of the generators.
        generators: One for each network: where its weights and batches come from.
        cured: Whether the cause is taken away and all else kept.
        steps: How many batches there are.

    Returns:
        The run, not yet started.

    Raises:
        ValueError: `name` is no such letter, `generators` are empty, or `steps` is not
            positive.

    Source:
        Made for the chapter `diagnosing-a-run`, which says what each of them has.

    Example:
        >>> import torch
        >>> from companion.tasks import digits
        >>> rngs = [torch.Generator().manual_seed(seed) for seed in range(3)]
        >>> run = sick_run("B", digits(generator=rngs[0]), generators=rngs, steps=5)
        >>> run.batches[0].x.shape, run.loss(run.batches[0]) / 3 > 2
        (torch.Size([3, 32, 64]), tensor(True))
    """
    if name not in MODELS:
        raise ValueError(f"name must be a letter from A to G, got {name!r}")
    if not generators:
        raise ValueError("generators must hold at least one, got none")
    check_positive("steps", steps)
    model = merge_networks([MODELS[name](rng, cured) for rng in generators])
    read = _lists if name == "E" else _images
    parts = [read(data, rng, steps) for rng in generators]
    batches = [
        pytree.tree_map(lambda *x: torch.stack(x), *each)
        for each in zip(*parts, strict=True)
    ]
    if name == "F" and not cured and steps > SPIKE:
        broken = batches[SPIKE]
        batches[SPIKE] = Batch(1e4 * broken.x, broken.labels)
    if name == "G" and not cured:
        batches = [Batch(x, _relabelled(labels, generators)) for x, labels in batches]
    return Run(model, batches, RATES[name], adam=name == "F")


def _images(data: Digits, rng: torch.Generator, steps: int) -> list[Batch]:
    shape = (steps, BATCH)
    rows = torch.randint(len(data.images), shape, generator=rng, device=rng.device)
    images = data.images.flatten(1)
    return [Batch(images[row], data.labels[row]) for row in rows]


def _lists(data: Digits, rng: torch.Generator, steps: int) -> list[Batch]:
    lists = recall_batch((steps, BATCH), pairs=8, symbols=CLASSES, generator=rng)
    each = [Recall(*fields) for fields in zip(*lists, strict=True)]
    return [Batch(one, one.target.squeeze(-1)) for one in each]


def _relabelled(labels: Tensor, generators: Sequence[torch.Generator]) -> Tensor:
    """Three labels in ten drawn at random."""
    drawn = []
    for row, rng in zip(labels, generators, strict=True):
        noisy = torch.rand(row.shape, generator=rng, device=rng.device) < 0.3
        other = torch.randint(CLASSES, row.shape, generator=rng, device=rng.device)
        drawn.append(torch.where(noisy, other, row))
    return torch.stack(drawn)
