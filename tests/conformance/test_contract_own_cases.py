"""What no test of the reference covers (reference contract, section 8.7)."""

from __future__ import annotations

import pytest
import wasmtime

from .interpreters import Interpreter

MODULE = bytes(
    wasmtime.wat2wasm(
        """(module
  (import "env" "double" (func $double (param i32) (result i32)))
  (memory (export "memory") 1 2)
  (global (export "limit") i32 (i32.const 9))
  (func (export "twice") (param i32) (result i32) (call $double (local.get 0)))
  (func (export "store") (param i32 i32) (i32.store8 (local.get 0) (local.get 1))))"""
    )
)


def test_a_disposed_context_refuses_by_code(interpreter: Interpreter) -> None:
    assert interpreter.run("""
from aikernel_web import DisposedError, WasmRuntimeContext
context = WasmRuntimeContext()
context.dispose()
context.dispose()
codes = [
    (await context.try_load_module(b"x")).error.error_code,
    context.try_register_import("a", 1).error.error_code,
    context.try_register_export("a", print).error.error_code,
    context.try_resolve_export("a").error.error_code,
    (await context.try_run()).error.error_code,
    (await context.try_stop()).error.error_code,
    context.try_read_memory(0, 0).error.error_code,
    context.try_write_memory(0, b"").error.error_code,
    context.try_read_file("/a").error.error_code,
]
raised = []
for operation in (lambda: context.send_stdin("x"), lambda: context.write_file("/a", b"")):
    try:
        operation()
    except DisposedError as error:
        raised.append(error.code)
[set(codes) == {"WASM_CONTEXT_DISPOSED"}, raised, context.memory_size, context.is_running, context.stdin_lines()]
""") == [True, ["WASM_CONTEXT_DISPOSED"] * 2, 0, False, []]


def test_a_process_over_a_disposed_context_neither_starts_nor_stops(interpreter: Interpreter) -> None:
    assert interpreter.run("""
from aikernel_web import WasmProcess, WasmRuntimeContext
context = WasmRuntimeContext(engine=kernel.engine)
process = WasmProcess("late", context=context)
context.dispose()
[(await process.try_start()).error.error_code, (await process.try_stop()).error.error_code]
""") == ["WASM_CONTEXT_DISPOSED", "WASM_CONTEXT_DISPOSED"]


def test_who_has_cancelled_gets_nothing_done(interpreter: Interpreter) -> None:
    assert interpreter.run("""
from aikernel_web import (
    Cancellation, OperationCancelled, WasmAudioProvider, WasmMemoryProvider, WasmProcessProvider, WasmRuntime,
    WasmRuntimeContext,
)
token = Cancellation()
token.cancel()
context = WasmRuntimeContext()
raised = []
for operation in (WasmMemoryProvider().allocate, WasmAudioProvider().play):
    try:
        await operation(b"", cancellation=token)
    except OperationCancelled as error:
        raised.append(error.code)
[
    raised,
    (await context.try_load_module(b"x", cancellation=token)).error.error_code,
    (await context.try_run(cancellation=token)).error.error_code,
    (await WasmRuntime(engine=kernel.engine).try_boot(cancellation=token)).error.error_code,
    (await WasmProcessProvider().try_start("x", cancellation=token)).error.error_code,
]
""") == [
        ["WASM_OPERATION_CANCELLED"] * 2,
        "WASM_OPERATION_CANCELLED",
        "WASM_OPERATION_CANCELLED",
        "WASM_RUNTIME_BOOT_CANCELLED",
        "WASM_PROCESS_CANCELLED",
    ]


