"""Citations by author and year in round brackets: Pascanu et al. (2013).

It is the form that the plain copies of the notebooks have; sphinxcontrib-bibtex's own
has square brackets and an emphasized "et al.", which Chinese would print with dots.
"""

from dataclasses import dataclass, field
from typing import Any

from sphinx.application import Sphinx
from sphinxcontrib.bibtex.plugin import register_plugin
from sphinxcontrib.bibtex.style.referencing import BracketStyle, PersonStyle
from sphinxcontrib.bibtex.style.referencing.author_year import AuthorYearReferenceStyle


def round_brackets() -> BracketStyle:
    """Return round brackets."""
    return BracketStyle(left="(", right=")")


@dataclass
class RoundReferenceStyle(AuthorYearReferenceStyle):
    """Author and year in round brackets."""

    bracket_textual: BracketStyle = field(default_factory=round_brackets)
    bracket_parenthetical: BracketStyle = field(default_factory=round_brackets)
    person: PersonStyle = field(default_factory=lambda: PersonStyle(other=" et al."))


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the style under the name that `_config.yml` asks for."""
    register_plugin(
        "sphinxcontrib.bibtex.style.referencing", "round", RoundReferenceStyle
    )
    return {"parallel_read_safe": True, "parallel_write_safe": True}
