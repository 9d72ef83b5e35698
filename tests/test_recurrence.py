"""Gated recurrence: against torch's own derivatives and cells, and at the edges."""

import copy
import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn
from torch.func import jacrev
from torch.testing import assert_close

from companion.ensembles import gaussian_matrices
from companion.recurrence import (
    chrono_init_,
    critical_gate,
    gate_eigenvalues,
    gated_jacobian,
    gated_step,
    input_gradient_profile,
)

ROUNDING = 1e-13  # of float64: sums of 16 products of numbers near ten
eigenvalues = st.complex_numbers(max_magnitude=1e3).map(
    lambda z: torch.tensor(z, dtype=torch.complex128)
)


def network(width=16, seed=0):
    rng = torch.Generator().manual_seed(seed)
    W, U = gaussian_matrices(2, width, generator=rng, gain=2.0)
    h, drive = 2 * torch.rand(2, width, generator=rng, dtype=torch.float64) - 1
    return h, W, {"gate": lambda h: torch.sigmoid(h @ U.T + 0.3), "drive": drive}


# The step and its Jacobian


@pytest.mark.parametrize("seed", range(5))
def test_the_terms_sum_to_what_autograd_finds(seed):
    h, W, rest = network(seed=seed)
    exact = jacrev(lambda h: gated_step(h, W, **rest))(h)
    assert_close(sum(gated_jacobian(h, W, **rest)), exact, rtol=0, atol=ROUNDING)


def test_the_step_with_a_closed_gate_is_torch_s_rnn_cell():
    h, W, rest = network()
    cell = nn.RNNCell(16, 16, dtype=torch.float64)
    with torch.no_grad():
        cell.weight_hh.copy_(W)
        cell.weight_ih.copy_(torch.eye(16))
        cell.bias_ih.zero_()
        cell.bias_hh.zero_()
    closed = gated_step(h, W, gate=torch.zeros_like, drive=rest["drive"])
    assert_close(closed, cell(rest["drive"], h), rtol=0, atol=ROUNDING)
    assert_close(gated_step(h, W, gate=torch.ones_like, drive=rest["drive"]), h)


def test_a_batch_is_a_loop():
    h, W, rest = network()
    batch = torch.stack([h, -h, 0 * h])
    loop = torch.stack([gated_step(row, W, **rest) for row in batch])
    assert_close(gated_step(batch, W, **rest), loop, rtol=0, atol=ROUNDING)


def test_the_terms_carry_no_gradient():
    h, W, rest = network()
    terms = gated_jacobian(h.requires_grad_(), W.requires_grad_(), **rest)
    assert not any(term.requires_grad for term in terms)


def test_a_gate_that_does_not_see_the_state_has_no_term():
    h, W, rest = network()
    blind = {"gate": lambda h: torch.full_like(h, 0.3), "drive": rest["drive"]}
    terms = gated_jacobian(h, W, **blind)
    assert terms.gate.abs().max() == 0
    assert_close(terms.carry, 0.3 * torch.eye(16, dtype=torch.float64))


def test_states_stay_in_the_cube():
    h, W, rest = network()
    for _ in range(200):
        h = gated_step(h, 50 * W, **rest)
        assert h.abs().max() <= 1 + 1e-12


def test_a_matrix_must_be_square():
    with pytest.raises(ValueError, match=r"^W must be square"):
        gated_step(
            torch.zeros(2), torch.zeros(2, 3), gate=torch.sigmoid, drive=torch.zeros(2)
        )


def test_the_jacobian_needs_one_state_and_its_matrix():
    rest = {"gate": torch.sigmoid, "drive": torch.zeros(2)}
    with pytest.raises(ValueError, match=r"^h must have shape \(n,\), got \(1, 2\)"):
        gated_jacobian(torch.zeros(1, 2), torch.eye(2), **rest)
    with pytest.raises(ValueError, match=r"^W must have shape \(2, 2\), got \(3, 3\)"):
        gated_jacobian(torch.zeros(2), torch.eye(3), **rest)


# Eigenvalues


@pytest.mark.parametrize("z", [0.0, 0.3, 0.9, 1.0])
def test_slid_eigenvalues_are_those_of_the_mixed_matrix(z):
    rng = torch.Generator().manual_seed(0)
    (W,) = gaussian_matrices(1, 12, generator=rng)
    slid = gate_eigenvalues(
        torch.linalg.eigvals(W), torch.tensor(z, dtype=torch.float64)
    )
    mixed = torch.linalg.eigvals(z * torch.eye(12, dtype=torch.float64) + (1 - z) * W)
    nearest = (slid[:, None] - mixed).abs().amin(dim=1)
    assert nearest.max() < 1e-11  # eigenvectors conditioned by less than 100


