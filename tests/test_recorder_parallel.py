"""Two processes record one model: their norms are those of the whole."""

import json
import os
import pathlib
import subprocess
import sys

import pytest
import torch.distributed as dist
from torch import nn

from companion.recorder import Recorder

HERE = pathlib.Path(__file__).parent
pytestmark = pytest.mark.skipif(not dist.is_available(), reason="no torch.distributed")


@pytest.mark.parametrize("kind", ["fsdp", "ddp"])
def test_norms_are_those_of_the_whole_model(kind, tmp_path):
    command = [sys.executable, HERE / "two_processes.py", kind, tmp_path]
    path = os.pathsep.join([str(HERE.parent), os.environ.get("PYTHONPATH", "")])
    done = subprocess.run(
        command, env={**os.environ, "PYTHONPATH": path}, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr[-2000:]
    for rank in (0, 1):
        report = json.loads((tmp_path / f"{rank}.json").read_text("utf-8"))
        assert report["names"]
        # Rounding of ten steps of Adam, whose first is a sign: 1e-7 grows to 1e-5.
        assert max(report["errors"].values()) < 1e-5, report


def test_a_sharded_model_cannot_be_stopped_by_one_process_alone(monkeypatch):
    model = nn.Linear(2, 2)
    monkeypatch.setattr("companion.recorder._recorder.is_sharded", lambda _: True)
    with pytest.raises(
        ValueError, match="stop must be False for a sharded model, got True"
    ):
        Recorder(model, stop=True)
