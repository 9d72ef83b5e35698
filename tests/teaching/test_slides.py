"""Lecture decks: every name resolves, each half takes 45 minutes, every slide fits."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from press import printer
from press.book import read_book
from press.paths import ROOT
from teaching.exam import formulas
from teaching.slides import __main__ as command
from teaching.slides import deck as decks
from teaching.slides.deck import read_deck
from teaching.slides.show import show
from teaching.slides.words import Words

BOOK = read_book()
SOURCES = sorted(command.SOURCES.glob("*.md"))
DECKS = [read_deck(path) for path in SOURCES]
SLIDES = [slide for deck in DECKS for slide in deck.slides]
KATEX = pytest.mark.skipif(
    not formulas.STYLESHEET.exists(), reason="KaTeX comes with make book or make slides"
)
# Tick labels of interactive figures, as high as beside their controls they can be.
TICKS = 21
HEAD = ":::{{lecture}} A\n:minutes: {}\n:::\n"
HALF = ":::{half} B\n:minutes: 45\n:::\n"


def written(folder, text):
    file = folder / "9-deck.md"
    file.write_text(text, "utf-8")
    return file


def whole(box, minutes=0):
    """A deck of 90 minutes with a box in its first half."""
    return f"{HEAD.format(45 - minutes)}{box}{HALF}"


def shown(folder, box, minutes=0):
    deck = read_deck(written(folder, whole(box, minutes)))
    return show(deck.slides[1], BOOK, Words(BOOK))


def test_the_module_has_six_lectures_of_two_halves():
    """The reader of a deck refuses other minutes; here is what a timetable needs."""
    assert len(DECKS) == 6
    assert [deck.halves for deck in DECKS] == [[45.0, 45.0]] * 6
    assert [deck.minutes for deck in DECKS] == [decks.LECTURE] * 6


def test_every_name_resolves():
    """Each slide is made from the book as it is."""
    words = Words(BOOK)
    made = [show(slide, BOOK, words) for slide in SLIDES]
    assert all(one.html for one in made)


def test_every_chapter_opens_once():
    """The module leaves out no chapter and opens none twice."""
    opened = [slide.name for slide in SLIDES if slide.kind == "chapter"]
    assert sorted(opened) == sorted(c.slug for c in BOOK.chapters)


def test_every_half_asks_shows_and_ends_with_a_question():
    """Two polls or more a half, and something to move."""
    for deck in DECKS:
        kinds = [slide.kind for slide in deck.slides]
        cut = kinds.index("half")
        for half in (kinds[:cut], kinds[cut:]):
            assert half.count("predict") >= 2, deck.slug
        assert "widget" in kinds, deck.slug
        assert kinds[cut - 1] in ("question", "claim"), deck.slug


def test_every_slide_has_words_to_say():
    """A drawing has its caption, the title of a half nothing."""
    silent = [
        s.name for s in SLIDES if not s.notes and s.kind not in ("figure", "half")
    ]
    assert silent == []


def test_an_answer_comes_with_the_next_step():
    """The choice that is marked is the one that the chapter measured."""
    for slide in SLIDES:
        if slide.kind != "predict":
            continue
        one = show(slide, BOOK, Words(BOOK))
        marks = re.findall(r'<li class="(truth|wrong)">', one.html)
        asked = next(
            predict
            for chapter in BOOK.chapters
            for predict in chapter.english.predicts
            if predict.label == slide.name
        )
        assert one.steps == 1
        if asked.choices:
            assert marks.index("truth") + 1 == BOOK.answer(asked)
            assert marks.count("truth") == 1
        else:
            assert 'class="reveal"' in one.html


@KATEX
def test_a_deck_is_one_file_that_asks_no_other(tmp_path):
    """Links lead to the published book; nothing is loaded from anywhere."""
    (file,) = command.write([SOURCES[1]], tmp_path)
    html = file.read_text("utf-8")
    assert "\ue000" not in html
    assert html.count('class="katex"') > 50
    loaded = re.findall(r'(?:src|xlink:href)="([^"]{0,40})|url\(([^)]{0,40})', html)
    assert all("data:" in "".join(found) or "#" in "".join(found) for found in loaded)
    assert "@import" not in html
    assert html.count("<section") == len(DECKS[1].slides)


def test_what_the_book_does_not_hold_stops_the_build(tmp_path, monkeypatch):
    """One line with file and line, for each kind of name."""
    monkeypatch.setattr("teaching.slides.show.LINES", 3)
    for box, says in {
        "{claim} no-such-claim": "label must be defined in the book, got 'no-such-cla",
        "{claim} fig-cliff": "claim must be a claim box of the book, got 'fig-cliff'",
        "{figure} two-cycle": "figure must be a drawing of the book, got 'two-cycle'",
        "{formula} two-cycle": "formula must be one of the book, got 'two-cycle'",
        "{predict} no-such": "predict must be a question of the book, got 'no-such'",
        "{cell} two-cycle#9\n:title: x": "cell must follow a question, got 'two-cyc",
        "{cell} Two\n:title: x": "name must be like word or word#2, got 'Two'",
        "{question} gradient-clipping#9": "question must be one of Check yourself, got",
        "{chapter} no-such": "document must be in the book, got 'no-such'",
        "{chapter} glossary": "chapter must open with a question, got 'glossary'",
        "{widget} cliff#9": "widget must be an interactive figure of the book, got 'cl",
        "{figure} fig-blurred-bar": "labels of fig-blurred-bar must be 22 px high or m",
        "{cell} two-cycle\n:title: x": "cell must have 3 lines or fewer, got 6",
        "{widget} cliff": "widget must have a title, got none",
    }.items():
        with pytest.raises(ValueError, match=re.escape(f"9-deck.md:4: {says}")):
            shown(tmp_path, f":::{box}\n:minutes: 0\n:::\n")
    with pytest.raises(ValueError, match=r"^9-deck.md:4: before must be a count"):
        shown(tmp_path, ":::{predict} two-cycle\n:before: all\n:minutes: 0\n:::\n")


def test_a_source_that_is_no_deck_is_refused(tmp_path):
    """Other boxes and options, no minutes, words before the first box."""
    for text, says in {
        whole(":::{picture} x\n:::\n"): "9-deck.md:4: slide must be one of lecture",
        whole(":::{claim}\n:::\n"): "9-deck.md:4: claim must name what it shows",
        whole(":::{claim} x\n:colour: red\n:::\n"): "9-deck.md:4: option of claim must",
        whole(":::{claim} x\n:::\n"): "9-deck.md:4: claim must have minutes, got 'no",
        "Words.\n": "9-deck.md:1: words must follow a box, got 'Words.'",
        HALF: "9-deck.md:1: deck must begin with a lecture box",
        HEAD.format(44) + HALF: "9-deck.md:1: minutes of the halves must be 45 and 45",
        HEAD.format(90): "9-deck.md:1: minutes of the halves must be 45 and 45, got 90",
    }.items():
        with pytest.raises(ValueError, match=re.escape(says)):
            read_deck(written(tmp_path, text))


def test_words_behind_a_box_are_said_and_not_shown(tmp_path):
    """They stand in the notes, with what the book adds."""
    box = ":::{claim} two-cycle\n:minutes: 5\n:::\n\nAsk *them*.\n\n"
    deck = read_deck(written(tmp_path, whole(box, 5)))
    one = show(deck.slides[1], BOOK, Words(BOOK))
    assert deck.slides[1].notes == "Ask *them*."
    assert "Ask" not in one.html
    assert "held in the chapter" in one.notes


def test_a_number_keeps_its_per_cent_sign_on_its_line():
    assert Words(BOOK).line("above 90 %?", "") == "above 90\u00a0%?"


def test_an_unknown_deck_and_a_missing_browser_are_named(monkeypatch, capsys, tmp_path):
    """One line each; without a browser the decks are written all the same."""
    monkeypatch.setattr(sys, "argv", ["slides", "7-none"])
    with pytest.raises(SystemExit, match=r"^make slides: deck must be one of .*'7-no"):
        command.main()
    monkeypatch.setenv("CHROMIUM", "no-such-browser")
    assert command._printed([Path("x.html")]) == []
    assert (
        "The decks are written, none is printed: PDF needs" in capsys.readouterr().out
    )
    monkeypatch.setattr(sys, "argv", ["slides", "9-deck"])
    monkeypatch.setattr(command, "SOURCES", tmp_path)
    written(tmp_path, whole(":::{claim} no-such\n:minutes: 0\n:::\n"))
    with pytest.raises(SystemExit, match=r"^make slides: 9-deck.md:4: label must be"):
        command.main()


@pytest.mark.browser
def test_a_deck_is_printed_step_by_step(tmp_path):
    """A page a step: a poll stands there twice, as it is asked and answered."""
    try:
        printer.browser()
    except RuntimeError:
        pytest.skip("needs chromium")
    (pdf,) = command._printed(command.write([SOURCES[0]], tmp_path))
    steps = [1 + show(slide, BOOK, Words(BOOK)).steps for slide in DECKS[0].slides]
    assert len(re.findall(rb"/Type /Page\b", pdf.read_bytes())) == sum(steps)


@pytest.mark.browser
def test_every_step_of_every_slide_fits(tmp_path):
    """In Chromium, light and dark: sizes, letters, keys, console, no outside host."""
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    node = ROOT / ".venv" / "bin" / "node"
    if chromium is None or not node.exists():
        pytest.skip("needs chromium and the node of the virtual environment")
    if not (ROOT / "node_modules" / "playwright-core").exists():
        pytest.skip("needs playwright-core: npm ci")
    made = command.write(SOURCES, tmp_path)
    for theme in ([], ["--dark"]):
        run = subprocess.run(
            [node, "tests/teaching/decks.mjs", *theme, "--chromium", chromium, *made],
            cwd=ROOT,
            capture_output=True,
            encoding="utf-8",
        )
        assert run.returncode == 0, run.stderr
        report = json.loads(run.stdout)
        for trouble in ("overflow", "small", "console", "requests", "keys"):
            assert report[trouble] == []
        assert report["slides"] == len(SLIDES)
        assert report["steps"] > report["slides"]
        assert all(one["drawn"] for one in report["widgets"])
        assert not [one for one in report["widgets"] if one["covered"]]
        assert max(one["lost"] for one in report["widgets"]) < 3
        assert min(one["letters"] for one in report["widgets"]) >= TICKS
