"""Check the book's claims where they are made, and read the checks back.

One grammar, `_FORMS` and `_FIELDS`, makes the printed line and the pattern that reads
it, so the two cannot drift apart.
"""

import json
import math
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor

from companion._checks import check_finite, check_nonnegative

__all__ = ["Entry", "read_ledger", "read_lines", "verify"]

_FORMS = {
    "relative": "{claim}  {measured} ≈ {predicted}  |δ| {error} ≤ {bound}{count}",
    "absolute": "{claim}  {measured} ≈ {predicted}  |Δ| {error} ≤ {bound}{count}",
    "below": "{claim}  {measured} < {predicted}{count}",
    "above": "{claim}  {measured} > {predicted}{count}",
    "between": "{claim}  {lower} < {measured} < {upper}{count}",
}
# A check that fails shows what is true instead, and is never read back.
_FAILED = {
    "relative": "{claim}  {measured} ≉ {predicted}  |δ| {error} > {bound}{count}",
    "absolute": "{claim}  {measured} ≉ {predicted}  |Δ| {error} > {bound}{count}",
    "below": "{claim}  {measured} ≥ {predicted}{count}",
    "above": "{claim}  {measured} ≤ {predicted}{count}",
    "between": "{claim}  {measured} ∉ ({lower}, {upper}){count}",
}
_RELATIONS = {
    "relative": "≈",
    "absolute": "≈",
    "below": "<",
    "above": ">",
    "between": "∈",
}
_NUMBER = r"-?(?:\d+(?:\.\d+)?(?:e[+-]\d+)?|inf)"
_FIELDS = {
    "claim": r"[a-z0-9]+(?:-[a-z0-9]+)*",
    "count": r"(?:  \(\d+ values\))?",
    **dict.fromkeys(
        ("measured", "predicted", "error", "bound", "lower", "upper"), _NUMBER
    ),
}


class Entry(NamedTuple):
    """One claim that held, as a notebook shows it; numbers as they were printed."""

    claim: str
    """Label of the claim box."""
    measured: str
    """What was computed; of several values, the one nearest to failing."""
    relation: str
    """One of ``≈``, ``<``, ``>`` and ``∈``."""
    predicted: str
    """What it was compared with; after ``∈`` an open interval ``(lower, upper)``."""
    line: str
    """The whole line, with error and tolerance."""
    form: str = ""
    """``relative``, ``absolute``, ``below``, ``above`` or ``between``."""
    error: str = ""
    """How far a comparison is off, in the unit of its form; empty for a bound."""
    bound: str = ""
    """The largest error that is allowed; empty for a bound."""


def verify(
    claim: str,
    actual: Tensor | float,
    expected: Tensor | float | None = None,
    *,
    rtol: float | None = None,
    atol: float | None = None,
    below: float | None = None,
    above: float | None = None,
) -> None:
    r"""Print one line if a claim holds, and stop the chapter if it does not.

    .. math:: |x - y| \le \text{atol} + \text{rtol} \, |y|
        \qquad\text{or}\qquad \text{above} < x < \text{below}

    Of a tensor, every entry must hold, and the line shows the one nearest to failing.
    The error is ``|δ|``, relative, under `rtol` alone, and ``|Δ|``, absolute, as soon
    as `atol` is given. NaN fails always.

    Args:
        claim: Label of the claim box that the numbers stand behind.
        actual: What was computed :math:`x`, shape ``(...)``.
        expected: What the claim predicts :math:`y`, of a shape that broadcasts to
            ``(...)``; needs `rtol`, `atol` or both.
        rtol: Largest relative error that the derivation allows, not tuned to pass.
        atol: Largest absolute error, for predictions of zero.
        below: A bound that every entry must stay below.
        above: A bound that every entry must stay above.

    Raises:
        AssertionError: The claim does not hold.
        ValueError: The arguments state no claim, or one that could not fail.
        FloatingPointError: `expected` has an infinite or NaN entry.

    Example:
        >>> import torch
        >>> verify("clipped-norm", 1.0000001, 1.0, rtol=1e-6)
        ✓ clipped-norm  1 ≈ 1  |δ| 1.0e-07 ≤ 1.0e-06
        >>> verify("u-curve", torch.tensor([0.0119, 0.0180]), below=0.05)
        ✓ u-curve  0.018 < 0.05  (2 values)
    """
    if not re.fullmatch(_FIELDS["claim"], claim):
        raise ValueError(f"claim must be lower-case-words-like-this, got {claim!r}")
    values = torch.as_tensor(actual, dtype=torch.float64, device="cpu").detach()
    if not values.numel():
        raise ValueError(f"actual must have an entry, got shape {tuple(values.shape)}")
    tolerance = rtol is not None or atol is not None
    bound = below is not None or above is not None
    if (expected is None) == tolerance or tolerance == bound:
        raise ValueError(
            "verify must get expected with a tolerance, or else bounds, "
            f"got {expected=}, {rtol=}, {atol=}, {below=}, {above=}"
        )
    if expected is not None:
        form, holds, numbers = _compare(values, expected, rtol, atol)
    else:
        form, holds, numbers = _confine(values, below, above)
    count = f"  ({values.numel()} values)" if values.numel() > 1 else ""
    shown = {"claim": claim, "count": count, **numbers}
    if not holds:
        raise AssertionError(f"✗ {_FAILED[form].format(**shown)}")
    print(f"✓ {_FORMS[form].format(**shown)}")


