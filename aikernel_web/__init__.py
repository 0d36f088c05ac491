"""WebAssembly processes and GPU compute, controlled from Python, in a browser page."""

from __future__ import annotations

from .contracts.engine import ArchiveMount, DirectoryMount, MemoryMount, PersistentMount, Quota, TreeEntry
from .contracts.errors import DisposedError, KernelError, NotSupportedError, OperationCancelled
from .contracts.observation import AudioBlock, Frame, OutputLine, TraceCall
from .contracts.processes import ExitReason, ProcessExit, ProcessId, ProcessInfo, ProcessState
from .contracts.results import ErrorContext, Result, Try
from .kernel import Kernel
from .providers.process import WasmProcessProvider
from .runtime.event_bus import EventBusProvider
from .runtime.process import WasmProcess
from .runtime.process_options import WasmProcessOptions
from .runtime.runtime import WasmRuntime

__version__ = "0.1.0"

__all__ = [
    "ArchiveMount",
    "AudioBlock",
    "DirectoryMount",
    "DisposedError",
    "ErrorContext",
    "EventBusProvider",
    "ExitReason",
    "Frame",
    "Kernel",
    "KernelError",
    "MemoryMount",
    "NotSupportedError",
    "OperationCancelled",
    "OutputLine",
    "PersistentMount",
    "ProcessExit",
    "ProcessId",
    "ProcessInfo",
    "ProcessState",
    "Quota",
    "Result",
    "TraceCall",
    "TreeEntry",
    "Try",
    "WasmProcess",
    "WasmProcessOptions",
    "WasmProcessProvider",
    "WasmRuntime",
]
