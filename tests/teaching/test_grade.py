"""A folder is graded: right, wrong, hostile and broken notebooks beside each other."""

import csv
import json
import os
import random
import sys

import pytest
import torch
from handed import LIMITS, SECRETS, hard_coded

from teaching.grading.__main__ import grade_folder, main
from teaching.grading.grade import grade
from teaching.grading.keys import KEYS
from teaching.grading.sandbox import Sandbox
from teaching.grading.task import draws

OF = sum(task.points for task in KEYS["clipping"])
CLIFF, BLOCKS, SOFT = KEYS["clipping"]
SIGN = """\
def cliff_gradient(w, b, start, target, steps):
    w, b = (torch.tensor(z, dtype=torch.float64, requires_grad=True) for z in (w, b))
    x = cliff_state(w, b, torch.tensor(start, dtype=torch.float64), steps)
    return torch.stack(torch.autograd.grad(-((target - x) ** 2) / 2, (w, b)))"""
NORM = """\
def clip_blocks(gradients, threshold):
    n = sum(g.numel() for g in gradients)
    norm = math.sqrt(sum(float((g**2).sum()) for g in gradients))
    return [g * min(1, threshold / norm) for g in gradients]"""
GLOBAL = """\
def soft_mean(gradients, threshold):
    norm = gradients.norm()
    return (gradients * threshold / (threshold**2 + norm**2) ** 0.5).mean(dim=0)"""
SOURCE = """\
import inspect
from companion import clipping
text = inspect.getsource(clipping.clip_per_sample).replace("clip_per_sample", "copied")
names = dict(vars(clipping))
exec(text, names)
def soft_mean(gradients, threshold):
    return names["copied"](gradients, threshold=threshold).gradient.mean(dim=0)"""
LOOP = "def clip_blocks(gradients, threshold):\n    while True: pass"
LOUD = """\
def soft_mean(gradients, threshold):
    print("x" * 10**7)
    norms = gradients.norm(dim=1, keepdim=True)
    return (gradients * threshold / (threshold**2 + norms**2).sqrt()).mean(dim=0)"""
SPY = """\
import pathlib
def soft_mean(gradients, threshold):
    for path in pathlib.Path({folder!r}).iterdir():
        raise ValueError(path.read_text() + str(gradients))"""


def shuffled(cells):
    cells = list(cells)
    random.Random(0).shuffle(cells)
    return cells


def without_metadata(cells):
    """As an editor leaves them that keeps neither ids nor metadata."""
    return [
        {
            "cell_type": c["cell_type"],
            "metadata": {},
            "source": c["source"].splitlines(True),
        }
        for c in cells
    ]


def copied(cells):
    """An old try and an untouched copy of a task stand around the right cell."""
    (at,) = (i for i, c in enumerate(cells) if "grade_id: clipping-soft" in c["source"])
    old = cells[at] | {"source": f"# grade_id: clipping-soft\n{GLOBAL}"}
    stub = "# grade_id: clipping-soft\ndef soft_mean(gradients, threshold):\n"
    new = cells[at] | {"source": stub + '    raise NotImplementedError("write this")  '}
    return [*cells[:at], old, cells[at], new, *cells[at + 1 :]]


def deleted(cells):
    return [c for c in cells if "clip_blocks" not in c["source"]]


def first_line_lost(cells):
    """The line of the id is gone; the metadata are still there."""
    return [
        c | {"source": c["source"].removeprefix("# grade_id: clipping-cliff\n")}
        for c in cells
    ]


