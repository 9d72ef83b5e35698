"""The flight recorder: what it measures, what it leaves alone, what it finds again."""

import copy
import csv
import json
import math
import pickle
import re
import zlib
from base64 import b64decode

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch
from torch import nn
from torch.nn.utils import clip_grad_norm_
from torch.optim import optimizer as optimizers

from companion.recorder import NonFiniteGradientError, Record, Recorder
from companion.recorder._record import MEASURED, Quantity
from companion.recorder._ring import Ring


def small_net(seed=0, dtype=torch.float32):
    torch.manual_seed(seed)
    layers = nn.Linear(8, 16), nn.Tanh(), nn.Dropout(0.3), nn.Linear(16, 4)
    return nn.Sequential(*layers).to(dtype)


def batch(seed=5, dtype=torch.float32):
    rng = torch.Generator().manual_seed(seed)
    return (
        torch.randn(32, 8, generator=rng, dtype=dtype),
        torch.randn(32, 4, generator=rng, dtype=dtype),
    )


def train(model, optimizer, *, steps, threshold=None, pieces=1):
    x, y = batch(dtype=next(model.parameters()).dtype)
    torch.manual_seed(1)
    for _ in range(steps):
        optimizer.zero_grad()
        for _ in range(pieces):
            (model(x) - y).square().mean().backward()
        if threshold is not None:
            clip_grad_norm_(model.parameters(), threshold)
        optimizer.step()


def recorded(model, optimizer=None, **options):
    """Train three steps with a recorder on, everything measured."""
    optimizer = optimizer or torch.optim.SGD(model.parameters(), lr=0.1)
    loop = {
        "steps": options.pop("steps", 3),
        "threshold": options.pop("threshold", None),
    }
    with Recorder(model, every=1, **options) as recorder:
        train(model, optimizer, **loop)
    return recorder.record()


def hooks_of(model):
    return sum(
        len(m._forward_hooks) + len(m._forward_pre_hooks) for m in model.modules()
    )


# What it measures


def test_norms_are_those_of_the_loop_before_and_after_the_clip():
    model, (x, y) = small_net(), batch()
    model.eval()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    parameters = list(model.parameters())
    with Recorder(model, every=1) as recorder:
        (model(x) - y).square().mean().backward()
        raw = [p.grad.norm() for p in parameters]
        rms = model[0](x).square().mean().sqrt()
        weights = [p.detach().clone() for p in parameters]
        clip_grad_norm_(parameters, 0.1)
        optimizer.step()
    record = recorder.record()
    expected = {
        "gradient": raw,
        "seen": [p.grad.norm() for p in parameters],
        "weight": [w.norm() for w in weights],
        "update": [
            (p.detach() - w).norm() for p, w in zip(parameters, weights, strict=True)
        ],
    }
    for quantity, norms in expected.items():
        torch.testing.assert_close(
            record.values(quantity)[0], torch.stack(norms).detach()
        )
    factor = 0.1 / torch.stack(raw).norm()
    torch.testing.assert_close(
        record.values("kept")[0], factor.detach().expand(4), rtol=1e-5, atol=0
    )
    assert record.values("activation")[0, 0] == pytest.approx(rms.item(), rel=1e-6)


def test_a_clip_by_norm_is_read_from_three_small_gradients_on_the_other_steps():
    model = small_net()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    with Recorder(model, every=100) as recorder:
        train(model, optimizer, steps=4, threshold=0.1)
    kept = recorder.record().values("kept")
    assert (kept[0] > 0).all()
    assert (kept[1:] > 0).sum(dim=1).tolist() == [3, 3, 3]
    gradient = recorder.record().values("gradient").norm(dim=1)
    for row, norm in zip(kept[1:], gradient[1:], strict=True):
        expected = [0.1 / norm.item()] * 3
        assert row[row > 0].tolist() == pytest.approx(expected, rel=1e-5)


def test_accumulated_gradients_count_once_a_step():
    model, other = small_net(), small_net()
    model.eval(), other.eval()
    optimizers_ = [torch.optim.SGD(m.parameters(), lr=0.0) for m in (model, other)]
    with Recorder(model, every=1) as whole:
        train(model, optimizers_[0], steps=2)
    with Recorder(other, every=1) as pieces:
        train(other, optimizers_[1], steps=2, pieces=4)
    one, four = (r.record().values("gradient") for r in (whole, pieces))
    torch.testing.assert_close(four, 4 * one)


