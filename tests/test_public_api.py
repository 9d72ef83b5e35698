"""The conventions of the public interface: a test each, which names what breaks it."""

import ast
import importlib
import inspect
import itertools
import pathlib
import pkgutil
import re

import companion

TESTS = pathlib.Path(__file__).parent
PACKAGE = TESTS.parent / "companion"
MODULES = [
    importlib.import_module(f"companion.{info.name}")
    for info in pkgutil.iter_modules(companion.__path__)
    if not info.name.startswith("_")
]
PUBLIC = {
    f"{module.__name__.removeprefix('companion.')}.{name}": getattr(module, name)
    for module in MODULES
    for name in module.__all__
}
FUNCTIONS = {name: f for name, f in PUBLIC.items() if inspect.isfunction(f)}
CLASSES = {name: c for name, c in PUBLIC.items() if inspect.isclass(c)}
SECTIONS = ["Args", "Returns", "Raises", "Source", "Example"]
# These carry no mathematics that a paper could be the source of.
NO_SOURCE = {"claims", "plotting", "widgets"}
# What no default is right for; None means "not given".
NO_DEFAULT = {"atol", "generator", "rtol", "seed", "threshold", "tolerance"}


def sections(function):
    """Return the sections of a docstring, by name and in their order."""
    parts = re.split(r"^(\w+):$", inspect.getdoc(function), flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def arguments(function):
    """Return the entries of the section Args, by name."""
    text = inspect.cleandoc("\n" + sections(function).get("Args", ""))
    parts = re.split(r"^(\w+): ", text, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def parameters(function):
    return inspect.signature(function).parameters


# Modules


def test_all_lists_what_a_module_defines_in_alphabetical_order():
    broken = []
    for module in MODULES:
        defined = {
            name
            for name, value in vars(module).items()
            if not name.startswith("_")
            and (inspect.isfunction(value) or inspect.isclass(value))
            and f"{value.__module__}.".startswith(f"{module.__name__}.")
        }
        if module.__all__ != sorted(defined):
            broken.append(f"{module.__name__}: {sorted(defined)}")
    assert not broken


def test_modules_say_what_they_are():
    assert not [module.__name__ for module in MODULES if not module.__doc__]


# Docstrings


def test_sections_are_there_and_in_order():
    broken = []
    for name, function in FUNCTIONS.items():
        found, needed = sections(function), {"Example"}
        if parameters(function):
            needed.add("Args")
        if inspect.signature(function).return_annotation not in (None, "None"):
            needed.add("Returns")
        if name.split(".")[0] not in NO_SOURCE:
            needed.add("Source")
        if needed - set(found):
            broken.append(f"{name} lacks {needed - set(found)}")
        elif ">>> " not in found["Example"]:
            broken.append(f"{name} has an example that does not run")
        if list(found) != [section for section in SECTIONS if section in found]:
            broken.append(f"{name} has its sections in another order")
    assert not broken


def test_first_lines_are_sentences():
    firsts = {name: inspect.getdoc(f).splitlines()[0] for name, f in FUNCTIONS.items()}
    assert not [name for name, first in firsts.items() if not first.endswith(".")]


def test_args_explains_every_parameter():
    broken = [
        name
        for name, function in FUNCTIONS.items()
        if list(arguments(function)) != list(parameters(function))
    ]
    assert not broken


def test_every_tensor_has_its_shape():
    broken = [
        f"{name}: {parameter.name}"
        for name, function in FUNCTIONS.items()
        for parameter in parameters(function).values()
        if "Tensor" in str(parameter.annotation)
        and "``(" not in arguments(function).get(parameter.name, "")
    ]
    assert not broken


def test_raises_names_what_a_body_raises():
    broken = []
    for name, function in FUNCTIONS.items():
        raised = {
            node.exc.func.id
            for node in ast.walk(ast.parse(inspect.getsource(function).strip()))
            if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call)
        }
        listed = sections(function).get("Raises", "")
        documented = set(re.findall(r"^    (\w+): ", listed, re.M))
        if raised - documented:
            broken.append(f"{name}: {raised - documented}")
    assert not broken


def test_classes_document_themselves_and_every_field():
    broken = []
    for name, item in CLASSES.items():
        (body,) = ast.parse(inspect.getsource(item)).body
        if not ast.get_docstring(body):
            broken.append(name)
        if issubclass(item, tuple):
            broken += [
                f"{name}.{field.target.id}"
                for field, after in itertools.pairwise([*body.body, None])
                if isinstance(field, ast.AnnAssign) and not isinstance(after, ast.Expr)
            ]
    assert not broken


# Signatures


def positional(function):
    """The parameters that may be given by their place."""
    return [p for p in parameters(function).values() if p.kind != p.KEYWORD_ONLY]


def test_signatures_list_their_parameters():
    broken = [
        f"{name}: {parameter}"
        for name, function in FUNCTIONS.items()
        for parameter in parameters(function).values()
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD)
    ]
    assert not broken


def test_tensors_come_first_and_are_two_at_most():
    broken = []
    for name, function in FUNCTIONS.items():
        places = positional(function)
        kinds = [str(p.annotation).split("Callable")[0] for p in places]
        if len(places) > 3 or sum("Tensor" in kind for kind in kinds) > 2:
            broken.append(f"{name}: {[p.name for p in places]}")
    assert not broken


def test_options_are_by_keyword():
    said_by_place = {("claims.verify", "expected")}
    broken = {
        (name, parameter.name)
        for name, function in FUNCTIONS.items()
        for parameter in positional(function)
        if parameter.default is not parameter.empty
    }
    assert broken == said_by_place


def test_no_default_where_no_value_is_right_for_everyone():
    broken = [
        f"{name}: {parameter}"
        for name, function in FUNCTIONS.items()
        if not name.startswith("widgets.")  # there it is where a slider stands at first
        for parameter in parameters(function).values()
        if parameter.name in NO_DEFAULT
        and (
            parameter.default not in (parameter.empty, None)
            or parameter.kind != parameter.KEYWORD_ONLY
        )
    ]
    assert not broken


# Errors


def literals(node):
    return [
        part.value
        for part in ast.walk(node)
        if isinstance(part, ast.Constant) and isinstance(part.value, str)
    ]


def raised():
    """Where each error of the companion is raised, and the longest part of its text."""
    for path in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call):
                message = max(literals(node.exc), key=len, default="").strip()
                yield f"{path.relative_to(PACKAGE)}:{node.lineno}", message


def matched():
    """All strings of those tests that use match=, their parameters included."""
    for path in TESTS.glob("test_*.py"):
        for node in ast.parse(path.read_text("utf-8")).body:
            parts = [part for part in ast.walk(node) if isinstance(part, ast.keyword)]
            if any(keyword.arg == "match" for keyword in parts):
                yield from (text.replace("\\", "") for text in literals(node))


def test_every_error_has_a_message_that_a_test_matches():
    tested = list(matched())
    broken = [
        f"{place} {message}"
        for place, message in raised()
        if not message or not any(message in text for text in tested)
    ]
    assert not broken