@pytest.fixture(scope="module")
def graded(hand_in, tmp_path_factory):
    """The folder of results for a class of all kinds."""
    folder = tmp_path_factory.mktemp("class") / "handed in"
    folder.mkdir()
    hand_in(folder / "=master.ipynb")
    hand_in(folder / "untouched.ipynb", solved=False)
    wrong = {"clipping-cliff": SIGN, "clipping-blocks": NORM, "clipping-soft": GLOBAL}
    hand_in(folder / "wrong.ipynb", answers=wrong)
    one = {"clipping-soft": hard_coded(SOFT, SECRETS[0])}
    other = {"clipping-soft": hard_coded(SOFT, SECRETS[1])}
    hand_in(folder / "knew.ipynb", answers=one)
    (folder / "deeper").mkdir()
    hand_in(folder / "deeper" / "knew.ipynb", answers=other)
    hand_in(folder / "source.ipynb", answers={"clipping-soft": SOURCE})
    hostile = {"clipping-blocks": LOOP, "clipping-soft": LOUD}
    hand_in(folder / "hostile.ipynb", answers=hostile)
    spy = SPY.format(folder=str(folder))
    hand_in(folder / "spy.ipynb", answers={"clipping-soft": spy})
    hand_in(folder / "renamed (2).txt", change=lambda c: without_metadata(shuffled(c)))
    hand_in(folder / "copied.ipynb", change=copied)
    hand_in(folder / "deleted.ipynb", change=lambda c: first_line_lost(deleted(c)))
    (folder / "essay.pdf").write_bytes(b"%PDF-1.4 \xff")
    (folder / "deep.ipynb").write_text("[" * 10**6)
    (folder / "list.ipynb").write_text("[1, 2]")
    (folder / "odd.ipynb").write_text('{"cells": [1, {"source": 3}, {"metadata": []}]}')
    (folder / "huge.ipynb").write_bytes(b" " * 50_000_001)
    (folder / "link.ipynb").symlink_to(folder / "=master.ipynb")
    (folder / ".hidden").write_text("not handed in")
    out = grade_folder(folder, secret=SECRETS[0], limits=LIMITS)
    assert out == folder.with_name("handed in-graded")
    return out


@pytest.fixture
def row(graded):
    with (graded / "grades.csv").open(encoding="utf-8", newline="") as file:
        rows = {line["file"]: line for line in csv.DictReader(file)}
    return rows.__getitem__


@pytest.fixture
def told(graded):
    return lambda name: (graded / "feedback" / f"{name}.feedback.md").read_text("utf-8")


def scores(line):
    return [int(line[f"{t.grade_id} (of {t.points})"]) for t in KEYS["clipping"]]


def test_the_master_gets_all_points_and_the_untouched_notebook_none(row, told):
    assert scores(row("'=master.ipynb")) == [4, 5, 4]
    assert scores(row("untouched.ipynb")) == [0, 0, 0]
    assert row("untouched.ipynb")["clipping-predict (by hand, of 3)"] == ""
    assert told("untouched.ipynb").count("not written yet") == 10
    title = "# Assignment 1: clipping and the cliff\n"
    assert told("=master.ipynb").startswith(f"{title}\n13 of {OF} points.\n")
    tasks = [name for name in row("untouched.ipynb") if "hand" not in name][4:-1]
    assert tasks == [f"{t.grade_id} (of {t.points})" for t in KEYS["clipping"]]


def test_wrong_answers_score_partly_and_for_the_right_reason(row, told):
    assert scores(row("wrong.ipynb")) == [0, 1, 1]
    text = told("wrong.ipynb")
    assert text.count("its sign is the other way round") == 3
    assert "treated alone: it is what one norm over all blocks gives" in text
    assert "length: it is what one norm over all samples gives" in text


def test_answers_that_are_known_from_another_secret_are_wrong(row):
    assert scores(row("knew.ipynb")) == [4, 5, 4]
    assert scores(row("deeper/knew.ipynb")) == [4, 5, 0]


def test_the_companions_source_gives_no_full_answer(row, told):
    assert scores(row("source.ipynb")) == [4, 5, 2]
    assert "do not fit: it is what a clip with a kink gives" in told("source.ipynb")
    assert row("source.ipynb")["remarks"] == ""


def test_a_loop_and_a_flood_of_text_cost_their_own_task_at_most(row, told):
    assert scores(row("hostile.ipynb")) == [4, 0, 4]
    assert told("hostile.ipynb").count("it ran longer than it may") == 4


