"""Interactive figures: small custom elements that compute in the reader's browser.

Each function returns a `Widget`; as the last expression of a cell it shows itself.
Its HTML holds all it needs, data and script, so it works on a static page, in
JupyterLab and in Colab, and asks no other host for anything.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from itertools import pairwise
from json import dumps
from math import isfinite
from pathlib import Path

__all__ = [
    "Widget",
    "cat_map",
    "cliff",
    "decay",
    "feedback",
    "product_growth",
    "rotation",
    "stability_region",
    "timestep_weights",
    "value_clipping_cosine",
]

# The browser's laws of a gradient's entries, in the order of its menu.
LAWS = (
    "gaussian",
    "laplace",
    "uniform",
    "student5",
    "student3",
    "cauchy",
    "scales",
    "spike",
)


@dataclass(frozen=True)
class Widget:
    """An interactive figure that a notebook shows by itself.

    Attributes:
        tag: The name of its custom element, such as ``xg-cliff``.
        html: The element, its text for readers without a script, its script.
    """

    tag: str
    html: str

    def _repr_html_(self) -> str:
        """Return what a notebook displays."""
        return self.html

    def __repr__(self) -> str:
        """Return the element's opening tag, all that a terminal can show."""
        return f"<{self.tag}>"


def cat_map(
    *,
    first: float = 1.0,
    second: float = 1.0,
    repeats: int = 2,
    language: str | None = None,
) -> Widget:
    r"""Show two shears in turn: volume is kept, length need not be.

    .. math:: M = \begin{pmatrix} 1 & 0 \\ b & 1 \end{pmatrix}
        \begin{pmatrix} 1 & a \\ 0 & 1 \end{pmatrix}, \qquad
        \det M = 1, \quad \operatorname{tr} M = 2 + ab

    The browser applies :math:`M` to a grid and to the unit disc, :math:`n` times. The
    arguments set the figure's first state.

    Args:
        first: The shear :math:`a` along x, 0 to 2; rounded to tenths.
        second: The shear :math:`b` along y, -3 to 2; rounded to tenths.
        repeats: The number :math:`n` of pairs, 0 to 20.
        language: ``"en"`` or ``"zh"``; None takes the page's language.

    Returns:
        The figure, ``<xg-cat-map>``.

    Raises:
        ValueError: An argument is outside the range given above.

    Source:
        Arnold's cat map is :math:`a = b = 1`; the chapter `normalizing-flows` derives
        the rest.

    Example:
        >>> cat_map(second=-1.0)
        <xg-cat-map>
    """
    _check_between("first", first, 0, 2)
    _check_between("second", second, -3, 2)
    _check_whole("repeats", repeats, 0, 20)
    options = {
        "first": round(first, 1),
        "second": round(second, 1),
        "repeats": repeats,
    }
    english = (
        "Interactive figure, shown where scripts run: two shears in turn keep every "
        "area. With equal signs they stretch the disc exponentially, with opposite "
        "signs they turn it, and along one axis the stretch grows linearly."
    )
    chinese = (
        "交互图，运行脚本后显示：两个剪切交替作用，面积始终不变。符号相同时圆盘被指数拉长，"
        "符号相反时圆盘转动，只沿一个轴时拉伸线性增长。"
    )
    return _widget("cat-map", options, english, chinese, language)


