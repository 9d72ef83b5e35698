"""`make assignments` and `make grade`: what a lecturer calls."""

import argparse
import os
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

import torch

from press.paths import ROOT
from teaching.grading.grade import grade, masters
from teaching.grading.keys import KEYS
from teaching.grading.master import notebook
from teaching.grading.report import Outcome, table, write_feedback, written
from teaching.grading.sandbox import Limits, Sandbox
from teaching.grading.walls import walls

__all__ = ["grade_folder", "main", "write_assignments"]

NOTEBOOKS = ROOT / "_build" / "assignments"


def main(arguments: Sequence[str] | None = None) -> None:
    """Make the notebooks, or grade a folder."""
    parser = argparse.ArgumentParser(prog="teaching.grading", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("assignments", help="write all notebooks to _build/assignments")
    grading = commands.add_parser("grade", help="the secret is read from SECRET")
    grading.add_argument("submissions", help="a folder of notebooks")
    grading.add_argument("--jobs", type=int, default=2, help="children side by side")
    chosen = parser.parse_args(arguments)
    try:
        if chosen.command == "assignments":
            for path in write_assignments(NOTEBOOKS):
                print(path.relative_to(ROOT))
        else:
            secret = os.environ.pop("SECRET", "")
            if not chosen.submissions:  # as a path it would be the current folder
                raise ValueError("SUBMISSIONS must be a folder, got ''")
            folder = Path(chosen.submissions)
            out = grade_folder(folder, secret=secret, jobs=chosen.jobs)
            print(f"Grades, feedback and the answers in words are in {out}")
    except ValueError as error:
        sys.exit(str(error))


def write_assignments(folder: Path) -> list[Path]:
    """Write each assignment twice: for students, and with solutions for lecturers.

    Args:
        folder: Gets the folders ``student`` and ``lecturer``.
    """
    made = []
    for slug, master in masters().items():
        points = {task.grade_id: task.points for task in KEYS[slug]}
        for name, solved in (("student", False), ("lecturer", True)):
            path = folder / name / f"{slug}.ipynb"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(notebook(master, points, solved=solved), "utf-8")
            made.append(path)
    return made


def grade_folder(
    submissions: Path, *, secret: str, jobs: int = 2, limits: Limits | None = None
) -> Path:
    """Grade every file of a folder; return the folder beside it with what was found.

    Args:
        submissions: The folder; what lies in folders below it is graded, too.
        secret: What the hidden inputs are drawn from, the same for all students.
        jobs: How many children run side by side.
        limits: What a child may use up.

    Raises:
        ValueError: There is no such folder, it holds no file, or the secret is short.
    """
    if not submissions.is_dir():
        raise ValueError(f"SUBMISSIONS must be a folder, got {str(submissions)!r}")
    if len(secret) < 8:
        raise ValueError(
            f"SECRET must have 8 characters or more, got {len(secret)} characters"
        )
    folder = submissions.resolve()
    files = [path for path in sorted(folder.rglob("*")) if _counts(path, folder)]
    if not files:
        raise ValueError(f"SUBMISSIONS must hold a file, got none in {folder.name!r}")
    out = folder.with_name(f"{folder.name}-graded")
    (out / "feedback").mkdir(parents=True, exist_ok=True)
    if not walls():
        print(
            "This system puts up no walls: a student's code could reach files and the "
            "network by way of C code (teaching/README.md).",
            file=sys.stderr,
        )
    torch.set_num_threads(1)
    with Sandbox(hidden=[folder, out], limits=limits or Limits()) as sandbox:
        outcomes: list[Outcome] = []
        with ThreadPoolExecutor(jobs) as pool:
            judged = [pool.submit(_outcome, p, folder, secret, sandbox) for p in files]
            for future in as_completed(judged):  # written at once: none is lost
                outcomes.append(future.result())
                outcomes.sort(key=lambda outcome: outcome.name)
                write_feedback(future.result(), out / "feedback")
                table(outcomes, out / "grades.csv")
    (out / "written.md").write_text(written(outcomes), "utf-8")
    return out


def _counts(path: Path, folder: Path) -> bool:
    """Whether a path is something that was handed in: a file, or a link to refuse."""
    hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
    return not hidden and (path.is_symlink() or not path.is_dir())


def _outcome(path: Path, folder: Path, secret: str, sandbox: Sandbox) -> Outcome:
    """What becomes of one file; whatever goes wrong with it stays with it."""
    given = os.fsencode(path.relative_to(folder).as_posix())
    name = given.decode("utf-8", "replace")
    try:
        return Outcome(name, grade(path, secret=secret, sandbox=sandbox))
    except ValueError as error:
        return Outcome(name, None, str(error))
    except Exception as error:
        kind = type(error).__name__
        return Outcome(name, None, f"the grader itself failed ({kind}); look at it")


if __name__ == "__main__":
    main()
