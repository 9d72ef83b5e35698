"""What the model answers to the questions in words say, run."""

import math

import pytest
import torch

from teaching.grading.grade import masters
from teaching.grading.keys import clipping_cliff, flight_doctor, gates_jacobian
from teaching.grading.keys import growth_decay as decay


def test_the_gradient_at_the_wall_grows_by_the_power_and_one():
    x, m = 0.5, 1.3
    w = m / (1 - math.tanh(x) ** 2)
    wall = (w, x - w * math.tanh(x), x, 0.2)
    short, long = (clipping_cliff.TASK.key(*wall, steps).norm() for steps in (20, 40))
    assert float(long / short) == pytest.approx(m**20 + 1, rel=1e-6)
    assert 180 < m**20 + 1 < 200


def test_a_harmonic_schedule_ends_in_tens_of_steps_and_a_square_one_never():
    slow = [1 / (1 + t) for t in range(1000)]
    assert 25 < decay.TASK.key(1.5, slow, 0.1) < 35
    fast = [rate**2 for rate in slow]
    assert decay.TASK.key(1.5, fast, 0.1) == -1
    rest = 0.1 * math.pi**2 / 6 * 1.001 / 0.9  # log(1 - x) > -x / 0.9 for x < 0.1
    assert 1.5 * math.exp(-rest) > 1  # whatever comes after the list


@pytest.mark.parametrize(
    ("f", "i", "shrinks"),
    [(0.9, 0.2, True), (0.1, 0.8, False), (0.51, 0.49, True), (0.49, 0.51, False)],
)
def test_two_gates_shrink_or_grow_whatever_their_sum(f, i, shrinks):
    zero, one = torch.zeros(1, 1).double(), torch.ones(1).double()
    b, c = (one * math.log(gate / (1 - gate)) for gate in (f, i))
    key = gates_jacobian.TASK.key(zero[0], -3 * torch.eye(1).double(), zero, zero, b, c)
    assert (abs(float(key)) < 1) == shrinks
    assert float(key) == pytest.approx(f - 3 * i)


def test_biases_show_what_weights_hide_and_smaller_inputs_change_nothing():
    names = {}
    exec(masters()["flight"].given, names)
    flight, network = names["flight"], names["network"]
    for size in (1e-4, 1e-6):
        record = flight(network(1.7), learning_rate=1e-9, size=size)
        rise = flight_doctor._rise(record, "bias")
        assert rise == pytest.approx(1.7**11, rel=0.1)
        assert flight_doctor._rise(record, "weight") == pytest.approx(1, rel=0.1)
    large = flight(network(1.7), learning_rate=1e-9, size=1.0)  # tanh saturates
    assert flight_doctor._rise(large, "bias") < 10
    well = flight(network(1.0), learning_rate=1e-9, size=1e-4)
    assert flight_doctor._rise(well, "bias") == pytest.approx(1, rel=0.1)


def test_a_clip_by_the_global_norm_leaves_the_ratio():
    names = {}
    exec(masters()["flight"].given, names)
    model = names["network"](1.7)
    x, y = torch.randn(2, 32, 16, generator=torch.Generator().manual_seed(1))

    def rise():
        model.zero_grad()
        (model(1e-4 * x) - y).square().mean().backward()
        return model[0].bias.grad.norm(), model[-2].bias.grad.norm()

    first, last = rise()
    ratio = first / last
    torch.nn.utils.clip_grad_norm_(model.parameters(), 0.01)
    clipped = model[0].bias.grad.norm() / model[-2].bias.grad.norm()
    assert float(clipped) == pytest.approx(float(ratio), rel=1e-5)