def cliff(
    *,
    steps: int = 30,
    threshold: float | None = 0.1,
    learning_rate: float = 1.0,
    start: tuple[float, float] = (5.4, -2.86),
    language: str | None = None,
) -> Widget:
    r"""Show Pascanu's cliff and gradient descent on it, with and without clipping.

    .. math:: x_t = w\,s(x_{t-1}) + b, \quad x_0 = \tfrac12, \quad
        E = (s(x_T) - 0.7)^2, \qquad s(x) = \frac1{1 + e^{-x}}

    The arguments set the figure's first state; the reader then moves the start
    point and the sliders, which take their nearest position.

    Args:
        steps: The horizon :math:`T`, 5 to 50.
        threshold: The largest gradient norm let through, 0.01 to 10, or None
            for no clipping.
        learning_rate: The learning rate :math:`\eta`, 0.01 to 1.
        start: The start :math:`(w, b)` within :math:`[3, 8] \times [-5, -1]`.
        language: ``"en"`` or ``"zh"``; None takes the page's language.

    Returns:
        The figure, ``<xg-cliff>``.

    Raises:
        ValueError: An argument is outside the range given above.

    Source:
        Pascanu, Mikolov, Bengio (2013), Figure 6. The wall's line and its height
        are closed forms of ours: on it :math:`x_0` is an unstable fixed point.

    Example:
        >>> cliff(steps=50, threshold=None)
        <xg-cliff>
    """
    _check_whole("steps", steps, 5, 50)
    if threshold is not None:
        _check_between("threshold", threshold, 0.01, 10)
    _check_between("learning_rate", learning_rate, 0.01, 1)
    _check_between("start's w", start[0], 3, 8)
    _check_between("start's b", start[1], -5, -1)
    options = {
        "steps": steps,
        "threshold": threshold,
        "learning_rate": learning_rate,
        "start": list(start),
    }
    english = (
        "Interactive figure, shown where scripts run: the loss of a small recurrent "
        "network has a wall on the line b = ½ − w·s(½) for w > 4.26. One step of "
        "gradient descent beside it leaves the picture; clipped by norm, no step is "
        "longer than learning rate times threshold."
    )
    chinese = (
        "交互图，运行脚本后显示：一个小型循环网络的损失在直线 b = ½ − w·s(½)"
        "（w > 4.26）上有一道墙。墙边的一步梯度下降就会飞出画面；按范数裁剪后，"
        "每一步都不长于学习率乘以阈值。"
    )
    return _widget("cliff", options, english, chinese, language)


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
    _check_among("method", method, methods)
    _check_among("system", system, ("spiral", "stiff", "rotation", "shear"))
    _check_between("step", step, 0.01, 2)
    options = {"method": method, "system": system, "step": step}
    english = (
        "Interactive figure, shown where scripts run: the step size moves the "
        "eigenvalues hμ along rays. Inside the stability region of the method the "
        "numbers die out, outside of it they explode, although the differential "
        "equation is the same. Forward Euler leaves its disc at h = 2|Re μ| / |μ|²; "
        "the implicit methods never leave their half plane."
    )
    chinese = (
        "交互图，运行脚本后显示：步长使特征值 hμ 沿射线移动。在方法的稳定区域之内，"
        "数值解衰减；在区域之外，数值解爆炸，而微分方程始终是同一个。前向欧拉在 "
        "h = 2|Re μ| / |μ|² 处离开它的圆盘，隐式方法则从不离开左半平面。"
    )
    return _widget("stability-region", options, english, chinese, language)


def feedback(
    *, share: float = 0.0, steps: int = 60, language: str | None = None
) -> Widget:
    r"""Show how feedback moves eigenvalues into the unit disc and tames the costate.

    .. math:: x_{t+1} = (A - g B K)\, x_t, \qquad
        \lambda_t = (Q + g^2 K^\top R K)\, x_t + (A - g B K)^\top \lambda_{t+1}

    with the system of the chapter, :math:`K` its stationary Riccati gain. The arguments
    set the figure's first state; sliders take their nearest position.

    Args:
        share: The share :math:`g` of the Riccati gain, 0 to 1.5; in steps of 0.05.
        steps: The horizon :math:`T`, 5 to 100; in steps of 5.
        language: ``"en"`` or ``"zh"``; None takes the page's language.

    Returns:
        The figure, ``<xg-feedback>``.

    Raises:
        ValueError: An argument is outside the range given above.

    Source:
        The chapter `optimal-control` derives the recursions.

    Example:
        >>> feedback(share=1.0)
        <xg-feedback>
    """
    _check_between("share", share, 0, 1.5)
    _check_whole("steps", steps, 5, 100)
    options = {"share": round(20 * share) / 20, "steps": 5 * round(steps / 5)}
    english = (
        "Interactive figure, shown where scripts run: without feedback the costate of "
        "an unstable system grows exponentially with the horizon. As the gain grows, "
        "the eigenvalues of the closed loop enter the unit disc and the costate "
        "stays bounded."
    )
    chinese = (
        "交互图，运行脚本后显示：没有反馈时，不稳定系统的协态随时域指数增长；"
        "增益增大后，闭环的特征值进入单位圆盘，协态保持有界。"
    )
    return _widget("feedback", options, english, chinese, language)


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
    _check_between("weight_decay", weight_decay, 0.001, 10)
    _check_between("variance", variance, 0.001, 1)
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
    return _widget("decay", options, english, chinese, language)


