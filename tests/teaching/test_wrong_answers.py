"""Assignments 2 to 4, wrong, through the child: part of the points, and the reason.

Assignment 1 is in `test_grade`, whose class has hostile and broken notebooks as well;
`test_keys` judges every known slip in this process.
"""

import csv

import pytest
from handed import LIMITS, SECRETS, hard_coded

from teaching.grading.__main__ import grade_folder
from teaching.grading.keys import KEYS

pytestmark = pytest.mark.slow  # a child for each notebook

CONTINUOUS = """\
def first_below(radius, rates, weight_decay):
    for steps, rate in enumerate([0.0, *rates]):
        radius = radius * math.exp(-rate * weight_decay)
        if radius < 1:
            return steps
    return -1"""
NOT_RESCALED = """\
def backward_rate(factors, g):
    start = g.norm()
    for jacobian in factors.flip(0):
        g = jacobian.T @ g
    return math.log(g.norm() / start) / len(factors)"""
MINUS = """\
def costates_of(W, states, targets, weights):
    swept = [weights[-1] * (targets[-1] - states[-1])]
    for t in reversed(range(len(states) - 1)):
        through = W.T @ ((1 - states[t + 1] ** 2) * swept[-1])
        swept.append(through + weights[t] * (targets[t] - states[t]))
    return torch.stack(swept[::-1])"""
HELD = """\
def gates_jacobian(h, W, U, V, b, c):
    f, i = torch.sigmoid(U @ h + b), torch.sigmoid(V @ h + c)
    return torch.diag(f) + (i * (1 - torch.tanh(W @ h) ** 2))[:, None] * W"""
SMALL = """\
def branch_scale(depth, gain, power):
    shares = sum(l ** (-2 * power) for l in range(1, depth + 1))
    return math.sqrt(2 * math.log(gain) / shares)"""
OVER_THE_BATCH = """\
def pull_back(x, gradient, gamma, groups, epsilon):
    x = x.clone().requires_grad_()
    y = gamma * x / (x.square().mean(dim=0) + epsilon).sqrt()
    return torch.autograd.grad(y, x, gradient)[0]"""
UNRECORDED = """\
def first_sign(record, factor):
    values = record.values("gradient")
    for row in range(len(values)):
        for column in reversed(range(values.shape[1])):
            here, earlier = values[row, column], values[:row, column]
            high = row >= 5 and here > factor * earlier.median()
            if high or not here.isfinite():
                return record.first + row, record.parameters[column]"""
BY_WEIGHTS = """\
def diagnose(records):
    words = []
    for record in records:
        gradients = record.values("gradient")
        of = [i for i, n in enumerate(record.parameters) if n.endswith("weight")]
        ends = (gradients[:, i] for i in (of[0], of[-1]))
        first, last = (column[column >= 0].median() for column in ends)
        still = record.values("ratio")[:, of].max() < 1e-7
        calm = "frozen" if still else "healthy"
        fades = "vanishing" if first < last / 100 else calm
        words.append("exploding" if first > 100 * last else fades)
    return words"""
OF_THE_SICK = """\
def repair(weights, x):
    repaired = []
    for W in weights:
        z = x @ W.T
        repaired.append(W / z.square().mean().sqrt())
        x = torch.relu(z)
    return repaired"""
SOURCE = """\
import inspect
from companion import {module}
names = dict(vars({module}))
exec(inspect.getsource({module}.{name}), names)
copied = names["{name}"]
"""
STEPS = """\
def first_below(radius, rates, weight_decay):
    steps = copied(radius, learning_rate=rates[0], weight_decay=weight_decay)
    return steps if steps <= len(rates) else -1"""
COUPLED = """\
def gates_jacobian(h, W, U, V, b, c):
    gate = lambda state: torch.sigmoid(U @ state + b)
    return sum(copied(h, W, gate=gate, drive=0 * b))"""
ONE_GROUP = """\
def pull_back(x, gradient, gamma, groups, epsilon):
    back = copied(x, epsilon=epsilon) @ (gamma * gradient)[:, :, None]
    return back[:, :, 0]"""
BROKEN = """\
import inspect, textwrap
from companion.recorder import _record
text = textwrap.dedent(inspect.getsource(_record.Record.broken))
names = dict(vars(_record))
exec(text.replace('("activation", "gradient")', '("gradient",)'), names)
def first_sign(record, factor):
    found = names["broken"](record)
    return (min(found), found[min(found)][-1]) if found else None"""


