"""The figure of ``whose_norm.js``."""

from companion.widgets._figure import (
    Widget,
    check_among,
    check_between,
    make_widget,
)

RULES = (
    "once",
    "tensor",
    "entry",
    "shard",
    "sample",
    "replica",
    "added",
    "running",
)


def whose_norm(
    *,
    rule: str = "once",
    threshold: float = 1.0,
    loud: float = 1.0,
    share: float = 1.0,
    language: str | None = None,
) -> Widget:
    r"""Show the step that is left when another part of a gradient is clipped.

    .. math:: s_j = \tfrac14 \sum_{i=1}^4 c_{ij}\, g_{ij}, \qquad j = 1, \dots, 6

    Four samples, six parameters. Each rule multiplies the entries of the table by
    factors :math:`c_{ij} \le 1`; the rules differ in which entries share one. The
    arguments set the figure's first state; sliders take their nearest position.

    Args:
        rule: What is clipped: the mean of all samples "once", each "tensor", "entry"
            or "shard" of it; each "sample", or the mean of each half of them
            ("replica"), before they are averaged; what each half contributes before
            they are "added"; or the "running" total of that.
        threshold: The threshold, 0.1 to 100.
        loud: By how much the first sample's gradient is too long, 1 to 1000.
        share: What the gradient of the first tensor is multiplied by, 0.01 to 100.
        language: ``"en"`` or ``"zh"``; None takes the page's language.

    Returns:
        The figure, ``<xg-whose-norm>``.

    Raises:
        ValueError: An argument is outside the range given above.

    Source:
        The chapter `clipping-in-practice`; its clips are `companion.clipping`'s.

    Example:
        >>> whose_norm(rule="sample", loud=1000)
        <xg-whose-norm>
    """
    check_among("rule", rule, RULES)
    check_between("threshold", threshold, 0.1, 100)
    check_between("loud", loud, 1, 1000)
    check_between("share", share, 0.01, 100)
    options = {"rule": rule, "threshold": threshold, "loud": loud, "share": share}
    english = (
        "Interactive figure, shown where scripts run: a table of four samples and two "
        "tensors. Clipped as a whole, the mean keeps its direction. Clipped by tensor "
        "or by shard it turns, and may be longer than the threshold. If one sample is "
        "far too long, the clip of every sample stays near what the others say."
    )
    chinese = (
        "交互图，运行脚本后显示：表中有四个样本、两个张量。整体裁剪时，平均梯度的方向不变；"
        "按张量或分片裁剪时，方向改变，长度可能超过阈值。若有一个样本过长，逐样本裁剪仍接近其余样本的方向。"
    )
    return make_widget("whose-norm", options, english, chinese, language)
