"""One row a concept: names that exist, in both languages, and are used."""

import inspect
import pkgutil
import re
from importlib import import_module

import pytest

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


@pytest.mark.parametrize("term", terms(), ids=lambda term: term.en)
def test_identifier_is_a_name_of_the_companion_or_of_a_cell(term):
    known = {*PUBLIC, *PARAMETERS, *re.findall(r"\b(\w+) ?=", CODE)}
    assert not term.identifier or term.identifier in known


@pytest.mark.parametrize("column", ["en", "zh"])
def test_no_term_stands_twice(column):
    names = [getattr(term, column) for term in terms()]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("term", terms(), ids=lambda term: term.en)
def test_every_term_is_explained_in_both_languages(term):
    assert term.zh
    assert term.meaning_en.endswith(".")
    assert term.meaning_zh.endswith("。")


@pytest.mark.parametrize("term", terms(), ids=lambda term: term.en)
def test_a_chapter_uses_the_terms_that_it_introduces(term):
    if term.chapter:
        for language in CHAPTERS[term.chapter].editions:
            word = getattr(term, language).lower().split(" ")[-1]
            assert word.rstrip("s") in prose(term.chapter, language)
