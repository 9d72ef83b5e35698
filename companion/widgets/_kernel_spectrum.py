"""The figure of ``kernel_spectrum.js``."""

from companion.widgets._figure import Widget, check_among, make_widget


def kernel_spectrum(
    *, preset: str = "laplacian", language: str | None = None
) -> Widget:
    r"""Show the gain of a 3 x 3 kernel for every wave, as the reader edits its taps.

    .. math:: \Bigl|\sum_u K_u\, e^{2 \pi i \langle f, u\rangle}\Bigr|
        \le 3\, \|K\|_2

    The browser computes the gains on a torus of 32 by 32 pixels. The argument sets the
    figure's first kernel.

    Args:
        preset: ``"identity"``, ``"box"``, ``"laplacian"``, ``"edge"`` or ``"random"``.
        language: ``"en"`` or ``"zh"``; None takes the page's language.

    Returns:
        The figure, ``<xg-kernel-spectrum>``.

    Raises:
        ValueError: An argument is not among those given above.

    Source:
        The chapter `convolution-jacobians` derives the gains and the bound.

    Example:
        >>> kernel_spectrum(preset="box")
        <xg-kernel-spectrum>
    """
    presets = ("identity", "box", "laplacian", "edge", "random")
    check_among("preset", preset, presets)
    english = (
        "Interactive figure, shown where scripts run: the gain of a kernel of nine "
        "taps for every wave. One tap treats all waves alike, the box passes slow "
        "waves, the Laplacian fast ones; no gain exceeds three times the norm of the "
        "taps, and the box attains it."
    )
    chinese = (
        "交互图，运行脚本后显示：3 × 3卷积核对每个频率分量的增益。"
        "单点核对所有频率一视同仁，均值核通过低频，拉普拉斯核通过高频；任何增益都不超过权重范数的三倍，"
        "均值核达到这一上界。"
    )
    return make_widget(
        "kernel-spectrum", {"preset": preset}, english, chinese, language
    )
