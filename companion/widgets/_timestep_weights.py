"""The figure of ``timestep_weights.js``."""

from companion.widgets._figure import Widget, check_among, check_between, make_widget


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

    .. math:: w \operatorname{clip}_{C/w}(g) = \operatorname{clip}_C(w\,g)

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
    check_among("schedule", schedule, ("linear", "cosine"))
    check_among("prediction", prediction, ("data", "noise", "velocity"))
    check_among("loss", loss, ("noise", "velocity", "capped"))
    check_between("threshold", threshold, 1e-4, 1e4)
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
        "timestep to one ten-thousandth at the last. Clipping at C/w, then weighting, "
        "gives what weighting, then clipping at C gives: a ceiling, not a floor."
    )
    chinese = (
        "交互图，运行脚本后显示：在DDPM损失下，预测数据的网络的梯度从第一个时间步的"
        "两万降到最后一个时间步的万分之一。先按C/w裁剪再加权，与先加权再按C裁剪"
        "结果相同：它是上限，而不是下限。"
    )
    return make_widget("timestep-weights", options, english, chinese, language)
