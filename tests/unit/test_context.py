"""The context's contract without an engine (reference contract, sections 3.2 and 8.7)."""

from __future__ import annotations

import asyncio
import gc
import json
import math
import weakref
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from unit.loop import run_async

from aikernel_web import (
    Cancellation,
    DisposedError,
    EventBusProvider,
    KernelError,
    Result,
    WasmRuntime,
    WasmRuntimeContext,
)
from aikernel_web.contracts.engine import EMPTY_MODULE
from aikernel_web.runtime.targets import as_target

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def code_of(result: Result[Any]) -> str | None:
    return None if result.error is None else result.error.error_code


def cancelled() -> Cancellation:
    cancellation = Cancellation()
    cancellation.cancel()
    return cancellation


class Watched:
    """A context on a bus, and the events of a name."""

    def __init__(self, name: str, size: int = 65536) -> None:
        self.bus = EventBusProvider()
        self.events: list[dict[str, str]] = []
        self.bus.subscribe(name, self.events.append)
        self.context = WasmRuntimeContext(size, self.bus)


class TestCreation:
    def test_it_begins_empty_at_the_epoch(self) -> None:
        context = WasmRuntimeContext()
        assert (context.memory_size, context.clock, context.time_scale) == (65536, EPOCH, 1.0)
        assert {context.is_paused, context.is_module_loaded, context.is_running, context.is_disposed} == {False}
        assert context.read_memory(0, 65536) == bytes(65536)
        assert (context.list_files(), context.stdin_lines(), context.get_framebuffer()) == ([], [], b"")
        assert (context.get_audio_buffer(), context.frame(), context.exit, context.module) == (b"", None, None, None)

    @pytest.mark.parametrize("size", [0, -1, -65536])
    def test_a_memory_of_nothing_or_less_is_refused(self, size: int) -> None:
        with pytest.raises(ValueError, match="WASM_INITIAL_MEMORY_INVALID") as raised:
            WasmRuntimeContext(size)
        assert isinstance(raised.value, KernelError)
        made = WasmRuntime().try_create_context(size)
        assert made.error is not None
        assert (made.error.code, made.error.error_code) == ("UNHANDLED_EXCEPTION", "WASM_INITIAL_MEMORY_INVALID")

    def test_what_is_no_size_and_what_are_no_options_are_errors_of_type(self) -> None:
        with pytest.raises(TypeError, match="a module is given by load_module"):
            WasmRuntime().create_context(EMPTY_MODULE)  # type: ignore[arg-type]
        with pytest.raises(TypeError, match="WasmProcessOptions"):
            WasmRuntimeContext(options={"args": ("a",)})  # type: ignore[arg-type]

    @pytest.mark.parametrize(
        "use",
        [
            lambda context: context.write_file("/a", "text"),
            lambda context: context.write_memory(0, "text"),
            lambda context: context.write_memory(0, [1, 2]),
            lambda context: context.write_file("/a", 5),
            lambda context: context.restore_state("text"),
            lambda context: run_async(context.load_module("prog.wasm")),
            lambda context: context.send_stdin(b"line"),
        ],
    )
    def test_text_is_not_bytes_and_bytes_are_not_text(self, use: Callable[[WasmRuntimeContext], object]) -> None:
        context = WasmRuntimeContext()
        with pytest.raises(TypeError, match=r"is not bytes: give|the bytes of a module|a line is text, not bytes"):
            use(context)
        assert (context.list_files(), context.stdin_lines(), context.read_memory(0, 4)) == ([], [], bytes(4))

    def test_a_runtime_disposes_its_contexts_and_stays_usable(self) -> None:
        runtime = WasmRuntime()
        first, second = runtime.create_context(8), runtime.create_context(16)
        runtime.dispose()
        assert first.is_disposed
        assert second.is_disposed
        assert not runtime.create_context().is_disposed

    def test_a_runtime_does_not_keep_what_nobody_has(self) -> None:
        runtime = WasmRuntime()
        forgotten = weakref.ref(runtime.create_context())
        gc.collect()
        assert forgotten() is None
        runtime.dispose()


