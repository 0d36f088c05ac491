"""Contexts on the browser's own engine: what tests/unit/test_context_modules.py says, where it is used."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from inline_code import inline
from programs import compile_program
from wasmtime import wat2wasm

if TYPE_CHECKING:
    from aikernel_web.host import HostKernel

MODULE = bytes(
    wat2wasm("""(module
  (import "env" "log" (func $log (param i32) (result i32)))
  (import "env" "base" (global $base i64))
  (memory (export "memory") 1 4) (data (i32.const 8) "hi")
  (func (export "twice") (param i32) (result i32) (i32.mul (local.get 0) (i32.const 2)))
  (func (export "two") (result i32 i64) (i32.const 1) (i64.const -9223372036854775807))
  (func (export "log") (param i32) (result i32) (call $log (local.get 0)))
  (func (export "base") (result i64) (global.get $base))
  (func (export "trap") unreachable)
  (func (export "grow") (result i32) (memory.grow (i32.const 1))))""")
)
ENDING = bytes(
    wat2wasm("""(module (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 1) (func (export "end") (call $exit (i32.const 3))))""")
)

PRELUDE = """
import asyncio, base64
import numpy as np
from aikernel_web import KernelError, Quota, WasmProcess, WasmProcessOptions

made = []

async def load(data, **options):
    context = kernel.runtime.create_context(options=WasmProcessOptions(**options))
    made.append(context)
    await context.load_module(data)
    return context

def code_of(operation, *args):
    try:
        operation(*args)
    except KernelError as error:
        return error.code
