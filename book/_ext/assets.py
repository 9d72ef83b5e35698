"""What a page needs before it can be read: one style sheet, no script that blocks.

The themes and extensions of Jupyter Book bring thirteen style sheets, one of which
imports another, and ten scripts in the head.  The sheets are joined in their order, and
what no page or script can use is left out, half of it; the scripts wait until the page
is parsed.  Font Awesome is not loaded at all: the few icons of the theme are drawn in
`_static/icons.css`.
"""

import filecmp
import hashlib
import posixpath
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import katex_ssr
from sphinx.application import Sphinx
from sphinx.builders.html._assets import _JavaScript
from sphinx.environment import BuildEnvironment
from sphinx.errors import ExtensionError

STATIC = Path(__file__).parents[1] / "_static"
SHEET = "book-all.css"
# The theme's templates link these three themselves, ahead of all others.
FIRST = [f"styles/{name}.css" for name in ("theme", "bootstrap", "pydata-sphinx-theme")]
# Read while the page is parsed: what a line of the theme's own completes.
AT_ONCE = {"documentation_options.js"}
# sphinx-thebe, which has an error for the console, sphinx-togglebutton, sphinx-design.
UNUSED = re.compile("thebe|toggle-?button|toggle(Hint|OpenOn)|design-tabs", re.I)
# Scripts of one page, run after all others.
OWN = {"search": "search.js", "claims-ledger": "ledger.js"}
# The theme measures every box of code as the page loads, a layout of the page for each;
# book.js does it when a box comes in sight.
MEASURED = (
    'document.querySelectorAll("pre, .nboutput > .output_area, '
    '.cell_output > .output, .jp-RenderedHTMLCommon")'
)
IMPORT = re.compile(r'@import\s+"([^"]+)"\s*;?')
ADDRESS = re.compile(r"url\(\s*([\"']?)(?!data:|#)([^)\"']+)\1\s*\)")
CHARSET = re.compile(r"@charset[^;]*;")
COMMENT = re.compile(r"/\*(?!!).*?\*/", re.S)  # /*! is a licence
PURGE = Path(__file__).with_name("purge.cjs")


def restyle(app: Sphinx, env: BuildEnvironment, *_: set[str]) -> set[str]:
    """Name one page when a style sheet or script changed: Sphinx looks at texts.

    It is enough to have the files copied and the sheets joined once more.
    """
    built = Path(app.outdir, "_static")
    for file in STATIC.iterdir():
        copy = built / file.name
        if not copy.exists() or not filecmp.cmp(file, copy, shallow=False):
            return {app.config.root_doc}
    return set()


def is_unused(file: object) -> bool:
    """Tell what extensions of Jupyter Book load unasked and no page of ours uses."""
    return UNUSED.search(f"{file} {getattr(file, 'attributes', '')}") is not None


def version() -> str:
    """A fingerprint of our own styles: a browser that kept older ones asks again."""
    styles = b"".join(path.read_bytes() for path in sorted(STATIC.glob("*.css")))
    return hashlib.sha256(styles).hexdigest()[:8]


def link_one_sheet(
    app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: object
) -> None:
    """Note the sheets that a page would link, and link the joined one instead."""
    sheets = [file for file in context["css_files"] if not is_unused(file)]
    names = [str(sheet.filename).removeprefix("_static/") for sheet in sheets]
    app.sheets = list(dict.fromkeys([*getattr(app, "sheets", FIRST), *names]))
    context["css_files"] = []
    context["sheet"] = {"name": SHEET, "version": version()}


def defer_scripts(
    app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: object
) -> None:
    """Let scripts wait for the page, but on the search page, where Sphinx's do not."""
    scripts = [file for file in context["script_files"] if not is_unused(file)]
    if page != "search":
        scripts = [_deferred(script) for script in scripts]
    own = OWN.get(posixpath.basename(page))
    if own:
        scripts.append(_JavaScript(f"_static/{own}", defer="defer"))
    context["script_files"] = scripts


def _deferred(script: _JavaScript | str) -> _JavaScript | str:
    name = getattr(script, "filename", None)
    if not name or posixpath.basename(str(name)) in AT_ONCE:
        return script
    return _JavaScript(
        name, priority=script.priority, **{**script.attributes, "defer": "defer"}
    )


def flatten(static: Path, name: str) -> str:
    """A sheet with its imports in place and its addresses as seen from `static`."""
    text = (static / name).read_text("utf-8")
    folder = posixpath.dirname(name)

    def from_here(address: str) -> str:
        return posixpath.normpath(posixpath.join(folder, address))

    text = ADDRESS.sub(lambda found: f'url("{from_here(found[2])}")', text)
    text = IMPORT.sub(lambda found: flatten(static, from_here(found[1])), text)
    return CHARSET.sub("", text)


def purge(site: Path, sheet: Path) -> None:
    """Leave out of a sheet what nothing on a site can use."""
    command = [katex_ssr.node(), PURGE, site, sheet]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    if run.returncode:
        raise ExtensionError(f"{sheet.name} must be purged, got\n{run.stderr}")
    sheet.write_text(run.stdout, encoding="utf-8")


def join_sheets(app: Sphinx, error: Exception | None) -> None:
    """Write the joined sheet, drop the fonts that no page asks for, spare layouts."""
    if error is not None or not hasattr(app, "sheets"):
        return
    static = Path(app.outdir, "_static")
    joined = "\n".join(flatten(static, name) for name in app.sheets)
    (static / SHEET).write_text(COMMENT.sub("", joined), encoding="utf-8")
    purge(Path(app.outdir), static / SHEET)
    shutil.rmtree(static / "vendor" / "fontawesome", ignore_errors=True)
    script = static / "scripts" / "pydata-sphinx-theme.js"
    text = script.read_text("utf-8")
    if MEASURED not in text:
        raise ExtensionError(f"{script.name} must measure the boxes of code, got none")
    script.write_text(text.replace(MEASURED, "[]"), encoding="utf-8")


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the extension with Sphinx."""
    app.connect("env-get-outdated", restyle)
    app.connect("html-page-context", link_one_sheet, priority=950)
    app.connect("html-page-context", defer_scripts, priority=950)
    app.connect("build-finished", join_sheets, priority=950)  # after the themes'
    return {"parallel_read_safe": True, "parallel_write_safe": True}
