"""Values as JSON, so that nothing a student's process sends is ever unpickled."""

from typing import Any, TypeAlias

import numpy as np
import torch
from torch import Tensor

from companion.recorder import Record

__all__ = ["Json", "Value", "decode", "encode"]

Json: TypeAlias = Any
Value: TypeAlias = "bool | int | float | str | Tensor | Record | list[Value] | None"

NUMBERS = (torch.float64, torch.float32, torch.float16, torch.bfloat16)
WHOLE = (torch.int64, torch.int32, torch.bool)
DTYPES = {str(dtype).removeprefix("torch."): dtype for dtype in NUMBERS + WHOLE}
MOST = 1_000_000  # numbers in a tensor


def encode(value: object) -> Json:
    """Turn a value into what JSON can hold.

    Args:
        value: A number, a text, None, a tensor, an array, a record, or a list or tuple
            of such.

    Raises:
        TypeError: `value` is something else, or a tensor of another dtype or too large.

    Example:
        >>> encode((1.5, torch.ones(2)))
        [1.5, {'tensor': [1.0, 1.0], 'dtype': 'float32'}]
    """
    if isinstance(value, np.ndarray | np.generic):
        value = torch.as_tensor(value)
    if isinstance(value, Tensor):
        dtype = str(value.dtype).removeprefix("torch.")
        if dtype not in DTYPES or value.numel() > MOST:
            shape = tuple(value.shape)
            raise TypeError(f"value must be a plain tensor, got {dtype} of {shape}")
        return {"tensor": value.detach().tolist(), "dtype": dtype}
    if isinstance(value, Record):
        fields = {name: getattr(value, name) for name in FIELDS}
        measured = {name: encode(norms) for name, norms in value.measured.items()}
        return {"record": fields | {"measured": measured}}
    if isinstance(value, list | tuple):
        return [encode(entry) for entry in value]
    if value is None or isinstance(value, bool | int | float | str):
        return value
    kind = type(value).__name__
    raise TypeError(f"value must be a number, text, tensor or list, got {kind}")


def decode(coded: Json) -> Value:
    """Turn it back.

    Args:
        coded: What `encode` made, or what somebody else pretends it made.

    Raises:
        ValueError: `coded` is not what `encode` makes.

    Example:
        >>> decode({"tensor": [1.0, 2.0], "dtype": "float64"})
        tensor([1., 2.], dtype=torch.float64)
    """
    if isinstance(coded, list):
        return [decode(entry) for entry in coded]
    if coded is None or isinstance(coded, bool | int | float | str):
        return coded
    try:
        if "record" in coded:
            return _record(coded["record"])
        return torch.tensor(coded["tensor"], dtype=DTYPES[coded["dtype"]])
    except (AttributeError, LookupError, RuntimeError, TypeError, ValueError):
        raise ValueError(
            f"coded must be what encode makes, got {type(coded).__name__}"
        ) from None


FIELDS = ("parameters", "modules", "first", "every", "ends")


def _record(fields: Json) -> Record:
    measured = {name: decode(coded) for name, coded in fields["measured"].items()}
    norms = {name: x for name, x in measured.items() if isinstance(x, Tensor)}
    return Record(**{name: fields[name] for name in FIELDS}, measured=norms)
