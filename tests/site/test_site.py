"""The built site: whole, bilingual, without a foreign host.

It reads `_build/html`, so the book has to be built first.
"""

import json
import re
import shutil
import subprocess
from functools import cache, lru_cache
from html import unescape
from pathlib import Path
from urllib.parse import unquote, urldefrag, urlsplit

import pytest
from bs4 import BeautifulSoup, Tag

from press.book import read_book
from press.companion import modules, public_names
from press.paths import BOOK, CONFIG, ROOT, read_yaml

SITE = ROOT / "_build" / "html"
BASE = read_yaml(CONFIG)["html"]["baseurl"]
PAGES = sorted(
    str(path.relative_to(SITE))
    for path in SITE.rglob("*.html")
    if not {"_static", "_sources"} & set(path.relative_to(SITE).parts)
)
NOTEBOOKS = sorted(BOOK.glob("??/*.ipynb"))
PREFIX = {"en": "book/en", "zh": "zh/book/zh"}
CHAPTERS = [page for page in PAGES if "book/" in page]
VERDICTS = {
    f"verdict-{name}"
    for name in (
        "true", "conditional", "imprecise", "wrong", "unsupported", "beyond",
    )
}  # fmt: skip


RULES = {}  # each with the pages that must follow it


def of(pages):
    def write_down(rule):
        RULES[rule] = set(pages)
        return rule

    return write_down


@lru_cache(maxsize=4)  # of more trees than that Python collects garbage for long
def soup(page):
    return BeautifulSoup((SITE / page).read_text("utf-8"), "html.parser")


@cache
def anchors(page):
    """Read without a parser: each page is asked for those of many others."""
    names = re.findall(r'\s(?:id|name)="([^"]*)"', (SITE / page).read_text("utf-8"))
    return {unescape(name) for name in names}


def words(tag, *, without):
    """The text of a tag, except that of these elements."""
    for part in tag.children:
        if not isinstance(part, Tag):
            yield part
        elif part.name not in without:
            yield from words(part, without=without)


def local(page, address):
    """The page that an address on a page leads to, and the anchor in it."""
    path, anchor = urldefrag(address)
    target = (
        (SITE / page).parent / unquote(urlsplit(path).path) if path else SITE / page
    )
    return target.resolve(), unquote(anchor)


def is_external(address):
    return bool(urlsplit(address).scheme or address.startswith("//"))


def test_the_book_is_built():
    assert PAGES, "run make book first"


@of(PAGES)
def nothing_is_fetched_from_another_host(page):
    wanted = {
        "script": "src", "img": "src", "iframe": "src", "source": "src", "video": "src",
    }  # fmt: skip
    fetched = [
        tag[at] for name, at in wanted.items() for tag in soup(page)(name, {at: True})
    ]
    fetched += [
        link["href"]
        for link in soup(page)("link")
        if not {"canonical", "alternate", "next", "prev"} & set(link.get("rel", []))
    ]
    assert [address for address in fetched if is_external(address)] == []


def test_no_stylesheet_fetches_from_another_host():
    for css in SITE.rglob("*.css"):
        addresses = re.findall(
            r"(?:url\(|@import)\s*[\"']?([^\"')]+)", css.read_text("utf-8")
        )
        assert [a for a in addresses if re.match(r"(https?:)?//", a)] == [], css


@of(PAGES)
def every_internal_link_leads_somewhere(page):
    broken = []
    for tag in soup(page)(["a", "link", "img", "script"]):
        address = tag.get("href") or tag.get("src")
        if not address or is_external(address):
            continue
        target, anchor = local(page, address)
        if not target.is_file():
            broken.append(address)
        elif anchor and target.suffix == ".html":
            name = str(target.relative_to(SITE.resolve()))
            if anchor not in anchors(name):
                broken.append(address)
    assert broken == []


@of(PAGES)
def ids_are_unique(page):
    ids = [tag["id"] for tag in soup(page)(id=True)]
    if page.endswith("search.html"):  # the theme has its search field there twice
        ids.remove("search-input")
    assert sorted(ids) == sorted(set(ids))


@of(PAGES)
def the_language_is_stated(page):
    expected = "zh-CN" if page.startswith("zh/") else "en"
    assert soup(page).html["lang"] == expected


@of(CHAPTERS)
def every_image_is_described(page):
    for image in soup(page).select(".bd-article img"):
        alt = image.get("alt", "")
        han = len(re.findall(r"[\u3400-\u9fff]", alt))
        assert len(alt.split()) >= 5 or han >= 8, f"alt text of {image['src']}: {alt!r}"
        assert not re.search(r"_images/|\.(svg|png)$", alt)


