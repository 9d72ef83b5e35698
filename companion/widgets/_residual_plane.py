"""The figure of ``residual_plane.js``."""

from companion.widgets._figure import Widget, check_between, check_whole, make_widget


def residual_plane(
    *,
    alpha: float = 0.25,
    beta: float = 0.5,
    depth: int = 50,
    language: str | None = None,
) -> Widget:
    r"""Show the plane of the two factors of a scaled residual connection.

    .. math:: x_{l+1} = (1 - \beta)\,x_l + \alpha f_l(x_l), \qquad
        \text{gain} = \bigl((1 - \beta)^2 + \alpha^2\bigr)^{L/2}

    The branches are Gaussian, of root-mean-square gain 1 and norm :math:`K = 2`. The
    browser colours the plane by the gain, draws the edge of the guarantee
    :math:`\alpha K = \beta`, the circle on which the mean square is kept and rays of
    equal shape around :math:`(0, 1)`, and beside it, over depth, the share of the
    directions that one point keeps. The arguments set the figure's first state; sliders
    take their nearest position.

    Args:
        alpha: The factor :math:`\alpha` of the branch, 0 to 1.2.
        beta: What is taken from the path around, :math:`\beta`, 0 to 1.
        depth: The number :math:`L` of layers, 1 to 200.
        language: ``"en"`` or ``"zh"``; None takes the page's language.

    Returns:
        The figure, ``<xg-residual-plane>``.

    Raises:
        ValueError: An argument is outside the range given above.

    Source:
        `companion.scaling.scaled_residual_bound` and `variance_preserving_scale`
        compute the same bound and curve; the chapter `residual-connections` derives
        the share.

    Example:
        >>> residual_plane(alpha=0.5, beta=0.1, depth=32)
        <xg-residual-plane>
    """
    check_between("alpha", alpha, 0, 1.2)
    check_between("beta", beta, 0, 1)
    check_whole("depth", depth, 1, 200)
    options = {"alpha": alpha, "beta": beta, "depth": depth}
    english = (
        "Interactive figure, shown where scripts run: the plane of α and β around the "
        "point (0, 1). The distance from it is the size of a gradient per layer, the "
        "angle decides how many directions are kept. Left of the line αK = β no layer "
        "can stretch."
    )
    chinese = (
        "交互图，运行脚本后显示：以点(0, 1)为中心的α与β平面。到该点的距离是梯度每层的"
        "大小，角度决定保留多少方向。在直线αK = β左侧，任何一层都不会拉伸。"
    )
    return make_widget("residual-plane", options, english, chinese, language)