def test_shared_frozen_and_unused_parameters():
    class Tied(nn.Module):
        def __init__(self):
            super().__init__()
            self.a, self.b, self.unused = (
                nn.Linear(8, 8),
                nn.Linear(8, 8),
                nn.Linear(3, 3),
            )
            self.frozen = nn.Linear(8, 4).requires_grad_(False)
            self.b.weight = self.a.weight

        def forward(self, x):
            return self.frozen(self.b(self.a(x)))

    record = recorded(Tied())
    assert record.parameters == [
        "a.weight",
        "a.bias",
        "b.bias",
        "unused.weight",
        "unused.bias",
    ]
    gradient = record.values("gradient")
    assert (gradient[:, :3] > 0).all()
    assert (gradient[:, 3:] < 0).all()  # not recorded, which is not zero
    assert record.to_dict()["gradient"]["unused.bias"] == [None] * 3
    assert record.unseen() == ["unused"]


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
def test_norms_do_not_overflow_where_half_precision_would(dtype):
    model = nn.Linear(1000, 1, bias=False).to(dtype)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.0)
    with Recorder(model, every=1) as recorder:
        model.weight.grad = None
        model(torch.full((1, 1000), 6e4, dtype=dtype)).sum().backward()
        optimizer.step()
    norm = recorder.record().values("gradient").item()
    assert norm == pytest.approx(6e4 * 1000**0.5, rel=2e-3)


def test_complex_and_sparse_gradients_are_measured():
    class Mixed(nn.Module):
        def __init__(self):
            super().__init__()
            self.table = nn.Embedding(5, 2, sparse=True)
            self.phase = nn.Parameter(torch.tensor([3 + 4j]))

        def forward(self, i):
            return self.table(i).sum() + (self.phase * self.phase.conj()).real.sum()

    model = Mixed()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.0)
    with Recorder(model, every=1) as recorder:
        model(torch.tensor([1, 2])).backward()
        optimizer.step()
    values = dict(
        zip(
            recorder.record().parameters,
            recorder.record().values("gradient")[0],
            strict=True,
        )
    )
    assert values["phase"].item() == pytest.approx(10)  # 2 |z|
    assert values["table.weight"].item() == pytest.approx(2)  # four ones


def test_several_optimizers_share_a_row():
    model = small_net()
    first = torch.optim.SGD(model[0].parameters(), lr=0.1)
    second = torch.optim.Adam(model[3].parameters(), lr=0.1)
    x, y = batch()
    with Recorder(model, every=1) as recorder:
        for _ in range(3):
            model.zero_grad()
            (model(x) - y).square().mean().backward()
            first.step()
            second.step()
    record = recorder.record()
    assert record.ends == ["stepped"] * 3
    assert (record.values("update") > 0).all()
    assert (record.values("kept") == 1).all()


def test_an_optimizer_of_another_model_is_none_of_its_business():
    model, other = small_net(), small_net(1)
    with Recorder(model, every=1) as recorder:
        train(other, torch.optim.SGD(other.parameters(), lr=0.1), steps=3)
        train(model, torch.optim.SGD(model.parameters(), lr=0.1), steps=2)
    assert recorder.record().ends == ["stepped"] * 2


def test_lbfgs_and_its_closures_are_one_row_a_step():
    model, (x, y) = small_net(), batch()
    model.eval()
    optimizer = torch.optim.LBFGS(model.parameters(), lr=0.1, max_iter=4)

    def closure():
        optimizer.zero_grad()
        loss = (model(x) - y).square().mean()
        loss.backward()
        return loss

    with Recorder(model, every=1) as recorder:
        for _ in range(3):
            optimizer.step(closure)
    record = recorder.record()
    assert record.ends == ["stepped"] * 3
    assert (record.values("update") > 0).all()
    assert (record.values("kept") == 1).all()  # of the closure's last gradients


def test_a_scaler_s_skipped_steps_are_rows_and_norms_have_no_scale():
    model, (x, y) = small_net(), batch()
    model.eval()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    scaler = torch.amp.GradScaler("cpu", init_scale=1024.0)
    with Recorder(model, every=1, scaler=scaler) as recorder:
        for step in range(4):
            optimizer.zero_grad()
            loss = (model(x) - y).square().mean() * (1e38 if step == 1 else 1)
            if step == 0:
                plain = torch.autograd.grad(loss, model[0].weight, retain_graph=True)[0]
            scaler.scale(loss).backward()
            scaler.step(optimizer)
            scaler.update()
    record = recorder.record()
    assert record.ends == ["stepped", "skipped", "stepped", "stepped"]
    assert list(record.broken()) == [1]
    assert record.values("gradient")[0, 0].item() == pytest.approx(
        plain.norm().item(), rel=1e-5
    )
    kept = record.values("kept")
    torch.testing.assert_close(kept[[0, 2, 3]], torch.ones(3, 4))
    assert "skipped by the scaler: 1" in repr(record.table())
    assert "update" not in vars(scaler)  # its own method again


