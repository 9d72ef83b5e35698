"""Run graded cells: a request comes in on standard input, answers go out line by line.

A request is ``{"given": code, "seconds": ..., "megabytes": ..., "jobs": [...]}``, a job
``{"cell": code, "function": name, "calls": [[...], ...]}``. Each answer names its job
and its call and holds a value, or the kind of error and the line of the cell.
"""

import json
import os
import sys
from collections.abc import Callable
from types import TracebackType
from typing import IO, Any

from . import guard

CELL = "<cell>"


def main() -> None:
    """Answer one request, then end."""
    request = json.load(sys.stdin.buffer)
    guard.limit(seconds=request["seconds"], megabytes=request["megabytes"])
    answers = os.fdopen(os.dup(1), "wb", buffering=0)
    nowhere = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):  # what the student's code prints is not kept
        os.dup2(nowhere, standard)
    import torch

    from . import wire

    torch.set_num_threads(1)
    refusals: list[str] = []
    guard.lock(refusals)
    for number, job in enumerate(request["jobs"]):
        _say(answers, {"job": number})
        function = _function(request["given"], job)
        for call, coded in enumerate(job["calls"]):
            answer = _answer(function, [wire.decode(entry) for entry in coded])
            if refusals:
                answer["refused"] = True
            _say(answers, {"job": number, "call": call, **answer})
        refusals.clear()


def _function(given: str, job: dict[str, Any]) -> Callable[..., object]:
    """The student's function, or one that raises what defining it raised."""
    names: dict[str, Any] = {"__name__": "notebook"}
    try:
        exec(compile(given, "<given>", "exec"), names)
        exec(compile(job["cell"], CELL, "exec"), names)
        found: Callable[..., object] = names[job["function"]]
    except BaseException as error:
        problem = error  # the name of an except clause ends with it

        def found(*_: object) -> object:
            raise problem

    return found


def _answer(function: Callable[..., object], given: list[Any]) -> dict[str, Any]:
    from . import wire

    try:
        return {"value": wire.encode(function(*given))}
    except BaseException as error:
        line = error.lineno if isinstance(error, SyntaxError) else None
        return {
            "error": type(error).__name__,
            "line": line or _line(error.__traceback__),
        }


def _line(trace: TracebackType | None) -> int | None:
    """The last line of the cell that an error passed; None if it passed none."""
    found = None
    while trace:
        if trace.tb_frame.f_code.co_filename == CELL:
            found = trace.tb_lineno
        trace = trace.tb_next
    return found


def _say(answers: IO[bytes], answer: dict[str, Any]) -> None:
    text = memoryview(json.dumps(answer).encode() + b"\n")
    while text:
        text = text[answers.write(text) :]


if __name__ == "__main__":
    main()
