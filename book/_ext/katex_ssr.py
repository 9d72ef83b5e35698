"""Typeset the mathematics by KaTeX while the book is built: no script on the page.

KaTeX comes from `node_modules` (see package.json) and runs in one node process that
answers line by line; its stylesheet and fonts are copied into the site.  A page of
formulas asks for their two fonts at once, so that no line moves when they come.  TeX
that KaTeX cannot read is a Sphinx warning with its place, so that `-W` stops the build.
"""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.errors import ExtensionError
from sphinx.locale import _
from sphinx.util import logging
from sphinx.util.math import get_node_equation_number
from sphinx.writers.html5 import HTML5Translator

from press.paths import ROOT

logger = logging.getLogger(__name__)

DIST = ROOT / "node_modules" / "katex" / "dist"
WORKER = Path(__file__).with_name("katex_worker.cjs")
# Sphinx numbers the equations; KaTeX would number these environments once more.
NUMBERED = re.compile(r"\\(begin|end)\{(align|alignat|equation|gather)\}")
# A browser refuses to fetch a font for a page that is opened as a file.
FONTS = """
if (location.protocol !== "file:") for (const font of ["Main-Regular", "Math-Italic"])
  document.head.append(Object.assign(document.createElement("link"), {
    rel: "preload", as: "font", crossOrigin: "", href: `%sKaTeX_${font}.woff2` }));
"""


def node() -> str:
    """The node that pip installed beside Python, or any other."""
    beside = Path(sys.executable).with_name("node")
    found = str(beside) if beside.exists() else shutil.which("node")
    if found is None or not DIST.exists():
        raise ExtensionError("KaTeX is missing: run `make book`, or `npm ci`")
    return found


class Katex:
    """A node process that turns TeX into HTML and MathML."""

    def __init__(self) -> None:
        """Prepare; the process starts with the first formula."""
        self.process: subprocess.Popen[str] | None = None

    def start(self) -> subprocess.Popen[str]:
        """Start node, which waits for formulas."""
        return subprocess.Popen(
            [node(), str(WORKER)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            encoding="utf-8",
            cwd=ROOT,
        )

    def render(self, tex: str, *, display: bool) -> str:
        """Return the HTML of a formula; ValueError if KaTeX cannot read it."""
        if self.process is None:
            self.process = self.start()
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps({"tex": tex, "display": display}) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            raise ExtensionError(f"node stopped at the formula {tex!r}")
        answer = json.loads(line)
        if "error" in answer:
            raise ValueError(answer["error"])
        return answer["html"]

    def close(self, *_args: object) -> None:
        """End the process: it stops at the end of its input."""
        if self.process is not None:
            self.process.communicate()
            self.process = None


katex = Katex()


def typeset(translator: HTML5Translator, node: nodes.Node, *, display: bool) -> str:
    """Return the HTML of a mathematics node, or its TeX with a warning."""
    tex = node.astext()
    if display:
        tex = NUMBERED.sub(r"\\\1{\2*}", tex)
        if "\\\\" in tex and "\\begin" not in tex:  # bare lines, as Sphinx allows
            tex = f"\\begin{{gathered}}{tex}\\end{{gathered}}"
    try:
        return katex.render(tex, display=display)
    except ValueError as error:
        logger.warning("%s", str(error)[:300], location=node, type="katex")
        return f"<code>{translator.encode(tex)}</code>"


def visit_inline(translator: HTML5Translator, node: nodes.math) -> None:
    """Write a formula in the line."""
    translator.body.append(translator.starttag(node, "span", "", CLASS="math"))
    translator.body.append(typeset(translator, node, display=False) + "</span>")
    raise nodes.SkipNode


def visit_display(translator: HTML5Translator, node: nodes.math_block) -> None:
    """Write a displayed formula, with its number and a link to itself."""
    translator.body.append(translator.starttag(node, "div", CLASS="math"))
    translator.body.append(typeset(translator, node, display=True))
    if node["number"]:
        number = get_node_equation_number(translator, node)
        translator.body.append(f'<span class="eqno">({number})')
        translator.add_permalink_ref(node, _("Link to this equation"))
        translator.body.append("</span>")
    translator.body.append("</div>\n")
    raise nodes.SkipNode


def copy_assets(app: Sphinx, config: Config) -> None:
    """Offer KaTeX's stylesheet and woff2 fonts to Sphinx as static files."""
    if not DIST.exists():
        return  # the first formula says what is missing
    static = Path(app.outdir).parent / "katex"
    (static / "katex" / "fonts").mkdir(parents=True, exist_ok=True)
    css = (DIST / "katex.min.css").read_text(encoding="utf-8")
    older = r',url\(fonts/[^)]+\.(?:woff|ttf)\) format\("[a-z]+"\)'
    css = re.sub(older, "", css)  # woff2 is enough, and the only one that is copied
    (static / "katex" / "katex.css").write_text(css, encoding="utf-8")
    for font in DIST.glob("fonts/*.woff2"):
        shutil.copy(font, static / "katex" / "fonts")
    config.html_static_path.append(str(static))
    app.add_css_file("katex/katex.css", priority=300)


def ask_for_fonts(
    app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: object
) -> None:
    """Have a page of formulas fetch their fonts before it knows its styles.

    A chapter opens with a picture, which the fonts would hold up.
    """
    body = context.get("body", "")
    if 'class="katex"' in body and 'class="cell ' not in body:
        fonts = context["pathto"]("_static/katex/fonts/", 1)
        context["metatags"] += f"<script>{FONTS % fonts}</script>\n"


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the renderer with Sphinx."""
    app.add_html_math_renderer("katex_ssr", (visit_inline, None), (visit_display, None))
    app.connect("config-inited", copy_assets)
    app.connect("html-page-context", ask_for_fonts)
    app.connect("build-finished", katex.close)
    # One process, one conversation: pages may be read in parallel, not written.
    return {"parallel_read_safe": True, "parallel_write_safe": False}
