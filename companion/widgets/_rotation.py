"""The figure of ``rotation.js``."""

from companion.widgets._figure import Widget, check_between, make_widget


def rotation(
    *,
    angle: float = 30,
    small: float = 0.1,
    language: str | None = None,
) -> Widget:
    r"""Show layers of equal singular values that grow, rest or shrink by their turn.

    .. math:: J = R(\varphi) \operatorname{diag}(2, b), \qquad
        z^2 - (2 + b) \cos\varphi\, z + 2b = 0

    The arguments set the figure's first state; sliders take their nearest position.

    Args:
        angle: The turn :math:`\varphi` of every layer in degrees, 0 to 90.
        small: The smaller singular value :math:`b`, 0.05 to 1.
        language: ``"en"`` or ``"zh"``; None takes the page's language.

    Returns:
        The figure, ``<xg-rotation>``.

    Raises:
        ValueError: An argument is outside the range given above.

    Source:
        The chapter `jacobian-products` derives the eigenvalues and the threshold.

    Example:
        >>> rotation(angle=60)
        <xg-rotation>
    """
    check_between("angle", angle, 0, 90)
    check_between("small", small, 0.05, 1)
    options = {"angle": round(angle), "small": round(20 * small) / 20}
    english = (
        "Interactive figure, shown where scripts run: every layer stretches by 2 at "
        "most. Without a turn the product explodes; with b = 0.1 it vanishes once "
        "every layer turns by more than 55 degrees."
    )
    chinese = (
        "交互图，运行脚本后显示：每层至多拉伸2倍。不转动时乘积爆炸；当b = 0.1时，"
        "每层的转角一旦超过55度，乘积就消失。"
    )
    return make_widget("rotation", options, english, chinese, language)
