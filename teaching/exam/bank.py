"""The bank: every question by chapter, and what a seed makes of them."""

import importlib
import pkgutil
from functools import cache

from teaching.exam import long, short
from teaching.exam.question import Question, Template, Topic

__all__ = ["chapters", "draw", "template", "templates"]


@cache
def _topics() -> tuple[Topic, ...]:
    names = sorted(
        f"{package.__name__}.{module.name}"
        for package in (short, long)
        for module in pkgutil.iter_modules(package.__path__)
    )
    return tuple(importlib.import_module(name).TOPIC for name in names)


@cache
def templates() -> tuple[Template, ...]:
    """All questions.

    Raises:
        ValueError: two have one name.
    """
    found: dict[str, Template] = {}
    for topic in _topics():
        for one in topic.templates:
            if one.id in found:
                raise ValueError(f"name must be unique in the bank, got {one.id} twice")
            found[one.id] = one
    return tuple(found.values())


def chapters() -> tuple[str, ...]:
    """The slugs of the chapters that have questions."""
    return tuple(sorted({one.chapter for one in templates()}))


def template(name: str) -> Template:
    """The question of a full name, ``chapter/name``.

    Raises:
        ValueError: there is none of that name.
    """
    for one in templates():
        if one.id == name:
            return one
    raise ValueError(f"name must be that of a question, got {name!r}")


def draw(seed: str) -> tuple[Question, ...]:
    """The whole bank with the numbers of a seed."""
    return tuple(one.draw(seed) for one in templates())
