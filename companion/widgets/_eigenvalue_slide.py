"""The figure of ``eigenvalue_slide.js``."""

from companion.widgets._figure import Widget, check_between, make_widget

# Eigenvalues of the first Gaussian matrix of gain 1 and size 48 from seed 0, to three
# digits: fixed, so that the picture is the same everywhere. Of a pair one is kept.
REAL = (-0.956, 0.323, 0.807, 0.909)
PAIRS = (
    *((-0.839, 0.267), (-0.699, 0.142), (-0.528, 0.256), (-0.528, 0.765)),
    *((-0.519, 0.557), (-0.453, 0.632), (-0.383, 0.214), (-0.264, 0.662)),
    *((-0.152, 0.336), (-0.135, 0.117), (-0.019, 0.398), (-0.016, 0.208)),
    *((0.018, 0.793), (0.145, 1.025), (0.168, 0.155), (0.233, 0.606)),
    *((0.376, 0.792), (0.471, 0.367), (0.541, 0.437), (0.586, 0.462)),
    *((0.686, 0.18), (0.81, 0.504)),
)
EIGENVALUES = (
    *((x, 0.0) for x in REAL),
    *((x, sign * y) for x, y in PAIRS for sign in (1, -1)),
)


def eigenvalue_slide(
    *, gate: float = 0.0, gain: float = 1.5, language: str | None = None
) -> Widget:
    r"""Show how a constant gate slides eigenvalues towards one.

    .. math:: \mu = z + (1 - z)\, g \lambda, \qquad
        |\mu| < 1 \iff \Bigl|g\lambda + \frac{z}{1 - z}\Bigr| < \frac{1}{1 - z}

    The browser draws the 48 eigenvalues of one Gaussian matrix, before and after the
    gate, and the disc that the gate makes stable. The arguments set the figure's first
    state; sliders take their nearest position.

    Args:
        gate: The gate :math:`z`, 0 to 0.99; in steps of 0.01.
        gain: The gain :math:`g`, 0.5 to 4; in steps of 0.1.
        language: ``"en"`` or ``"zh"``; None takes the page's language.

    Returns:
        The figure, ``<xg-eigenvalue-slide>``.

    Raises:
        ValueError: An argument is outside the range given above.

    Source:
        The chapter `gated-recurrence` derives the slide and the disc.

    Example:
        >>> eigenvalue_slide(gate=0.9)
        <xg-eigenvalue-slide>
    """
    check_between("gate", gate, 0, 0.99)
    check_between("gain", gain, 0.5, 4)
    options = {"gate": gate, "gain": gain, "eigenvalues": EIGENVALUES}
    english = (
        "Interactive figure, shown where scripts run: a gate z moves every eigenvalue "
        "of a random matrix along a straight line towards 1. Those with a real part "
        "below 1 enter the unit circle once the gate is wide enough; those to the "
        "right of 1 approach it and never get in."
    )
    chinese = (
        "交互图，运行脚本后显示：门z使随机矩阵的每个特征值沿直线移向1。实部小于1的"
        "特征值在门足够大时进入单位圆；实部不小于1的特征值向圆靠近，却永远进不去。"
    )
    return make_widget("eigenvalue-slide", options, english, chinese, language)
