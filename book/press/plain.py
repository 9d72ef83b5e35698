"""MyST text as plain Markdown, for notebooks read in Colab, GitHub or JupyterLab.

Those readers know no directives and no roles, so a notebook gets the same sentences
with the boxes as quotations, the numbers resolved and the references as links.
"""

from collections.abc import Callable
from typing import NamedTuple

from press.book import Book
from press.claims import claim, verdict_line
from press.edition import stars
from press.markup import NOWHERE, Block, Place, Role, blocks, replace_roles
from press.predict import TITLE, predict
from press.references import AND, work

__all__ = ["Context", "plain"]

SOLUTION = {"en": "Solution to {}", "zh": "解答：{}"}


class Style(NamedTuple):
    """How a language cites: in the sentence, in brackets, one work of several."""

    textual: str
    group: str
    inside: str
    sep: str


CITED = {
    "en": Style("{} ({})", "({})", "{}, {}", "; "),
    "zh": Style("{}（{}）", "（{}）", "{}，{}", "；"),
}
TITLED = {"en": "**{}** ({}).", "zh": "**{}**（{}）。"}


class Context(NamedTuple):
    """Where a text stands: its numbers and links depend on it."""

    book: Book
    slug: str
    language: str

    def called(self, name: str, place: Place) -> str:
        """What a label is called here."""
        return self.book.called(name, self.language, place)


def plain(text: str, context: Context, place: Place = NOWHERE) -> str:
    """One Markdown cell without directives, roles or labels."""
    parts = [_plain(block, context) for block in blocks(text, place)]
    return "\n".join(part for part in parts if part is not None).strip()


def _plain(block: Block, context: Context) -> str | None:
    """A block in Markdown; None if only the site shows it."""
    if block.kind == "comment":
        return None
    if block.kind == "code":
        return block.text
    if block.kind == "label":
        return f'<a id="{block.name}"></a>\n'
    if block.kind == "equation":
        return _equation(block, context)
    if block.kind == "directive":
        make = BOXES.get(block.name)
        if make is None:
            raise ValueError(
                f"{block.place}: directive must have a plain form, got {block.name!r}"
            )
        body = plain(block.body, context, block.inside)
        return make(block._replace(body=body), context)
    return _words(block.text, context, block.place)


def _words(text: str, context: Context, place: Place) -> str:
    """Running text with its roles resolved."""
    return replace_roles(text, lambda role: _role(role, context), place)


def _equation(block: Block, context: Context) -> str:
    # On one line: in a quotation, a line break would put a ">" into the formula.
    formula = " ".join(line.strip() for line in block.body.splitlines())
    if not block.name:
        return f"$$ {formula} $$"
    number = context.called(block.name, block.place).strip("()")
    return f'<a id="{block.name}"></a>\n\n$$ {formula} \\tag{{{number}}} $$'


def _role(role: Role, context: Context) -> str:
    if role.name in ("cite:t", "cite:p"):
        context.book.check_role(role)
        return _citation(role, context.language)
    if role.name in ("prf:ref", "numref", "eq", "ref"):
        name = context.called(role.label, role.place)
        link = context.book.link(role.label, context.language, context.slug)
        return f"[{role.text or name}]({link})"
    if role.name == "doc":
        document = context.book.document(role.label, role.place)
        title = context.book.title(document, context.language)
        return f"[{role.text or title}]({document.file(context.language)})"
    if role.name == "term":
        return role.text or role.label
    if role.name.startswith("py:"):
        return f"`{role.label.removeprefix('~').rpartition('.')[2]}`"
    raise ValueError(f"{role.place}: role must have a plain form, got {role.name!r}")


def _citation(role: Role, language: str) -> str:
    found = [work(key.strip()) for key in role.label.split(",")]
    style = CITED[language]
    if role.name == "cite:t":
        named = [(style.textual.format(w.short(language), w.year), w) for w in found]
        return AND[language].join(f"[{text}]({w.link})" for text, w in named)
    named = [(style.inside.format(w.short(language), w.year), w) for w in found]
    links = (f"[{text}]({w.link})" for text, w in named)
    return style.group.format(style.sep.join(links))


def _quotation(text: str) -> str:
    return "\n".join(f"> {line}".rstrip() for line in text.split("\n"))


def _titled(label: str, title: str, box: Block, context: Context) -> str:
    """The number of a box with its title, and the anchor that links lead to."""
    name = context.called(label, box.place)
    words = TITLED[context.language].format(name, _words(title, context, box.place))
    return f'<a id="{label}"></a>{words}'


def _claim(box: Block, context: Context) -> str:
    read = claim(box)
    head = _titled(read.label, box.title, box, context)
    foot = _words(verdict_line(read, context.language), context, box.place)
    return _quotation(f"{head}\n\n{box.body}\n\n{foot}")


def _admonition(box: Block, context: Context) -> str:
    del context
    if "dropdown" in box.options.get("class", ""):
        return _folded(box.title, box.body)
    return _quotation(f"**{box.title}**\n\n{box.body}")


def _predict(box: Block, context: Context) -> str:
    title = {"en": "**{}.**", "zh": "**{}**："}[context.language]
    listed = [_words(text, context, box.place) for text in predict(box).choices]
    choices = "\n".join(f"- {choice}" for choice in listed)
    head = title.format(TITLE[context.language])
    return _quotation(f"{head} {box.body}\n\n{choices}".strip())


def _div(box: Block, context: Context) -> str:
    del context
    return (
        _quotation(f"**{box.body}**") if box.title == "opening-question" else box.body
    )


def _exercise(box: Block, context: Context) -> str:
    label, mark = box.options["label"], "★" * stars(box)
    form = {"en": "{} ({})", "zh": "{}（{}）"}[context.language]
    title = _words(box.title, context, box.place)
    name = form.format(context.called(label, box.place), title)
    heading = f'### <a id="{label}"></a>{name} {mark}'
    return f"{heading.rstrip()}\n\n{box.body}"


def _solution_start(box: Block, context: Context) -> str:
    name = context.called(box.title, box.place)
    return f"#### {SOLUTION[context.language].format(name)}\n\n{box.body}"


def _solution_end(box: Block, context: Context) -> None:
    del box, context


def _folded(title: str, body: str) -> str:
    return f"<details><summary>{title}</summary>\n\n{body}\n\n</details>"


BOXES: dict[str, Callable[[Block, Context], str | None]] = {
    "prf:proposition": _claim,
    "prf:observation": _claim,
    "predict": _predict,
    "admonition": _admonition,
    "div": _div,
    "exercise": _exercise,
    "solution-start": _solution_start,
    "solution-end": _solution_end,
}
