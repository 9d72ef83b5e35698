"""The child process: what it may not do, what it may not take, what comes back.

Each hostile cell is run with the walls that this machine has, and again as on a machine
that has none, where the child only guards itself.
"""

import socket
import sys
from pathlib import Path

import pytest
import torch
from handed import LIMITS

from teaching.grading.child import wire
from teaching.grading.child.wire import decode, encode
from teaching.grading.sandbox import Job, Limits, Sandbox
from teaching.grading.walls import behind_walls, walls

BARE = pytest.param("no walls", marks=pytest.mark.slow)
BOTH = pytest.mark.parametrize("around", ["as here", "no walls"])
HERE = pytest.mark.parametrize("around", ["as here", BARE])


def run(sandbox, *cells, calls=1):
    """The answers to `f()`, cell by cell, and why some are missing."""
    jobs = [Job(cell, "f", [[]] * calls) for cell in cells]
    return [
        ([answers.by_call.get(i, {}) for i in range(calls)], answers.end)
        for answers in sandbox.run("import torch", jobs)
    ]


def body(*lines):
    return "def f():\n" + "\n".join(f"    {line}" for line in lines)


@pytest.fixture
def boxed(around, request, sandbox):
    if around == "no walls":
        request.getfixturevalue("no_walls")
    return sandbox


@BOTH
def test_files_processes_and_the_network_are_refused(boxed, around, tmp_path):
    other = tmp_path / "other.ipynb"
    other.write_text("what another student wrote")
    boxed.hidden.append(tmp_path)
    server = socket.create_server(("127.0.0.1", 0))
    address = server.getsockname()
    attempts = {
        "a file": f"return open({str(other)!r}).read()",
        "a link to it": f"import os; os.symlink({str(other)!r}, 'x'); return 1",
        "a hard link": f"import os; os.link({str(other)!r}, 'x'); return 1",
        "a folder": f"import os; return os.listdir({str(tmp_path)!r})",
        "numpy": f"import numpy; return numpy.fromfile({str(other)!r}).tolist()",
        "writing": f"open({str(tmp_path / 'new')!r}, 'w'); return 1",
        "removing": f"import os; os.remove({str(other)!r}); return 1",
        "the parent": "import os; return open(f'/proc/{os.getppid()}/cmdline').read()",
        "a process": "import subprocess; return subprocess.run(['true']).returncode",
        "a shell": "import os; return os.system('true')",
        "a fork": "import os; return os.fork()",
        "a spawn": "import multiprocessing as m; "
        "m.get_context('spawn').Process(target=print).start(); return 1",
        "torch": f"torch.save(torch.ones(1), {str(tmp_path / 'new')!r}); return 1",
        "torch by name": f"torch.save(obj=1, f={str(tmp_path / 'new')!r}); return 1",
        "a script": f"torch.jit.save(None, {str(tmp_path / 'new')!r}); return 1",
        "a pipe": f"import os; os.mkfifo({str(tmp_path / 'new')!r}); return 1",
        "a node": f"import os; os.mknod({str(tmp_path / 'new')!r}); return 1",
        "a time": f"import os; os.utime({str(other)!r}, (0, 0)); return 1",
        "a database": f"import sqlite3; sqlite3.connect({str(tmp_path / 'new')!r})",
        "the network": f"import socket; socket.create_connection({address})",
        "a name": "import socket; return socket.gethostbyname('localhost')",
        "C": "import ctypes; ctypes.CDLL(None); return 1",
    }
    results = run(boxed, *map(body, attempts.values()))
    for name, ([answer], end) in zip(attempts, results, strict=True):
        assert (name, answer.get("error"), end) == (name, "PermissionError", "")
        assert answer["refused"]
    assert other.read_text() == "what another student wrote"
    assert [path.name for path in tmp_path.iterdir()] == ["other.ipynb"]
    server.close()


