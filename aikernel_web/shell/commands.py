"""The commands of the ``aik`` shell (reference contract, section 6), on real processes."""

from __future__ import annotations

from collections.abc import Sequence

from ..contracts.events import PROCESS_CRASHED, PROCESS_STARTED, PROCESS_STOPPED
from .registry import Registry
from .session import EXIT_USAGE, Session

registry = Registry()


@registry.command("help", "List the commands.")
async def show_help(session: Session, args: Sequence[str]) -> int:
    """List the commands, or explain one."""
    if args:
        command = session.registry.find(args[0])
        if command is None:
            session.print(f"unknown command: {args[0]}")
            return EXIT_USAGE
        session.print(f"usage: aik {command.usage}\n{command.summary}")
        return 0
    width = max(len(command.usage) for command in session.registry.list())
    session.print("Commands (a leading `aik` may be left out):")
    for command in session.registry.list():
        session.print(f"  aik {command.usage:<{width}}  {command.summary}")
    programs = ", ".join(program.name for program in session.kernel.programs.list())
    session.print(f"\nPrograms: {programs or 'none'}")
    session.print("Drop a .wasm file on the page to add one. Ctrl-C ends a running program, Ctrl-D ends its input.")
    return 0


@registry.command("run NAME|FILE [ARGS...]", "Run a program; its input and output are this terminal.")
async def run(session: Session, args: Sequence[str]) -> int:
    """Run a program by name."""
    if not args:
        return _usage(session, "run")
    name, *arguments = args
    return await session.run(name, await session.kernel.programs.find(name), arguments)


@registry.command("ps", "List the processes: id, state, name.")
async def ps(session: Session, args: Sequence[str]) -> int:  # noqa: ARG001 - every command takes arguments
    """List the processes in the order of their creation."""
    for process in session.kernel.processes.list_processes():
        end = "" if process.exit is None else f"  ({process.exit.reason.value} {process.exit.exit_code})"
        session.print(f"{process.id.value.hex} {process.state.value} {process.name}{end}")
    return 0


@registry.command("kill ID|NAME", "End a process, whatever it is doing.")
async def kill(session: Session, args: Sequence[str]) -> int:
    """Kill the newest running process of that id or name, or confirm that it has ended."""
    if not args:
        return _usage(session, "kill")
    found = session.kernel.processes.find(args[0])
    if not found:
        session.print(f"process not found: {args[0]}")
        return EXIT_USAGE
    running = [process for process in found if process.exit is None]
    await (running or found)[-1].stop()
    session.print(f"killed: {args[0]}")
    return 0


@registry.command("logs ID|NAME", "Show what happened to a process and the last lines it wrote.")
async def logs(session: Session, args: Sequence[str]) -> int:
    """Show the log of every process of that id or name."""
    if not args:
        return _usage(session, "logs")
    for process in session.kernel.processes.find(args[0]):
        if process.started_at_utc is None:
            continue
        session.print(f"{process.name}: {PROCESS_STARTED} {process.id.value.hex}")
        for fd, line in process.program.log():
            session.print(f"{process.name}: {'Stdout' if fd == 1 else 'Stderr'} {line}")
        if process.exit is not None:
            end = PROCESS_CRASHED if process.exit.reason.is_crash else PROCESS_STOPPED
            detail = f" {process.exit.message}" if process.exit.message else ""
            session.print(f"{process.name}: {end} {process.id.value.hex}{detail}")
    return 0


def _usage(session: Session, name: str) -> int:
    command = session.registry.find(name)
    assert command is not None, name  # noqa: S101 - the caller is that command
    session.print(f"usage: aik {command.usage}")
    return EXIT_USAGE
