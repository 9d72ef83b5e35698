"""The companion as the book sees it: its modules, their names, and who imports them."""

import ast
from functools import cache
from pathlib import Path

from press.document import Document
from press.paths import ROOT

__all__ = ["imports", "modules", "public_names", "summary"]

NAME = "companion"
PACKAGE = ROOT / NAME


@cache
def modules() -> dict[str, ast.Module]:
    """The public modules by name, read and not imported."""
    files = {path.stem: path for path in PACKAGE.glob("[a-z]*.py")}
    files |= {path.parent.name: path for path in PACKAGE.glob("[a-z]*/__init__.py")}
    return {name: _parse(files[name]) for name in sorted(files)}


def summary(module: str) -> str:
    """The first line of a module's documentation."""
    return (ast.get_docstring(modules()[module]) or "").split("\n")[0]


@cache
def public_names() -> dict[str, str]:
    """Each public name, and each module, with its full name."""
    found = {f"companion.{module}": f"companion.{module}" for module in modules()}
    for module, tree in modules().items():
        for name in _listed(tree):
            if name in found:
                raise ValueError(
                    f"{name} must be public in one module, got {found[name]} and "
                    f"companion.{module}"
                )
            found[name] = f"companion.{module}.{name}"
    return found


@cache
def imports(document: Document) -> dict[str, str]:
    """What the code of a chapter imports from the companion, by the name it uses."""
    return {
        alias.asname or alias.name: f"{node.module}.{alias.name}"
        for cell in document.code
        for node in ast.walk(ast.parse(cell.text))
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(NAME)
        for alias in node.names
    }


def _parse(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"))


def _listed(tree: ast.Module) -> list[str]:
    """What a module's ``__all__`` names."""
    for node in tree.body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
            return [str(name) for name in ast.literal_eval(node.value)]
    return []