def read_ledger(notebook_path: str | Path) -> list[Entry]:
    """Read back the claims that an executed notebook printed, in its order.

    Args:
        notebook_path: The executed ``.ipynb`` file.

    Returns:
        One entry for each printed line that begins with ``✓``.

    Raises:
        ValueError: A line begins with ``✓`` but is not one that `verify` prints.

    Example:
        >>> import tempfile
        >>> line = "✓ u-curve  0.0119 < 0.05"
        >>> cell = {"outputs": [{"output_type": "stream", "text": [line]}]}
        >>> path = Path(tempfile.mkdtemp(), "chapter.ipynb")
        >>> _ = path.write_text(json.dumps({"cells": [cell]}), "utf-8")
        >>> read_ledger(path)[0][:4]
        ('u-curve', '0.0119', '<', '0.05')
    """
    notebook = json.loads(Path(notebook_path).read_text("utf-8"))
    return read_lines(
        [output for cell in notebook["cells"] for output in cell.get("outputs", [])]
    )


def read_lines(outputs: Sequence[Mapping[str, Any]]) -> list[Entry]:
    """Read back the claims that some outputs of a notebook hold, in their order.

    Args:
        outputs: Outputs of code cells, as a notebook file stores them.

    Returns:
        One entry for each printed line that begins with ``✓``.

    Raises:
        ValueError: A line begins with ``✓`` but is not one that `verify` prints.

    Example:
        >>> line = "✓ clipped-norm  1 ≈ 1  |δ| 1.0e-07 ≤ 1.0e-06"
        >>> read_lines([{"output_type": "stream", "text": [line]}])[0][-3:]
        ('relative', '1.0e-07', '1.0e-06')
    """
    texts = ["".join(out["text"]) for out in outputs if out["output_type"] == "stream"]
    lines = [line for text in texts for line in text.splitlines()]
    return [_parse(line) for line in lines if line.startswith("✓")]


def _compare(
    values: Tensor, expected: Tensor | float, rtol: float | None, atol: float | None
) -> tuple[str, bool, dict[str, str]]:
    """Compare with a prediction; return the form, the verdict and the worst numbers."""
    target = torch.as_tensor(expected, dtype=torch.float64, device="cpu").detach()
    check_finite("expected", target)
    check_nonnegative("rtol", rtol or 0.0)
    check_nonnegative("atol", atol or 0.0)
    try:
        target = target.broadcast_to(values.shape)
    except RuntimeError:
        raise ValueError(
            f"expected must broadcast to the shape of actual, {tuple(values.shape)}, "
            f"got shape {tuple(target.shape)}"
        ) from None
    if atol is None and (target == 0).any():
        raise ValueError("expected must be nonzero without atol, got 0.0")
    size = target.abs() if atol is None else torch.ones_like(target)
    error = (values - target).abs() / size
    bound = ((atol or 0.0) + (rtol or 0.0) * target.abs()) / size
    worst = (error - bound).argmax()  # NaN counts as the largest
    numbers = {
        "measured": f"{values.flatten()[worst]:.6g}",
        "predicted": f"{target.flatten()[worst]:.6g}",
    }
    holds = bool((error <= bound).all())
    pair = float(error.flatten()[worst]), float(bound.flatten()[worst])
    digits = 1 if holds else _digits(pair, "e", 1)
    numbers |= zip(("error", "bound"), (f"{x:.{digits}e}" for x in pair), strict=True)
    return "relative" if atol is None else "absolute", holds, numbers


def _confine(
    values: Tensor, below: float | None, above: float | None
) -> tuple[str, bool, dict[str, str]]:
    """Compare with bounds; return the form, the verdict and the worst numbers."""
    for name, limit in {"below": below, "above": above}.items():
        if limit is not None and not math.isfinite(limit):
            raise ValueError(f"{name} must be finite, got {limit}")
    limits: dict[str, float]
    if above is not None and below is not None:
        off_centre = (values - (below + above) / 2).abs()
        form, worst = "between", values.flatten()[off_centre.argmax()]
        limits = {"lower": above, "upper": below}
    elif below is not None:
        form, worst, limits = "below", values.max(), {"predicted": below}
    else:
        assert above is not None  # verify gives one of the two
        form, worst, limits = "above", values.min(), {"predicted": above}
    under = below is None or bool((values < below).all())  # NaN is not
    over = above is None or bool((values > above).all())
    numbers = {"measured": float(worst), **limits}
    digits = _digits(tuple(numbers.values()), "g", 6)
    return form, under and over, {k: f"{x:.{digits}g}" for k, x in numbers.items()}


def _digits(numbers: Sequence[float], style: str, least: int) -> int:
    """How many digits tell these numbers apart, 17 at most: `0.5 < 0.5` is false."""
    for digits in range(least, 17):
        if len({f"{x:.{digits}{style}}" for x in numbers}) == len(set(numbers)):
            return digits
    return 17


def _parse(line: str) -> Entry:
    """Read one line that `verify` printed."""
    for form, relation in _RELATIONS.items():
        found = re.fullmatch(f"✓ {_pattern(_FORMS[form])}", line)
        if found:
            claim, measured = found["claim"], found["measured"]
            bounds = "({lower}, {upper})" if relation == "∈" else "{predicted}"
            shown = found.groupdict()
            predicted = bounds.format(**shown)
            error, bound = shown.get("error", ""), shown.get("bound", "")
            return Entry(claim, measured, relation, predicted, line, form, error, bound)
    raise ValueError(f"line must be one that verify prints, got {line!r}")


def _pattern(form: str) -> str:
    """Turn a form into the regular expression that matches what it prints."""
    return re.sub(
        r"\\{(\w+)\\}", lambda m: f"(?P<{m[1]}>{_FIELDS[m[1]]})", re.escape(form)
    )
