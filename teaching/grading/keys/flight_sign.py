"""The first sign of trouble in records that are made up; the key uses plain lists."""

import math
import statistics
from functools import partial

import torch
from torch import Generator

from companion.recorder import Record
from teaching.grading.child.wire import Value
from teaching.grading.keys.draw import normal, uniform, whole
from teaching.grading.task import Aspect, Task

__all__ = ["TASK"]


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


TASK = Task(
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
)
