"""Questions on gradient clipping."""

from teaching.exam.answers import Choice, Mistake, Number, Point, Written
from teaching.exam.question import Draw, Item, Topic

TOPIC = Topic("gradient-clipping")


@TOPIC.add("derive", level=2, marks=8, claim="per-sample-is-huber")
def outvoted(draw: Draw) -> Item:
    """Where per-sample clipping comes to rest with one outlier."""
    count, outlier = draw.one(2, 3, 4, 5), draw.one(10, 12, 20)
    theta, mean = draw.one(1, 2, 3, 4, 6), outlier / (count + 1)
    return Item(
        r"""
        The losses $\tfrac12(x - a_i)^2$ belong to $m = @count@$ samples with $a_i =
        0$ and to one with $a_i = A > 0$. The derivative of *each sample* is clipped
        to $[-\theta, \theta]$ before they are added. Find the fixed point of
        descent for every $\theta > 0$, and say for which $\theta$ it is the mean of
        all $a_i$. Where is it for $A = @outlier@$ and $\theta = @theta@$?
        """,
        Written(
            (
                Point(2, r"At rest the clipped derivatives add up to zero."),
                Point(2, r"The outlier alone is clipped: $mx = \theta$."),
                Point(
                    2,
                    r"""
                    This holds while $A - x \ge \theta$, that is $\theta \le
                    mA/(m+1)$; beyond, nothing is clipped and $x = A/(m+1)$, the mean.
                    """,
                ),
                Point(2, r"Here $x = @theta@/@count@ = @key:.4g@$."),
            ),
            full=r"""
            Let $c$ be the clip. At rest $m\,c(x) = c(A - x)$, with $0 < x < A$. If
            only the outlier is clipped, $x = \theta/m \le \theta$, which is
            consistent as long as $A - \theta/m \ge \theta$: $\theta \le mA/(m+1) =
            @border:.4g@$. For larger $\theta$ nothing is clipped and $x = A/(m+1)$.
            Here $x = @key:.4g@$.
            """,
            half=r"""
            The clipped derivatives add up to zero. The outlier's is clipped, so
            $mx = \theta$ and $x = \theta/m$, whatever $\theta$ is.
            """,
            half_earns=(1, 2),
            none=r"""
            Clipping does not change where the gradient vanishes, so the fixed point
            is the mean, here $@mean:.4g@$.
            """,
            result=Number(
                theta / count,
                mistakes=(
                    Mistake(mean, "The mean is the fixed point without a clip."),
                ),
            ),
        ),
        r"""
        Per-sample clipping is descent on Huber's loss: the outlier pulls with
        $\theta$ at most, each of the others with $x$.
        """,
        given={"count": count, "outlier": outlier, "theta": theta},
        also={"border": outlier * count / (count + 1), "mean": mean},
    )


PROGRAM = """\
def clip(gradient, theta):
    norm = gradient.norm()
    scale = theta / norm
    return gradient * scale"""


@TOPIC.add("debug", level=1, marks=4, claim="clip-formula")
def lengthened(draw: Draw) -> Item:
    """Clipping without its minimum."""
    theta = draw.one(0.5, 2.0, 3.0, 5.0)
    return Item(
        r"""
        This is meant to clip by norm. It is called with `theta=@theta:r@` and
        gradients that are not zero:

        ```
        @program@
        ```

        Training moves well at first, but does not settle when the gradients get
        short. Which line should take the place of the third one?
        """,
        Choice(
            "minimum",
            {
                "minimum": "`scale = min(1.0, theta / norm)`",
                "maximum": "`scale = max(1.0, theta / norm)`",
                "floor": "`scale = theta / max(1.0, norm)`",
                "epsilon": "`scale = theta / (norm + 1e-6)`",
            },
        ),
        r"""
        Without the minimum a short gradient is *lengthened* to `theta`: near the
        optimum each step has full length. `theta / max(1.0, norm)` is right for
        `theta=1.0` only.
        """,
        given={"theta": theta, "line": 3},
        also={"program": PROGRAM},
        program=PROGRAM,
    )