# What it leaves alone


def test_parameters_are_the_same_to_the_last_bit_with_it_and_without():
    plain, watched = small_net(), small_net()
    for model in (plain, watched):
        optimizer = torch.optim.Adam(model.parameters())
        if model is watched:
            with Recorder(model, every=7, stop=True):
                train(model, optimizer, steps=100, threshold=0.1, pieces=2)
        else:
            train(model, optimizer, steps=100, threshold=0.1, pieces=2)
    for one, two in zip(plain.parameters(), watched.parameters(), strict=True):
        assert torch.equal(one, two)


def test_no_hook_is_left_after_an_exception():
    model = small_net()
    with pytest.raises(KeyError, match="mine"), Recorder(model):
        model(batch()[0]).sum().backward()
        raise KeyError("mine")
    assert hooks_of(model) == 0
    assert not optimizers._global_optimizer_pre_hooks
    assert not any(p._post_accumulate_grad_hooks for p in model.parameters())


def test_an_exception_inside_a_step_does_not_stop_the_recording():
    model = small_net()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)

    def fails():
        raise KeyError("closure")

    with Recorder(model, every=1) as recorder:
        train(model, optimizer, steps=1)
        with pytest.raises(KeyError, match="closure"):
            optimizer.step(fails)
        train(model, optimizer, steps=2)
    assert recorder.record().ends.count("stepped") >= 2


def test_copies_and_pickles_of_the_model_leave_the_recorder_behind():
    model, (x, _) = small_net(), batch()
    with Recorder(model, every=1) as recorder:
        twins = copy.deepcopy(model), pickle.loads(pickle.dumps(model))
        for twin in twins:
            twin(x).sum().backward()
            torch.optim.SGD(twin.parameters(), lr=0.1).step()
        with pytest.raises(
            RuntimeError, match="recorder must have seen a step, got none"
        ):
            recorder.record()


def test_evaluation_between_the_steps_changes_nothing():
    model = small_net()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    with Recorder(model, every=1) as recorder:
        for _ in range(3):
            train(model, optimizer, steps=1)
            with torch.no_grad():
                model(10 * batch()[0])
    other = recorded(small_net())
    assert torch.equal(
        recorder.record().values("gradient")[0], other.values("gradient")[0]
    )
    assert recorder.record().ends == ["stepped"] * 3


def test_memory_is_fixed():
    model = small_net()
    optimizer = torch.optim.SGD(model.parameters(), lr=1e-3)
    with Recorder(model, every=5, size=50) as recorder:
        before = recorder.ring.block.data_ptr(), recorder.ring.kept.data_ptr()
        train(model, optimizer, steps=130)
        assert before == (recorder.ring.block.data_ptr(), recorder.ring.kept.data_ptr())
        record = recorder.record()
    assert record.steps == list(range(79, 129))  # the 130th is still open
    assert len(record.ends) == len(record.values("gradient")) == 50
    full = [
        step
        for step, row in zip(record.steps, record.values("weight"), strict=True)
        if row[0] > 0
    ]
    assert full == list(range(80, 129, 5))


def test_a_ring_keeps_the_last_rows():
    ring = Ring(5, 1, like=torch.zeros(1), dtype=torch.float32, block=3)
    for step in range(13):
        ring.row[0] = step
        ring.close()
        if ring.is_full:
            ring.flush()
        ring.clear()
    ring.flush()
    ring.flush()  # nothing new: nothing happens
    first, rows = ring.rows()
    assert (first, rows[:, 0].tolist()) == (8, [8, 9, 10, 11, 12])


# The black box


class Roots(nn.Module):
    """A net whose fourth root has an infinite slope where its input is zero."""

    def __init__(self):
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(8, 8) for _ in range(4)])
        self.norm, self.drop = nn.BatchNorm1d(8), nn.Dropout(0.2)
        self.faulty = False

    def forward(self, x):
        for i, layer in enumerate(self.layers):
            x = layer(x)
            if i == 2 and self.faulty:
                x = ((x - x.detach().amin()) * (x > 0)).sqrt()
            x = self.drop(x.tanh()) if i < 2 else x
        return self.norm(x)


