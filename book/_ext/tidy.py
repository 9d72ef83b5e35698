"""Mend the pages that Jupyter Book 1.0.4 and its extensions leave untidy."""

import filecmp
import re
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.writers.html5 import HTML5Translator

STATIC = Path(__file__).parents[1] / "_static"

# sphinx-proof and sphinx-exercise give the body of every box the same id.
SHARED_IDS = {"proof-content", "exercise-content", "solution-content"}


def restyle(app: Sphinx, env: BuildEnvironment, *_: set[str]) -> set[str]:
    """Name every page when a style sheet or script changed: Sphinx looks at texts."""
    built = Path(app.outdir, "_static")
    for file in STATIC.iterdir():
        copy = built / file.name
        if not copy.exists() or not filecmp.cmp(file, copy, shallow=False):
            return set(env.all_docs)
    return set()


def unique_ids(app: Sphinx, doctree: nodes.document) -> None:
    """Number the ids that repeat (Sphinx wants a section to have one)."""
    for number, section in enumerate(doctree.findall(nodes.section)):
        section["ids"] = [
            f"{name}-{number}" if name in SHARED_IDS else name
            for name in section["ids"]
        ]


def mark_han(app: Sphinx, doctree: nodes.document) -> None:
    """Tell emphasized Chinese, which gets dots, from a title in Latin letters."""
    for emphasis in doctree.findall(nodes.emphasis):
        if re.search("[\u3400-\u9fff]", emphasis.astext()):
            emphasis["classes"].append("han")


def drop_thebe(
    app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: object
) -> None:
    """Drop sphinx-thebe: loaded unasked, twice, with an error on the console."""
    for key in ("script_files", "css_files"):
        context[key] = [
            file
            for file in context.get(key, [])
            if "thebe" not in f"{file} {getattr(file, 'attributes', '')}".lower()
        ]


def visit_citation(translator: HTML5Translator, node: nodes.citation) -> None:
    """Write an entry without docutils' roles, which are deprecated and misplaced."""
    start = len(translator.body)
    HTML5Translator.visit_citation(translator, node)
    translator.body[start:] = [
        re.sub(r' role="[a-z-]+"', "", part) for part in translator.body[start:]
    ]


def depart_citation(translator: HTML5Translator, node: nodes.citation) -> None:
    """End the entry."""
    HTML5Translator.depart_citation(translator, node)


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the extension with Sphinx."""
    app.add_node(nodes.citation, override=True, html=(visit_citation, depart_citation))
    app.connect("env-get-outdated", restyle)
    app.connect("doctree-read", unique_ids)
    app.connect("doctree-read", mark_han)
    app.connect("html-page-context", drop_thebe, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
