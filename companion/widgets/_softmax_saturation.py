"""The figure of ``softmax_saturation.js``."""

from companion.widgets._figure import (
    Widget,
    check_among,
    check_between,
    check_whole,
    make_widget,
)


def softmax_saturation(
    *,
    dim: int = 256,
    scale: str = "one",
    size: float = 1.0,
    language: str | None = None,
) -> Widget:
    r"""Show one row of attention weights, and the gradient by each of many queries.

    .. math:: \|g\|_2, \quad g = \nabla_q \sum_i p_i a_i, \qquad
        p = \operatorname{softmax}(s\, q^\top k_i)

    The browser draws 1000 queries with 64 keys each, as they are at initialization, and
    shows 200 of them, with gradients in units of their mean; across the query it takes
    the keys as orthogonal and of their mean square length. The arguments set the
    figure's first state; sliders take their nearest position.

    Args:
        dim: The key dimension :math:`d`, 2 to 524,288.
        scale: The factor :math:`s`: ``"one"``, ``"root"`` for :math:`1/\sqrt d`,
            ``"inverse"`` for :math:`1/d`, or ``"unit"`` for queries and keys divided by
            their root mean square, with :math:`1/\sqrt d`.
        size: Standard deviation of the entries of query and keys, 0.1 to 10.
        language: ``"en"`` or ``"zh"``; None takes the page's language.

    Returns:
        The figure, ``<xg-softmax-saturation>``.

    Raises:
        ValueError: An argument is outside the range given above.

    Source:
        The chapter `attention-scaling` derives the limits of the mean and the median.

    Example:
        >>> softmax_saturation(scale="root")
        <xg-softmax-saturation>
    """
    check_whole("dim", dim, 2, 2**19)
    check_among("scale", scale, ("one", "root", "inverse", "unit"))
    check_between("size", size, 0.1, 10)
    options = {"dim": dim, "scale": scale, "size": size}
    english = (
        "Interactive figure, shown where scripts run: without a scale one of 64 "
        "weights takes nearly all as the key dimension grows, and a few of 200 queries "
        "get long gradients while most get none. With the scale 1/√d all get about "
        "the same, until queries and keys grow; QK normalization keeps the weights."
    )
    chinese = (
        "交互图，运行脚本后显示：不缩放时，键的维数越大，64个权重之一越是独占全部；"
        "200个查询中，少数得到很长的梯度，多数几乎得不到。"
        "按1/√d缩放后各查询相差无几，直到查询与键变大；QK归一化则使权重保持不变。"
    )
    return make_widget("softmax-saturation", options, english, chinese, language)