def stopped(model, *, faulty_from=3, **options):
    """Train until the recorder stops the run; the weights just before are returned."""
    torch.manual_seed(0)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05)
    with (
        pytest.raises(
            NonFiniteGradientError, match="gradient must be finite, got others at step "
        ) as error,
        Recorder(model, stop=True, **options) as recorder,
    ):
        for step in range(6):
            model.faulty = step >= faulty_from
            optimizer.zero_grad()
            weights = [p.detach().clone() for p in model.parameters()]
            x = torch.randn(16, 8)
            loss = model(x).square().mean()
            loss.backward()
            optimizer.step()
    x.zero_()  # loops reuse their buffers
    return recorder, error.value, weights


def test_it_stops_before_the_step_and_brackets_the_layer():
    model = Roots()
    recorder, error, weights = stopped(model)
    assert error.step == 3
    assert "layers.2.weight" in error.broken
    assert error.fine == [
        "layers.3.weight",
        "layers.3.bias",
        "norm.weight",
        "norm.bias",
    ]
    for now, before in zip(model.parameters(), weights, strict=True):
        assert torch.equal(now, before)
    assert recorder.record().ends == ["stepped"] * 3 + ["stopped"]
    assert "step 3, layers.0.weight" in repr(recorder.record().table())


def test_replay_repeats_the_step_bit_by_bit_and_puts_everything_back():
    model = Roots()
    recorder, _, _ = stopped(model)
    random, buffers = torch.get_rng_state(), [b.clone() for b in model.buffers()]
    gradients = [p.grad.clone() for p in model.parameters()]
    model.norm.running_mean.add_(1)  # evaluation, say
    replay = recorder.replay()
    assert replay.equal
    assert (replay.module, replay.place, replay.after) == (
        "layers.2",
        "gradient behind",
        "layers.3",
    )
    assert torch.equal(random, torch.get_rng_state())
    model.norm.running_mean.sub_(1)
    for now, before in zip(model.buffers(), buffers, strict=True):
        torch.testing.assert_close(now, before)
    for now, before in zip(model.parameters(), gradients, strict=True):
        assert torch.equal(now.grad.isnan(), before.isnan())


class Overflows(nn.Module):
    """The second of three modules multiplies by 1e30 once it is faulty."""

    class Scale(nn.Module):
        factor = 1.0

        def forward(self, x):
            return x * self.factor * self.factor

    def __init__(self):
        super().__init__()
        self.a, self.big, self.b = nn.Linear(8, 8), self.Scale(), nn.Linear(8, 1)
        self.faulty = False

    def forward(self, x):
        self.big.factor = 1e30 if self.faulty else 1.0
        return self.b(self.big(self.a(x)))


def test_replay_names_the_module_whose_output_is_not_finite():
    recorder, error, _ = stopped(Overflows())
    replay = recorder.replay()
    assert error.step == 3
    assert (replay.equal, replay.module, replay.place) == (True, "big", "output")
    assert replay.after == "a"


def test_replay_tells_a_loss_from_a_module():
    model = nn.Linear(8, 1)
    with pytest.raises(NonFiniteGradientError), Recorder(model, stop=True) as recorder:
        (model(torch.ones(4, 8)) * 0).sqrt().sum().backward()
    assert recorder.replay()[:3] == (True, "", "loss")


def test_replay_while_attached_stops_no_second_time_and_recording_goes_on():
    model = nn.Linear(8, 1)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    recorder = Recorder(model, stop=True).attach()
    with pytest.raises(NonFiniteGradientError):
        (model(torch.ones(4, 8)) * 0).sqrt().sum().backward()
    assert recorder.replay()[:3] == (True, "", "loss")
    optimizer.zero_grad()
    model(torch.ones(4, 8)).sum().backward()
    optimizer.step()
    recorder.detach()
    assert recorder.record().ends == ["stopped", "stepped"]


def test_replay_finds_the_forward_pass_among_accumulated_ones():
    model = nn.Linear(8, 1)
    with pytest.raises(NonFiniteGradientError), Recorder(model, stop=True) as recorder:
        for piece in range(4):
            x = torch.ones(4, 8) * (math.inf if piece == 2 else 1)
            model(x).sum().backward()
    replay = recorder.replay()
    assert (replay.equal, replay.place, replay.forward) == (True, "output", 2)