def value_clipping_cosine(
    *,
    law: str = "gaussian",
    dim: int = 1000,
    threshold: float = 0.1,
    seed: int = 0,
    curves: Mapping[str, tuple[Sequence[float], Sequence[float]]] | None = None,
    language: str | None = None,
) -> Widget:
    r"""Show how far clipping by value turns a gradient.

    .. math:: \cos(g, \hat g) = \frac{\langle g, \hat g\rangle}{\|g\|\,\|\hat g\|},
        \quad \hat g_i = \max(-\tau, \min(\tau, g_i))

    The browser draws the entries of :math:`g` from a law of the reader's choice
    and computes the cosine for every threshold :math:`\tau`. The arguments set the
    figure's first state; sliders take their nearest position.

    Args:
        law: The entries: ``"gaussian"``, ``"laplace"``, ``"uniform"``, ``"student5"``
            and ``"student3"`` (Student t of 5 and 3 degrees of freedom), ``"cauchy"``,
            ``"scales"`` (Gaussian, each times its own exp of a Gaussian), ``"spike"``
            (Gaussian but for one entry of 10√dim), or a name among `curves`.
        dim: The number of entries, 2 to 100,000.
        threshold: :math:`\tau` over the root mean square of the entries, 0.001 to 10.
        seed: Seed of the browser's generator, 0 or a positive whole number.
        curves: Measured curves to choose as well: to a name, shown as it is, the
            increasing thresholds over the root mean square and their cosines.
        language: ``"en"`` or ``"zh"``; None takes the page's language.

    Returns:
        The figure, ``<xg-value-cosine>``.

    Raises:
        ValueError: An argument is outside the range given above, a curve has the
            name of a law, fewer than two points, thresholds that do not increase or
            cosines outside [0, 1].

    Source:
        The limits for many entries are E|g| / √(E g²) for a low threshold and, at
        any threshold, closed forms for Gaussian, Laplace and uniform entries.

    Example:
        >>> value_clipping_cosine(curves={"mlp": ([0.01, 1.0], [0.5, 0.9])}, law="mlp")
        <xg-value-cosine>
    """
    curves = {} if curves is None else curves
    for name, (thresholds, cosines) in curves.items():
        _check_curve(name, thresholds, cosines)
    if law not in (*LAWS, *curves):
        raise ValueError(f"law must be among {(*LAWS, *curves)}, got {law!r}")
    _check_whole("dim", dim, 2, 100_000)
    _check_between("threshold", threshold, 0.001, 10)
    _check_whole("seed", seed, 0, 2**31 - 1)
    options = {
        "law": law,
        "dim": dim,
        "threshold": threshold,
        "seed": seed,
        "curves": {
            name: [[float(f"{number:.6g}") for number in axis] for axis in curve]
            for name, curve in curves.items()
        },
    }
    english = (
        "Interactive figure, shown where scripts run: the cosine between a gradient "
        "and its copy clipped by value falls with the threshold, for Gaussian entries "
        "to 0.798, for heavier tails lower, for Cauchy entries to 0."
    )
    chinese = (
        "交互图，运行脚本后显示：梯度与按值裁剪后的梯度之间的余弦随阈值减小而下降："
        "高斯分量降到 0.798，尾部越重降得越低，柯西分量降到 0。"
    )
    return _widget("value-cosine", options, english, chinese, language)


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
    _check_between("gain", gain, 0.5, 1.9)
    for before, after in pairwise([0, *depths]):
        if not before < after:
            raise ValueError(f"depths must increase from 1 on, got {list(depths)}")
    lines = [line for lists in runs.values() for line in lists]
    if not lines or any(len(line) != len(depths) for line in lines):
        raise ValueError(f"runs must have {len(depths)} numbers each, one for a depth")
    for line in lines:
        for value in line:
            _check_between("runs", value, -1e4, 1e4)
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
    return _widget("product-growth", options, english, chinese, language)


def rotation(
    *,
    angle: float = 30,
    small: float = 0.1,
    language: str | None = None,
) -> Widget:
    r"""Show layers of equal singular values that grow, rest or shrink by their turn.

    .. math:: J = R(\varphi) \operatorname{diag}(2, b), \qquad
        z^2 - (2 + b) \cos\varphi\, z + 2b = 0

    The arguments set the figure's first state; sliders take their nearest position.

    Args:
        angle: The turn :math:`\varphi` of every layer in degrees, 0 to 90.
        small: The smaller singular value :math:`b`, 0.05 to 1.
        language: ``"en"`` or ``"zh"``; None takes the page's language.

    Returns:
        The figure, ``<xg-rotation>``.

    Raises:
        ValueError: An argument is outside the range given above.

    Source:
        The chapter `jacobian-products` derives the eigenvalues and the threshold.

    Example:
        >>> rotation(angle=60)
        <xg-rotation>
    """
    _check_between("angle", angle, 0, 90)
    _check_between("small", small, 0.05, 1)
    options = {"angle": round(angle), "small": round(20 * small) / 20}
    english = (
        "Interactive figure, shown where scripts run: every layer stretches by 2 at "
        "most. Without a turn the product explodes; with b = 0.1 it vanishes once "
        "every layer turns by more than 55 degrees."
    )
    chinese = (
        "交互图，运行脚本后显示：每层至多拉伸 2 倍。不转动时乘积爆炸；当 b = 0.1 时，"
        "每层的转角一旦超过 55 度，乘积就消失。"
    )
    return _widget("rotation", options, english, chinese, language)