@HERE
def test_the_child_sees_no_secret_no_key_and_none_of_our_environment(
    boxed, around, monkeypatch
):
    monkeypatch.setenv("SECRET", "what nobody shall know")
    cells = (
        body("import os", "return [f'{k}={v}' for k, v in os.environ.items()]"),
        body("import sys", "return [*sys.argv, *sys.path]"),
        body("from teaching.grading.keys import KEYS", "return 1"),
        body("import os", "return os.listdir('.')"),
    )
    found = run(boxed, *cells)
    (environment, _), (arguments, _), (keys, _), (folder, _) = found
    assert "nobody shall know" not in str(environment + arguments)
    names = {pair.split("=")[0] for pair in environment[0]["value"]}
    usual = {"PATH", "PYTHONPATH", "HOME", "TMPDIR", "PYTHONDONTWRITEBYTECODE"}
    assert names - {"LC_CTYPE", "__CF_USER_TEXT_ENCODING", "PWD", "SHLVL", "_"} - {
        "OLDPWD", "KMP_INIT_AT_FORK", "KMP_DUPLICATE_LIB_OK", "TORCHINDUCTOR_CACHE_DIR",
    } <= usual  # fmt: skip
    assert keys[0]["error"] in ("ModuleNotFoundError", "ImportError")
    assert folder[0]["value"] == []


@pytest.mark.skipif(not walls(), reason="this system puts up no walls")
def test_behind_walls_c_code_sees_nothing_either(sandbox, tmp_path):
    other = tmp_path / "other.ipynb"
    other.write_text("secret!!")
    read = f"return torch.from_file({str(other)!r}, size=8, dtype=torch.int8).tolist()"
    seen, covered = body(read), [*sandbox.hidden, tmp_path]
    [([answer], _)] = run(sandbox, seen)
    assert "value" in answer  # a folder that is not hidden: the hook alone is no wall
    sandbox.hidden[:] = covered
    [([answer], _)] = run(sandbox, seen)
    assert answer["error"] == "RuntimeError"
    server = socket.create_server(("127.0.0.1", 0))
    port = server.getsockname()[1]
    store = "torch.distributed.TCPStore('127.0.0.1', {}, is_master=False, timeout=t)"
    lines = ["from datetime import timedelta", "t = timedelta(seconds=1)"]
    [([answer], _)] = run(sandbox, body(*lines, store.format(port), "return 1"))
    assert "error" in answer
    server.settimeout(0.1)
    with pytest.raises(TimeoutError):
        server.accept()
    server.close()


@pytest.mark.skipif(not walls(), reason="this system puts up no walls")
def test_behind_walls_c_code_does_not_write_what_the_next_child_runs(sandbox):
    program = Path(sandbox.place.name, "child", "__main__.py")
    before = program.read_text("utf-8")
    python = Path(sys.prefix, "pyvenv.cfg")
    options = "shared=True, size=8, dtype=torch.int8"
    cells = (
        body(f"torch.from_file({str(program)!r}, {options}).zero_()"),
        # The same bytes again, should it ever succeed.
        body(f"x = torch.from_file({str(python)!r}, {options})", "x.copy_(x.clone())"),
    )
    for [answer], _ in run(sandbox, *cells):
        assert answer["error"] == "RuntimeError"
    assert program.read_text("utf-8") == before


@HERE
def test_a_task_that_does_not_end_well_costs_the_others_nothing(boxed, around):
    good = body("return 7")
    boxed.limits = Limits(seconds=3.0, start=120.0)
    cells = {
        "loops": ("while True: pass", "time"),
        "swallows": (body("while True:", "  try:", "    while True: pass",
                          "  except BaseException: pass"), "time"),
        "ends": (body("import os; os._exit(0)"), "death"),
        "floods": (body("import os", "for d in range(3, 9):", "  try:",
                        "    os.write(d, b'x' * 10**8)",
                        "  except OSError: pass", "return 1"), "size"),
    }  # fmt: skip
    texts = [text for text, _ in cells.values()]
    results = run(boxed, good, *(t for text in texts for t in (text, good)))
    assert [answers[0]["value"] for answers, _ in results[::2]] == [7] * 5
    for (name, (_, end)), (answers, found) in zip(
        cells.items(), results[1::2], strict=True
    ):
        assert (name, answers, found) == (name, [{}], end)


