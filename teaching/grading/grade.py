"""A notebook is judged: which assignment, what its functions give, what to say."""

import builtins
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from teaching.grading.child.wire import Value, decode, encode
from teaching.grading.keys import KEYS
from teaching.grading.master import ASSIGNMENTS, Master, cleared, read_master
from teaching.grading.sandbox import Answers, Job, Sandbox
from teaching.grading.submission import Submission, read_submission
from teaching.grading.task import Aspect, Task, draws, misfit, same

__all__ = ["Line", "Result", "Written", "grade", "masters"]

ENDS = {
    "time": "it ran longer than it may",
    "size": "it sent back far more than was asked",
    "death": "it ended the process it ran in, or used more memory than it may",
}
REACHED = "; it asked for a file, a process or the network, which graded code may not"


@dataclass(frozen=True)
class Line:
    """What a student reads about one aspect of a task."""

    grade_id: str
    aspect: str
    score: int
    points: int
    message: str


@dataclass(frozen=True)
class Written:
    """An answer in words, for a person to mark."""

    grade_id: str
    points: int
    text: str


@dataclass
class Result:
    """What there is to say about a notebook."""

    assignment: str
    title: str
    lines: list[Line] = field(default_factory=list)
    written: list[Written] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    """For the lecturer and the student: copied cells, refusals."""

    def scores(self) -> dict[str, tuple[int, int]]:
        """Score and points of each task."""
        found: dict[str, tuple[int, int]] = {}
        for line in self.lines:
            score, points = found.get(line.grade_id, (0, 0))
            found[line.grade_id] = (score + line.score, points + line.points)
        return found


@cache
def masters() -> dict[str, Master]:
    """Every assignment; each has its keys, and each key its cell.

    Raises:
        ValueError: A task has no key, or a key no task.
    """
    found = {slug: read_master(ASSIGNMENTS / f"{slug}.md") for slug in KEYS}
    for slug, master in found.items():
        asked, known = set(master.by_id("task")), {t.grade_id for t in KEYS[slug]}
        if asked != known:
            raise ValueError(f"{slug} must have a key for each task, got {known}")
    return found


def grade(path: Path, *, secret: str, sandbox: Sandbox) -> Result:
    """Grade a notebook.

    Args:
        path: The file.
        secret: What the hidden inputs are drawn from.
        sandbox: Where its code runs.

    Raises:
        ValueError: The file cannot be graded, in one sentence.
    """
    submission = read_submission(path)
    slug = _assignment(submission)
    master = masters()[slug]
    result = Result(slug, master.title)
    jobs, asked = [], []
    tasks = master.by_id("task")
    for task in KEYS[slug]:
        name = task.grade_id
        found = submission.find(name, cleared(tasks[name].text, "code"))
        why = found.note
        if not found.text:
            result.lines += [Line(name, a.name, 0, a.points, why) for a in task.aspects]
            continue
        result.remarks += [f"{name}: {why}"] if why else []
        cases = [draws(a, secret=secret, grade_id=name) for a in task.aspects]
        calls = [[encode(x) for x in case] for drawn in cases for case in drawn]
        jobs.append(Job(found.text, task.function, calls))
        asked.append((task, cases))
    ran = sandbox.run(master.given, jobs)
    for (task, cases), answers in zip(asked, ran, strict=True):
        result.lines += _judge(task, cases, answers)
        if any(answer.get("refused") for answer in answers.by_call.values()):
            result.remarks.append(f"{task.grade_id}: look at it{REACHED}")
    for name, cell in master.by_id("written").items():
        text = submission.find(name, cleared(cell.text, cell.kind)).text
        result.written.append(Written(name, cell.points, text))
    order = list(tasks)
    result.lines.sort(key=lambda line: order.index(line.grade_id))
    return result


def _assignment(submission: Submission) -> str:
    """The assignment most of whose cells a notebook has."""
    count = {
        slug: sum(name.startswith(f"{slug}-") for name in submission.cells)
        for slug in KEYS
    }
    best = max(count, key=lambda slug: count[slug])
    if not count[best]:
        raise ValueError(
            "submission must hold the cells of an assignment, got none that begins "
            "with # grade_id: and a known name"
        )
    return best


def _judge(
    task: Task, cases: Sequence[Sequence[list[Value]]], answers: Answers
) -> list[Line]:
    """One line an aspect: all points or none."""
    lines, first = [], 0
    for aspect, drawn in zip(task.aspects, cases, strict=True):
        found = [answers.by_call.get(first + i) for i in range(len(drawn))]
        first += len(drawn)
        problem = _problem(task, aspect, drawn, found, ENDS.get(answers.end, ""))
        score = 0 if problem else aspect.points
        message = problem or "right"
        lines.append(Line(task.grade_id, aspect.name, score, aspect.points, message))
    return lines


def _problem(
    task: Task,
    aspect: Aspect,
    drawn: Sequence[list[Value]],
    found: Sequence[Mapping[str, Any] | None],
    end: str,
) -> str:
    """What is wrong with the answers to an aspect, in words; nothing if all are right.

    No word of it comes from the student's process but a line number and the name of a
    kind of error that Python knows. These can hint at a hidden input, as which cases
    failed does; a new secret for each round makes the hints worthless.
    """
    wrong: list[tuple[list[Value], Value]] = []
    for arguments, answer in zip(drawn, found, strict=True):
        if answer is None:
            return end or ENDS["death"]
        if "value" not in answer:
            return _error(answer)
        try:
            actual = decode(answer["value"])
        except (ValueError, RecursionError):
            return "the answer is nothing that was asked for"
        expected = task.key(*arguments)
        if not same(actual, expected):
            if form := misfit(actual, expected):
                return form
            wrong.append((arguments, actual))
    if not wrong:
        return ""
    for sentence, law in task.slips.items():
        if all(same(actual, law(*arguments)) for arguments, actual in wrong):
            return f"{aspect.otherwise}: {sentence}"
    return aspect.otherwise


def _error(answer: Mapping[str, Any]) -> str:
    name, line = answer.get("error"), answer.get("line")
    known = getattr(builtins, name, None) if isinstance(name, str) else None
    is_error = isinstance(known, type) and issubclass(known, BaseException)
    where = f" in line {line} of the cell" if isinstance(line, int) else ""
    reached = REACHED if answer.get("refused") else ""
    if name == "NotImplementedError":
        return f"not written yet{where}{reached}"
    if name == "KeyError" and not where:
        return "the cell does not define the function that was asked for"
    return f"{name if is_error else 'an error'}{where}{reached}"