class TestMemory:
    def test_an_access_across_the_end_fails_by_code(self) -> None:
        result = WasmRuntimeContext(8).try_read_memory(7, 2)
        assert result.error is not None
        assert "WASM_MEMORY_RANGE_INVALID" in result.error.message
        assert result.error.code == "ERROR"

    def test_nothing_at_the_end_is_in_range_and_an_event(self) -> None:
        watched = Watched("MemoryAccessed", 8)
        assert watched.context.read_memory(8, 0) == b""
        assert watched.context.try_read_memory(9, 0).is_failure
        assert watched.events == [{"operation": "read", "offset": "8", "length": "0"}]

    def test_both_ways_are_told_as_decimal_text_before_they_return(self) -> None:
        watched = Watched("MemoryAccessed")
        watched.context.write_byte(10, 42)
        assert watched.context.read_byte(10) == 42
        assert watched.events == [
            {"operation": "write", "offset": "10", "length": "1"},
            {"operation": "read", "offset": "10", "length": "1"},
        ]

    def test_a_failing_handler_does_not_fail_the_operation(self) -> None:
        async def main() -> None:
            # The loop reports handlers that fail; here that is expected.
            reported: list[object] = []
            asyncio.get_running_loop().set_exception_handler(lambda _, context: reported.append(context))
            watched = Watched("other")

            def fail(_: object) -> None:
                raise ValueError("no")

            for name in ("MemoryAccessed", "FileAccessed", "StdinSent"):
                watched.bus.subscribe(name, fail)
            assert watched.context.try_write_memory(0, b"x").is_success
            assert watched.context.read_memory(0, 1) == b"x"
            watched.context.write_file("/a", b"1")
            assert watched.context.read_file("/a") == b"1"
            watched.context.send_stdin("line")
            await asyncio.sleep(0)
            assert len(reported) == 5

        run_async(main())

    @given(
        size=st.integers(1, 200),
        accesses=st.lists(st.tuples(st.integers(-5, 210), st.one_of(st.integers(-3, 210), st.binary(max_size=210)))),
    )
    def test_it_is_a_checked_array_of_bytes(self, size: int, accesses: list[tuple[int, int | bytes]]) -> None:
        context, model = WasmRuntimeContext(size), bytearray(size)
        for offset, wanted in accesses:
            length = wanted if isinstance(wanted, int) else len(wanted)
            valid = offset >= 0 and length >= 0 and offset <= size - length
            if isinstance(wanted, int):
                read = context.try_read_memory(offset, length)
                assert read.is_success is valid
                assert not valid or read.value == bytes(model[offset : offset + length])
            else:
                assert context.try_write_memory(offset, wanted).is_success is valid
                if valid:
                    model[offset : offset + length] = wanted
        assert context.read_memory(0, size) == bytes(model)

    @pytest.mark.parametrize(
        ("type_", "value", "data"),
        [
            ("i8", -1, b"\xff"),
            ("u16", 0x1234, b"\x34\x12"),
            ("i32", -2, b"\xfe\xff\xff\xff"),
            ("u64", 2**64 - 1, b"\xff" * 8),
            ("f32", 1.5, b"\x00\x00\xc0\x3f"),
            ("f64", -0.0, b"\0" * 7 + b"\x80"),
        ],
    )
    def test_values_are_little_endian(self, type_: str, value: float, data: bytes) -> None:
        context = WasmRuntimeContext()
        context.write_value(3, value, type=type_)
        assert context.read_memory(3, len(data)) == data
        assert context.read_value(3, type_) == value

    @pytest.mark.parametrize(
        ("type_", "value"), [("u8", 256), ("i8", -129), ("u32", -1), ("i32", 1.5), ("f32", 1e300), ("i128", 0)]
    )
    def test_what_does_not_fit_a_type_is_refused(self, type_: str, value: float) -> None:
        with pytest.raises(ValueError, match="WASM_VALUE_INVALID"):
            WasmRuntimeContext().write_value(0, value, type=type_)

    @pytest.mark.parametrize("offset", [2**53, 2**64, -1])
    def test_no_memory_has_such_an_address(self, offset: int) -> None:
        assert code_of(WasmRuntimeContext().try_read_memory(offset, 1)) == "WASM_MEMORY_RANGE_INVALID"

    def test_grown_memory_begins_a_page_after_the_last(self) -> None:
        context = WasmRuntimeContext(8)
        assert context.control("memory.grow", 2) == 1
        assert context.memory_size == 3 * 65536
        with pytest.raises(KernelError, match="WASM_MEMORY_GROW_REFUSED"):
            context.control("memory.grow", 65536)