def test_a_spy_gets_nothing_and_is_named(row, told):
    assert scores(row("spy.ipynb")) == [4, 5, 0]
    assert (
        "clipping-soft: look at it; it asked for a file" in row("spy.ipynb")["remarks"]
    )
    assert "PermissionError in line 4 of the cell; it asked for" in told("spy.ipynb")


def test_no_word_of_a_students_error_reaches_the_feedback(hand_in, tmp_path, sandbox):
    text = """\
class hidden_input_was_3(Exception):
    pass
def soft_mean(gradients, threshold):
    raise hidden_input_was_3(str(gradients))"""
    path = hand_in(tmp_path / "a.ipynb", answers={"clipping-soft": text})
    lines = grade(path, secret=SECRETS[0], sandbox=sandbox).lines
    assert [line.message for line in lines[-3:]] == [
        "an error in line 5 of the cell"
    ] * 3


def test_a_renamed_shuffled_notebook_without_metadata_is_matched_by_its_ids(row):
    assert scores(row("renamed (2).txt")) == [4, 5, 4]


def test_of_copied_cells_the_last_changed_one_counts(row, told):
    assert scores(row("copied.ipynb")) == [4, 5, 4]
    remark = "clipping-soft: 2 cells carry this id; the last one counts"
    assert row("copied.ipynb")["remarks"] == remark
    assert remark in told("copied.ipynb")


def test_a_deleted_cell_costs_its_points_and_metadata_replace_a_lost_line(row, told):
    assert scores(row("deleted.ipynb")) == [4, 0, 4]
    assert "no cell begins with the line of clipping-blocks" in told("deleted.ipynb")


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("essay.pdf", "submission must be a notebook (.ipynb), got a file that is"),
        (
            "deep.ipynb",
            "submission must be a notebook (.ipynb), got a file that is",
        ),
        ("list.ipynb", "submission must be a notebook of format 4, got no cells"),
        ("odd.ipynb", "submission must hold the cells of an assignment, got none that"),
        ("huge.ipynb", "submission must be smaller than 50 MB, got 50 MB: clear its"),
        ("link.ipynb", "submission must be a file, got a link or something else"),
    ],
)
def test_what_cannot_be_graded_is_refused_in_one_sentence(name, sentence, row, told):
    assert row(name)["automatic"] == "0"
    assert row(name)["remarks"].startswith(sentence)
    assert sentence in told(name)


def test_every_file_has_its_feedback_and_no_value_stands_in_it(graded):
    files = list((graded / "feedback").rglob("*.md"))
    assert len(files) == 17
    assert graded / "feedback" / "deeper" / "knew.ipynb.feedback.md" in files
    texts = [path.read_text("utf-8") for path in files]
    hidden = [
        f"{number:.4g}"
        for task in KEYS["clipping"]
        for aspect in task.aspects
        for case in draws(aspect, secret=SECRETS[0], grade_id=task.grade_id)
        for value in (*case, task.key(*case))
        for number in numbers(value)
        if abs(number) > 1e-6 and len(f"{number:.4g}") > 4
    ]
    assert len(hidden) > 300
    assert not [number for number in hidden for text in texts if number in text]


def numbers(value):
    if isinstance(value, torch.Tensor):
        return value.flatten().tolist()
    if isinstance(value, list):
        return [number for entry in value for number in numbers(entry)]
    return [value]


def test_the_answers_in_words_are_collected_for_a_person(graded):
    text = (graded / "written.md").read_text("utf-8")
    assert "## clipping-predict (of 3)" in text
    part = text.split("### untouched.ipynb")[1]
    assert part.strip().startswith("(nothing)")


def test_what_fails_in_the_grader_itself_costs_the_others_nothing(
    hand_in, tmp_path, monkeypatch
):
    folder = tmp_path / "class"
    folder.mkdir()
    for name in ("a", "b"):
        hand_in(folder / f"{name}.ipynb", solved=False)
    read = "teaching.grading.grade.read_submission"

    def broken(path, real=grade.__globals__["read_submission"]):
        return real(path) if path.stem == "b" else [][0]

    monkeypatch.setattr(read, broken)
    out = grade_folder(folder, secret=SECRETS[0], limits=LIMITS)
    text = (out / "grades.csv").read_text("utf-8")
    assert "the grader itself failed (IndexError); look at it" in text
    assert "b.ipynb,clipping,0" in text