def test_a_module_calls_what_was_registered_and_is_called(interpreter: Interpreter) -> None:
    assert interpreter.run(f"""
context = kernel.runtime.create_context()
context.register_import("env.double", lambda number: number * 2)
await context.load_module({MODULE!r})
context.call("store", 100, 65)
[
    context.call("twice", 21),
    context.resolve_export("twice")([4]),
    context.read_memory(100, 1),
    context.memory_size,
    context.try_resolve_export("missing").error.error_code,
    context.try_resolve_export(" ").error.error_code,
    context.try_register_import("", 1).error.error_code,
    context.try_register_import("x", None).error.error_code,
    context.try_register_export("x", None).error.error_code,
]
""") == [
        42,
        8,
        b"A",
        65536,
        "WASM_EXPORT_NOT_FOUND",
        "WASM_NAME_REQUIRED",
        "WASM_NAME_REQUIRED",
        "WASM_OBJECT_REQUIRED",
        "WASM_EXPORT_FUNCTION_REQUIRED",
    ]


def test_an_import_that_nobody_offers_is_named(interpreter: Interpreter) -> None:
    code, message = interpreter.run(f"""
context = kernel.runtime.create_context()
await context.load_module({MODULE!r})
error = context.try_instantiate().error
[error.error_code, error.message]
""")
    assert code == "WASM_IMPORT_MISSING"
    assert "double" in message


@pytest.mark.parametrize(
    ("module", "code"),
    [(b"", "WASM_MODULE_BYTES_REQUIRED"), (b"\0", "WASM_MODULE_INVALID"), (b"\0asm\2\0\0\0", "WASM_MODULE_INVALID")],
)
def test_what_is_no_module_is_not_loaded(interpreter: Interpreter, module: bytes, code: str) -> None:
    assert interpreter.run(f"""
context = kernel.runtime.create_context()
[(await context.try_load_module({module!r})).error.error_code, context.is_module_loaded]
""") == [code, False]


def test_a_registered_stdin_export_is_called_with_the_line(interpreter: Interpreter) -> None:
    assert interpreter.run("""
from aikernel_web import WasmRuntimeContext, WasmStdinProvider
context, calls = WasmRuntimeContext(), []
context.register_export("stdin", calls.append)
await WasmStdinProvider(context).write_line("look")
calls
""") == [["look"]]


def test_what_the_stdin_export_raises_escapes_with_the_line_recorded(interpreter: Interpreter) -> None:
    assert interpreter.run("""
from aikernel_web import EventBusProvider, WasmRuntimeContext
bus, events = EventBusProvider(), []
bus.subscribe("StdinSent", events.append)
context = WasmRuntimeContext(event_bus=bus)
context.register_export("stdin", lambda values: 1 / 0)
raised = False
try:
    context.send_stdin("look")
except ZeroDivisionError:
    raised = True
[raised, context.stdin_lines(), events]
""") == [True, ["look"], []]


def test_a_file_that_is_not_there_is_told_and_not_found(interpreter: Interpreter) -> None:
    assert interpreter.run("""
from aikernel_web import EventBusProvider, WasmFileSystemProvider, WasmRuntimeContext
bus, events = EventBusProvider(), []
bus.subscribe("FileAccessed", events.append)
context = WasmRuntimeContext(event_bus=bus)
files = WasmFileSystemProvider(context)
[
    (await files.try_read_file("/none")).error.error_code,
    (await files.try_read_file(" ")).error.error_code,
    events,
]
""") == ["WASM_FILE_NOT_FOUND", "WASM_NAME_REQUIRED", [{"operation": "read", "path": "/none"}]]


def test_a_blank_path_is_an_argument_error(interpreter: Interpreter) -> None:
    assert (
        interpreter.run("""
from aikernel_web import WasmFileSystemProvider, WasmRuntimeContext
raised = []
for operation in ("context", "provider", "mount"):
    try:
        match operation:
            case "context":
                WasmRuntimeContext().write_file("", b"")
            case "provider":
                await WasmFileSystemProvider().write_file("", b"")
            case "mount":
                await WasmFileSystemProvider().mount("")
    except ValueError as error:
        raised.append(error.code)
raised
""")
        == ["WASM_NAME_REQUIRED"] * 3
    )


