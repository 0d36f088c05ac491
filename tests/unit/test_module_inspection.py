"""What is read from a module's bytes: held against wasmtime's own lists, and against bytes that nobody has checked."""

from __future__ import annotations

import time

import pytest
import wasmtime
from hypothesis import given, settings
from hypothesis import strategies as st
from programs import compile_program, program_names
from registry import PROGRAMS, registry_program

from aikernel_web import KernelError
from aikernel_web.contracts.engine import EMPTY_MODULE
from aikernel_web.runtime.module import inspect_module
from aikernel_web.runtime.module_types import FunctionType, GlobalType, MemoryType, ModuleInfo, TableType, TagType

HEADER = EMPTY_MODULE
REFUSALS = {None, "WASM_MODULE_INVALID", "WASM_FEATURE_UNSUPPORTED"}


def section(number: int, content: bytes) -> bytes:
    return bytes([number]) + leb(len(content)) + content


def leb(number: int) -> bytes:
    data = bytearray()
    while number > 0x7F:
        data.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*data, number])


def code_of(data: bytes) -> str | None:
    try:
        inspect_module(data)
    except KernelError as error:
        return error.code
    return None


def oracle(data: bytes) -> tuple[list[tuple[object, ...]], list[tuple[object, ...]]]:
    """Imports and exports as wasmtime tells them."""
    engine = wasmtime.Engine()
    module = wasmtime.Module(engine, data)
    imports = [(item.module, item.name, *described(item.type)) for item in module.imports]
    return imports, [(item.name, *described(item.type)) for item in module.exports]


def named(type_: wasmtime.ValType) -> str:
    # wasmtime's Python knows the reference types by the names of the first proposal.
    return str(type_).replace("anyref", "externref")


def described(type_: object) -> tuple[object, ...]:
    match type_:
        case wasmtime.FuncType():
            return "function", tuple(map(named, type_.params)), tuple(map(named, type_.results))
        case wasmtime.GlobalType():
            return "global", named(type_.content), type_.mutable
        case wasmtime.MemoryType():
            return "memory", type_.limits.min, type_.limits.max
        case wasmtime.TableType():
            return "table", named(type_.element), type_.limits.min, type_.limits.max
        case _:
            raise AssertionError(type_)


def ours(info: ModuleInfo) -> tuple[list[tuple[object, ...]], list[tuple[object, ...]]]:
    def of(type_: object) -> tuple[object, ...]:
        match type_:
            case FunctionType(params, results):
                return "function", params, results
            case GlobalType(value, mutable):
                return "global", value, mutable
            case MemoryType(minimum, maximum):
                return "memory", minimum, maximum
            case TableType(element, minimum, maximum):
                return "table", element, minimum, maximum
            case _:
                raise AssertionError(type_)

    imports: list[tuple[object, ...]] = [(item.module, item.name, *of(item.type)) for item in info.imports]
    return imports, [(item.name, *of(item.type)) for item in info.exports]


class TestRealModules:
    @pytest.mark.parametrize("name", program_names())
    def test_the_programs_of_the_tests(self, name: str) -> None:
        data = compile_program(name).read_bytes()
        assert ours(inspect_module(data)) == oracle(data)

    @pytest.mark.parametrize("name", sorted(name for name in PROGRAMS if not name.endswith(".gz")))
    @pytest.mark.deep
    def test_programs_of_the_registry(self, name: str) -> None:
        data = registry_program(name).read_bytes()
        began = time.perf_counter()
        info = inspect_module(data)
        assert time.perf_counter() - began < 2
        assert ours(info) == oracle(data)
        assert info.size == len(data)

    def test_a_command_in_full(self) -> None:
        info = inspect_module(compile_program("empty").read_bytes())
        assert info.exported_functions() == ("_start",)
        assert [export.kind for export in info.exports] == ["memory", "function"]
        assert str(info.exports[1].type) == "(func)"
        assert info.export("memory") is info.exports[0]
        assert info.export("other") is None

    def test_the_empty_module(self) -> None:
        assert inspect_module(EMPTY_MODULE) == ModuleInfo(8)


