"""Each chapter as its author wrote it: anatomy, claims, figures, exercises, Chinese."""

import ast
import re

import pytest

from tools.claims import claims
from tools.directives import find_directives
from tools.paths import sources
from tools.references import cited, works
from tools.source import edition, is_chapter, languages, pairs, read
from tools.source import prose as joined
from tools.translation import stale

SOURCES = {path.stem: path for path in sources()}
CHAPTERS = [name for name, path in SOURCES.items() if is_chapter(read(path))]
TRANSLATED = [name for name, path in SOURCES.items() if "zh" in languages(read(path))]
EDITIONS = [
    (name, lang) for name in CHAPTERS for lang in languages(read(SOURCES[name]))
]
COLUMNS = 79
VERIFY = re.compile(r'verify\(\s*"([\w-]+)"')
# The second edition has a main line and a part that goes deeper.
SECOND_ANATOMY = {
    "en": [
        "## Where it breaks",
        "## Summary",
        "## Check yourself",
        "## Exercises",
        "## Going deeper",
        "## References",
    ],
    "zh": ["## 局限", "## 小结", "## 自测", "## 练习", "## 进一步探讨", "## 参考文献"],
}
ANATOMY = {
    "en": ["## Where it breaks", "## Exercises", "## Summary", "## References"],
    "zh": ["## 失效之处", "## 练习", "## 小结", "## 参考文献"],
}


def prose(name, language):
    return joined(edition(read(SOURCES[name]), language))


def second(name):
    return "\n## Going deeper\n" in prose(name, "en")


def code(name):
    return [cell for cell in read(SOURCES[name]) if cell.kind == "code"]


def boxes(name, language):
    return find_directives(prose(name, language))


@pytest.mark.parametrize(("name", "language"), EDITIONS)
def test_the_parts_of_a_chapter_stand_in_order(name, language):
    text = prose(name, language)
    anatomy = (SECOND_ANATOMY if second(name) else ANATOMY)[language]
    places = [text.find(f"\n{heading}\n") for heading in anatomy]
    assert -1 not in places, dict(zip(anatomy, places, strict=True))
    assert places == sorted(places)
    assert text.index("{div} opening-question") < text.index("\n## ")
    sections = text[: places[0]].count("\n## ")
    assert 3 <= sections <= 6


@pytest.mark.parametrize(("name", "language"), EDITIONS)
def test_a_chapter_predicts_and_exercises(name, language):
    found = boxes(name, language)
    kinds = [box.options.get("class", box.name) for box in found]
    assert kinds.count("predict") >= 3
    exercises = [box.options["label"] for box in found if box.name == "exercise"]
    solved = [box.title for box in found if box.name == "solution-start"]
    assert 4 <= len(exercises) <= 6
    assert solved == exercises
    assert text_has_code_in_each_solution(name, language)


def text_has_code_in_each_solution(name, language):
    """Every solution is executed: a code cell stands before the solution's end."""
    ran = True
    for cell in edition(read(SOURCES[name]), language):
        if cell.kind == "code":
            ran = True
            continue
        for box in find_directives(cell.text):
            if box.name == "solution-end" and not ran:
                return False
            if box.name == "solution-start":
                ran = False
    return True


@pytest.mark.parametrize("name", CHAPTERS)
def test_each_claim_has_its_check_and_each_check_its_claim(name):
    verified = {label for cell in code(name) for label in VERIFY.findall(cell.text)}
    boxed = {claim.label for claim in claims(prose(name, "en"))}
    assert verified == boxed
    assert all(
        VERIFY.match(cell.text[call.start() :])  # the label in full, where one reads it
        for cell in code(name)
        for call in re.finditer(r"\bverify\(", cell.text)
    )


def test_no_label_names_two_things():
    """Labels are shared by the whole book: a second one would break its links."""
    seen = {}
    for name in SOURCES:
        text = prose(name, "en")
        boxed = (box.options.get("label") for box in find_directives(text))
        labels = re.findall(r"^(?:\$\$ )?\(([\w-]+)\)=?$", text, re.M)
        for label in [*filter(None, boxed), *labels]:
            assert label not in seen, f"{label} is in {seen[label]} and in {name}"
            seen[label] = name


@pytest.mark.parametrize("name", CHAPTERS)
def test_a_claim_says_what_the_source_says_unless_it_goes_beyond(name):
    for claim in claims(prose(name, "en")):
        assert bool(claim.says) == (claim.verdict != "beyond"), claim.label


@pytest.mark.parametrize("name", CHAPTERS)
def test_the_summary_links_each_sentence_to_a_claim(name):
    summary = prose(name, "en").split("## Summary")[1].split("\n## ")[0]
    sentences = re.split(r"(?<=[.)])\s+(?=[A-Z])", summary.strip())
    assert all("{prf:ref}" in sentence for sentence in sentences), sentences


@pytest.mark.parametrize("name", CHAPTERS)
def test_cells_are_short_and_narrow(name):
    for cell in code(name):
        lines = cell.text.split("\n")
        written = [line for line in lines if line.strip()]
        assert max(map(len, lines)) <= COLUMNS, max(lines, key=len)
        folded = "hide-input" in cell.metadata.get("tags", [])
        folded |= "check" in cell.metadata.get("tags", [])
        assert len(written) <= (12 if second(name) else 20) or folded, written[0]


