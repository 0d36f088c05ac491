"""WebAssembly processes and GPU compute, controlled from Python, in a browser page."""

from __future__ import annotations

from .contracts.errors import DisposedError, KernelError, NotSupportedError, OperationCancelled
from .contracts.processes import ExitReason, ProcessExit, ProcessId, ProcessInfo, ProcessState
from .contracts.results import ErrorContext, Result, Try
from .kernel import Kernel
from .providers.process import WasmProcessProvider
from .runtime.event_bus import EventBusProvider
from .runtime.process import WasmProcess, WasmProcessOptions
from .runtime.runtime import WasmRuntime

__version__ = "0.1.0"

__all__ = [
    "DisposedError",
    "ErrorContext",
    "EventBusProvider",
    "ExitReason",
    "Kernel",
    "KernelError",
    "NotSupportedError",
    "OperationCancelled",
    "ProcessExit",
    "ProcessId",
    "ProcessInfo",
    "ProcessState",
    "Result",
    "Try",
    "WasmProcess",
    "WasmProcessOptions",
    "WasmProcessProvider",
    "WasmRuntime",
]
