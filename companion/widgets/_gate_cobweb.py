"""The figure of ``gate_cobweb.js``."""

from companion.widgets._figure import Widget, check_between, make_widget


def gate_cobweb(
    *,
    w: float = -3.0,
    u: float = 20.0,
    b: float = -2.0,
    language: str | None = None,
) -> Widget:
    r"""Show one gated unit: its map, its orbit, and the gradient along it.

    .. math:: h' = z h + (1 - z) \tanh(w h), \qquad z = \frac{1}{1 + e^{-u h - b}}

    The browser draws the map with the cobweb of one orbit, the gradient of its states
    by the first, and the same with the gates' values played from a tape; it tells both
    growth exponents. The arguments set the figure's first state; sliders take their
    nearest position.

    Args:
        w: The recurrent weight :math:`w`, -5 to 5; in steps of 0.1.
        u: The weight of the gate :math:`u`, 0 to 40; in steps of 0.5.
        b: The bias of the gate :math:`b`, -8 to 8; in steps of 0.2.
        language: ``"en"`` or ``"zh"``; None takes the page's language.

    Returns:
        The figure, ``<xg-gate-cobweb>``.

    Raises:
        ValueError: An argument is outside the range given above.

    Source:
        The chapter `gated-recurrence`, whose example of chaos it starts with.

    Example:
        >>> gate_cobweb(u=5.0)
        <xg-gate-cobweb>
    """
    check_between("w", w, -5, 5)
    check_between("u", u, 0, 40)
    check_between("b", b, -8, 8)
    options = {"w": round(w, 1), "u": round(2 * u) / 2, "b": round(5 * b) / 5}
    english = (
        "Interactive figure, shown where scripts run: the map of one gated unit, its "
        "orbit, and the gradient along it. With a steep gate the gradient climbs by "
        "twenty powers of ten in a hundred steps, and stays near one if the same gates "
        "are played from a tape; with a flat gate, or with none, it falls."
    )
    chinese = (
        "交互图，运行脚本后显示：一个门控单元的映射、轨道，以及沿轨道的梯度。门很陡时，"
        "梯度在一百步内上升二十多个数量级；若同样的门值取自录音带，梯度保持在一附近；"
        "门平缓或没有门时，梯度下降。"
    )
    return make_widget("gate-cobweb", options, english, chinese, language)
