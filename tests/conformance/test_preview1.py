"""Programs that make every call of preview 1 in every way: the same lines and files on wasmtime and in the browser."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from programs import compile_program
from programs.expectations import ARGV0

from .differences import DIFFERENCES

if TYPE_CHECKING:
    from aikernel_web.host import HostKernel

    from .wasmtime_host import WasmtimeHost

PATIENCE = 120

PROGRAMS = (
    *("args", "clocks", "io", "vectors", "rights", "filestat", "readdir", "descriptors", "open", "paths", "links"),
    *("rename", "poll", "poll_errors", "sockets", "grow"),
)
ENVIRONMENT = {"A": "1", "EMPTY": "", "LONG": "x" * 300, "UNICODE": "gr\u00fc\u00df"}
ARGUMENTS = ("one", "", "two words", "\u2603")


def run(kernel: HostKernel, name: str, *args: str, **options: Any) -> Any:
    program = compile_program(f"wasi/{name}")
    return kernel.run(program, args, **{"argv0": ARGV0, "files": {}, "timeout": PATIENCE, **options})


@pytest.mark.parametrize("name", PROGRAMS)
def test_every_call_answers_as_on_wasmtime(kernel: HostKernel, host: WasmtimeHost, name: str) -> None:
    there = host.run(compile_program(f"wasi/{name}"), args=ARGUMENTS, env=ENVIRONMENT)
    here = run(kernel, name, *ARGUMENTS, env=ENVIRONMENT)
    known = [difference for difference in DIFFERENCES if difference.program == name]
    used = set()
    wrong = []
    ours, theirs = here.stdout.decode().splitlines(), there.stdout.decode().splitlines()
    assert len(ours) == len(theirs)
    for mine, yours in zip(ours, theirs, strict=True):
        if mine == yours:
            continue
        cover = next((difference for difference in known if difference.covers(yours, mine)), None)
        if cover is None:
            wrong.append(f"wasmtime: {yours}\nours:     {mine}")
        else:
            used.add(cover)
    assert not wrong, "\n".join(wrong)
    # What no longer differs is no difference: only what vanishes while paging may by chance be told by wasmtime too.
    assert {difference.wasmtime for difference in set(known) - used if difference.program != "readdir"} == set()
    assert (here.reason, here.exit_code, here.stderr) == ("exited", there.exit_code, there.stderr)
    sizes = {path: len(data) for path, data in there.left.items()}
    if name == "descriptors":
        sizes["/one"] = 10
    assert {path: len(data) for path, data in here.files("/").items()} == sizes
    if name != "descriptors":
        assert dict(here.files("/")) == dict(there.left)


@pytest.mark.parametrize("controllable", [True, False])
def test_a_pointer_outside_memory_is_a_fault(kernel: HostKernel, controllable: bool) -> None:
    done = run(kernel, "faults", "argument", env={"A": "1"}, controllable=controllable)
    assert done.exit_code == 0
    lines = done.stdout.decode().splitlines()
    rows = [line for line in lines if "times" in line]
    assert len(rows) == 57
    assert [line for line in rows if not line.endswith(": FAULT 8 times")] == []
    lengths = [line for line in lines if "times" not in line]
    assert [line for line in lengths[:-2] if not line.endswith(": FAULT")] == []
    assert lengths[-2:] == ["the file is as it was: 8 bytes: ok", "nothing new was made: NOENT"]
    assert dict(done.files("/")) == {"/file": b"contents"}


def test_a_number_that_no_enumeration_has_is_invalid(kernel: HostKernel) -> None:
    done = run(kernel, "invalid")
    assert done.exit_code == 0
    lines = done.stdout.decode().splitlines()
    assert len(lines) == 35
    others = [line for line in lines if not line.endswith(": INVAL")]
    assert others == [
        "nothing was made: NOENT",
        "a path that is no UTF-8: ILSEQ",
        "nor is this: ILSEQ",
        "nor this target: ILSEQ",
    ]


CHANGES = {
    "write": (1, 0),
    "write nothing": (0, 0),
    "read at the end": (0, 0),
    "pread": (0, 0),
    "pread at the end": (0, 0),
    "set size": (1, 0),
    "set the same size": (1, 0),
    "stat": (0, 0),
    "seek": (0, 0),
    "sync": (0, 0),
    "make a name in the directory": (1, 1),
    "rename it": (1, 1),
    "remove it": (1, 1),
    "open it": (0, 0),
    "cut it": (1, 0),
    "set its times": (1, 0),
    "set the directory's times": (0, 1),
    "make a directory": (0, 1),
    "remove the directory": (0, 1),
    "make a link": (0, 1),
    "readlink": (0, 0),
    "unlink": (0, 1),
    "rename the directory": (0, 0),
    "and back": (0, 1),
    "rename another file onto it": (1, 0),
    "cut it again": (1, 0),
}
"""Whether a call changes the status of the file and of the directory, as the pages of Linux's manual for each say."""


