"""The service providers on targets with programs: wasmtime's, and answers that only a program in a page gives."""

from __future__ import annotations

from typing import Any

import pytest
from programs import compile_program
from unit.loop import run_async
from unit.wasmtime_engine import WasmtimeEngine

from aikernel_web import (
    ArchiveMount,
    AudioBlock,
    DirectoryMount,
    Frame,
    Kernel,
    KernelError,
    MemoryMount,
    PersistentMount,
    TreeEntry,
    WasmAudioProvider,
    WasmMemoryProvider,
    WasmProcess,
    WasmProcessOptions,
    WasmRuntimeContext,
    WasmScreenshotProvider,
)
from aikernel_web.providers.bundle import ServiceProviders
from aikernel_web.runtime.context_target import ContextTarget
from aikernel_web.runtime.mounts import mount_fields


class EndedProgram(ContextTarget):
    """What is left of a program that has shown a picture and played a sound."""

    def __init__(self, picture: Frame | None) -> None:
        super().__init__(WasmRuntimeContext())
        self._picture = picture
        self._sound: list[AudioBlock] = [AudioBlock(8000, 1, "u8", b"\x80\x90")]

    async def control(self, operation: str, *args: Any) -> Any:
        raise KernelError(f"{operation}{args} is too late.", code="WASM_PROCESS_ENDED")

    async def frame(self) -> Frame | None:
        return self._picture

    async def take_audio(self) -> AudioBlock | None:
        return self._sound.pop() if self._sound else None


def test_of_an_ended_program_the_last_picture_is_captured() -> None:
    async def body() -> None:
        screenshot = WasmScreenshotProvider(EndedProgram(Frame(1, 2, "gray8", 7, b"\1\2")))
        assert await screenshot.capture() == b"\1\2"
        assert (await screenshot.rgba())[1, 0].tolist() == [2, 2, 2, 255]
        assert await WasmScreenshotProvider(EndedProgram(None)).capture() == b""

    run_async(body())


def test_what_else_goes_wrong_with_a_picture_is_told() -> None:
    class Broken(ContextTarget):
        async def control(self, operation: str, *args: Any) -> Any:
            raise KernelError(f"{operation}{args} fails.", code="WASM_OPERATION_FAILED")

    screenshot = WasmScreenshotProvider(Broken(WasmRuntimeContext()))
    with pytest.raises(KernelError) as failed:
        run_async(screenshot.capture())
    assert failed.value.code == "WASM_OPERATION_FAILED"


def test_what_a_program_played_is_collected_and_goes_to_the_sink_too() -> None:
    async def body() -> None:
        audio = WasmAudioProvider(EndedProgram(None))
        block = await audio.collect()
        assert audio.queue == (block,)
        assert await audio.collect() is None

    run_async(body())


def test_pages_that_cannot_be_had_for_another_reason_are_told() -> None:
    class Stubborn(ContextTarget):
        async def control(self, operation: str, *args: Any) -> Any:
            if operation == "module.exports":
                return [{"name": "memory", "kind": "memory"}]
            if operation == "module.imports":
                return []
            raise KernelError(f"{operation}{args} fails.", code="WASM_OPERATION_FAILED")

    with pytest.raises(KernelError) as failed:
        run_async(WasmMemoryProvider(Stubborn(WasmRuntimeContext())).allocate(1))
    assert failed.value.code == "WASM_OPERATION_FAILED"


def test_a_program_reads_what_it_is_fed_up_to_the_end() -> None:
    async def body() -> None:
        context = WasmRuntimeContext(engine=WasmtimeEngine())
        await context.load_module(compile_program("process/heap_devices").read_bytes())
        with context:
            services = ServiceProviders(context)
            await services.stdin.write(b"ab")
            await services.stdin.write_line("c")
            into = await services.memory.allocate(16)
            assert context.call("take", into, 16) == 4
            assert await services.memory.read(into, 4) == b"abc\n"
            await services.stdin.close()
            assert context.call("take", into, 16) == 0

    run_async(body())


