r"""The small markup of the questions, and how numbers stand in it.

Paragraphs end with a blank line; ``$...$`` and ``$$...$$`` hold TeX, back-quotes code,
three back-quotes a program, whose lines are numbered, stars ``*emphasis*``, and
``@name@`` a value: ``@name:.3g@`` with a format, ``@name:r@`` as Python writes it.
"""

import re
from collections.abc import Callable, Mapping
from html import escape
from inspect import cleandoc
from typing import TypeAlias

__all__ = ["Formula", "Value", "fill", "formulas", "number", "to_html"]

Value: TypeAlias = float | int | str
Formula: TypeAlias = Callable[[str, bool], str]
"""What makes HTML of TeX; the second argument asks for a displayed formula."""

FIELD = re.compile(r"@([a-z_]\w*)(?::([^@\s]+))?@")
PIECE = re.compile(
    r"```\n?(?P<program>.*?)```|`(?P<code>[^`]+)`"
    r"|\$\$(?P<display>.+?)\$\$|\$(?P<inline>[^$]+)\$|\*(?P<star>[^*\s][^*]*)\*",
    re.DOTALL,
)


def number(value: Value, form: str = "") -> str:
    r"""Write a value as TeX: six digits unless `form` says otherwise.

    Example:
        >>> number(2.5e-7), number(0.125), number(1 / 3, ".3g")
        ('2.5 \\cdot 10^{-7}', '0.125', '0.333')
    """
    if form == "r" or isinstance(value, str):
        return str(value)
    if isinstance(value, int) and not form:
        return str(value)
    text = format(value, form or ".6g")
    mantissa, mark, exponent = text.partition("e")
    if not mark:
        return text
    power = f"10^{{{int(exponent)}}}"
    return power if mantissa == "1" else rf"{mantissa} \cdot {power}"


def fill(text: str, values: Mapping[str, Value]) -> str:
    """Take off the indentation and put values in the place of their names.

    Raises:
        ValueError: the text names a value that there is not.
    """

    def put(match: re.Match[str]) -> str:
        if match[1] not in values:
            known = ", ".join(sorted(values))
            raise ValueError(f"field must be one of {known}, got {match[1]!r}")
        return number(values[match[1]], match[2] or "")

    return FIELD.sub(put, cleandoc(text))


def formulas(text: str) -> list[tuple[str, bool]]:
    """The formulas of a text, each with whether it is displayed."""
    found = [m for m in PIECE.finditer(text) if m["display"] or m["inline"]]
    return [(m["display"] or m["inline"], bool(m["display"])) for m in found]


def _piece(match: re.Match[str], formula: Formula) -> str:
    kind = match.lastgroup or ""
    inner = match[kind]
    if kind == "program":
        lines = enumerate(inner.rstrip().split("\n"), 1)
        return f"<pre>{escape(chr(10).join(f'{n}  {line}' for n, line in lines))}</pre>"
    if kind == "code":
        return f"<code>{escape(inner)}</code>"
    if kind == "star":
        return f"<em>{escape(inner)}</em>"
    return formula(inner, kind == "display")


def to_html(text: str, formula: Formula) -> str:
    """Make HTML of a text.

    Example:
        >>> to_html("Clip $g$ at `1.0`.", lambda tex, display: f"[{tex}]")
        '<p>Clip [g] at <code>1.0</code>.</p>'
    """
    made: list[str] = []
    end = 0
    for match in PIECE.finditer(text):
        made += [escape(text[end : match.start()], quote=False)]
        made += [_piece(match, formula).replace("\n\n", "\n\x00\n")]
        end = match.end()
    made.append(escape(text[end:], quote=False))
    blocks = re.split(r"\n{2,}", "".join(made).strip())
    whole = [b if b.startswith("<pre>") else f"<p>{b}</p>" for b in blocks]
    return "\n".join(whole).replace("\x00", "")
