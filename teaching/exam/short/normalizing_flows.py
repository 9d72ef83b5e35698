"""Short questions on normalizing flows."""

import math

from teaching.exam.answers import Choice, Mistake, Number
from teaching.exam.question import Draw, Item, Topic

TOPIC = Topic("normalizing-flows")


@TOPIC.add("compute", level=2, marks=5, claim="volume-is-not-length")
def condition_of_shear(draw: Draw) -> Item:
    """The condition number of a layer that keeps volume."""
    stretch, dim = draw.one(0.5, 1.0, 2.0, 3.0), draw.one(4, 8, 64)
    norm = (stretch + math.sqrt(stretch**2 + 4)) / 2
    return Item(
        r"""
        An additive coupling layer in dimension @dim@, $(a, b) \mapsto (b + t(a),
        a)$, has the square block $A = \partial t/\partial a$ with spectral norm
        @stretch@. What is the condition number $\sigma_{\max}/\sigma_{\min}$ of its
        Jacobian?
        """,
        Number(
            norm**2,
            mistakes=(
                Mistake(1, "The determinant is one, not the condition number."),
                Mistake(norm, "That is the largest singular value alone."),
                Mistake((1 + stretch) ** 2, "That is a bound, and not reached."),
            ),
        ),
        r"""
        $J = \bigl(\begin{smallmatrix}A & I\\ I & 0\end{smallmatrix}\bigr)$ has
        $\|J\| = \|J^{-1}\| = \tfrac12(s + \sqrt{s^2 + 4}) = @norm:.5g@$ with $s =
        \|A\|$. The condition number is the product of the two.
        """,
        given={"stretch": stretch, "dim": dim},
        also={"norm": norm},
    )


@TOPIC.add("compute", level=2, marks=4, claim="trace-decides")
def pair_of_shears(draw: Draw) -> Item:
    """The growth of a product of two shears that keep every area."""
    first, second = draw.one(0.5, 1.0, 2.0), draw.one(0.3, 4.5, -10.0, -12.0)
    half = (2 + first * second) / 2
    root = abs(half) + math.sqrt(half**2 - 1)
    return Item(
        r"""
        $M = \bigl(\begin{smallmatrix}1 & 0\\ b & 1\end{smallmatrix}\bigr)
        \bigl(\begin{smallmatrix}1 & a\\ 0 & 1\end{smallmatrix}\bigr)$ with $a =
        @first@$ and $b = @second@$ keeps all areas. At which rate $\lim \tfrac1n
        \log\|M^n\|$ do gradients through $n$ such pairs grow?
        """,
        Number(
            math.log(root),
            mistakes=(
                Mistake(
                    math.asinh(math.hypot(first + second, first * second) / 2),
                    "That is the norm of one pair, not the rate of many.",
                ),
            ),
        ),
        r"""
        Determinant 1 and trace $2 + ab = @trace:.4g@$: the eigenvalues solve $\mu^2
        - (@trace:.4g@)\mu + 1 = 0$, and the larger one has the absolute value
        $@root:.5g@$.
        """,
        given={"first": first, "second": second},
        also={"trace": 2 * half, "root": root},
    )


@TOPIC.add("compute", level=3, marks=4, claim="likelihood-costs-stretch")
def floor_of_the_loss(draw: Draw) -> Item:
    """What a bound on the stretch costs in likelihood."""
    dim, cap = draw.one(2, 8, 64), draw.one(1, 1.5, 2)
    return Item(
        r"""
        The Jacobian of a flow in dimension $d = @dim@$, from data to standard
        normal noise, has at no point a singular value above @cap@. Below which
        value can its mean negative log likelihood, in nats, not fall, whatever the
        data?
        """,
        Number(
            dim / 2 * math.log(2 * math.pi) - dim * math.log(cap),
            digits=4,
            mistakes=(
                Mistake(
                    dim / 2 * math.log(2 * math.pi * math.e) - dim * math.log(cap),
                    "The noise of the data may vanish: then its length is zero.",
                ),
            ),
        ),
        r"""
        $-\log q = \tfrac12\|f(x)\|^2 + \tfrac d2\log 2\pi - \log|\det J|$. The
        first term is at least 0, and $|\det J| \le K^d$. So the loss is at least
        $\tfrac d2\log 2\pi - d\log K = @key:.5g@$.
        """,
        given={"dim": dim, "cap": cap},
    )


@TOPIC.add("predict", level=2, marks=3, claim="trace-decides")
def fate_of_shears(draw: Draw) -> Item:
    """Whether maps that keep every area keep gradients."""
    first, second = draw.one(
        (1, -1), (2, -1), (1, -4), (2, 0), (1, 1), (2, -3), (0.5, 2)
    )
    product = first * second
    right = "bounded" if -4 < product < 0 else "exponential"
    right = "linear" if product in (0, -4) else right
    return Item(
        r"""
        A layer shears the plane by $\bigl(\begin{smallmatrix}1 & @first@\\ 0 &
        1\end{smallmatrix}\bigr)$, the next one by $\bigl(\begin{smallmatrix}1 & 0\\
        @second@ & 1\end{smallmatrix}\bigr)$, and so on in turn, 2000 layers. Each
        has the determinant 1. What becomes of the norm of the whole product?
        """,
        Choice(
            right,
            {
                "bounded": "It stays below 100.",
                "linear": "It is above 1000, but in proportion to the depth.",
                "exponential": "It grows exponentially with the depth.",
                "one": "It is 1 at every depth, as the determinant is.",
            },
        ),
        r"""
        A pair has the trace $2 + ab = @trace:.4g@$. Strictly between $-2$ and $2$
        its powers turn and stay bounded; at the ends they grow linearly (unless the
        pair is the identity, up to its sign); outside they grow exponentially.
        """,
        given={"first": first, "second": second},
        also={"trace": 2 + product},
    )
