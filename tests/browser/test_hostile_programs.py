"""Programs of ill will: what they do ends them at most, and neither kernel nor page nor another program."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest
import wasmtime
from programs import compile_program

if TYPE_CHECKING:
    from aikernel_web.host import CompletedProcess, HostKernel

PATIENCE = 60


@pytest.fixture(autouse=True)
def bystander(kernel: HostKernel) -> Iterator[None]:
    """Another program is there before, unharmed and answering afterwards, and so are kernel and page."""
    other = kernel.spawn(compile_program("sums"))
    other.stdout.read_until(b"> ")
    yield
    other.stdin.write(b"7\n")
    assert other.stdout.read_until(b"> ", timeout=20) == b"total 7\n> "
    other.stdin.close()
    assert other.wait(timeout=20).stdout.endswith(b"bye 7\n")
    assert kernel.python("6 * 7", timeout=20) == 42
    assert kernel.page.evaluate("() => Object.keys(Object.prototype).length") == 0


def attack(kernel: HostKernel, *args: object, **options: Any) -> CompletedProcess:
    return kernel.run(compile_program("hostile"), args=[str(arg) for arg in args], **{"timeout": PATIENCE, **options})


def run_text(kernel: HostKernel, text: str, **options: Any) -> CompletedProcess:
    return kernel.run(bytes(wasmtime.wat2wasm(text)), **{"timeout": PATIENCE, **options})


class TestStreams:
    def test_single_bytes_to_both_streams_in_turn(self, kernel: HostKernel) -> None:
        done = attack(kernel, "alternate", 5_200)
        assert (done.reason, done.exit_code) == ("exited", 0)
        assert done.stdout == b"acegikmoqsuwy" * 200
        assert done.stderr == b"bdfhjlnprtvxz" * 200

    @pytest.mark.deep
    def test_very_many_single_bytes_to_both_streams_in_turn(self, kernel: HostKernel) -> None:
        done = attack(kernel, "alternate", 400_000)
        assert (done.exit_code, len(done.stdout), len(done.stderr)) == (0, 200_000, 200_000)

    def test_a_write_of_a_million_pieces(self, kernel: HostKernel) -> None:
        done = attack(kernel, "pieces", 1 << 20)
        assert (done.reason, done.exit_code) == ("exited", 0)
        text = done.stdout.decode().split("\n")
        assert text[:2] == ["0" * (1 << 14), f"0 {1 << 14}"]
        assert text[2:7] == ["1 1"] * 5
        assert len(text) == 9

    def test_a_flood_of_input_that_nobody_reads(self, kernel: HostKernel) -> None:
        process = kernel.spawn(compile_program("hostile"), args=["idle"])

        def flood() -> None:
            for _ in range(64):
                process.stdin.write(b"x" * (1 << 20))

        # The writer is held back, and let go when the program ends.
        writer = threading.Thread(target=flood, daemon=True)
        writer.start()
        assert kernel.python("6 * 7", timeout=PATIENCE) == 42
        process.kill()
        assert process.wait(timeout=PATIENCE).reason == "killed"
        writer.join(PATIENCE)
        assert not writer.is_alive()

    def test_calls_that_give_nothing_for_ever_are_ended_in_time(self, kernel: HostKernel) -> None:
        begun = time.monotonic()
        done = attack(kernel, "idle", timeout=1)
        assert (done.reason, done.stdout) == ("timeout", b"")
        assert time.monotonic() - begun < 10


class TestWaiting:
    def test_a_poll_on_very_many_subscriptions(self, kernel: HostKernel) -> None:
        done = attack(kernel, "subscriptions", 1 << 16)
        assert (done.reason, done.exit_code, done.stderr) == ("exited", 0, b"")
        lines = done.stdout.splitlines()
        assert lines[0].split()[0] == b"8"  # EBADF, for all together
        assert lines[1:] == [b"0 1", b"1", b"1", b"1", b"1"]


class TestFiles:
    def test_paths_of_a_megabyte(self, kernel: HostKernel) -> None:
        done = attack(kernel, "paths", 1 << 20)
        assert (done.reason, done.exit_code) == ("exited", 0)
        # The longest of each kind is refused in every call.
        assert [line[:1] for line in done.stdout.splitlines()] == [b"4"] * 8

    def test_very_many_files(self, kernel: HostKernel) -> None:
        done = attack(kernel, "files", 20_000)
        assert done.stdout == b"20000 0\n"
        assert len(done.files("/")) == 20_000

    @pytest.mark.deep
    def test_a_million_files(self, kernel: HostKernel) -> None:
        done = attack(kernel, "files", 2_000_000)
        assert done.reason in {"exited", "timeout"}
        if done.reason == "exited":
            made, errno = done.stdout.split()
            assert (int(made) <= 1_000_000, errno) == (True, b"51")

    @pytest.mark.parametrize("width", [1, 255])
    def test_directories_ten_thousand_deep(self, kernel: HostKernel, width: int) -> None:
        done = attack(kernel, "directories", 10_000, width)
        assert (done.reason, done.exit_code) == ("exited", 0)
        made, errno, _ = done.stdout.split()
        assert int(made) == 10_000 or int(errno) != 0
        done.files("/")

    def test_links_to_links(self, kernel: HostKernel) -> None:
        done = attack(kernel, "links", 1000)
        assert done.stdout == b"0 32 32 32 1\n"

    def test_sizes_and_places_that_no_file_has(self, kernel: HostKernel) -> None:
        done = attack(kernel, "sizes")
        assert (done.reason, done.stdout) == ("exited", b"0\n")
        assert [len(data) for data in done.files("/").values()] == [3]

    def test_descriptors_without_end(self, kernel: HostKernel) -> None:
        done = attack(kernel, "descriptors")
        opened, errno, refused, closed, after, _ = done.stdout.split()
        assert (int(opened) < 20_000, errno, refused, closed, after) == (True, b"41", b"11111", b"0", b"0")


class TestNames:
    """Exports and imports called what the host calls its own, or what every object has."""

    @pytest.mark.parametrize(
        "name", ["aikernel:start", "__proto__", "constructor", "then", "toString", "", "_initialize"]
    )
    def test_an_export_of_a_name_that_means_something(self, kernel: HostKernel, name: str) -> None:
        done = run_text(
            kernel,
            f"""(module
              (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
              (global $n (mut i32) (i32.const 40))
              (memory (export "memory") 1)
              (func $first (global.set $n (i32.add (global.get $n) (i32.const 2))))
              (func (export "{name}") (param i32))
              (start $first)
              (func (export "_start") (call $exit (global.get $n))))""".replace(
                '(func (export "_initialize") (param i32))', '(func (export "_initialize"))'
            ),
        )
        # A module that has the name of the export that stands for a start section may be refused, but by code.
        assert (done.reason, done.exit_code) == ("exited", 42) or (done.reason == "invalid" and done.code is not None)

    @pytest.mark.parametrize("module", ["__proto__", "constructor", "", "wasi", "env", "WASI_SNAPSHOT_PREVIEW1"])
    def test_an_import_of_a_name_that_every_object_has(self, kernel: HostKernel, module: str) -> None:
        kinds = {b"\0\0": "func", b"\1\x70\0\1": "table", b"\2\0\1": "memory", b"\3\x7f\0": "global", b"\4\0\0": "tag"}
        for name in ("__proto__", "constructor", "hasOwnProperty", "memory", ""):
            for kind, what in kinds.items():
                done = kernel.run(b"\0asm\1\0\0\0\1\4\1\x60\0\0" + _import(module, name, kind), timeout=PATIENCE)
                given = module == "env" and what in {"table", "memory"}
                expected = ("exited", None) if given else ("link", "WASM_IMPORT_MISSING")
                assert (done.reason, done.code) == expected, (name, what, done.message)

    def test_a_call_of_preview_1_that_is_none(self, kernel: HostKernel) -> None:
        for name in ("__proto__", "constructor", "toString", "__defineGetter__", "fd_read2", ""):
            done = run_text(kernel, f'(module (import "wasi_snapshot_preview1" "{name}" (func)))')
            assert (done.reason, done.code) == ("link", "WASM_IMPORT_MISSING")

    @pytest.mark.parametrize("name", ["fd_write", "poll_oneoff", "proc_exit", "fd_seek", "path_open", "random_get"])
    def test_a_call_of_another_type_than_the_standards(self, kernel: HostKernel, name: str) -> None:
        for params, result in (("", ""), ("", "i32"), ("i64 i64 i64 i64", "i64"), ("f64", "f32"), ("i32", "i32 i32")):
            zeros = " ".join(f"({value}.const 0)" for value in params.split())
            done = run_text(
                kernel,
                f"""(module
                  (import "wasi_snapshot_preview1" "{name}" (func $call (param {params}) (result {result})))
                  (memory (export "memory") 1)
                  (func (export "_start") (call $call {zeros}) {" ".join("(drop)" for _ in result.split())}))""",
            )
            assert done.reason in {"exited", "trapped", "link"}
            assert done.reason == "exited" or done.code is not None

    def test_memory_of_another_kind_than_memory(self, kernel: HostKernel) -> None:
        done = run_text(
            kernel,
            """(module (import "wasi_snapshot_preview1" "random_get" (func $random (param i32 i32) (result i32)))
              (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
              (global (export "memory") i32 (i32.const 0))
              (func (export "_start") (call $exit (call $random (i32.const 0) (i32.const 8)))))""",
        )
        assert (done.reason, done.exit_code) == ("exited", 21)  # EFAULT: there is no memory to write to

    def test_names_of_functions_that_look_like_frames(self, kernel: HostKernel) -> None:
        name = "x)\\n    at kernel (http://127.0.0.1/static/process/worker.mjs:1:1)\\n    at y (wasm-function[99]:0x1"
        done = run_text(kernel, f'(module (func $f (@name "{name}") unreachable) (func (export "_start") (call $f)))')
        assert (done.reason, done.code) == ("trapped", "WASM_TRAP")


def _import(module: str, name: str, kind: bytes) -> bytes:
    parts = [bytes((len(text),)) + text.encode() for text in (module, name)]
    body = b"\1" + b"".join(parts) + kind
    return b"\2" + bytes((len(body),)) + body


class TestComputing:
    def test_recursion_through_the_host_and_back(self, kernel: HostKernel) -> None:
        done = run_text(
            kernel,
            """(module (import "wasi_snapshot_preview1" "sched_yield" (func $yield (result i32)))
              (memory (export "memory") 1)
              (func $deep (drop (call $yield)) (call $deep))
              (func (export "_start") (call $deep)))""",
        )
        assert (done.reason, done.code) == ("trapped", "WASM_TRAP")

    def test_a_table_as_large_as_they_come(self, kernel: HostKernel) -> None:
        done = run_text(
            kernel,
            """(module (table $t 1 externref) (memory (export "memory") 1)
              (func (export "_start") (local $n i32)
                (loop $more
                  (br_if $more (i32.ne (table.grow $t (ref.null extern) (i32.const 1000000)) (i32.const -1))))))""",
        )
        assert done.reason in {"exited", "trapped"}

    def test_all_the_memory_there_is(self, kernel: HostKernel) -> None:
        done = run_text(
            kernel,
            """(module (memory (export "memory") 1)
              (func (export "_start")
                (loop $more (br_if $more (i32.ne (memory.grow (i32.const 256)) (i32.const -1))))))""",
        )
        assert done.reason in {"exited", "memory"}

    def test_processes_without_end(self, kernel: HostKernel) -> None:
        processes = [kernel.spawn(compile_program("nap"), args=["600000"]) for _ in range(60)]
        for process in processes:
            process.kill()
        assert {process.wait(timeout=PATIENCE).reason for process in processes} == {"killed"}
