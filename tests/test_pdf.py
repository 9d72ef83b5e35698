"""The book as a file: one article out of many, and what it needs to be printed."""

import re

import pytest

from press import pdf

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


def test_what_must_be_installed_is_named(monkeypatch):
    """Without a browser the program ends with one line that says what to install."""
    monkeypatch.setattr(pdf.shutil, "which", lambda name: None)
    with pytest.raises(SystemExit, match=r"^make pdf needs one of chromium.* apt"):
        pdf.chromium()


def test_a_page_without_an_article_is_refused():
    """The theme may change; then the message names the page."""
    with pytest.raises(ValueError, match=r"^book/en/x must hold an article"):
        pdf._article("book/en/x", "<main></main>")


def test_a_browser_that_prints_nothing_is_reported(tmp_path):
    """What the browser said is kept."""
    with pytest.raises(RuntimeError, match=r"^false must print page.html"):
        pdf._chromium_prints("false", tmp_path / "page.html", tmp_path / "page.pdf")
