"""The figure of ``cliff.js``."""

from companion.widgets._figure import Widget, check_between, check_whole, make_widget


def cliff(
    *,
    steps: int = 30,
    threshold: float | None = 0.1,
    learning_rate: float = 1.0,
    start: tuple[float, float] = (5.5, -1.7),
    lead: bool = False,
    language: str | None = None,
) -> Widget:
    r"""Show Pascanu's cliff and gradient descent on it, with and without clipping.

    .. math:: x_t = w\,s(x_{t-1}) + b, \quad x_0 = \tfrac12, \quad
        E = (s(x_T) - 0.7)^2, \qquad s(x) = \frac1{1 + e^{-x}}

    The arguments set the figure's first state; the reader then moves the start
    point and the sliders, which take their nearest position. The default start lies on
    the flat: plain descent walks to the wall and is thrown out of the picture there.

    A page that is no notebook shows the figure by the ``html`` of the result, or by
    the scripts ``base.js`` and ``cliff.js``, not deferred, and after them the element::

        <xg-cliff class="xg-figure" data-options='{"lead": true, "steps": 30,
          "threshold": 0.1, "learning_rate": 1, "start": [5.5, -1.7]}'>
        <p lang="en">...</p><p lang="zh">...</p></xg-cliff>

    Args:
        steps: The horizon :math:`T`, 5 to 50.
        threshold: The largest gradient norm let through, 0.01 to 10, or None
            for no clipping.
        learning_rate: The learning rate :math:`\eta`, 0.01 to 1.
        start: The start :math:`(w, b)` within :math:`[3, 8] \times [-5, -1]`.
        lead: Whether it leads a page: one slider, for the threshold, and one line.
        language: ``"en"`` or ``"zh"``; None takes the page's language.

    Returns:
        The figure, ``<xg-cliff>``.

    Raises:
        ValueError: An argument is outside the range given above.

    Source:
        Pascanu, Mikolov, Bengio (2013), Figure 6. The wall's line and its height
        are closed forms of ours: on it :math:`x_0` is an unstable fixed point.

    Example:
        >>> cliff(steps=50, threshold=None)
        <xg-cliff>
    """
    check_whole("steps", steps, 5, 50)
    if threshold is not None:
        check_between("threshold", threshold, 0.01, 10)
    check_between("learning_rate", learning_rate, 0.01, 1)
    check_between("start's w", start[0], 3, 8)
    check_between("start's b", start[1], -5, -1)
    options = {
        "steps": steps,
        "threshold": threshold,
        "learning_rate": learning_rate,
        "start": list(start),
        "lead": lead,
    }
    english = (
        "Interactive figure, shown where scripts run: the loss of a small recurrent "
        "network has a wall on the line b = ½ − w·s(½) for w > 4.26. One step of "
        "gradient descent beside it leaves the picture; clipped by norm, no step is "
        "longer than learning rate times threshold."
    )
    chinese = (
        "交互图，运行脚本后显示：一个小型循环网络的损失在直线b = ½ − w·s(½)"
        "（w > 4.26）上有一道墙。墙边的一步梯度下降就会飞出画面；按范数裁剪后，"
        "每一步都不长于学习率乘以阈值。"
    )
    return make_widget("cliff", options, english, chinese, language)
