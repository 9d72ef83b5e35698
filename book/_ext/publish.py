"""Write what the site offers to programs: ``claims.json``."""

from pathlib import Path
from typing import Any

from editions import edition
from sphinx.application import Sphinx

from press.book import read_book
from press.publish import claims_json


def write_claims(app: Sphinx, error: Exception | None) -> None:
    """Write the ledger for programs into the root of the English site."""
    if error is None and app.builder.name == "html" and edition(app.config) == "en":
        path = Path(app.outdir, "claims.json")
        path.write_text(claims_json(read_book()), encoding="utf-8")


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the extension with Sphinx."""
    app.connect("build-finished", write_claims)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
