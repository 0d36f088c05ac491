"""What runs in a context: nothing at first, then a compiled module, then an instance of it, then perhaps another.

Files, lines of standard input, clock and picture outlive instances: they are kept by a `DetachedMachine` while there is
none, given to the next one, and taken back from it.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

from ..contracts.engine import (
    ArchiveMount,
    BytesLike,
    ClockSpec,
    Engine,
    EngineInstance,
    EngineModule,
    MemoryMount,
    ProcessObserver,
    StatePart,
    TreeEntry,
)
from ..contracts.errors import KernelError, NotSupportedError
from ..contracts.processes import ExitReason, ProcessExit
from .buffers import to_bytes
from .detached import DetachedMachine
from .detached_archives import read_archive
from .detached_files import PATH_LIMIT, Node, guest_path
from .module import inspect_module
from .module_types import ModuleInfo
from .process_options import WasmProcessOptions
from .registered_imports import RegisteredImports

COMMAND, REACTOR = "_start", "_initialize"
"""The entries of WASI's two kinds of modules (WASI application ABI)."""
DEVICES = "/dev"
"""Where an engine keeps devices of its own."""
KILLED = ProcessExit(ExitReason.KILLED, 137, "WASM_PROCESS_KILLED", "it was stopped")


@dataclass(frozen=True, slots=True)
class LoadedModule:
    """A module that an engine has compiled."""

    data: bytes
    compiled: EngineModule
    info: ModuleInfo


