"""Drawings come when they are near, and heat maps keep their colours in the dark.

A page keeps the place of each drawing and fetches it when the reader gets there.

A style sheet inverts the figures of the dark page.  What inverts a colour map as well
makes low values bright, the opposite of the interactive figure beside it.  So a figure
that holds a raster stands on the page twice, and its dark copy has the raster inverted
beforehand: the two inversions cancel.  The browser fetches the one that it shows.
"""

import re
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.writers.html5 import HTML5Translator

RASTER = "<image "  # pixels: a colour map, and nothing else in this book
SIZE = re.compile(r'<svg [^>]*?width="([\d.]+)pt" height="([\d.]+)pt"')
INVERTED = '<image style="filter: invert(1) hue-rotate(180deg)" '


def dark_name(name: str) -> str:
    """The file name of a drawing's dark copy."""
    return name.removesuffix(".svg") + "-dark.svg"


def visit_image(translator: HTML5Translator, node: nodes.image) -> None:
    """Write an image, a drawing with its size, and its dark copy if it needs one."""
    start, uri = len(translator.body), node["uri"]
    HTML5Translator.visit_image(translator, node)  # it changes the address in the node
    file = Path(translator.builder.srcdir, uri)
    drawing = file.read_text("utf-8") if file.suffix == ".svg" else ""
    size = SIZE.search(drawing)
    if size is None:
        return
    width, height = (round(float(points) / 0.75) for points in size.groups())
    late = f'<img loading="lazy" width="{width}" height="{height}" '
    html = "".join(translator.body[start:]).replace("<img ", late)
    if RASTER in drawing:
        name = translator.builder.images[uri]
        light = html.replace("<img ", '<img class="only-light" ')
        dark = html.replace("<img ", '<img class="only-dark" ')
        html = light + dark.replace(name, dark_name(name))
    translator.body[start:] = [html]


def write_copies(app: Sphinx, error: Exception | None) -> None:
    """Write the dark copy of every drawing with a raster."""
    if error is not None or app.builder.name != "html":
        return
    for uri, name in app.builder.images.items():
        file = Path(app.srcdir, uri)
        text = file.read_text("utf-8") if file.suffix == ".svg" else ""
        if RASTER in text:
            text = text.replace(RASTER, INVERTED)
            copy = Path(app.outdir, app.builder.imagedir, dark_name(name))
            copy.write_text(text, encoding="utf-8")


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the extension with Sphinx."""
    app.add_node(nodes.image, override=True, html=(visit_image, None))
    app.connect("build-finished", write_copies)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
