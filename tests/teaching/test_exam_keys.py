"""Every key of the exam bank, recomputed by another way for five seeds or more."""

import ast
import importlib
import math
import re

import pytest
import torch

from teaching.exam import Choice, Number, Written, templates

SEEDS = ("1", "2", "3", "2027", "a word that nobody guesses")
TEMPLATES = {one.id: one for one in templates()}


def recomputation(template):
    """The function beside this file that knows the key by another way."""
    module = template.chapter.replace("-", "_")
    found = importlib.import_module(f"exam_recomputed.{module}")
    return getattr(found, template.name.replace("-", "_"))


def run(program):
    """Run a program that defines a function, with what the questions take for given."""
    ast.parse(program)
    space = {"torch": torch, "math": math, "nn": torch.nn}
    exec(program, space)
    return space


def mended(item):
    """The shown program with each option in the place of its line, run."""
    lines = item.program.split("\n")
    place = item.given["line"] - 1
    indent = re.match(r"\s*", lines[place])[0]
    made = {}
    for name, option in item.answer.options.items():
        code = re.fullmatch(r"`(.*)`", option)[1]
        made[name] = run(
            "\n".join([*lines[:place], indent + code, *lines[place + 1 :]])
        )
    return made


def recomputed(question):
    """The key once more; for a program, the options that mend it."""
    function = recomputation(question.template)
    if question.item.program:
        return function(question.item.given, mended(question.item))
    return function(question.item.given)


def agrees(answer, key):
    """Whether a recomputed key is the key, far within what students are allowed."""
    match answer:
        case Number(digits=0):
            return key == answer.value
        case Number():
            return abs(key - answer.value) <= max(0.05 * answer.tolerance, 1e-9)
        case Choice():
            return key in (answer.right, [answer.right])
        case Written(result=result):
            return agrees(result, key)


@pytest.mark.parametrize("name", TEMPLATES)
def test_keys_are_recomputed(name):
    more = range(30) if TEMPLATES[name].kind == "predict" else ()
    drawn = [TEMPLATES[name].draw(seed) for seed in (*SEEDS, *map(str, more))]
    for question in {str(one.item.given): one for one in drawn}.values():
        key = recomputed(question)
        assert agrees(question.answer, key), (question.seed, question.answer, key)


@pytest.mark.parametrize("name", TEMPLATES)
def test_wrong_keys_fail(name):
    question = TEMPLATES[name].draw("2027")
    key = recomputed(question)
    match question.answer:
        case Choice(options=options):
            wrong = [Choice(other, options) for other in options]
            assert sum(agrees(answer, key) for answer in wrong) == 1
        case answer:
            number = answer if isinstance(answer, Number) else answer.result
            step = number.tolerance or 1
            for value in (number.value + step, number.value - step, 1.1 * number.value):
                assert not agrees(Number(value, number.digits or 3), key)
            for mistake in number.mistakes:
                assert not number.accepts(mistake.value)


@pytest.mark.parametrize("name", [n for n, t in TEMPLATES.items() if t.kind == "debug"])
def test_shown_programs_are_wrong(name):
    question = TEMPLATES[name].draw("2027")
    shown = {"shown": run(question.item.program)}
    assert recomputation(question.template)(question.item.given, shown) == []


@pytest.mark.parametrize("name", TEMPLATES)
def test_mistakes_are_refused_for_every_draw(name):
    for seed in range(60):
        answer = TEMPLATES[name].draw(str(seed)).answer
        number = answer.result if isinstance(answer, Written) else answer
        if isinstance(number, Number):
            for mistake in number.mistakes:
                assert not number.accepts(mistake.value), (seed, number)
                assert mistake.value != 0
            assert number.accepts(float(f"{number.value:.{max(number.digits, 9)}g}"))
