"""A number that depends on the machine is caught, with its spread it is not."""

import os
import re
import subprocess
import sys

import nbformat
import pytest
from nbclient import NotebookClient

from press import robust

LOGISTIC = """\
import torch
rng = torch.Generator().manual_seed(0)
x = torch.rand(5, generator=rng, dtype=torch.float64)
for _ in range(100):
    x = 4 * x * (1 - x)
"""
PRINTS = {
    "rounded": "[round(v, 1) for v in x.tolist()]",
    "spread": "from companion.uncertainty import uncertain\nuncertain(x, 1.5)",
    "sound": "bool((x > 0).all())",
}


def notebook(path, *code):
    """Write an executed notebook with these cells."""
    cells = [nbformat.v4.new_code_cell(text) for text in code]
    executed = nbformat.v4.new_notebook(cells=cells)
    NotebookClient(executed, kernel_name="python3").execute()
    path.parent.mkdir(exist_ok=True)
    nbformat.write(executed, path)
    return path


def test_a_planted_round_is_found_and_nothing_else(tmp_path):
    planted = notebook(tmp_path / "en" / "planted.ipynb", LOGISTIC, *PRINTS.values())
    first, second = (robust.changes([planted], "noise-0") for _ in range(2))
    assert first == second
    (found,) = first
    assert found.startswith("en/planted cell 2, noise-0\n  stored: [")


def test_every_edition_is_compared_with_the_one_run(tmp_path):
    english = notebook(tmp_path / "en" / "slug.ipynb", "'fast'")
    chinese = tmp_path / "zh" / "slug.ipynb"
    chinese.parent.mkdir()
    stored = nbformat.read(english, as_version=4)
    stored.cells[0].outputs[0].data["text/plain"] = "'slow'"
    nbformat.write(stored, chinese)
    (found,) = robust.changes([english, chinese], "threads")
    assert found.startswith("zh/slug cell 1, threads\n")
    stored.cells[0].source = "'slow'"
    nbformat.write(stored, chinese)
    with pytest.raises(ValueError, match=r"^editions must have equal code, got 'slow'"):
        robust.changes([english, chinese], "threads")


def test_a_check_that_fails_elsewhere_is_a_change(tmp_path):
    check = "assert x[0] == FIRST, 'not here'"
    path = notebook(tmp_path / "en" / "claim.ipynb", LOGISTIC, "FIRST = x[0]", check)
    other = nbformat.read(path, as_version=4)
    first = subprocess.run(
        [sys.executable, "-c", LOGISTIC + "print(repr(x[0].item()))"],
        capture_output=True,
        check=True,
        text=True,
    ).stdout.strip()
    other.cells[1].source = f"FIRST = {first}"
    nbformat.write(other, path)
    (found,) = robust.changes([path], "noise-1")
    assert re.search(r"cell 3, noise-1\n.*\n  now:    not here$", found)


@pytest.mark.parametrize("found", [[], ["en/slug cell 2, plain\n  stored: 1"]])
def test_the_command_fails_if_a_text_changes(found, monkeypatch, capsys):
    class Here:
        def __init__(self, jobs): ...
        def __enter__(self):
            return self

        def __exit__(self, *_): ...
        def map(self, function, chapters, machines):
            assert [path.parent.name for path in chapters[0]] == ["en", "zh"]
            assert machines == ["plain"]
            return [found]

    monkeypatch.setattr(robust, "ProcessPoolExecutor", Here)
    command = ["robust", "gradient-clipping", "--machines", "plain"]
    monkeypatch.setattr(sys, "argv", command)
    if found:
        with pytest.raises(
            SystemExit, match=r"^no printed text may change, got 1 cells"
        ):
            robust.main()
    else:
        robust.main()
    said = capsys.readouterr().err
    first = f"gradient-clipping on plain: {len(found)} cells change"
    assert said.splitlines() == "\n".join([first, *found]).splitlines()


DRAWS = """\
import torch
rng = torch.Generator().manual_seed(0)
print(*[
    torch.rand(50, generator=rng).tolist(),
    torch.randn(50, generator=rng, requires_grad=True).tolist(),
    torch.normal(0.0, 1.0, (50,), generator=rng).tolist(),
    torch.empty(50).normal_(generator=rng).tolist(),
    torch.nn.init.uniform_(torch.empty(50), generator=rng).tolist(),
    torch.nn.init.orthogonal_(torch.empty(5, 5), generator=rng).flatten().tolist(),
    torch.randn_like(torch.manual_seed(0) and torch.empty(50)).tolist(),
], sep="\\n")
print(torch.randint(9, (50,), generator=rng).tolist(), torch.get_num_threads())
"""


def test_the_hook_changes_the_last_digits_of_every_draw_and_of_nothing_else():
    def run(**machine):
        options = {**os.environ, "PYTHONPATH": str(robust.HOOK), **machine}
        command = [sys.executable, "-c", DRAWS]
        out = subprocess.run(
            command, env=options, capture_output=True, check=True, text=True
        ).stdout
        *draws, rest = out.splitlines()
        return [[float(x) for x in line.strip("[]").split(",")] for line in draws], rest

    (plain, whole), (noisy, same) = run(), run(MACHINE_NOISE="3")
    assert whole == same
    for line, other in zip(plain, noisy, strict=True):
        assert line != other
        assert line == pytest.approx(other, rel=1e-4, abs=1e-5)  # of 32 bits
    assert run(MACHINE_THREADS="2")[1].endswith(" 2")