@given(eigenvalues, st.floats(0, 1))
def test_the_critical_gate_divides_stable_from_unstable(eigenvalue, share):
    edge = critical_gate(eigenvalue)
    assert 0 <= edge <= 1
    z = torch.tensor(share, dtype=torch.float64)
    modulus = gate_eigenvalues(eigenvalue, z).abs()
    margin = 1e-9 * (1 + eigenvalue.abs())
    if z > edge + margin and z < 1:
        assert modulus < 1 + 1e-12
    if z < edge - margin:
        assert modulus > 1 - 1e-12


def test_critical_gates_that_are_known():
    # (1 − z)(2i) + z is on the circle at z = 3/5; 1 and all to its right never are in.
    values = torch.tensor([-3, 2j, 0.5, 1, 1 + 1j, 1.5], dtype=torch.complex128)
    expected = torch.tensor([0.5, 0.6, 0, 1, 1, 1], dtype=torch.float64)
    assert_close(critical_gate(values), expected)


@pytest.mark.parametrize("z", [-0.1, 1.1, math.nan])
def test_a_gate_is_between_zero_and_one(z):
    with pytest.raises(ValueError, match=r"^z must lie in \[0, 1\], got \["):
        gate_eigenvalues(torch.ones(2), torch.tensor([0.5, z]))


# Initialization


def test_chrono_sets_these_biases_and_no_other(rng):
    for kind, gates in ((nn.LSTM, 4), (nn.GRU, 3)):
        module = kind(2, 5, num_layers=2, bidirectional=True)
        before = copy.deepcopy(module)
        rng.manual_seed(0)
        assert chrono_init_(module, longest=50, generator=rng) is module
        for (name, now), then in zip(
            module.named_parameters(), before.parameters(), strict=True
        ):
            if "bias" not in name:
                assert torch.equal(now, then)
                continue
            second = now[5:10]
            if "_hh" in name:
                assert (second == 0).all()
            else:
                assert ((second > 0) & (second < math.log(49))).all()
            first = now[:5] if gates == 4 else then[:5]
            mirror = -second if gates == 4 else then[:5]
            assert torch.equal(first, mirror)
            assert torch.equal(now[10:], then[10:])


def test_chrono_times_are_uniform(rng):
    lstm = chrono_init_(nn.LSTM(1, 1_000), longest=101, generator=rng)
    times = lstm.bias_ih_l0[1_000:2_000].exp()
    error = 99 / math.sqrt(12 * 1_000)  # standard error of a uniform law's mean
    assert times.mean().item() == pytest.approx(50.5, abs=6 * error)


def test_chrono_refuses(rng):
    with pytest.raises(TypeError, match=r"^module must be an nn.LSTM or nn.GRU, got R"):
        chrono_init_(nn.RNN(1, 2), longest=9, generator=rng)
    with pytest.raises(ValueError, match=r"^longest must be 3 or more, got 2"):
        chrono_init_(nn.LSTM(1, 2), longest=2, generator=rng)
    with pytest.raises(ValueError, match=r"^module must have biases, got bias=False"):
        chrono_init_(nn.GRU(1, 2, bias=False), longest=9, generator=rng)


# The profile


def test_the_profile_of_a_linear_decay_is_a_line():
    rnn = nn.RNN(1, 1, bias=False)
    with torch.no_grad():
        rnn.weight_hh_l0.fill_(0.1)
        rnn.weight_ih_l0.fill_(2.0)
    profile = input_gradient_profile(rnn, torch.zeros(60, 3, 1))
    expected = math.log10(2) - torch.arange(60, dtype=torch.float64)
    # 0.1 in float32 is off by 1.5e-9, which sixty lags add up; 1e-60 is no float32.
    assert_close(profile, expected, rtol=0, atol=1e-6)


@pytest.mark.parametrize("kind", [nn.RNN, nn.LSTM, nn.GRU])
def test_the_profile_leaves_the_module_alone_and_agrees_with_autograd(kind):
    torch_rng = torch.Generator().manual_seed(0)
    module = kind(2, 4)
    for parameter in module.parameters():
        nn.init.normal_(parameter, generator=torch_rng)
    before = copy.deepcopy(module.state_dict())
    x = torch.randn(5, 1, 2, generator=torch_rng)
    profile = input_gradient_profile(module, x)
    assert all(torch.equal(v, before[k]) for k, v in module.state_dict().items())
    assert all(p.grad is None for p in module.parameters())
    jacobian = jacrev(lambda x: module(x)[0][-1].sum() / 2)(x)
    norms = jacobian.norm(dim=-1)[:, 0].flip(0).log10()
    assert_close(profile, norms.double(), rtol=0, atol=1e-4)  # float32 against float64


def test_the_profile_needs_a_batch():
    with pytest.raises(ValueError, match=r"^x must have shape \(T, B, m\), got \(5, 2"):
        input_gradient_profile(nn.RNN(2, 3), torch.zeros(5, 2))
