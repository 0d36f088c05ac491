"""The sample programs of the page: two of ours, compiled from their text, and two from the npm registry."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aikernel_web.host.errors import HostError
from aikernel_web.host.site.node import find_node
from aikernel_web.host.site.npm import npm_package
from aikernel_web.host.site.packages import JQ, RUNNO, WABT
from aikernel_web.host.site.tools import ToolError, run_tool

if TYPE_CHECKING:
    from pathlib import Path

    from aikernel_web.host.site.context import BuildContext
    from aikernel_web.host.site.sources import Sources

PROGRAM_NAMES = ("hello", "jq", "quickjs", "rain")
"""The programs of the site, sorted."""

_MAGIC = b"\0asm"


@dataclass(frozen=True, slots=True)
class Program:
    """A program that the page offers, and the file it is in."""

    name: str
    summary: str
    licence: str
    path: Path


def hello(context: BuildContext, sources: Sources) -> Program:
    """Compile static/programs/hello.wat, or take what an earlier build compiled from the same text."""
    summary = "Greets, shows its arguments and answers each line of its input. Source: hello.wat"
    return Program("hello", summary, "Apache-2.0", compile_wat(context, sources.static / "programs" / "hello.wat"))


def rain(context: BuildContext, sources: Sources) -> Program:
    """Compile static/programs/rain.wat, as `hello` is compiled."""
    summary = "Draws and plays drops of rain for half a minute. Source: rain.wat"
    return Program("rain", summary, "Apache-2.0", compile_wat(context, sources.static / "programs" / "rain.wat"))


def jq(context: BuildContext) -> Program:
    """Fetch jq: jaq, its implementation in Rust."""
    summary = "The JSON processor (jaq), for example: jq .name file.json"
    return Program("jq", summary, "MIT (jaq), Apache-2.0 (the build)", npm_package(context, JQ) / "wasm/jq")


def quickjs(context: BuildContext) -> Program:
    """Fetch QuickJS."""
    summary = "The JavaScript engine QuickJS (WasmEdge's build), for example: quickjs script.js"
    path = npm_package(context, RUNNO) / "dist/langs/wasmedge_quickjs.wasm"
    return Program("quickjs", summary, "MIT (QuickJS), Apache-2.0 (the build)", path)


def programs_index(programs: list[Program]) -> bytes:
    """Return static/programs/index.json."""
    entries = [
        {
            "name": program.name,
            "url": f"{program.name}.wasm",
            "bytes": program.path.stat().st_size,
            "summary": program.summary,
            "licence": program.licence,
        }
        for program in programs
    ]
    return (json.dumps(entries, indent=1) + "\n").encode()


def compile_wat(context: BuildContext, text: Path) -> Path:
    """Return the module compiled from WebAssembly text; the cache knows it by the text's and the compiler's version.

    Raises:
        HostError: SITE_TOOL_FAILED with the compiler's own words.
    """
    key = hashlib.sha256(WABT.version.encode() + b"\0" + text.read_bytes()).hexdigest()[:16]
    name = f"programs/{text.stem}-{key}.wasm"
    kept = context.cache.root / name
    with context.cache.lock(name, context.progress, context.stop):
        if kept.is_file():
            return kept
        wabt = npm_package(context, WABT)
        with context.cache.workspace() as work, context.progress.step(f"Compiling {text.name}"):
            made = work / "made.wasm"
            command = [*find_node(context).node, str(wabt / "bin/wat2wasm"), str(text), "-o", str(made)]
            try:
                run_tool(context, command, cwd=work)
                if made.read_bytes()[:4] != _MAGIC:
                    raise ToolError(0, "what it wrote is not a WebAssembly module")
            except (ToolError, FileNotFoundError) as error:
                raise HostError.explain(
                    f"{text} could not be compiled.",
                    why=f"wat2wasm (wabt {WABT.version}) said: {error}",
                    advice="correct the text where it points at.",
                    code="SITE_TOOL_FAILED",
                ) from error
            return context.cache.keep_file(made, name)
