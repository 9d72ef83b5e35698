"""MyST text as plain Markdown, for notebooks read in Colab, GitHub or JupyterLab.

Those readers know no directives and no roles, so a notebook gets the same sentences
with the boxes as quotations, the numbers resolved and the references as links.
"""

import re
from collections.abc import Callable

from tools.claims import KINDS, verdict_line
from tools.claims import claims as claim_boxes
from tools.directives import Directive, find_directives, replace_directives
from tools.paths import SOURCES
from tools.references import work
from tools.source import Cell

__all__ = ["Numbers", "choices", "number", "plain"]

WORDS = {
    "figure": {"en": "Figure", "zh": "图"},
    "solution": {"en": "Solution to", "zh": "解答："},
    "and": {"en": " and ", "zh": "与"},
}
TITLED = {"en": "**{}** ({}).", "zh": "**{}**（{}）。"}
NUMBERED = KINDS | {"exercise": {"en": "Exercise", "zh": "练习"}}
LABEL = re.compile(r"^\(([\w-]+)\)=\n", re.M)
EQUATION = re.compile(
    r"^\$\$\n?(.+?)\n?\$\$[ \t]*(?:\(([\w-]+)\))?[ \t]*$", re.M | re.S
)
ROLE = re.compile(r"\{([\w:]+)\}`([^`]+)`")
TARGET = re.compile(r"(?:(?P<text>.+?)\s*<)?(?P<label>[^<>]+)>?")


class Numbers(dict[str, str]):
    """What each label is called in the text: `Proposition 2.1`, `(2.3)`, `图 2.1`."""

    def __missing__(self, label: str) -> str:
        """A label that this chapter does not define."""
        raise ValueError(f"label must be defined in this chapter, got {label!r}")


def number(cells: list[Cell], language: str, chapter: int) -> Numbers:
    """Number the claims, exercises, equations and figures of one chapter's edition."""
    names = Numbers()
    counts: dict[str, int] = {}

    def count(kind: str, word: str, label: str) -> None:
        counts[kind] = counts.get(kind, 0) + 1
        text = f"{chapter}.{counts[kind]}"
        names[label] = f"({text})" if kind == "equation" else f"{word} {text}"

    for cell in cells:
        for box in find_directives(cell.text) if cell.kind == "markdown" else []:
            if box.name in NUMBERED:
                count(box.name, NUMBERED[box.name][language], box.options["label"])
        for _, label in EQUATION.findall(cell.text) if cell.kind == "markdown" else []:
            if label:
                count("equation", "", label)
        figure = cell.metadata.get("mystnb", {}).get("figure", {})
        if "name" in figure:
            count("figure", WORDS["figure"][language], figure["name"])
    return names


def plain(text: str, language: str, numbers: Numbers) -> str:
    """One Markdown cell without directives, roles or labels."""

    def convert(box: Directive) -> str:
        make = BOXES.get(box.name)
        if make is None:
            raise ValueError(f"directive must have a plain form, got {box.name!r}")
        body = plain(box.body, language, numbers)
        return make(box._replace(body=body), language, numbers)

    text = replace_directives(text, convert)
    text = re.sub(r"^%.*\n?", "", text, flags=re.M)
    text = LABEL.sub(r'<a id="\1"></a>\n\n', text)
    text = EQUATION.sub(lambda match: _equation(match, numbers), text)
    return ROLE.sub(lambda match: _role(match, language, numbers), text).strip()


def _equation(match: re.Match[str], numbers: Numbers) -> str:
    # On one line: in a quotation, a line break would put a ">" into the formula.
    formula = " ".join(line.strip() for line in match[1].splitlines())
    tag = rf" \tag{{{numbers[match[2]].strip('()')}}}" if match[2] else ""
    return f"$$ {formula}{tag} $$"


