"""The doctor: records of networks that are trained here, in a known condition."""

import statistics

import torch
from torch import Generator, nn

from companion.recorder import Record, Recorder
from teaching.grading.child.wire import Value
from teaching.grading.keys.draw import normal, whole
from teaching.grading.task import Aspect, Task

__all__ = ["TASK"]


def _flown(rng: Generator, condition: str) -> Record:
    """A flight of a network in a known condition."""
    gain, size, rate = {
        "exploding": (2.0, 1e-5, 1e-9),
        "vanishing": (0.5, 1.0, 1e-3),
        "frozen": (1.0, 0.1, 1e-12),
        "healthy": (1.0, 0.1, 0.1),
    }[condition]
    width, layers = 12, []
    for _ in range(whole(rng, 11, 14)):
        layer = nn.Linear(width, width)
        layer.weight.data = gain * torch.linalg.qr(normal(rng, width, width)).Q.float()
        layer.bias.data.zero_()
        layers += [layer, nn.Tanh()]
    model = nn.Sequential(*layers)
    x, y = normal(rng, 2, 32, width).float()
    optimizer = torch.optim.SGD(model.parameters(), lr=rate)
    with Recorder(model, every=whole(rng, 2, 3)) as recorder:
        for _ in range(6):
            optimizer.zero_grad()
            (model(size * x) - y).square().mean().backward()
            optimizer.step()
    return recorder.record()


def _rise(record: Record, kind: str) -> float:
    columns = [i for i, name in enumerate(record.parameters) if name.endswith(kind)]
    first, last = (
        statistics.median(x for x in column if x >= 0)
        for column in (
            record.measured["gradient"][:, columns[i]].tolist() for i in (0, -1)
        )
    )
    return float(first / last)


def _condition(record: Record, kind: str = "bias", *, upside_down: bool = False) -> str:
    rise = _rise(record, kind)
    if upside_down:
        rise = 1 / rise
    if not 0.01 <= rise <= 100:
        return "exploding" if rise > 1 else "vanishing"
    moved, weight = record.measured["update"], record.measured["weight"]
    largest = max(
        new / old
        for i, name in enumerate(record.parameters)
        if name.endswith("weight")
        for new, old in zip(moved[:, i].tolist(), weight[:, i].tolist(), strict=True)
        if new >= 0 and old > 0
    )
    return "frozen" if largest < 1e-7 else "healthy"


def _words(records: list[Record]) -> list[Value]:
    return [_condition(record) for record in records]


def _by_weights(records: list[Record]) -> list[Value]:
    return [_condition(record, "weight") for record in records]


def _upside_down(records: list[Record]) -> list[Value]:
    return [_condition(record, upside_down=True) for record in records]


def _draw_flights(rng: Generator, *conditions: str) -> list[Value]:
    order = torch.randperm(len(conditions), generator=rng).tolist()
    return [[_flown(rng, conditions[i]) for i in order]]


TASK = Task(
    "flight-doctor",
    "diagnose",
    _words,
    (
        Aspect(
            "exploding beside healthy",
            1,
            lambda rng: _draw_flights(rng, "exploding", "healthy"),
            "exploding and healthy networks are not told apart",
        ),
        Aspect(
            "vanishing beside healthy",
            1,
            lambda rng: _draw_flights(rng, "vanishing", "healthy"),
            "vanishing and healthy networks are not told apart",
        ),
        Aspect(
            "frozen beside healthy",
            1,
            lambda rng: _draw_flights(rng, "frozen", "healthy"),
            "frozen and healthy networks are not told apart",
        ),
        Aspect(
            "some of each",
            1,
            lambda rng: _draw_flights(
                rng, "exploding", "vanishing", "frozen", "healthy"
            ),
            "the four conditions are not told apart",
        ),
    ),
    {
        "it is what the weights' gradients say, not the biases'": _by_weights,
        "first and last are exchanged": _upside_down,
    },
)
