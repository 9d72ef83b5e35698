"""The probe: known gains, rates, spectra and walls are found within its own errors."""

import math

import pytest
import torch
from scipy.sparse.linalg import svds
from torch import nn

from companion.ensembles import orthogonal_matrices, with_singular_values
from companion.jacobians import layer_jacobians
from companion.probe import coordinate_check, linear_operator, probe


def linear_stack(matrices):
    return [lambda x, matrix=matrix: x @ matrix.T for matrix in matrices]


def batch(width, *, generator, size=16):
    return torch.randn(
        size, width, generator=generator, dtype=torch.float64, device=generator.device
    )


# Gains and rates


def test_orthogonal_blocks_have_the_gain_of_their_factor(rng):
    matrices = 1.3 * orthogonal_matrices(6, 24, generator=rng)
    found = probe(linear_stack(matrices), batch(24, generator=rng), generator=rng)
    assert found.names == list("012345")
    torch.testing.assert_close(found.gain, torch.full_like(found.gain, 1.3))
    assert found.rate.item() == pytest.approx(math.log(1.3))
    assert found.rate_error.item() < 1e-12
    assert found.participation.item() == pytest.approx(
        1, abs=5 * found.participation_error.item() + 0.02
    )


def test_the_backward_scale_is_the_product_of_the_gains(rng):
    model = nn.Sequential(*[nn.Linear(8, 8) for _ in range(4)]).double()
    found = probe(model, batch(8, generator=rng), generator=rng)
    products = found.gain.flip(0).cumprod(0).flip(0)
    torch.testing.assert_close(found.backward[:-1], products)
    assert found.backward[-1].item() == pytest.approx(1)


def test_forward_is_the_root_mean_square_of_what_each_block_puts_out(rng):
    x = batch(8, generator=rng)
    found = probe([torch.tanh, lambda y: 3 * y], x, generator=rng)
    expected = [v.square().mean().sqrt() for v in (x, x.tanh(), 3 * x.tanh())]
    torch.testing.assert_close(found.forward, torch.stack(expected))


@pytest.mark.parametrize("seed", range(5))
def test_the_participation_of_a_known_spectrum_lies_within_its_error(seed):
    rng = torch.Generator().manual_seed(seed)
    values = torch.linspace(1, 0.1, 40, dtype=torch.float64)
    (matrix,) = with_singular_values(values[None], generator=rng)
    found = probe(
        [lambda x: x @ matrix.T],
        batch(40, generator=rng, size=4),
        generator=rng,
        probes=64,
    )
    exact = values.square().sum() ** 2 / values.pow(4).sum() / 40
    # A jackknife of 64 gives the error to a tenth; five of them leave one in a million.
    assert abs(found.participation - exact) < 5 * found.participation_error
    assert found.participation_error < 0.1 * exact


def test_the_product_with_the_jacobian_is_that_of_the_jacobian(rng):
    model = nn.Sequential(nn.Linear(5, 7), nn.Tanh(), nn.Linear(7, 3)).double()
    x = batch(5, generator=rng, size=1)[0]
    operator = linear_operator(model, x)
    *_, dense = layer_jacobians([model], x)
    v = batch(5, generator=rng, size=1)[0]
    assert operator.matvec(v.numpy()) == pytest.approx((dense @ v).detach().numpy())
    assert svds(operator, k=1, return_singular_vectors=False)[0] == pytest.approx(
        torch.linalg.matrix_norm(dense, 2).item()
    )


# Named blocks of any model


class Residual(nn.Module):
    def __init__(self):
        super().__init__()
        self.table = nn.Embedding(10, 8)
        self.blocks = nn.ModuleList([nn.Linear(8, 8) for _ in range(3)])
        self.head = nn.Linear(8, 2)

    def forward(self, x):
        h = self.table(x)
        for block in self.blocks:
            h = h + block(h)
        return self.head(h)


def test_named_blocks_are_found_where_they_run(rng):
    model, x = Residual().double(), torch.tensor([[1, 2, 3]])
    blocks = ["blocks.0", "blocks.1", "blocks.2", "head"]
    found = probe(model, x, blocks=blocks, generator=rng)
    assert found.names == blocks
    assert found.gain.shape == (4,)
    assert not any(m._forward_hooks or m._forward_pre_hooks for m in model.modules())


# Walls


def test_the_walls_are_those_of_a_doubling(rng):
    found = probe(
        [lambda x: 2 * x] * 3, torch.ones(4, dtype=torch.float64), generator=rng
    )
    half = found.walls[0]
    assert half.dtype == torch.float16
    assert half.backward == (16, 16)  # 2**16 is infinite
    assert half.forward == (13, 13)  # three blocks have been climbed already


def test_what_shrinks_ends_at_zero_and_what_stays_never_ends(rng):
    x = torch.ones(4, dtype=torch.float64)
    assert probe([lambda x: x / 2] * 3, x, generator=rng).walls[0].backward == (25, 25)
    wall = probe([lambda x: x] * 3, x, generator=rng).walls[0]
    assert (wall.forward, wall.backward) == (None, None)


def test_a_signal_that_is_infinite_already_has_no_depth_left(rng):
    found = probe([lambda x: x * math.inf, lambda x: x], torch.ones(4), generator=rng)
    assert found.walls[0].forward == (0, 0)


# Over widths


def perceptron(width):
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Linear(16, width),
        nn.ReLU(),
        nn.Linear(width, width),
        nn.ReLU(),
        nn.Linear(width, 1),
    ).double()


def one_step_of_adam(model):
    x = torch.randn(
        32, 16, generator=torch.Generator().manual_seed(1), dtype=torch.float64
    )
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-4)
    (model(x) - 1).square().mean().backward()
    optimizer.step()


def test_adam_moves_wide_models_more_unless_its_rate_is_divided():
    """A signed step adds up over `width` inputs, so the slope is 1."""
    x = torch.randn(
        8, 16, generator=torch.Generator().manual_seed(2), dtype=torch.float64
    )
    check = coordinate_check(
        perceptron, one_step_of_adam, x, widths=(64, 128, 256, 512)
    )
    slopes = dict(zip(check.names, check.slope.tolist(), strict=True))
    assert check.moved.shape == (4, 5)
    assert abs(slopes["0"]) < 0.15  # its inputs do not widen
    assert slopes["2"] > 0.7
    assert slopes["4"] > 0.7


# Wrong use


def test_wrong_models_and_blocks_are_named(rng):
    model, x = Residual(), torch.tensor([[1]])
    with pytest.raises(
        ValueError, match="model must be sequential, or blocks must name its parts"
    ):
        probe(model, x, generator=rng)
    with pytest.raises(ValueError, match="model must have a block, got none"):
        probe([], torch.ones(2), generator=rng)
    with pytest.raises(
        ValueError, match="blocks must name modules of the model, got 'nose'"
    ):
        probe(model, x, blocks=["nose"], generator=rng)
    twice = nn.Sequential(nn.Linear(2, 2))
    twice.append(twice[0])
    with pytest.raises(ValueError, match="block 0 must run once, got 2 runs"):
        probe(twice, torch.ones(2), blocks=["0"], generator=rng)
    with pytest.raises(ValueError, match="probes must be 2 or more, got 1"):
        probe(twice, torch.ones(2), generator=rng, probes=1)
    with pytest.raises(
        ValueError, match="widths must have three different entries, got "
    ):
        coordinate_check(
            perceptron, one_step_of_adam, torch.ones(1, 16), widths=(8, 8, 16)
        )
