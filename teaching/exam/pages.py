"""A paper and its key as pages to be printed."""

from collections.abc import Callable
from html import escape

from press.facts import facts
from teaching.exam.answers import Choice, Number, Written
from teaching.exam.formulas import STYLESHEET
from teaching.exam.marking import grader_notes
from teaching.exam.paper import Paper
from teaching.exam.question import Question
from teaching.exam.style import STYLE
from teaching.exam.text import Formula, to_html

__all__ = ["decimal", "key_page", "paper_page"]

RULES = """
One mark is meant for one minute. Numbers: give the digits asked for; carry one digit
more in what you compute on the way. Choices: exactly one option is right; no reason is
asked. Written answers: each step earns marks, a result without a way earns its own
mark only. A calculator and one handwritten sheet are allowed, no network.
$\\|\\cdot\\|$ is the Euclidean norm of a vector and the spectral norm of a matrix
unless another is named, $\\rho$ the spectral radius, $\\log$ and $\\ln$ the natural
logarithm; vectors are columns.
"""
DIGITS = {2: "two", 3: "three", 4: "four"}


def decimal(value: float) -> str:
    """Write a number for reading, as HTML: six digits at most.

    Example:
        >>> decimal(0.12345678), decimal(17.0), decimal(3.6e-9)
        ('0.123457', '17', '3.6 · 10<sup>-9</sup>')
    """
    mantissa, mark, exponent = format(value, ".6g").partition("e")
    return f"{mantissa} · 10<sup>{int(exponent)}</sup>" if mark else mantissa


def paper_page(paper: Paper, formula: Formula, mark: str) -> str:
    """The paper: questions and room for answers."""
    fields = "".join(f"<span>{name}</span>" for name in ("Name", "Number", "Date"))
    head = (
        f"<h1>Exploding gradients: examination</h1><p class=sub>{paper.minutes} "
        f"minutes, {paper.minutes} marks, {len(paper.questions)} questions · "
        f"paper {mark}</p><div class=fields>{fields}</div>"
        f"<div class=rules>{to_html(RULES, formula)}</div>"
    )
    return _page("Paper", head, paper, lambda q: _question(q, formula) + _room(q))


def key_page(paper: Paper, formula: Formula, mark: str) -> str:
    """The key: answers, tolerances, the way, marking schemes, calibrated samples."""
    head = (
        f"<h1>Exploding gradients: key</h1><p class=sub>for paper {mark} · not for "
        "students</p><p>A number is right within its tolerance, one unit in the last "
        "digit asked for. Mark written answers by the points; the three samples set "
        "the scale.</p>"
    )
    return _page("Key", head, paper, lambda q: _question(q, formula) + _key(q, formula))


def _page(title: str, head: str, paper: Paper, body: Callable[[Question], str]) -> str:
    sections = []
    for number, question in enumerate(paper.questions, 1):
        one = question.template
        chapter = facts()[one.chapter].short["en"]
        sections.append(
            f"<section class={one.kind}><h2><b>{number}</b> {one.kind.capitalize()} "
            f"<i>{escape(chapter)}</i><span>{one.marks} marks</span></h2>"
            f"{body(question)}</section>"
        )
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}</title>'
        f'<link rel="stylesheet" href="{STYLESHEET.as_uri()}"><style>{STYLE}</style>'
        f"<body>{head}{''.join(sections)}</body></html>"
    )


def _question(question: Question, formula: Formula) -> str:
    made = to_html(question.item.text, formula)
    if isinstance(question.answer, Choice):
        options = "".join(
            f"<li>{to_html(text, formula)}</li>"
            for text in question.answer.options.values()
        )
        made += f"<ol class=options>{options}</ol>"
    return made


def _room(question: Question) -> str:
    match question.answer:
        case Number(digits=digits, unit=unit):
            asked = (
                f"{DIGITS[digits]} significant digits" if digits else "a whole number"
            )
            return (
                f"<p class=answer>Answer <u></u> {escape(unit)} <em>({asked})</em></p>"
            )
        case Choice():
            return ""
        case Written() as answer:
            return "<div class=line></div>" * (answer.marks + 3)


def _key(question: Question, formula: Formula) -> str:
    match question.answer:
        case Number() as answer:
            made = f"<p class=right>{_accepted(answer)}</p>"
        case Choice(letter=letter):
            made = f"<p class=right>{letter}</p>"
        case Written() as answer:
            made = _scheme(answer, formula)
    made += f"<div class=why>{to_html(question.item.why, formula)}</div>"
    if isinstance(question.answer, Number):
        made += _mistakes(question.answer, formula)
    one = question.template
    source = f"Chapter <code>{one.chapter}</code>, claim <code>{one.claim}</code>"
    return f"<div class=key>{made}<p class=source>{source}</p></div>"


def _accepted(answer: Number) -> str:
    text = f"{decimal(answer.value)} {escape(answer.unit)}".strip()
    return f"{text} ± {decimal(answer.tolerance)}" if answer.tolerance else text


def _mistakes(answer: Number, formula: Formula) -> str:
    rows = "".join(
        f"<li>{decimal(m.value)}: {to_html(m.says, formula)[3:-4]}</li>"
        for m in answer.mistakes
    )
    return f"<p>Wrong, and why:</p><ul>{rows}</ul>" if rows else ""


def _scheme(answer: Written, formula: Formula) -> str:
    result = f"<p class=right>{_accepted(answer.result)}</p>" if answer.result else ""
    wrong = _mistakes(answer.result, formula) if answer.result else ""
    return result + grader_notes(answer, formula) + wrong
