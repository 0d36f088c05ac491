"""Clocks that a module imports as functions of its own: the program's clock, told without a trip to Python."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

import pytest
import wasmtime

from aikernel_web.host import ClockImport, ClockSpec

if TYPE_CHECKING:
    from aikernel_web.host import HostKernel

MODULE = wasmtime.wat2wasm("""(module
  (import "env" "ms" (func $ms (param i32) (result i32)))
  (import "env" "ns" (func $ns (result i64)))
  (import "env" "seconds" (func $seconds (result f64)))
  (func (export "ms") (result i32) (call $ms (i32.const 7)))
  (func (export "ns") (result i64) (call $ns))
  (func (export "seconds") (result f64) (call $seconds)))""")
CLOCKS = {
    "env.ms": ClockImport(1_000_000, passes=250_000),
    "env.ns": ClockImport(since="epoch"),
    "env.seconds": ClockImport(10**9),
}


class Inline:
    """A context in the kernel's Python, called from here."""

    def __init__(self, kernel: HostKernel) -> None:
        self._kernel = kernel
        encoded = base64.b64encode(bytes(MODULE)).decode()
        kernel.python(f"""
import base64
from aikernel_web import ClockImport, ClockSpec, WasmProcessOptions
context = kernel.runtime.create_context(options=WasmProcessOptions(clock=ClockSpec("manual", start=5)))
context.register_import("ms", ClockImport(1_000_000, passes=250_000))
context.register_import("ns", ClockImport(since="epoch"))
context.register_import("seconds", ClockImport(10**9))
await context.load_module(base64.b64decode("{encoded}"))
context.instantiate()
None
""")

    def call(self, name: str) -> Any:
        return self._kernel.python(f"context.call({name!r})")

    def control(self, operation: str, *args: object) -> Any:
        return self._kernel.python(f"context.control({operation!r}, *{args!r})")

    def save(self) -> None:
        self._kernel.python("state = context.save_state(); None")

    def restore(self) -> None:
        self._kernel.python("context.restore_state(state); None")


class Worker:
    """A process that stays."""

    def __init__(self, kernel: HostKernel) -> None:
        self._process = kernel.spawn(bytes(MODULE), stay=True, clock=ClockSpec("manual", start=5), imports=CLOCKS)
        self._state = b""

    def call(self, name: str) -> Any:
        return self._process.call(name)

    def control(self, operation: str, *args: object) -> Any:
        return {"time.pause": self._process.time.pause, "time.advance": self._advance}[operation](*args)

    def _advance(self, nanoseconds: int) -> None:
        self._process.time.advance(nanoseconds / 1e9)

    def save(self) -> None:
        self._state = self._process.save_state()

    def restore(self) -> None:
        self._process.restore_state(self._state)


@pytest.fixture(params=[Inline, Worker], ids=["inline", "worker"])
def program(request: pytest.FixtureRequest, kernel: HostKernel) -> Inline | Worker:
    made: Inline | Worker = request.param(kernel)
    return made


def test_each_tells_the_programs_clock_in_its_unit(program: Inline | Worker) -> None:
    assert (program.call("ns"), program.call("seconds")) == (5, 0.0)
    program.control("time.advance", 1_500_000_000)
    assert (program.call("ns"), program.call("seconds")) == (1_500_000_005, 1.5)
    assert program.call("ms") == 1500


def test_a_look_passes_time_on_a_clock_that_stands_unless_it_is_paused(program: Inline | Worker) -> None:
    assert [program.call("ms") for _ in range(5)] == [0, 0, 0, 1, 1]
    assert program.call("ns") == 5 + 5 * 250_000
    program.control("time.pause")
    assert [program.call("ms") for _ in range(5)] == [1] * 5


def test_the_clock_goes_on_from_a_saved_state(program: Inline | Worker) -> None:
    program.control("time.advance", 2_000_000_000)
    program.save()
    program.control("time.advance", 7_000_000_000)
    assert program.call("seconds") == 9.0
    program.restore()
    assert program.call("seconds") == 2.0


def test_integers_wrap_and_a_real_clock_goes_forward(kernel: HostKernel) -> None:
    clocks = {"env.ms": ClockImport(1, since="epoch"), "env.ns": ClockImport(), "env.seconds": ClockImport(10**9)}
    process = kernel.spawn(bytes(MODULE), stay=True, imports=clocks)
    assert -(2**31) <= process.call("ms") < 2**31
    looks = [process.call("ns") for _ in range(20)]
    assert looks == sorted(looks)
    assert 0 <= looks[0] < 60e9
    process.kill()


def test_a_function_that_answers_no_number_is_no_clock(kernel: HostKernel) -> None:
    module = wasmtime.wat2wasm('(module (import "env" "now" (func)))')
    done = kernel.run(bytes(module), imports={"env.now": ClockImport()})
    assert (done.reason, done.code) == ("link", "WASM_IMPORT_MISSING")
    assert "a clock, which answers one number" in done.message


@pytest.mark.parametrize(
    "wrong", [{"unit": 0}, {"unit": 1.5}, {"unit": 2**53}, {"passes": -1}, {"since": "yesterday"}], ids=str
)
def test_what_is_no_clock_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="WASM_CLOCK_IMPORT_INVALID"):
        ClockImport(**wrong)
