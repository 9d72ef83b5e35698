"""Short questions on products of Jacobians."""

import math

from teaching.exam.answers import Choice, Mistake, Number
from teaching.exam.question import Draw, Item, Topic

TOPIC = Topic("jacobian-products")


@TOPIC.add("compute", level=2, marks=5, claim="same-norm-three-fates")
def neutral_turn(draw: Draw) -> Item:
    """The turn at which equal layers neither explode nor vanish."""
    a, b = draw.one((2, 0.3), (2, 0.4), (1.5, 0.5), (3, 0.2), (1.8, 0.25))
    cosine = (1 + a * b) / (a + b)
    merge = 2 * math.sqrt(a * b) / (a + b)
    return Item(
        r"""
        All layers of a deep network have the Jacobian $J = R(\varphi)
        \operatorname{diag}(@a@, @b@)$ with the rotation $R(\varphi)$, $0 \le
        \varphi \le 90^\circ$. At which angle does the gradient neither explode nor
        vanish exponentially?
        """,
        Number(
            math.degrees(math.acos(cosine)),
            unit="degrees",
            mistakes=(
                Mistake(
                    math.degrees(math.acos(merge)),
                    "There the eigenvalues become complex; the rate is negative.",
                ),
            ),
        ),
        r"""
        The rate is $\log|z|$ with the larger root of $z^2 - (a + b)\cos\varphi\,z +
        ab = 0$. As $ab < 1$, it is zero exactly if $z = 1$ is a root: $\cos\varphi
        = \frac{1 + ab}{a + b} = @cosine:.5g@$. The largest singular value is $@a@$
        at every angle.
        """,
        given={"a": a, "b": b},
        also={"cosine": cosine},
    )


@TOPIC.add("compute", level=3, marks=5, claim="mean-is-not-typical")
def typical_length(draw: Draw) -> Item:
    """What a typical gradient keeps where the mean square keeps all."""
    half, depth = draw.one(4, 6, 8, 10, 12), draw.one(50, 100, 200)
    digamma = -0.5772156649 + sum(1 / k for k in range(1, half))
    rate = (math.log(1 / half) + digamma) / 2
    return Item(
        r"""
        A gradient passes @depth@ independent layers of width $n = @width@$ whose
        entries are Gaussian with mean 0 and variance $1/n$. Its mean squared length
        is then the same before and after. What is the exponential of the *mean
        logarithm* of its growth, $\exp \mathbb E \log(\|g_0\|/\|g_L\|)$? Given:
        $\mathbb E \log \chi^2_n = \log 2 + \psi(n/2)$ for the sum $\chi^2_n$ of $n$
        squared standard normal numbers, and $\psi(@half@) = @digamma:.7f@$.
        """,
        Number(
            math.exp(depth * rate),
            mistakes=(
                Mistake(
                    1, "That is the root of the mean square, which is not typical."
                ),
                Mistake(math.exp(2 * depth * rate), "That is for the squared length."),
            ),
        ),
        r"""
        In each layer $\|J^\top g\|^2/\|g\|^2$ is $\chi^2_n/n$, independent of the
        past. So the mean logarithm of the length grows by $\tfrac12(\log\tfrac2n +
        \psi(\tfrac n2)) = @rate:.6f@$ a layer, @depth@ times.
        """,
        given={"half": half, "depth": depth},
        also={"width": 2 * half, "digamma": digamma, "rate": rate},
    )


@TOPIC.add("predict", level=2, marks=3, claim="same-norm-three-fates")
def stretch_and_fate(draw: Draw) -> Item:
    """What layers do that all stretch by the same number."""
    a, b = draw.one((2, 0.3), (3, 0.2), (1.5, 0.4), (2.5, 0.2))
    angle = draw.one(20, 25, 50, 70, 90)
    grows = math.cos(math.radians(angle)) > (1 + a * b) / (a + b)
    return Item(
        r"""
        Sixty layers all have the Jacobian $R(@angle@^\circ)\operatorname{diag}(@a@,
        @b@)$, where $R$ is a rotation. A gradient of random direction is sent back
        through them. What becomes of its length?
        """,
        Choice(
            "grows" if grows else "vanishes",
            {
                "grows": r"It grows, but by less than a tenth of $@a@^{60}$.",
                "power": r"It grows about $@a@^{60}$ times, $@a@$ in each layer.",
                "vanishes": "It is less than a hundredth of what it was.",
                "kept": "It stays within a factor of ten of what it was.",
            },
        ),
        r"""
        The largest singular value of every layer is $@a@$, but the fate hangs on
        $\cos\varphi$ against $\frac{1 + ab}{a + b} = @border:.4g@$: here
        $\cos\varphi = @cosine:.4g@$. Singular values above 1 are necessary for
        growth, not sufficient.
        """,
        given={"a": a, "b": b, "angle": angle},
        also={
            "border": (1 + a * b) / (a + b),
            "cosine": round(math.cos(math.radians(angle)), 6),
        },
    )
