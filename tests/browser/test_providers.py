"""Every operation of the service providers, on a context in the kernel's thread and on a process in a worker."""

from __future__ import annotations

import io
import wave
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import Image
from programs import compile_program

if TYPE_CHECKING:
    from aikernel_web.host import HostKernel

Run = Callable[..., Any]

PRELUDE = {
    "context": """
from aikernel_web import *
target = kernel.runtime.create_context()
await target.load_module(module)
target.instantiate()
async def call(name, *args):
    return target.call(name, *args)
""",
    "process": """
from aikernel_web import *
target = await kernel.processes.create_process("reactor", WasmProcessOptions(module_bytes=module, stay=True))
await target.start()
async def call(name, *args):
    return await target.call(name, *args)
""",
}
"""The program on either kind of target, with `call` for its exports."""


@pytest.fixture(params=sorted(PRELUDE))
def run(request: pytest.FixtureRequest, kernel: HostKernel) -> Run:
    """Runs code on a target whose program has a heap and uses all devices, or on one with another program."""

    def on(code: str, program: str = "heap_devices") -> Any:
        module = compile_program(f"process/{program}").read_bytes()
        return kernel.python(
            f"module = {module!r}\n{PRELUDE[request.param]}\nservices = kernel.providers_of(target)\n{code}"
        )

    return on


class TestMemory:
    def test_bytes_and_numbers_reach_the_program(self, run: Run) -> None:
        assert run("""
memory = services.memory
block = await memory.allocate_block(64)
await block.write(bytes(range(10)))
await block.write_value(16, -1, type="i64")
total = await call("sum", block.pointer, 10)
await memory.write_byte(block.pointer, 200)
single = await call("sum", block.pointer, 1)
[total, single, await block.read_value(16, "u64"), await memory.read_byte(block.pointer + 3)]
""") == [45, 200, 2**64 - 1, 3]

    def test_the_modules_own_heap_gives_and_takes_blocks(self, run: Run) -> None:
        assert run("""
memory = services.memory
pointers = [await memory.allocate(1000) for _ in range(20)]
spans = sorted((pointer, pointer + 1000) for pointer in pointers)
apart = all(end <= begin for (_, end), (begin, _) in zip(spans, spans[1:]))
theirs = await call("hoard", 5000)
for pointer in pointers:
    await memory.write(pointer, b"\\xff" * 1000)
kept = (await memory.read(theirs, 5000)) == b"\\x5a" * 5000
for pointer in pointers:
    await memory.free(pointer)
again = await memory.allocate(1000)
[apart, all(pointer % 16 == 0 for pointer in pointers), kept, memory.blocks_in_use, again in pointers]
""") == [True, True, True, 1, True]

    def test_a_program_without_a_heap_gets_pages_for_blocks(self, run: Run) -> None:
        assert run(
            """
memory = services.memory
before = await memory.size()
first, second = await memory.allocate(100), await memory.allocate(100_000)
grown = await memory.size()
await memory.write(second, b"\\1" * 100_000)
total = await call("sum", second, 100_000)
await memory.free(first)
await memory.free(second)
third = await memory.allocate(60_000)
[first >= before, second >= before, grown > before, total, third == first, await memory.size() == grown]
""",
            "reactor_pages",
        ) == [True, True, True, 100_000, True, True]

    @pytest.mark.parametrize(("program", "too_much"), [("heap_devices", 2**31 - 1), ("reactor_pages", 2**32 - 1)])
    def test_what_is_wrong_is_refused_by_code(self, run: Run, program: str, too_much: int) -> None:
        assert run(
            f"too_much = {too_much}"
            """
memory = services.memory
block = await memory.allocate_block(16)
size = await memory.size()
results = [
    await memory.try_allocate(-1),
    await memory.try_allocate(2**32),
    await memory.try_allocate(too_much),
    await block.try_write(bytes(17)),
    await memory.try_free(block.pointer + 8),
    await memory.try_free(block.pointer),
    await memory.try_free(block.pointer),
    await memory.try_read(size, 1),
    await memory.try_write(size - 1, b"ab"),
    await memory.try_read_value(size - 4, "u64"),
    await memory.try_write_value(0, 300, type="u8"),
]
[result.error and result.error.error_code for result in results]
""",
            program,
        ) == [
            "WASM_ALLOCATION_SIZE_INVALID",
            "WASM_ALLOCATION_SIZE_INVALID",
            "WASM_ALLOCATION_FAILED",
            "WASM_BUFFER_OVERFLOW",
            "WASM_POINTER_NOT_ALLOCATED",
            None,
            "WASM_DOUBLE_FREE",
            "WASM_MEMORY_RANGE_INVALID",
            "WASM_MEMORY_RANGE_INVALID",
            "WASM_MEMORY_RANGE_INVALID",
            "WASM_VALUE_INVALID",
        ]

    def test_accesses_are_told_on_the_bus(self, run: Run) -> None:
        assert run("""
events = []
await services.event.subscribe("MemoryAccessed", events.append)
await services.memory.write(1024, b"ab")
await services.memory.read(1024, 2)
events
""") == [
            {"operation": "write", "offset": "1024", "length": "2"},
            {"operation": "read", "offset": "1024", "length": "2"},
        ]


