"""Pages, Moodle XML and QTI 1.2: their structure, and that the keys survive."""

import io
import subprocess
import sys
import zipfile
from pathlib import Path
from xml.etree import ElementTree as Xml

import pytest

from press import printer
from teaching.exam import (
    Choice,
    Number,
    Written,
    compose,
    draw,
    formulas,
)
from teaching.exam import __main__ as command
from teaching.exam.moodle import moodle_xml
from teaching.exam.pages import RULES, key_page, paper_page
from teaching.exam.qti import QTI, qti_package, qti_xml
from teaching.exam.text import to_html

BANK = draw("2027")
KATEX = pytest.mark.skipif(
    not formulas.STYLESHEET.exists(), reason="KaTeX comes with make book or make exam"
)

# The content models of QTI 1.2 (ASI DTD) for the elements that are used: what may
# follow what, as the standard prints it, and the attributes that it asks for.
MODELS = {
    "questestinterop": (["assessment"], []),
    "assessment": (["section"], ["ident", "title"]),
    "section": (["item"], ["ident"]),
    "item": (
        ["itemmetadata", "presentation", "resprocessing", "itemfeedback"],
        ["ident", "title"],
    ),
    "itemmetadata": (["qtimetadata"], []),
    "qtimetadata": (["qtimetadatafield"], []),
    "qtimetadatafield": (["fieldlabel", "fieldentry"], []),
    "presentation": (["material", "response_str", "response_lid"], []),
    "material": (["mattext"], []),
    "mattext": ([], ["texttype"]),
    "response_str": (["render_fib"], ["ident"]),
    "response_lid": (["render_choice"], ["ident"]),
    "render_fib": (["response_label"], []),
    "render_choice": (["response_label"], []),
    "response_label": (["material"], ["ident"]),
    "resprocessing": (["outcomes", "respcondition"], []),
    "outcomes": (["decvar"], []),
    "decvar": ([], ["varname"]),
    "respcondition": (["conditionvar", "setvar", "displayfeedback"], []),
    "conditionvar": (["or", "and", "varequal", "other"], []),
    "or": (["varequal", "and"], []),
    "and": (["vargte", "varlte"], []),
    "varequal": ([], ["respident"]),
    "vargte": ([], ["respident"]),
    "varlte": ([], ["respident"]),
    "other": ([], []),
    "setvar": ([], ["varname", "action"]),
    "displayfeedback": ([], ["linkrefid", "feedbacktype"]),
    "itemfeedback": (["flow_mat"], ["ident"]),
    "flow_mat": (["material"], []),
    "fieldlabel": ([], []),
    "fieldentry": ([], []),
}


def plain(source, display):
    """A formula for tests that do not need KaTeX."""
    return formulas.tex(source, display)


def name_of(element):
    return element.tag.removeprefix(f"{{{QTI}}}")


def check(element):
    """Whether an element and all below follow the content models."""
    children, attributes = MODELS[name_of(element)]
    order = [children.index(name_of(child)) for child in element]
    assert order == sorted(order), (name_of(element), order)
    assert set(attributes) <= set(element.attrib), name_of(element)
    for child in element:
        check(child)


def test_qti_follows_the_content_models():
    root = Xml.fromstring(qti_xml("Exam", BANK, plain))
    check(root)
    identifiers = [e.get("ident") for e in root.iter(f"{{{QTI}}}item")]
    assert len(set(identifiers)) == len(identifiers) == len(BANK)
    for item in root.iter(f"{{{QTI}}}item"):
        feedback = {e.get("ident") for e in item.iter(f"{{{QTI}}}itemfeedback")}
        for shown in item.iter(f"{{{QTI}}}displayfeedback"):
            assert shown.get("linkrefid") in feedback
        asked = {e.get("ident") for e in item.iter() if "response_" in e.tag}
        for compared in item.iter():
            assert compared.get("respident", "response1") in asked


def test_qti_holds_the_keys_and_their_tolerances():
    root = Xml.fromstring(qti_xml("Exam", BANK, plain))
    items = root.iter(f"{{{QTI}}}item")
    for item, question in zip(items, BANK, strict=True):
        answer = question.answer
        text = [e.text for e in item.iter(f"{{{QTI}}}fieldentry")]
        assert text[1] == f"{question.template.marks}.0"
        if isinstance(answer, Number):
            low = float(item.find(f".//{{{QTI}}}vargte").text)
            high = float(item.find(f".//{{{QTI}}}varlte").text)
            assert low <= answer.value <= high
            assert high - low == pytest.approx(2 * answer.tolerance)
        if isinstance(answer, Choice):
            right = item.find(f".//{{{QTI}}}varequal").text
            assert right == answer.right
            labels = item.iter(f"{{{QTI}}}response_label")
            assert {e.get("ident") for e in labels} == set(answer.options)


def test_the_package_is_a_manifest_and_the_file_it_names():
    made = qti_package("Exam", BANK[:5], plain)
    assert made == qti_package("Exam", BANK[:5], plain)
    with zipfile.ZipFile(io.BytesIO(made)) as package:
        manifest = Xml.fromstring(package.read("imsmanifest.xml"))
        space = "{http://www.imsglobal.org/xsd/imscp_v1p1}"
        resource = manifest.find(f".//{space}resource")
        assert resource.get("type") == "imsqti_xmlv1p2"
        assert {"imsmanifest.xml", resource.get("href")} == set(package.namelist())
        check(Xml.fromstring(package.read(resource.get("href"))))