def test_a_mount_shows_its_files(interpreter: Interpreter) -> None:
    assert interpreter.run("""
from aikernel_web import WasmFileSystemProvider
files = WasmFileSystemProvider()
await files.mount("/data", {"/a.txt": b"a"}, read_only=True)
[
    await files.read_file("/data/a.txt"),
    list(await files.list_files()),
    (await files.try_write_file("/data/b.txt", b"")).error.error_code,
]
""") == [b"a", ["/data/a.txt"], "WASM_FILE_READ_ONLY"]


def test_the_event_provider_publishes_whatever_it_is_given(interpreter: Interpreter) -> None:
    assert interpreter.run("""
from aikernel_web import EventBusProvider, WasmEventProvider, WasmRuntimeContext
bus, events = EventBusProvider(), []
provider = WasmEventProvider(WasmRuntimeContext(event_bus=bus))
subscription = await provider.subscribe("Anything", events.append)
await provider.publish("Anything", [1, "two", None])
await provider.publish("Other", 3)
await WasmEventProvider().publish("Anything", 4)
[events, await provider.unsubscribe(subscription), await provider.unsubscribe(subscription)]
""") == [[[1, "two", None]], True, False]


@pytest.mark.parametrize("scale", ["-1.0", "float('nan')"])
def test_time_has_no_negative_scale(interpreter: Interpreter, scale: str) -> None:
    assert interpreter.run(f"""
from aikernel_web import WasmRuntimeContext, WasmTimeProvider
context = WasmRuntimeContext()
[
    context.try_set_time_scale({scale}).error.error_code,
    (await WasmTimeProvider(context).try_set_scale({scale})).error.error_code,
    context.time_scale,
    context.try_set_time_scale(0).is_success,
    context.try_set_time_scale(float("inf")).is_success,
]
""") == ["WASM_TIME_SCALE_NEGATIVE", "WASM_TIME_SCALE_NEGATIVE", 1.0, True, True]


def test_time_moves_back_and_in_whole_ticks(interpreter: Interpreter) -> None:
    assert interpreter.run("""
from aikernel_web import WasmRuntimeContext
context = WasmRuntimeContext()
context.set_time_scale(0.5)
context.advance_time(0.00000055)
ticks = context.clock_ns
context.set_time_scale(1)
context.advance_time(-2)
[ticks, context.clock.isoformat()]
""") == [200, "1969-12-31T23:59:58+00:00"]


@pytest.mark.parametrize("size", [0, -1])
def test_a_memory_has_at_least_one_byte(interpreter: Interpreter, size: int) -> None:
    assert interpreter.run(f"""
from aikernel_web import WasmRuntime, WasmRuntimeContext
raised = None
try:
    WasmRuntimeContext({size})
except ValueError as error:
    raised = error.code
error = WasmRuntime().try_create_context({size}).error
[raised, error.code, "WASM_INITIAL_MEMORY_INVALID" in error.message]
""") == ["WASM_INITIAL_MEMORY_INVALID", "UNHANDLED_EXCEPTION", True]


@pytest.mark.parametrize(
    ("offset", "length", "valid"),
    [(0, 0, True), (8, 0, True), (0, 8, True), (9, 0, False), (8, 1, False), (-1, 1, False), (0, -1, False)],
)
def test_only_what_is_within_the_memory_is_accessed_and_told(
    interpreter: Interpreter, offset: int, length: int, valid: bool
) -> None:
    assert interpreter.run(f"""
from aikernel_web import EventBusProvider, WasmRuntimeContext
bus, events = EventBusProvider(), []
bus.subscribe("MemoryAccessed", events.append)
result = WasmRuntimeContext(8, bus).try_read_memory({offset}, {length})
[result.is_success, len(events)]
""") == [valid, int(valid)]


