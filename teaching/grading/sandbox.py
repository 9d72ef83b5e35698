"""Run a student's functions in a child process, and take back data only.

Around the child: a clean environment, an empty folder, an end by force after its time,
an upper bound on what it may send, and the walls of ``walls`` where this machine has
them. What the child does to itself stands in ``child/guard.py``.
"""

import json
import os
import selectors
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from press.paths import ROOT
from teaching.grading.walls import behind_walls

__all__ = ["Answers", "Job", "Limits", "Sandbox"]


@dataclass(frozen=True)
class Limits:
    """What a child may use up."""

    seconds: float = 20.0
    """For one task, by the clock and of processor time."""
    start: float = 60.0
    """Until the first task begins."""
    megabytes: int = 3000
    """Of memory; torch alone takes some 600."""
    answer: int = 8_000_000
    """Bytes that it may send back."""


@dataclass(frozen=True)
class Job:
    """One cell, the function that it defines, and what to call it with."""

    cell: str
    function: str
    calls: Sequence[Sequence[Any]]
    """The arguments of each call, encoded."""


@dataclass
class Answers:
    """What came back for one job."""

    by_call: dict[int, dict[str, Any]] = field(default_factory=dict)
    """An answer a call; a call that got none is missing."""
    end: str = ""
    """Why calls are missing: ``time``, ``size`` or ``death``; nothing if none are."""


class Sandbox:
    """A place with copies of the companion and the child's program, nothing else.

    Args:
        hidden: Folders that no child may see, where there are walls.
        limits: What a child may use up.
    """

    def __init__(self, *, hidden: Sequence[Path], limits: Limits) -> None:
        """Copy what a child needs; a context, at whose end the copies go."""
        self.limits = limits
        self.hidden = [ROOT / "teaching", ROOT / "tests", ROOT / ".git", *hidden]
        self.place = tempfile.TemporaryDirectory(prefix="library-")
        for source in (ROOT / "companion", Path(__file__).parent / "child"):
            ignored = shutil.ignore_patterns("__pycache__")
            copy = Path(self.place.name).resolve() / source.name
            shutil.copytree(source, copy, ignore=ignored)

    def __enter__(self) -> "Sandbox":
        """Stay until the context ends."""
        return self

    def __exit__(self, *_: object) -> None:
        """Remove the copies."""
        self.place.cleanup()

    def run(self, given: str, jobs: Sequence[Job]) -> list[Answers]:
        """Run all jobs; one that ends its child costs the later ones nothing.

        Args:
            given: Code of ours that runs before each cell.
            jobs: The cells and their calls.

        Raises:
            RuntimeError: The child does not even start.
        """
        answers: list[Answers] = []
        while len(answers) < len(jobs):
            new = self._child(given, jobs[len(answers) :])
            if not new:
                raise RuntimeError("child must start, got an end before the first task")
            answers += new
        return answers

    def _child(self, given: str, jobs: Sequence[Job]) -> list[Answers]:
        """Answers to the first job at least, unless the child does not start."""
        seconds = self.limits.start + len(jobs) * self.limits.seconds
        request = {
            "given": given,
            "seconds": int(seconds) + 1,
            "megabytes": self.limits.megabytes,
            "jobs": [vars(job) for job in jobs],
        }
        with (
            tempfile.TemporaryDirectory(prefix="student-") as folder,
            tempfile.TemporaryFile() as asked,
        ):
            asked.write(json.dumps(request).encode())
            asked.seek(0)
            child = subprocess.Popen(
                behind_walls(
                    self.hidden, self.place.name, [sys.executable, "-m", "child"]
                ),
                cwd=folder,
                env=_environment(folder, self.place.name),
                stdin=asked,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
            try:
                assert child.stdout is not None
                return _collect(child.stdout, jobs, self.limits)
            finally:
                _kill(child)


def _environment(folder: str, library: str) -> dict[str, str]:
    """Nothing of ours but where programs are: no secret, no key, no name."""
    names = {"PATH": os.environ.get("PATH", os.defpath), "PYTHONPATH": library}
    return names | {"HOME": folder, "TMPDIR": folder, "PYTHONDONTWRITEBYTECODE": "1"}


def _kill(child: subprocess.Popen[bytes]) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(child.pid, signal.SIGKILL)
    child.wait()
    if child.stdout:
        child.stdout.close()


def _collect(pipe: IO[bytes], jobs: Sequence[Job], limits: Limits) -> list[Answers]:
    """Read answers until the last, the end of the child, of its time or its space."""
    found: list[Answers] = []
    rest, size, deadline = b"", 0, time.monotonic() + limits.start
    with selectors.DefaultSelector() as ready:
        ready.register(pipe, selectors.EVENT_READ)
        while True:
            if not ready.select(max(0.0, deadline - time.monotonic())):
                return _ended(found, "time")
            chunk = os.read(pipe.fileno(), 2**16)
            size += len(chunk)
            if not chunk or size > limits.answer:
                return _ended(found, "size" if chunk else "death")
            *lines, rest = (rest + chunk).split(b"\n")
            for line in lines:
                answer = _read(line)
                if answer.get("job") != len(found) - ("call" in answer):
                    continue
                if "call" in answer:
                    found[-1].by_call[answer["call"]] = answer
                else:
                    found.append(Answers())
                    deadline = time.monotonic() + limits.seconds
            done = len(found) == len(jobs)
            if done and len(found[-1].by_call) >= len(jobs[-1].calls):
                return found


def _ended(found: list[Answers], why: str) -> list[Answers]:
    if found:
        found[-1].end = why
    return found


def _read(line: bytes) -> dict[str, Any]:
    """One line, which a student's code may have written as well as our program."""
    try:
        answer = json.loads(line)
    except (ValueError, RecursionError):
        return {}
    is_ours = isinstance(answer, dict) and isinstance(answer.get("call", 0), int)
    return answer if is_ours else {}
