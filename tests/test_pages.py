"""What is made of the book: home page, ledger, sentences, reference, claims.json."""

import json
import re

import pytest
import yaml
from bs4 import BeautifulSoup

import companion
from press import home, ledger
from press.book import read_book
from press.chinese import contents
from press.claims import VERDICTS
from press.companion import imports, modules, public_names, summary
from press.facts import LEVELS, facts
from press.paths import ROOT, TOC, read_yaml
from press.publish import claims_json
from press.sentences import judged, sentences, verdict
from press.tables import anchor, fill, terms

BOOK = read_book()
CLAIMS = [claim for chapter in BOOK.chapters for claim in chapter.english.claims]
INDEX = BOOK.documents["index"]
LEDGER = BOOK.documents["claims-ledger"]


def html(text):
    return BeautifulSoup(text, "html.parser")


# -- Sentences of the source ---------------------------------------------------------


def test_the_sentences_are_numbered_and_in_both_languages():
    assert [s.name for s in sentences()] == [f"S{n}" for n in range(1, 124)]
    for sentence in sentences():
        assert all(sentence.says.values())
        assert bool(sentence.reason["en"]) == bool(sentence.reason["zh"])
        assert not sentence.chapter or sentence.chapter in BOOK.numbers


def test_one_sentence_has_one_verdict_in_the_whole_book():
    for name, claims in judged(BOOK).items():
        verdict(name, claims)


def test_each_sentence_has_a_claim_or_a_reason_why_none_judges_it():
    claims = judged(BOOK)
    both, neither = [], []
    for sentence in sentences():
        judges, reason = bool(claims[sentence.name]), bool(sentence.reason["en"])
        if judges and reason:
            both.append(sentence.name)
        if not judges and not reason:
            neither.append(sentence.name)
    assert (both, neither) == ([], [])


def test_two_verdicts_on_a_sentence_are_refused():
    one = next(claim for claim in CLAIMS if claim.verdict == "true")
    other = next(claim for claim in CLAIMS if claim.verdict == "wrong")
    with pytest.raises(ValueError, match=r"^S2 must have one verdict in the book, got"):
        verdict("S2", [one, other])


def test_a_sentence_that_the_source_has_not_is_refused(monkeypatch):
    chapter = BOOK.chapters[0]
    claim = chapter.english.claims[0]._replace(judges=("S999",))
    monkeypatch.setattr(chapter.english, "claims", [claim])
    with pytest.raises(ValueError, match=r"name a sentence of sentences\.csv, got"):
        judged(BOOK)


# -- Home ------------------------------------------------------------------------------


def test_every_chapter_has_its_facts_and_needs_what_the_book_has():
    assert list(facts()) == list(BOOK.numbers)
    for known in facts().values():
        assert 0 < known.reading < known.running
        assert 1 <= known.level <= len(LEVELS)
        assert set(known.after) <= set(BOOK.numbers)
        for words in (known.short, known.question, known.needs):
            assert all(words.values())


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_home_page_asks_every_chapter_s_question(language):
    rows = html(home.questions(BOOK, INDEX, language)).select("tbody tr")
    assert [row["id"] for row in rows] == [
        f"chapter-{number}" for number in BOOK.numbers.values()
    ]
    for row, chapter in zip(rows, BOOK.chapters, strict=True):
        assert facts()[chapter.slug].question[language] in row.get_text()
        assert row.select_one(".q a")["href"].endswith(f"{chapter.slug}.html")


def test_the_bar_counts_every_claim_once_and_links_to_the_ledger():
    bar = html(home.verdict_bar(BOOK, INDEX, "en"))
    counted = {a["href"]: int(a.b.get_text()) for a in bar.select("li a")}
    assert sum(counted.values()) == len(CLAIMS)
    for name in VERDICTS:
        count = sum(claim.verdict == name for claim in CLAIMS)
        assert counted.get(f"claims-ledger.html?verdict={name}", 0) == count


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_map_shows_every_chapter_and_a_line_for_each_that_needs_one(language):
    chart = html(home.dependencies(BOOK, INDEX, language))
    assert len(chart.select("a rect")) == len(BOOK.chapters)
    needing = sum(bool(known.after) for known in facts().values())
    assert chart.svg.find("path", recursive=False)["d"].count("M") == needing


def test_no_two_boxes_of_the_map_lie_on_each_other():
    chart = html(home.dependencies(BOOK, INDEX, "en"))
    places = [(float(r["x"]), float(r["y"])) for r in chart.select("rect")]
    for at, (x, y) in enumerate(places):
        for other_x, other_y in places[:at]:
            assert abs(x - other_x) >= 164 or abs(y - other_y) >= 30


