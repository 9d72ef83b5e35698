"""Links that nobody writes: names of the companion in code, terms at their first use.

In a code cell every name that a chapter imports from the companion leads to its entry,
as does a public name in inline code.  The first use of a term leads to the glossary,
and the first formula that is nothing but a symbol of the chapter to the notation.
Each entry leads to its lines in the repository.
"""

import inspect
import re
from collections.abc import Callable, Iterator
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

from docutils import nodes
from dress import place
from editions import edition
from sphinx.addnodes import pending_xref
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.writers.html5 import HTML5Translator

from press.book import read_book
from press.companion import imports, public_names
from press.document import Document
from press.paths import ROOT
from press.tables import Term, anchor, terms

NAME = re.compile(r"([a-z_]\w*(?:\.\w+)*)(?:\(\))?", re.I)
TOKEN = r'<span class="n">(\w+)</span>'
# Names, marks and spaces look like any code: without their spans, half of the page's
# elements, it is read sooner.
PLAIN = re.compile(r'<span class="(?:n|nn|nx|p|pm|w)">([^<]*)</span>')
# A name, or a name and its member: one link, for links cannot hold links.
NAMED = re.compile(rf'{TOKEN}(?:<span class="o">\.</span>{TOKEN})?')
# No link in a title, a link, code or a formula, nor in what is set apart from the text.
CLOSED = (nodes.title, nodes.reference, pending_xref, nodes.literal, nodes.caption)
APART = {"opening-question", "verdict", "cell", "predict"}


def chapter(docname: str) -> Document | None:
    """The chapter that a page shows, if it shows one."""
    document = read_book().documents.get(place(docname)[0])
    return document if document and document.is_chapter else None


def is_open(node: nodes.Node) -> bool:
    """Whether a link may stand at this place."""
    while node is not None:
        if isinstance(node, CLOSED):
            return False
        if isinstance(node, nodes.Element) and APART & set(node.get("classes", [])):
            return False
        node = node.parent
    return True


# -- Names in code -----------------------------------------------------------------


def link_inline_code(app: Sphinx, doctree: nodes.document) -> None:
    """Let each public name in inline code lead to its entry."""
    for literal in list(doctree.findall(nodes.literal)):
        name = NAME.fullmatch(literal.astext())
        target = public_names().get(name[1]) if name else None
        if target and is_open(literal.parent):
            link = pending_xref(
                "",
                refdomain="py",
                reftype="obj",
                reftarget=target,
                refdoc=app.env.docname,
                refexplicit=True,
                refwarn=True,
                classes=["name"],
            )
            literal.replace_self(link)
            link += literal


def note_names(app: Sphinx, doctree: nodes.document, page: str) -> None:
    """Give each code cell of a chapter the addresses of what the chapter imports."""
    document = chapter(page)
    if document is None:
        return
    objects = app.env.get_domain("py").objects
    found = {}
    for name, target in imports(document).items():
        known = [
            full for full in objects if full == target or full.startswith(f"{target}.")
        ]
        for full in known:
            entry = objects[full]
            address = app.builder.get_relative_uri(page, entry.docname)
            found[name + full.removeprefix(target)] = f"{address}#{entry.node_id}"
    for block in doctree.findall(nodes.literal_block):
        block["names"] = found
    for word in doctree.findall(nodes.inline):
        if "term" in word["classes"]:  # resolved by now: the link itself has the class
            word.parent["classes"].append("term")


def linked(html: str, names: dict[str, str]) -> str:
    """Highlighted code with links from the names in it."""

    def link(found: re.Match[str]) -> str:
        first, second = found.groups()
        alone = f'<span class="n">{first}</span>'
        for name, html in ((f"{first}.{second}", found[0]), (first, alone)):
            if name in names:
                anchor = f'<a class="name" href="{names[name]}">{html}</a>'
                return anchor + found[0].removeprefix(html)
        return found[0]

    return NAMED.sub(link, html)


def visit_code(translator: HTML5Translator, node: nodes.literal_block) -> None:
    """Write a block of code: names in it are links, and spans that do nothing go."""
    start = len(translator.body)
    try:
        HTML5Translator.visit_literal_block(translator, node)
    finally:  # it ends by raising SkipNode
        names = node.get("names", {})
        translator.body[start:] = [
            PLAIN.sub(r"\1", linked(part, names)) for part in translator.body[start:]
        ]


# -- Terms and symbols ---------------------------------------------------------------


