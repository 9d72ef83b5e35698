"""The Chinese edition's configuration and contents: the English ones, overlaid.

`make book` writes them before it builds.  `book/zh/_config.yml` holds what differs,
and the captions of the parts; a page is listed as soon as it is translated.
"""

import sys
from pathlib import Path
from typing import Any

import yaml

from press.paths import BOOK, CONFIG, ROOT, TOC, read_yaml

__all__ = ["configuration", "contents", "main"]

Yaml = dict[str, Any]
OVERLAY = BOOK / "zh" / "_config.yml"


def configuration() -> Yaml:
    """The complete configuration of the Chinese edition."""
    config = _over(read_yaml(CONFIG), read_yaml(OVERLAY))
    del config["captions"]
    config["html"]["baseurl"] += "zh/"
    # Jupyter Book takes these paths from the file's own place, which is below _build.
    extensions = config["sphinx"]["local_extensions"]
    extensions.update({name: str(ROOT / path) for name, path in extensions.items()})
    return config


def contents() -> Yaml:
    """The pages that are translated, in the order of the English table of contents."""
    english = TOC.read_text("utf-8")
    toc = yaml.safe_load(english.replace("book/en/", "book/zh/"))
    captions = read_yaml(OVERLAY)["captions"]
    parts = []
    for part in toc["parts"]:
        listed = [page for page in part["chapters"] if _exists(page["file"])]
        if listed:
            if part["caption"] not in captions:
                raise ValueError(
                    f"captions of {OVERLAY.name} must have every part, "
                    f"got no {part['caption']!r}"
                )
            caption = captions[part["caption"]]
            parts.append({**part, "caption": caption, "chapters": listed})
    return {**toc, "parts": parts}


def main() -> None:
    """Write both files into the folder named on the command line."""
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in (("_config", configuration()), ("_toc", contents())):
        text = yaml.safe_dump(content, allow_unicode=True, sort_keys=False)
        (folder / f"{name}.yml").write_text(text, "utf-8")


def _over(base: Yaml, upper: Yaml) -> Yaml:
    """Lay one nested dictionary over another."""
    merged = dict(base)
    for key, value in upper.items():
        below = merged.get(key)
        if isinstance(value, dict) and isinstance(below, dict):
            merged[key] = _over(below, value)
        else:
            merged[key] = value
    return merged


def _exists(page: str) -> bool:
    return any((ROOT / f"{page}{suffix}").exists() for suffix in (".ipynb", ".md"))


if __name__ == "__main__":
    main()
