"""Contexts with real modules, on wasmtime: loading, linking, calls, entries, and what outlives an instance."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

import pytest
import wasmtime
from programs import compile_program
from unit.loop import run_async
from unit.wasmtime_engine import WasmtimeEngine

from aikernel_web import EventBusProvider, ExitReason, KernelError, WasmProcessOptions, WasmRuntimeContext
from aikernel_web.contracts.engine import EMPTY_MODULE, MemoryMount, PersistentMount, TreeEntry
from aikernel_web.runtime.save_state import unpack

T = TypeVar("T")

MODULE = """(module
  (import "env" "log" (func $log (param i32) (result i32)))
  (import "env" "base" (global $base i32))
  (memory (export "memory") 1 4) (data (i32.const 8) "hi")
  (global (export "limit") i32 (i32.const 9))
  (func (export "twice") (param i32) (result i32) (i32.mul (local.get 0) (i32.const 2)))
  (func (export "wide") (param i64) (result i64) (i64.sub (i64.const 0) (local.get 0)))
  (func (export "two") (result i32 i64) (i32.const 1) (i64.const -2))
  (func (export "log") (param i32) (result i32) (call $log (local.get 0)))
  (func (export "base") (result i32) (global.get $base))
  (func (export "trap") unreachable)
  (func (export "grow") (result i32) (memory.grow (i32.const 1))))"""
WAITING = """(module
  (import "host" "wait" (func $wait (result i32)))
  (func (export "_start") (drop (call $wait))))"""


def wat(text: str) -> bytes:
    return bytes(wasmtime.wat2wasm(text))


def program(name: str) -> bytes:
    return compile_program(name).read_bytes()


async def load(data: bytes, **options: Any) -> WasmRuntimeContext:
    context = WasmRuntimeContext(engine=WasmtimeEngine(), options=WasmProcessOptions(**options))
    await context.load_module(data)
    return context


def on_module(body: Any, data: bytes | None = None, **options: Any) -> Any:
    """Run a coroutine function on a context with a module, and dispose the context."""

    async def main() -> Any:
        with await load(wat(MODULE) if data is None else data, **options) as context:
            if data is None:
                context.register_import("env.log", lambda value: value + 1)
                context.register_import("base", 5)
            answer = body(context)
            return await answer if isinstance(answer, Coroutine) else answer

    return run_async(main())


def refusal(operation: Any) -> str:
    with pytest.raises(KernelError) as raised:
        operation()
    return raised.value.code


class TestLoading:
    @pytest.mark.parametrize(
        ("data", "code"),
        [
            (b"\0", "WASM_MODULE_INVALID"),
            (b"\0asm\1\0\0\0\1", "WASM_MODULE_INVALID"),
            (b"\0asm\x0d\0\1\0", "WASM_COMPONENT_UNSUPPORTED"),
        ],
    )
    def test_what_is_no_module_changes_nothing(self, data: bytes, code: str) -> None:
        async def main() -> None:
            context = await load(wat(MODULE))
            before = context.module
            result = await context.try_load_module(data)
            assert result.error is not None
            assert result.error.error_code == code
            assert context.is_module_loaded
            assert context.module is before

        run_async(main())

    def test_what_the_engine_knows_and_the_inspection_does_not_is_said_so(self) -> None:
        class Permissive(WasmtimeEngine):
            async def compile(self, module: Any, *, memory_limit: int | None = None) -> Any:
                return await super().compile(module[: len(EMPTY_MODULE)], memory_limit=memory_limit)

        context = WasmRuntimeContext(engine=Permissive())
        result = run_async(context.try_load_module(EMPTY_MODULE + b"\x7f\0"))
        assert result.error is not None
        assert result.error.error_code == "WASM_FEATURE_UNSUPPORTED"
        assert "unknown kind 127" in result.error.message

    def test_its_imports_and_exports_are_there_with_their_types(self) -> None:
        def check(context: WasmRuntimeContext) -> None:
            module = context.module
            assert module is not None
            assert [(item.module, item.name, str(item.type)) for item in module.imports] == [
                ("env", "log", "(func (param i32) (result i32))"),
                ("env", "base", "(global i32)"),
            ]
            assert str(module.export("memory")).startswith("ModuleExport(name='memory', kind='memory'")
            assert context.control("module.imports")[1] == {
                "module": "env",
                "name": "base",
                "kind": "global",
                "params": [],
                "results": [],
            }
            assert context.control("module.exports")[2]["name"] == "twice"
            assert list(context.exports) == ["twice", "wide", "two", "log", "base", "trap", "grow"]

        on_module(check)

    def test_reloading_takes_files_clock_and_lines_along(self) -> None:
        async def main() -> None:
            context = await load(program("cat"))
            context.write_file("/a/b", b"1")
            context.instantiate()
            context.write_file("/c", b"2")
            context.advance_time(3)
            context.set_framebuffer(b"\1\2")
            array = context.memory_array(0, 1)
            await context.load_module(EMPTY_MODULE)
            assert (context.list_files(), context.read_file("/c")) == (["/a/b", "/c"], b"2")
            assert (context.clock_ns, context.get_framebuffer()) == (3_000_000_000, b"\1\2")
            assert context.exit is None
            with pytest.raises(KernelError, match="WASM_MEMORY_VIEW_STALE"):
                array[...]
            context.dispose()

        run_async(main())


class TestLinking:
    def test_an_import_that_nobody_offers_is_missing(self) -> None:
        async def main() -> None:
            context = await load(wat(MODULE))
            for operation in (
                context.instantiate,
                lambda: context.call("twice", 1),
                lambda: context.resolve_export("twice"),
                lambda: context.read_memory(0, 1),
            ):
                assert refusal(operation) == "WASM_IMPORT_MISSING"
            result = await context.try_run()
            assert result.error is not None
            assert result.error.error_code == "WASM_IMPORT_MISSING"
            assert not context.is_running
            context.register_import(("env", "log"), abs)
            context.register_import("env.base", object())
            assert refusal(context.instantiate) == "WASM_IMPORT_MISSING"
            context.register_import("env.base", 1)
            assert context.instantiate()
            context.dispose()

        run_async(main())

    def test_functions_and_numbers_are_bound(self) -> None:
        on_module(lambda context: _equal((context.call("log", 41), context.call("base")), (42, 5)))

    def test_what_was_registered_comes_before_the_options(self) -> None:
        def check(context: WasmRuntimeContext) -> None:
            context.register_import("env.log", lambda value: value + 2)
            assert (context.call("log", 0), context.call("base")) == (2, 7)

        imports = {"env.log": abs, "env.base": 7}
        on_module(check, wat(MODULE), imports=imports)

    def test_an_import_reads_the_memory_of_its_caller(self) -> None:
        def check(context: WasmRuntimeContext) -> None:
            context.register_import("env.log", context.read_byte)
            assert context.call("log", 9) == ord("i")

        on_module(check)

    def test_what_an_import_raises_reaches_the_caller_as_it_was(self) -> None:
        def check(context: WasmRuntimeContext) -> None:
            error = LookupError("mine")

            def fail(_: int) -> int:
                raise error

            context.register_import("env.log", fail)
            for call in (context.call, context.try_call):
                with pytest.raises(LookupError) as raised:
                    call("log", 1)
                assert raised.value is error

        on_module(check)

    def test_nobody_gets_in_while_the_start_function_runs(self) -> None:
        async def main() -> None:
            context = await load(
                wat("""(module (import "env" "f" (func $f)) (memory (export "m") 1) (start $f) (func (export "g")))""")
            )
            codes: list[str] = []
            context.register_import("env.f", lambda: codes.append(refusal(lambda: context.read_memory(0, 1))))
            context.instantiate()
            assert codes == ["WASM_MODULE_STARTING"]
            context.dispose()

        run_async(main())


class TestCalls:
    def test_values_cross_exactly(self) -> None:
        def check(context: WasmRuntimeContext) -> None:
            assert context.call("twice", 21) == 42
            assert context.call("wide", 2**62 + 1) == -(2**62) - 1
            assert context.call("two") == [1, -2]
            assert context.resolve_export("twice")([4]) == 8
            assert context.exports["twice"](5) == 10

        on_module(check)

    @pytest.mark.parametrize("args", [(), (1, 2), ("x",), (1.5,), (2**32,), (None,)])
    def test_arguments_of_another_kind_are_refused(self, args: tuple[Any, ...]) -> None:
        def check(context: WasmRuntimeContext) -> None:
            assert refusal(lambda: context.call("twice", *args)) == "WASM_EXPORT_ARGUMENTS_INVALID"
            assert context.call("twice", 1) == 2

        on_module(check)

    @pytest.mark.parametrize("name", ["other", "memory", "limit"])
    def test_what_is_no_function_is_not_found(self, name: str) -> None:
        def check(context: WasmRuntimeContext) -> None:
            assert refusal(lambda: context.call(name)) == "WASM_EXPORT_NOT_FOUND"
            assert refusal(lambda: context.resolve_export(name)) == "WASM_EXPORT_NOT_FOUND"

        on_module(check)

    def test_functions_of_the_host_come_first(self) -> None:
        def check(context: WasmRuntimeContext) -> None:
            context.register_export("twice", lambda values: ["host", *values])
            assert context.call("twice", 1) == ["host", 1]
            assert context.resolve_export("twice")([2]) == ["host", 2]

        on_module(check)

    def test_a_trap_ends_the_program_until_it_is_run_again(self) -> None:
        async def check(context: WasmRuntimeContext) -> None:
            await context.run()
            assert context.is_running
            assert refusal(lambda: context.call("trap")) == "WASM_TRAP"
            assert not context.is_running
            assert context.exit is not None
            assert (context.exit.reason, context.exit.code) == (ExitReason.TRAPPED, "WASM_TRAP")
            assert refusal(lambda: context.call("twice", 1)) == "WASM_PROCESS_ENDED"
            assert context.read_memory(8, 2) == b"hi"
            await context.run()
            assert (context.exit, context.call("twice", 1)) == (None, 2)

        on_module(check)


class TestMemory:
    def test_it_is_the_instances(self) -> None:
        def check(context: WasmRuntimeContext) -> None:
            assert context.read_memory(8, 2) == b"hi"
            context.write_value(12, -7, type="i32")
            assert context.read_value(12, "i32") == -7
            assert context.control("memory.grow", 1) == 1
            assert context.memory_size == 131072
            assert refusal(lambda: context.read_memory(131072, 1)) == "WASM_MEMORY_RANGE_INVALID"
            assert refusal(lambda: context.control("memory.grow", 9)) == "WASM_MEMORY_GROW_REFUSED"

        on_module(check)

    def test_an_array_is_refused_after_growth(self) -> None:
        def check(context: WasmRuntimeContext) -> None:
            array = context.memory_array(100, (2, 2), "f8")
            array[...] = 1.5
            assert context.read_value(124, "f64") == 1.5
            context.call("grow")
            assert refusal(lambda: array[...]) == "WASM_MEMORY_VIEW_STALE"
            assert refusal(lambda: array.__setitem__(..., 0)) == "WASM_MEMORY_VIEW_STALE"
            assert context.memory_array(100, (2, 2), "f8")[1, 1] == 1.5

        on_module(check)

    def test_a_module_without_one_leaves_the_contexts_own(self) -> None:
        async def main() -> None:
            context = WasmRuntimeContext(8, engine=WasmtimeEngine())
            context.write_byte(0, 7)
            await context.load_module(EMPTY_MODULE)
            await context.run()
            assert (context.memory_size, context.read_byte(0)) == (8, 7)
            state = context.save_state()
            context.write_byte(0, 9)
            context.restore_state(state)
            assert context.read_byte(0) == 7
            context.dispose()

        run_async(main())


class TestEntries:
    def test_a_command_sees_files_input_and_arguments(self) -> None:
        async def main() -> None:
            context = await load(program("args"), args=("one", "two"), argv0="me")
            await context.run()
            assert context.stdout.splitlines()[:2] == [b"argc 3", b"0 2 <me>"]
            assert (context.is_running, context.exit is not None and context.exit.exit_code) == (False, 0)
            context.dispose()
            context = await load(program("stdin_bytes"))
            context.send_stdin("hello")
            context.close_stdin()
            await context.run()
            assert context.stdout.startswith(b"6 bytes, sum 542,")
            context.dispose()
            context = await load(program("files"), files={"/x/y": b"1"})
            await context.run()
            assert context.list_files() == ["/binary", "/empty", "/renamed.txt", "/x/y"]
            context.dispose()

        run_async(main())

    def test_one_that_has_ended_begins_anew_with_its_files(self) -> None:
        async def main() -> None:
            context = await load(program("files"))
            await context.run()
            assert b"File exists" not in context.stdout
            context.write_file("/more", b"1")
            await context.run()
            assert b"File exists" in context.stdout
            assert "/more" in context.list_files()
            context.dispose()

        run_async(main())

    def test_a_trap_of_the_entry_fails_the_run(self) -> None:
        async def main() -> None:
            context = await load(program("trap_unreachable"))
            result = await context.try_run()
            assert result.error is not None
            assert result.error.error_code == "WASM_TRAP"
            assert (context.is_running, context.stdout) == (False, b"before the trap\n")
            assert context.exit is not None
            assert context.exit.exit_code == 134
            context.dispose()

        run_async(main())

    def test_a_reactor_is_initialised_when_it_is_instantiated(self) -> None:
        def check(context: WasmRuntimeContext) -> None:
            assert context.call("is_initialized") == 1

        on_module(check, program("inline/reactor_files"))

    def test_its_clock_is_the_contexts(self) -> None:
        def check(context: WasmRuntimeContext) -> None:
            context.advance_time(1.5)
            assert context.call("now") == 1_500_000_000
            context.advance_time(1)
            assert (context.call("now"), context.clock_ns) == (2_500_000_000, 2_500_000_000)

        on_module(check, program("inline/reactor_files"))

    def test_a_trap_of_the_initialisation_leaves_no_instance(self) -> None:
        async def main() -> None:
            context = await load(
                wat("""(module (memory (export "memory") 1) (func (export "f"))
                  (func (export "_initialize") (if (i32.eqz (i32.load (i32.const 0))) (then unreachable))))""")
            )
            assert refusal(context.instantiate) == "WASM_TRAP"
            assert context.exit is not None
            assert context.exit.code == "WASM_TRAP"
            assert refusal(lambda: context.call("f")) == "WASM_TRAP"
            context.dispose()

        run_async(main())

    def test_who_is_cancelled_takes_the_program_along(self) -> None:
        async def main() -> None:
            context = await load(wat(WAITING))
            waits = asyncio.Event()

            async def wait() -> int:
                waits.set()
                await asyncio.sleep(60)
                return 0

            context.register_import("host.wait", wait)
            running = asyncio.ensure_future(context.run())
            await waits.wait()
            running.cancel()
            with pytest.raises(asyncio.CancelledError):
                await running
            assert (context.is_running, context.exit is not None and context.exit.reason) == (False, ExitReason.KILLED)
            context.dispose()

        run_async(main())

    def test_a_program_that_waits_is_stopped(self) -> None:
        async def main() -> None:
            context = await load(wat(WAITING))
            waits = asyncio.Event()

            async def wait() -> int:
                waits.set()
                await asyncio.sleep(60)
                return 0

            context.register_import("host.wait", wait)
            running = asyncio.ensure_future(context.run())
            await waits.wait()
            assert context.is_running
            assert (await context.try_run()).is_success
            await context.stop()
            assert await running is True
            assert (context.is_running, context.exit is not None and context.exit.reason) == (False, ExitReason.KILLED)
            context.dispose()

        run_async(main())


class TestOptions:
    def test_trees_and_mounts_are_there_before_the_module(self) -> None:
        tree = (TreeEntry("/d", "directory"), TreeEntry("/d/f", "file", b"1"), TreeEntry("/l", "symlink", target="d/f"))
        options = WasmProcessOptions(tree=tree, mounts=(MemoryMount("/m", (TreeEntry("/x", "file", b"2"),), True),))
        context = WasmRuntimeContext(options=options)
        assert context.list_files() == ["/d/f", "/l", "/m/x"]
        assert context.read_file("/l") == b"1"
        assert refusal(lambda: context.write_file("/m/y", b"")) == "WASM_FILE_READ_ONLY"

    def test_links_and_directories_are_handed_on(self) -> None:
        async def main() -> None:
            tree = (TreeEntry("/d", "directory"), TreeEntry("/l", "symlink", target="d/f"))
            context = await load(program("inline/reactor_files"), tree=tree)
            context.write_file("/d/f", b"1")
            context.instantiate()
            await context.load_module(EMPTY_MODULE)
            assert (context.list_files(), context.read_file("/l")) == (["/d/f", "/l"], b"1")
            assert context.control("files.stat", "/l")["kind"] == "symlink"
            context.dispose()

        run_async(main())

    def test_a_tree_on_the_engines_side_gets_what_was_written_before(self) -> None:
        async def main() -> None:
            context = await load(program("inline/reactor_files"), tree=object())
            context.write_file("/d/f", b"1")
            context.instantiate()
            assert context.read_file("/d/f") == b"1"
            context.dispose()

        run_async(main())

    def test_a_state_may_be_where_it_begins(self) -> None:
        async def main() -> None:
            first = await load(program("inline/reactor_files"))
            first.write_memory(1024, b"saved")
            state = first.save_state()
            first.dispose()
            second = await load(program("inline/reactor_files"), state=state)
            assert second.read_memory(1024, 5) == b"saved"
            second.dispose()

        run_async(main())

    def test_stores_need_a_process(self) -> None:
        with pytest.raises(KernelError, match="WASM_MOUNTS_UNSUPPORTED"):
            WasmRuntimeContext(options=WasmProcessOptions(mounts=(PersistentMount("/p", "store"),)))


class TestState:
    def test_memory_returns(self) -> None:
        def check(context: WasmRuntimeContext) -> None:
            state = context.save_state()
            context.write_memory(8, b"no")
            context.restore_state(state)
            assert context.read_memory(8, 2) == b"hi"

        on_module(check)

    def test_a_program_that_has_crashed_returns_to_before(self) -> None:
        def check(context: WasmRuntimeContext) -> None:
            state = context.save_state()
            context.write_memory(8, b"no")
            twice = context.exports["twice"]
            assert refusal(lambda: context.call("trap")) == "WASM_TRAP"
            assert context.restore_state(state)
            assert (context.exit, context.read_memory(8, 2), context.call("twice", 4)) == (None, b"hi", 8)
            assert refusal(lambda: twice(1)) == "WASM_PROCESS_ENDED"

        on_module(check)

    def test_a_state_that_was_restored_takes_the_place_of_the_first_one(self) -> None:
        async def main() -> None:
            async def states(first: bytes) -> bytes:
                context = await load(wat(MODULE), imports={"env.log": abs, "env.base": 0})
                context.write_memory(8, first)
                return context.save_state()

            context = await load(wat(MODULE), imports={"env.log": abs, "env.base": 0}, state=await states(b"1."))
            context.control("state.restore", unpack(await states(b"2.")))
            assert context.read_memory(8, 2) == b"2."
            assert refusal(lambda: context.call("trap")) == "WASM_TRAP"
            await context.run()
            assert context.read_memory(8, 2) == b"hi"

        run_async(main())

    def test_lines_sent_after_the_end_are_for_the_next_run(self) -> None:
        async def main() -> None:
            context = await load(program("stdin_bytes"))
            for line in ("one", "longer"):
                context.send_stdin(line)
                context.close_stdin()
                await context.run()
                assert context.stdout.startswith(f"{len(line) + 1} bytes".encode())
            context.dispose()

        run_async(main())

    def test_the_state_of_another_module_is_refused(self) -> None:
        def check(context: WasmRuntimeContext) -> None:
            state = WasmRuntimeContext().save_state()
            assert refusal(lambda: context.restore_state(state)) == "WASM_SAVE_STATE_FOREIGN"
            assert (
                refusal(lambda: WasmRuntimeContext().restore_state(context.save_state())) == "WASM_SAVE_STATE_FOREIGN"
            )

        on_module(check)


class TestDisposal:
    def test_it_ends_everything(self) -> None:
        async def main() -> None:
            bus = EventBusProvider()
            context = WasmRuntimeContext(event_bus=bus, engine=WasmtimeEngine())
            await context.load_module(program("inline/reactor_files"))
            call = context.exports["is_initialized"]
            array = context.memory_array(0, 1)
            context.dispose()
            context.dispose()
            assert (context.memory_size, context.module, dict(context.exports)) == (0, None, {})
            assert context.is_module_loaded
            assert refusal(call) == "WASM_PROCESS_ENDED"
            assert refusal(lambda: array[...]) == "WASM_MEMORY_VIEW_STALE"

        run_async(main())


def _equal(found: object, wanted: object) -> None:
    assert found == wanted