@pytest.mark.parametrize("name", CHAPTERS)
def test_checks_are_never_folded_and_drawings_always_are(name):
    for cell in code(name):
        folded = "hide-input" in cell.metadata.get("tags", [])
        assert not (folded and "verify(" in cell.text), cell.text[:60]
        if second(name):
            checks = "check" in cell.metadata.get("tags", [])
            assert checks == ("verify(" in cell.text), cell.text[:60]
        assert folded == cell.text.startswith("# @title Draw"), cell.text[:60]
        assert folded == ("plt.subplots" in cell.text), cell.text[:60]


@pytest.mark.parametrize(("name", "language"), EDITIONS)
def test_every_figure_has_a_finding_and_an_alternative_text(name, language):
    for cell in edition(read(SOURCES[name]), language):
        if cell.kind == "code" and "plt.subplots" in cell.text:
            figure = cell.metadata["mystnb"]["figure"]
            alternative = cell.metadata["mystnb"]["image"]["alt"]
            assert re.match(r"\*\*[^*]+\*\*", figure["caption"].strip())
            assert len(alternative) >= (30 if language == "zh" else 60)
            assert alternative.isascii() == (language == "en")


@pytest.mark.parametrize("name", CHAPTERS)
def test_no_magics_globals_or_labelled_prints(name):
    for cell in code(name):
        tree = ast.parse(cell.text)  # a magic would be no Python
        names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
        assert not any(isinstance(node, ast.Global) for node in ast.walk(tree))
        assert "print" not in names
        assert "manual_seed" not in cell.text or "Generator" in cell.text
        assert "set_default_dtype" not in cell.text


@pytest.mark.parametrize("name", list(SOURCES))
def test_citations_are_in_the_bibliography(name):
    assert set(cited(prose(name, "en"))) <= set(works())


def test_every_work_has_a_checked_identifier_and_is_cited():
    everything = {key for name in SOURCES for key in cited(prose(name, "en"))}
    assert everything == set(works())
    assert len({work.link for work in works().values()}) == len(works())
    for key, work in works().items():
        assert re.fullmatch(r"[a-z]+\d{4}[a-z]+", key)
        assert re.match(r"https://(doi\.org/10\.|arxiv\.org/abs/\d{4}\.\d)", work.link)


@pytest.mark.parametrize("name", TRANSLATED)
def test_no_chinese_cell_is_stale(name):
    cells = read(SOURCES[name])
    english = [cell for cell in cells if cell.language == "en"]
    assert len(pairs(cells)) == len(english)
    assert not stale(SOURCES[name]), "check these cells, then `make stamp`"


SAME = {
    "directives": r"\{([\w:-]+)\}",
    "labels": r"^:label: (\S+)",
    "anchors": r"^\(([\w-]+)\)=",
    "audit": r"^:(?:audit|verdict): (\S+)",
    "citations": r"\{cite:\w+\}`([^`]+)`",
    "displayed mathematics": r"\$\$(.+?)\$\$( \([\w-]+\))?",
    "code": r"(?:^|[^`}\n])`([^`\n]+)`(?!`)",
    "headings": r"^(#+) ",
}


@pytest.mark.parametrize("pattern", SAME.values(), ids=SAME.keys())
@pytest.mark.parametrize("name", TRANSLATED)
def test_both_editions_carry_the_same(name, pattern):
    def found(cell):
        text = cell.text
        if pattern == SAME["code"]:  # the backticks of a role are none of code
            text = re.sub(r"\{[\w:]+\}`[^`]+`", "", text)
        return sorted(re.findall(pattern, text, re.M | re.S))

    for one, two in pairs(read(SOURCES[name])):
        assert found(one) == found(two), two.text[:60]


@pytest.mark.parametrize("name", TRANSLATED)
def test_captions_are_in_both_languages(name):
    for cell in code(name):
        assert str(cell.metadata).count("'en':") == str(cell.metadata).count("'zh':")


# Punctuation beside a Han character must be full-width; emphasis must close before it.
HAN = r"[\u4e00-\u9fff]"
FAULTS = {
    "half-width punctuation": rf"{HAN}[,;:!?()](?!\S*`)|{HAN}\.(?:\s|$)",
    "straight quotes": rf'{HAN}"|"{HAN}',
    "line break inside a paragraph": rf"{HAN}\n{HAN}",
    "emphasis that closes after punctuation": rf"\*\*[^*\n]*[，。：；”）]\*\*{HAN}",
    "space between Han and Latin": rf"{HAN} [A-Za-z]|(?<![\\|$])\b[A-Za-z]+ {HAN}",
}


@pytest.mark.parametrize("pattern", FAULTS.values(), ids=FAULTS.keys())
@pytest.mark.parametrize("name", TRANSLATED)
def test_chinese_typography(name, pattern):
    text = re.sub(r"^```.*?^```|`[^`\n]+`", "", prose(name, "zh"), flags=re.M | re.S)
    found = [
        text[max(0, m.start() - 8) : m.end() + 8] for m in re.finditer(pattern, text)
    ]
    assert not found, found
