"""The service providers on a context without a module, where everything but a program is there."""

from __future__ import annotations

import asyncio
import io
import struct
import wave
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from PIL import Image
from unit.loop import run_async

from aikernel_web import (
    AudioBlock,
    Cancellation,
    EventBusProvider,
    InvalidArgumentError,
    KernelError,
    MemoryMount,
    OperationCancelled,
    TreeEntry,
    WasmRuntimeContext,
)
from aikernel_web.providers import audio as audio_module
from aikernel_web.providers.audio import WasmAudioProvider
from aikernel_web.providers.event import WasmEventProvider
from aikernel_web.providers.filesystem import WasmFileSystemProvider
from aikernel_web.providers.memory import WasmMemoryProvider
from aikernel_web.providers.screenshot import WasmScreenshotProvider
from aikernel_web.providers.stdin import WasmStdinProvider
from aikernel_web.providers.time import WasmTimeProvider

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def code_of(operation: Coroutine[Any, Any, Any]) -> str:
    """The code with which an operation is refused."""
    with pytest.raises(KernelError) as refused:
        run_async(operation)
    return refused.value.code


CANCELLABLE: list[Callable[[Cancellation], Coroutine[Any, Any, Any]]] = [
    lambda token: WasmMemoryProvider().allocate(8, cancellation=token),
    lambda token: WasmMemoryProvider().allocate_block(8, cancellation=token),
    lambda token: WasmStdinProvider().write_line("x", cancellation=token),
    lambda token: WasmStdinProvider().write(b"x", cancellation=token),
    lambda token: WasmStdinProvider().close(cancellation=token),
    lambda token: WasmFileSystemProvider().mount("/x", cancellation=token),
    lambda token: WasmEventProvider().publish("X", cancellation=token),
    lambda token: WasmEventProvider().send({}, cancellation=token),
    lambda token: WasmAudioProvider().play(b"", cancellation=token),
    lambda token: WasmAudioProvider().collect(cancellation=token),
    lambda token: WasmAudioProvider().stop(cancellation=token),
    lambda token: WasmScreenshotProvider().capture(cancellation=token),
    lambda token: WasmScreenshotProvider().set_framebuffer(b"x", cancellation=token),
    lambda token: WasmScreenshotProvider().rgba(cancellation=token),
    lambda token: WasmScreenshotProvider().png(cancellation=token),
]


@pytest.mark.parametrize("operation", CANCELLABLE)
def test_who_has_cancelled_gets_nothing_done(operation: Callable[[Cancellation], Coroutine[Any, Any, Any]]) -> None:
    token = Cancellation()
    token.cancel()
    with pytest.raises(OperationCancelled) as refused:
        run_async(operation(token))
    assert refused.value.code == "WASM_OPERATION_CANCELLED"


def test_a_token_that_is_not_cancelled_changes_nothing() -> None:
    memory = WasmMemoryProvider()
    assert run_async(memory.allocate(8, cancellation=Cancellation())) == 16
    assert not Cancellation().cancelled


def test_what_fails_as_a_value_names_the_code_too() -> None:
    result = run_async(WasmMemoryProvider().try_read(65536, 1))
    assert result.error is not None
    assert result.error.error_code == "WASM_MEMORY_RANGE_INVALID"


