"""`make notebooks`: run what changed, and write both editions of every source.

The code of a chapter runs once and only if it is not the code that ran last time;
`--force` runs it anyway, `--fresh` also after a change to the companion that moves
results: then no stored output is kept.  Prose is always written anew, which takes no
time.
"""

import argparse
import json
import os
import re
import sys
import time
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient

from tools.comparison import kept
from tools.paths import BOOK, README_PICTURE, sources
from tools.render import METADATA, code_cells, render
from tools.site import page
from tools.source import is_chapter, languages, read

__all__ = ["main", "readme_figure", "stored", "update"]

Json = dict[str, Any]
# Whatever the caller's shell draws with, a notebook shows its figures.
INLINE = "module://matplotlib_inline.backend_inline"
README_FIGURE = ("gradient-clipping", "fig-cliff")


def stored(notebook: Path) -> tuple[list[str], list[list[Json]]]:
    """The code that a written notebook ran, and what each of its cells gave."""
    if not notebook.exists():
        return [], []
    cells = json.loads(notebook.read_text("utf-8"))["cells"]
    code = [cell for cell in cells if cell["cell_type"] == "code"]
    return [cell["source"] for cell in code], [cell["outputs"] for cell in code]


def update(source: Path, *, force: bool = False, fresh: bool = False) -> list[Path]:
    """Write the editions of one source; return the files that changed.

    Args:
        source: The bilingual source.
        force: Run its code even if it is the code that ran last time.
        fresh: Run it, and keep nothing of what it gave last time.
    """
    cells = read(source)
    if not is_chapter(cells):
        texts = {language: page(source, language) for language in languages(cells)}
        return _write(source, texts, ".md")
    wanted = [cell.text for cell in code_cells(source)]
    ran, outputs = stored(BOOK / "en" / f"{source.stem}.ipynb")
    code, ran = _without_address(wanted), _without_address(ran)
    if fresh:
        outputs = _execute(source)
    elif force or ran != code:
        outputs = kept(code, _execute(source), ran, outputs)
    texts = {lang: render(source, lang, outputs) for lang in languages(cells)}
    return _write(source, texts, ".ipynb")


def main() -> None:
    """Update the sources named on the command line, or all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("slugs", nargs="*", help="chapters and pages; default all")
    parser.add_argument("--force", action="store_true", help="run unchanged code too")
    parser.add_argument("--fresh", action="store_true", help="... and keep no output")
    arguments = parser.parse_args()
    chosen = [s for s in sources() if s.stem in arguments.slugs or not arguments.slugs]
    # Pages last: the ledger reads the notebooks.
    for source in sorted(chosen, key=lambda path: not is_chapter(read(path))):
        start = time.perf_counter()
        changed = update(source, force=arguments.force, fresh=arguments.fresh)
        state = (
            f"written, {time.perf_counter() - start:.0f} s" if changed else "current"
        )
        sys.stderr.write(f"{source.stem}: {state}\n")
    README_PICTURE.write_text(readme_figure(), "utf-8")


def readme_figure() -> str:
    """The picture of README.md, as the chapter drew it."""
    slug, name = README_FIGURE
    cells = json.loads((BOOK / "en" / f"{slug}.ipynb").read_text("utf-8"))["cells"]
    for cell in cells:
        figure = cell["metadata"].get("mystnb", {}).get("figure", {})
        if figure.get("name") == name:
            return str(cell["outputs"][0]["data"]["image/svg+xml"])
    raise ValueError(f"README_FIGURE must be drawn in {slug}, got {name!r}")


def _write(source: Path, texts: dict[str, str], suffix: str) -> list[Path]:
    changed = []
    for language, text in texts.items():
        path = BOOK / language / f"{source.stem}{suffix}"
        if not path.exists() or path.read_text("utf-8") != text:
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, "utf-8")
            changed.append(path)
    return changed


def _execute(source: Path) -> list[list[Json]]:
    """Run a chapter from top to bottom in a fresh kernel."""
    sys.stderr.write(f"{source.stem}: running ...\n")
    cells = [
        nbformat.v4.new_code_cell(c.text, metadata={"tags": c.metadata.get("tags", [])})
        for c in code_cells(source)
    ]
    notebook = nbformat.v4.new_notebook(cells=cells, metadata=METADATA)
    folder = {"metadata": {"path": str(BOOK / "en")}}
    client = NotebookClient(
        notebook, kernel_name="python3", record_timing=False, resources=folder
    )
    client.execute(env={**os.environ, "MPLBACKEND": INLINE})
    return [_coalesced(cell["outputs"]) for cell in notebook["cells"]]


def _coalesced(outputs: list[Json]) -> list[Json]:
    """Join the pieces of a stream, whose number depends on timing."""
    joined: list[Json] = []
    for output in outputs:
        last = joined[-1] if joined else {}
        name = output.get("name")
        if name and name == last.get("name"):
            last["text"] += output["text"]
        else:
            joined.append(dict(output))
    return joined


def _without_address(code: list[str]) -> list[str]:
    """Code in which the repository's address does not count as a change."""
    return [re.sub(r'"git\+[^"]*"', '"git+"', text) for text in code]


if __name__ == "__main__":
    main()
