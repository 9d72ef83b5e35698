"""Convolutions as matrices: every way to their largest singular value must agree."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from companion.convolution import (
    convolution_norm,
    delta_orthogonal,
    gram_bound,
    transfer_matrices,
)
from companion.linalg import spectral_norm
from companion.matrix_free import jacobian_norm, power_estimates

SHAPES = [(1, 1, 1), (2, 3, 2), (3, 2, 3), (2, 2, 5)]


def kernel_of(shape, seed=0):
    rng = torch.Generator().manual_seed(seed)
    out, into, k = shape
    return torch.randn(out, into, k, k, generator=rng, dtype=torch.float64)


def circular(kernel):
    """The convolution of torch with the grid closed to a torus."""
    k = kernel.shape[-1]
    before, after = (k - 1) // 2, k // 2

    def apply(x):
        padded = torch.nn.functional.pad(
            x[None], (before, after, before, after), mode="circular"
        )
        return torch.nn.functional.conv2d(padded, kernel)[0]

    return apply


def dense(function, x):
    image = function(x)
    jacobian = torch.func.jacrev(function)(x)
    return jacobian.reshape(image.numel(), x.numel())


def grid(kernel, size):
    return torch.zeros(kernel.shape[1], size, size, dtype=kernel.dtype)


# Transfer matrices


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("size", [5, 6])
def test_singular_values_are_those_of_the_dense_matrix(shape, size):
    kernel = kernel_of(shape)
    matrix = dense(circular(kernel), grid(kernel, size))
    expected = torch.linalg.svdvals(matrix)
    blocks = torch.linalg.svdvals(transfer_matrices(kernel, size=size))
    found = blocks.flatten().sort(descending=True).values
    # Singular values are known to a few eps times the norm, which is below 100.
    torch.testing.assert_close(found, expected[: len(found)], rtol=0, atol=1e-12)


@pytest.mark.parametrize("shape", SHAPES)
def test_a_fourier_mode_is_carried_by_its_matrix(shape):
    kernel, size = kernel_of(shape), 6
    k = shape[-1]
    points = torch.arange(size, dtype=torch.float64)
    for f in ((1, 2), (0, 3), (5, 4)):
        angle = 2 * math.pi / size * (f[0] * points[:, None] + f[1] * points)
        wave = torch.polar(torch.ones_like(angle), angle)
        weights = torch.arange(1.0, shape[1] + 1, dtype=torch.float64)
        x = weights[:, None, None] * wave
        image = circular(kernel)(x.real) + 1j * circular(kernel)(x.imag)
        matrix = transfer_matrices(kernel, size=size)[f]
        centre = (k - 1) // 2
        phase = wave[(size - centre) % size, (size - centre) % size]
        expected = phase * (matrix @ weights.to(matrix))
        torch.testing.assert_close(
            image, expected[:, None, None] * wave, rtol=0, atol=1e-11
        )


def test_parseval():
    kernel = kernel_of((3, 2, 3))
    matrices = transfer_matrices(kernel, size=7)
    mean = matrices.abs().square().sum() / 49
    torch.testing.assert_close(mean, kernel.square().sum(), rtol=1e-13, atol=0)


def test_transfer_matrices_refuse_what_is_no_kernel():
    with pytest.raises(TypeError, match=r"^kernel must be a floating-point tensor"):
        transfer_matrices(torch.ones(1, 1, 3, 3, dtype=torch.int64), size=4)
    message = r"^kernel must have shape \(C_out, C_in, k, k\), got \(1, 3, 2\)"
    with pytest.raises(ValueError, match=message):
        transfer_matrices(torch.ones(1, 3, 2), size=4)
    message = r"^kernel must have shape \(C_out, C_in, k, k\), got \(1, 1, 3, 2\)"
    with pytest.raises(ValueError, match=message):
        transfer_matrices(torch.ones(1, 1, 3, 2), size=4)
    message = r"^kernel must have shape \(C_out, C_in, k, k\), got \(0, 1, 3, 3\)"
    with pytest.raises(ValueError, match=message):
        transfer_matrices(torch.ones(0, 1, 3, 3), size=4)


def test_the_grid_must_hold_the_kernel():  # the FFT would cut it without a word
    with pytest.raises(ValueError, match=r"^size must be at least 3, got 2$"):
        convolution_norm(torch.ones(1, 1, 3, 3), size=2)


# Norms and bounds


@given(seed=st.integers(0, 2**31 - 1), size=st.integers(3, 7))
def test_norm_lies_between_the_reshaped_kernel_and_k_times_it(seed, size):
    kernel = kernel_of((2, 3, 3), seed)
    reshaped = spectral_norm(kernel.flatten(1))
    ratio = convolution_norm(kernel, size=size) / reshaped
    assert 1 - 1e-12 <= ratio <= 3 + 1e-12


@given(seed=st.integers(0, 2**31 - 1), steps=st.integers(1, 8))
def test_gram_bound_is_above_and_no_further_than_it_says(seed, steps):
    matrices = transfer_matrices(kernel_of((3, 4, 3), seed), size=4)
    ratio = gram_bound(matrices, steps=steps) / spectral_norm(matrices)
    assert ratio.min() >= 1 - 1e-12
    assert ratio.max() <= 3 ** (0.5 ** (steps + 1)) * (1 + 1e-12)


def test_gram_bound_neither_overflows_nor_fails_at_zero():
    scales = torch.tensor([1e200, 1e-200, 0.0], dtype=torch.float64)
    matrices = scales[:, None, None] * torch.eye(2, dtype=torch.float64)
    found = gram_bound(matrices, steps=8)
    # The rank is two: the bound is 2**(1/512) too large.
    torch.testing.assert_close(found, scales * 2 ** (1 / 512), rtol=1e-12, atol=0)


def test_gram_bound_differentiates_to_the_outer_product():
    matrix = torch.randn(
        3, 3, generator=torch.Generator().manual_seed(0), dtype=torch.float64
    )
    found = torch.func.grad(lambda A: gram_bound(A, steps=12))(matrix)
    u, _, v = torch.linalg.svd(matrix)
    torch.testing.assert_close(found, torch.outer(u[:, 0], v[0]), rtol=1e-9, atol=1e-9)


def test_gram_bound_refuses_no_step():
    with pytest.raises(ValueError, match=r"^steps must be positive and finite, got 0"):
        gram_bound(torch.eye(2), steps=0)


@pytest.mark.parametrize("shape", SHAPES)
def test_lanczos_agrees_with_the_fourier_norm(shape, rng):
    kernel = kernel_of(shape)
    expected = convolution_norm(kernel, size=6)
    x = grid(kernel, 6)
    found = jacobian_norm(circular(kernel), x, tolerance=1e-10, generator=rng).norm
    torch.testing.assert_close(found, expected, rtol=1e-9, atol=0)


def test_power_estimates_increase_and_stay_below(rng):
    kernel = kernel_of((4, 4, 3))
    x = grid(kernel, 6)
    found = power_estimates(circular(kernel), x, steps=300, generator=rng)
    norm = convolution_norm(kernel, size=6)
    assert found.diff().min() > -1e-12
    assert found.max() <= norm * (1 + 1e-12)
    torch.testing.assert_close(found[-1], norm, rtol=1e-6, atol=0)


# Delta-orthogonal kernels


@pytest.mark.parametrize("mode", ["circular", "constant"])
def test_delta_orthogonal_is_an_isometry_with_any_padding(mode, rng):
    kernel = delta_orthogonal(3, width=5, generator=rng, gain=1.5)

    def apply(x):
        padded = torch.nn.functional.pad(x[None], (2,) * 4, mode=mode)
        return torch.nn.functional.conv2d(padded, kernel)[0]

    values = torch.linalg.svdvals(dense(apply, grid(kernel, 5)))
    expected = torch.full_like(values, 1.5)
    torch.testing.assert_close(values, expected, rtol=1e-13, atol=0)


def test_delta_orthogonal_refuses_a_kernel_without_a_centre(rng):
    with pytest.raises(ValueError, match=r"^width must be odd, got 2$"):
        delta_orthogonal(3, width=2, generator=rng)
    with pytest.raises(ValueError, match=r"^gain must be positive and finite"):
        delta_orthogonal(3, width=3, generator=rng, gain=0.0)
