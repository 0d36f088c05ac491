"""Broken modules by the thousand: each ends for a documented reason, and nothing else is the worse for it."""

from __future__ import annotations

import collections
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import pytest
import wasmtime
from mutation import Mutant, mutant
from mutation_binary import Binary, parse
from programs import compile_program
from registry import registry_program

from aikernel_web.contracts.errors import KernelError

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from aikernel_web.host import HostKernel

Original = tuple[str, bytes, Binary]

TIMEOUT = 2.0
"""Seconds a mutant may run; one that runs on ends with the reason `timeout`, which is in order."""

LATE = 15.0
"""Seconds past its timeout after which a mutant counts as one that hung."""

MEMORY_LIMIT = 64 << 20
LARGE_LIMIT = 1 << 30

MOST_WORKERS = 5
"""The kernel's, and four that wait for programs."""

SMALL = (
    "args",
    "cat",
    "copy",
    "directories",
    "files",
    "random",
    "recursion",
    "stdin_bytes",
    "sums",
    "trap_memory",
    "tree",
)

EXIT_CODES = {"timeout": 124, "invalid": 126, "link": 126, "trapped": 134, "killed": 137, "memory": 137, "output": 153}

CODES = {
    "exited": {None},
    "trapped": {"WASM_TRAP", "WASM_SUSPENSION_UNAVAILABLE"},
    "timeout": {"WASM_PROCESS_TIMEOUT"},
    "memory": {"WASM_MEMORY_LIMIT"},
    "output": {"WASM_OUTPUT_LIMIT"},
    "link": {"WASM_IMPORT_MISSING", "WASM_ENTRY_MISSING"},
    "invalid": {"WASM_MODULE_INVALID", "WASM_FEATURE_UNSUPPORTED", "WASM_COMPONENT_UNSUPPORTED"},
}


@pytest.fixture(scope="module")
def small() -> list[Original]:
    return [original(name, compile_program(name).read_bytes()) for name in SMALL]


def original(name: str, data: bytes) -> Original:
    return name, data, parse(data)


def run_all(kernel: HostKernel, mutants: Sequence[Mutant], limits: Sequence[int | None]) -> list[dict[str, Any]]:
    """Run mutants, each under its memory limit; return how each ended.

    One after another: a mutant that crashes its worker costs a new one, and several at once only wait for each other's.
    """
    return [outcome_of(kernel, one.module, limit) for one, limit in zip(mutants, limits, strict=True)]


def outcome_of(kernel: HostKernel, module: bytes, limit: int | None) -> dict[str, Any]:
    """Return how a module ended; under `error` what was raised instead, HOST_TIMEOUT for one that hangs."""
    begun = time.monotonic()
    try:
        done = kernel.run(module, stdin=b"1\n2\n", timeout=TIMEOUT, output_limit=1 << 20, memory_limit=limit)
    except KernelError as error:
        return {"error": str(error)[:300], "code": error.code}
    return {
        "reason": str(done.reason),
        "exitCode": done.exit_code,
        "code": done.code,
        "message": done.message[:300],
        "output": (done.stdout, done.stderr),
        "milliseconds": (time.monotonic() - begun) * 1000,
    }


def complaints(one: Mutant, outcome: dict[str, Any]) -> list[str]:
    """Return what is wrong with how a mutant ended."""
    if "error" in outcome:
        return [f"mutant {one.number} of {one.origin} ({one.how}) did not end: {outcome}"]
    reason, code = outcome["reason"], outcome["code"]
    wrong = []
    if code not in CODES.get(reason, set()):
        wrong.append(f"reason {reason} with code {code}")
    if reason != "exited" and outcome["exitCode"] != EXIT_CODES.get(reason):
        wrong.append(f"reason {reason} with exit code {outcome['exitCode']}")
    if reason != "exited" and not outcome["message"]:
        wrong.append(f"reason {reason} without a message")
    if outcome["milliseconds"] > (TIMEOUT + LATE) * 1000:
        wrong.append(f"{outcome['milliseconds']} ms")
    return [f"mutant {one.number} of {one.origin} ({one.how}): {what}: {outcome}" for what in wrong]