def source(module, name, text):
    return SOURCE.format(module=module, name=name) + text


# What is handed in for a task, what it earns, and what the feedback says.
WRONG = {
    "growth": {
        "growth-decay": (CONTINUOUS, 2, "it fits the continuous law"),
        "growth-rate": (NOT_RESCALED, 3, "the answer is infinite or no number"),
        "growth-costates": (MINUS, 0, "their sign is the other way round"),
    },
    "gates": {
        "gates-jacobian": (HELD, 2, "the gates' own response to the state is missing"),
        "gates-branches": (SMALL, 0, "it sums the squares, as if each were small"),
        "gates-groups": (OVER_THE_BATCH, 0, "over the batch, not within a sample"),
    },
    "flight": {
        "flight-sign": (UNRECORDED, 3, "that were not recorded enter the median"),
        "flight-doctor": (BY_WEIGHTS, 1, "what the weights' gradients say"),
        "flight-repair": (OF_THE_SICK, 1, "the sizes are those of the sick network"),
    },
}
COPIED = {
    "growth": {
        "growth-decay": (
            source("decay", "decay_steps", STEPS),
            2,
            "it takes the first rate for all steps",
        ),
    },
    "gates": {
        "gates-jacobian": (
            source("recurrence", "gated_jacobian", COUPLED),
            0,
            "it is what one gate and its complement give",
        ),
        "gates-groups": (
            source("normalization", "rms_jacobian", ONE_GROUP),
            1,
            "it is what one group of all features gives",
        ),
    },
    "flight": {
        "flight-sign": (BROKEN, 2, "the answer is None"),
    },
}
# A task whose answers to one secret are handed in, and what they earn with another: a
# calm flight has no sign under any.
KNOWN = {
    "growth": ("growth-rate", 0),
    "gates": ("gates-jacobian", 0),
    "flight": ("flight-sign", 1),
}


def known_task(slug):
    """The task and what its answers to another secret earn."""
    name, left = KNOWN[slug]
    return next(task for task in KEYS[slug] if task.grade_id == name), left


@pytest.fixture(scope="module", params=KNOWN)
def graded(request, hand_in, tmp_path_factory):
    """An assignment, its table by file, and its feedback by file."""
    slug = request.param
    folder = tmp_path_factory.mktemp(slug) / "in"
    folder.mkdir()
    known, _ = known_task(slug)
    for name, answers in {
        "wrong": {name: text for name, (text, *_) in WRONG[slug].items()},
        "copied": {name: text for name, (text, *_) in COPIED[slug].items()},
        "knew": {known.grade_id: hard_coded(known, SECRETS[0])},
        "guessed": {known.grade_id: hard_coded(known, SECRETS[1])},
    }.items():
        hand_in(folder / name, slug, answers)
    out = grade_folder(folder, secret=SECRETS[0], limits=LIMITS)
    with (out / "grades.csv").open(encoding="utf-8", newline="") as file:
        rows = {line["file"]: line for line in csv.DictReader(file)}
    told = {n: (out / f"feedback/{n}.feedback.md").read_text("utf-8") for n in rows}
    return slug, rows, told


def part(text, grade_id):
    """The lines of a feedback on one task."""
    return text.split(f"## {grade_id}:")[1].split("##")[0]


@pytest.mark.parametrize(("name", "table"), [("wrong", WRONG), ("copied", COPIED)])
def test_a_wrong_answer_gets_its_part_and_is_told_why(graded, name, table):
    slug, rows, told = graded
    for task in KEYS[slug]:
        _, score, sentence = table[slug].get(task.grade_id, ("", task.points, "right"))
        scored = rows[name][f"{task.grade_id} (of {task.points})"]
        assert (task.grade_id, scored) == (task.grade_id, str(score))
        assert sentence in part(told[name], task.grade_id)
    assert rows[name]["remarks"] == ""


def test_the_answers_to_another_secret_are_wrong(graded):
    slug, rows, told = graded
    known, left = known_task(slug)
    column = f"{known.grade_id} (of {known.points})"
    assert (rows["knew"][column], rows["guessed"][column]) == (
        str(known.points),
        str(left),
    )
    assert part(told["guessed"], known.grade_id).count(": right") == left
