"""Keys: two independent ways agree, wrong laws score less and are named."""

import json

import pytest
import torch
from handed import SECRETS

from teaching.grading.child.wire import decode, encode
from teaching.grading.grade import _judge, masters
from teaching.grading.keys import KEYS, flight_doctor
from teaching.grading.master import BEGIN, END
from teaching.grading.sandbox import Answers
from teaching.grading.task import CASES, _drawn, draws, misfit, same

TASKS = [task for tasks in KEYS.values() for task in tasks]
SLIPS = [(task, sentence) for task in TASKS for sentence in task.slips]


def solution(task):
    """The master's function, defined in this process."""
    slug = task.grade_id.split("-")[0]
    names = {}
    exec(masters()[slug].given, names)
    text = masters()[slug].by_id("task")[task.grade_id].text
    exec(text.replace(BEGIN, "").replace(END, ""), names)
    return names[task.function]


def judged(task, function, secret):
    """The lines for a function, as if a child had answered."""
    cases = [draws(a, secret=secret, grade_id=task.grade_id) for a in task.aspects]
    calls = [case for drawn in cases for case in drawn]
    answers = {
        i: {"value": encode(function(*_copy(call)))} for i, call in enumerate(calls)
    }
    return _judge(task, cases, Answers(answers))


def _copy(call):
    return [decode(encode(value)) for value in call]


@pytest.mark.parametrize("secret", [*SECRETS, "seeds beyond", "those above"])
@pytest.mark.parametrize("task", TASKS, ids=lambda task: task.grade_id)
def test_the_solution_and_the_key_agree(task, secret):
    lines = judged(task, solution(task), secret)
    assert {line.message for line in lines} == {"right"}
    assert sum(line.score for line in lines) == task.points


@pytest.mark.parametrize(
    "secret",
    [SECRETS[0], *(pytest.param(s, marks=pytest.mark.slow) for s in SECRETS[1:])],
)
@pytest.mark.parametrize(("task", "sentence"), SLIPS, ids=[s[1][:40] for s in SLIPS])
def test_a_slip_scores_less_and_is_named(task, sentence, secret):
    lines = judged(task, task.slips[sentence], secret)
    assert sum(line.score for line in lines) < task.points
    missed = [line.message for line in lines if not line.score]
    assert any(message.endswith(sentence) for message in missed)
    # Another slip is named only where the two cannot be told apart.
    assert sum(message.endswith(sentence) for message in missed) * 2 >= len(missed)


@pytest.mark.parametrize("task", TASKS, ids=lambda task: task.grade_id)
def test_hidden_inputs_depend_on_the_secret_alone(task):
    for aspect in task.aspects:
        drawn = []
        for secret in (*SECRETS, SECRETS[0]):
            _drawn.cache_clear()
            cases = draws(aspect, secret=secret, grade_id=task.grade_id)
            assert len(cases) == CASES
            drawn.append(json.dumps([[encode(x) for x in case] for case in cases]))
        assert drawn[0] == drawn[3]
        assert len(set(drawn)) == len(SECRETS)


@pytest.mark.parametrize("condition", ["exploding", "vanishing", "frozen", "healthy"])
def test_a_network_has_the_condition_that_it_was_given_with_a_margin(condition):
    for seed in range(12):
        record = flight_doctor._flown(torch.Generator().manual_seed(seed), condition)
        rise = flight_doctor._rise(record, "bias")
        weights = [i for i, n in enumerate(record.parameters) if n.endswith("weight")]
        moved = float(record.values("ratio")[:, weights].max())
        bounds = {
            "exploding": rise > 300,
            "vanishing": rise < 1 / 300,
            "frozen": 0.03 < rise < 30 and moved < 3e-8,
            "healthy": 0.03 < rise < 30 and moved > 3e-7,
        }
        assert [name for name, holds in bounds.items() if holds] == [condition]


@pytest.mark.parametrize("task", TASKS, ids=lambda task: task.grade_id)
def test_no_sentence_holds_a_number_of_an_answer(task):
    sentences = [*task.slips, *(aspect.otherwise for aspect in task.aspects)]
    assert not [
        s for s in sentences if any(c.isdigit() for c in s.replace("float32", ""))
    ]


def test_a_short_secret_is_refused():
    with pytest.raises(ValueError, match="secret must have 8 characters or more, got"):
        draws(TASKS[0].aspects[0], secret="abc", grade_id="x")


ONES = torch.ones(2, dtype=torch.float64)


@pytest.mark.parametrize(
    ("actual", "expected", "form"),
    [
        ([1.0], ONES, "the answer is a list or a tuple, not a tensor"),
        (torch.ones(3), ONES, r"the answer has shape \(3,\), not \(2,\)"),
        (ONES / 0, ONES, "the answer has an entry that is infinite or no number"),
        (ONES, [ONES], "the answer is a tensor, not a list or a tuple"),
        ([ONES], [ONES, ONES], "the answer has 1 parts, not 2"),
        ([None], [ONES], "the answer is None: is a return missing?, not a tensor"),
        ("x", 1.0, "the answer is a text, not a number"),
        (10**400, 1.0, "the answer is infinite or no number"),
        (float("nan"), 1.0, "the answer is infinite or no number"),
        (True, 1, "the answer is True or False, not a number"),
        (1.0, "x", "the answer is a number, not a text"),
    ],
)
def test_a_wrong_form_is_said_in_words(actual, expected, form):
    assert not same(actual, expected)
    assert misfit(actual, expected) == form.replace("\\", "")


def test_rounding_is_right_and_a_thousandth_is_wrong():
    assert same(ONES * (1 + 1e-9), ONES)
    assert not same(ONES * 1.001, ONES)
    assert same(3.0, 3)
    assert not same(4, 3)
    assert not same(ONES.float().bool(), [ONES])
