"""What can be done to a process from outside: imports, exports, memory, limits, ending it; on wasmtime."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
import wasmtime
from programs import compile_program
from unit.loop import run_async
from unit.wasmtime_engine import WasmtimeEngine

from aikernel_web import Kernel, KernelError, NotSupportedError, WasmProcess, WasmProcessOptions
from aikernel_web.contracts.engine import MemoryMount, Quota
from aikernel_web.contracts.imports import import_name
from aikernel_web.contracts.processes import ExitReason

RunKernel = Callable[[Callable[[Kernel], Any]], Any]

MODULE = bytes(
    wasmtime.wat2wasm(
        """(module
  (import "env" "mix" (func $mix (param i32 i64 f64) (result i64)))
  (import "env" "show" (func $show (param i32 i32)))
  (memory (export "memory") 1 4)
  (data (i32.const 16) "hello")
  (func (export "go") (param i64) (result i64) (call $mix (i32.const -1) (local.get 0) (f64.const 0.5)))
  (func (export "say") (call $show (i32.const 16) (i32.const 5)))
  (func (export "two") (result i32 i64) (i32.const 7) (i64.const -9223372036854775808))
  (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
  (func (export "boom") unreachable))"""
    )
)


def ignore(*_: object) -> None:
    pass


def options(**changes: Any) -> WasmProcessOptions:
    imports = {"env.mix": lambda *_: 0, "env.show": ignore}
    return WasmProcessOptions(**{"module_bytes": MODULE, "stay": True, "imports": imports, **changes})


async def started(kernel: Kernel, **changes: Any) -> WasmProcess:
    process = await kernel.processes.create_process("plain", options(**changes))
    await process.start()
    return process


def code_of(error: pytest.ExceptionInfo[KernelError]) -> str:
    return error.value.code


class TestStarting:
    """While a process is being started everything else can be asked of it, also by handlers of its own event."""

    def test_two_starts_are_one(self, run_kernel: RunKernel) -> None:
        async def body(kernel: Kernel) -> None:
            process = await kernel.processes.create_process("plain", options())
            told: list[Any] = []
            kernel.events.subscribe("ProcessStarted", told.append)
            results = await asyncio.gather(process.try_start(), process.try_start(), process.try_start())
            assert [result.is_success for result in results] == [True] * 3
            assert len(told) == 1

        run_kernel(body)

    def test_one_that_is_being_started_is_stopped(self, run_kernel: RunKernel) -> None:
        async def body(kernel: Kernel) -> None:
            process = await kernel.processes.create_process("plain", options())
            start = asyncio.ensure_future(process.try_start())
            await asyncio.sleep(0)
            assert (await process.try_stop()).is_success
            await start
            assert (await process.wait()).reason is ExitReason.KILLED

        run_kernel(body)

    @pytest.mark.parametrize("again", [False, True])
    def test_a_handler_of_its_start_starts_stops_and_crashes_it(self, run_kernel: RunKernel, again: bool) -> None:
        async def body(kernel: Kernel) -> None:
            process = await kernel.processes.create_process("plain", options())
            if again:
                await process.start()
                await process.stop()
            states: list[str] = []

            async def handle(payload: dict[str, str]) -> None:
                states.append(payload["state"])
                await process.start()
                await (process.crash("enough") if again else process.stop())
                states.append("ended")

            kernel.events.subscribe("ProcessStarted", handle)
            for name in ("ProcessStopped", "ProcessCrashed"):
                kernel.events.subscribe(name, lambda payload: states.append(payload["state"]))
            await process.start()
            end = await process.wait()
            assert states == ["Running", "ended", "Error" if again else "Stopped"]
            assert end.code == ("WASM_PROCESS_CRASHED" if again else "WASM_PROCESS_KILLED")
            assert process.exit == end

        run_kernel(body)


class TestImports:
    def test_a_function_gets_the_arguments_and_its_answer_comes_back_exactly(self, run_kernel: RunKernel) -> None:
        async def body(kernel: Kernel) -> None:
            taken: list[tuple[Any, ...]] = []

            def mix(*args: Any) -> int:
                taken.append(args)
                return 2**63 - 1

            process = await started(kernel, imports={"env.mix": mix, ("env", "show"): ignore})
            assert await process.call("go", 2**62 + 1) == 2**63 - 1
            assert taken == [(-1, 2**62 + 1, 0.5)]

        run_kernel(body)

    def test_a_coroutine_function_holds_the_program_back_until_it_is_done(self, run_kernel: RunKernel) -> None:
        async def body(kernel: Kernel) -> None:
            async def mix(*args: Any) -> int:
                await asyncio.sleep(0.01)
                return int(args[1]) + 1

            process = await started(kernel, imports={"env.mix": mix, "env.show": ignore})
            assert await process.call("go", 41) == 42

        run_kernel(body)

    def test_an_import_reads_the_memory_that_its_arguments_point_into(self, run_kernel: RunKernel) -> None:
        async def body(kernel: Kernel) -> None:
            said: list[bytes] = []

            async def show(pointer: int, length: int) -> None:
                said.append(await process.read_memory(pointer, length))

            process = await started(kernel, imports={"env.mix": ignore, "env.show": show})
            await process.call("say")
            assert said == [b"hello"]

        run_kernel(body)

    def test_what_an_import_raises_ends_the_program_and_says_so(self, run_kernel: RunKernel) -> None:
        async def body(kernel: Kernel) -> None:
            def mix(*_: Any) -> int:
                raise ValueError("no way")

            process = await started(kernel, imports={"env.mix": mix, "env.show": ignore})
            with pytest.raises(KernelError, match="ValueError: no way") as caught:
                await process.call("go", 1)
            assert code_of(caught) == "WASM_IMPORT_FAILED"
            end = await process.wait()
            assert (end.reason, end.code) == (ExitReason.TRAPPED, "WASM_IMPORT_FAILED")

        run_kernel(body)

    def test_an_import_that_nobody_gives_is_missing(self, run_kernel: RunKernel) -> None:
        async def body(kernel: Kernel) -> None:
            process = await kernel.processes.create_process("plain", options(imports={"env.mix": ignore}))
            result = await process.try_start()
            assert result.error is not None
            assert result.error.error_code == "WASM_IMPORT_MISSING"

        run_kernel(body)

    @pytest.mark.parametrize(
        ("key", "pair"),
        [("env.add", ("env", "add")), ("go.runtime.exit", ("go", "runtime.exit")), (("a.b", "c"), ("a.b", "c"))],
    )
    def test_an_import_is_named_by_a_text_or_a_pair(self, key: Any, pair: tuple[str, str]) -> None:
        assert import_name(key) == pair

    @pytest.mark.parametrize("key", ["add", ".add", "", ("env",), ("env", 1), 7, None])
    def test_what_names_no_import_is_refused(self, key: Any) -> None:
        with pytest.raises(ValueError, match=r"names no import.*WASM_IMPORT_NAME_INVALID"):
            import_name(key)


class TestExports:
    def test_several_results_are_a_list_and_wide_integers_exact(self, run_kernel: RunKernel) -> None:
        async def body(kernel: Kernel) -> None:
            process = await started(kernel)
            assert list(await process.call("two")) == [7, -(2**63)]

        run_kernel(body)

    @pytest.mark.parametrize(
        ("name", "args", "code"),
        [
            ("nobody", (), "WASM_EXPORT_NOT_FOUND"),
            ("memory", (), "WASM_EXPORT_NOT_FOUND"),
            ("go", (), "WASM_EXPORT_ARGUMENTS_INVALID"),
        ],
    )
    def test_what_cannot_be_called_is_refused_and_the_program_lives(
        self, run_kernel: RunKernel, name: str, args: tuple[int, ...], code: str
    ) -> None:
        async def body(kernel: Kernel) -> None:
            process = await started(kernel)
            result = await process.try_call(name, *args)
            assert result.error is not None
            assert result.error.error_code == code
            assert await process.call("go", 1) == 0

        run_kernel(body)

    def test_a_trap_in_an_export_ends_the_program(self, run_kernel: RunKernel) -> None:
        async def body(kernel: Kernel) -> None:
            process = await started(kernel)
            with pytest.raises(KernelError) as caught:
                await process.call("boom")
            assert code_of(caught) == "WASM_TRAP"
            assert (await process.wait()).reason is ExitReason.TRAPPED
            with pytest.raises(KernelError) as caught:
                await process.call("go", 1)
            assert code_of(caught) == "WASM_PROCESS_ENDED"

        run_kernel(body)

    def test_before_the_start_there_is_nothing_to_call(self) -> None:
        process = WasmProcess("idle", options(), engine=WasmtimeEngine())
        for attempt in (
            process.try_call("go"),
            process.try_memory_size(),
            process.try_flush(),
            process.try_terminate(),
        ):
            error = run_async(attempt).error
            assert error is not None
            assert error.error_code == "WASM_PROCESS_NOT_STARTED"


class TestMemory:
    def test_what_is_written_can_be_read_and_the_size_is_told(self, run_kernel: RunKernel) -> None:
        async def body(kernel: Kernel) -> None:
            process = await started(kernel)
            await process.write_memory(17, b"ipp")
            assert await process.read_memory(16, 5) == b"hippo"
            assert await process.memory_size() == 65_536
            await process.flush()

        run_kernel(body)

    @pytest.mark.parametrize(("offset", "length"), [(65_536, 1), (65_532, 5), (-1, 1), (1 << 40, 1)])
    def test_outside_memory_there_is_nothing(self, run_kernel: RunKernel, offset: int, length: int) -> None:
        async def body(kernel: Kernel) -> None:
            process = await started(kernel)
            with pytest.raises(KernelError) as caught:
                await process.read_memory(offset, length)
            assert code_of(caught) == "WASM_MEMORY_RANGE_INVALID"

        run_kernel(body)

    def test_growth_past_the_limit_fails_in_the_program(self, run_kernel: RunKernel) -> None:
        async def body(kernel: Kernel) -> None:
            process = await started(kernel, memory_limit=2 * 65_536)
            assert await process.call("grow", 1) == 1
            assert await process.call("grow", 1) == -1

        run_kernel(body)

    def test_a_program_that_starts_above_the_limit_ends_with_the_reason_memory(self, run_kernel: RunKernel) -> None:
        async def body(kernel: Kernel) -> None:
            process = await kernel.processes.create_process("plain", options(memory_limit=100))
            result = await process.try_start()
            assert result.error is not None
            assert result.error.error_code == "WASM_MEMORY_LIMIT"
            assert (await process.wait()).reason is ExitReason.MEMORY

        run_kernel(body)


class TestEnding:
    def test_a_program_that_takes_no_signals_is_ended_by_terminate(self, run_kernel: RunKernel) -> None:
        async def body(kernel: Kernel) -> None:
            spin = compile_program("spin").read_bytes()
            process = await kernel.processes.create_process("spin", WasmProcessOptions(spin))
            await process.start()
            end = await process.terminate(0.1)
            assert (end.reason, end.exit_code, end.code) == (ExitReason.KILLED, 143, "WASM_PROCESS_TERMINATED")
            assert await process.terminate() == end
            assert [event.name for event in kernel.events.history] == ["ProcessStarted", "ProcessStopped"]

        run_kernel(body)

    @pytest.mark.parametrize("grace", [-1.0, float("nan")])
    def test_a_grace_that_is_none_is_refused(self, run_kernel: RunKernel, grace: float) -> None:
        async def body(kernel: Kernel) -> None:
            process = await started(kernel)
            with pytest.raises(KernelError) as caught:
                await process.terminate(grace)
            assert code_of(caught) == "WASM_GRACE_INVALID"

        run_kernel(body)


class TestWhatTheDoubleCannot:
    @pytest.mark.parametrize(
        ("changes", "code"),
        [
            ({"mounts": (MemoryMount("/m"),)}, "WASM_MOUNTS_UNSUPPORTED"),
            ({"quota": Quota(files=1)}, "WASM_QUOTA_UNSUPPORTED"),
            ({"trace": True}, "WASM_TRACE_UNSUPPORTED"),
            ({"terminal": True}, "WASM_TERMINAL_UNSUPPORTED"),
        ],
    )
    def test_it_says_so_by_code(self, run_kernel: RunKernel, changes: dict[str, Any], code: str) -> None:
        async def body(kernel: Kernel) -> None:
            with pytest.raises(NotSupportedError) as caught:
                await started(kernel, **changes)
            assert code_of(caught) == code

        run_kernel(body)


def test_options_reach_the_engine_as_they_are_given() -> None:
    mount = MemoryMount("/m", read_only=True)
    given = options(
        mounts=(mount,), quota=Quota(bytes=1, files=2, descriptors=3), memory_limit=4, trace=True, terminal=True, rows=5
    )
    spec = given.to_spec("name")
    assert (spec.mounts, spec.quota, spec.memory_limit) == ((mount,), Quota(1, 2, 3), 4)
    assert (spec.stay, spec.trace, spec.terminal, spec.columns, spec.rows) == (True, True, True, 80, 5)
    assert spec.imports is not None
    assert sorted(spec.imports.names) == [("env", "mix"), ("env", "show")]
