"""WebAssembly processes and GPU compute, controlled from Python, in a browser page."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .assemblies import WasmAssemblySet, load_wasm_runtime, require_wasm_assemblies, wasm_assemblies
    from .compute.backends import WebGpuNativeBackend, WebGpuWasmBackend
    from .compute.batch import GpuBatch
    from .compute.capability import WebGpuComputeCapability
    from .compute.cpu import CpuComputeProvider
    from .compute.debugging.report import DebugReport, Finding, TraceStep
    from .compute.device_array import DeviceArray
    from .compute.dispatch_result import DispatchResult
    from .compute.gpu_kernel import GpuKernel
    from .compute.invoker import WebGpuComputeInvoker
    from .compute.kernels import create_vector_add
    from .compute.provider import WebGpuComputeProvider
    from .compute.settings import WebGpuComputeSettings
    from .contracts.async_computation import Async
    from .contracts.async_results import AsyncEither, AsyncOption, AsyncResult
    from .contracts.cancellation import Cancellation, CancellationToken
    from .contracts.capabilities import CapabilityContract
    from .contracts.clocks import ClockState
    from .contracts.compute import ComputeBuffer, ComputeKernel
    from .contracts.decision import MonadicDecision, MonadicError
    from .contracts.either import Either
    from .contracts.engine import (
        ArchiveMount,
        ClockSpec,
        DirectoryMount,
        MemoryMount,
        PersistentMount,
        Quota,
        TreeEntry,
    )
    from .contracts.errors import (
        DisposedError,
        InvalidArgumentError,
        KernelError,
        NotSupportedError,
        OperationCancelled,
    )
    from .contracts.events import EventRecord
    from .contracts.files import DirectoryEntry, FileInfo, FileQuota
    from .contracts.gpu import GpuDeviceInfo
    from .contracts.gpu_errors import (
        DeviceLost,
        GpuError,
        GpuOutOfMemoryError,
        GpuTimeoutError,
        GpuUnavailableError,
        GpuValidationError,
    )
    from .contracts.imports import ClockImport
    from .contracts.modules import ModuleItem
    from .contracts.observation import AudioBlock, AudioSink, Frame, OutputLine, TraceCall
    from .contracts.option import Option
    from .contracts.processes import ExitReason, ProcessExit, ProcessId, ProcessInfo, ProcessState
    from .contracts.provider_contracts import WasmProviderContract, wasm_provider_contracts
    from .contracts.results import ErrorContext, FailureKind, OriginStep, Result, SemanticSlot, Try
    from .contracts.shader_errors import Diagnostic, WgslError, WgslNotSupportedError
    from .contracts.targets import Target
    from .diagnosis import Diagnostics, GpuDiagnostics, collect_diagnostics, diagnostics
    from .kernel import Kernel
    from .manifests import provider_manifest, provider_manifest_names
    from .providers.audio import WasmAudioProvider
    from .providers.bundle import ServiceProviders
    from .providers.event import WasmEventProvider
    from .providers.filesystem import WasmFileSystemProvider
    from .providers.memory import MemoryBlock, WasmMemoryProvider
    from .providers.process import WasmProcessProvider
    from .providers.save_state import WasmSaveStateProvider
    from .providers.screenshot import WasmScreenshotProvider
    from .providers.stdin import WasmStdinProvider
    from .providers.supervisor import DefaultProcessSupervisorProvider
    from .providers.time import WasmTimeProvider
    from .runtime.context import WasmRuntimeContext
    from .runtime.event_bus import EventBusProvider
    from .runtime.memory_array import MemoryArray
    from .runtime.module import inspect_module
    from .runtime.module_types import ModuleInfo
    from .runtime.pixels import Geometry
    from .runtime.process import WasmProcess
    from .runtime.process_options import WasmProcessOptions
    from .runtime.runtime import WasmRuntime
    from .runtime.wave import AudioFormat

__version__ = "0.1.0"

__all__ = [
    "ArchiveMount",
    "Async",
    "AsyncEither",
    "AsyncOption",
    "AsyncResult",
    "AudioBlock",
    "AudioFormat",
    "AudioSink",
    "Cancellation",
    "CancellationToken",
    "CapabilityContract",
    "ClockImport",
    "ClockSpec",
    "ClockState",
    "ComputeBuffer",
    "ComputeKernel",
    "CpuComputeProvider",
    "DebugReport",
    "DefaultProcessSupervisorProvider",
    "DeviceArray",
    "DeviceLost",
    "Diagnostic",
    "Diagnostics",
    "DirectoryEntry",
    "DirectoryMount",
    "DispatchResult",
    "DisposedError",
    "Either",
    "ErrorContext",
    "EventBusProvider",
    "EventRecord",
    "ExitReason",
    "FailureKind",
    "FileInfo",
    "FileQuota",
    "Finding",
    "Frame",
    "Geometry",
    "GpuBatch",
    "GpuDeviceInfo",
    "GpuDiagnostics",
    "GpuError",
    "GpuKernel",
    "GpuOutOfMemoryError",
    "GpuTimeoutError",
    "GpuUnavailableError",
    "GpuValidationError",
    "InvalidArgumentError",
    "Kernel",
    "KernelError",
    "MemoryArray",
    "MemoryBlock",
    "MemoryMount",
    "ModuleInfo",
    "ModuleItem",
    "MonadicDecision",
    "MonadicError",
    "NotSupportedError",
    "OperationCancelled",
    "Option",
    "OriginStep",
    "OutputLine",
    "PersistentMount",
    "ProcessExit",
    "ProcessId",
    "ProcessInfo",
    "ProcessState",
    "Quota",
    "Result",
    "SemanticSlot",
    "ServiceProviders",
    "Target",
    "TraceCall",
    "TraceStep",
    "TreeEntry",
    "Try",
    "WasmAssemblySet",
    "WasmAudioProvider",
    "WasmEventProvider",
    "WasmFileSystemProvider",
    "WasmMemoryProvider",
    "WasmProcess",
    "WasmProcessOptions",
    "WasmProcessProvider",
    "WasmProviderContract",
    "WasmRuntime",
    "WasmRuntimeContext",
    "WasmSaveStateProvider",
    "WasmScreenshotProvider",
    "WasmStdinProvider",
    "WasmTimeProvider",
    "WebGpuComputeCapability",
    "WebGpuComputeInvoker",
    "WebGpuComputeProvider",
    "WebGpuComputeSettings",
    "WebGpuNativeBackend",
    "WebGpuWasmBackend",
    "WgslError",
    "WgslNotSupportedError",
    "collect_diagnostics",
    "create_vector_add",
    "diagnostics",
    "inspect_module",
    "load_wasm_runtime",
    "provider_manifest",
    "provider_manifest_names",
    "require_wasm_assemblies",
    "wasm_assemblies",
    "wasm_provider_contracts",
]

_PARTS = {
    "assemblies": "WasmAssemblySet load_wasm_runtime require_wasm_assemblies wasm_assemblies",
    "compute.backends": "WebGpuNativeBackend WebGpuWasmBackend",
    "compute.batch": "GpuBatch",
    "compute.capability": "WebGpuComputeCapability",
    "compute.cpu": "CpuComputeProvider",
    "compute.debugging.report": "DebugReport Finding TraceStep",
    "compute.device_array": "DeviceArray",
    "compute.dispatch_result": "DispatchResult",
    "compute.gpu_kernel": "GpuKernel",
    "compute.invoker": "WebGpuComputeInvoker",
    "compute.kernels": "create_vector_add",
    "compute.provider": "WebGpuComputeProvider",
    "compute.settings": "WebGpuComputeSettings",
    "contracts.async_computation": "Async",
    "contracts.async_results": "AsyncEither AsyncOption AsyncResult",
    "contracts.cancellation": "Cancellation CancellationToken",
    "contracts.capabilities": "CapabilityContract",
    "contracts.clocks": "ClockState",
    "contracts.compute": "ComputeBuffer ComputeKernel",
    "contracts.decision": "MonadicDecision MonadicError",
    "contracts.either": "Either",
    "contracts.engine": "ArchiveMount ClockSpec DirectoryMount MemoryMount PersistentMount Quota TreeEntry",
    "contracts.errors": "DisposedError InvalidArgumentError KernelError NotSupportedError OperationCancelled",
    "contracts.events": "EventRecord",
    "contracts.files": "DirectoryEntry FileInfo FileQuota",
    "contracts.gpu": "GpuDeviceInfo",
    "contracts.gpu_errors": "DeviceLost GpuError GpuOutOfMemoryError GpuTimeoutError GpuUnavailableError "
    "GpuValidationError",
    "contracts.imports": "ClockImport",
    "contracts.modules": "ModuleItem",
    "contracts.observation": "AudioBlock AudioSink Frame OutputLine TraceCall",
    "contracts.option": "Option",
    "contracts.processes": "ExitReason ProcessExit ProcessId ProcessInfo ProcessState",
    "contracts.provider_contracts": "WasmProviderContract wasm_provider_contracts",
    "contracts.results": "ErrorContext FailureKind OriginStep Result SemanticSlot Try",
    "contracts.shader_errors": "Diagnostic WgslError WgslNotSupportedError",
    "contracts.targets": "Target",
    "diagnosis": "Diagnostics GpuDiagnostics collect_diagnostics diagnostics",
    "kernel": "Kernel",
    "manifests": "provider_manifest provider_manifest_names",
    "providers.audio": "WasmAudioProvider",
    "providers.bundle": "ServiceProviders",
    "providers.event": "WasmEventProvider",
    "providers.filesystem": "WasmFileSystemProvider",
    "providers.memory": "MemoryBlock WasmMemoryProvider",
    "providers.process": "WasmProcessProvider",
    "providers.save_state": "WasmSaveStateProvider",
    "providers.screenshot": "WasmScreenshotProvider",
    "providers.stdin": "WasmStdinProvider",
    "providers.supervisor": "DefaultProcessSupervisorProvider",
    "providers.time": "WasmTimeProvider",
    "runtime.context": "WasmRuntimeContext",
    "runtime.event_bus": "EventBusProvider",
    "runtime.memory_array": "MemoryArray",
    "runtime.module": "inspect_module",
    "runtime.module_types": "ModuleInfo",
    "runtime.pixels": "Geometry",
    "runtime.process": "WasmProcess",
    "runtime.process_options": "WasmProcessOptions",
    "runtime.runtime": "WasmRuntime",
    "runtime.wave": "AudioFormat",
}
"""The names that each part gives. A part is loaded when one of them is first used: a page boots with few of them."""
_HOME = {name: part for part, names in _PARTS.items() for name in names.split()}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(f".{_HOME[name]}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