class TestTypes:
    def test_everything_that_can_be_imported_and_exported(self) -> None:
        wat = """(module
          (import "a" "f" (func (param i32 i64 f32 f64) (result externref funcref)))
          (import "a" "t" (table 1 9 funcref)) (import "a" "m" (memory 2 3)) (import "a" "g" (global (mut f64)))
          (table $own 4 externref)
          (global $sum i64 (i64.add (i64.const -9223372036854775808) (i64.const 63)))
          (global $f f32 (f32.const nan)) (global $d f64 (f64.const -0)) (global $v v128 (v128.const i64x2 1 2))
          (global $r funcref (ref.func 0)) (global $n externref (ref.null extern))
          (func $start) (start $start)
          (export "\\c3\\bc" (func 0)) (export "t" (table $own)) (export "sum" (global $sum)))"""
        data = wasmtime.wat2wasm(wat)
        info = inspect_module(data)
        assert ours(info) == oracle(data)
        assert [str(item.type) for item in info.imports] == [
            "(func (param i32 i64 f32 f64) (result externref funcref))",
            "(table 1 9 funcref)",
            "(memory 2 3)",
            "(global (mut f64))",
        ]
        assert [export.name for export in info.exports] == ["ü", "t", "sum"]
        assert info.start == 1
        assert (len(info.functions), len(info.tables), len(info.memories), len(info.globals)) == (2, 2, 1, 7)
        assert [type_.value for type_ in info.globals] == ["f64", "i64", "f32", "f64", "v128", "funcref", "externref"]

    def test_later_proposals(self) -> None:
        wat = """(module
          (rec (type $node (sub (struct (field (mut i32)) (field (ref null $node))))) (type $bytes (array (mut i8))))
          (type $call (func (param (ref $node) i31ref anyref) (result (ref null $bytes))))
          (memory (export "wide") i64 1 70000) (memory (export "shared") 1 2 shared)
          (tag (export "oops") (param i32 f64))
          (global (export "node") (ref $node) (struct.new $node (i32.const 1) (ref.null $node)))
          (table (export "filled") 2 (ref null func) (ref.null func))
          (func (export "call") (type $call) (ref.null $bytes)))"""
        info = inspect_module(wasmtime.wat2wasm(wat))
        assert {export.name: str(export.type) for export in info.exports} == {
            "wide": "(memory i64 1 70000)",
            "shared": "(memory 1 2 shared)",
            "oops": "(tag (param i32 f64))",
            "node": "(global (ref 0))",
            "filled": "(table 2 funcref)",
            "call": "(func (param (ref 0) i31ref anyref) (result (ref null 1)))",
        }
        assert info.tags == (TagType(("i32", "f64")),)

    def test_custom_sections_are_named(self) -> None:
        data = HEADER + section(0, b"\4name") + section(0, b"\x05hello" + b"x")
        assert inspect_module(data).custom_sections == ("name", "hello")

    def test_plain_values_for_whoever_asks_by_message(self) -> None:
        info = inspect_module(compile_program("plain_add").read_bytes())
        assert {"name": "add", "kind": "function", "params": ["i32", "i32"], "results": ["i32"]} in [
            export.describe() for export in info.exports
        ]


