"""Short questions on numerical stability."""

from teaching.exam.answers import Choice, Mistake, Number
from teaching.exam.question import Draw, Item, Topic

TOPIC = Topic("numerical-stability")
FORMATS = {"float16": (2.0**-24, 16), "bfloat16": (2.0**-133, 128)}


@TOPIC.add("compute", level=1, marks=4, claim="norm-overflows-first")
def squares_overflow(draw: Draw) -> Item:
    """The depth at which the norm of a gradient is infinite though it fits."""
    power, doublings = draw.one(4, 6, 8, 10), draw.one(1, 2, 3)
    count, factor = 2**power, 2**doublings
    squares = next(k for k in range(99) if power + 2 * doublings * k >= 16)
    entries = next(k for k in range(99) if doublings * k >= 16)
    return Item(
        r"""
        A gradient has @count@ entries of size 1. Every layer multiplies each of
        them by @factor@. Its norm is computed as the root of the sum of squares,
        everything in float16, whose largest number is 65504; nothing else is
        rounded. After how many layers is the computed norm infinite for the first
        time?
        """,
        Number(
            squares,
            digits=0,
            mistakes=(Mistake(entries, "The squares overflow before the entries do."),),
        ),
        r"""
        After $L$ layers the sum of squares is $2^{@power@} \cdot @factor@^{2L}$. All
        sums are powers of two or fit exactly, and $2^{16}$ is rounded to infinity. So
        $@power@ + @twice@ L \ge 16$. The entries themselves would fit until $L =
        @entries@$.
        """,
        given={"count": count, "factor": factor},
        also={"power": power, "twice": 2 * doublings, "entries": entries},
    )


@TOPIC.add("compute", level=2, marks=4, claim="critical-step-of-euler")
def largest_step(draw: Draw) -> Item:
    """The step at which a stable system is made to explode."""
    real, imaginary = draw.one(0.5, 1.0, 1.5), draw.one(3, 4, 5)
    fast = draw.one(4, 5, 6)
    pair = 2 * real / (real**2 + imaginary**2)
    size = (real**2 + imaginary**2) ** 0.5
    return Item(
        r"""
        The matrix $A$ has the eigenvalues $-@real@ \pm @imaginary@\,\mathrm i$ and
        $-@fast@$. A network of residual layers without nonlinearity computes $x
        \leftarrow x + hAx$. Below which step $h$ do its gradients die out with depth,
        whatever their direction?
        """,
        Number(
            pair,
            mistakes=(
                Mistake(2 / fast, "The complex pair is stricter than the real one."),
                Mistake(
                    2 / size, "That would be right for a real eigenvalue of its size."
                ),
            ),
        ),
        r"""
        $|1 + h\mu| < 1$ says $h < 2|\operatorname{Re}\mu|/|\mu|^2$. For the pair
        that is $2 \cdot @real@/(@real@^2 + @imaginary@^2) = @key:.4g@$, for the
        real one $2/@fast@ = @single:.4g@$. The transpose has the same eigenvalues.
        """,
        given={"real": real, "imaginary": imaginary, "fast": fast},
        also={"single": 2 / fast},
    )


@TOPIC.add("predict", level=2, marks=3, claim="implicit-never-explodes")
def circling(draw: Draw) -> Item:
    """What three solvers do to a rotation."""
    method = draw.one("forward Euler", "backward Euler", "the trapezoid")
    step, speed = draw.one(0.1, 0.2, 0.5), draw.one(1, 2, 3)
    steps = draw.one(100, 200)
    right = {"forward Euler": "grows", "backward Euler": "shrinks"}.get(method, "kept")
    return Item(
        r"""
        $\dot x = Ax$ with $A = \bigl(\begin{smallmatrix}0 & -@speed@\\ @speed@ &
        0\end{smallmatrix}\bigr)$ moves on circles. A network takes @steps@ steps of
        @method@ with $h = @step@$ through it. How long is $\nabla_{x_0} \ell$ if
        $\nabla_{x_T} \ell$ has length 1?
        """,
        Choice(
            right,
            {
                "grows": r"Longer than 1: $(1 + h^2\omega^2)^{T/2}$.",
                "shrinks": r"Shorter than 1: $(1 + h^2\omega^2)^{-T/2}$.",
                "kept": "Exactly 1, but for rounding.",
                "decides": r"That depends on whether $h\omega$ exceeds 2.",
            },
        ),
        r"""
        The eigenvalues are $\pm \mathrm i\omega$, and the matrix is normal. One step
        multiplies every length by $|1 + \mathrm i h\omega|$ (forward Euler), by its
        inverse (backward Euler), or by $|1 + \mathrm i h\omega/2| / |1 - \mathrm i
        h\omega/2| = 1$ (trapezoid).
        """,
        given={"method": method, "step": step, "speed": speed, "steps": steps},
    )


@TOPIC.add("predict", level=1, marks=3, claim="range-of-depth")
def halving(draw: Draw) -> Item:
    """Where a gradient that halves is lost, in two formats of sixteen bits."""
    kind, depth = draw.one(*FORMATS), draw.one(10, 20, 40, 100)
    smallest = FORMATS[kind][0]
    value = 2.0**-depth
    right = "exact" if value >= smallest else "zero"
    return Item(
        r"""
        A gradient of size 1 is halved in each of @depth@ layers. It is stored as
        `torch.@kind@` after each layer, subnormal numbers included. What arrives?
        """,
        Choice(
            right,
            {
                "exact": r"Exactly $2^{-@depth@}$.",
                "near": r"$2^{-@depth@}$ with a relative error of a percent or so.",
                "zero": "Zero.",
                "nan": "NaN.",
            },
        ),
        r"""
        Powers of two are stored without error until they reach the smallest
        subnormal number, $2^{-24}$ in float16 and $2^{-133}$ in bfloat16; half of
        that is rounded to zero.
        """,
        given={"kind": kind, "depth": depth},
    )
