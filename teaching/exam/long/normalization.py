"""Longer questions on normalization."""

from teaching.exam.answers import Choice, Mistake, Number, Point, Written
from teaching.exam.question import Draw, Item, Topic

TOPIC = Topic("normalization")


@TOPIC.add("derive", level=2, marks=9, claim="batch-norm-jacobian")
def batch_norm_jacobian(draw: Draw) -> Item:
    """The Jacobian of batch normalization and its eigenvalues."""
    size, scale = draw.one(4, 8, 16), draw.one(1, 2)
    spread, floor = draw.one(0.1, 0.2, 0.5), draw.one(0.01, 0.04)
    key = scale * floor / (spread**2 + floor) ** 1.5
    return Item(
        r"""
        Batch normalization maps $x \in \mathbb R^m$, the values of one feature in a
        batch of $m \ge 3$, to $y_i = \gamma(x_i - \mu)/\sqrt{\sigma^2 + \epsilon} +
        \beta$ with mean $\mu$ and biased variance $\sigma^2 > 0$. Let $\hat x_i =
        (x_i - \mu)/\sqrt{\sigma^2 + \epsilon}$. (a) Derive $\partial y/\partial x$.
        (b) Find its eigenvalues and eigenvectors. (c) How large is the eigenvalue
        of the direction $x - \mu$ for $\gamma = @scale@$, $\sigma = @spread@$,
        $\epsilon = @floor@$, $m = @size@$?
        """,
        Written(
            (
                Point(
                    2,
                    r"""
                    $\partial\mu/\partial x_j = 1/m$, $\partial\sigma^2/\partial x_j
                    =
                    """
                    r"2(x_j - \mu)/m$.",
                ),
                Point(
                    2,
                    r"""
                    $\frac{\gamma}{\sqrt{\sigma^2 + \epsilon}}(I - \frac{11^\top}{m}
                    -
                    """
                    r"\frac{\hat x\hat x^\top}{m})$.",
                ),
                Point(
                    3,
                    r"""
                    0 for $1$; $\gamma\epsilon/(\sigma^2 + \epsilon)^{3/2}$ for
                    $\hat x$;
                    """
                    r"""
                    $\gamma/\sqrt{\sigma^2 + \epsilon}$ for all that is orthogonal
                    to both.
                    """,
                ),
                Point(2, r"$@key:.4g@$."),
            ),
            full=r"""
            (a) $\partial\mu/\partial x_j = \frac1m$ and $\partial\sigma^2/\partial
            x_j = \frac2m(x_j - \mu)$, since $\sum(x_i - \mu) = 0$. With $r =
            \sqrt{\sigma^2 + \epsilon}$: $\partial y_i/\partial x_j = \frac\gamma
            r(\delta_{ij} - \frac1m) - \frac{\gamma(x_i - \mu)}{r^3}\frac{x_j -
            \mu}m = \frac\gamma r(\delta_{ij} - \frac1m - \frac{\hat x_i\hat
            x_j}m)$. (b) $1$ and $\hat x$ are orthogonal: $1 \mapsto 0$; $\hat x
            \mapsto \frac\gamma r(1 - \|\hat x\|^2/m)\hat x =
            \frac{\gamma\epsilon}{r^3}\hat x$, as $\|\hat x\|^2 = m\sigma^2/r^2$;
            the rest $\frac\gamma r$. (c) $@key:.4g@$; the batch size does not
            matter.
            """,
            half=r"""
            (a) $\partial\mu/\partial x_j = \frac1m$, $\partial\sigma^2/\partial x_j
            = \frac2m(x_j - \mu)$, so $\partial y/\partial x =
            \frac{\gamma}{\sqrt{\sigma^2 + \epsilon}}(I - \frac1m11^\top -
            \frac1m\hat x\hat x^\top)$. (b) The bracket is a projection, so its
            eigenvalues are 0, 0 and 1.
            """,
            half_earns=(1, 2),
            none=r"""
            The output is $x$ divided by its deviation, so the Jacobian is
            $\gamma/\sqrt{\sigma^2 + \epsilon}$ times the identity, here
            $@plain:.4g@$.
            """,
            result=Number(
                key,
                mistakes=(
                    Mistake(
                        scale / (spread**2 + floor) ** 0.5,
                        "That is for directions orthogonal to the batch.",
                    ),
                    Mistake(
                        scale * floor / (spread**2 + floor),
                        "The bracket is still to be divided by the deviation.",
                    ),
                ),
            ),
        ),
        r"""
        Two directions are special because the output hardly depends on them: a
        shift not at all, a stretch only through $\epsilon$.
        """,
        given={"size": size, "scale": scale, "spread": spread, "floor": floor},
        also={"plain": scale / (spread**2 + floor) ** 0.5},
    )


PROGRAM = """\
def layer_norm(x):
    axis = dict(dim=0, keepdim=True)
    centred = x - x.mean(**axis)
    return centred / (centred.square().mean(**axis) + 1e-5).sqrt()"""


@TOPIC.add("debug", level=1, marks=4, claim="layer-and-rms-jacobian")
def wrong_axis(draw: Draw) -> Item:
    """A layer normalization that makes samples feel each other."""
    size = draw.one(8, 16, 24, 32, 64)
    return Item(
        r"""
        `x` holds @size@ samples in rows, of @size@ features each. This is meant to be
        layer normalization:

        ```
        @program@
        ```

        The output of a sample changes when *another* sample of the batch changes.
        Which line should take the place of the second one?
        """,
        Choice(
            "features",
            {
                "features": "`axis = dict(dim=1, keepdim=True)`",
                "squeezed": "`axis = dict(dim=1, keepdim=False)`",
                "all": "`axis = dict(dim=(0, 1), keepdim=True)`",
                "batch": "`axis = dict(dim=0, keepdim=False)`",
            },
        ),
        r"""
        Along the rows' features, dimension 1, and with the dimension kept: without
        it the @size@ means are spread over the *columns*, which raises no error as
        long as there are as many samples as features.
        """,
        given={"size": size, "line": 2},
        also={"program": PROGRAM},
        program=PROGRAM,
    )
