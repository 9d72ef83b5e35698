"""Clipping: against torch, against its own definition, and at the edges."""

import math
from typing import NamedTuple

import pytest
import scipy.integrate
import scipy.stats
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.func import grad, jacrev, vmap
from torch.testing import assert_close
from torch.utils import _pytree as pytree

from companion.clipping import (
    clip_by_norm,
    clip_by_value,
    clip_per_sample,
    gaussian_clipping_cosine,
)
from companion.ensembles import orthogonal_matrices
from companion.linalg import cosine_similarity

CLIPS = [clip_by_norm, clip_by_value, clip_per_sample]
thresholds = st.floats(1e-3, 1e3)
vectors = st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=8).map(
    lambda entries: torch.tensor(entries, dtype=torch.float64)
)
ROUNDING = 1e-14  # of float64: ten operations of 1e-16 each, and some room


class Parameters(NamedTuple):
    """A tree whose type must survive."""

    weight: torch.Tensor
    bias: torch.Tensor


def unclipped_norm(x):
    """Return the norm by another program: scipy's BLAS does not overflow either."""
    return scipy.linalg.norm(x.double().flatten().cpu().numpy())


# The definition


@given(vectors, thresholds)
def test_norm_is_the_smaller_of_norm_and_threshold(g, threshold):
    clipped, norm, scale = clip_by_norm(g, threshold=threshold)
    length = unclipped_norm(g)
    assert norm.item() == pytest.approx(length, rel=ROUNDING)
    assert unclipped_norm(clipped) == pytest.approx(
        min(length, threshold), rel=ROUNDING
    )
    assert_close(clipped, g * scale, rtol=ROUNDING, atol=1e-307)  # denormals round


@given(vectors, thresholds)
def test_entries_are_the_nearest_ones_in_the_interval(g, threshold):
    expected = [max(-threshold, min(entry, threshold)) for entry in g.tolist()]
    assert clip_by_value(g, threshold=threshold).tolist() == expected


@given(vectors, thresholds)
def test_a_gradient_within_the_threshold_comes_back_unchanged(g, threshold):
    within = g * (0.99 * threshold / (unclipped_norm(g) + 1.0))
    clipped = clip_by_norm(within, threshold=threshold)
    assert torch.equal(clipped.gradient, within)
    assert clipped.scale == 1
    assert clipped.gradient.data_ptr() != within.data_ptr()


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
def test_matches_torch(dtype, rng, device):
    g = torch.randn(50, dtype=dtype, device=device, generator=rng)
    parameter = torch.nn.Parameter(torch.zeros_like(g))
    parameter.grad = g.clone()
    norm = torch.nn.utils.clip_grad_norm_([parameter], 0.5)
    ours = clip_by_norm(g, threshold=0.5)
    assert_close(ours.norm, norm)
    # torch adds 1e-6 to a norm of about 7.
    assert_close(ours.gradient, parameter.grad, rtol=1e-6, atol=0.0)
    parameter.grad = g.clone()
    torch.nn.utils.clip_grad_value_([parameter], 0.5)
    assert torch.equal(clip_by_value(g, threshold=0.5), parameter.grad)


# Laws


@pytest.mark.parametrize("clip", [clip_by_norm, clip_by_value])
@given(vectors, thresholds)
def test_clipping_twice_is_clipping_once(clip, g, threshold):
    def clipped(x):
        return pytree.tree_leaves(clip(x, threshold=threshold))[0]

    assert_close(clipped(clipped(g)), clipped(g), rtol=ROUNDING, atol=0.0)


@given(vectors, thresholds, st.floats(1e-3, 1e3))
def test_clipping_is_homogeneous(g, threshold, factor):
    scaled = clip_by_norm(factor * g, threshold=factor * threshold).gradient
    expected = factor * clip_by_norm(g, threshold=threshold).gradient
    assert_close(scaled, expected, rtol=ROUNDING, atol=1e-300)


