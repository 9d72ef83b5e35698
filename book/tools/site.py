"""What the site shows: MyST text with claim boxes, generated lists and directives.

Committed notebooks hold plain Markdown, which reads well in Colab and on GitHub; when
the site is built, each Markdown cell takes its MyST text from the source instead.
"""

import json
from pathlib import Path

from tools.claims import with_verdicts
from tools.directives import Directive, replace_directives
from tools.plain import choices
from tools.source import edition, generated, prose, read
from tools.tables import fill

__all__ = ["dress", "page"]


def page(source: Path, language: str) -> str:
    """One edition of a source without code."""
    text = prose(edition(read(source), language)) + "\n"
    return fill(with_verdicts(text, language), language)


def _dressed(text: str, language: str) -> str:
    """The directives of ours as ones that Sphinx knows."""

    def convert(box: Directive) -> str:
        if box.name == "exercise":
            stars = "★" * int(box.options.get("stars", 0))
            kept = {key: box.options[key] for key in box.options if key != "stars"}
            return str(box._replace(title=f"{box.title} {stars}", options=kept))
        if box.name != "predict":
            return str(box)
        title = {"en": "Predict", "zh": "先预测"}[language]
        body = "\n".join([box.body, "", *(f"- {c}" for c in choices(box))])
        return str(Directive(":::", "admonition", title, {"class": "predict"}, body))

    return replace_directives(with_verdicts(text, language), convert)


def dress(notebook: str, source: Path, language: str) -> str:
    """A notebook with the MyST text of its source in the Markdown cells."""
    content = json.loads(notebook)
    cells = edition(read(source), language)
    kept = [cell for cell in content["cells"] if not generated(cell)]
    if [cell["cell_type"] for cell in kept] != [cell.kind for cell in cells]:
        raise ValueError(f"{source.name} and its notebook differ: run `make notebooks`")
    for old, new in zip(kept, cells, strict=True):
        if new.kind == "markdown":
            text = _dressed(new.text, language)
            old["source"] = fill(text, language, chapter=prose(cells))
    content["cells"] = kept
    return json.dumps(content, ensure_ascii=False)
