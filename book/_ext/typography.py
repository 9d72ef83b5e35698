"""Where a line may not break, and how Chinese sets the titles of boxes.

An inline formula and the mark after it stay on one line: browsers break there, since a
formula is a box to them.  In Chinese, titles stand in （）, and no space parts a word
from the number after it; the reader's thin space comes from the style sheet.
"""

import re
from typing import Any

from docutils import nodes
from editions import edition
from sphinx.application import Sphinx

MARKS = re.compile(r"[,.;:!?)\]”’、，。；：！？）》」…]+")
LONGEST = 60  # a longer formula may have to break, at 390 pixels
BOX = re.compile(
    r'<span class="caption-number">(\w+) ([\d.]+) </span> \((.*?)\)</p>', re.S
)
SOLUTION = re.compile(r"解答(<a [^>]*>) 练习 ([\d.]+) \((.*?)\)</a>", re.S)
NUMBERED = re.compile(r"(命题|观察|练习|图|第) (\d)")


def keep_marks(app: Sphinx, doctree: nodes.document) -> None:
    """Put each short inline formula and the mark after it into one span."""
    for formula in list(doctree.findall(nodes.math)):
        after = formula.next_node(descend=False, siblings=True)
        marks = MARKS.match(after.astext()) if isinstance(after, nodes.Text) else None
        if marks is None or len(formula.astext()) > LONGEST:
            continue
        together = nodes.inline("", "", classes=["unbroken"])
        formula.replace_self(together)
        together += [formula, nodes.Text(marks[0])]
        after.parent.replace(after, nodes.Text(after.astext()[marks.end() :]))


def mark_han(app: Sphinx, doctree: nodes.document) -> None:
    """Tell emphasized Chinese, set bold, from a title in slanted Latin letters."""
    for emphasis in doctree.findall(nodes.emphasis):
        if re.search("[\u3400-\u9fff]", emphasis.astext()):
            emphasis["classes"].append("han")


def set_titles(
    app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: object
) -> None:
    """Set the titles of boxes and the numbers in the text as Chinese print does."""
    if edition(app.config) == "en" or "body" not in context:
        return
    body = BOX.sub(
        r'<span class="caption-number">\1\2</span>（\3）</p>', context["body"]
    )
    body = SOLUTION.sub(r"解答：\1练习\2（\3）</a>", body)
    context["body"] = NUMBERED.sub(r"\1\2", body)


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the extension with Sphinx."""
    app.connect("doctree-read", mark_han)
    app.connect("doctree-read", keep_marks, priority=900)
    app.connect("html-page-context", set_titles)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
