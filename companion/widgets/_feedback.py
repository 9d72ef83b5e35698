"""The figure of ``feedback.js``."""

from companion.widgets._figure import Widget, check_between, check_whole, make_widget


def feedback(
    *, share: float = 0.0, steps: int = 60, language: str | None = None
) -> Widget:
    r"""Show how feedback moves eigenvalues into the unit disc and tames the costate.

    .. math:: x_{t+1} = (A - g B K)\, x_t, \qquad
        \lambda_t = (Q + g^2 K^\top R K)\, x_t + (A - g B K)^\top \lambda_{t+1}

    with the system of the chapter, :math:`K` its stationary Riccati gain. The arguments
    set the figure's first state; sliders take their nearest position.

    Args:
        share: The share :math:`g` of the Riccati gain, 0 to 2.5; in steps of 0.05.
        steps: The horizon :math:`T`, 5 to 100; in steps of 5.
        language: ``"en"`` or ``"zh"``; None takes the page's language.

    Returns:
        The figure, ``<xg-feedback>``.

    Raises:
        ValueError: An argument is outside the range given above.

    Source:
        The chapter `optimal-control` derives the recursions.

    Example:
        >>> feedback(share=1.0)
        <xg-feedback>
    """
    check_between("share", share, 0, 2.5)
    check_whole("steps", steps, 5, 100)
    options = {"share": round(20 * share) / 20, "steps": 5 * round(steps / 5)}
    english = (
        "Interactive figure, shown where scripts run: without feedback the costate of "
        "an unstable system grows exponentially with the horizon. As the gain grows, "
        "the eigenvalues of the closed loop enter the unit disc and the costate "
        "stays bounded, until the gain is so large that one of them leaves it again."
    )
    chinese = (
        "交互图，运行脚本后显示：没有反馈时，不稳定系统的协态随时域长度指数增长；"
        "增益增大后，闭环的特征值进入单位圆盘，协态保持有界；增益过大时，又有特征值移出圆盘。"
    )
    return make_widget("feedback", options, english, chinese, language)