class TestArrays:
    def test_they_are_read_and_written_in_place(self) -> None:
        watched = Watched("MemoryAccessed")
        array = watched.context.memory_array(16, (2, 3), "i2")
        array[...] = [[1, 2, 3], [4, 5, -6]]
        assert watched.context.read_memory(16, 12) == b"\1\0\2\0\3\0\4\0\5\0\xfa\xff"
        array[1, 2] = 7
        assert array[...].tolist() == [[1, 2, 3], [4, 5, 7]]
        assert np.asarray(array, dtype="f8").sum() == 22.0
        assert (array.shape, array.ndim, array.size, array.nbytes, len(array)) == ((2, 3), 2, 6, 12, 2)
        assert {event["length"] for event in watched.events} == {"12"}

    def test_a_copy_is_a_copy(self) -> None:
        context = WasmRuntimeContext()
        array = context.memory_array(0, 4)
        copied = array[...]
        copied[:] = 9
        assert array[...].tolist() == [0, 0, 0, 0]
        with pytest.raises(ValueError, match="copied"):
            np.asarray(array, copy=False)

    @pytest.mark.parametrize("change", ["grow", "restore"])
    def test_they_are_refused_once_the_memory_is_another(self, change: str) -> None:
        context = WasmRuntimeContext()
        array = context.memory_array(0, 4)
        if change == "grow":
            context.control("memory.grow", 1)
        else:
            context.restore_state(context.save_state())
        for access in (lambda: array[...], lambda: array.__setitem__(..., 1)):
            with pytest.raises(KernelError, match="WASM_MEMORY_VIEW_STALE"):
                access()

    def test_what_does_not_fit_is_refused(self) -> None:
        context = WasmRuntimeContext(8)
        for offset, shape, dtype in ((0, 3, "i4"), (-1, 1, "u1"), (0, -1, "u1"), (9, 0, "u1")):
            with pytest.raises(KernelError, match="WASM_MEMORY_RANGE_INVALID"):
                context.memory_array(offset, shape, dtype)
        for dtype in (object, "V0", "number"):
            with pytest.raises(ValueError, match="WASM_VALUE_INVALID"):
                context.memory_array(0, 1, dtype)

    def test_one_buffer_takes_it_again_and_again(self) -> None:
        context = WasmRuntimeContext()
        context.write_memory(0, bytes(range(8)))
        array, buffer = context.memory_array(0, (2, 4)), np.empty((2, 4), "u1")
        array.read_into(buffer)
        assert buffer.tolist() == [[0, 1, 2, 3], [4, 5, 6, 7]]
        with pytest.raises(TypeError, match="no length"):
            len(context.memory_array(0, ()))
        assert repr(array) == "<MemoryArray of (2, 4) uint8 at 0>"


