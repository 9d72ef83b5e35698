"""The teaching pages: minutes, polls, chapters, marks and answers are what they say."""

import math
import re

import pytest
import torch

from press import quiz
from press.book import read_book
from press.facts import facts
from press.tables import fill
from press.teaching import SESSION_MINUTES, asked, sessions
from teaching.grading.keys import KEYS
from teaching.grading.master import ASSIGNMENTS, read_master
from teaching.slides.__main__ import SOURCES
from teaching.slides.deck import read_deck

BOOK = read_book()
PLANS = BOOK.documents["lesson-plans"].english.text
SYLLABUS = BOOK.documents["syllabus"]
PLAN = re.compile(
    r"^\(session-(\d+)\)=\n## \1\. (.*?)$(.*?)(?=^\(session-|\Z)", re.M | re.S
)
PARTS = {"Opening question", "Poll", "Live", "Board", "Exit question"}
FOUND = {int(number): (title, text) for number, title, text in PLAN.findall(PLANS)}


def made(document):
    return fill(document.english.text, BOOK, document, "en")


# -- Sessions and plans ----------------------------------------------------------------


def test_each_session_has_its_plan_under_its_title():
    assert {one.number: one.title for one in sessions()} == {
        number: title for number, (title, _) in FOUND.items()
    }
    assert [one.number for one in sessions()] == list(range(1, len(FOUND) + 1))


@pytest.mark.parametrize("number", FOUND)
def test_a_plan_has_its_five_parts_and_fills_its_minutes(number):
    _, text = FOUND[number]
    rows = re.findall(r"^\| (\d+) \| \*\*(.+?)\.\*\* ", text, re.M)
    assert len(rows) == text.count("\n| ") - 1  # every row but the heads
    assert sum(int(minutes) for minutes, _ in rows) == SESSION_MINUTES
    assert {part for _, part in rows} == PARTS
    assert (rows[0][1], rows[-1][1]) == ("Opening question", "Exit question")
    assert "**Usually goes wrong.**" in text


def test_the_polls_of_a_session_stand_in_the_chapters_that_are_read_after_it():
    """Also after the next session, where a chapter takes two."""
    for one, after in zip(sessions(), [*sessions()[1:], None], strict=True):
        chapters = one.reads or (after.reads if after else ())
        asked_there = {
            question.label
            for slug in chapters
            for question in BOOK.documents[slug].english.predicts
        }
        labels = set(re.findall(r"\{ask\}`(.+?)`", FOUND[one.number][1]))
        assert labels <= asked_there
        assert len(labels) >= 2 or not one.deck


def test_the_polls_of_a_plan_are_on_its_half_of_the_deck():
    shown = {}
    for one in sessions():
        if one.deck:
            shown.setdefault(one.deck, []).append(one.number)
    for deck, numbers in shown.items():
        halves = [set()]
        for slide in read_deck(SOURCES / f"{deck}.md").slides:
            if slide.kind == "half":
                halves.append(set())
            if slide.kind == "predict":
                halves[-1].add(slide.name)
        for number, half in zip(numbers, halves, strict=True):
            assert set(re.findall(r"\{ask\}`(.+?)`", FOUND[number][1])) <= half


def test_every_deck_is_shown():
    shown = {one.deck for one in sessions() if one.deck}
    assert shown == {path.stem for path in SOURCES.glob("*.md")}


def test_every_chapter_is_read_in_the_two_weeks_and_once():
    reads = [slug for one in sessions() for slug in one.reads]
    assert sorted(reads) == sorted(BOOK.numbers)


@pytest.mark.parametrize(
    "module", [sessions(), [one for one in sessions() if one.one_week]]
)
def test_what_a_chapter_needs_is_read_before_it(module):
    done = set()
    for one in module:
        for slug in one.reads:
            assert done.issuperset(facts()[slug].after)
            done.add(slug)


def test_the_timetables_add_up():
    text = made(SYLLABUS)
    reading = sum(facts()[slug].reading for slug in BOOK.numbers)
    hours, rest = divmod(reading, 60)
    assert f"chapters, {hours} h{f' {rest} min' if rest else ''}; with" in text
    assert "In class: 14 × 50 minutes, 11 h 40 min" in text
    assert "In class: 6 × 50 minutes, 5 h." in text
    assert text.count("{ref}`3. Clipping: the wall and the stride <session-3>`") == 2


def test_an_assignment_comes_in_after_it_went_out():
    for number in "1234":
        (out,) = [one.number for one in sessions() if one.out == number]
        due = [one.number for one in sessions() if one.due == number]
        assert all(out < one for one in due)


def test_a_question_that_the_book_does_not_ask_is_refused():
    with pytest.raises(ValueError, match=r"^ask must name a question of the book, got"):
        asked(BOOK, "no-such-question")


# -- Marks -----------------------------------------------------------------------------