class TestMemory:
    def test_bytes_and_numbers_are_read_as_they_were_written(self) -> None:
        async def body() -> None:
            memory = WasmMemoryProvider(WasmRuntimeContext(1024))
            await memory.write(4, b"abc")
            assert await memory.read(3, 5) == b"\0abc\0"
            await memory.write_byte(0, 200)
            assert await memory.read_byte(0) == 200
            await memory.write_value(16, -2, type="i16")
            assert await memory.read(16, 2) == b"\xfe\xff"
            assert await memory.read_value(16, "u16") == 65534
            await memory.write_value(24, 2**64 - 1, type="u64")
            assert await memory.read_value(24, "i64") == -1
            await memory.write_value(32, 0.1, type="f32")
            assert await memory.read_value(32, "f32") == struct.unpack("<f", struct.pack("<f", 0.1))[0]
            assert await memory.size() == 1024

        run_async(body())

    @pytest.mark.parametrize(("value", "type_"), [(256, "u8"), (-1, "u32"), (2**63, "i64"), (1.5, "i32"), (1, "i128")])
    def test_what_a_type_cannot_hold_is_refused(self, value: float, type_: str) -> None:
        assert code_of(WasmMemoryProvider().write_value(0, value, type=type_)) == "WASM_VALUE_INVALID"

    def test_a_byte_is_one_byte(self) -> None:
        assert code_of(WasmMemoryProvider().write_byte(0, 256)) == "WASM_VALUE_INVALID"

    def test_blocks_lie_within_the_array(self) -> None:
        async def body() -> None:
            memory = WasmMemoryProvider(WasmRuntimeContext(256))
            first, second = await memory.allocate(100), await memory.allocate(100)
            assert (first, second) == (16, 128)
            assert await memory.size_of(second) == 100
            assert memory.blocks_in_use == 2
            with pytest.raises(KernelError) as full:
                await memory.allocate(64)
            assert full.value.code == "WASM_ALLOCATION_FAILED"
            assert await memory.size() == 256
            await memory.free(first)
            await memory.free(second)
            assert await memory.allocate(240) == 16

        run_async(body())

    @pytest.mark.parametrize("size", [-1, 257, 1.5, None, True])
    def test_what_is_no_size_is_refused(self, size: Any) -> None:
        with pytest.raises(InvalidArgumentError) as refused:
            run_async(WasmMemoryProvider(WasmRuntimeContext(256)).allocate(size))
        assert refused.value.code == "WASM_ALLOCATION_SIZE_INVALID"
        assert isinstance(refused.value, ValueError)

    def test_the_smallest_context_has_no_room(self) -> None:
        assert code_of(WasmMemoryProvider(WasmRuntimeContext(8)).allocate(8)) == "WASM_ALLOCATION_FAILED"

    def test_freeing_is_refused_for_what_is_not_allocated(self) -> None:
        async def body() -> None:
            memory = WasmMemoryProvider()
            pointer = await memory.allocate(32)
            results = [
                await memory.try_free(pointer + 16),
                await memory.try_free(0),
                await memory.try_free(pointer),
                await memory.try_free(pointer),
                await memory.try_size_of(pointer),
            ]
            assert [result.error and result.error.error_code for result in results] == [
                "WASM_POINTER_NOT_ALLOCATED",
                "WASM_POINTER_NOT_ALLOCATED",
                None,
                "WASM_DOUBLE_FREE",
                "WASM_DOUBLE_FREE",
            ]

        run_async(body())

    def test_what_is_forgotten_is_free_again(self) -> None:
        async def body() -> None:
            memory = WasmMemoryProvider()
            pointer = await memory.allocate(32)
            memory.forget()
            assert memory.blocks_in_use == 0
            assert await memory.allocate(32) == pointer

        run_async(body())

    def test_a_block_keeps_to_itself(self) -> None:
        async def body() -> None:
            memory = WasmMemoryProvider()
            async with await memory.allocate_block(16) as block:
                await block.write(b"0123456789abcdef")
                await block.write(b"XY", 14)
                assert await block.read() == b"0123456789abcdXY"
                assert await block.read(4, 2) == b"45"
                assert await block.read(16) == b""
                await block.write_value(8, 7, type="u64")
                assert await block.read_value(8, "u64") == 7
                refused = [
                    await block.try_write(b"XYZ", 14),
                    await block.try_write(bytes(17)),
                    await block.try_write(b"", -1),
                    await block.try_read(0, 17),
                    await block.try_read(0, -1),
                    await block.try_read(17),
                    await block.try_write_value(9, 7, type="u64"),
                    await block.try_read_value(16, "u8"),
                ]
                assert {result.error and result.error.error_code for result in refused} == {"WASM_BUFFER_OVERFLOW"}
                assert await memory.read(block.pointer + 16, 2) == b"\0\0"
            assert memory.blocks_in_use == 0
            late = [await block.try_read(), await block.try_write(b""), await block.try_free()]
            assert {result.error and result.error.error_code for result in late} == {"WASM_DOUBLE_FREE"}

        run_async(body())

    def test_a_block_that_was_freed_within_is_not_freed_again(self) -> None:
        async def body() -> None:
            memory = WasmMemoryProvider()
            async with await memory.allocate_block(16) as block:
                await block.free()
            assert memory.blocks_in_use == 0

        run_async(body())


