"""Short questions on dense connections."""

import math

from teaching.exam.answers import Choice, Mistake, Number
from teaching.exam.question import Draw, Item, Topic

TOPIC = Topic("dense-connections")


@TOPIC.add("compute", level=1, marks=4, claim="alignment-decides")
def agreement(draw: Draw) -> Item:
    """How far branches agree, from the length of their sum."""
    count, ratio = draw.one(8, 16, 32, 64), draw.one(1.2, 1.5, 2.0, 2.5)
    return Item(
        r"""
        The gradients of @count@ branches all have length 1. Their sum is @ratio@
        times as long as their stack $[h_1; \dots; h_{@count@}]$. What is the mean
        cosine over pairs of them?
        """,
        Number(
            (ratio**2 - 1) / (count - 1),
            mistakes=(
                Mistake((ratio**2 - 1) / count, "A branch is no pair with itself."),
                Mistake((ratio - 1) / (count - 1), "The lengths enter squared."),
            ),
        ),
        r"""
        $\|\sum h_i\|^2 = k + k(k - 1)\rho$ and $\|[h_1; \dots; h_k]\|^2 = k$. So $1
        + (k - 1)\rho = @ratio@^2$, whatever the single cosines are.
        """,
        given={"count": count, "ratio": ratio},
    )


@TOPIC.add("compute", level=1, marks=4, claim="shortest-way-back")
def way_back(draw: Draw) -> Item:
    """The shortest way of a gradient through a U-Net."""
    depth, each = draw.one(3, 4, 5), draw.one(2, 3)
    level = draw.one(0, 1, 2)
    short = each + level * (each + 1) + 1
    long = each * (depth - level) + depth * (each + 1) + 1
    return Item(
        r"""
        A U-Net has the levels $0, \dots, @depth@$; level @depth@ is the bottleneck.
        Each level has @each@ convolutions on the way down, and each but the
        bottleneck has @each@ on the way up; each step up takes one more
        convolution, each step down a pool without weights; the read-out is one
        convolution. Let $e_\ell$ be the features at the end of level $\ell$ on the
        way down, which the skip hands over. By how many convolutions do the skips
        shorten the shortest way from the logits back to $e_{@level@}$?
        """,
        Number(
            long - short,
            digits=0,
            mistakes=(
                Mistake(long, "That is the way without skips."),
                Mistake(short, "That is the way with skips."),
            ),
        ),
        r"""
        With the skip: the read-out, @each@ convolutions at each of the levels $0$
        to @level@ on the way up, @level@ steps up: @short@. Without: through the
        bottleneck, @long@.
        """,
        given={"depth": depth, "each": each, "level": level},
        also={"short": short, "long": long},
    )


@TOPIC.add("compute", level=3, marks=5, claim="exact-depth-law")
def concatenated(draw: Draw) -> Item:
    """What concatenation makes of a tangent, against what a sum would."""
    width, growth = draw.one(16, 24, 64), draw.one(8, 12, 32)
    depth = draw.one(12, 24, 40)
    return Item(
        r"""
        Layers $s \mapsto [s; f_l(s)]$ start from @width@ features and add @growth@
        each, $f_l(s) = A_l\operatorname{ReLU}(B_ls)$ with $@growth@$ hidden units
        and independent Gaussian weights, variance $2/\text{fan-in}$ in $B_l$ and
        $1/@growth@$ in $A_l$. By which factor has the root mean square length of a
        tangent grown after @depth@ layers?
        """,
        Number(
            math.sqrt((width + depth * growth) / width),
            mistakes=(
                Mistake(2 ** (depth / 2), "That is a sum of branches as strong."),
                Mistake(
                    (1 + growth / width) ** (depth / 2),
                    "That is without fan-in scaling: the fan-in grows.",
                ),
            ),
        ),
        r"""
        A branch adds on average $\frac{G}{n}\|v\|^2$ to $\|v\|^2$, with the present
        width $n$: a mean square of $\frac{n + G}{n}$ a layer. The product
        telescopes to $\frac{n_0 + LG}{n_0} = @square:.4g@$; take the root.
        """,
        given={"width": width, "growth": growth, "depth": depth},
        also={"square": (width + depth * growth) / width},
    )


@TOPIC.add("predict", level=2, marks=3, claim="root-is-worst-case")
def stack_or_sum(draw: Draw) -> Item:
    """Norms of stack and sum of the same branches."""
    kind, pairs = draw.one("equal", "disjoint", "opposite"), draw.one(2, 8, 18)
    count = 2 * pairs
    told = {
        "equal": r"all equal to the identity $I$",
        "disjoint": r"the projections onto @count@ different coordinate axes",
        "opposite": r"alternately $I$ and $-I$",
    }[kind].replace("@count@", str(count))
    return Item(
        r"""
        @count@ branches have the Jacobians $J_1, \dots, J_{@count@}$: @told@. What
        are the spectral norms of their stack $[J_1; \dots; J_{@count@}]$ and of
        their sum?
        """,
        Choice(
            kind,
            {
                "equal": r"$\sqrt{@count@}$ and $@count@$",
                "disjoint": r"$1$ and $1$",
                "opposite": r"$\sqrt{@count@}$ and $0$",
                "typical": r"$\sqrt{@count@}$ and $\sqrt{@count@}$",
            },
        ),
        r"""
        $\|[J_1; \dots; J_k]\| \le \sqrt k\max\|J_i\|$ is reached if one vector is
        stretched most by all, which says nothing of the sum: that also needs the
        images to point the same way. Projections onto different axes share no
        vector: the stack is an isometry on their span, and so is the sum.
        """,
        given={"kind": kind, "count": count},
        also={"told": told},
    )
