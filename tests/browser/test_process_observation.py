"""What can be seen of a program from outside: its system calls, counters, lines."""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from programs import compile_program
from wasmtime import wat2wasm

if TYPE_CHECKING:
    from aikernel_web.host import HostKernel

PATIENCE = 60
"""Seconds after which a run that should have ended long ago counts as hanging."""


def traced(kernel: HostKernel, name: str, *args: str, **options: Any) -> list[str]:
    """Run a program and return its calls as text, without their times."""
    done = kernel.run(compile_program(name), args=args, trace=True, **{"timeout": PATIENCE, **options})
    assert all(call.duration >= 0 and call.time >= 0 for call in done.trace)
    return [f"{call.name}({call.args}) = {call.result}" for call in done.trace]


def one(calls: list[str], name: str) -> list[str]:
    return [call for call in calls if call.startswith(f"{name}(")]


class TestTrace:
    def test_files(self, kernel: HostKernel) -> None:
        calls = traced(kernel, "files")
        opened = one(calls, "path_open")[0]
        assert re.fullmatch(
            r'path_open\(3, SYMLINK_FOLLOW, "log\.txt", CREAT\|TRUNC, [A-Z_|&~()]+, [A-Z_|&~()]+, 0\) = SUCCESS -> 4',
            opened,
        )
        assert 'fd_write(4, ["one,", ""]) = SUCCESS -> 4' in calls
        assert 'fd_read(4, 2 iovs) = SUCCESS -> 13 ["one,two,three"]' in calls
        assert "fd_seek(4, -5, END) = SUCCESS -> 8" in calls
        assert 'path_filestat_get(3, SYMLINK_FOLLOW, "log.txt") = NOENT' in calls
        assert 'path_rename(3, "log.txt", 3, "renamed.txt") = SUCCESS' in calls
        assert 'fd_prestat_dir_name(3, 1) = SUCCESS -> "/"' in calls
        stat = next(call for call in one(calls, "path_filestat_get") if "SUCCESS" in call)
        assert re.search(
            r"-> \{dev=\d+, ino=\d+, filetype=REGULAR_FILE, nlink=1, size=13, atim=\d+, mtim=\d+, ctim=\d+\}$", stat
        )

    def test_directories(self, kernel: HostKernel) -> None:
        calls = traced(kernel, "directories")
        assert any(re.search(r'fd_readdir\(\d+, \d+, \d+\) = SUCCESS -> \d+ \["\.", "\.\.", ', call) for call in calls)
        assert any(call.startswith("path_create_directory(3, ") for call in calls)

    def test_clocks_and_randomness(self, kernel: HostKernel) -> None:
        calls = traced(kernel, "clocks") + traced(kernel, "random")
        assert any(re.fullmatch(r"clock_time_get\(MONOTONIC, \d+\) = SUCCESS -> \d+", call) for call in calls)
        assert any(re.fullmatch(r"clock_time_get\(REALTIME, \d+\) = SUCCESS -> 1\d{18}", call) for call in calls)
        assert any(re.fullmatch(r"random_get\(\d+\) = SUCCESS", call) for call in calls)

    def test_a_call_that_waits_is_told_with_the_time_it_took(self, kernel: HostKernel) -> None:
        done = kernel.run(compile_program("nap"), args=["200"], trace=True, timeout=PATIENCE)
        nap = next(call for call in done.trace if call.name == "poll_oneoff")
        assert re.fullmatch(r"\[\{CLOCK, (REALTIME|MONOTONIC), 200000000(, ABSTIME)?\}\]", nap.args)
        assert nap.result == "SUCCESS -> 1 [{CLOCK, SUCCESS}]"
        assert nap.duration >= 190_000
        assert str(nap).endswith(f"= {nap.result} <{nap.duration / 1e6:.6f}>")

    def test_reading_what_comes_later(self, kernel: HostKernel) -> None:
        process = kernel.spawn(compile_program("cat"), trace=True)
        process.stdin.write("hello")
        assert process.stdout.read_until(b"hello")
        process.stdin.close()
        done = process.wait(timeout=PATIENCE)
        assert any(call.name == "fd_read" and '-> 5 ["hello"]' in call.result for call in done.trace)

    def test_the_call_that_ends_the_program_is_shown_without_a_result(self, kernel: HostKernel) -> None:
        assert traced(kernel, "exit_code", "9")[-1] == "proc_exit(9) = ?"

    def test_a_killed_program_leaves_what_it_told(self, kernel: HostKernel) -> None:
        process = kernel.spawn(compile_program("nap"), args=["600000"], trace=True)
        process.stdout.read_until(b"\n")
        deadline = time.monotonic() + PATIENCE
        while not process.trace() and time.monotonic() < deadline:
            time.sleep(0.01)
        process.kill()
        done = process.wait(timeout=PATIENCE)
        assert any(call.name == "fd_write" and "asleep" in call.args for call in done.trace)

    def test_long_data_and_odd_bytes_are_shown_in_one_bounded_line(self, kernel: HostKernel) -> None:
        module = wat2wasm("""(module
          (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
          (memory (export "memory") 1)
          (data (i32.const 0) "\\10\\00\\00\\00\\f0\\00\\00\\00\\00\\00\\00\\00\\00\\00\\00\\00\\0a\\22\\ff\\00tail")
          (func (export "_start")
            (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))
            (drop (call $write (i32.const 1) (i32.const -8) (i32.const 1) (i32.const 8)))
            (drop (call $write (i32.const 77) (i32.const 0) (i32.const -1) (i32.const 8)))))""")
        done = kernel.run(module, trace=True, timeout=PATIENCE)
        first, second, third = done.trace
        assert first.args.startswith('1, ["\\n\\"')
        assert first.args.endswith('"...]')
        assert "\n" not in first.args
        assert len(first.args) < 600
        assert (second.args, second.result) == ("1, <outside memory>", "FAULT")
        assert third.args == "77, <outside memory>"

    def test_functions_of_the_host_are_told_as_well(self, kernel: HostKernel) -> None:
        module = wat2wasm("""(module
          (import "host" "ask" (func $ask (param i32) (result i32)))
          (func (export "_start") (drop (call $ask (i32.const 20)))))""")
        done = kernel.run(module, imports={"host.ask": lambda value: value + 1}, trace=True, timeout=PATIENCE)
        assert [(call.name, call.args, call.result) for call in done.trace] == [("host.ask", "20", "21")]

    def test_preview_0_is_decoded_by_its_own_layouts(self, kernel: HostKernel) -> None:
        module = wat2wasm("""(module
          (import "wasi_unstable" "fd_seek" (func $seek (param i32 i64 i32 i32) (result i32)))
          (import "wasi_unstable" "fd_filestat_get" (func $stat (param i32 i32) (result i32)))
          (memory (export "memory") 1)
          (func (export "_start")
            (drop (call $seek (i32.const 1) (i64.const -5) (i32.const 0) (i32.const 8)))
            (drop (call $stat (i32.const 3) (i32.const 8)))))""")
        seek, stat = kernel.run(module, trace=True, timeout=PATIENCE).trace
        assert (seek.args, seek.result) == ("1, -5, CUR", "SPIPE")
        assert re.search(r"ino=1, filetype=DIRECTORY, nlink=[1-9], size=", stat.result)

    def test_a_flood_of_calls_is_bounded(self, kernel: HostKernel) -> None:
        done = kernel.run(compile_program("chatter"), trace=True, output_limit=4 << 20, timeout=PATIENCE)
        assert done.reason == "output"
        assert 0 < len(done.trace) <= 10_000
        assert done.trace[-1].name == "fd_write"

    def test_a_program_that_is_not_traced_tells_nothing(self, kernel: HostKernel) -> None:
        assert kernel.run(compile_program("files"), timeout=PATIENCE).trace == ()


