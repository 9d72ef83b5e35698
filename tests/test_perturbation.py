"""A check that cannot fail is a defect: break each prediction and each function."""

import importlib
import os
import re
import sys
import warnings

import matplotlib as mpl
import pytest
import torch

from companion.claims import read_ledger
from press.book import read_book
from press.paths import BOOK

CHAPTERS = {
    "gradient-clipping": {
        "clipping.clip_by_norm": lambda x: times(1.01, x),
        "clipping.clip_by_value": lambda x: x + 0.01 * x.abs().max(),
        "clipping.clip_per_sample": lambda x: times(1.01, x),
        "clipping.gaussian_clipping_cosine": lambda x: 0.99 * x,
        "ensembles.gaussian_matrices": lambda x: 1.5 * x,
        "ensembles.orthogonal_matrices": lambda x: 1.01 * x,
        "linalg.cosine_similarity": lambda x: 1.01 * x,
        "linalg.euclidean_norm": lambda x: 1.01 * x + 0.01,
        "linalg.spectral_norm": lambda x: 0.5 * x,
        "linalg.spectral_radius": lambda x: 1.05 * x,
        "tasks.noisy_waves": lambda x: 0.1 * x,
    },
    "diagnosing-a-run": {
        "atlas.atlas_points": lambda x: x._replace(loss=x.loss + 1),
        "atlas.gradient_factor": lambda x: 1.3 * x,
        "atlas.stored_atlas": lambda x: {**x, "plain": x["residual"]},
        "probe.probe": lambda x: x._replace(rate=x.rate + 0.3),
        "sick_runs.sick_run": lambda x: weaker(x),
        "training_runs.train": lambda x: x._replace(losses=x.losses + 1),
        "side_by_side.gradient_by_block": lambda x: (x[0].flip(1), x[1]),
        "tasks.digits": lambda x: x._replace(labels=x.labels.roll(1)),
    },
    "clipping-in-practice": {
        "adaptive_clipping.MovingAverageClip": lambda x: unclipped,
        "adaptive_clipping.QuantileClip": lambda x: unclipped,
        "adaptive_clipping.SecondMomentClip": lambda x: unclipped,
        "adaptive_clipping.SkipClip": lambda x: unclipped,
        "adaptive_clipping.UnitClip": lambda x: unclipped,
        "adaptive_clipping.ZScoreClip": lambda x: unclipped,
        "clipping.clip_by_norm": lambda x: times(1.01, x),
        "clipping.clip_by_value": lambda x: 0 * x,
        "clipping.clip_per_sample": lambda x: times(1.5, x),
        "linalg.cosine_similarity": lambda x: 1.01 * x,
        "parallel.run_on_ranks": lambda x: [
            (mine, 1.01 * total, kind) for mine, total, kind in x
        ],
        "spikes.train_with_spikes": lambda x: x + 0.5,
        "tasks.digits": lambda x: x._replace(labels=(3 * x.labels) % 10),
    },
    "diffusion-weighting": {
        "clipping.clip_per_sample": lambda x: times(1.01, x),
        "diffusion.add_noise": lambda x: 1.01 * x,
        "diffusion.cosine_schedule": lambda x: 0.999 * x,
        "diffusion.data_estimate": lambda x: 1.01 * x,
        "diffusion.linear_schedule": lambda x: 0.999 * x,
        "diffusion.sample_backwards": lambda x: 0.4 * x,
        "diffusion.signal_to_noise": lambda x: 1.01 * x,
        "tasks.digits": lambda x: x._replace(labels=x.labels.roll(1)),
        "tasks.energy_distance": lambda x: x + 0.04,
        "tasks.two_moons": lambda x: 5 * x,
    },
    "jacobian-products": {
        "ensembles.gaussian_exponents": lambda x: x + 0.05,
        "ensembles.gaussian_matrices": lambda x: 1.1 * x,
        "ensembles.orthogonal_matrices": lambda x: 1.01 * x,
        "ensembles.with_singular_values": lambda x: 0.3 * x,
        "jacobians.growth_exponents": lambda x: x + 0.05,
        "jacobians.layer_jacobians": lambda x: [1.01 * factor for factor in x],
        "linalg.condition_number": lambda x: 1.01 * x,
        "linalg.spectral_norm": lambda x: 1.01 * x,
        "linalg.spectral_radius": lambda x: 1.01 * x,
        "matrix_free.jacobian_norm": lambda x: x._replace(norm=1.01 * x.norm),
        "matrix_free.leading_exponents": lambda x: x + 0.05,
        "tanh_networks.hidden_states": lambda x: [*x[:-1], 2 * x[-1]],
        "tanh_networks.mean_growth_rates": lambda x: x + 0.3,
        "tanh_networks.read_out": lambda x: x.roll(1, -1),
        "tanh_networks.tanh_networks": lambda x: x._replace(exit=0 * x.exit),
        "tanh_networks.train_classifiers": lambda x: x._replace(
            exit=x.exit.roll(1, -1)
        ),
        "tasks.digits": lambda x: x._replace(labels=(3 * x.labels) % 10),
    },
    "normalizing-flows": {
        "clipping.clip_per_sample": lambda x: times(1.5, x),
        "ensembles.with_singular_values": lambda x: 1.01 * x,
        "flows.CouplingFlow": lambda x: x.register_forward_hook(more_volume) and x,
        "jacobians.point_jacobians": lambda x: 1.01 * x,
        "flows.random_shears": lambda x: 1.01 * x,
        "flows.shear_growth_rate": lambda x: 1.01 * x,
        "jacobians.growth_exponents": lambda x: 1.01 * x + 0.01,
        "linalg.condition_number": lambda x: 1.01 * x,
        "linalg.spectral_norm": lambda x: 1.01 * x,
        "tasks.digits": lambda x: thick(x),
        "tasks.two_moons": lambda x: 3.0 * x,
    },
    "numerical-stability": {
        "clipping.clip_per_sample": lambda x: times(0, x),
        "ensembles.gaussian_matrices": lambda x: 1.5 * x,
        "ensembles.orthogonal_matrices": lambda x: 1.01 * x,
        "ensembles.with_singular_values": lambda x: 1.01 * x,
        "integrators.backward_euler_step": lambda x: 1.01 * x,
        "integrators.critical_step": lambda x: 1.01 * x,
        "integrators.forward_euler_step": lambda x: 1.01 * x,
        "precision.overflow_depth": lambda x: x + 1,
        "precision.round_scaled": lambda x: x + 0.05 * x.abs().max(),
        "integrators.rk4_step": lambda x: 1.01 * x,
        "integrators.stability_function": lambda x: 1.01 * x,
        "integrators.trapezoid_step": lambda x: 1.01 * x,
        "precision.underflow_depth": lambda x: x + 1,
        "side_by_side.adam_step": lambda x: forgetful(x),
        "tasks.digits": lambda x: x._replace(labels=(3 * x.labels) % 10),
        "linalg.condition_number": lambda x: 1.01 * x,
        "linalg.euclidean_norm": lambda x: 1.01 * x,
        "linalg.spectral_norm": lambda x: 1.01 * x,
        "linalg.spectral_radius": lambda x: 1.01 * x,
    },
    "optimal-control": {
        "adjoint.costates": lambda x: x._replace(state=1.01 * x.state),
        "adjoint.rollout": lambda x: 1.01 * x,
        "adjoint.shooting_loss": lambda x: x._replace(misfit=-x.misfit),
        "clipping.clip_per_sample": lambda x: times(0, x),
        "feedback.lqr": lambda x: x._replace(values=1.01 * x.values),
        "feedback.lyapunov_certificate": lambda x: x._replace(matrix=1.01 * x.matrix),
        "integrators.forward_euler_step": lambda x: 1.01 * x,
        "integrators.rk4_step": lambda x: 1.01 * x,
        "jacobians.growth_exponents": lambda x: x + 0.05,
        "jacobians.layer_jacobians": lambda x: [1.01 * factor for factor in x],
        "linalg.condition_number": lambda x: 3 * x,
        "linalg.spectral_radius": lambda x: 1.05 * x,
    },
    "weight-decay": {
        "decay.decay_steps": lambda x: x + 1,
        "decay.noise_variance": lambda x: 1.3 * x,
        "decay.ridge_solution": lambda x: 1.01 * x,
        "ensembles.gaussian_matrices": lambda x: x + x.mT,
        "ensembles.with_spectral_radius": lambda x: 0.8 * x,
        "linalg.spectral_norm": lambda x: 1.01 * x + 0.01,
        "linalg.spectral_radius": lambda x: 1.01 * x,
    },
    "gated-recurrence": {
        "cells.gru_last": lambda x: 0 * x,
        "cells.lstm_last": lambda x: 0 * x,
        "clipping.clip_per_sample": lambda x: times(0, x),
        "ensembles.gaussian_matrices": lambda x: 0.2 * x,
        "linalg.spectral_norm": lambda x: 0.01 * x,
        "linalg.spectral_radius": lambda x: 1.05 * x,
        "matrix_free.leading_exponents": lambda x: x + 0.1,
        "recurrence.chrono_init_": lambda x: short_memory(x),
        "recurrence.critical_gate": lambda x: 0.99 * x,
        "recurrence.gate_eigenvalues": lambda x: 1.01 * x,
        "recurrence.gated_jacobian": lambda x: x._replace(gate=1.01 * x.gate),
        "recurrence.gated_step": lambda x: 1.01 * x,
        "recurrence.input_gradient_profile": lambda x: 0.8 * x,
        "side_by_side.adam_step": lambda x: forgetful(x),
        "tasks.adding_problem": lambda x: x._replace(y=x.y.roll(1)),
    },
    "normalization": {
        "ensembles.gaussian_matrices": lambda x: 1.5 * x,
        "ensembles.orthogonal_matrices": lambda x: 0 * x,
        "jacobians.gradient_norms": lambda x: x * torch.arange(1, len(x) + 1),
        "linalg.spectral_norm": lambda x: 1.01 * x,
        "normalization.NormalizedMLP": lambda net: without_norms(net),
        "normalization.activation_moments": lambda x: x._replace(
            variance=0.99 * x.variance
        ),
        "normalization.mean_field_norms": lambda x: 1.01 * x,
        "normalization.rms_jacobian": lambda x: 1.01 * x,
        "normalization.standardization_jacobian": lambda x: 1.01 * x,
        "tasks.digits": lambda x: x._replace(labels=x.labels.flip(0)),
    },
    "residual-connections": {
        "ensembles.gaussian_matrices": lambda x: 1.1 * x,
        "ensembles.orthogonal_matrices": lambda x: 1.2 * x,
        "jacobians.gradient_norms": lambda x: x * torch.arange(1, len(x) + 1),
        "linalg.spectral_norm": lambda x: 1.01 * x,
        "normalization.NormalizedMLP": lambda net: without_norms(net),
        "normalization.activation_moments": lambda x: x._replace(
            square=1.01 * x.square
        ),
        "normalization.mean_field_norms": lambda x: 1.01 * x,
        "residual.delete_block": lambda x: x._replace(scale=x.scale + 1),
        "scaling.identity_plus_gaussian_norm": lambda x: 1.03 * x,
        "residual.path_energies": lambda x: x.flip(-1),
        "residual.residual_layers": lambda x: x[:-8],
        "residual.residual_weights": lambda x: x._replace(outer=1.2 * x.outer),
        "scaling.scaled_residual_bound": lambda x: 1.01 * x,
        "scaling.variance_preserving_scale": lambda x: 1.01 * x,
        "side_by_side.adam_step": lambda x: forgetful(x),
        "side_by_side.sample_losses": lambda x: -x,
        "tasks.digits": lambda x: x._replace(labels=(3 * x.labels) % 10),
    },
    "attention-scaling": {
        "attention.attention_logits": lambda x: 1.01 * x,
        "attention.query_gradient_norms": lambda x: 1.05 * x,
        "tasks.recall_batch": lambda x: x._replace(target=x.target.roll(1, 1)),
        "attention.softmax_jacobian_norm": lambda x: 1.01 * x,
        "linalg.spectral_norm": lambda x: 3.0 * x,
    },
    "dense-connections": {
        "dense.DenseBlock": lambda net: louder(net),
        "dense.dense_gain": lambda x: 1.01 * x,
        "dense.stacked_norm_bounds": lambda x: x._replace(norm=1.01 * x.norm),
        "dense.summed_norm_bounds": lambda x: x._replace(norm=1.01 * x.norm),
        "ensembles.gaussian_matrices": lambda x: 1.5 * x,
        "ensembles.orthogonal_matrices": lambda x: 1.01 * x,
        "linalg.spectral_norm": lambda x: 1.01 * x,
        "side_by_side.adam_step": lambda x: forgetful(x),
        "tasks.digits": lambda x: x._replace(labels=(3 * x.labels) % 10),
        "tasks.thin_curves": lambda x: x._replace(masks=x.masks.flip(0)),
        "unet.UNet": lambda net: unconnected(net),
        "unet.route_gradients": lambda x: x._replace(skip=1.01 * x.skip),
    },
    "convolution-jacobians": {
        "convolution.convolution_norm": lambda x: 1.01 * x,
        "convolution.delta_orthogonal": lambda x: 1.01 * x,
        "convolution.gram_bound": lambda x: 0.99 * x,
        "matrix_free.jacobian_norm": lambda x: x._replace(norm=1.01 * x.norm),
        "matrix_free.power_estimates": lambda x: 1.01 * x,
        "convolution.transfer_matrices": lambda x: 1.01 * x,
        "ensembles.orthogonal_matrices": lambda x: 0.9 * x,
        "jacobians.growth_exponents": lambda x: x + 0.5,
        "linalg.spectral_norm": lambda x: 1.01 * x,
        "tasks.digits": lambda x: x._replace(labels=(3 * x.labels) % 10),
    },
}


