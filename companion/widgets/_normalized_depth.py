"""The figure of ``normalized_depth.js``."""

from collections.abc import Mapping, Sequence
from math import isfinite

from companion.widgets._figure import Widget, check_among, check_between, make_widget


def normalized_depth(
    *,
    curves: Mapping[tuple[str, bool, float], Sequence[float]],
    kind: str = "batch",
    residual: bool = False,
    gain: float = 2.0,
    language: str | None = None,
) -> Widget:
    r"""Show the gradient by depth under four normalizations, measured and in the limit.

    .. math:: \frac{\|g_l\|^2}{\|g_{l+1}\|^2} = r + \frac{g^2}{2 \sigma_l^2}, \qquad
        \sigma_{l+1}^2 = r\,\sigma_l^2 + g^2 q

    The browser computes this law for a ReLU stack, as
    `companion.normalization.mean_field_norms` does. The other arguments set the
    figure's first state.

    Args:
        curves: The measured norms relative to the last, for each triple of kind,
            residual or not, and gain; all of one length. Their gains are the slider's.
        kind: ``"none"``, ``"batch"``, ``"layer"`` or ``"rms"``.
        residual: Whether each block adds its input.
        gain: The gain of the weights; it takes the nearest of the slider's.
        language: ``"en"`` or ``"zh"``; None takes the page's language.

    Returns:
        The figure, ``<xg-normalized-depth>``.

    Raises:
        ValueError: A kind is none of the four, `curves` is empty or of different
            lengths, a norm is not positive, or a gain is outside 0.1 to 10.

    Source:
        The chapter `normalization` derives the law.

    Example:
        >>> normalized_depth(curves={("batch", False, 1.0): [1.2, 1.2, 1.0]})
        <xg-normalized-depth>
    """
    lengths = {len(norms) for norms in curves.values()}
    if len(lengths) != 1 or min(lengths) < 2:
        raise ValueError(f"curves must have one length, 2 or more, got {lengths}")
    for name, _, each in [*curves, (kind, residual, gain)]:
        check_among("kind", name, ("none", "batch", "layer", "rms"))
        check_between("gain", each, 0.1, 10)
    for norms in curves.values():
        for norm in norms:
            if not (isfinite(norm) and norm > 0):
                raise ValueError(f"norms must be positive and finite, got {norm}")
    options = {
        "kind": kind,
        "residual": residual,
        "gain": gain,
        "gains": sorted({each for _, _, each in curves}),
        "depth": lengths.pop() - 1,
        "curves": {
            f"{name} {'residual' if path else 'plain'} {each:g}": [
                float(f"{norm:.3g}") for norm in norms
            ]
            for (name, path, each), norms in curves.items()
        },
    }
    english = (
        "Interactive figure, shown where scripts run: without normalization the gain "
        "of the weights decides how a gradient changes with depth. Batch normalization "
        "alone makes it grow by 1.211 per layer at every gain, layer and RMS "
        "normalization keep it; with residual connections the growth is a power."
    )
    chinese = (
        "交互图，运行脚本后显示：不归一化时，梯度随深度的变化由权重增益决定。"
        "单用批量归一化，任何增益下每层都增长到1.211倍；"
        "层归一化与RMS归一化使其保持不变；"
        "加上残差连接，增长变为深度的幂。"
    )
    return make_widget("normalized-depth", options, english, chinese, language)
