"""Run a function on several processes that can talk to each other, from a notebook.

Training on several devices runs one process for each, its rank, with operations such as
`torch.distributed.all_reduce` between them. Here they run on one machine with the
backend gloo, which needs no GPU.
"""

import builtins
import datetime
import marshal
import os
import subprocess
import sys
import tempfile
import traceback
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
import torch.distributed as dist

__all__ = ["run_on_ranks"]

LOOPBACK = {"linux": "lo", "darwin": "lo0"}
SECONDS = 120  # a start takes two or three


def run_on_ranks(work: Callable[[int], object], *, ranks: int) -> list[Any]:
    """Run a function once on each of several processes, which form a process group.

    The function travels without what surrounds it: it may use `torch`, `dist`, which
    is `torch.distributed`, its argument, and what it imports itself.

    Args:
        work: Called with the rank of its process, 0, 1, and so on.
        ranks: How many processes there are.

    Returns:
        What `work` returned on each rank: tensors, numbers, strings, or lists and dicts
        of them. Where such processes cannot run, a sentence is printed that says why,
        and the list is empty.

    Raises:
        ValueError: `work` uses a variable of an enclosing function, or `ranks` is less
            than one.
        RuntimeError: `work` failed on a rank; the message ends with its error.

    Source:
        `torch.distributed`, the backend gloo with a file as meeting point.

    Example:
        >>> def total(rank):
        ...     share = torch.tensor(rank + 1.0)
        ...     dist.all_reduce(share)
        ...     return share.item()
        >>> run_on_ranks(total, ranks=2)
        [3.0, 3.0]
    """
    if ranks < 1:
        raise ValueError(f"ranks must be one or more, got {ranks}")
    if work.__closure__:
        names = ", ".join(work.__code__.co_freevars)
        raise ValueError(f"work must use no variable around it, got {names}")
    if not (dist.is_available() and dist.is_gloo_available()):
        return _cannot(ranks, "this torch was built without gloo")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "work").write_bytes(marshal.dumps(work.__code__))
        try:
            _wait([_start(folder, rank, ranks) for rank in range(ranks)])
        except OSError as error:
            return _cannot(ranks, f"no process starts here ({error})")
        failed = [path.read_text("utf-8") for path in folder.glob("*.failed")]
        if failed:
            raise RuntimeError(f"work must not fail on a rank, got {failed[0]}")
        reasons = [path.read_text("utf-8") for path in folder.glob("*.missing")]
        if reasons:
            return _cannot(ranks, reasons[0])
        ends = [folder / f"{rank}.pt" for rank in range(ranks)]
        if not all(end.exists() for end in ends):
            return _cannot(ranks, "they did not finish")
        return [torch.load(end, weights_only=True) for end in ends]


def _cannot(ranks: int, reason: str) -> list[Any]:
    """Say why nothing ran."""
    print(
        f"{ranks} processes that share work cannot run here: {reason}. "
        "Nothing below needs them; what "
        "they give elsewhere is printed in the book."
    )
    return []


def _start(folder: Path, rank: int, ranks: int) -> "subprocess.Popen[bytes]":
    """Start one rank."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    if sys.platform in LOOPBACK:
        environment.setdefault("GLOO_SOCKET_IFNAME", LOOPBACK[sys.platform])
    command = [sys.executable, "-m", "companion.parallel", str(folder)]
    return subprocess.Popen(
        [*command, str(rank), str(ranks)],
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def _wait(processes: "list[subprocess.Popen[bytes]]") -> None:
    """Wait for all; end those that hang."""
    for process in processes:
        try:
            process.wait(SECONDS)
        except subprocess.TimeoutExpired:
            for other in processes:
                other.kill()


def _on_rank(folder: Path, rank: int, ranks: int) -> None:
    """What a process does: meet the others, work, leave what came of it."""
    torch.set_num_threads(1)
    code = marshal.loads((folder / "work").read_bytes())
    names = {"__builtins__": builtins, "torch": torch, "dist": dist}
    try:
        dist.init_process_group(
            "gloo",
            init_method=(folder / "meeting").as_uri(),
            rank=rank,
            world_size=ranks,
            timeout=datetime.timedelta(seconds=SECONDS / 2),
        )
        result = types.FunctionType(code, names)(rank)
    except (ImportError, dist.DistBackendError, dist.DistNetworkError) as error:
        (folder / f"{rank}.missing").write_text(f"{error}", "utf-8")
    except Exception:
        (folder / f"{rank}.failed").write_text(traceback.format_exc(), "utf-8")
    else:
        torch.save(result, folder / f"{rank}.pt")
        dist.destroy_process_group()


if __name__ == "__main__":
    _on_rank(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
