"""The runtime providers by their ids, names and classes (reference contract, sections 3 and 7)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class WasmProviderContract:
    """One provider as others name it.

    ``managed_type`` is the full name of the reference's class; the one that does its work here has the last part of it.
    """

    provider_id: str
    name: str
    managed_type: str


_CONTRACTS = (
    ("wasm.runtime", "WASM Runtime", "WasmRuntime"),
    ("wasm.process", "WASM Process Provider", "WasmProcessProvider"),
    ("wasm.memory", "WASM Memory Provider", "WasmMemoryProvider"),
    ("wasm.stdin", "WASM Stdin Provider", "WasmStdinProvider"),
    ("wasm.filesystem", "WASM File System Provider", "WasmFileSystemProvider"),
    ("wasm.event", "WASM Event Provider", "WasmEventProvider"),
    ("wasm.audio", "WASM Audio Provider", "WasmAudioProvider"),
    ("wasm.screenshot", "WASM Screenshot Provider", "WasmScreenshotProvider"),
    ("wasm.savestate", "WASM Save State Provider", "WasmSaveStateProvider"),
    ("wasm.time", "WASM Time Provider", "WasmTimeProvider"),
)


def wasm_provider_contracts() -> tuple[WasmProviderContract, ...]:
    """Return the ten providers, in the order of the reference."""
    return tuple(
        WasmProviderContract(provider_id, name, f"AIKernel.Wasm.Runtime.{class_name}")
        for provider_id, name, class_name in _CONTRACTS
    )
