"""When two printed outputs are the same: words exactly, numbers nearly."""

import math
import re

__all__ = ["TOLERANCE", "Printed"]

TOLERANCE = 1e-3  # printed numbers have few digits and come from other machines, too
NUMBER = re.compile(r"(?<![\w.])[-+]?(?:\d+\.\d*|\.\d+|\d+)(?:[eE][-+]?\d+)?")
CHECK = re.compile(r"^✓ (\S+).*? ([≈<>]) .*$", re.M)


class Printed(str):
    """Text that equals another if the words are the same and the numbers are close.

    The line of a check stands for itself: the numbers in it were compared by `verify`
    when it was printed, with the tolerance of the claim.
    """

    def __eq__(self, other: object) -> bool:
        """Compare words exactly, numbers with `TOLERANCE`."""
        mine, theirs = (CHECK.sub(r"✓ \1 \2", str(text)) for text in (self, other))
        if NUMBER.sub("#", mine).split() != NUMBER.sub("#", theirs).split():
            return False
        pairs = zip(NUMBER.findall(mine), NUMBER.findall(theirs), strict=True)
        return all(_close(one, two) for one, two in pairs)

    def __ne__(self, other: object) -> bool:
        """The opposite of equal, which str would not take from here."""
        return not self == other

    __hash__ = str.__hash__


def _close(one: str, two: str) -> bool:
    if one.isdigit() and two.isdigit():
        return one == two
    return math.isclose(float(one), float(two), rel_tol=TOLERANCE)
