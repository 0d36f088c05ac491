"""The reference's own cases for runtime, processes and state (reference contract, sections 7 and 8.1 to 8.3)."""

from __future__ import annotations

import pytest

from .interpreters import Interpreter

PROVIDERS = {
    "WasmRuntime": ("wasm.runtime", "WASM Runtime"),
    "WasmProcessProvider": ("wasm.process", "WASM Process Provider"),
    "WasmMemoryProvider": ("wasm.memory", "WASM Memory Provider"),
    "WasmStdinProvider": ("wasm.stdin", "WASM Stdin Provider"),
    "WasmFileSystemProvider": ("wasm.filesystem", "WASM File System Provider"),
    "WasmEventProvider": ("wasm.event", "WASM Event Provider"),
    "WasmAudioProvider": ("wasm.audio", "WASM Audio Provider"),
    "WasmScreenshotProvider": ("wasm.screenshot", "WASM Screenshot Provider"),
    "WasmSaveStateProvider": ("wasm.savestate", "WASM Save State Provider"),
    "WasmTimeProvider": ("wasm.time", "WASM Time Provider"),
}
"""The ten providers in the order of the contract, with id and display name."""

OPERATIONS = {
    "WasmRuntime": (["wasm.runtime.boot", "wasm.runtime.shutdown"], ["runtime"]),
    "WasmProcessProvider": (["wasm.process.start", "wasm.process.stop"], ["process"]),
    "WasmMemoryProvider": (["wasm.memory.allocate", "wasm.memory.free"], ["memory"]),
    "WasmStdinProvider": (["wasm.stdin.write"], ["stdin", "text"]),
    "WasmFileSystemProvider": (["wasm.fs.mount", "wasm.fs.read", "wasm.fs.write"], ["directory", "file"]),
    "WasmEventProvider": (["wasm.event.publish", "wasm.event.subscribe"], ["event"]),
    "WasmAudioProvider": (["wasm.audio.play", "wasm.audio.stop"], ["audio"]),
    "WasmScreenshotProvider": (["wasm.screenshot.capture"], ["image"]),
    "WasmSaveStateProvider": (["wasm.savestate.load", "wasm.savestate.save"], ["savestate"]),
    "WasmTimeProvider": (["wasm.time.now", "wasm.time.tick"], ["time"]),
}

PUBLIC_NAMES = [
    *PROVIDERS,
    "WasmRuntimeContext",
    "WasmProviderContract",
    "wasm_provider_contracts",
    "CapabilityContract",
    "WebGpuComputeCapability",
    "WebGpuComputeProvider",
    "WebGpuComputeInvoker",
    "WebGpuNativeBackend",
    "WebGpuWasmBackend",
    "load_wasm_runtime",
    "require_wasm_assemblies",
    "wasm_assemblies",
]
"""Everything that the reference's Python package offers in 0.1.1."""


@pytest.mark.parametrize("name", PROVIDERS)
@pytest.mark.parametrize("made", ["()", ".create()"])
def test_r1_a_provider_is_available_from_its_initialisation_to_its_shutdown(
    interpreter: Interpreter, name: str, made: str
) -> None:
    assert interpreter.run(f"""
import aikernel_web
provider = aikernel_web.{name}{made}
seen = [await provider.is_available()]
await provider.initialize()
seen.append(await provider.is_available())
seen.append(len(provider.get_capabilities().supported_operations) > 0)
await provider.shutdown()
seen.append(await provider.is_available())
seen
""") == [False, True, True, False]


@pytest.mark.parametrize("name", PROVIDERS)
def test_r1_a_provider_is_who_the_contract_says(interpreter: Interpreter, name: str) -> None:
    operations, data_types = OPERATIONS[name]
    assert interpreter.run(f"""
import aikernel_web
provider = aikernel_web.{name}()
capabilities = provider.get_capabilities()
[
    [provider.provider_id, provider.name, provider.version],
    list(capabilities.supported_operations),
    list(capabilities.supported_data_types),
    capabilities.supports_operation({operations[0].upper()!r}),
    capabilities.supports_operation("wasm.other"),
    (await provider.get_health()).is_healthy,
]
""") == [[*PROVIDERS[name], "0.1.0"], operations, data_types, True, False, False]


def test_p1_a_process_without_options_starts_and_stops_with_its_events(interpreter: Interpreter) -> None:
    assert interpreter.run("""
from aikernel_web import EventBusProvider, WasmProcessProvider
bus, events = EventBusProvider(), []
bus.subscribe("ProcessStarted", lambda payload: events.append(payload))
bus.subscribe("ProcessStopped", lambda payload: events.append(payload))
provider = WasmProcessProvider(bus, engine=kernel.engine)
process = await provider.create_process("sample")
states = [process.state.value]
await process.start()
states.append(process.state.value)
await process.stop()
states.append(process.state.value)
[states, [[event["processName"], event["state"]] for event in events]]
""") == [["Starting", "Running", "Stopped"], [["sample", "Running"], ["sample", "Stopped"]]]


def test_p2_a_crash_is_an_error_and_an_event_with_its_reason(interpreter: Interpreter) -> None:
    assert interpreter.run("""
from aikernel_web import EventBusProvider, WasmProcess, WasmProcessProvider
bus, events = EventBusProvider(), []
bus.subscribe("ProcessCrashed", lambda payload: events.append(payload))
process = await WasmProcessProvider(bus, engine=kernel.engine).create_process("sample")
await process.crash("runtime trap")
[isinstance(process, WasmProcess), process.state.value, [event["reason"] for event in events]]
""") == [True, "Error", ["runtime trap"]]