def _role(match: re.Match[str], language: str, numbers: Numbers) -> str:
    role, content = match.groups()
    if role in ("cite:t", "cite:p"):
        return _citation(content, language, textual=role == "cite:t")
    target = TARGET.fullmatch(content)
    assert target is not None  # the pattern matches every non-empty text
    text, label = target["text"], target["label"]
    if role in ("prf:ref", "numref", "eq"):
        return (
            f"[{text or numbers[label]}](#{label})" if role != "eq" else numbers[label]
        )
    if role == "doc":
        return f"[{text or label}]({label}{_suffix(label)})"
    if role == "term":
        return text or label
    if role.startswith("py:"):
        return f"`{label.removeprefix('~').rpartition('.')[2]}`"
    raise ValueError(f"role must have a plain form, got {role!r}")


def _suffix(slug: str) -> str:
    """How the file of a page or chapter ends in the editions."""
    source = SOURCES / f"{slug}.md"
    return ".ipynb" if "```{code-cell}" in source.read_text("utf-8") else ".md"


def _citation(keys: str, language: str, *, textual: bool) -> str:
    found = [work(key.strip()) for key in keys.split(",")]
    if textual:
        links = [f"[{w.short} ({w.year})]({w.link})" for w in found]
        return WORDS["and"][language].join(links)
    return "(" + "; ".join(f"[{w.short}, {w.year}]({w.link})" for w in found) + ")"


def _quotation(text: str) -> str:
    return "\n".join(f"> {line}".rstrip() for line in text.split("\n"))


def _claim(box: Directive, language: str, numbers: Numbers) -> str:
    (claim,) = claim_boxes(str(box))
    head = TITLED[language].format(numbers[claim.label], box.title)
    foot = verdict_line(claim, language)
    return _quotation(f'<a id="{claim.label}"></a>{head}\n\n{box.body}\n\n{foot}')


def _admonition(box: Directive, language: str, numbers: Numbers) -> str:
    del language, numbers
    if "dropdown" in box.options.get("class", ""):
        return _folded(box.title, box.body)
    return _quotation(f"**{box.title}**\n\n{box.body}")


def choices(box: Directive) -> list[str]:
    """What a reader may choose from; none if a number is asked."""
    listed = box.options.get("choices")
    return re.split(r"(?<!\\); ", listed) if listed else []


def _predict(box: Directive, language: str, numbers: Numbers) -> str:
    del numbers
    title = {"en": "**Predict.**", "zh": "**先预测**："}[language]
    listed = "\n".join(f"- {choice}" for choice in choices(box))
    return _quotation(f"{title} {box.body}\n\n{listed}".strip())


def _div(box: Directive, language: str, numbers: Numbers) -> str:
    del language, numbers
    if box.title == "opening-question":
        return _quotation(f"**{box.body}**")
    return box.body


def _exercise(box: Directive, language: str, numbers: Numbers) -> str:
    label = box.options["label"]
    title = f"{box.title} {'★' * int(box.options.get('stars', 0))}".strip()
    head = TITLED[language].format(numbers[label], title)
    return f'<a id="{label}"></a>{head}\n\n{box.body}'


def _solution(box: Directive, language: str, numbers: Numbers) -> str:
    return _folded(_solution_title(box, language, numbers), box.body)


def _solution_start(box: Directive, language: str, numbers: Numbers) -> str:
    return f"**{_solution_title(box, language, numbers)}**\n\n{box.body}"


def _solution_title(box: Directive, language: str, numbers: Numbers) -> str:
    gap = " " if language == "en" else ""
    return f"{WORDS['solution'][language]}{gap}{numbers[box.title]}"


def _solution_end(box: Directive, language: str, numbers: Numbers) -> str:
    del box, language, numbers
    return ""


def _folded(title: str, body: str) -> str:
    return f"<details><summary>{title}</summary>\n\n{body}\n\n</details>"


BOXES: dict[str, Callable[[Directive, str, Numbers], str]] = {
    "prf:proposition": _claim,
    "prf:observation": _claim,
    "predict": _predict,
    "admonition": _admonition,
    "div": _div,
    "exercise": _exercise,
    "solution": _solution,
    "solution-start": _solution_start,
    "solution-end": _solution_end,
}
