"""What the parts of a context share: the guest, the bus, and how operations are refused."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from ..contracts.cancellation import CancellationToken
from ..contracts.engine import Engine
from ..contracts.errors import DisposedError, InvalidArgumentError, KernelError
from ..contracts.events import EventBus
from ..contracts.results import Result
from .buffers import byte_count
from .guest import Guest
from .process_options import WasmProcessOptions

T = TypeVar("T")


class ContextBase:
    """A guest, and the bus that hears of it."""

    def __init__(
        self, memory_bytes: int, event_bus: EventBus | None, engine: Engine | None, options: WasmProcessOptions | None
    ) -> None:
        if options is not None and not isinstance(options, WasmProcessOptions):
            raise TypeError(f"options is a {type(options).__name__}: give WasmProcessOptions(...)")
        if byte_count(memory_bytes) <= 0:
            message = f"A memory cannot have {memory_bytes} bytes: give 1 or more."
            raise InvalidArgumentError(message, code="WASM_INITIAL_MEMORY_INVALID")
        self.event_bus = event_bus
        self._options = options or WasmProcessOptions()
        self._guest = Guest(memory_bytes, engine, self._options)
        self._registered: dict[str, Callable[[list[Any]], Any]] = {}
        self._disposed = False

    @property
    def is_disposed(self) -> bool:
        """Whether `dispose` was called."""
        return self._disposed

    def control(self, operation: str, *args: Any) -> Any:
        """Carry out one of the operations of `EngineProcess.control`; those that take time answer an awaitable.

        Raises `KernelError` with the operation's code.
        """
        self._require()
        module = self._guest.module
        match operation:
            case "module.exports":
                return [] if module is None else [export.describe() for export in module.info.exports]
            case "module.imports":
                return [] if module is None else [wanted.describe() for wanted in module.info.imports]
            case "memory.grow":
                return self._guest.memory.control(operation, *args)
            case "state.save" if module is not None:
                return self._guest.instantiate().control(operation)
            case "state.restore":
                return self._guest.restore(*args)
        return self._guest.machine.control(operation, *args)

    def _publish(self, name: str, payload: Callable[[], Mapping[str, str]]) -> None:
        bus = self.event_bus
        if bus is not None and bus.wants(name):
            bus.publish_now(name, payload())

    def _attempt(self, act: Callable[[], T]) -> Result[T]:
        """Do something where the context is not disposed; an error of the kernel becomes a failure with its code."""
        refused = self._refused()
        if refused is not None:
            return refused
        try:
            return Result.success(act())
        except KernelError as error:
            return Result.fail(error)

    def _refused(self, cancellation: CancellationToken | None = None) -> Result[Any] | None:
        if self._disposed:
            return Result.fail(disposed())
        if cancellation is not None and cancellation.cancelled:
            return Result.failure("The operation was cancelled before it began.", code="WASM_OPERATION_CANCELLED")
        return None

    def _require(self) -> None:
        if self._disposed:
            raise disposed()


def disposed() -> DisposedError:
    """Return the error of a context that takes no further calls."""
    return DisposedError("The context was disposed: make another one.", code="WASM_CONTEXT_DISPOSED")


def blank(name: str) -> Result[Any] | None:
    """Return the failure for a name that is none."""
    if not name or name.isspace():
        return Result.failure("The name is blank: give one.", code="WASM_NAME_REQUIRED")
    return None
