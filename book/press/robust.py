"""`make robust`: run the notebooks as other machines would; compare what they print.

A machine is imitated by changing every random draw in its last digits, by torch's
kernels for other processors, or by a second thread.  No printed text may change, by
the comparison that nbval makes; where it does, a number must get its spread.
"""

import argparse
import os
import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from itertools import product
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient
from nbval.plugin import coalesce_streams

from press.comparison import FIGURES, settled
from press.notebooks import INLINE
from press.paths import BOOK, ROOT

__all__ = ["MACHINES", "changes", "main"]

UNSEEN = FIGURES | {"traceback"}
HOOK = ROOT / "tests" / "machine"
# Old kernels of torch, and of the libraries that it calls, where they obey.
PLAIN = {
    "ATEN_CPU_CAPABILITY": "default",
    "MKL_ENABLE_INSTRUCTIONS": "SSE4_2",
    "ONEDNN_MAX_CPU_ISA": "SSE41",
}
MACHINES: dict[str, dict[str, str]] = {
    "noise-0": {"MACHINE_NOISE": "0"},
    "noise-1": {"MACHINE_NOISE": "1"},
    "noise-2": {"MACHINE_NOISE": "2"},
    "avx2": {"ATEN_CPU_CAPABILITY": "avx2"},
    "plain": PLAIN,
    # Waiting threads sleep: jobs side by side have more of them than there are cores.
    "threads": {"MACHINE_THREADS": "2", "OMP_WAIT_POLICY": "PASSIVE"},
}


def changes(editions: list[Path], machine: str) -> list[str]:
    """Run one chapter on a machine; say which cells of which edition differ.

    Args:
        editions: The notebooks of a chapter, with equal code: the first one runs.
        machine: One of `MACHINES`.
    """
    ran = nbformat.read(editions[0], as_version=4)
    path = os.pathsep.join([str(HOOK), *sys.path])
    environment = {"PYTHONPATH": path, "MPLBACKEND": INLINE, **MACHINES[machine]}
    client = NotebookClient(
        ran,
        kernel_name="python3",
        record_timing=False,
        allow_errors=True,  # a claim that fails is one change among others
        resources={"metadata": {"path": str(editions[0].parent)}},
    )
    client.execute(env={**os.environ, **environment})
    for cell in ran.cells:
        if cell.cell_type == "code":  # a stream comes in as many pieces as it likes
            cell.outputs = coalesce_streams(cell.outputs)
    found = []
    for edition in editions:
        stored = nbformat.read(edition, as_version=4)
        for count, (new, old) in enumerate(_code(ran, stored), start=1):
            if settled(new.outputs, old.outputs, keep=UNSEEN) != old.outputs:
                name = f"{edition.parent.name}/{edition.stem} cell {count}, {machine}"
                texts = (
                    f"  stored: {_text(old.outputs)}\n  now:    {_text(new.outputs)}"
                )
                found.append(f"{name}\n{texts}")
    return found


def main() -> None:
    """Run chapters on machines, all or those named, and fail if a text changes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("slugs", nargs="*", help="chapters; default all")
    parser.add_argument("--machines", nargs="*", default=[], choices=list(MACHINES))
    parser.add_argument("--jobs", type=int, default=1)
    arguments = parser.parse_args()
    english = sorted((BOOK / "en").glob("*.ipynb"))
    slugs = [path.stem for path in english if path.stem in arguments.slugs] or [
        path.stem for path in english
    ]
    runs = list(product(slugs, arguments.machines or MACHINES))
    chapters = [sorted(BOOK.glob(f"??/{slug}.ipynb")) for slug, _ in runs]
    found = 0
    with ProcessPoolExecutor(arguments.jobs) as pool:
        results = pool.map(changes, chapters, [machine for _, machine in runs])
        for run, differing in zip(runs, results, strict=True):
            summary = f"{' on '.join(run)}: {len(differing)} cells change"
            sys.stderr.write("\n".join([summary, *differing]) + "\n")
            found += len(differing)
    if found:
        sys.exit(f"no printed text may change, got {found} cells")


def _code(*notebooks: Any) -> Iterator[tuple[Any, ...]]:  # noqa: ANN401
    """The code cells of notebooks side by side; they must have the same code."""
    cells = [[c for c in n.cells if c.cell_type == "code"] for n in notebooks]
    for together in zip(*cells, strict=True):
        if len({cell.source for cell in together}) > 1:
            raise ValueError(f"editions must have equal code, got {together[1].source}")
        yield together


def _text(outputs: list[Any]) -> str:
    """What a reader would see of outputs, short enough to print."""
    parts = []
    for output in outputs:
        data = output.get("data", {})
        shown = output.get("text") or output.get("evalue") or data.get("text/plain")
        parts.append(" ".join(str(shown or list(data)).split()))
    return " | ".join(parts)[:600]


if __name__ == "__main__":
    main()
