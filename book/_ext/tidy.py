"""Mend what sphinx-proof, sphinx-exercise and docutils leave untidy in a page."""

import re
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.writers.html5 import HTML5Translator

# sphinx-proof and sphinx-exercise give the body of every box the same id.
SHARED_IDS = {"proof-content", "exercise-content", "solution-content"}


def unique_ids(app: Sphinx, doctree: nodes.document) -> None:
    """Number the ids that repeat (Sphinx wants a section to have one)."""
    for number, section in enumerate(doctree.findall(nodes.section)):
        section["ids"] = [
            f"{name}-{number}" if name in SHARED_IDS else name
            for name in section["ids"]
        ]


def visit_citation(translator: HTML5Translator, node: nodes.citation) -> None:
    """Write an entry without docutils' roles, which are deprecated and misplaced."""
    start = len(translator.body)
    HTML5Translator.visit_citation(translator, node)
    translator.body[start:] = [
        re.sub(r' role="[a-z-]+"', "", part) for part in translator.body[start:]
    ]


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the extension with Sphinx."""
    app.add_node(nodes.citation, override=True, html=(visit_citation, None))
    app.connect("doctree-read", unique_ids)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
