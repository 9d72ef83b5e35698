"""One line that says what the lines of a check cell say, in both languages.

A comparison (≈) has a tolerance, so how near it came to failing is a share of it.  A
bound has no scale of its own (`0.94 > 0.8` is 85 % of what?), so the nearest is quoted.

A comparison that uses less than a hundredth of its tolerance is one of two things, and
the page says which.  If the tolerance is a millionth of the number or less, it leaves
room for rounding and for nothing else: *rounding*.  Else it would still hold if it were
a hundred times tighter: *loose*.
"""

import re

from companion.claims import Entry

__all__ = ["kind", "line", "summary"]

ROUNDING = 1e-6
POWER = re.compile(r"^(.+)e([-+]\d+)$")
RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
WORDS = {
    "en": {
        "one": "1 check holds",
        "many": "{count} checks hold",
        "join": "; ",
        "and": ", ",
        "tightest": "the tightest at {share} of its tolerance",
        "only": "at {share} of its tolerance",
        "percent": "{:.0f} %",
        "rounding": "equal up to rounding",
        "loose": "{count} with a loose tolerance, under 1 % used",
        "bound": "the nearest bound {bound}",
    },
    "zh": {
        "one": "1项检验成立",
        "many": "{count}项检验成立",
        "join": "；",
        "and": "，",
        "tightest": "最紧的一项用去容差的{share}",
        "only": "用去容差的{share}",
        "percent": "{:.0f}%",
        "rounding": "除舍入误差外相等",
        "loose": "{count}项容差偏宽（用去不到1%）",
        "bound": "离界最近的是{bound}",
    },
}
MARKS = {
    "en": {"rounding": "rounding", "loose": "loose"},
    "zh": {"rounding": "舍入", "loose": "偏宽"},
}


def used(entry: Entry) -> float:
    """The share of its tolerance that a comparison uses."""
    bound = float(entry.bound)
    return float(entry.error) / bound if bound else 0.0


def kind(entry: Entry) -> str:
    """Say rounding or loose of a comparison that uses under 1 % of its tolerance."""
    if not entry.bound or used(entry) >= 0.01:
        return ""
    size = 1.0 if entry.form == "relative" else abs(float(entry.predicted)) or 1.0
    return "rounding" if float(entry.bound) <= ROUNDING * size else "loose"


def line(entry: Entry, language: str) -> str:
    """A printed line as the page lists it."""
    mark = MARKS[language].get(kind(entry))
    return f"{entry.line}  ({mark})" if mark else entry.line


def summary(entries: list[Entry], language: str) -> str:
    """What the closed fold says."""
    words = WORDS[language]
    compared = [entry for entry in entries if entry.bound]
    bounds = [entry for entry in entries if not entry.bound]
    parts = []
    tightest = max(map(used, compared), default=0.0)
    if tightest >= 0.01:
        share = words["percent"].format(100 * tightest)
        parts.append(words["only" if len(entries) == 1 else "tightest"])
        parts[-1] = parts[-1].format(share=share)
    elif compared and all(kind(entry) == "rounding" for entry in compared):
        parts.append(words["rounding"])
    if loose := [entry for entry in compared if kind(entry) == "loose"]:
        parts.append(words["loose"].format(count=len(loose)))
    if bounds:
        nearest = max(bounds, key=_closeness)
        parts.append(words["bound"].format(bound=_short(nearest.line.split("  ")[1])))
    held = words["one" if len(entries) == 1 else "many"].format(count=len(entries))
    return held + words["join"] + words["and"].join(parts)


def _short(bound: str) -> str:
    """A bound with three digits, if they tell its numbers apart: 1.2 × 10⁻⁷ < 10⁻⁶."""
    words = bound.split(" ")
    short = [word if word in "<>" else f"{float(word):.3g}" for word in words]
    if len(set(short)) < len(set(words)):
        return bound
    return " ".join(POWER.sub(_raised, word) for word in short)


def _raised(match: re.Match[str]) -> str:
    power = str(int(match[2])).translate(RAISED)
    return f"10{power}" if match[1] == "1" else f"{match[1]} × 10{power}"


def _closeness(entry: Entry) -> float:
    """How near a bound is: a ratio, or the place between the middle and an edge."""
    measured = float(entry.measured)
    if entry.relation == "∈":
        low, high = (float(x) for x in entry.predicted.strip("()").split(", "))
        return abs(2 * measured - low - high) / (high - low)
    small, large = sorted((measured, float(entry.predicted)))
    return small / large if small > 0 else 0.0  # no ratio across zero