def test_the_time_of_change_is_that_of_linux(kernel: HostKernel) -> None:
    lines = run(kernel, "filestat").stdout.decode().splitlines()
    found = {}
    step = ""
    for line in lines:
        call = line.removesuffix(": ok")
        if call in CHANGES:
            step = call
        elif line.startswith("the file was changed: "):
            found[step] = (int(line.split(": ")[1][0]), int(line[-1]))
    assert found == CHANGES


def test_one_call_moves_two_gigabytes_at_most(kernel: HostKernel) -> None:
    lines = run(kernel, "bounded").stdout.decode().splitlines()
    assert lines == ["read: ok", "2147479552 bytes", "write: ok", "2147479552 bytes"]


def test_rights_only_shrink(kernel: HostKernel) -> None:
    lines = run(kernel, "shrinking").stdout.decode().splitlines()
    given_up = [line for line in lines if "given up:" in line]
    assert len(given_up) == 27
    # Reading and writing are refused as POSIX does where a descriptor was not opened for it.
    refused = [line for line in given_up if not line.endswith(": NOTCAPABLE")]
    assert refused == ["right 2 of a file given up: BADF", "right 40 of a file given up: BADF"]
    assert [line for line in lines if "given up:" not in line] == [
        "what one has may be kept: ok",
        "less may be kept: ok",
        "what was given up does not come back: NOTCAPABLE",
        "nor what would be handed on: NOTCAPABLE",
        "no such descriptor: BADF",
        "rights are now 2",
        "writing is not to be handed on: ok",
        "open below: ok",
        "can write: 0",
        "write: BADF",
        "read: ok",
    ]


@pytest.mark.parametrize(
    ("signal", "exit_code", "stdout"),
    [
        (0, 0, b"before\nproc_raise: ok\n"),
        (2, 130, b"before\n"),
        (6, 134, b"before\n"),
        (9, 137, b"before\n"),
        (11, 139, b"before\n"),
        (15, 143, b"before\n"),
        (16, 0, b"before\nproc_raise: ok\n"),
        (18, 0, b"before\nproc_raise: NOTSUP\n"),
        (31, 0, b"before\nproc_raise: INVAL\n"),
        (-1, 0, b"before\nproc_raise: INVAL\n"),
    ],
)
def test_a_raised_signal_has_its_default_action(kernel: HostKernel, signal: int, exit_code: int, stdout: bytes) -> None:
    done = run(kernel, "raise", str(signal))
    assert (done.reason, done.exit_code, done.stdout) == ("exited", exit_code, stdout)


class TestWithoutAnyDirectory:
    """A program that is given neither files nor mounts has a `/` of its own, which is empty and nobody's gift."""

    def test_what_it_did_not_make_is_not_permitted(self, kernel: HostKernel) -> None:
        done = run(kernel, "bare", files=None)
        assert done.stdout.decode().splitlines() == [
            "open what nobody gave: NOTCAPABLE",
            "shut the directory down: BADF",
            "make a file: ok",
            "open what is not there: NOENT",
            "shut the directory down: NOTSOCK",
        ]
        assert dict(done.files("/")) == {"/made": b""}

    def test_an_empty_directory_that_was_given_is_a_directory(self, kernel: HostKernel, tmp_path: object) -> None:
        lines = run(kernel, "bare", files=None, mounts={"/": tmp_path}).stdout.decode().splitlines()
        assert lines[:2] == ["open what nobody gave: NOENT", "shut the directory down: NOTSOCK"]