class TestStandardInput:
    def test_lines_and_bytes_reach_the_program_up_to_the_end(self, run: Run) -> None:
        assert run("""
events = []
await services.event.subscribe("StdinSent", events.append)
into = await services.memory.allocate(64)
await services.stdin.write_line("look")
await services.stdin.write(b"raw")
read = b""
while len(read) < 8:
    count = await call("take", into, 64)
    read += await services.memory.read(into, count)
await services.stdin.close()
end = await call("take", into, 64)
[read, end, events, target.stdin_lines()]
""") == [b"look\nraw", 0, [{"line": "look"}], ["look"]]


class TestFiles:
    def test_the_program_and_the_host_see_the_same_files(self, run: Run) -> None:
        assert run("""
files, memory = services.filesystem, services.memory
async def text(value):
    pointer = await memory.allocate(len(value) + 1)
    await memory.write(pointer, value.encode() + b"\\0")
    return pointer
await files.write_file("/in/a.bin", bytes(range(256)))
await files.make_directory("/out")
copied = await call("copy", await text("/in/a.bin"), await text("/out/b.bin"))
stat = await files.stat("/out/b.bin")
await files.rename("/out/b.bin", "/out/c.bin")
listed = list(await files.list_files())
entries = [[entry.name, entry.kind, entry.size] for entry in await files.list_directory("/out")]
read = await files.read_file("/out/c.bin")
await files.delete("/in", recursive=True)
quota = await files.quota()
[copied, [stat.kind, stat.size, stat.links], listed, entries, read == bytes(range(256)), quota.bytes,
 list(await files.list_files())]
""") == [
            256,
            ["file", 256, 1],
            ["/in/a.bin", "/out/c.bin"],
            [["c.bin", "file", 256]],
            True,
            256,
            ["/out/c.bin"],
        ]

    def test_mounts_and_archives_bring_files_while_the_program_runs(self, run: Run) -> None:
        assert run("""
files = services.filesystem
await files.mount("/memory", {"/deep/a.txt": b"a"})
await files.mount("/empty")
archives = [await files.export_archive("/memory", form) for form in ("tar", "tar.gz", "zip")]
await files.mount("/archive", archives[1])
await files.mount("/fixed", MemoryMount("/", (TreeEntry("/b", "file", b"b"),)), read_only=True)
counts = [await files.import_archive(f"/from{number}", archive) for number, archive in enumerate(archives)]
refused = [
    await files.try_write_file("/archive/x", b""),
    await files.try_write_file("/fixed/x", b""),
    await files.try_write_file("/empty/x", b""),
    await files.try_import_archive("/", b"nothing"),
]
[list(await files.list_files()), counts, [result.error and result.error.error_code for result in refused]]
""") == [
            [
                "/archive/deep/a.txt",
                "/empty/x",
                "/fixed/b",
                "/from0/deep/a.txt",
                "/from1/deep/a.txt",
                "/from2/deep/a.txt",
                "/memory/deep/a.txt",
            ],
            [2, 2, 2],
            ["WASM_FILE_READ_ONLY", "WASM_FILE_READ_ONLY", None, "WASM_ARCHIVE_INVALID"],
        ]

    def test_what_is_refused_has_its_code(self, run: Run) -> None:
        assert run("""
files = services.filesystem
await files.write_file("/d/f", b"x")
results = [
    await files.try_read_file("/none"),
    await files.try_read_file("/d"),
    await files.try_read_file(" "),
    await files.try_write_file("/d/f/g", b""),
    await files.try_delete("/d"),
    await files.try_delete("/none"),
    await files.try_rename("/none", "/other"),
    await files.try_list_directory("/d/f"),
    await files.try_stat("/none"),
    await files.try_export_archive("/", "rar"),
]
[result.error.error_code for result in results]
""") == [
            "WASM_FILE_NOT_FOUND",
            "WASM_FILE_IS_DIRECTORY",
            "WASM_NAME_REQUIRED",
            "WASM_FILE_NOT_DIRECTORY",
            "WASM_DIRECTORY_NOT_EMPTY",
            "WASM_FILE_NOT_FOUND",
            "WASM_FILE_NOT_FOUND",
            "WASM_FILE_NOT_DIRECTORY",
            "WASM_FILE_NOT_FOUND",
            "WASM_ARCHIVE_INVALID",
        ]


