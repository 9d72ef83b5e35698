"""Short questions on normalization."""

import math

from teaching.exam.answers import Choice, Mistake, Number
from teaching.exam.question import Draw, Item, Topic

TOPIC = Topic("normalization")
DEAD = {"batch": 2, "layer": 2, "RMS": 1}


@TOPIC.add("compute", level=3, marks=6, claim="batch-norm-explodes")
def leaky_growth(draw: Draw) -> Item:
    """How fast gradients grow under batch normalization with a leaky ReLU."""
    slope, depth = draw.one(0.1, 0.2, 0.3, 0.5), draw.one(10, 20, 40)
    power = (1 + slope**2) / 2
    variance = power - (1 - slope) ** 2 / (2 * math.pi)
    return Item(
        r"""
        Untrained layers $x_{l+1} = W_l\varphi(\operatorname{BN}(x_l))$ with $\gamma
        = 1$, $\epsilon = 0$ and the leaky ReLU $\varphi$ of slope $@slope@$ below
        zero. In the mean-field limit, batch large, the squared gradient grows on
        the way back by $\mathbb E\varphi'(Z)^2 / \operatorname{Var}\varphi(Z)$ a
        layer, $Z$ standard normal. By which factor has its root mean square length
        grown after @depth@ layers? ($\mathbb E\max(0, Z) = 1/\sqrt{2\pi}$.)
        """,
        Number(
            (power / variance) ** (depth / 2),
            mistakes=(
                Mistake((power / variance) ** depth, "That is the squared length."),
                Mistake(
                    (math.pi / (math.pi - 1)) ** (depth / 2), "That is for the ReLU."
                ),
                Mistake(1, "The variance is less than the mean square."),
            ),
        ),
        r"""
        $\mathbb E\varphi'^2 = \mathbb E\varphi^2 = (1 + a^2)/2$, and $\mathbb
        E\varphi = (1 - a)/\sqrt{2\pi}$, so $\operatorname{Var}\varphi =
        @variance:.5g@$ and the rate is $@rate:.6g@$, to the power @half@.
        """,
        given={"slope": slope, "depth": depth},
        also={"variance": variance, "rate": power / variance, "half": depth // 2},
    )


@TOPIC.add("compute", level=1, marks=5, claim="gradient-identity")
def through_a_batch(draw: Draw) -> Item:
    """The length of a gradient behind batch normalization, by hand."""
    spread, centre = draw.one(1, 2, 4, 0.5), draw.one(3, 5, 10)
    a, b, c, d = draw.one((3, 0, 0, 1), (2, 1, 0, 0), (4, 1, 1, 0), (1, 3, 1, 1))
    gradient = (a, b, c, d)
    signs = (1, -1, 1, -1)
    total = sum(gradient)
    along = sum(s * g for s, g in zip(signs, gradient, strict=True))
    square = sum(g * g for g in gradient)
    left = square - total**2 / 4 - along**2 / 4
    low, high = centre - spread, centre + spread
    return Item(
        r"""
        Batch normalization, $\gamma = 1$, $\epsilon = 0$, has the batch $x =
        (@high@, @low@, @high@, @low@)$ of one feature. The gradient by its outputs
        is $g = (@a@, @b@, @c@, @d@)$. How long is the gradient by $x$?
        """,
        Number(
            math.sqrt(left) / spread,
            mistakes=(
                Mistake(math.sqrt(square) / spread, "Two directions are taken out."),
                Mistake(
                    math.sqrt(square - total**2 / 4) / spread,
                    "The direction of the batch itself is taken out, too.",
                ),
            ),
        ),
        r"""
        $\sigma = @spread@$ and $\hat x = (1, -1, 1, -1)$. What is left is
        $\frac1{\sigma^2}\bigl(\|g\|^2 - \tfrac14(1^\top g)^2 - \tfrac14(\hat x^\top
        g)^2\bigr) = (@square@ - @total@^2/4 - (@along@)^2/4)/@spread@^2$; take the
        root.
        """,
        given={"low": low, "high": high, "a": a, "b": b, "c": c, "d": d},
        also={"spread": spread, "square": square, "total": total, "along": along},
    )


@TOPIC.add("predict", level=2, marks=3, claim="layer-and-rms-jacobian")
def dead_directions(draw: Draw) -> Item:
    """How many directions of a gradient a normalization takes out."""
    kind, size = draw.one(*DEAD), draw.one(8, 64, 512)
    told = {
        "batch": r"Batch normalization in training mode normalizes the $@size@$ values "
        "of one feature in a batch",
        "layer": r"Layer normalization is applied to one sample of $@size@$ features",
        "RMS": r"RMS normalization is applied to one sample of $@size@$ features",
    }[kind].replace("@size@", str(size))
    return Item(
        r"""
        @told@, with $\gamma = 1$ and $\epsilon = 0$; the values are not all equal.
        How many dimensions do the gradients have that it does *not* let through,
        that is, the null space of its Jacobian?
        """,
        Choice(
            {1: "one", 2: "two"}[DEAD[kind]],
            {"none": "0", "one": "1", "two": "2", "all": "$@size@ - 1$"},
        ),
        r"""
        What the output does not depend on costs a dimension: adding a constant
        (batch and layer normalization) and, with $\epsilon = 0$, multiplying by one
        (all three). The Jacobians are symmetric, so gradients lose the same
        directions as changes.
        """,
        given={"kind": kind, "size": size},
        also={"told": told},
    )


@TOPIC.add("predict", level=2, marks=3, claim="scale-invariance")
def larger_weights(draw: Draw) -> Item:
    """What happens to a step when weights before a normalization are larger."""
    factor = draw.one(2, 3, 5, 10)
    return Item(
        r"""
        A layer of weights $W$ stands directly before a batch normalization with
        $\epsilon = 0$. Multiply $W$ by @factor@ and take one step of gradient
        descent with the same learning rate and batch. How does the angle by which
        the step turns $W$ change, if it is small?
        """,
        Choice(
            "square",
            {
                "square": r"It is $@square@$ times smaller.",
                "factor": r"It is $@factor@$ times smaller.",
                "same": "It stays the same: the network computes the same.",
                "larger": r"It is $@factor@$ times larger.",
            },
        ),
        r"""
        $L(aW) = L(W)$, so the gradient at $aW$ is $1/a$ times the one at $W$, and
        it is orthogonal to $W$. The angle is about $\eta\|\nabla L\|/\|W\|$: both
        numerator and denominator work against it, $1/a^2$.
        """,
        given={"factor": factor},
        also={"square": factor**2},
    )