def test_with_a_scaler_it_stops_once_the_scale_is_spent():
    model = nn.Linear(8, 1)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    scaler = torch.amp.GradScaler("cpu", init_scale=8.0)
    steps = 0
    with (
        pytest.raises(NonFiniteGradientError),
        Recorder(model, stop=True, scaler=scaler) as recorder,
    ):
        for _ in range(10):
            optimizer.zero_grad()
            scaler.scale(model(torch.full((4, 8), math.inf)).sum()).backward()
            scaler.step(optimizer)
            scaler.update()
            steps += 1
    assert steps == 3  # 8, 4, 2
    assert recorder.record().ends == ["skipped"] * 3 + ["stopped"]


def test_finite_entries_with_an_infinite_norm_do_not_stop_it():
    model = nn.Linear(4, 1, bias=False)
    with Recorder(model, stop=True, every=1) as recorder:
        model(torch.full((1, 4), 1e20)).sum().backward()
        torch.optim.SGD(model.parameters(), lr=0.0).step()
    assert recorder.record().values("gradient").item() == math.inf


def test_replay_says_why_it_cannot():
    model = nn.Sequential(nn.Linear(8, 1))
    with pytest.raises(
        RuntimeError, match="recorder must be made with stop=True to replay"
    ):
        Recorder(model).replay()
    with pytest.raises(
        RuntimeError, match="recorder must have stopped at a step to replay, it has not"
    ):
        Recorder(model, stop=True).replay()
    with pytest.raises(NonFiniteGradientError), Recorder(model, stop=True) as recorder:
        model[0](torch.full((1, 8), math.inf)).sum().backward()  # a part, not the model
    with pytest.raises(
        RuntimeError,
        match="model must be called itself, not only its parts, to replay its step",
    ):
        recorder.replay()
    with pytest.raises(NonFiniteGradientError), Recorder(model, stop=True) as recorder:
        model(torch.full((1, 8), math.inf)).sum().backward()
    with torch.no_grad():
        model[0].weight.add_(1)
    with pytest.raises(RuntimeError, match=" to replay it, they have changed since"):
        recorder.replay()


# Wrong use


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"every": 0}, "every must be a positive whole number, got 0"),
        ({"size": 2.5}, "size must be a positive whole number, got 2.5"),
    ],
)
def test_wrong_options_are_named(options, message):
    with pytest.raises(ValueError, match=f"^{message}"):
        Recorder(small_net(), **options)


def test_a_model_with_nothing_to_train_is_refused():
    with pytest.raises(
        ValueError, match="model must have a parameter to train, got none"
    ):
        Recorder(nn.Linear(2, 2).requires_grad_(False))


def test_attaching_twice_is_refused():
    recorder = Recorder(small_net())
    with (
        recorder,
        pytest.raises(
            RuntimeError, match="recorder must be attached once, got a second attach"
        ),
    ):
        recorder.attach()


# Compiled and parallel models


@pytest.mark.parametrize("backend", ["eager", "aot_eager"])
def test_a_compiled_model_shows_all_if_attached_before_the_first_call(backend):
    torch._dynamo.reset()
    model = small_net().eval()
    compiled = torch.compile(model, backend=backend)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    with Recorder(compiled, every=1) as recorder:
        train(compiled, optimizer, steps=3)
    record, plain = recorder.record(), recorded(small_net().eval())
    assert record.parameters == plain.parameters
    for quantity in ("gradient", "weight", "update"):
        torch.testing.assert_close(record.values(quantity), plain.values(quantity))


def test_a_table_says_which_modules_were_never_seen():
    torch._dynamo.reset()
    model = small_net().eval()
    compiled = torch.compile(model, backend="eager")
    compiled(batch()[0])  # compiled before anything was attached
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    with Recorder(model, every=1) as recorder:
        train(compiled, optimizer, steps=3)
    record = recorder.record()
    assert (record.values("gradient") > 0).all()
    if record.unseen():
        assert "never seen: " in repr(record.table())


# Reports


def a_record(layers=3, steps=20, every=5, **changes):
    rng = torch.Generator().manual_seed(0)
    each = torch.rand(steps, layers, generator=rng) + 0.1
    full = torch.arange(steps)[:, None] % every == 0
    measured = {name: torch.where(full, each, -1.0) for name in MEASURED}
    measured["gradient"] = each.clone()
    for quantity, (row, column, value) in changes.items():
        measured[quantity][row, column] = value
    names = [f"layer{i}.weight" for i in range(layers)]
    modules = [f"layer{i}" for i in range(layers)]
    return Record(names, modules, 7, every, ["stepped"] * steps, measured)