class TestCounters:
    def test_calls_are_counted_by_name(self, kernel: HostKernel) -> None:
        done = kernel.run(compile_program("files"), timeout=PATIENCE)
        again = kernel.run(compile_program("files"), trace=True, timeout=PATIENCE)
        counted = {name: count for name, count in done.counters.items() if name.startswith(("fd_", "path_"))}
        told: dict[str, int] = {}
        for call in again.trace:
            told[call.name] = told.get(call.name, 0) + 1
        assert counted == told

    def test_what_was_used_is_counted(self, kernel: HostKernel) -> None:
        done = kernel.run(compile_program("cat"), stdin=b"0123456789", timeout=PATIENCE)
        assert done.counters["stdin_bytes"] == 10
        assert done.counters["output_bytes"] == 10
        assert done.counters["memory_bytes"] >= 65536
        assert done.counters["memory_refused"] == 0


class TestLines:
    def test_lines_have_descriptors_and_times(self, kernel: HostKernel) -> None:
        before = datetime.now(UTC) - timedelta(milliseconds=5)
        done = kernel.run(compile_program("streams"), timeout=PATIENCE)
        after = datetime.now(UTC) + timedelta(milliseconds=5)
        assert {line.fd for line in done.lines} == {1, 2}
        assert all(before <= line.time <= after for line in done.lines)
        assert [line.text for line in done.lines if line.fd == 1] == done.stdout.decode().splitlines()
        assert [line.text for line in done.lines if line.fd == 2] == done.stderr.decode().splitlines()

    def test_a_line_that_came_in_pieces_is_one_line(self, kernel: HostKernel) -> None:
        process = kernel.spawn(compile_program("cat"))
        for piece in (b"gr\xc3", b"\xbc", b"n\r", b"\nlast"):
            process.stdin.write(piece)
            time.sleep(0.05)
        process.stdin.close()
        done = process.wait(timeout=PATIENCE)
        assert [line.text for line in done.lines] == ["grün", "last"]

    @pytest.mark.parametrize("newlines", [True, False])
    def test_the_log_is_bounded(self, kernel: HostKernel, newlines: bool) -> None:
        data = (b"x" * 63 + (b"\n" if newlines else b"x")) * (1 << 16)
        done = kernel.run(compile_program("cat"), stdin=data, timeout=PATIENCE)
        assert done.stdout == data
        assert sum(len(line.text) + newlines for line in done.lines) <= 1 << 20
