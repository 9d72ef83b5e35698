"""The figure of ``shooting.js``."""

from companion.widgets._figure import Widget, check_among, check_between, make_widget

PIECES = (1, 2, 5, 10, 25)


def shooting(
    *, pieces: int = 1, guess: float = 3.7, language: str | None = None
) -> Widget:
    r"""Show how a fit to chaotic data changes as the run is cut into pieces.

    .. math:: x_{t+1} = r\,x_t(1 - x_t), \qquad
        \text{misfit} = \overline{(x_t - y_t)^2}

    The data are 51 values at :math:`r = 3.8`, without noise; each piece begins at one
    of them. The arguments set the figure's first state; sliders take their nearest
    position.

    Args:
        pieces: The number of pieces :math:`K`, one of 1, 2, 5, 10 and 25.
        guess: The parameter :math:`r`, 3.6 to 4; in steps of 0.005.
        language: ``"en"`` or ``"zh"``; None takes the page's language.

    Returns:
        The figure, ``<xg-shooting>``.

    Raises:
        ValueError: An argument is outside the range given above.

    Source:
        Bock, Plitt (1984), "A multiple shooting algorithm for direct solution of
        optimal control problems"; the logistic map is ours.

    Example:
        >>> shooting(pieces=5)
        <xg-shooting>
    """
    check_among("pieces", pieces, PIECES)
    check_between("guess", guess, 3.6, 4)
    english = (
        "Interactive figure, shown where scripts run: the misfit of a chaotic run over "
        "its parameter. In one piece it is a noise of narrow dents; cut into ten or "
        "more, it is a bowl with its minimum at the true parameter."
    )
    chinese = (
        "交互图，运行脚本后显示：混沌轨迹的失配随参数的变化。整段拟合时满是狭窄的凹陷；"
        "切成十段或更多时，它是一个碗，最低点就在真实的参数处。"
    )
    options = {"pieces": pieces, "guess": round(200 * guess) / 200}
    return make_widget("shooting", options, english, chinese, language)
