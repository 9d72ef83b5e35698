"""The generated parts of the home page: figure, verdicts, questions, map."""

from html import escape

from companion import widgets
from press.book import Book
from press.claims import VERDICTS
from press.document import Document
from press.facts import LEVELS, Facts, facts, title
from press.ledger import counts
from press.sentences import judged, verdict

__all__ = ["count", "dependencies", "figure", "questions", "verdict_bar"]

FIRST = "gradient-clipping"
WORDS = (
    "one two three four five six seven eight nine ten eleven twelve thirteen fourteen "
    "fifteen sixteen seventeen eighteen nineteen twenty"
)
DIGITS = "一二三四五六七八九"
SAY = {
    "wall": {
        "en": "<strong>The wall.</strong> Two weights of a small recurrent network; "
        "bright is steep. Dashed: plain gradient descent from the ring. Beads: the "
        "same start, each gradient clipped. Drag the ring, or move the threshold, and "
        "see when clipping stops helping.",
        "zh": "<strong>墙。</strong>横轴与纵轴是一个小型循环网络的两个权重，越亮越陡。"
        "虚线表示从圆环出发的普通梯度下降；珠串表示从同一起点出发，但每个梯度都经过裁剪。"
        "拖动圆环，或移动阈值，看看裁剪在什么情形下不再起作用。",
    },
    "start": {"en": "Start with <em>{}</em>", "zh": "从《{}》开始"},
    "order": {"en": "Read in order", "zh": "按顺序阅读"},
    "from": {"en": "from chapter 1, <em>{}</em>", "zh": "从第1章《{}》开始"},
    "needs": {
        "en": "{minutes} minutes; needs: {needs}",
        "zh": "{minutes}分钟；预备知识：{needs}",
    },
    "judged": {"en": "{} claims by verdict", "zh": "{}条论断的判定"},
    "english": {"en": "", "zh": "（英文）"},
    "map": {"en": "Which chapter needs which", "zh": "各章的先后关系"},
    "read": {"en": "to read", "zh": "阅读"},
    "run": {"en": "with the code", "zh": "连同代码"},
}  # fmt: skip
HEADS = {
    "en": ["no.", "question", "minutes", "level", "after"],
    "zh": ["章", "问题", "分钟", "程度", "先读"],
}
BOX = {"width": 164, "height": 30, "gap": 8, "lane": 12, "column": 196}


def count(book: Book, name: str, language: str) -> str:
    """A number of the book: chapters (in words), claims, sentences, judged, true."""
    passed = [verdict(s, claims) for s, claims in judged(book).items()]
    numbers = {
        "claims": counts(book).total(),
        "sentences": len(passed),
        "judged": sum(1 for one in passed if one),
        "true": passed.count("true"),
    }
    if name == "chapters":
        return in_words(len(book.chapters), language)
    if name not in numbers:
        raise ValueError(f"count must be chapters, {', '.join(numbers)}, got {name!r}")
    return str(numbers[name])


def in_words(number: int, language: str) -> str:
    """A number from 1 to 20 as a word."""
    if language == "en":
        return WORDS.split()[number - 1]
    tens, ones = divmod(number, 10)
    head = ("" if tens == 1 else DIGITS[tens - 1]) + "十" if tens else ""
    return head + (DIGITS[ones - 1] if ones else "")


def address(chapter: Document, language: str) -> str:
    """A chapter's page, from the home page; the English one if there is no other."""
    folder = "" if language in chapter.editions else "../../../book/en/"
    return f"{folder}{chapter.slug}.html"


def figure(book: Book, document: Document, language: str) -> str:
    """The cliff, live, with a sentence about it and the two doors."""
    del document
    first, start = book.documents[FIRST], book.chapters[0]
    known = facts()[FIRST]
    needs = SAY["needs"][language].format(
        minutes=known.reading, needs=known.needs[language]
    )
    beginning = SAY["from"][language].format(title(start, language))
    if language not in start.editions:
        beginning += SAY["english"][language]
    html = widgets.cliff(lead=True, language=language).html
    return "\n".join(
        [
            "``````{raw} html",  # as it is: its script has empty lines
            '<div class="home-hero">',
            '<div class="home-figure cell_output"><div class="text_html">',
            f"{html}</div></div>",
            f'<div class="home-words"><p>{SAY["wall"][language]}</p>',
            '<p class="home-doors">'
            f'<a class="door first" href="{address(first, language)}"><b>'
            f"{SAY['start'][language].format(title(first, language))}</b>"
            f"<span>{needs}</span></a>"
            f'<a class="door" href="{address(start, language)}">'
            f"<b>{SAY['order'][language]}</b><span>{beginning}</span></a>"
            "</p></div></div>",
            "``````",
        ]
    )


def verdict_bar(book: Book, document: Document, language: str) -> str:
    """The claims by verdict: a bar, and a list that says and links the same."""
    del document
    total = counts(book)
    pieces = "".join(
        f'<span class="verdict-{name}" style="flex-grow: {total[name]}"></span>'
        for name in VERDICTS
        if total[name]
    )
    items = "".join(
        f'<li class="verdict-{name}"><a href="claims-ledger.html?verdict={name}">'
        f"<b>{total[name]}</b> {words[language].lower()}</a></li>"
        for name, words in VERDICTS.items()
        if total[name]
    )
    label = SAY["judged"][language].format(total.total())
    return (
        f'<div class="home-bar" role="img" aria-label="{label}">{pieces}</div>\n'
        f'<ul class="home-verdicts">{items}</ul>'
    )


