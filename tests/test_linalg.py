"""Norms and spectra: definitions, derivatives, batches, and where formulas break."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.testing import assert_close

from companion import linalg

MATRIX_FUNCTIONS = [
    linalg.condition_number,
    linalg.spectral_norm,
    linalg.spectral_radius,
]
DTYPES = [torch.float16, torch.bfloat16, torch.float32, torch.float64]
vectors = st.lists(st.floats(-1e150, 1e150), min_size=1, max_size=8).map(
    lambda entries: torch.tensor(entries, dtype=torch.float64)
)


@pytest.mark.parametrize(
    ("entries", "norm"),
    [
        pytest.param([3.0, 4.0], 5.0, id="pythagoras"),
        pytest.param([3e-30, 4e-30], 5e-30, id="squares-underflow"),
        pytest.param([3e30, 4e30], 5e30, id="squares-overflow"),
        pytest.param([3e38, 3e38], math.inf, id="norm-overflows"),
        pytest.param([0.0, 0.0], 0.0, id="zero"),
        pytest.param([], 0.0, id="empty"),
        pytest.param([math.inf, 1.0], math.inf, id="infinite"),
        pytest.param([math.nan, math.inf], math.nan, id="nan"),
    ],
)
def test_norm_of_known_vectors(entries, norm, device):
    x = torch.tensor(entries, device=device)
    expected = torch.tensor(norm, device=device)
    # Two divisions, a square root and a product: a few of float32's 6e-8.
    assert_close(
        linalg.euclidean_norm(x), expected, rtol=1e-6, atol=0.0, equal_nan=True
    )


@given(vectors, st.floats(-1e150, 1e150))
def test_norm_is_homogeneous(x, factor):
    scaled = linalg.euclidean_norm(factor * x)
    # Each side carries a few roundings of 1e-16; products below 2e-308 lose more.
    assert_close(
        scaled, abs(factor) * linalg.euclidean_norm(x), rtol=1e-14, atol=1e-307
    )


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_norm_is_rounded_once(dtype, rng, device):
    x = torch.randn(1000, generator=rng, device=device).to(dtype)
    exact = torch.linalg.vector_norm(x.double())
    norm = linalg.euclidean_norm(x)
    assert norm.dtype == dtype
    # One rounding to the dtype, and what float32 sums of 1000 squares may lose.
    assert_close(norm.double(), exact, rtol=torch.finfo(dtype).eps + 1e-6, atol=0.0)


def test_half_precision_sums_of_squares_do_not_overflow(device):
    x = torch.full((100,), 2e3, dtype=torch.float16, device=device)  # squares: 4e6
    assert linalg.euclidean_norm(x) == 2e4


def test_gradient_of_norm_is_the_unit_vector(rng, device):
    x = torch.randn(5, dtype=torch.float64, device=device, generator=rng)
    assert torch.autograd.gradcheck(linalg.euclidean_norm, x.requires_grad_())


@pytest.mark.parametrize("size", [0, 3])
def test_gradient_of_norm_at_zero_is_zero(size, device):
    zero = torch.zeros(size, device=device)
    assert_close(torch.func.grad(linalg.euclidean_norm)(zero), zero)


def test_norm_and_cosine_map_over_a_batch(rng, device):
    x, y = torch.randn(2, 7, 3, dtype=torch.float64, device=device, generator=rng)
    cosines = torch.nn.functional.cosine_similarity(x, y, dim=1)
    assert_close(torch.func.vmap(linalg.euclidean_norm)(x), x.norm(dim=1))
    assert_close(torch.func.vmap(linalg.cosine_similarity)(x, y), cosines)


@given(vectors, st.floats(1e-100, 1e100))
def test_cosine_with_a_multiple_is_one(x, factor):
    if x.abs().max() > 1e-150:  # below, the multiple may round to zero
        cosine = linalg.cosine_similarity(x, -factor * x).item()
        assert cosine == pytest.approx(-1.0, rel=1e-14)  # a sum of 8 products


def test_cosine_survives_norms_beyond_the_dtype():
    x = torch.full((4,), 3e38)  # its norm is 6e38
    axis = torch.tensor([1e-30, 0.0, 0.0, 0.0])
    assert_close(linalg.cosine_similarity(x, axis), torch.tensor(0.5))


def test_cosine_of_half_precision_sums_in_single():
    x = torch.ones(100_000, dtype=torch.float16)  # its inner product overflows
    assert linalg.cosine_similarity(x, x) == 1


def test_cosine_with_zero_is_nan():
    assert linalg.cosine_similarity(torch.zeros(2), torch.ones(2)).isnan()


def test_cosine_is_differentiable(rng, device):
    pair = torch.randn(2, 4, dtype=torch.float64, generator=rng, device=device)
    x, y = pair.requires_grad_()
    assert torch.autograd.gradcheck(linalg.cosine_similarity, (x, y))


def test_cosine_refuses_to_broadcast():
    with pytest.raises(ValueError, match=r"^y must have shape \(3,\), got \(3, 1\)$"):
        linalg.cosine_similarity(torch.ones(3), torch.ones(3, 1))


def test_spectra_of_a_rotated_stretch(device):
    # Eigenvalues of R(pi/2) diag(a, b) are +-i sqrt(ab); its singular values a, b.
    turn = torch.tensor([[0.0, -1.0], [1.0, 0.0]], dtype=torch.float64, device=device)
    matrix = turn @ torch.diag(turn.new_tensor([2.0, 0.1]))
    assert linalg.spectral_norm(matrix).item() == pytest.approx(2.0)
    assert linalg.spectral_radius(matrix).item() == pytest.approx(math.sqrt(0.2))
    assert linalg.condition_number(matrix).item() == pytest.approx(20.0)


def test_spectral_norm_is_the_largest_stretch(rng, device):
    matrix = torch.randn(4, 3, dtype=torch.float64, generator=rng, device=device)
    x = torch.randn(3, 1000, dtype=torch.float64, generator=rng, device=device)
    stretch = (matrix @ x).norm(dim=0) / x.norm(dim=0)
    assert stretch.max() <= linalg.spectral_norm(matrix)
    assert stretch.max() > 0.95 * linalg.spectral_norm(matrix)


def test_spectral_radius_is_the_growth_of_powers(rng, device):
    matrix = torch.randn(4, 4, dtype=torch.float64, generator=rng, device=device)
    radius = linalg.spectral_radius(matrix)
    power = torch.linalg.matrix_power(matrix / radius, 256)
    # Gelfand: the norm is within kappa(eigenvectors) of 1, so its root within 2 %
    # while kappa < e^(0.02 * 256) = 167; it is 14 here.
    kappa = linalg.condition_number(torch.linalg.eig(matrix).eigenvectors)
    assert kappa < 167
    assert (linalg.spectral_norm(power) ** (1 / 256)).item() == pytest.approx(
        1, rel=0.02
    )


@pytest.mark.parametrize("function", MATRIX_FUNCTIONS)
def test_matrix_functions_batch(function, rng, device):
    batch = torch.randn(2, 3, 4, 4, dtype=torch.float64, generator=rng, device=device)
    loop = torch.stack([function(matrix) for matrix in batch.flatten(0, 1)])
    assert_close(function(batch), loop.reshape(2, 3))
    assert_close(torch.func.vmap(function)(batch), loop.reshape(2, 3))


@pytest.mark.parametrize("function", MATRIX_FUNCTIONS)
def test_matrix_functions_are_differentiable(function, rng, device):
    matrix = torch.randn(4, 4, dtype=torch.float64, generator=rng, device=device)
    assert torch.autograd.gradcheck(function, matrix.requires_grad_())


@pytest.mark.parametrize("diagonal", [[0.0, 0.0], [1.0, 0.0]], ids=str)
def test_condition_of_a_singular_matrix_is_infinite(diagonal):
    assert linalg.condition_number(torch.diag(torch.tensor(diagonal))) == math.inf


@pytest.mark.parametrize("function", [linalg.condition_number, linalg.spectral_radius])
def test_square_functions_refuse_a_rectangle(function):
    message = r"^matrix must be square, \(\.\.\., n, n\), got shape \(2, 3\)$"
    with pytest.raises(ValueError, match=message):
        function(torch.zeros(2, 3))