def test_s1_a_byte_is_read_back_and_both_accesses_were_told(interpreter: Interpreter) -> None:
    assert interpreter.run("""
from aikernel_web import EventBusProvider, WasmMemoryProvider, WasmRuntimeContext
bus, events = EventBusProvider(), []
bus.subscribe("MemoryAccessed", lambda payload: events.append(payload))
memory = WasmMemoryProvider(WasmRuntimeContext(event_bus=bus))
await memory.write_byte(10, 42)
[await memory.read_byte(10), events]
""") == [
        42,
        [
            {"operation": "write", "offset": "10", "length": "1"},
            {"operation": "read", "offset": "10", "length": "1"},
        ],
    ]


def test_s1_a_context_has_told_it_before_it_returns(interpreter: Interpreter) -> None:
    assert interpreter.run("""
from aikernel_web import EventBusProvider, WasmRuntimeContext
bus, events = EventBusProvider(), []
async def handler(payload):
    events.append(payload["operation"])
bus.subscribe("MemoryAccessed", handler)
context = WasmRuntimeContext(event_bus=bus)
def synchronous():
    context.write_byte(10, 42)
    return [context.read_byte(10), list(events)]
synchronous()
""") == [42, ["write", "read"]]


def test_s2_what_is_outside_of_the_memory_is_refused_by_code(interpreter: Interpreter) -> None:
    assert interpreter.run("""
from aikernel_web import WasmMemoryProvider, WasmRuntimeContext
context = WasmRuntimeContext(8)
results = [context.try_read_memory(7, 2), await WasmMemoryProvider(context).try_read(7, 2)]
[[result.is_failure, "WASM_MEMORY_RANGE_INVALID" in result.error.message] for result in results]
""") == [[True, True], [True, True]]


def test_s3_a_line_for_standard_input_is_recorded(interpreter: Interpreter) -> None:
    assert interpreter.run("""
from aikernel_web import WasmRuntimeContext, WasmStdinProvider
context = WasmRuntimeContext()
await WasmStdinProvider(context).write_line("command")
context.stdin_lines()
""") == ["command"]


def test_s4_a_file_is_read_back_and_listed(interpreter: Interpreter) -> None:
    assert interpreter.run("""
from aikernel_web import WasmFileSystemProvider, WasmRuntimeContext
context = WasmRuntimeContext()
files = WasmFileSystemProvider(context)
await files.write_file("/app/config.txt", b"ok")
[await files.read_file("/app/config.txt"), list(await files.list_files()), context.list_files()]
""") == [b"ok", ["/app/config.txt"], ["/app/config.txt"]]


def test_s5_picture_and_sound_are_what_was_set(interpreter: Interpreter) -> None:
    assert interpreter.run("""
from aikernel_web import WasmAudioProvider, WasmRuntimeContext, WasmScreenshotProvider
context = WasmRuntimeContext()
screenshot, audio = WasmScreenshotProvider(context), WasmAudioProvider(context)
await screenshot.set_framebuffer(bytes([1, 2, 3]))
await audio.play(bytes([4, 5]))
[
    await screenshot.capture(),
    await audio.latest_audio_buffer(),
    context.get_framebuffer(),
    context.get_audio_buffer(),
]
""") == [bytes([1, 2, 3]), bytes([4, 5]), bytes([1, 2, 3]), bytes([4, 5])]


def test_s6_a_saved_state_is_returned_to(interpreter: Interpreter) -> None:
    assert (
        interpreter.run("""
from aikernel_web import WasmMemoryProvider, WasmRuntimeContext, WasmSaveStateProvider
context = WasmRuntimeContext()
memory, states = WasmMemoryProvider(context), WasmSaveStateProvider(context)
await memory.write_byte(0, 7)
saved = await states.save()
await memory.write_byte(0, 9)
await states.restore(saved)
await memory.read_byte(0)
""")
        == 7
    )


def test_s7_time_is_scaled_and_stands_while_it_is_paused(interpreter: Interpreter) -> None:
    assert interpreter.run("""
from datetime import timedelta
from aikernel_web import WasmRuntimeContext, WasmTimeProvider
context = WasmRuntimeContext()
time = WasmTimeProvider(context)
await time.set_scale(2)
await time.advance(timedelta(seconds=1))
await time.pause()
await time.advance(timedelta(seconds=1))
await time.resume()
[(await time.now()).isoformat(), context.clock.isoformat()]
""") == ["1970-01-01T00:00:02+00:00", "1970-01-01T00:00:02+00:00"]


def test_the_names_of_the_python_package_are_there(interpreter: Interpreter) -> None:
    missing = interpreter.run(f"""
import aikernel_web
[name for name in {PUBLIC_NAMES!r} if not getattr(aikernel_web, name, None)]
""")
    assert missing == []


def test_the_catalogue_holds_the_ten_providers_in_order(interpreter: Interpreter) -> None:
    assert interpreter.run("""
import aikernel_web
[[contract.provider_id, contract.name] for contract in aikernel_web.wasm_provider_contracts()]
""") == [list(identity) for identity in PROVIDERS.values()]


def test_the_compute_capability_has_its_defaults(interpreter: Interpreter) -> None:
    assert interpreter.run("""
from aikernel_web import WebGpuComputeCapability
capability = WebGpuComputeCapability()
[capability.provider_id, capability.adapter_profile]
""") == ["webgpu.compute", "wasm-webgpu"]
