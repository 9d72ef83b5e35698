"""Short questions on residual connections."""

import math

from teaching.exam.answers import Choice, Mistake, Number
from teaching.exam.question import Draw, Item, Topic

TOPIC = Topic("residual-connections")


@TOPIC.add("compute", level=2, marks=4, claim="growth-of-branches")
def scale_for_depth(draw: Draw) -> Item:
    """The scale of the branches for a wanted growth."""
    depth, growth = draw.one(12, 24, 50, 96), draw.one(2, 3, 5, 10)
    return Item(
        r"""
        @depth@ blocks $x + \alpha f_l(x)$ have independent random branches whose
        Jacobians have mean zero and keep on average the square of every vector.
        With which $\alpha > 0$ is a tangent @growth@ times as long behind them, in
        the root mean square?
        """,
        Number(
            math.sqrt(growth ** (2 / depth) - 1),
            mistakes=(
                Mistake(
                    math.sqrt(growth ** (1 / depth) - 1),
                    "The squared length grows, not the length.",
                ),
                Mistake(
                    growth ** (1 / depth) - 1,
                    "Path and branch are uncorrelated: their squares add up.",
                ),
            ),
        ),
        r"""
        The mean square grows by $1 + \alpha^2$ a block: $(1 + \alpha^2)^{@depth@} =
        @growth@^2$, so $\alpha = \sqrt{@growth@^{2/@depth@} - 1} = @key:.4g@$.
        """,
        given={"depth": depth, "growth": growth},
    )


@TOPIC.add("compute", level=3, marks=5, claim="price-of-guarantee")
def price(draw: Draw) -> Item:
    """What a guaranteed contraction costs in the mean square."""
    beta, depth = draw.one(0.1, 0.2, 0.3, 0.5), draw.one(10, 20, 40)
    square = (1 - beta) ** 2 + beta**2 / 4
    return Item(
        r"""
        @depth@ blocks $(1 - \beta)x + \alpha f_l(x)$ have branches whose Jacobians
        are independent Gaussian matrices of large width $n$, entries of variance
        $\sigma^2/n$. With $\beta = @beta@$, $\alpha$ is taken as large as it may be
        if the bound $(1 - \beta) + \alpha K \le 1$ is to hold with the norm $K$ of
        the branches. What is left of the root mean square length of a gradient?
        """,
        Number(
            square ** (depth / 2),
            mistakes=(
                Mistake(1, "That is the bound for the worst direction."),
                Mistake(
                    ((1 - beta) ** 2 + beta**2) ** (depth / 2),
                    r"The norm of a wide Gaussian matrix is $2\sigma$, not $\sigma$.",
                ),
                Mistake(square**depth, "That is the mean square, not its root."),
            ),
        ),
        r"""
        In the limit $K = 2\sigma$, so $\alpha\sigma = \beta/2$. In the mean square
        a block multiplies by $(1 - \beta)^2 + \alpha^2\sigma^2 = (1 - \beta)^2 +
        \tfrac14\beta^2 = @square:.5g@$, and @depth@ blocks by its power; take the
        root.
        """,
        given={"beta": beta, "depth": depth},
        also={"square": square},
    )


@TOPIC.add("compute", level=2, marks=4, claim="path-length-law")
def path_length(draw: Draw) -> Item:
    """How many branches the energy crosses."""
    depth, square = draw.one(20, 40, 60, 100), draw.one(0.02, 0.04, 0.1, 0.25)
    return Item(
        r"""
        A tangent $v$ passes @depth@ residual blocks $I + A_l$ with independent
        $A_l$ of mean zero and $\mathbb E\|A_lv\|^2 = @square@\,\|v\|^2$ for every
        $v$. The product is a sum over $2^{@depth@}$ paths. Weigh each length by the
        expected energy that the paths of this length carry together. How many
        branches does the energy cross on average?
        """,
        Number(
            depth * square / (1 + square),
            mistakes=(
                Mistake(depth / 2, "Most paths are of that length, and carry little."),
                Mistake(depth * square, "The weights have to add up to one."),
            ),
        ),
        r"""
        Paths of length $k$ carry $\binom Lk\alpha^{2k}\|v\|^2$: the length is
        binomial with probability $p = \alpha^2/(1 + \alpha^2) = @chance:.4g@$ and
        mean $Lp$.
        """,
        given={"depth": depth, "square": square},
        also={"chance": square / (1 + square)},
    )


@TOPIC.add("predict", level=2, marks=3, claim="trace-criterion")
def stretching_block(draw: Draw) -> Item:
    """Whether a block with a small branch stretches some direction."""
    a, b, c, d = draw.one(
        (0.2, -0.3, 0.1, -0.2),
        (-0.1, 0.4, 0.2, 0.1),
        (0.0, 0.5, -0.4, 0.0),
        (-0.3, 0.2, -0.1, -0.3),
        (-0.5, 0.0, 0.2, -0.6),
    )
    trace, square = a + d, a * a + b * b + c * c + d * d
    stretches = trace > -square / 2
    return Item(
        r"""
        The branch of a residual block has the Jacobian $A =
        \bigl(\begin{smallmatrix}@a@ & @b@\\ @c@ & @d@\end{smallmatrix}\bigr)$. What
        can be said of the spectral norm of the Jacobian $I + A$ of the block?
        """,
        Choice(
            "above" if stretches else "below",
            {
                "above": "It is above 1.",
                "below": "It is below 1.",
                "one": "It is exactly 1.",
                "nothing": "Nothing as long as the other blocks are not known.",
            },
        ),
        r"""
        $\operatorname{tr} A = @trace:.3g@$ and $-\tfrac12\|A\|_F^2 = @half:.3g@$.
        If the trace is larger, $\|I + A\|_F^2 = 2 + 2\operatorname{tr}A + \|A\|_F^2
        > 2$, so that the larger of the two singular values exceeds 1. If it is not,
        look at $A + A^\top + A^\top A$: here its eigenvalues are then negative.
        """,
        given={"a": a, "b": b, "c": c, "d": d},
        also={"trace": round(trace, 10), "half": -square / 2},
    )
