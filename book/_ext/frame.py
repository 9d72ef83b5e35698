"""The words around a page in the language of its edition.

The theme has no Chinese for half of its buttons.  What is missing stands in
`book/locale`, where Sphinx finds it (`locale_dirs`); the buttons of the header come
translated by a catalogue of their own, so they are asked once more here.
"""

from collections.abc import Callable
from typing import Any

from sphinx.application import Sphinx

SPOKEN = ("text", "tooltip")


def translate_buttons(
    app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: object
) -> None:
    """Say the buttons of the header in the words of our catalogue."""
    say = app.translator.gettext
    speak(context.get("header_buttons", []), say)
    theirs = context.get("translate", str)
    context["translate"] = lambda text: say(theirs(text))


def speak(buttons: list[dict[str, Any]], say: Callable[[str], str]) -> None:
    """Translate buttons, and the buttons in their menus, in place."""
    for button in buttons:
        button.update({key: say(button[key]) for key in SPOKEN if button.get(key)})
        speak(button.get("buttons", []), say)


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the extension with Sphinx."""
    app.connect("html-page-context", translate_buttons, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