class TestEvents:
    def test_the_program_speaks_on_the_bus_and_hears_the_host(self, run: Run) -> None:
        assert run("""
import asyncio
told = asyncio.Event()
events = []
def hear(payload):
    events.append(payload)
    told.set()
await services.event.subscribe("Told", hear)
await call("tell", 7)
await asyncio.wait_for(told.wait(), 60)
await services.event.publish("Told", {"number": 8})
into = await services.memory.allocate(64)
nothing = await call("hear", into, 64)
await services.event.send({"go": [1, "two"]})
count = await call("hear", into, 64)
[events, nothing, await services.memory.read(into, count)]
""") == [[{"number": 7}, {"number": 8}], -1, b'{"go":[1,"two"]}\n']


class TestAudio:
    def test_what_the_program_plays_becomes_a_wav_file(self, run: Run) -> None:
        played, count, latest, data = run("""
import asyncio
audio = services.audio
audio.sink = None
played = await call("tone", 8000, 1000, 500)
count = 0
while count < 8000:
    block = await audio.collect()
    count += len(block.data) if block else 0
    if not block:
        await asyncio.sleep(0)
[played, count, audio.queue[0].format, await audio.wav()]
""")
        assert (played, count, latest) == (0, 8000, "s16le")
        with wave.open(io.BytesIO(data)) as file:
            assert (file.getframerate(), file.getnchannels(), file.getnframes()) == (8000, 1, 4000)
            samples = np.frombuffer(file.readframes(4000), "<i2").astype(float)
        spectrum = np.abs(np.fft.rfft(samples))
        assert spectrum.argmax() * 8000 / 4000 == 1000
        assert abs(samples).max() == 16384

    def test_the_host_plays_in_its_own_format_and_stops(self, run: Run) -> None:
        assert run("""
class Sink:
    def __init__(self):
        self.heard = []
    async def play(self, block):
        self.heard.append([block.rate, block.channels, block.format, block.data])
    def stop(self):
        self.heard.append("silence")
audio = services.audio
audio.sink = Sink()
await audio.set_format(22050, 1, format="u8")
await audio.play(b"\\x80\\x90")
await audio.stop()
[audio.sink.heard, await audio.latest_audio_buffer()]
""") == [[[22050, 1, "u8", b"\x80\x90"], "silence"], b"\x80\x90"]


class TestScreenshot:
    def test_what_the_program_shows_is_captured(self, run: Run) -> None:
        answer, geometry, raw, shape, data = run("""
screenshot = services.screenshot
answer = await call("show", 6, 4, 10, 200, 30)
geometry = await screenshot.geometry()
rgba = await screenshot.rgba()
[answer, [geometry.width, geometry.height, geometry.format], await screenshot.capture(), list(rgba.shape),
 await screenshot.png()]
""")
        assert (answer, geometry, raw, shape) == (0, [6, 4, "rgb888"], bytes([10, 200, 30]) * 24, [4, 6, 4])
        image = Image.open(io.BytesIO(data))
        assert (image.mode, image.size) == ("RGB", (6, 4))
        assert np.asarray(image).reshape(-1, 3).tolist() == [[10, 200, 30]] * 24

    def test_what_the_host_sets_is_shown(self, run: Run) -> None:
        assert run("""
screenshot = services.screenshot
before = await screenshot.capture()
await screenshot.set_framebuffer(bytes([0, 1, 1, 0]), 2, 2, format="indexed8", palette=[0xFF0000, 0x00FF00])
indexed = [await screenshot.capture(), (await screenshot.rgba())[0].tolist()]
shown = await services.target.control("display.get")
await call("show", 1, 1, 9, 9, 9)
drawn = await screenshot.capture()
await screenshot.set_framebuffer(bytes([1, 2, 3]))
[before, indexed, [shown["format"], shown["bytes"][:4]], drawn, await screenshot.capture()]
""") == [
            b"",
            [bytes([0, 1, 1, 0]), [[255, 0, 0, 255], [0, 255, 0, 255]]],
            ["rgba8888", bytes([255, 0, 0, 255])],
            bytes([9, 9, 9]),
            bytes([1, 2, 3]),
        ]

    def test_a_program_that_draws_in_memory_is_captured_there(self, run: Run) -> None:
        assert run(
            """
screenshot = services.screenshot
pointer = await call("draw", 100)
await screenshot.attach(pointer, 8, height=8, format="gray8")
rgba = await screenshot.rgba()
await call("draw", 50)
[rgba[0, 0].tolist(), rgba[7, 7].tolist(), (await screenshot.capture())[:3]]
""",
            "reactor_pages",
        ) == [[100, 100, 100, 255], [163, 163, 163, 255], bytes([50, 51, 52])]


