"""Short questions on diffusion weighting."""

import math

from teaching.exam.answers import Choice, Mistake, Number
from teaching.exam.question import Draw, Item, Topic

TOPIC = Topic("diffusion-weighting")


@TOPIC.add("compute", level=2, marks=4, claim="snr-spans")
def early_ratio(draw: Draw) -> Item:
    """The signal-to-noise ratio of an early timestep."""
    step, final = draw.one(2, 3, 4), draw.one(0.02, 0.01)
    betas = [1e-4 + (final - 1e-4) * k / 999 for k in range(step)]
    kept = math.prod(1 - beta for beta in betas)
    return Item(
        r"""
        On the linear schedule $\beta_1 = 10^{-4}, \dots, \beta_{1000} = @final@$
        (equally spaced), $\bar\alpha_t = \prod_{s \le t}(1 - \beta_s)$ and
        $\mathrm{SNR}(t) = \bar\alpha_t/(1 - \bar\alpha_t)$. By which factor does
        the weight of the data's error in the DDPM loss fall from $t = 1$ to $t =
        @step@$?
        """,
        Number(
            9999 * (1 - kept) / kept,
            mistakes=(Mistake(step, "The noise of a step grows with the step."),),
        ),
        r"""
        The weight is the SNR. $\mathrm{SNR}(1) = 9999$. $\bar\alpha_{@step@} =
        @kept:.8g@$, so $\mathrm{SNR}(@step@) = @ratio:.5g@$.
        """,
        given={"step": step, "final": final},
        also={"kept": kept, "ratio": kept / (1 - kept)},
    )


@TOPIC.add("compute", level=2, marks=4, claim="gradient-by-timestep")
def best_output(draw: Draw) -> Item:
    """The gradient of the data's question at the best output, against the noise's."""
    first, second = draw.one(100, 400, 2500), draw.one(0.01, 0.04, 0.0025)

    def root(ratio: float) -> float:
        return 2 * ratio / math.sqrt(1 + ratio)

    return Item(
        r"""
        Data $x_0 \sim \mathcal N(0, 1)$. A network predicts the data, with the
        weight $S = \mathrm{SNR}(t)$ on its squared error, and gives the best output
        there is. How many times as large is the root mean square of the derivative of
        the loss by the output at a timestep with $S = @first@$ as at one with $S
        = @second@$?
        """,
        Number(
            root(first) / root(second),
            mistakes=(
                Mistake(first / second, "That is before training, with output 0."),
                Mistake(
                    math.sqrt(first / (1 + first)) / math.sqrt(second / (1 + second)),
                    "That is for a network that predicts the noise.",
                ),
            ),
        ),
        r"""
        The error of the best output, the conditional mean, has the variance $1/(1 +
        S)$. The derivative is $2S$ times the error: $2S/\sqrt{1 + S}$ in the root
        mean square, $@high:.5g@$ against $@low:.5g@$.
        """,
        given={"first": first, "second": second},
        also={"high": root(first), "low": root(second)},
    )


@TOPIC.add("compute", level=3, marks=4, claim="minority-shrinks")
def outvoted_minority(draw: Draw) -> Item:
    """Where a denoiser settles whose per-sample gradients are clipped."""
    share, limit = draw.one(0.1, 0.2, 0.3, 0.4), draw.one(0.05, 0.2, 0.5)
    return Item(
        r"""
        A clean value is 1 with probability @share@ and 0 otherwise; the noisy input
        tells nothing about it. The output $\theta$ is trained on $\tfrac12(\theta -
        X)^2$, with the derivative of each sample clipped to $[-@limit@, @limit@]$.
        Where does it come to rest, on average over the samples?
        """,
        Number(
            limit * share / (1 - share),
            mistakes=(
                Mistake(share, "That is the mean, where descent rests without a clip."),
                Mistake(limit, "There the zeros pull more than the ones."),
            ),
        ),
        r"""
        The ones pull with $C$, as $1 - \theta > C$; the zeros with $\theta$: $(1 -
        p)\theta = pC$. This holds for $C \le 1 - p$. The rarer value loses more
        than its share.
        """,
        given={"share": share, "limit": limit},
    )


@TOPIC.add("predict", level=2, marks=3, claim="ceiling-not-floor")
def shares_of_timesteps(draw: Draw) -> Item:
    """Which timesteps count equally under a constant threshold."""
    low, high = draw.one(0.001, 0.01, 0.1), draw.one(50, 400, 9999)
    length, limit = draw.one(1, 2), draw.one(1, 2, 5)
    contributions = [min(ratio * length, limit) for ratio in (high, 10, low)]
    return Item(
        r"""
        At three timesteps the unweighted gradients all have length @length@, and
        the SNRs, the weights of the loss, are $@high@$, $10$ and $@low@$. Each
        timestep's *unweighted* gradient is clipped by norm to
        $@limit@/\mathrm{SNR}$, then weighted by the SNR. How long are the three
        contributions?
        """,
        Choice(
            "ceiling",
            {
                "ceiling": r"$@limit@$, $@limit@$ and $@least@$",
                "equal": r"$@limit@$, $@limit@$ and $@limit@$",
                "plain": r"$@first@$, $@second@$ and $@least@$",
                "inverse": r"$@inverse:.4g@$, $@tenth:.4g@$ and $@length@$",
            },
        ),
        r"""
        $w\operatorname{clip}_{C/w}(g) = \operatorname{clip}_C(wg)$: a constant
        threshold on the weighted gradient. It is a ceiling, $\min(w\|g\|, C)$, and
        lifts nothing: where the weight is small, the contribution stays small.
        """,
        given={"low": low, "high": high, "length": length, "limit": limit},
        also={
            "least": contributions[2],
            "first": high * length,
            "second": 10 * length,
            "inverse": limit / high,
            "tenth": min(limit / 10, length),
        },
    )
