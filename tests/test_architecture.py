"""The import graph of companion: each module stands only on layers below its own."""

import ast
import pathlib
import subprocess
import sys

LAYERS = [
    {"_checks", "_replicas", "claims", "plotting", "uncertainty", "widgets"},
    {"linalg", "ensembles"},
    {"jacobians", "matrix_free"},
    {
        "adaptive_clipping",
        "adjoint",
        "attention",
        "cells",
        "clipping",
        "convolution",
        "decay",
        "dense",
        "diffusion",
        "feedback",
        "flows",
        "integrators",
        "normalization",
        "parallel",
        "precision",
        "recorder",
        "recurrence",
        "residual",
        "scaling",
        "tanh_networks",
        "tasks",
        "unet",
    },
    {"probe", "side_by_side", "spikes"},  # models, with what several topics know
    {"_sick_models", "training_runs"},
    {"atlas", "sick_runs"},
]
LEVEL = {name: level for level, layer in enumerate(LAYERS) for name in layer}
# _checks and the helpers beside it: within layer 0, only _checks may be imported.
LEVEL["_checks"] = -1
RUNTIME = {"companion", "matplotlib", "numpy", "torch", *sys.stdlib_module_names}
# Imported inside a function, by those who have them.
OPTIONAL = {
    "IPython": "widgets",
    "matplotlib_inline": "plotting",
    "scipy": "probe",
}
PACKAGE = pathlib.Path(__file__).parents[1] / "companion"
FILES = [path for path in PACKAGE.rglob("*.py") if path != PACKAGE / "__init__.py"]


def module_of(path):
    """Return the module of companion that a file belongs to: a file or a folder."""
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imported(path):
    """Return the absolute dotted names that a file imports."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path.name} imports relatively"
            names = [alias.name for alias in node.names]
            whole = node.module == "companion"
            yield from (
                (f"companion.{name}" for name in names) if whole else [node.module]
            )


def test_modules_have_a_layer_and_look_only_down():
    broken = []
    for path in FILES:
        module = module_of(path)
        if module not in LEVEL:
            broken.append(f"{module} has no layer")
            continue
        others = {
            name.split(".")[1]
            for name in imported(path)
            if name.startswith("companion.")
        } - {module}
        broken += [
            f"{module} may not import {other}"
            for other in sorted(others)
            if not LEVEL[other] < LEVEL[module]
        ]
    assert not broken


def test_modules_need_only_the_runtime_dependencies():
    broken = [
        f"{module_of(path)} needs {package}"
        for path in FILES
        for package in {name.split(".")[0] for name in imported(path)} - RUNTIME
        if OPTIONAL.get(package) != module_of(path)
    ]
    assert not broken


def loaded_by(statement):
    """Return the top-level packages in a fresh interpreter after a statement."""
    script = f"{statement}; import sys; print(*sys.modules)"
    command = [sys.executable, "-c", script]
    out = subprocess.run(command, check=True, capture_output=True, text=True)
    return {name.split(".")[0] for name in out.stdout.split()}


def test_the_package_itself_loads_nothing():
    assert not loaded_by("import companion") & {"torch", "numpy", "matplotlib"}


def test_topic_modules_do_not_load_the_plotting():
    assert "matplotlib" not in loaded_by("import companion.clipping")
