"""What ``python build.py COMMAND`` does once its environment stands.

Only the command's own output goes to stdout; progress and errors go to stderr.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from typing import TYPE_CHECKING

from aikernel_web.host.browser import ensure_browser
from aikernel_web.host.errors import HostError
from aikernel_web.host.progress import TerminalProgress
from aikernel_web.host.site.builder import build_site
from aikernel_web.host.site.context import BuildContext
from aikernel_web.host.site.distribution import build_wheel
from aikernel_web.host.site.node import find_node
from aikernel_web.host.site.npm import npm_package
from aikernel_web.host.site.packages import TYPESCRIPT, WEBGPU_TYPES
from aikernel_web.host.site.sources import find_sources

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

_INTERRUPTED = 130  # 128 + SIGINT, as shells say it


def serve(arguments: list[str]) -> int:
    """Build the site and serve it until Ctrl-C."""
    from aikernel_web.host.server import serve_site  # noqa: PLC0415 - aiohttp takes its time

    parser = argparse.ArgumentParser(prog="build.py serve", description="Build the site and serve it.")
    parser.add_argument("--host", default="127.0.0.1", help="the address to listen at (default: %(default)s)")
    parser.add_argument("--port", type=int, default=8000, help="the port; the next free one when it is busy")
    options = parser.parse_args(arguments)
    serve_site(host=options.host, port=options.port, progress=TerminalProgress())
    return 0


def build(arguments: list[str]) -> int:
    """Build the wheel and the site into dist/."""
    argparse.ArgumentParser(prog="build.py build", description="Build the wheel and the site.").parse_args(arguments)
    progress = TerminalProgress()
    site = build_site(progress=progress)
    _say(f"site   {site}   {_megabytes(site)}")
    wheel = build_wheel(_checkout(), progress=progress)
    _say(f"wheel  {wheel}   {_megabytes(wheel)}")
    return 0


def run(arguments: list[str]) -> int:
    """Run a program in headless Chromium, with this terminal's stdin, stdout and stderr."""
    from aikernel_web.host.cli import main as command_line  # noqa: PLC0415 - takes the whole client along

    command_line(["run", *arguments])
    return 0


def test(arguments: list[str]) -> int:
    """Run the tests; ``--deep`` adds the long ones, all else is pytest's."""
    progress = TerminalProgress()
    ensure_browser(progress)
    build_site(progress=progress)
    deep = "--deep" in arguments
    arguments = [argument for argument in arguments if argument != "--deep"]
    chosen = deep or any(argument.startswith("-m") for argument in arguments)
    return _call([sys.executable, "-m", "pytest", *([] if chosen else ["-m", "not deep"]), *arguments])


def bench(arguments: list[str]) -> int:
    """Run the benchmarks that are named, or all."""
    progress = TerminalProgress()
    ensure_browser(progress)
    build_site(progress=progress)
    return _call([sys.executable, "-m", "tests.bench", *arguments])


def screenshot(arguments: list[str]) -> int:
    """Take the pictures of the console page that the README shows."""
    from aikernel_web.host.picture import take_pictures  # noqa: PLC0415 - takes the whole client along

    parser = argparse.ArgumentParser(prog="build.py screenshot", description="Take pictures of the console page.")
    parser.parse_args(arguments)
    for picture in take_pictures(_checkout() / "dist", progress=TerminalProgress()):
        _say(str(picture))
    return 0


def check(arguments: list[str]) -> int:
    """Run all linters and type checkers, each to its end; fail when one did."""
    argparse.ArgumentParser(prog="build.py check", description="Run linters and type checkers.").parse_args(arguments)
    checkout = _checkout()
    context = BuildContext(TerminalProgress())
    tsc = npm_package(context, TYPESCRIPT) / "lib/tsc.js"
    webgpu = npm_package(context, WEBGPU_TYPES) / "dist/index.d.ts"
    project = ["--project", str(checkout / "static/tsconfig.json"), "--types", str(webgpu)]
    python = [sys.executable, "-m"]
    checks = {
        "ruff check": [*python, "ruff", "check", "."],
        "ruff format": [*python, "ruff", "format", "--check", "."],
        "mypy --strict": [*python, "mypy", "--strict"],
        "tsc --checkJs": [*find_node(context).node, str(tsc), *project],
    }
    failed = []
    for name, command in checks.items():
        _say(f"-- {name}")
        if _call(command):
            failed.append(name)
    _say(f"failed: {', '.join(failed)}" if failed else "all checks passed")
    return 1 if failed else 0


COMMANDS: dict[str, Callable[[list[str]], int]] = {
    "serve": serve,
    "build": build,
    "run": run,
    "test": test,
    "bench": bench,
    "screenshot": screenshot,
    "check": check,
}


def main(arguments: Sequence[str]) -> int:
    """Run the command that ``arguments`` name; return its exit code."""
    if not arguments or arguments[0] not in COMMANDS:
        sys.stderr.write(f"usage: python build.py {{{','.join(COMMANDS)}}} ...\n")
        return 2
    try:
        return COMMANDS[arguments[0]](list(arguments[1:]))
    except HostError as error:
        sys.stderr.write(f"error: {error}\n")
        return 1
    except KeyboardInterrupt:
        return _INTERRUPTED


def _call(command: list[str]) -> int:
    sys.stdout.flush()
    return subprocess.run(command, cwd=_checkout(), check=False).returncode


def _checkout() -> Path:
    checkout = find_sources().checkout
    if checkout is None:
        raise HostError.explain(
            "This command works in a checkout of the repository.",
            why="aikernel_web is installed from a wheel here, without the tests and the project file.",
            advice="clone the repository and run `python build.py` there.",
            code="SITE_SOURCE_MISSING",
        )
    return checkout


def _megabytes(path: Path) -> str:
    files = path.rglob("*") if path.is_dir() else [path]
    return f"{sum(file.stat().st_size for file in files if file.is_file()) / 1e6:.2f} MB"


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