class TestRegistration:
    @pytest.mark.parametrize("name", ["", " ", "\t\n"])
    def test_names_are_required(self, name: str) -> None:
        context = WasmRuntimeContext()
        assert code_of(context.try_register_import(name, print)) == "WASM_NAME_REQUIRED"
        assert code_of(context.try_register_export(name, print)) == "WASM_NAME_REQUIRED"
        assert code_of(context.try_resolve_export(name)) == "WASM_NAME_REQUIRED"
        assert code_of(context.try_read_file(name)) == "WASM_NAME_REQUIRED"
        with pytest.raises(ValueError, match="WASM_NAME_REQUIRED"):
            context.write_file(name, b"")

    def test_something_must_be_registered(self) -> None:
        context = WasmRuntimeContext()
        assert code_of(context.try_register_import("env.f", None)) == "WASM_OBJECT_REQUIRED"
        nothing: Any = None
        assert code_of(context.try_register_export("f", nothing)) == "WASM_EXPORT_FUNCTION_REQUIRED"

    def test_exports_of_the_host_are_resolved_and_overwritten(self) -> None:
        context = WasmRuntimeContext()
        assert code_of(context.try_resolve_export("sum")) == "WASM_EXPORT_NOT_FOUND"
        assert context.register_export("sum", len)
        assert context.register_export("sum", sum)
        assert context.resolve_export("sum")([1, 2, 3]) == 6
        assert context.call("sum", 4, 5) == 9
        assert context.exports["sum"](1, 1) == 2
        assert list(context.exports) == ["sum"]
        with pytest.raises(KeyError):
            context.exports["other"]

    def test_imports_may_be_anything_but_nothing(self) -> None:
        context = WasmRuntimeContext()
        for name, value in (("env.f", print), ("g", 3), (("a.b", "c"), 2.5), ("object", object())):
            assert context.register_import(name, value)  # type: ignore[arg-type]


class TestStandardInput:
    def test_lines_are_recorded_told_and_given_to_the_export(self) -> None:
        watched = Watched("StdinSent")
        seen: list[object] = []
        watched.context.register_export("stdin", seen.append)
        watched.context.send_stdin("command")
        watched.context.send_stdin(None)
        assert watched.context.stdin_lines() == ["command", ""]
        assert seen == [["command"], [""]]
        assert watched.events == [{"line": "command"}, {"line": ""}]

    def test_what_the_export_raises_escapes_with_the_line_recorded(self) -> None:
        watched = Watched("StdinSent")

        def fail(_: list[object]) -> None:
            raise LookupError("mine")

        watched.context.register_export("stdin", fail)
        with pytest.raises(LookupError, match="mine"):
            watched.context.send_stdin("line")
        assert watched.context.stdin_lines() == ["line"]
        assert watched.events == []


class TestFiles:
    def test_contents_come_back_and_paths_are_sorted(self) -> None:
        watched = Watched("FileAccessed")
        context = watched.context
        for path in ("/app/config.txt", "/a", "/Z"):
            context.write_file(path, path.encode())
        assert context.read_file("/app/config.txt") == b"/app/config.txt"
        assert context.list_files() == ["/Z", "/a", "/app/config.txt"]
        assert watched.events[0] == {"operation": "write", "path": "/app/config.txt"}
        assert watched.events[-1] == {"operation": "read", "path": "/app/config.txt"}

    def test_reading_is_told_before_the_file_is_missed(self) -> None:
        watched = Watched("FileAccessed")
        assert code_of(watched.context.try_read_file("/none")) == "WASM_FILE_NOT_FOUND"
        assert watched.events == [{"operation": "read", "path": "/none"}]

    def test_a_path_without_a_slash_lies_below_the_root(self) -> None:
        context = WasmRuntimeContext()
        context.write_file("a.txt", bytearray(b"1"))
        assert (context.read_file("a.txt"), context.read_file("/a.txt"), context.list_files()) == (
            b"1",
            b"1",
            ["/a.txt"],
        )


