"""The C programs of the tests: how they are compiled, what they must do (`expectations`), who says so (`oracle`)."""

from __future__ import annotations

import functools
import hashlib
import importlib.metadata
import subprocess
import sys
from pathlib import Path

from aikernel_web.host.site.cache import Cache

SOURCES = Path(__file__).parent

_STRICT = ("-O2", "-Wall", "-Wextra", "-Werror")
_INCLUDE = SOURCES.parents[1] / "static" / "include"  # aikernel.h
_PROGRAM = ("-target", "wasm32-wasi", *_STRICT, "-s", f"-I{_INCLUDE}")
_NAMED = ("-target", "wasm32-wasi", *_STRICT)  # keeps the name section: a trap's stack has the names of functions
_SIGNALLED = (*_PROGRAM, "-D_WASI_EMULATED_SIGNAL", "-lwasi-emulated-signal", "-Wl,--export=raise")
_PLAIN = ("-target", "wasm32-freestanding", "-nostdlib", "-Wl,--no-entry", *_STRICT, "-s")


class CompileError(RuntimeError):
    """The compiler refused a program; the message is the compiler's own."""


def program_names() -> list[str]:
    """Return the names of the programs that are tests, sorted; those of the benchmarks, devices and mounts are not."""
    return sorted(
        source.stem for source in SOURCES.glob("*.c") if not source.stem.startswith(("bench_", "dev_", "mount_"))
    )


_REACTOR = (*_PROGRAM, "-mexec-model=reactor")
_FLAGS = {
    "plain": _PLAIN,
    "trap": _NAMED,
    "signal": _SIGNALLED,
    "reactor": _REACTOR,
    "heap": (*_REACTOR, "-Wl,--export=malloc", "-Wl,--export=free"),
    "ending": (*_PROGRAM, "-Wl,--export=__wasm_call_dtors"),
}
"""The compiler's flags by the first word of a program's name; a WASI command's for every other."""


def flags_of(name: str) -> tuple[str, ...]:
    """Return the compiler's flags for a program: a WASI command, unless its name says otherwise."""
    return _FLAGS.get(name.split("_", maxsplit=1)[0], _PROGRAM)


@functools.cache
def compile_program(name: str) -> Path:
    """Return the compiled program `name`, compiling it when source, headers, flags or compiler are new.

    A program of a folder below is named with it: ``wasi/script``. Raises CompileError with the compiler's message, and
    FileNotFoundError for a name without a source.
    """
    source = SOURCES / f"{name}.c"
    name = source.stem
    flags = flags_of(name)
    headers = (header.read_bytes() for header in [*sorted(source.parent.glob("*.h")), *sorted(_INCLUDE.glob("*.h"))])
    compiler = importlib.metadata.version("ziglang").encode()
    key = hashlib.sha256()
    for part in (source.read_bytes(), "\0".join(flags).encode(), compiler, *headers):
        key.update(len(part).to_bytes(8, "little"))
        key.update(part)
    # A folder per key, so that the file keeps its plain name: a program's name is its file's.
    name_in_cache = f"programs/{key.hexdigest()[:24]}/{name}.wasm"
    cache = Cache()
    if (cache.root / name_in_cache).exists():
        return cache.root / name_in_cache
    with cache.workspace() as work:
        made = work / f"{name}.wasm"  # the linker writes this name into the module
        command = [sys.executable, "-m", "ziglang", "cc", *flags, str(source), "-o", str(made)]
        outcome = subprocess.run(command, capture_output=True, text=True, check=False)
        if outcome.returncode != 0:
            raise CompileError(f"{source.name} does not compile ({' '.join(flags)}):\n{outcome.stderr.strip()}")
        return cache.keep_file(made, name_in_cache)
