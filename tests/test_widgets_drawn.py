"""Every interactive figure in every state, drawn without a browser, then looked at."""

import json
import re
import subprocess
from functools import partial
from math import isfinite
from pathlib import Path
from xml.etree import ElementTree

import pytest
from scripts import FIGURES, NODE, options_of, text_of

from companion.widgets import cliff

DRAWN = {**FIGURES, "cliff lead": partial(cliff, lead=True)}
WIDTHS = (320, 720)  # of the column of text: a phone of 360 pixels, a desk
SMALLEST = 11  # pixels of type
# What a Chinese text says in Latin letters: symbols, and names of the field.
SYMBOLS = ("log", "cos", "tanh", "Re", "Im", "ab", "wh", "dJ", "dv", "gBK", "gKx")
NAMES = ("DDPM", "min", "SNR", "QK", "RMS", "Sobel", "MLP", "softmax")
HAN = re.compile("[\u4e00-\u9fff]")


def draw(names, change=lambda script: script, **options):
    """Return what each state of these figures shows, at both widths."""
    kinds = sorted({name.split()[0].replace("-", "_") for name in names})
    elements = [
        {
            "tag": f"xg-{name.split()[0]}",
            "options": options_of(DRAWN[name]()),
            "lang": language,
            **options,
        }
        for name in names
        for language in ("en", "zh")
    ]
    scripts = [text_of("base"), *(change(text_of(kind)) for kind in kinds)]
    order = {"scripts": scripts, "elements": elements, "widths": WIDTHS}
    done = subprocess.run(
        [NODE, Path(__file__).with_name("draw_figures.mjs")],
        input=json.dumps(order),
        capture_output=True,
        check=True,
        encoding="utf-8",
    )
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.fixture(scope="module")
def drawn():
    return draw(DRAWN)


# What can be wrong with a state


def not_drawn(state):
    return [state["error"]] if "error" in state else []


def tree(state):
    """The markup, read as strictly as XML is."""
    return ElementTree.fromstring(f"<svg>{state['markup']}</svg>")


def not_finite(state):
    """What in the markup is no number where one belongs."""
    markup = state["markup"] + "".join(line for line, _ in state["key"])
    texts = " ".join([markup, *words(state)])
    found = re.findall(r"NaN|undefined|null|Infinity|\[object", texts)
    for node in tree(state).iter():
        for name in ("x", "y", "cx", "cy", "r", "width", "height"):
            if name in node.attrib and not isfinite(float(node.get(name))):
                found.append(f"{name} = {node.get(name)}")
        path = re.sub("[MLHVAZhlmvz,]", " ", node.get("d", ""))
        found += [part for part in path.split() if not isfinite(float(part))]
    return found


def advance(text, size):
    """How wide a line of type is at most, by the widths of a plain sans-serif."""
    widths = (
        1.0 if c >= "\u2e80" else 0.3 if c in " .,:;|()il'" else 0.58 for c in text
    )
    return size * sum(widths)


def lines(node, across=0.0, down=0.0):
    """Each text of a drawing with its size, its two ends and its base line."""
    if move := re.match(r"translate\((\S+) (\S+)\)", node.get("transform", "")):
        across, down = across + float(move[1]), down + float(move[2])
    if node.tag == "text":
        text, size = "".join(node.itertext()), float(node.get("font-size", 13))
        x = across + float(node.get("x")) + float(node.get("dx", 0))
        y = down + float(node.get("y")) + float(node.get("dy", 0))
        wide = advance(text, size)
        left = (
            x
            - {"start": 0, "middle": wide / 2, "end": wide}[
                node.get("text-anchor", "start")
            ]
        )
        yield text, size, left, left + wide, y
    for child in node:
        yield from lines(child, across, down)


