"""Random matrices: exact spectra, and laws within derived statistical error."""

import math

import pytest
import torch
from torch.testing import assert_close

from companion import ensembles
from companion.jacobians import growth_exponents
from companion.linalg import spectral_norm, spectral_radius

SEEDS = range(5)
SAMPLERS = {
    "gaussian": lambda **options: ensembles.gaussian_matrices(2, 3, **options),
    "orthogonal": lambda **options: ensembles.orthogonal_matrices(2, 3, **options),
    "values": lambda **options: ensembles.with_singular_values(
        torch.ones(2, 3, device=options["generator"].device), **options
    ),
    "radius": lambda **options: ensembles.with_spectral_radius(
        2, 3, radius=1.0, **options
    ),
}


def generator(seed):
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize("sampler", SAMPLERS.values(), ids=SAMPLERS.keys())
def test_generator_decides_everything(sampler, device):
    first, again, other = (
        sampler(generator=torch.Generator(device).manual_seed(seed))
        for seed in (0, 0, 1)
    )
    assert first.shape == (2, 3, 3)
    assert first.dtype == torch.float64
    assert first.device.type == device.type
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
    assert not torch.equal(first[0], first[1])


@pytest.mark.parametrize("sampler", SAMPLERS.values(), ids=SAMPLERS.keys())
def test_dtype_is_the_one_asked_for(sampler, rng):
    assert sampler(generator=rng, dtype=torch.float32).dtype == torch.float32


@pytest.mark.parametrize("seed", SEEDS)
def test_gaussian_variance(seed):
    count, width, gain = 50, 40, 1.5
    W = ensembles.gaussian_matrices(count, width, generator=generator(seed), gain=gain)
    # The mean of N squares of normals has relative error sqrt(2 / N).
    entries = count * width**2
    variance = W.square().mean().item() * width / gain**2
    assert abs(variance - 1) < 5 * math.sqrt(2 / entries)
    assert abs(W.mean().item()) < 5 * gain / math.sqrt(width * entries)


@pytest.mark.parametrize("seed", SEEDS)
def test_gaussian_eigenvalues_obey_the_circular_law(seed):
    count, width = 20, 100
    W = ensembles.gaussian_matrices(count, width, generator=generator(seed), gain=2.0)
    moduli = torch.linalg.eigvals(W).abs() / 2.0
    # Uniform in the disc: a share r^2 within radius r.  Eigenvalues repel, so counts
    # vary less than those of a binomial, sqrt(r^2 (1 - r^2) / N); a finite width adds a
    # bias of order 1 / n.
    share = (moduli < 0.5).double().mean().item()
    assert abs(share - 0.25) < 3 * math.sqrt(0.25 * 0.75 / (count * width)) + 1 / width


@pytest.mark.parametrize("seed", SEEDS)
def test_gaussian_spectral_norm_tends_to_twice_the_gain(seed):
    count, width = 10, 200
    W = ensembles.gaussian_matrices(count, width, generator=generator(seed))
    # Johnstone (2001): it is 2 + s T with s = (2 n)^(-2/3) and T of the Tracy-Widom
    # law, whose mean is -1.21 and standard deviation 1.27.
    s = (2 * width) ** (-2 / 3)
    error = 1.27 * s / math.sqrt(count)
    assert abs(spectral_norm(W).mean().item() - (2 - 1.21 * s)) < 5 * error


def test_orthogonality(rng, device):
    gain, width = 1.2, 6
    W = ensembles.orthogonal_matrices(4, width, generator=rng, gain=gain)
    eye = torch.eye(width, dtype=W.dtype, device=device).expand(4, -1, -1)
    assert_close(W.mT @ W, gain**2 * eye, rtol=0.0, atol=1e-14 * width)


@pytest.mark.parametrize("seed", SEEDS)
def test_orthogonal_matrices_are_haar(seed):
    count, width = 4000, 3
    Q = ensembles.orthogonal_matrices(count, width, generator=generator(seed))
    trace = Q.diagonal(dim1=1, dim2=2).sum(dim=1)
    # Under Haar measure on O(n): E tr Q = 0, E (tr Q)^2 = 1, E (tr Q)^4 = 3 (n >= 2),
    # so the sample means have errors 1 / sqrt(N) and sqrt(2 / N).  A QR factor with
    # LAPACK's signs fails: its diagonal is biased to one sign.
    assert abs(trace.mean().item()) < 5 / math.sqrt(count)
    assert abs(trace.square().mean().item() - 1) < 5 * math.sqrt(2 / count)
    # Invariance: a fixed rotation leaves the law of every entry as it was.
    turn = ensembles.orthogonal_matrices(1, width, generator=generator(99))[0]
    turned = (turn @ Q).diagonal(dim1=1, dim2=2).sum(dim=1)
    assert abs(turned.mean().item()) < 5 / math.sqrt(count)
    assert abs(turned.square().mean().item() - 1) < 5 * math.sqrt(2 / count)


