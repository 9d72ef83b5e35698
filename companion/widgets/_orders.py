"""The figure of ``orders.js``."""

from companion.widgets._figure import Widget, make_widget


def orders(*, order: str = "AAAAAAAAAAAA", language: str | None = None) -> Widget:
    r"""Show what the order of two layers does to their product.

    .. math:: A = \begin{pmatrix} 1/2 & 2 \\ 0 & 1/2 \end{pmatrix}, \qquad B = A^\top

    Twelve layers stand in a row, and a press turns one from A to B or back. The
    figure shows how long a vector can have become after each of them, and where this
    order stands among all 4,096. Three other pairs of layers can be chosen.

    Args:
        order: Twelve letters A or B, the first state.
        language: ``"en"`` or ``"zh"``; None takes the page's language.

    Returns:
        The figure, ``<xg-orders>``.

    Raises:
        ValueError: `order` is not twelve letters A or B.

    Source:
        The chapter `jacobian-products`.

    Example:
        >>> orders(order="ABABABABABAB")
        <xg-orders>
    """
    if len(order) != 12 or set(order) - set("AB"):
        raise ValueError(f"order must be twelve letters A or B, got {order!r}")
    english = (
        "Interactive figure, shown where scripts run: twelve layers, each A or B, in "
        "an order that you choose; the largest singular value of their product after "
        "each layer, and its place among those of all 4,096 orders."
    )
    chinese = (
        "交互图，运行脚本后显示：十二层，每层取A或B，顺序由你选择；图中画出每一层之"
        "后乘积的最大奇异值，以及它在全部4096种顺序中的位置。"
    )
    return make_widget("orders", {"order": order}, english, chinese, language)
