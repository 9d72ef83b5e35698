"""How a written answer is marked: the points and three samples, as HTML."""

from teaching.exam.answers import Written
from teaching.exam.text import Formula, to_html

__all__ = ["grader_notes", "sample_marks"]


def sample_marks(answer: Written) -> dict[str, int]:
    """What each of the calibrated samples earns."""
    return {"full": answer.marks, "half": answer.half_marks, "none": 0}


def grader_notes(answer: Written, formula: Formula) -> str:
    """The points, then the samples with what they earn."""
    points = "".join(
        f"<li><b>{point.marks}</b> {to_html(point.text, formula)}</li>"
        for point in answer.points
    )
    samples = "".join(
        f"<dt>{earned} of {answer.marks}</dt>"
        f"<dd>{to_html(getattr(answer, name), formula)}</dd>"
        for name, earned in sample_marks(answer).items()
    )
    return f'<ul class="points">{points}</ul><dl>{samples}</dl>'