"""


def in_kernel(kernel: HostKernel, body: str, data: bytes = MODULE) -> Any:
    return inline(kernel, body, prelude=PRELUDE, module=data)


def program(name: str) -> bytes:
    return compile_program(name).read_bytes()


class TestModules:
    @pytest.mark.parametrize(
        ("data", "code"),
        [
            (b"\0", "WASM_MODULE_INVALID"),
            (MODULE[:-1], "WASM_MODULE_INVALID"),
            (b"\0asm\x0d\0\1\0", "WASM_COMPONENT_UNSUPPORTED"),
        ],
    )
    def test_what_is_no_module_is_refused_by_code(self, kernel: HostKernel, data: bytes, code: str) -> None:
        body = """
        context = kernel.runtime.create_context()
        made.append(context)
        result = [(await context.try_load_module(module)).error.error_code, context.is_module_loaded]
        """
        assert in_kernel(kernel, body, data) == [code, False]

    def test_types_are_known_and_values_cross_exactly(self, kernel: HostKernel) -> None:
        body = """
        context = await load(module)
        missing = code_of(context.instantiate)
        context.register_import("env.log", lambda value: value + 1)
        context.register_import("env.base", 2**62 + 1)
        result = [
            missing,
            [str(item.type) for item in context.module.imports],
            context.call("twice", 21), context.call("two"), context.exports["log"](1), context.call("base"),
            context.resolve_export("twice")([4]), code_of(context.call, "twice"), code_of(context.call, "twice", "x"),
            code_of(context.call, "other"), context.read_memory(8, 2),
        ]
        """
        assert in_kernel(kernel, body) == [
            "WASM_IMPORT_MISSING",
            ["(func (param i32) (result i32))", "(global i64)"],
            42,
            [1, -(2**63) + 1],
            2,
            2**62 + 1,
            8,
            "WASM_EXPORT_ARGUMENTS_INVALID",
            "WASM_EXPORT_ARGUMENTS_INVALID",
            "WASM_EXPORT_NOT_FOUND",
            b"hi",
        ]

    def test_arrays_are_read_written_and_refused_after_growth_and_restoring(self, kernel: HostKernel) -> None:
        body = """
        context = await load(module, imports={"env.log": abs, "env.base": abs})
        context.register_import("env.base", 0)
        array = context.memory_array(16, (2, 3), "f4")
        array[...] = [[1, 2, 3], [4, 5, 6]]
        array[1, 2] += 0.5
        sums = [float(np.asarray(array).sum()), context.read_value(36, "f32"), array[0].tolist()]
        context.call("grow")
        stale = [code_of(lambda: array[...]), code_of(array.__setitem__, ..., 1)]
        again = context.memory_array(16, (2, 3), "f4")
        sums.append(float(again[...].sum()))
        state = context.save_state()
        again[...] = 0
        context.restore_state(state)
        sums.append(float(context.memory_array(16, (2, 3), "f4")[...].sum()))
        result = [sums, stale]
        """
        assert in_kernel(kernel, body) == [
            [21.5, 6.5, [1.0, 2.0, 3.0], 21.5, 21.5],
            ["WASM_MEMORY_VIEW_STALE", "WASM_MEMORY_VIEW_STALE"],
        ]

    def test_a_trap_and_an_exit_end_the_program_until_it_is_run_again(self, kernel: HostKernel) -> None:
        body = """
        context = await load(module, imports={"env.log": abs})
        context.register_import("env.base", 0)
        await context.run()
        result = [context.is_running, code_of(context.call, "trap"), context.is_running, context.exit.code]
        result += [code_of(context.call, "twice", 1) is not None, context.read_memory(8, 2)]
        await context.run()
        result += [context.exit, context.call("twice", 1)]
        """
        assert in_kernel(kernel, body) == [True, "WASM_TRAP", False, "WASM_TRAP", True, b"hi", None, 2]
        body = """
        context = await load(module)
        await context.run()
        ended = code_of(context.call, "end")
        result = [ended is not None, context.is_running, context.exit.reason.value, context.exit.exit_code]
        """
        assert in_kernel(kernel, body, ENDING) == [True, False, "exited", 3]

    def test_a_program_that_has_crashed_returns_to_before(self, kernel: HostKernel) -> None:
        body = """
        context = await load(module, imports={"env.log": abs})
        context.register_import("env.base", 0)
        context.write_file("/kept", b"1")
        context.write_memory(100, b"before")
        state = context.save_state()
        context.write_memory(100, b"after!")
        context.control("files.delete", "/kept")
        result = [code_of(context.call, "trap"), code_of(context.restore_state, state[:-1]), context.exit.code]
        result += [context.restore_state(state), context.exit, context.read_memory(100, 6), context.call("twice", 4)]
        result += [context.list_files()]
        """
        assert in_kernel(kernel, body) == [
            "WASM_TRAP",
            "WASM_SAVE_STATE_DAMAGED",
            "WASM_TRAP",
            True,
            None,
            b"before",
            8,
            ["/kept"],
        ]


class TestPrograms:
    def test_a_command_sees_files_lines_and_arguments(self, kernel: HostKernel) -> None:
        body = """
        context = await load(module, args=("one",), argv0="me")
        context.write_file("/in/a.txt", b"1")
        context.send_stdin("hello")
        context.close_stdin()
        await context.run()
        result = [context.stdout.decode(), context.is_running, context.exit.exit_code, context.list_files()]
        """
        out, running, exit_code, files = in_kernel(kernel, body, program("stdin_bytes"))
        assert (out[:16], running, exit_code, files) == ("6 bytes, sum 542", False, 0, ["/in/a.txt"])
        out, _, _, files = in_kernel(kernel, body, program("files"))
        assert "one,TWO,three" in out
        assert files == ["/binary", "/empty", "/in/a.txt", "/renamed.txt"]
        assert in_kernel(kernel, body, program("args"))[0].startswith("argc 2\n0 2 <me>\n")

    def test_one_that_waits_for_input_is_fed_and_stopped(self, kernel: HostKernel) -> None:
        body = """
        context = await load(module)
        running = asyncio.ensure_future(context.run())
        await asyncio.sleep(0.05)
        result = [context.is_running]
        context.send_stdin("echo")
        while not context.stdout:
            await asyncio.sleep(0.01)
        await context.stop()
        result += [await running, context.is_running, context.exit.reason.value]
        context.send_stdin("again")
        context.close_stdin()
        await context.run()
        result += [context.stdout, context.exit.exit_code]
        """
        assert in_kernel(kernel, body, program("cat")) == [True, True, False, "killed", b"again\n", 0]

    def test_a_reactor_shares_files_and_clock_with_its_context(self, kernel: HostKernel) -> None:
        body = """
        context = await load(module)
        context.advance_time(1.5)
        def milliseconds(time):  # every look of a program at a virtual clock takes a moment
            return time // 1_000_000
        result = [context.call("is_initialized"), milliseconds(context.call("now"))]
        context.advance_time(1)
        result += [milliseconds(context.call("now")), milliseconds(context.clock_ns)]
        def put(buffer, text):
            context.write_memory(context.call(buffer), text + b"\\\\0")
        put("path_buffer", b"/made"); put("text_buffer", b"by the program")
        context.call("write_file")
        result.append(context.read_file("/made"))
        context.write_file("/given", b"by the host")
        put("path_buffer", b"/given")
        length = context.call("read_file")
        result.append(context.read_memory(context.call("text_buffer"), length))
        await context.load_module(module)
        result += [context.list_files(), milliseconds(context.clock_ns), milliseconds(context.call("now"))]
        """
        assert in_kernel(kernel, body.replace("\\\\0", "\\0"), program("inline/reactor_files")) == [
            1,
            1500,
            2500,
            2500,
            b"by the program",
            b"by the host",
            ["/given", "/made"],
            2500,
            2500,
        ]

    def test_what_a_program_leaves_behind_cannot_harm_its_context(self, kernel: HostKernel) -> None:
        body = """
        context = await load(module, quota=Quota(bytes=1 << 20))
        result = [context.call("dig", 5000), context.call("leave", 600 << 10), context.call("leave", 2**31 - 1)]
        await context.load_module(module)
        files = context.list_files()
        result += [files, context.read_file("/kept"), context.control("files.quota")["files"] > 2000]
        context.control("files.delete", "/a", True)
        context.dispose()

        context = await load(module, quota=Quota(bytes=1 << 20))
        context.call("leave", 600 << 10)
        await context.load_module(module)
        result.append(len([path for path in context.list_files() if path != "/kept"]))
        """
        assert in_kernel(kernel, body, program("inline/reactor_left")) == [0, 0, -1, ["/kept"], b"kept", True, 1]

    def test_a_program_that_has_ended_is_not_saved(self, kernel: HostKernel) -> None:
        body = """
        context = await load(module)
        state = context.save_state()
        result = [code_of(context.call, "crash"), code_of(context.save_state), context.restore_state(state)]
        result += [context.exit, context.save_state() == state]
        """
        assert in_kernel(kernel, body, program("inline/reactor_left")) == [
            "WASM_TRAP",
            "WASM_PROCESS_ENDED",
            True,
            None,
            True,
        ]

    def test_a_process_over_a_context_has_states_and_events(self, kernel: HostKernel) -> None:
        body = """
        context = await load(module, imports={"env.log": abs})
        context.register_import("env.base", 0)
        events = []
        ids = [
            kernel.events.subscribe(name, lambda payload: events.append([payload["state"], payload["processName"]]))
            for name in ("ProcessStarted", "ProcessStopped", "ProcessCrashed")
        ]
        process = WasmProcess("inline", context=context)
        await process.start()
        result = [await process.call("twice", 2), process.state.value]
        failure = await process.try_call("trap")
        end = await process.wait()
        result += [failure.error.error_code, end.code, process.state.value, events]
        for id in ids:
            kernel.events.unsubscribe(id)
        """
        assert in_kernel(kernel, body) == [
            4,
            "Running",
            "WASM_TRAP",
            "WASM_TRAP",
            "Error",
            [["Running", "inline"], ["Error", "inline"]],
        ]

    def test_disposal_ends_what_is_held(self, kernel: HostKernel) -> None:
        body = """
        context = await load(module)
        call, array = context.exports["is_initialized"], context.memory_array(0, 4)
        context.dispose()
        context.dispose()
        result = [code_of(call) is not None, code_of(lambda: array[...]), context.memory_size, context.list_files()]
        """
        assert in_kernel(kernel, body, program("inline/reactor_files")) == [True, "WASM_MEMORY_VIEW_STALE", 0, []]

    def test_an_event_of_the_program_has_been_delivered_when_the_call_returns(self, kernel: HostKernel) -> None:
        body = """
        context = await load(module)
        heard = []
        id = kernel.events.subscribe("Told", heard.append)
        context.call("tell", 7)
        result = [list(heard), [record.source != "" for record in kernel.events.history if record.name == "Told"]]
        kernel.events.unsubscribe(id)
        """
        assert in_kernel(kernel, body, program("process/heap_devices")) == [[{"number": 7}], [True]]

    def test_a_mount_that_is_only_read_stays_so_in_every_instance(self, kernel: HostKernel) -> None:
        body = """
        from aikernel_web import MemoryMount, TreeEntry
        mount = MemoryMount("/fixed", (TreeEntry("/a/b", "file", b"1"), TreeEntry("/d", "directory")), read_only=True)
        context = await load(module, mounts=(mount,), files={"/own": b"2"})
        def look():
            codes = [code_of(context.write_file, path, b"") for path in ("/fixed/new", "/fixed/a/b", "/own")]
            return [codes, context.list_files(), context.read_file("/fixed/a/b")]
        result = [look()]
        context.instantiate()
        result.append(look())
        state = context.save_state()
        context.restore_state(state)
        result.append(look())
        fresh = await load(module)
        fresh.restore_state(state)
        context = fresh
        result.append(look())
        context = made[0]
        await context.load_module(module)
        result.append(look())
        context.instantiate()
        result.append(look())
        """
        refused = "WASM_FILE_READ_ONLY"
        seen = [[refused, refused, None], ["/fixed/a/b", "/own"], b"1"]
        assert in_kernel(kernel, body, program("inline/reactor_files")) == [seen] * 6