class TestStandardInput:
    def test_lines_are_recorded_and_told(self) -> None:
        async def body() -> None:
            bus = EventBusProvider()
            heard: list[Any] = []
            bus.subscribe("StdinSent", heard.append)
            context = WasmRuntimeContext(event_bus=bus)
            stdin = WasmStdinProvider(context)
            await stdin.write_line("command")
            await stdin.write(b"raw\n")
            assert context.stdin_lines() == ["command"]
            assert heard == [{"line": "command"}]

        run_async(body())


class TestFiles:
    def test_files_are_written_listed_moved_and_deleted(self) -> None:
        async def body() -> None:
            files = WasmFileSystemProvider()
            await files.write_file("/app/a.txt", b"one")
            await files.make_directory("/app/deep/er")
            await files.rename("/app/a.txt", "/app/deep/b.txt")
            assert await files.list_files() == ("/app/deep/b.txt",)
            assert await files.read_file("/app/deep/b.txt") == b"one"
            assert [(entry.name, entry.kind) for entry in await files.list_directory("/app/deep")] == [
                ("b.txt", "file"),
                ("er", "directory"),
            ]
            stat = await files.stat("/app/deep/b.txt")
            assert (stat.path, stat.kind, stat.size, stat.modified) == ("/app/deep/b.txt", "file", 3, EPOCH)
            quota = await files.quota()
            assert quota.bytes == 3
            refused = await files.try_delete("/app")
            assert refused.error is not None
            assert refused.error.error_code == "WASM_DIRECTORY_NOT_EMPTY"
            await files.delete("/app", recursive=True)
            assert await files.list_files() == ()

        run_async(body())

    def test_a_mount_brings_files(self) -> None:
        async def body() -> None:
            files = WasmFileSystemProvider()
            await files.mount("/empty")
            await files.mount("/memory", {"/in/a": b"1"})
            await files.mount("/tree", MemoryMount("/elsewhere", (TreeEntry("/b", "file", b"2"),)), read_only=True)
            archive = await files.export_archive("/memory", "zip")
            await files.mount("/archive", archive)
            assert await files.list_files() == ("/archive/in/a", "/memory/in/a", "/tree/b")
            codes = [
                (await files.try_write_file(path, b"")).error
                for path in ("/tree/b", "/archive/x", "/memory/x", "/empty/x")
            ]
            assert [error and error.error_code for error in codes] == [
                "WASM_FILE_READ_ONLY",
                "WASM_FILE_READ_ONLY",
                None,
                None,
            ]

        run_async(body())

    @pytest.mark.parametrize("point", ["", "  "])
    def test_a_mount_needs_a_place(self, point: str) -> None:
        assert code_of(WasmFileSystemProvider().mount(point)) == "WASM_NAME_REQUIRED"

    @pytest.mark.parametrize("form", ["tar", "tar.gz", "zip"])
    def test_archives_carry_files_from_one_target_to_another(self, form: Any) -> None:
        async def body() -> None:
            source, target = WasmFileSystemProvider(), WasmFileSystemProvider()
            await source.write_file("/a/b.bin", bytes(range(256)))
            await source.write_file("/c", b"")
            archive = await source.export_archive("/", form)
            assert archive == await source.export_archive(format=form)
            assert await target.import_archive("/from", archive) == 3
            assert await target.list_files("/from") == ("/from/a/b.bin", "/from/c")
            assert await target.read_file("/from/a/b.bin") == bytes(range(256))

        run_async(body())

    def test_what_is_no_archive_is_refused(self) -> None:
        assert code_of(WasmFileSystemProvider().import_archive("/", b"no archive")) == "WASM_ARCHIVE_INVALID"
        assert code_of(WasmFileSystemProvider().export_archive("/", "rar")) == "WASM_ARCHIVE_INVALID"  # type: ignore[arg-type]

    def test_what_is_not_there_is_not_found(self) -> None:
        assert code_of(WasmFileSystemProvider().read_file("/none")) == "WASM_FILE_NOT_FOUND"


