"""Each chapter as its author wrote it: anatomy, claims, figures, exercises, Chinese.

One test a rule: it collects whatever breaks the rule, and names it.
"""

import ast
import re
from itertools import pairwise

import pytest

from press.book import read_book
from press.references import cited, works
from press.source import pairs
from press.translation import stale

BOOK = read_book()
CHAPTERS = BOOK.chapters
EDITIONS = [edition for chapter in CHAPTERS for edition in chapter.editions.values()]
TRANSLATED = [document for document in BOOK.documents.values() if document.is_bilingual]
CODE = [cell for chapter in CHAPTERS for cell in chapter.code]
COLUMNS, LINES = 79, 12
# Works that have neither a DOI nor a number in the arXiv.
OLDER = {
    "glorot2010understanding",
    "hochreiter1991untersuchungen",
    "kanai2017preventing",
    "lecun1988framework",
}
VERIFY = re.compile(r'verify\(\s*"([\w-]+)"')
ANATOMY = {
    "en": [
        "Where it breaks",
        "Summary",
        "Check yourself",
        "Exercises",
        "Going deeper",
        "References",
    ],
    "zh": ["局限", "小结", "自测", "练习", "进一步探讨", "参考文献"],
}


def tags(cell):
    return cell.metadata.get("tags", [])


def sections(edition):
    return [b.body for b in edition.blocks if b.kind == "heading" and b.name == "h2"]


def test_the_parts_of_a_chapter_stand_in_order():
    wrong = []
    for chapter in CHAPTERS:
        for language, edition in chapter.editions.items():
            anatomy = ANATOMY[language]
            found = sections(edition)
            story = len(found) - len(anatomy)
            opens = edition.text.find("{div} opening-question")
            if found[story:] != anatomy or not 3 <= story <= 6:
                wrong.append((chapter.slug, language, found))
            if not 0 < opens < edition.text.index("\n## "):
                wrong.append((chapter.slug, language, "no opening question"))
    assert not wrong


def test_a_chapter_predicts_and_exercises():
    wrong = []
    for edition in EDITIONS:
        kinds = [b.options.get("class", b.name) for b in edition.blocks]
        exercises = [exercise.label for exercise in edition.exercises]
        solved = [box.title for box in edition.boxes("solution-start")]
        if (
            kinds.count("predict") < 3
            or not 4 <= len(exercises) <= 6
            or solved != exercises
        ):
            wrong.append((edition.title, kinds.count("predict"), exercises, solved))
    assert not wrong


def test_every_solution_is_executed():
    """A code cell stands before the solution's end."""
    idle = []
    for edition in EDITIONS:
        ran = True
        for cell in edition.cells:
            ran |= cell.kind == "code"
            for name in re.findall(r"\{(solution-\w+)\}", cell.text):
                if name == "solution-end" and not ran:
                    idle.append(str(cell.place))
                ran &= name != "solution-start"
    assert not idle


def test_a_chapter_says_how_hard_its_exercises_are():
    assert not [
        str(exercise.place)
        for edition in EDITIONS
        for exercise in edition.exercises
        if not exercise.stars
    ]


def test_each_claim_has_its_check_and_each_check_its_claim():
    for chapter in CHAPTERS:
        code = "\n".join(cell.text for cell in chapter.code)
        verified = set(VERIFY.findall(code))
        boxed = {claim.label for claim in chapter.english.claims}
        assert verified == boxed, chapter.slug
        # The label in full, where one reads it.
        assert len(VERIFY.findall(code)) == len(re.findall(r"\bverify\(", code))


def test_a_claim_says_what_the_source_says_unless_it_goes_beyond():
    assert not [
        str(claim.place)
        for edition in EDITIONS
        for claim in edition.claims
        if bool(claim.says) != (claim.verdict != "beyond")
    ]


def test_the_summary_links_each_sentence_to_a_claim():
    unlinked = []
    for chapter in CHAPTERS:
        summary = chapter.english.text.split("## Summary")[1].split("\n## ")[0]
        claims, _, _ = summary.partition("\n**Tell a friend:**")
        sentences = re.split(r"(?<=[.)])\s+(?=[A-Z])", claims.strip())
        unlinked += [
            (chapter.slug, sentence)
            for sentence in sentences
            if "{prf:ref}" not in sentence
        ]
    assert not unlinked


def test_a_chapter_hands_over_to_the_next():
    for chapter, following in pairwise(CHAPTERS):
        summary = chapter.english.text.split("## Summary")[1].split("\n## ")[0]
        _, _, told = summary.partition("\n**Tell a friend:**")
        _, _, link = told.partition("**Next:**")
        assert f"<{following.slug}>`" in link, chapter.slug


def test_cells_are_short_and_narrow():
    wrong = []
    for cell in CODE:
        lines = cell.text.split("\n")
        visible = not {"hide-input", "check"} & set(tags(cell))
        if max(map(len, lines)) > COLUMNS:
            wrong.append((str(cell.place), max(lines, key=len)))
        if visible and len([line for line in lines if line.strip()]) > LINES:
            wrong.append((str(cell.place), len(lines)))
    assert not wrong