def wait_for_workers(page: Page) -> int:
    """Wait for workers to go; return how many are left. A browser takes two seconds to stop a busy one for good."""
    deadline = time.monotonic() + 20
    while len(page.workers) > MOST_WORKERS and time.monotonic() < deadline:
        page.wait_for_timeout(50)
    return len(page.workers)


def sweep(kernel: HostKernel, originals: Sequence[Original], numbers: range) -> collections.Counter[str]:
    """Run the mutants of these numbers, every other one under a memory limit; return how often which reason came."""
    page = kernel.page
    mutants = [one for one in (mutant(number, originals) for number in numbers) if one.module]
    begun = time.monotonic()
    outcomes = run_all(kernel, mutants, [MEMORY_LIMIT if one.number % 2 else None for one in mutants])
    seconds = time.monotonic() - begun
    reasons = collections.Counter(outcome.get("reason", "none") for outcome in outcomes)
    print(f"\n{len(mutants)} mutants in {seconds:.1f} s ({len(mutants) / seconds:.0f} a second): {dict(reasons)}")  # noqa: T201
    wrong = [text for one, outcome in zip(mutants, outcomes, strict=True) for text in complaints(one, outcome)]
    assert wrong == []
    assert wait_for_workers(page) <= MOST_WORKERS
    assert kernel.run(compile_program("exit_code"), args=["5"], timeout=60).exit_code == 5
    assert [entry for entry in kernel.processes() if entry["state"] == "Running"] == []
    return reasons


def test_broken_modules_end_for_a_documented_reason(kernel: HostKernel, small: list[Original]) -> None:
    reasons = sweep(kernel, small, range(150))
    assert {"exited", "trapped", "link", "invalid"} <= set(reasons)


def compare(kernel: HostKernel, originals: Sequence[Original], numbers: range) -> int:
    """Run the valid mutants as they are and changed for a memory limit; return how many were the same."""
    engine = wasmtime.Engine()
    mutants = [one for one in (mutant(number, originals) for number in numbers) if is_valid(engine, one.module)]
    plain = run_all(kernel, mutants, [None] * len(mutants))
    limited = run_all(kernel, mutants, [LARGE_LIMIT] * len(mutants))
    same, different = 0, []
    for one, first, second in zip(mutants, plain, limited, strict=True):
        assert complaints(one, first) + complaints(one, second) == []
        if "timeout" in {first["reason"], second["reason"]} or "stack" in first["message"]:
            continue  # how far it came is chance
        if second["reason"] == "memory":
            continue  # without the limit it had what it asked for
        if any(first[key] != second[key] for key in ("reason", "exitCode", "code", "output")):
            different.append(f"mutant {one.number} of {one.origin} ({one.how}): {first} became {second}")
        same += 1
    assert different == []
    return same


def is_valid(engine: wasmtime.Engine, module: bytes) -> bool:
    try:
        wasmtime.Module.validate(engine, module)
    except wasmtime.WasmtimeError:
        return False
    return True


def test_a_module_changed_for_a_memory_limit_does_what_it_did(kernel: HostKernel, small: list[Original]) -> None:
    assert compare(kernel, [one for one in small if one[0] != "random"], range(100_000, 100_120)) > 15


@pytest.mark.deep
@pytest.mark.parametrize("first", range(101_000, 104_000, 1000))
def test_a_thousand_modules_changed_for_a_memory_limit_do_what_they_did(
    kernel: HostKernel, all_originals: list[Original], first: int
) -> None:
    assert compare(kernel, [one for one in all_originals if one[0] != "random"], range(first, first + 1000)) > 150


@pytest.fixture(scope="module")
def all_originals(small: list[Original]) -> list[Original]:
    """Return the small programs, each several times, and a few large ones, which take longer to compile."""
    traps = original("trap_abort", compile_program("trap_abort").read_bytes())
    jq, quickjs = (original(name, registry_program(name).read_bytes()) for name in ("jq", "quickjs"))
    return [*small * 5, traps, jq, jq, quickjs]


@pytest.mark.deep
@pytest.mark.parametrize("first", range(1000, 11_000, 1000))
def test_ten_thousand_broken_modules_end_for_a_documented_reason(
    kernel: HostKernel, all_originals: list[Original], first: int
) -> None:
    assert len(sweep(kernel, all_originals, range(first, first + 1000))) >= 5
