"""The bank: its claims, its seeds, its papers, and every error it can raise."""

import re
from collections import Counter
from pathlib import Path

import pytest

from press.book import read_book
from teaching.exam import (
    Choice,
    Draw,
    Item,
    Number,
    Point,
    Template,
    Topic,
    Written,
    compose,
    draw,
    template,
    templates,
)
from teaching.exam import bank as bank_module
from teaching.exam.formulas import texts
from teaching.exam.question import KINDS
from teaching.exam.text import fill, to_html

POINTS = (Point(2, "a"), Point(2, "b"))
ITEM = Item("What is $@a@$?", Number(2.0), "It is $@key@$.", given={"a": 1})


def labels():
    """The claims of each chapter, by slug."""
    return {
        document.slug: {claim.label for claim in document.english.claims}
        for document in read_book().chapters
    }


def test_there_are_enough_questions_of_every_kind():
    kinds = Counter(one.kind for one in templates())
    assert len(templates()) >= 75
    assert set(kinds) == set(KINDS)
    assert min(kinds.values()) >= 12


def test_every_chapter_of_the_book_is_asked_in_every_kind():
    asked = {(one.chapter, one.kind) for one in templates()}
    assert {chapter for chapter, _ in asked} == set(labels())
    for chapter in labels():
        assert {(chapter, kind) for kind in KINDS} <= asked


@pytest.mark.parametrize("one", templates(), ids=lambda one: one.id)
def test_each_claim_is_one_of_its_chapter(one):
    assert one.claim in labels()[one.chapter]


def test_two_seeds_differ_in_every_question():
    for one in templates():
        drawn = {one.draw(str(seed)).item.text for seed in range(60)}
        given = {str(one.draw(str(seed)).item.given) for seed in range(60)}
        assert len(given) >= 4, one.id
        assert len(drawn) >= 3, one.id


def test_the_same_seed_gives_the_same_bank():
    assert draw("2027") == draw("2027")
    changed = sum(
        a.item.given != b.item.given
        for a, b in zip(draw("2027"), draw("2028"), strict=True)
    )
    assert changed > len(templates()) / 2


def test_no_text_has_an_open_field_or_a_stray_dollar():
    for question in draw("2027"):
        for text in texts(question):
            html = to_html(text, lambda tex, display: "")
            assert not re.search(r"@\w+@|\$|\bnan\b|\binf\b", html), (
                question.template.id
            )


def test_samples_of_written_answers_set_the_scale():
    written = [q for q in draw("2027") if isinstance(q.answer, Written)]
    assert len(written) >= 15
    for question in written:
        answer = question.answer
        assert answer.marks == question.template.marks
        assert 0.4 * answer.marks <= answer.half_marks <= 0.6 * answer.marks
        assert len({answer.full, answer.half, answer.none}) == 3
        key = f"{answer.result.value:.3g}"
        assert key not in answer.half.replace("\\cdot", ""), question.template.id


@pytest.mark.parametrize("minutes", [30, 45, 60, 90, 120])
def test_papers_fill_their_minutes_evenly(minutes):
    for seed in ("2027", "2028", "2029"):
        paper = compose(seed, minutes=minutes)
        assert sum(q.template.marks for q in paper.questions) == minutes
        names = [q.template.id for q in paper.questions]
        assert len(set(names)) == len(names)
        marks = [paper.marks(kind) for kind in KINDS]
        assert max(marks) - min(marks) <= 9
        asked = Counter(q.template.chapter for q in paper.questions)
        assert max(asked.values()) <= 1 + len(names) / 8


def test_papers_take_chapters_and_counts():
    chosen = ("gradient-clipping", "weight-decay")
    paper = compose("2027", minutes=30, chapters=chosen)
    assert {q.template.chapter for q in paper.questions} == set(chosen)
    counted = compose("2027", count=12)
    assert len(counted.questions) == 12
    assert counted.minutes == sum(q.template.marks for q in counted.questions)
    assert compose("2027") == compose("2027")
    assert compose("2027").questions != compose("2028").questions


