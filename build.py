#!/usr/bin/env python3
"""Set up, build, serve, run, test and measure the project, with nothing but Python 3.11 on the machine.

This file uses the standard library only. It makes ``.venv``, installs the project there, and hands over to
``aikernel_web.host.site.commands``, where the work is done. ``python build.py --help`` lists the commands.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib.util
import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
STAMP = VENV / "aikernel-web.json"
OLDEST = (3, 11)

# Command -> the extras of pyproject.toml that it needs, and the line that --help shows.
COMMANDS: dict[str, tuple[tuple[str, ...], str]] = {
    "serve": (("host",), "build the site and serve it on localhost   [--host NAME] [--port N]"),
    "build": (("host",), "build the wheel and the site into dist/"),
    "run": (("host",), "run a WebAssembly program in headless Chromium   [PROGRAM.wasm [ARGS...]]"),
    "test": (("host", "native", "test"), "run the tests   [--deep] [pytest's arguments]"),
    "bench": (("host", "native", "test"), "run the benchmarks   [NAMES...]"),
    "screenshot": (("host",), "take the pictures of the console page that the README shows"),
    "check": (("host", "native", "test"), "ruff, ruff format, mypy --strict, tsc"),
    "setup": (("host", "native", "test"), "only make .venv with everything the commands above need"),
}


class SetupError(Exception):
    """The environment could not be made; the message says why and what to do."""


def say(message: str) -> None:
    """Write one line to stderr; stdout belongs to the command."""
    print(message, file=sys.stderr, flush=True)


def usage() -> str:
    """Return the help text."""
    lines = [f"  {name:<10} {about}" for name, (_, about) in COMMANDS.items()]
    return "\n".join(["usage: python build.py COMMAND [ARGUMENTS]", "", *lines])


def fingerprint() -> str:
    """Return what the environment depends on, as a hash: the project's declaration, its place and the Python."""
    parts = (ROOT / "pyproject.toml").read_bytes(), str(ROOT).encode(), sys.version.encode()
    return hashlib.sha256(b"\0".join(parts)).hexdigest()


def standing_extras() -> set[str]:
    """Return the extras that ``.venv`` holds for the present fingerprint: none when it must be made or renewed."""
    try:
        stamp = json.loads(STAMP.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return set()
    return set(stamp["extras"]) if PYTHON.exists() and stamp.get("fingerprint") == fingerprint() else set()


@contextlib.contextmanager
def only_one() -> Iterator[None]:
    """Keep two starts from writing the same environment at once. The lock ends with the process that holds it."""
    with Path(__file__).open("rb") as handle:
        if sys.platform == "win32":
            import msvcrt  # noqa: PLC0415 - exists on Windows only

            handle.seek(2**30)  # Windows locks forbid reading: lock a byte far behind this file's end
            while True:
                with contextlib.suppress(OSError):  # LK_LOCK gives up after ten seconds
                    msvcrt.locking(handle.fileno(), msvcrt.LK_LOCK, 1)
                    break
        else:
            import fcntl  # noqa: PLC0415 - exists on POSIX only

            fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def make_environment(extras: set[str]) -> None:
    """Make ``.venv`` and install the project into it with ``extras``."""
    if not (STAMP.exists() and PYTHON.exists()):  # without a stamp a former start was cut off: begin anew
        if importlib.util.find_spec("venv") is None or importlib.util.find_spec("ensurepip") is None:
            name = f"python{sys.version_info[0]}.{sys.version_info[1]}-venv"
            raise SetupError(
                f"{sys.executable} cannot make a virtual environment: its `venv` or `ensurepip` module is missing "
                f"(Debian and Ubuntu package them apart).\nInstall it with:  apt-get install {name}"
            )
        say(f"Making the environment {VENV}")
        done = subprocess.run(
            [sys.executable, "-m", "venv", "--clear", str(VENV)],
            check=False,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        if done.returncode:
            shutil.rmtree(VENV, ignore_errors=True)
            raise SetupError(
                f"`python -m venv {VENV}` failed, and what it left was removed. It said:\n{done.stdout.strip()}"
            )
    say(f"Installing aikernel-web[{','.join(sorted(extras))}] (once; about a minute on a fast line)")
    quiet = [] if sys.stderr.isatty() else ["--quiet", "--progress-bar", "off"]
    pip = [str(PYTHON), "-m", "pip", "install", "--no-input", "--disable-pip-version-check", *quiet]
    code = subprocess.run(
        [*pip, "--editable", f"{ROOT}[{','.join(sorted(extras))}]"], check=False, stdout=sys.stderr
    ).returncode
    if code:
        raise SetupError(
            f"pip could not install the project (exit code {code}; its own message stands above).\n"
            "Check the network and pip's settings (`python -m pip config list`), then start again."
        )
    STAMP.write_text(json.dumps({"fingerprint": fingerprint(), "extras": sorted(extras)}), encoding="utf-8")


def hand_over(arguments: list[str]) -> int:
    """Run the command in the environment with this terminal's stdin, stdout and stderr; return its exit code."""
    # -P: the folder that the user stands in must not shadow installed modules.
    command = [str(PYTHON), "-P", "-m", "aikernel_web.host.site.commands", *arguments]
    if os.name != "nt":
        os.execv(command[0], command)  # noqa: S606 - the same process: signals and the terminal stay as they are
    child = subprocess.Popen(command)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the child as well: it decides
    return child.wait()


def main(arguments: list[str]) -> int:
    """Set the environment up for the command and run it."""
    if sys.version_info < OLDEST:
        say(f"error: Python {OLDEST[0]}.{OLDEST[1]} or newer is needed; {sys.executable} is {sys.version.split()[0]}.")
        return 1
    if not arguments or arguments[0] not in COMMANDS:
        asked = bool(arguments) and arguments[0] in {"-h", "--help", "help"}
        if arguments and not asked:
            say(f"error: there is no command {arguments[0]!r}.\n")
        print(usage(), file=sys.stdout if asked else sys.stderr)
        return 0 if asked else 2
    needed = set(COMMANDS[arguments[0]][0])
    try:
        if not needed <= standing_extras():
            with only_one():
                if not needed <= standing_extras():
                    make_environment(needed | standing_extras())
    except (SetupError, OSError) as error:
        say(f"error: {error}")
        return 1
    return 0 if arguments[0] == "setup" else hand_over(arguments)


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
