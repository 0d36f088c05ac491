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
_PROGRAM = ("-target", "wasm32-wasi", *_STRICT, "-s")
_NAMED = ("-target", "wasm32-wasi", *_STRICT)  # keeps the name section: a trap's stack has the names of functions
_PLAIN = ("-target", "wasm32-freestanding", "-nostdlib", "-Wl,--no-entry", *_STRICT, "-s")


class CompileError(RuntimeError):
    """The compiler refused a program; the message is the compiler's own."""


def program_names() -> list[str]:
    """Return the names of all programs, sorted."""
    return sorted(source.stem for source in SOURCES.glob("*.c"))


def flags_of(name: str) -> tuple[str, ...]:
    """Return the compiler's flags for a program: a WASI command, unless its name says otherwise."""
    match name.split("_", maxsplit=1)[0]:
        case "plain":
            return _PLAIN
        case "trap":
            return _NAMED
        case _:
            return _PROGRAM


@functools.cache
def compile_program(name: str) -> Path:
    """Return the compiled program `name`, compiling it when source, flags or compiler are new.

    Raises CompileError with the compiler's message, and FileNotFoundError for a name without a source.
    """
    source = SOURCES / f"{name}.c"
    flags = flags_of(name)
    key = hashlib.sha256()
    for part in (source.read_bytes(), "\0".join(flags).encode(), importlib.metadata.version("ziglang").encode()):
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
