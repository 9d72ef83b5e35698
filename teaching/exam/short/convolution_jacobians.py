"""Short questions on convolutions."""

import math

from teaching.exam.answers import Choice, Mistake, Number
from teaching.exam.question import Draw, Item, Topic

TOPIC = Topic("convolution-jacobians")


@TOPIC.add("compute", level=2, marks=5, claim="convolution-spectrum")
def cross_kernel(draw: Draw) -> Item:
    """The norm of a convolution from its symbol."""
    centre, arm = draw.one(0.7, 1.0, 1.5, 2.0), draw.one(-0.3, -0.2, 0.15, 0.25)
    size = draw.one(8, 16, 32)
    return Item(
        r"""
        A convolution with one channel and the kernel $\begin{pmatrix}0 & @arm@ &
        0\\ @arm@ & @centre@ & @arm@\\ 0 & @arm@ & 0\end{pmatrix}$ acts on a @size@
        by @size@ torus (circular padding, stride 1). What is its spectral norm, as
        a map of images?
        """,
        Number(
            centre + 4 * abs(arm),
            mistakes=(
                Mistake(
                    math.sqrt(centre**2 + 4 * arm**2),
                    "That is the norm of the kernel as a vector: the rms gain.",
                ),
                *(
                    [Mistake(centre + 4 * arm, "Constant images are not the worst.")]
                    if arm < 0
                    else []
                ),
            ),
        ),
        r"""
        On the wave of frequency $(f, g)$ it multiplies by $@centre@ + 2 \cdot
        (@arm@)(\cos\tfrac{2\pi f}{n} + \cos\tfrac{2\pi g}{n})$. The size of this is
        largest at constant images if the arms are positive, at the checkerboard,
        which an even torus has, if they are negative.
        """,
        given={"centre": centre, "arm": arm, "size": size},
    )


@TOPIC.add("compute", level=3, marks=6, claim="padding-leaks")
def absorbing_walk(draw: Draw) -> Item:
    """What zero padding takes from the growth of a small picture."""
    size, depth = draw.one(2, 3), draw.one(2, 3, 4)
    state = [1.0] * size
    for _ in range(depth):
        state = [sum(state[max(0, i - 1) : i + 2]) / 3 for i in range(size)]
    share = sum(state) / size
    return Item(
        r"""
        Blocks of a separable $3 \times 3$ convolution (depthwise, pointwise, ReLU)
        under He's fan-in rule double the mean square of a gradient on a torus. With
        zero padding on $n \times n$ pixels, $n = @size@$, the growth over $L$
        blocks is $2^L a^2$, where $a = \tfrac1n\mathbf 1^\top T^L\,\mathbf 1$ and
        $T$ is the tridiagonal $n \times n$ matrix with all three diagonals
        $\tfrac13$. How large is it for $L = @depth@$?
        """,
        Number(
            2**depth * share**2,
            mistakes=(
                Mistake(2**depth, "That is the torus."),
                Mistake(2**depth * share, "Rows and columns leak: the square of a."),
            ),
        ),
        r"""
        $a$ is the share of walks on @size@ sites that are still there after @depth@
        steps, each to the left, on the spot or to the right with probability
        $\tfrac13$, from a uniform start: $@share:.5g@$. Pixels leak in both
        directions.
        """,
        given={"size": size, "depth": depth},
        also={"share": share},
    )


@TOPIC.add("compute", level=2, marks=4, claim="block-rates")
def default_or_he(draw: Draw) -> Item:
    """How a common default turns an explosion into its opposite."""
    depth, channels = draw.one(4, 6, 8, 10), draw.one(32, 64)
    return Item(
        r"""
        Under He's fan-in rule (tap variance $2/\text{fan-in}$) a block depthwise,
        pointwise, ReLU with $@channels@$ channels doubles the mean square of a
        gradient at initialization, on a torus. By which factor do @depth@ such
        blocks multiply the *root* mean square if both convolutions get PyTorch's
        default variance, $1/(3\,\text{fan-in})$, instead?
        """,
        Number(
            18 ** (-depth / 2),
            mistakes=(
                Mistake(3 ** (-depth / 2), "Both convolutions are six times weaker."),
                Mistake(18.0**-depth, "That is the mean square."),
            ),
        ),
        r"""
        Each variance is a sixth of He's, and the mean square is proportional to
        both: $2 \cdot \tfrac16 \cdot \tfrac16 = \tfrac1{18}$ a block. The same
        architecture that explodes under one rule vanishes under the other.
        """,
        given={"depth": depth, "channels": channels},
    )


@TOPIC.add("predict", level=2, marks=3, claim="reshaped-kernel")
def normalized_kernel(draw: Draw) -> Item:
    """What a spectral normalization of the reshaped kernel guarantees."""
    kind, side = draw.one("box", "tap"), draw.one(3, 5, 7)
    told = {
        "box": r"all $@side@^2$ taps equal",
        "tap": r"one tap, at the centre, and zeros elsewhere",
    }[kind].replace("@side@", str(side))
    return Item(
        r"""
        A convolution with one channel in and out, circular padding and stride 1 has
        a $@side@ \times @side@$ kernel with @told@. Its kernel, reshaped to a
        matrix of one row, is divided by its spectral norm. What is now the largest
        stretch of the convolution, as a map of images at least as large as the
        kernel?
        """,
        Choice(
            "side" if kind == "box" else "one",
            {
                "one": r"$1$",
                "root": r"$\sqrt{@side@}$",
                "side": r"$@side@$",
                "square": r"$@side@^2$",
            },
        ),
        r"""
        $\|\bar K\| \le \|K*\| \le k\,\|\bar K\|$ for the reshaped kernel $\bar K$
        of side $k$. A single tap reaches the lower end; the box the upper one: its
        taps are $1/k$, and a constant image is multiplied by their sum, $k^2/k$.
        """,
        given={"kind": kind, "side": side},
        also={"told": told},
    )
