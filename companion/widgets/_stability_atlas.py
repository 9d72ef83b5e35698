"""The figure of ``stability_atlas.js``."""

from collections.abc import Mapping, Sequence
from math import isfinite

from companion.widgets._figure import Widget, check_among, make_widget

KINDS = ("plain", "clip", "orthogonal", "residual", "layer norm")
TABLES = ("median", "worst", "ratio")


def stability_atlas(
    *,
    points: Mapping[str, Mapping[str, Sequence[Sequence[float]]]],
    depths: Sequence[int],
    gains: Sequence[float],
    factors: Sequence[tuple[float, float]],
    threshold: float,
    remedy: str = "plain",
    cell: str | None = None,
    language: str | None = None,
) -> Widget:
    r"""Show which networks learn by gain, depth and remedy, and theory's boundary.

    .. math:: L = 6 / |\ln \chi(g)|

    Args:
        points: By remedy the tables ``median`` and ``worst`` (losses) and ``ratio``
            (log10 of the gradient's ratio), a row a depth and a column a gain, as
            `companion.atlas.stored_atlas` returns them.
        depths: The depths, one a row.
        gains: The gains, one a column.
        factors: Pairs of a gain and its :math:`\chi`, along which theory's line runs.
        threshold: The median loss below which a point counts as learning.
        remedy: The remedy that is shown first.
        cell: The id, on the page, of the cell that remakes a point: the figure links to
            it and says what to put in. None: no link.
        language: ``"en"`` or ``"zh"``; None takes the page's language.

    Returns:
        The figure, ``<xg-stability-atlas>``.

    Raises:
        ValueError: A remedy is unknown, a table has another shape or a number that is
            not finite, or a factor is not positive.

    Source:
        The chapter `diagnosing-a-run` measures the points.

    Example:
        >>> table = [[1.0]]
        >>> stability_atlas(points={"plain": {"median": table, "worst": table,
        ...     "ratio": table}}, depths=[4], gains=[1.0], factors=[(0.5, 0.25)],
        ...     threshold=1.5)
        <xg-stability-atlas>
    """
    for name in [remedy, *points]:
        check_among("remedy", name, KINDS)
    if remedy not in points:
        raise ValueError(f"points must hold the remedy, got {remedy!r}")
    for tables in points.values():
        for name in TABLES:
            _check_table(name, tables[name], len(depths), len(gains))
    for gain, factor in factors:
        if not factor > 0:
            raise ValueError(f"factors must be positive, got {factor} at gain {gain}")
    options = {
        "points": {
            kind: {name: [list(row) for row in tables[name]] for name in TABLES}
            for kind, tables in points.items()
        },
        "depths": list(depths),
        "gains": list(gains),
        "factors": [[gain, round(factor, 6)] for gain, factor in factors],
        "threshold": threshold,
        "remedy": remedy,
        "cell": cell,
        "depth": depths[-1],
        "gain": gains[len(gains) // 2],
    }
    english = (
        "Interactive figure, shown where scripts run: which tanh networks learn in "
        "fifty steps, by gain, depth and remedy; the same points by the ratio of the "
        "gradients at the first and the last block; and the depth at which theory "
        "expects a gradient to have changed twentyfold."
    )
    chinese = (
        "交互图，运行脚本后显示：哪些网络在五十步内能学习，取决于增益、深度与对策；"
        "同样这些点按首末两块梯度之比排列；以及理论预期梯度改变二十倍的深度。"
    )
    return make_widget("stability-atlas", options, english, chinese, language)


def _check_table(
    name: str, table: Sequence[Sequence[float]], rows: int, columns: int
) -> None:
    shape = [len(row) for row in table]
    if shape != [columns] * rows:
        raise ValueError(f"{name} must have {rows} rows of {columns}, got {shape}")
    for row in table:
        for value in row:
            if not isfinite(value):
                raise ValueError(f"{name} must be finite, got {value}")
