"""What the host gives a program besides input and files, and asks of it while it runs."""

from __future__ import annotations

import io
import os
import tarfile
import threading
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import wasmtime
from programs import compile_program

from aikernel_web.contracts.errors import KernelError
from aikernel_web.host import (
    Archive,
    HostError,
    HostProcess,
    Memory,
    Persistent,
    Quota,
    ReadOnly,
    launch,
    process,
    with_process,
)

if TYPE_CHECKING:
    from playwright.sync_api import Playwright

    from aikernel_web.host import HostKernel

PATIENCE = 60

MODULE = bytes(
    wasmtime.wat2wasm(
        """(module
  (import "env" "mix" (func $mix (param i32 i64 f64) (result i64)))
  (import "env" "show" (func $show (param i32 i32)))
  (memory (export "memory") 1 4)
  (data (i32.const 16) "hello")
  (func (export "go") (param i64) (result i64) (call $mix (i32.const -1) (local.get 0) (f64.const -0.0)))
  (func (export "say") (call $show (i32.const 16) (i32.const 5)))
  (func (export "two") (result i32 i64) (i32.const 7) (i64.const -9223372036854775808))
  (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0))))"""
    )
)
COMMAND = bytes(
    wasmtime.wat2wasm(
        """(module
  (import "env" "show" (func $show (param i32 i32)))
  (memory (export "memory") 1)
  (data (i32.const 16) "hello")
  (func (export "_start") (call $show (i32.const 16) (i32.const 5))))"""
    )
)

NESTING = bytes(
    wasmtime.wat2wasm(
        """(module
  (import "host" "ask" (func $ask (param i32) (result i32)))
  (import "host" "plain" (func $plain (param i32) (result i32)))
  (global $count (mut i32) (i32.const 0))
  (func (export "count") (result i32)
    (global.set $count (i32.add (global.get $count) (i32.const 1)))
    (global.get $count))
  (func (export "ask") (param i32) (result i32) (call $ask (local.get 0)))
  (func (export "plain") (param i32) (result i32) (call $plain (local.get 0))))"""
    )
)


def nothing(*_: object) -> None:
    pass


def code_of(call: Any, *args: Any, **options: Any) -> str:
    with pytest.raises(KernelError) as refused:
        call(*args, **options)
    return refused.value.code


def operate(kernel: HostKernel, *operations: str, **options: Any) -> list[str]:
    """Return the lines that file operations print; the words of each are apart by `|`."""
    done = kernel.run(compile_program("mount_ops"), operations, timeout=PATIENCE, **options)
    assert done.reason == "exited", done
    return done.stdout.decode().splitlines()