@given(vectors, thresholds, st.integers(0, 100))
def test_clipping_is_a_contraction(g, threshold, seed):
    # It is the projection to a convex ball, of the 2-norm or of the max-norm.
    rng = torch.Generator().manual_seed(seed)
    other = 1e3 * torch.randn(g.shape, generator=rng, dtype=g.dtype)
    distance = unclipped_norm(g - other) * (1 + 1e-9)
    by_norm = [clip_by_norm(x, threshold=threshold).gradient for x in (g, other)]
    by_value = [clip_by_value(x, threshold=threshold) for x in (g, other)]
    assert unclipped_norm(by_norm[0] - by_norm[1]) <= distance
    assert unclipped_norm(by_value[0] - by_value[1]) <= distance


def test_clipping_by_norm_commutes_with_rotations(rng, device):
    (Q,) = orthogonal_matrices(1, 6, generator=rng)
    g = torch.randn(6, dtype=Q.dtype, generator=rng, device=device)
    rotated = clip_by_norm(Q @ g, threshold=0.5).gradient
    assert_close(rotated, Q @ clip_by_norm(g, threshold=0.5).gradient)


# Trees and samples


def test_the_norm_of_a_tree_is_global(rng, device):
    weight = torch.randn(3, 4, generator=rng, device=device)
    bias = torch.randn((), generator=rng, device=device)
    tree = {"layers": [Parameters(weight, bias)], "empty": (weight[:0],)}
    clipped, norm, scale = clip_by_norm(tree, threshold=0.1)
    together = torch.cat([weight.flatten(), bias[None]])
    assert_close(norm, together.norm())
    assert_close(scale, 0.1 / together.norm())
    layer = clipped["layers"][0]
    assert isinstance(layer, Parameters)
    assert_close(layer.weight, weight * scale)
    assert_close(layer.bias, bias * scale)
    assert clipped["empty"][0].shape == (0, 4)


def test_value_clipping_keeps_the_tree():
    clipped = clip_by_value([torch.ones(2), (torch.ones(()),)], threshold=0.5)
    assert_close(clipped, [torch.full((2,), 0.5), (torch.tensor(0.5),)])


def test_each_leaf_keeps_its_dtype(device):
    dtypes = [torch.float16, torch.bfloat16, torch.float32, torch.float64]
    tree = [torch.tensor([3.0], dtype=dtype, device=device) for dtype in dtypes]
    clipped = clip_by_norm(tree, threshold=3.0)
    assert clipped.norm.dtype == torch.float64
    assert clipped.norm.item() == pytest.approx(6.0, rel=ROUNDING)
    for leaf, original in zip(clipped.gradient, tree, strict=True):
        assert leaf.dtype == original.dtype
        assert leaf.device == original.device
        assert leaf == 1.5
    assert clip_by_norm(tree[:1], threshold=1.0).norm.dtype == torch.float32
    assert clip_by_norm(tree[:2], threshold=1.0).norm.dtype == torch.float32
    assert [leaf.dtype for leaf in clip_by_value(tree, threshold=1.0)] == dtypes


@pytest.mark.parametrize("each", [False, True], ids=["one-threshold", "one-each"])
def test_samples_are_clipped_as_in_a_loop(each, rng, device):
    tree = {
        "weight": torch.randn(5, 2, 3, generator=rng, device=device),
        "bias": torch.randn(5, generator=rng, device=device),
        "empty": torch.zeros(5, 0, device=device),
    }
    thresholds = [0.5, 1.0, 2.0, 4.0, 8.0] if each else [2.0] * 5
    threshold = torch.tensor(thresholds, device=device) if each else 2.0
    together = clip_per_sample(tree, threshold=threshold)
    assert 0 < (together.scale < 1).sum() < 5  # both cases occur
    for b in range(5):
        sample = {name: leaf[b] for name, leaf in tree.items()}
        alone = clip_by_norm(sample, threshold=thresholds[b])
        assert_close(
            {name: leaf[b] for name, leaf in together.gradient.items()}, alone[0]
        )
        assert_close(together.norm[b], alone.norm)
        assert_close(together.scale[b], alone.scale)


def test_samples_may_come_from_vmap_of_grad(rng, device):
    parameters = {"w": torch.randn(3, generator=rng, device=device)}
    x, y = torch.randn(4, 4, generator=rng, device=device).split([3, 1], dim=1)

    def loss(parameters, x, y):
        return (parameters["w"] @ x - y[0]) ** 2

    gradients = vmap(grad(loss), in_dims=(None, 0, 0))(parameters, x, y)
    clipped = clip_per_sample(gradients, threshold=1e-3)
    assert_close(clipped.gradient["w"].norm(dim=1), torch.full_like(x[:, 0], 1e-3))
    assert_close(clipped.norm, gradients["w"].norm(dim=1))