def test_names_of_processes_need_not_be_unique_and_the_first_is_started(interpreter: Interpreter) -> None:
    assert interpreter.run("""
from aikernel_web import WasmProcessProvider
provider = WasmProcessProvider(engine=kernel.engine)
first = await provider.create_process("twin")
second = await provider.create_process("twin")
await provider.start("twin")
started = [first.started_at_utc is not None, second.started_at_utc is not None]
[
    started,
    [process.name for process in provider.list_processes()],
    (await provider.try_start("Twin")).error.error_code,
    first.id != second.id,
    (await provider.create_process(" ")).name,
]
""") == [[True, False], ["twin", "twin"], "WASM_PROCESS_NOT_FOUND", True, "wasm-process"]


def test_a_program_that_cannot_start_has_failed_with_its_code(interpreter: Interpreter) -> None:
    assert interpreter.run(f"""
from aikernel_web import WasmProcessOptions
process = await kernel.processes.create_process("lacking", WasmProcessOptions(module_bytes={MODULE!r}))
result = await process.try_start()
[result.error.error_code, process.state.value]
""") == ["WASM_IMPORT_MISSING", "Error"]


def test_options_that_are_none_are_ignored(interpreter: Interpreter) -> None:
    assert (
        interpreter.run("""
process = await kernel.processes.create_process("odd", {"module_bytes": b"nonsense"})
await process.start()
(await process.wait()).exit_code
""")
        == 0
    )


def test_the_runtime_boots_makes_contexts_and_stays_usable_after_disposal(interpreter: Interpreter) -> None:
    assert interpreter.run("""
from aikernel_web import WasmRuntime
runtime = WasmRuntime(kernel.events, engine=kernel.engine)
booted = await runtime.boot()
context = runtime.create_context(1024)
process = await runtime.create_process("loose")
runtime.dispose()
[
    booted,
    context.is_disposed,
    runtime.create_context(8).memory_size,
    context.event_bus is kernel.events,
    process.state.value,
    len(kernel.processes.list_processes()),
]
""") == [True, True, 8, True, "Starting", 0]


def test_a_buffer_is_read_into_what_has_room_for_it(interpreter: Interpreter) -> None:
    assert (
        interpreter.run("""
from aikernel_web import WebGpuComputeProvider
provider = WebGpuComputeProvider()
buffer = await provider.create_buffer(8)
raised = None
try:
    await provider.read_buffer(buffer, bytearray(4))
except ValueError as error:
    raised = error.code
raised
""")
        == "WEBGPU_BUFFER_READ_SIZE_MISMATCH"
    )


def test_a_write_changes_what_it_covers_and_no_more(interpreter: Interpreter) -> None:
    assert interpreter.run("""
from aikernel_web import WasmRuntimeContext
context = WasmRuntimeContext(8)
context.write_memory(0, bytes(range(1, 9)))
context.write_memory(2, b"xy")
too_long = context.try_write_memory(6, b"abc")
[context.read_memory(0, 8), too_long.error.error_code]
""") == [b"\1\2xy\5\6\7\x08", "WASM_MEMORY_RANGE_INVALID"]


def test_a_failing_handler_does_not_fail_what_it_observes(interpreter: Interpreter) -> None:
    # Where the reference lets the handler's failure through, the operation here is done and answered (deviation).
    assert interpreter.run("""
import asyncio
from aikernel_web import EventBusProvider, WasmRuntimeContext
reported = []
loop = asyncio.get_running_loop()
loop.set_exception_handler(lambda loop, context: reported.append(str(context)))
bus, seen = EventBusProvider(), []
for name in ("MemoryAccessed", "FileAccessed", "StdinSent"):
    bus.subscribe(name, lambda payload: 1 / 0)
    bus.subscribe(name, lambda payload: seen.append(1))
context = WasmRuntimeContext(event_bus=bus)
context.write_memory(0, b"\\7")
answers = [context.read_memory(0, 1)]
context.write_file("/a", b"b")
answers.append(context.read_file("/a"))
context.send_stdin("x")
await asyncio.sleep(0)
loop.set_exception_handler(None)
[answers, len(seen), len(reported) > 0]
""") == [[b"\7", b"b"], 5, True]
