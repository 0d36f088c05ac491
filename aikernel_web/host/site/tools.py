"""Starting other programs: npm, node and pip, with progress by what they have written so far."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from aikernel_web.host.errors import HostError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from aikernel_web.host.progress import Step
    from aikernel_web.host.site.context import BuildContext

_LINES = 8  # of a failed program's words


class ToolError(Exception):
    """A program ended with a code other than 0; ``said`` is what it wrote about that."""

    def __init__(self, code: int, said: str) -> None:
        super().__init__(f"exit code {code}: {said}")
        self.code = code
        self.said = said


def run_tool(
    context: BuildContext,
    command: Sequence[str],
    *,
    cwd: Path,
    env: Mapping[str, str] | None = None,
    step: Step | None = None,
    watch: Path | None = None,
    total: int | None = None,
) -> str:
    """Run ``command`` to its end and return its stdout.

    Args:
        context: the build; when it is stopped the program is killed.
        command: the program and its arguments.
        cwd: the folder to run in.
        env: variables to add to the environment.
        step: told how many bytes lie in the folder ``watch``, out of ``total``.
        watch: the folder that the program downloads into.
        total: the download's size in bytes, where known.

    Raises:
        ToolError: it ended with another code than 0, or could not be started (code 127).
        HostError: SITE_CANCELLED.
    """
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        try:
            child = subprocess.Popen(
                list(command),
                cwd=cwd,
                env={**os.environ, **(env or {})},
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
            )
        except OSError as error:
            raise ToolError(127, str(error)) from error
        with child:
            try:
                while True:
                    try:
                        code = child.wait(timeout=0.1)
                        break
                    except subprocess.TimeoutExpired:
                        context.check_stop()
                        if step is not None and watch is not None:
                            size = folder_size(watch)
                            step.update(min(size, total) if total else size, total)
            except BaseException:
                child.kill()
                raise
        out.seek(0)
        err.seek(0)
        said = out.read().decode(errors="replace")
        if code:
            raise ToolError(code, complaint_of(err.read().decode(errors="replace") or said))
        return said


def complaint_of(said: str) -> str:
    """Return the part of a failed program's words that says what failed: its error lines, else the end."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    # npm says "npm error", or "npm ERR!" up to version 10, and ends with general advice; pip says "ERROR:".
    errors = [line for line in lines if re.match(r"(npm )?err(or|!)(?!\s+at )", line, re.IGNORECASE)]
    return "\n".join(errors[:_LINES] or lines[-_LINES:])


def folder_size(folder: Path) -> int:
    """Return the bytes of all files below ``folder``; files that vanish meanwhile do not count."""
    size = 0
    for parent, _, names in os.walk(folder):
        for name in names:
            try:
                size += Path(parent, name).stat().st_size
            except OSError:
                continue
    return size


def pip_command(*arguments: str) -> list[str]:
    """Return the command line for this environment's pip.

    Raises:
        HostError: SITE_TOOL_FAILED when the environment has none (uv makes such).
    """
    if find_spec("pip") is None:
        raise HostError.explain(
            "A package has to be fetched with pip, and this environment has no pip.",
            why=f"{sys.executable} cannot import it; environments made by uv leave it out.",
            advice=f"run `{sys.executable} -m ensurepip` (or `uv pip install pip`) and start again.",
            code="SITE_TOOL_FAILED",
        )
    return [sys.executable, "-m", "pip", "--disable-pip-version-check", "--no-input", *arguments]
