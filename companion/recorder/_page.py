"""The record as one static page: numbers packed small, and the script that shows them.

A norm is stored as a whole number, a thousand times its power of ten, in two bytes;
a thousand steps of a hundred layers stay below half a megabyte.
"""

import base64
import html
import json
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

if TYPE_CHECKING:
    from companion.recorder._record import Quantity, Record

TEMPLATE = Path(__file__).with_name("page.html")
# What a power of ten cannot say; page.html knows the same four numbers.
ZERO, INFINITE, NAN, NOTHING = -32768, 32765, 32766, 32767
LIMIT = 32764
CELLS = 160_000  # of all quantities together: more are thinned, evenly in time
SHOWN: tuple["Quantity", ...] = (
    "gradient",
    "kept",
    "ratio",
    "weight",
    "update",
    "activation",
)


def page(record: "Record", title: str) -> str:
    """The whole page."""
    data = json.dumps(_packed(record), separators=(",", ":")).replace("<", "\\u003c")
    text = TEMPLATE.read_text(encoding="utf-8")
    return text.replace("{{title}}", html.escape(title)).replace("{{data}}", data)


def _packed(record: "Record") -> dict[str, Any]:
    matrices = {quantity: record.values(quantity) for quantity in SHOWN}
    rows = {name: _recorded_rows(values) for name, values in matrices.items()}
    total = sum(len(rows[name]) * matrices[name].shape[1] for name in SHOWN)
    stride = max(1, -(-total // CELLS))
    broken = {step - record.first for step in record.broken()}
    kept = {name: _thinned(rows[name], stride, broken) for name in SHOWN}
    return {
        "parameters": record.parameters,
        "modules": record.modules,
        "first": record.first,
        "last": record.steps[-1],
        "stride": stride,
        "remarks": record.table().remarks,
        "skipped": [
            step
            for step, end in zip(record.steps, record.ends, strict=True)
            if end == "skipped"
        ],
        "quantities": {
            name: {
                "steps": [record.first + row for row in kept[name]],
                "values": _encoded(matrices[name][kept[name]]),
            }
            for name in SHOWN
        },
    }


def _recorded_rows(values: Tensor) -> list[int]:
    """The rows in which something was recorded, in most of the columns if in most rows.

    `kept` has three columns on every step and all on some: those are what is shown.
    """
    counts = (~(values < 0)).sum(dim=1)
    rows: list[int] = (
        ((counts > 0) & (counts * 2 > counts.max())).nonzero()[:, 0].tolist()
    )
    return rows


def _thinned(rows: list[int], stride: int, always: set[int]) -> list[int]:
    return [row for i, row in enumerate(rows) if i % stride == 0 or row in always]


def _encoded(values: Tensor) -> str:
    """Whole numbers by column, as differences in time, deflated, in base64."""
    thousandths = (1000 * values.double().abs().log10()).round().clamp(-LIMIT, LIMIT)
    for case, code in (
        (values == 0, ZERO),
        (values.isinf(), INFINITE),
        (values.isnan(), NAN),
        (values < 0, NOTHING),
    ):
        thousandths = torch.where(case, float(code), thousandths)
    whole = thousandths.T.numpy().astype(np.int64)
    steps = np.diff(whole, axis=1, prepend=0).astype(np.int16)  # wraps, and so back
    return base64.b64encode(zlib.compress(steps.astype("<i2").tobytes(), 9)).decode()
