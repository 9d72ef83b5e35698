"""Longer questions on gated recurrence."""

import math

from teaching.exam.answers import Choice, Mistake, Number, Point, Written
from teaching.exam.question import Draw, Item, Topic

TOPIC = Topic("gated-recurrence")


@TOPIC.add("derive", level=3, marks=8, claim="threshold-at-origin")
def gru_at_the_origin(draw: Draw) -> Item:
    """The recurrent weight from which on a silent GRU is unstable."""
    angle = draw.one(30, 60, 90, 120, 150)
    cosine = math.cos(math.radians(angle))
    key = -2 * cosine + math.sqrt(4 * cosine**2 + 12)
    return Item(
        r"""
        A GRU, $h' = (1 - z) \odot n + z \odot h$ with $n = \tanh(r \odot W_{hn}h)$,
        $z = s(W_{hz}h)$, $r = s(W_{hr}h)$, has no biases and no input; $s$ is the
        logistic sigmoid. (a) Derive its Jacobian at $h = 0$. (b) For which
        eigenvalues of $W_{hn}$ is the state $0$ linearly stable? (c) $W_{hn}$ has
        the eigenvalues $we^{\pm\mathrm i\varphi}$ with $\varphi = @angle@^\circ$
        and no others. Up to which $w > 0$ is it stable?
        """,
        Written(
            (
                Point(
                    2,
                    r"""
                    At 0, $z = r = \tfrac12$ and $n = 0$; the derivatives of $z$ and
                    $r$ are
                    """
                    r"multiplied by $h - n = 0$ and $W_{hn}h = 0$.",
                ),
                Point(2, r"$J = \tfrac12I + \tfrac14W_{hn}$."),
                Point(
                    2, r"$|2 + \lambda| < 4$: the disc with centre $-2$ and radius 4."
                ),
                Point(
                    2,
                    r"$w^2 + 4w\cos\varphi - 12 = 0$, so $w = @key:.4g@$.",
                ),
            ),
            full=r"""
            (a) $h' = (1 - z)n + zh$. At 0 the terms with derivatives of $z$ carry
            $h - n = 0$, those of $r$ carry $W_{hn}h = 0$. With $z = r = \frac12$
            and $\tanh'(0) = 1$: $J = \frac12I + \frac12 \cdot \frac12W_{hn}$. (b)
            $|\frac12 + \frac14\lambda| < 1$, that is $|\lambda + 2| < 4$, for every
            eigenvalue. (c) $|we^{\mathrm i\varphi} + 2|^2 = w^2 + 4w\cos\varphi + 4
            = 16$; the positive root is $@key:.4g@$.
            """,
            half=r"""
            (a) At 0 both gates are $\frac12$ and $n = h = 0$, so the gates' own
            derivatives drop out, and $J = \frac12I + \frac14W_{hn}$. (b) The gate
            halves everything, so all eigenvalues must have modulus below 2.
            """,
            half_earns=(1, 2),
            none=r"""
            A recurrent network is stable if the spectral radius of its matrix is
            below 1. Gates only multiply by numbers below 1, so $w = 1$ is safe, and
            the border.
            """,
            result=Number(
                key,
                mistakes=(
                    Mistake(1, "That is the border of a network without gates."),
                    Mistake(2, "That is the border for positive eigenvalues."),
                ),
            ),
        ),
        r"""
        Two gates at one half: the carry gives $\tfrac12$, the candidate
        $\tfrac14W_{hn}$. The border moves from 1 to 2 for a positive eigenvalue and
        to 6 for a negative one.
        """,
        given={"angle": angle},
    )


PROGRAM = """\
def remember(h, inputs, time):
    z = torch.sigmoid(torch.tensor(math.log(time - 1)))
    for x in inputs:
        candidate = torch.tanh(x)
        h = (1 - z) * h + z * candidate
    return h"""


@TOPIC.add("debug", level=1, marks=4, claim="near-and-long")
def two_conventions(draw: Draw) -> Item:
    """A bias that is meant to remember, under the other convention."""
    time = draw.one(20, 30, 50, 80, 100)
    return Item(
        r"""
        A unit is meant to remember for about `time=@time@` steps: of the first
        state, and of its gradient, $(1 - 1/@time@)^k$ is to be left after $k$
        steps. Yet the gradient of the output by the first state is zero for all
        practical purposes.

        ```
        @program@
        ```

        Which line should take the place of the fifth one?
        """,
        Choice(
            "convention",
            {
                "convention": "`h = z * h + (1 - z) * candidate`",
                "carry": "`h = (1 - z) * h + (1 - z) * candidate`",
                "residual": "`h = h + z * candidate`",
                "inside": "`h = torch.tanh(z * h + (1 - z) * candidate)`",
            },
        ),
        r"""
        The bias $\log(T - 1)$ gives $z = 1 - 1/T$, which is to multiply the state.
        Papers and libraries differ in whether $z$ keeps or writes; under the other
        convention the same bias forgets at once. A tanh around the sum would shrink
        the state again.
        """,
        given={"time": time, "line": 5},
        also={"program": PROGRAM},
        program=PROGRAM,
    )