def test_names_and_texts_that_files_cannot_hold_are_written_all_the_same(
    hand_in, tmp_path
):
    folder = tmp_path / "class"
    folder.mkdir()
    names = ["x", "x.ipynb", f"{'long' * 62}.ipynb"]
    if sys.platform == "linux":  # others have no such names
        names.append(os.fsdecode(b"caf\xe9.ipynb"))

    def half(cells):
        return [
            c | {"source": f"<!-- grade_id: {SOFT.grade_id[:9]}explain -->\n\ud800"}
            if "explain -->" in c["source"]
            else c
            for c in cells
        ]

    for name in names:
        hand_in(folder / name, solved=False, change=half)
    out = grade_folder(folder, secret=SECRETS[0], limits=LIMITS)
    assert len(list((out / "feedback").iterdir())) == len(names)
    rows = (out / "grades.csv").read_text("utf-8").splitlines()
    assert [row.split(",")[1:3] for row in rows[1:]] == [["clipping", "0"]] * len(names)
    assert (out / "written.md").read_text("utf-8").count("    ?\n") == len(names)


@pytest.mark.parametrize(
    ("folder", "secret", "message"),
    [
        ("no such", "long enough", "SUBMISSIONS must be a folder, got"),
        (".", "short", "SECRET must have 8 characters or more, got 5 characters"),
        (".", "long enough", "SUBMISSIONS must hold a file, got none in"),
    ],
)
def test_a_call_that_cannot_work_says_why(
    folder, secret, message, tmp_path, monkeypatch
):
    with pytest.raises(ValueError, match=message):
        grade_folder(tmp_path / folder, secret=secret)
    monkeypatch.setenv("SECRET", secret)
    with pytest.raises(SystemExit, match=message):
        main(["grade", str(tmp_path / folder)])
    assert "SECRET" not in os.environ


def test_no_folder_is_not_the_current_one(monkeypatch):
    monkeypatch.setenv("SECRET", SECRETS[0])
    with pytest.raises(SystemExit, match="SUBMISSIONS must be a folder, got ''"):
        main(["grade", ""])


def test_a_system_without_walls_is_named(no_walls, hand_in, tmp_path, capsys):
    folder = tmp_path / "class"
    folder.mkdir()
    hand_in(folder / "a.ipynb", solved=False)
    grade_folder(folder, secret=SECRETS[0], limits=LIMITS)
    assert "This system puts up no walls" in capsys.readouterr().err


def test_a_cell_without_end_is_not_run(hand_in, tmp_path, sandbox):
    answers = {"clipping-soft": "x = 1\n" * 100_000}
    path = hand_in(tmp_path / "a.ipynb", answers=answers)
    lines = grade(path, secret=SECRETS[0], sandbox=sandbox).lines
    assert lines[-1].message == "the cell is longer than 200000 characters"


@pytest.mark.slow
@pytest.mark.parametrize("slug", KEYS)
@pytest.mark.parametrize("secret", SECRETS)
def test_each_master_gets_all_points_on_each_secret(slug, secret, hand_in, tmp_path):
    path = hand_in(tmp_path / "m.ipynb", slug)
    with Sandbox(hidden=[], limits=LIMITS) as sandbox:
        lines = grade(path, secret=secret, sandbox=sandbox).lines
    assert {line.message for line in lines} == {"right"}
    assert sum(line.score for line in lines) == sum(t.points for t in KEYS[slug])


def test_the_command_makes_the_notebooks(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr("teaching.grading.__main__.NOTEBOOKS", tmp_path)
    monkeypatch.setattr("teaching.grading.__main__.ROOT", tmp_path)
    main(["assignments"])
    names = {line.split("/")[-1] for line in capsys.readouterr().out.split()}
    assert names == {f"{slug}.ipynb" for slug in KEYS}
    assert json.loads((tmp_path / "student" / "clipping.ipynb").read_text())["cells"]