@pytest.mark.parametrize("inline", [False, True])
def test_the_services_of_a_process_are_those_of_its_program(inline: bool) -> None:
    async def body() -> None:
        engine = WasmtimeEngine()
        module = compile_program("process/heap_devices").read_bytes()
        context = WasmRuntimeContext(engine=engine) if inline else None
        if context is not None:
            await context.load_module(module)
        options = None if inline else WasmProcessOptions(module_bytes=module, stay=True)
        process = WasmProcess("services", options, context=context, engine=engine)
        await process.start()
        services = ServiceProviders(process)
        assert services.target is process
        memory = services.memory
        place = await memory.size() - 64  # the double of a worker tells no exports, and so has no heap
        await memory.write(place, bytes([1, 2, 3]))
        assert await process.call("sum", place, 3) == 6
        await services.stdin.write(b"ab")
        await services.stdin.write_line("c")
        await services.stdin.close()
        read = b""
        while count := await process.call("take", place, 16):
            read += await memory.read(place, count)
        assert (read, process.stdin_lines()) == (b"abc\n", ["c"])
        assert await services.audio.latest_audio_buffer() == b""
        await services.audio.play(b"\1\2\3\4")
        assert await services.audio.latest_audio_buffer() == b"\1\2\3\4"
        assert await services.audio.collect() is None
        await process.stop()

    run_async(body())


def test_the_services_of_a_target_begin_and_end_together() -> None:
    async def body() -> None:
        services = ServiceProviders()
        names = [provider.provider_id for provider in services]
        assert names == [
            f"wasm.{name}"
            for name in ("memory", "stdin", "filesystem", "event", "audio", "screenshot", "savestate", "time")
        ]
        assert not any([await provider.is_available() for provider in services])
        await services.initialize()
        assert all([await provider.is_available() for provider in services])
        await services.shutdown()
        assert not any([await provider.is_available() for provider in services])
        assert len({provider.target for provider in services}) == 1

    run_async(body())


def test_a_kernel_has_the_ten_and_new_ones_after_a_reset() -> None:
    async def body() -> None:
        kernel = Kernel(WasmtimeEngine())
        await kernel.start()
        assert all([await provider.is_available() for provider in kernel.providers])
        await kernel.services.memory.write_byte(0, 1)
        before = kernel.context
        await kernel.reset()
        assert before.is_disposed
        assert await kernel.services.memory.read_byte(0) == 0
        assert len(kernel.providers) == 10
        assert all([await provider.is_available() for provider in kernel.providers])

    run_async(body())


@pytest.mark.parametrize(
    ("mount", "fields"),
    [
        (
            MemoryMount(
                "/m",
                (TreeEntry("/f", "file", b"x"), TreeEntry("/d", "directory"), TreeEntry("/l", "symlink", target="f")),
            ),
            {
                "path": "/m",
                "readOnly": False,
                "kind": "memory",
                "tree": [
                    {"path": "/f", "kind": "file", "bytes": b"x"},
                    {"path": "/d", "kind": "directory"},
                    {"path": "/l", "kind": "symlink", "target": "f"},
                ],
            },
        ),
        (MemoryMount("/m", "theirs"), {"path": "/m", "readOnly": False, "kind": "memory", "tree": "theirs"}),
        (ArchiveMount("/a", b"zip"), {"path": "/a", "readOnly": True, "kind": "archive", "bytes": b"zip"}),
        (PersistentMount("/p", "store"), {"path": "/p", "readOnly": False, "kind": "opfs", "name": "store"}),
        (DirectoryMount("/h", "handle"), {"path": "/h", "readOnly": False, "kind": "directory", "handle": "handle"}),
    ],
)
def test_mounts_are_told_as_plain_values(mount: Any, fields: dict[str, object]) -> None:
    assert mount_fields(mount) == fields
