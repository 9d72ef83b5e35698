"""What a reader does not need at once is folded, by elements that are in the page.

`press.site` writes the directives of this extension.  A question (`xg-predict`) folds
what follows it to the end of its section or to `% fold-end`; a solution folds what
follows it to `% solution-end`.  Cells tagged `check` fold to one line; the sections
below *Going deeper* fold to their titles.  The script is `book/predict`, its files
joined: it is loaded in the head, so that nothing shows before it is hidden.
"""

from pathlib import Path
from typing import Any

from docutils import nodes
from docutils.parsers.rst import directives
from editions import edition
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.util.docutils import SphinxDirective
from sphinx.writers.html5 import HTML5Translator

from companion.claims import read_lines
from press.checks import line, summary
from press.site import PARTS

SCRIPTS = Path(__file__).resolve().parents[1] / "predict"


class element(nodes.General, nodes.Element):  # noqa: N801 (as docutils names nodes)
    """An HTML element by its name, with attributes."""


def made(tag: str, *children: nodes.Node, **attributes: object) -> element:
    """Return an element; `data` holds its own attributes, the rest is docutils'."""
    return element("", *children, tag=tag, **attributes)


def visit_element(translator: HTML5Translator, node: element) -> None:
    """Open it."""
    start = translator.starttag(node, node["tag"], "", **node.get("data", {}))
    translator.body.append(start)


def depart_element(translator: HTML5Translator, node: element) -> None:
    """Close it."""
    translator.body.append(f"</{node['tag']}>\n")


class Folding(SphinxDirective):
    """A question, or the head of a solution; both fold what comes after them."""

    has_content = True
    required_arguments = 1
    final_argument_whitespace = True
    option_spec = dict.fromkeys(
        ("title", "kind", "answer", "range", "unit"), directives.unchanged
    )

    def inside(self) -> list[nodes.Node]:
        """Return the parsed body."""
        body = nodes.Element()
        self.state.nested_parse(self.content, self.content_offset, body)
        return body.children


class Question(Folding):
    """The box that asks."""

    def run(self) -> list[nodes.Node]:
        """Return the element that the script turns into a form."""
        title = nodes.paragraph("", self.options.pop("title"), classes=["xg-title"])
        data = {f"data-{name}": value for name, value in self.options.items()}
        name = f"predict-{self.arguments[0]}"
        box = made("xg-predict", title, *self.inside(), ids=[name], data=data)
        box["names"] = [name]  # so that other pages may point to it
        self.state.document.note_explicit_target(box)
        return [box]


class Solution(Folding):
    """The head of a solution."""

    def run(self) -> list[nodes.Node]:
        """Return a fold that `fold_what_follows` fills."""
        head = made("summary", nodes.Text(self.arguments[0]))
        return [made("details", head, *self.inside(), classes=["solution", "answer"])]


def fold_what_follows(doctree: nodes.document, language: str) -> None:
    """Move what follows a question or a solution's head into its fold."""
    for node in list(doctree.findall(element)):
        if node["tag"] == "xg-predict":
            fold = made("xg-fold", data={"data-for": node["ids"][0]})
            node.parent.insert(node.parent.index(node) + 1, fold)
            gather(fold, "fold-end")
        elif "solution" in node["classes"]:
            gather(node, "solution-end")


def gather(fold: element, end: str) -> None:
    """Move the siblings after a fold into it, up to a comment; drop the comment."""
    parent = fold.parent
    following = parent.children[parent.index(fold) + 1 :]
    for node in following:
        parent.remove(node)
        if isinstance(node, nodes.comment) and node.astext() == end:
            return
        fold += node