def times(factor, clipped):
    """A clipped gradient, or each of several, multiplied."""
    tree = clipped.gradient
    if isinstance(tree, torch.Tensor):
        tree = factor * tree
    elif isinstance(tree, dict):
        tree = {name: factor * leaf for name, leaf in tree.items()}
    else:
        tree = type(tree)(factor * leaf for leaf in tree)
    return clipped._replace(gradient=tree)


def unclipped(gradients, weights):
    """A rule that lets everything pass."""
    return gradients


def short_memory(lstm):
    """Undo an initialization for long times."""
    with torch.no_grad():
        lstm.bias_ih_l0.zero_()
    return lstm


def forgetful(weights):
    """Forget a third of what is there, at each step."""
    with torch.no_grad():
        for weight in weights.values():
            weight *= 2 / 3
    return weights


def without_norms(net):
    """Take the normalizations out of a stack."""
    for block in net.blocks:
        block.norm = torch.nn.Identity()
    return net


def weaker(run):
    """Start all weights of a run at half their size."""
    for parameter in run.model.parameters():
        parameter.data *= 0.5
    return run


def louder(net):
    """Start the inner weights of a dense block half as large again."""
    with torch.no_grad():
        for weight in net.inner:
            weight *= 1.5
    return net


def unconnected(net):
    """Cut every long skip of a U-Net."""
    net.skips = ("none",) * len(net.skips)
    return net


