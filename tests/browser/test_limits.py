"""Every end that is not the program's own: limits, kill, terminate, and programs that mean harm."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from programs import compile_program
from wasmtime import wat2wasm

from aikernel_web.contracts.engine import Quota
from aikernel_web.host import Persistent

if TYPE_CHECKING:
    from aikernel_web.host import HostKernel

PATIENCE = 60
"""Seconds after which a run that should have ended long ago counts as hanging."""
MIB = 1 << 20

GROWING = """(module
  (memory (export "memory") 1 {maximum})
  (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
  (func (export "fail") unreachable)
  (func (export "pages") (result i32) (memory.size)))"""


def growing(maximum: str = "") -> bytes:
    return bytes(wat2wasm(GROWING.format(maximum=maximum)))


class TestMemory:
    def test_growth_up_to_the_limit_succeeds_and_beyond_it_fails(self, kernel: HostKernel) -> None:
        process = kernel.spawn(growing(), stay=True, memory_limit=10 * 65536)
        assert process.call("grow", 9) == 1
        assert process.call("grow", 1) == -1
        assert process.call("pages") == 10
        assert process.memory.size == 10 * 65536

    def test_a_limit_between_pages_is_rounded_down(self, kernel: HostKernel) -> None:
        process = kernel.spawn(growing(), stay=True, memory_limit=3 * 65536 - 1)
        assert process.call("grow", 1) == 1
        assert process.call("grow", 1) == -1

    def test_a_limit_above_the_modules_own_maximum_changes_nothing(self, kernel: HostKernel) -> None:
        process = kernel.spawn(growing("4"), stay=True, memory_limit=64 * 65536)
        assert process.call("grow", 3) == 1
        assert process.call("grow", 1) == -1

    def test_a_program_that_copes_goes_on_and_its_counters_tell(self, kernel: HostKernel) -> None:
        done = kernel.run(compile_program("process/hungry"), ["1024"], memory_limit=32 * MIB, timeout=PATIENCE)
        assert (done.reason, done.exit_code) == ("exited", 5)
        assert done.stdout.startswith(b"got ")
        assert done.counters["memory_refused"] >= MIB
        assert done.counters["memory_bytes"] <= 32 * MIB

    def test_a_program_that_fails_for_want_of_memory_says_so(self, kernel: HostKernel) -> None:
        done = kernel.run(compile_program("process/hungry"), ["512", "abort"], memory_limit=32 * MIB, timeout=PATIENCE)
        assert (done.reason, done.exit_code, done.code) == ("memory", 137, "WASM_MEMORY_LIMIT")
        assert str(32 * MIB) in done.message
        assert done.stdout.startswith(b"got ")
        assert done.stack

    def test_a_trap_without_refused_growth_is_a_trap(self, kernel: HostKernel) -> None:
        done = kernel.run(compile_program("trap_unreachable"), memory_limit=64 * MIB, timeout=PATIENCE)
        assert (done.reason, done.code) == ("trapped", "WASM_TRAP")
        assert done.counters["memory_refused"] == 0

    def test_an_initial_size_over_the_limit_keeps_the_program_from_running(self, kernel: HostKernel) -> None:
        module = wat2wasm('(module (memory 17) (func (export "_start") unreachable))')
        done = kernel.run(module, memory_limit=MIB, timeout=PATIENCE)
        assert (done.reason, done.exit_code, done.code) == ("memory", 137, "WASM_MEMORY_LIMIT")
        assert str(17 * 65536) in done.message
        assert str(MIB) in done.message

    def test_an_imported_memory_is_limited_as_well(self, kernel: HostKernel) -> None:
        module = wat2wasm("""(module
          (import "env" "memory" (memory 1 100))
          (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0))))""")
        process = kernel.spawn(module, stay=True, memory_limit=3 * 65536)
        assert [process.call("grow", 1) for _ in range(3)] == [1, 2, -1]
        done = kernel.run(module, memory_limit=65535, timeout=PATIENCE)
        assert (done.reason, done.code) == ("memory", "WASM_MEMORY_LIMIT")

    def test_memories_with_64_bit_addresses_are_limited(self, kernel: HostKernel) -> None:
        module = wat2wasm("""(module
          (memory (export "memory") i64 1)
          (func (export "grow") (param i64) (result i64) (memory.grow (local.get 0)))
          (func (export "fail") unreachable))""")
        process = kernel.spawn(module, stay=True, memory_limit=3 * 65536)
        assert [process.call("grow", 1) for _ in range(3)] == [1, 2, -1]
        assert process.call("grow", 2**60) == -1

    def test_several_memories_share_the_limit(self, kernel: HostKernel) -> None:
        module = wat2wasm("""(module
          (memory $a (export "memory") 1) (memory $b 1)
          (func (export "a") (result i32) (memory.grow $a (i32.const 1)))
          (func (export "b") (result i32) (memory.grow $b (i32.const 1))))""")
        process = kernel.spawn(module, stay=True, memory_limit=4 * 65536)
        assert [process.call(name) for name in ("a", "a", "b", "b")] == [1, -1, 1, -1]
        done = kernel.run(module, memory_limit=65536, timeout=PATIENCE)
        assert (done.reason, done.code) == ("memory", "WASM_MEMORY_LIMIT")

    def test_growth_that_the_engine_refuses_counts(self, kernel: HostKernel) -> None:
        process = kernel.spawn(growing(), stay=True, memory_limit=2 * 65536)
        assert process.call("grow", 5) == -1
        with pytest.raises(Exception, match="unreachable"):
            process.call("fail")
        done = process.wait(timeout=PATIENCE)
        assert (done.reason, done.code) == ("memory", "WASM_MEMORY_LIMIT")
        assert done.counters["memory_refused"] == 5 * 65536
        assert str(5 * 65536) in done.message

    def test_the_stack_of_a_limited_program_has_its_functions(self, kernel: HostKernel) -> None:
        done = kernel.run(compile_program("trap_call"), memory_limit=64 * MIB, timeout=PATIENCE)
        plain = kernel.run(compile_program("trap_call"), timeout=PATIENCE)
        assert [frame.split()[0] for frame in done.stack] == [frame.split()[0] for frame in plain.stack]
        assert not any(".wasm." in frame for frame in plain.stack)


class TestInstructions:
    """Growth is counted by a change to the code, for which every instruction before it must have been understood."""

    @pytest.mark.parametrize(
        "body",
        [
            "(block $caught (try_table (catch $e $caught) (catch_all $caught) (throw $e)))",
            "(block $caught (result exnref) (try_table (catch_all_ref $caught)) (return)) (drop)",
            "(drop (i32x4.add (v128.const i32x4 1 2 3 64) (v128.load offset=64 (i32.const 0))))",
            "(drop (i8x16.shuffle 0 1 2 3 4 5 6 11 8 9 10 11 12 13 14 15 (v128.const i64x2 0 64) "
            "(v128.const i64x2 64 0)))",
            "(v128.store8_lane 15 (i32.const 64) (v128.const i64x2 64 64))",
            "(drop (f32x4.relaxed_madd (v128.const i64x2 0 0) (v128.const i64x2 0 0) (v128.const i64x2 0 0)))",
            "(memory.fill (i32.const 64) (i32.const 64) (i32.const 64)) (memory.copy (i32.const 0) "
            "(i32.const 64) (i32.const 0))",
            "(memory.init $d (i32.const 64) (i32.const 0) (i32.const 0)) (data.drop $d)",
            "(drop (table.grow $t (ref.null func) (i32.const 64))) (drop (table.size $t)) (table.set $t "
            "(i32.const 0) (ref.func $f))",
            "(call_indirect $t (type $v) (i32.const 64))",
            "(if (i32.const 0) (then (return_call $f)))",
            "(if (i32.const 0) (then (call_ref $v (ref.func $f))))",
            "(drop (struct.new $s (i32.const 64) (i32.const 64))) (drop (array.len (array.new_fixed $a 2 "
            "(i32.const 64) (i32.const 64))))",
            "(drop (ref.test (ref $s) (struct.new_default $s))) (drop (ref.i31 (i32.const 64)))",
            "(block $b (result (ref null $s)) (br_on_cast $b anyref (ref null $s) (ref.null none)) (drop) "
            "(ref.null $s)) (drop)",
            "(block $a (block $b (br_table $a $b $a (i32.const 64))))",
            "(drop (i32.atomic.rmw.add (i32.const 64) (i32.const 64))) (atomic.fence)",
            "(drop (i32.trunc_sat_f64_u (f64.const 64))) (drop (i64.extend32_s (i64.const 0x4040404040)))",
            "(drop (select (result i32) (i32.const 64) (i32.const 8256) (i32.const 0))) (drop (f32.const 3.0039))",
            "(drop (block (result i32 i64) (i32.const 64) (i64.const 64))) (drop)",
            "(i64.store8 $n offset=64 (i32.const 64) (i64.const 64)) (drop (memory.grow $n (i32.const 0)))",
        ],
    )
    def test_instructions_are_passed_over(self, kernel: HostKernel, body: str) -> None:
        module = wat2wasm(f"""(module
          (type $v (func)) (type $s (struct (field i32) (field i32))) (type $a (array i32))
          (memory $m (export "memory") 1) (memory $n 1) (table $t 80 funcref) (tag $e)
          (elem (table $t) (i32.const 64) func $f) (data $d "d")
          (func $f) (func $g {body})
          (func (export "_start") (call $g) (drop (memory.grow $m (i32.const 64))) unreachable))""")
        done = kernel.run(module, memory_limit=MIB, timeout=PATIENCE)
        assert (done.reason, done.counters["memory_refused"]) == ("memory", 64 * 65536), done.message


class TestFiles:
    FULL = """(module
      (import "wasi_snapshot_preview1" "path_open"
        (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
      (memory (export "memory") 1)
      (data (i32.const 0) "abcdefghijklmnopqrstuvwxyz")
      (func (export "open") (param i32) (result i32)
        (call $open (i32.const 3) (i32.const 0) (local.get 0) (i32.const 1) (i32.const 1)
          (i64.const 66) (i64.const 0) (i32.const 0) (i32.const 64))))"""

    def test_open_descriptors_are_limited(self, kernel: HostKernel) -> None:
        process = kernel.spawn(wat2wasm(self.FULL), stay=True, quota=Quota(descriptors=6))
        assert [process.call("open", i) for i in range(4)] == [0, 0, 41, 41]

    def test_files_are_limited(self, kernel: HostKernel) -> None:
        process = kernel.spawn(wat2wasm(self.FULL), stay=True, quota=Quota(files=4))
        answers = [process.call("open", i) for i in range(8)]
        assert answers[0] == 0
        assert answers[-1] == 51

    def test_bytes_are_limited(self, kernel: HostKernel) -> None:
        files = {"/in": bytes(100_000)}
        done = kernel.run(
            compile_program("copy"), ["/in", "/out"], files=files, quota=Quota(bytes=150_000), timeout=PATIENCE
        )
        assert done.reason == "exited"
        assert done.exit_code != 0
        assert len(done.files().get("/out", b"")) <= 50_000


class TestOutput:
    def test_output_is_limited_and_what_fits_is_kept(self, kernel: HostKernel) -> None:
        done = kernel.run(compile_program("chatter"), output_limit=1000, timeout=PATIENCE)
        assert (done.reason, done.exit_code, done.code) == ("output", 153, "WASM_OUTPUT_LIMIT")
        assert len(done.stdout) == 1000
        assert done.lines[-1].text

    @pytest.mark.parametrize("how", ["kill", "timeout", "terminate"])
    def test_the_last_output_of_a_program_that_is_cut_off_is_kept(self, kernel: HostKernel, how: str) -> None:
        # Every line is written at once; the last ones are not sent yet when the loop that never calls begins.
        module = wat2wasm("""(module
          (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
          (memory (export "memory") 1)
          (data (i32.const 0) "\\08\\00\\00\\00\\05\\00\\00\\00line\\0a")
          (func (export "_start") (local $i i32)
            (loop $again
              (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 32)))
              (local.set $i (i32.add (local.get $i) (i32.const 1)))
              (br_if $again (i32.lt_u (local.get $i) (i32.const 1000))))
            (loop $forever (br $forever))))""")
        process = kernel.spawn(module, timeout=2 if how == "timeout" else None)
        if how != "timeout":
            time.sleep(1)
            process.kill() if how == "kill" else process.terminate(grace=0.2)
        done = process.wait(timeout=PATIENCE)
        assert done.reason == ("timeout" if how == "timeout" else "killed")
        assert done.stdout == b"line\n" * 1000
        assert len(done.lines) == 1000


class TestTerminate:
    def test_a_handler_lets_the_program_end_in_its_own_way(self, kernel: HostKernel) -> None:
        process = kernel.spawn(compile_program("process/signal_handled"))
        process.stdout.read_until(b"ready\n")
        done = process.terminate(grace=PATIENCE)
        assert (done.reason, done.exit_code) == ("exited", 7)
        assert done.stdout == b"ready\nwoken\nasked by 15\n"
        assert done.files() == {"/left": b"goodbye"}

    def test_a_handler_that_exits_ends_the_program_with_its_code(self, kernel: HostKernel) -> None:
        process = kernel.spawn(compile_program("process/signal_read"), args=["leave"])
        process.stdout.read_until(b"ready\n")
        done = process.terminate(grace=PATIENCE)
        assert (done.reason, done.exit_code) == ("exited", 9)
        assert done.stdout.endswith(b"handler leaves on 15\n")

    def test_a_read_that_waits_is_interrupted(self, kernel: HostKernel) -> None:
        process = kernel.spawn(compile_program("process/signal_read"))
        process.stdout.read_until(b"ready\n")
        done = process.terminate(grace=PATIENCE)
        assert (done.reason, done.exit_code) == ("exited", 3)
        assert done.stdout.endswith(b"read: -1 Interrupted system call\n")

    def test_a_signal_without_a_handler_ends_the_program(self, kernel: HostKernel) -> None:
        process = kernel.spawn(compile_program("process/signal_stubborn"), args=["default"])
        process.stdout.read_until(b"ready\n")
        done = process.terminate(grace=PATIENCE)
        assert (done.reason, done.exit_code, done.code) == ("killed", 143, "WASM_PROCESS_TERMINATED")

    def test_a_program_that_goes_on_is_killed_after_the_grace(self, kernel: HostKernel) -> None:
        process = kernel.spawn(compile_program("process/signal_stubborn"))
        process.stdout.read_until(b"ready\n")
        asked = time.monotonic()
        done = process.terminate(grace=0.5)
        assert 0.4 < time.monotonic() - asked < PATIENCE / 2
        assert (done.reason, done.exit_code, done.code) == ("killed", 137, "WASM_PROCESS_KILLED")
        assert done.stdout == b"ready\n"

    def test_a_program_that_receives_no_signals_runs_its_destructors_and_keeps_its_files(
        self, kernel: HostKernel
    ) -> None:
        process = kernel.spawn(compile_program("process/ending"))
        process.stderr.read_until(b"ready\n")
        done = process.terminate(grace=PATIENCE)
        assert (done.reason, done.exit_code, done.code) == ("killed", 143, "WASM_PROCESS_TERMINATED")
        assert done.files() == {"/left": b"kept"}
        assert done.stdout == b"not flushed yet"

    def test_a_program_that_prints_is_ended_at_its_next_call(self, kernel: HostKernel) -> None:
        process = kernel.spawn(compile_program("chatter"))
        process.stdout.read_until(b"line 10\n")
        done = process.terminate(grace=PATIENCE)
        assert (done.reason, done.exit_code) == ("killed", 143)
        assert done.counters["fd_write"] > 10

    def test_a_loop_without_calls_is_killed_after_the_grace(self, kernel: HostKernel) -> None:
        process = kernel.spawn(compile_program("spin"))
        process.stdout.read_until(b"spinning\n")
        done = process.terminate(grace=0.2)
        assert (done.reason, done.exit_code) == ("killed", 137)

    @pytest.mark.parametrize("mounts", [{}, {"/more": Persistent("ended programs")}], ids=["plain", "mounts"])
    def test_nothing_runs_after_a_handler_has_exited(self, kernel: HostKernel, mounts: dict[str, Persistent]) -> None:
        # The sleep below the handler is over when it exits, and a loop without calls would follow.
        process = kernel.spawn(compile_program("process/signal_covered"), mounts=mounts)
        process.stdout.read_until(b"ready\n")
        done = process.terminate(grace=5)
        assert (done.reason, done.exit_code) == ("exited", 3)

    def test_a_program_that_has_returned_is_not_called_while_its_files_are_saved(self, kernel: HostKernel) -> None:
        mounts = {"/store": Persistent(f"late {uuid4()}")}
        process = kernel.spawn(compile_program("process/signal_late"), mounts=mounts)
        process.stdout.read_until(b"leaving\n")
        done = process.terminate(grace=20)
        assert (done.reason, done.exit_code) == ("exited", 4)

    def test_what_stays_is_ended(self, kernel: HostKernel) -> None:
        process = kernel.spawn(growing(), stay=True)
        done = process.terminate(grace=PATIENCE)
        assert (done.reason, done.exit_code, done.code) == ("killed", 143, "WASM_PROCESS_TERMINATED")

    def test_the_signal_reaches_a_module_by_the_name_that_wasix_gives_it(self, kernel: HostKernel) -> None:
        module = wat2wasm("""(module
          (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
          (memory (export "memory") 1)
          (func (export "__wasm_signal") (param i32) (call $exit (local.get 0))))""")
        process = kernel.spawn(module, stay=True)
        done = process.terminate(grace=PATIENCE)
        assert (done.reason, done.exit_code) == ("exited", 15)

    def test_terminating_twice_is_terminating_once(self, kernel: HostKernel) -> None:
        process = kernel.spawn(growing(), stay=True)
        assert process.terminate(grace=PATIENCE).exit_code == 143
        assert process.terminate(grace=PATIENCE).exit_code == 143


def many_functions(count: int) -> bytes:
    """Return a module of so many empty functions, each of which calls the next."""

    def leb(value: int) -> bytes:
        out = bytearray()
        while value >= 128:
            out.append(value % 128 | 128)
            value //= 128
        return bytes([*out, value])

    def section(kind: int, body: bytes) -> bytes:
        return bytes([kind]) + leb(len(body)) + body

    bodies = b"".join(leb(len(body)) + body for body in (b"\0\x10" + leb(i + 1) + b"\x0b" for i in range(count - 1)))
    return (
        b"\0asm\1\0\0\0"
        + section(1, b"\1\x60\0\0")
        + section(3, leb(count) + bytes(count))
        + section(7, b"\1\6_start\0\0")
        + section(10, leb(count) + bodies + b"\2\0\x0b")
    )


class TestHarm:
    """What a program may do to a worker must end the program, and only that."""

    def ends_well(self, kernel: HostKernel) -> None:
        assert kernel.run(compile_program("exit_code"), ["3"], timeout=PATIENCE).exit_code == 3

    def test_endless_recursion(self, kernel: HostKernel) -> None:
        done = kernel.run(wat2wasm('(module (func $f (export "_start") (call $f) (call $f)))'), timeout=PATIENCE)
        assert (done.reason, done.code) == ("trapped", "WASM_TRAP")
        assert "stack" in done.message
        self.ends_well(kernel)

    def test_an_endless_start_section(self, kernel: HostKernel) -> None:
        module = wat2wasm("(module (func $f (loop $again (br $again))) (start $f))")
        done = kernel.run(module, timeout=1)
        assert done.reason == "timeout"
        process = kernel.spawn(module)
        process.kill()
        assert process.wait(timeout=PATIENCE).reason == "killed"
        self.ends_well(kernel)

    def test_a_module_of_100_megabytes(self, kernel: HostKernel) -> None:
        name = b"\x04fill"
        size = 100_000_000
        leb = bytes([size % 128 | 128, size // 128 % 128 | 128, size // 128**2 % 128 | 128, size // 128**3])
        filling = b"\0" + leb + name + bytes(size - len(name))
        done = kernel.run(bytes(wat2wasm('(module (func (export "_start")))')) + filling, timeout=PATIENCE)
        assert (done.reason, done.exit_code) == ("exited", 0)
        self.ends_well(kernel)

    def test_a_million_functions(self, kernel: HostKernel) -> None:
        # Browsers take up to a million (the JavaScript API's implementation limits); its chain of calls is too deep.
        done = kernel.run(many_functions(1_000_000), timeout=PATIENCE)
        assert done.reason in ("trapped", "timeout")
        assert kernel.run(many_functions(1_000_001), timeout=PATIENCE).reason == "invalid"
        self.ends_well(kernel)

    def test_a_memory_of_4_gib(self, kernel: HostKernel) -> None:
        module = wat2wasm('(module (memory 65536) (func (export "_start") (i32.store (i32.const -4) (i32.const 1))))')
        done = kernel.run(module, timeout=PATIENCE)
        assert done.reason in ("exited", "memory")
        self.ends_well(kernel)

    def test_a_table_of_ten_million(self, kernel: HostKernel) -> None:
        done = kernel.run(
            wat2wasm("""(module (table 10000000 funcref)
              (func (export "_start") (drop (table.grow (ref.null func) (i32.const 100000000)))))"""),
            timeout=PATIENCE,
        )
        assert done.reason in ("exited", "memory", "trapped")
        self.ends_well(kernel)
