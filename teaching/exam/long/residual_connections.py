"""Longer questions on residual connections."""

from teaching.exam.answers import Choice, Mistake, Number, Point, Written
from teaching.exam.question import Draw, Item, Topic

TOPIC = Topic("residual-connections")


@TOPIC.add("derive", level=2, marks=8, claim="branches-with-structure")
def antisymmetric_branches(draw: Draw) -> Item:
    """What antisymmetric branches guarantee."""
    depth, bound = draw.one(10, 20, 50), draw.one(1, 2, 3)
    key = (1 + (bound / depth) ** 2) ** (depth / 2)
    loose = (1 + bound / depth) ** depth
    return Item(
        r"""
        The branches of $L$ blocks $x + hf_l(x)$ have antisymmetric Jacobians $A_l$
        with $\|A_l\| \le c$, and $h > 0$. (a) Derive the smallest upper
        bound of the norm of $P = (I + hA_L)\cdots(I + hA_1)$ in $h$, $c$ and $L$. (b)
        Show that $P$ shrinks no direction. (c) Evaluate your bound for $h = 1/L$, $L =
        @depth@$, $c = @bound@$.
        """,
        Written(
            (
                Point(
                    2,
                    r"""
                    $x^\top Ax = 0$, so $\|(I + hA)x\|^2 = \|x\|^2 + h^2\|Ax\|^2$,
                    or $(I + hA)^\top(I + hA) = I - h^2A^2$.
                    """,
                ),
                Point(
                    2,
                    r"""
                    $\|I + hA\| \le \sqrt{1 + h^2c^2}$, $\|P\| \le (1 +
                    h^2c^2)^{L/2}$.
                    """,
                ),
                Point(
                    2,
                    r"""
                    The same identity: $\|(I + hA)x\| \ge \|x\|$, in each block.
                    """,
                ),
                Point(2, r"$(1 + c^2/L^2)^{L/2} = @key:.4g@$."),
            ),
            full=r"""
            $x^\top Ax = (x^\top Ax)^\top = -x^\top Ax$ is zero, so $\|(I + hA)x\|^2
            = \|x\|^2 + h^2\|Ax\|^2$. This is at most $(1 + h^2c^2)\|x\|^2$, hence
            (a) $\|P\| \le (1 + h^2c^2)^{L/2}$, which equal blocks reach, and at least
            $\|x\|^2$, hence (b). (c) $(1 + @bound@^2/@depth@^2)^{ @depth@/2} =
            @key:.4g@$.
            """,
            half=r"""
            $\|I + hA\|^2 = \|(I + hA)^\top(I + hA)\| = \|I - h^2A^2\| \le 1 +
            h^2c^2$, because $A^\top = -A$. So $\|P\| \le (1 + h^2c^2)^{L/2}$.
            """,
            half_earns=(1, 2),
            none=r"""
            $\|I + hA\| \le 1 + hc$, so $\|P\| \le (1 + hc)^L \le e^c$, here
            $@loose:.4g@$. The path around keeps every direction.
            """,
            result=Number(
                key,
                digits=4,
                mistakes=(
                    Mistake(
                        loose, "That holds for all branches; structure gives more."
                    ),
                    Mistake(key**2, "That is the square of the norm."),
                ),
            ),
        ),
        r"""
        A branch at right angles to the path adds to the length in the second order
        only: the bound tends to 1 with depth, where $(1 + c/L)^L$ tends to $e^c$.
        """,
        given={"depth": depth, "bound": bound},
        also={"loose": loose},
    )


PROGRAM = """\
def forward(x, branches):
    L = len(branches)
    for W in branches:
        x = (x + x @ W) / math.sqrt(L)
    return x"""


@TOPIC.add("debug", level=1, marks=4, claim="growth-of-branches")
def divided_sum(draw: Draw) -> Item:
    """A scale on the sum in place of the branch."""
    depth = draw.one(16, 20, 24, 30, 36)
    return Item(
        r"""
        @depth@ residual blocks have independent Gaussian branches `W` of width $n$
        with entries of variance $1/n$. So that the mean square of a signal grows by
        less than $e$ in all, but still by more than 2, the branches were to be
        scaled by $1/\sqrt L$:

        ```
        @program@
        ```

        The signal vanishes. Which line should take the place of the fourth one?
        """,
        Choice(
            "branch",
            {
                "branch": "`x = x + x @ W / math.sqrt(L)`",
                "total": "`x = (x + x @ W) / L`",
                "both": "`x = (x + x @ W) / math.sqrt(2)`",
                "depth": "`x = x + x @ W / L`",
            },
        ),
        r"""
        The mean square grows by $1 + 1/L$ a block if only the branch is scaled, $(1
        + 1/L)^L < e$ in all. Dividing the sum multiplies by $2/L$ a block. With
        $1/\sqrt2$ on the sum the size is kept, but path and branch weigh the same;
        with $1/L$ on the branch it hardly grows at all.
        """,
        given={"depth": depth, "line": 4},
        also={"program": PROGRAM},
        program=PROGRAM,
    )
