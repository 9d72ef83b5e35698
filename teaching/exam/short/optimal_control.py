"""Short questions on optimal control."""

import math

from teaching.exam.answers import Choice, Mistake, Number
from teaching.exam.question import Draw, Item, Topic

TOPIC = Topic("optimal-control")


@TOPIC.add("compute", level=3, marks=6, claim="riccati-costate")
def one_gain(draw: Draw) -> Item:
    """The stationary gain of a scalar system."""
    growth, price = draw.one(1.2, 1.5, 2.0), draw.one(0.5, 1.0, 3.0)
    half = (growth**2 - 1) * price + 1
    root = (half + math.sqrt(half**2 + 4 * price)) / 2
    gain = growth * root / (price + root)
    return Item(
        r"""
        A scalar system $x_{t+1} = @growth@\,x_t + u_t$ is unstable. Over a long
        horizon $\tfrac12\sum_t (x_t^2 + @price@\,u_t^2)$ is to be as small as
        possible. Which $K$ does the best feedback $u_t = -Kx_t$ have, far from the
        end?
        """,
        Number(
            gain,
            mistakes=(
                Mistake(growth, "That gain lands at once and pays too much for it."),
                Mistake(growth - 1, "That gain only just fails to stabilize."),
            ),
        ),
        r"""
        $P = 1 + a^2P - \frac{a^2P^2}{r + P}$, that is $P^2 - @half:.6g@\,P -
        @price@ = 0$ and $P = @root:.5g@$. Then $K = aP/(r + P) = @key:.4g@$; the
        closed loop multiplies by $a - K = @closed:.4g@$.
        """,
        given={"growth": growth, "price": price},
        also={"half": half, "root": root, "closed": growth - gain},
    )


@TOPIC.add("compute", level=2, marks=4, claim="reversal-fails")
def there_and_back(draw: Draw) -> Item:
    """What a run brings home that is reversed in time."""
    rate, step = draw.one(0.5, 1, 2), draw.one(0.02, 0.05, 0.1)
    steps = draw.one(100, 200, 400)
    return Item(
        r"""
        $\dot x = -@rate@\,x$ is solved by @steps@ steps of forward Euler with $h =
        @step@$, and then, to save the memory of a stored trajectory, by as many
        steps with $-h$ from where it ended. The start was 1. Where does the way
        back arrive?
        """,
        Number(
            (1 - (rate * step) ** 2) ** steps,
            digits=4,
            mistakes=(Mistake(1, "Euler's step backwards does not undo the step."),),
        ),
        r"""
        One step multiplies by $1 - \kappa h$, one step back by $1 + \kappa h$:
        together by $1 - \kappa^2h^2 = 1 - @square:.4g@$, @steps@ times.
        """,
        given={"rate": rate, "step": step, "steps": steps},
        also={"square": (rate * step) ** 2},
    )


@TOPIC.add("compute", level=2, marks=4, claim="forcing-shifts-exponents")
def least_forcing(draw: Draw) -> Item:
    """How much of the data must be mixed in for gradients not to explode."""
    doubling = draw.one(1.5, 3, 5, 8, 12)
    return Item(
        r"""
        Along its data, small errors of a chaotic model double every @doubling@
        steps in the long run. It is trained with forcing: in each step $x
        \leftarrow (1 - \alpha)f(x) + \alpha y$ with the data $y$, and the forced
        states are the data. Above which $\alpha$ is the largest Lyapunov exponent
        of the forced model negative?
        """,
        Number(
            1 - 2 ** (-1 / doubling),
            mistakes=(
                Mistake(math.log(2) / doubling, "That is the exponent, not the share."),
                Mistake(1 / doubling, "The exponents are logarithms."),
            ),
        ),
        r"""
        The Jacobians along given states become $(1 - \alpha)J_t$, so every exponent
        falls by $-\log(1 - \alpha)$. With $\lambda = \log 2/@doubling@$ the largest
        is negative exactly for $\alpha > 1 - e^{-\lambda} = @key:.4g@$.
        """,
        given={"doubling": doubling},
    )


@TOPIC.add("predict", level=2, marks=3, claim="stable-means-vanishing")
def costates_of_systems(draw: Draw) -> Item:
    """What the costates of a linear system do over a long time."""
    kind = draw.one("rotation", "strict", "shear", "growing")
    stretch = draw.one(3, 8, 20)
    factor = {"strict": 0.9, "growing": 1.1}.get(kind, 1.0)
    entries = {
        "rotation": (0.6, -0.8, 0.8, 0.6),
        "shear": (1, stretch, 0, 1),
    }.get(kind, (factor, stretch, 0, factor / 2))
    right = {"rotation": "kept", "strict": "vanish", "shear": "power"}
    a, b, c, d = entries
    return Item(
        r"""
        $x_{t+1} = Wx_t$ with $W = \bigl(\begin{smallmatrix}@a@ & @b@\\ @c@ &
        @d@\end{smallmatrix}\bigr)$, and the only cost is $\Phi(x_T)$. What is true
        of the largest ratio $\|\lambda_0\| / \|\lambda_T\|$ over all $\lambda_T \ne
        0$ as $T \to \infty$?
        """,
        Choice(
            right.get(kind, "exponential"),
            {
                "kept": "It is 1 for every $T$.",
                "vanish": "It tends to 0, whatever it does at first.",
                "power": "It grows without bound, in proportion to $T$.",
                "exponential": "It grows exponentially in $T$.",
            },
        ),
        r"""
        $\lambda_0 = (W^\top)^T\lambda_T$. The spectral radius decides unless it is
        1: below 1 every costate vanishes in the end, above it some explodes. At 1
        an orthogonal $W$ keeps all lengths, while a shear adds the same amount in
        every step.
        """,
        given={"a": a, "b": b, "c": c, "d": d},
    )
