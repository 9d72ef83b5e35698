"""Longer questions on clipping in practice."""

from teaching.exam.answers import Choice, Mistake, Number, Point, Written
from teaching.exam.question import Draw, Item, Topic

TOPIC = Topic("clipping-in-practice")


@TOPIC.add("derive", level=2, marks=8, claim="per-sample-bounds-influence")
def influence(draw: Draw) -> Item:
    """How far replaced samples move a gradient, by what is clipped."""
    batch, theta = draw.one(64, 100, 128, 256), draw.one(0.5, 1, 1.5)
    replaced = draw.one(3, 5, 7)
    whole = 2 * theta
    return Item(
        r"""
        A batch has $B$ samples. (a) Each sample's gradient is clipped by norm to
        $\theta$, and the mean of the $B$ results is used. Show that replacing one
        sample moves it by at most $2\theta/B$, and name a replacement that does. (b)
        Instead the *mean* of the gradients is clipped to $\theta$. Show that replacing
        one sample can move the result by $2\theta$, whatever $B$ is. (c) How far can
        replacing @replaced@ samples move the mean of (a) at most, for $B = @batch@$ and
        $\theta = @theta@$?
        """,
        Written(
            (
                Point(
                    2,
                    r"""
                    One term of the mean changes, from $c$ to $c'$, and $\|c' - c\| \le
                    \|c'\| + \|c\| \le 2\theta$.
                    """,
                ),
                Point(
                    2,
                    r"""
                    Reached by a gradient at least $\theta$ long that is replaced by its
                    opposite.
                    """,
                ),
                Point(
                    3,
                    r"""
                    An example: one gradient $g$ with $\|g\| \ge B\theta$, the others
                    zero; $-g$ in its place turns the clipped mean around.
                    """,
                ),
                Point(1, r"Term by term: $2k\theta/B = @key:.4g@$."),
            ),
            full=r"""
            (a) With $c_i$ the clipped gradients, $\|c_i\| \le \theta$, and $j$ the
            replaced sample, the mean moves by $\|c_j' - c_j\|/B \le 2\theta/B$; with
            equality if $\|g_j\| \ge \theta$ and $g_j' = -g_j$. (b) Let all others be
            zero and $\|g_j\| = B\theta$. The mean is $g_j/B$, of length $\theta$, not
            cut. With $-g_j$ it is the opposite: $2\theta$ away. (c) $k$ terms change by
            $2\theta/B$ each, at most and at once: $2k\theta/B = @key:.4g@$.
            """,
            half=r"""
            (a) The mean changes in one term. Before and after, this term is at most
            $\theta$ long, so it moves by $2\theta$ at most, divided by $B$; reached if
            a long gradient turns round. (b) One sample has the share $1/B$ in the mean
            here, too, so the bound is the same.
            """,
            half_earns=(1, 2),
            none=r"""
            A clipped gradient has length $\theta$, so no sample can do more than
            $\theta$. Whether one clips before or after the mean makes no difference,
            because the clip keeps the direction.
            """,
            result=Number(
                2 * replaced * theta / batch,
                mistakes=(
                    Mistake(
                        replaced * theta / batch,
                        r"From $\theta$ one way to $\theta$ the other is $2\theta$.",
                    ),
                    Mistake(whole, "That is the bound for a clipped mean."),
                ),
            ),
        ),
        r"""
        Only what is clipped sample by sample has a bound that falls with $B$; a clip of
        the mean bounds the step and not a sample's part in it.
        """,
        given={"batch": batch, "theta": theta, "replaced": replaced},
    )


SHARDS = """\
def clip(shards, theta):
    norms = torch.stack([shard.norm() for shard in shards])
    total = norms.sum()
    scale = torch.clamp(theta / total, max=1.0)
    return [scale * shard for shard in shards]"""


@TOPIC.add("debug", level=1, marks=4, claim="norm-of-shards")
def norms_added(draw: Draw) -> Item:
    """The norms of shards added up in place of their squares."""
    theta, ranks = draw.one(0.5, 1.0, 2.0, 5.0), draw.one(2, 4, 8)
    return Item(
        r"""
        A gradient lies in @ranks@ disjoint parts, `shards`, and is to be clipped by its
        global norm to `theta=@theta:r@`:

        ```
        @program@
        ```

        The direction is right. But gradients that are short enough are shortened, and
        long ones end shorter than `theta`. Which line should take the place of the
        third one?
        """,
        Choice(
            "root",
            {
                "root": "`total = norms.norm()`",
                "largest": "`total = norms.max()`",
                "mean": "`total = norms.mean()`",
                "squares": "`total = norms.square().sum()`",
            },
        ),
        r"""
        The squares of the parts' norms add up to the square of the whole. The largest
        norm and the mean are too small, the sum of squares lacks its root.
        """,
        given={"theta": theta, "ranks": ranks, "line": 3},
        also={"program": SHARDS},
        program=SHARDS,
    )


PARTS = """\
def update(w, losses, theta, lr):
    for count, loss in enumerate(losses, 1):
        loss(w).backward()
        torch.nn.utils.clip_grad_norm_([w], theta)
    with torch.no_grad():
        w -= lr * w.grad
    w.grad = None"""
CLIP = "torch.nn.utils.clip_grad_norm_([w], theta"


@TOPIC.add("debug", level=2, marks=4, claim="accumulate-then-clip")
def clipped_on_the_way(draw: Draw) -> Item:
    """A clip of the running total of micro-batches."""
    theta, count = draw.one(0.5, 1.0, 2.0), draw.one(4, 8, 16)
    return Item(
        r"""
        A batch is too large for memory and comes in @count@ parts, whose losses add up
        to its own. The step is to be that of the whole batch, clipped by norm to
        `theta=@theta:r@`:

        ```
        @program@
        ```

        But the step depends on the order of the parts. Which line should take the
        place of the fourth one?
        """,
        Choice(
            "last",
            {
                "last": f"`if count == len(losses): {CLIP})`",
                "first": f"`if count == 1: {CLIP})`",
                "share": f"`{CLIP} / len(losses))`",
                "rising": f"`{CLIP} * count)`",
            },
        ),
        r"""
        `backward` adds to `w.grad`, so a clip in the loop cuts what has been added up
        so far. The sum must be complete before its norm is taken.
        """,
        given={"theta": theta, "count": count, "line": 4},
        also={"program": PARTS},
        program=PARTS,
    )
