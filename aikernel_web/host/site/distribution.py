"""The wheel that people install with pip: host side, browser side, and the sources of the site inside."""

from __future__ import annotations

import hashlib
import json
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from aikernel_web.host.errors import HostError
from aikernel_web.host.site.cache import disk_errors, write_atomically
from aikernel_web.host.site.context import BuildContext
from aikernel_web.host.site.tools import ToolError, pip_command, run_tool

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aikernel_web.host.progress import Progress

_STAMP = ".wheel.json"


def build_wheel(checkout: Path, *, progress: Progress) -> Path:
    """Build the wheel into ``checkout``/dist through its build back end, unless one of the same sources is there.

    Raises:
        HostError: SITE_TOOL_FAILED with pip's own words; SITE_DISK_FAILED.
    """
    dist = checkout / "dist"
    digest = _digest(checkout)
    try:
        stamp = json.loads((dist / _STAMP).read_text(encoding="utf-8"))
        if stamp["sources"] == digest and (dist / stamp["wheel"]).is_file():
            return dist / str(stamp["wheel"])
    except (OSError, ValueError, KeyError):
        pass
    with disk_errors(dist):
        dist.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=dist) as work, progress.step("Building the wheel"):
            command = pip_command("wheel", "--quiet", "--no-deps", "--wheel-dir", work, str(checkout))
            try:
                run_tool(BuildContext(progress), command, cwd=checkout)
            except ToolError as error:
                raise HostError.explain(
                    "The wheel could not be built.",
                    why=f"`pip wheel` ended with exit code {error.code}: {error.said}",
                    advice="check the network (pip fetches the build back end, hatchling) and what it says above.",
                    code="SITE_TOOL_FAILED",
                ) from error
            made = next(Path(work).glob("*.whl"))
            for old in dist.glob("aikernel_web-*.whl"):
                old.unlink()
            wheel = made.replace(dist / made.name)
    write_atomically(dist / _STAMP, json.dumps({"sources": digest, "wheel": wheel.name}).encode())
    return wheel


def _digest(checkout: Path) -> str:
    digest = hashlib.sha256()
    for path in sorted(_inputs(checkout)):
        digest.update(f"{path.relative_to(checkout).as_posix()}\0{path.stat().st_size}\0".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _inputs(checkout: Path) -> Iterator[Path]:
    for name in ("pyproject.toml", "README.md", "LICENSE", "index.html"):
        if (checkout / name).is_file():
            yield checkout / name
    for folder in ("aikernel_web", "static"):
        for path in (checkout / folder).rglob("*"):
            if path.is_file() and "__pycache__" not in path.parts:
                yield path
