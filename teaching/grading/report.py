"""A table and the answers in words for the lecturer, feedback for each student."""

import csv
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from teaching.grading.grade import Result

__all__ = ["Outcome", "feedback", "table", "write_feedback", "written"]


@dataclass(frozen=True)
class Outcome:
    """What became of a file: a result, or the sentence that refuses it."""

    name: str
    """Its path below the folder of the submissions."""
    result: Result | None
    refusal: str = ""


def feedback(outcome: Outcome) -> str:
    """The feedback of one student, in Markdown: scores and messages, no value.

    Args:
        outcome: What became of the file.
    """
    result = outcome.result
    if result is None:
        return f"# Not graded: 0 points\n\n{outcome.refusal}.\n"
    scores = result.scores().values()
    got, of = (sum(pair[i] for pair in scores) for i in (0, 1))
    text = [f"# {result.title}", "", f"{got} of {of} points.", ""]
    for grade_id, (score, points) in result.scores().items():
        text += [f"## {grade_id}: {score} of {points}", ""]
        text += [
            f"- {line.aspect} ({line.score} of {line.points}): {line.message}"
            for line in result.lines
            if line.grade_id == grade_id
        ]
        text += [""]
    text += ["## Marked by a person", ""]
    for answer in result.written:
        state = "to be marked" if answer.text else "nothing was written"
        text += [f"- {answer.grade_id} (of {answer.points}): {state}"]
    if result.remarks:
        text += ["", "## Remarks", "", *(f"- {remark}" for remark in result.remarks)]
    return "\n".join(text) + "\n"


def write_feedback(outcome: Outcome, folder: Path) -> None:
    """Write the feedback where the file lay, below another folder.

    Args:
        outcome: What became of the file.
        folder: Where the feedback of all students goes.
    """
    path = folder / f"{outcome.name}.feedback.md"
    if len(path.name.encode()) > 255:  # no file may have a longer name
        short = hashlib.sha256(path.name.encode()).hexdigest()[:12]
        path = path.with_name(f"{path.name[:50]}-{short}.feedback.md")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(feedback(outcome), "utf-8")


def table(outcomes: Sequence[Outcome], path: Path) -> None:
    """Write the table: a row a file, a column a task; those for words are empty.

    Args:
        outcomes: What became of the files.
        path: The CSV file.
    """
    rows = [_row(outcome) for outcome in outcomes]
    head = ["file", "assignment", "automatic", "of"]
    columns = dict.fromkeys(name for row in rows for name in row)
    last = ["remarks"]
    middle = [name for name in columns if name not in (*head, *last)]
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, [*head, *middle, *last], restval="")
        writer.writeheader()
        writer.writerows(rows)


def _row(outcome: Outcome) -> Mapping[str, object]:
    # A spreadsheet would take a name that begins like this for a formula.
    name = outcome.name
    row: dict[str, object] = {"file": f"'{name}" if name[0] in "=+-@" else name}
    result = outcome.result
    if result is None:
        return row | {"automatic": 0, "remarks": outcome.refusal}
    scores = result.scores()
    row |= {"assignment": result.assignment}
    row |= {"automatic": sum(score for score, _ in scores.values())}
    row |= {"of": sum(points for _, points in scores.values())}
    row |= {f"{name} (of {points})": s for name, (s, points) in scores.items()}
    row |= {f"{w.grade_id} (by hand, of {w.points})": "" for w in result.written}
    return row | {"remarks": "; ".join(result.remarks)}


def written(outcomes: Sequence[Outcome]) -> str:
    """All answers in words, question by question, for the person who marks them.

    Args:
        outcomes: What became of the files.
    """
    found: dict[str, list[str]] = {}
    for outcome in outcomes:
        for answer in outcome.result.written if outcome.result else ():
            quoted = "\n".join(f"    {line}" for line in answer.text.split("\n")[1:])
            body = quoted if answer.text else "    (nothing)"
            head = f"{answer.grade_id} (of {answer.points})"
            found.setdefault(head, []).append(f"### {outcome.name}\n\n{body}\n")
    parts = [f"## {head}\n\n" + "\n".join(found[head]) for head in sorted(found)]
    return "# Answers in words\n\n" + "\n".join(parts)