@pytest.mark.parametrize(
    ("number", "english", "chinese"),
    [
        (1, "one", "一"),
        (10, "ten", "十"),
        (13, "thirteen", "十三"),
        (20, "twenty", "二十"),
    ],
)
def test_numbers_in_words(number, english, chinese):
    assert home.in_words(number, "en") == english
    assert home.in_words(number, "zh") == chinese


def test_a_number_that_the_book_does_not_count_is_refused():
    with pytest.raises(ValueError, match=r"^count must be chapters, .* got 'x'"):
        home.count(BOOK, "x", "en")


def test_the_copy_of_the_home_page_types_no_number_that_changes():
    for edition in INDEX.editions.values():
        assert str(len(CLAIMS)) not in edition.text
        assert not re.search("thirteen|十三", edition.text)
    assert str(len(CLAIMS)) in fill(INDEX.english.text, BOOK, INDEX, "en")


# -- Ledger ----------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_ledger_has_a_row_for_every_claim_in_reading_order(language):
    text = ledger.ledger(BOOK, LEDGER, language)
    rows = re.findall(
        r"^::::\{div\} claim-row verdict-(\w+) chapter-(\d+)\n\{prf:ref\}`([\w-]+)`",
        text,
        re.M,
    )
    assert rows == [
        (claim.verdict, str(number), claim.label)
        for number, chapter in enumerate(BOOK.chapters, start=1)
        for claim in chapter.english.claims
    ]


def test_a_row_shows_the_headline_and_folds_the_rest():
    chapter = BOOK.chapters[0]
    claim = next(c for c in chapter.english.claims if len(chapter.checks[c.label]) > 1)
    row = (
        ledger.ledger(BOOK, LEDGER, "en")
        .split(f"`{claim.label}`")[1]
        .split("\n::::")[0]
    )
    lines = chapter.checks[claim.label]
    shown = html(row)
    head = lines[claim.headline - 1]
    assert shown.select_one(".pair").get_text(" ").split() == [
        "predicted",
        *f"{head.relation} {head.predicted}".split(),
        "measured",
        head.measured,
    ]
    assert len(shown.select("details li")) == len(lines)


def test_every_sentence_has_a_row():
    text = ledger.sentence_rows(BOOK, LEDGER, "zh")
    assert re.findall(r"^\((s\d+)\)=$", text, re.M) == [
        sentence.name.lower() for sentence in sentences()
    ]


def test_claims_json_says_all_that_a_citation_needs():
    shelf = json.loads(claims_json(BOOK))
    assert [claim["id"] for claim in shelf["claims"]] == [c.label for c in CLAIMS]
    for claim in shelf["claims"]:
        assert claim["statement"]
        assert claim["verdict"] in VERDICTS
        assert claim["headline"] in claim["checks"]
        assert claim["address"].endswith(f".html#{claim['id']}")
        assert claim["address"] in claim["cite"]


def test_the_form_for_refutations_is_valid():
    form = yaml.safe_load(
        (ROOT / ".github/ISSUE_TEMPLATE/refute-a-claim.yml").read_text("utf-8")
    )
    asked = [field for field in form["body"] if field["type"] != "markdown"]
    names = [field["id"] for field in asked]
    assert {"claim", "fault", "counterexample"} <= set(names)
    assert len(names) == len(set(names))
    assert all(field["attributes"]["label"] for field in asked)


# -- The reference of the companion ----------------------------------------------------


def test_every_public_module_says_what_it_holds():
    for name in modules():
        assert summary(name).endswith("."), name


def test_names_are_those_that_the_modules_offer():
    for name, full in public_names().items():
        if full != name:
            module = __import__(full.rpartition(".")[0], fromlist=[name])
            assert name in module.__all__
    assert public_names()["verify"] == "companion.claims.verify"
    assert companion.__name__ not in public_names()


def test_what_a_chapter_imports_is_public():
    for chapter in BOOK.chapters:
        unknown = set(imports(chapter).values()) - set(public_names().values())
        assert not unknown, (chapter.slug, unknown)


def test_the_contents_of_both_editions_list_the_modules():
    english = read_yaml(TOC)
    for toc, language in ((english, "en"), (contents(), "zh")):
        listed = [chapter for part in toc["parts"] for chapter in part["chapters"]]
        (reference,) = [one for one in listed if one["file"].endswith("/api")]
        assert reference["sections"] == [{"glob": f"book/{language}/api/*"}]


def test_every_symbol_has_a_place_of_its_own():
    places = [anchor(term) for term in terms() if term.symbol]
    assert len(places) == len(set(places))
