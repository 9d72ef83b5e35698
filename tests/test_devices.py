"""Every function works where its input lives, every sampler where its generator does.

While each runs, torch's default device holds no data (the fixture `device`), so that no
GPU is needed to see what would fail on one; where there is a GPU, it runs there, too.
"""

import importlib
import inspect
import pkgutil

import pytest
import torch
from torch import Tensor, nn
from torch.utils import _pytree as pytree

import companion
from companion import (
    adaptive_clipping,
    adjoint,
    atlas,
    attention,
    cells,
    clipping,
    convolution,
    decay,
    dense,
    diffusion,
    ensembles,
    feedback,
    flows,
    integrators,
    jacobians,
    linalg,
    matrix_free,
    normalization,
    precision,
    probe,
    recurrence,
    residual,
    scaling,
    sick_runs,
    side_by_side,
    spikes,
    tanh_networks,
    tasks,
    training_runs,
    unet,
)

# These give text, numbers, files and drawings, wherever the tensors are that they get.
ELSEWHERE = {"claims", "parallel", "plotting", "recorder", "uncertainty", "widgets"}
NUMPY = {"probe.linear_operator"}


class On:
    """Inputs on a device: a vector, square matrices, numbers in (0, 1), a generator."""

    def __init__(self, device):
        """Draw them all."""
        self.rng = torch.Generator(device).manual_seed(0)
        options = {"generator": self.rng, "device": device, "dtype": torch.float64}
        self.x, self.y = torch.randn(2, 4, **options)
        self.A, self.B = torch.randn(2, 4, 4, **options) / 4
        self.kernel = torch.randn(2, 2, 3, 3, **options)
        self.image = torch.randn(1, 1, 8, 8, **options)
        self.share = torch.rand(4, **options).clamp(0.1, 0.9).sort(descending=True)[0]
        self.eye = torch.eye(4, dtype=torch.float64, device=device)
        self.lstm = nn.LSTM(4, 4, device=device)
        self.sequence = torch.zeros(5, 1, 4, device=device)
        self.networks = tanh_networks.TanhNetworks(
            self.eye[None], self.A[None, None], self.B[None]
        )
        self.stack = residual.residual_weights(
            2, 4, skip=1.0, scale=0.5, generator=self.rng
        )


def cost(x, u=0):
    return x.square().sum() + 0 * (u if isinstance(u, int) else u.sum())


def activations(depth, width, kind, rng):
    net = normalization.NormalizedMLP(
        depth, width, kind=kind, residual=True, gain=1.0, generator=rng
    )
    x = torch.ones(3, width, dtype=torch.float64, device=rng.device)
    return net(x * torch.arange(1, 4, device=rng.device)[:, None])


def linear(width, o):
    """A network of one hidden layer on a device."""
    layers = [nn.Linear(4, width), nn.Tanh(), nn.Linear(width, 4)]
    model = nn.Sequential(*layers).to_empty(device=o.x.device).to(o.x.dtype)
    set_all(model, 0.1)
    return model


def set_all(model, value):
    for parameter in model.parameters():
        parameter.data.fill_(value)


def unet_on(o, skip="concat"):
    return unet.UNet(2, 3, skip=skip, generator=o.rng)


def flow_on(o, bound):
    return flows.CouplingFlow(
        4, width=3, depth=2, bound=bound, generator=o.rng, dtype=torch.float64
    )


def pictures(o):
    return tasks.digits(generator=o.rng)


def block_on(o, norm="none"):
    return side_by_side.Block(o.A[None].clone(), activation=torch.tanh, norm=norm)


def cell_on(o, gates):
    rows = {"weight": o.A.repeat(1, gates, 1), "bias": o.x.repeat(1, 1, gates)}
    return {f"{name}_{end}_l0": rows[name] for name in rows for end in ("ih", "hh")}


def stack_on(o):
    return side_by_side.Stack(o.A[None], [block_on(o)], o.B[None])


