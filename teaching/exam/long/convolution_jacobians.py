"""Longer questions on convolutions."""

import math

from teaching.exam.answers import Choice, Mistake, Number, Point, Written
from teaching.exam.question import Draw, Item, Topic

TOPIC = Topic("convolution-jacobians")


@TOPIC.add("derive", level=3, marks=8, claim="separable-rms-gain")
def gain_of_two_factors(draw: Draw) -> Item:
    """The root mean square gain of a separable convolution."""
    depthwise, pointwise = draw.one(1, 2, 0.5), draw.one(1, 2, 1 / 4)
    side, channels = draw.one(3, 5), draw.one(16, 64)
    key = math.sqrt(depthwise * pointwise)
    return Item(
        r"""
        A separable convolution, circular padding, stride 1, $C$ channels in and
        out: a depthwise $k \times k$ convolution with taps of variance $a/k^2$,
        then a pointwise one with entries of variance $b/C$; all independent with
        mean zero, nothing between them. (a) Show that the mean of the squared
        singular values of a convolution with kernel $K$, per input dimension, is
        $\|K\|_F^2/C$. (b) Derive its expectation for the separable one. (c) How
        large is the root of that expectation for $a = @depthwise@$, $b =
        @pointwise@$, $k = @side@$, $C = @channels@$?
        """,
        Written(
            (
                Point(
                    3,
                    r"""
                    $\|A\|_F^2$ is the number of pixels times $\|K\|_F^2$, since
                    each tap
                    """
                    r"appears once a pixel; over $C$ times the pixels.",
                ),
                Point(
                    2,
                    r"""
                    The taps of the product are $P_{oc}d_c(\cdot)$, variance
                    $ab/(k^2C)$.
                    """,
                ),
                Point(2, r"$C \cdot C \cdot k^2$ of them, over $C$: $ab$."),
                Point(1, r"$\sqrt{ab} = @key:.4g@$, for all $k$ and $C$."),
            ),
            full=r"""
            (a) The sum of the squared singular values of the map $A$ is
            $\|A\|_F^2$. With circular padding every tap stands in $A$ once for each
            of the $n^2$ output pixels, so $\|A\|_F^2 = n^2\|K\|_F^2$; there are
            $n^2C$ input dimensions. (b) The kernel of the composition is
            $K_{oc}(\cdot) = P_{oc}d_c(\cdot)$, with $\mathbb E K_{oc}(\cdot)^2 =
            \frac bC\frac a{k^2}$ by independence. There are $C^2k^2$ taps: $\mathbb
            E\|K\|_F^2/C = ab$. (c) $\sqrt{ab} = @key:.4g@$.
            """,
            half=r"""
            (b) The taps of the product are $P_{oc}d_c(x)$ with the variance $\frac
            bC \cdot \frac a{k^2}$. Each output sums $Ck^2$ of them, so the mean
            square is $Ck^2 \cdot \frac{ab}{Ck^2} = ab$.
            """,
            half_earns=(2, 3),
            none=r"""
            Each of the two convolutions keeps the mean square if it is initialized
            properly, so the gain is 1, and depthwise separable convolutions behave
            like others.
            """,
            result=Number(
                key,
                mistakes=(
                    Mistake(
                        depthwise * pointwise, "That is the mean square, not its root."
                    ),
                )
                if key != depthwise * pointwise
                else (),
            ),
        ),
        r"""
        Two factors, two variances: with He's 2 for each the mean square doubles
        twice, to 4 in place of 2, and one ReLU alone follows to halve it.
        """,
        given={
            "depthwise": depthwise,
            "pointwise": pointwise,
            "side": side,
            "channels": channels,
        },
    )


PROGRAM = """\
def depthwise(channels, side):
    weight = torch.empty(channels, 1, side, side)
    nn.init.kaiming_normal_(weight, mode="fan_out", nonlinearity="relu")
    return weight"""


@TOPIC.add("debug", level=2, marks=4, claim="fan-out-forgets-groups")
def groups_forgotten(draw: Draw) -> Item:
    """He's rule for a depthwise convolution, with the wrong fan."""
    channels, side = draw.one(64, 128, 256), draw.one(3, 5)
    return Item(
        r"""
        A depthwise convolution (`groups=channels`) with `channels=@channels@`,
        `side=@side@` and circular padding is to have, on average, the squared rms
        gain 2: $\mathbb E\|K\|_F^2 = 2C$.

        ```
        @program@
        ```

        Its outputs are far too small. Which line should take the place of the third
        one?
        """,
        Choice(
            "fan-in",
            {
                "fan-in": '`nn.init.kaiming_normal_(weight, mode="fan_in", '
                'nonlinearity="relu")`',
                "linear": '`nn.init.kaiming_normal_(weight, mode="fan_out", '
                'nonlinearity="linear")`',
                "channels": "`nn.init.normal_(weight, std=math.sqrt(2 / channels))`",
                "side": "`nn.init.normal_(weight, std=2 / side)`",
            },
        ),
        r"""
        PyTorch reckons the fan-out as `channels * side**2`, as if every input fed
        all channels; it feeds `side**2` outputs. The fan-in of this weight is
        `side**2`, so that the variance of a tap becomes `2 / side**2`.
        """,
        given={"channels": channels, "side": side, "line": 3},
        also={"program": PROGRAM},
        program=PROGRAM,
    )
