"""Instances in the kernel's own thread: what the engine's seam gives contexts."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

import pytest
from inline_code import inline
from programs import compile_program
from wasmtime import wat2wasm

if TYPE_CHECKING:
    from aikernel_web.host import HostKernel

ARITHMETIC = wat2wasm("""(module
  (memory (export "memory") 1 4)
  (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
  (func (export "add3") (param i32 i32 i32) (result i32)
    (i32.add (local.get 0) (i32.add (local.get 1) (local.get 2))))
  (func (export "add64") (param i64 i64) (result i64) (i64.add (local.get 0) (local.get 1)))
  (func (export "half") (param f64) (result f64) (f64.div (local.get 0) (f64.const 2)))
  (func (export "half32") (param f32) (result f32) (f32.div (local.get 0) (f32.const 2)))
  (func (export "several") (param i32) (result i32 i64 f64)
    (local.get 0) (i64.extend_i32_s (local.get 0)) (f64.convert_i32_s (local.get 0)))
  (func (export "nothing"))
  (func (export "reference") (param externref))
  (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
  (func (export "load") (param i32) (result i32) (i32.load8_u (local.get 0)))
  (func $inner unreachable)
  (func $middle (export "trap") (call $inner))
  (func (export "divide") (param i32 i32) (result i32) (i32.div_s (local.get 0) (local.get 1)))
  (func (export "lost") (result i32) (i32.load8_u (i32.const -1)))
  (func $deep (export "recurse") (result i32) (i32.add (call $deep) (i32.const 1)))
  (data (i32.const 8) "hello"))""")
CALLER = wat2wasm("""(module
  (import "host" "visit" (func $visit (param i32) (result i32)))
  (import "host" "wide" (func $wide (param i64 f64) (result i64)))
  (import "host" "pair" (func $pair (result i32 f64)))
  (import "host" "say" (func $say (param i32 i32)))
  (memory (export "memory") 1)
  (global $depth (mut i32) (i32.const 0))
  (func (export "visit") (param i32) (result i32)
    (global.set $depth (i32.add (global.get $depth) (i32.const 1)))
    (call $visit (local.get 0))
    (global.set $depth (i32.sub (global.get $depth) (i32.const 1))))
  (func (export "depth") (result i32) (global.get $depth))
  (func (export "wide") (param i64 f64) (result i64) (call $wide (local.get 0) (local.get 1)))
  (func (export "pair") (result i32 f64) (call $pair))
  (func (export "say") (call $say (i32.const 8) (i32.const 5)))
  (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
  (func (export "visit_entry") (drop (call $visit (i32.const 20))))
  (func $deep (export "visit_deep") (param i32) (result i32)
    (if (result i32) (local.get 0)
      (then (i32.add (i32.const 1) (call $deep (i32.sub (local.get 0) (i32.const 1)))))
      (else (call $visit (i32.const 1)))))
  (data (i32.const 8) "hello"))""")
IMPORTS = "dict.fromkeys(['host.visit', 'host.wide', 'host.pair', 'host.say'], lambda *_: 0)"


def reactor() -> bytes:
    return compile_program("inline/reactor_files").read_bytes()


class TestCompiling:
    @pytest.mark.parametrize(
        ("module", "code"),
        [
            (b"", "WASM_MODULE_INVALID"),
            (b"no module", "WASM_MODULE_INVALID"),
            (b"\0asm\1\0\0\0\1", "WASM_MODULE_INVALID"),
            (wat2wasm("(module (func))")[:-1], "WASM_MODULE_INVALID"),
            (b"\0asm\x0d\0\1\0", "WASM_COMPONENT_UNSUPPORTED"),
        ],
    )
    def test_what_is_no_module_is_refused_by_code(self, kernel: HostKernel, module: bytes, code: str) -> None:
        assert inline(kernel, "result = await later_code_of(kernel.engine.compile(module))", module=module) == code

    def test_a_module_that_begins_beyond_its_limit_is_refused(self, kernel: HostKernel) -> None:
        body = "result = await later_code_of(kernel.engine.compile(module, memory_limit=65535))"
        assert inline(kernel, body, module=ARITHMETIC) == "WASM_MEMORY_LIMIT"

    @pytest.mark.parametrize(
        "module",
        [
            '(module (import "host" "f" (func)))',
            '(module (import "wasi_snapshot_preview1" "f" (func)))',
            '(module (import "env" "g" (global i32)))',
            '(module (import "host" "m" (memory 1)))',
            '(module (import "wasi_snapshot_preview1" "fd_write" (func (param i64))))',
        ],
    )
    def test_a_missing_import_is_refused_by_code(self, kernel: HostKernel, module: str) -> None:
        assert inline(kernel, "result = await later_code_of(make(module))", module=wat2wasm(module)) == (
            "WASM_IMPORT_MISSING"
        )

    def test_one_compiled_module_gives_instances_that_share_nothing(self, kernel: HostKernel) -> None:
        body = f"""
        compiled = await kernel.engine.compile(module)
        spec = ProcessSpec(b"", ("program",), imports=Imports({IMPORTS}))
        one, two = compiled.instantiate(spec), compiled.instantiate(spec)
        made.extend([one, two])
        one.write_memory(8, b"jelly")
        one.function("grow")(1)
        result = [one.read_memory(8, 5), two.read_memory(8, 5), one.memory_size(), two.memory_size()]
        """
        assert inline(kernel, body, module=CALLER) == [b"jelly", b"hello", 131072, 65536]

    def test_a_start_section_runs_and_its_trap_has_a_code(self, kernel: HostKernel) -> None:
        begun = wat2wasm("""(module (global $g (mut i32) (i32.const 0)) (start $s)
          (func $s (global.set $g (i32.const 7))) (func (export "g") (result i32) (global.get $g)))""")
        trapping = wat2wasm("(module (start $s) (func $s unreachable))")
        body = """
        result = [(await make(begun)).function("g")(), await later_code_of(make(trapping))]
        """
        assert inline(kernel, body, begun=begun, trapping=trapping) == [7, "WASM_TRAP"]

    def test_mounts_and_timeouts_are_refused_rather_than_forgotten(self, kernel: HostKernel) -> None:
        body = """
        from aikernel_web.contracts.engine import PersistentMount
        result = [await later_code_of(make(module, mounts=(PersistentMount("/data", "store"),))),
                  await later_code_of(make(module, timeout=1.0))]
        """
        assert inline(kernel, body, module=ARITHMETIC) == ["WASM_MOUNTS_UNSUPPORTED", "WASM_TIMEOUT_UNSUPPORTED"]


class TestCalls:
    @pytest.mark.parametrize(
        ("call", "answer"),
        [
            ("add(2, 3)", 5),
            ("add(2**31 - 1, 1)", -(2**31)),
            ("add(2**32 - 1, 0)", -1),
            ("add(True, 0)", 1),
            ("add3(1, 2, 3)", 6),
            ("add64(2**53, 1)", 2**53 + 1),
            ("add64(2**63 - 1, 1)", -(2**63)),
            ("add64(-1, 0)", -1),
            ("half(3)", 1.5),
            ("half(4)", 2.0),
            ("half(-0.0)", -0.0),
            ("half(float('inf'))", float("inf")),
            ("half32(1.0000001)", 0.5 * 1.00000011920928955078125),
            ("several(-3)", [-3, -3, -3.0]),
            ("nothing()", None),
        ],
    )
    def test_a_call_answers_what_the_function_returns_exactly(
        self, kernel: HostKernel, call: str, answer: object
    ) -> None:
        name = call.partition("(")[0]
        body = f"""
        {name} = (await make(module)).function("{name}")
        value = {call}
        result = [repr(value), type(value) in (int, float, list, type(None))]
        """
        assert inline(kernel, body, module=ARITHMETIC) == [repr(answer), True]

    @pytest.mark.parametrize(
        ("name", "args"),
        [
            ("add", "1"),
            ("add", "1, 2, 3"),
            ("add", "2**32, 0"),
            ("add", "1.5, 0"),
            ("add", "'1', 0"),
            ("add", "None, 0"),
            ("add64", "2**64, 0"),
            ("add64", "0.5, 0"),
            ("half", "[]"),
            ("nothing", "1"),
            ("reference", "1"),
        ],
    )
    def test_arguments_that_do_not_fit_are_refused_and_the_instance_lives(
        self, kernel: HostKernel, name: str, args: str
    ) -> None:
        body = f"""
        instance = await make(module)
        result = [code_of(instance.function("{name}"), {args}), instance.exit, instance.function("add")(1, 1)]
        """
        assert inline(kernel, body, module=ARITHMETIC) == ["WASM_EXPORT_ARGUMENTS_INVALID", None, 2]

    def test_numbers_of_numpy_are_numbers(self, kernel: HostKernel) -> None:
        body = """
        import numpy
        instance = await make(module)
        result = [instance.function("add")(numpy.int32(2), numpy.uint8(3)), instance.function("half")(numpy.float32(3))]
        """
        assert inline(kernel, body, module=ARITHMETIC) == [5, 1.5]

    @pytest.mark.parametrize("name", ["", "memory", "multiply", "toString", "__proto__"])
    def test_what_is_no_function_of_the_module_has_no_name(self, kernel: HostKernel, name: str) -> None:
        body = f"result = code_of((await make(module)).function, {name!r})"
        assert inline(kernel, body, module=ARITHMETIC) == "WASM_EXPORT_NOT_FOUND"

    @pytest.mark.parametrize(
        ("call", "message"),
        [
            ("trap", "unreachable"),
            ("divide", "divide by zero"),
            ("lost", "out of bounds"),
            ("recurse", "call stack exhausted"),
        ],
    )
    def test_a_trap_has_a_code_and_a_message_and_ends_the_instance(
        self, kernel: HostKernel, call: str, message: str
    ) -> None:
        body = f"""
        instance = await make(module)
        function = instance.function("{call}")
        args = (1, 0) if "{call}" == "divide" else ()
        try:
            function(*args)
        except KernelError as error:
            end = instance.exit
            result = [error.code, str(error), str(end.reason), end.exit_code, end.code, len(end.stack) > 0,
                      code_of(function, *args), code_of(instance.function, "add")]
        """
        code, said, reason, exit_code, end_code, stack, again, found = inline(kernel, body, module=ARITHMETIC)
        assert (code, reason, exit_code, end_code, stack) == ("WASM_TRAP", "trapped", 134, "WASM_TRAP", True)
        assert message in said
        assert (again, found) == ("WASM_PROCESS_ENDED", "WASM_PROCESS_ENDED")

    def test_the_stack_of_a_trap_is_the_programs_alone(self, kernel: HostKernel) -> None:
        body = """
        instance = await make(module)
        try:
            instance.function("trap")()
        except KernelError as error:
            result = [[frame.split(" ")[0] for frame in instance.exit.stack], len(error.__notes__)]
        """
        assert inline(kernel, body, module=ARITHMETIC) == [["inner", "middle"], 2]

    def test_the_stack_of_a_trap_in_a_run_is_the_programs_alone(self, kernel: HostKernel) -> None:
        body = """
        instance = await make(module)
        code = await later_code_of(instance.run("trap"))
        result = [code, [frame.split(" ")[0] for frame in instance.exit.stack]]
        """
        assert inline(kernel, body, module=ARITHMETIC) == ["WASM_TRAP", ["inner", "middle"]]


class TestMemory:
    def test_memory_is_read_and_written(self, kernel: HostKernel) -> None:
        body = """
        import numpy
        instance = await make(module)
        before = instance.read_memory(8, 5)
        instance.write_memory(8, b"jolly")
        instance.write_memory(100, numpy.arange(3, dtype="<u4"))
        instance.write_memory(200, memoryview(bytearray(b"xyz"))[1:])
        result = [before, instance.read_memory(8, 5), instance.read_memory(100, 12), instance.read_memory(200, 2),
                  instance.function("load")(8), instance.memory_size(), instance.read_memory(65536, 0)]
        """
        assert inline(kernel, body, module=ARITHMETIC) == [
            b"hello",
            b"jolly",
            b"\0\0\0\0\1\0\0\0\2\0\0\0",
            b"yz",
            ord("j"),
            65536,
            b"",
        ]

    @pytest.mark.parametrize("place", ["65536, 1", "65530, 7", "-1, 1", "0, -1", "0.5, 1", "2**53, 1", "0, 2**60"])
    def test_a_range_outside_of_memory_is_refused(self, kernel: HostKernel, place: str) -> None:
        body = f"""
        instance = await make(module)
        result = [code_of(instance.read_memory, {place}), code_of(instance.memory_window, {place}),
                  code_of(instance.write_memory, 65530, b"seven b")]
        """
        assert inline(kernel, body, module=ARITHMETIC) == ["WASM_MEMORY_RANGE_INVALID"] * 3

    def test_a_module_without_a_memory_says_so(self, kernel: HostKernel) -> None:
        body = """
        instance = await make(module)
        result = [code_of(instance.read_memory, 0, 0), code_of(instance.write_memory, 0, b""), instance.memory_size()]
        """
        assert inline(kernel, body, module=wat2wasm("(module)")) == ["WASM_NO_MEMORY", "WASM_NO_MEMORY", 0]

    def test_a_window_copies_once_into_an_array_and_back(self, kernel: HostKernel) -> None:
        body = """
        import numpy
        instance = await make(module)
        window = instance.memory_window(8, 8)
        array = numpy.zeros((2, 2), dtype="<u2")
        window.read_into(array)
        seen = array.tobytes()
        instance.write_memory(8, b"12345678")
        window.read_into(array)
        array += 1
        window.write_from(array)
        result = [seen, array.tobytes(), instance.read_memory(8, 8), window.nbytes]
        """
        after = bytes([0x32, 0x32, 0x34, 0x34, 0x36, 0x36, 0x38, 0x38])
        assert inline(kernel, body, module=ARITHMETIC) == [b"hello\0\0\0", after, after, 8]

    def test_a_window_is_refused_once_the_memory_has_grown(self, kernel: HostKernel) -> None:
        body = """
        instance = await make(module)
        window, empty = instance.memory_window(8, 5), instance.memory_window(0, 0)
        grown = instance.function("grow")(1)
        fresh = instance.memory_window(8, 5)
        array = bytearray(5)
        fresh.read_into(array)
        result = [grown, code_of(window.read_into, bytearray(5)), code_of(window.write_from, bytes(5)),
                  code_of(empty.read_into, bytearray()), bytes(array)]
        """
        stale = "WASM_MEMORY_VIEW_STALE"
        assert inline(kernel, body, module=ARITHMETIC) == [1, stale, stale, stale, b"hello"]

    def test_a_buffer_of_another_size_is_refused(self, kernel: HostKernel) -> None:
        body = """
        window = (await make(module)).memory_window(8, 5)
        result = [code_of(window.read_into, bytearray(4)), code_of(window.write_from, bytes(6))]
        """
        assert inline(kernel, body, module=ARITHMETIC) == ["WASM_MEMORY_RANGE_INVALID"] * 2


class TestImports:
    def test_python_is_called_and_its_answer_returned(self, kernel: HostKernel) -> None:
        body = """
        import numpy
        seen = []
        def wide(a, b):
            seen.append([type(a).__name__, a, type(b).__name__, repr(b)])
            return a + 1
        imports = {"host.visit": lambda n: numpy.int64(n + 1), "host.wide": wide, "host.pair": lambda: (True, 2),
                   "host.say": lambda pointer, length: seen.append(instance.read_memory(pointer, length))}
        instance = await make(module, imports)
        call = instance.function
        result = [call("visit")(41), call("wide")(2**62, 3), call("wide")(-1, -0.0), call("pair")(), call("say")()]
        result.append(seen)
        """
        assert inline(kernel, body, module=CALLER) == [
            42,
            2**62 + 1,
            0,
            [1, 2.0],
            None,
            [["int", 2**62, "float", "3.0"], ["int", -1, "float", "-0.0"], b"hello"],
        ]

    def test_an_exception_reaches_the_caller_as_the_very_same_object(self, kernel: HostKernel) -> None:
        body = f"""
        class Boom(Exception): pass
        result = []
        for raised in (Boom("boom"), KernelError("no", code="MY_CODE"), KeyboardInterrupt(), SystemExit(3)):
            def visit(n):
                raise raised
            instance = await make(module, {IMPORTS} | {{"host.visit": visit}})
            try:
                instance.function("visit")(1)
            except BaseException as error:
                result.append([error is raised, error.__context__ is None, instance.exit.code])
        """
        assert inline(kernel, body, module=CALLER) == [[True, True, "WASM_IMPORT_FAILED"]] * 4

    @pytest.mark.parametrize("value", ["None", "1.5", "2**32", "'1'", "[1, 2]", "{}", "object()", "3 + 4j"])
    def test_an_answer_that_does_not_fit_the_signature_is_refused(self, kernel: HostKernel, value: str) -> None:
        body = f"""
        instance = await make(module, {IMPORTS} | {{"host.visit": lambda n: {value}}})
        result = [code_of(instance.function("visit"), 1), instance.exit.code]
        """
        assert inline(kernel, body, module=CALLER) == ["WASM_IMPORT_FAILED"] * 2

    def test_an_import_can_call_exports_and_grow_memory(self, kernel: HostKernel) -> None:
        body = f"""
        def visit(n):
            grown = instance.function("grow")(1)
            instance.write_memory(65536, b"new")
            return instance.function("visit")(n - 1) + 1 if n else instance.function("depth")() * 100 + grown
        instance = await make(module, {IMPORTS} | {{"host.visit": visit}})
        result = [instance.function("visit")(3), instance.memory_size(), instance.function("depth")(),
                  instance.read_memory(65536, 3)]
        """
        assert inline(kernel, body, module=CALLER) == [4 * 100 + 4 + 3, 5 * 65536, 0, b"new"]

    def test_a_program_that_ended_within_its_import_goes_no_further(self, kernel: HostKernel) -> None:
        body = """
        seen = []
        def tell(n):
            seen.append(n)
            if n == 1:
                seen.append(code_of(instance.function("trap")))
            if n == 3:
                instance.dispose()
        instance = await make(module, {"host.tell": tell})
        first = code_of(instance.function("twice"), 1)
        instance = await make(module, {"host.tell": tell})
        second = code_of(instance.function("twice"), 3)
        result = [first, second, seen]
        """
        module = wat2wasm("""(module (import "host" "tell" (func $tell (param i32)))
          (func (export "trap") unreachable)
          (func (export "twice") (param i32) (call $tell (local.get 0)) (call $tell (i32.const 2))))""")
        assert inline(kernel, body, module=module) == ["WASM_TRAP", "WASM_PROCESS_TERMINATED", [1, "WASM_TRAP", 3]]

    def test_immutable_globals_are_given_as_numbers(self, kernel: HostKernel) -> None:
        module = wat2wasm("""(module (import "host" "a" (global $a i32)) (import "host" "b" (global $b i64))
          (import "host" "c" (global $c f64))
          (func (export "all") (result i32 i64 f64) (global.get $a) (global.get $b) (global.get $c)))""")
        body = """
        instance = await make(module, {"host.a": -7, "host.b": 2**60, "host.c": 2})
        result = [instance.function("all")()]
        for bad in ({"host.a": 2**40}, {"host.c": "text"}, {"host.b": 0.5}, {"host.a": print}):
            result.append(await later_code_of(make(module, {"host.a": 0, "host.b": 0, "host.c": 0} | bad)))
        """
        missing = ["WASM_IMPORT_MISSING"] * 4
        assert inline(kernel, body, module=module) == [[-7, 2**60, 2.0], *missing]

    def test_a_coroutine_function_waits_in_run_and_is_refused_in_a_plain_call(self, kernel: HostKernel) -> None:
        body = f"""
        import asyncio
        seen = []
        async def visit(n):
            await asyncio.sleep(0)
            seen.append(n)
            return n + 1
        instance = await make(module, {IMPORTS} | {{"host.visit": visit}})
        await instance.run("visit_entry")
        refused = code_of(instance.function("visit"), 1)
        result = [seen, refused, instance.exit.code]
        """
        assert inline(kernel, body, module=CALLER) == [[20], *["WASM_SUSPENSION_UNAVAILABLE"] * 2]

    def test_an_exception_of_a_coroutine_function_reaches_who_awaits_the_run(self, kernel: HostKernel) -> None:
        body = f"""
        import asyncio
        raised = LookupError("gone")
        async def visit(n):
            await asyncio.sleep(0)
            raise raised
        instance = await make(module, {IMPORTS} | {{"host.visit": visit}})
        try:
            await instance.run("visit_entry")
        except LookupError as error:
            result = [error is raised, instance.exit.code]
        """
        assert inline(kernel, body, module=CALLER) == [True, "WASM_IMPORT_FAILED"]

    def test_exports_can_be_called_while_a_run_waits(self, kernel: HostKernel) -> None:
        body = f"""
        import asyncio
        gate = asyncio.Event()
        async def visit(n):
            await gate.wait()
            return n
        instance = await make(module, {IMPORTS} | {{"host.visit": visit}})
        running = asyncio.ensure_future(instance.run("visit_entry"))
        await asyncio.sleep(0)
        during = [instance.function("depth")(), running.done()]
        gate.set()
        await running
        result = [*during, instance.exit]
        """
        assert inline(kernel, body, module=CALLER) == [0, False, None]

    def test_a_run_that_waits_ends_with_the_disposal(self, kernel: HostKernel) -> None:
        body = f"""
        import asyncio
        async def visit(n):
            await asyncio.Event().wait()
        instance = await make(module, {IMPORTS} | {{"host.visit": visit}})
        running = asyncio.ensure_future(instance.run("visit_entry"))
        await asyncio.sleep(0)
        instance.dispose()
        result = await later_code_of(running)
        """
        assert inline(kernel, body, module=CALLER) == "WASM_CONTEXT_DISPOSED"

    def test_python_is_not_entered_where_there_is_no_stack_left_for_it(self, kernel: HostKernel) -> None:
        # Python that runs out of stack is left in the middle: its `finally` blocks would not run.
        body = f"""
        import contextlib
        entered = left = 0
        def visit(n):
            global entered, left
            entered += 1
            try:
                return sorted([n, n], key=lambda x: -x)[0]
            finally:
                left += 1
        compiled = await kernel.engine.compile(module)
        spec = ProcessSpec(b"", ("program",), imports=Imports({IMPORTS} | {{"host.visit": visit}}))
        def reaches(depth):
            instance = compiled.instantiate(spec)
            code = code_of(instance.function("visit_deep"), depth)
            instance.dispose()
            assert code in (None, "WASM_TRAP"), code
            return code is None
        low, high = 100, 400_000
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if reaches(middle) else (low, middle)
        for depth in range(high, high + 400):
            reaches(depth)
        result = entered > 0 and entered == left
        """
        assert inline(kernel, body, module=CALLER) is True


class TestWasi:
    def test_files_streams_and_constructors_work(self, kernel: HostKernel) -> None:
        body = """
        instance = await make(module, tree=(TreeEntry("/in.txt", "file", b"given"),), stdin=b"typed\\n")
        call = lambda name, *args: instance.function(name)(*args)
        before = call("is_initialized")
        call("_initialize")
        path, text = call("path_buffer"), call("text_buffer")
        instance.write_memory(path, b"/in.txt\\0")
        result = [before, call("is_initialized"), call("read_file"), instance.read_memory(text, 5)]
        instance.write_memory(path, b"/out.txt\\0")
        result += [call("write_file"), instance.control("files.read", "/out.txt")]
        result += [call("read_line"), instance.read_memory(text, 6), call("read_line")]
        instance.write_memory(path, b"/none\\0")
        result += [call("read_file") < 0]
        """
        assert inline(kernel, body, module=reactor()) == [
            *(0, 1, 5, b"given", 5, b"given"),
            *(6, b"typed\n", 0, True),
        ]

    def test_output_is_there_after_every_call(self, kernel: HostKernel) -> None:
        body = """
        instance = await make(module)
        result = []
        for number in (1, 2):
            instance.function("say")(number)
            result.append(bytes(instance.output(1)))
        instance.function("complain")()
        result.append(bytes(instance.output(2)))
        class Sink:
            def write(self, fd, data):
                result.append([fd, data.to_bytes()])
        other = await make(module, sink=Sink())
        other.function("say")(3)
        result.append("after")
        """
        assert inline(kernel, body, module=reactor()) == [
            *(b"number 1\n", b"number 1\nnumber 2\n", b"oh\n"),
            *([1, b"number 3\n"], "after"),
        ]

    def test_output_beyond_its_limit_ends_the_instance(self, kernel: HostKernel) -> None:
        body = """
        instance = await make(module, output_limit=12)
        instance.function("say")(1)
        result = [code_of(instance.function("say"), 2), bytes(instance.output(1)), str(instance.exit.reason)]
        """
        assert inline(kernel, body, module=reactor()) == ["WASM_OUTPUT_LIMIT", b"number 1\nnum", "output"]

    def test_an_exit_within_a_call_ends_the_instance(self, kernel: HostKernel) -> None:
        body = """
        instance = await make(module)
        result = [code_of(instance.function("leave"), 3), str(instance.exit.reason), instance.exit.exit_code,
                  bytes(instance.output(1)), code_of(instance.function, "say")]
        """
        assert inline(kernel, body, module=reactor()) == [
            *("WASM_PROCESS_ENDED", "exited", 3, b"leaving", "WASM_PROCESS_ENDED"),
        ]

    def test_a_command_runs_to_its_exit(self, kernel: HostKernel) -> None:
        body = """
        instance = await make(module)
        await instance.run("_start")
        result = [str(instance.exit.reason), instance.exit.exit_code]
        """
        module = wat2wasm("""(module (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
          (memory (export "memory") 1) (func (export "_start") (call $exit (i32.const 5)) unreachable))""")
        assert inline(kernel, body, module=module) == ["exited", 5]

    def test_a_plain_call_that_would_have_to_wait_says_so(self, kernel: HostKernel) -> None:
        body = """
        instance = await make(module)
        instance.write_stdin(b"first\\n")
        got = instance.function("read_line")()
        result = [got, code_of(instance.function("read_line")), instance.exit.code]
        """
        assert inline(kernel, body, module=reactor()) == [6, *["WASM_SUSPENSION_UNAVAILABLE"] * 2]

    def test_a_run_waits_for_what_is_typed(self, kernel: HostKernel) -> None:
        body = """
        import asyncio
        instance = await make(module)
        running = asyncio.ensure_future(instance.run("read_line_entry"))
        await asyncio.sleep(0.01)
        waiting = not running.done()
        instance.write_stdin(b"typed\\n")
        await running
        result = [waiting, instance.read_memory(instance.function("text_buffer")(), 6), instance.exit]
        """
        assert inline(kernel, body, module=reactor()) == [True, b"typed\n", None]

    def test_sleeping_takes_no_time_under_a_virtual_clock(self, kernel: HostKernel) -> None:
        body = """
        import time
        instance = await make(module, clock=ClockSpec("virtual", 1_000_000_000))
        now = instance.function("now")
        before, started = now(), time.monotonic()
        instance.function("nap")(3_600_000)
        result = [before, now() - before, time.monotonic() - started < 60]
        """
        before, slept, quick = inline(kernel, body, module=reactor())
        assert before == 1_000_000_000
        assert 0 <= slept - 3_600_000_000_000 < 1_000_000
        assert quick

    def test_sleeping_under_a_real_clock_takes_its_time(self, kernel: HostKernel) -> None:
        body = """
        import time
        instance = await make(module)
        started = time.monotonic()
        instance.function("nap")(30)
        result = time.monotonic() - started
        """
        assert inline(kernel, body, module=reactor()) >= 0.029

    def test_devices_are_the_same(self, kernel: HostKernel) -> None:
        body = """
        told = []
        class Observer:
            def event(self, line): told.append(line)
            def terminal(self, raw): pass
            def trace(self, calls): pass
        instance = await make(module, observer=Observer(), args=("program", "4", "2", "gray8", "3"))
        await instance.run("_start")
        frame = instance.frame()
        result = [frame.width, frame.height, frame.format, frame.data, instance.exit]
        """
        module = compile_program("dev_display").read_bytes()
        assert inline(kernel, body, module=module) == [4, 2, "gray8", bytes([3] * 8), None]


class TestHostileModules:
    def test_an_observer_that_fails_ends_nothing(self, kernel: HostKernel) -> None:
        body = """
        class Failing:
            def event(self, line): raise ValueError("observer")
            def terminal(self, raw): raise ValueError("observer")
            def trace(self, calls): raise ValueError("observer")
        import asyncio
        told = []
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda _, context: told.append(str(context["exception"])))
        try:
            instance = await make(module, observer=Failing())
            await instance.run("_initialize")
            for number in range(4):
                instance.function("say")(number)
        finally:
            loop.set_exception_handler(None)
        result = [instance.exit, told]
        """
        ended, told = inline(kernel, body, module=compile_program("inline/reactor_devices").read_bytes())
        assert ended is None
        assert set(told) == {"observer"}

    def test_a_memory_that_nobody_has_is_refused(self, kernel: HostKernel) -> None:
        module = wat2wasm('(module (memory (export "memory") 65536) (func (export "f")))')
        body = """
        try:
            result = [await later_code_of(make(module))]
        except MemoryError:
            result = ["python"]
        result.append(await later_code_of(make(module, memory_limit=1 << 20)))
        """
        begun, limited = inline(kernel, body, module=module)
        assert begun in (None, "WASM_MEMORY_LIMIT")
        assert limited == "WASM_MEMORY_LIMIT"

    def test_growth_is_held_by_the_limit(self, kernel: HostKernel) -> None:
        body = """
        instance = await make(module, memory_limit=2 * 65536)
        grow = instance.function("grow")
        result = [grow(1), grow(1), instance.memory_size()]
        """
        assert inline(kernel, body, module=ARITHMETIC) == [1, -1, 131072]

    def test_the_kernel_outlives_a_thousand_recursions(self, kernel: HostKernel) -> None:
        body = """
        compiled = await kernel.engine.compile(module)
        codes = set()
        for _ in range(50):
            instance = compiled.instantiate(ProcessSpec(b"", ("program",)))
            codes.add(code_of(instance.function("recurse")))
            instance.dispose()
        result = sorted(codes)
        """
        assert inline(kernel, body, module=ARITHMETIC) == ["WASM_TRAP"]


class TestDisposal:
    def test_a_disposed_instance_answers_by_code_and_disposal_can_be_repeated(self, kernel: HostKernel) -> None:
        body = """
        instance = await make(module)
        add, window = instance.function("add"), instance.memory_window(0, 8)
        instance.dispose()
        instance.dispose()
        result = [code_of(add, 1, 2), code_of(instance.function, "add"), code_of(instance.read_memory, 0, 1),
                  code_of(instance.write_memory, 0, b""), code_of(instance.memory_size),
                  code_of(instance.write_stdin, b""), code_of(instance.control, "time.now"),
                  await later_code_of(instance.run("nothing")), code_of(window.read_into, bytearray(8)), instance.exit]
        """
        assert inline(kernel, body, module=ARITHMETIC) == [
            *["WASM_CONTEXT_DISPOSED"] * 8,
            "WASM_MEMORY_VIEW_STALE",
            None,
        ]

    def test_an_instance_that_nobody_refers_to_is_disposed(self, kernel: HostKernel) -> None:
        body = f"""
        import gc, weakref
        instance = await make(module, {IMPORTS})
        made.clear()
        call = instance.function("depth")
        seen = weakref.ref(instance)
        handle = instance.handle
        del instance
        gc.collect()
        result = [seen() is not None, call()]
        del call
        gc.collect()
        try:
            handle.memorySize()
        except Exception as error:
            result += [seen() is None, "WASM_CONTEXT_DISPOSED" in str(error)]
        """
        assert inline(kernel, body, module=CALLER) == [True, 0, True, True]

    def test_a_thousand_instances_leave_nothing_behind(self, kernel: HostKernel) -> None:
        body = textwrap.dedent("""
        import gc, pyodide_js
        class Marker: pass
        compiled = await kernel.engine.compile(module)
        def once():
            marker = Marker()
            spec = ProcessSpec(b"", ("program",), imports=Imports({
                "host.visit": lambda n: n + (marker is None), "host.wide": lambda a, b: a,
                "host.pair": lambda: (1, 2), "host.say": lambda p, n: None}))
            instance = compiled.instantiate(spec)
            instance.function("visit")(1)
            instance.function("wide")(1, 2)
            instance.function("pair")()
            instance.memory_window(0, 8).read_into(bytearray(8))
            instance.dispose()
        def objects():
            gc.collect()
            return len(gc.get_objects())
        def alive():
            return sum(isinstance(item, Marker) for item in gc.get_objects())
        for _ in range(20):
            once()
        before = objects()
        for _ in range(1000):
            once()
        result = [alive(), objects() - before]
        """)
        alive, growth = inline(kernel, body, module=CALLER)
        assert alive == 0
        assert growth < 100


def test_memories_of_disposed_instances_leave_room_for_processes(kernel: HostKernel) -> None:
    """A page has addresses for a hundred-odd memories, and whose garbage they are in does not matter."""
    module = wat2wasm('(module (memory (export "memory") 1) (func (export "one") (result i32) (i32.const 1)))')
    body = """
    made, code = [], ""
    try:
        while not code and len(made) < 1000:
            made.append(await make(module))
    except KernelError as error:
        code = error.code
    for instance in made:
        instance.dispose()
    result = [code, len(made) > 50]
    made.clear()
    """
    assert inline(kernel, body, module=module) == ["WASM_MEMORY_LIMIT", True]
    process = kernel.spawn(bytes(module), stay=True)
    assert process.call("one") == 1
    process.kill()
