"""Longer questions on dense connections."""

from teaching.exam.answers import Choice, Mistake, Number, Point, Written
from teaching.exam.question import Draw, Item, Topic

TOPIC = Topic("dense-connections")


@TOPIC.add("derive", level=2, marks=8, claim="state-map")
def kept_or_added(draw: Draw) -> Item:
    """Singular values of a layer that keeps its input, and of one that adds to it."""
    gain, depth = draw.one(0.2, 0.3, 0.5), draw.one(8, 12, 20)
    key = (1 + gain**2) ** (depth / 2)
    return Item(
        r"""
        (a) Let $J = f'(s)$ have the singular values $\sigma_i$. Derive the singular
        values of the Jacobian of the dense layer $s \mapsto [s; f(s)]$. (b) Can
        this layer shrink a direction? Can $s \mapsto s + f(s)$, if $\|J\| \le 1$?
        Give an example or a proof for each. (c) How long at most can a tangent of
        length 1 become in @depth@ dense layers, if $\|f_l'\| \le @gain@$ in each?
        """,
        Written(
            (
                Point(
                    3,
                    r"""
                    $[I; J]^\top[I; J] = I + J^\top J$: $\sqrt{1 + \sigma_i^2}$.
                    """,
                ),
                Point(1, r"The dense layer shrinks nothing: all are at least 1."),
                Point(2, r"The sum can: $f(s) = -s$ takes all to zero."),
                Point(2, r"$(1 + c^2)^{L/2} = @key:.4g@$."),
            ),
            full=r"""
            (a) $\|[v; Jv]\|^2 = \|v\|^2 + \|Jv\|^2$, so the squares are the
            eigenvalues of $I + J^\top J$: $\sqrt{1 + \sigma_i^2}$ (with $\sigma_i =
            0$ where $f$ has too few outputs). (b) All are at least 1: no direction
            shrinks. For the sum $f(s) = -s$ has $\|J\| = 1$ and gives zero. (c)
            Each layer stretches by at most $\sqrt{1 + c^2}$, so by at most $(1 +
            @gain@^2)^{@depth@/2} = @key:.4g@$ in all; it is reached if every layer
            stretches the tangent most.
            """,
            half=r"""
            (a) $[I; J]^\top[I; J] = I + J^\top J$ has the eigenvalues $1 +
            \sigma_i^2$, so the singular values are $\sqrt{1 + \sigma_i^2}$. (b)
            They are at least 1, so a dense layer shrinks nothing; the same holds
            for the sum, since the identity is in it. (c) In all $(1 + c^2)^L =
            @square:.4g@$.
            """,
            half_earns=(1, 2),
            none=r"""
            Both layers contain the identity, so both keep the gradient, and the
            norm of each is $1 + \|f'\|$. In all $(1 + @gain@)^{@depth@}$.
            """,
            result=Number(
                key,
                mistakes=(
                    Mistake((1 + gain) ** depth, "That is the bound for a sum."),
                    Mistake(key**2, "That is the squared length."),
                ),
            ),
        ),
        r"""
        A copy that is kept beside the new features can only add to a length: by
        Pythagoras, not by addition.
        """,
        given={"gain": gain, "depth": depth},
        also={"square": key**2},
    )


PROGRAM = """\
def dense_block(x, layers, growth, generator):
    for _ in range(layers):
        weight = torch.randn(growth, x.shape[-1], generator=generator)
        weight = weight * math.sqrt(2 / growth)
        x = torch.cat([x, torch.relu(x) @ weight.T], dim=-1)
    return x"""


@TOPIC.add("debug", level=1, marks=4, claim="read-by-strangers")
def forgotten_inputs(draw: Draw) -> Item:
    """An initialization that does not count the inputs of a dense layer."""
    width, growth, layers = draw.one(128, 256), draw.one(16, 32), draw.one(8, 12)
    return Item(
        r"""
        A dense block of `layers=@layers@` starts from @width@ standard normal
        features and adds `growth=@growth@` in each layer. All features are to keep
        a mean square of about 1.

        ```
        @program@
        ```

        The features of later layers are larger and larger. Which line should take the
        place of the fourth one?
        """,
        Choice(
            "inputs",
            {
                "inputs": "`weight = weight * math.sqrt(2 / x.shape[-1])`",
                "one": "`weight = weight * math.sqrt(1 / x.shape[-1])`",
                "layers": "`weight = weight * math.sqrt(2 / growth) / layers`",
                "square": "`weight = weight * (2 / x.shape[-1])`",
            },
        ),
        r"""
        He's rule divides by the *fan-in*, the number of features that the layer
        reads, all that came before. Dividing by the number of its outputs
        multiplies the mean square by their ratio in every layer.
        """,
        given={"width": width, "growth": growth, "layers": layers, "line": 4},
        also={"program": PROGRAM},
        program=PROGRAM,
    )