def test_the_marks_of_the_assignments_are_those_of_the_masters():
    rows = re.findall(
        r"^\| Assignment (\d), .+? \| (\d+) \| (\d+) \| (\d+) \|$",
        SYLLABUS.english.text,
        re.M,
    )
    told = [tuple(map(int, row)) for row in rows]
    for (number, whole, machine, hand), (slug, tasks) in zip(
        told, KEYS.items(), strict=True
    ):
        master = read_master(ASSIGNMENTS / f"{slug}.md")
        title = master.cells[0].text.splitlines()[0]
        assert title.startswith(f"# Assignment {number}:")
        assert machine == sum(task.points for task in tasks)
        assert hand == sum(c.points for c in master.by_id("written").values())
        assert whole == machine + hand
    by_machine = sum(row[2] for row in told)
    assert sum(row[1] for row in told) + 20 == 100
    assert f"machine marks is therefore {by_machine} of these 100" in (
        SYLLABUS.english.text
    )
    assert f"{100 - by_machine} are for predicting and explaining" in (
        SYLLABUS.english.text
    )


def test_the_hours_of_the_assignments_are_those_in_the_masters():
    hours = [
        re.search(r"plan (\w+) hours", (ASSIGNMENTS / f"{slug}.md").read_text("utf-8"))
        for slug in KEYS
    ]
    two, three, four, last = (found[1] for found in hours)
    said = f"ask for {two}, {three}, {four} and {last} hours"
    assert said in SYLLABUS.english.text


def test_the_page_says_which_notebook_is_which_assignment():
    text = BOOK.documents["teach"].english.text
    named = re.findall(r"(\d) is `(\w+)\.ipynb`", text)
    assert named == [(str(at), slug) for at, slug in enumerate(KEYS, start=1)]


# -- The quiz --------------------------------------------------------------------------


def by_autograd():
    x = torch.tensor(1.0, dtype=torch.float64, requires_grad=True)
    return f"{torch.autograd.grad(torch.sin(x**2), x)[0]:.2f}$"


def by_vjp():
    def f(v):
        return torch.stack([v[0] * v[1], v[0] + v[1]])

    _, back = torch.func.vjp(f, torch.tensor([2.0, 3.0]))
    x, y = back(torch.tensor([1.0, 0.0]))[0]
    return f"({x:.0f}, {y:.0f})"


def by_search():
    t = torch.linspace(0, 2 * math.pi, 1001, dtype=torch.float64)
    circle = torch.stack([t.cos(), t.sin()])
    stretched = quiz.matrix([0, 2], [0.5, 0]) @ circle
    return f"${stretched.norm(dim=0).max():.0f}$, the largest"


def by_binomials():
    """Its powers are known: 0.5^n on the diagonal, 1.5 n 0.5^(n - 1) above it."""
    above = 1.5 * 100 * 0.5**99  # the diagonal is a 300th of it
    return quiz.power_of_ten(above)


def by_logarithms():
    both = (math.exp(100 * math.log(factor)) for factor in (1.1, 0.9))
    return "$ and $".join(map(quiz.power_of_ten, both))


def by_descending():
    x = torch.tensor(1.0, requires_grad=True)
    (slope,) = torch.autograd.grad(5 * x**2, x)
    return f"= {x - 0.3 * slope:.0f}x$"


def by_counting():
    """Over all signs of four entries, in place of 64 draws."""
    signs = torch.cartesian_prod(*8 * [torch.tensor([-1.0, 1.0])])
    products = (signs[:, :4] * signs[:, 4:]).sum(dim=1)
    return f"Variance ${16 * products.square().mean():.0f}$, standard deviation $8$"


def by_differences():
    def square(w):
        return w * w

    slope = (square(3 + 1e-4) - square(3 - 1e-4)) / 2e-4
    return f"{2 * slope:.0f}: "


AGAIN = (
    by_autograd,
    by_vjp,
    by_search,
    by_binomials,
    by_logarithms,
    by_descending,
    by_counting,
    by_differences,
)


@pytest.mark.parametrize(("item", "again"), list(zip(quiz.ITEMS, AGAIN, strict=True)))
def test_an_answer_of_the_quiz_is_found_in_another_way(item, again):
    assert again() in item.answer()


def test_the_quiz_has_eight_questions_each_folded_and_with_a_pointer():
    text = made(BOOK.documents["prerequisite-quiz"])
    assert text.count(":class: dropdown") == len(quiz.ITEMS) == 8
    labels = re.findall(r"Needed from \{\S+?\}`([a-z-]+)` on", text)
    assert len(labels) == 8
    assert set(labels) <= set(BOOK.labels)


# -- The page Teach --------------------------------------------------------------------


def test_every_command_it_names_is_a_target_of_the_makefile():
    text = BOOK.documents["teach"].english.text
    makefile = (ASSIGNMENTS.parents[1] / "Makefile").read_text("utf-8")
    named = set(re.findall(r"`make ([a-z]+)|^ *make ([a-z]+)", text, re.M))
    targets = {first or second for first, second in named}
    assert {"book", "slides", "assignments", "grade", "exam", "pdf"} <= targets
    assert all(re.search(rf"^{name}:", makefile, re.M) for name in targets)
