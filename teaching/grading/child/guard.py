"""Limits, and a refusal of files, processes and the network, set from inside.

The limits are the kernel's. The refusal is an audit hook of Python: it stops code that
asks in the usual ways, and says so; code that sets out to get around it can, by way of
a library's C code or of this module's insides. It is an obstacle and not a wall; the
walls, where there are any, stand around the process (``walls``).
"""

import functools
import importlib
import os
import sys
from pathlib import Path

__all__ = ["limit", "lock"]

# What graded code never needs.
REFUSED = (
    "socket.",
    "subprocess.",
    "os.system",
    "os.exec",
    "os.fork",
    "os.posix_spawn",
    "os.spawn",
    "os.kill",
    "pty.",
    "ctypes.dl",
    "ctypes.call",
    "signal.pthread_kill",
    "sqlite3.",
    "sys.addaudithook",
)
READS = ("os.listdir", "os.scandir")
WRITES = (
    "os.chdir",
    "os.chmod",
    "os.chown",
    "os.link",
    "os.mkdir",
    "os.remove",
    "os.rename",
    "os.rmdir",
    "os.setxattr",
    "os.symlink",
    "os.truncate",
    "os.utime",
    "shutil.",
)
# What writes files or starts processes without a word to the hook.
SILENT = (
    ("_posixsubprocess", "fork_exec"),
    ("os", "mkfifo"),
    ("os", "mknod"),
    ("torch", "save"),
    ("torch.jit", "save"),
)
CHANGES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


def limit(*, seconds: int, megabytes: int) -> None:
    """Let the kernel limit this process: processor time, memory, files.

    Linux does all of it; macOS knows no limit of memory.

    Args:
        seconds: Of processor time.
        megabytes: Of memory, and as much in each file that is written.
    """
    import resource

    size = megabytes * 2**20
    for what, most in (
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_AS, size),
        (resource.RLIMIT_FSIZE, size // 100),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NOFILE, 256),
    ):
        if what != resource.RLIMIT_AS or sys.platform == "linux":
            resource.setrlimit(what, (most, most))


def lock(refusals: list[str]) -> None:
    """Refuse, from now on, whatever leads out of this process and its folder.

    What Python itself and the copied libraries need may be read; only the current
    folder may be written.

    Args:
        refusals: To this list, the name of each event that was refused is added.
    """
    own = os.path.realpath(Path.cwd())
    ours = str(Path(__file__).parents[1])
    libraries = {sys.prefix, sys.base_prefix, sys.exec_prefix, ours}
    readable = [own, os.devnull, "/dev/urandom", "/usr/share/zoneinfo"]
    readable += [os.path.realpath(library) for library in libraries]

    def inside(path: object, folders: list[str]) -> bool:
        if not isinstance(path, str | bytes | os.PathLike):
            return True  # an open file has been checked when it was opened
        real = os.path.realpath(os.fsdecode(path))
        return any(real == f or real.startswith(f + os.sep) for f in folders)

    def hook(event: str, details: tuple[object, ...]) -> None:
        refused = event.startswith(REFUSED)
        if event == "open":
            path, _, flags = details
            changes = isinstance(flags, int) and flags & CHANGES
            refused = not inside(path, [own, os.devnull] if changes else readable)
        elif event in READS:
            refused = not inside(details[0] or ".", readable)
        elif event.startswith(WRITES):
            refused = not all(inside(path, [own]) for path in details)
        if refused:
            refusals.append(event)
            raise PermissionError("graded code may not do that")

    for module, name in SILENT:
        _announce(module, name)
    sys.addaudithook(hook)


def _announce(module: str, name: str) -> None:
    """Let a silent function say first which files it writes, or that it starts one."""
    home = importlib.import_module(module)
    silent = getattr(home, name)

    @functools.wraps(silent)
    def announced(*given: object, **options: object) -> object:
        if name == "fork_exec":
            sys.audit("subprocess.fork_exec")
        for value in (*given, *options.values()):
            if isinstance(value, str | os.PathLike):
                sys.audit("open", value, "wb", os.O_WRONLY)
        return silent(*given, **options)

    setattr(home, name, announced)
