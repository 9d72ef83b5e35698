"""Cut Font Awesome down to the icons that the theme names: 4 kB instead of 1.8 MB."""

import re
import shutil
from pathlib import Path
from typing import Any

import pydata_sphinx_theme
import sphinx_book_theme
from fontTools import subset
from sphinx.application import Sphinx
from sphinx.config import Config

THEMES = [
    Path(theme.__file__).parent for theme in (pydata_sphinx_theme, sphinx_book_theme)
]
FAMILIES = {
    "fa-solid-900": ("Font Awesome 6 Free", 900),
    "fa-brands-400": ("Font Awesome 6 Brands", 400),
}
# What Font Awesome's own stylesheet says of every icon, in short.
BASE = """
:root{--fa-font-solid:normal 900 1em/1 "Font Awesome 6 Free";
--fa-font-brands:normal 400 1em/1 "Font Awesome 6 Brands"}
.fa-solid,.fas,.fa-brands,.fab{display:inline-block;font:var(--fa-font-solid);
text-rendering:auto;-webkit-font-smoothing:antialiased}
.fa-brands,.fab{font:var(--fa-font-brands)}
.fa-lg{font-size:1.25em;line-height:.05em;vertical-align:-.075em}
"""


def theme_text() -> str:
    """Return all templates, scripts and styles of the two themes but Font Awesome's."""
    files = (
        file
        for theme in THEMES
        for file in sorted(theme.rglob("*"))
        if file.suffix in {".html", ".py", ".js", ".css"} and "vendor" not in file.parts
    )
    return "\n".join(file.read_text(encoding="utf-8") for file in files)


def icons_in_use(css: str, text: str) -> dict[str, str]:
    """Map the names of the icons that the text uses to their code points."""
    rule = re.compile(r'((?:\.fa-[a-z0-9-]+:before,?)+)\{content:"\\([0-9a-f]+)"\}')
    codes = {
        name: code
        for names, code in rule.findall(css)
        for name in re.findall(r"\.(fa-[a-z0-9-]+):before", names)
    }
    used = {"fa-github", *re.findall(r"fa-[a-z0-9-]+", text)}  # fa-{provider} in Python
    return {name: codes[name] for name in sorted(used & codes.keys())}


def write_icons(vendor: Path, out: Path) -> None:
    """Write icons.css and the two small fonts beside it."""
    text = theme_text()
    icons = icons_in_use(
        (vendor / "css" / "all.min.css").read_text(encoding="utf-8"), text
    )
    # The themes' own CSS draws some icons by their characters.
    points = {int(code, 16) for code in icons.values()}
    points |= {
        ord(character) for character in text if "\ue000" <= character <= "\uf8ff"
    }
    points |= {int(code, 16) for code in re.findall(r"\\(f[0-9a-f]{3})\b", text)}
    rules = [f'.{name}:before{{content:"\\{code}"}}' for name, code in icons.items()]
    for file, (family, weight) in FAMILIES.items():
        options = subset.Options(flavor="woff", layout_features=[], notdef_outline=True)
        options.recalc_timestamp = False
        font = subset.load_font(str(vendor / "webfonts" / f"{file}.ttf"), options)
        cutter = subset.Subsetter(options)
        cutter.populate(unicodes=points)
        cutter.subset(font)
        subset.save_font(font, str(out / f"{file}.woff"), options)
        rules.append(
            f'@font-face{{font-family:"{family}";font-weight:{weight};'
            f"font-display:block;src:url({file}.woff)}}"
        )
    (out / "icons.css").write_text(BASE + "\n".join(rules), encoding="utf-8")


def offer_icons(app: Sphinx, config: Config) -> None:
    """Make the icons once a build folder, and offer them as static files."""
    static = Path(app.outdir).parent / "icons"
    vendor = next(THEMES[0].rglob("fontawesome/*/css")).parent
    if not (static / "icons" / "icons.css").exists():
        (static / "icons").mkdir(parents=True, exist_ok=True)
        write_icons(vendor, static / "icons")
    config.html_static_path.append(str(static))


def drop_original(app: Sphinx, error: Exception | None) -> None:
    """Remove the theme's copy of Font Awesome from the site: no page asks for it."""
    shutil.rmtree(Path(app.outdir) / "_static" / "vendor" / "fontawesome", True)


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the extension with Sphinx."""
    app.connect("config-inited", offer_icons)
    app.connect("build-finished", drop_original, priority=100)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
