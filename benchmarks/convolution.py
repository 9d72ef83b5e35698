"""Five ways to the norm of a circular convolution: time, error and memory.

Run ``python -m benchmarks.convolution``. Times are CPU seconds of one thread over that
of the Fourier transform with singular values, best of three; memory is that of the
arrays a method must hold at once.
"""

import time
from collections.abc import Callable

import torch
from torch import Tensor

from companion.convolution import (
    convolution_norm,
    gram_bound,
    transfer_matrices,
)
from companion.linalg import spectral_norm
from companion.matrix_free import jacobian_norm, power_estimates

CASES = [(4, 8), (16, 8), (16, 16), (64, 16), (128, 16), (256, 8)]
MOST_DENSE = 1024  # rows of the largest dense matrix that is tried


def periodic(kernel: Tensor) -> Callable[[Tensor], Tensor]:
    """Return the circular convolution of an odd kernel as a function."""
    margin = (kernel.shape[-1] // 2,) * 4

    def apply(x: Tensor) -> Tensor:
        padded = torch.nn.functional.pad(x[None], margin, mode="circular")
        return torch.nn.functional.conv2d(padded, kernel)[0]

    return apply


def methods(kernel: Tensor, size: int) -> dict[str, tuple[Callable[[], Tensor], float]]:
    """Return each method and the bytes that it holds."""
    channels = kernel.shape[0]
    x = torch.zeros(channels, size, size, dtype=kernel.dtype)
    circular = periodic(kernel)
    rng = torch.Generator().manual_seed(1)

    def dense() -> Tensor:
        jacobian = torch.func.jacrev(circular)(x)
        return spectral_norm(jacobian.reshape(x.numel(), x.numel()))

    def gram() -> Tensor:
        return gram_bound(transfer_matrices(kernel, size=size), steps=6).amax()

    def lanczos() -> Tensor:
        found = jacobian_norm(circular, x, tolerance=1e-6, generator=rng, steps=400)
        return found.norm

    def power() -> Tensor:
        return power_estimates(circular, x, steps=50, generator=rng)[-1]

    blocks = 16.0 * size**2 * channels**2
    found: dict[str, tuple[Callable[[], Tensor], float]] = {
        "FFT + svdvals": (lambda: convolution_norm(kernel, size=size), blocks),
        "Gram, 6 steps": (gram, 3 * blocks),
        "Lanczos, 1e-6": (lanczos, 2 * 60 * 8.0 * x.numel()),
        "power, 50 steps": (power, 3 * 8.0 * x.numel()),
    }
    if x.numel() <= MOST_DENSE:
        found["dense"] = (dense, 8.0 * x.numel() ** 2)
    return found


def seconds(function: Callable[[], Tensor]) -> tuple[float, float]:
    """Return the best time of three, and the result."""
    times = []
    for _ in range(3):
        start = time.process_time()
        result = function().item()
        times.append(time.process_time() - start)
    return min(times), result


def main() -> None:
    """Print the table, one line a method and case."""
    torch.set_num_threads(1)
    print("channels  grid  method            time   ratio  relative error     MiB")
    for channels, size in CASES:
        rng = torch.Generator().manual_seed(0)
        kernel = torch.randn(
            channels, channels, 3, 3, generator=rng, dtype=torch.float64
        )
        kernel *= (2 / (9 * channels)) ** 0.5
        unit = exact = 0.0
        for name, (function, memory) in methods(kernel, size).items():
            spent, value = seconds(function)
            if not unit:
                unit, exact = spent, value
            print(
                f"{channels:8d}  {size:4d}  {name:15s} {spent:7.4f} {spent / unit:7.2f}"
                f"  {value / exact - 1:+14.1e} {memory / 2**20:7.1f}",
                flush=True,
            )


if __name__ == "__main__":
    main()