class TestEvents:
    def test_what_is_published_reaches_who_has_subscribed(self) -> None:
        async def body() -> None:
            events = WasmEventProvider(WasmRuntimeContext(event_bus=EventBusProvider()))
            heard: list[Any] = []
            subscription = await events.subscribe("Level", heard.append)
            await events.publish("Level", {"number": 3})
            assert await events.unsubscribe(subscription) is True
            assert await events.unsubscribe(subscription) is False
            await events.publish("Level", {"number": 4})
            assert heard == [{"number": 3}]

        run_async(body())

    def test_without_a_bus_events_are_dropped_and_nobody_can_subscribe(self) -> None:
        events = WasmEventProvider()
        run_async(events.publish("Level"))
        assert code_of(events.subscribe("Level", print)) == "WASM_EVENT_BUS_REQUIRED"
        assert code_of(events.unsubscribe("0" * 32)) == "WASM_EVENT_BUS_REQUIRED"

    def test_a_name_is_needed(self) -> None:
        events = WasmEventProvider(WasmRuntimeContext(event_bus=EventBusProvider()))
        assert code_of(events.publish(" ")) == "EVENT_NAME_REQUIRED"

    @pytest.mark.parametrize("payload", [b"bytes", float("nan"), {1: object()}, {"x": {2, 3}}])
    def test_only_json_can_be_sent(self, payload: object) -> None:
        assert code_of(WasmEventProvider().send(payload)) == "WASM_EVENT_PAYLOAD_INVALID"

    def test_without_a_program_nobody_reads(self) -> None:
        assert code_of(WasmEventProvider().send({"go": 1})) == "WASM_MODULE_NOT_LOADED"


class Loudspeaker:
    """A sink that remembers; asynchronous, as one in a page is."""

    def __init__(self) -> None:
        self.heard: list[AudioBlock | str] = []

    async def play(self, block: AudioBlock) -> None:
        self.heard.append(block)

    async def stop(self) -> None:
        self.heard.append("silence")


class SlowLoudspeaker:
    """A sink that has played a block when the test says so."""

    def __init__(self) -> None:
        self.waiting: list[asyncio.Future[None]] = []

    def play(self, _: AudioBlock) -> asyncio.Future[None]:
        self.waiting.append(asyncio.get_running_loop().create_future())
        return self.waiting[-1]

    def stop(self) -> None:
        """It goes on."""


class Recorder:
    """A sink that never makes anybody wait."""

    def __init__(self) -> None:
        self.heard: list[AudioBlock | str] = []

    def play(self, block: AudioBlock) -> None:
        self.heard.append(block)

    def stop(self) -> None:
        self.heard.append("silence")


