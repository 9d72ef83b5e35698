"""Longer questions on weight decay."""

import math

from teaching.exam.answers import Choice, Mistake, Number, Point, Written
from teaching.exam.question import Draw, Item, Topic

TOPIC = Topic("weight-decay")


@TOPIC.add("derive", level=2, marks=8, claim="decay-under-normalization")
def turn_of_a_step(draw: Draw) -> Item:
    """How far a step turns weights in front of a normalization, in equilibrium."""
    rate, decay = draw.one(0.1, 0.05, 0.2), draw.one(0.001, 0.005, 0.01, 0.05)
    product = rate * decay
    key = math.degrees(math.acos(1 - product))
    return Item(
        r"""
        Let $f(cW) = f(W)$ for all $c > 0$, $f$ differentiable at $W \ne 0$. (a)
        Show that $\nabla f(W)$ is orthogonal to $W$. (b) A step $W \leftarrow (1 -
        \eta\lambda)W - \eta\nabla f(W)$, $0 < \eta\lambda < 1$, happens to leave
        the norm of $W$ unchanged, as in a training that has come to an equilibrium.
        By which angle does it turn $W$? (c) How large is the angle for $\eta =
        @rate@$, $\lambda = @decay@$, in degrees?
        """,
        Written(
            (
                Point(
                    2,
                    r"Differentiating $f(cW) = f(W)$ by $c$ at 1 gives orthogonality.",
                ),
                Point(
                    2,
                    r"The component of the new $W$ along the old one is $(1 - "
                    r"\eta\lambda)\|W\|$.",
                ),
                Point(2, r"Equal norms: $\cos\vartheta = 1 - \eta\lambda$."),
                Point(2, r"Here $@key:.4g@$ degrees."),
            ),
            full=r"""
            (a) $0 = \frac{d}{dc}f(cW)|_{c=1} = \langle\nabla f(W), W\rangle$. (b)
            So $\langle W', W\rangle = (1 - \eta\lambda)\|W\|^2$, and with $\|W'\| =
            \|W\|$, $\cos\vartheta = \langle W', W\rangle/(\|W'\|\|W\|) = 1 -
            \eta\lambda$; for small $\eta\lambda$ this is about
            $\sqrt{2\eta\lambda}$. (c) $\arccos(1 - @product@) = @key:.4g@$ degrees.
            """,
            half=r"""
            (a) Along $W$ the function is constant, so its derivative in that
            direction, $\langle\nabla f(W), W\rangle$, is zero. (b) Therefore the
            part of the new weights along the old ones is $(1 - \eta\lambda)W$, and
            the gradient is perpendicular to it, so it depends on the gradient how
            far it turns.
            """,
            half_earns=(1, 2),
            none=r"""
            Decay multiplies $W$ by a number, which turns nothing. The angle is set
            by the gradient alone and cannot be known without it.
            """,
            result=Number(
                key,
                mistakes=(
                    Mistake(
                        math.degrees(math.atan(product)),
                        "The gradient is longer than that.",
                    ),
                ),
            ),
        ),
        r"""
        The step's length is not given, but the norm pins it down: what decay takes
        from the length the orthogonal gradient must give back.
        """,
        given={"rate": rate, "decay": decay},
        also={"product": product},
    )


PROGRAM = """\
def step(w, gradient, m, v, t, lr, decay):
    gradient = gradient + decay * w
    m = 0.9 * m + 0.1 * gradient
    v = 0.999 * v + 0.001 * gradient**2
    direction = m / (1 - 0.9**t) / ((v / (1 - 0.999**t)).sqrt() + 1e-8)
    return w - lr * direction, m, v"""


@TOPIC.add("debug", level=2, marks=4, claim="adam-raises-radius")
def coupled_decay(draw: Draw) -> Item:
    """Decay that goes through Adam's division."""
    decay, rate = draw.one(0.1, 0.2, 0.5), draw.one(0.001, 0.01)
    return Item(
        r"""
        This is meant to be `AdamW` with `lr=@rate:r@` and `decay=@decay:r@`:

        ```
        @program@
        ```

        Entries of `w` with large and noisy gradients are hardly decayed, all others
        shrink at the same speed, whatever their size. Which line should take the
        place of the second one?
        """,
        Choice(
            "decoupled",
            {
                "decoupled": "`w = w * (1 - lr * decay)`",
                "without": "`w = w * (1 - decay)`",
                "sign": "`gradient = gradient - decay * w`",
                "scaled": "`gradient = gradient + lr * decay * w`",
            },
        ),
        r"""
        In the gradient the decay is divided by the root of the mean square of the
        gradient like the rest: its strength then depends on the gradients. `AdamW`
        shrinks the weights themselves, by $1 - \eta\lambda$.
        """,
        given={"decay": decay, "rate": rate, "line": 2},
        also={"program": PROGRAM},
        program=PROGRAM,
    )
