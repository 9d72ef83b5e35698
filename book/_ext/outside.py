"""Names of other libraries in our signatures: a link where we know one, else plain.

Under `-n` every name that cannot be resolved is a warning.  Inventories of torch and
numpy would have to be fetched, and a build asks no network.
"""

import builtins
import importlib
from typing import Any, TypeVar

from docutils import nodes
from sphinx.addnodes import pending_xref
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment

LIBRARIES = ("collections", "matplotlib", "numpy", "pathlib", "torch", "typing")
# Written without their module, since it is imported for the type checker alone.
BARE = {"Axes", "LinearOperator", "QuadMesh"}
TORCH = "https://docs.pytorch.org/docs/stable/"
PAGES = {
    "Tensor": TORCH + "tensors.html",
    "torch.Tensor": TORCH + "tensors.html",
    "Generator": TORCH + "generated/torch.Generator.html",
    "torch.Generator": TORCH + "generated/torch.Generator.html",
    "torch.nn.Module": TORCH + "generated/torch.nn.Module.html",
    "numpy.ndarray": "https://numpy.org/doc/stable/reference/generated/numpy.ndarray.html",
}


def is_plain(target: str) -> bool:
    """Tell a name that has no page here: a builtin, another library's, a private."""
    if hasattr(builtins, target) or target.split(".")[0] in LIBRARIES:
        return True
    if target in BARE:
        return True
    module, _, name = target.rpartition(".")
    if not module.startswith("companion."):
        return False
    if "._" in target:
        return True
    found = getattr(importlib.import_module(module), name, None)
    return isinstance(found, TypeVar)


def resolve(
    app: Sphinx, env: BuildEnvironment, node: pending_xref, text: nodes.TextElement
) -> nodes.Element | None:
    """Link a foreign name, or leave it as text; None if the name is none of these."""
    target = node.get("reftarget", "")
    if node.get("refdomain") != "py":
        return None
    if target in PAGES:
        link = nodes.reference("", "", internal=False, refuri=PAGES[target])
        link += text
        return link
    return text if is_plain(target) else None


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the extension with Sphinx."""
    app.connect("missing-reference", resolve)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
