"""Longer questions on optimal control."""

from teaching.exam.answers import Choice, Mistake, Number, Point, Written
from teaching.exam.question import Draw, Item, Topic

TOPIC = Topic("optimal-control")


@TOPIC.add("derive", level=3, marks=9, claim="costate-is-gradient")
def costate_recursion(draw: Draw) -> Item:
    """The costate equation, and one of its solutions."""
    factor, price = draw.one(0.5, 0.8, 1.2, 1.5), draw.one(0.5, 1, 2)
    start, steps = draw.one(1, 2, 4), draw.one(2, 3)
    tail = factor ** (2 * steps)
    running = price * sum(factor ** (2 * t) for t in range(steps))
    key = start * (running + tail)
    return Item(
        r"""
        Minimize $J = \Phi(x_T) + \sum_{t=0}^{T-1}\ell(x_t, u_t)$ subject to
        $x_{t+1} = f(x_t, u_t)$, $x_0$ given, all functions differentiable. (a)
        Derive the recursion of the costates $\lambda_t$ from the Lagrangian, with
        its end condition. (b) Express $\nabla_{u_t}J$ by them. (c) Let $x_{t+1} =
        @factor@\,x_t + u_t$, $\ell = \tfrac12 \cdot @price@\,x_t^2$, $\Phi =
        \tfrac12x_T^2$, $T = @steps@$, $x_0 = @start@$, all $u_t = 0$. How large is
        $\lambda_0$?
        """,
        Written(
            (
                Point(
                    2,
                    r"""
                    $\mathcal L = J + \sum_t\lambda_{t+1}^\top(f(x_t, u_t) -
                    x_{t+1})$, set
                    """
                    r"$\partial\mathcal L/\partial x_t = 0$.",
                ),
                Point(
                    2,
                    r"""
                    $\lambda_T = \nabla\Phi(x_T)$, $\lambda_t = \nabla_x\ell +
                    f_x^\top
                    """
                    r"\lambda_{t+1}$, taken at $(x_t, u_t)$.",
                ),
                Point(2, r"$\nabla_{u_t}J = \nabla_u\ell + f_u^\top\lambda_{t+1}$."),
                Point(1, r"The states of (c): $x_t = @factor@^t \cdot @start@$."),
                Point(2, r"$\lambda_0 = @key:.5g@$."),
            ),
            full=r"""
            (a) $\mathcal L = J + \sum\lambda_{t+1}^\top(f(x_t, u_t) - x_{t+1})$.
            The derivative by $x_T$: $\nabla\Phi(x_T) - \lambda_T = 0$; by $x_t$:
            $\nabla_x\ell(x_t, u_t) + f_x(x_t, u_t)^\top\lambda_{t+1} - \lambda_t =
            0$. (b) The constraints hold, so $J = \mathcal L$, and with these
            $\lambda$ only the direct derivative is left: $\nabla_{u_t}J =
            \nabla_u\ell + f_u^\top\lambda_{t+1}$. (c) $\lambda_T = a^Tx_0$ and
            $\lambda_t = q\,a^tx_0 + a\lambda_{t+1}$ with $a = @factor@$, $q =
            @price@$, so $\lambda_0 = x_0\bigl(q\sum_{t<T}a^{2t} + a^{2T}\bigr) =
            @key:.5g@$.
            """,
            half=r"""
            Set the derivatives of $\mathcal L = J + \sum\lambda_{t+1}^\top(f(x_t,
            u_t) - x_{t+1})$ by all $x_t$ to zero: $\lambda_T = \nabla\Phi(x_T)$ and
            $\lambda_t = \nabla_x\ell + f_x^\top\lambda_{t+1}$. For (c) $\lambda_0 =
            @wrong:.5g@$.
            """,
            half_earns=(1, 2),
            none=r"""
            The costates are the gradients of the loss by the weights, and are
            computed by backpropagation from the first layer to the last. At $u = 0$
            they vanish.
            """,
            result=Number(
                key,
                mistakes=(
                    Mistake(start * tail, "The running cost has a gradient, too."),
                    Mistake(
                        start * (running - price + tail),
                        "The cost of the first state counts, too.",
                    ),
                ),
            ),
        ),
        r"""
        The costate is the gradient of the cost-to-go by the state, with the later
        controls held fixed: here of $\tfrac12x_0^2(q\sum a^{2t} + a^{2T})$.
        """,
        given={"factor": factor, "price": price, "start": start, "steps": steps},
        also={"wrong": start * tail},
    )


PROGRAM = """\
def first_costate(x, T, f_prime, cost_prime, end_prime):
    costate = end_prime(x[T])
    for t in reversed(range(T)):
        costate = cost_prime(x[t]) + f_prime(x[t + 1]) * costate
    return costate"""


@TOPIC.add("debug", level=2, marks=4, claim="costate-is-gradient")
def one_step_off(draw: Draw) -> Item:
    """A backward sweep that takes derivatives at the wrong states."""
    steps = draw.one(6, 8, 10, 12, 15)
    return Item(
        r"""
        A scalar system $x_{t+1} = f(x_t)$ runs @steps@ steps; `x[0]` to `x[T]` are
        stored. The function is meant to return the derivative by $x_0$ of
        $\Phi(x_T) + \sum_{t < T}\ell(x_t)$ from the derivatives of $f$, $\ell$ and
        $\Phi$:

        ```
        @program@
        ```

        It is right for linear $f$, and wrong otherwise. Which line should take the
        place of the fourth one?
        """,
        Choice(
            "states",
            {
                "states": "`costate = cost_prime(x[t]) + f_prime(x[t]) * costate`",
                "cost": "`costate = cost_prime(x[t + 1]) + f_prime(x[t]) * costate`",
                "both": r"""
                `costate = cost_prime(x[t + 1]) + f_prime(x[t + 1]) * costate`
                """,
                "bracket": "`costate = f_prime(x[t]) * (cost_prime(x[t]) + costate)`",
            },
        ),
        r"""
        $\lambda_t = \ell'(x_t) + f'(x_t)\lambda_{t+1}$: everything at time $t$ but
        the costate. For linear $f$ the derivative is the same everywhere, which
        hides it.
        """,
        given={"steps": steps, "line": 4},
        also={"program": PROGRAM},
        program=PROGRAM,
    )
