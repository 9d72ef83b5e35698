"""Short questions on weight decay."""

import math

from teaching.exam.answers import Choice, Mistake, Number
from teaching.exam.question import Draw, Item, Topic

TOPIC = Topic("weight-decay")


@TOPIC.add("compute", level=1, marks=4, claim="decay-step-count")
def steps_of_decay(draw: Draw) -> Item:
    """How many steps of decay bring a spectral radius below one."""
    radius, rate = draw.one(1.4, 1.7, 2.2, 3.0), draw.one(0.01, 0.02, 0.05)
    decay = draw.one(0.3, 0.4, 0.7)
    exact = math.log(radius) / -math.log(1 - rate * decay)
    return Item(
        r"""
        The recurrent matrix of a network has the spectral radius @radius@. It is
        trained by plain gradient descent with the learning rate $\eta = @rate@$ on
        $\mathcal L + \tfrac\lambda2\|W\|_F^2$ with $\lambda = @decay@$, while the
        gradient of $\mathcal L$ by $W$ is zero. After how many steps is the radius
        below 1 for the first time?
        """,
        Number(
            math.floor(exact) + 1,
            digits=0,
            mistakes=(
                Mistake(math.floor(exact), "That step is the last one above 1."),
                Mistake(
                    math.floor(math.log(radius) / -math.log(1 - decay)) + 1,
                    "The factor of a step is one minus the product with the rate.",
                ),
            ),
        ),
        r"""
        Each step multiplies $W$, and so $\rho$, by $1 - \eta\lambda = @factor@$.
        The first $k$ with $@radius@ \cdot @factor@^k < 1$ is the first above $\ln
        @radius@ / (-\ln @factor@) = @exact:.4f@$.
        """,
        given={"radius": radius, "rate": rate, "decay": decay},
        also={"factor": 1 - rate * decay, "exact": exact},
    )


@TOPIC.add("compute", level=3, marks=6, claim="noise-against-decay")
def decay_against_noise(draw: Draw) -> Item:
    """The least decay that holds a noisy matrix inside the unit circle."""
    width, rate = draw.one(100, 200, 400), draw.one(0.01, 0.02, 0.05)
    share = draw.one(0.4, 0.5, 0.6, 0.7)
    noise = share / math.sqrt(width) / rate
    noise = float(format(noise, ".2g"))
    load = width * rate**2 * noise**2
    least = (1 - math.sqrt(1 - load)) / rate
    return Item(
        r"""
        Every entry of an $n \times n$ matrix, $n = @width@$, follows $w \leftarrow
        (1 - \eta\lambda)w - \eta\xi$ with independent $\xi \sim \mathcal N(0,
        s^2)$, $\eta = @rate@$, $s = @noise@$. In the long run its spectral radius
        is close to $\sqrt{nv}$ with the stationary variance $v$ of an entry. Above
        which $\lambda$ is $\sqrt{nv}$ below 1? (The smaller of the two ends of the
        range.)
        """,
        Number(
            least,
            mistakes=(
                Mistake(
                    width * rate * noise**2 / 2,
                    "The square of the factor has a second-order term.",
                ),
                Mistake((1 + math.sqrt(1 - load)) / rate, "That is the other end."),
            ),
        ),
        r"""
        Stationary: $v = (1 - \eta\lambda)^2 v + \eta^2s^2$, so $v = \eta
        s^2/(\lambda(2 - \eta\lambda))$. With $x = \eta\lambda$, $nv < 1$ says $x(2
        - x) > n\eta^2s^2 = @load:.4g@$, that is $|x - 1| < \sqrt{1 - @load:.4g@}$.
        """,
        given={"width": width, "rate": rate, "noise": noise},
        also={"load": load},
    )


@TOPIC.add("predict", level=1, marks=3, claim="decay-is-a-factor")
def decay_in_optimizers(draw: Draw) -> Item:
    """What one option means in three optimizers."""
    optimizer = draw.one("SGD", "Adam", "AdamW")
    rate, decay = draw.one(0.01, 0.001), draw.one(0.1, 0.05)
    weight = draw.one(3.0, 5.0, 30.0)
    right = "rate" if optimizer == "Adam" else "product"
    return Item(
        r"""
        A weight stands at $w = @weight@$ and its loss gradient is zero. By how much
        does the first step of `torch.optim.@optimizer@([w], lr=@rate:r@,
        weight_decay=@decay:r@)` change it (other options as they are)?
        """,
        Choice(
            right,
            {
                "rate": r"By $@rate@$, up to the $\epsilon$ in a denominator.",
                "product": r"By $@product@$.",
                "decay": r"By $@pull@$.",
                "nothing": "Not at all: without a gradient there is no step.",
            },
        ),
        r"""
        `SGD` adds $\lambda w$ to the gradient and `AdamW` shrinks the weight
        itself: both multiply it by $1 - \eta\lambda$. `Adam` adds $\lambda w$ to
        the gradient and then divides by its size, so that the first step has the
        length $\eta$ whatever $\lambda$ is.
        """,
        given={
            "optimizer": optimizer,
            "rate": rate,
            "decay": decay,
            "weight": weight,
        },
        also={"product": rate * decay * weight, "pull": decay * weight},
    )