def timestep_weights(
    *,
    schedule: str = "linear",
    prediction: str = "data",
    loss: str = "noise",
    trained: bool = False,
    threshold: float = 1.0,
    language: str | None = None,
) -> Widget:
    r"""Show weight, gradient and clipped contribution at each of 1000 timesteps.

    .. math:: v \operatorname{clip}_{C/v}(g) = \operatorname{clip}_C(v\,g)

    For Gaussian data of variance 1 the sizes are closed forms of the signal-to-noise
    ratio. The arguments set the figure's first state; the slider takes its nearest
    position.

    Args:
        schedule: ``"linear"`` or ``"cosine"``.
        prediction: What the network predicts: ``"data"``, ``"noise"`` or
            ``"velocity"``.
        loss: The loss, whatever the network predicts: the error of the ``"noise"``, of
            the ``"velocity"``, or ``"capped"``, min-SNR with γ = 5.
        trained: Whether the output is the best possible one, or zero.
        threshold: The largest contribution :math:`C` of a timestep, 1e-4 to 1e4.
        language: ``"en"`` or ``"zh"``; None takes the page's language.

    Returns:
        The figure, ``<xg-timestep-weights>``.

    Raises:
        ValueError: An argument is outside the range given above.

    Source:
        The chapter `diffusion-weighting` derives the sizes and the identity.

    Example:
        >>> timestep_weights(prediction="noise", threshold=10.0)
        <xg-timestep-weights>
    """
    _check_among("schedule", schedule, ("linear", "cosine"))
    _check_among("prediction", prediction, ("data", "noise", "velocity"))
    _check_among("loss", loss, ("noise", "velocity", "capped"))
    _check_between("threshold", threshold, 1e-4, 1e4)
    options = {
        "schedule": schedule,
        "prediction": prediction,
        "loss": loss,
        "trained": trained,
        "threshold": threshold,
    }
    english = (
        "Interactive figure, shown where scripts run: under the DDPM loss the gradient "
        "of a network that predicts the data falls from twenty thousand at the first "
        "timestep to one ten-thousandth at the last. Clipping at C/v, then weighting, "
        "gives what weighting, then clipping at C gives: a ceiling, not a floor."
    )
    chinese = (
        "交互图，运行脚本后显示：在 DDPM 损失下，预测数据的网络的梯度从第一个时间步的"
        "两万降到最后一个时间步的万分之一。先按 C/v 裁剪再加权，与先加权再按 C 裁剪"
        "结果相同：它是上限，而不是下限。"
    )
    return _widget("timestep-weights", options, english, chinese, language)


def _widget(
    name: str,
    options: Mapping[str, object],
    english: str,
    chinese: str,
    language: str | None,
) -> Widget:
    if language not in (None, "en", "zh"):
        raise ValueError(f"language must be 'en', 'zh' or None, got {language!r}")
    lang = "" if language is None else f' lang="{language}"'
    data = escape(dumps(options, ensure_ascii=False))
    script = _script("base") + _script(name.replace("-", "_"))
    html = (
        f'<xg-{name} class="xg-figure"{lang} data-options="{data}">\n'
        f'<p lang="en">{english}</p>\n<p lang="zh">{chinese}</p>\n'
        f"</xg-{name}>\n<script>\n{script}</script>"
    )
    return Widget(f"xg-{name}", html)


def _script(name: str) -> str:
    """Return a script without the comments and indents that only its reader needs."""
    text = Path(__file__).with_name(f"{name}.js").read_text(encoding="utf-8")
    lines = (line.strip() for line in text.splitlines())
    return "".join(f"{line}\n" for line in lines if line and not line.startswith("//"))


def _check_between(name: str, value: float, low: float, high: float) -> None:
    if not (isfinite(value) and low <= value <= high):
        raise ValueError(f"{name} must lie between {low} and {high}, got {value}")


def _check_among(name: str, value: str, choices: tuple[str, ...]) -> None:
    if value not in choices:
        raise ValueError(f"{name} must be one of {choices}, got {value!r}")


def _check_whole(name: str, value: int, low: int, high: int) -> None:
    _check_between(name, value, low, high)
    if value != int(value):
        raise ValueError(f"{name} must be a whole number, got {value}")


def _check_curve(
    name: str, thresholds: Sequence[float], cosines: Sequence[float]
) -> None:
    if name in LAWS:
        raise ValueError(f"curves must not use the name of a law, got {name!r}")
    if len(thresholds) != len(cosines) or len(thresholds) < 2:
        raise ValueError(
            f"curve {name!r} must have as many cosines as thresholds, at least 2, "
            f"got {len(cosines)} and {len(thresholds)}"
        )
    for before, after in pairwise(thresholds):
        if not 0 < before < after:
            raise ValueError(
                f"thresholds of {name!r} must be positive and increase, "
                f"got {before} before {after}"
            )
    for cosine in cosines:
        _check_between(f"cosines of {name!r}", cosine, 0, 1)
