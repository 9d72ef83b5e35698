"""The figure style: one file, equal bytes, and names at the ends of lines."""

import io
import subprocess
import sys
import types

import matplotlib as mpl
import matplotlib.pyplot as plt
import pytest

from companion.plotting import label_line, use_book_style

DRAW = """
import io
import matplotlib.pyplot as plt
from companion.plotting import label_line, use_book_style
use_book_style()
_, ax = plt.subplots()
(line,) = ax.semilogy([1, 2, 3], [1, 10, 100])
label_line(ax, line, r"$1.2^k$")
"""
IN_A_SHELL = (
    """
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell.instance()
"""
    + DRAW
    + """
data, _ = shell.display_formatter.format(plt.gcf())
assert set(data) == {"image/svg+xml", "text/plain"}, set(data)
print(data["image/svg+xml"])
"""
)


def run(script):
    """Run a script in a fresh interpreter and return what it printed."""
    command = [sys.executable, "-W", "error", "-c", script]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


@pytest.fixture
def ax():
    with mpl.rc_context():
        use_book_style()
        figure, ax = plt.subplots()
        yield ax
        plt.close(figure)


def test_style_is_the_one_of_the_file(ax):
    assert ax.figure.get_size_inches().tolist() == pytest.approx([6.4, 2.8])
    assert not ax.spines["top"].get_visible()
    lines = [ax.plot([0, 1], [0, k])[0] for k in range(4)]
    assert len({line.get_color() for line in lines}) == 4
    assert len({line.get_linestyle() for line in lines}) == 4


def test_text_is_drawn_as_paths_on_a_transparent_ground(ax):
    ax.set_xlabel("depth")
    out = io.StringIO()
    ax.figure.savefig(out, format="svg")
    assert "<text" not in out.getvalue()
    assert ax.figure.get_facecolor()[3] == 0


def test_a_notebook_shows_the_same_bytes_each_time():
    first, again = run(IN_A_SHELL), run(IN_A_SHELL)
    assert "<svg" in first
    assert "<dc:date>" not in first
    assert first == again


def test_a_notebook_is_asked_for_dateless_svg(monkeypatch):
    # The same as above, but in this process, with a stand-in for the running shell.
    asked = []
    backend = "matplotlib_inline.backend_inline.set_matplotlib_formats"
    monkeypatch.setattr(backend, lambda *formats, **rest: asked.append((formats, rest)))
    shell = types.SimpleNamespace(get_ipython=lambda: "a shell")
    monkeypatch.setitem(sys.modules, "IPython", shell)
    with mpl.rc_context():
        use_book_style()
    assert asked == [(("svg",), {"metadata": {"Date": None}, "bbox_inches": "tight"})]


def test_style_does_without_a_notebook():
    hide = "import sys; sys.modules['matplotlib_inline'] = None\n"
    run(hide + DRAW + "assert 'IPython' not in sys.modules")


@pytest.mark.parametrize("offset", [0.0, 6.0])
def test_label_stands_at_the_end_in_the_colour_of_the_line(ax, offset):
    (line,) = ax.plot([0, 1, 2], [5.0, 6.0, 7.0])
    label = label_line(ax, line, "loss", offset=offset)
    assert label.get_text() == "loss"
    assert label.xy == (2.0, 7.0)
    assert label.get_color() == line.get_color()
    assert label.xyann == (4, offset)


def test_label_stands_where_a_diverging_line_was_last_finite(ax):
    (line,) = ax.plot([0, 1, 2, 3], [1.0, 2.0, float("inf"), float("nan")])
    assert label_line(ax, line, "loss").xy == (1.0, 2.0)


def test_label_needs_a_finite_point(ax):
    (line,) = ax.plot([0, 1], [float("nan")] * 2)
    with pytest.raises(ValueError, match=r"^line must have a finite point, got 2"):
        label_line(ax, line, "loss")