@of(CHAPTERS)
def the_editions_know_each_other(page):
    language = "zh" if page.startswith("zh/") else "en"
    links = {
        link["hreflang"]: link["href"].removeprefix(BASE)
        for link in soup(page)("link", hreflang=True)
    }
    switch = soup(page).select_one(".lang-switch")
    if not links:  # a page that is not yet in the other edition
        assert switch is None
        return
    assert set(links) == {"en", "zh-CN"}
    assert links[{"en": "en", "zh": "zh-CN"}[language]] == page
    twin = links[{"en": "zh-CN", "zh": "en"}[language]]
    back = {
        link["href"].removeprefix(BASE) for link in soup(twin)("link", hreflang=True)
    }
    assert page in back
    assert local(page, switch["href"])[0] == (SITE / twin).resolve()
    assert switch["hreflang"] == {"en": "zh-CN", "zh": "en"}[language]


@of(CHAPTERS)
def no_markup_is_left_in_the_text(page):
    code = ("pre", "code", "script", "style", "annotation")
    text = "".join(words(soup(page).select_one("article"), without=code))
    left = re.findall(r"\*\*|:::|\{(?:prf|eq|cite|doc|term|ref|numref)\b[^}]*\}", text)
    assert left == []


@of(CHAPTERS)
def colab_opens_a_notebook_of_the_repository(page):
    for link in soup(page).select('a[href*="colab.research.google.com"]'):
        path = re.search(r"/blob/[^/]+/(.+)$", link["href"])[1]
        assert path.endswith(".ipynb")
        assert (ROOT / path).is_file()


@of(CHAPTERS)
def every_verdict_stands_in_a_claim_box(page):
    for verdict in soup(page).select(".verdict"):
        assert verdict.find_parent(class_="proof") is not None
        assert VERDICTS & set(verdict["class"])


HAN = re.compile(r"[\u3400-\u9fff]")
WORDS = re.compile(r"[A-Za-z]{3}")
SPOKEN = ("title", "aria-label", "alt", "placeholder")


@of([page for page in PAGES if page.startswith("zh/")])
def the_frame_of_a_chinese_page_speaks_chinese(page):
    """Whatever is read out or shown on hovering; the text itself is the author's."""
    author = ".bd-article > section *:not(.headerlink), main script"
    inside = {id(tag) for tag in soup(page).select(author)}
    found = []
    for tag in soup(page).find_all(lambda tag: id(tag) not in inside):
        for name in SPOKEN:
            said = tag.get(name, "")
            of_code = re.fullmatch(r"companion[\w.]*", said)
            if WORDS.search(said) and not (HAN.search(said) or of_code):
                found.append((name, said))
    assert found == []


@of(CHAPTERS)
def a_page_asks_for_one_style_sheet_and_no_script_blocks_it(page):
    sheets = [link["href"] for link in soup(page).head("link", rel="stylesheet")]
    assert [Path(urlsplit(s).path).name for s in sheets] == ["book-all.css"]
    blocking = {
        Path(urlsplit(script["src"]).path).name
        for script in soup(page)("script", src=True)
        if not script.has_attr("defer")
    }
    assert blocking <= {"documentation_options.js"}


@of(CHAPTERS)
def no_page_carries_more_script_than_a_book_needs(page):
    """600 kB in all, what the page holds and what it asks for, before compression."""
    size = 0
    for script in soup(page)("script"):
        if script.has_attr("src"):
            size += local(page, script["src"])[0].stat().st_size
        else:
            size += len(script.get_text().encode())
    assert size <= 600_000


def test_the_joined_sheet_finds_all_that_it_asks_for():
    for root in (SITE, SITE / "zh"):
        sheet = root / "_static" / "book-all.css"
        text = sheet.read_text("utf-8")
        assert "@import" not in text
        for address in re.findall(r"url\(\"?([^)\"]+)", text):
            if not address.startswith("data:"):
                assert (sheet.parent / address).is_file(), address


@pytest.mark.parametrize("folder", PREFIX.values())
def test_the_ledger_holds_every_claim_and_every_sentence(folder):
    page = soup(f"{folder}/claims-ledger.html")
    claims = [c for chapter in read_book().chapters for c in chapter.english.claims]
    rows = page.select(".claim-row")
    assert len(rows) == len(claims)
    for row, claim in zip(rows, claims, strict=True):
        assert row.select_one("a")["href"].endswith(f"#{claim.label}")
        assert f"verdict-{claim.verdict}" in row["class"]
        assert row.select_one(".pair") is not None
    assert len(page.select(".sentence-row")) == 123


def test_every_claim_has_the_address_that_claims_json_gives_it():
    shelf = json.loads((SITE / "claims.json").read_text("utf-8"))
    for claim in shelf["claims"]:
        path, anchor = urldefrag(claim["address"].removeprefix(BASE))
        assert anchor in anchors(path), claim["address"]


@pytest.mark.parametrize("folder", PREFIX.values())
def test_the_reference_has_a_page_a_module_with_links_to_source_and_chapters(folder):
    for module in modules():
        ids = anchors(f"{folder}/api/{module}.html")
        names = {
            n for n in public_names().values() if n.startswith(f"companion.{module}.")
        }
        assert names <= ids, names - ids
    entry = soup(f"{folder}/api/clipping.html")
    assert entry.select('a.external[href*="/companion/clipping.py#L"]')
    assert entry.select('a[href*="gradient-clipping.html"]')