@HERE
def test_what_is_printed_written_or_raised_does_no_harm(boxed, around):
    cells = {
        "prints": (body("print('x' * 10**7)", "return 1"), {"value": 1}),
        "exits": (body("raise SystemExit(0)"), {"error": "SystemExit", "line": 2}),
        "interrupts": (body("raise KeyboardInterrupt"), {"error": "KeyboardInterrupt",
                                                         "line": 2}),
        "memory": (body("return len(b'x' * 10**11)"), {"error": "MemoryError",
                                                       "line": 2}),
        "tensor": (body("", "torch.zeros(10**11)"), {"error": "RuntimeError",
                                                     "line": 3}),
        "disk": (body("open('big', 'wb').write(b'x' * 10**8)"), {"error": "OSError",
                                                                 "line": 2}),
        "syntax": ("1\n2 +\n", {"error": "SyntaxError", "line": 2}),
        "undefined": ("g = 1", {"error": "KeyError", "line": None}),
        "object": (body("return object()"), {"error": "TypeError", "line": None}),
        "itself": (body("x = []", "x.append(x)", "return x"),
                   {"error": "RecursionError", "line": None}),
    }  # fmt: skip
    if sys.platform != "linux":  # no limit of memory there
        del cells["memory"], cells["tensor"]
    results = run(boxed, *(text for text, _ in cells.values()))
    for (name, (_, expected)), ([answer], end) in zip(
        cells.items(), results, strict=True
    ):
        shown = {key: answer.get(key) for key in expected}
        assert (name, shown, end) == (name, expected, "")


def test_answers_before_the_end_count(sandbox):
    lines = ("n.append(0)", "while len(n) > 2: pass", "return len(n)")
    cell = f"n = []\n{body(*lines)}"
    sandbox.limits = Limits(seconds=3.0, start=120.0)
    [(answers, end)] = run(sandbox, cell, calls=4)
    assert [answer.get("value") for answer in answers] == [1, 2, None, None]
    assert end == "time"


def test_lines_that_a_student_forges_change_only_his_own_answers(sandbox):
    odd = ['{"job": 5}', '{"job": 0, "call": "x"}', "[" * 10**5]
    lines = ["[[[", "{}", "null", *odd]
    forged = ("\n".join(lines) + "\n").encode()
    write = f"    os.write(d, {forged!r})"
    lines = ["import os", "for d in range(3, 9):", "  try:", write,
             "  except OSError: pass", "return 3"]  # fmt: skip
    first, second = run(sandbox, body(*lines), body("return 4"))
    assert (first[0][0]["value"], second[0][0]["value"]) == (3, 4)


def test_a_child_that_does_not_start_is_the_graders_fault():
    limits = Limits(seconds=1.0, start=0.0)
    with (
        Sandbox(hidden=[], limits=limits) as sandbox,
        pytest.raises(RuntimeError, match="child must start, got an end before"),
    ):
        run(sandbox, body("return 1"))


def test_what_a_child_needs_is_not_covered(tmp_path):
    hidden = [tmp_path, tmp_path / "no", tmp_path.parents[-1]]
    command = behind_walls(hidden, "/sealed", ["true"])
    assert command[-1] == "true"
    assert (str(tmp_path) in command) == walls()
    assert "/" not in command
    assert LIMITS.megabytes > 600


@pytest.mark.parametrize(
    "value",
    [1, 2.5, "x", None, True, [1, [None]], torch.ones(2, 3, dtype=torch.bool),
     torch.tensor([1.5, float("inf")], dtype=torch.float64), torch.tensor(3)],
)  # fmt: skip
def test_values_travel(value):
    back = decode(encode(value))
    if isinstance(value, torch.Tensor):
        assert back.dtype == value.dtype
        assert torch.equal(back, value)
    else:
        assert back == value


def test_arrays_and_tuples_travel_as_tensors_and_lists():
    back = decode(encode((torch.ones(2).numpy(), torch.ones(2).numpy()[0])))
    assert torch.equal(back[0], torch.ones(2))
    assert back[1] == 1


@pytest.mark.parametrize(
    "coded",
    [{}, {"tensor": [1]}, {"tensor": [[1], [1, 2]], "dtype": "float64"},
     {"tensor": ["x"], "dtype": "float64"}, {"tensor": [1], "dtype": "object"},
     {"record": 1}, {"record": {"measured": {}}}],
)  # fmt: skip
def test_what_encode_does_not_make_is_refused(coded):
    with pytest.raises(ValueError, match="coded must be what encode makes, got dict"):
        decode(coded)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({}, "value must be a number, text, tensor or list, got dict"),
        (
            torch.ones(1, dtype=torch.complex64),
            "must be a plain tensor, got complex64",
        ),
        (
            torch.ones(1).expand(wire.MOST + 1),
            "must be a plain tensor, got float32",
        ),
    ],
)
def test_what_is_no_value_is_refused(value, message):
    with pytest.raises(TypeError, match=message):
        encode(value)
