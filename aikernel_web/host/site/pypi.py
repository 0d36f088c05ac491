"""Wheels that Pyodide installs: from the Pyodide CDN, else out of PyPI; the pinned hash decides."""

from __future__ import annotations

import shutil
import zipfile
from typing import TYPE_CHECKING

from aikernel_web.host.errors import HostError
from aikernel_web.host.site.cache import disk_errors, sha256_of, verify
from aikernel_web.host.site.fetch import fetch
from aikernel_web.host.site.tools import ToolError, pip_command, run_tool

if TYPE_CHECKING:
    from pathlib import Path

    from aikernel_web.host.site.context import BuildContext
    from aikernel_web.host.site.packages import Wheel

_CDN_PATIENCE = 5.0  # seconds; many networks reach package registries only


def pinned_wheel(context: BuildContext, wheel: Wheel) -> Path:
    """Return the cache's copy of ``wheel``, fetched and verified at the first use.

    Raises:
        HostError: SITE_DOWNLOAD_FAILED, SITE_HASH_MISMATCH, SITE_MEMBER_MISSING, SITE_DISK_FAILED.
    """
    name = f"wheels/{wheel.file_name}"
    kept = context.cache.root / name
    with context.cache.lock(name, context.progress, context.stop):
        if kept.is_file() and sha256_of(kept) == wheel.sha256:
            return kept
        context.check_stop()
        with context.cache.workspace() as work:
            found = _from_cdn(context, wheel, work) or _from_index(context, wheel, work)
            verify(found, wheel.sha256, what=wheel.file_name)
            return context.cache.keep_file(found, name)


def _from_cdn(context: BuildContext, wheel: Wheel, work: Path) -> Path | None:
    """Return the file from the CDN, or None when it cannot be had there: the package index is asked next."""
    if wheel.url is None:
        return None
    target = work / wheel.file_name
    try:
        title = f"Fetching {wheel.label} {wheel.version} from the Pyodide CDN"
        fetch(context, wheel.url, target, title=title, timeout=_CDN_PATIENCE)
        verify(target, wheel.sha256, what=wheel.file_name)
    except HostError as error:
        if error.code not in {"SITE_DOWNLOAD_FAILED", "SITE_HASH_MISMATCH"}:
            raise
        return None
    return target


def _from_index(context: BuildContext, wheel: Wheel, work: Path) -> Path:
    out, temporary = work / "out", work / "pip"
    with disk_errors(work):
        out.mkdir()
        temporary.mkdir()
    options = ("--quiet", "--no-deps", "--no-cache-dir", "--retries", "2", "--only-binary=:all:")
    place = ("--python-version", wheel.python_version, "--dest", str(out))
    command = pip_command("download", *options, *place, wheel.requirement)
    title = f"Fetching {wheel.label} {wheel.version} from PyPI" + (
        f" (inside {wheel.requirement})" if wheel.member else ""
    )
    with context.progress.step(title) as step:
        places = dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(temporary))
        try:
            run_tool(context, command, cwd=work, env=places, step=step, watch=temporary, total=wheel.bytes)
        except ToolError as error:
            tried = "; the Pyodide CDN could not be reached either" if wheel.url else ""
            raise HostError.explain(
                f"{wheel.label} {wheel.version} for the browser could not be fetched.",
                why=f"`pip download {wheel.requirement}` ended with exit code {error.code}{tried}: {error.said}",
                advice="check the network and pip's settings (`python -m pip config list`), then start again; what was "
                "fetched so far is kept.",
                code="SITE_DOWNLOAD_FAILED",
            ) from error
    files = sorted(out.glob("*.whl"))
    if len(files) != 1:
        raise HostError.explain(
            f"{wheel.label} {wheel.version} for the browser could not be fetched.",
            why=f"`pip download {wheel.requirement}` left {len(files)} wheels.",
            advice="make room on the disk, or renew pip (`python -m pip install --upgrade pip`).",
            code="SITE_DOWNLOAD_FAILED",
        )
    return files[0] if wheel.member is None else _take_member(files[0], wheel, work / wheel.file_name)


def _take_member(archive: Path, wheel: Wheel, target: Path) -> Path:
    try:
        with (
            disk_errors(target),
            zipfile.ZipFile(archive) as package,
            package.open(wheel.member or "") as source,
            target.open("wb") as file,
        ):
            shutil.copyfileobj(source, file, 1 << 20)
    except (KeyError, zipfile.BadZipFile) as error:
        raise HostError.explain(
            f"{wheel.requirement} does not hold the {wheel.label} wheel.",
            why=f"{error}.",
            advice="a mirror changes packages, or aikernel_web.host.site.packages is mistaken: report it, please.",
            code="SITE_MEMBER_MISSING",
        ) from error
    archive.unlink()
    return target
