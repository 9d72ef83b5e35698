"""MyST text taken apart as the site takes it apart: the same parser, with its lines."""

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from myst_parser.config.main import MdParserConfig
from myst_parser.parsers.mdit import create_md_parser

from press.paths import CONFIG, read_yaml

__all__ = [
    "Block",
    "Place",
    "Role",
    "blocks",
    "replace_roles",
    "roles",
    "table",
    "walk",
]

DIRECTIVE = re.compile(r"\{(?P<name>[\w:-]+)\}[ \t]*(?P<title>.*)")
OPTION = re.compile(r"^:(?P<key>[\w-]+):[ \t]*(?P<value>.*)$")
TARGET = re.compile(r"(?:(?P<text>.+?)\s*<)?(?P<label>[^<>]+)>?", re.S)
# What markdown-it sees in a line, from the left: an escape, a role, or code.
INLINE = re.compile(
    r"\\[`{\\]"
    r"|\{(?P<name>[\w:-]+)\}(?P<fence>`+)(?P<content>.+?)(?<!`)(?P=fence)(?!`)"
    r"|(?<!`)(?P<ticks>`+)(?!`).+?(?<!`)(?P=ticks)(?!`)",
    re.S,
)
KINDS = {
    "math_block": "equation",
    "math_block_label": "equation",
    "myst_target": "label",
    "myst_line_comment": "comment",
    "heading_open": "heading",
}


class Place(NamedTuple):
    """Where a text begins: for messages."""

    file: str
    line: int

    def __str__(self) -> str:
        """As compilers write it."""
        return f"{self.file}:{self.line}"

    def below(self, lines: int) -> "Place":
        """The place some lines further down."""
        return Place(self.file, self.line + lines)


NOWHERE = Place("text", 1)


class Block(NamedTuple):
    """A stretch of a text: a directive, an equation, a label, ..., or prose between."""

    kind: str
    """directive, equation, label, comment, heading, code, or prose."""
    text: str
    """The lines as they stand."""
    place: Place
    name: str = ""
    """Of a directive; the label of an equation or of a label."""
    title: str = ""
    options: dict[str, str] = {}  # noqa: RUF012 (never changed)
    body: str = ""
    """Of a directive; the formula of an equation; the words of a heading."""
    inside: Place = NOWHERE
    """Where the body begins."""

    def __str__(self) -> str:
        """A directive as MyST text again."""
        fence = re.match(r"[:`]{3,}", self.text)
        edge = fence[0] if fence else ":::"
        head = f"{edge}{{{self.name}}} {self.title}".rstrip()
        options = [f":{key}: {value}".rstrip() for key, value in self.options.items()]
        # A blank line ends the options: without it a nested fence is read as one.
        body = ["", self.body] if self.body else []
        return "\n".join([head, *options, *body, edge])


class Role(NamedTuple):
    """A role in running text, `{name}`label`` or `{name}`text <label>``."""

    name: str
    label: str
    text: str
    """What to show; empty if the label's own name is to be shown."""
    place: Place


def parser() -> MarkdownIt:
    """The parser that the site reads with."""
    settings = read_yaml(CONFIG)["parse"]
    extensions = set(settings["myst_enable_extensions"])
    return create_md_parser(MdParserConfig(enable_extensions=extensions), RendererHTML)


PARSER = parser()


def blocks(text: str, place: Place = NOWHERE) -> list[Block]:
    """A text as blocks, in order; their texts, joined by line breaks, are the text."""
    lines = text.split("\n")
    found: list[Block] = []
    done = 0

    def prose(end: int) -> None:
        if end > done:
            words = "\n".join(lines[done:end])
            found.append(Block("prose", words, place.below(done)))

    for token in PARSER.parse(text):
        where = place.below(token.map[0]) if token.map else place
        if token.level:
            _refuse_nested(token, where)
            continue
        block = _block(token, lines, where)
        if block and token.map:
            prose(token.map[0])
            found.append(block)
            done = token.map[1]
    prose(len(lines))
    return found


def walk(text: str, place: Place = NOWHERE) -> Iterator[Block]:
    """Every block of a text, and after a directive those inside it."""
    for block in blocks(text, place):
        yield block
        if block.kind == "directive":
            yield from walk(block.body, block.inside)


def roles(text: str, place: Place = NOWHERE) -> list[Role]:
    """The roles of a text that holds no blocks, code left alone."""
    found: list[Role] = []

    def note(role: Role) -> str:
        found.append(role)
        return ""

    replace_roles(text, note, place)
    return found


def replace_roles(
    text: str, convert: Callable[[Role], str], place: Place = NOWHERE
) -> str:
    """Put something else in the place of each role; code is left alone."""

    def put(match: re.Match[str]) -> str:
        if not match["name"]:
            return match[0]
        target = TARGET.fullmatch(match["content"])
        assert target is not None  # the pattern matches every text that is not empty
        where = place.below(text.count("\n", 0, match.start()))
        role = Role(match["name"], target["label"], target["text"] or "", where)
        return convert(role)

    return INLINE.sub(put, text)


def _block(token: Token, lines: list[str], place: Place) -> Block | None:
    """What a token at the margin stands for; None for a part of the prose."""
    if not token.map:
        return None
    start, end = token.map
    text = "\n".join(lines[start:end])
    if token.type in ("fence", "colon_fence"):
        opening = DIRECTIVE.fullmatch(token.info.strip())
        if set(lines[end - 1].strip()) != set(token.markup) or end - start < 2:
            raise ValueError(
                f"{place}: directive must be closed by {token.markup}, got no end"
            )
        if opening is None:
            return Block("code", text, place)
        return _directive(opening, text, token.content, place)
    if token.type == "heading_open":
        return Block("heading", text, place, token.tag, body=text.lstrip("# "))
    if token.type not in KINDS:
        return None
    name = token.info if token.type == "math_block_label" else token.content
    formula = token.content if token.type.startswith("math") else ""
    name = "" if token.type in ("math_block", "myst_line_comment") else name
    return Block(KINDS[token.type], text, place, name, body=formula.strip())


def _directive(opening: re.Match[str], text: str, content: str, place: Place) -> Block:
    inner = content.rstrip("\n").split("\n")
    options = {}
    while inner and (option := OPTION.match(inner[0])):
        options[option["key"]] = option["value"].strip()
        inner = inner[1:]
    blank = next((i for i, line in enumerate(inner) if line.strip()), 0)
    body = "\n".join(inner).strip("\n")
    inside = place.below(1 + len(options) + blank)
    title = opening["title"].strip()
    return Block(
        "directive", text, place, opening["name"], title, options, body, inside
    )


def table(heads: list[str], rows: list[list[str]]) -> str:
    """A table of Markdown, a cell an entry."""
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _refuse_nested(token: Token, place: Place) -> None:
    """A box or a numbered formula in a list would be lost in the notebook."""
    boxed = token.type in ("fence", "colon_fence") and DIRECTIVE.match(token.info)
    if boxed or token.type == "math_block_label":
        raise ValueError(
            f"{place}: {token.info} must stand at the margin, got level {token.level}"
        )
