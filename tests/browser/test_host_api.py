"""The host's side of the kernel, as a user holds it: names, values, errors, waiting, events, the page."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from programs import compile_program
from programs.expectations import ALL_BYTES

from aikernel_web.contracts.errors import KernelError
from aikernel_web.host import launch
from aikernel_web.host.errors import HostError

if TYPE_CHECKING:
    from playwright.sync_api import Page, Playwright

    from aikernel_web.host import HostKernel

PATIENCE = 60


class TestTheSample:
    def test_the_readmes_first_minute_works(self, kernel: HostKernel) -> None:
        done = kernel.run(
            compile_program("environment"),
            args=["K"],
            env={"K": "V"},
            stdin=b"...",
            files={"/in.txt": b"..."},
            timeout=PATIENCE,
        )
        assert (done.exit_code, done.reason) == (0, "exited")
        assert (done.stdout, done.stderr) == (b"K=V\ngetenv K: V\n", b"")
        assert done.files("/") == {"/in.txt": b"..."}

    def test_outputs_and_files_are_bytes(self, kernel: HostKernel) -> None:
        done = kernel.run(compile_program("streams"), files={"/a": b"x"}, timeout=PATIENCE)
        assert {type(value) for value in (done.stdout, done.stderr, done.files("/")["/a"])} == {bytes}


class TestNames:
    def test_the_first_argument_is_the_programs_name(self, kernel: HostKernel) -> None:
        done = kernel.run(compile_program("args"), timeout=PATIENCE)
        assert done.name == "args.wasm"
        assert done.stdout == b"argc 1\n0 9 <args.wasm>\nend null\n"

    def test_the_first_argument_is_what_argv0_says(self, kernel: HostKernel) -> None:
        done = kernel.run(compile_program("args"), ["x"], argv0="busybox", timeout=PATIENCE)
        assert done.stdout == b"argc 2\n0 7 <busybox>\n1 1 <x>\nend null\n"

    def test_an_empty_argv0_is_kept(self, kernel: HostKernel) -> None:
        done = kernel.run(compile_program("args"), argv0="", timeout=PATIENCE)
        assert done.stdout == b"argc 1\n0 0 <>\nend null\n"

    def test_a_program_of_the_site_is_run_by_its_name(self, kernel: HostKernel) -> None:
        name = kernel.python("sorted(program.name for program in kernel.programs.list())[0]")
        assert kernel.run(name, timeout=PATIENCE).name == name


class TestInput:
    def test_run_without_input_gives_end_of_file(self, kernel: HostKernel) -> None:
        assert kernel.run(compile_program("sums"), timeout=PATIENCE).stdout == b"> bye 0\n"

    def test_text_is_written_as_utf_8(self, kernel: HostKernel) -> None:
        done = kernel.run(compile_program("cat"), stdin="gr\u00fc\u00df", files={"/t": "\u2603"}, timeout=PATIENCE)
        assert done.stdout.decode() == "gr\u00fc\u00df"
        assert done.files("/t")["/t"].decode() == "\u2603"

    @pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
    def test_input_is_any_bytes(self, kernel: HostKernel, kind: Any) -> None:
        done = kernel.run(compile_program("cat"), stdin=kind(b"abc"), files={"/a": kind(b"x")}, timeout=PATIENCE)
        assert done.stdout == b"abc"
        assert done.files("/") == {"/a": b"x"}

    @pytest.mark.parametrize(
        "options",
        [{"args": ["a\0b"]}, {"env": {"A\0": "x"}}, {"env": {"A": "x\0"}}, {"env": {"A=B": "x"}}, {"env": {"": "x"}}],
        ids=["NUL in an argument", "NUL in a name", "NUL in a value", "= in a name", "no name"],
    )
    def test_what_cannot_be_passed_is_refused(self, kernel: HostKernel, options: dict[str, Any]) -> None:
        done = kernel.run(compile_program("environment"), timeout=PATIENCE, **options)
        assert (done.reason, done.exit_code, done.code) == ("invalid", 126, "WASM_ARGUMENTS_INVALID")

    def test_arguments_given_as_one_text_are_refused(self, kernel: HostKernel) -> None:
        with pytest.raises((TypeError, KernelError)):
            kernel.run(compile_program("args"), "abc", timeout=PATIENCE)


class TestProcesses:
    def test_a_process_tells_its_id_its_name_and_its_state(self, kernel: HostKernel) -> None:
        process = kernel.spawn(compile_program("sums"))
        (entry,) = kernel.processes()
        assert (entry["id"], entry["name"], entry["state"]) == (process.id, process.name, "Running")
        assert process.name == "sums.wasm"
        assert process.running
        process.stdin.close()
        process.wait(timeout=PATIENCE)
        assert not process.running
        (entry,) = kernel.processes()
        assert (entry["state"], entry["exit"]["reason"], entry["exit"]["exitCode"]) == ("Stopped", "exited", 0)

    def test_waiting_again_answers_the_same(self, kernel: HostKernel) -> None:
        process = kernel.spawn(compile_program("streams"))
        assert process.wait(timeout=PATIENCE) == process.wait(timeout=PATIENCE)

    def test_waiting_gives_up_after_its_timeout_and_the_program_lives(self, kernel: HostKernel) -> None:
        process = kernel.spawn(compile_program("sums"))
        with pytest.raises(HostError) as late:
            process.wait(timeout=0.3)
        assert late.value.code == "HOST_TIMEOUT"
        process.stdin.write(b"4\n")
        process.stdin.close()
        assert process.wait(timeout=PATIENCE).stdout == b"> total 4\n> bye 4\n"

    def test_reading_what_never_comes_gives_up_and_loses_nothing(self, kernel: HostKernel) -> None:
        process = kernel.spawn(compile_program("sums"))
        with pytest.raises(HostError) as late:
            process.stdout.read_until(b"never", timeout=0.3)
        assert late.value.code == "HOST_TIMEOUT"
        assert process.stdout.read_until(b"> ") == b"> "
        process.stdin.close()
        process.wait(timeout=PATIENCE)

    def test_reading_what_never_comes_ends_with_the_program(self, kernel: HostKernel) -> None:
        process = kernel.spawn(compile_program("streams"))
        with pytest.raises(HostError, match="out 3") as ended:
            process.stdout.read_until(b"never", timeout=PATIENCE)
        assert ended.value.code == "HOST_STREAM_ENDED"

    def test_a_separator_split_between_two_writes_is_found(self, kernel: HostKernel) -> None:
        process = kernel.spawn(compile_program("cat"))
        process.stdin.write(b"one<E")
        process.stdout.read_until(b"one")
        process.stdin.write(b"ND>two")
        assert process.stdout.read_until(b"<END>") == b"<END>"
        assert process.stdout.read_until(b"two") == b"two"
        process.stdin.close()
        process.wait(timeout=PATIENCE)

    def test_output_is_read_by_lines_as_it_comes_and_to_its_end(self, kernel: HostKernel) -> None:
        process = kernel.spawn(compile_program("cat"))
        process.stdin.write("one\ntwo\nthree")
        process.stdin.close()
        assert list(process.stdout) == [b"one\n", b"two\n", b"three"]
        assert process.stdout.read() == b""
        assert process.wait(timeout=PATIENCE).stdout == b"one\ntwo\nthree"

    def test_output_goes_to_a_function_instead(self, kernel: HostKernel) -> None:
        taken: list[tuple[int, bytes]] = []
        process = kernel.spawn(compile_program("streams"), on_output=lambda fd, data: taken.append((fd, data)))
        done = process.wait(timeout=PATIENCE)
        assert b"".join(data for _, data in taken) == b"".join(b"out %d\nerr %d\n" % (i, i) for i in range(4))
        assert b"".join(data for fd, data in taken if fd == 2) == b"err 0\nerr 1\nerr 2\nerr 3\n"
        assert (done.stdout, done.stderr) == (b"", b"")

    def test_files_of_a_running_program_are_not_to_be_had(self, kernel: HostKernel) -> None:
        process = kernel.spawn(compile_program("sums"), files={"/a": b"x"})
        with pytest.raises(KernelError) as refused:
            process.files("/")
        assert refused.value.code == "WASM_PROCESS_RUNNING"
        process.stdin.close()
        assert process.wait(timeout=PATIENCE).files("/") == process.files("/") == {"/a": b"x"}

    def test_a_refused_module_is_an_outcome_not_an_error(self, kernel: HostKernel) -> None:
        done = kernel.spawn(b"nonsense").wait(timeout=PATIENCE)
        assert (done.name, done.reason, done.code) == ("program", "invalid", "WASM_MODULE_INVALID")


class TestPython:
    @pytest.mark.parametrize(
        ("code", "value"),
        [
            ("1 + 1", 2),
            ("2 ** 70", 2**70),
            ("0.1 + 0.2", 0.1 + 0.2),
            ("'gr\u00fc\u00df \U0001f600'", "gr\u00fc\u00df \U0001f600"),
            ("b'\\x00\\xff'", b"\x00\xff"),
            ("None", None),
            ("True", True),
            ("[1, 'two', None, [3.5]]", [1, "two", None, [3.5]]),
            ("{'a': {'b': [1]}}", {"a": {"b": [1]}}),
            ("x = 5\nx * 2", 10),
            ("x = 5", None),
            ("import asyncio\nawait asyncio.sleep(0.01)\n'slept'", "slept"),
        ],
    )
    def test_python_answers_its_last_expression(self, kernel: HostKernel, code: str, value: object) -> None:
        got = kernel.python(code)
        assert got == value
        assert type(got) is type(value)

    def test_large_bytes_come_back_whole(self, kernel: HostKernel) -> None:
        assert kernel.python("bytes(range(256)) * 40000") == ALL_BYTES * 40000

    def test_names_last_from_one_call_to_the_next(self, kernel: HostKernel) -> None:
        kernel.python("answer = 42")
        assert kernel.python("answer") == 42

    def test_an_exception_arrives_with_its_type_its_message_and_its_place(self, kernel: HostKernel) -> None:
        with pytest.raises(KernelError) as raised:
            kernel.python("def divide(a, b):\n    return a / b\n\ndivide(1, 0)")
        assert "ZeroDivisionError: division by zero" in str(raised.value)
        assert "in divide" in str(raised.value)
        assert "_pyodide" not in str(raised.value)
        assert str(raised.value).count("ErrorCode=") == 1

    def test_a_syntax_error_arrives_as_one(self, kernel: HostKernel) -> None:
        with pytest.raises(KernelError, match="SyntaxError"):
            kernel.python("1 +")

    def test_the_kernel_lives_on_after_an_exception(self, kernel: HostKernel) -> None:
        with pytest.raises(KernelError):
            kernel.python("raise RuntimeError('no')")
        assert kernel.python("1 + 1") == 2

    def test_an_error_of_the_kernel_is_named_by_its_code(self, kernel: HostKernel) -> None:
        with pytest.raises(KernelError, match=r"ErrorCode=WASM_PROCESS_NOT_FOUND$") as raised:
            kernel.python("await kernel.processes.start('nobody')")
        assert raised.value.code == "PYTHON_ERROR"

    def test_a_refused_argument_is_told_where_it_was_given(self, kernel: HostKernel) -> None:
        with pytest.raises(KernelError) as raised:
            kernel.python("def compute():\n    kernel.gpu.empty(-1)\n\ncompute()")
        first, *frames, last = str(raised.value).removesuffix(" ErrorCode=PYTHON_ERROR").splitlines()
        assert first.startswith("Traceback")
        assert [frame.split(", ", 1)[1] for frame in frames] == ["line 4, in <module>", "line 2, in compute"]
        assert last.endswith("ErrorCode=WEBGPU_BINDING_SHAPE")

    def test_a_value_that_cannot_leave_is_refused_by_its_type(self, kernel: HostKernel) -> None:
        with pytest.raises(KernelError, match="'set'") as refused:
            kernel.python("{1, 2}")
        assert refused.value.code == "PYTHON_VALUE_NOT_PORTABLE"

    def test_waiting_for_python_ends_after_its_timeout(self, kernel: HostKernel) -> None:
        with pytest.raises(HostError) as late:
            kernel.python("import asyncio\nawait asyncio.sleep(1)", timeout=0.2)
        assert late.value.code == "HOST_TIMEOUT"
        assert kernel.python("1 + 1") == 2

    def test_the_kernel_is_at_hand(self, kernel: HostKernel) -> None:
        assert kernel.python("type(kernel).__name__") == "Kernel"
        assert kernel.python("import sys\nsys.platform") == "emscripten"

    def test_numpy_is_at_hand(self, kernel: HostKernel) -> None:
        assert kernel.python("import numpy\nint(numpy.arange(10).sum())") == 45


class TestEvents:
    def test_a_run_is_announced_when_it_starts_and_when_it_stops(self, kernel: HostKernel) -> None:
        process = kernel.spawn(compile_program("exit_code"), ["7"])
        started = kernel.events.wait_for("ProcessStarted", timeout=PATIENCE)
        stopped = kernel.events.wait_for("ProcessStopped", timeout=PATIENCE)
        assert (started.name, stopped.name) == ("ProcessStarted", "ProcessStopped")
        assert started.payload["processName"] == stopped.payload["processName"] == process.name
        assert started.payload["processId"] == stopped.payload["processId"]
        assert (started.payload["state"], stopped.payload["state"]) == ("Running", "Stopped")
        assert stopped.payload["exitCode"] == "7"
        assert started.sequence < stopped.sequence
        process.wait(timeout=PATIENCE)

    def test_a_trap_is_announced_as_a_crash_with_its_reason(self, kernel: HostKernel) -> None:
        kernel.run(compile_program("trap_division"), timeout=PATIENCE)
        crashed = kernel.events.wait_for("ProcessCrashed", timeout=PATIENCE)
        assert crashed.payload["state"] == "Error"
        assert "divide by zero" in crashed.payload["reason"]

    def test_an_event_of_ones_own_arrives_with_its_payload(self, kernel: HostKernel) -> None:
        kernel.python("await kernel.events.publish('Measured', {'value': 42, 'list': [1, 2]})")
        event = kernel.events.wait_for("Measured", timeout=PATIENCE)
        assert event.payload == {"value": 42, "list": [1, 2]}

    def test_an_event_that_never_comes_ends_the_waiting(self, kernel: HostKernel) -> None:
        with pytest.raises(HostError, match="NeverPublished") as late:
            kernel.events.wait_for("NeverPublished", timeout=0.3)
        assert late.value.code == "HOST_TIMEOUT"

    def test_each_event_is_waited_for_once_unless_it_is_told_apart(self, kernel: HostKernel) -> None:
        for i in range(4):
            kernel.python(f"await kernel.events.publish('Step', {i})")
        assert kernel.events.wait_for("Step", timeout=PATIENCE).payload == 0
        assert kernel.events.wait_for("Step", timeout=PATIENCE, where=lambda event: event.payload == 2).payload == 2
        assert kernel.events.wait_for("Step", timeout=PATIENCE).payload == 3
        assert [event.payload for event in kernel.events.history if event.name == "Step"] == [0, 1, 2, 3]


class TestCleanState:
    """Each of a pair leaves something behind; whichever runs second would find it."""

    @pytest.mark.parametrize("turn", [1, 2])
    def test_no_process_of_another_test_is_left(self, kernel: HostKernel, turn: int) -> None:
        assert kernel.python("len(kernel.processes.list_processes())") == 0, turn
        kernel.spawn(compile_program("spin"))
        assert kernel.python("len(kernel.processes.list_processes())") == 1

    @pytest.mark.parametrize("turn", [1, 2])
    def test_no_event_of_another_test_is_left(self, kernel: HostKernel, turn: int) -> None:
        assert kernel.events.history == (), turn
        kernel.run(compile_program("empty"), timeout=PATIENCE)
        assert [event.name for event in kernel.events.history] == ["ProcessStarted", "ProcessStopped"]

    @pytest.mark.parametrize("turn", [1, 2])
    def test_no_name_of_another_test_is_left(self, kernel: HostKernel, turn: int) -> None:
        assert kernel.python("'left_behind' in globals()") is False, turn
        kernel.python("left_behind = 1")


class TestThePage:
    def test_the_page_is_the_kernels(self, kernel: HostKernel) -> None:
        assert kernel.page.evaluate("() => document.readyState") == "complete"
        assert kernel.page.url.startswith("http://127.0.0.1:")

    def test_the_pages_fixture_gives_a_page(self, kernel_page: Page) -> None:
        assert kernel_page.evaluate("() => 6 * 7") == 42

    def test_the_page_is_isolated_and_forbids_eval(self, kernel: HostKernel) -> None:
        assert kernel.page.evaluate("() => crossOriginIsolated") is True
        answer = kernel.page.request.get(kernel.page.url)
        policy = answer.headers["content-security-policy"]
        (scripts,) = [part.split() for part in policy.split(";") if part.split()[:1] == ["script-src"]]
        assert sorted(scripts[1:]) == ["'self'", "'wasm-unsafe-eval'"]

    def test_errors_of_the_page_are_kept_for_the_test(self, kernel: HostKernel) -> None:
        kernel.page.evaluate("() => console.error('on purpose')")
        assert kernel.take_errors() == ["on purpose"]
        assert kernel.take_errors() == []


class TestLaunch:
    def test_what_is_no_browser_is_refused(self, kernel: HostKernel, playwright: Playwright, tmp_path: Path) -> None:
        with pytest.raises(HostError) as refused:
            launch(playwright=playwright, site=kernel.site, browser=tmp_path / "nothing")
        assert refused.value.code == "BROWSER_LAUNCH_FAILED"

    def test_a_kernel_of_ones_own_stands_beside_the_other_and_is_closed(
        self, kernel: HostKernel, playwright: Playwright
    ) -> None:
        with launch(playwright=playwright, site=kernel.site) as second:
            second.python("mine = 1")
            assert kernel.python("'mine' in globals()") is False
            process = second.spawn(compile_program("spin"))
            assert kernel.processes() == []
        with pytest.raises(HostError) as closed:
            second.python("1")
        assert closed.value.code == "HOST_CONNECTION_LOST"
        with pytest.raises(HostError) as closed:
            process.wait(timeout=PATIENCE)
        assert closed.value.code == "HOST_CONNECTION_LOST"
        assert kernel.python("1 + 1") == 2

    def test_the_browser_takes_more_arguments(self, kernel: HostKernel, playwright: Playwright) -> None:
        with launch(
            playwright=playwright, site=kernel.site, webgpu=False, arguments=["--user-agent=one of ours"]
        ) as own:
            assert own.page.evaluate("() => navigator.userAgent") == "one of ours"
            assert own.python("kernel.browser") == "one of ours"

    def test_a_page_that_goes_away_ends_the_waiting(self, kernel: HostKernel, playwright: Playwright) -> None:
        with launch(playwright=playwright, site=kernel.site, webgpu=False) as second:
            process = second.spawn(compile_program("spin"))
            second.page.goto("about:blank")
            with pytest.raises(HostError) as lost:
                process.wait(timeout=PATIENCE)
            assert lost.value.code == "HOST_CONNECTION_LOST"
            with pytest.raises(HostError):
                process.stdout.read_until(b"never", timeout=PATIENCE)

    def test_the_sample_of_the_documentation_runs_as_a_script(self) -> None:
        program = str(compile_program("sums"))
        script = f"""
