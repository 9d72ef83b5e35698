"""Longer questions on diffusion weighting."""

from teaching.exam.answers import Choice, Mistake, Number, Point, Written
from teaching.exam.question import Draw, Item, Topic

TOPIC = Topic("diffusion-weighting")


@TOPIC.add("derive", level=2, marks=8, claim="three-errors")
def three_units(draw: Draw) -> Item:
    """One error in the units of data, noise and velocity."""
    kept, error = draw.one(0.9, 0.75, 0.5, 0.2, 0.1), draw.one(0.01, 0.04, 0.2)
    return Item(
        r"""
        $x_t = \sqrt{\bar\alpha}\,x_0 + \sqrt{1 - \bar\alpha}\,\varepsilon$ with $0
        < \bar\alpha < 1$, $\mathrm{SNR} = \bar\alpha/(1 - \bar\alpha)$ and the
        velocity $v = \sqrt{\bar\alpha}\,\varepsilon - \sqrt{1 - \bar\alpha}\,x_0$.
        A network's answer is turned into $\hat x_0$, $\hat\varepsilon$ and $\hat v$
        for the same $x_t$, so that the equations hold for the estimates as well.
        (a) Express $\|\varepsilon - \hat\varepsilon\|^2$ and (b) $\|v - \hat v\|^2$
        by $\|x_0 - \hat x_0\|^2$ and the SNR. (c) For $\bar\alpha = @kept@$ and
        $\|x_0 - \hat x_0\|^2 = @error@$, how large is $\|v - \hat v\|^2$? (d) Which
        weight on the data's error makes data prediction the same loss as noise
        prediction with weight 1?
        """,
        Written(
            (
                Point(
                    2,
                    r"Same $x_t$: $\sqrt{\bar\alpha}(x_0 - \hat x_0) = -\sqrt{1 - "
                    r"\bar\alpha}(\varepsilon - \hat\varepsilon)$.",
                ),
                Point(
                    1,
                    r"""
                    $\|\varepsilon - \hat\varepsilon\|^2 = \mathrm{SNR}\,\|x_0 -
                    \hat x_0\|^2$.
                    """,
                ),
                Point(
                    2,
                    r"""
                    $\|v - \hat v\|^2 = (1 + \mathrm{SNR})\|x_0 - \hat x_0\|^2$,
                    with the
                    """
                    r"steps.",
                ),
                Point(2, r"$@key:.4g@$."),
                Point(1, r"The weight SNR."),
            ),
            full=r"""
            Subtract the two equations for $x_t$: $0 = \sqrt{\bar\alpha}\,\Delta x +
            \sqrt{1 - \bar\alpha}\,\Delta\varepsilon$. (a) So $\Delta\varepsilon =
            -\sqrt{\mathrm{SNR}}\,\Delta x$ and $\|\Delta\varepsilon\|^2 =
            \mathrm{SNR}\|\Delta x\|^2$. (b) $\Delta v =
            \sqrt{\bar\alpha}\Delta\varepsilon - \sqrt{1 - \bar\alpha}\Delta x =
            -\bigl(\frac{\bar\alpha}{\sqrt{1 - \bar\alpha}} + \sqrt{1 -
            \bar\alpha}\bigr)\Delta x = -\frac{\Delta x}{\sqrt{1 - \bar\alpha}}$,
            and $\frac1{1 - \bar\alpha} = 1 + \mathrm{SNR}$. (c) $@error@/(1 -
            @kept@) = @key:.4g@$. (d) SNR.
            """,
            half=r"""
            For the same $x_t$ the errors are tied: $\sqrt{\bar\alpha}\Delta x =
            -\sqrt{1 - \bar\alpha}\Delta\varepsilon$, so $\|\Delta\varepsilon\|^2 =
            \mathrm{SNR}\|\Delta x\|^2$, which is also the weight asked for in (d).
            For $v$ I would add the two errors.
            """,
            half_earns=(1, 2, 5),
            none=r"""
            All three predict the same thing, so the errors are equal up to a
            constant and a weight makes no difference.
            """,
            result=Number(
                error / (1 - kept),
                mistakes=(
                    Mistake(error, "The units differ."),
                    Mistake(error * kept / (1 - kept), "That is the noise's error."),
                ),
            ),
        ),
        r"""
        One error, three units: the noise's is SNR times the data's, the velocity's
        $1 + \mathrm{SNR}$ times.
        """,
        given={"kept": kept, "error": error},
    )


PROGRAM = """\
def loss(predicted_data, x0, alpha_bar):
    snr = alpha_bar / (1 - alpha_bar)
    weight = 1 / snr
    return (weight * (predicted_data - x0) ** 2).mean()"""


@TOPIC.add("debug", level=2, marks=4, claim="three-errors")
def inverted_weight(draw: Draw) -> Item:
    """The weight that makes data prediction the DDPM loss."""
    low, high = draw.one(0.05, 0.1, 0.2), draw.one(0.9, 0.95, 0.99)
    return Item(
        r"""
        A network that predicts the data is to be trained with exactly the loss of
        noise prediction, the mean of $(\varepsilon - \hat\varepsilon)^2$, at
        timesteps with $\bar\alpha$ between @low@ and @high@. `alpha_bar` has the
        shape of `x0`.

        ```
        @program@
        ```

        Compared with the noise predictor, the late timesteps are weighted far too
        much. Which line should take the place of the third one?
        """,
        Choice(
            "snr",
            {
                "snr": "`weight = snr`",
                "velocity": "`weight = 1 + snr`",
                "root": "`weight = snr.sqrt()`",
                "kept": "`weight = alpha_bar`",
            },
        ),
        r"""
        $\|\varepsilon - \hat\varepsilon\|^2 = \mathrm{SNR}\,\|x_0 - \hat x_0\|^2$.
        The weight $1 + \mathrm{SNR}$ would be the loss of velocity prediction.
        """,
        given={"low": low, "high": high, "line": 3},
        also={"program": PROGRAM},
        program=PROGRAM,
    )
