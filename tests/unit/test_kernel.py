"""Processes, providers and the shell, over real programs on wasmtime."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from programs import compile_program
from unit.loop import run_async
from unit.wasmtime_engine import WasmtimeEngine, plain

from aikernel_web import Kernel, KernelError, ProcessState, WasmProcess, WasmProcessOptions, WasmProcessProvider
from aikernel_web.contracts.engine import BytesLike

RunKernel = Callable[[Callable[[Kernel], Any]], Any]


def module(name: str) -> bytes:
    return compile_program(name).read_bytes()


class Terminal:
    def __init__(self) -> None:
        self.text = ""

    def write(self, fd: int, data: BytesLike) -> None:  # noqa: ARG002 - the seam's signature
        self.text += plain(data).decode()


class TestProcesses:
    def test_a_process_starts_runs_and_stops_with_its_events(self, run_kernel: RunKernel) -> None:
        async def body(kernel: Kernel) -> None:
            events: list[dict[str, str]] = []
            for name in ("ProcessStarted", "ProcessStopped"):
                kernel.events.subscribe(name, events.append)
            process = await kernel.processes.create_process("sample")
            assert process.state is ProcessState.STARTING
            await process.start()
            assert events[0]["state"] == "Running"
            end = await process.wait()
            assert (end.reason, end.exit_code, process.state) == ("exited", 0, ProcessState.STOPPED)
            assert [(event["processName"], event["state"], event["reason"]) for event in events] == [
                ("sample", "Running", ""),
                ("sample", "Stopped", ""),
            ]
            assert events[0]["processId"] == str(process.id)

        run_kernel(body)

    def test_a_trap_is_a_crash_with_the_reason(self, run_kernel: RunKernel) -> None:
        async def body(kernel: Kernel) -> None:
            crashes: list[dict[str, str]] = []
            kernel.events.subscribe("ProcessCrashed", crashes.append)
            options = WasmProcessOptions(module("trap_unreachable"))
            process = await kernel.processes.create_process("trap", options)
            await process.start()
            assert (await process.wait()).reason == "trapped"
            assert process.state is ProcessState.ERROR
            assert "unreachable" in crashes[0]["reason"]

        run_kernel(body)

    @pytest.mark.parametrize(
        ("data", "code"),
        [(b"nonsense", "WASM_MODULE_INVALID"), (None, "WASM_IMPORT_MISSING")],
    )
    def test_a_module_that_cannot_start_has_crashed_with_a_code(
        self, run_kernel: RunKernel, data: bytes | None, code: str
    ) -> None:
        async def body(kernel: Kernel) -> None:
            options = WasmProcessOptions(data or module("plain_missing"))
            process = await kernel.processes.create_process("bad", options)
            result = await process.try_start()
            assert result.error is not None
            assert result.error.error_code == code
            assert process.state is ProcessState.ERROR
            assert (await process.wait()).exit_code == 126

        run_kernel(body)

    def test_stop_ends_an_endless_loop_and_a_second_stop_changes_nothing(self, run_kernel: RunKernel) -> None:
        async def body(kernel: Kernel) -> None:
            process = await kernel.processes.create_process("spin", WasmProcessOptions(module("spin")))
            await process.start()
            assert await process.start() is True
            await process.stop()
            await process.stop()
            assert (process.state, process.exit and process.exit.exit_code) == (ProcessState.STOPPED, 137)
            names = [record.name for record in kernel.events.history]
            assert names == ["ProcessStarted", "ProcessStopped"]

        run_kernel(body)

    def test_an_ended_process_can_be_started_again_a_released_one_cannot(self, run_kernel: RunKernel) -> None:
        async def body(kernel: Kernel) -> None:
            process = await kernel.processes.create_process("again")
            for _ in range(2):
                await process.start()
                await process.wait()
            process.release()
            with pytest.raises(KernelError) as caught:
                await process.start()
            assert caught.value.code == "WASM_PROCESS_RELEASED"

        run_kernel(body)

    def test_crash_ends_the_program_and_says_why(self, run_kernel: RunKernel) -> None:
        async def body(kernel: Kernel) -> None:
            process = await kernel.processes.create_process("spin", WasmProcessOptions(module("spin")))
            await process.start()
            await process.crash("runtime trap")
            assert process.state is ProcessState.ERROR
            assert kernel.events.history[-1].payload["reason"] == "runtime trap"

        run_kernel(body)

    def test_without_an_engine_start_says_so(self) -> None:
        process = WasmProcess("lonely")
        result = run_async(process.try_start())
        assert result.error is not None
        assert result.error.error_code == "WASM_ENGINE_REQUIRED"

    def test_waiting_for_what_never_started_is_an_error(self) -> None:
        with pytest.raises(KernelError) as caught:
            run_async(WasmProcess(" ").wait())
        assert caught.value.code == "WASM_PROCESS_NOT_STARTED"


class TestProviders:
    def test_the_lifecycle_of_a_provider(self) -> None:
        async def main() -> list[bool]:
            provider = WasmProcessProvider(engine=WasmtimeEngine())
            seen = [await provider.is_available()]
            await provider.initialize()
            seen.append(await provider.is_available())
            assert (await provider.get_health()).is_healthy
            await provider.shutdown()
            return [*seen, await provider.is_available()]

        assert run_async(main()) == [False, True, False]

    def test_capabilities_are_sorted_and_ignore_case(self) -> None:
        capabilities = WasmProcessProvider().get_capabilities()
        assert capabilities.supported_operations == ("wasm.process.start", "wasm.process.stop")
        assert capabilities.supports_operation("WASM.Process.Start")
        assert not capabilities.supports_operation("wasm.process.fly")
        assert capabilities.supports_data_type("PROCESS")

    def test_start_by_name_takes_the_first_and_refuses_the_unknown(self, run_kernel: RunKernel) -> None:
        async def body(kernel: Kernel) -> None:
            first = await kernel.processes.create_process("twin")
            second = await kernel.processes.create_process("twin")
            await kernel.processes.start("twin")
            await first.wait()
            assert second.state is ProcessState.STARTING
            with pytest.raises(KernelError) as caught:
                await kernel.processes.start("Twin")
            assert caught.value.code == "WASM_PROCESS_NOT_FOUND"

        run_kernel(body)

    def test_the_table_forgets_the_oldest_ended_processes(self, run_kernel: RunKernel) -> None:
        async def body(kernel: Kernel) -> None:
            for number in range(300):
                process = await kernel.processes.create_process(f"p{number}")
                await process.crash("done")
            names = [process.name for process in kernel.processes.list_processes()]
            assert len(names) == 257
            assert names[-1] == "p299"

        run_kernel(body)


class TestShell:
    def execute(self, run_kernel: RunKernel, *lines: str) -> tuple[list[int], str]:
        async def body(kernel: Kernel) -> tuple[list[int], str]:
            kernel.programs.add("args", module("args"))
            kernel.programs.add("trap.wasm", module("trap_unreachable"))
            terminal = Terminal()
            session = kernel.open_shell(terminal)
            codes = [await session.execute(line) for line in lines]
            return codes, terminal.text

        result: tuple[list[int], str] = run_kernel(body)
        return result

    def test_run_ps_logs_and_kill(self, run_kernel: RunKernel) -> None:
        codes, text = self.execute(run_kernel, "aik run args 'a b' c", "ps", "logs ARGS", "kill args", "kill nobody")
        assert codes == [0, 0, 0, 0, 1]
        for expected in ("a b", "Stopped args", "args: ProcessStarted", "args: Stdout", "killed: args"):
            assert expected in text
        assert text.endswith("process not found: nobody\n")

    def test_a_trap_is_reported_with_its_exit_code(self, run_kernel: RunKernel) -> None:
        codes, text = self.execute(run_kernel, "run trap")
        assert codes == [134]
        assert "trap: trapped:" in text

    @pytest.mark.parametrize("line", ["run", "kill", "logs", "fly", "run nothing", "run 'open"])
    def test_wrong_lines_say_what_to_do_and_exit_1(self, run_kernel: RunKernel, line: str) -> None:
        codes, text = self.execute(run_kernel, line)
        assert codes == [1]
        assert text.strip()

    @pytest.mark.parametrize("line", ["", "   ", "# comment", "help", "aik", "help run", "run --help", "PS"])
    def test_harmless_lines_exit_0(self, run_kernel: RunKernel, line: str) -> None:
        assert self.execute(run_kernel, line)[0] == [0]

    def test_completion_knows_commands_programs_and_processes(self, run_kernel: RunKernel) -> None:
        async def body(kernel: Kernel) -> None:
            kernel.programs.add("args", module("args"))
            await kernel.processes.create_process("server")
            session = kernel.open_shell(Terminal())
            assert session.complete("a") == ("aik",)
            assert session.complete("aik ru") == ("run",)
            assert session.complete("run a") == ("args",)
            assert session.complete("kill s") == ("server",)
            assert session.complete("run args ") == ()

        run_kernel(body)

    def test_without_a_program_in_the_foreground_input_goes_nowhere(self, run_kernel: RunKernel) -> None:
        async def body(kernel: Kernel) -> None:
            session = kernel.open_shell(Terminal())
            assert [session.input(b"x"), session.end_of_input(), session.interrupt()] == [False, False, False]

        run_kernel(body)


class TestPrograms:
    @pytest.mark.parametrize("name", ["", "a/b", "x" * 129, "nul\0", " spaced", "line\nbreak"])
    def test_hostile_names_are_refused(self, run_kernel: RunKernel, name: str) -> None:
        async def body(kernel: Kernel) -> None:
            with pytest.raises(KernelError) as caught:
                kernel.programs.add(name, b"\0asm\1\0\0\0")
            assert caught.value.code == "PROGRAM_NAME_INVALID"

        run_kernel(body)

    def test_bytes_that_are_no_module_are_refused(self, run_kernel: RunKernel) -> None:
        async def body(kernel: Kernel) -> None:
            with pytest.raises(KernelError) as caught:
                kernel.programs.add("text", b"#!/bin/sh")
            assert caught.value.code == "WASM_MODULE_INVALID"

        run_kernel(body)