class TestHostileBytes:
    @pytest.mark.parametrize(
        ("data", "code"),
        [
            (b"", "WASM_MODULE_INVALID"),
            (b"\0asm", "WASM_MODULE_INVALID"),
            (b"\x7fELF\1\0\0\0", "WASM_MODULE_INVALID"),
            (b"\0asm\2\0\0\0", "WASM_MODULE_INVALID"),
            (b"\0asm\x0d\0\1\0", "WASM_COMPONENT_UNSUPPORTED"),
            (HEADER + b"\1", "WASM_MODULE_INVALID"),
            (HEADER + b"\1\x80\x80\x80\x80\x80\0", "WASM_MODULE_INVALID"),
            (HEADER + section(14, b""), "WASM_FEATURE_UNSUPPORTED"),
            (HEADER + section(1, b"\0") + section(1, b"\0"), "WASM_MODULE_INVALID"),
            (HEADER + section(3, b"\0") + section(1, b"\0"), "WASM_MODULE_INVALID"),
            (HEADER + section(1, b"\xff\xff\xff\xff\x0f"), "WASM_MODULE_INVALID"),
            (HEADER + section(1, b"\0\0"), "WASM_MODULE_INVALID"),
            (HEADER + section(1, b"\1\x60\1\x01\0"), "WASM_FEATURE_UNSUPPORTED"),
            (HEADER + section(3, b"\1\0"), "WASM_MODULE_INVALID"),
            (HEADER + section(5, b"\1\x10\0"), "WASM_FEATURE_UNSUPPORTED"),
            (HEADER + section(6, b"\1\x7f\2\x41\0\x0b"), "WASM_MODULE_INVALID"),
            (HEADER + section(6, b"\1\x7f\0\x10\0\x0b"), "WASM_FEATURE_UNSUPPORTED"),
            (HEADER + section(7, b"\1\1\xff\0\0"), "WASM_MODULE_INVALID"),
            (HEADER + section(7, b"\1\1a\5\0"), "WASM_FEATURE_UNSUPPORTED"),
            (HEADER + section(8, b"\0"), "WASM_MODULE_INVALID"),
            (HEADER + section(1, b"\1\x50\0\x60\0\0\0"), "WASM_MODULE_INVALID"),
            (HEADER + section(1, b"\1\x5e\x7f\0") + section(3, b"\1\0"), "WASM_MODULE_INVALID"),
            (HEADER + section(1, b"\1\x5d\0"), None),
            (HEADER + section(5, b"\1\x08\1\x11"), "WASM_FEATURE_UNSUPPORTED"),
            (HEADER + section(5, b"\1\x08\1\0"), None),
            (HEADER + section(6, b"\1\x7f\0\xfd\0\x0b"), "WASM_FEATURE_UNSUPPORTED"),
            (HEADER + section(6, b"\1\x7f\0\xfb\x63\x0b"), "WASM_FEATURE_UNSUPPORTED"),
            (HEADER + section(6, b"\1\x63\x40\0\x0b"), "WASM_FEATURE_UNSUPPORTED"),
            (HEADER + section(6, b"\1\x01\0\x0b"), "WASM_FEATURE_UNSUPPORTED"),
            (HEADER + section(5, b"\1\0\1") + section(7, b"\2\1a\2\0\1a\2\0"), "WASM_MODULE_INVALID"),
        ],
    )
    def test_malformed_and_unknown_forms_are_refused_by_code(self, data: bytes, code: str | None) -> None:
        assert code_of(data) == code

    @given(st.binary(max_size=300))
    def test_bytes_of_any_kind(self, data: bytes) -> None:
        assert code_of(HEADER + data) in REFUSALS
        assert code_of(data) in {*REFUSALS, "WASM_COMPONENT_UNSUPPORTED"}

    @settings(deadline=None)
    @given(st.data())
    def test_damaged_programs(self, data: st.DataObject) -> None:
        module = bytearray(compile_program("empty").read_bytes())
        for _ in range(data.draw(st.integers(1, 4))):
            module[data.draw(st.integers(8, len(module) - 1))] = data.draw(st.integers(0, 255))
        cut = data.draw(st.integers(8, len(module)))
        assert code_of(bytes(module[:cut])) in REFUSALS

    def test_promises_cost_nothing(self) -> None:
        claims = HEADER + section(2, leb(0xFFFFFFF) + b"\0" * 10)
        began = time.perf_counter()
        assert code_of(claims) == "WASM_MODULE_INVALID"
        assert time.perf_counter() - began < 0.1
