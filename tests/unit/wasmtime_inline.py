"""Instances of PyPI wasmtime in the caller's own thread: the inline half of the engine for plain CPython.

Files are a folder of the host's, time is a `VirtualClock` behind ``clock_time_get``, a state is the memory alone, which
is all that the C programs of these tests have between calls. Who reads empty input waits, and for ever where it was
called and not run.
"""

from __future__ import annotations

import asyncio
import inspect
import os
import shutil
import tempfile
import threading
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import Any, NoReturn

import wasmtime

from aikernel_web.contracts.engine import BytesLike, ProcessSpec
from aikernel_web.contracts.errors import KernelError, NotSupportedError
from aikernel_web.contracts.observation import AudioBlock, Frame
from aikernel_web.contracts.processes import ExitReason, ProcessExit
from aikernel_web.runtime.buffers import to_bytes
from aikernel_web.runtime.clock import VirtualClock

BITS = {"i32": 32, "i64": 64}


def compile_module(data: bytes, memory_limit: int | None) -> WasmtimeModule:
    if data[:4] == b"\0asm" and data[6:8] == b"\1\0":
        raise KernelError("That is a component.", code="WASM_COMPONENT_UNSUPPORTED")
    engine = wasmtime.Engine()
    try:
        return WasmtimeModule(engine, wasmtime.Module(engine, data), memory_limit)
    except wasmtime.WasmtimeError as error:
        raise KernelError(str(error), code="WASM_MODULE_INVALID") from None


class WasmtimeModule:
    def __init__(self, engine: wasmtime.Engine, module: wasmtime.Module, memory_limit: int | None) -> None:
        self._engine = engine
        self._module = module
        self._memory_limit = memory_limit

    def instantiate(self, spec: ProcessSpec) -> WasmtimeInstance:
        instance = WasmtimeInstance(self._engine, spec, self._memory_limit)
        try:
            instance.link(self._module)
        except BaseException:
            instance.dispose()
            raise
        return instance


