"""The figure of ``decay.js``."""

from companion.widgets._figure import Widget, check_between, make_widget


def decay(
    *,
    weight_decay: float = 0.1,
    variance: float = 0.01,
    language: str | None = None,
) -> Widget:
    r"""Show weight decay raise a spectral radius while every norm falls.

    .. math:: W(\lambda) = A S (S + \lambda I)^{-1}, \qquad
        A = \begin{pmatrix} 2 & -2 \\ 2 & -1.8 \end{pmatrix}, \quad
        S = \operatorname{diag}(1, s)

    The browser computes the eigenvalues, the spectral radius and the Frobenius norm.
    The arguments set the figure's first state.

    Args:
        weight_decay: The coefficient :math:`\lambda`, 0.001 to 10; the nearest step of
            the slider, twenty to a factor of ten, is taken.
        variance: The variance :math:`s` of the second input, 0.001 to 1, likewise.
        language: ``"en"`` or ``"zh"``; None takes the page's language.

    Returns:
        The figure, ``<xg-decay>``.

    Raises:
        ValueError: An argument is outside the range given above.

    Source:
        `companion.decay.ridge_solution`; the chapter `weight-decay` derives it.

    Example:
        >>> decay(variance=1.0)
        <xg-decay>
    """
    check_between("weight_decay", weight_decay, 0.001, 10)
    check_between("variance", variance, 0.001, 1)
    options = {"weight_decay": weight_decay, "variance": variance}
    english = (
        "Interactive figure, shown where scripts run: as weight decay grows, the "
        "Frobenius norm falls. The spectral radius falls too if both inputs have the "
        "same variance; if one is a hundred times weaker, it rises above one first."
    )
    chinese = (
        "交互图，运行脚本后显示：权重衰减增大时，弗罗贝尼乌斯范数下降。两个输入方差相同时谱半径随之下降；"
        "其中一个弱一百倍时，谱半径先升到一以上。"
    )
    return make_widget("decay", options, english, chinese, language)
