"""Options of the page's commands: how they are read, what they reach, what is said about wrong ones, completion."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import pytest
from programs import compile_program
from unit.loop import run_async
from unit.wasmtime_engine import plain

from aikernel_web import Kernel, KernelError
from aikernel_web.contracts.engine import BytesLike, PersistentMount
from aikernel_web.contracts.observation import TraceCall
from aikernel_web.contracts.quantities import parse_size
from aikernel_web.shell.commands import RUN_OPTIONS
from aikernel_web.shell.options import Option, take_options
from aikernel_web.shell.strace import CALLS_PER_TURN, Strace

RunKernel = Callable[[Callable[[Kernel], Any]], Any]


class Terminal:
    def __init__(self) -> None:
        self.text = ""

    def write(self, fd: int, data: BytesLike) -> None:  # noqa: ARG002 - the seam's signature
        self.text += plain(data).decode()


def execute(run_kernel: RunKernel, *lines: str) -> tuple[list[int], str]:
    async def body(kernel: Kernel) -> tuple[list[int], str]:
        for name in ("args", "spin", "environment"):
            kernel.programs.add(name, compile_program(name).read_bytes())
        terminal = Terminal()
        session = kernel.open_shell(terminal)
        codes = [await session.execute(line) for line in lines]
        return codes, terminal.text

    result: tuple[list[int], str] = run_kernel(body)
    return result


class TestReading:
    OPTIONS = (Option(("-m", "--memory-limit"), parse_size), Option(("--flag",)), Option(("--to",), str, repeated=True))

    @pytest.mark.parametrize(
        ("words", "values", "rest"),
        [
            ([], {}, []),
            (["a", "--flag"], {}, ["a", "--flag"]),
            (["-m", "1K", "a"], {"memory_limit": 1024}, ["a"]),
            (["--memory-limit=1K", "-m", "2K", "a"], {"memory_limit": 2048}, ["a"]),
            (["--flag", "--", "--flag"], {"flag": True}, ["--flag"]),
            (["--to", "x", "--to=y=z", "-"], {"to": ["x", "y=z"]}, ["-"]),
            (["--to=", "a"], {"to": [""]}, ["a"]),
        ],
    )
    def test_options_stand_before_the_first_operand(
        self, words: list[str], values: dict[str, object], rest: list[str]
    ) -> None:
        assert take_options(self.OPTIONS, words) == ({"to": [], **values}, rest)

    @pytest.mark.parametrize(
        ("words", "said"),
        [
            (["--fly"], "there is no option --fly"),
            (["-m"], "needs a value"),
            (["-m", "much"], "'much' is no size"),
            (["--flag=1"], "takes no value"),
        ],
    )
    def test_wrong_options_are_refused(self, words: Sequence[str], said: str) -> None:
        with pytest.raises(KernelError, match=said) as refused:
            take_options(self.OPTIONS, words)
        assert refused.value.code == "SHELL_OPTION_INVALID"

    def test_time_and_randomness_are_chosen(self) -> None:
        values, words = take_options(
            RUN_OPTIONS, ["--deterministic", "--seed", "7", "--clock=manual", "args", "--seed"]
        )
        assert (values["deterministic"], values["seed"], values["clock"]) == (True, 7, "manual")
        assert words == ["args", "--seed"]

    @pytest.mark.parametrize("words", [["--clock", "slow"], ["--seed", "-1"], ["--seed", str(2**53)], ["--seed", "x"]])
    def test_what_is_no_clock_and_no_seed_is_refused(self, words: Sequence[str]) -> None:
        with pytest.raises(KernelError) as refused:
            take_options(RUN_OPTIONS, words)
        assert refused.value.code == "SHELL_OPTION_INVALID"

    def test_a_store_is_named_with_its_directory(self) -> None:
        values, _ = take_options(RUN_OPTIONS, ["--persist", "notes::/n", "--persist", "b::c"])
        assert values["persist"] == [PersistentMount("/n", "notes"), PersistentMount("/c", "b")]


class TestCommands:
    def test_run_takes_limits_and_leaves_the_programs_own_options_alone(self, run_kernel: RunKernel) -> None:
        codes, text = execute(run_kernel, "aik run -m 64M -t 30s args -m --strace")
        assert codes == [0]
        assert "<-m>" in text
        assert "<--strace>" in text

    def test_run_ends_a_program_that_takes_too_long(self, run_kernel: RunKernel) -> None:
        codes, text = execute(run_kernel, "run -t 200ms spin")
        assert codes == [124]
        assert "timeout" in text

    def test_run_refuses_a_program_that_needs_more_memory(self, run_kernel: RunKernel) -> None:
        codes, text = execute(run_kernel, "run -m 64K args")
        assert codes == [137]
        assert "memory" in text

    @pytest.mark.parametrize(
        "line",
        [
            *("run --persist notes args", "run -t soon args", "run --fly args", "run -m", "kill --grace", "strace"),
            *("run --clock slow args", "run --seed -1 args", "run --deterministic --clock real args"),
        ],
    )
    def test_wrong_lines_say_what_to_do_and_exit_1(self, run_kernel: RunKernel, line: str) -> None:
        codes, text = execute(run_kernel, line)
        assert codes == [1]
        assert text.strip()

    def test_kill_with_a_grace_says_how_the_program_ended(self, run_kernel: RunKernel) -> None:
        async def body(kernel: Kernel) -> None:
            kernel.programs.add("spin", compile_program("spin").read_bytes())
            terminal = Terminal()
            session = kernel.open_shell(terminal)
            running = asyncio.ensure_future(session.execute("run spin"))
            while not kernel.processes.find("spin") or kernel.processes.find("spin")[0].state != "Running":  # noqa: ASYNC110 - there is no event to wait for
                await asyncio.sleep(0.01)
            assert await kernel.open_shell(terminal).execute("kill --grace 100ms spin") == 0
            assert await running == 143
            assert "ended: spin (killed 143)" in terminal.text

        run_kernel(body)

    def test_strace_of_a_program_that_was_not_traced_says_how_to(self, run_kernel: RunKernel) -> None:
        codes, text = execute(run_kernel, "run args", "strace args", "strace nobody")
        assert codes == [0, 1, 1]
        assert "not traced: args (start it with `aik run --strace`)" in text
        assert "process not found: nobody" in text

    def test_help_explains_the_options(self, run_kernel: RunKernel) -> None:
        codes, text = execute(run_kernel, "help run", "kill -h")
        assert codes == [0, 0]
        for option in ("--clock MODE", "--seed NUMBER", "--deterministic"):
            assert option in text
        for option in ("--memory-limit SIZE", "--timeout TIME", "--strace", "--persist NAME::PATH", "--grace TIME"):
            assert option in text


class TestCompletion:
    @pytest.mark.parametrize(
        ("line", "words"),
        [
            (
                "run --",
                (
                    *("--clock", "--deterministic", "--memory-limit", "--output-limit"),
                    *("--persist", "--seed", "--strace", "--timeout"),
                ),
            ),
            ("run --s", ("--seed", "--strace")),
            ("run -m ", ()),
            ("run -m 64M a", ("args",)),
            ("run --memory-limit=64M --strace a", ("args",)),
            ("run args a", ()),
            ("kill --", ("--grace",)),
            ("aik kill --grace 1 s", ("server",)),
            ("strace s", ("server",)),
            ("help k", ("kill",)),
            ("ps s", ()),
            ("fly s", ()),
        ],
    )
    def test_options_values_and_operands_are_told_apart(
        self, run_kernel: RunKernel, line: str, words: tuple[str, ...]
    ) -> None:
        async def body(kernel: Kernel) -> tuple[str, ...]:
            kernel.programs.add("args", b"\0asm\1\0\0\0")
            await kernel.processes.create_process("server")
            return kernel.open_shell(Terminal()).complete(line)

        assert run_kernel(body) == words


class Calls:
    def __init__(self, count: int) -> None:
        self._calls = [TraceCall(0, f"call_{number}", "", "SUCCESS", 0) for number in range(count)]
        self.reference = self

    def __len__(self) -> int:
        return len(self._calls)

    def first(self, count: int) -> Sequence[TraceCall]:
        return self._calls[:count]


class SlowTerminal:
    """A terminal that has taken nothing until it is told to."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.taken = asyncio.Event()

    def write(self, fd: int, data: BytesLike) -> Awaitable[object]:
        assert fd == 2
        self.texts.append(plain(data).decode())
        return self.taken.wait()


class TestStrace:
    def test_a_terminal_that_cannot_keep_up_is_spared_and_told_the_number(self) -> None:
        async def main() -> list[str]:
            terminal = SlowTerminal()
            strace = Strace(terminal, None)
            strace.trace(Calls(2))
            strace.trace(Calls(3))
            terminal.taken.set()
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            strace.trace(Calls(CALLS_PER_TURN + 4))
            await strace.close()
            return terminal.texts

        first, second, last = run_async(main())
        assert first == "call_0() = SUCCESS <0.000000>\ncall_1() = SUCCESS <0.000000>\n"
        assert second.startswith("... 3 calls left out ...\ncall_0()")
        assert second.count("\n") == CALLS_PER_TURN + 1
        assert last == "... 4 calls left out ...\n"