@pytest.mark.parametrize("folder", PREFIX.values())
def test_names_and_terms_of_a_chapter_are_links(folder):
    page = soup(f"{folder}/gradient-clipping.html")
    assert page.select('div.cell_input a.name[href*="api/clipping.html#companion."]')
    assert page.select('a[href*="glossary.html#term-"]')
    assert page.select('a[href*="notation.html#symbol-"]')
    for inside in ("a a", ".katex a", "h1 a.name", "h2 a.name", "pre .term"):
        assert page.select(inside) == [], inside


def test_a_definition_of_the_glossary_begins_with_its_words():
    for folder in PREFIX.values():
        for definition in soup(f"{folder}/glossary.html").select("dl.glossary dd"):
            assert not definition.get_text().lstrip().startswith(":")


@of(CHAPTERS)
def a_figure_with_a_colour_map_has_a_copy_for_the_dark(page):
    for image in soup(page).select("img.only-light"):
        light = local(page, image["src"])[0]
        dark = light.with_name(f"{light.stem}-dark.svg")
        assert "<image style" in dark.read_text("utf-8")
    for image in soup(page).select(".bd-article img[src$='.svg']:not(.only-light)"):
        drawn = local(page, image["src"])[0].read_text("utf-8")
        assert "<image " not in drawn.replace("<image style", ""), image["src"]


@of(CHAPTERS)
def a_drawing_has_its_place_before_it_comes(page):
    for image in soup(page).select(".bd-article .cell_output img[src$='.svg']"):
        drawn = local(page, image["src"])[0].read_text("utf-8")
        _, _, width, height = re.search('viewBox="([^"]*)"', drawn)[1].split()
        shape = float(width) / float(height)
        # Half a pixel of each side is lost when they are rounded.
        room = 0.5 * (1 + shape) / int(image["height"])
        assert abs(int(image["width"]) / int(image["height"]) - shape) <= room
        assert image["loading"] == "lazy"


PLAIN = ("n", "nn", "nx", "p", "pm", "w")  # names, punctuation, white space


def test_what_has_no_span_in_code_has_the_colour_of_code():
    css = (SITE / "_static" / "pygments.css").read_text("utf-8")
    for theme in ("light", "dark"):
        rule = rf'"{theme}"\] \.highlight (?:\.(\w+) )?{{[^}}]*(?<!-)color: (#\w+)'
        colours = dict(re.findall(rule, css))
        assert {colours[name] for name in PLAIN} == {colours[""]}
        assert colours["k"] != colours[""]
    assert soup("book/en/gradient-clipping.html").select("pre span.k")


@of(CHAPTERS)
def plain_code_has_no_span(page):
    assert soup(page).select(",".join(f"pre span.{name}" for name in PLAIN)) == []


@of(CHAPTERS)
def mathematics_is_typeset(page):
    assert soup(page).select(".math:not(:has(.katex))") == []
    assert soup(page).select(".katex-error") == []


@of([f"{PREFIX[path.parent.name]}/{path.stem}.html" for path in NOTEBOOKS])
def the_site_and_the_notebook_count_alike(page):
    language, slug = Path(page).parent.name, Path(page).stem
    book, wrong = read_book(), []
    for label in book.labels.values():
        if label.slug != slug:
            continue
        name = book.called(label.name, language)
        place = f"equation-{label.name}" if label.kind == "equation" else label.name
        tag = soup(page).find(id=place)
        if label.title:  # a place of its own before the heading that it names
            tag = tag.parent
        if name.replace(" ", "") not in tag.get_text().replace(" ", ""):
            wrong.append((label.name, name))
    assert wrong == []


@pytest.mark.parametrize("page", sorted(set().union(*RULES.values())))
def test_a_page_follows_every_rule(page, subtests):
    """All in one test, so that one process parses the page, and once."""
    for rule, pages in RULES.items():
        if page in pages:
            with subtests.test(rule.__name__):
                rule(page)


@pytest.mark.browser
def test_in_a_browser(tmp_path):
    """Every page in Chromium: light and dark, wide and narrow; see check.mjs."""
    node = ROOT / ".venv" / "bin" / "node"
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None or not node.exists():
        pytest.skip("needs chromium and the node of the virtual environment")
    if not (ROOT / "node_modules" / "playwright-core").exists():
        pytest.skip("needs playwright-core and axe-core: npm ci")
    command = [node, "tests/site/check.mjs", "--site", SITE, "--chromium", chromium]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    report = json.loads(run.stdout)
    for trouble in (
        "console",
        "requests",
        "overflow",
        "switch",
        "axe",
        "shift",
        "found",
    ):
        assert report[trouble] == [], trouble
    everything = {
        edition: " ".join(
            soup(page).get_text() for page in CHAPTERS if page.startswith(edition)
        )
        for edition in PREFIX.values()
    }
    for folder, found in report["search"].items():
        written = everything[folder].lower()
        missed = [
            word for word, hits in found.items() if not hits and word.lower() in written
        ]
        assert missed == [], folder
