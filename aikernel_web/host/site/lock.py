"""The list of packages that Pyodide installs: its own format, cut to NumPy, micropip and this project.

Pyodide checks each wheel against its hash here, and looks for it at ``packageBaseUrl`` (static/wheels/). One
``loadPyodide`` with ``packages`` from site.json then brings all of them.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from aikernel_web.host.site.packages import PYODIDE_PLATFORM

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from aikernel_web.host.site.packages import Wheel
    from aikernel_web.host.site.sources import Project


def own_lock(
    original: Mapping[str, Any], wheels: Iterable[Wheel], project: Project, file_name: str, sha256: str
) -> bytes:
    """Return the lock as JSON.

    Args:
        original: the lock that came with Pyodide, for what it says about the interpreter.
        wheels: the pinned wheels.
        project: this project.
        file_name: the file name of the project's wheel for the browser.
        sha256: that file's hash.
    """
    entries = [_entry(wheel.name, wheel.version, wheel.file_name, wheel.sha256, wheel.imports) for wheel in wheels]
    entries.append(_entry(project.name, project.version, file_name, sha256, ("aikernel_web",)))
    lock = {
        "info": {**original["info"], "platform": PYODIDE_PLATFORM},
        "packages": {entry["name"]: entry for entry in entries},
    }
    return (json.dumps(lock, indent=1, sort_keys=True) + "\n").encode()


def _entry(name: str, version: str, file_name: str, sha256: str, imports: tuple[str, ...]) -> dict[str, Any]:
    return {
        "depends": [],  # none of the three needs another: NumPy is taken by the kernel where arrays are used
        "file_name": file_name,
        "imports": list(imports),
        "install_dir": "site",
        "name": name,
        "package_type": "package",
        "sha256": sha256,
        "unvendored_tests": False,
        "version": version,
    }
