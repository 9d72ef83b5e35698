"""How nbval runs the notebooks: offline, and with numbers compared as numbers."""

import contextlib
import os
from collections.abc import Callable
from pathlib import Path

import nbval.kernel
from nbval.kernel import RunningKernel
from nbval.plugin import IPyNbCell

from press.comparison import Printed

FIGURES = ("image/svg+xml", "image/png")  # no pixels: what a figure shows is verified

# Kernels inherit this: the first thing that each does is to refuse the network.
OFFLINE = str(Path(__file__).parents[1] / "tests" / "offline")
CALLERS = os.environ.get("PYTHONPATH")  # an empty entry would be the current folder
os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [OFFLINE, CALLERS]))


def pytest_collection_modifyitems(items: list) -> None:
    """Compare the text of each cell as `Printed`."""
    for item in items:
        if isinstance(item, IPyNbCell):
            item.parent.skip_compare = (*item.parent.skip_compare, *FIGURES)
            item.sanitize = _printed(item.sanitize)


def _printed(sanitize: Callable[[object], object]) -> Callable[[object], object]:
    def as_printed(text: object) -> object:
        clean = sanitize(text)
        return Printed(clean) if isinstance(clean, str) else clean

    return as_printed


def _start(*arguments: object, **options: object) -> tuple:
    """Start a kernel; again, if another process took one of its ports meanwhile."""
    for _ in range(2):
        with contextlib.suppress(RuntimeError):
            return start_once(*arguments, **options)
    return start_once(*arguments, **options)


def _execute(kernel: RunningKernel, source: str, allow_stdin: bool = False) -> str:
    """Run a cell with its history, without which a final ; does not hide a value."""
    return kernel.kc.execute(source, allow_stdin=allow_stdin, stop_on_error=False)


start_once = nbval.kernel.start_new_kernel
nbval.kernel.start_new_kernel = _start
RunningKernel.execute_cell_input = _execute
