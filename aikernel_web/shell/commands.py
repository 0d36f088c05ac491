"""The commands of the ``aik`` shell (reference contract, section 6), on real processes."""

from __future__ import annotations

from collections.abc import Sequence

from ..contracts.clock_options import mode_of, seed_of
from ..contracts.engine import PersistentMount
from ..contracts.events import PROCESS_CRASHED, PROCESS_STARTED, PROCESS_STOPPED
from ..contracts.quantities import parse_duration, parse_size
from ..runtime.process_options import WasmProcessOptions
from .options import Option, take_options
from .registry import Operand, Registry
from .session import EXIT_USAGE, Session

registry = Registry()


def _persistent(text: str) -> PersistentMount:
    name, separator, path = text.partition("::")
    if not name or not separator or not path:
        raise ValueError(f"{text!r} names no store and directory: give NAME::PATH, such as notes::/notes.")
    return PersistentMount(path if path.startswith("/") else f"/{path}", name)


def _seed(text: str) -> int:
    if not text.isdecimal():
        raise ValueError(f"{text!r} is no seed: give a whole number below 2**53.")
    return seed_of(int(text)) or 0


RUN_OPTIONS = (
    Option(("-m", "--memory-limit"), parse_size),
    Option(("-t", "--timeout"), parse_duration),
    Option(("--output-limit",), parse_size),
    Option(("--strace",)),
    Option(("--persist",), _persistent, repeated=True),
    Option(("--deterministic",)),
    Option(("--seed",), _seed),
    Option(("--clock",), mode_of),
)
KILL_OPTIONS = (Option(("--grace",), parse_duration),)


@registry.command("help [COMMAND]", "List the commands, or explain one.", operand=Operand.COMMAND)
async def show_help(session: Session, args: Sequence[str]) -> int:
    """List the commands, or explain one."""
    if args:
        command = session.registry.find(args[0])
        if command is None:
            session.print(f"unknown command: {args[0]}")
            return EXIT_USAGE
        session.explain(command)
        return 0
    width = max(len(command.usage) for command in session.registry.list())
    session.print("Commands (a leading `aik` may be left out):")
    for command in session.registry.list():
        session.print(f"  aik {command.usage:<{width}}  {command.summary}")
    programs = ", ".join(program.name for program in session.kernel.programs.list())
    session.print(f"\nPrograms: {programs or 'none'}")
    session.print("Drop a .wasm file on the page to add one. Ctrl-C ends a running program, Ctrl-D ends its input.")
    return 0


@registry.command(
    "run [OPTIONS] NAME [ARGS...]",
    "Run a program; its input and output are this terminal.",
    operand=Operand.PROGRAM,
    options=RUN_OPTIONS,
    details="""\
  -m, --memory-limit SIZE   the linear memory it may have, such as 64M
  -t, --timeout TIME        end it after that time, such as 10s
      --output-limit SIZE   end it when it has written more, such as 1M
      --strace              print its system calls
      --persist NAME::PATH  give it the lasting store NAME as the directory PATH
      --clock MODE          the clock it sees: real, virtual (sleeps take no time) or manual
      --seed NUMBER         what its randomness is generated from
      --deterministic       make every run the same: clock virtual, seed 0 and no input""",
)
async def run(session: Session, args: Sequence[str]) -> int:
    """Run a program by name."""
    options, words = take_options(RUN_OPTIONS, args)
    if not words:
        return _usage(session, "run")
    name, *arguments = words
    mounts: list[PersistentMount] = options["persist"]
    return await session.run(
        name,
        WasmProcessOptions(
            module_bytes=await session.kernel.programs.find(name),
            args=tuple(arguments),
            memory_limit=options.get("memory_limit"),
            timeout=options.get("timeout"),
            output_limit=options.get("output_limit"),
            trace=options.get("strace", False),
            mounts=tuple(mounts),
            preopens=(*(mount.path for mount in mounts), "/"),
            clock=options.get("clock"),
            seed=options.get("seed"),
            deterministic=options.get("deterministic", False),
        ),
    )


@registry.command("ps", "List the processes: id, state, name.")
async def ps(session: Session, args: Sequence[str]) -> int:  # noqa: ARG001 - every command takes arguments
    """List the processes in the order of their creation."""
    for process in session.kernel.processes.list_processes():
        end = "" if process.exit is None else f"  ({process.exit.reason.value} {process.exit.exit_code})"
        session.print(f"{process.id.value.hex} {process.state.value} {process.name}{end}")
    return 0


@registry.command(
    "kill [--grace TIME] ID|NAME",
    "End a process, whatever it is doing.",
    operand=Operand.PROCESS,
    options=KILL_OPTIONS,
    details="  --grace TIME   ask it to end by itself first, and wait that long",
)
async def kill(session: Session, args: Sequence[str]) -> int:
    """Kill the newest running process of that id or name, or confirm that it has ended."""
    options, words = take_options(KILL_OPTIONS, args)
    if not words:
        return _usage(session, "kill")
    found = session.kernel.processes.find(words[0])
    if not found:
        session.print(f"process not found: {words[0]}")
        return EXIT_USAGE
    running = [process for process in found if process.exit is None]
    process = (running or found)[-1]
    if "grace" in options and process.started_at_utc is not None:
        end = await process.terminate(options["grace"])
        session.print(f"ended: {words[0]} ({end.reason.value} {end.exit_code})")
    else:
        await process.stop()
        session.print(f"killed: {words[0]}")
    return 0


@registry.command(
    "strace ID|NAME",
    "Print the last system calls of a process run with --strace.",
    operand=Operand.PROCESS,
)
async def strace(session: Session, args: Sequence[str]) -> int:
    """Print what is kept of the calls of the newest process of that id or name."""
    if not args:
        return _usage(session, "strace")
    found = [process for process in session.kernel.processes.find(args[0]) if process.started_at_utc is not None]
    if not found:
        session.print(f"process not found: {args[0]}")
        return EXIT_USAGE
    process = found[-1]
    if not process.traced:
        session.print(f"not traced: {args[0]} (start it with `aik run --strace`)")
        return EXIT_USAGE
    for call in process.program.trace():
        session.print(str(call))
    return 0


@registry.command(
    "logs ID|NAME", "Show what happened to a process and the last lines it wrote.", operand=Operand.PROCESS
)
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
