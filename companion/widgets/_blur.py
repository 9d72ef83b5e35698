"""The figure of ``blur.js``."""

from companion.widgets._figure import Widget, check_between, check_whole, make_widget


def blur(
    *,
    step: float = 0.27,
    layers: int = 100,
    language: str | None = None,
) -> Widget:
    r"""Show what layers that blur a picture make of it, and the gradient through them.

    .. math:: x \leftarrow x + h \Bigl(\sum_{\text{neighbours}} x - 4x\Bigr), \qquad
        g = \frac{\partial x_L[16, 16]}{\partial x_0}

    The picture has 32 x 32 pixels and closes around its edges. The arguments set the
    figure's first state; sliders take their nearest position.

    Args:
        step: The step :math:`h`, 0.05 to 0.3.
        layers: The number of layers :math:`L`, 1 to 400.
        language: ``"en"`` or ``"zh"``; None takes the page's language.

    Returns:
        The figure, ``<xg-blur>``.

    Raises:
        ValueError: An argument is outside the range given above.

    Source:
        The chapter `numerical-stability` derives the eigenvalues of the blur.

    Example:
        >>> blur(step=0.2, layers=50)
        <xg-blur>
    """
    check_between("step", step, 0.05, 0.3)
    check_whole("layers", layers, 1, 400)
    english = (
        "Interactive figure, shown where scripts run: a bar after a number of layers "
        "that blur it, and the gradient of its central pixel. Up to the step 0.25 the "
        "gradient stays small at every depth; beyond it a chessboard grows in both."
    )
    chinese = (
        "交互图，运行脚本后显示：一根竖条经过若干层模糊之后的样子，以及中心像素的梯度。"
        "步长不超过0.25时，梯度在任何深度都很小；超过它，两幅图中都会长出棋盘纹。"
    )
    options = {"step": step, "layers": layers}
    return make_widget("blur", options, english, chinese, language)
