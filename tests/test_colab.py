"""Each notebook as Colab runs it: an empty folder, no companion, only pip and git.

The network is not needed: git rewrites the repository's address to a local clone.
"""

import os
import shutil
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest

from press.paths import BOOK, ROOT
from press.render import repository

NOTEBOOKS = sorted((BOOK / "en").glob("*.ipynb"))
WHOLE = BOOK / "en" / "gradient-clipping.ipynb"  # nbval runs the others' cells, too
RUN = """
import sys, nbformat, nbclient
cells, paths = int(sys.argv[1]), sys.argv[2:]
notebook, *others = (nbformat.read(path, as_version=4) for path in paths)
code = [[c for c in n.cells if c.cell_type == "code"] for n in (notebook, *others)]
notebook.cells = [cell for chapter in code for cell in chapter[:cells]]
for again in (True, True, False):
    try:
        nbclient.NotebookClient(notebook, kernel_name="python3").execute()
        break
    except RuntimeError as error:  # another process took one of the kernel's ports
        if not again or "kernel_info" not in str(error):
            raise
"""


def python(environment, *arguments, **options):
    binary = environment / "bin" / "python"
    return subprocess.run(
        [binary, *arguments], check=False, capture_output=True, text=True, **options
    )


def committed():
    """The files of the companion, the scripts of its figures too, as git has them."""
    tree = ["git", "ls-tree", "-r", "--name-only", "HEAD", "companion"]
    listed = subprocess.run(tree, check=True, cwd=ROOT, capture_output=True, text=True)
    return {Path(line) for line in listed.stdout.splitlines()}


@pytest.fixture
def bare(tmp_path_factory):
    """A new virtual environment that has everything but the companion."""
    folder = tmp_path_factory.mktemp("colab")
    ours = folder / "packages"
    ours.mkdir()
    for item in Path(sysconfig.get_paths()["purelib"]).iterdir():
        if "companion" not in item.name and item.suffix != ".pth":
            (ours / item.name).symlink_to(item)
    venv.create(folder / "env", with_pip=False)
    (site,) = (folder / "env").glob("lib/python*/site-packages")
    (site / "packages.pth").write_text(str(ours))
    return folder / "env"


@pytest.fixture(scope="module")
def settings(tmp_path_factory):
    """Environment variables under which git finds the book in a clone of this one."""
    if not (ROOT / ".git").exists() or shutil.which("git") is None:
        pytest.skip("needs git and the repository, to install from a clone")
    folder = tmp_path_factory.mktemp("git")
    clone = folder / "book.git"
    subprocess.run(["git", "clone", "--quiet", "--bare", ROOT, clone], check=True)
    config = folder / "config"
    rewrite = f'[url "file://{clone}"]\n  insteadOf = {repository()}\n'
    config.write_text(f"{rewrite}[safe]\n  directory = *\n")
    kept = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    return kept | {"GIT_CONFIG_GLOBAL": str(config), "PIP_NO_BUILD_ISOLATION": "1"}


EVERY_CELL = 10**6
SET_UP_AND_IMPORTS = 2


@pytest.mark.parametrize(
    ("cells", "paths", "others"),
    [
        pytest.param(EVERY_CELL, [WHOLE], [], marks=pytest.mark.slow),
        (SET_UP_AND_IMPORTS, NOTEBOOKS, ["companion"]),
    ],
    ids=["all cells of one", "imports of all, beside another of that name"],
)
def test_notebooks_install_what_they_need_and_run(
    cells, paths, others, bare, settings, tmp_path
):
    (site,) = bare.glob("lib/python*/site-packages")
    for name in others:
        (site / name).mkdir()
        (site / name / "__init__.py").write_text("another = True\n")
    missing = python(bare, "-c", "import companion.claims", cwd=tmp_path, env=settings)
    assert "No module named 'companion" in missing.stderr
    result = python(bare, "-c", RUN, str(cells), *paths, cwd=tmp_path, env=settings)
    assert result.returncode == 0, result.stderr[-3000:]
    where = python(
        bare,
        "-c",
        "import companion; print(companion.__file__)",
        cwd=tmp_path,
        env=settings,
    )
    installed = Path(where.stdout.strip()).parent
    assert bare in installed.parents
    assert sys.prefix not in where.stdout
    missing = {name for name in committed() if not (installed.parent / name).exists()}
    assert missing == set()