class TestPictureAndSound:
    def test_raw_bytes_come_back(self) -> None:
        context = WasmRuntimeContext()
        context.set_framebuffer(b"\1\2\3")
        context.set_audio_buffer(bytearray(b"\4\5"))
        assert (context.get_framebuffer(), context.get_audio_buffer()) == (b"\1\2\3", b"\4\5")

    def test_a_geometry_is_kept_for_bytes_that_fit_it(self) -> None:
        context = WasmRuntimeContext()
        context.set_framebuffer(bytes(16), 2, 2, format="rgba8888")
        context.set_framebuffer(bytes(range(16)))
        frame = context.frame()
        assert frame is not None
        assert (frame.width, frame.height, frame.format, frame.sequence) == (2, 2, "rgba8888", 2)
        with pytest.raises(KernelError, match="WASM_DISPLAY_INVALID"):
            context.set_framebuffer(bytes(16), 3, 2, format="rgba8888")
        assert context.get_framebuffer() == bytes(range(16))


class TestTime:
    def test_it_moves_by_the_host_alone(self) -> None:
        context = WasmRuntimeContext()
        context.set_time_scale(2)
        context.advance_time(timedelta(seconds=1))
        context.pause_time()
        context.pause_time()
        context.advance_time(1)
        assert context.is_paused
        context.resume_time()
        assert context.clock == EPOCH + timedelta(seconds=2)
        context.advance_time(-3)
        assert context.clock_ns == -4_000_000_000

    @pytest.mark.parametrize("scale", ["2", -1, -0.001, math.nan, -math.inf])
    def test_a_scale_below_nothing_is_refused(self, scale: float) -> None:
        context = WasmRuntimeContext()
        assert code_of(context.try_set_time_scale(scale)) == "WASM_TIME_SCALE_NEGATIVE"
        assert context.time_scale == 1.0

    @pytest.mark.parametrize("scale", [0, math.inf])
    def test_nothing_and_infinity_are_scales(self, scale: float) -> None:
        context = WasmRuntimeContext()
        assert context.set_time_scale(scale)
        assert context.time_scale == scale

    @pytest.mark.parametrize("delta", [math.inf, math.nan, 1e300, "1", None])
    def test_what_no_clock_can_say_is_refused(self, delta: float) -> None:
        with pytest.raises(ValueError, match="WASM_TIME_RANGE_INVALID"):
            WasmRuntimeContext().advance_time(delta)

    def test_moves_are_cut_to_whole_ticks(self) -> None:
        context = WasmRuntimeContext()
        context.set_time_scale(0.5)
        context.control("time.advance", 399)
        assert context.clock_ns == 100