def test_samples_with_scalar_threshold_tensor():
    clipped = clip_per_sample(torch.tensor([[3.0, 4.0]]), threshold=torch.tensor(1.0))
    assert_close(clipped.gradient, torch.tensor([[0.6, 0.8]]))


# Range and precision


@pytest.mark.parametrize(
    ("entries", "threshold", "dtype"),
    [
        pytest.param([3e20, 4e20], 1.0, torch.float32, id="squares-overflow"),
        pytest.param([3e20, 4e20], 1e-30, torch.float32, id="scale-underflows"),
        pytest.param([2.4e38, 3.2e38], 1.0, torch.float32, id="norm-overflows"),
        pytest.param([3e-30, 4e-30], 1e-30, torch.float32, id="squares-underflow"),
        pytest.param([3e4, 4e4], 1e-3, torch.float16, id="half"),
        pytest.param([4.8e4, 6.4e4], 1e4, torch.float16, id="half-norm-overflows"),
        pytest.param([3e38, 1e-30], 1e3, torch.float32, id="far-apart"),
        pytest.param([3e38, 3e38], 1e-2, torch.bfloat16, id="bfloat16"),
        pytest.param([3e300, 4e300], 1e-300, torch.float64, id="double"),
        pytest.param(
            [1.2e308, 1.6e308], 1.0, torch.float64, id="double-norm-overflows"
        ),
    ],
)
def test_the_clipped_gradient_is_right_wherever_it_can_be(
    entries, threshold, dtype, device
):
    g = torch.tensor(entries, dtype=dtype, device=device)
    largest = g.double().max()
    exact = g.double() / largest
    exact = exact / exact.norm() * threshold
    # One rounding of the result (eps / 2), several in float32 before it (1e-7 each);
    # what is far below the threshold may be rounded to zero.
    options = {"rtol": torch.finfo(dtype).eps + 5e-7, "atol": 1e-38 * threshold}
    clipped = clip_by_norm(g, threshold=threshold)
    assert clipped.gradient.dtype == dtype
    assert_close(clipped.gradient.double(), exact, **options)
    both = clip_per_sample(torch.stack([g, g]), threshold=threshold)
    assert_close(both.gradient.double(), exact.expand(2, -1), **options)


def test_denormal_entries(device):
    g = torch.tensor([3e-40, 4e-40], device=device)
    clipped = clip_by_norm(g, threshold=1e-40).gradient
    expected = torch.tensor([6e-41, 8e-41], device=device)
    # Denormals are whole multiples of 1.4e-45; threshold and factor are rounded to
    # them too.
    assert_close(clipped, expected, rtol=0.0, atol=4 * 1.4e-45)


def test_a_threshold_beyond_the_dtype_clips_nothing_or_everything():
    g = torch.tensor([3.0, 0.0], dtype=torch.float16)
    for clip in (
        lambda **rest: clip_by_norm(g, **rest).gradient,
        lambda **rest: clip_by_value(g, **rest),
    ):
        assert torch.equal(clip(threshold=1e300), g)
        assert torch.equal(clip(threshold=1e-300), torch.zeros_like(g))


def test_a_threshold_of_its_own_for_each_network_cuts_each_by_its_own():
    g = torch.tensor([[[3.0, -0.5]], [[3.0, -0.5]]], dtype=torch.float64)
    limit = torch.tensor([0.1, 1.0], dtype=torch.float64)[:, None, None]
    cut = clip_by_value({"W": g, "u": 2 * g}, threshold=limit)
    for leaf in cut.values():
        alone = [clip_by_value(g[i], threshold=t) for i, t in enumerate((0.1, 1.0))]
        assert torch.equal(leaf[:, :, 0], torch.stack(alone)[:, :, 0])
    assert cut["u"][1, 0, 1] == -1.0  # 2 * 0.5 is not beyond it
    with pytest.raises(
        ValueError, match=r"^threshold must broadcast to \(2, 1, 2\), got shape \(3,\)"
    ):
        clip_by_value(g, threshold=torch.ones(3))


