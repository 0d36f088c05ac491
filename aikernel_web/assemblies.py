"""What stands here for the reference's assemblies (reference contract, section 7).

The reference's Python is a shell around .NET libraries that it looks for on disk. This package has none: what they do
is done by its own parts. The functions keep their names and their meaning, whether all that is needed is there.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType, ModuleType

_PARTS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "AIKernel.Common": (
            "contracts/results.py",
            "contracts/option.py",
            "contracts/either.py",
            "contracts/async_results.py",
            "contracts/async_computation.py",
            "contracts/decision.py",
        ),
        "AIKernel.Abstractions": (
            "contracts/providers.py",
            "contracts/processes.py",
            "contracts/events.py",
            "contracts/compute.py",
            "contracts/capabilities.py",
        ),
        "AIKernel.Providers.Standard": ("runtime/event_bus.py", "providers/supervisor.py", "compute/cpu.py"),
        "AIKernel.Wasm.Runtime": (
            "runtime/runtime.py",
            "runtime/context.py",
            "runtime/process.py",
            "providers/process.py",
            "providers/memory.py",
            "providers/stdin.py",
            "providers/filesystem.py",
            "providers/event.py",
            "providers/audio.py",
            "providers/screenshot.py",
            "providers/save_state.py",
            "providers/time.py",
            "manifests/wasm.provider.json",
        ),
        "WebGpuComputeProvider": (
            "compute/provider.py",
            "compute/backends.py",
            "compute/kernels/vector_add.py",
            "compute/capability.py",
            "compute/invoker.py",
            "manifests/webgpu.provider.json",
        ),
    }
)


@dataclass(frozen=True, slots=True)
class WasmAssemblySet:
    """The parts that stand for each assembly, and where they are: paths below ``root``, with ``/``."""

    root: Path
    assemblies: Mapping[str, tuple[str, ...]]

    @property
    def missing(self) -> tuple[Path, ...]:
        """The parts that are not there, as a damaged installation shows."""
        parts = (self.root / part for parts in self.assemblies.values() for part in parts)
        return tuple(path for path in parts if not path.is_file())

    @property
    def is_complete(self) -> bool:
        """Whether every part is there."""
        return not self.missing


def wasm_assemblies() -> WasmAssemblySet:
    """Return what stands for the assemblies in this installation."""
    return WasmAssemblySet(Path(__file__).parent, _PARTS)


def require_wasm_assemblies() -> WasmAssemblySet:
    """Return `wasm_assemblies()` where nothing is missing; otherwise `FileNotFoundError` names what is."""
    found = wasm_assemblies()
    missing = found.missing
    if missing:
        listed = ", ".join(str(path) for path in missing)
        raise FileNotFoundError(f"This installation of aikernel-web is damaged, install it again. Missing: {listed}.")
    return found


def load_wasm_runtime() -> ModuleType:
    """Import and return `aikernel_web.runtime`; raises as `require_wasm_assemblies` does.

    (The reference raises RuntimeError without pythonnet; nothing of the kind is needed here.)
    """
    require_wasm_assemblies()
    return importlib.import_module(f"{__package__}.runtime")
