"""A page that exists in both editions knows its twin.

A switch in the header leads there, and hreflang links tell search engines.
"""

from pathlib import Path
from typing import Any

from sphinx.application import Sphinx
from sphinx.config import Config

from press.paths import ROOT

HREFLANG = {"en": "en", "zh": "zh-CN"}
LABEL = {"en": "English", "zh": "中文"}
REDIRECT = """<!doctype html>
<html lang="{lang}">
<meta charset="utf-8">
<title>{title}</title>
<meta http-equiv="refresh" content="0; url={home}">
<link rel="canonical" href="{home}">
<a href="{home}">{title}</a>
</html>
"""


def edition(config: Config) -> str:
    """Return the edition that is being built, `en` or `zh`."""
    return "zh" if str(config.language).startswith("zh") else "en"


def write_redirect(app: Sphinx, error: Exception | None) -> None:
    """Replace the toc's bare redirect by a page with a language and a link."""
    if error is None and app.builder.name == "html":
        text = REDIRECT.format(
            lang=HREFLANG[edition(app.config)],
            title=app.config.html_title,
            home=f"{app.config.root_doc}.html",
        )
        (Path(app.outdir) / "index.html").write_text(text, encoding="utf-8")


def link_editions(
    app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: object
) -> None:
    """Tell the page about its twin in the other edition, if there is one."""
    here = edition(app.config)
    there = "zh" if here == "en" else "en"
    twin = page.replace(f"book/{here}/", f"book/{there}/", 1)
    files = [ROOT / f"{twin}{suffix}" for suffix in (".ipynb", ".md")]
    if twin == page or not any(file.exists() for file in files):
        return
    up = context["content_root"] + ("zh/" if there == "zh" else "../")
    context["twin"] = {
        "href": f"{up}{twin}.html",
        "lang": HREFLANG[there],
        "label": LABEL[there],
    }
    english_site = app.config.html_baseurl.removesuffix("zh/")
    sites = {"en": english_site, "zh": english_site + "zh/"}
    links = "".join(
        f'<link rel="alternate" hreflang="{HREFLANG[language]}" '
        f'href="{sites[language]}{name}.html">\n'
        for language, name in sorted([(here, page), (there, twin)])
    )
    context["metatags"] = context.get("metatags", "") + links


def set_addresses(app: Sphinx, config: Config) -> None:
    """Give the opengraph tags the same address, so that it is written once."""
    config.ogp_site_url = config.html_baseurl


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the extension with Sphinx."""
    app.connect("config-inited", set_addresses)
    app.connect("html-page-context", link_editions)
    app.connect("build-finished", write_redirect, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
