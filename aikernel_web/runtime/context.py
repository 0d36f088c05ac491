"""A context: a module in the kernel's own thread, with its memory, files, clock and exports (reference contract, 3.2).

Everything but running an entry is synchronous. Until a module is instantiated, and where there is no engine, memory is
a plain array, and the files, the clock and the picture are kept for the instance to come.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable

from ..contracts.cancellation import CancellationToken
from ..contracts.engine import BytesLike, Engine
from ..contracts.errors import KernelError
from ..contracts.events import EventBus
from ..contracts.processes import ProcessExit
from ..contracts.results import Result, direct
from .buffers import DEFAULT_MEMORY_BYTES, length_of
from .context_calls import ContextCalls
from .context_memory import ContextMemory
from .context_state import ContextState
from .context_surroundings import ContextSurroundings
from .context_target import ContextTarget
from .observation import ProcessEvents
from .process_options import WasmProcessOptions


class WasmRuntimeContext(ContextCalls, ContextMemory, ContextSurroundings, ContextState):
    """One module at a time, with everything it works on.

    ``initial_memory_bytes`` is the exact size of the memory that is there before a module with one. ``options`` brings
    arguments, files, imports and limits for the instances. Operations come in pairs: `try_read_memory` returns a
    `Result`, `read_memory` raises `KernelError` with the same code. What Python functions raise that the module imports
    or that were registered as exports comes out of the call as it was raised.

    A call that never returns holds up the kernel, and nobody can end it: run what is not trusted in a process.

    A module is instantiated when its exports, its memory, its state or its entry are first asked for. Events:
    ``MemoryAccessed``, ``FileAccessed``, ``StdinSent``; they have been delivered when the operation returns, up to the
    first wait of a handler.

    Raises `InvalidArgumentError` with ``WASM_INITIAL_MEMORY_INVALID`` for a size of 0 or less.
    """

    def __init__(
        self,
        initial_memory_bytes: int = DEFAULT_MEMORY_BYTES,
        event_bus: EventBus | None = None,
        *,
        engine: Engine | None = None,
        options: WasmProcessOptions | None = None,
    ) -> None:
        super().__init__(initial_memory_bytes, event_bus, engine, options)
        self._lines: list[str] = []
        self._audio = b""
        self._running = False
        self._loaded = False
        self._events: ProcessEvents | None = None
        self.identify(str(uuid.uuid4()), "context")

    @classmethod
    def create(cls) -> WasmRuntimeContext:
        """Return a context without an engine or a bus."""
        return cls()

    def identify(self, source: str, name: str) -> None:
        """Have the program's own events come from the process with that id and name, from the next instance on."""
        self._guest.name = name
        if self.event_bus is not None:
            self._events = ProcessEvents(self.event_bus, source, name, self._options.observer, at_once=True)
            self._guest.observer = self._events

    @property
    def on_end(self) -> Callable[[ProcessExit], None] | None:
        """Is told once how the present program ended in a call of an export, or that the context was disposed."""
        return self._guest.on_end

    @on_end.setter
    def on_end(self, listener: Callable[[ProcessExit], None] | None) -> None:
        self._guest.on_end = listener

    @property
    def is_module_loaded(self) -> bool:
        """Whether a module was loaded; stays True after disposal."""
        return self._loaded

    @property
    def is_running(self) -> bool:
        """Whether `run` was called, and the program has neither ended nor been stopped since."""
        return self._running and self._guest.exit is None

    @property
    def exit(self) -> ProcessExit | None:
        """How the program has ended; None before that, and again when it is run anew."""
        return self._guest.exit

    @property
    def target(self) -> ContextTarget:
        """The form that providers take."""
        return ContextTarget(self)

    async def try_load_module(
        self, module_bytes: BytesLike, *, cancellation: CancellationToken | None = None
    ) -> Result[bool]:
        """Compile a module; it takes the place of the one before.

        Files, clock, picture and registrations stay. Fails, with nothing changed, with ``WASM_CONTEXT_DISPOSED``,
        ``WASM_OPERATION_CANCELLED``, ``WASM_MODULE_BYTES_REQUIRED``, ``WASM_ENGINE_REQUIRED``, and the engine's codes:
        ``WASM_MODULE_INVALID``, ``WASM_COMPONENT_UNSUPPORTED``, ``WASM_FEATURE_UNSUPPORTED``, ``WASM_MEMORY_LIMIT``.
        """
        refused = self._refused(cancellation)
        if refused is not None:
            return refused
        if isinstance(module_bytes, str):
            raise TypeError("the bytes of a module are loaded, not its name: see `await kernel.programs.find(name)`")
        if length_of(module_bytes) == 0:
            return Result.failure("A module has bytes: none were given.", code="WASM_MODULE_BYTES_REQUIRED")
        try:
            await self._guest.load(module_bytes)
        except KernelError as error:
            return Result.fail(error)
        self._loaded, self._running = True, False
        return Result.success(True)

    load_module = direct(try_load_module)

    async def try_run(self, *, cancellation: CancellationToken | None = None) -> Result[bool]:
        """Run the module: a command (``_start``) to its end; anything else is instantiated, and runs until `stop`.

        While a command waits for input the rest of the kernel goes on. A command that has ended begins anew with the
        files it left. Running a running one changes nothing. Fails with ``WASM_CONTEXT_DISPOSED``,
        ``WASM_OPERATION_CANCELLED``, ``WASM_MODULE_NOT_LOADED``, ``WASM_IMPORT_MISSING``, the code of a trap.
        """
        refused = self._refused(cancellation)
        if refused is not None:
            return refused
        if self._guest.module is None:
            return Result.failure("There is no module to run: load one first.", code="WASM_MODULE_NOT_LOADED")
        if self.is_running:
            return Result.success(True)
        try:
            self.begin()
            await self.follow()
        except KernelError as error:
            return Result.fail(error)
        return Result.success(True)

    run = direct(try_run)

    async def try_stop(self, *, cancellation: CancellationToken | None = None) -> Result[bool]:
        """Run no longer; a command that waits is ended and keeps its files. Fine when nothing runs.

        Fails with ``WASM_CONTEXT_DISPOSED``, ``WASM_OPERATION_CANCELLED``.
        """
        refused = self._refused(cancellation)
        if refused is not None:
            return refused
        self.halt()
        return Result.success(True)

    stop = direct(try_stop)

    def halt(self) -> None:
        """Stop at once: `stop` for those who cannot wait."""
        self._running = False
        self._guest.kill()

    def begin(self) -> None:
        """Do the part of `run` that takes no time: instantiate, anew where the program has ended. Raises as `run`."""
        self._require()
        self._guest.renew()
        self._running = True

    async def follow(self) -> None:
        """Do the rest of `run`: the entry of a command, unless it was stopped before. Raises as `run`."""
        if not self._running:
            return
        try:
            await self._guest.enter()
        except BaseException:
            self._running = False
            raise

    def dispose(self) -> None:
        """Let go of the instance, the memory, the files, the lines and all registrations; again changes nothing.

        Sound, picture and clock can still be looked at.
        """
        if self._disposed:
            return
        self._disposed = True
        self._running = False
        self._registered.clear()
        self._lines.clear()
        self._guest.dispose()
        if self._events is not None:
            self._events.close()

    def __enter__(self) -> WasmRuntimeContext:
        return self

    def __exit__(self, *_: object) -> None:
        self.dispose()
