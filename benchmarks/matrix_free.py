"""A recurrent network by products alone against its dense Jacobians.

Run ``python -m benchmarks.matrix_free``. Each measurement has a process of its own, so
that its peak memory is its own; only the ratios mean something elsewhere.
"""

import resource
import subprocess
import sys
import timeit
from collections.abc import Callable

import torch

from companion.ensembles import gaussian_matrices
from companion.jacobians import growth_exponents, layer_jacobians
from companion.linalg import spectral_norm
from companion.matrix_free import jacobian_norm, leading_exponents

STEPS = 30
WIDTHS = (64, 256, 1024)
WAYS = ("norm, dense", "norm, products", "exponent, dense", "exponent, products")


def task(way: str, width: int) -> Callable[[], object]:
    """Return one of two ways to the norm or the exponent of a tanh network."""
    rng = torch.Generator().manual_seed(0)
    (W,) = gaussian_matrices(1, width, generator=rng, gain=1.5, dtype=torch.float32)
    x = torch.randn(width, generator=rng)
    layers = [lambda x: torch.tanh(x @ W.T)] * STEPS

    def network(x: torch.Tensor) -> torch.Tensor:
        for layer in layers:
            x = layer(x)
        return x

    ways: dict[str, Callable[[], object]] = {
        "norm, dense": lambda: spectral_norm(torch.func.jacrev(network)(x)),
        "norm, products": lambda: jacobian_norm(
            network, x, tolerance=0.1, generator=rng
        ),
        "exponent, dense": lambda: growth_exponents(layer_jacobians(layers, x)),
        "exponent, products": lambda: leading_exponents(
            layers, x, count=1, generator=rng
        ),
    }
    return ways[way]


def measure(way: str, width: int) -> tuple[float, float]:
    """Return the least seconds of five runs and the additional MiB of one way."""
    torch.set_num_threads(1)
    task(way, 8)()  # the first call loads parts of torch that a later call finds there
    run = task(way, width)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    seconds = min(timeit.repeat(run, number=1, repeat=5))
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return seconds, (after - before) / 1024


def main() -> None:
    """Print, for each width and quantity, both ways and their ratio in time."""
    for width in WIDTHS:
        found = {}
        for way in WAYS:
            command = [sys.executable, "-m", __spec__.name, way, str(width)]
            output = subprocess.run(command, check=True, capture_output=True, text=True)
            found[way] = tuple(float(word) for word in output.stdout.split())
        for what in ("gain", "exponent"):
            (slow, large), (fast, small) = (
                found[f"{what}, dense"],
                found[f"{what}, products"],
            )
            print(
                f"width {width:5} {what:9}: {slow:.3f} s {large:.0f} MiB, by products "
                f"{fast:.3f} s {small:.0f} MiB; times {slow / fast:.1f}"
            )


if __name__ == "__main__":
    if len(sys.argv) > 1:
        print(*measure(sys.argv[1], int(sys.argv[2])))
    else:
        main()