from aikernel_web.host import launch

with launch() as kernel:
    done = kernel.run({program!r}, stdin=b"1\\n2\\n", timeout=60)
    print(done.exit_code, done.reason.value, done.stdout)
    proc = kernel.spawn({program!r})
    proc.stdin.write(b"5\\n")
    print(proc.stdout.read_until(b"total 5"))
    proc.kill()
    print(proc.wait().reason.value, kernel.python("1 + 1"), kernel.events.wait_for("ProcessStopped", timeout=5).name)
"""
        ran = subprocess.run(
            [sys.executable, "-W", "error", "-c", script], capture_output=True, text=True, timeout=180, check=False
        )
        assert ran.stdout.splitlines() == [
            "0 exited b'> total 1\\n> total 3\\n> bye 3\\n'",
            "b'> total 5'",
            "killed 2 ProcessStopped",
        ], ran.stderr
        assert ran.returncode == 0


def test_a_module_is_read_when_it_is_run(kernel: HostKernel, tmp_path: Path) -> None:
    module = tmp_path / "gone.wasm"
    module.write_bytes(compile_program("sums").read_bytes())
    process = kernel.spawn(module)
    module.unlink()
    process.stdin.close()
    assert process.wait(timeout=PATIENCE).stdout == b"> bye 0\n"
