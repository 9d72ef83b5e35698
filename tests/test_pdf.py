"""The book as a file: one article out of many, and what it needs to be printed."""

import re

import pytest

from press import pdf, printer

ADDRESS = "https://example.org/book/en/index.html"
ARTICLES = {
    "index": '<h1 id="top">Home</h1><a href="clipping.html#far">there</a>',
    "clipping": '<h1 id="top">Clipping</h1><p id="far"><a href="#top">up</a> '
    '<a href="index.html?verdict=true">home</a> <a href="api/linalg.html#norm">API</a> '
    '<a href="https://doi.org/10.1/x">paper</a></p><xg-fold data-for="far"></xg-fold>',
}


def test_names_are_unique_and_links_stay_in_the_file():
    """Two pages may use one name; a link to a page that is left out goes online."""
    text = pdf.join(ARTICLES, address=ADDRESS)
    names = re.findall(r' id="([^"]+)"', text)
    assert len(names) == len(set(names)) == 5
    links = re.findall(r' href="([^"]+)"', text)
    assert links == [
        *("#clipping--far", "#clipping--top", "#index"),
        *("https://example.org/book/en/api/linalg.html#norm", "https://doi.org/10.1/x"),
    ]
    assert {link[1:] for link in links if link.startswith("#")} <= set(names)
    assert 'data-for="clipping--far"' in text


def test_a_page_without_an_article_is_refused():
    """The theme may change; then the message names the page."""
    with pytest.raises(ValueError, match=r"^book/en/x must hold an article"):
        pdf._article("book/en/x", "<main></main>")


def test_what_must_be_installed_is_named(monkeypatch):
    """Without a browser the program ends with one line that says what to install."""
    monkeypatch.setenv("CHROMIUM", "no-such-browser")
    with pytest.raises(
        RuntimeError, match=r"^PDF needs .*apt install chromium.*got no-such-browser"
    ):
        printer.browser()
    with pytest.raises(SystemExit, match=r"^make pdf: PDF needs"):
        pdf.main()


def test_a_browser_that_leaves_no_file_is_reported(monkeypatch, tmp_path):
    """What the browser said is kept."""
    program = tmp_path / "browser"
    program.write_text("#!/bin/sh\necho broken >&2\nexit 3\n")
    program.chmod(0o755)
    monkeypatch.setenv("CHROMIUM", str(program))
    with pytest.raises(RuntimeError, match=r"paper\.pdf must be printed, got: broken"):
        printer.print_pdf(tmp_path / "paper.html", tmp_path / "paper.pdf")
