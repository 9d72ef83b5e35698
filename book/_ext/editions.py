"""Two editions from one command: building the English book builds the Chinese one.

`jupyter-book build .` reads `_config.yml`.  Beside it, a second process builds the
Chinese edition from that file with `book/zh/_config.yml` laid over it, and its pages
move to `<site>/zh`.  A warning there is a warning here.  A page that exists in both
editions knows its twin: a switch in the header, hreflang links for search engines.
"""

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.errors import ExtensionError
from sphinx.util import logging

logger = logging.getLogger(__name__)

ROOT = Path(__file__).resolve().parents[2]
WORK = ROOT / "_build" / "zh"
JUPYTER_BOOK = "from jupyter_book.cli.main import main; main()"
WARNING = re.compile(r"(WARNING|ERROR): ")
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


def overlay(base: dict[str, Any], upper: dict[str, Any]) -> dict[str, Any]:
    """Lay one nested dictionary over another."""
    merged = dict(base)
    for key, value in upper.items():
        below = merged.get(key)
        both = isinstance(value, dict) and isinstance(below, dict)
        merged[key] = overlay(below, value) if both else value
    return merged


def chinese_config() -> dict[str, Any]:
    """Return the configuration of the Chinese edition, complete."""
    english, chinese = (
        yaml.safe_load(path.read_text(encoding="utf-8"))
        for path in (ROOT / "_config.yml", ROOT / "book" / "zh" / "_config.yml")
    )
    config = overlay(english, chinese)
    config["html"]["baseurl"] += "zh/"
    # Jupyter Book takes these paths from the file's own place, which is below _build.
    extensions = config["sphinx"]["local_extensions"]
    extensions.update({name: str(ROOT / path) for name, path in extensions.items()})
    return config


def start_chinese(app: Sphinx) -> None:
    """Start the Chinese build beside the English one."""
    if edition(app.config) == "zh" or app.builder.name != "html":
        return
    WORK.mkdir(parents=True, exist_ok=True)
    config = WORK / "_config.yml"
    config.write_text(
        yaml.safe_dump(chinese_config(), allow_unicode=True), encoding="utf-8"
    )
    command = [sys.executable, "-c", JUPYTER_BOOK, "build", str(ROOT), "-q"]
    command += ["--config", str(config), "--toc", str(ROOT / "book/zh/_toc.yml")]
    command += ["--path-output", str(WORK)]
    if app.warningiserror or app.keep_going:  # Sphinx 7 keeps -W in either of the two
        command += ["-W", "--keep-going"]
    if app.config.nitpicky:
        command += ["-n"]
    app.chinese_log = (WORK / "build.log").open("w+", encoding="utf-8")
    app.chinese = subprocess.Popen(
        command, stdout=app.chinese_log, stderr=subprocess.STDOUT
    )


def finish_chinese(app: Sphinx, error: Exception | None) -> None:
    """Wait for the Chinese build and move its pages into the site."""
    if not hasattr(app, "chinese"):
        return
    failed = app.chinese.wait() != 0
    app.chinese_log.seek(0)
    report = app.chinese_log.read()
    app.chinese_log.close()
    warnings = [line for line in report.splitlines() if WARNING.search(line)]
    for line in warnings:  # said again here, where -W counts them
        logger.warning("%s", WARNING.sub("", line), type="zh")
    if failed and not warnings:
        raise ExtensionError(f"the Chinese edition failed:\n{report}")
    if error is None:
        site = Path(app.outdir)
        shutil.rmtree(site / "zh", ignore_errors=True)
        shutil.copytree(WORK / "_build" / "html", site / "zh")


def write_redirect(app: Sphinx, error: Exception | None) -> None:
    """Replace the toc's bare redirect by a page with a language and a link."""
    if error is None and app.builder.name == "html":
        text = REDIRECT.format(
            lang=HREFLANG[edition(app.config)],
            title=app.config.html_title,
            home=f"{app.config.root_doc}.html",
        )
        (Path(app.outdir) / "index.html").write_text(text, encoding="utf-8")


def listed(language: str) -> set[str]:
    """Return the pages that the table of contents of an edition lists."""
    toc = ROOT / ("_toc.yml" if language == "en" else "book/zh/_toc.yml")
    content = yaml.safe_load(toc.read_text(encoding="utf-8"))
    chapters = [chapter for part in content["parts"] for chapter in part["chapters"]]
    return {content["root"], *(chapter["file"] for chapter in chapters)}


def link_editions(
    app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: object
) -> None:
    """Tell the page about its twin in the other edition, if there is one."""
    here = edition(app.config)
    there = "zh" if here == "en" else "en"
    twin = page.replace(f"book/{here}/", f"book/{there}/", 1)
    if twin not in listed(there):
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
    app.connect("builder-inited", start_chinese)
    app.connect("html-page-context", link_editions)
    app.connect("build-finished", finish_chinese)
    app.connect("build-finished", write_redirect, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
