"""Broken modules by the thousand: each ends for a documented reason, and nothing else is the worse for it."""

from __future__ import annotations

import base64
import collections
import json
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import pytest
import wasmtime
from mutation import Mutant, mutant
from mutation_binary import Binary, parse
from programs import compile_program
from registry import registry_program

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from aikernel_web.host import HostKernel

Original = tuple[str, bytes, Binary]

TIMEOUT = 2.0
"""Seconds a mutant may run; one that runs on ends with the reason `timeout`, which is in order."""

HANGING = 30.0
"""Seconds after which a mutant counts as one that hangs."""

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

# Rebuilds each mutant from its original, so that what travels is the difference, and runs several at once.
RUN = """async ({ originals, batch, parallel, timeout, hanging }) => {
  const kernel = await globalThis.aikernel.kernel;
  const bytes = (text) => Uint8Array.fromBase64(text);
  globalThis.originals ??= originals.map(bytes);
  const outcomes = [];
  const waiting = batch.entries();
  const one = async ([at, { origin, prefix, middle, suffix, options }]) => {
    const original = globalThis.originals[origin];
    const inner = bytes(middle);
    const module = new Uint8Array(prefix + inner.length + suffix);
    module.set(original.subarray(0, prefix));
    module.set(inner, prefix);
    module.set(original.subarray(original.length - suffix), prefix + inner.length);
    const begun = performance.now();
    const parts = [0, 0];
    let hash = 0x811c9dc5;
    const onOutput = (fd, data) => {
      parts[fd - 1] += data.length;
      for (const byte of data) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
    };
    let timer;
    const late = new Promise((_, reject) => {
      timer = setTimeout(() => reject(new Error("it hangs")), hanging * 1000);
    });
    let process;
    try {
      const run = async () => {
        const settings = { stdin: "1\\n2\\n", timeout, outputLimit: 1 << 20, onOutput, ...options };
        process = await kernel.spawn("mutant", module, settings);
        return process.exit;
      };
      const { reason, exitCode, code, message, stack } = await Promise.race([run(), late]);
      outcomes[at] = { reason, exitCode, code: code ?? null, stack: stack.length, parts, hash };
      outcomes[at].message = message.slice(0, 300);
    } catch (error) {
      outcomes[at] = { error: String(error).slice(0, 300), code: error.code ?? null };
    } finally {
      clearTimeout(timer);
      await Promise.race([process?.release(), new Promise((resolve) => setTimeout(resolve, hanging * 1000))]);
    }
    outcomes[at].milliseconds = performance.now() - begun;
  };
  const lane = async () => {
    for (const next of waiting) await one(next);
  };
  await Promise.all(Array.from({ length: parallel }, lane));
  return JSON.stringify(outcomes);
}"""


@pytest.fixture(scope="module")
def small() -> list[Original]:
    return [original(name, compile_program(name).read_bytes()) for name in SMALL]


def original(name: str, data: bytes) -> Original:
    return name, data, parse(data)


def run_all(
    page: Page, originals: Sequence[Original], mutants: Sequence[Mutant], options: Sequence[dict[str, Any]]
) -> list[dict[str, Any]]:
    """Run mutants in the page, a few at a time; return how each ended."""
    modules = {name: data for name, data, _ in originals}
    places = {name: index for index, name in enumerate(modules)}
    outcomes: list[dict[str, Any]] = []
    sent = {"originals": [base64.b64encode(data).decode() for data in modules.values()]}
    page.evaluate("() => { globalThis.originals = undefined; }")
    for first in range(0, len(mutants), 250):
        batch = [
            {"origin": places[one.origin], **difference(modules[one.origin], one.module), "options": how}
            for one, how in zip(mutants[first : first + 250], options[first : first + 250], strict=True)
        ]
        work = {"batch": batch, "parallel": 3, "timeout": TIMEOUT, "hanging": HANGING, **sent}
        outcomes += json.loads(page.evaluate(RUN, work))
        sent = {"originals": []}
    return outcomes


def difference(old: bytes, new: bytes) -> dict[str, Any]:
    """Return `new` as what it has of `old` before and behind, and what is between."""
    prefix = common(old, new)
    suffix = common(old[prefix:][::-1], new[prefix:][::-1])
    return {
        "prefix": prefix,
        "middle": base64.b64encode(new[prefix : len(new) - suffix]).decode(),
        "suffix": suffix,
    }


def common(one: bytes, other: bytes) -> int:
    """Return how many bytes two texts begin with alike."""
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if one[low:middle] == other[low:middle] else (low, middle - 1)
    return low


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
    if outcome["milliseconds"] > (TIMEOUT + HANGING / 2) * 1000:
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
    mutants = [mutant(number, originals) for number in numbers]
    limited = [{"memoryLimit": MEMORY_LIMIT} if one.number % 2 else {} for one in mutants]
    begun = time.monotonic()
    outcomes = run_all(page, originals, mutants, limited)
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
    plain = run_all(kernel.page, originals, mutants, [{}] * len(mutants))
    limited = run_all(kernel.page, originals, mutants, [{"memoryLimit": LARGE_LIMIT}] * len(mutants))
    same, different = 0, []
    for one, first, second in zip(mutants, plain, limited, strict=True):
        assert complaints(one, first) + complaints(one, second) == []
        if "timeout" in {first["reason"], second["reason"]} or "stack" in first["message"]:
            continue  # how far it came is chance
        if second["reason"] == "memory":
            continue  # without the limit it had what it asked for
        if any(first[key] != second[key] for key in ("reason", "exitCode", "code", "parts", "hash")):
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