def unpacked(path):
    """The numbers of a page, decoded as its script does it."""
    text = path.read_text("utf-8")
    data = json.loads(re.search(r"^const data = (.*);$", text, re.M)[1])
    out = {}
    for quantity, packed in data["quantities"].items():
        raw = np.frombuffer(zlib.decompress(b64decode(packed["values"])), "<i2")
        rows = raw.reshape(-1, len(packed["steps"]))
        out[quantity] = packed["steps"], np.cumsum(rows, axis=1, dtype=np.int16)
    return data, out


def test_the_page_holds_the_numbers(tmp_path):
    record = a_record(
        gradient=(4, 1, math.nan), update=(5, 0, math.inf), weight=(10, 2, 0.0)
    )
    record.save_html(tmp_path / "run.html", title="A <b>run</b>")
    data, found = unpacked(tmp_path / "run.html")
    steps, codes = found["gradient"]
    assert steps == record.steps
    logs = 1000 * record.values("gradient").log10().T
    fine = logs.isfinite().numpy()
    assert np.abs(codes - logs.numpy())[fine].max() <= 0.5
    assert codes[1, 4] == 32766  # NaN
    assert found["update"][1][0, 1] == 32765  # infinite
    assert found["weight"][1][2, 2] == -32768  # zero
    text = (tmp_path / "run.html").read_text("utf-8")
    assert "A &lt;b&gt;run&lt;/b&gt;" in text
    assert "http" not in re.sub(r"<!doctype[^>]*>", "", text)  # no network
    assert data["remarks"] == record.table().remarks


def test_a_thousand_steps_of_a_hundred_layers_stay_below_half_a_megabyte(tmp_path):
    for every in (10, 1):
        record = a_record(
            layers=100, steps=1000, every=every, gradient=(501, 3, math.nan)
        )
        record.save_html(tmp_path / "run.html")
        assert (tmp_path / "run.html").stat().st_size < 500_000
        steps, codes = unpacked(tmp_path / "run.html")[1]["gradient"]
        assert codes[3, steps.index(508)] == 32766  # thinned, but never a finding


def test_names_cannot_end_the_script(tmp_path):
    record = a_record(layers=1)
    record.parameters[0] = "</script><script>"
    record.save_html(tmp_path / "run.html")
    assert "</script><script>" not in (tmp_path / "run.html").read_text("utf-8")


def test_the_table_has_a_line_a_parameter_and_says_what_broke():
    text = repr(a_record(gradient=(4, 1, math.inf)).table())
    assert len(text.splitlines()) == 1 + 3 + 2
    assert "first value not finite: step 11, layer1.weight" in text
    assert re.search(r"layer1.weight .* inf +11 ", text)


def test_the_csv_has_a_line_a_value(tmp_path):
    record = a_record(layers=2, steps=6)
    record.save_csv(tmp_path / "run.csv")
    with (tmp_path / "run.csv").open(encoding="utf-8", newline="") as file:
        lines = list(csv.DictReader(file))
    gradient = [line for line in lines if line["quantity"] == "gradient"]
    assert len(gradient) == 12
    last = gradient[-1]
    assert (last["step"], last["name"], last["end"]) == (
        "12",
        "layer1.weight",
        "stepped",
    )
    assert float(last["value"]) == record.values("gradient")[-1, -1].item()


def test_the_heat_map_shows_the_recorded_steps():
    _, ax = plt.subplots()
    image = a_record().heat_map(ax, "ratio")
    assert image.get_array().shape == (3, 4)
    assert ax.get_yticklabels()[0].get_text() == "layer0.weight"
    plt.close("all")


def test_an_unknown_quantity_is_refused():
    with pytest.raises(ValueError, match="quantity must be one of gradient, seen"):
        a_record().values("grad")


def test_derived_quantities_are_quotients_of_recorded_ones():
    record = a_record(steps=10)
    full = record.values("weight")[:, 0] > 0
    ratio = record.values("update") / record.values("weight")
    assert torch.equal(record.values("ratio")[full], ratio[full])
    assert (record.values("ratio")[~full] == -1).all()
    assert set(Quantity.__args__) >= set(MEASURED)