def regulator(o):
    costs = dict.fromkeys(["state_cost", "control_cost", "terminal_cost"], o.eye)
    return feedback.lqr(o.A, o.B, **costs, horizon=3)


def called_thrice(rule, o):
    """A rule that clips, on gradients that grow."""
    gradients = {"weight": o.A[None], "bias": o.x[None]}
    weights = {"weight": o.B[None], "bias": o.y[None]}
    return [
        rule({name: size * g for name, g in gradients.items()}, weights)
        for size in (1, 3, 100)
    ]


CALLS = {
    "adaptive_clipping.MovingAverageClip": lambda o: called_thrice(
        adaptive_clipping.MovingAverageClip(ratio=1.5, start=0.1, warmup=1), o
    ),
    "adaptive_clipping.QuantileClip": lambda o: called_thrice(
        adaptive_clipping.QuantileClip(quantile=0.5), o
    ),
    "adaptive_clipping.SecondMomentClip": lambda o: called_thrice(
        adaptive_clipping.SecondMomentClip(ratio=2.0, warmup=1), o
    ),
    "adaptive_clipping.SkipClip": lambda o: called_thrice(
        adaptive_clipping.SkipClip(ratio=2.0, window=1), o
    ),
    "adaptive_clipping.UnitClip": lambda o: called_thrice(
        adaptive_clipping.UnitClip(ratio=0.1), o
    ),
    "adaptive_clipping.ZScoreClip": lambda o: called_thrice(
        adaptive_clipping.ZScoreClip(score=2.0, warmup=2), o
    ),
    "adjoint.costates": lambda o: adjoint.costates(
        torch.add, o.A, o.B[:3], running_cost=cost, terminal_cost=cost
    ),
    "adjoint.rollout": lambda o: adjoint.rollout(torch.add, o.x, o.A),
    "adjoint.shooting_loss": lambda o: adjoint.shooting_loss(
        torch.sin, o.A[:3], observations=o.B
    ),
    "atlas.atlas_points": lambda o: list(
        atlas.atlas_points("clip", 2, pictures(o), generators=[o.rng], gains=[0.5, 1.0])
    ),
    "attention.attention_logits": lambda o: attention.attention_logits(
        o.A, o.B, scale=0.5, cap=2.0, normalized=True
    ),
    "attention.query_gradient_norms": lambda o: attention.query_gradient_norms(
        3, keys=4, dim=5, scale=1.0, generator=o.rng
    ),
    "attention.softmax_jacobian_norm": lambda o: attention.softmax_jacobian_norm(
        o.A.softmax(dim=-1)
    ),
    "cells.gru_last": lambda o: cells.gru_last(cell_on(o, 3), o.A[None, None]),
    "cells.lstm_last": lambda o: cells.lstm_last(cell_on(o, 4), o.A[None, None]),
    "clipping.clip_by_norm": lambda o: clipping.clip_by_norm([o.x, o.A], threshold=0.1),
    "clipping.clip_by_value": lambda o: clipping.clip_by_value(o.x, threshold=0.1),
    "clipping.clip_per_sample": lambda o: clipping.clip_per_sample(o.A, threshold=0.1),
    "clipping.gaussian_clipping_cosine": lambda o: clipping.gaussian_clipping_cosine(
        o.share
    ),
    "convolution.convolution_norm": lambda o: convolution.convolution_norm(
        o.kernel, size=4
    ),
    "convolution.delta_orthogonal": lambda o: convolution.delta_orthogonal(
        3, width=3, generator=o.rng
    ),
    "convolution.gram_bound": lambda o: convolution.gram_bound(o.A, steps=3),
    "convolution.transfer_matrices": lambda o: convolution.transfer_matrices(
        o.kernel, size=4
    ),
    "decay.ridge_solution": lambda o: decay.ridge_solution(
        o.A, o.eye, weight_decay=0.1
    ),
    "dense.DenseBlock": lambda o: dense.DenseBlock(
        2, 4, growth=3, aggregate="concat", generator=o.rng
    )(o.x),
    "dense.stacked_norm_bounds": lambda o: dense.stacked_norm_bounds(o.A[None]),
    "dense.summed_norm_bounds": lambda o: dense.summed_norm_bounds(o.A[None]),
    "diffusion.add_noise": lambda o: diffusion.add_noise(o.x, o.y, alpha_bar=o.share),
    "diffusion.data_estimate": lambda o: diffusion.data_estimate(
        o.x, o.y, alpha_bar=o.share, prediction="velocity"
    ),
    "diffusion.sample_backwards": lambda o: diffusion.sample_backwards(
        lambda x, t: t * x, o.x, alpha_bar=o.share
    ),
    "diffusion.signal_to_noise": lambda o: diffusion.signal_to_noise(o.share),
    "ensembles.gaussian_matrices": lambda o: ensembles.gaussian_matrices(
        2, 3, generator=o.rng
    ),
    "ensembles.orthogonal_matrices": lambda o: ensembles.orthogonal_matrices(
        2, 3, generator=o.rng
    ),
    "ensembles.with_singular_values": lambda o: ensembles.with_singular_values(
        o.share, generator=o.rng
    ),
    "ensembles.with_spectral_radius": lambda o: ensembles.with_spectral_radius(
        2, 3, radius=0.9, generator=o.rng
    ),
    "feedback.lqr": regulator,
    "feedback.lyapunov_certificate": lambda o: feedback.lyapunov_certificate(
        0.1 * o.eye
    ),
    "flows.CouplingFlow": lambda o: [
        (flow_on(o, bound)(o.x), flow_on(o, bound).inverse(o.x))
        for bound in (0.0, 1.0, float("inf"))
    ],
    "flows.random_shears": lambda o: flows.random_shears(2, 4, generator=o.rng),
    "integrators.backward_euler_step": lambda o: integrators.backward_euler_step(
        o.A, o.x, step=0.1
    ),
    "integrators.critical_step": lambda o: integrators.critical_step(-o.share),
    "integrators.forward_euler_step": lambda o: integrators.forward_euler_step(
        torch.neg, o.x, step=0.1
    ),
    "integrators.rk4_step": lambda o: integrators.rk4_step(torch.neg, o.x, step=0.1),
    "integrators.stability_function": lambda o: integrators.stability_function(
        o.x, method="rk4"
    ),
    "integrators.trapezoid_step": lambda o: integrators.trapezoid_step(
        o.A, o.x, step=0.1
    ),
    "jacobians.gradient_norms": lambda o: jacobians.gradient_norms(
        [torch.sin, torch.cos], o.x, o.y
    ),
    "jacobians.growth_exponents": lambda o: jacobians.growth_exponents([o.A, o.B]),
    "jacobians.layer_jacobians": lambda o: jacobians.layer_jacobians([torch.sin], o.x),
    "jacobians.point_jacobians": lambda o: jacobians.point_jacobians(torch.sin, o.A),
    "linalg.condition_number": lambda o: linalg.condition_number(o.A),
    "linalg.cosine_similarity": lambda o: linalg.cosine_similarity(o.x, o.y),
    "linalg.euclidean_norm": lambda o: linalg.euclidean_norm(o.x),
    "linalg.spectral_norm": lambda o: linalg.spectral_norm(o.A),
    "linalg.spectral_radius": lambda o: linalg.spectral_radius(o.A),
    "matrix_free.jacobian_norm": lambda o: matrix_free.jacobian_norm(
        torch.sin, o.x, tolerance=1e-3, generator=o.rng
    ),
    "matrix_free.jacobian_products": lambda o: [
        product(o.x) for product in matrix_free.jacobian_products(torch.sin, o.x)[1:]
    ],
    "matrix_free.leading_exponents": lambda o: matrix_free.leading_exponents(
        [torch.sin], o.x, count=2, generator=o.rng
    ),
    "matrix_free.power_estimates": lambda o: matrix_free.power_estimates(
        torch.sin, o.x, steps=2, generator=o.rng
    ),
    "normalization.NormalizedMLP": lambda o: [
        activations(2, 4, kind, o.rng) for kind in normalization.KINDS
    ],
    "normalization.rms_jacobian": lambda o: normalization.rms_jacobian(
        o.x, epsilon=0.1
    ),
    "normalization.standardization_jacobian": lambda o: (
        normalization.standardization_jacobian(o.x, epsilon=0.1)
    ),
    "precision.round_scaled": lambda o: precision.round_scaled(
        o.x, dtype=torch.float16, block=2
    ),
    "probe.coordinate_check": lambda o: list(
        probe.coordinate_check(
            lambda width: linear(width, o),
            lambda net: set_all(net, 0.05),
            o.A,
            widths=(4, 8, 16),
        )
    ),
    "probe.probe": lambda o: list(
        probe.probe([torch.sin, torch.cos], o.A, generator=o.rng, probes=2)
    ),
    "recurrence.chrono_init_": lambda o: list(
        recurrence.chrono_init_(o.lstm, longest=9, generator=o.rng).parameters()
    ),
    "recurrence.critical_gate": lambda o: recurrence.critical_gate(o.x),
    "recurrence.gate_eigenvalues": lambda o: recurrence.gate_eigenvalues(o.x, o.share),
    "recurrence.gated_jacobian": lambda o: recurrence.gated_jacobian(
        o.x, o.A, gate=torch.sigmoid, drive=o.y
    ),
    "recurrence.gated_step": lambda o: recurrence.gated_step(
        o.x, o.A, gate=torch.sigmoid, drive=o.y
    ),
    "recurrence.input_gradient_profile": lambda o: recurrence.input_gradient_profile(
        o.lstm, o.sequence
    ),
    "residual.delete_block": lambda o: residual.delete_block(o.stack, 1),
    "residual.path_energies": lambda o: residual.path_energies(o.A[None], o.x),
    "residual.residual_layers": lambda o: [
        layer(o.x) for layer in residual.residual_layers(o.stack)
    ],
    "residual.residual_weights": lambda o: residual.residual_weights(
        2, 3, skip=1.0, scale=0.5, generator=o.rng
    ),
    "scaling.identity_plus_gaussian_norm": lambda o: (
        scaling.identity_plus_gaussian_norm(o.share)
    ),
    "scaling.variance_preserving_scale": lambda o: scaling.variance_preserving_scale(
        o.share, gain=1.0
    ),
    "spikes.train_with_spikes": lambda o: spikes.train_with_spikes(
        lambda g, w: g,
        tasks.Digits(*(x[:99].to(o.x.device) for x in tasks.digits(generator=o.rng))),
        learning_rates=o.share.float(),
        seeds=2,
        spikes=[(1,), ()],
        steps=20,
    ),
    "sick_runs.sick_run": lambda o: [
        sick_runs.sick_run(name, pictures(o), generators=[o.rng], steps=1).batches
        for name in sick_runs.NAMES
    ],
    "side_by_side.Block": lambda o: [
        block_on(o, norm)(o.A[None]) for norm in ("none", "batch", "layer")
    ],
    "side_by_side.Lookup": lambda o: side_by_side.Lookup(
        o.A[None], o.B[None], o.A[None], scale=1.0
    )(tasks.recall_batch((1, 3), pairs=2, symbols=4, generator=o.rng)),
    "side_by_side.Recurrent": lambda o: side_by_side.Recurrent(
        o.A[None, :1], o.B[None], o.A[None]
    )(o.A[None]),
    "side_by_side.Stack": lambda o: stack_on(o)(o.A[None]),
    "side_by_side.adam_step": lambda o: side_by_side.adam_step(
        {"w": o.A[None].clone()}, {"w": o.A[None]}, rates=o.A[0, :1], memory={}
    )["w"],
    "side_by_side.gradient_by_block": lambda o: list(
        side_by_side.gradient_by_block(
            stack_on(o),
            o.A[None],
            labels=torch.zeros(1, 4, dtype=torch.int64, device=o.A.device),
        )
    ),
    "side_by_side.sample_losses": lambda o: side_by_side.sample_losses(
        o.A[None], torch.zeros(1, 4, dtype=torch.int64, device=o.A.device)
    ),
    "tanh_networks.hidden_states": lambda o: tanh_networks.hidden_states(
        o.networks, o.A
    ),
    "tanh_networks.mean_growth_rates": lambda o: tanh_networks.mean_growth_rates(
        o.networks, o.A, generator=o.rng
    ),
    "tanh_networks.read_out": lambda o: tanh_networks.read_out(o.networks, o.A),
    "tanh_networks.tanh_networks": lambda o: tanh_networks.tanh_networks(
        o.A[None, None], inputs=2, outputs=3, generator=o.rng
    ),
    "tanh_networks.train_classifiers": lambda o: tanh_networks.train_classifiers(
        o.networks,
        o.A,
        labels=torch.tensor([0, 1, 2, 0], device=o.A.device),
        learning_rate=0.1,
        steps=2,
        batch=3,
        generator=o.rng,
        epsilon=1e-8,
    ),
    "tasks.adding_problem": lambda o: tasks.adding_problem(2, 4, generator=o.rng),
    "tasks.digits": lambda o: tasks.digits(generator=o.rng),
    "tasks.energy_distance": lambda o: tasks.energy_distance(o.A, o.B),
    "tasks.noisy_waves": lambda o: tasks.noisy_waves(2, 3, 4, generator=o.rng),
    "tasks.recall_batch": lambda o: tasks.recall_batch(
        (2,), pairs=2, symbols=4, generator=o.rng
    ),
    "tasks.thin_curves": lambda o: tasks.thin_curves(2, size=8, generator=o.rng),
    "tasks.two_moons": lambda o: tasks.two_moons(5, generator=o.rng),
    "training_runs.Run": lambda o: [
        run.loss(run.batches[0])
        for run in (sick_runs.sick_run("E", pictures(o), generators=[o.rng], steps=1),)
    ],
    "training_runs.train": lambda o: [
        training_runs.train(
            sick_runs.sick_run(name, pictures(o), generators=[o.rng], steps=1), clip=1.0
        )
        for name in sick_runs.NAMES
    ],
    "unet.UNet": lambda o: unet_on(o)(o.image),
    "unet.route_gradients": lambda o: unet.route_gradients(
        unet_on(o), o.image, level=1, cotangent=o.image
    ),
}


