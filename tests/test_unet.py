"""The small U-Net: what its skips carry, and the routes of a gradient."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.testing import assert_close

from companion.unet import UNet, route_gradients

MODES = ["concat", "detached", "gradient_only", "none"]
SHAPE = (2, 1, 16, 16)


def net(skip, gain=1.0, seed=0, levels=2, channels=4):
    rng = torch.Generator().manual_seed(seed)
    return UNet(levels, channels, skip=skip, gain=gain, generator=rng)


def normal(seed, *shape):
    rng = torch.Generator().manual_seed(seed)
    return torch.randn(shape, generator=rng, dtype=torch.float64)


def routes(unet, level=0, seed=1):
    x, g = normal(seed, 2, *SHAPE)
    return route_gradients(unet, x, level=level, cotangent=g)


@given(st.sampled_from(MODES), st.integers(0, 2), st.floats(0.5, 2.0))
def test_the_two_parts_add_up_to_the_gradient(mode, level, gain):
    found = routes(net(mode, gain), level)
    size = found.total.norm().item() + 1e-300
    assert_close(
        found.total, found.skip + found.long, rtol=1e-12, atol=1e-14 + 1e-12 * size
    )


@pytest.mark.parametrize("level", [0, 1, 2])
def test_the_gradient_at_a_level_is_what_autograd_finds(level):
    unet, (x, g) = net("concat"), normal(1, 2, *SHAPE)
    e, finer = x, []
    for each in range(level + 1):
        e = unet.encode(e, each)
        finer.append(e)
    finer.pop()
    logits = unet.finish(e, e, finer, level=level)
    assert_close(logits, unet(x).logits)
    assert_close(e, unet(x).encoded[level])
    (expected,) = torch.autograd.grad(logits, e, g)
    # The finer levels are upstream of this one: detaching them changes nothing.
    assert_close(routes(unet, level).total, expected)


def test_information_decides_the_output_and_gradient_the_gradient():
    x = normal(1, *SHAPE)
    out = {mode: net(mode)(x).logits for mode in MODES}
    assert_close(out["concat"], out["detached"])
    assert_close(out["gradient_only"], out["none"])
    assert not torch.allclose(out["concat"], out["none"])
    for mode, carries in zip(MODES, [True, False, True, False], strict=True):
        assert routes(net(mode)).skip.any() == carries


def test_each_level_may_have_a_mode_of_its_own():
    x = normal(1, *SHAPE)
    one, same, other = (
        net(mode)(x).logits
        for mode in ("concat", ("concat", "concat"), ("concat", "none"))
    )
    assert_close(same, one)
    assert not torch.allclose(other, one)
    assert routes(net(("none", "concat"))).skip.any() == torch.tensor(False)


@given(st.sampled_from(["gradient_only", "none"]), st.floats(0.5, 2.0))
def test_without_information_the_output_is_homogeneous_in_the_gain(mode, gain):
    x = normal(1, *SHAPE)
    # Depth 2 and two convolutions a stage: 6 + 6 + 1 between input and logits, by
    # stages of two at three levels down, two up-convolutions and two stages up.
    assert_close(net(mode, gain)(x).logits, gain**13 * net(mode)(x).logits)


def test_weights_have_the_variance_of_he():
    wide = net("none", gain=1.5, channels=48)
    second = wide.down[1][0].weight
    # 48 * 48 * 9 draws: six standard errors of a standard deviation.
    expected = 1.5 * (2 / (48 * 9)) ** 0.5
    assert abs(second.std() / expected - 1) < 6 / (2 * second.numel()) ** 0.5
    assert (
        abs(wide.up[0].weight.std() / (1.5 * 48**-0.5) - 1) < 6 / (2 * 48 * 48) ** 0.5
    )
    assert not any(p.any() for name, p in wide.named_parameters() if "bias" in name)


@pytest.mark.parametrize("name", ["levels", "channels", "gain"])
def test_sizes_must_be_positive(name):
    options = {"levels": 2, "channels": 2, "gain": 1.0, name: 0}
    with pytest.raises(ValueError, match=f"^{name} must be positive and finite, got 0"):
        net("concat", **options)


@pytest.mark.parametrize(
    ("skip", "message"),
    [
        ("sum", r"^skip must be one of \(.*\), got 'sum'$"),
        (("concat",), "^skip must have 2 modes, got 1$"),
    ],
)
def test_refuses_unknown_skips(skip, message):
    with pytest.raises(ValueError, match=message):
        net(skip)


@pytest.mark.parametrize("level", [-1, 3])
def test_refuses_a_level_that_is_not_there(level):
    with pytest.raises(ValueError, match=f"^level must be from 0 to 2, got {level}$"):
        routes(net("concat"), level)