class TestAudio:
    def test_what_is_played_waits_in_the_queue_and_is_the_latest(self) -> None:
        async def body() -> None:
            context = WasmRuntimeContext()
            audio = WasmAudioProvider(context)
            assert await audio.latest_audio_buffer() == b""
            await audio.play(b"\1\2\3\4")
            await audio.play(b"\5\6\7\x08\x09")
            assert [block.data for block in audio.queue] == [b"\1\2\3\4", b"\5\6\7\x08"]
            assert await audio.latest_audio_buffer() == b"\5\6\7\x08\x09"
            assert context.get_audio_buffer() == b"\5\6\7\x08\x09"
            await audio.play(b"\x0a\x0b\x0c")  # completes the frame
            assert [block.data for block in await audio.take()][-1] == b"\x09\x0a\x0b\x0c"
            assert audio.queue == ()

        run_async(body())

    def test_the_format_is_of_what_comes_after(self) -> None:
        async def body() -> None:
            audio = WasmAudioProvider()
            await audio.play(b"\1\2\3\4\5")
            await audio.set_format(8000, 1, format="u8")
            assert audio.format.frame_bytes == 1
            await audio.play(b"\6")
            assert audio.queue == (AudioBlock(44100, 2, "s16le", b"\1\2\3\4"), AudioBlock(8000, 1, "u8", b"\6"))
            refused = await audio.try_wav()
            assert refused.error is not None
            assert refused.error.error_code == "WASM_AUDIO_FORMATS_DIFFER"
            assert (await audio.try_set_format(1)).is_failure
            assert audio.format.rate == 8000

        run_async(body())

    def test_the_queue_becomes_a_wav_file(self) -> None:
        async def body() -> None:
            audio = WasmAudioProvider()
            empty = await audio.try_wav()
            assert empty.error is not None
            assert empty.error.error_code == "WASM_AUDIO_EMPTY"
            await audio.play(bytes(400))
            await audio.play(b"\1\2\3\4")
            with wave.open(io.BytesIO(await audio.wav())) as file:
                assert (file.getframerate(), file.getnframes()) == (44100, 101)
            assert len(audio.queue) == 2

        run_async(body())

    def test_stopping_drops_what_was_not_heard(self) -> None:
        async def body() -> None:
            audio = WasmAudioProvider()
            await audio.play(b"\1\2\3\4\5")
            await audio.stop()
            assert audio.queue == ()
            assert await audio.latest_audio_buffer() == b"\1\2\3\4\5"
            await audio.play(b"\1\2\3\4")
            assert [block.data for block in audio.queue] == [b"\1\2\3\4"]

        run_async(body())

    @pytest.mark.parametrize("sink", [Loudspeaker(), Recorder()])
    def test_a_sink_hears_whole_frames_and_blocks_in_their_own_format(self, sink: Any) -> None:
        async def body() -> None:
            audio = WasmAudioProvider(sink=sink)
            await audio.play(b"\1\2\3\4\5")
            await audio.play_block(AudioBlock(8000, 1, "s16le", b"\1\2\3"))
            await audio.drain()
            await audio.stop()
            assert audio.queue == ()
            assert sink.heard == [
                AudioBlock(44100, 2, "s16le", b"\1\2\3\4"),
                AudioBlock(8000, 1, "s16le", b"\1\2"),
                "silence",
            ]
            assert await audio.latest_audio_buffer() == b"\1\2\3"
            assert (await audio.try_play_block(AudioBlock(1, 1, "u8", b""))).is_failure

        run_async(body())

    def test_a_stop_comes_after_what_was_played_before_it(self) -> None:
        async def body() -> None:
            sink = Loudspeaker()
            audio = WasmAudioProvider(sink=sink)
            await audio.play(bytes(4))
            await audio.stop()
            assert sink.heard == [AudioBlock(44100, 2, "s16le", bytes(4)), "silence"]

        run_async(body())

    def test_a_sink_has_half_a_second_ahead_and_no_more(self) -> None:
        async def body() -> None:
            sink = SlowLoudspeaker()
            audio = WasmAudioProvider(sink=sink)
            await audio.set_format(8000, 1, format="u8")
            await audio.play(bytes(4000))
            late = asyncio.ensure_future(audio.play(bytes(1000)))
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            assert (len(sink.waiting), late.done()) == (2, False)
            sink.waiting[0].set_result(None)
            await late
            drained = asyncio.ensure_future(audio.drain())
            await asyncio.sleep(0)
            assert not drained.done()
            sink.waiting[1].set_result(None)
            await drained

        run_async(body())

    def test_what_a_sink_fails_with_reaches_who_plays_next(self) -> None:
        async def body() -> None:
            sink = SlowLoudspeaker()
            audio = WasmAudioProvider(sink=sink)
            await audio.play(bytes(4))
            await asyncio.sleep(0)
            sink.waiting[0].set_exception(KernelError("It is broken.", code="AUDIO_QUEUE_FULL"))
            await asyncio.sleep(0)
            failed = await audio.try_play(bytes(4))
            assert failed.error is not None
            assert failed.error.error_code == "AUDIO_QUEUE_FULL"
            stopping = asyncio.ensure_future(audio.stop())
            await asyncio.sleep(0)
            sink.waiting[1].set_exception(KernelError("It is broken.", code="AUDIO_QUEUE_FULL"))
            await stopping
            await audio.drain()

        run_async(body())

    def test_stopping_ends_who_waits_for_the_sink(self) -> None:
        async def body() -> None:
            sink = SlowLoudspeaker()
            audio = WasmAudioProvider(sink=sink)
            await audio.set_format(8000, 1, format="u8")
            waiting = asyncio.ensure_future(audio.play(bytes(8000)))
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            stopping = asyncio.ensure_future(audio.stop())
            await asyncio.sleep(0)
            sink.waiting[0].set_result(None)
            await asyncio.gather(stopping, waiting)

        run_async(body())

    def test_the_queue_is_bounded(self, monkeypatch: pytest.MonkeyPatch) -> None:
        async def body() -> None:
            audio = WasmAudioProvider()
            for number in range(5):
                await audio.play(bytes([number] * 4))
            assert [block.data[0] for block in audio.queue] == [3, 4]
            await audio.play(bytes(400))
            assert [len(block.data) for block in audio.queue] == [400]

        monkeypatch.setattr(audio_module, "QUEUE_BYTES", 8)
        run_async(body())

    def test_a_context_without_a_program_plays_nothing_itself(self) -> None:
        assert run_async(WasmAudioProvider().collect()) is None


