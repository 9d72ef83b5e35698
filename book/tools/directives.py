"""Find the fenced directives of a MyST text, and put something else in their place."""

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

__all__ = ["Directive", "find_directives", "replace_directives"]

FENCE = re.compile(r"^(?P<fence>:{3,}|`{3,})\{(?P<name>[\w:-]+)\}[ \t]*(?P<title>.*)$")
OPTION = re.compile(r"^:(?P<key>[\w-]+):[ \t]*(?P<value>.*)$")


class Directive(NamedTuple):
    """One fenced directive, taken apart."""

    fence: str
    """The colons or backticks that open and close it."""
    name: str
    title: str
    options: dict[str, str]
    body: str

    def __str__(self) -> str:
        """The directive as MyST text again."""
        head = f"{self.fence}{{{self.name}}} {self.title}".rstrip()
        options = [f":{key}: {value}".rstrip() for key, value in self.options.items()]
        # A blank line ends the options: without it a nested fence is read as one.
        body = ["", self.body] if self.body else []
        return "\n".join([head, *options, *body, self.fence])


def replace_directives(text: str, convert: Callable[[Directive], str]) -> str:
    """Replace each outermost directive of `text` by what `convert` makes of it.

    Fenced code without a directive's name is left alone, whatever it contains.
    """
    lines = iter(text.split("\n"))
    out = []
    for line in lines:
        opening = FENCE.match(line)
        if opening:
            inner = _until(lines, opening["fence"], opened_by=line)
            out.append(convert(_directive(opening, inner)))
        else:
            out.append(line)
            if line.startswith("```"):
                fence = line[: len(line) - len(line.lstrip("`"))]
                out += [*_until(lines, fence, opened_by=line), fence]
    return "\n".join(out)


def find_directives(text: str) -> list[Directive]:
    """The outermost directives of `text`, in order."""
    found: list[Directive] = []

    def note(directive: Directive) -> str:
        found.append(directive)
        return ""

    replace_directives(text, note)
    return found


def _until(lines: Iterator[str], fence: str, *, opened_by: str) -> list[str]:
    inner: list[str] = []
    for line in lines:
        if line.rstrip() == fence:
            return inner
        inner.append(line)
    raise ValueError(f"directive must be closed by {fence}, got no end: {opened_by}")


def _directive(opening: re.Match[str], inner: list[str]) -> Directive:
    options = {}
    while inner and (option := OPTION.match(inner[0])):
        options[option["key"]] = option["value"].strip()
        inner = inner[1:]
    body = "\n".join(inner).strip("\n")
    title = opening["title"].strip()
    return Directive(opening["fence"], opening["name"], title, options, body)
