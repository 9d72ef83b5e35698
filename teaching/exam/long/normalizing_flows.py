"""Longer questions on normalizing flows."""

import math

from teaching.exam.answers import Choice, Mistake, Number, Point, Written
from teaching.exam.question import Draw, Item, Topic

TOPIC = Topic("normalizing-flows")


@TOPIC.add("derive", level=2, marks=8, claim="volume-is-not-length")
def stretch_of_a_coupling(draw: Draw) -> Item:
    """The norm of an additive coupling layer."""
    slope = draw.one(0.25, 0.5, 1.5, 2.0, 4.0)
    key = (slope + math.sqrt(slope**2 + 4)) / 2
    return Item(
        r"""
        An additive coupling layer $(a, b) \mapsto (b + t(a), a)$, halves of equal
        size, has the Jacobian $J = \bigl(\begin{smallmatrix}A & I\\ I &
        0\end{smallmatrix}\bigr)$ with $A = t'(a)$. (a) Show $|\det J| = 1$. (b)
        Show that the singular values of $J$ come in pairs $\sigma, 1/\sigma$ if $A$
        is a number $s > 0$, and derive $\|J\|$. (c) How large is it for $s =
        @slope@$? (d) Why does "the flow keeps volume" not answer whether its
        gradients explode?
        """,
        Written(
            (
                Point(2, r"Swapping the two block columns gives a triangular matrix."),
                Point(
                    1,
                    r"""
                    The product of the two is 1, so they are $\sigma$ and
                    $1/\sigma$.
                    """,
                ),
                Point(
                    2,
                    r"""
                    $\sigma^2$ solves $q^2 - (s^2 + 2)q + 1 = 0$ (trace and
                    determinant of $J^\top J$), or: $J$ is symmetric with $\mu^2 -
                    s\mu - 1 = 0$.
                    """,
                ),
                Point(1, r"$\|J\| = \tfrac12(s + \sqrt{s^2 + 4})$."),
                Point(1, r"$@key:.4g@$."),
                Point(1, r"The product of the singular values is 1, not each of them."),
            ),
            full=r"""
            (a) With the block columns swapped $J$ is triangular with identities on
            the diagonal, so $|\det J| = 1$. (b) $J^\top J$ has trace $s^2 + 2$ and
            determinant 1, so its two eigenvalues are $q$ and $1/q$ with $q + 1/q =
            s^2 + 2$. As $J$ is symmetric, its eigenvalues solve $\mu^2 - s\mu - 1 =
            0$, and $\|J\| = \frac12(s + \sqrt{s^2 + 4})$. (c) $@key:.4g@$. (d) What
            is squeezed in one direction is stretched in another: the product of the
            singular values stays 1 while the largest grows from layer to layer.
            """,
            half=r"""
            (a) $\det\bigl(\begin{smallmatrix}s & 1\\ 1 & 0\end{smallmatrix}\bigr) =
            -1$, and with blocks likewise after swapping the columns. (b) The
            product of the singular values is 1, so they are $\sigma$ and
            $1/\sigma$. (d) So the largest may be large though the product is 1. I
            do not know how to get $\sigma$ from $s$; at least 1, at most $1 + s$;
            say $@loose:.4g@$.
            """,
            half_earns=(1, 2, 6),
            none=r"""
            The determinant is 1, so lengths are kept on average, and gradients
            neither grow nor vanish.
            """,
            result=Number(
                key,
                mistakes=(
                    Mistake(1 + slope, "That bound is not reached."),
                    Mistake(math.sqrt(1 + slope**2), "That is one column's length."),
                ),
            ),
        ),
        r"""
        At $s = 1$ the norm is the golden ratio. Volume is a product of singular
        values; gradients see the largest and the smallest.
        """,
        given={"slope": slope},
        also={"loose": 1 + slope},
    )


PROGRAM = """\
def log_volume(jacobians):
    product = torch.eye(jacobians[0].shape[0])
    for jacobian in jacobians:
        product = jacobian @ product
    total = torch.linalg.det(product).abs().log()
    return total"""


@TOPIC.add("debug", level=2, marks=4, claim="add-log-determinants")
def multiplied_first(draw: Draw) -> Item:
    """A volume term that multiplies Jacobians before it takes the logarithm."""
    size, count = draw.one(32, 48, 64), draw.one(60, 80, 120)
    return Item(
        r"""
        The volume term of a flow of @count@ layers in dimension @size@, in float32;
        the Jacobians are Gaussian with entries of variance 4 over the dimension.

        ```
        @program@
        ```

        The result is infinite or NaN. Which line should take the place of the fifth
        one?
        """,
        Choice(
            "sum",
            {
                "sum": "`total = sum(torch.linalg.slogdet(j).logabsdet "
                "for j in jacobians)`",
                "slogdet": "`total = torch.linalg.slogdet(product).logabsdet`",
                "late": "`total = torch.linalg.det(product.double()).abs().log()`",
                "norms": "`total = sum(torch.linalg.matrix_norm(j, 2).log() "
                "for j in jacobians)`",
            },
        ),
        r"""
        $\log|\det|$ of a product is the sum of the layers' own. The product itself
        is ill-conditioned beyond the digits of the format, and its determinant out
        of range: `slogdet` of the product is finite, and wrong; so is double
        precision, too late.
        """,
        given={"size": size, "count": count, "line": 5},
        also={"program": PROGRAM},
        program=PROGRAM,
    )
