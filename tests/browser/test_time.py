"""The clock that a running program sees, and the host moves: exact times where it is manual, codes where refused."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from inline_code import inline
from programs import compile_program

from aikernel_web.contracts.engine import ClockSpec
from aikernel_web.contracts.errors import KernelError

if TYPE_CHECKING:
    from aikernel_web.host import HostKernel, HostProcess

PATIENCE = 60
"""Seconds after which what should have happened long ago counts as hanging."""
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
SECOND = 1_000_000_000
HOUR = 3600 * SECOND
LONG_AGO = 86_400 * SECOND


@pytest.fixture
def spawn(kernel: HostKernel) -> Callable[..., HostProcess]:
    """Start the program that waits as its arguments say."""

    def start(*args: object, **options: Any) -> HostProcess:
        return kernel.spawn(compile_program("process/waits"), [str(arg) for arg in args], **options)

    return start


Spawn = Callable[..., "HostProcess"]


def line(process: HostProcess) -> tuple[str, int, int]:
    """What the program tells next: after what, its time of day, its monotonic time."""
    what, day, monotonic = process.stdout.read_until(b"\n").decode().split()
    return what, int(day), int(monotonic)


def asleep(process: HostProcess, count: int = 1) -> None:
    """Wait until so many sleep."""
    deadline = time.monotonic() + PATIENCE
    while process.time.state().waiting != count:
        assert time.monotonic() < deadline, "nothing sleeps"


def told(process: HostProcess) -> list[list[str]]:
    done = process.wait(timeout=PATIENCE)
    assert (done.exit_code, done.stderr) == (0, b"")
    return [words.split() for words in done.stdout.decode().splitlines()]


class TestManual:
    def test_a_sleeper_wakes_exactly_when_the_clock_has_come_there(self, spawn: Spawn) -> None:
        process = spawn("sleep", 3 * SECOND + 1, clock="manual")
        assert line(process) == ("begin", 0, 0)
        asleep(process)
        state = process.time.state()
        assert (state.mode, state.paused, state.scale, state.nanoseconds, state.waiting) == ("manual", False, 1, 0, 1)
        assert process.time.advance(3) == EPOCH + timedelta(seconds=3)
        asleep(process)
        assert process.time.advance(timedelta(microseconds=1)) == EPOCH + timedelta(seconds=3, microseconds=1)
        assert line(process) == ("sleep", 3 * SECOND + 1000, 3 * SECOND + 1000)
        assert process.wait(timeout=PATIENCE).exit_code == 0

    def test_it_begins_where_it_is_told(self, spawn: Spawn) -> None:
        process = spawn(clock=ClockSpec("manual", start=1_234_567_890_123_456_789))
        assert told(process) == [["begin", "1234567890123456789", "0"]]

    def test_a_step_goes_to_the_first_deadline(self, spawn: Spawn) -> None:
        process = spawn("sleep", 5 * SECOND, "sleep", 123, clock="manual")
        asleep(process)
        assert process.time.state().next == EPOCH + timedelta(seconds=5)
        assert process.time.step() == EPOCH + timedelta(seconds=5)
        asleep(process)
        process.time.step()
        assert told(process)[1:] == [["sleep", "5000000000", "5000000000"], ["sleep", "5000000123", "5000000123"]]

    def test_a_paused_clock_is_moved_by_steps_alone(self, spawn: Spawn) -> None:
        process = spawn("sleep", SECOND, clock=ClockSpec("manual", paused=True))
        asleep(process)
        assert process.time.advance(10) == EPOCH
        assert process.time.step() == EPOCH + timedelta(seconds=1)
        assert told(process)[-1] == ["sleep", str(SECOND), str(SECOND)]

    def test_a_step_without_sleepers_moves_nothing(self, spawn: Spawn) -> None:
        process = spawn("busy", SECOND, clock="manual")
        line(process)
        assert process.time.step() is None
        assert process.time.now() == EPOCH

    def test_what_is_added_is_scaled_and_cut_to_ticks(self, spawn: Spawn) -> None:
        process = spawn("sleep", HOUR, clock="manual")
        process.time.scale(1.5)
        process.time.advance(timedelta(microseconds=1))
        assert process.time.state().nanoseconds == 1500
        process.time.scale(0.25)
        process.time.advance(timedelta(microseconds=1))
        assert process.time.state().nanoseconds == 1700
        process.time.scale(0)
        process.time.advance(10)
        assert process.time.state().nanoseconds == 1700
        process.kill()

    def test_backwards_goes_the_time_of_day_alone(self, spawn: Spawn) -> None:
        process = spawn("sleep", SECOND, "until", 11 * SECOND, clock=ClockSpec("manual", start=10 * SECOND))
        asleep(process)
        process.time.advance(-5)
        process.time.advance(1)
        assert line(process)[0] == "begin"
        assert line(process) == ("sleep", 6 * SECOND, SECOND)
        asleep(process)
        process.time.advance(-1)
        process.time.advance(5)
        asleep(process)
        process.time.advance(1)
        assert line(process) == ("until", 11 * SECOND, 7 * SECOND)

    def test_a_busy_wait_ends_when_the_host_moves_the_clock(self, spawn: Spawn) -> None:
        process = spawn("busy", SECOND, clock="manual")
        assert line(process) == ("begin", 0, 0)
        process.time.advance(0.5)
        assert process.time.state().nanoseconds == SECOND // 2
        process.time.advance(0.5)
        assert line(process) == ("busy", SECOND, SECOND)

    def test_input_and_the_clock_both_end_a_poll(self, spawn: Spawn) -> None:
        process = spawn("poll", 1000, "poll", 1000, clock="manual")
        asleep(process)
        process.stdin.write("x")
        assert line(process)[0] == "begin"
        assert process.stdout.read_until(b"\n") == b"ready 1 x\n"
        assert line(process) == ("poll", 0, 0)
        asleep(process)
        process.time.advance(1)
        assert process.stdout.read_until(b"\n") == b"ready 0 \n"
        assert line(process) == ("poll", SECOND, SECOND)

    def test_files_bear_this_time(self, kernel: HostKernel) -> None:
        module = compile_program("process/alike")
        process = kernel.spawn(module, clock=ClockSpec("manual", start=LONG_AGO), stdin="", files={"/given/a": "a"})
        process.time.set_mode("virtual")
        done = process.wait(timeout=PATIENCE)
        assert b"/given/a: dev 1 ino 3 links 1 size 1 times 86400.000000000" in done.stdout


class TestVirtual:
    def test_sleeps_take_no_time_and_are_exact(self, spawn: Spawn) -> None:
        begun = time.monotonic()
        process = spawn("sleep", 1000 * HOUR, "until", 2000 * HOUR, "sleep", 1, clock="virtual")
        lines = told(process)
        assert time.monotonic() - begun < PATIENCE
        # A reading of a clock takes a microsecond: the time of day is read before the monotonic one.
        assert lines[0] == ["begin", "0", "1000"]
        assert lines[1] == ["sleep", str(1000 * HOUR + 2000), str(1000 * HOUR + 3000)]
        assert lines[2] == ["until", str(2000 * HOUR), str(2000 * HOUR + 1000)]
        assert lines[3] == ["sleep", str(2000 * HOUR + 2001), str(2000 * HOUR + 3001)]

    def test_a_busy_wait_ends(self, spawn: Spawn) -> None:
        what, _, monotonic = told(spawn("busy", SECOND // 100, clock="virtual"))[1]
        assert (what, int(monotonic)) == ("busy", 2000 + SECOND // 100 + 2000)

    def test_a_poll_with_a_timeout_jumps_to_it(self, spawn: Spawn) -> None:
        lines = told(spawn("poll", 60_000, clock="virtual"))
        assert lines[1] == ["ready", "0"]
        assert lines[2] == ["poll", str(60 * SECOND + 2000), str(60 * SECOND + 3000)]

    def test_a_program_that_sleeps_for_ever_can_be_asked_and_ended(self, spawn: Spawn) -> None:
        process = spawn("forever", HOUR, clock="virtual", on_output=lambda *_: None)
        deadline = time.monotonic() + PATIENCE
        while process.time.now() < EPOCH + timedelta(days=400):
            assert time.monotonic() < deadline
        assert process.terminate(PATIENCE).reason == "killed"

    def test_one_that_is_not_controllable_too(self, spawn: Spawn) -> None:
        process = spawn("forever", HOUR, clock="virtual", controllable=False, on_output=lambda *_: None)
        assert process.time.now() >= EPOCH
        assert process.terminate(PATIENCE).exit_code == 143

    def test_paused_it_stands_until_it_is_resumed(self, spawn: Spawn) -> None:
        process = spawn("sleep", HOUR, "sleep", HOUR, clock=ClockSpec("virtual", paused=True))
        asleep(process)
        assert process.time.now() == EPOCH
        process.time.resume()
        assert told(process)[-1] == ["sleep", str(2 * HOUR + 2000), str(2 * HOUR + 3000)]

    def test_the_host_moves_it_too(self, spawn: Spawn) -> None:
        process = spawn("poll", -1, clock="virtual")
        assert line(process) == ("begin", 0, 1000)
        process.time.scale(2)
        assert process.time.advance(5) == EPOCH + timedelta(seconds=10, microseconds=2)
        process.stdin.close()
        assert told(process)[-1] == ["poll", str(10 * SECOND + 2000), str(10 * SECOND + 3000)]


class TestReal:
    def test_it_is_the_hosts(self, spawn: Spawn) -> None:
        before = time.time_ns()
        process = spawn("sleep", SECOND // 10)
        lines = told(process)
        days = [int(day) for _, day, _ in lines]
        assert before - SECOND < days[0] < days[1] < time.time_ns() + SECOND
        assert int(lines[1][2]) - int(lines[0][2]) >= SECOND // 10

    def test_a_pause_stops_sleeps_and_the_clock(self, spawn: Spawn) -> None:
        process = spawn("sleep", SECOND // 5, clock=ClockSpec(paused=True))
        asleep(process)
        stands = process.time.state()
        time.sleep(0.5)
        assert process.time.state() == stands
        assert process.running
        process.time.resume()
        begin, slept = told(process)
        assert int(slept[2]) - int(begin[2]) >= SECOND // 5

    def test_a_scale_shortens_sleeps_that_have_begun(self, spawn: Spawn) -> None:
        process = spawn("sleep", 24 * HOUR)
        asleep(process)
        process.time.scale(24 * 3600 * 10)
        begin, slept = told(process)
        assert int(slept[1]) - int(begin[1]) >= 24 * HOUR

    def test_a_scale_of_0_stops_them_and_an_infinite_one_ends_them(self, spawn: Spawn) -> None:
        process = spawn("sleep", HOUR)
        asleep(process)
        process.time.scale(0)
        stands = process.time.now()
        time.sleep(0.1)
        assert process.time.now() == stands
        process.time.scale(math.inf)
        begin, slept = told(process)
        assert HOUR <= int(slept[1]) - int(begin[1]) < HOUR + 60 * SECOND

    def test_moving_it_wakes_who_sleeps(self, spawn: Spawn) -> None:
        process = spawn("sleep", HOUR)
        asleep(process)
        process.time.advance(3601)
        begin, slept = told(process)
        assert int(slept[1]) - int(begin[1]) >= HOUR

    def test_a_step_wakes_who_sleeps(self, spawn: Spawn) -> None:
        process = spawn("sleep", HOUR)
        asleep(process)
        assert process.time.step() is not None
        begin, slept = told(process)
        assert HOUR <= int(slept[2]) - int(begin[2]) < HOUR + 60 * SECOND

    def test_the_mode_changes_without_a_jump_of_the_time(self, spawn: Spawn) -> None:
        process = spawn("sleep", HOUR, "sleep", HOUR)
        asleep(process)
        process.time.set_mode("manual")
        stands = process.time.state()
        assert abs(stands.now - datetime.now(UTC)) < timedelta(seconds=PATIENCE)
        process.time.set_mode("virtual")
        begin, first, second = told(process)
        assert HOUR <= int(second[1]) - int(first[1]) <= HOUR + 10_000
        assert int(first[1]) - int(begin[1]) >= HOUR

    def test_a_busy_program_is_scaled_and_paused(self, spawn: Spawn) -> None:
        process = spawn("busy", HOUR)
        line(process)
        process.time.pause()
        stands = process.time.now()
        assert process.time.now() == stands
        process.time.resume()
        process.time.scale(100_000)
        assert line(process)[0] == "busy"


class TestInline:
    WAITS = 'args=("waits", "sleep", "3000000000"), clock=ClockSpec("manual")'

    def test_an_entry_that_can_be_suspended_sleeps_until_the_host_moves_the_clock(self, kernel: HostKernel) -> None:
        code = f"""
            import asyncio
            instance = await make(module, {self.WAITS})
            running = asyncio.ensure_future(instance.run("_start"))
            while instance.control("time.state")["waiting"] == 0:
                await asyncio.sleep(0)
            reached = instance.control("time.step")
            await running
            result = [reached, bytes(instance.output(1))]
        """
        output = b"begin 0 0\nsleep 3000000000 3000000000\n"
        assert inline(kernel, code, module=compile_program("process/waits").read_bytes()) == [3 * SECOND, output]

    def test_a_call_that_cannot_be_suspended_cannot_wait_for_the_host(self, kernel: HostKernel) -> None:
        code = f"result = code_of((await make(module, {self.WAITS})).function('_start'))"
        module = compile_program("process/waits").read_bytes()
        assert inline(kernel, code, module=module) == "WASM_SUSPENSION_UNAVAILABLE"


class TestRefusals:
    @pytest.mark.parametrize("scale", [-1, math.nan, -math.inf])
    def test_a_scale_below_0(self, spawn: Spawn, scale: float) -> None:
        process = spawn("sleep", HOUR)
        with pytest.raises(KernelError) as refused:
            process.time.scale(scale)
        assert refused.value.code == "WASM_TIME_SCALE_NEGATIVE"
        assert process.time.state().scale == 1

    def test_a_mode_that_there_is_not(self, spawn: Spawn) -> None:
        process = spawn("sleep", HOUR, clock="manual")
        with pytest.raises(KernelError) as refused:
            process.time.set_mode("imaginary")  # type: ignore[arg-type]
        assert refused.value.code == "WASM_TIME_MODE_INVALID"
        assert process.time.state().mode == "manual"

    @pytest.mark.parametrize("seconds", [10**12, -(10**12)])
    def test_a_time_that_a_clock_cannot_say(self, spawn: Spawn, seconds: int) -> None:
        process = spawn("sleep", HOUR, clock="manual")
        with pytest.raises(KernelError) as refused:
            process.time.advance(seconds)
        assert refused.value.code == "WASM_TIME_RANGE_INVALID"
        assert process.time.now() == EPOCH

    @pytest.mark.parametrize(
        ("options", "code"),
        [
            ({"clock": "slow"}, "WASM_TIME_MODE_INVALID"),
            ({"clock": "real", "deterministic": True}, "WASM_TIME_MODE_INVALID"),
            ({"clock": ClockSpec("virtual", scale=-1)}, "WASM_TIME_SCALE_NEGATIVE"),
            ({"clock": ClockSpec("virtual", start=2**63)}, "WASM_TIME_RANGE_INVALID"),
            ({"seed": -1}, "WASM_SEED_INVALID"),
            ({"seed": 2**53}, "WASM_SEED_INVALID"),
            ({"seed": 1.5}, "WASM_SEED_INVALID"),
        ],
        ids=str,
    )
    def test_options_that_cannot_be(self, spawn: Spawn, options: dict[str, Any], code: str) -> None:
        with pytest.raises(KernelError) as refused:
            spawn("sleep", HOUR, **options)
        assert refused.value.code == code

    @pytest.mark.parametrize(
        ("options", "code"),
        [
            ("{ clock: 'slow' }", "WASM_TIME_MODE_INVALID"),
            ("{ clock: { mode: 'virtual', scale: -1 } }", "WASM_TIME_SCALE_NEGATIVE"),
            ("{ clock: { mode: 'virtual', start: 2n ** 63n } }", "WASM_TIME_RANGE_INVALID"),
            ("{ seed: 0.5 }", "WASM_SEED_INVALID"),
            ("{ clock: 'real', deterministic: true }", "WASM_TIME_MODE_INVALID"),
        ],
    )
    def test_the_same_from_javascript(self, kernel: HostKernel, options: str, code: str) -> None:
        refused = kernel.page.evaluate(
            f"""async () => {{
              const kernel = await globalThis.aikernel.kernel;
              const bytes = new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0]);
              return kernel.run("empty", bytes, {options}).then(() => "none", (error) => error.code);
            }}"""
        )
        assert refused == code

    def test_a_clock_from_javascript_begins_where_it_is_told(self, kernel: HostKernel) -> None:
        module = list(compile_program("process/waits").read_bytes())
        output = kernel.page.evaluate(
            """async (module) => {
              const kernel = await globalThis.aikernel.kernel;
              const clock = { mode: "virtual", start: 1_700_000_000_000_000_001n };
              const done = await kernel.run("waits", new Uint8Array(module), { args: ["sleep", "5"], clock });
              return new TextDecoder().decode(done.stdout);
            }""",
            module,
        )
        assert output.splitlines()[0] == "begin 1700000000000000001 1000"
