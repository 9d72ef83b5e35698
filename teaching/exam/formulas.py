"""Formulas set by the KaTeX that the book pins, all of a paper in one go."""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

from press.paths import ROOT
from teaching.exam.answers import Choice, Number, Written
from teaching.exam.question import Question
from teaching.exam.text import Formula, formulas

__all__ = ["STYLESHEET", "mathml", "set_formulas", "tex", "texts", "typeset"]

KATEX = ROOT / "node_modules" / "katex" / "dist"
STYLESHEET = KATEX / "katex.min.css"
WORKER = ROOT / "book" / "_ext" / "katex_worker.cjs"
MATHML = re.compile(r"<math.*?</math>", re.DOTALL)


def texts(question: Question) -> list[str]:
    """All that is printed of a question and its key."""
    found = [question.item.text, question.item.why]
    match question.answer:
        case Number(mistakes=mistakes):
            found += [mistake.says for mistake in mistakes]
        case Choice(options=options):
            found += options.values()
        case Written() as answer:
            found += [point.text for point in answer.points]
            found += [answer.full, answer.half, answer.none]
    return found


def typeset(questions: Iterable[Question], *others: str) -> Formula:
    """Set every formula of the questions, and of other texts.

    Returns:
        What gives the HTML of a formula, with its MathML inside.

    Raises:
        RuntimeError: node or KaTeX is not installed.
        ValueError: KaTeX cannot read a formula.
    """
    printed = [*others, *(text for q in questions for text in texts(q))]
    return set_formulas(f for text in printed for f in formulas(text))


def set_formulas(wanted: Iterable[tuple[str, bool]]) -> Formula:
    """Set formulas, each given with whether it is displayed.

    Raises:
        RuntimeError: node or KaTeX is not installed.
        ValueError: KaTeX cannot read a formula.
    """
    distinct = list(dict.fromkeys(wanted))
    lines = [json.dumps({"tex": tex, "display": shown}) for tex, shown in distinct]
    done = subprocess.run(
        [_node(), str(WORKER)],
        input="\n".join(lines),
        capture_output=True,
        encoding="utf-8",
        cwd=ROOT,
        check=True,
    )
    table: dict[tuple[str, bool], str] = {}
    for formula, line in zip(distinct, done.stdout.splitlines(), strict=True):
        answer = json.loads(line)
        if "error" in answer:
            raise ValueError(
                f"formula must be TeX that KaTeX reads, got {formula[0]!r}"
            )
        table[formula] = answer["html"]
    return lambda tex, display: table[tex, display]


def mathml(formula: Formula) -> Formula:
    """Keep only the MathML, which browsers show without a stylesheet."""

    def made(source: str, display: bool) -> str:
        match = MATHML.search(formula(source, display))
        assert match is not None
        return match[0]

    return made


def tex(source: str, display: bool) -> str:
    r"""Leave the TeX to the platform, between the marks that its filter knows.

    Example:
        >>> tex("a < b", False)
        '\\(a &lt; b\\)'
    """
    safe = source.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return rf"\[{safe}\]" if display else rf"\({safe}\)"


def _node() -> str:
    """The node that pip installed beside Python, or any other."""
    beside = Path(sys.executable).with_name("node")
    found = str(beside) if beside.exists() else shutil.which("node")
    if found is None:
        raise RuntimeError(
            "node must be installed: run `make exam`, or install Node.js"
        )
    if not STYLESHEET.exists():
        raise RuntimeError("KaTeX must be installed: run `make exam`, or `npm ci`")
    return found
