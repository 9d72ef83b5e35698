"""Longer questions on attention scaling."""

from teaching.exam.answers import Choice, Mistake, Number, Point, Written
from teaching.exam.question import Draw, Item, Topic

TOPIC = Topic("attention-scaling")


@TOPIC.add("derive", level=2, marks=8, claim="saturation-law")
def softmax_bounds(draw: Draw) -> Item:
    """The Jacobian of the softmax between two bounds."""
    first, second = draw.one((0.9, 0.06), (0.7, 0.2), (0.96, 0.03), (0.3, 0.35))
    third = round(1 - first - second, 6)
    largest = max(p * (1 - p) for p in (first, second, third))
    return Item(
        r"""
        Let $p = \operatorname{softmax}(z)$, $z \in \mathbb R^n$. (a) Derive the
        Jacobian $J = \partial p/\partial z$. (b) Prove $\max_i p_i(1 - p_i) \le
        \|J\| \le 2\max_i p_i(1 - p_i)$. (c) Which bound above does this give for $p
        = (@first@, @second@, @third@)$? (d) What do the bounds say of a softmax
        that has decided?
        """,
        Written(
            (
                Point(2, r"$J = \operatorname{diag}(p) - pp^\top$."),
                Point(2, r"Below: $J$ is symmetric and $J_{ii} = p_i(1 - p_i)$."),
                Point(
                    2,
                    r"""
                    Above: the absolute row sums are $p_i(1 - p_i) + p_i\sum_{j \ne
                    i}p_j =
                    """
                    r"2p_i(1 - p_i)$, and bound every eigenvalue.",
                ),
                Point(1, r"$@key:.4g@$."),
                Point(1, r"One weight near 1: both bounds, and the gradient, near 0."),
            ),
            full=r"""
            (a) $\partial p_i/\partial z_j = p_i(\delta_{ij} - p_j)$. (b) $J$ is
            symmetric, so $\|J\| \ge e_i^\top Je_i = p_i(1 - p_i)$ for each $i$. By
            Gershgorin every eigenvalue is at most a largest absolute row sum,
            $p_i(1 - p_i) + \sum_{j \ne i}p_ip_j = 2p_i(1 - p_i)$. (c) The largest
            $p_i(1 - p_i)$ is $@largest:.4g@$, so $\|J\| \le @key:.4g@$. (d) If one
            $p_i$ is near 1, all $p_i(1 - p_i)$ are near 0, and no gradient comes
            through.
            """,
            half=r"""
            (a) $J_{ij} = p_i(\delta_{ij} - p_j)$. (b) The diagonal entries $p_i(1 -
            p_i)$ are values $e_i^\top Je_i$ of a symmetric matrix, so they bound
            the norm from below. The upper bound is twice that, because there are
            two signs.
            """,
            half_earns=(1, 2),
            none=r"""
            The derivative of the softmax is $p(1 - p)$, as of the sigmoid, so its
            norm is at most $\frac14$.
            """,
            result=Number(
                2 * largest,
                mistakes=(
                    Mistake(largest, "That is the bound below."),
                    Mistake(0.5, "That holds for every p and is not sharp here."),
                ),
            ),
        ),
        r"""
        The two bounds differ by a factor of 2, whatever $n$ is: the size of the
        softmax's Jacobian is the largest $p_i(1 - p_i)$, up to that factor.
        """,
        given={"first": first, "second": second, "third": third},
        also={"largest": largest},
    )


PROGRAM = """\
def attention(q, k, v):
    d = q.shape[-1]
    weights = torch.softmax(q @ k.T, dim=-1) / math.sqrt(d)
    return weights @ v"""


@TOPIC.add("debug", level=1, marks=4, claim="dot-product-variance")
def scaled_too_late(draw: Draw) -> Item:
    """A scale behind the softmax."""
    dim, keys = draw.one(64, 256), draw.one(16, 32)
    return Item(
        r"""
        Scaled dot-product attention of @keys@ queries and keys of dimension $d =
        @dim@$, all entries independent and standard normal at the start:

        ```
        @program@
        ```

        Most queries attend to a single key, hardly any gradient reaches `q` and
        `k`, and the outputs are small. Which line should take the place of the
        third one?
        """,
        Choice(
            "inside",
            {
                "inside": "`weights = torch.softmax(q @ k.T / math.sqrt(d), dim=-1)`",
                "square": "`weights = torch.softmax(q @ k.T / d, dim=-1)`",
                "keys": "`weights = torch.softmax(q @ k.T / math.sqrt(d), dim=0)`",
                "none": "`weights = torch.softmax(q @ k.T, dim=-1)`",
            },
        ),
        r"""
        The logits have the variance $d$, and it is they that have to be divided by
        $\sqrt d$; behind the softmax the division only shortens the output.
        Dividing by $d$ makes all weights nearly equal, and over dimension 0 the
        weights of a query do not add up to 1.
        """,
        given={"dim": dim, "keys": keys, "line": 3},
        also={"program": PROGRAM},
        program=PROGRAM,
    )
