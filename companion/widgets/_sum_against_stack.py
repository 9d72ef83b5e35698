"""The figure of ``sum_against_stack.js``."""

from companion.widgets._figure import (
    Widget,
    check_between,
    check_whole,
    make_widget,
)


def sum_against_stack(
    *, alignment: float = 0.1, branches: int = 16, language: str | None = None
) -> Widget:
    r"""Show how the norms of summed and of stacked gradients grow with their number.

    .. math:: \Bigl\| \sum_i h_i \Bigr\| = \sqrt{k + k (k - 1)\,\rho}, \qquad
        \bigl\| [h_1; \dots; h_k] \bigr\| = \sqrt k

    for gradients :math:`h_i` of length 1 whose mean pairwise cosine is :math:`\rho`.
    The browser draws both norms, the sum over :math:`\sqrt k`, and such vectors in the
    plane, head to tail. The arguments set the figure's first state; sliders take their
    nearest position.

    Args:
        alignment: The mean cosine :math:`\rho`, 0 to 1.
        branches: How many gradients :math:`k`, 1 to 256.
        language: ``"en"`` or ``"zh"``; None takes the page's language.

    Returns:
        The figure, ``<xg-sum-against-stack>``.

    Raises:
        ValueError: An argument is outside the range given above.

    Source:
        The chapter `dense-connections` derives both norms.

    Example:
        >>> sum_against_stack(alignment=1.0, branches=4)
        <xg-sum-against-stack>
    """
    check_between("alignment", alignment, 0, 1)
    check_whole("branches", branches, 1, 256)
    options = {"alignment": alignment, "branches": branches}
    english = (
        "Interactive figure, shown where scripts run: the norm of a sum of k gradients "
        "of length 1 grows like √k if they are unrelated and like k if they are "
        "aligned, while the norm of their stack is always √k. Divided by √k, as "
        "fan-in initialization does, the sum grows like 1 to √k."
    )
    chinese = (
        "交互图，运行脚本后显示：k个长度为1的梯度之和，互不相关时范数按√k增长，"
        "完全对齐时按k增长，而拼接的范数总是√k。"
        "若像按扇入初始化那样除以√k，求和的范数则在1与√k之间。"
    )
    return make_widget("sum-against-stack", options, english, chinese, language)