class Guest:
    """The module and the instance of one context, and what outlives them."""

    def __init__(self, memory_bytes: int, engine: Engine | None, options: WasmProcessOptions) -> None:
        self.imports = RegisteredImports(options.imports)
        self.on_end: Callable[[ProcessExit], None] | None = None
        self.observer: ProcessObserver | None = options.observer
        self.name = "context"
        self.detached = DetachedMachine(memory_bytes, options)
        self.module: LoadedModule | None = None
        self.instance: EngineInstance | None = None
        self._engine = engine
        self._options = options
        self._foreign_tree: object | None = None
        self._state = options.state
        self._functions: dict[str, Callable[..., Any]] = {}
        self._has_memory = False
        self._entered = False
        self._instantiating = False
        self._end: ProcessExit | None = None
        self._stopped: asyncio.Future[None] | None = None
        self._unfed = bytearray()
        self._stdin_ends = False
        self._fill(options)

    async def load(self, data: BytesLike) -> None:
        """Compile a module, which takes the place of the one before. Raises `KernelError` with the engine's code."""
        if self._engine is None:
            raise KernelError(
                "A module needs an engine: make the context by `kernel.runtime.create_context()`, or pass engine=.",
                code="WASM_ENGINE_REQUIRED",
            )
        copied = to_bytes(data)
        compiled = await self._engine.compile(copied, memory_limit=self._options.memory_limit)
        module = LoadedModule(copied, compiled, inspect_module(copied))
        self.kill()
        self.retire()
        self.module = module
        self._end = None

    def instantiate(self) -> EngineInstance:
        """Return the instance, made now where there is none.

        Raises `KernelError`: ``WASM_MODULE_NOT_LOADED``, ``WASM_IMPORT_MISSING``, the code of a trap.
        """
        if self.instance is not None:
            return self.instance
        module = self.module
        if module is None:
            raise KernelError("There is no module: load one first.", code="WASM_MODULE_NOT_LOADED")
        instance = self._new_instance(module, None)
        self._take(instance)
        if self._state is not None:
            self._state = None
            return instance
        try:
            self._furnish(instance)
            if module.info.export(REACTOR) is not None:
                instance.function(REACTOR)()
        except BaseException:
            self._end = instance.exit
            self.retire()
            raise
        return instance

    def restore(self, parts: Sequence[StatePart]) -> None:
        """Return the module to a saved state, or change nothing; one that has ended goes on in another instance."""
        if self.instance is not None and self.exit is None:
            self.instance.control("state.restore", parts)
            return
        module = self.module
        if module is None:
            self.detached.restore(parts)
            return
        instance = self._new_instance(module, parts)
        ended = self.instance
        self._functions.clear()
        self._state = None
        self._take(instance)
        if ended is not None:
            ended.dispose()

    def renew(self) -> EngineInstance:
        """Return an instance on which a program can begin: another one where the present one has ended."""
        if self.instance is not None and (self.exit is not None or self._entered):
            self.retire()
        return self.instantiate()

    @property
    def machine(self) -> EngineInstance:
        """The instance, or what there is without one."""
        return self.instance if self.instance is not None else cast("EngineInstance", self.detached)

    @property
    def memory(self) -> EngineInstance:
        """What has the memory: the instance of a module that has one, made now where it is not there yet."""
        if self.instance is None and self.module is not None and self.module.info.memories:
            self.instantiate()
        return self.machine if self._has_memory else cast("EngineInstance", self.detached)

    def has_function(self, name: str) -> bool:
        """Whether the module exports a function of that name."""
        found = None if self.module is None else self.module.info.export(name)
        return found is not None and found.kind == "function"

    def function(self, name: str) -> Callable[..., Any]:
        """Return an exported function of the instance. Raises as `instantiate` and `EngineInstance.function` do."""
        instance = self.instantiate()
        found = self._functions.get(name)
        if found is None:
            raw = instance.function(name)

            def call(*args: Any) -> Any:
                try:
                    return raw(*args)
                except BaseException:
                    self._tell_end(instance.exit)
                    raise

            found = self._functions[name] = call
        return found

    @property
    def exit(self) -> ProcessExit | None:
        """How the program has ended: by itself, a trap, or because it was stopped."""
        if self.instance is not None and self.instance.exit is not None:
            return self.instance.exit
        return self._end

    async def enter(self) -> None:
        """Run the entry of a command, on the instance of `renew`, to its end; nothing for any other module."""
        instance = self.instance
        if instance is None or not self.has_function(COMMAND):
            return
        self._entered = True
        stopped = self._stopped = asyncio.get_running_loop().create_future()
        program = asyncio.ensure_future(instance.run(COMMAND))
        # Of one that was stopped nobody asks how it took that.
        program.add_done_callback(lambda task: task.cancelled() or task.exception())
        try:
            await asyncio.wait({program, stopped}, return_when=asyncio.FIRST_COMPLETED)
        except asyncio.CancelledError:
            program.cancel()
            self.kill()
            raise
        finally:
            self._stopped = None
        if stopped.done():
            program.cancel()
            return
        error = program.exception()
        if error is None:
            if instance.exit is None and self.instance is instance:
                self._end = ProcessExit(ExitReason.EXITED, 0, None, "exited with code 0")
        elif instance.exit is None or instance.exit.reason.is_crash or not isinstance(error, KernelError):
            raise error

    def kill(self) -> None:
        """End a program that stands in its entry; it keeps its files."""
        if self._stopped is not None and not self._stopped.done():
            self._stopped.set_result(None)
            self.retire()
            self._end = KILLED

    def retire(self) -> None:
        """Let go of the instance; files, clock and picture are taken back from it."""
        instance, self.instance = self.instance, None
        self._functions.clear()
        self._has_memory = False
        if instance is None:
            return
        self._end = instance.exit or self._end
        try:
            self._take_back(instance)
        finally:
            instance.dispose()

    def feed(self, data: bytes) -> None:
        """Append to standard input: of the instance, or of the next one."""
        if self.instance is None or self.exit is not None:
            self._unfed += data
        else:
            self.instance.write_stdin(data)

    def close_stdin(self) -> None:
        """End standard input: of the instance, or of the next one."""
        if self.instance is None or self.exit is not None:
            self._stdin_ends = True
        else:
            self.instance.close_stdin()

    def dispose(self) -> None:
        """Let go of everything but the clock and the picture."""
        instance, self.instance = self.instance, None
        if instance is not None:
            self._end = instance.exit or self._end
            try:
                self._take_clock_and_picture(instance)
            finally:
                instance.dispose()
        if self._stopped is not None and not self._stopped.done():
            self._stopped.set_result(None)
        self._functions.clear()
        self._has_memory = False
        self.module = None
        self._engine = None
        self._unfed.clear()
        self._foreign_tree = None
        self.imports.clear()
        self.detached.dispose()
        self._tell_end(KILLED)

    def _tell_end(self, end: ProcessExit | None) -> None:
        if end is not None and self.on_end is not None:
            listener, self.on_end = self.on_end, None
            listener(end)

    def _fill(self, options: WasmProcessOptions) -> None:
        """Put the files of the options into the tree."""
        files = self.detached.files
        if isinstance(options.tree, tuple):
            files.add(options.tree)
        else:
            self._foreign_tree = options.tree
        files.add(tuple(TreeEntry(guest_path(path), "file", data) for path, data in options.files.items()))
        for mount in options.mounts:
            if isinstance(mount, MemoryMount) and isinstance(mount.tree, tuple):
                files.mount(mount.path, mount.tree, read_only=mount.read_only)
            elif isinstance(mount, ArchiveMount):
                limit = files.quota()["bytesLimit"]
                files.mount(mount.path, read_archive(to_bytes(mount.data), limit=limit), read_only=mount.read_only)
            else:
                message = "A context mounts trees and archives: persistent stores and directories need a process."
                raise NotSupportedError(message, code="WASM_MOUNTS_UNSUPPORTED")

    def _take(self, instance: EngineInstance) -> None:
        """Stand on an instance that nothing has been done to."""
        self.instance, self._end, self._entered = instance, None, False
        try:
            instance.read_memory(0, 0)
            self._has_memory = True
        except KernelError as error:
            if error.code != "WASM_NO_MEMORY":
                raise
            self._has_memory = False

    def _new_instance(self, module: LoadedModule, state: Sequence[StatePart] | None) -> EngineInstance:
        if self._instantiating:
            raise KernelError(
                "The instance is being made: its start function can be called into when it has returned.",
                code="WASM_MODULE_STARTING",
            )
        clock = self.detached.clock
        files = self.detached.files
        mounts = tuple(MemoryMount(path, files.tree(path), read_only=True) for path in files.read_only())
        outside = tuple(f"{mount.path}/" for mount in mounts)
        own = tuple(entry for entry in files.tree() if not f"{entry.path}/".startswith(outside))
        options = replace(self._options, module_bytes=module.data, state=self._state)
        spec = replace(
            options.to_spec(self.name, self.observer),
            imports=self.imports,
            mounts=mounts,
            tree=own if self._foreign_tree is None else self._foreign_tree,
            clock=ClockSpec(clock.mode, clock.now, clock.scale, clock.paused),
        )
        if state is not None:
            spec = replace(spec, state=state)
        self._instantiating = True
        try:
            instance = module.compiled.instantiate(spec)
        finally:
            self._instantiating = False
        if self._foreign_tree is not None and spec.state is None:
            self._foreign_tree = None
            for entry in own:
                if entry.kind == "directory":
                    instance.control("files.make_directory", entry.path)
                elif entry.kind == "file":
                    instance.control("files.write", entry.path, entry.data)
        return instance

    def _furnish(self, instance: EngineInstance) -> None:
        picture = self.detached.picture
        if picture is not None:
            instance.control("display.set", picture.data, picture.width, picture.height, picture.format)
        if self._unfed:
            instance.write_stdin(bytes(self._unfed))
            self._unfed.clear()
        if self._stdin_ends:
            instance.close_stdin()
            self._stdin_ends = False

    def _take_back(self, instance: EngineInstance) -> None:
        self._take_clock_and_picture(instance)
        files = self.detached.files
        read_only = files.read_only()
        files.replace(_tree_of(instance, files.quota(), self.detached.clock.now))
        for path in read_only:
            with contextlib.suppress(KernelError):  # left behind with the rest
                files.node(path).read_only = True

    def _take_clock_and_picture(self, instance: EngineInstance) -> None:
        self.detached.clock.restore(instance.control("time.state"))
        frame = instance.frame()
        if frame is not None:
            self.detached.picture = frame


