"""Hooks that do not travel: a copied or pickled model leaves its recorder behind."""

from collections.abc import Callable
from typing import Any


def _nothing(*_: object, **__: object) -> None:
    """What a hook becomes in a copy of the model."""


def _inert() -> Callable[..., None]:
    return _nothing


class Hook:
    """A callable that a deep copy or a pickle replaces by one that does nothing."""

    def __init__(self, call: Callable[..., None]) -> None:
        """Wrap what the hook shall do."""
        self.call = call

    def __call__(self, *args: object, **kwargs: object) -> None:
        """Do it; a forward hook that returns None changes no output."""
        self.call(*args, **kwargs)

    def __deepcopy__(self, memo: dict[int, Any]) -> Callable[..., None]:
        """Stay behind."""
        return _nothing

    def __reduce__(self) -> tuple[Callable[[], Callable[..., None]], tuple[()]]:
        """Stay behind: what is loaded again does nothing."""
        return _inert, ()