def test_tolerances_are_one_unit_of_the_last_digit():
    assert Number(0.8083, digits=4).tolerance == 1e-4
    assert Number(1234.5).tolerance == 10
    assert Number(-3.2e-7).tolerance == 1e-9
    assert Number(3.14159).accepts(3.15)
    assert Number(3.14159).accepts(3.14)
    assert not Number(3.14159).accepts(3.16)
    assert Number(1.385).accepts(1.39)  # half a unit up, as some round it
    assert Number(7, digits=0).accepts(7)
    assert not Number(7, digits=0).accepts(8)


def test_what_is_refused():
    with pytest.raises(ValueError, match="value must be finite, got inf"):
        Number(float("inf"))
    with pytest.raises(ValueError, match=r"value of a count must be whole, got 1\.5"):
        Number(1.5, digits=0)
    with pytest.raises(ValueError, match="value must not be 0 where digits"):
        _ = Number(0.0).tolerance
    with pytest.raises(ValueError, match="right must be one of a, b, c, got 'd'"):
        Choice("d", {"a": "", "b": "", "c": ""})
    with pytest.raises(ValueError, match="options must be 3 or more, got 2"):
        Choice("a", {"a": "", "b": ""})
    with pytest.raises(ValueError, match="half must earn 40 to 60 % of the marks, got"):
        Written(POINTS, "f", "h", (1, 2), "n")
    with pytest.raises(ValueError, match="field must be one of a, key, got 'b'"):
        fill("$@b@$", {"a": 1, "key": 2})
    with pytest.raises(ValueError, match=r"kind must be one of .*, got 'recite'"):
        Topic("x").add("recite", level=1, marks=4, claim="c")
    with pytest.raises(ValueError, match=r"marks must be one of .*, got 99"):
        Topic("x").add("derive", level=1, marks=99, claim="c")
    with pytest.raises(ValueError, match="name must be that of a question, got 'x/y'"):
        template("x/y")
    with pytest.raises(ValueError, match=r"chapters must be among .*, got 'cooking'"):
        compose("2027", chapters=["cooking"])
    with pytest.raises(ValueError, match="can fill evenly, got 1 minutes"):
        compose("2027", minutes=1)
    with pytest.raises(ValueError, match="fill evenly, got 500 questions"):
        compose("2027", count=500)


def test_points_must_add_up_to_the_marks():
    written = Written(POINTS, "f", "h", (1,), "n")
    made = Template("x", "y", "derive", 1, 5, "c", lambda _: Item("", written, "", {}))
    with pytest.raises(ValueError, match="points of x/y must add up to 5, got 4"):
        made.draw("1")


def test_names_are_unique(monkeypatch):
    topic = Topic("x")
    topic.add("compute", level=1, marks=4, claim="c")(lambda _: ITEM)
    monkeypatch.setattr(bank_module, "_topics", lambda: (topic, topic))
    with pytest.raises(ValueError, match="name must be unique in the bank, got x/"):
        templates.__wrapped__()


def test_draws_are_uniform_enough():
    counts = Counter(Draw(str(seed), "a").one("x", "y", "z") for seed in range(900))
    assert min(counts.values()) > 300 - 6 * 15  # six standard errors
    shuffled = Counter(Draw(str(s), "b").order(["x", "y", "z"])[0] for s in range(900))
    assert min(shuffled.values()) > 300 - 6 * 15


def test_items_show_their_values():
    made = Template("x", "y", "compute", 1, 4, "c", lambda _: ITEM).draw("1")
    assert made.item.text == "What is $1$?"
    assert made.item.why == "It is $2$."


def test_the_page_for_lecturers_counts_right():
    page = (Path(bank_module.__file__).parent / "README.md").read_text("utf-8")
    kinds = Counter(one.kind for one in templates())
    assert page.split("\n\n")[1].startswith(f"{len(templates())} questions")
    told = {kind: int(n) for n, kind in re.findall(r"(\d+) \*(\w+)\*", page)}
    assert told == kinds
