"""What the site shows: MyST text with claim boxes, generated lists and directives.

Committed notebooks hold plain Markdown, which reads well in Colab and on GitHub; when
the site is built, each Markdown cell takes its MyST text from the source instead.
"""

import json
from pathlib import Path

from tools.claims import with_verdicts
from tools.source import edition, generated, prose, read
from tools.tables import fill

__all__ = ["dress", "page"]


def page(source: Path, language: str) -> str:
    """One edition of a source without code."""
    text = prose(edition(read(source), language)) + "\n"
    return fill(with_verdicts(text, language), language)


def dress(notebook: str, source: Path, language: str) -> str:
    """A notebook with the MyST text of its source in the Markdown cells."""
    content = json.loads(notebook)
    cells = edition(read(source), language)
    kept = [cell for cell in content["cells"] if not generated(cell)]
    if [cell["cell_type"] for cell in kept] != [cell.kind for cell in cells]:
        raise ValueError(f"{source.name} and its notebook differ: run `make notebooks`")
    for old, new in zip(kept, cells, strict=True):
        if new.kind == "markdown":
            text = with_verdicts(new.text, language)
            old["source"] = fill(text, language, chapter=prose(cells))
    content["cells"] = kept
    return json.dumps(content, ensure_ascii=False)
