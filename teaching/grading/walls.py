"""Walls around a child process, where Linux lets an ordinary user put them up.

Behind them there is no network at all, no sight of other processes, an empty folder
over each folder that shall not be seen, and no way to write the program and the Python
that the next child will run. Other systems, and a Linux that keeps these
namespaces to the administrator, have none of that: `walls` says so.
"""

import subprocess
import sys
import tempfile
from collections.abc import Sequence
from functools import cache
from pathlib import Path

__all__ = ["behind_walls", "walls"]

NAMESPACES = ["unshare", "--user", "--map-root-user", "--net", "--pid", "--fork"]
NAMESPACES += ["--kill-child", "--mount", "--mount-proc", "--"]
# Seal two folders, cover the others, then give up the right to undo it. A mount may not
# lose options that it was given outside, such as nosuid; so all are asked for.
COVER = """
set -e
seal() { mount --bind "$1" "$1"; mount -o "remount,bind,ro,nosuid,nodev$2" "$1"; }
seal "$1" ,noexec
seal "$2"
shift 2
while [ "$1" != -- ]; do mount -t tmpfs -o size=1m none "$1"; shift; done
shift
exec setpriv --bounding-set -all --inh-caps -all --no-new-privs "$@"
"""


@cache
def walls() -> bool:
    """Whether this machine lets us close a child in; tried once."""
    if sys.platform != "linux":
        return False
    with tempfile.TemporaryDirectory() as folder:
        command = _command(folder, [folder], ["true"])
        try:
            return subprocess.run(command, capture_output=True).returncode == 0
        except OSError:  # no such program
            return False


def behind_walls(hidden: Sequence[Path], program: str, command: list[str]) -> list[str]:
    """The command that runs a command behind walls, or the same where there are none.

    Args:
        hidden: Folders to cover. Those that do not exist are left out, and those that
            hold what the child itself needs.
        program: The folder with what runs; it and Python can be read, not written.
        command: A program and its arguments.
    """
    if not walls():
        return command
    places = {folder.resolve() for folder in hidden if folder.is_dir()}
    covered = sorted(str(place) for place in places if not _is_needed(place))
    return _command(program, covered, command)


def _command(program: str, covered: Sequence[str], command: list[str]) -> list[str]:
    told = [program, sys.prefix, *covered, "--", *command]
    return [*NAMESPACES, "sh", "-c", COVER, "sh", *told]


def _is_needed(place: Path) -> bool:
    needed = [tempfile.gettempdir(), sys.prefix, sys.base_prefix, sys.executable]
    return any(Path(path).resolve().is_relative_to(place) for path in needed)
