"""When two printed outputs are the same: words exactly, numbers nearly.

Of numbers with a spread, ``15 ± 3``, each must lie in the interval of the other.  The
line of a check stands for itself: the numbers in it were compared by `verify` when it
was printed, with the tolerance of the claim.
"""

import math
import re
from collections.abc import Container
from decimal import Decimal
from typing import Any

__all__ = ["FIGURES", "TOLERANCE", "kept", "same", "settled"]

TOLERANCE = 1e-3  # printed numbers have few digits and come from other machines, too
FIGURES = frozenset({"image/svg+xml", "image/png"})
NUMBER = re.compile(r"(?<![\w.])[-+]?(?:\d+\.\d*|\.\d+|\d+)(?:[eE][-+]?\d+)?")
UNCERTAIN = re.compile(rf"({NUMBER.pattern}) ± ({NUMBER.pattern})")
CHECK = re.compile(r"^✓ (\S+).*? ([≈<>]) .*$", re.M)


def same(one: str, two: str) -> bool:
    """Whether two texts have the same words and nearly the same numbers."""
    one, two = (CHECK.sub(r"✓ \1 \2", text) for text in (one, two))
    if _words(one) != _words(two):
        return False
    spread = zip(UNCERTAIN.findall(one), UNCERTAIN.findall(two), strict=True)
    one, two = UNCERTAIN.sub("", one), UNCERTAIN.sub("", two)
    exact = zip(NUMBER.findall(one), NUMBER.findall(two), strict=True)
    return all(_overlap(*pair) for pair in spread) and all(
        _close(*pair) for pair in exact
    )


def kept(
    code: list[str], new: list[Any], ran: list[str], stored: list[Any]
) -> list[Any]:
    """Outputs of a chapter that ran again; what is the same stays as it was stored.

    As far as the code is the code that ran: a number that is printed nearly as before
    keeps its digits, and a drawing is kept if all text up to it is the same.  So
    another machine, whose last digits differ, changes no byte.

    Args:
        code: The code of the cells.
        new: The outputs of each.
        ran: The code of the cells that ran before.
        stored: The outputs of each of these.
    """
    outputs, figures = list(new), FIGURES
    for at, (text, before) in enumerate(zip(code, ran, strict=False)):
        if text != before:
            break
        outputs[at] = settled(new[at], stored[at], keep=FIGURES)
        if outputs[at] != stored[at]:
            figures = frozenset()
        outputs[at] = settled(new[at], stored[at], keep=figures)
    return outputs


def settled(
    new: list[Any], stored: list[Any], *, keep: Container[str] = ()
) -> list[Any]:
    """Outputs of a cell that ran again, with the stored text wherever it is the same.

    Args:
        new: The outputs.
        stored: The outputs that were stored.
        keep: Kinds of data that are taken from what is stored unseen.
    """
    if len(new) != len(stored):
        return new
    return [_settled(*pair, keep) for pair in zip(new, stored, strict=True)]


def _settled(new: object, stored: object, keep: Container[str]) -> object:
    if isinstance(new, str) and isinstance(stored, str):
        return stored if same(new, stored) else new
    if isinstance(new, list) and isinstance(stored, list):
        return settled(new, stored, keep=keep)
    if isinstance(new, dict) and isinstance(stored, dict):
        known = {**new, **stored}
        return {
            name: known[name] if name in keep else _settled(part, known[name], keep)
            for name, part in new.items()
        }
    return new


def _words(text: str) -> list[str]:
    """What is left of a text without its numbers; how it is spaced does not count."""
    return NUMBER.sub("#", UNCERTAIN.sub("±", text)).split()


def _overlap(one: tuple[str, str], two: tuple[str, str]) -> bool:
    """Whether each of two numbers lies in the interval of the other."""
    # Decimal: what is printed as 0.17 and 0.15 is 0.02 apart, and not a little more.
    (value, spread), (other, room) = (map(Decimal, pair) for pair in (one, two))
    return abs(value - other) <= min(spread, room)


def _close(one: str, two: str) -> bool:
    if one.isdigit() and two.isdigit():
        return one == two
    return math.isclose(float(one), float(two), rel_tol=TOLERANCE)
