"""When two printed outputs are the same, and what is kept of the stored ones."""

import copy

import pytest

from companion.uncertainty import uncertain
from press.comparison import FIGURES, kept, same, settled


@pytest.mark.parametrize(
    ("stored", "new", "equal"),
    [
        ("a 0.5 b", "a 0.5003 b", True),
        ("a 0.5 b", "a 0.51 b", False),
        ("a 0.5 b", "a -0.5 b", False),
        ("3 runs", "4 runs", False),
        ("fast", "slow", False),
        ("1.0", "1.0 2.0", False),
        ("[1,\n 2]", "[1, 2]", True),
        ("✓ u-curve  0.0119 < 0.05", "✓ u-curve  0.0182 < 0.05", True),
        ("✓ u-curve  0.0119 < 0.05", "✓ v-curve  0.0119 < 0.05", False),
        ("✓ x  1 ≈ 1  |δ| 1e-16 ≤ 1e-12", "✓ x  1 ≈ 1  |δ| 3e-16 ≤ 1e-12", True),
        ("✓ x  1 ≈ 1  |δ| 1e-16 ≤ 1e-12", "✓ x  1 < 1", False),
        ("15 ± 3", "17 ± 4", True),
        ("15 ± 3", "18 ± 4", True),
        ("15 ± 3", "19 ± 4", False),  # 15 lies in 19 ± 4, but 19 not in 15 ± 3
        ("15 ± 3", "11 ± 9", False),
        ("15 ± 3", "15", False),
        ("15 ± 3", "15 + 3", False),
        ("1.23e+6 ± 3e+4", "1.25e+6 ± 3e+4", True),
        ("-1.23e-6 ± 3e-8", "1.23e-6 ± 3e-8", False),
        ("0.15 ± 0.02", "0.17 ± 0.03", True),  # as floats they are further apart
        ("[15 ± 3, 20 ± 4]", "[13 ± 3, 22 ± 3]", True),
        ("[15 ± 3, 20 ± 4]", "[13 ± 3, 25 ± 4]", False),
        ("15 ± 3 of 20 runs", "14 ± 3 of 20 runs", True),
        ("15 ± 3 of 20 runs", "15 ± 3 of 21 runs", False),
        ("15 ± 3 took 0.5", "15 ± 3 took 0.6", False),
    ],
)
def test_words_are_compared_exactly_and_numbers_nearly(stored, new, equal):
    assert same(stored, new) is equal
    assert same(new, stored) is equal


def test_what_the_companion_prints_is_compared_as_numbers_with_a_spread():
    stored, near, far = (str(uncertain([1e6, x], 2e5)) for x in (1.0, 1.4e5, 5e5))
    assert stored != near
    assert same(stored, near)
    assert not same(stored, far)


def outputs(text, number, drawing):
    return [
        {"output_type": "stream", "name": "stdout", "text": text},
        {
            "output_type": "execute_result",
            "data": {"text/plain": number, "image/svg+xml": drawing},
        },
    ]


def test_what_is_the_same_is_kept_and_all_else_is_new():
    stored, new = outputs("a 1.0", "15 ± 3", "old"), outputs("b 1.0", "14 ± 3", "new")
    before = copy.deepcopy((stored, new))
    assert settled(new, stored) == outputs("b 1.0", "15 ± 3", "new")
    assert settled(new, stored, keep=FIGURES) == outputs("b 1.0", "15 ± 3", "old")
    assert (stored, new) == before


def test_nothing_is_kept_of_other_outputs():
    new = outputs("a 1.0", "15 ± 3", "new")
    assert settled(new, []) == new
    assert settled(new, new[:1]) == new
    assert settled(new[1:], new[:1]) == new[1:]


def test_another_machine_changes_no_byte():
    code = ["first", "second"]
    stored = [outputs("a 1.0", "15 ± 3", "old"), outputs("✓ x  1 < 2", "0.5", "old")]
    new = [outputs("a 1.00001", "14 ± 4", "new"), outputs("✓ x  1.1 < 2", "0.5", "new")]
    assert kept(code, new, code, stored) == stored


def test_from_the_first_cell_that_changed_everything_is_new():
    stored, new = (
        outputs("a 1.0", "15 ± 3", "old"),
        outputs("a 1.00001", "16 ± 3", "new"),
    )
    cells = ["one", "two", "three"], [new, new, new]
    assert kept(*cells, ["one", "2", "three"], [stored] * 3) == [stored, new, new]
    assert kept(*cells, ["one"], [stored]) == [stored, new, new]
    assert kept(*cells, [], []) == [new, new, new]


def test_a_drawing_is_new_once_a_text_before_it_has_changed():
    code, figure = ["one", "two"], [{"data": {"image/svg+xml": "old"}}]
    drawn = [{"data": {"image/svg+xml": "new"}}]
    before, after = [{"text": "a 1.0"}], [{"text": "a 1.1"}]
    assert kept(code, [before, drawn], code, [before, figure]) == [before, figure]
    assert kept(code, [after, drawn], code, [before, figure]) == [after, drawn]
    both = outputs("a 1.1", "3", "new")
    assert kept(["one"], [both], ["one"], [outputs("a 1.0", "3", "old")]) == [both]
