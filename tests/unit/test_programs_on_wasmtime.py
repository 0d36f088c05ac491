"""The table of expectations is true: on wasmtime every program does what the table says."""

from __future__ import annotations

from pathlib import Path

import programs
import pytest
import wasmtime
from programs import CompileError, compile_program, program_names
from programs.expectations import CASES, REAL_CASES, TRAPS, Case, Trap, flood
from programs.oracle import OracleOutcome, run_on_wasmtime
from registry import registry_program


def run(module: Path, case: Case) -> OracleOutcome:
    return run_on_wasmtime(module, args=case.args, env=case.env, stdin=case.stdin, files=case.files)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_a_program_does_what_the_table_says(case: Case) -> None:
    case.check(run(compile_program(case.program), case))


@pytest.mark.parametrize("case", REAL_CASES, ids=lambda case: case.id)
def test_a_program_of_the_registry_does_what_the_table_says(case: Case) -> None:
    case.check(run(registry_program(case.program), case))


@pytest.mark.parametrize("trap", TRAPS, ids=lambda trap: trap.program)
def test_a_trap_is_the_one_the_table_says(trap: Trap) -> None:
    outcome = run_on_wasmtime(compile_program(trap.program))
    assert (outcome.reason, outcome.code) == ("trapped", trap.code)
    assert outcome.stack[: len(trap.stack)] == trap.stack
    assert (outcome.stdout, outcome.stderr) == (trap.stdout, trap.stderr)


@pytest.mark.parametrize(("program", "begin"), [("spin", b"spinning\n"), ("chatter", b"line 0\nline 1\n")])
def test_an_endless_program_does_not_end_by_itself(program: str, begin: bytes) -> None:
    outcome = run_on_wasmtime(compile_program(program), interrupt_after=100_000_000)
    assert outcome.reason == "timeout"
    assert outcome.stdout.startswith(begin)


def test_twenty_megabytes_of_output_are_the_pattern() -> None:
    outcome = run_on_wasmtime(compile_program("flood"))
    assert len(outcome.stdout) == 20 << 20
    assert outcome.stdout == flood(20)


def test_a_plain_module_exports_its_function_and_no_entry_point() -> None:
    store = wasmtime.Store()
    module = wasmtime.Module.from_file(store.engine, str(compile_program("plain_add")))
    exports = wasmtime.Instance(store, module, []).exports(store)
    add = exports["add"]
    assert isinstance(add, wasmtime.Func)
    assert add(store, 40, 2) == 42
    assert "_start" not in exports


def test_the_module_with_an_unknown_import_is_refused() -> None:
    engine = wasmtime.Engine()
    linker = wasmtime.Linker(engine)
    linker.define_wasi()
    module = wasmtime.Module.from_file(engine, str(compile_program("plain_missing")))
    with pytest.raises(wasmtime.WasmtimeError, match="env::missing"):
        linker.instantiate(wasmtime.Store(engine), module)


def test_every_program_has_its_place_in_the_tests() -> None:
    in_tables = {entry.program for entry in (*CASES, *TRAPS)}
    by_hand = {"burst", "chatter", "hostile", "nap", "plain_add", "plain_missing", "spin", "store_moves"}
    assert sorted(in_tables | by_hand) == program_names()


def test_a_program_is_compiled_once(monkeypatch: pytest.MonkeyPatch) -> None:
    compiled = compile_program("empty")
    compile_program.cache_clear()
    monkeypatch.setattr(programs.subprocess, "run", pytest.fail)
    assert compile_program("empty") == compiled


def test_a_refused_program_gives_the_compilers_message(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "broken.c").write_text("int main(void) { return nonsense; }\n")
    monkeypatch.setattr(programs, "SOURCES", tmp_path)
    monkeypatch.setenv("AIKERNEL_WEB_CACHE", str(tmp_path / "cache"))
    with pytest.raises(CompileError, match=r"broken\.c does not compile[^\0]*undeclared identifier 'nonsense'"):
        compile_program("broken")
    assert not list((tmp_path / "cache").rglob("*.wasm"))