def fold_checks(doctree: nodes.document, language: str) -> None:
    """Put each check cell behind the line that says how nearly it held."""
    for cell in list(doctree.findall(nodes.container)):
        if "tag_check" not in cell["classes"]:
            continue
        entries = []
        for block in list(cell.findall(nodes.literal_block)):
            if block.astext().startswith("✓"):
                given = {"output_type": "stream", "text": block.astext()}
                entries += read_lines([given])
                block.parent.remove(block)
        lines = [made("li", nodes.Text(line(entry, language))) for entry in entries]
        tick = nodes.inline("", "✓", classes=["tick"])
        head = made("summary", tick, nodes.Text(f" {summary(entries, language)}"))
        fold = made("details", head, classes=["check"])
        cell.parent.replace(cell, fold)  # replace_self would copy the classes
        fold += [cell, made("ul", *lines, classes=["check-lines"])]


def fold_answers(doctree: nodes.document, language: str) -> None:
    """Turn hints and the answers of a self-check into folds that need no script."""
    for box in list(doctree.findall(nodes.admonition)):
        if "dropdown" not in box["classes"]:
            continue
        title, *body = box.children
        kept = [
            name for name in box["classes"] if name not in ("dropdown", "admonition")
        ]
        head = made("summary", *title.children)
        fold = made("details", head, *body, classes=[*kept, "answer"])
        box.parent.replace(box, fold)


def mark_deeper(doctree: nodes.document, language: str) -> None:
    """Mark the sections that fold to their title, and place the reader's score."""
    asked = any(node["tag"] == "xg-predict" for node in doctree.findall(element))
    for section in list(doctree.findall(nodes.section)):
        title = section.next_node(nodes.title)
        name = title.astext() if title and title.parent is section else ""
        if name == PARTS["deeper"][language]:
            for part in section.children:
                if isinstance(part, nodes.section):
                    part["deeper"] = True
        if name == PARTS["summary"][language] and asked:
            place = section.parent.index(section)
            section.parent.insert(place, made("xg-calibration"))


def fold(app: Sphinx, doctree: nodes.document) -> None:
    """Fold what a page should not show at once."""
    language = edition(app.config)
    for rule in (fold_what_follows, fold_checks, fold_answers, mark_deeper):
        rule(doctree, language)


def visit_section(translator: HTML5Translator, node: nodes.section) -> None:
    """Open a section, or a fold that is one for all but the eye."""
    if not node.get("deeper"):
        HTML5Translator.visit_section(translator, node)
        return
    translator.section_level += 1
    translator.body.append(translator.starttag(node, "details", CLASS="deeper"))


def depart_section(translator: HTML5Translator, node: nodes.section) -> None:
    """Close it."""
    if not node.get("deeper"):
        HTML5Translator.depart_section(translator, node)
        return
    translator.section_level -= 1
    translator.body.append("</details>\n")


def visit_title(translator: HTML5Translator, node: nodes.title) -> None:
    """Write a title, that of a fold as its summary."""
    if node.parent.get("deeper"):
        translator.body.append("<summary>")
    HTML5Translator.visit_title(translator, node)


def depart_title(translator: HTML5Translator, node: nodes.title) -> None:
    """Close it."""
    HTML5Translator.depart_title(translator, node)
    if node.parent.get("deeper"):
        translator.body.append("</summary>\n")


def join_script(app: Sphinx, config: Config) -> None:
    """Offer the script as one file, whose names are its own."""
    static = Path(app.outdir).parent / "predict"
    static.mkdir(parents=True, exist_ok=True)
    text = "\n".join(path.read_text("utf-8") for path in sorted(SCRIPTS.glob("*.js")))
    (static / "predict.js").write_text(f"(() => {{\n{text}}})();\n", "utf-8")
    config.html_static_path.append(str(static))
    app.add_js_file("predict.js", loading_method="defer", priority=100)
    app.add_css_file("predict.css")


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the extension with Sphinx."""
    app.add_node(element, html=(visit_element, depart_element))
    app.add_node(nodes.section, override=True, html=(visit_section, depart_section))
    app.add_node(nodes.title, override=True, html=(visit_title, depart_title))
    app.add_directive("xg-predict", Question)
    app.add_directive("xg-solution", Solution)
    app.connect("config-inited", join_script)
    app.connect("doctree-read", fold, priority=600)  # the list of contents is made
    return {"parallel_read_safe": True, "parallel_write_safe": True}
