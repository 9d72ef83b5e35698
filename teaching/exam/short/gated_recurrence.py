"""Short questions on gated recurrence."""

import math

from teaching.exam.answers import Choice, Mistake, Number
from teaching.exam.question import Draw, Item, Topic

TOPIC = Topic("gated-recurrence")


@TOPIC.add("compute", level=2, marks=5, claim="eigenvalue-slide")
def gate_that_tames(draw: Draw) -> Item:
    """The constant gate from which on a complex eigenvalue is stable."""
    real, imaginary = draw.one(-2.0, -1.0, 0.0, 0.5), draw.one(1.5, 2.0, 3.0)
    distance = (1 - real) ** 2 + imaginary**2
    key = 1 - 2 * (1 - real) / distance
    return Item(
        r"""
        All units of $h_t = z\,h_{t-1} + (1 - z)Wh_{t-1}$ share one constant gate $z$.
        $W$ has the eigenvalues $\lambda = @real@ \pm @imaginary@\,\mathrm i$ and no
        others. Above which $z < 1$ do gradients die out with time?
        """,
        Number(
            key,
            mistakes=(
                Mistake(
                    1 - 1 / math.hypot(real, imaginary),
                    "That bounds the candidate term alone.",
                ),
            ),
        ),
        r"""
        $\mu = z + (1 - z)\lambda$, so $|\mu|^2 = 1 + 2(1 -
        z)(\operatorname{Re}\lambda - 1) + (1 - z)^2|\lambda - 1|^2$, below 1
        exactly for $1 - z < 2(1 - \operatorname{Re}\lambda)/|1 - \lambda|^2 =
        @width:.4g@$.
        """,
        given={"real": real, "imaginary": imaginary},
        also={"width": 1 - key},
    )


@TOPIC.add("compute", level=1, marks=4, claim="carousel")
def forget_bias(draw: Draw) -> Item:
    """The forget bias of a wanted half-life."""
    life = draw.one(3, 10, 20, 50, 200)
    key = -math.log(2 ** (1 / life) - 1)
    return Item(
        r"""
        In an LSTM whose forget gates have no weights, only the bias $b$, what is
        stored in a cell is multiplied by the sigmoid $s(b)$ in each step. With
        which $b$ is half of it left after @life@ steps?
        """,
        Number(
            key,
            digits=4,
            mistakes=(
                Mistake(math.log(life), "This bias keeps more than a third, not half."),
            ),
        ),
        r"""
        $s(b)^{@life@} = \tfrac12$, so $1 + e^{-b} = 2^{1/@life@}$ and $b =
        -\ln(2^{1/@life@} - 1) = @key:.4f@$. The bias $\ln @life@$ would leave
        $(1 + 1/@life@)^{-@life@} = @left:.3g@$.
        """,
        given={"life": life},
        also={"left": (1 + 1 / life) ** -life},
    )


@TOPIC.add("compute", level=2, marks=4, claim="keep-or-write")
def best_to_write(draw: Draw) -> Item:
    """The gate that sends most gradient to a candidate of long ago."""
    lag = draw.one(4, 9, 19, 24, 49)
    return Item(
        r"""
        A unit $h_t = z\,h_{t-1} + (1 - z)\,c_t$ has one constant gate $z$, and its
        candidates $c_t$ see only the input. Choose $z$ so that the gradient of
        $h_T$ by the candidate of @lag@ steps earlier, $c_{T-@lag@}$, is as large as
        possible. How large is it?
        """,
        Number(
            lag**lag / (lag + 1) ** (lag + 1),
            mistakes=(
                Mistake(
                    (lag / (lag + 1)) ** lag,
                    "That is what is kept; the candidate was written with 1 - z.",
                ),
            ),
        ),
        r"""
        The gradient is $(1 - z)z^k$. Its derivative vanishes at $z = \frac{k}{k +
        1}$, the value is $\frac{k^k}{(k + 1)^{k + 1}} = @key:.4g@$: keeping and
        writing compete for the same gate.
        """,
        given={"lag": lag},
    )


@TOPIC.add("predict", level=3, marks=3, claim="gate-creates-chaos")
def listening_gate(draw: Draw) -> Item:
    """What a gate that hears the state does to one bounded unit."""
    kind = draw.one("listening", "from a tape", "none")
    weight, gate = -3.0, draw.one(19.8, 20.0, 20.2)
    told = {
        "listening": r"and the gradient is taken through everything",
        "from a tape": r"and the gradient is taken along the same states, but with the "
        "numbers $z_t$ read from a tape, as constants",
        "none": r"but the gate is taken out: $z = 0$ in every step",
    }[kind]
    right = {"listening": "explodes", "from a tape": "stays", "none": "dies"}[kind]
    return Item(
        r"""
        One unit without input, $h_t = z\,h_{t-1} + (1 - z)\tanh(@weight@\,h_{t-1})$
        with the gate $z = s(@gate@\,h_{t-1} - 2)$, starts somewhere between $-0.1$
        and $0.3$, @told@. What becomes of $|\partial h_{100}/\partial h_0|$, in the
        mean of its logarithm over many starts?
        """,
        Choice(
            right,
            {
                "explodes": "It grows by more than ten powers of ten.",
                "stays": "It stays within two powers of ten of 1.",
                "dies": "It falls by more than fifty powers of ten.",
                "bounded": "It falls, by two to fifty powers of ten.",
            },
        ),
        r"""
        A bounded state does not bound a gradient. Without the gate the unit swings
        between two saturated values, and the derivative of tanh there is tiny. With
        the gate *listening* the orbit is chaotic; with the same gates from a tape
        the third term of the Jacobian, $(h - c)z(1 - z)u$, is missing, and the
        growth with it.
        """,
        given={"kind": kind, "weight": weight, "gate": gate},
        also={"told": told},
    )
