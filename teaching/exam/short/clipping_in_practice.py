"""Short questions on clipping in practice."""

import math

from teaching.exam.answers import Choice, Mistake, Number
from teaching.exam.question import Draw, Item, Topic

TOPIC = Topic("clipping-in-practice")
EPSILONS = {"alike": (1e-7,), "part": (1e-5, 2e-5), "starved": (1e-3, 2e-3)}
"""Adam's epsilon times the root of the count of entries, by what it does."""


@TOPIC.add("compute", level=1, marks=3, claim="norm-of-shards")
def held_twice(draw: Draw) -> Item:
    """The global norm of shards and of a tensor that every rank holds."""
    norms = draw.one((3, 4, 12), (2, 3, 6), (1, 4, 8), (2, 6, 9))
    copy, theta = draw.one(2, 3, 5), draw.one(0.5, 1, 2)
    a, b, c = norms
    total = math.hypot(*norms, copy)
    return Item(
        r"""
        Three ranks hold disjoint parts of a model, whose gradients have the norms
        $@a@$, $@b@$ and $@c@$. One more tensor, whose gradient has norm $@copy@$, lies
        on *every* rank as an identical copy. The model is to be clipped by its global
        norm to $\theta = @theta@$. By which factor is every gradient multiplied?
        """,
        Number(
            theta / total,
            mistakes=(
                Mistake(
                    theta / math.hypot(*norms, copy, copy, copy),
                    "The copy is one tensor of the model and counts once.",
                ),
                Mistake(
                    theta / (sum(norms) + copy),
                    "The squares of the norms add up, not the norms.",
                ),
            ),
        ),
        r"""
        $\|g\|^2 = @a@^2 + @b@^2 + @c@^2 + @copy@^2$, the copy once. The factor is
        $@theta@/@total:.5g@ = @key:.4g@$.
        """,
        given={"a": a, "b": b, "c": c, "copy": copy, "theta": theta},
        also={"total": total},
    )


@TOPIC.add("compute", level=2, marks=5, claim="spike-freezes-adam")
def frozen(draw: Draw) -> Item:
    """How long one long gradient shortens Adam's steps."""
    spike, beta = draw.one(30, 50, 100, 200), draw.one(0.99, 0.995, 0.999)
    share = draw.one(0.8, 0.9)
    held = (1 - beta) * (spike**2 - 1)

    def steps(rest: float, memory: float) -> float:
        return math.log(held / rest) / -math.log(memory)

    rest = 1 / share**2 - 1
    return Item(
        r"""
        Adam with $\beta_1 = 0.9$, $\beta_2 = @beta@$, $\epsilon = 0$ has seen the
        gradient 1 for a very long time; its steps have the length $\eta$. One gradient
        is @spike@ and is not clipped; after it all are 1 again. How many steps after
        the spike have the steps grown back to $@share@\,\eta$? (The first moment has
        forgotten the spike by then; do not round to whole steps.)
        """,
        Number(
            steps(rest, beta),
            mistakes=(
                Mistake(
                    steps(rest, 0.9), r"$\beta_1$ belongs to the mean; $v$ is longer."
                ),
                Mistake(
                    steps(1 / share - 1, beta),
                    r"The step is $m/\sqrt v$, with the root.",
                ),
            ),
        ),
        r"""
        $t$ steps after the spike $m = 1$ and $v = 1 + (1 - \beta_2)\,\beta_2^t\,(K^2 -
        1)$. From $1/\sqrt v = @share@$: $\beta_2^t = @rest:.4g@ / @held:.5g@$, so $t =
        @key:.4g@$.
        """,
        given={"spike": spike, "beta": beta, "share": share},
        also={"rest": rest, "held": held},
    )


