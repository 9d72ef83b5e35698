"""Moodle XML: questions for the question bank of Moodle."""

from collections.abc import Iterable, Mapping
from xml.etree import ElementTree as Xml

from teaching.exam.answers import Choice, Number, Written
from teaching.exam.formulas import tex
from teaching.exam.marking import grader_notes
from teaching.exam.question import Question
from teaching.exam.text import to_html

__all__ = ["moodle_xml"]

TOP = "$course$/top/Exploding Gradients"


def moodle_xml(categories: Mapping[str, Iterable[Question]]) -> str:
    """Write questions by category.

    Args:
        categories: Under the name of each category, its questions.

    Returns:
        The text of a file that Moodle's import "Moodle XML format" is meant for.
        Formulas stand between the marks that its MathJax filter knows.
    """
    quiz = Xml.Element("quiz")
    for name, questions in categories.items():
        head = Xml.SubElement(quiz, "question", type="category")
        _text(head, "category", f"{TOP}/{name}")
        _text(head, "info", "", format="html")
        for number, question in enumerate(questions, 1):
            _question(quiz, question, number)
    Xml.indent(quiz)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + Xml.tostring(quiz, "unicode")


def _question(quiz: Xml.Element, question: Question, number: int) -> None:
    one = question.template
    types = {Number: "numerical", Choice: "multichoice", Written: "essay"}
    element = Xml.SubElement(quiz, "question", type=types[type(question.answer)])
    _text(element, "name", f"{one.name} {number}")
    _text(element, "questiontext", to_html(question.item.text, tex), format="html")
    source = f"\n\nChapter `{one.chapter}`, claim `{one.claim}`."
    why = to_html(question.item.why + source, tex)
    _text(element, "generalfeedback", why, format="html")
    _plain(element, "defaultgrade", f"{one.marks}.0")
    _plain(element, "penalty", "0")
    _plain(element, "hidden", "0")
    match question.answer:
        case Number() as answer:
            _number(element, answer)
        case Choice() as answer:
            _choice(element, answer)
        case Written() as answer:
            _essay(element, answer)


def _number(element: Xml.Element, answer: Number) -> None:
    """The key first: the first answer whose interval holds the response counts."""
    _answer(element, repr(answer.value), "100", tolerance=answer.tolerance)
    for mistake in answer.mistakes:
        near = Number(mistake.value, answer.digits).tolerance
        _answer(element, repr(mistake.value), "0", mistake.says, tolerance=near)
    _plain(element, "unitgradingtype", "0")
    _plain(element, "unitpenalty", "0")
    _plain(element, "showunits", "3")
    _plain(element, "unitsleft", "0")


def _choice(element: Xml.Element, answer: Choice) -> None:
    _plain(element, "single", "true")
    _plain(element, "shuffleanswers", "true")
    _plain(element, "answernumbering", "ABCD")
    for name, text in answer.options.items():
        fraction = "100" if name == answer.right else "0"
        _answer(element, to_html(text, tex), fraction, form="html")


def _essay(element: Xml.Element, answer: Written) -> None:
    _plain(element, "responseformat", "editor")
    _plain(element, "responserequired", "1")
    _plain(element, "responsefieldlines", "15")
    _plain(element, "attachments", "0")
    _text(element, "graderinfo", grader_notes(answer, tex), format="html")
    _text(element, "responsetemplate", "", format="html")


def _answer(
    element: Xml.Element,
    text: str,
    fraction: str,
    says: str = "",
    *,
    form: str = "moodle_auto_format",
    tolerance: float | None = None,
) -> None:
    answer = Xml.SubElement(element, "answer", fraction=fraction, format=form)
    _plain(answer, "text", text)
    _text(answer, "feedback", to_html(says, tex) if says else "", format="html")
    if tolerance is not None:
        _plain(answer, "tolerance", repr(tolerance))


def _text(parent: Xml.Element, tag: str, text: str, **attributes: str) -> None:
    _plain(Xml.SubElement(parent, tag, attributes), "text", text)


def _plain(parent: Xml.Element, tag: str, text: str) -> None:
    Xml.SubElement(parent, tag).text = text
