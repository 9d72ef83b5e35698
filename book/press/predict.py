r"""Questions that a reader answers before the book does.

A `predict` box asks for a choice or for a number.  Its answer is never typed: it is the
measured value of a line that the chapter printed, `:check: claim#2` the second of that
claim, by default the headline of the claim that has the box's own label.

    ```{predict} two-cycle
    :choices: it converges; it stays bounded and never settles; it diverges
    :cuts: 0.1 10
    What does it do?
    ```
"""

import bisect
import itertools
import math
import re
from typing import NamedTuple

from press.markup import Block, Place

__all__ = ["TITLE", "Predict", "answer", "predict"]

TITLE = {"en": "Predict", "zh": "先预测"}
LABEL = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
CHECK = re.compile(r"(?P<claim>[a-z0-9-]+)(?:#(?P<line>[1-9]\d*))?")


class Predict(NamedTuple):
    """A question of a source."""

    label: str
    question: str
    """In MyST."""
    choices: tuple[str, ...]
    """In MyST; empty if a number is asked."""
    cuts: tuple[float, ...]
    """Between the choices; empty if the measured value is the choice's number."""
    range: tuple[float, float]
    """Ends of the scale, if a number is asked."""
    scale: str
    """log or linear."""
    unit: str
    check: str
    """The claim whose line holds the answer."""
    line: int | None
    """Which of its lines, from 1; the headline by default."""
    place: Place

    @property
    def kind(self) -> str:
        """choice, log or linear."""
        return "choice" if self.choices else self.scale


def predict(box: Block) -> Predict:
    """What a predict box asks; ValueError if no reader could answer."""
    options, place, label = box.options, box.place, box.title
    refuse(place, "label of predict", "be lower-case-words", label, LABEL)
    if ("choices" in options) == ("range" in options):
        got = "both" if "choices" in options else "neither"
        raise ValueError(
            f"{place}: predict {label} must have choices or a range, got {got}"
        )
    check = CHECK.fullmatch(options.get("check", label))
    if check is None:
        raise ValueError(
            f"{place}: check of {label} must be claim or claim#2, "
            f"got {options['check']!r}"
        )
    scale = options.get("scale", "log")
    refuse(place, f"scale of {label}", "be log or linear", scale, "log|linear")
    choices, cuts = _choices(box)
    return Predict(
        label,
        box.body,
        choices,
        cuts,
        _range(box, scale),
        scale,
        options.get("unit", ""),
        check["claim"],
        int(check["line"]) if check["line"] else None,
        place,
    )


def answer(question: Predict, measured: float) -> float:
    """The true answer: the number of a choice, from 1, or a place on the scale."""
    if not question.choices:
        low, high = question.range
        if not low <= measured <= high:
            raise ValueError(
                f"{question.place}: range of {question.label} must hold the answer, "
                f"got {measured:g}"
            )
        return measured
    if question.cuts:
        if math.isnan(measured):
            raise ValueError(
                f"{question.place}: answer of {question.label} must be a number, "
                f"got {measured}"
            )
        return bisect.bisect(question.cuts, measured) + 1
    count = len(question.choices)
    if measured not in range(1, count + 1):
        raise ValueError(
            f"{question.place}: answer of {question.label} without cuts must be a "
            f"choice from 1 to {count}, got {measured:g}"
        )
    return measured


def refuse(
    place: Place, name: str, rule: str, value: str, form: str | re.Pattern[str]
) -> None:
    """Stop at a value that does not have its form."""
    if not re.fullmatch(form, value):
        raise ValueError(f"{place}: {name} must {rule}, got {value!r}")


def _choices(box: Block) -> tuple[tuple[str, ...], tuple[float, ...]]:
    listed = box.options.get("choices")
    choices = tuple(re.split(r"(?<!\\);\s+", listed)) if listed else ()
    if len(choices) == 1:
        raise ValueError(
            f"{box.place}: choices of {box.title} must be two or more, got {listed!r}"
        )
    for choice in choices:
        if not re.sub(r"\$[^$]+\$", "", choice).strip():
            raise ValueError(  # a formula alone is no name for a button
                f"{box.place}: choices of {box.title} must have words or numbers, "
                f"got {choice!r}"
            )
    cuts = _numbers(box, "cuts")
    if cuts and len(cuts) != len(choices) - 1:
        raise ValueError(
            f"{box.place}: cuts of {box.title} must be one fewer than its "
            f"{len(choices)} choices, got {len(cuts)}"
        )
    if any(one >= two for one, two in itertools.pairwise(cuts)):
        raise ValueError(
            f"{box.place}: cuts of {box.title} must ascend, got {box.options['cuts']!r}"
        )
    return choices, cuts


def _range(box: Block, scale: str) -> tuple[float, float]:
    if "range" not in box.options:
        return (math.nan, math.nan)
    ends = _numbers(box, "range")
    if len(ends) != 2 or ends[0] >= ends[1] or (scale == "log" and ends[0] <= 0):
        rule = "two positive numbers" if scale == "log" else "two numbers"
        raise ValueError(
            f"{box.place}: range of {box.title} must be {rule}, the lower first, "
            f"got {box.options['range']!r}"
        )
    return ends[0], ends[1]


def _numbers(box: Block, name: str) -> tuple[float, ...]:
    try:
        return tuple(float(word) for word in box.options.get(name, "").split())
    except ValueError:
        raise ValueError(
            f"{box.place}: {name} of {box.title} must be numbers, "
            f"got {box.options[name]!r}"
        ) from None