class WasmtimeInstance:
    def __init__(self, engine: wasmtime.Engine, spec: ProcessSpec, memory_limit: int | None) -> None:
        self.exit: ProcessExit | None = None
        self._spec = spec
        self._folder = Path(tempfile.mkdtemp(prefix="wasmtime-inline-"))
        self._root = self._folder / "root"
        self._root.mkdir()
        for entry in spec.tree if isinstance(spec.tree, tuple) else ():
            place = self._place(entry.path)
            place.parent.mkdir(parents=True, exist_ok=True)
            if entry.kind == "directory":
                place.mkdir(exist_ok=True)
            elif entry.kind == "symlink":
                place.symlink_to(entry.target)
            else:
                place.write_bytes(to_bytes(entry.data))
        os.mkfifo(self._folder / "0")
        self._stdin = os.open(self._folder / "0", os.O_RDWR)
        self._clock = VirtualClock(spec.clock)
        self._picture: Frame | None = None
        self._store = wasmtime.Store(engine)
        if memory_limit is not None:
            self._store.set_limits(memory_size=memory_limit)
        self._exports: Any = {}
        self._memory: wasmtime.Memory | None = None
        self._thread: int | None = None
        self._waiting: Future[Any] | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._disposed = False

    def link(self, module: wasmtime.Module) -> None:
        spec, store = self._spec, self._store
        wasi = wasmtime.WasiConfig()
        wasi.argv = list(spec.args)
        wasi.env = list(spec.env.items())
        wasi.stdin_file = str(self._folder / "0")
        wasi.stdout_file, wasi.stderr_file = str(self._folder / "1"), str(self._folder / "2")
        wasi.preopen_dir(str(self._root), "/")
        store.set_wasi(wasi)
        linker = wasmtime.Linker(store.engine)
        linker.allow_shadowing = True
        linker.define_wasi()
        time_type = wasmtime.FuncType(
            [wasmtime.ValType.i32(), wasmtime.ValType.i64(), wasmtime.ValType.i32()], [wasmtime.ValType.i32()]
        )
        linker.define_func("wasi_snapshot_preview1", "clock_time_get", time_type, self._time_get, access_caller=True)
        offered = set(spec.imports.names) if spec.imports is not None else set()
        for wanted in module.imports:
            pair = (wanted.module, wanted.name or "")
            if pair not in offered or spec.imports is None:
                continue
            given = spec.imports.function(*pair)
            if isinstance(wanted.type, wasmtime.FuncType) and callable(given):
                linker.define_func(*pair, wanted.type, self._import(given))
            elif isinstance(wanted.type, wasmtime.GlobalType) and not callable(given):
                value = getattr(wasmtime.Val, str(wanted.type.content))(given)
                linker.define(store, *pair, wasmtime.Global(store, wanted.type, value))
        try:
            instance = linker.instantiate(store, module)
        except wasmtime.Trap as error:
            self._fail(error)
        except wasmtime.WasmtimeError as error:
            if "memory" in str(error) and "exceeds" in str(error):
                raise KernelError(str(error), code="WASM_MEMORY_LIMIT") from None
            raise KernelError(str(error), code="WASM_IMPORT_MISSING") from None
        self._exports = instance.exports(store)
        memories = [value for value in self._exports.values() if isinstance(value, wasmtime.Memory)]
        self._memory = memories[0] if memories else None
        if spec.state is not None:
            self._state_restore(spec.state)
        if spec.stdin is not None:
            self.write_stdin(spec.stdin)
            self.close_stdin()

    def function(self, name: str) -> Callable[..., Any]:
        function = self._exports.get(name)
        if not isinstance(function, wasmtime.Func):
            raise KernelError(f"There is no exported function {name!r}.", code="WASM_EXPORT_NOT_FOUND")
        types = [str(type_) for type_ in function.type(self._store).params]

        def call(*args: Any) -> Any:
            if self.exit is not None or self._disposed:
                raise KernelError("The program has ended.", code="WASM_PROCESS_ENDED")
            if len(args) != len(types):
                raise KernelError(f"{name} takes {len(types)} arguments.", code="WASM_EXPORT_ARGUMENTS_INVALID")
            values = [argument(value, type_) for value, type_ in zip(args, types, strict=True)]
            try:
                return function(self._store, *values)
            except (wasmtime.Trap, wasmtime.WasmtimeError) as error:
                self._fail(error)

        return call

    async def run(self, name: str) -> None:
        self._loop = asyncio.get_running_loop()
        function = self.function(name)

        def call() -> None:
            self._thread = threading.get_ident()
            try:
                function()
            except KernelError:
                if self.exit is None or self.exit.reason is not ExitReason.EXITED:
                    raise
            finally:
                self._thread = None

        await asyncio.to_thread(call)

    def read_memory(self, offset: int, length: int) -> bytes:
        return bytes(self._range(offset, length).read(self._store, offset, offset + length))

    def write_memory(self, offset: int, data: BytesLike) -> None:
        raw = to_bytes(data)
        self._range(offset, len(raw)).write(self._store, raw, offset)

    def memory_size(self) -> int:
        return 0 if self._memory is None else self._memory.data_len(self._store)

    def memory_window(self, offset: int, length: int) -> Window:
        self._range(offset, length)
        return Window(self, offset, length)

    def control(self, operation: str, *args: Any) -> Any:
        group, _, name = operation.partition(".")
        if group == "time":
            match name:
                case "now":
                    return self._clock.now
                case "scale":
                    return self._clock.set_scale(*args)
                case _:
                    return getattr(self._clock, name)(*args)
        method = getattr(self, f"_{group}_{name}", None)
        if method is None:
            raise NotSupportedError(f"The unit tests' engine has no {operation}.", code="WASM_OPERATION_UNSUPPORTED")
        return method(*args)

    def write_stdin(self, data: BytesLike) -> None:
        if self._stdin >= 0:
            os.write(self._stdin, to_bytes(data))

    def close_stdin(self) -> None:
        if self._stdin >= 0:
            os.close(self._stdin)
            self._stdin = -1

    def output(self, fd: int) -> bytes:
        file = self._folder / str(fd)
        return file.read_bytes() if file.exists() else b""

    def frame(self) -> Frame | None:
        return self._picture

    def audio(self) -> AudioBlock | None:
        return None

    def send_input(self, data: BytesLike) -> None:  # noqa: ARG002 - the seam's signature
        raise NotSupportedError("The unit tests' engine has no input device.", code="WASM_INPUT_UNSUPPORTED")

    def send_event(self, line: str) -> None:  # noqa: ARG002 - the seam's signature
        raise NotSupportedError("The unit tests' engine has no event device.", code="WASM_EVENTS_UNSUPPORTED")

    def dispose(self) -> None:
        if self._disposed:
            return
        self._disposed = True
        if self._waiting is not None:
            self._waiting.cancel()
        self.close_stdin()
        if self._spec.sink is not None:
            for fd in (1, 2):
                self._spec.sink.write(fd, self.output(fd))
        shutil.rmtree(self._folder)

    def _import(self, given: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any) -> Any:
            answer = given(*args)
            if not inspect.isawaitable(answer):
                return answer
            if self._loop is None or self._thread != threading.get_ident():
                if inspect.iscoroutine(answer):
                    answer.close()
                raise KernelError("Only run() can wait.", code="WASM_SUSPENSION_UNAVAILABLE")

            async def settle() -> Any:
                return await answer

            self._waiting = asyncio.run_coroutine_threadsafe(settle(), self._loop)
            return self._waiting.result()

        return call

    def _time_get(self, caller: wasmtime.Caller, clock: int, precision: int, offset: int) -> int:  # noqa: ARG002
        memory = caller["memory"]
        assert isinstance(memory, wasmtime.Memory)
        memory.write(caller, self._clock.now.to_bytes(8, "little"), offset)
        return 0

    def _fail(self, error: Exception) -> NoReturn:
        if isinstance(error, wasmtime.ExitTrap):
            self.exit = ProcessExit(ExitReason.EXITED, error.code)
            raise KernelError(f"The program has ended with {error.code}.", code="WASM_PROCESS_ENDED") from None
        message = str(error).splitlines()[-1].strip()
        self.exit = ProcessExit(ExitReason.TRAPPED, 134, "WASM_TRAP", message)
        raise KernelError(message, code="WASM_TRAP") from None

    def _range(self, offset: int, length: int) -> wasmtime.Memory:
        if self._memory is None:
            raise KernelError("The module has no memory.", code="WASM_NO_MEMORY")
        if not 0 <= offset <= offset + length <= self._memory.data_len(self._store):
            raise KernelError(f"{length} bytes at {offset} are outside memory.", code="WASM_MEMORY_RANGE_INVALID")
        return self._memory

    def _place(self, path: str) -> Path:
        return self._root / path.lstrip("/")

    def _memory_grow(self, pages: int) -> int:
        memory = self._range(0, 0)
        try:
            return int(memory.grow(self._store, pages))
        except wasmtime.WasmtimeError as error:
            raise KernelError(str(error), code="WASM_MEMORY_GROW_REFUSED") from None

    def _files_list(self, path: str = "/") -> list[str]:
        found = [place for place in self._place(path).rglob("*") if place.is_symlink() or not place.is_dir()]
        return sorted("/" + place.relative_to(self._root).as_posix() for place in found)

    def _files_entries(self, path: str) -> list[dict[str, Any]]:
        entries = []
        for place in sorted(self._place(path).iterdir()):
            kind = "symlink" if place.is_symlink() else "directory" if place.is_dir() else "file"
            status = place.lstat()
            entries.append({"name": place.name, "kind": kind, "size": status.st_size, "mtime": status.st_mtime_ns})
        return entries

    def _files_stat(self, path: str) -> dict[str, Any]:
        place = self._place(path)
        return {"path": path, "kind": "symlink", "target": str(place.readlink())} if place.is_symlink() else {}

    def _files_read(self, path: str) -> bytes:
        try:
            return self._place(path).read_bytes()
        except FileNotFoundError:
            raise KernelError(f"There is no file {path!r}.", code="WASM_FILE_NOT_FOUND") from None

    def _files_write(self, path: str, data: BytesLike) -> None:
        self._place(path).parent.mkdir(parents=True, exist_ok=True)
        self._place(path).write_bytes(to_bytes(data))

    def _files_make_directory(self, path: str) -> None:
        self._place(path).mkdir(parents=True, exist_ok=True)

    def _display_set(self, data: bytes, width: int, height: int, format_: str) -> None:
        self._picture = Frame(width, height, format_, 1, data)

    def _display_get(self) -> dict[str, Any] | None:
        if self._picture is None:
            return None
        picture = self._picture
        told = {"width": picture.width, "height": picture.height, "format": picture.format}
        return told | {"sequence": picture.sequence, "bytes": picture.data}

    def _state_save(self) -> list[list[Any]]:
        return [] if self._memory is None else [["MEMO", "{}", [self.read_memory(0, self.memory_size())]]]

    def _state_restore(self, parts: list[list[Any]]) -> None:
        for _, _, (memory,) in parts:
            missing = len(memory) - self.memory_size()
            if missing < 0:
                raise KernelError("Memory does not shrink.", code="WASM_SAVE_STATE_UNSUPPORTED")
            self._memory_grow(missing >> 16)
            self.write_memory(0, memory)


