"""The figure of ``cat_map.js``."""

from companion.widgets._figure import Widget, check_between, check_whole, make_widget


def cat_map(
    *,
    first: float = 1.0,
    second: float = 1.0,
    repeats: int = 2,
    language: str | None = None,
) -> Widget:
    r"""Show two shears in turn: volume is kept, length need not be.

    .. math:: M = \begin{pmatrix} 1 & 0 \\ b & 1 \end{pmatrix}
        \begin{pmatrix} 1 & a \\ 0 & 1 \end{pmatrix}, \qquad
        \det M = 1, \quad \operatorname{tr} M = 2 + ab

    The browser applies :math:`M` to a grid and to the unit disc, :math:`n` times. The
    arguments set the figure's first state.

    Args:
        first: The shear :math:`a` along x, 0 to 2; rounded to tenths.
        second: The shear :math:`b` along y, -4.5 to 2; rounded to tenths.
        repeats: The number :math:`n` of pairs, 0 to 20.
        language: ``"en"`` or ``"zh"``; None takes the page's language.

    Returns:
        The figure, ``<xg-cat-map>``.

    Raises:
        ValueError: An argument is outside the range given above.

    Source:
        Arnold's cat map is :math:`a = b = 1`; the chapter `normalizing-flows` derives
        the rest.

    Example:
        >>> cat_map(second=-1.0)
        <xg-cat-map>
    """
    check_between("first", first, 0, 2)
    check_between("second", second, -4.5, 2)
    check_whole("repeats", repeats, 0, 20)
    options = {
        "first": round(first, 1),
        "second": round(second, 1),
        "repeats": repeats,
    }
    english = (
        "Interactive figure, shown where scripts run: two shears in turn keep every "
        "area. With equal signs they stretch the disc exponentially, with opposite "
        "signs they turn it, and along one axis the stretch grows linearly."
    )
    chinese = (
        "交互图，运行脚本后显示：两个剪切交替作用，面积始终不变。符号相同时圆盘被指数拉长，"
        "符号相反时圆盘转动，只沿一个轴时拉伸线性增长。"
    )
    return make_widget("cat-map", options, english, chinese, language)
