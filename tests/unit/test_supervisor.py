"""The supervisor, over real programs on wasmtime."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from programs import compile_program

from aikernel_web import (
    DefaultProcessSupervisorProvider,
    InvalidArgumentError,
    Kernel,
    ProcessId,
    ProcessState,
    WasmProcessOptions,
)

RunKernel = Callable[[Callable[[Kernel], Any]], Any]


def module(name: str) -> WasmProcessOptions:
    return WasmProcessOptions(compile_program(name).read_bytes())


def supervised(run_kernel: RunKernel, body: Callable[[Kernel, DefaultProcessSupervisorProvider], Any]) -> None:
    run_kernel(lambda kernel: body(kernel, DefaultProcessSupervisorProvider(kernel.processes)))


def test_it_says_what_it_is() -> None:
    supervisor = DefaultProcessSupervisorProvider()
    assert supervisor.provider_id == "providers.process.supervisor.default"
    operations = supervisor.get_capabilities().supported_operations
    assert operations == ("process.kill", "process.list", "process.restart", "process.start")


def test_a_started_process_runs_and_is_listed_with_its_metadata(run_kernel: RunKernel) -> None:
    async def body(kernel: Kernel, supervisor: DefaultProcessSupervisorProvider) -> None:
        info = await supervisor.start("spin", {"owner": "test"}, options=module("spin"))
        assert (info.name, info.state, info.metadata) == ("spin", ProcessState.RUNNING, {"owner": "test"})
        assert info.started_at_utc is not None
        (process,) = kernel.processes.list_processes()
        assert (process.id, process.state) == (info.id, ProcessState.RUNNING)
        assert await supervisor.list() == (info,)

    supervised(run_kernel, body)


def test_the_list_has_every_process_sorted_by_id(run_kernel: RunKernel) -> None:
    async def body(kernel: Kernel, supervisor: DefaultProcessSupervisorProvider) -> None:
        for name in "abcdef":
            await kernel.processes.create_process(name)
        listed = await supervisor.list()
        assert [str(info.id) for info in listed] == sorted(str(each.id) for each in kernel.processes.list_processes())
        assert len(listed) == 6

    supervised(run_kernel, body)


def test_a_killed_process_has_ended(run_kernel: RunKernel) -> None:
    async def body(kernel: Kernel, supervisor: DefaultProcessSupervisorProvider) -> None:
        info = await supervisor.start("spin", {"owner": "test"}, options=module("spin"))
        assert await supervisor.kill(info.id) is True
        (process,) = kernel.processes.list_processes()
        assert process.exit is not None
        assert (process.state, process.exit.reason) == (ProcessState.STOPPED, "killed")
        assert (await supervisor.list())[0].metadata == {"owner": "test", "exitReason": "killed", "exitCode": "137"}
        assert await supervisor.kill(info.id) is True

    supervised(run_kernel, body)


def test_a_process_that_is_starting_can_be_killed(run_kernel: RunKernel) -> None:
    async def body(kernel: Kernel, supervisor: DefaultProcessSupervisorProvider) -> None:
        starting = asyncio.ensure_future(supervisor.try_start("spin", options=module("spin")))
        await asyncio.sleep(0)
        (process,) = kernel.processes.list_processes()
        await supervisor.kill(process.id)
        await starting
        await process.wait()
        assert process.state is ProcessState.STOPPED

    supervised(run_kernel, body)


def test_a_restart_really_starts_the_program_again(run_kernel: RunKernel) -> None:
    async def body(kernel: Kernel, supervisor: DefaultProcessSupervisorProvider) -> None:
        info = await supervisor.start("spin", options=module("spin"))
        assert await supervisor.restart(info.id) is True
        (process,) = kernel.processes.list_processes()
        assert (process.id, process.state, process.exit) == (info.id, ProcessState.RUNNING, None)
        names = [record.name for record in kernel.events.history]
        assert names == ["ProcessStarted", "ProcessStopped", "ProcessStarted"]

    supervised(run_kernel, body)


def test_an_ended_process_is_restarted_too(run_kernel: RunKernel) -> None:
    async def body(kernel: Kernel, supervisor: DefaultProcessSupervisorProvider) -> None:
        info = await supervisor.start("hello")
        (process,) = kernel.processes.list_processes()
        await process.wait()
        await supervisor.restart(info.id)
        await process.wait()
        names = [record.name for record in kernel.events.history]
        assert names == ["ProcessStarted", "ProcessStopped"] * 2

    supervised(run_kernel, body)


def test_restarts_at_once_happen_one_after_another(run_kernel: RunKernel) -> None:
    async def body(kernel: Kernel, supervisor: DefaultProcessSupervisorProvider) -> None:
        info = await supervisor.start("spin", options=module("spin"))
        await asyncio.gather(*(supervisor.restart(info.id) for _ in range(3)))
        names = [record.name for record in kernel.events.history]
        assert names == ["ProcessStarted", *["ProcessStopped", "ProcessStarted"] * 3]

    supervised(run_kernel, body)


def test_an_unknown_id_is_ignored(run_kernel: RunKernel) -> None:
    async def body(kernel: Kernel, supervisor: DefaultProcessSupervisorProvider) -> None:
        assert await supervisor.kill(ProcessId()) is False
        assert await supervisor.restart(ProcessId()) is False
        assert kernel.events.history == ()

    supervised(run_kernel, body)


@pytest.mark.parametrize("name", ["", " \t"])
def test_a_blank_name_is_refused_by_code(run_kernel: RunKernel, name: str) -> None:
    async def body(kernel: Kernel, supervisor: DefaultProcessSupervisorProvider) -> None:
        for attempt in (supervisor.start, supervisor.create_process):
            with pytest.raises(InvalidArgumentError) as caught:
                await attempt(name)
            assert caught.value.code == "PROCESS_NAME_REQUIRED"
        assert kernel.processes.list_processes() == ()

    supervised(run_kernel, body)


def test_what_cannot_start_fails_with_its_code_and_is_listed(run_kernel: RunKernel) -> None:
    async def body(kernel: Kernel, supervisor: DefaultProcessSupervisorProvider) -> None:  # noqa: ARG001
        result = await supervisor.try_start("bad", {"owner": "test"}, options=WasmProcessOptions(b"nonsense"))
        assert result.error is not None
        assert result.error.error_code == "WASM_MODULE_INVALID"
        assert (await supervisor.list())[0].state is ProcessState.ERROR

    supervised(run_kernel, body)


def test_nothing_is_kept_of_processes_that_the_provider_forgot(run_kernel: RunKernel) -> None:
    async def body(kernel: Kernel, supervisor: DefaultProcessSupervisorProvider) -> None:
        info = await supervisor.start("hello", {"owner": "test"})
        await kernel.processes.reset()
        assert await supervisor.list() == ()
        assert await supervisor.restart(info.id) is False
        assert (supervisor._metadata, supervisor._changing) == ({}, {})

    supervised(run_kernel, body)