def thick(pictures):
    """No pixel is constant any more, and no two vary together."""
    rng = torch.Generator().manual_seed(0)
    noise = torch.randn(pictures.images.shape, generator=rng)
    other = torch.randn(pictures.test_images.shape, generator=rng)
    return pictures._replace(images=noise, test_images=other)


def more_volume(_, __, flowed):
    """Let a flow claim that it enlarges volume a little more than it does."""
    return flowed._replace(log_det=flowed.log_det + 0.01)


def cells(name):
    """The code of a chapter without the cells that only draw."""
    return [
        cell
        for cell in read_book().documents[name].cells
        if cell.kind == "code" and "hide-input" not in cell.metadata.get("tags", [])
    ]


def run(name):
    """Run the checks of a chapter in this process."""
    namespace = {}
    for cell in cells(name):
        if "widgets." in cell.text and "import" not in cell.text:
            continue  # shows what was drawn
        try:
            exec(compile(cell.text, name, "exec"), namespace)
        except FloatingPointError:
            assert "raises-exception" in cell.metadata.get("tags", [])


class Forks:
    """A chapter run once, split in two where a function is called for the first time.

    In the fork that function is broken from this call on; the other process waits for
    its end and goes on unharmed.  So no chapter is run once for each function.
    """

    def __init__(self, name):
        self.name, self.broken, self.ends = name, None, {}

    def breakable(self, path, right):
        """The function of a path, broken in the fork of its own."""
        breaks = CHAPTERS[self.name][path]

        def either(*arguments, **options):
            result = right(*arguments, **options)
            if self.broken is None and path not in self.ends:
                self.split(path)
            return breaks(result) if self.broken == path else result

        return either

    def split(self, path):
        """Go on broken in a fork; here, wait for how it ends."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # of xdist's threads
            child = os.fork()
        if child:
            self.ends[path] = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        else:
            self.broken = path

    def run(self):
        """How the forks end: 0 if a check stopped them."""
        try:
            run(self.name)
        except BaseException as error:
            if self.broken is None:
                raise
            stopped = isinstance(error, AssertionError) and str(error)[:2] == "✗ "
            os._exit(0 if stopped else 2)
        if self.broken is not None:
            os._exit(1)
        return self.ends


@pytest.fixture(autouse=True)
def style_of_its_own():
    with mpl.rc_context():
        yield


@pytest.mark.parametrize("name", CHAPTERS)
def test_every_claim_is_verified(name):
    boxes = read_book().documents[name].english.claims
    verified = {entry.claim for entry in read_ledger(BOOK / "en" / f"{name}.ipynb")}
    assert verified == {claim.label for claim in boxes}


@pytest.mark.parametrize("name", CHAPTERS)
def test_a_wrong_prediction_would_fail(name):
    for entry in read_ledger(BOOK / "en" / f"{name}.ipynb"):
        if entry.relation != "≈":
            continue  # a bound has a wrong side, whatever its value
        measured, predicted = float(entry.measured), float(entry.predicted)
        sign, bound = re.search(r"\|([δΔ])\| \S+ ≤ (\S+)", entry.line).groups()
        if sign == "δ":  # twice the prediction
            distance = abs(measured - 2 * predicted) / abs(2 * predicted)
        else:  # zero, at which the bound is smallest, or one if zero is predicted
            distance = abs(measured - (predicted == 0))
        assert distance > float(bound), entry.line


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="torch may not survive a fork")
@pytest.mark.parametrize("name", CHAPTERS)
def test_a_broken_function_stops_the_chapter(monkeypatch, name):
    forks = Forks(name)
    for path in CHAPTERS[name]:
        module_name, _, function = path.rpartition(".")
        module = importlib.import_module(f"companion.{module_name}")
        right = getattr(module, function)
        monkeypatch.setattr(module, function, forks.breakable(path, right))
    assert forks.run() == dict.fromkeys(CHAPTERS[name], 0)
