"""Processes over contexts (reference contract, section 3.4), and what a worker process tells as a target."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
import wasmtime
from programs import compile_program
from unit.loop import run_async
from unit.wasmtime_engine import WasmtimeEngine

from aikernel_web import (
    EventBusProvider,
    ExitReason,
    Kernel,
    KernelError,
    NotSupportedError,
    ProcessState,
    WasmProcess,
    WasmProcessOptions,
    WasmRuntimeContext,
)
from aikernel_web.runtime.targets import as_target

Run = Callable[[Callable[[Kernel], Coroutine[Any, Any, Any]]], Any]

TRAPPING = bytes(
    wasmtime.wat2wasm("""(module (memory (export "memory") 1)
  (func (export "twice") (param i32) (result i32) (i32.mul (local.get 0) (i32.const 2)))
  (func (export "trap") unreachable))""")
)
NEEDY = bytes(wasmtime.wat2wasm("""(module (import "env" "f" (func)))"""))


def program(name: str) -> bytes:
    return compile_program(name).read_bytes()


class Watched:
    """A process over a context on wasmtime, and its events as (name, state, reason)."""

    def __init__(self, module: bytes | None = None, **options: Any) -> None:
        self.bus = EventBusProvider()
        self.events: list[tuple[str, str, str]] = []
        for name in ("ProcessStarted", "ProcessStopped", "ProcessCrashed"):
            self.bus.subscribe(name, self._keeping(name))
        own = WasmProcessOptions(**options)
        self.context = WasmRuntimeContext(event_bus=self.bus, engine=WasmtimeEngine(), options=own)
        self.process = WasmProcess("sample", WasmProcessOptions(module_bytes=module), context=self.context)

    def _keeping(self, name: str) -> Callable[[dict[str, str]], None]:
        return lambda payload: self.events.append((name, payload["state"], payload["reason"]))

    async def ended(self) -> ProcessState:
        await self.process.wait()
        return self.process.state


class TestStates:
    def test_one_without_a_module_starts_and_stops(self) -> None:
        async def main() -> None:
            watched = Watched()
            process = watched.process
            assert process.state is ProcessState.STARTING
            assert process.context is watched.context
            assert await process.start()
            assert (process.state, watched.context.is_running) == (ProcessState.RUNNING, True)
            assert await process.start()
            assert await process.stop()
            assert (process.state, watched.context.is_running) == (ProcessState.STOPPED, False)
            assert watched.events == [("ProcessStarted", "Running", ""), ("ProcessStopped", "Stopped", "")]
            await process.start()
            assert process.state is ProcessState.RUNNING
            await process.stop()

        run_async(main())

    def test_a_command_ends_it_with_its_exit_code(self) -> None:
        async def main() -> None:
            watched = Watched(program("exit_code"), args=("7",))
            await watched.process.start()
            assert await watched.ended() is ProcessState.STOPPED
            end = watched.process.exit
            assert end is not None
            assert (end.reason, end.exit_code) == (ExitReason.EXITED, 7)
            assert [name for name, _, _ in watched.events] == ["ProcessStarted", "ProcessStopped"]

        run_async(main())

    def test_a_trap_of_the_entry_is_a_crash(self) -> None:
        async def main() -> None:
            watched = Watched(program("trap_unreachable"))
            await watched.process.start()
            assert await watched.ended() is ProcessState.ERROR
            assert watched.process.exit is not None
            assert watched.process.exit.code == "WASM_TRAP"
            assert [name for name, _, _ in watched.events] == ["ProcessStarted", "ProcessCrashed"]
            assert watched.process.program.output(1) == b"before the trap\n"
            assert (1, "before the trap") in watched.process.program.log()

        run_async(main())

    @pytest.mark.parametrize("through", ["process", "context"])
    def test_a_trap_of_a_call_is_a_crash_whoever_calls(self, through: str) -> None:
        async def main() -> None:
            watched = Watched(TRAPPING)
            process, context = watched.process, watched.context
            await process.start()
            assert await process.call("twice", 4) == 8
            if through == "process":
                failure = await process.try_call("trap")
                assert failure.error is not None
                assert failure.error.error_code == "WASM_TRAP"
            else:
                with pytest.raises(KernelError, match="WASM_TRAP"):
                    context.exports["trap"]()
            assert await watched.ended() is ProcessState.ERROR
            assert not context.is_running
            await process.start()
            assert (process.state, await process.call("twice", 1)) == (ProcessState.RUNNING, 2)
            await process.stop()

        run_async(main())

    def test_what_an_import_raises_is_a_crash(self) -> None:
        async def main() -> None:
            watched = Watched(
                bytes(wasmtime.wat2wasm('(module (import "a" "f" (func $f)) (func (export "_start") call $f))'))
            )

            def fail() -> None:
                raise LookupError("mine")

            watched.context.register_import("a.f", fail)
            await watched.process.start()
            assert await watched.ended() is ProcessState.ERROR
            assert watched.process.exit is not None
            assert watched.process.exit.code == "WASM_IMPORT_FAILED"
            assert "mine" in watched.process.exit.message

        run_async(main())

    @pytest.mark.parametrize(
        ("module", "code", "reason"),
        [
            (b"\0", "WASM_MODULE_INVALID", ExitReason.INVALID),
            (NEEDY, "WASM_IMPORT_MISSING", ExitReason.LINK),
        ],
    )
    def test_one_that_cannot_start_has_crashed(self, module: bytes, code: str, reason: ExitReason) -> None:
        async def main() -> None:
            watched = Watched(module)
            result = await watched.process.try_start()
            assert result.error is not None
            assert result.error.error_code == code
            assert watched.process.state is ProcessState.ERROR
            assert watched.process.exit is not None
            assert watched.process.exit.reason is reason
            assert [name for name, _, _ in watched.events] == ["ProcessCrashed"]

        run_async(main())

    def test_a_declared_crash_has_its_reason(self) -> None:
        async def main() -> None:
            watched = Watched(TRAPPING)
            await watched.process.start()
            await watched.process.crash("runtime trap")
            assert watched.events[-1] == ("ProcessCrashed", "Error", "runtime trap")
            assert not watched.context.is_running

        run_async(main())

    def test_disposing_of_the_context_ends_it_and_refuses_more(self) -> None:
        async def main() -> None:
            watched = Watched(TRAPPING)
            await watched.process.start()
            watched.context.dispose()
            assert await watched.ended() is ProcessState.STOPPED
            for result in (await watched.process.try_start(), await watched.process.try_stop()):
                assert result.error is not None
                assert result.error.error_code == "WASM_CONTEXT_DISPOSED"

        run_async(main())

    def test_one_without_an_engine_cannot_start(self) -> None:
        async def main() -> None:
            process = WasmProcess.create()
            result = await process.try_start()
            assert result.error is not None
            assert result.error.error_code == "WASM_ENGINE_REQUIRED"
            assert process.state is ProcessState.STARTING

        run_async(main())


class TestTargets:
    def test_one_over_a_context_is_the_context(self) -> None:
        async def main() -> None:
            watched = Watched(TRAPPING)
            target = as_target(watched.process)
            seen: list[Any] = []
            for name in ("MemoryAccessed", "FileAccessed", "StdinSent"):
                watched.bus.subscribe(name, seen.append)
            await target.write_memory(3, b"\1")
            assert await target.read_memory(3, 1) == b"\1"
            await target.write_file("/a", b"2")
            assert await target.read_file("/a") == b"2"
            await target.send_stdin("line")
            assert len(seen) == 5
            assert watched.process.stdin_lines() == ["line"]
            await watched.process.start()
            assert await target.exported_functions() == ("twice", "trap")
            assert await target.call_export("twice", 3) == 6
            assert await target.memory_size() == 65536
            state = await target.save_state()
            await target.write_memory(0, b"\5")
            await target.restore_state(state)
            assert await target.read_memory(0, 1) == b"\0"
            assert (await target.frame(), await target.take_audio()) == (None, None)
            assert await target.control("module.imports") == []
            assert watched.process.program.files() == {"/a": b"2"}
            await watched.process.stop()

        run_async(main())

    def test_what_a_context_cannot_is_refused_by_code(self) -> None:
        async def main() -> None:
            watched = Watched(TRAPPING)
            await watched.process.start()
            inline = watched.process.program
            for operation, code in (
                (lambda: inline.resize(80, 24), "WASM_TERMINAL_UNSUPPORTED"),
                (inline.lines, "WASM_LINES_UNSUPPORTED"),
            ):
                with pytest.raises(NotSupportedError, match=code):
                    operation()
            assert (inline.trace(), inline.counters()) == ((), {})
            inline.write_stdin(b"x")
            inline.close_stdin()
            await inline.flush()
            await watched.process.flush()
            await inline.write_memory(0, b"\1")
            assert (await inline.read_memory(0, 1), await inline.memory_size()) == (b"\1", 65536)
            assert (await inline.call_export("twice", 2), await inline.control("time.now")) == (4, 0)
            assert (inline.frame(), inline.audio()) == (None, None)
            with pytest.raises(NotSupportedError):
                inline.send_input(b"")
            with pytest.raises(NotSupportedError):
                await watched.process.send_event("{}")
            end = await watched.process.terminate()
            assert end.reason is ExitReason.KILLED
            watched.process.release()
            result = await watched.process.try_start()
            assert result.error is not None
            assert result.error.error_code == "WASM_PROCESS_RELEASED"

        run_async(main())

    def test_one_in_a_worker_needs_a_start(self) -> None:
        async def main() -> None:
            process = WasmProcess("late", engine=WasmtimeEngine())
            for result in (
                await process.try_read_memory(0, 1),
                await process.try_write_memory(0, b""),
                await process.try_read_file("/a"),
                await process.try_write_file("/a", b""),
                await process.try_send_stdin("line"),
                await process.try_save_state(),
                await process.try_restore_state(b"x"),
                await process.try_control("time.now"),
                await process.try_exported_functions(),
                await process.try_call("f"),
            ):
                assert result.error is not None
                assert result.error.error_code == "WASM_PROCESS_NOT_STARTED"
            assert process.context is None

        run_async(main())

    def test_one_in_a_worker_tells_what_is_done_to_it(self, run_kernel: Run) -> None:
        async def body(kernel: Kernel) -> None:
            seen: list[Any] = []
            for name in ("MemoryAccessed", "StdinSent", "FileAccessed"):
                kernel.events.subscribe(name, seen.append)
            options = WasmProcessOptions(module_bytes=TRAPPING, stay=True)
            process = await kernel.processes.create_process("worker", options)
            await process.start()
            await process.write_memory(1, b"\7")
            assert await process.read_memory(1, 1) == b"\7"
            await process.send_stdin("line")
            assert process.stdin_lines() == ["line"]
            blank = await process.try_read_file(" ")
            assert blank.error is not None
            assert blank.error.error_code == "WASM_NAME_REQUIRED"
            assert seen == [
                {"operation": "write", "offset": "1", "length": "1"},
                {"operation": "read", "offset": "1", "length": "1"},
                {"line": "line"},
            ]
            await process.stop()
            await asyncio.sleep(0)

        run_kernel(body)
