"""Clock, seed and determinism as options: what they stand for, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest

from aikernel_web.contracts.clock_options import clock_of, seed_of
from aikernel_web.contracts.engine import ClockMode, ClockSpec
from aikernel_web.contracts.errors import KernelError
from aikernel_web.runtime.process_options import WasmProcessOptions


@pytest.mark.parametrize(
    ("given", "deterministic", "mode"),
    [
        (None, False, "real"),
        (None, True, "virtual"),
        ("manual", True, "manual"),
        (ClockSpec("virtual", start=5), False, "virtual"),
    ],
)
def test_a_clock_is_given_whole_or_by_its_mode(
    given: ClockSpec | str | None, deterministic: bool, mode: ClockMode
) -> None:
    assert clock_of(given, deterministic=deterministic).mode == mode


@pytest.mark.parametrize(
    ("given", "deterministic", "code"),
    [
        ("fast", False, "WASM_TIME_MODE_INVALID"),
        ("real", True, "WASM_TIME_MODE_INVALID"),
        (ClockSpec("virtual", scale=-1), False, "WASM_TIME_SCALE_NEGATIVE"),
        (ClockSpec("virtual", start=2**63), False, "WASM_TIME_RANGE_INVALID"),
    ],
)
def test_what_is_no_clock_is_refused(given: ClockSpec | str, deterministic: bool, code: str) -> None:
    with pytest.raises(KernelError) as refused:
        clock_of(given, deterministic=deterministic)
    assert refused.value.code == code


def test_a_deterministic_program_has_a_seed() -> None:
    assert seed_of(None) is None
    assert seed_of(None, deterministic=True) == 0
    assert seed_of(2**53 - 1, deterministic=True) == 2**53 - 1


@pytest.mark.parametrize("seed", [-1, 2**53, 1.0, True, "1"])
def test_what_is_no_seed_is_refused(seed: Any) -> None:
    with pytest.raises(KernelError) as refused:
        seed_of(seed)
    assert refused.value.code == "WASM_SEED_INVALID"


def test_a_process_has_the_hosts_clock_unless_it_is_told() -> None:
    spec = WasmProcessOptions().to_spec("program")
    assert (spec.clock, spec.seed, spec.lossless, spec.stdin) == (ClockSpec("real"), None, False, None)


def test_deterministic_stands_for_what_is_left_open() -> None:
    spec = WasmProcessOptions(deterministic=True).to_spec("program")
    assert (spec.clock, spec.seed, spec.lossless, spec.stdin) == (ClockSpec("virtual"), 0, True, b"")
    given = WasmProcessOptions(deterministic=True, clock="manual", seed=5, stdin=b"in").to_spec("program")
    assert (given.clock, given.seed, given.lossless, given.stdin) == (ClockSpec("manual"), 5, True, b"in")


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"clock": "slow"}, "WASM_TIME_MODE_INVALID"),
        ({"clock": "real", "deterministic": True}, "WASM_TIME_MODE_INVALID"),
        ({"clock": ClockSpec(scale=float("nan"))}, "WASM_TIME_SCALE_NEGATIVE"),
        ({"clock": ClockSpec("virtual", start=-(2**63) - 1)}, "WASM_TIME_RANGE_INVALID"),
        ({"seed": 2**53}, "WASM_SEED_INVALID"),
    ],
    ids=str,
)
def test_options_that_cannot_be_are_refused_when_they_are_made(options: dict[str, Any], code: str) -> None:
    with pytest.raises(KernelError) as refused:
        WasmProcessOptions(**options)
    assert refused.value.code == code
