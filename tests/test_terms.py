"""One row a concept: names that exist, in both languages, and are used."""

import inspect
import pkgutil
import re
from importlib import import_module

import companion
from press.book import read_book
from press.tables import terms

MODULES = [
    import_module(f"companion.{module.name}")
    for module in pkgutil.iter_modules(companion.__path__)
    if not module.name.startswith("_")
]
PUBLIC = {name: getattr(m, name) for m in MODULES for name in m.__all__}
PARAMETERS = {
    parameter
    for item in PUBLIC.values()
    if inspect.isfunction(item)
    for parameter in inspect.signature(item).parameters
}
CHAPTERS = {chapter.slug: chapter for chapter in read_book().chapters}
CODE = "\n".join(cell.text for c in CHAPTERS.values() for cell in c.code)


def prose(chapter, language):
    edition = CHAPTERS[chapter].editions[language]
    return "\n".join(cell.text for cell in edition.cells).lower()


def test_identifiers_are_names_of_the_companion_or_of_a_cell():
    known = {"", *PUBLIC, *PARAMETERS, *re.findall(r"\b(\w+) ?=", CODE)}
    assert not [t.en for t in terms() if t.identifier not in known]


def test_no_symbol_ends_a_cell_of_the_table_of_notation():
    assert not [term.en for term in terms() if "|" in term.symbol]


def test_no_term_stands_twice():
    for column in ("en", "zh"):
        names = [getattr(term, column) for term in terms()]
        assert not {name for name in names if names.count(name) > 1}


def test_every_term_is_explained_in_both_languages():
    broken = [
        term.en
        for term in terms()
        if not term.zh
        or not term.meaning_en.endswith(".")
        or not term.meaning_zh.endswith("。")
    ]
    assert not broken


def test_a_chapter_uses_the_terms_that_it_introduces():
    broken = [
        f"{term.chapter}, {language}: {getattr(term, language)}"
        for term in terms()
        if term.chapter
        for language in CHAPTERS[term.chapter].editions
        if getattr(term, language).lower().split(" ")[-1].rstrip("s")
        not in prose(term.chapter, language)
    ]
    assert not broken
