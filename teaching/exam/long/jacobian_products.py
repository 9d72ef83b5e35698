"""Longer questions on products of Jacobians."""

import math

from teaching.exam.answers import Choice, Mistake, Number, Point, Written
from teaching.exam.question import Draw, Item, Topic

TOPIC = Topic("jacobian-products")


@TOPIC.add("derive", level=2, marks=8, claim="worst-and-typical")
def random_direction(draw: Draw) -> Item:
    """The mean stretch of a random direction."""
    a, b, c = draw.one((2, 1, 0.5), (4, 1, 0.2), (3, 0.5, 0.1), (6, 0.5, 0.5))
    key = math.sqrt((a * a + b * b + c * c) / 3)
    return Item(
        r"""
        Let $g$ be uniformly distributed on the unit sphere of $\mathbb R^n$ and
        independent of the $n \times n$ matrix $P$ with the singular values
        $\sigma_1 \ge \dots \ge \sigma_n$. Derive $\mathbb E\|Pg\|^2$ for given $P$
        in terms of the singular values, and bound it from both sides by $\|P\|$ and
        $n$. How large is $\sqrt{\mathbb E\|Pg\|^2}$ for the singular values $@a@$,
        $@b@$, $@c@$?
        """,
        Written(
            (
                Point(
                    2, r"$\mathbb E\,gg^\top = I/n$, with a reason: symmetry and trace."
                ),
                Point(
                    2,
                    r"""
                    $\mathbb E\|Pg\|^2 = \operatorname{tr}(P\,\mathbb E\,gg^\top
                    P^\top) =
                    """
                    r"\tfrac1n\sum\sigma_i^2$.",
                ),
                Point(2, r"$\|P\|^2/n \le \mathbb E\|Pg\|^2 \le \|P\|^2$."),
                Point(2, r"Here $@key:.4g@$."),
            ),
            full=r"""
            Turning the sphere does not change the law of $g$, so $\mathbb
            E\,gg^\top$ commutes with all rotations and is a multiple of $I$; its
            trace is $\mathbb E\|g\|^2 = 1$, so it is $I/n$. Then $\mathbb E\|Pg\|^2
            = \operatorname{tr}(PP^\top)/n = \frac1n\sum\sigma_i^2$. The sum lies
            between $\sigma_1^2$ and $n\sigma_1^2$. Here $\sqrt{(@a@^2 + @b@^2 +
            @c@^2)/3} = @key:.4g@$.
            """,
            half=r"""
            $\mathbb E\,gg^\top = I/n$, because all directions are alike and the
            trace is 1. So $\mathbb E\|Pg\|^2 = \frac1n\operatorname{tr}(P^\top P) =
            \frac1n\sum\sigma_i^2$.
            """,
            half_earns=(1, 2),
            none=r"""
            The gradient is stretched by at most $\sigma_1 = @a@$ and on average by
            the mean of the singular values, $@mean:.4g@$.
            """,
            result=Number(
                key,
                mistakes=(
                    Mistake((a + b + c) / 3, "Squares are averaged, not lengths."),
                    Mistake(math.hypot(a, b, c), "The sum has to be divided by n."),
                    Mistake(a, "That is the worst direction."),
                ),
            ),
        ),
        r"""
        The root mean square over directions is $\|P\|_F/\sqrt n$: at a fixed width it
        grows with depth at the rate of the spectral norm.
        """,
        given={"a": a, "b": b, "c": c},
        also={"mean": (a + b + c) / 3},
    )


PROGRAM = """\
def input_gradient(jacobians, output_gradient):
    product = torch.eye(len(output_gradient), dtype=output_gradient.dtype)
    for jacobian in jacobians:
        product = jacobian.T @ product
    return product @ output_gradient"""


@TOPIC.add("debug", level=1, marks=4, claim="all-the-way-back")
def wrong_way_round(draw: Draw) -> Item:
    """A backward product in the order of the layers."""
    count = draw.one(5, 6, 8, 10, 12)
    return Item(
        r"""
        `jacobians` holds the Jacobians of @count@ layers, the first layer first. The
        function is meant to return the gradient at the input, but disagrees with
        `torch.autograd`:

        ```
        @program@
        ```

        Which line should take the place of the fourth one?
        """,
        Choice(
            "right",
            {
                "right": "`product = product @ jacobian.T`",
                "forward": "`product = jacobian @ product`",
                "untransposed": "`product = product @ jacobian`",
                "twice": "`product = (jacobian.T @ product).T`",
            },
        ),
        r"""
        $g_0 = J_1^\top J_2^\top \cdots J_L^\top g_L$: the first layer's transpose
        stands on the left. The program builds $J_L^\top \cdots J_1^\top$. (Cheaper
        still is to multiply vectors, from the last layer to the first.)
        """,
        given={"count": count, "line": 4},
        also={"program": PROGRAM},
        program=PROGRAM,
    )
