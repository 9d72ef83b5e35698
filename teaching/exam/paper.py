"""A paper: questions that fill the minutes, balanced over kinds and chapters."""

import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from teaching.exam.bank import chapters as all_chapters
from teaching.exam.bank import templates
from teaching.exam.question import KINDS, Draw, Question, Template

__all__ = ["Paper", "compose"]

TRIES = 100


@dataclass(frozen=True)
class Paper:
    """The questions of one paper, by kind from short to long."""

    seed: str
    minutes: int
    """As many as marks."""
    questions: tuple[Question, ...]

    def marks(self, kind: str) -> int:
        """The marks of one kind."""
        return sum(q.template.marks for q in self.questions if q.template.kind == kind)


def compose(
    seed: str, *, minutes: int = 90, count: int = 0, chapters: Sequence[str] = ()
) -> Paper:
    """Choose questions for a paper of one mark a minute.

    Each question is of the kind that has the fewest marks so far and, among these, of
    the chapter that was asked least; the seed decides between equals.

    Args:
        seed: Anything; the same seed gives the same paper.
        minutes: What the marks add up to.
        count: How many questions instead; the minutes are then what their marks give.
        chapters: The chapters to ask about, by slug; none means all.

    Raises:
        ValueError: a chapter has no questions, or no choice fits.

    Example:
        >>> paper = compose("2027", minutes=60)
        >>> sum(question.template.marks for question in paper.questions)
        60
    """
    for slug in chapters:
        if slug not in all_chapters():
            known = ", ".join(all_chapters())
            raise ValueError(f"chapters must be among {known}, got {slug!r}")
    pool = [one for one in templates() if not chapters or one.chapter in chapters]
    for attempt in range(TRIES if count <= len(pool) else 0):
        order = Draw(seed, f"paper {attempt}").order(pool)
        chosen = _fill(order, sys.maxsize if count else minutes, count)
        if chosen:
            drawn = tuple(one.draw(seed) for one in sorted(chosen, key=_place))
            return Paper(seed, sum(one.marks for one in chosen), drawn)
    asked = f"{count} questions" if count else f"{minutes} minutes"
    raise ValueError(
        f"paper must be one that {len(pool)} questions of "
        f"{sum(one.marks for one in pool)} marks can fill evenly, got {asked}"
    )


def _place(one: Template) -> tuple[int, int, str]:
    return ["predict", "compute", "debug", "derive"].index(one.kind), one.level, one.id


def _fill(pool: list[Template], marks: int, count: int) -> list[Template]:
    """Choose by balance until marks or count are met; nothing if they cannot be."""
    chosen: list[Template] = []
    earned = Counter(dict.fromkeys(KINDS, 0))
    asked: Counter[str] = Counter()
    left = marks
    while left and (not count or len(chosen) < count):
        pool = [t for t in pool if t.marks <= left]
        if not pool:
            return []
        best = min(pool, key=lambda t: (earned[t.kind], asked[t.chapter]))
        pool.remove(best)
        chosen.append(best)
        earned[best.kind] += best.marks
        asked[best.chapter] += 1
        left -= best.marks
    return chosen
