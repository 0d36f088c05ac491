"""wasmtime as a host with a real directory for `/`."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import wasmtime
from programs.expectations import ARGV0
from programs.unstable import UNSTABLE, define_unstable


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a program ended, and the contents of the files it left, by guest path."""

    exit_code: int
    stdout: bytes
    stderr: bytes
    left: Mapping[str, bytes]


class WasmtimeHost:
    """Runs WASI commands. Modules are compiled once."""

    def __init__(self) -> None:
        settings = wasmtime.Config()
        settings.cache = True
        self._engine = wasmtime.Engine(settings)
        self._modules: dict[Path, wasmtime.Module] = {}

    def run(
        self,
        program: Path,
        *,
        args: Sequence[str] = (),
        env: Mapping[str, str] | None = None,
        stdin: bytes = b"",
        preopens: Mapping[str, Path] | None = None,
    ) -> Outcome:
        """Run a program; the exit code of one that traps is 134.

        ``/`` is an empty temporary directory unless ``preopens`` (host directories by guest path) says otherwise.
        """
        module = self._modules.get(program)
        if module is None:
            module = self._modules[program] = wasmtime.Module.from_file(self._engine, str(program))
        with tempfile.TemporaryDirectory() as scratch:
            root, told, out, err = (Path(scratch) / name for name in ("root", "in", "out", "err"))
            root.mkdir()
            told.write_bytes(stdin)
            wasi = wasmtime.WasiConfig()
            wasi.argv = (ARGV0, *args)
            wasi.env = tuple((env or {}).items())
            wasi.stdin_file, wasi.stdout_file, wasi.stderr_file = told, str(out), str(err)
            for guest, host in ({"/": root} if preopens is None else preopens).items():
                wasi.preopen_dir(str(host), guest)
            store = wasmtime.Store(self._engine)
            store.set_wasi(wasi)
            exit_code = _run(self._engine, store, module)
            store.close()
            return Outcome(exit_code, out.read_bytes(), err.read_bytes(), files_below(root))


def _run(engine: wasmtime.Engine, store: wasmtime.Store, module: wasmtime.Module) -> int:
    linker = wasmtime.Linker(engine)
    linker.define_wasi()
    linker.allow_shadowing = True
    attach = None
    if any(asked.module == UNSTABLE for asked in module.imports):
        attach = define_unstable(linker, store, module)
    try:
        instance = linker.instantiate(store, module)
        if attach is not None:
            attach(instance)
        start = instance.exports(store)["_start"]
        assert isinstance(start, wasmtime.Func)
        start(store)
    except wasmtime.ExitTrap as end:
        return int(end.code)
    except wasmtime.Trap:
        return 134
    return 0


def files_below(root: Path) -> dict[str, bytes]:
    """Return the contents of regular files by guest path. Links are not followed."""
    found = {}
    for folder, _, names in os.walk(root):
        for name in names:
            file = Path(folder) / name
            if not file.is_symlink():
                found["/" + file.relative_to(root).as_posix()] = file.read_bytes()
    return found