class TestState:
    def test_everything_returns(self) -> None:
        context = WasmRuntimeContext(8)
        context.write_byte(0, 7)
        context.write_file("/a/b", b"1")
        context.set_framebuffer(b"\1\2")
        context.advance_time(5)
        state = context.save_state()
        context.write_byte(0, 9)
        context.write_file("/a/b", b"2")
        context.write_file("/c", b"")
        context.control("memory.grow", 1)
        context.set_framebuffer(b"\3\4")
        context.advance_time(5)
        assert context.restore_state(state)
        assert (context.read_byte(0), context.memory_size) == (7, 8)
        assert (context.list_files(), context.read_file("/a/b")) == (["/a/b"], b"1")
        assert (context.get_framebuffer(), context.clock_ns) == (b"\1\2", 5_000_000_000)

    @pytest.mark.parametrize(
        ("files", "picture"),
        [
            ([["/f", "file", 0, "", False], ["/f/g", "file", 0, "", False]], None),
            ([["/..", "directory", 0, "", False]], None),
            ([["/a\0", "file", 0, "", False]], None),
            ([["/a", "file", 10**40, "", False]], None),
            ([["/a", "file", 0, "", False], ["/a", "file", 0, "", False]], None),
            ("[" * 100_000, None),
            ([], [-1, -1, "gray8", 1]),
            ([], [1.0, 1, "gray8", 1]),
            ([], [1, 1, "gray8", None]),
            ([], [5000, 1, "gray8", 1]),
        ],
    )
    def test_a_state_that_cannot_be_is_refused_with_nothing_changed(self, files: Any, picture: Any) -> None:
        context = WasmRuntimeContext()
        context.write_file("/here", b"1")
        before = context.control("state.save")
        text = files if isinstance(files, str) else json.dumps(files)
        parts = [("MEMO", "{}", [b"other"]), ("FILE", text, [b""] * len(files)), before[2]]
        if picture is not None:
            parts.append(("DISP", json.dumps(picture), [bytes(max(1, int(picture[0])))]))
        with pytest.raises(KernelError, match="WASM_SAVE_STATE_INVALID"):
            context.control("state.restore", parts)
        assert context.control("state.save") == before

    def test_no_bytes_are_no_state(self) -> None:
        assert code_of(WasmRuntimeContext().try_restore_state(b"")) == "WASM_SAVE_STATE_REQUIRED"

    @pytest.mark.parametrize(
        "parts",
        [
            [],
            [["MEMO", "{}", []]],
            [["MEMO", "{}", [b""]], ["FILE", "{", []], ["TIME", "{}", []]],
            [["MEMO", "{}", [b""]], ["FILE", '[["/a", "pipe", 0, "", false]]', [b""]], ["TIME", "{}", []]],
            [["MEMO", "{}", [b""]], ["FILE", "[]", []], ["TIME", '{"mode": "real"}', []]],
            [["MEMO", "{}", [b""]], ["FILE", "[]", []], ["TIME", "{}", []], ["DISP", "[1, 1, 1]", [b""]]],
        ],
    )
    def test_what_cannot_have_been_saved_changes_nothing(self, parts: list[list[Any]]) -> None:
        context = WasmRuntimeContext(8)
        context.write_file("/a", b"1")
        before = context.save_state()
        with pytest.raises(KernelError, match="WASM_SAVE_STATE_INVALID"):
            context.control("state.restore", parts)
        assert context.save_state() == before

    def test_the_state_of_a_larger_memory_brings_its_size(self) -> None:
        large, small = WasmRuntimeContext(64), WasmRuntimeContext(8)
        large.write_byte(63, 1)
        small.restore_state(large.save_state())
        assert (small.memory_size, small.read_byte(63)) == (64, 1)