@TOPIC.add("compute", level=2, marks=4, claim="adam-worst-step")
def ever_longer(draw: Draw) -> Item:
    """How long Adam's steps become while gradients explode."""
    beta, growth = draw.one(0.95, 0.999), draw.one(1.02, 1.05, 1.2, 1.5, 2)
    mean = 0.1 / (1 - 0.9 / growth)
    square = (1 - beta) / (1 - beta / growth**2)
    return Item(
        r"""
        A weight gets gradients that grow by the factor $@growth@$ at every step. Adam
        has $\beta_1 = 0.9$, $\beta_2 = @beta@$ and $\epsilon = 0$. How long are its
        steps, in units of $\eta$, once the corrections of the start have become 1?
        """,
        Number(
            mean / math.sqrt(square),
            mistakes=(
                Mistake(1, "That is the step under gradients that stay the same."),
                Mistake(
                    0.1 / math.sqrt(1 - beta),
                    "That is the step under a single gradient after zeros.",
                ),
            ),
        ),
        r"""
        Two geometric series: $m = g\,(1 - \beta_1)/(1 - \beta_1/r) = @mean:.4g@\,g$ and
        $v = g^2\,(1 - \beta_2)/(1 - \beta_2/r^2) = @square:.4g@\,g^2$, with $g$ the
        last gradient and $r = @growth@$. So $m/\sqrt v = @key:.4g@$.
        """,
        given={"beta": beta, "growth": growth},
        also={"mean": mean, "square": square},
    )


@TOPIC.add("predict", level=2, marks=3, claim="epsilon-shows-the-unit")
def hidden_unit(draw: Draw) -> Item:
    """What a clip before the unscaling does to Adam."""
    count = draw.one(100, 10**4, 10**6)
    right = draw.one(*EPSILONS)
    epsilon = draw.one(*EPSILONS[right]) / math.sqrt(count)
    return Item(
        r"""
        A gradient has @count:,@ equal entries and is longer than 1 in every step. A
        loop multiplies the loss by $S = 65536$, clips the gradient by norm to 1 *and
        then* divides it by $S$. What remains goes to Adam, with $\epsilon = @epsilon@$.
        How long are the steps, compared with those of the right order, which divides
        and then clips?
        """,
        Choice(
            right,
            {
                "alike": "As long, within two per cent.",
                "part": "Between a quarter and nine tenths as long.",
                "starved": "Shorter by a factor between 10 and 1000.",
                "unit": "65536 times shorter, as with SGD.",
            },
        ),
        r"""
        Each entry that reaches Adam is $u = 1/(S\sqrt d) = @entry:.3g@$; its step is
        $\eta\,u/(u + \epsilon) = @step:.3g@\,\eta$. In the right order the entry is
        $1/\sqrt d$, far above $\epsilon$, and the step is $\eta$ within one per cent or
        two.
        """,
        given={"count": count, "epsilon": epsilon},
        also={
            "entry": 1 / (65536 * math.sqrt(count)),
            "step": 1 / (1 + 65536 * math.sqrt(count) * epsilon),
        },
    )


@TOPIC.add("predict", level=1, marks=3, claim="norm-overflow-zeroes")
def too_long_to_measure(draw: Draw) -> Item:
    """What a clip leaves of finite entries whose squares may not be."""
    count, power = draw.one(64, 4096, 10**6), draw.one(14, 16, 18, 19, 20)
    square = count * 10.0 ** (2 * power)
    return Item(
        r"""
        A gradient has @count:,@ entries of size $10^{@power@}$ in float32 (largest
        number $3.4 \cdot 10^{38}$). Its norm is the root of the sum of squares, all
        in float32; every entry is then multiplied by $1/\text{norm}$. What is left?
        """,
        Choice(
            "zero" if square > 3.5e38 else "one",
            {
                "one": "The direction of the gradient, with norm 1.",
                "zero": "Zeros.",
                "nan": "NaN in every entry.",
                "same": "The gradient as it was.",
            },
        ),
        r"""
        The sum of squares is $@square:.2g@$. Beyond $3.4 \cdot 10^{38}$ it is infinite,
        and so is the norm: $1/\infty = 0$, and zero times a finite entry is zero.
        """,
        given={"count": count, "power": power},
        also={"square": square},
    )
