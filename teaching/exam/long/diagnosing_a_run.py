"""Longer questions on diagnosing a run."""

import math

from teaching.exam.answers import Choice, Mistake, Number, Point, Written
from teaching.exam.question import Draw, Item, Topic

TOPIC = Topic("diagnosing-a-run")


@TOPIC.add("derive", level=1, marks=8, claim="probe-condemns")
def uniform_start(draw: Draw) -> Item:
    """What a uniform start keeps of a gradient, layer by layer."""
    width, power = draw.one(0.5, 1, 1.2), draw.one(2, 3, 4)
    keeps = width / math.sqrt(3)
    layers = power * math.log(10) / -math.log(keeps)
    return Item(
        r"""
        Plain layers of width $n$ start with independent weights, uniform in $[-a/\sqrt
        n, a/\sqrt n]$, and their states are so small that the nonlinearity has slope 1.
        (a) What is the variance of a weight? (b) Show that a layer multiplies the mean
        square length of a gradient by $a^2/3$, whatever $n$ is. (c) Which $a$ would
        keep it? (d) Let $a = @width@$. After how many layers is the root mean square
        length below $10^{-@power@}$ of what it was, for the first time?
        """,
        Written(
            (
                Point(
                    2,
                    r"The density is $\sqrt n/(2a)$; the mean square is $a^2/(3n)$.",
                ),
                Point(
                    2,
                    r"""
                    For $W^\top\delta$: each of the $n$ entries has mean square $\sum_i
                    \operatorname{Var}(w)\,\delta_i^2$, the mixed terms vanish.
                    """,
                ),
                Point(
                    1, r"$n$ entries: $n \cdot \tfrac{a^2}{3n} \|\delta\|^2$; no $n$."
                ),
                Point(1, r"$a = \sqrt3$."),
                Point(
                    2,
                    r"""
                    A layer multiplies the root mean square by $a/\sqrt3 = @keeps:.4g@$;
                    $@keeps:.4g@^L < 10^{-@power@}$ for $L > @layers:.4g@$: @key@.
                    """,
                ),
            ),
            full=r"""
            (a) $\int x^2\,\mathrm dx\,\sqrt n/(2a)$ from $-a/\sqrt n$ to $a/\sqrt n$ is
            $a^2/(3n)$. (b) The entry $j$ of $W^\top\delta$ is $\sum_i w_{ij}\delta_i$.
            The weights are independent of each other and of $\delta$, with mean zero;
            its mean square is $\frac{a^2}{3n}\|\delta\|^2$; over $n$ entries,
            $\frac{a^2}3\|\delta\|^2$. (c) $a = \sqrt3$. (d) Each layer keeps
            $a/\sqrt3 = @keeps:.4g@$ of the root mean square, and $L >
            @power@\ln 10/|\ln @keeps:.4g@| = @layers:.4g@$: @key@ layers.
            """,
            half=r"""
            (a) The mean square of a uniform number in $[-c, c]$ is $c^2/3$, so the
            variance is $a^2/(3n)$. (b) Each entry of $W^\top\delta$ is a sum of
            independent terms, whose variances add up to $a^2/(3n) \cdot
            \|\delta\|^2$. That is the factor for the gradient.
            """,
            half_earns=(1, 2),
            none=r"""
            The weights are at most $a/\sqrt n$, and there are $n$ of them, so a layer
            multiplies the gradient by $a\sqrt n$: it explodes, the faster the wider the
            layer. A smaller learning rate would keep it.
            """,
            result=Number(
                math.ceil(layers),
                digits=0,
                mistakes=(
                    Mistake(
                        math.ceil(layers / 2),
                        "That counts the mean square, not its root.",
                    ),
                ),
            ),
        ),
        r"""
        $a = 1$ is the default of `torch.nn.Linear`. At $1/\sqrt3$ a layer, twenty
        layers keep a sixty-thousandth.
        """,
        given={"width": width, "power": power},
        also={"keeps": keeps, "layers": layers},
    )


PROGRAM = """\
def update(w, loss, lr):
    value = loss(w)
    value.backward()
    good = value.isfinite()
    with torch.no_grad():
        if good:
            w -= lr * w.grad
    w.grad = None"""


@TOPIC.add("debug", level=1, marks=4, claim="stop-skip-resume")
def skipped_by_the_loss(draw: Draw) -> Item:
    """A step that is skipped by what it does not depend on."""
    rate = draw.one(0.01, 0.02, 0.05, 0.1, 0.2, 0.5)
    return Item(
        r"""
        Steps whose gradient has an infinite entry or a NaN are to be left out, all
        others taken as they are, with `lr=@rate:r@`.

        ```
        @program@
        ```

        The weights became NaN or infinite all the same, though no loss was: the
        derivative of a root, at zero, is infinite where its value is not. Which line
        should take the place of the fourth one?
        """,
        Choice(
            "all",
            {
                "all": "`good = w.grad.isfinite().all()`",
                "any": "`good = w.grad.isfinite().any()`",
                "nan": "`good = not w.grad.isnan().any()`",
                "largest": "`good = w.grad.max().isfinite()`",
            },
        ),
        r"""
        What enters the weights is the gradient, and one entry is enough. `any` asks for
        one good entry, `isnan` lets infinity pass, the largest entry minus infinity.
        """,
        given={"rate": rate, "line": 4},
        also={"program": PROGRAM},
        program=PROGRAM,
    )
