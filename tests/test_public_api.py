"""The conventions of the public interface, checked on every module of companion."""

import ast
import importlib
import inspect
import itertools
import pathlib
import pkgutil
import re

import pytest

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

modules = pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__)
functions = pytest.mark.parametrize("name", FUNCTIONS)


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


@modules
def test_all_lists_what_the_module_defines(module):
    defined = {
        name
        for name, value in vars(module).items()
        if not name.startswith("_")
        and (inspect.isfunction(value) or inspect.isclass(value))
        and f"{value.__module__}.".startswith(f"{module.__name__}.")
    }
    assert set(module.__all__) == defined
    assert module.__all__ == sorted(module.__all__)


@modules
def test_module_says_what_it_is(module):
    assert module.__doc__


# Docstrings


@functions
def test_sections_are_there_and_in_order(name):
    function, found = FUNCTIONS[name], sections(FUNCTIONS[name])
    needed = {"Example"}
    if parameters(function):
        needed.add("Args")
    if inspect.signature(function).return_annotation not in (None, "None"):
        needed.add("Returns")
    if name.split(".")[0] not in NO_SOURCE:
        needed.add("Source")
    assert list(found) == [section for section in SECTIONS if section in found]
    assert needed <= set(found), f"lacks {needed - set(found)}"
    assert ">>> " in found["Example"]


@functions
def test_first_line_is_a_sentence(name):
    first = inspect.getdoc(FUNCTIONS[name]).splitlines()[0]
    assert first.endswith(".")


@functions
def test_args_explains_every_parameter(name):
    assert list(arguments(FUNCTIONS[name])) == list(parameters(FUNCTIONS[name]))


@functions
def test_every_tensor_has_its_shape(name):
    for parameter in parameters(FUNCTIONS[name]).values():
        if "Tensor" in str(parameter.annotation):
            entry = arguments(FUNCTIONS[name])[parameter.name]
            assert "``(" in entry, f"{parameter.name} has no shape"


@functions
def test_raises_names_what_the_body_raises(name):
    tree = ast.parse(inspect.getsource(FUNCTIONS[name]).strip())
    raised = {
        node.exc.func.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call)
    }
    documented = set(
        re.findall(r"^    (\w+): ", sections(FUNCTIONS[name]).get("Raises", ""), re.M)
    )
    assert raised <= documented


@pytest.mark.parametrize("name", CLASSES)
def test_class_documents_itself_and_every_field(name):
    (body,) = ast.parse(inspect.getsource(CLASSES[name])).body
    assert ast.get_docstring(body)
    if issubclass(CLASSES[name], tuple):
        for field, after in itertools.pairwise(body.body):
            if isinstance(field, ast.AnnAssign):
                assert isinstance(after, ast.Expr), f"{field.target.id} has no doc"


# Signatures


@functions
def test_tensors_first_and_options_by_keyword(name):
    positional, tensors = [], []
    for parameter in parameters(FUNCTIONS[name]).values():
        assert parameter.kind not in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD)
        if parameter.kind != parameter.KEYWORD_ONLY:
            positional.append(parameter.name)
            if "Tensor" in str(parameter.annotation).split("Callable")[0]:
                tensors.append(parameter.name)
            optional = parameter.default is not parameter.empty
            said_by_place = (name, parameter.name) == ("claims.verify", "expected")
            assert not optional or said_by_place, f"{parameter.name} must be by keyword"
    assert len(tensors) <= 2
    assert len(positional) <= 3


@functions
def test_no_default_where_no_value_is_right_for_everyone(name):
    if name.startswith("widgets."):
        return  # there it is where a slider stands at first
    for parameter in parameters(FUNCTIONS[name]).values():
        if parameter.name in NO_DEFAULT:
            assert parameter.default in (parameter.empty, None)
            assert parameter.kind == parameter.KEYWORD_ONLY


# Errors


def literals(node):
    return [
        part.value
        for part in ast.walk(node)
        if isinstance(part, ast.Constant) and isinstance(part.value, str)
    ]


def raise_sites():
    for path in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call):
                message = max(literals(node.exc), key=len, default="").strip()
                place = f"{path.relative_to(PACKAGE)}:{node.lineno}"
                yield pytest.param(message, id=f"{place} {message}")


@pytest.fixture(scope="module")
def matched():
    """All strings of those tests that use match=, their parameters included."""
    found = []
    for path in TESTS.glob("test_*.py"):
        for node in ast.parse(path.read_text("utf-8")).body:
            keywords = [
                part for part in ast.walk(node) if isinstance(part, ast.keyword)
            ]
            if any(keyword.arg == "match" for keyword in keywords):
                found += literals(node)
    return [text.replace("\\", "") for text in found]


@pytest.mark.parametrize("message", list(raise_sites()))
def test_every_error_message_is_matched_by_a_test(message, matched):
    assert message, "an error must have a message"
    assert any(message in text for text in matched), f"no match= has: {message}"