def test_an_overflowing_norm_is_reported_as_infinite():
    clipped = clip_by_norm(torch.tensor([3e38, 3e38]), threshold=1.0)
    assert clipped.norm == math.inf
    assert clipped.scale.item() == pytest.approx(1 / (3e38 * math.sqrt(2)), rel=1e-5)


@pytest.mark.parametrize("clip", CLIPS)
def test_zero_stays_zero(clip, device):
    zero = torch.zeros(2, 3, device=device)
    assert torch.equal(pytree.tree_leaves(clip(zero, threshold=1.0))[0], zero)


# Derivatives


def test_jacobian_outside_the_ball_projects_and_shrinks(rng, device):
    g = torch.randn(4, dtype=torch.float64, generator=rng, device=device)
    threshold = 0.2 * g.norm().item()
    J = jacrev(lambda g: clip_by_norm(g, threshold=threshold).gradient)(g)
    unit = g / g.norm()
    expected = 0.2 * (torch.diag(torch.ones_like(g)) - torch.outer(unit, unit))
    assert_close(J, expected, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("entries", [[0.3, 0.4], [0.0, 0.0]], ids=["inside", "zero"])
def test_jacobian_inside_the_ball_is_the_identity(entries):
    g = torch.tensor(entries)
    J = jacrev(lambda g: clip_by_norm(g, threshold=1.0).gradient)(g)
    assert torch.equal(J, torch.eye(2))


def test_derivatives_of_all_clips(rng):
    g = torch.randn(3, 2, dtype=torch.float64, generator=rng, device=rng.device)
    g.requires_grad_()
    for clip in CLIPS:
        assert torch.autograd.gradcheck(
            lambda g, clip=clip: pytree.tree_leaves(clip(g, threshold=0.5)), g
        )


# The cosine of value clipping


@pytest.mark.parametrize("a", [1e-3, 0.1, 0.5, 1.0, 1.748, 3.0, 6.0])
def test_cosine_is_the_ratio_of_its_moments(a):
    def moment(function):
        density = scipy.stats.norm.pdf
        # Below a the integrand is smooth, above it is too: two calls.
        parts = [(0, a), (a, a + 40)]
        return 2 * sum(
            scipy.integrate.quad(
                lambda z: function(z) * density(z), *part, epsabs=0, epsrel=1e-12
            )[0]
            for part in parts
        )

    exact = moment(lambda z: z * min(z, a)) / math.sqrt(
        moment(lambda z: min(z, a) ** 2)
    )
    cosine = gaussian_clipping_cosine(torch.tensor(a, dtype=torch.float64))
    assert cosine.item() == pytest.approx(exact, rel=1e-11)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
def test_cosine_is_accurate_at_both_ends(dtype, device):
    tiny, huge = torch.finfo(dtype).tiny, torch.finfo(dtype).max
    a = torch.tensor([tiny, 1e-30, 1e-12, 1e-8], dtype=dtype, device=device)
    # By Taylor's formula cos = sqrt(2/pi) (1 + a sqrt(2/pi) / 3 + O(a^2)).
    limit = math.sqrt(2 / math.pi)
    expected = limit * (1 + limit / 3 * a)
    eps = torch.finfo(dtype).eps
    assert_close(gaussian_clipping_cosine(a), expected, rtol=10 * eps, atol=0.0)
    ends = torch.tensor([10.0, 1e20, huge], dtype=dtype, device=device)
    assert_close(
        gaussian_clipping_cosine(ends), torch.ones_like(ends), rtol=2 * eps, atol=0.0
    )


def test_cosine_agrees_with_the_textbook_formula(device):
    a = torch.linspace(0.5, 5, 40, dtype=torch.float64, device=device)
    normal = torch.distributions.Normal(torch.zeros_like(a), 1.0)
    inner = torch.special.erf(a / math.sqrt(2))
    tail = 2 * a**2 * (1 - normal.cdf(a))
    square = inner - 2 * a * normal.log_prob(a).exp() + tail
    cosine = gaussian_clipping_cosine(a)
    assert_close(cosine, inner / square.sqrt(), rtol=1e-13, atol=0.0)
    assert (cosine.diff() > 0).all()


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("ratio", [1e-3, 0.5, 1.0])
def test_cosine_predicts_clipping_of_a_gaussian_vector(seed, ratio):
    dim, sigma = 100_000, 10.0
    rng = torch.Generator().manual_seed(seed)
    g = sigma * torch.randn(dim, generator=rng, dtype=torch.float64)
    turned = cosine_similarity(g, clip_by_value(g, threshold=ratio * sigma))
    predicted = gaussian_clipping_cosine(torch.tensor(ratio, dtype=torch.float64))
    # The spread is sqrt(1 - 3 / pi) / sqrt(dim) as the ratio goes to 0, less above.
    assert abs(turned - predicted) < 6 * math.sqrt(1 - 3 / math.pi) / math.sqrt(dim)


def test_cosine_is_differentiable():
    a = torch.tensor([0.1, 1.0, 3.0], dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(gaussian_clipping_cosine, a)


@pytest.mark.parametrize("ratio", [0.0, -1.0, math.inf, math.nan])
def test_cosine_refuses_a_bad_ratio(ratio):
    with pytest.raises(ValueError, match=r"^ratio must be positive and finite, got"):
        gaussian_clipping_cosine(torch.tensor([1.0, ratio]))


def test_cosine_refuses_a_plain_number():
    message = r"^ratio must be a floating-point tensor, got float$"
    with pytest.raises(TypeError, match=message):
        gaussian_clipping_cosine(1.0)


# What is refused


@pytest.mark.parametrize("clip", CLIPS)
@pytest.mark.parametrize("threshold", [0.0, -1.0, math.inf, math.nan])
def test_refuses_a_bad_threshold(clip, threshold):
    with pytest.raises(
        ValueError, match=r"^threshold must be positive and finite, got"
    ):
        clip(torch.ones(2), threshold=threshold)


def test_refuses_one_bad_threshold_among_good_ones():
    with pytest.raises(
        ValueError, match=r"^threshold must be positive and finite, got"
    ):
        clip_per_sample(torch.ones(2, 1), threshold=torch.tensor([1.0, math.inf]))


@pytest.mark.parametrize("clip", CLIPS)
@pytest.mark.parametrize("tree", [[], {}, torch.zeros(0, 2), [torch.zeros(0)]], ids=str)
def test_refuses_a_gradient_without_entries(clip, tree):
    with pytest.raises(
        ValueError, match=r"^gradients? must have at least one entry, got"
    ):
        clip(tree, threshold=1.0)


@pytest.mark.parametrize("clip", CLIPS)
@pytest.mark.parametrize(
    ("leaf", "kind"),
    [(torch.tensor([1]), r"torch\.int64"), (None, "NoneType"), ("w", "str")],
    ids=str,
)
def test_refuses_what_is_no_floating_tensor_and_names_it(clip, leaf, kind):
    message = rf"\['layers'\]\[1\] must be a floating-point tensor, got {kind}$"
    with pytest.raises(TypeError, match=message):
        clip({"layers": [torch.ones(2), leaf]}, threshold=1.0)


@pytest.mark.parametrize("clip", CLIPS)
@pytest.mark.parametrize("entry", [math.nan, math.inf, -math.inf])
def test_refuses_non_finite_entries_and_names_the_first(clip, entry):
    tree = {"weight": torch.ones(2, 2), "bias": torch.tensor([1.0, entry])}
    message = (
        r"^gradients?\['bias'\] has 1 non-finite of 2 entries, "
        rf"the first at index \(1,\): {entry}$"
    )
    with pytest.raises(FloatingPointError, match=message):
        clip(tree, threshold=1.0)


@pytest.mark.parametrize("shapes", [[(2,), (3,)], [(2, 1), ()], [()]], ids=str)
def test_refuses_samples_without_a_common_leading_dimension(shapes):
    with pytest.raises(
        ValueError, match=r"^gradients must share a leading dimension, got"
    ):
        clip_per_sample([torch.ones(shape) for shape in shapes], threshold=1.0)


@pytest.mark.parametrize("shape", [(1,), (2, 1), (3,)], ids=str)
def test_refuses_thresholds_of_another_shape(shape):
    message = r"^threshold must have shape \(\) or \(2,\), got \("
    with pytest.raises(ValueError, match=message):
        clip_per_sample(torch.ones(2, 3), threshold=torch.ones(shape))
