"""Modules of every kind: their exports called from the host, their imports answered by it."""

from __future__ import annotations

import contextvars
import math
import re
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest
from programs import compile_program
from wasmtime import wat2wasm

from aikernel_web.contracts.errors import KernelError
from aikernel_web.host import HostError, with_process

if TYPE_CHECKING:
    from aikernel_web.host import HostKernel

PATIENCE = 60
"""Seconds after which a run that should have ended long ago counts as hanging."""

ARITHMETIC = """(module
  (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
  (func (export "add64") (param i64 i64) (result i64) (i64.add (local.get 0) (local.get 1)))
  (func (export "half") (param f64) (result f64) (f64.div (local.get 0) (f64.const 2)))
  (func (export "half32") (param f32) (result f32) (f32.div (local.get 0) (f32.const 2)))
  (func (export "divmod") (param i32 i32) (result i32 i32)
    (i32.div_s (local.get 0) (local.get 1)) (i32.rem_s (local.get 0) (local.get 1)))
  (func (export "nothing"))
  (func (export "reference") (param externref))
  (memory (export "memory") 1)
  (data (i32.const 8) "hello"))"""
COUNTER = """(module
  (import "host" "visit" (func $visit (param i32) (result i32)))
  (global $count (mut i32) (i32.const 0))
  (memory (export "memory") 1)
  (func (export "count") (result i32)
    (global.set $count (i32.add (global.get $count) (i32.const 1)))
    (global.get $count))
  (func (export "visit") (param i32) (result i32) (call $visit (local.get 0)))
  (func (export "fail") unreachable))"""


@pytest.fixture
def arithmetic(kernel: HostKernel) -> Any:
    return kernel.spawn(wat2wasm(ARITHMETIC), stay=True)