def needs_a_device(item):
    """Whether a function or module is given a tensor of data, or a generator."""
    kinds = [str(p.annotation) for p in inspect.signature(item).parameters.values()]
    tensors = any("Tensor" in kind for kind in kinds if "Callable[" not in kind[:30])
    return tensors or any("Generator" in kind or "Module" in kind for kind in kinds)


def test_every_function_of_a_tensor_or_a_generator_is_called():
    modules = {
        info.name: importlib.import_module(f"companion.{info.name}")
        for info in pkgutil.iter_modules(companion.__path__)
        if not info.name.startswith("_") and info.name not in ELSEWHERE
    }
    public = {
        f"{name}.{item}": getattr(module, item)
        for name, module in modules.items()
        for item in module.__all__
    }
    called = {
        name
        for name, item in public.items()
        if not (inspect.isclass(item) and issubclass(item, tuple))
        and needs_a_device(item)
        and name not in NUMPY
    }
    assert called <= set(CALLS) <= set(public)


@pytest.mark.parametrize("name", CALLS)
def test_a_function_stays_on_its_device(name, device):
    inputs = On(device)
    torch.manual_seed(0)
    untouched = torch.get_rng_state()
    found = CALLS[name](inputs)
    tensors = [x for x in pytree.tree_leaves(found) if isinstance(x, Tensor)]
    assert tensors
    assert {x.device.type for x in tensors} == {device.type}
    assert torch.equal(torch.get_rng_state(), untouched)  # no draw of its own
