"""Run by `test_recorder_parallel.py`: two processes record a model that they share.

Each writes, as JSON, how far its norms are from those of one process alone.
"""

import json
import os
import socket
import sys

import torch
import torch.distributed as dist
from torch import nn
from torch.nn.parallel import DistributedDataParallel

from companion.recorder import Recorder

QUANTITIES = ("gradient", "seen", "weight", "update")


def make_net():
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(8, 16), nn.Tanh(), nn.Linear(16, 4))


def run(model, x, recorder):
    optimizer = torch.optim.Adam(model.parameters(), 0.01)
    with recorder:
        for _ in range(10):
            optimizer.zero_grad()
            model(x).square().mean().backward()
            optimizer.step()
    return recorder.record()


def work(rank, kind, port, folder):
    address = f"tcp://127.0.0.1:{port}"
    dist.init_process_group("gloo", init_method=address, rank=rank, world_size=2)
    torch.set_num_threads(1)
    x = torch.randn(8, 8, generator=torch.Generator().manual_seed(1))
    plain = make_net()
    expected = run(plain, x, Recorder(plain, every=1))
    model, mine = make_net(), x
    if kind == "fsdp":
        from torch.distributed.device_mesh import init_device_mesh
        from torch.distributed.fsdp import fully_shard

        fully_shard(model, mesh=init_device_mesh("cpu", (2,)))
    else:
        model, mine = DistributedDataParallel(model), x[4 * rank : 4 * rank + 4]
    record = run(model, mine, Recorder(model, every=1))
    errors = {
        quantity: (record.values(quantity) / expected.values(quantity) - 1)
        .abs()
        .max()
        .item()
        for quantity in QUANTITIES
    }
    report = {"names": record.parameters == expected.parameters, "errors": errors}
    with open(os.path.join(folder, f"{rank}.json"), "w", encoding="utf-8") as file:
        json.dump(report, file)
    dist.destroy_process_group()


if __name__ == "__main__":
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        chosen = free.getsockname()[1]
    torch.multiprocessing.spawn(work, args=(sys.argv[1], chosen, sys.argv[2]), nprocs=2)
