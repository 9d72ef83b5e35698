"""How nbval runs the notebooks: offline, and with numbers compared as numbers."""

import math
import os
import re
from pathlib import Path

from nbval.kernel import RunningKernel

OFFLINE = Path(__file__).parents[1] / "tests" / "offline"
TOLERANCE = 1e-3  # printed numbers have few digits and come from other machines, too
FIGURES = ("image/svg+xml", "image/png")
NUMBER = re.compile(r"(?<![\w.])[-+]?(?:\d+\.\d*|\.\d+|\d+)(?:[eE][-+]?\d+)?")
CHECK = re.compile(r"^✓ (\S+).*? ([≈<>]) .*$", re.M)

# Kernels inherit this: the first thing that each does is to refuse the network.
os.environ["PYTHONPATH"] = str(OFFLINE)


class Printed(str):
    """Text that equals another if the words are the same and the numbers are close.

    The line of a check stands for itself: the numbers in it were compared by
    `verify` when it was printed, with the tolerance of the claim.
    """

    def __eq__(self, other: object) -> bool:
        """Compare words exactly, numbers with `TOLERANCE`."""
        mine, theirs = (CHECK.sub(r"✓ \1 \2", str(text)) for text in (self, other))
        words = NUMBER.sub("#", mine).split() == NUMBER.sub("#", theirs).split()
        numbers = NUMBER.findall(mine), NUMBER.findall(theirs)
        return words and all(map(_close, *numbers))

    def __ne__(self, other: object) -> bool:
        """The opposite of equal."""
        return not self == other

    __hash__ = str.__hash__


def _close(one: str, two: str) -> bool:
    if one.isdigit() and two.isdigit():
        return one == two
    return math.isclose(float(one), float(two), rel_tol=TOLERANCE)


def pytest_collection_modifyitems(items: list) -> None:
    """Compare the text of each cell as `Printed`, and no pixels."""
    for item in items:
        if type(item).__name__ == "IPyNbCell":
            item.parent.skip_compare = (*item.parent.skip_compare, *FIGURES)
            item.sanitize = _printed(item.sanitize)


def _execute(kernel: RunningKernel, source: str, allow_stdin: bool = False) -> str:
    """Run a cell with its history, without which a final ; does not hide a value."""
    return kernel.kc.execute(source, allow_stdin=allow_stdin, stop_on_error=False)


RunningKernel.execute_cell_input = _execute


def _printed(sanitize):  # noqa: ANN001, ANN202  (nbval's own function, untyped)
    def as_printed(text: object) -> object:
        clean = sanitize(text)
        return Printed(clean) if isinstance(clean, str) else clean

    return as_printed