def _tree_of(instance: EngineInstance, quota: dict[str, int], now: int) -> Node:
    """Return the files of an instance, its devices left out, as a tree that is made ``now``.

    A program can have more than the quota holds here, where a hole has bytes and every name a file of its own, and
    names that are too deep for any path. Those are left behind, and logged: the program is gone, and nobody to refuse.
    """
    root = Node("directory", now)
    pending = [("", root)]
    bytes_left, files_left, left_behind = quota["bytesLimit"], quota["filesLimit"] - 1, 0
    while pending:
        path, directory = pending.pop()
        for entry in instance.control("files.entries", path or "/"):
            at, kind = f"{path}/{entry['name']}", entry["kind"]
            size = entry["size"] if kind == "file" else 0
            if kind == "device" or at == DEVICES:
                continue
            if size > bytes_left or files_left == 0 or len(at.encode()) > PATH_LIMIT:
                left_behind += 1
                continue
            bytes_left -= size
            files_left -= 1
            node = directory.children[entry["name"]] = Node(kind, now)
            match kind:
                case "directory":
                    pending.append((at, node))
                case "file":
                    node.data = to_bytes(instance.control("files.read", at))
                case "symlink":
                    node.target = instance.control("files.stat", at)["target"]
    if left_behind:
        logging.getLogger(__name__).warning("%d files of a program had no room in its context.", left_behind)
    return root
