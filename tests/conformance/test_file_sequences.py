"""Sequences of file operations that hypothesis makes up: no answer and no file may differ from wasmtime's."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from programs import compile_program
from programs.expectations import ARGV0

if TYPE_CHECKING:
    from aikernel_web.host import HostKernel

    from .wasmtime_host import WasmtimeHost

PATIENCE = 120

_READ, _WRITE, _ALL = 1 << 1, 1 << 6, (1 << 30) - 1
_FOLLOW = 1
_CREATE, _DIRECTORY, _EXCLUSIVE, _TRUNCATE = 1, 2, 4, 8
_APPEND, _DSYNC, _NONBLOCK = 1, 2, 4

_NAMES = ("a", "b", "c", "d")
_PATHS = (
    *_NAMES * 6,
    *("a/b", "a/c", "b/c", "b/a", "a/b/c", "c/d", "d/a", "a/a/a") * 3,
    *("a/", "b/", "c//", "a/b/", "d///", "a/b//c"),
    *(".", "./", "./a", "a/.", "a/./b", "a/..", "b/..", "a/../b", "b/../c/", "..", "../a", "a/../..", "a/../../b"),
    *("", "/", "/a", "//", "\u00fc\u2603", " ", "-", "...", "a b", "~255~n", "~85~\u2603", "~2040~a/"),
)
_ODD_PATHS = (
    *_PATHS * 2,
    *("a\0b", "\0", "~256~n", "~86~\u2603", "~2047~a/", "~5000~n"),
)
_TARGETS = (*_PATHS, *("a", "b", "c", "d", "../a", "../../a", "a/..", "./b", ".", "..", "b/", "c/a") * 3)


def _encode(text: str) -> str:
    data = text.encode()
    plain = b"abcdefghijklmnopqrstuvwxyz0123456789./-_~"
    return "".join(chr(byte) if byte in plain else f"%{byte:02x}" for byte in data) or "%-"


_path = st.sampled_from(_ODD_PATHS).map(_encode)
# Where both paths of a call are at fault, which fault is told is nobody's promise.
_either_path = st.sampled_from(_PATHS).map(_encode)
_target = st.sampled_from(_TARGETS).map(_encode)
_slot = st.integers(0, 5).map(str)
_directory = st.sampled_from((0, 0, 0, 0, 0, 0, 1, 2, 3)).map(str)
_follow = st.sampled_from((0, _FOLLOW)).map(str)
_data = st.sampled_from(("%-", "x", "hello", "0123456789", "%00%ff", "~300~w", "~5000~v"))
_offset = st.sampled_from((0, 0, 1, 3, 5, 10, 100, 4096, 70_000, 1 << 20, 1 << 63, (1 << 64) - 1)).map(str)
_delta = st.sampled_from((0, 1, -1, -5, 10, 100_000, -(1 << 63))).map(str)
_size = st.sampled_from((0, 1, 4, 5, 100, 4096, 100_000)).map(str)
_new_size = st.sampled_from((0, 1, 3, 5, 100, 4096, 70_000, 1 << 63, (1 << 64) - 1)).map(str)
_time = st.sampled_from((0, 1, 999_999_999, 1_000_000_000, 1_234_567_890_123_456_789, 86_400_000_000_001)).map(str)
_oflags = (
    *(0, 0, 0, _CREATE, _CREATE, _CREATE, _DIRECTORY, _DIRECTORY, _TRUNCATE, _CREATE | _TRUNCATE, _CREATE | _EXCLUSIVE),
    *(_CREATE | _DIRECTORY, _EXCLUSIVE, _DIRECTORY | _TRUNCATE, _CREATE | _EXCLUSIVE | _TRUNCATE),
)
_rights = (_READ, _READ, _READ | _WRITE, _READ | _WRITE, _WRITE, _ALL, _ALL & ~_WRITE)
_open_flags = st.sampled_from((0, 0, 0, 0, _APPEND, _APPEND, _NONBLOCK, _APPEND | _NONBLOCK)).map(str)
_fdflags = st.sampled_from((0, _APPEND, _APPEND, _NONBLOCK, _DSYNC, 31)).map(str)
_fstflags = st.sampled_from((1, 2, 4, 5, 8, 10, 6, 9, 3, 12, 15)).map(str)


def _opening(oflags: int, fdflags: str, rights: int) -> str:
    # What wasmtime makes or cuts it opens for writing too, whatever was asked for.
    return f"{oflags} {fdflags} {rights | _WRITE if oflags & (_CREATE | _TRUNCATE) else rights}"


_how = st.builds(_opening, st.sampled_from(_oflags), _open_flags, st.sampled_from(_rights))


def _call(name: str, *words: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.tuples(st.just(name), *words).map(" ".join)


_making = (
    _call("mkdir", _directory, _path),
    _call("open", _slot, _directory, _follow, st.just(str(_CREATE)), st.just("0"), st.just(str(_READ | _WRITE)), _path),
    _call("symlink", _target, _directory, _either_path),
    _call("write", _slot, _data),
)
_calls = st.one_of(
    *_making,
    *_making,
    _call("open", _slot, _directory, _follow, _how, _path),
    _call("open", _slot, _directory, _follow, _how, _path),
    _call("close", _slot.filter(lambda slot: slot != "0")),
    _call("read", _slot, _size),
    _call("pread", _slot, _size, _offset),
    _call("write", _slot, _data),
    _call("pwrite", _slot, _offset.filter(lambda offset: int(offset) <= 1 << 20 or int(offset) >= 1 << 63), _data),
    _call("seek", _slot, _delta, st.sampled_from("012")),
    _call("tell", _slot),
    _call("setsize", _slot, _new_size),
    _call("setflags", _slot, _fdflags),
    _call("fdstat", _slot),
    _call("sync", _slot),
    _call("datasync", _slot),
    _call("advise", _slot, _offset, _offset, st.sampled_from("012345")),
    _call("renumber", _slot, _slot),
    _call("fstat", _slot),
    _call("stat", _directory, _follow, _path),
    _call("stat", _directory, _follow, _path),
    _call("same", _directory, _path, _directory, _path),
    _call("times", _directory, _follow, _path, _time, _time, _fstflags),
    _call("ftimes", _slot, _time, _time, _fstflags),
    _call("rmdir", _directory, _path.filter(lambda path: not path.endswith("/"))),
    _call("unlink", _directory, _path),
    _call("link", _directory, _either_path, _directory, _either_path),
    _call("link", _directory, _either_path, _directory, _either_path),
    _call("rename", _directory, _either_path, _directory, _either_path),
    _call("rename", _directory, _either_path, _directory, _either_path),
    _call("rename", _directory, _either_path, _directory, _either_path),
    _call("readlink", _directory, st.sampled_from(("0", "1", "3", "100")), _path),
    _call("list", _slot, st.sampled_from(("0", "23", "24", "25", "30", "60", "300", "4096"))),
)
_BEGINNINGS: tuple[tuple[str, ...], ...] = (
    (),
    ("mkdir 0 a", "mkdir 0 a/b", "open 1 0 0 1 0 66 a/c", "write 1 hello", "symlink a 0 b", "open 2 0 0 2 0 2 a"),
    ("open 1 0 0 1 0 66 a", "link 0 a 0 b", "symlink b 0 c", "symlink c 0 d", "open 2 0 1 0 1 66 d"),
    ("mkdir 0 a", "mkdir 0 b", "mkdir 0 b/c", "open 1 0 0 2 0 2 a", "open 2 0 0 2 0 2 b/c", "symlink ../a 0 b/a"),
    ("symlink a 0 a", "symlink c 0 b", "symlink b 0 c", "symlink a/b/c/d 0 d", "mkdir 0 c/"),
    ("open 1 0 0 1 0 66 a", "write 1 0123456789", "times 0 0 a 5 7 5", "open 2 0 0 0 1 66 a", "open 3 0 0 0 0 2 a"),
)
_sequence = st.tuples(st.sampled_from(_BEGINNINGS), st.lists(_calls, min_size=1, max_size=40)).map(
    lambda parts: (*parts[0], *parts[1])
)


def script_of(sequences: Sequence[Sequence[str]]) -> bytes:
    """Return the script of sequences that each have a directory of their own, and end with its tree."""
    lines = [line for number, sequence in enumerate(sequences) for line in (f"fresh s{number}", *sequence, "tree 0")]
    return "".join(f"{line}\n" for line in lines).encode()


def same_everywhere(kernel: HostKernel, host: WasmtimeHost, sequences: Sequence[Sequence[str]]) -> None:
    """Assert that a script prints the same and leaves the same files on wasmtime and in the browser."""
    script = script_of(sequences)
    program = compile_program("wasi/script")
    there = host.run(program, stdin=script)
    here = kernel.run(program, argv0=ARGV0, stdin=script, files={}, timeout=PATIENCE)
    calls = script.decode().splitlines()
    number = 0
    for ours, theirs in zip(here.stdout.splitlines(), there.stdout.splitlines(), strict=False):
        # Lines of a tree are indented, all others begin with the number of the call.
        number = int(theirs.split()[0]) if theirs[:1].isdigit() else number
        if ours != theirs:
            begin = max(at for at, call in enumerate(calls[:number]) if call.startswith("fresh"))
            said = (*calls[begin:number], f"ours:     {ours!r}", f"wasmtime: {theirs!r}")
            pytest.fail("\n".join(said), pytrace=False)
    assert here.stdout == there.stdout
    assert (here.reason, here.exit_code, here.stderr) == ("exited", there.exit_code, there.stderr)
    assert dict(here.files("/")) == dict(there.left)


def _sweep(kernel: HostKernel, host: WasmtimeHost, *, rounds: int, sequences: int) -> int:
    """Hold `rounds` scripts of `sequences` sequences against wasmtime; return how many sequences that were."""
    count = 0

    @settings(
        max_examples=rounds,
        deadline=None,
        derandomize=rounds < 100,
        database=None,
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=(HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example),
    )
    @given(st.lists(_sequence, min_size=sequences, max_size=sequences))
    def held_against_wasmtime(drawn: list[tuple[str, ...]]) -> None:
        nonlocal count
        same_everywhere(kernel, host, drawn)
        count += len(drawn)

    held_against_wasmtime()
    return count


def test_made_up_sequences_of_file_operations_do_the_same(kernel: HostKernel, host: WasmtimeHost) -> None:
    assert _sweep(kernel, host, rounds=8, sequences=12) >= 96


@pytest.mark.deep
def test_a_thousand_sequences_of_file_operations_do_the_same(kernel: HostKernel, host: WasmtimeHost) -> None:
    assert _sweep(kernel, host, rounds=110, sequences=20) >= 1000