class TestTime:
    def test_the_programs_clock_is_the_hosts_to_move(self, run: Run) -> None:
        assert run("""
time = services.time
await time.set_mode("manual")
before = await call("now")
stands = await call("now") == before
await time.advance(10)
moved = await call("now") - before
await time.set_scale(2)
await time.advance(3)
await time.pause()
await time.advance(100)
await time.resume()
state = await time.state()
shown = await call("now")
[stands, round(moved, 3), round(shown - before, 3), abs(state.nanoseconds / 1e9 - shown) < 1e-3,
 [state.mode, state.paused, state.scale, state.waiting], await time.step() is None,
 [(await attempt).error.error_code for attempt in (time.try_set_scale(-1), time.try_set_mode("x"))]]
""") == [
            True,
            10,
            16,
            True,
            ["manual", False, 2, 0],
            True,
            ["WASM_TIME_SCALE_NEGATIVE", "WASM_TIME_MODE_INVALID"],
        ]


class TestSaveState:
    def test_a_program_returns_to_what_it_was(self, run: Run) -> None:
        assert run("""
memory, files, states = services.memory, services.filesystem, services.save_state
block = await memory.allocate_block(16)
await block.write(b"before")
await files.write_file("/note", b"before")
saved = await states.save()
await block.write(b"after!")
await files.delete("/note")
await states.restore(saved)
[await block.read(0, 6), await files.read_file("/note"), (await states.try_restore(b"x")).error.error_code]
""") == [b"before", b"before", "WASM_SAVE_STATE_INVALID"]


class TestEnded:
    """A process that has ended answers by code; its last picture and sound can still be had."""

    def test_the_last_picture_stays(self, kernel: HostKernel) -> None:
        module = compile_program("process/heap_devices").read_bytes()
        assert kernel.python(f"""
module = {module!r}
{PRELUDE["process"]}
services = kernel.providers_of(target)
await call("show", 1, 1, 1, 2, 3)
await target.stop()
geometry = await services.screenshot.geometry()
[
    await services.screenshot.capture(),
    [geometry.width, geometry.height, geometry.format],
    (await services.memory.try_read(0, 1)).error.error_code,
    (await services.memory.try_allocate(1)).error.error_code,
    (await services.filesystem.try_list_files()).error.error_code,
    (await services.time.try_now()).error.error_code,
]
""") == [bytes([1, 2, 3]), [1, 1, "rgb888"], *["WASM_PROCESS_ENDED"] * 4]


class TestKernel:
    def test_the_ten_providers_are_initialised_with_the_kernel(self, kernel: HostKernel) -> None:
        assert kernel.python("""
[[provider.provider_id, await provider.is_available()] for provider in kernel.providers]
""") == [
            [f"wasm.{name}", True]
            for name in (
                "runtime",
                "process",
                "memory",
                "stdin",
                "filesystem",
                "event",
                "audio",
                "screenshot",
                "savestate",
                "time",
            )
        ]

    def test_the_kernels_own_services_speak_on_its_bus(self, kernel: HostKernel) -> None:
        kernel.python("await kernel.services.event.publish('Hello', {'to': 'all'})")
        assert kernel.events.wait_for("Hello", timeout=60).payload == {"to": "all"}
