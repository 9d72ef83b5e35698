"""Processes that talk to each other: what they return, and where they cannot run."""

import subprocess

import pytest
import torch
import torch.distributed as dist

from companion import parallel
from companion.parallel import run_on_ranks

gloo = pytest.mark.skipif(
    not (dist.is_available() and dist.is_gloo_available()), reason="no gloo"
)


@gloo
def test_ranks_talk_and_come_back_in_order():
    def work(rank):
        whole = torch.tensor([10.0**rank])
        dist.all_reduce(whole)
        return {"rank": rank, "whole": whole, "ranks": dist.get_world_size()}

    results = run_on_ranks(work, ranks=2)
    assert [result["rank"] for result in results] == [0, 1]
    assert all(result["whole"].item() == 11 for result in results)
    assert all(result["ranks"] == 2 for result in results)


@gloo
def test_an_error_on_a_rank_is_told():
    def work(rank):
        raise KeyError(f"lost on {rank}")

    message = "work must not fail on a rank, got "
    with pytest.raises(RuntimeError, match=message) as caught:
        run_on_ranks(work, ranks=1)
    assert "lost on 0" in str(caught.value)


@gloo
def test_what_is_not_installed_is_said_in_a_sentence(capsys):
    def work(rank):
        import a_package_that_is_not_there

        return a_package_that_is_not_there.answer

    assert run_on_ranks(work, ranks=1) == []
    said = capsys.readouterr().out
    assert said.startswith("1 processes that share work cannot run here: No module")
    assert said.count("\n") == 1


def test_without_gloo_there_is_a_sentence(monkeypatch, capsys):
    monkeypatch.setattr(dist, "is_available", lambda: False)
    assert run_on_ranks(id_of_rank, ranks=2) == []
    assert "this torch was built without gloo" in capsys.readouterr().out


def test_without_processes_there_is_a_sentence(monkeypatch, capsys):
    def refuse(*_, **__):
        raise OSError("not on this system")

    monkeypatch.setattr(subprocess, "Popen", refuse)
    assert run_on_ranks(id_of_rank, ranks=2) == []
    assert "not on this system" in capsys.readouterr().out


def test_processes_that_hang_are_ended(monkeypatch, capsys):
    class Hanging:
        killed = 0

        def wait(self, seconds=None):
            if not Hanging.killed:
                raise subprocess.TimeoutExpired("rank", seconds)

        def kill(self):
            Hanging.killed += 1

    monkeypatch.setattr(parallel, "_start", lambda *_: Hanging())
    assert run_on_ranks(id_of_rank, ranks=2) == []
    assert Hanging.killed == 2
    assert "they did not finish" in capsys.readouterr().out


def id_of_rank(rank):
    return rank


def test_what_cannot_travel_is_refused():
    outside = 3
    with pytest.raises(ValueError, match=r"^work must use no variable around it, got"):
        run_on_ranks(lambda rank: rank + outside, ranks=2)
    with pytest.raises(ValueError, match=r"^ranks must be one or more, got 0"):
        run_on_ranks(id_of_rank, ranks=0)
