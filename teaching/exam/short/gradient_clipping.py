"""Questions on gradient clipping."""

import math

from teaching.exam.answers import Choice, Mistake, Number
from teaching.exam.question import Draw, Item, Topic

TOPIC = Topic("gradient-clipping")


@TOPIC.add("compute", level=1, marks=4, claim="value-clipping-cosine")
def entries_cut(draw: Draw) -> Item:
    """How far cutting the entries turns a gradient."""
    entries = draw.one((3, 4, 12), (2, 3, 6), (1, 4, 8), (2, 6, 9), (2, 5, 14))
    tau = draw.one(1, 1.5, 2.5, 5)
    cut = [min(entry, tau) for entry in entries]
    dot = sum(x * y for x, y in zip(entries, cut, strict=True))
    whole, left = math.hypot(*entries), math.hypot(*cut)
    a, b, c = entries
    return Item(
        r"""
        The gradient $g = (@a@, -@b@, @c@)$ is clipped *by value*: each entry is cut
        to $[-\tau, \tau]$ with $\tau = @tau@$. What is the cosine of the angle
        between $g$ and what is left of it?
        """,
        Number(
            dot / whole / left,
            digits=4,
            mistakes=(Mistake(1, "Clipping by norm keeps the direction, not this."),),
        ),
        r"""
        $\langle g, \hat g\rangle / (\|g\|\,\|\hat g\|) = @dot@ / (@whole@ \cdot
        @left:.5g@) = @key:.4f@$; the signs cancel.
        """,
        given={"a": a, "b": b, "c": c, "tau": tau},
        also={"dot": dot, "whole": whole, "left": left},
    )


@TOPIC.add("compute", level=2, marks=5, claim="stride")
def furthest(draw: Draw) -> Item:
    """How far clipped steps with momentum can lead."""
    rate, theta = draw.one(0.01, 0.02, 0.05), draw.one(0.5, 1, 2)
    beta, steps = draw.one(0.8, 0.9, 0.95), draw.one(8, 12, 20)
    stride = rate * theta
    series = steps - beta * (1 - beta**steps) / (1 - beta)
    return Item(
        r"""
        Each gradient is clipped by norm to $\theta = @theta@$ before it enters SGD
        with momentum, $v \leftarrow \beta v + \hat g$, $w \leftarrow w - \eta v$,
        with $\eta = @rate@$, $\beta = @beta@$ and $v = 0$ at first. There is no
        weight decay. How far from its start can $w$ be after @steps@ steps, at
        most?
        """,
        Number(
            stride * series / (1 - beta),
            mistakes=(
                Mistake(stride * steps, "Momentum adds earlier gradients as well."),
                Mistake(
                    stride * steps / (1 - beta),
                    "The velocity is not at its limit from the first step on.",
                ),
            ),
        ),
        r"""
        After step $k$ the velocity is at most $\theta(1 - \beta^k)/(1 - \beta)$,
        reached if all gradients are long and point one way. The sum over $k \le N$,
        times $\eta$, is $\frac{\eta\theta}{1 - \beta}\bigl(N - \beta\frac{1 -
        \beta^N}{1 - \beta}\bigr) = @key:.4g@$.
        """,
        given={"rate": rate, "theta": theta, "beta": beta, "steps": steps},
    )


@TOPIC.add("predict", level=1, marks=3, claim="two-cycle")
def clipped_parabola(draw: Draw) -> Item:
    """What clipped descent does on a parabola, at a rate that is too large or not."""
    curvature, theta = draw.one(2, 4, 5, 10), draw.one(0.5, 1, 2)
    product = draw.one(1.6, 1.8, 2.4, 2.6, 3, 5)
    return Item(
        r"""
        Minimize $f(x) = \tfrac12 \cdot @curvature@\,x^2$ by gradient descent with
        the learning rate $\eta = @rate@$, the derivative clipped to $[-@theta@,
        @theta@]$, from a start drawn at random (its law has a density). What do the
        iterates do in the long run?
        """,
        Choice(
            "cycle" if product > 2 else "converge",
            {
                "converge": "They converge to the minimum.",
                "cycle": "They stay bounded and step to and fro, without converging.",
                "diverge": "They grow without bound.",
                "stall": "They come to rest at a point other than the minimum.",
            },
        ),
        r"""
        $\eta L = @product@$. Far out each step is $\eta\theta$ towards the minimum,
        so nothing diverges. Near it the map is $x \leftarrow (1 - \eta L)x$, which
        attracts exactly if $\eta L < 2$; beyond, the iterates end by stepping
        $\pm\eta\theta$.
        """,
        given={"curvature": curvature, "rate": product / curvature, "theta": theta},
        also={"product": product},
    )
