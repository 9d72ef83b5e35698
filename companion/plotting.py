"""How the book's figures look. Arrays in, axes out; nothing is computed here."""

import sys
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.text import Annotation

__all__ = ["label_line", "use_book_style"]


def use_book_style() -> None:
    """Give every later figure the book's fonts, colours and sizes.

    In a notebook, figures become SVG without a date, so that drawing a figure twice
    gives the same bytes.

    Example:
        >>> use_book_style()
        >>> plt.rcParams["svg.hashsalt"]
        'companion'
    """
    plt.style.use(Path(__file__).with_name("book.mplstyle"))
    # A notebook has loaded IPython, which brings the inline backend; a script has not.
    ipython = sys.modules.get("IPython")
    if ipython is not None and ipython.get_ipython() is not None:
        from matplotlib_inline.backend_inline import set_matplotlib_formats

        set_matplotlib_formats(  # type: ignore[no-untyped-call]
            "svg", metadata={"Date": None}, bbox_inches="tight"
        )


def label_line(ax: Axes, line: Line2D, text: str, *, offset: float = 0.0) -> Annotation:
    """Write a name at the right end of a line, in its colour, instead of a legend.

    Args:
        ax: The axes that hold `line`.
        line: The line to name; its last finite point is its end.
        text: The name.
        offset: How far to shift the name upwards, in points, away from another one.

    Returns:
        The text that was written.

    Raises:
        ValueError: `line` has no finite point.

    Example:
        >>> _, ax = plt.subplots()
        >>> (line,) = ax.plot([0, 1, 2], [1.0, 2.0, float("inf")])
        >>> label_line(ax, line, "loss").xy  # where the line was last seen
        (1.0, 2.0)
    """
    points = np.asarray(line.get_xydata(), dtype=float)
    finite = points[np.isfinite(points).all(axis=1)]
    if not len(finite):
        raise ValueError(f"line must have a finite point, got {len(points)} others")
    return ax.annotate(
        text,
        tuple(finite[-1].tolist()),
        xytext=(4, offset),
        textcoords="offset points",
        color=line.get_color(),
        va="center",
        annotation_clip=False,
    )
