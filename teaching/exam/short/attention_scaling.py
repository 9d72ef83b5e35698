"""Short questions on attention scaling."""

import math

from teaching.exam.answers import Choice, Mistake, Number
from teaching.exam.question import Draw, Item, Topic

TOPIC = Topic("attention-scaling")


@TOPIC.add("compute", level=2, marks=4, claim="dot-product-variance")
def correlated_entries(draw: Draw) -> Item:
    """The variance of a logit when the entries are not independent."""
    dim = draw.one(16, 32, 64, 128)
    first, second = draw.one(0.1, 0.25, 0.5), draw.one(0.2, 0.4)
    return Item(
        r"""
        Query $q$ and key $k$ are independent of each other, of dimension $d =
        @dim@$, with mean zero and all variances 1. But any two entries of $q$ have
        the correlation @first@, and any two entries of $k$ the correlation
        @second@. What is the standard deviation of $q^\top k/\sqrt d$?
        """,
        Number(
            math.sqrt(1 + (dim - 1) * first * second),
            mistakes=(
                Mistake(1, "That needs uncorrelated entries in one of the two."),
                Mistake(1 + (dim - 1) * first * second, "That is the variance."),
            ),
        ),
        r"""
        The variance of $q^\top k$ is $\operatorname{tr}(\Sigma_q\Sigma_k) = d + d(d
        - 1)\rho_q\rho_k$. Over $d$ that is $1 + @rest@ \cdot @first@ \cdot
        @second@$; take the root.
        """,
        given={"dim": dim, "first": first, "second": second},
        also={"rest": dim - 1},
    )


@TOPIC.add("compute", level=2, marks=4, claim="bounded-logits")
def reach_of_a_cap(draw: Draw) -> Item:
    """How large a bound on logits must be for attention to be able to choose."""
    keys, share = draw.one(64, 128, 512, 1024), draw.one(0.5, 0.9, 0.99)
    return Item(
        r"""
        QK-normalization computes the logits $\tau\cos(q, k_j)$ for @keys@ keys.
        From which $\tau$ on is it possible at all that one key gets the weight
        @share@?
        """,
        Number(
            0.5 * math.log(share * (keys - 1) / (1 - share)),
            mistakes=(
                Mistake(
                    math.log(share * (keys - 1) / (1 - share)),
                    r"The other logits can be negative: the gap is twice the bound.",
                ),
            ),
        ),
        r"""
        The largest weight is $1/(1 + (n - 1)e^{-2\tau})$, with one logit at $\tau$
        and all others at $-\tau$. It is $p$ for $\tau = \tfrac12\ln\frac{p(n -
        1)}{1 - p}$.
        """,
        given={"keys": keys, "share": share},
    )


@TOPIC.add("compute", level=1, marks=4, claim="saturation-law")
def softmax_of_two(draw: Draw) -> Item:
    """What the scale saves of a softmax over two keys."""
    dim, gap = draw.one(64, 144, 256), draw.one(8.0, 12.0, 16.0)
    root = math.isqrt(dim)

    def norm(logit: float) -> float:
        return 2 * math.exp(-logit) / (1 + math.exp(-logit)) ** 2

    return Item(
        r"""
        A query meets two keys of dimension @dim@; the products $q^\top k_1$ and
        $q^\top k_2$ differ by @gap@. How many times as large is the spectral norm of
        the Jacobian of the softmax with the scale $1/\sqrt d$ as without?
        """,
        Number(
            norm(gap / root) / norm(gap),
            mistakes=(
                Mistake(root, "That is the factor of the logits."),
                Mistake(
                    math.exp(gap - gap / root),
                    "Near zero the softmax is not an exponential.",
                ),
            ),
        ),
        r"""
        For two keys $J = p(1 - p)\bigl(\begin{smallmatrix}1 & -1\\ -1 &
        1\end{smallmatrix}\bigr)$ has the norm $2p(1 - p)$ with $p = 1/(1 +
        e^{-x})$, $x$ the gap of the logits: $@plain:.4g@$ at $x = @gap@$,
        $@scaled:.4g@$ at $x = @small:.4g@$.
        """,
        given={"dim": dim, "gap": gap},
        also={"plain": norm(gap), "scaled": norm(gap / root), "small": gap / root},
    )


@TOPIC.add("predict", level=3, marks=3, claim="saturation-law")
def mean_or_median(draw: Draw) -> Item:
    """What a larger scale does to the softmax's Jacobian, on average and typically."""
    first, factor = draw.one(16, 20), draw.one(2, 3)
    which = draw.one("mean", "median")
    return Item(
        r"""
        The logits of two keys are $sz_1$ and $sz_2$ with independent standard
        normal $z_i$. The scale $s$ is raised from @first@ to @second@. What happens
        to the *@which@* of the spectral norm of the Jacobian of the softmax?
        """,
        Choice(
            "inverse" if which == "mean" else "exponential",
            {
                "inverse": r"It falls to about $1/@factor@$.",
                "square": r"It falls to about $1/@factor@^2$.",
                "exponential": r"It falls more than a thousandfold.",
                "rises": r"It rises about $@factor@$ times, as the logits do.",
            },
        ),
        r"""
        The norm is $2p(1 - p)$, about $2e^{-s|z_1 - z_2|}$ unless the two are
        close. The median gap is a fixed number, $0.954$, so the median falls like
        $e^{-0.954s}$. The mean lives on the rare pairs with a gap of order $1/s$:
        their probability falls like $1/s$ only.
        """,
        given={"first": first, "factor": factor, "which": which},
        also={"second": first * factor},
    )
