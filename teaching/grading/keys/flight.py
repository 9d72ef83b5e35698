"""Keys of assignment 4, diagnose and repair a sick network.

Records of the first task are made up, those of the doctor come from networks that are
trained here. The master's solutions use torch; here stand plain lists and a scale that
is found layer by layer from the sick network alone.
"""

import itertools
import math
import statistics

import torch
from torch import Generator, Tensor, nn

from companion.recorder import Record, Recorder
from teaching.grading.child.wire import Value
from teaching.grading.keys.draw import normal, uniform, whole
from teaching.grading.task import Aspect, Task

__all__ = ["TASKS"]


def _signs(record: Record, factor: float, *, least: float = 0.0) -> list[list[int]]:
    """Row and column of every sign; a slip lets unrecorded values count."""
    table = record.measured["gradient"].tolist()
    found = []
    for row, values in enumerate(table):
        for column, value in enumerate(values):
            earlier = [line[column] for line in table[:row] if line[column] >= least]
            usual = statistics.median_low(earlier) if len(earlier) >= 5 else math.inf
            if not math.isfinite(value) or value > factor * usual:
                found.append([row, column])
    return found


def _first_sign(
    record: Record, factor: float, *, least: float = 0.0
) -> list[Value] | None:
    signs = _signs(record, factor, least=least)
    if not signs:
        return None
    row = signs[0][0]
    column = max(column for r, column in signs if r == row)
    return [record.first + row, record.parameters[column]]


def _first_in_order(record: Record, factor: float) -> list[Value] | None:
    signs = _signs(record, factor)
    if not signs:
        return None
    return [record.first + signs[0][0], record.parameters[signs[0][1]]]


def _row(record: Record, factor: float) -> list[Value] | None:
    found = _first_sign(record, factor)
    return [found[0] - record.first, found[1]] if found else None  # type: ignore[operator]


def _draw_record(rng: Generator, trouble: str) -> list[Value]:
    """Calm gradients between half and twice their size; then what is the matter."""
    names = [f"{i}.{kind}" for i in range(0, 10, 2) for kind in ("weight", "bias")]
    steps, count, factor = whole(rng, 30, 40), len(names), uniform(rng, 8.0, 12.0)
    values = (0.6 * (2 * torch.rand(steps, count, generator=rng).double() - 1)).exp()
    values *= normal(rng, count).exp()
    at, first = whole(rng, 15, 25), whole(rng, 1, count - 2)
    if trouble == "jump":
        values[at:, : first + 1] *= 100 * factor
    elif trouble == "not finite":
        values[at:, : first + 1] = math.nan
        values[at, first] = math.inf
    elif trouble == "not recorded":
        values[torch.rand(steps, count, generator=rng) < 0.6] = -1.0
        values[5, 0] = 0.5
        values[at + 4, first] = 1e6
    begin = whole(rng, 50, 500)
    ends = ["stepped"] * steps
    return [Record(names, [], begin, 1, ends, {"gradient": values}), factor]


def _flown(rng: Generator, condition: str) -> Record:
    """A flight of a network in a known condition."""
    gain, size, rate = {
        "exploding": (2.0, 1e-5, 1e-6),
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


def _sizes(weights: list[Tensor], x: Tensor) -> list[float]:
    """Size of every layer of the sick network, relative to the layer before it."""
    sizes, h = [], x
    for W in weights:
        z = (W @ h.mT).mT
        sizes.append(math.sqrt(float((z * z).mean())))
        h = z.clamp(min=0) / sizes[-1]  # ReLU lets a positive factor through
    return sizes


def _repaired(weights: list[Tensor], x: Tensor) -> list[Value]:
    pairs = zip(weights, _sizes(weights, x), strict=True)
    return [W / size for W, size in pairs]


def _from_the_sick(weights: list[Tensor], x: Tensor) -> list[Value]:
    sizes = itertools.accumulate(_sizes(weights, x), lambda a, b: a * b)
    return [W / max(size, 1e-300) for W, size in zip(weights, sizes, strict=True)]


def _after_relu(weights: list[Tensor], x: Tensor) -> list[Value]:
    found: list[Value] = []
    h = x
    for W in weights:
        h = (h @ W.T).clamp(min=0)
        size = h.square().mean().sqrt()
        found.append(W / size)
        h = h / size
    return found


def _by_matrix(weights: list[Tensor], x: Tensor) -> list[Value]:
    del x
    return [W * (math.sqrt(len(W)) / W.norm()) for W in weights]


def _draw_sick(rng: Generator, *, depth: int, gain: float) -> list[Value]:
    n = whole(rng, 8, 12)
    matrices: list[Value] = [*(gain * normal(rng, depth, n, n) * math.sqrt(2 / n))]
    return [matrices, normal(rng, 16, n)]


TASKS = (
    Task(
        "flight-sign",
        "first_sign",
        _first_sign,
        (
            Aspect(
                "a calm flight",
                1,
                lambda rng: _draw_record(rng, "nothing"),
                "a record without trouble has no sign",
            ),
            Aspect(
                "a jump",
                1,
                lambda rng: _draw_record(rng, "jump"),
                "where gradients jump, step or name does not fit",
            ),
            Aspect(
                "a value that is not finite",
                1,
                lambda rng: _draw_record(rng, "not finite"),
                "where a gradient is infinite or NaN, step or name does not fit",
            ),
            Aspect(
                "values that were not recorded",
                2,
                lambda rng: _draw_record(rng, "not recorded"),
                "where values were not recorded, step or name does not fit",
            ),
        ),
        {
            "it is a row of the table, not a step": _row,
            "it is the first such parameter of the network, not the last": (
                _first_in_order
            ),
            "values that were not recorded enter the median": partial(
                _first_sign, least=-math.inf
            ),
        },
    ),
    Task(
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
    ),
    Task(
        "flight-repair",
        "repair",
        _repaired,
        (
            Aspect(
                "a single layer",
                1,
                lambda rng: _draw_sick(rng, depth=1, gain=3.0),
                "already with one layer the matrix does not fit",
            ),
            Aspect(
                "a network that grows",
                1,
                lambda rng: _draw_sick(rng, depth=6, gain=uniform(rng, 2.0, 5.0)),
                "in a network that grows, the matrices do not fit",
            ),
            Aspect(
                "a network that fades to nothing",
                2,
                lambda rng: _draw_sick(rng, depth=60, gain=uniform(rng, 1e-8, 1e-7)),
                "in a deep network that fades to nothing, the matrices do not fit",
            ),
        ),
        {
            "the sizes are those of the sick network, not of the repaired one": (
                _from_the_sick
            ),
            "it is the size after ReLU that is one": _after_relu,
            "it is a norm of the matrix, not what it does to the batch": _by_matrix,
            "its sign is the other way round": lambda *a: [
                -W for W in _repaired(*a) if isinstance(W, Tensor)
            ],
        },
    ),
)
