"""``make pdf``: each edition as one file, printed by Chromium from the built pages.

The articles are joined in the order of the contents, and a link between them becomes a
link within the file; the pages of the companion's modules stay online.
"""

import re
import sys
from pathlib import Path
from urllib.parse import urljoin

from press.chinese import contents
from press.paths import CONFIG, ROOT, TOC, read_yaml
from press.printer import browser, print_pdf

__all__ = ["join", "main"]

SITE = ROOT / "_build" / "html"
OUT = ROOT / "_build" / "pdf"
ARTICLE = re.compile(r'(?<=<article class="bd-article">).*(?=</article>)', re.DOTALL)
NAME = re.compile(r'( (?:id|for|data-for|aria-labelledby|aria-describedby)=")([^"]+)')
LINK = re.compile(r' href="([^"#$?]*)[^"#$]*(?:#([^"]*))?"')
# Three quarters of the screen's size; figures are drawn before the print begins.
PAPER = """<style>
@page { size: A4; margin: 16mm 15mm 18mm; @bottom-center { content: counter(page); } }
.bd-article { zoom: 0.75; }
.page + .page { break-before: page; }
</style>
<script>
addEventListener("load", () => dispatchEvent(new Event("beforeprint")));
</script>
"""


def join(articles: dict[str, str], *, address: str) -> str:
    """One article out of many: unique names, and links that stay in the file.

    Args:
        articles: The inside of each page's article, by the page's name.
        address: Where the pages are published, for links to pages left out.
    """

    def aim(page: str, link: re.Match[str]) -> str:
        path, name = link[1], link[2]
        target = path.removesuffix(".html") if path else page
        if target in articles:
            return f' href="#{target}{f"--{name}" if name else ""}"'
        return f' href="{urljoin(address, path)}{f"#{name}" if name else ""}"'

    sections = []
    for page, article in articles.items():
        text = NAME.sub(rf"\g<1>{page}--\g<2>", article)
        text = LINK.sub(lambda link, page=page: aim(page, link), text)  # type: ignore[misc]
        sections.append(f'<section class="page" id="{page}">{text}</section>')
    return "\n".join(sections)


def main() -> None:
    """Print the editions that are built."""
    try:
        browser()
    except RuntimeError as error:
        sys.exit(f"make pdf: {error}")
    OUT.mkdir(parents=True, exist_ok=True)
    address = read_yaml(CONFIG)["html"]["baseurl"]
    english = read_yaml(TOC)
    for edition, toc in (("", english), ("zh/", contents())):
        order = [toc["root"]]
        order += [page["file"] for part in toc["parts"] for page in part["chapters"]]
        home = SITE / edition / f"{order[0]}.html"
        text = _whole(SITE / edition, order, address=urljoin(address, edition))
        file = OUT / f"exploding-gradients{edition and '-zh'}.pdf"
        # It stands among the pages while it is printed: their styles, their pictures.
        page = home.with_name("whole-book.html")
        page.write_text(text, "utf-8")
        try:
            print_pdf(page, file, seconds=1800)
        finally:
            page.unlink()
        print(f"{file}: {file.stat().st_size / 1e6:.1f} MB")


def _whole(site: Path, order: list[str], *, address: str) -> str:
    """The home page with the articles of all pages in the place of its own."""
    built = {page: (site / f"{page}.html").read_text("utf-8") for page in order}
    articles = {Path(page).name: _article(page, text) for page, text in built.items()}
    joined = join(articles, address=urljoin(address, f"{order[0]}.html"))
    home = ARTICLE.sub(lambda _: joined, built[order[0]])
    return home.replace("</head>", f"{PAPER}</head>")


def _article(page: str, text: str) -> str:
    found = ARTICLE.search(text)
    if found is None:
        raise ValueError(f"{page} must hold an article of class bd-article, got none")
    return found[0]


if __name__ == "__main__":
    main()
