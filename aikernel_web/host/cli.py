"""The ``aik`` command outside the browser."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from pathlib import Path

import click

from ..contracts.clock_options import clock_of
from ..contracts.engine import ClockMode
from ..contracts.errors import KernelError
from ..contracts.processes import ExitReason
from ..contracts.quantities import parse_duration, parse_size
from .cli_options import (
    GuestMount,
    above_zero,
    archive_mount,
    clock_mode,
    directory_mount,
    persistent_mount,
    random_seed,
    reading,
    variable,
)
from .console import Console
from .launch import data_folder, launch
from .process import HostProcess
from .progress import TerminalProgress
from .server import serve_site
from .tree import require_program

INTERRUPTED = 130
"""128 + SIGINT, as shells report it."""

INTERRUPT_GRACE = 2.0
"""Seconds that an interrupted program has to end by itself."""


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="aikernel-web", prog_name="aik")
def main() -> None:
    """Run WebAssembly programs in a headless browser, or serve the page they run in."""


@main.command(context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False})
@click.option(
    "--env",
    "-e",
    multiple=True,
    callback=reading(variable),
    metavar="NAME=VALUE",
    help="Set an environment variable of the program.",
)
@click.option(
    "--dir",
    "mounts",
    multiple=True,
    callback=reading(directory_mount),
    metavar="HOST[::GUEST][:ro]",
    help="Give the program a copy of a directory; with :ro one that it cannot change.",
)
@click.option(
    "--archive",
    "archives",
    multiple=True,
    callback=reading(archive_mount),
    metavar="FILE::GUEST",
    help="Give it the files of a tar, tar.gz or zip, to be read only.",
)
@click.option(
    "--persist",
    "stores",
    multiple=True,
    callback=reading(persistent_mount),
    metavar="NAME::GUEST",
    help="Give it the store NAME: what it leaves there, the next program finds.",
)
@click.option(
    "--timeout",
    callback=reading(above_zero(parse_duration)),
    metavar="TIME",
    help="End it after that time: 10, 1.5s, 2m.",
)
@click.option(
    "--memory-limit", "-m", callback=reading(above_zero(parse_size)), metavar="SIZE", help="Its linear memory: 64M, 1G."
)
@click.option(
    "--output-limit", callback=reading(parse_size), metavar="SIZE", help="End it when it has written more: 1M, 4096."
)
@click.option("--strace", is_flag=True, help="Write its system calls to standard error.")
@click.option(
    "--terminal",
    type=click.Choice(["auto", "always", "never"]),
    default="auto",
    show_default=True,
    help="Whether the program has a terminal; auto: where standard input and output are one.",
)
@click.option("--deterministic", is_flag=True, help="Make every run with the same input the same.")
@click.option("--seed", callback=reading(random_seed), metavar="NUMBER", help="What its randomness is generated from.")
@click.option(
    "--clock",
    callback=reading(clock_mode),
    metavar="MODE",
    help="The clock it sees: real, virtual (its sleeps take no time) or manual.",
)
@click.option("--argv0", metavar="NAME", help="The program's first argument, if not its file name.")
@click.argument("program", default="hello")
@click.argument("args", nargs=-1, type=click.UNPROCESSED)
def run(
    *,
    env: tuple[tuple[str, str], ...],
    mounts: tuple[GuestMount, ...],
    archives: tuple[GuestMount, ...],
    stores: tuple[GuestMount, ...],
    timeout: float | None,
    memory_limit: int | None,
    output_limit: int | None,
    strace: bool,
    terminal: str,
    deterministic: bool,
    seed: int | None,
    clock: ClockMode | None,
    argv0: str | None,
    program: str,
    args: tuple[str, ...],
) -> None:
    """Run PROGRAM (a .wasm file, or a program of the site such as `hello`) with ARGS.

    Its input and output are this terminal's; its exit code is returned (124 timeout, 126 not startable, 134 trapped,
    137 out of memory, 153 too much output). Ctrl-C asks it to end, and kills it when it does not.
    """
    if program.startswith("-") and not Path(program).is_file():
        raise click.NoSuchOption(program, ctx=click.get_current_context())
    given = [guest for guest, _ in (*mounts, *archives, *stores)]
    for guest in given:
        if given.count(guest) > 1:
            raise click.UsageError(f"Two mounts are given for {guest!r}: leave one of them out, or name another path.")
    try:
        clock_of(clock, deterministic=deterministic)
    except KernelError as error:
        raise click.UsageError(str(error)) from None
    with _clean_errors():
        require_program(program)
    # Only a profile of its own lets a store outlast the browser, and only one browser at a time can have it.
    profile = data_folder() / "profile" if stores else None
    with (
        _clean_errors(),
        launch(progress=TerminalProgress(), profile=profile) as kernel,
        Console(terminal, alike=deterministic) as console,
    ):
        process: HostProcess | None = None
        try:
            process = kernel.spawn(
                program,
                args,
                argv0=argv0,
                env=dict(env),
                stdin=console.whole_input() if deterministic else None,
                mounts=dict((*mounts, *archives, *stores)),
                timeout=timeout,
                memory_limit=memory_limit,
                output_limit=output_limit,
                terminal=console.is_terminal,
                columns=console.columns,
                rows=console.rows,
                clock=clock,
                seed=seed,
                deterministic=deterministic,
                on_output=console.write,
                on_trace=console.trace if strace else None,
                on_terminal=console.set_raw,
            )
            if not deterministic:
                console.feed(process)
            done = process.wait()
        except KeyboardInterrupt:
            if process is not None:
                _end(process)
            raise
        console.restore()
        if done.reason is not ExitReason.EXITED:
            code = f" ErrorCode={done.code}" if done.code else ""
            click.echo(f"aik: {program}: {done.reason.value}: {done.message}{code}", err=True)
            for function in done.stack:
                click.echo(f"    at {function}", err=True)
    sys.exit(done.exit_code)


def _end(process: HostProcess) -> None:
    """End the program as it likes, at once where it takes too long or the key is struck again."""
    try:
        process.terminate(INTERRUPT_GRACE)
    except KeyboardInterrupt:
        process.kill()


@main.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", default=8000, show_default=True, help="The port; the next free one when it is busy.")
def serve(host: str, port: int) -> None:
    """Serve the console page on this machine."""
    with _clean_errors():
        serve_site(host=host, port=port, progress=TerminalProgress())


@contextlib.contextmanager
def _clean_errors() -> Iterator[None]:
    try:
        yield
    except KernelError as error:
        click.echo(f"aik: {error}", err=True)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
