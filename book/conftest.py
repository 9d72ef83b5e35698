"""How nbval runs the notebooks: offline, and with numbers compared as numbers."""

import contextlib
import os
from pathlib import Path

import nbformat
import nbval.kernel
from nbval.kernel import RunningKernel
from nbval.plugin import IPyNbCell

from press.comparison import FIGURES, settled

# Kernels inherit this: the first thing that each does is to refuse the network.
OFFLINE = str(Path(__file__).parents[1] / "tests" / "offline")
CALLERS = os.environ.get("PYTHONPATH")  # an empty entry would be the current folder
os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [OFFLINE, CALLERS]))


def _compare(cell: IPyNbCell, new: list, stored: list, *options: object) -> bool:
    """Compare as `same` does, and no pixels: what a figure shows is verified."""
    as_stored = map(nbformat.from_dict, settled(new, stored, keep=FIGURES))
    return compare_once(cell, list(as_stored), stored, *options)


def _start(*arguments: object, **options: object) -> tuple:
    """Start a kernel; again, if another process took one of its ports meanwhile."""
    for _ in range(2):
        with contextlib.suppress(RuntimeError):
            return start_once(*arguments, **options)
    return start_once(*arguments, **options)


def _execute(kernel: RunningKernel, source: str, allow_stdin: bool = False) -> str:
    """Run a cell with its history, without which a final ; does not hide a value."""
    return kernel.kc.execute(source, allow_stdin=allow_stdin, stop_on_error=False)


compare_once = IPyNbCell.compare_outputs
IPyNbCell.compare_outputs = _compare
start_once = nbval.kernel.start_new_kernel
nbval.kernel.start_new_kernel = _start
RunningKernel.execute_cell_input = _execute