def test_checks_stand_apart_and_drawings_are_folded():
    wrong = []
    for cell in CODE:
        folded, verifies = "hide-input" in tags(cell), "verify(" in cell.text
        check = ("check" in tags(cell)) == verifies
        titled = cell.text.startswith("# @title Draw")
        draws = "plt.subplots" in cell.text
        if not (check and folded == titled == draws and not (folded and verifies)):
            wrong.append(str(cell.place))
    assert not wrong


def test_every_figure_has_a_finding_and_an_alternative_text():
    wrong = []
    for edition in EDITIONS:
        chinese = edition.language == "zh"
        drawn = sum("plt.subplots" in cell.text for cell in edition.cells)
        assert len(edition.figures) == drawn, edition.title
        wrong += [
            figure.name
            for figure in edition.figures
            if not re.match(r"\*\*[^*]+\*\*", figure.caption)
            or len(figure.alternative) < (30 if chinese else 60)
            or figure.alternative.isascii() == chinese
        ]
    assert not wrong


def test_no_magics_globals_or_labelled_prints():
    wrong = []
    for cell in CODE:
        tree = list(ast.walk(ast.parse(cell.text)))  # a magic would be no Python
        names = {node.id for node in tree if isinstance(node, ast.Name)}
        if (
            any(isinstance(node, ast.Global) for node in tree)
            or "print" in names
            or ("manual_seed" in cell.text and "Generator" not in cell.text)
            or "set_default_dtype" in cell.text
        ):
            wrong.append(str(cell.place))
    assert not wrong


def test_every_work_has_a_checked_identifier_and_is_cited():
    everything = {key for d in BOOK.documents.values() for key in cited(d.english.text)}
    assert everything == set(works())
    assert len({work.link for work in works().values()}) == len(works())
    for key, work in works().items():
        assert re.fullmatch(r"[a-z]+\d{4}[a-z]+", key)
        if key not in OLDER:
            archives = r"https://(doi\.org/10\.|arxiv\.org/abs/\d{4}\.\d)"
            assert re.match(archives, work.link)


def test_no_chinese_cell_is_stale_or_missing():
    for document in TRANSLATED:
        english = [cell for cell in document.cells if cell.language == "en"]
        assert len(pairs(document.cells)) == len(english), document.slug
    old = [place for document in TRANSLATED for place in stale(document.path)]
    assert not old, "check these cells, then `make stamp`"


SAME = {
    "directives": r"\{([\w:-]+)\}",
    "labels": r"^:label: (\S+)",
    "anchors": r"^\(([\w-]+)\)=",
    "audit": r"^:(?:audit|verdict|judges|headline|stars): ([^\n]+)",
    "predictions": r"^:(?:cuts|check|range|scale): ([^\n]+)",
    "citations": r"\{cite:\w+\}`([^`]+)`",
    "displayed mathematics": r"\$\$(.+?)\$\$( \([\w-]+\))?",
    "code": r"(?:^|[^`}\n])`([^`\n]+)`(?!`)",
    "headings": r"^(#+) ",
}


@pytest.mark.parametrize("name", SAME)
def test_both_editions_carry_the_same(name):
    def found(cell):
        text = re.sub(r"\\text\{[^}]*\}", "", cell.text)  # words in formulas
        if name == "code":  # the backticks of a role are none of code
            text = re.sub(r"\{[\w:]+\}`[^`]+`", "", text)
        return sorted(re.findall(SAME[name], text, re.M | re.S))

    assert not [
        str(chinese.place)
        for document in TRANSLATED
        for english, chinese in pairs(document.cells)
        if found(english) != found(chinese)
    ]


def test_captions_are_in_both_languages():
    assert not [
        str(cell.place)
        for document in TRANSLATED
        for cell in document.code
        if str(cell.metadata).count("'en':") != str(cell.metadata).count("'zh':")
    ]


# Punctuation beside a Han character must be full-width; emphasis must close before it.
HAN = r"[\u4e00-\u9fff]"
FAULTS = {
    "half-width punctuation": rf"{HAN}[,;:!?()](?!\S*`)|{HAN}\.(?:\s|$)",
    "straight quotes": rf'{HAN}"|"{HAN}',
    "line break inside a paragraph": rf"{HAN}\n{HAN}",
    "emphasis that closes after punctuation": rf"\*\*[^*\n]*[，。：；”）]\*\*{HAN}",
    "space between Han and Latin": rf"{HAN} [A-Za-z]|(?<![\\|$])\b[A-Za-z]+ {HAN}",
}


@pytest.mark.parametrize("fault", FAULTS)
def test_chinese_typography(fault):
    found = []
    for document in TRANSLATED:
        prose = document.editions["zh"].text
        # The separator of choices is markup.
        prose = re.sub(
            "^:choices:.*$", lambda m: m[0].replace("; ", ""), prose, flags=re.M
        )
        text = re.sub(r"^```$|^```\w*\n.*?^```|`[^`\n]+`", "", prose, flags=re.M | re.S)
        found += [
            (document.slug, text[max(0, m.start() - 8) : m.end() + 8])
            for m in re.finditer(FAULTS[fault], text)
        ]
    assert not found
