"""Short questions on diagnosing a run."""

import math

from teaching.exam.answers import Choice, Mistake, Number
from teaching.exam.question import Draw, Item, Topic

TOPIC = Topic("diagnosing-a-run")
ARMS = {
    "refuted": ((1.1, 2.29), (1.3, 2.31), (90, 0.2)),
    "fits": ((1.1, 0.2), (1.3, 0.15)),
    "silent": ((90, 2.29), (110, 2.31)),
}
"""Growth and loss of the second arm, by what they say."""


@TOPIC.add("compute", level=2, marks=4, claim="ratio-condemns")
def deepest(draw: Draw) -> Item:
    """The depth at which a measured ratio would leave its bounds."""
    blocks = draw.one(21, 26, 31, 41)
    ratio = draw.one(3e5, 2e7, 4e-6, 5e-9)
    between = (blocks - 1) * math.log(40) / abs(math.log(ratio))
    whole = math.floor(between)
    return Item(
        r"""
        A network is a chain of @blocks@ blocks, each of which changes the length of a
        gradient by the same factor on its way back. At the input of the first block the
        gradient is $@ratio@$ times as long as at the input of the last. How many such
        blocks may a network have, at most, if that ratio is to lie between $1/40$ and
        40?
        """,
        Number(
            whole + 1,
            digits=0,
            mistakes=(
                Mistake(
                    whole, "Between the inputs of n blocks lie n - 1 blocks, not n."
                ),
            ),
        ),
        r"""
        Between the two inputs lie @steps@ blocks, each with the factor $R^{1/@steps@}$
        for $R = @ratio@$. Of these $@steps@ \ln 40/|\ln R| = @between:.4g@$ make a
        factor of 40, so @whole@ fit, and one more block is the last.
        """,
        given={"blocks": blocks, "ratio": ratio},
        also={"steps": blocks - 1, "between": between, "whole": whole},
    )


@TOPIC.add("compute", level=2, marks=5, claim="clip-is-no-diagnosis")
def starved(draw: Draw) -> Item:
    """What one global clip leaves to the last layer."""
    depth, growth = draw.one(10, 15, 20), draw.one(1.2, 1.3, 1.5)
    rate = draw.one(0.05, 0.1, 0.5)
    total = math.sqrt((growth ** (2 * depth) - 1) / (growth**2 - 1))
    return Item(
        r"""
        A network has @depth@ layers. The gradient of its last layer has norm 1, that of
        each earlier layer is $@growth@$ times as long as that of the next one. All are
        clipped together, by the global norm, to 1. How far does SGD with the learning
        rate $@rate@$ move the *last* layer?
        """,
        Number(
            rate / total,
            mistakes=(
                Mistake(rate, "That is the step under a limit for each layer."),
                Mistake(
                    rate / growth ** (depth - 1),
                    "The longest gradient is not the whole norm.",
                ),
            ),
        ),
        r"""
        $\|g\|^2 = \sum_k q^{2k} = (q^{2L} - 1)/(q^2 - 1)$, so $\|g\| = @total:.5g@$.
        The last layer moves by $@rate@/@total:.5g@ = @key:.4g@$: the loud layers take
        nearly all of the step.
        """,
        given={"depth": depth, "growth": growth, "rate": rate},
        also={"total": total},
    )


@TOPIC.add("predict", level=1, marks=3, claim="format-is-the-messenger")
def messengers(draw: Draw) -> Item:
    """Which formats see a stream that grows."""
    blocks, growth = draw.one(10, 20, 40, 250), draw.one(1.4, 1.7, 2.5)
    size = growth**blocks
    right = "all" if size > 3.5e38 else "half" if size > 65520 else "none"
    return Item(
        r"""
        All entries of a residual stream are 1 at first, and each of @blocks@ blocks
        multiplies them by $@growth@$. The stream is stored in float16 (largest
        number 65504), in bfloat16 ($3.4 \cdot 10^{38}$) or in float32 ($3.4 \cdot
        10^{38}$). In which of the three does it become infinite?
        """,
        Choice(
            right,
            {
                "none": "In none of them.",
                "half": "In float16 only.",
                "sixteen": "In float16 and bfloat16.",
                "all": "In all three.",
            },
        ),
        r"""
        $@growth@^{@blocks@} = @size:.2g@$. bfloat16 has the range of float32 and fewer
        digits. The growth is the same in all three; a format decides where it is seen.
        """,
        given={"blocks": blocks, "growth": growth},
        also={"size": size},
    )


@TOPIC.add("predict", level=2, marks=3, claim="trace-not-cause")
def two_arms(draw: Draw) -> Item:
    """What a second arm says about an alleged cause."""
    grown, ill = draw.one(95, 100, 120), draw.one(2.28, 2.30, 2.32)
    right = draw.one(*ARMS)
    growth, loss = draw.one(*ARMS[right])
    return Item(
        r"""
        A run with ten classes does not learn: its loss ends at $@ill:.2f@$. The weights
        of its first layers have grown @grown@-fold. The story is: *what holds the loss
        up is that the weights jumped*. A second arm differs in one thing, each tensor's
        gradient is clipped. Its weights grow $@growth@$-fold, and its loss ends at
        $@loss@$. What does it say about the story?
        """,
        Choice(
            right,
            {
                "refuted": "It refutes it: growth and loss have come apart.",
                "fits": "It fits: both are gone, though the clip may have changed "
                "other things as well.",
                "silent": "Nothing: the growth is still there, and so is the loss.",
                "proved": "It proves it: both are gone, and nothing else can have been "
                "the reason.",
            },
        ),
        r"""
        The growth went from @grown@ to $@growth@$, the loss from $@ill:.2f@$ to
        $@loss@$. A story falls if its cause goes and the effect stays, or the reverse.
        If both go it has passed one test; it is no proof, for the clip changes every
        step.
        """,
        given={"grown": grown, "ill": ill, "growth": growth, "loss": loss},
    )


@TOPIC.add("predict", level=1, marks=3, claim="ratio-condemns")
def one_change(draw: Draw) -> Item:
    """Which change brings the ratio of two gradients to one."""
    gain, depth = draw.one(0.5, 0.625, 0.8, 1.25, 1.6, 2), draw.one(11, 16, 21)
    ratio = gain ** (depth - 1)
    low, high = sorted((gain, 1 / gain))
    return Item(
        r"""
        A network of @depth@ layers without nonlinearity has weights that are all
        orthogonal matrices times one number. At the start the gradient of the first
        layer's bias is $@ratio:.3g@$ times as long as that of the last layer's. Which
        change, made alone, brings this ratio to one?
        """,
        Choice(
            "shrink" if gain > 1 else "stretch",
            {
                "shrink": "All weights times $@low@$.",
                "stretch": "All weights times $@high@$.",
                "clip": "A clip of the whole gradient at norm 1.",
                "rate": "A learning rate ten times smaller.",
                "format": "Everything in float64.",
            },
        ),
        r"""
        Each layer multiplies the gradient on its way back by the number $g$, and
        $g^{@steps@} = @ratio:.3g@$ says $g = @gain@$. A clip has one
        factor for all, the rate comes after them, and the format only shows them.
        """,
        given={"depth": depth, "ratio": ratio},
        also={"steps": depth - 1, "gain": gain, "low": low, "high": high},
    )
