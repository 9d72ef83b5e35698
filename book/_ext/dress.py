"""On the site, a notebook's plain Markdown is replaced by its MyST source.

The committed notebooks hold Markdown that Colab and GitHub can show; the boxes, the
numbers and the cross-references exist only in `book/src/<slug>.md`.  When Sphinx reads
`book/<language>/<slug>.ipynb`, the cells are dressed again from there.
"""

import sys
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx

BOOK = Path(__file__).resolve().parents[1]


def dress_notebook(app: Sphinx, docname: str, content: list[str]) -> None:
    """Put the MyST source into the notebook's Markdown cells."""
    notebook = Path(app.env.doc2path(docname))
    source = BOOK / "src" / f"{notebook.stem}.md"
    if notebook.suffix != ".ipynb" or not source.exists():
        return
    from tools.site import dress  # late: most pages are no notebooks

    language = notebook.parent.name
    content[0] = dress(content[0], source, language)
    app.env.note_dependency(str(source))
    app.env.note_dependency(str(BOOK / "tools" / "site.py"))


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the extension with Sphinx."""
    if str(BOOK) not in sys.path:
        sys.path.insert(0, str(BOOK))
    app.connect("source-read", dress_notebook)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