class TestExports:
    @pytest.mark.parametrize(
        ("name", "args", "result"),
        [
            ("add", (2, 3), 5),
            ("add", (2**31 - 1, 1), -(2**31)),
            ("add", (2**32 - 1, 0), -1),
            ("add", (True, 0), 1),
            ("add64", (2**53, 1), 2**53 + 1),
            ("add64", (2**63 - 1, 1), -(2**63)),
            ("add64", (2**64 - 1, 0), -1),
            ("half", (3,), 1.5),
            ("half", (2**53,), 2.0**52),
            ("half32", (1.0000001,), 0.5 * 1.00000011920928955078125),
            ("divmod", (17, 5), [3, 2]),
            ("nothing", (), None),
        ],
    )
    def test_a_call_answers_what_the_function_returns(
        self, arithmetic: Any, name: str, args: tuple[Any, ...], result: object
    ) -> None:
        assert arithmetic.call(name, *args) == result

    def test_not_a_number_crosses(self, arithmetic: Any) -> None:
        assert math.isnan(arithmetic.call("half", math.nan))
        assert arithmetic.call("half", -math.inf) == -math.inf

    def test_a_missing_export_is_named_with_those_there_are(self, arithmetic: Any) -> None:
        with pytest.raises(KernelError, match=r"'?\"?multiply.*add64") as refused:
            arithmetic.call("multiply", 1, 2)
        assert refused.value.code == "WASM_EXPORT_NOT_FOUND"
        assert arithmetic.call("add", 1, 1) == 2

    @pytest.mark.parametrize("name", ["memory", "toString", "__proto__", ""])
    def test_what_is_no_function_of_the_module_is_not_called(self, arithmetic: Any, name: str) -> None:
        with pytest.raises(KernelError) as refused:
            arithmetic.call(name)
        assert refused.value.code == "WASM_EXPORT_NOT_FOUND"

    @pytest.mark.parametrize(
        ("name", "args"),
        [
            ("add", (1,)),
            ("add", (1, 2, 3)),
            ("add", (2**32, 0)),
            ("add", (-(2**31) - 1, 0)),
            ("add", (1.5, 0)),
            ("add64", (2**64, 0)),
            ("reference", (1,)),
        ],
    )
    def test_arguments_that_do_not_fit_are_refused(self, arithmetic: Any, name: str, args: tuple[Any, ...]) -> None:
        with pytest.raises(KernelError) as refused:
            arithmetic.call(name, *args)
        assert refused.value.code == "WASM_EXPORT_ARGUMENTS_INVALID"
        assert arithmetic.running

    def test_a_trap_in_a_call_ends_the_process(self, kernel: HostKernel) -> None:
        process = kernel.spawn(wat2wasm(ARITHMETIC), stay=True)
        with pytest.raises(KernelError, match="divide by zero") as trapped:
            process.call("divmod", 1, 0)
        assert trapped.value.code == "WASM_TRAP"
        done = process.wait(timeout=PATIENCE)
        assert (done.reason, done.exit_code) == ("trapped", 134)
        with pytest.raises(KernelError) as refused:
            process.call("add", 1, 2)
        assert refused.value.code == "WASM_PROCESS_ENDED"

    def test_calls_run_one_after_another(self, kernel: HostKernel) -> None:
        process = kernel.spawn(wat2wasm(COUNTER), stay=True, imports={"host.visit": lambda _: 0})
        answers: list[int] = []
        threads = [threading.Thread(target=lambda: answers.append(process.call("count"))) for _ in range(20)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(answers) == list(range(1, 21))

    def test_a_reactor_is_initialized_before_its_exports_run(self, kernel: HostKernel) -> None:
        module = wat2wasm("""(module
          (global $ready (mut i32) (i32.const 0))
          (func (export "_initialize") (global.set $ready (i32.const 42)))
          (func (export "ready") (result i32) (global.get $ready)))""")
        assert kernel.spawn(module, stay=True).call("ready") == 42

    def test_a_command_that_stays_can_be_called_when_main_has_returned(self, kernel: HostKernel) -> None:
        module = wat2wasm("""(module
          (global $ran (mut i32) (i32.const 0))
          (func (export "_start") (global.set $ran (i32.const 1)))
          (func (export "ran") (result i32) (global.get $ran)))""")
        assert kernel.spawn(module, stay=True).call("ran") == 1

    def test_a_start_section_runs_before_the_exports(self, kernel: HostKernel) -> None:
        module = wat2wasm("""(module
          (global $started (mut i32) (i32.const 0))
          (func $start (global.set $started (i32.const 3)))
          (start $start)
          (func (export "started") (result i32) (global.get $started)))""")
        assert kernel.spawn(module, stay=True).call("started") == 3

    def test_what_does_not_stay_is_gone(self, kernel: HostKernel) -> None:
        process = kernel.spawn(wat2wasm(ARITHMETIC))
        assert process.wait(timeout=PATIENCE).reason == "exited"
        with pytest.raises(KernelError) as refused:
            process.call("add", 1, 2)
        assert refused.value.code == "WASM_PROCESS_ENDED"


class TestMemory:
    def test_memory_is_read_and_written(self, arithmetic: Any) -> None:
        assert arithmetic.memory.read(8, 5) == b"hello"
        arithmetic.memory.write(9, b"ipp")
        assert arithmetic.memory.read(0, 16) == b"\0" * 8 + b"hippo\0\0\0"
        assert arithmetic.memory.size == 65536

    def test_nothing_is_read_and_written_at_the_end(self, arithmetic: Any) -> None:
        assert arithmetic.memory.read(65536, 0) == b""
        arithmetic.memory.write(65536, b"")

    @pytest.mark.parametrize(("offset", "length"), [(65536, 1), (65530, 7), (2**40, 1)])
    def test_a_range_outside_is_refused(self, arithmetic: Any, offset: int, length: int) -> None:
        with pytest.raises(KernelError) as refused:
            arithmetic.memory.read(offset, length)
        assert refused.value.code == "WASM_MEMORY_RANGE_INVALID"
        with pytest.raises(KernelError) as refused:
            arithmetic.memory.write(offset, bytes(length))
        assert refused.value.code == "WASM_MEMORY_RANGE_INVALID"

    def test_a_module_without_memory_says_so(self, kernel: HostKernel) -> None:
        process = kernel.spawn(wat2wasm('(module (func (export "f")))'), stay=True)
        with pytest.raises(KernelError) as refused:
            process.memory.read(0, 1)
        assert refused.value.code == "WASM_NO_MEMORY"

    def test_the_memory_of_a_busy_program_is_read_between_its_calls(self, kernel: HostKernel) -> None:
        process = kernel.spawn(compile_program("chatter"))
        assert process.stdout.read_until(b"line 100\n")
        assert len(process.memory.read(0, 1024)) == 1024
        process.kill()

    def test_an_imported_memory_is_the_memory(self, kernel: HostKernel) -> None:
        module = wat2wasm('(module (import "env" "memory" (memory 2 4)) (data (i32.const 0) "here"))')
        process = kernel.spawn(module, stay=True)
        assert process.memory.read(0, 4) == b"here"
        assert process.memory.size == 2 * 65536


def asking(signature: str, *, results: str = "") -> bytes:
    """Return a module that hands what it is called with to `host.ask`, and answers what that answers."""
    params = " ".join(f"(local.get {i})" for i in range(len(signature.split())))
    types = f"(param {signature})" + (f" (result {results})" if results else "")
    return bytes(
        wat2wasm(f"""(module
          (import "host" "ask" (func $ask {types}))
          (func (export "ask") {types} (call $ask {params})))""")
    )


def answers(process: Any, name: str) -> bool:
    """Return whether a call of the function ``name`` is answered soon; if not, it runs later all the same."""
    try:
        process.call(name, timeout=0.3)
    except HostError as error:
        if error.code != "HOST_TIMEOUT":
            raise
        return False
    return True


class TestImports:
    @pytest.mark.parametrize(
        ("type_", "given"),
        [
            ("i32", -5),
            ("i32", 2**31 - 1),
            ("i64", 2**62 + 1),
            ("i64", -1),
            ("f64", 0.1),
            ("f32", 0.5),
            ("f64", -math.inf),
        ],
    )
    def test_numbers_cross_both_ways(self, kernel: HostKernel, type_: str, given: float) -> None:
        seen: list[Any] = []

        def ask(value: Any) -> Any:
            seen.append(value)
            return value

        process = kernel.spawn(asking(type_, results=type_), stay=True, imports={"host.ask": ask})
        assert process.call("ask", given) == given
        assert seen == [given]

    def test_several_results_are_a_list(self, kernel: HostKernel) -> None:
        module = asking("i32 i32", results="i32 i64 f64")
        process = kernel.spawn(module, stay=True, imports={("host", "ask"): lambda a, b: [a, b, a / b]})
        assert process.call("ask", 3, 2) == [3, 2, 1.5]

    def test_a_function_without_results_may_return_anything(self, kernel: HostKernel) -> None:
        process = kernel.spawn(asking("i32"), stay=True, imports={"host.ask": lambda value: value})
        assert process.call("ask", 3) is None

    @pytest.mark.parametrize(
        ("results", "returned"),
        [("i32", None), ("i32", 1.5), ("i32", 2**32), ("i64", 2**64), ("i32 i32", [1]), ("i32 i32", 1)],
    )
    def test_a_result_that_does_not_fit_traps_the_program(
        self, kernel: HostKernel, results: str, returned: object
    ) -> None:
        process = kernel.spawn(asking("i32", results=results), stay=True, imports={"host.ask": lambda _: returned})
        with pytest.raises(KernelError, match=r"host\.ask") as failed:
            process.call("ask", 1)
        assert failed.value.code == "WASM_IMPORT_FAILED"
        done = process.wait(timeout=PATIENCE)
        assert (done.reason, done.code) == ("trapped", "WASM_IMPORT_FAILED")

    def test_what_the_host_raises_traps_the_program_with_its_message(self, kernel: HostKernel) -> None:
        def ask(value: int) -> int:
            raise LookupError(f"no answer to {value}")

        process = kernel.spawn(asking("i32", results="i32"), stay=True, imports={"host.ask": ask})
        with pytest.raises(KernelError, match="no answer to 7"):
            process.call("ask", 7)
        done = process.wait(timeout=PATIENCE)
        assert (done.reason, done.exit_code, done.code) == ("trapped", 134, "WASM_IMPORT_FAILED")
        assert "no answer to 7" in done.message

    def test_a_program_cannot_catch_that_the_host_failed(self, kernel: HostKernel) -> None:
        module = wat2wasm("""(module
          (import "host" "ask" (func $ask))
          (func (export "_start") (block $caught (try_table (catch_all $caught) (call $ask)))))""")

        def ask() -> None:
            raise LookupError("nothing")

        done = kernel.run(module, imports={"host.ask": ask}, timeout=PATIENCE)
        assert (done.reason, done.code) == ("trapped", "WASM_IMPORT_FAILED")

    def test_the_host_reads_memory_and_calls_exports_while_the_program_waits_for_it(self, kernel: HostKernel) -> None:
        seen: list[Any] = []

        @with_process
        def visit(process: Any, value: int) -> int:
            seen.append((process.memory.read(0, 2), process.call("count"), process.call("count")))
            return value * 2

        process = kernel.spawn(wat2wasm(COUNTER), stay=True, imports={"host.visit": visit})
        assert process.call("count") == 1
        assert process.call("visit", 21) == 42
        assert seen == [(b"\0\0", 2, 3)]
        assert process.call("count") == 4

    def test_nested_calls_may_call_the_host_again(self, kernel: HostKernel) -> None:
        @with_process
        def visit(process: Any, depth: int) -> int:
            return 0 if depth == 0 else int(process.call("visit", depth - 1)) + 1

        process = kernel.spawn(wat2wasm(COUNTER), stay=True, imports={"host.visit": visit})
        assert process.call("visit", 5) == 5

    def test_a_nested_call_that_traps_ends_the_process(self, kernel: HostKernel) -> None:
        @with_process
        def visit(process: Any, value: int) -> int:
            process.call("fail")
            return value

        process = kernel.spawn(wat2wasm(COUNTER), stay=True, imports={"host.visit": visit})
        with pytest.raises(KernelError):
            process.call("visit", 1)
        assert process.wait(timeout=PATIENCE).reason == "trapped"

    def test_a_start_section_may_call_the_host(self, kernel: HostKernel) -> None:
        module = wat2wasm("""(module
          (import "host" "ask" (func $ask (param i32) (result i32)))
          (global $got (mut i32) (i32.const 0))
          (func $start (global.set $got (call $ask (i32.const 20))))
          (start $start)
          (func (export "got") (result i32) (global.get $got)))""")
        process = kernel.spawn(module, stay=True, imports={"host.ask": lambda value: value + 1})
        assert process.call("got") == 21

    def test_a_call_from_outside_waits_for_the_start_section(self, kernel: HostKernel) -> None:
        module = wat2wasm("""(module
          (import "host" "ask" (func $ask (result i32)))
          (global $got (mut i32) (i32.const 0))
          (func $start (global.set $got (call $ask)))
          (start $start)
          (func (export "got") (result i32) (global.get $got)))""")
        answer = threading.Event()
        process = kernel.spawn(module, stay=True, imports={"host.ask": lambda: 5 if answer.wait(PATIENCE) else 0})
        assert not answers(process, "got")
        answer.set()
        assert process.call("got") == 5

    def test_a_call_from_outside_waits_for_the_call_that_stands_in_an_import(self, kernel: HostKernel) -> None:
        asked, answer = threading.Event(), threading.Event()
        seen: list[int] = []

        @with_process
        def visit(process: Any, value: int) -> int:
            asked.set()
            answer.wait(PATIENCE)
            seen.append(process.call("count"))
            return value

        process = kernel.spawn(wat2wasm(COUNTER), stay=True, imports={"host.visit": visit})
        with ThreadPoolExecutor() as threads:
            visited = threads.submit(process.call, "visit", 7)
            assert asked.wait(PATIENCE)
            assert not answers(process, "count")
            answer.set()
            assert visited.result(PATIENCE) == 7
        assert seen == [1]
        assert process.call("count") == 3  # the one that nobody waited for any longer was the second

    def test_the_exports_of_a_command_are_for_its_imports_alone(self, kernel: HostKernel) -> None:
        module = wat2wasm("""(module
          (import "host" "ask" (func $ask))
          (func (export "two") (result i32) (i32.const 2))
          (func (export "_start") (call $ask)))""")
        answer = threading.Event()
        seen: list[int] = []

        @with_process
        def ask(process: Any) -> None:
            seen.append(process.call("two"))
            answer.wait(PATIENCE)

        process = kernel.spawn(module, imports={"host.ask": ask})
        with ThreadPoolExecutor() as threads:
            called = threads.submit(process.call, "two")
            assert not answers(process, "two")
            answer.set()
            with pytest.raises(KernelError) as refused:
                called.result(PATIENCE)
        assert refused.value.code == "WASM_PROCESS_ENDED"
        assert (process.wait(timeout=PATIENCE).reason, seen) == ("exited", [2])

    def test_calls_that_an_import_makes_at_once_run_one_after_another(self, kernel: HostKernel) -> None:
        seen: list[int] = []

        @with_process
        def visit(process: Any, value: int) -> int:
            with ThreadPoolExecutor() as threads:
                calls = [threads.submit(contextvars.copy_context().run, process.call, "count") for _ in range(10)]
                seen.extend(call.result(PATIENCE) for call in calls)
            return value

        process = kernel.spawn(wat2wasm(COUNTER), stay=True, imports={"host.visit": visit})
        assert process.call("visit", 7) == 7
        assert sorted(seen) == list(range(1, 11))

    def test_a_call_from_within_an_import_waits_for_the_one_above(self, kernel: HostKernel) -> None:
        contexts: list[contextvars.Context] = []
        asked, answer = threading.Event(), threading.Event()

        @with_process
        def visit(process: Any, depth: int) -> int:
            contexts.append(contextvars.copy_context())
            if depth > 0:
                return int(process.call("visit", depth - 1)) + int(process.call("count"))
            asked.set()
            answer.wait(PATIENCE)
            return 0

        process = kernel.spawn(wat2wasm(COUNTER), stay=True, imports={"host.visit": visit})
        with ThreadPoolExecutor() as threads:
            visited = threads.submit(process.call, "visit", 1)
            assert asked.wait(PATIENCE)
            outer, inner = contexts
            assert inner.run(process.call, "count") == 1
            assert not outer.run(answers, process, "count")
            answer.set()
            assert visited.result(PATIENCE) == 3
        assert process.call("count") == 4

    def test_a_call_past_the_end_of_its_import_is_one_from_outside(self, kernel: HostKernel) -> None:
        contexts: list[contextvars.Context] = []
        asked, answer = threading.Event(), threading.Event()

        def visit(value: int) -> int:
            contexts.append(contextvars.copy_context())
            if value == 1:
                asked.set()
                answer.wait(PATIENCE)
            return value

        process = kernel.spawn(wat2wasm(COUNTER), stay=True, imports={"host.visit": visit})
        assert process.call("visit", 0) == 0
        ended = contexts[0]
        assert ended.run(process.call, "count") == 1
        with ThreadPoolExecutor() as threads:
            visited = threads.submit(process.call, "visit", 1)
            assert asked.wait(PATIENCE)
            assert not ended.run(answers, process, "count")
            answer.set()
            assert visited.result(PATIENCE) == 1
        assert process.call("count") == 3

    def test_an_import_of_one_process_is_outside_of_another(self, kernel: HostKernel) -> None:
        module = wat2wasm(COUNTER)
        asked, answer = threading.Event(), threading.Event()

        def wait(value: int) -> int:
            asked.set()
            answer.wait(PATIENCE)
            return value

        waiting = kernel.spawn(module, stay=True, imports={"host.visit": wait})
        other = kernel.spawn(module, stay=True, imports={"host.visit": lambda _: answers(waiting, "count")})
        with ThreadPoolExecutor() as threads:
            visited = threads.submit(waiting.call, "visit", 4)
            assert asked.wait(PATIENCE)
            assert other.call("visit", 1) == 0
            answer.set()
            assert visited.result(PATIENCE) == 4

    def test_imports_serve_a_command(self, kernel: HostKernel) -> None:
        seen: list[int] = []
        module = wat2wasm("""(module
          (import "host" "tell" (func $tell (param i32)))
          (func (export "_start") (local $i i32)
            (loop $again
              (call $tell (local.get $i))
              (local.set $i (i32.add (local.get $i) (i32.const 1)))
              (br_if $again (i32.lt_u (local.get $i) (i32.const 100))))))""")
        assert kernel.run(module, imports={"host.tell": seen.append}, timeout=PATIENCE).exit_code == 0
        assert seen == list(range(100))

    def test_a_function_of_the_host_stands_in_for_one_of_wasi(self, kernel: HostKernel) -> None:
        module = wat2wasm("""(module
          (import "wasi_snapshot_preview1" "random_get" (func $random (param i32 i32) (result i32)))
          (memory (export "memory") 1)
          (func (export "get") (result i32) (call $random (i32.const 0) (i32.const 4))))""")
        imports = {"wasi_snapshot_preview1.random_get": lambda pointer, length: pointer + length}
        assert kernel.spawn(module, stay=True, imports=imports).call("get") == 4

    @pytest.mark.parametrize(
        ("item", "named"),
        [
            ('(import "env" "f" (func))', "env.f"),
            ('(import "env" "g" (global i32))', r"env.g \(global\)"),
            ('(import "env" "t" (tag))', r"env.t \(tag\)"),
            ('(import "other" "memory" (memory 1))', r"other.memory \(memory\)"),
            ('(import "host" "ask" (func (param externref)))', "host.ask .*reference"),
            ('(import "host" "ask" (func (result v128)))', "host.ask .*v128"),
            ('(import "wasi_snapshot_preview1" "no_such_call" (func))', "no_such_call"),
            ('(import "wasi_snapshot_preview1" "toString" (func))', "toString"),
            ('(import "__proto__" "f" (func))', "__proto__.f"),
        ],
    )
    def test_what_cannot_be_imported_is_refused_by_name(self, kernel: HostKernel, item: str, named: str) -> None:
        module = wat2wasm(f'(module {item} (func (export "_start") unreachable))')
        done = kernel.run(module, imports={"host.ask": lambda *_: 0}, timeout=PATIENCE)
        assert (done.reason, done.exit_code, done.code) == ("link", 126, "WASM_IMPORT_MISSING")
        assert re.search(named, done.message)

    def test_a_program_that_waits_for_the_host_is_killed(self, kernel: HostKernel) -> None:
        asked, answer = threading.Event(), threading.Event()

        def ask(_: int) -> int:
            asked.set()
            answer.wait(PATIENCE)
            return 0

        module = wat2wasm("""(module
          (import "host" "ask" (func $ask (param i32) (result i32)))
          (func (export "_start") (drop (call $ask (i32.const 1)))))""")
        process = kernel.spawn(module, imports={"host.ask": ask})
        assert asked.wait(PATIENCE)
        process.kill()
        assert process.wait(timeout=PATIENCE).reason == "killed"
        answer.set()


class TestFeatures:
    @pytest.mark.parametrize(
        ("text", "result"),
        [
            (
                '(func (export "f") (result i32) (block $caught (result i32) '
                "(try_table (result i32) (catch $e $caught) (throw $e (i32.const 7)))))"
                "(tag $e (param i32))",
                7,
            ),
            (
                '(func (export "f") (result i32) '
                "(i32x4.extract_lane 2 (i32x4.add (v128.const i32x4 1 2 3 4) (v128.const i32x4 10 20 30 40))))",
                33,
            ),
            (
                '(memory 1) (func (export "f") (result i32) '
                "(memory.fill (i32.const 0) (i32.const 9) (i32.const 16)) "
                "(memory.copy (i32.const 32) (i32.const 0) (i32.const 4)) (i32.load8_u (i32.const 35)))",
                9,
            ),
            ('(func (export "f") (result i32 i32) (i32.const 1) (i32.const 2))', [1, 2]),
            (
                "(func $count (param i32) (result i32) "
                "(if (i32.eqz (local.get 0)) (then (return (i32.const 11)))) "
                "(return_call $count (i32.sub (local.get 0) (i32.const 1)))) "
                '(func (export "f") (result i32) (return_call $count (i32.const 1000000)))',
                11,
            ),
            (
                '(memory i64 1) (func (export "f") (result i64) '
                "(i64.store (i64.const 8) (i64.const 5)) (i64.load (i64.const 8)))",
                5,
            ),
            (
                '(type $pair (struct (field i32) (field i32))) (func (export "f") (result i32) '
                "(struct.get $pair 1 (struct.new $pair (i32.const 4) (i32.const 6))))",
                6,
            ),
            ('(memory $a 1) (memory $b 2) (func (export "f") (result i32) (memory.size $b))', 2),
            ('(func (export "f") (result i32) (i32.trunc_sat_f32_s (f32.const 1e20)))', 2**31 - 1),
            (
                '(memory 1 1 shared) (func (export "f") (result i32) (i32.atomic.rmw.add (i32.const 0) (i32.const 3)))',
                0,
            ),
        ],
        ids=[
            "exceptions",
            "SIMD",
            "bulk memory",
            "several values",
            "tail calls",
            "64-bit memory",
            "garbage collection",
            "several memories",
            "saturating conversion",
            "atomics",
        ],
    )
    @pytest.mark.parametrize("limit", [None, 1 << 20], ids=["", "with a memory limit"])
    def test_what_the_browser_has_can_be_used(
        self, kernel: HostKernel, text: str, result: object, limit: int | None
    ) -> None:
        module = wat2wasm(f"(module {text})")
        assert kernel.spawn(module, stay=True, memory_limit=limit).call("f") == result

    @pytest.mark.parametrize(
        ("text", "named"),
        [
            ("(memory 0 0 (pagesize 1))", "custom page sizes"),
            (
                "(func (param i64 i64 i64 i64) (local.get 0) (local.get 1) (local.get 2) (local.get 3) "
                "i64.add128 drop drop)",
                "wide arithmetic",
            ),
            ("(type $f (func)) (type $c (cont $f)) (func (param (ref null $c)))", "stack switching"),
        ],
    )
    def test_what_the_browser_lacks_is_named(self, kernel: HostKernel, text: str, named: str) -> None:
        done = kernel.run(wat2wasm(f"(module {text})"), timeout=PATIENCE)
        assert (done.reason, done.exit_code, done.code) == ("invalid", 126, "WASM_FEATURE_UNSUPPORTED")
        assert named in done.message

    def test_a_component_is_told_from_a_module(self, kernel: HostKernel) -> None:
        done = kernel.run(bytes(wat2wasm("(component)")), timeout=PATIENCE)
        assert (done.reason, done.exit_code, done.code) == ("invalid", 126, "WASM_COMPONENT_UNSUPPORTED")
        assert "preview 1" in done.message