class TestScreenshot:
    def test_there_is_no_picture_at_first(self) -> None:
        screenshot = WasmScreenshotProvider()
        assert run_async(screenshot.capture()) == b""
        assert run_async(screenshot.geometry()) is None
        assert code_of(screenshot.rgba()) == "WASM_FRAMEBUFFER_EMPTY"
        assert code_of(screenshot.png()) == "WASM_FRAMEBUFFER_EMPTY"

    def test_bytes_without_a_shape_are_grey_or_as_the_picture_before(self) -> None:
        async def body() -> None:
            screenshot = WasmScreenshotProvider()
            await screenshot.set_framebuffer(b"\1\2\3")
            geometry = await screenshot.geometry()
            assert geometry is not None
            assert (geometry.width, geometry.height, geometry.format) == (3, 1, "gray8")
            await screenshot.set_framebuffer(bytes(6), 1, 3, format="rgb565")
            await screenshot.set_framebuffer(b"\xff\xff" * 3)
            assert (await screenshot.rgba()).tolist() == [[[255] * 4]] * 3
            await screenshot.set_framebuffer(bytes(8192))
            geometry = await screenshot.geometry()
            assert geometry is not None
            assert (geometry.width, geometry.height) == (4096, 2)

        run_async(body())

    def test_bytes_that_make_no_rows_need_a_shape(self) -> None:
        assert code_of(WasmScreenshotProvider().set_framebuffer(bytes(4099))) == "WASM_FRAMEBUFFER_GEOMETRY_INVALID"
        assert code_of(WasmScreenshotProvider().set_framebuffer(b"")) == "WASM_FRAMEBUFFER_GEOMETRY_INVALID"

    def test_a_palette_gives_the_colours_and_the_bytes_stay(self) -> None:
        async def body() -> None:
            context = WasmRuntimeContext()
            screenshot = WasmScreenshotProvider(context)
            await screenshot.set_framebuffer(b"\0\1\1\0", 2, 2, format="indexed8", palette=[0xFF0000, 0x0000FF])
            assert await screenshot.capture() == b"\0\1\1\0"
            assert (await screenshot.rgba())[0].tolist() == [[255, 0, 0, 255], [0, 0, 255, 255]]
            frame = context.frame()
            assert frame is not None
            assert (frame.format, frame.data[:8]) == ("rgba8888", bytes([255, 0, 0, 255, 0, 0, 255, 255]))
            context.set_framebuffer(b"\x09\x09", 2, 1, format="gray8")
            assert await screenshot.capture() == b"\x09\x09"

        run_async(body())

    def test_what_does_not_fit_together_is_refused(self) -> None:
        screenshot = WasmScreenshotProvider()
        assert code_of(screenshot.set_framebuffer(bytes(5), 1, 1)) == "WASM_FRAMEBUFFER_SIZE_MISMATCH"
        assert code_of(screenshot.set_framebuffer(bytes(5), 1)) == "WASM_FRAMEBUFFER_GEOMETRY_INVALID"
        assert code_of(screenshot.set_framebuffer(bytes(4), 1, 1, palette=[0])) == "WASM_PALETTE_INVALID"
        assert code_of(screenshot.attach(0, 0, height=1)) == "WASM_FRAMEBUFFER_GEOMETRY_INVALID"

    def test_a_region_of_memory_is_captured_as_it_is_then(self) -> None:
        async def body() -> None:
            context = WasmRuntimeContext(1024)
            screenshot = WasmScreenshotProvider(context)
            await screenshot.set_framebuffer(b"\7")
            await screenshot.attach(100, 2, height=1, format="indexed8", palette=bytes([1, 2, 3, 4, 5, 6]))
            assert await screenshot.capture() == b"\0\0"
            context.write_memory(100, b"\1\0")
            assert (await screenshot.rgba()).tolist() == [[[4, 5, 6, 255], [1, 2, 3, 255]]]
            await screenshot.attach(1023, 2, height=1, format="gray8")
            outside = await screenshot.try_capture()
            assert outside.error is not None
            assert outside.error.error_code == "WASM_MEMORY_RANGE_INVALID"
            await screenshot.detach()
            assert await screenshot.capture() == b"\7"
            await screenshot.attach(0, 1, height=1, format="gray8")
            await screenshot.set_framebuffer(b"\x08", 1, 1, format="gray8")
            assert await screenshot.capture() == b"\x08"

        run_async(body())

    @pytest.mark.parametrize(("alpha", "mode"), [(255, "RGB"), (254, "RGBA")])
    def test_a_png_shows_the_picture(self, alpha: int, mode: str) -> None:
        async def body() -> None:
            screenshot = WasmScreenshotProvider()
            pixels = np.random.default_rng(1).integers(0, 256, (5, 7, 4), np.uint8)
            pixels[:, :, 3] = alpha
            await screenshot.set_framebuffer(pixels.tobytes(), 7, 5)
            image = Image.open(io.BytesIO(await screenshot.png()))
            assert image.mode == mode
            assert np.array_equal(np.asarray(image.convert("RGBA")), pixels)

        run_async(body())


