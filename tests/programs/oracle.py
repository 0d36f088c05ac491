"""The second opinion: the same programs on wasmtime, with a real folder for their files."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import wasmtime

from .expectations import ARGV0
from .unstable import UNSTABLE, define_unstable

_ENOTSUP = 58  # WASI preview 1, errno


@dataclass(frozen=True, slots=True)
class OracleOutcome:
    """How a program ended on wasmtime, in the words of the kernel."""

    reason: str
    exit_code: int
    stdout: bytes = b""
    stderr: bytes = b""
    code: str = ""
    stack: tuple[str, ...] = ()
    left: Mapping[str, bytes] = field(default_factory=dict)

    def files(self, path: str = "/") -> Mapping[str, bytes]:
        """Return the files left below `path`."""
        folder = path.rstrip("/") + "/"
        return {name: data for name, data in self.left.items() if name.startswith(folder)}


def run_on_wasmtime(
    module: Path,
    *,
    args: tuple[str, ...] = (),
    env: Mapping[str, str] | None = None,
    stdin: bytes = b"",
    files: Mapping[str, bytes] | None = None,
    argv0: str = ARGV0,
    interrupt_after: int | None = None,
) -> OracleOutcome:
    """Run a WASI command to its end.

    With `interrupt_after` (a number of fuel units, about one per instruction) an endless program ends with the reason
    `timeout`. Socket calls answer ENOTSUP.
    """
    settings = wasmtime.Config()
    settings.consume_fuel = interrupt_after is not None
    settings.cache = True
    engine = wasmtime.Engine(settings)
    code = wasmtime.Module.from_file(engine, str(module))
    with tempfile.TemporaryDirectory() as scratch:
        root, told, out, err = (Path(scratch) / name for name in ("root", "in", "out", "err"))
        root.mkdir()
        for name, data in (files or {}).items():
            file = root / name.lstrip("/")
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(data)
        told.write_bytes(stdin)
        wasi = wasmtime.WasiConfig()
        wasi.argv = (argv0, *args)
        wasi.env = tuple((env or {}).items())
        wasi.stdin_file, wasi.stdout_file, wasi.stderr_file = told, str(out), str(err)
        wasi.preopen_dir(str(root), "/")
        store = wasmtime.Store(engine)
        store.set_wasi(wasi)
        if interrupt_after is not None:
            store.set_fuel(interrupt_after)
        linker = wasmtime.Linker(engine)
        linker.define_wasi()
        linker.allow_shadowing = True
        for asked in code.imports:
            # Programs for other hosts import socket calls of other signatures than preview 1's.
            if (asked.name or "").startswith("sock_") and isinstance(asked.type, wasmtime.FuncType):
                linker.define_func(asked.module, asked.name or "", asked.type, lambda *_: _ENOTSUP)
        old = any(asked.module == UNSTABLE for asked in code.imports)
        attach = define_unstable(linker, store, code) if old else None
        reason, exit_code, trap, stack = "exited", 0, "", ()
        try:
            instance = linker.instantiate(store, code)
            if attach is not None:
                attach(instance)
            start = instance.exports(store)["_start"]
            assert isinstance(start, wasmtime.Func)
            start(store)
        except wasmtime.ExitTrap as end:
            exit_code = end.code
        except wasmtime.Trap as end:
            trap = end.trap_code.name if end.trap_code is not None else ""
            reason, exit_code = ("timeout", 124) if trap == "OUT_OF_FUEL" else ("trapped", 134)
            stack = tuple(frame.func_name or "" for frame in end.frames)
        store.close()
        left = {}
        for folder, _, names in os.walk(root):
            for name in names:
                file = Path(folder) / name
                left["/" + file.relative_to(root).as_posix()] = file.read_bytes()
        return OracleOutcome(reason, exit_code, out.read_bytes(), err.read_bytes(), trap, stack, left)
