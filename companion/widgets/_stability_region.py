"""The figure of ``stability_region.js``."""

from companion.widgets._figure import Widget, check_among, check_between, make_widget


def stability_region(
    *,
    method: str = "forward_euler",
    system: str = "spiral",
    step: float = 0.3,
    language: str | None = None,
) -> Widget:
    r"""Show where the steps of an integrator die out, and a step size that moves.

    .. math:: x_{k+1} = R(hA)\,x_k, \qquad
        \rho(R(hA)) = \max_i |R(h\mu_i)|

    The browser draws the region :math:`|R(z)| < 1`, the points :math:`h\mu_i` and the
    norm of the state over 40 steps. The arguments set the figure's first state; the
    slider takes its nearest position.

    Args:
        method: ``"forward_euler"``, ``"backward_euler"``, ``"trapezoid"`` or ``"rk4"``.
        system: ``"spiral"`` (:math:`\mu = -1 \pm 3i`), ``"stiff"`` (-1 and -20),
            ``"rotation"`` (:math:`\pm 2i`) or ``"shear"`` (-1 and -2, not normal).
        step: The step size :math:`h`, 0.01 to 2.
        language: ``"en"`` or ``"zh"``; None takes the page's language.

    Returns:
        The figure, ``<xg-stability-region>``.

    Raises:
        ValueError: An argument is outside the range given above.

    Source:
        Hairer, Wanner (1996), "Solving Ordinary Differential Equations II", sections
        IV.2 and IV.3.

    Example:
        >>> stability_region(method="trapezoid", system="rotation", step=1.0)
        <xg-stability-region>
    """
    methods = ("forward_euler", "backward_euler", "trapezoid", "rk4")
    check_among("method", method, methods)
    check_among("system", system, ("spiral", "stiff", "rotation", "shear"))
    check_between("step", step, 0.01, 2)
    options = {"method": method, "system": system, "step": step}
    english = (
        "Interactive figure, shown where scripts run: the step size moves the "
        "eigenvalues hμ along rays. Inside the stability region of the method the "
        "numbers die out, outside of it they explode, although the differential "
        "equation is the same. Forward Euler leaves its disc at h = 2|Re μ| / |μ|²; "
        "the implicit methods never leave their half plane."
    )
    chinese = (
        "交互图，运行脚本后显示：步长使特征值hμ沿射线移动。在方法的稳定区域之内，"
        "数值解衰减；在区域之外，数值解爆炸，而微分方程始终是同一个。前向欧拉法在"
        "h = 2|Re μ| / |μ|²处离开它的圆盘，隐式方法则从不离开左半平面。"
    )
    return make_widget("stability-region", options, english, chinese, language)