@cache
def own_terms(slug: str) -> list[Term]:
    """The terms to link in a chapter, longest first.

    A plain word of another chapter (gate, key, growth) is no term here.
    """
    chosen = [t for t in terms() if t.chapter in ("", slug) or " " in t.en]
    return sorted((t for t in chosen if t.meaning_en), key=lambda t: -len(t.en))


def link_terms(app: Sphinx, doctree: nodes.document) -> None:
    """Link the first use of each term and of each symbol in a chapter."""
    document = chapter(app.env.docname)
    if document is None:
        return
    slug, here = document.slug, edition(app.config)
    texts = [
        text
        for text in doctree.findall(nodes.Text)
        if isinstance(text.parent, (nodes.paragraph, nodes.strong)) and is_open(text)
    ]
    for term in own_terms(slug):
        link_first(texts, getattr(term, here), here, app.env.docname)
    symbols = {t.symbol: t for t in terms() if t.symbol and t.chapter in ("", slug)}
    symbols |= {t.symbol: t for t in terms() if t.symbol and t.chapter == slug}
    for formula in list(doctree.findall(nodes.math)):
        term = symbols.get(formula.astext().strip())
        if term and is_open(formula):
            del symbols[term.symbol]
            link = nodes.reference(
                "", "", refuri=f"notation.html#{anchor(term)}", internal=True
            )
            link["classes"].append("term")
            link["reftitle"] = getattr(term, here)  # a formula is no name for a link
            formula.replace_self(link)
            link += formula


def link_first(texts: list[nodes.Text], term: str, here: str, page: str) -> None:
    """Link the first use of a term; `texts` is kept up to date."""
    pattern = re.escape(term)
    if here == "en":
        pattern = rf"\b{pattern}s?\b"
    for at, text in enumerate(texts):
        found = re.search(pattern, text, re.I)
        if found:
            before, after = text[: found.start()], text[found.end() :]
            link = pending_xref(
                "",
                nodes.inline("", found[0], classes=["term"]),
                refdomain="std",
                reftype="term",
                reftarget=term,
                refdoc=page,
                refexplicit=True,
                refwarn=True,
            )
            pieces = [nodes.Text(before), link, nodes.Text(after)]
            text.parent.replace(text, pieces)
            texts[at : at + 1] = [pieces[0], pieces[2]]
            return


# -- Chapters that use a function ----------------------------------------------------


def users(target: str) -> Iterator[str]:
    """The chapters whose code imports a name of the companion, in reading order."""
    for document in read_book().chapters:
        if target in imports(document).values():
            yield document.slug


def list_users(
    app: Sphinx, what: str, name: str, item: object, options: object, lines: list[str]
) -> None:
    """Add the chapters that use an entry to its documentation."""
    found = [chapter_link(app, slug) for slug in users(name)]
    if found and what in ("function", "class", "data"):
        label, comma = {"en": ("Used in", ", "), "zh": ("用于", "、")}[
            edition(app.config)
        ]
        lines += ["", f":{label}: {comma.join(found)}", ""]


def chapter_link(app: Sphinx, slug: str) -> str:
    """A link from a page of the reference to a chapter, in reStructuredText."""
    book, here = read_book(), edition(app.config)
    title = f"{book.numbers[slug]}. {book.title(book.documents[slug], here)}"
    return f":doc:`{title} </book/{here}/{slug}>`"


def source_links(app: Sphinx, config: Config) -> None:
    """Tell `sphinx.ext.linkcode` where the repository keeps each function."""
    options = config.html_theme_options
    address = f"{options['repository_url']}/blob/{options['repository_branch']}"
    config.linkcode_resolve = at_repository(address)


def at_repository(address: str) -> Callable[[str, dict[str, str]], str | None]:
    """A function from an entry to its lines; None for what has no lines, a constant."""

    def resolve(domain: str, entry: dict[str, str]) -> str | None:
        item: Any = import_module(entry["module"])
        try:
            for name in entry["fullname"].split("."):
                item = getattr(item, name)
            lines, first = inspect.getsourcelines(item)
            file = Path(inspect.getsourcefile(item) or "").relative_to(ROOT)
        except (AttributeError, TypeError, OSError, ValueError):
            return None
        return f"{address}/{file}#L{first}-L{first + len(lines) - 1}"

    return resolve


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the extension with Sphinx."""
    app.add_node(nodes.literal_block, override=True, html=(visit_code, None))
    app.connect("config-inited", source_links)
    app.connect("doctree-read", link_inline_code)
    app.connect("doctree-read", link_terms)
    app.connect("doctree-resolved", note_names)
    app.connect("autodoc-process-docstring", list_users, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