class TestImports:
    def test_arguments_and_results_cross_exactly(self, kernel: HostKernel) -> None:
        taken: list[tuple[Any, ...]] = []

        def mix(*args: Any) -> int:
            taken.append(args)
            return 2**63 - 1

        running = kernel.spawn(MODULE, imports={"env.mix": mix, ("env", "show"): nothing}, stay=True)
        assert running.call("go", 2**62 + 1) == 2**63 - 1
        assert str(taken) == "[(-1, 4611686018427387905, -0.0)]"
        assert running.call("two") == [7, -(2**63)]

    def test_an_import_reads_memory_of_the_program_that_waits_for_it(self, kernel: HostKernel) -> None:
        said: list[bytes] = []

        @with_process
        def show(caller: HostProcess, pointer: int, length: int) -> None:
            said.append(caller.memory.read(pointer, length))
            caller.memory.write(pointer, said[-1].upper())
            said.append(caller.memory.read(pointer, length))

        done = kernel.run(COMMAND, imports={"env.show": show}, timeout=PATIENCE)
        assert (done.reason, said) == ("exited", [b"hello", b"HELLO"])

    def test_an_import_may_run_another_program_with_imports(self, kernel: HostKernel) -> None:
        depths: list[int] = []

        def run(depth: int) -> None:
            depths.append(depth)
            if depth < 8:
                kernel.run(COMMAND, imports={"env.show": lambda *_: run(depth + 1)}, timeout=PATIENCE)

        run(0)
        assert depths == list(range(9))

    def test_programs_that_wait_for_imports_do_not_wait_for_each_other(self, kernel: HostKernel) -> None:
        barrier = threading.Barrier(3, timeout=PATIENCE)
        running = [kernel.spawn(COMMAND, imports={"env.show": lambda *_: barrier.wait() and None}) for _ in range(3)]
        assert [one.wait(timeout=PATIENCE).reason for one in running] == ["exited"] * 3

    @pytest.mark.parametrize(
        ("answer", "said"),
        [(lambda *_: 1 // 0, "ZeroDivisionError"), (lambda *_: "text", "'str' cannot cross"), (lambda: 0, "TypeError")],
    )
    def test_what_an_import_raises_ends_the_program_and_says_so(
        self, kernel: HostKernel, answer: Any, said: str
    ) -> None:
        done = kernel.run(COMMAND, imports={"env.show": answer}, timeout=PATIENCE)
        assert (done.reason, done.code, done.exit_code) == ("trapped", "WASM_IMPORT_FAILED", 134)
        assert said in done.message
        assert "env.show" in done.message

    def test_a_missing_import_is_refused_by_its_name(self, kernel: HostKernel) -> None:
        done = kernel.run(MODULE, imports={"env.mix": nothing}, timeout=PATIENCE)
        assert (done.reason, done.code) == ("link", "WASM_IMPORT_MISSING")
        assert "env.show" in done.message

    def test_what_is_no_import_is_refused_before_anything_runs(self, kernel: HostKernel) -> None:
        with pytest.raises(ValueError, match=r"names no import.*WASM_IMPORT_NAME_INVALID"):
            kernel.run(COMMAND, imports={"show": nothing})
        with pytest.raises(TypeError, match=r"env\.show"):
            kernel.run(COMMAND, imports={"env.show": 7})  # type: ignore[dict-item]

    def test_a_program_is_killed_while_it_waits_for_an_import(self, kernel: HostKernel) -> None:
        called, go_on = threading.Event(), threading.Event()

        def show(*_: object) -> None:
            called.set()
            go_on.wait(PATIENCE)

        running = kernel.spawn(COMMAND, imports={"env.show": show})
        assert called.wait(PATIENCE)
        running.kill()
        assert running.wait(timeout=PATIENCE).reason == "killed"
        go_on.set()
        assert kernel.run(COMMAND, imports={"env.show": nothing}, timeout=PATIENCE).reason == "exited"

    def test_the_kernels_own_python_gives_functions_and_coroutine_functions(self, kernel: HostKernel) -> None:
        kernel.python("import asyncio\nfrom aikernel_web import WasmProcessOptions\nsaid = []")
        kernel.python(f"module = {MODULE!r}")
        answer = kernel.python(
            """
async def show(pointer, length):
    await asyncio.sleep(0.01)
    said.append((await process.read_memory(pointer, length)).decode())

def mix(small, wide, fraction):
    said.append(wide)
    return wide + 1

options = WasmProcessOptions(module, stay=True, imports={"env.mix": mix, ("env", "show"): show})
process = await kernel.processes.create_process("plain", options)
await process.start()
await process.call("say")
said.append(await process.call("go", 2 ** 62))
said.append(list(await process.call("two")))
said"""
        )
        assert answer == ["hello", 2**62, 2**62 + 1, [7, -(2**63)]]
        with pytest.raises(KernelError, match="no way"):
            kernel.python(
                """
def refuse(*_):
    raise ValueError("no way")

options = WasmProcessOptions(module, stay=True, imports={"env.mix": refuse, "env.show": refuse})
process = await kernel.processes.create_process("plain", options)
await process.start()
await process.call("say")"""
            )

    def test_in_the_kernels_own_python_calls_know_the_import_that_they_are_made_in(self, kernel: HostKernel) -> None:
        kernel.python("import asyncio\nfrom aikernel_web import WasmProcessOptions")
        kernel.python(f"module = {NESTING!r}")
        answer = kernel.python(
            """
said, go_on, asked = [], asyncio.Event(), asyncio.Event()

async def later():
    await go_on.wait()
    said.append(("kept", await process.call("count")))

async def ask(value):
    if value == 0:
        said.append(("within", await process.call("count")))
        tasks = [asyncio.ensure_future(process.call("count")) for _ in range(2)]
        said.append(("tasks", await asyncio.gather(*tasks)))
        kept.append(asyncio.ensure_future(later()))
    else:
        asked.set()
        await asyncio.sleep(0.2)
        said.append(("asleep", value))
    return value

def plain(value):
    tasks.append(asyncio.ensure_future(process.call("count")))
    return value

kept, tasks = [], []
imports = {"host.ask": ask, "host.plain": plain}
process = await kernel.processes.create_process("plain", WasmProcessOptions(module, stay=True, imports=imports))
await process.start()
await process.call("ask", 0)
asking = asyncio.ensure_future(process.call("ask", 1))
await asked.wait()
go_on.set()
said.append(("outside", await process.call("count")))
await asyncio.gather(asking, *kept)
await process.call("plain", 1)
said.append(("after", await tasks[0]))
said"""
        )
        assert answer[:2] == [["within", 1], ["tasks", [2, 3]]]
        assert answer[2] == ["asleep", 1]
        assert sorted(answer[3:5]) in ([["kept", 4], ["outside", 5]], [["kept", 5], ["outside", 4]])
        assert answer[5] == ["after", 6]


class TestMounts:
    @pytest.fixture
    def folder(self, tmp_path: Path) -> Path:
        (tmp_path / "a.txt").write_bytes(b"from the host")
        return tmp_path

    def test_a_read_only_directory_can_be_read_and_not_written(self, kernel: HostKernel, folder: Path) -> None:
        told = operate(
            kernel, "cat|/data/a.txt", "write|/data/a.txt|no", "rm|/data/a.txt", mounts={"/data": ReadOnly(folder)}
        )
        assert told == ["ok from the host", "EROFS", "EROFS"]
        assert (folder / "a.txt").read_bytes() == b"from the host"

    @pytest.mark.parametrize("form", ["zip", "tar", "tgz"])
    def test_the_files_of_an_archive_are_there(self, kernel: HostKernel, tmp_path: Path, form: str) -> None:
        file = tmp_path / f"a.{form}"
        if form == "zip":
            with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed:
                packed.writestr("sub/b.txt", "packed")
        else:
            with tarfile.open(file, "w:gz" if form == "tgz" else "w") as packed:
                member = tarfile.TarInfo("sub/b.txt")
                member.size = 6
                packed.addfile(member, io.BytesIO(b"packed"))
        for source in (Archive(file), Archive(file.read_bytes())):
            told = operate(kernel, "cat|/z/sub/b.txt", "write|/z/new|x", mounts={"/z": source})
            assert told == ["ok packed", "EROFS"]

    def test_bytes_that_are_no_archive_are_refused(self, kernel: HostKernel) -> None:
        done = kernel.run(compile_program("empty"), mounts={"/z": Archive(b"nonsense")}, timeout=PATIENCE)
        assert (done.reason, done.code) == ("invalid", "WASM_ARCHIVE_INVALID")

    def test_a_directory_in_memory_starts_with_its_files_and_is_left_with_what_was_written(
        self, kernel: HostKernel
    ) -> None:
        done = kernel.run(
            compile_program("mount_ops"),
            ["cat|/m/in/a", "write|/m/b|new"],
            mounts={"/m": Memory({"in/a": "given"})},
            timeout=PATIENCE,
        )
        assert done.stdout == b"ok given\nok\n"
        assert done.files("/m") == {"/m/in/a": b"given", "/m/b": b"new"}

    def test_what_a_store_holds_outlasts_the_program(self, kernel: HostKernel) -> None:
        name = f"test-{os.getpid()}"
        assert operate(kernel, "write|/p/note|kept", mounts={"/p": Persistent(name)}) == ["ok"]
        assert operate(kernel, "cat|/elsewhere/note", mounts={"/elsewhere": Persistent(name)}) == ["ok kept"]
        told = operate(kernel, "cat|/p/note", "rm|/p/note", mounts={"/p": Persistent(name, read_only=True)})
        assert told == ["ok kept", "EROFS"]

    def test_relative_names_and_the_root_keep_their_places(self, kernel: HostKernel, folder: Path) -> None:
        done = kernel.run(
            compile_program("cat"), mounts={"fs-tests.dir": folder, "m": Memory({"x": "y"})}, timeout=PATIENCE
        )
        assert done.files("/") == {"/fs-tests.dir/a.txt": b"from the host", "/m/x": b"y"}

    def test_a_quota_is_the_programs_no_space(self, kernel: HostKernel) -> None:
        told = operate(kernel, "write|/a|12345678", "write|/b|1", quota=Quota(bytes=8))
        assert told == ["ok", "ENOSPC"]

    def test_a_profile_keeps_stores_from_one_browser_to_the_next(
        self, kernel: HostKernel, playwright: Playwright, tmp_path: Path
    ) -> None:
        for operation, told in (("write|/p/note|kept", "ok"), ("cat|/p/note", "ok kept")):
            with launch(playwright=playwright, site=kernel.site, profile=tmp_path / "profile") as own:
                assert operate(own, operation, mounts={"/p": Persistent("notes")}) == [told]
                if operation.startswith("cat"):
                    with pytest.raises(HostError) as busy:
                        launch(playwright=playwright, site=kernel.site, profile=tmp_path / "profile")
                    assert busy.value.code == "PROFILE_BUSY"


class TestControl:
    def test_terminate_takes_the_programs_own_way_out(self, kernel: HostKernel) -> None:
        running = kernel.spawn(compile_program("process/signal_handled"))
        running.stdout.read_until(b"ready\n", timeout=PATIENCE)
        done = running.terminate(PATIENCE)
        assert (done.reason, done.exit_code) == ("exited", 7)
        assert done.files("/left") == {"/left": b"goodbye"}

    def test_terminate_ends_what_has_no_way_out(self, kernel: HostKernel) -> None:
        done = kernel.spawn(compile_program("sums")).terminate(PATIENCE)
        assert (done.reason, done.exit_code, done.code) == ("killed", 143, "WASM_PROCESS_TERMINATED")

    def test_terminate_kills_what_does_not_listen(self, kernel: HostKernel) -> None:
        running = kernel.spawn(compile_program("spin"))
        running.stdout.read_until(b"spinning\n", timeout=PATIENCE)
        done = running.terminate(0.1)
        assert (done.reason, done.exit_code, done.stdout) == ("killed", 137, b"spinning\n")

    def test_a_memory_limit_lets_the_programs_growth_fail(self, kernel: HostKernel) -> None:
        imports = {"env.mix": nothing, "env.show": nothing}
        running = kernel.spawn(MODULE, imports=imports, stay=True, memory_limit=2 * 65_536)
        assert [running.call("grow", 1), running.call("grow", 1), running.memory.size] == [1, -1, 2 * 65_536]

    def test_what_cannot_be_asked_is_refused_by_code(self, kernel: HostKernel) -> None:
        running = kernel.spawn(MODULE, imports={"env.mix": nothing, "env.show": nothing}, stay=True)
        assert code_of(running.call, "nobody") == "WASM_EXPORT_NOT_FOUND"
        assert code_of(running.call, "go") == "WASM_EXPORT_ARGUMENTS_INVALID"
        assert code_of(running.memory.read, 65_530, 7) == "WASM_MEMORY_RANGE_INVALID"
        assert code_of(running.memory.write, -1, b"x") == "WASM_MEMORY_RANGE_INVALID"
        with pytest.raises(TypeError, match="cannot cross"):
            running.call("go", "1")  # type: ignore[arg-type]
        with pytest.raises(TypeError):
            running.memory.write(0, "text")  # type: ignore[arg-type]
        with pytest.raises(TypeError):
            running.memory.read(0.5, 1)  # type: ignore[arg-type]
        running.kill()
        running.wait(timeout=PATIENCE)
        assert code_of(running.call, "say") == "WASM_PROCESS_ENDED"
        assert code_of(running.memory.read, 0, 1) == "WASM_PROCESS_ENDED"

    def test_counters_lines_and_trace_say_what_a_program_did(self, kernel: HostKernel) -> None:
        done = kernel.run(compile_program("streams"), trace=True, timeout=PATIENCE)
        assert done.counters["fd_write"] == 8
        assert [(line.fd, line.text) for line in done.lines[:2]] == [(1, "out 0"), (2, "err 0")]
        assert done.lines[0].time <= done.lines[-1].time
        writes = [call for call in done.trace if call.name == "fd_write"]
        assert len(writes) == 8
        assert "out 0" in str(writes[0])

    def test_system_calls_are_told_as_they_are_made_and_on_the_bus(self, kernel: HostKernel) -> None:
        told: list[str] = []
        running = kernel.spawn(
            compile_program("streams"), on_trace=lambda calls, _: told.extend(call.name for call in calls)
        )
        running.wait(timeout=PATIENCE)
        assert told.count("fd_write") == 8
        event = kernel.events.wait_for("SystemCall", timeout=PATIENCE)
        assert event.payload["processId"] == running.id
        assert {"time", "name", "args", "result", "duration"} == set(event.payload["calls"][0])

    def test_after_a_reset_old_processes_say_so(self, kernel: HostKernel) -> None:
        running = kernel.spawn(compile_program("sums"))
        done = kernel.run(compile_program("empty"), timeout=PATIENCE)
        kernel.reset()
        assert running.wait(timeout=PATIENCE).reason == "killed"
        for call in (running.kill, running.terminate, running.stdin.close, running.files, done.files, running.flush):
            assert code_of(call) == "WASM_PROCESS_RESET"
        assert code_of(running.call, "say") == "WASM_PROCESS_RESET"

    def test_a_kernel_that_is_stuck_does_not_hold_the_host(
        self, kernel: HostKernel, playwright: Playwright, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(process, "KERNEL_BACKSTOP", 0.5)
        with launch(playwright=playwright, site=kernel.site, webgpu=False) as own:
            running = own.spawn(compile_program("spin"), timeout=3)
            with pytest.raises(HostError):
                own.python("while True: pass", timeout=0.1)
            for call in (running.wait, lambda: own.run(compile_program("empty"), timeout=0.5)):
                with pytest.raises(HostError, match="busy with code that does not return") as stuck:
                    call()
                assert stuck.value.code == "HOST_TIMEOUT"
            assert own.page.evaluate("() => 6 * 7") == 42


class TestEvents:
    def test_a_programs_event_comes_under_its_own_name_and_from_its_process(self, kernel: HostKernel) -> None:
        script = [
            "open /dev/event w",
            'write 3 {"name":"Scored","points":3}\\n',
            'write 3 {"name":"ProcessStopped"}\\n',
        ]
        running = kernel.spawn(compile_program("dev_script"), script)
        scored = kernel.events.wait_for("Scored", timeout=PATIENCE)
        assert (scored.payload, scored.source) == ({"points": 3}, running.id)
        forged = kernel.events.wait_for("Program.ProcessStopped", timeout=PATIENCE)
        assert forged.source == running.id
        assert running.wait(timeout=PATIENCE).reason == "exited"
        assert kernel.events.wait_for("ProcessStopped", timeout=PATIENCE).source == ""
