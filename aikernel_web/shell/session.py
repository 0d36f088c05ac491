"""A session: one terminal, the commands typed into it, and the program in its foreground."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from typing import Protocol

from ..contracts.engine import BytesLike, OutputSink
from ..contracts.errors import KernelError
from ..contracts.processes import ExitReason
from ..providers.process import WasmProcessProvider
from ..runtime.process import WasmProcess, WasmProcessOptions
from ..runtime.programs import Programs
from .registry import Registry

EXIT_USAGE = 1
"""The contract knows no exit codes but 0 and 1 (section 6); only ``run`` answers the program's own."""


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

    def __init__(self, kernel: ShellKernel, registry: Registry, terminal: OutputSink) -> None:
        self.kernel = kernel
        self.registry = registry
        self.terminal = terminal
        self._foreground: WasmProcess | None = None

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
            self.print(f"usage: aik {command.usage}\n{command.summary}")
            return 0
        try:
            return await command.run(self, words[1:])
        except KernelError as error:
            self.print(f"aik {command.name}: {error}")
            return EXIT_USAGE

    def print(self, text: str) -> None:
        """Write a line to the terminal."""
        self.terminal.write(1, f"{text}\n".encode())

    async def run(self, name: str, module: BytesLike, args: Sequence[str]) -> int:
        """Run a program in the foreground of the terminal and return its exit code."""
        options = WasmProcessOptions(module_bytes=module, args=tuple(args), sink=self.terminal)
        process = await self.kernel.processes.create_process(name, options)
        self._foreground = process
        try:
            await process.try_start()
            end = process.exit if process.exit is not None else await process.wait()
        finally:
            self._foreground = None
        if end.reason is not ExitReason.EXITED and end.message:
            self.print(f"{name}: {end.reason.value}: {end.message}")
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

    def complete(self, line: str) -> tuple[str, ...]:
        """Return the words that the last word of ``line`` may be completed to, sorted."""
        words = line.split(" ")
        before, last = [word for word in words[:-1] if word and word != "aik"], words[-1]
        if not before:
            known = [command.name for command in self.registry.list()] + ([] if "aik" in words[:-1] else ["aik"])
        elif before[0] == "run" and len(before) == 1:
            known = [program.name for program in self.kernel.programs.list()]
        elif before[0] in ("kill", "logs", "restart"):
            known = [process.name for process in self.kernel.processes.list_processes()]
        else:
            known = []
        return tuple(sorted({word for word in known if word.startswith(last)}))
