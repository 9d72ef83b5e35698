"""What all figures share: the element, its text and script, checks of options."""

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from json import dumps
from math import isfinite
from pathlib import Path


@dataclass(frozen=True)
class Widget:
    """An interactive figure that a notebook shows by itself.

    Attributes:
        tag: The name of its custom element, such as ``xg-cliff``.
        html: Its script, the element, its text for readers without a script.
    """

    tag: str
    html: str

    def _repr_html_(self) -> str:
        """Return what a notebook displays."""
        return self.html

    def __repr__(self) -> str:
        """Return the element's opening tag, all that a terminal can show."""
        return f"<{self.tag}>"


def make_widget(
    name: str,
    options: Mapping[str, object],
    english: str,
    chinese: str,
    language: str | None,
) -> Widget:
    if language not in (None, "en", "zh"):
        raise ValueError(f"language must be 'en', 'zh' or None, got {language!r}")
    lang = "" if language is None else f' lang="{language}"'
    data = escape(dumps(options, ensure_ascii=False))
    script = _script("base") + _script(name.replace("-", "_"))
    # The script first: where it runs, the text is never laid out and nothing moves.
    html = (
        f"<script>\n{script}</script>\n"
        f'<xg-{name} class="xg-figure"{lang} data-options="{data}">\n'
        f'<p lang="en">{english}</p>\n<p lang="zh">{chinese}</p>\n</xg-{name}>'
    )
    return Widget(f"xg-{name}", html)


def _script(name: str) -> str:
    """Return a script as it stands: what a reader of the page sees is the source."""
    return Path(__file__).with_name(f"{name}.js").read_text(encoding="utf-8")


def check_between(name: str, value: float, low: float, high: float) -> None:
    if not (isfinite(value) and low <= value <= high):
        raise ValueError(f"{name} must lie between {low} and {high}, got {value}")


def check_among(name: str, value: object, choices: tuple[object, ...]) -> None:
    if value not in choices:
        raise ValueError(f"{name} must be one of {choices}, got {value!r}")


def check_whole(name: str, value: int, low: int, high: int) -> None:
    check_between(name, value, low, high)
    if value != int(value):
        raise ValueError(f"{name} must be a whole number, got {value}")
