"""The interactive spectrum of a kernel: its HTML, and its numbers against torch's."""

import math

import pytest
import torch
from scripts import evaluator, options_of

from companion.convolution import transfer_matrices
from companion.widgets import kernel_spectrum

in_node = evaluator("kernel_spectrum")

RANDOM = [0.3, -1.2, 0.7, 2.0, 0.1, -0.4, 1.5, -0.9, 0.6]
KERNELS = [RANDOM, [0, 0, 1, 0, 0, 0, 0, 0, 0], [1 / 9] * 9, [0] * 9]


def gains(taps, size):
    kernel = torch.tensor(taps, dtype=torch.float64).reshape(1, 1, 3, 3)
    return transfer_matrices(kernel, size=size)[:, :, 0, 0].abs()


# The HTML


def test_the_preset_reaches_the_browser():
    assert options_of(kernel_spectrum(preset="box")) == {"preset": "box"}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"preset": "sharpen"}, r"^preset must be one of .*, got 'sharpen'$"),
        ({"language": "de"}, r"^language must be 'en', 'zh' or None, got 'de'$"),
    ],
)
def test_kernel_spectrum_refuses(options, message):
    with pytest.raises(ValueError, match=message):
        kernel_spectrum(**options)


# The numbers, against torch's


@pytest.mark.parametrize("taps", KERNELS)
@pytest.mark.parametrize("size", [4, 7, 32])
def test_gains_agree_with_the_transfer_matrices(taps, size):
    found = in_node("xg.kernelSpectrum.gains(taps, size)", taps=taps, size=size)
    shifted = torch.tensor(found, dtype=torch.float64)
    expected = torch.fft.fftshift(gains(taps, size))
    torch.testing.assert_close(shifted, expected, rtol=0, atol=1e-13)


@pytest.mark.parametrize("taps", KERNELS)
def test_read_outs_agree_with_torch(taps):
    found = in_node("xg.kernelSpectrum.extremes(taps, 32)", taps=taps)
    values, norm = gains(taps, 32), math.hypot(*taps)
    expected = {
        "largest": values.max().item(),
        "smallest": values.min().item(),
        "norm": norm,
        "bound": 3 * norm,
    }
    assert found == pytest.approx(expected, abs=1e-13)


def test_the_box_attains_the_bound_and_one_tap_the_norm():
    found = in_node("xg.kernelSpectrum.extremes(xg.kernelSpectrum.presets.box, 32)")
    assert found["largest"] == pytest.approx(found["bound"], rel=1e-14)
    found = in_node(
        "xg.kernelSpectrum.extremes(xg.kernelSpectrum.presets.identity, 32)"
    )
    one = pytest.approx(1, rel=1e-14)
    assert [found[key] for key in ("largest", "smallest", "norm")] == [one] * 3


def test_presets_are_those_of_python():
    names = in_node("Object.keys(xg.kernelSpectrum.presets)")
    for name in (*names, "random"):
        assert kernel_spectrum(preset=name).tag == "xg-kernel-spectrum"


def test_random_kernels_repeat_for_their_seed_and_differ_for_others():
    one, again, other = in_node("[1, 1, 2].map(xg.kernelSpectrum.taps)")
    assert one == again
    assert one != other
    assert all(-2 <= tap <= 2 for tap in one)
    assert len(set(one)) > 5
