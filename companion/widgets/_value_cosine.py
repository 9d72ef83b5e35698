"""The figure of ``value_cosine.js``."""

from collections.abc import Mapping, Sequence
from itertools import pairwise

from companion.widgets._figure import Widget, check_between, check_whole, make_widget

# The browser's laws of a gradient's entries, in the order of its menu.
LAWS = (
    "gaussian",
    "laplace",
    "uniform",
    "student5",
    "student3",
    "cauchy",
    "scales",
    "spike",
)


def value_clipping_cosine(
    *,
    law: str = "gaussian",
    dim: int = 1000,
    threshold: float = 0.1,
    seed: int = 0,
    curves: Mapping[str, tuple[Sequence[float], Sequence[float]]] | None = None,
    language: str | None = None,
) -> Widget:
    r"""Show how far clipping by value turns a gradient.

    .. math:: \cos(g, \hat g) = \frac{\langle g, \hat g\rangle}{\|g\|\,\|\hat g\|},
        \quad \hat g_i = \max(-\tau, \min(\tau, g_i))

    The browser draws the entries of :math:`g` from a law of the reader's choice
    and computes the cosine for every threshold :math:`\tau`. The arguments set the
    figure's first state; sliders take their nearest position.

    Args:
        law: The entries: ``"gaussian"``, ``"laplace"``, ``"uniform"``, ``"student5"``
            and ``"student3"`` (Student t of 5 and 3 degrees of freedom), ``"cauchy"``,
            ``"scales"`` (Gaussian, each times its own exp of a Gaussian), ``"spike"``
            (Gaussian but for one entry of 10√dim), or a name among `curves`.
        dim: The number of entries, 2 to 100,000.
        threshold: :math:`\tau` over the root mean square of the entries, 0.001 to 10.
        seed: Seed of the browser's generator, 0 or a positive whole number.
        curves: Measured curves to choose as well: to a name, shown as it is, the
            increasing thresholds over the root mean square and their cosines.
        language: ``"en"`` or ``"zh"``; None takes the page's language.

    Returns:
        The figure, ``<xg-value-cosine>``.

    Raises:
        ValueError: An argument is outside the range given above, a curve has the
            name of a law, fewer than two points, thresholds that do not increase or
            cosines outside [0, 1].

    Source:
        The limits for many entries are E|g| / √(E g²) for a low threshold and, at
        any threshold, closed forms for Gaussian, Laplace and uniform entries.

    Example:
        >>> value_clipping_cosine(curves={"mlp": ([0.01, 1.0], [0.5, 0.9])}, law="mlp")
        <xg-value-cosine>
    """
    curves = {} if curves is None else curves
    for name, (thresholds, cosines) in curves.items():
        _check_curve(name, thresholds, cosines)
    if law not in (*LAWS, *curves):
        raise ValueError(f"law must be among {(*LAWS, *curves)}, got {law!r}")
    check_whole("dim", dim, 2, 100_000)
    check_between("threshold", threshold, 0.001, 10)
    check_whole("seed", seed, 0, 2**31 - 1)
    options = {
        "law": law,
        "dim": dim,
        "threshold": threshold,
        "seed": seed,
        "curves": {
            name: [[float(f"{number:.6g}") for number in axis] for axis in curve]
            for name, curve in curves.items()
        },
    }
    english = (
        "Interactive figure, shown where scripts run: the cosine between a gradient "
        "and its copy clipped by value falls with the threshold, for Gaussian entries "
        "to 0.798, for heavier tails lower, for Cauchy entries to 0."
    )
    chinese = (
        "交互图，运行脚本后显示：梯度与按值裁剪后的梯度之间的余弦随阈值减小而下降："
        "高斯分量降到0.798，尾部越重降得越低，柯西分量降到0。"
    )
    return make_widget("value-cosine", options, english, chinese, language)


def _check_curve(
    name: str, thresholds: Sequence[float], cosines: Sequence[float]
) -> None:
    if name in LAWS:
        raise ValueError(f"curves must not use the name of a law, got {name!r}")
    if len(thresholds) != len(cosines) or len(thresholds) < 2:
        raise ValueError(
            f"curve {name!r} must have as many cosines as thresholds, at least 2, "
            f"got {len(cosines)} and {len(thresholds)}"
        )
    for before, after in pairwise(thresholds):
        if not 0 < before < after:
            raise ValueError(
                f"thresholds of {name!r} must be positive and increase, "
                f"got {before} before {after}"
            )
    for cosine in cosines:
        check_between(f"cosines of {name!r}", cosine, 0, 1)
