"""A session: one terminal, the commands typed into it, and the program in its foreground."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Protocol

from ..contracts.engine import DEFAULT_COLUMNS, DEFAULT_ROWS, BytesLike, OutputSink, ProcessObserver
from ..contracts.errors import KernelError
from ..contracts.processes import ExitReason
from ..providers.process import WasmProcessProvider
from ..runtime.process import WasmProcess
from ..runtime.process_options import WasmProcessOptions
from ..runtime.programs import Programs
from .options import skip_options
from .registry import Command, Operand, Registry
from .strace import Strace

EXIT_USAGE = 1
"""The contract knows no exit codes but 0 and 1 (section 6); only ``run`` answers the program's own."""
TERM = "xterm-256color"
"""What the page's terminal understands."""


class ShellKernel(Protocol):
    """What the commands need of a kernel."""

    @property
    def processes(self) -> WasmProcessProvider:
        """The process table."""
        ...

    @property
    def programs(self) -> Programs:
        """The programs by name."""
        ...


class Session:
    """Runs command lines for one terminal.

    ``terminal`` takes everything that commands and programs write; input and interrupts go to the program in the
    foreground, if there is one.
    """

    def __init__(
        self,
        kernel: ShellKernel,
        registry: Registry,
        terminal: OutputSink,
        observer: ProcessObserver | None = None,
    ) -> None:
        self.kernel = kernel
        self.registry = registry
        self.terminal = terminal
        self._observer = observer
        self._size = (DEFAULT_COLUMNS, DEFAULT_ROWS)
        self._foreground: WasmProcess | None = None
        self.on_foreground: Callable[[WasmProcess | None], object] = lambda _: None
        """Called with the program that the terminal belongs to from now on, and with None when it has ended."""

    async def execute(self, line: str) -> int:
        """Run one command line and return its exit code. A leading ``aik`` may be left out."""
        try:
            words = shlex.split(line, comments=True)
        except ValueError as error:
            self.print(f"aik: {error} in: {line}")
            return EXIT_USAGE
        if words and words[0] == "aik":
            words = words[1:] or ["help"]
        if not words:
            return 0
        command = self.registry.find(words[0])
        if command is None:
            self.print(f"unknown command: {words[0]}")
            self.print("Type `aik help` for the commands.")
            return EXIT_USAGE
        if words[1:] in (["--help"], ["-h"]):
            self.explain(command)
            return 0
        try:
            return await command.run(self, words[1:])
        except KernelError as error:
            self.print(f"aik {command.name}: {error}")
            return EXIT_USAGE

    def explain(self, command: Command) -> None:
        """Write how a command is used."""
        details = f"\n{command.details}" if command.details else ""
        self.print(f"usage: aik {command.usage}\n{command.summary}{details}")

    def print(self, text: str) -> None:
        """Write a line to the terminal."""
        self.terminal.write(1, f"{text}\n".encode())

    async def run(self, name: str, options: WasmProcessOptions) -> int:
        """Run a program in the foreground of the terminal and return its exit code."""
        # A program whose runs are to be alike is not told where it runs.
        columns, rows = (DEFAULT_COLUMNS, DEFAULT_ROWS) if options.deterministic else self._size
        strace = Strace(self.terminal, self._observer) if options.trace else None
        terminal = self._observer is not None and not options.deterministic
        # What a program on a terminal looks for (POSIX, Base Definitions, 8.3); options of its own come first.
        variables = {"TERM": TERM, "COLUMNS": str(columns), "LINES": str(rows)} if terminal else {}
        options = replace(
            options,
            env={**variables, **options.env},
            sink=self.terminal,
            observer=strace or self._observer,
            terminal=terminal,
            columns=columns,
            rows=rows,
        )
        process = await self.kernel.processes.create_process(name, options)
        self._foreground = process
        self.on_foreground(process)
        try:
            await process.try_start()
            end = process.exit if process.exit is not None else await process.wait()
        finally:
            self._foreground = None
            self.on_foreground(None)
            if self._observer is not None:
                self._observer.terminal(raw=False)
        if strace is not None:
            await strace.close()
        if end.reason is not ExitReason.EXITED and end.message:
            code = f" ErrorCode={end.code}" if end.code else ""
            self.print(f"{name}: {end.reason.value}: {end.message}{code}")
            for function in end.stack:
                self.print(f"    at {function}")
        return end.exit_code

    def input(self, data: BytesLike) -> bool:
        """Give ``data`` to the program in the foreground; False when there is none."""
        if self._foreground is None:
            return False
        self._foreground.program.write_stdin(data)
        return True

    def end_of_input(self) -> bool:
        """End the standard input of the program in the foreground; False when there is none."""
        if self._foreground is None:
            return False
        self._foreground.program.close_stdin()
        return True

    def interrupt(self) -> bool:
        """Kill the program in the foreground; False when there is none."""
        if self._foreground is None:
            return False
        self._foreground.program.kill()
        return True

    def resize(self, columns: int, rows: int) -> None:
        """Take the size of the terminal, for the program in the foreground and those to come."""
        self._size = (columns, rows)
        if self._foreground is not None:
            self._foreground.program.resize(columns, rows)

    def _known_to(self, command: Command, before: Sequence[str]) -> Iterable[str]:
        """Return what may stand after the words ``before`` of a command."""
        options, value_comes, operands = skip_options(command.options, before)
        if value_comes or operands:
            return ()
        names = [name for option in command.options for name in option.names if options]
        if command.operand is Operand.PROGRAM:
            names += [program.name for program in self.kernel.programs.list()]
        elif command.operand is Operand.PROCESS:
            names += [process.name for process in self.kernel.processes.list_processes()]
        elif command.operand is Operand.COMMAND:
            names += [command.name for command in self.registry.list()]
        return names

    def complete(self, line: str) -> tuple[str, ...]:
        """Return the words that the last word of ``line`` may be completed to, sorted."""
        words = line.split(" ")
        before, last = [word for word in words[:-1] if word and word != "aik"], words[-1]
        if not before:
            known = [command.name for command in self.registry.list()] + ([] if "aik" in words[:-1] else ["aik"])
        else:
            command = self.registry.find(before[0])
            known = [] if command is None else list(self._known_to(command, before[1:]))
        dashes = last.startswith("-")  # options are offered to whoever asks for one
        return tuple(sorted({word for word in known if word.startswith(last) and word.startswith("-") == dashes}))
