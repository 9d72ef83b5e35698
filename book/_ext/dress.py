"""The site reads the book, too: MyST text instead of a notebook's plain Markdown.

The committed notebooks hold Markdown that Colab and GitHub can show; a page is made
from the same source and the stored outputs by `press.site`.  Numbers come from the book
and not from the edition's own table of contents, so that both editions have the same,
and what the Chinese edition does not have yet is linked to in the English one.
"""

import hashlib
import re
from typing import Any

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.errors import SphinxError
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx_external_toc.collectors import TocTreeCollectorWithStyles as TocCollector

from press.book import Book, read_book
from press.markup import Place
from press.paths import BOOK, REFERENCES, TERMS, TOC
from press.site import dress

FOLDERS = ("press", "_ext", "_templates", "_templates/static")
MADE_FROM = [*(BOOK / name for name in FOLDERS), REFERENCES, TERMS, TOC]


class BookError(SphinxError):
    """Something in a source that no page could show."""

    category = "The book"


def the_book() -> Book:
    """Return the book, or stop the build with the line that says what is wrong."""
    try:
        book = read_book()
        book.validate()
    except ValueError as error:
        raise BookError(str(error)) from None
    return book


def place(docname: str) -> tuple[str, str]:
    """Return what a page shows, and its language: `book/en/index`, or a name alone."""
    found = re.search(r"book/(\w+)/(.+)$", docname)
    return (found[2], found[1]) if found else (docname, "")


def dress_notebook(app: Sphinx, docname: str, content: list[str]) -> None:
    """Read a chapter's page from the book."""
    slug, language = place(docname)
    document = the_book().documents.get(slug)
    if document is None or not document.is_chapter:
        return
    try:
        content[0] = dress(the_book(), document, language)
    except ValueError as error:
        raise BookError(str(error)) from None
    app.env.note_dependency(str(document.path))
    app.env.note_dependency(str(document.notebook))


def outdated(app: Sphinx, env: BuildEnvironment, *_: set[str]) -> set[str]:
    """Name every page when something changed of which all are made."""
    digest = hashlib.sha256()
    for path in MADE_FROM:
        for file in sorted(path.glob("*.*")) if path.is_dir() else [path]:
            digest.update(file.read_bytes())
    before = getattr(env, "made_from", "")
    env.made_from = digest.hexdigest()
    return set(env.all_docs) if before not in ("", env.made_from) else set()


def number_by_the_book(app: Sphinx) -> None:
    """Count the chapters as the book does, whatever an edition leaves out."""
    assign = TocCollector.assign_section_numbers
    numbers = the_book().numbers

    def assigned(self: TocCollector, env: BuildEnvironment) -> list[str]:
        before = env.toc_secnumbers
        assign(self, env)
        for docname, sections in env.toc_secnumbers.items():
            chapter = numbers[place(docname)[0]]
            for anchor, number in sections.items():
                sections[anchor] = number and (chapter, *number[1:])
            links = env.tocs[docname].findall(nodes.reference)
            for node in [env.titles[docname], *links]:
                if node.get("secnumber"):
                    node["secnumber"] = [chapter, *node["secnumber"][1:]]
        return [d for d, now in env.toc_secnumbers.items() if now != before.get(d)]

    TocCollector.assign_section_numbers = assigned


class LinkAcross(SphinxPostTransform):
    """Lead a reference to what only the English edition has there, with its number."""

    default_priority = 5  # before Sphinx misses it

    def run(self, **_: object) -> None:
        """Replace each reference of the Chinese edition that would miss."""
        slug, here = place(self.env.docname)
        if here == "en":
            return
        book = the_book()
        up = "../" * (self.env.docname.count("/") + 1)
        for node in list(self.document.findall(addnodes.pending_xref)):
            name, words = node["reftarget"], node.astext()
            if node["reftype"] == "doc":
                name, anchor = place(name)[0], ""
                document = book.documents.get(name)
            elif node.get("refdomain") in ("prf", "math", "std"):
                label = book.labels.get(name)
                document = label and book.documents[label.slug]
                kind = "equation-" if node["refdomain"] == "math" else ""
                anchor = f"#{kind}{name}"
            else:
                continue
            if document is None or here in document.editions:
                continue
            if words == node["reftarget"]:
                where = Place(slug, node.line or 0)
                named = document.english.title if not anchor else ""
                words = named or book.called(name, here, where)
            address = f"{up}book/en/{document.slug}.html{anchor}"
            link = nodes.reference("", words, refuri=address, internal=True)
            node.parent.replace(node, link)


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the extension with Sphinx."""
    app.connect("builder-inited", number_by_the_book)
    app.connect("env-get-outdated", outdated)
    app.connect("source-read", dress_notebook)
    app.add_post_transform(LinkAcross)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
