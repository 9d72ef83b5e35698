"""The figure of ``product_growth.js``."""

from collections.abc import Mapping, Sequence
from itertools import pairwise

from companion.widgets._figure import Widget, check_between, make_widget


def product_growth(
    *,
    depths: Sequence[int],
    runs: Mapping[int, Sequence[Sequence[float]]],
    gain: float = 1.0,
    language: str | None = None,
) -> Widget:
    r"""Show measured products of Gaussian matrices against their exact law.

    .. math:: \log\frac{\|J_1^\top \cdots J_L^\top g\|}{\|g\|}: \quad
        \text{mean } L \lambda_1, \quad \text{variance } \tfrac L4 \psi'(\tfrac n2)

    Python measures at gain 1; the browser adds the logarithm of the gain in every
    layer, which is exact. The slider takes its nearest position.

    Args:
        depths: The depths measured, increasing from 1 or more.
        runs: To each width, one list for every product: the logarithm of the growth
            at gain 1, at each of the depths.
        gain: The gain at first, 0.5 to 1.9.
        language: ``"en"`` or ``"zh"``; None takes the page's language.

    Returns:
        The figure, ``<xg-product-growth>``.

    Raises:
        ValueError: `gain` is outside its range, `depths` do not increase from 1 or
            more, there is no run, or one has not a finite value for every depth.

    Source:
        The chapter `jacobian-products` derives the law.

    Example:
        >>> product_growth(depths=[10, 20], runs={8: [[-0.5, -1.5]]})
        <xg-product-growth>
    """
    check_between("gain", gain, 0.5, 1.9)
    for before, after in pairwise([0, *depths]):
        if not before < after:
            raise ValueError(f"depths must increase from 1 on, got {list(depths)}")
    lines = [line for lists in runs.values() for line in lists]
    if not lines or any(len(line) != len(depths) for line in lines):
        raise ValueError(f"runs must have {len(depths)} numbers each, one for a depth")
    for line in lines:
        for value in line:
            check_between("runs", value, -1e4, 1e4)
    options = {
        "depths": list(depths),
        "runs": {
            str(width): [[round(value, 2) for value in line] for line in lists]
            for width, lists in runs.items()
        },
        "gain": gain,
    }
    english = (
        "Interactive figure, shown where scripts run: the logarithm of a gradient's "
        "length walks through a product of Gaussian matrices. Its mean grows at the "
        "exact rate, its spread as the root of the depth, and the product of the norms "
        "lies far above both."
    )
    chinese = (
        "交互图，运行脚本后显示：梯度长度的对数穿过一串高斯矩阵，像随机游走一样变化。"
        "均值按精确的速率增长，离散程度按深度的平方根增长，范数之积则远高于两者。"
    )
    return make_widget("product-growth", options, english, chinese, language)