def test_moodle_holds_the_keys_and_their_tolerances():
    root = Xml.fromstring(moodle_xml({"All": BANK}))
    category, *elements = root.findall("question")
    assert category.find("category/text").text.endswith("/All")
    kinds = {Number: "numerical", Choice: "multichoice", Written: "essay"}
    for element, question in zip(elements, BANK, strict=True):
        answer = question.answer
        assert element.get("type") == kinds[type(answer)]
        assert float(element.find("defaultgrade").text) == question.template.marks
        assert element.find("questiontext/text").text.startswith("<p>")
        answers = element.findall("answer")
        full = [a for a in answers if a.get("fraction") == "100"]
        if isinstance(answer, Number):
            assert answers[0] is full[0]
            assert float(full[0].find("text").text) == answer.value
            assert float(full[0].find("tolerance").text) == answer.tolerance
            assert len(answers) == 1 + len(answer.mistakes)
        if isinstance(answer, Choice):
            assert len(answers) == len(answer.options)
            expected = to_html(answer.options[answer.right], formulas.tex)
            assert [a.find("text").text for a in full] == [expected]
        if isinstance(answer, Written):
            notes = element.find("graderinfo/text").text
            assert notes.count("<dt>") == 3
            assert f"{answer.half_marks} of {answer.marks}" in notes


def test_formulas_reach_moodle_between_its_marks():
    text = moodle_xml({"All": BANK})
    assert r"\(" in text
    assert "$" not in text.replace("$course$", "")


@KATEX
def test_katex_reads_every_formula_of_many_seeds():
    seeds = ("1", "2", "3", "2027", "a word")
    many = [question for seed in seeds for question in draw(seed)]
    formula = formulas.typeset(many, RULES)
    html = to_html(many[0].item.text, formulas.mathml(formula))
    assert "<math" in html
    assert "katex-html" not in html


@KATEX
def test_what_katex_cannot_read_is_refused():
    with pytest.raises(ValueError, match="formula must be TeX that KaTeX reads"):
        formulas.typeset([], r"$\frac$")


@KATEX
def test_pages_hold_questions_and_only_the_key_holds_answers():
    paper = compose("2027", minutes=60)
    formula = formulas.typeset(paper.questions, RULES)
    pages = paper_page(paper, formula, "x"), key_page(paper, formula, "x")
    for page in pages:
        assert page.count("<section") == len(paper.questions)
    assert "class=key" not in pages[0]
    assert pages[1].count("class=key") == len(paper.questions)
    for question in paper.questions:
        assert question.template.claim in pages[1]
        why = to_html(question.item.why, formula)
        assert why in pages[1]
        assert why not in pages[0]
    assert pages[0].count("significant digits") + pages[0].count("whole number") >= sum(
        isinstance(q.answer, Number) for q in paper.questions
    )


def test_what_is_missing_is_named(monkeypatch, tmp_path):
    monkeypatch.setattr(formulas, "STYLESHEET", tmp_path / "none.css")
    with pytest.raises(RuntimeError, match="KaTeX must be installed"):
        formulas.typeset(BANK)
    monkeypatch.setattr(formulas.shutil, "which", lambda name: None)
    monkeypatch.setattr(formulas.sys, "executable", str(tmp_path / "python"))
    with pytest.raises(RuntimeError, match="node must be installed"):
        formulas.typeset(BANK)


@KATEX
def test_the_command_writes_what_it_says(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(command, "OUT", tmp_path)
    monkeypatch.setattr(command, "ROOT", tmp_path)
    told = ["make exam", "--seed", "2027", "--minutes", "30", "--bank", "2", "--no-pdf"]
    monkeypatch.setattr(sys, "argv", told)
    command.main()
    said = capsys.readouterr().out.splitlines()
    assert "30 marks" in said[0]
    assert all((tmp_path / line).exists() for line in said[1:])
    names = {Path(line).name for line in said[1:]}
    assert {"paper.html", "key.html", "paper-moodle.xml", "paper-qti.zip"} <= names
    bank = Xml.parse(next(tmp_path.rglob("bank-moodle.xml"))).getroot()
    assert len(bank.findall("question[@type='category']")) == len(BANK)
    assert len(bank.findall("question")) == 3 * len(BANK)
    monkeypatch.setattr(sys, "argv", ["make exam", "--seed", "1", "--minutes", "1"])
    with pytest.raises(SystemExit, match="make exam: paper must be one that"):
        command.main()


def found_browser():
    """Whether there is a browser to print with."""
    try:
        return bool(printer.browser())
    except RuntimeError:
        return False


@KATEX
@pytest.mark.skipif(not found_browser(), reason="no Chromium or Chrome to print with")
def test_paper_and_key_are_printed(tmp_path):
    paper = compose("2027", minutes=30)
    made = command.write_paper(paper, tmp_path, pdf=True)
    printed = [path for path in made if path.suffix == ".pdf"]
    assert [path.name for path in printed] == ["paper.pdf", "key.pdf"]
    for path in printed:
        assert path.read_bytes().startswith(b"%PDF-")
        assert path.stat().st_size > 20_000  # fonts and text, not an empty page


def test_the_seed_does_not_stand_on_the_paper():
    assert command.fingerprint("2027") != command.fingerprint("2028")
    assert "secret" not in command.fingerprint("secret")


def test_the_package_starts_as_a_program():
    asked = [sys.executable, "-m", "teaching.exam", "--help"]
    done = subprocess.run(asked, capture_output=True, encoding="utf-8")
    assert done.returncode == 0, done.stderr
    assert "--minutes" in done.stdout
