"""QTI 1.2: a package that learning platforms import, Canvas and others."""

import io
import zipfile
from collections.abc import Iterable
from xml.etree import ElementTree as Xml

from teaching.exam.answers import Choice, Number, Written
from teaching.exam.marking import grader_notes
from teaching.exam.question import Question
from teaching.exam.text import Formula, to_html

__all__ = ["qti_package", "qti_xml"]

QTI = "http://www.imsglobal.org/xsd/ims_qtiasiv1p2"
MANIFEST = """<?xml version="1.0" encoding="UTF-8"?>
<manifest identifier="exam_manifest" xmlns="http://www.imsglobal.org/xsd/imscp_v1p1">
  <metadata><schema>IMS Content</schema><schemaversion>1.1.3</schemaversion></metadata>
  <organizations/>
  <resources>
    <resource identifier="exam" type="imsqti_xmlv1p2" href="exam.xml">
      <file href="exam.xml"/>
    </resource>
  </resources>
</manifest>
"""
TYPES = {
    Number: "numerical_question",
    Choice: "multiple_choice_question",
    Written: "essay_question",
}


def qti_package(title: str, questions: Iterable[Question], formula: Formula) -> bytes:
    """A zip of the manifest and the questions; equal questions, equal bytes."""
    made = io.BytesIO()
    exam = qti_xml(title, questions, formula)
    files = {"imsmanifest.xml": MANIFEST, "exam.xml": exam}
    with zipfile.ZipFile(made, "w") as package:
        for name, text in files.items():
            entry = zipfile.ZipInfo(name)  # of 1980, so that the bytes are equal
            package.writestr(entry, text.encode("utf-8"), zipfile.ZIP_DEFLATED)
    return made.getvalue()


def qti_xml(title: str, questions: Iterable[Question], formula: Formula) -> str:
    """One assessment with one section; formulas as `formula` sets them."""
    root = Xml.Element("questestinterop", xmlns=QTI)
    assessment = _sub(root, "assessment", ident="exam", title=title)
    section = _sub(assessment, "section", ident="root_section")
    for number, question in enumerate(questions, 1):
        _item(section, question, number, formula)
    Xml.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + Xml.tostring(root, "unicode")


def _item(parent: Xml.Element, question: Question, number: int, form: Formula) -> None:
    one, answer = question.template, question.answer
    name = one.id.replace("/", "-")
    item = _sub(parent, "item", ident=f"{name}-{number}", title=f"{one.name} {number}")
    fields = _sub(_sub(item, "itemmetadata"), "qtimetadata")
    shown = {"question_type": TYPES[type(answer)], "points_possible": f"{one.marks}.0"}
    for label, entry in shown.items():
        field = _sub(fields, "qtimetadatafield")
        _sub(field, "fieldlabel").text = label
        _sub(field, "fieldentry").text = entry
    presentation = _sub(item, "presentation")
    _material(presentation, to_html(question.item.text, form))
    processing = _sub(item, "resprocessing")
    score = {"maxvalue": "100", "minvalue": "0", "varname": "SCORE"}
    _sub(_sub(processing, "outcomes"), "decvar", score, vartype="Decimal")
    feedback = to_html(question.item.why, form)
    match answer:
        case Number():
            _number(presentation, processing, answer)
        case Choice():
            _choice(presentation, processing, answer, form)
        case Written():
            _essay(presentation, processing)
            feedback = grader_notes(answer, form) + feedback
    shown_after = _sub(item, "itemfeedback", ident="general_fb")
    _material(_sub(shown_after, "flow_mat"), feedback)


def _number(shown: Xml.Element, processing: Xml.Element, answer: Number) -> None:
    response = _sub(shown, "response_str", ident="response1", rcardinality="Single")
    fib = _sub(response, "render_fib", fibtype="Decimal")
    _sub(fib, "response_label", ident="answer1")
    condition = _general(processing, "No")
    either = _sub(condition, "or")
    _compared(either, "varequal", repr(answer.value))
    both = _sub(either, "and")
    _compared(both, "vargte", repr(answer.value - answer.tolerance))
    _compared(both, "varlte", repr(answer.value + answer.tolerance))


def _choice(
    shown: Xml.Element, processing: Xml.Element, answer: Choice, form: Formula
) -> None:
    response = _sub(shown, "response_lid", ident="response1", rcardinality="Single")
    choices = _sub(response, "render_choice", shuffle="Yes")
    for name, text in answer.options.items():
        _material(_sub(choices, "response_label", ident=name), to_html(text, form))
    _compared(_general(processing, "No"), "varequal", answer.right)


def _essay(shown: Xml.Element, processing: Xml.Element) -> None:
    response = _sub(shown, "response_str", ident="response1", rcardinality="Single")
    fib = _sub(response, "render_fib", fibtype="String", rows="15")
    _sub(fib, "response_label", ident="answer1")
    rule = _sub(processing, "respcondition", {"continue": "No"})
    _sub(_sub(rule, "conditionvar"), "other")


def _general(processing: Xml.Element, goes_on: str) -> Xml.Element:
    """A rule that gives full marks; returns where its condition belongs."""
    rule = _sub(processing, "respcondition", {"continue": goes_on})
    condition = _sub(rule, "conditionvar")
    _sub(rule, "setvar", action="Set", varname="SCORE").text = "100"
    _sub(rule, "displayfeedback", feedbacktype="Response", linkrefid="general_fb")
    return condition


def _compared(parent: Xml.Element, tag: str, text: str) -> None:
    _sub(parent, tag, respident="response1").text = text


def _material(parent: Xml.Element, text: str) -> None:
    _sub(_sub(parent, "material"), "mattext", texttype="text/html").text = text


def _sub(
    parent: Xml.Element, tag: str, extra: dict[str, str] | None = None, **named: str
) -> Xml.Element:
    return Xml.SubElement(parent, tag, {**(extra or {}), **named})