def questions(book: Book, document: Document, language: str) -> str:
    """The question of each chapter, with minutes, level and needs; cards on a phone."""
    del document
    heads = "".join(
        f'<th role="columnheader" scope="col">{h}</th>' for h in HEADS[language]
    )
    rows = "".join(_question(book, chapter, language) for chapter in book.chapters)
    return (
        '<table role="table" class="home-table"><thead role="rowgroup">'
        f'<tr role="row">{heads}</tr></thead>'
        f'<tbody role="rowgroup">{rows}</tbody></table>'
    )


def _question(book: Book, chapter: Document, language: str) -> str:
    known, number = facts()[chapter.slug], book.numbers[chapter.slug]
    english = "" if language in chapter.editions else SAY["english"][language]
    after = ", ".join(
        f'<a href="#chapter-{book.numbers[slug]}">{book.numbers[slug]}</a>'
        for slug in known.after
    )
    head = HEADS[language][4]
    dots = "●" * known.level + "○" * (3 - known.level)
    level = LEVELS[known.level - 1][language]
    colon = {"en": ": ", "zh": "："}[language]
    cells = [
        ("n", str(number)),
        (
            "q",
            f'<a href="{address(chapter, language)}">{escape(title(chapter, language))}'
            f"</a>{english}<br>{escape(known.question[language])}",
        ),
        (
            "m",
            f'<span title="{SAY["read"][language]}">{known.reading}</span> / '
            f'<span title="{SAY["run"][language]}">{known.running}</span>',
        ),
        (
            "l",
            f'<span class="dots" aria-hidden="true">{dots}</span>'
            f'<span class="word">{level}{colon}{known.needs[language]}</span>',
        ),
        ("a", f'<span class="word">{head} </span>{after}' if after else "–"),
    ]
    shown = "".join(
        f'<td role="cell" class="{name}{" none" if html == "–" else ""}">{html}</td>'
        for name, html in cells
    )
    return f'<tr role="row" id="chapter-{number}">{shown}</tr>'


def dependencies(book: Book, document: Document, language: str) -> str:
    """The map: what needs nothing stands left, each chapter beside what it opens."""
    home = "" if document.slug == "index" else "index.html"
    chapters = [chapter.slug for chapter in book.chapters]
    places = _places([facts()[slug] for slug in chapters])
    lines = "".join(_line(places[facts()[s].after[-1]], places[s]) for s in chapters
                    if facts()[s].after)  # fmt: skip
    boxes = "".join(
        _box(book, facts()[slug], places[slug], language, home) for slug in chapters
    )
    width = max(x for x, _ in places.values()) + BOX["width"] + 1
    height = max(y for _, y in places.values()) + BOX["height"] + 1
    return (
        f'<svg class="home-map" viewBox="0 0 {width} {height:g}" width="{width}" '
        f'height="{height:g}" role="group" aria-label="{SAY["map"][language]}">'
        f'<path d="{lines}"/>{boxes}</svg>'
    )


def _places(chapters: list[Facts]) -> dict[str, tuple[int, float]]:
    """Where each box stands: a tree, each chapter in the lane of its last need."""
    opens = {one.slug: [c.slug for c in chapters if c.after[-1:] == (one.slug,)]
             for one in chapters}  # fmt: skip
    places: dict[str, tuple[int, float]] = {}
    free = 0.0

    def place(slug: str, column: int) -> float:
        nonlocal free
        middles = [place(child, column + 1) for child in opens[slug]]
        if middles:
            y = (middles[0] + middles[-1]) / 2
        else:
            y, free = free, free + BOX["height"] + BOX["gap"]
        places[slug] = (column * BOX["column"] + 1, y + 1)
        return y

    roots = [c.slug for c in chapters if not c.after]
    for root in sorted(roots, key=lambda slug: not opens[slug]):
        place(root, 0)
        free += BOX["lane"] if opens[root] else 0
    return places


def _line(start: tuple[int, float], end: tuple[int, float]) -> str:
    x, y = start[0] + BOX["width"], start[1] + BOX["height"] / 2
    to, down = end[0], end[1] + BOX["height"] / 2
    return f"M{x} {y:g}C{x + 18} {y:g} {to - 18} {down:g} {to} {down:g}"


def _box(
    book: Book, known: Facts, place: tuple[int, float], language: str, home: str
) -> str:
    x, y = place
    number = book.numbers[known.slug]
    others = ", ".join(str(book.numbers[slug]) for slug in known.after[:-1])
    more = f" +{others}" if others else ""
    return (
        f'<a href="{home}#chapter-{number}">'
        f'<rect x="{x}" y="{y:g}" width="{BOX["width"]}" '
        f'height="{BOX["height"]}" rx="4"/><text x="{x + 9}" y="{y + 20:g}">'
        f'<tspan class="n">{number}</tspan><tspan x="{x + 29}">'
        f"{escape(known.short[language])}{more}</tspan></text></a>"
    )