class Window:
    def __init__(self, instance: WasmtimeInstance, offset: int, length: int) -> None:
        self._instance = instance
        self._size = instance.memory_size()
        self._offset = offset
        self.nbytes = length

    def read_into(self, target: Any) -> None:
        view = memoryview(target).cast("B")
        view[:] = self._instance.read_memory(*self._checked(len(view)))

    def write_from(self, source: Any) -> None:
        view = memoryview(source).cast("B")
        offset, _ = self._checked(len(view))
        self._instance.write_memory(offset, view)

    def _checked(self, length: int) -> tuple[int, int]:
        if self._instance._disposed or self._instance.memory_size() != self._size:
            raise KernelError("The memory has grown.", code="WASM_MEMORY_VIEW_STALE")
        assert length == self.nbytes
        return self._offset, length


def argument(value: Any, type_: str) -> Any:
    bits = BITS.get(type_)
    if isinstance(value, bool) or not isinstance(value, int if bits else int | float):
        raise KernelError(f"{value!r} is no {type_}.", code="WASM_EXPORT_ARGUMENTS_INVALID")
    if bits is None:
        return float(value)
    if not -(1 << (bits - 1)) <= value < 1 << bits:
        raise KernelError(f"{value!r} does not fit {type_}.", code="WASM_EXPORT_ARGUMENTS_INVALID")
    return value - (1 << bits) if value >> (bits - 1) == 1 else value
