"""Citations by author and year: Pascanu et al. (2013), in Chinese Pascanu等（2013）.

It is the form that the plain copies of the notebooks have; sphinxcontrib-bibtex's own
has square brackets and an emphasized "et al.".
"""

from dataclasses import dataclass, field
from typing import Any

from sphinx.application import Sphinx
from sphinxcontrib.bibtex.plugin import register_plugin
from sphinxcontrib.bibtex.style.referencing import BracketStyle, PersonStyle
from sphinxcontrib.bibtex.style.referencing.author_year import AuthorYearReferenceStyle


def english_brackets() -> BracketStyle:
    """Round brackets."""
    return BracketStyle(left="(", right=")")


def chinese_brackets() -> BracketStyle:
    """Round brackets as wide as a character, works parted by a wide semicolon."""
    return BracketStyle(left="（", right="）", sep="；")


@dataclass
class English(AuthorYearReferenceStyle):
    """Pascanu et al. (2013); (Pascanu et al., 2013)."""

    bracket_textual: BracketStyle = field(default_factory=english_brackets)
    bracket_parenthetical: BracketStyle = field(default_factory=english_brackets)
    person: PersonStyle = field(default_factory=lambda: PersonStyle(other=" et al."))


@dataclass
class Chinese(AuthorYearReferenceStyle):
    """Pascanu等（2013）; （Pascanu等，2013）."""

    bracket_textual: BracketStyle = field(default_factory=chinese_brackets)
    bracket_parenthetical: BracketStyle = field(default_factory=chinese_brackets)
    person: PersonStyle = field(
        default_factory=lambda: PersonStyle(other="等", sep2="与", last_sep="与")
    )
    author_year_sep: str = "，"
    text_reference_sep: str = ""


def setup(app: Sphinx) -> dict[str, Any]:
    """Register both styles under the names that the configurations ask for."""
    for name, style in (("english", English), ("chinese", Chinese)):
        register_plugin("sphinxcontrib.bibtex.style.referencing", name, style)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
