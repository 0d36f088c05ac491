"""The ``aik`` command outside the browser."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
from collections.abc import Iterable, Iterator
from typing import BinaryIO

import click

from ..contracts.errors import KernelError
from ..contracts.processes import ExitReason
from .launch import launch
from .process import HostProcess
from .progress import TerminalProgress
from .server import serve_site

INTERRUPTED = 130
"""128 + SIGINT, as shells report it."""


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="aikernel-web", prog_name="aik")
def main() -> None:
    """Run WebAssembly programs in a headless browser, or serve the page they run in."""


@main.command(context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False})
@click.option("--env", "-e", multiple=True, metavar="NAME=VALUE", help="Set an environment variable of the program.")
@click.option("--dir", "mounts", multiple=True, metavar="HOST[::GUEST]", help="Give the program a copy of a directory.")
@click.option(
    "--timeout", type=click.FloatRange(min=0, min_open=True), metavar="SECONDS", help="End it after that time."
)
@click.option("--argv0", metavar="NAME", help="The program's first argument, if not its file name.")
@click.argument("program", default="hello")
@click.argument("args", nargs=-1, type=click.UNPROCESSED)
def run(
    *,
    env: tuple[str, ...],
    mounts: tuple[str, ...],
    timeout: float | None,
    argv0: str | None,
    program: str,
    args: tuple[str, ...],
) -> None:
    """Run PROGRAM (a .wasm file, or a program of the site such as `hello`) with ARGS.

    Its input and output are this terminal's; its exit code is returned (124 timeout, 126 not startable, 134 trapped).
    """
    with _clean_errors(), launch(progress=TerminalProgress()) as kernel:
        process = kernel.spawn(
            program,
            args,
            argv0=argv0,
            env=_pairs(env, "="),
            mounts={guest or "/": host for host, guest in _pairs(mounts, "::").items()},
            timeout=timeout,
            output_limit=None,
            on_output=_write,
        )
        threading.Thread(target=_feed, args=(process, sys.stdin.buffer), daemon=True).start()
        try:
            done = process.wait()
        except KeyboardInterrupt:
            process.kill()
            sys.exit(INTERRUPTED)
        if done.reason is not ExitReason.EXITED:
            click.echo(f"aik: {program} {done.reason.value}: {done.message}", err=True)
            for function in done.stack:
                click.echo(f"    at {function}", err=True)
    sys.exit(done.exit_code)


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


def _pairs(values: Iterable[str], separator: str) -> dict[str, str]:
    return {name: value for name, _, value in (text.partition(separator) for text in values)}


def _write(fd: int, data: bytes) -> None:
    stream = sys.stdout.buffer if fd == 1 else sys.stderr.buffer
    stream.write(data)
    stream.flush()


def _feed(process: HostProcess, source: BinaryIO) -> None:
    """Hand on what comes in, as it comes; the end of it too."""
    with contextlib.suppress(KernelError):  # the program, or the browser, may end first
        while data := os.read(source.fileno(), 1 << 16):
            process.stdin.write(data)
        process.stdin.close()