class TestTime:
    def test_the_clock_moves_by_the_host(self) -> None:
        async def body() -> None:
            time = WasmTimeProvider()
            assert await time.now() == EPOCH
            assert await time.advance(1.5) == EPOCH + timedelta(seconds=1.5)
            assert await time.advance(timedelta(days=-1, microseconds=3)) == EPOCH + timedelta(
                seconds=1.5, days=-1, microseconds=3
            )
            assert await time.step() is None
            await time.set_scale(0.5)
            await time.pause()
            await time.set_mode("manual")
            state = await time.state()
            assert (state.mode, state.paused, state.scale, state.next, state.waiting) == ("manual", True, 0.5, None, 0)
            assert (state.now, state.nanoseconds) == (await time.now(), (1_500_000 - 86_400_000_000 + 3) * 1000)
            await time.resume()
            assert not (await time.state()).paused

        run_async(body())

    @pytest.mark.parametrize("scale", [-1.0, float("nan")])
    def test_time_does_not_run_backwards(self, scale: float) -> None:
        assert code_of(WasmTimeProvider().set_scale(scale)) == "WASM_TIME_SCALE_NEGATIVE"

    def test_what_is_no_mode_or_no_move_is_refused(self) -> None:
        assert code_of(WasmTimeProvider().set_mode("fast")) == "WASM_TIME_MODE_INVALID"
        for delta in (float("inf"), float("nan"), 1e12):
            assert code_of(WasmTimeProvider().advance(delta)) == "WASM_TIME_RANGE_INVALID"
