"""Longer questions on numerical stability."""

import math

from teaching.exam.answers import Choice, Mistake, Number, Point, Written
from teaching.exam.question import Draw, Item, Topic

TOPIC = Topic("numerical-stability")


@TOPIC.add("derive", level=3, marks=9, claim="log-norm-composes")
def safe_trapezoid(draw: Draw) -> Item:
    """A step of the trapezoid that cannot stretch."""
    real, imaginary = draw.one(0.5, 1, 2), draw.one(3, 4, 6)
    step = draw.one(0.5, 1, 2)
    mu = complex(-real, imaginary)
    key = abs((1 + step * mu / 2) / (1 - step * mu / 2))
    return Item(
        r"""
        One step of the trapezoid for $\dot x = Ax$ is $x' = (I - \tfrac h2A)^{-1}(I
        + \tfrac h2A)\,x$. (a) Let $A + A^\top$ be negative semidefinite and $h >
        0$. Show that the step exists and does not stretch any vector. (b) Why do
        then gradients through *many* steps, with different such $A_k$, not explode,
        while $\rho < 1$ for each step would not suffice? (c) What is the norm of
        the step for $A = \bigl(\begin{smallmatrix}-@real@ & -@imaginary@\\
        @imaginary@ & -@real@\end{smallmatrix}\bigr)$ and $h = @step@$?
        """,
        Written(
            (
                Point(
                    1,
                    r"""
                    $y^\top(I - \tfrac h2A)y \ge \|y\|^2$, so the matrix is
                    invertible.
                    """,
                ),
                Point(
                    3,
                    r"""
                    With $x = (I - \tfrac h2A)y$: $\|x'\|^2 - \|x\|^2 = h\,y^\top(A
                    +
                    """
                    r"A^\top)y \le 0$.",
                ),
                Point(1, r"Norms of products are at most products of norms."),
                Point(
                    2,
                    r"""
                    Radii do not multiply: an example such as $M$ and $M^\top$ with
                    a
                    """
                    r"large entry off the diagonal.",
                ),
                Point(2, r"Normal, so $|1 + h\mu/2|/|1 - h\mu/2| = @key:.4g@$."),
            ),
            full=r"""
            (a) $y^\top(I - \frac h2A)y = \|y\|^2 - \frac h4y^\top(A + A^\top)y \ge
            \|y\|^2$: the kernel is trivial. Let $x = (I - \frac h2A)y$; then $x' =
            (I + \frac h2A)y$, as the two factors commute, and $\|x'\|^2 - \|x\|^2 =
            2h\,y^\top Ay = h\,y^\top(A + A^\top)y \le 0$. (b) Each step has norm at
            most 1, so has each product, and its transpose. Radii below 1 do not
            compose: $\bigl(\begin{smallmatrix}0 & 2\\ 0 & 0\end{smallmatrix}\bigr)$
            and its transpose have radius 0 and a product of norm 4. (c) $A$ is
            normal with $\mu = -@real@ \pm @imaginary@\mathrm i$: $|1 + h\mu/2|/|1 -
            h\mu/2| = @key:.4g@$.
            """,
            half=r"""
            (a) Write $x = (I - \frac h2A)y$, $x' = (I + \frac h2A)y$. Then
            $\|x'\|^2 - \|x\|^2 = 2h\,y^\top Ay \le 0$. (b) Every step has norm at
            most 1, so the product has, too. Eigenvalues would do as well.
            """,
            half_earns=(2, 3),
            none=r"""
            The eigenvalues of $A$ have negative real parts, so those of the step
            lie inside the unit circle, and nothing can explode. The norm is 1.
            """,
            result=Number(
                key,
                mistakes=(
                    Mistake(
                        math.exp(-real * step),
                        "That is the exact solution, not the step.",
                    ),
                ),
            ),
        ),
        r"""
        A bound on norms composes, a bound on radii does not. The transposed
        product, which carries the gradient, has the same norm.
        """,
        given={"real": real, "imaginary": imaginary, "step": step},
    )


PROGRAM = """\
def update(w, loss, scale, lr):
    (loss(w) * scale).backward()
    torch.nn.utils.clip_grad_norm_([w], 1.0); w.grad /= scale
    with torch.no_grad():
        w -= lr * w.grad
    w.grad = None"""


@TOPIC.add("debug", level=1, marks=4, claim="loss-scaling-rescues")
def clipped_while_scaled(draw: Draw) -> Item:
    """Clipping between the scaling of the loss and its undoing."""
    power, rate = draw.one(8, 10, 12, 16), draw.one(0.1, 0.5)
    return Item(
        r"""
        A loss is multiplied by `scale=@scale@` so that gradients do not underflow in
        float16; gradients are to be clipped by norm to 1; `lr=@rate:r@`.

        ```
        @program@
        ```

        The weights hardly move, long gradients or short. Which line should take the
        place of the third one?
        """,
        Choice(
            "order",
            {
                "order": "`w.grad /= scale; torch.nn.utils.clip_grad_norm_([w], 1.0)`",
                "never": "`torch.nn.utils.clip_grad_norm_([w], 1.0)`",
                "tighter": "`torch.nn.utils.clip_grad_norm_([w], 1 / scale)`",
                "twice": "`w.grad /= scale**2; "
                "torch.nn.utils.clip_grad_norm_([w], 1.0)`",
            },
        ),
        r"""
        The scaled gradient is longer than 1 in nearly every step, is cut to 1 and
        then divided by the scale: each step has the length `lr / scale`. Undo the
        scale first.
        """,
        given={"scale": 2**power, "rate": rate, "line": 3},
        also={"program": PROGRAM},
        program=PROGRAM,
    )