def test_orthogonal_matrices_are_the_qr_factors_with_positive_diagonal(device):
    # Mezzadri's theorem: this factor of a Gaussian matrix, and no other, is Haar.
    draws = ensembles.gaussian_matrices(
        9, 5, generator=torch.Generator(device).manual_seed(0)
    )
    Q = ensembles.orthogonal_matrices(
        9, 5, generator=torch.Generator(device).manual_seed(0)
    )
    R = Q.mT @ draws
    assert_close(R.tril(-1), torch.zeros_like(R), rtol=0.0, atol=1e-13)
    assert (R.diagonal(dim1=1, dim2=2) > 0).all()


def test_singular_values_are_those_asked_for(rng, device):
    with device:
        values = torch.tensor([[3.0, 1.0, 0.0], [0.5, 2.0, 1e-3]]).double()
    W = ensembles.with_singular_values(values, generator=rng)
    found = torch.linalg.svdvals(W)
    expected = values.sort(descending=True).values
    # Weyl: an error of E in the matrix moves each singular value by at most |E|.
    assert_close(found, expected, rtol=0.0, atol=1e-14)


def test_singular_vectors_on_both_sides_are_random(rng):
    W = ensembles.with_singular_values(torch.tensor([1.0, 0.0]), generator=rng)
    assert W.abs().min() > 1e-6  # rank one, and neither factor is a coordinate axis


def test_one_matrix_has_no_leading_dimension(rng):
    values = torch.ones(3)
    assert ensembles.with_singular_values(values, generator=rng).shape == (3, 3)


@pytest.mark.parametrize("radius", [0.9, 2.0])
def test_radius_is_the_one_asked_for(radius, rng):
    W = ensembles.with_spectral_radius(5, 20, radius=radius, generator=rng)
    expected = torch.full((5,), radius, dtype=W.dtype, device=W.device)
    # Bauer-Fike: eps |W| kappa(eigenvectors), kappa about 100 at this width.
    assert_close(spectral_radius(W), expected, rtol=1e-12, atol=0.0)


@pytest.mark.parametrize(
    ("sampler", "name"),
    [
        (lambda **rest: ensembles.gaussian_matrices(0, 2, **rest), "count"),
        (lambda **rest: ensembles.gaussian_matrices(2, 0, **rest), "width"),
        (lambda **rest: ensembles.gaussian_matrices(2, 2, gain=-1.0, **rest), "gain"),
        (lambda **rest: ensembles.orthogonal_matrices(2, 2, gain=0.0, **rest), "gain"),
        (lambda **rest: ensembles.orthogonal_matrices(2, 0, **rest), "width"),
        (
            lambda **rest: ensembles.with_spectral_radius(2, 2, radius=0.0, **rest),
            "radius",
        ),
    ],
)
def test_sizes_and_scales_must_be_positive(sampler, name, rng):
    with pytest.raises(ValueError, match=f"^{name} must be positive and finite, got"):
        sampler(generator=rng)


def test_singular_values_must_be_nonnegative(rng):
    message = r"^values must be nonnegative and finite, got -1\.0$"
    with pytest.raises(ValueError, match=message):
        ensembles.with_singular_values(torch.tensor([1.0, -1.0]), generator=rng)


def test_singular_values_must_be_a_vector(rng):
    message = r"^values must have shape \(\.\.\., n\), got shape \(\)$"
    with pytest.raises(ValueError, match=message):
        ensembles.with_singular_values(torch.tensor(1.0), generator=rng)


@pytest.mark.parametrize("seed", range(3))
def test_gaussian_exponents_are_those_of_a_product_at_any_depth(seed):
    width, depth, gain = 6, 400, 1.3
    rng = torch.Generator().manual_seed(seed)
    factors = ensembles.gaussian_matrices(depth, width, generator=rng, gain=gain)
    exact = ensembles.gaussian_exponents(width, gain=gain)
    # The diagonal of R holds independent chi variables of n, n - 1, ... 1 freedoms.
    half = torch.arange(width, 0, -1, dtype=torch.float64) / 2
    error = torch.sqrt(torch.polygamma(1, half) / (4 * depth))
    assert ((growth_exponents(factors) - exact).abs() < 5 * error.max()).all()


def test_gaussian_exponents_sum_to_the_mean_log_determinant():
    # For width 1 it is the mean of log |N(0, 1)|: -(gamma + log 2) / 2.
    (one,) = ensembles.gaussian_exponents(1, gain=1.0)
    gamma = 0.5772156649015329
    assert one.item() == pytest.approx(-(gamma + math.log(2)) / 2, rel=1e-12)
    wide = ensembles.gaussian_exponents(4096, gain=0.5)
    assert wide[0].item() == pytest.approx(math.log(0.5), abs=2e-4)  # -1 / (2 n)
    assert (wide.diff() < 0).all()


def test_gaussian_exponents_refuse_what_is_not_positive():
    with pytest.raises(ValueError, match=r"^width must be positive and finite"):
        ensembles.gaussian_exponents(0, gain=1.0)
    with pytest.raises(ValueError, match=r"^gain must be positive and finite"):
        ensembles.gaussian_exponents(3, gain=0.0)