def outside(state):
    """Texts that leave the drawing or are too small to read."""
    height = float(state["height"])
    return [
        (text, size, left, right, y)
        for text, size, left, right, y in lines(tree(state))
        if left < 0
        or right > state["width"]
        or not 0.7 * size < y <= height
        or size < SMALLEST
    ]


def words(state):
    """All that a reader reads or hears."""
    inside = [text for text, *_ in lines(tree(state))]
    key = [text for _, text in state["key"]]
    return [*inside, *key, *state["controls"], state["words"], state["label"]]


def wrong_language(state):
    """Texts in the other edition's language, or set against its rules."""
    if state["lang"] == "en":
        return [text for text in words(state) if HAN.search(text)]
    foreign = [
        word
        for text in words(state)
        for word in re.findall("[A-Za-z]{2,}", text)
        if word not in (*SYMBOLS, *NAMES)
    ]
    spaced = re.compile(f"{HAN.pattern} [A-Za-z0-9]|[A-Za-z0-9] {HAN.pattern}")
    return foreign + [text for text in words(state) if spaced.search(text)]


def complaints(states, *looks):
    """What each look finds, with the figure and its state."""
    return [
        (state["tag"], state["lang"], state["width"], state["state"], found)
        for state in states
        for look in looks
        if look is not_drawn or not not_drawn(state)
        for found in look(state)
    ]


# The figures


def test_each_figure_is_drawn_in_each_language_and_width(drawn):
    assert complaints(drawn, not_drawn) == []
    seen = {}
    for state in drawn:
        seen.setdefault((state["tag"], state["lang"], state["width"]), []).append(state)
    assert len(seen) == len(FIGURES) * 2 * len(WIDTHS)
    assert min(map(len, seen.values())) >= 6  # first, idle and two controls' ends
    for states in seen.values():
        assert len({state["markup"] for state in states}) > 2, states[0]["tag"]


def test_coordinates_are_finite(drawn):
    assert complaints(drawn, not_finite) == []


def test_texts_are_legible_and_stand_inside_their_drawing(drawn):
    assert complaints(drawn, outside) == []


def test_words_are_in_the_language_of_the_edition(drawn):
    assert complaints(drawn, wrong_language) == []


def test_a_height_depends_on_the_width_alone(drawn):
    heights = {}
    for state in drawn:
        heights.setdefault((state["tag"], state["width"]), set()).add(state["height"])
    assert all(len(found) == 1 for found in heights.values()), heights


def test_a_figure_far_below_the_window_keeps_its_place_and_waits():
    for name in ("decay", "cliff", "softmax-saturation"):
        states = draw([name], far=True)
        assert complaints(states, not_drawn) == []
        for state in states:
            if state["state"] == "first" and state["width"] == WIDTHS[0]:
                assert "markup" not in state
                assert float(state["height"]) > 200
            if state["state"] == "near":
                assert "<path" in state["markup"]


# The harness itself: what it is for, planted


PLANTED = {
    "throws": ("draw(plane, sizes) {", "$&throw new Error('planted');", not_drawn),
    "no number": ("axes.place([l, size(W)])", "axes.place([l, NaN])", not_finite),
    "no word": ('this.say("size", "大小")', "undefined", not_finite),
    "too long": ('"size", "大小"', '"size".repeat(40), "大小"', outside),
    "too small": (
        "return `${markup}${one(",
        "return `<text x='9' y='9' font-size='10'>a</text>${markup}${one(",
        outside,
    ),
    "English": ('"size", "大小"', '"size", "size"', wrong_language),
    "Chinese": ('"size", "大小"', '"大小", "大小"', wrong_language),
    "spaced": ('"权重衰减λ"', '"权重衰减 L"', wrong_language),
}


@pytest.mark.parametrize("fault", PLANTED)
def test_a_planted_fault_is_seen(fault):
    old, new, look = PLANTED[fault]
    assert old in text_of("decay")
    states = draw(["decay"], lambda script: script.replace(old, new.replace("$&", old)))
    assert complaints(states, look)