class TestLifecycle:
    def test_checks_come_in_their_order(self) -> None:
        async def main() -> None:
            context = WasmRuntimeContext()
            assert code_of(await context.try_load_module(b"", cancellation=cancelled())) == "WASM_OPERATION_CANCELLED"
            assert code_of(await context.try_load_module(b"")) == "WASM_MODULE_BYTES_REQUIRED"
            assert code_of(await context.try_load_module(EMPTY_MODULE)) == "WASM_ENGINE_REQUIRED"
            assert code_of(await context.try_run(cancellation=cancelled())) == "WASM_OPERATION_CANCELLED"
            assert code_of(await context.try_run()) == "WASM_MODULE_NOT_LOADED"
            assert code_of(await context.try_stop(cancellation=cancelled())) == "WASM_OPERATION_CANCELLED"
            assert (await context.try_stop()).is_success
            assert code_of(context.try_instantiate()) == "WASM_MODULE_NOT_LOADED"
            assert not context.is_module_loaded

        run_async(main())

    def test_boot_heeds_a_cancelled_token(self) -> None:
        assert code_of(run_async(WasmRuntime().try_boot(cancellation=cancelled()))) == "WASM_RUNTIME_BOOT_CANCELLED"

    def test_a_disposed_context_refuses_by_code(self) -> None:
        async def main() -> None:
            context = WasmRuntimeContext()
            context.dispose()
            for result in (
                await context.try_load_module(b"", cancellation=cancelled()),
                await context.try_run(cancellation=cancelled()),
                await context.try_stop(cancellation=cancelled()),
                context.try_register_import("", None),
                context.try_register_export("", print),
                context.try_resolve_export(""),
                context.try_read_memory(-1, -1),
                context.try_write_memory(-1, b""),
                context.try_read_file(""),
                context.try_call("f"),
                context.try_instantiate(),
                context.try_save_state(),
                context.try_restore_state(b""),
            ):
                assert code_of(result) == "WASM_CONTEXT_DISPOSED"

        run_async(main())

    @pytest.mark.parametrize(
        "operation",
        [
            lambda context: context.send_stdin("x"),
            lambda context: context.write_stdin(b"x"),
            lambda context: context.close_stdin(),
            lambda context: context.write_file("", b""),
            lambda context: context.control("time.now"),
            lambda context: context.memory_array(0, 1),
            lambda context: context.send_input(b""),
            lambda context: context.send_event("{}"),
        ],
    )
    def test_others_raise_that_it_is_disposed(self, operation: Callable[[WasmRuntimeContext], object]) -> None:
        context = WasmRuntimeContext()
        context.dispose()
        with pytest.raises(DisposedError, match="WASM_CONTEXT_DISPOSED"):
            operation(context)

    def test_disposal_frees_memory_files_and_lines_and_leaves_the_rest(self) -> None:
        with WasmRuntimeContext() as context:
            context.write_file("/a", b"1")
            context.send_stdin("line")
            context.set_framebuffer(b"\1")
            context.set_audio_buffer(b"\2")
            context.advance_time(1)
            context.register_export("f", print)
        context.dispose()
        assert context.is_disposed
        assert (context.memory_size, context.list_files(), context.stdin_lines()) == (0, [], [])
        assert (context.get_framebuffer(), context.get_audio_buffer()) == (b"\1", b"\2")
        assert (context.clock, list(context.exports)) == (EPOCH + timedelta(seconds=1), [])

    def test_what_needs_a_program_says_so(self) -> None:
        context = WasmRuntimeContext()
        for operation in (lambda: context.send_input(b""), lambda: context.send_event("{}")):
            with pytest.raises(KernelError, match="WASM_MODULE_NOT_LOADED"):
                operation()
        with pytest.raises(KernelError, match="WASM_OPERATION_UNKNOWN"):
            context.control("files.burn")


class TestEvents:
    def test_nothing_is_built_when_nobody_listens(self) -> None:
        bus = EventBusProvider(history=0)
        context = WasmRuntimeContext(event_bus=bus)
        assert not bus.wants("MemoryAccessed")
        context.write_byte(0, 1)
        context.write_file("/a", b"")
        context.send_stdin("x")
        assert bus.history == ()

    def test_a_caller_publishes_whatever_it_likes(self) -> None:
        watched = Watched("mine")
        payload = object()
        watched.context.publish_event("mine", payload)
        assert watched.events == [payload]
        WasmRuntimeContext().publish_event("mine", payload)
        with pytest.raises(KernelError, match="EVENT_NAME_REQUIRED"):
            watched.context.publish_event(" ", payload)


class TestTargets:
    def test_nothing_is_a_fresh_context_without_a_bus(self) -> None:
        first, second = as_target(None), as_target(None)
        assert first.event_bus is None
        run_async(first.write_file("/a", b"1"))
        assert run_async(second.control("files.list", "/")) == []

    def test_a_target_is_what_its_context_is(self) -> None:
        context = WasmRuntimeContext(8)
        target = as_target(context)

        async def main() -> None:
            await target.write_memory(0, b"\1")
            await target.send_stdin("line")
            assert await target.read_memory(0, 2) == b"\1\0"
            assert await target.memory_size() == 8
            assert await target.exported_functions() == ()
            assert (await target.frame(), await target.take_audio()) == (None, None)
            state = await target.save_state()
            await target.write_memory(0, b"\2")
            await target.restore_state(state)
            assert context.read_byte(0) == 1
            assert context.stdin_lines() == ["line"]

        run_async(main())
        assert as_target(target) is target

    def test_anything_else_is_refused(self) -> None:
        other: Any = 3
        with pytest.raises(TypeError, match="no target"):
            as_target(other)
