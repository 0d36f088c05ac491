"""``aik run``: what its options become, and what wrong ones are told. The kernel is a double that takes notes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from aikernel_web.contracts.observation import TraceCall
from aikernel_web.contracts.processes import ExitReason
from aikernel_web.host import Archive, Persistent, ReadOnly, cli


class Done:
    reason = ExitReason.EXITED
    exit_code = 3
    message = ""
    code: str | None = None
    stack: tuple[str, ...] = ()


class OutOfMemory(Done):
    reason = ExitReason.MEMORY
    exit_code = 137
    message = "too much"
    code = "WASM_MEMORY_LIMIT"
    stack = ("abort",)


class NotedProcess:
    def __init__(self) -> None:
        self.stdin = self
        self.interrupted = False
        self.done = Done()
        self.ended: list[object] = []

    def write(self, data: bytes) -> None: ...

    def close(self) -> None: ...

    def wait(self) -> Done:
        if self.interrupted:
            raise KeyboardInterrupt
        return self.done

    def terminate(self, grace: float) -> None:
        self.ended.append(grace)

    def kill(self) -> None:
        self.ended.append("kill")


class NotedKernel:
    def __init__(self) -> None:
        self.launched: dict[str, Any] = {}
        self.given: dict[str, Any] = {}
        self.process = NotedProcess()
        self.trace: list[TraceCall] = []

    def __enter__(self) -> NotedKernel:
        return self

    def __exit__(self, *_: object) -> None: ...

    def spawn(self, program: str, args: tuple[str, ...], **options: Any) -> NotedProcess:
        self.given = {"program": program, "args": args, **options}
        options["on_output"](1, b"out\n")
        if options["on_trace"] is not None:
            options["on_trace"](self.trace, 2)
        return self.process


@pytest.fixture
def kernel(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> NotedKernel:
    noted = NotedKernel()

    def launch(**options: Any) -> NotedKernel:
        noted.launched = options
        return noted

    monkeypatch.setattr(cli, "launch", launch)
    monkeypatch.setenv("AIKERNEL_WEB_DATA", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "prog.wasm").touch()
    monkeypatch.setattr("aikernel_web.host.console.Console.feed", lambda *_: None)
    return noted


def aik(*arguments: str) -> Result:
    return CliRunner().invoke(cli.main, ["run", *arguments])


def test_without_options_a_program_gets_what_is_here_and_no_more(kernel: NotedKernel) -> None:
    ran = aik("prog.wasm", "-x", "--strace")
    assert (ran.exit_code, ran.stdout) == (3, "out\n")
    assert (kernel.given["program"], kernel.given["args"]) == ("prog.wasm", ("-x", "--strace"))
    for option in ("timeout", "memory_limit", "output_limit", "on_trace", "argv0"):
        assert kernel.given[option] is None
    assert (kernel.given["mounts"], kernel.given["env"], kernel.given["terminal"]) == ({}, {}, False)
    assert kernel.launched["profile"] is None


def test_limits_are_read_with_their_units(kernel: NotedKernel) -> None:
    limits = ["--memory-limit", "64M", "--timeout", "1.5s", "--output-limit", "2K"]
    assert aik(*limits, "prog.wasm").exit_code == 3
    assert (kernel.given["memory_limit"], kernel.given["timeout"]) == (64 << 20, 1.5)
    assert kernel.given["output_limit"] == 2048


@pytest.mark.parametrize("program", ["missing.wasm", "nosuch"])
def test_a_program_that_is_not_there_is_noticed_before_a_browser_is_started(kernel: NotedKernel, program: str) -> None:
    ran = aik(program)
    assert (ran.exit_code, ran.stdout) == (1, "")
    assert ran.stderr.endswith("ErrorCode=PROGRAM_NOT_FOUND\n")
    assert kernel.launched == {}


def test_time_and_randomness_are_chosen(kernel: NotedKernel) -> None:
    assert aik("--seed", "7", "--clock", "manual", "prog.wasm").exit_code == 3
    assert (kernel.given["seed"], kernel.given["clock"], kernel.given["deterministic"]) == (7, "manual", False)


def test_a_deterministic_program_is_given_its_whole_input_and_no_terminal(
    kernel: NotedKernel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "132")
    assert CliRunner().invoke(cli.main, ["run", "--deterministic", "prog.wasm"], input="in\n").exit_code == 3
    assert (kernel.given["deterministic"], kernel.given["stdin"], kernel.given["terminal"]) == (True, b"in\n", False)
    assert (kernel.given["columns"], kernel.given["rows"]) == (80, 24)


def test_directories_archives_and_stores_are_mounts(kernel: NotedKernel, tmp_path: Path) -> None:
    options = ["--dir", "here", "--dir", "data::/d", "--dir", "safe::/s:ro", "--archive", "a.zip::/a"]
    assert aik(*options, "--persist", "notes::/n", "-e", "A=b=c", "prog.wasm").exit_code == 3
    assert kernel.given["mounts"] == {
        "/": "here",
        "/d": "data",
        "/s": ReadOnly("safe"),
        "/a": Archive("a.zip"),
        "/n": Persistent("notes"),
    }
    assert kernel.given["env"] == {"A": "b=c"}
    assert kernel.launched["profile"] == tmp_path / "profile"


def test_a_read_only_root_needs_no_guest_path(kernel: NotedKernel) -> None:
    aik("--dir", "here:ro", "prog.wasm")
    assert kernel.given["mounts"] == {"/": ReadOnly("here")}


def test_system_calls_go_to_standard_error(kernel: NotedKernel) -> None:
    kernel.trace = [TraceCall(0, "fd_write", '1, ["hi"]', "SUCCESS -> 2", 30)]
    ran = aik("--strace", "prog.wasm")
    assert ran.stdout == "out\n"
    assert ran.stderr == '... 2 calls left out ...\nfd_write(1, ["hi"]) = SUCCESS -> 2 <0.000030>\n'


def test_how_a_program_failed_is_told_with_its_code(kernel: NotedKernel) -> None:
    kernel.process.done = OutOfMemory()
    ran = aik("prog.wasm")
    assert (ran.exit_code, ran.stderr) == (
        137,
        "aik: prog.wasm: memory: too much ErrorCode=WASM_MEMORY_LIMIT\n    at abort\n",
    )


def test_an_interrupt_asks_the_program_to_end(kernel: NotedKernel) -> None:
    kernel.process.interrupted = True
    assert aik("prog.wasm").exit_code == cli.INTERRUPTED
    assert kernel.process.ended == [cli.INTERRUPT_GRACE]


@pytest.mark.parametrize(("wish", "told"), [("always", True), ("never", False), ("auto", False)])
def test_the_program_is_told_of_a_terminal(kernel: NotedKernel, wish: str, told: bool) -> None:
    aik("--terminal", wish, "prog.wasm")
    assert kernel.given["terminal"] is told


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--memory-limit", "much"], "is no size"),
        (["--memory-limit", "0"], "more than 0"),
        (["-e", "HOME"], "give NAME=VALUE"),
        (["-e", "=x"], "give NAME=VALUE"),
        (["--dir", "here", "--archive", "a.zip::/"], "Two mounts are given for '/'"),
        (["--no-such"], "No such option"),
        (["--timeout", "soon"], "is no duration"),
        (["--timeout", "0s"], "more than 0"),
        (["--dir", "::/d"], "names no directory"),
        (["--archive", "a.zip"], "FILE::GUEST"),
        (["--persist", "::/n"], "NAME::GUEST"),
        (["--clock", "slow"], "WASM_TIME_MODE_INVALID"),
        (["--seed", "-1"], "is no seed"),
        (["--seed", str(2**53)], "WASM_SEED_INVALID"),
        (["--deterministic", "--clock", "real"], "WASM_TIME_MODE_INVALID"),
        (["--terminal", "maybe"], "maybe"),
    ],
)
def test_wrong_options_are_refused_with_an_example(kernel: NotedKernel, options: list[str], said: str) -> None:
    ran = aik(*options, "prog.wasm")
    assert ran.exit_code == 2
    assert said in ran.stderr
    assert kernel.given == {}
