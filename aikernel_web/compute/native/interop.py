"""The operations of the reference contract (section 4.7) over a device."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count
from typing import Final

from ...contracts.errors import InvalidArgumentError
from ...contracts.gpu import BUFFER, DISPATCH, READ, GpuDevice
from ...contracts.gpu_errors import DeviceLost
from ..wgsl.reflection import EntryPoint, reflect

_WORD: Final = 4
_FIRST: Final = 1 << 31
"""These buffers have handles from here on, those of a device's caller lie below."""
_READ_ONLY: Final = {"uniform": "uniform", "storage": "read-only-storage"}


class Interop:
    """Whole buffers by whatever a caller calls them, and kernels over the buffers of group 0."""

    def __init__(self, device: GpuDevice) -> None:
        self._device = device
        self._fresh = count(_FIRST)
        self._of: dict[object, tuple[int, int, int]] = {}
        """A buffer's handle, its bytes and the generation of its device."""

    def forget(self) -> None:
        """Forget every buffer: the device is closed."""
        self._of.clear()

    async def write(self, name: object, data: bytes) -> None:
        """Copy ``data`` to the front of a buffer; what is no multiple of 4 is filled up with zeros."""
        info = await self._device.open()
        known = self._of.get(name)
        if known is None or known[2] != info.generation:
            known = self._make(name, len(data), info.generation)
        self._device.write(known[0], known[1], bytes(data) + bytes(-len(data) % _WORD))

    async def read(self, name: object, length: int) -> bytes:
        """Return the first ``length`` bytes of a buffer; raises `DeviceLost` where they went with a device."""
        handle, size = await self._find(name, length)
        words = -(-min(length, size) // _WORD)
        data = bytearray(words * _WORD)
        ticket = self._device.submit([BUFFER, handle, size // _WORD, READ, handle, 0, words])
        await self._device.finish(ticket, [data])
        return bytes(data[:length])

    async def execute(self, wgsl: str, names: Sequence[object], x: int, y: int, z: int) -> None:
        """Run the only entry point of ``wgsl``; buffer i is binding i of group 0."""
        entry = _only_entry(wgsl)
        buffers = [await self._find(name, 0) for name in names]
        kinds = ["storage"] * len(buffers)
        for used in entry.bindings:
            if used.group or used.binding >= len(kinds):
                message = (
                    f"{used.name!r} is binding {used.binding} of group {used.group}: "
                    f"{len(kinds)} buffers were given, which are the first bindings of group 0."
                )
                raise InvalidArgumentError(message, code="WEBGPU_BINDING_MISSING")
            if used.access == "read":
                kinds[used.binding] = _READ_ONLY[used.space]
        bindings = [(0, index, kind) for index, kind in enumerate(kinds)]
        pipeline = await self._device.compile(wgsl, entry.name, constants={}, bindings=bindings)
        words = [word for handle, size in buffers for word in (BUFFER, handle, size // _WORD)]
        words += [DISPATCH, pipeline, x, y, z, len(buffers), *(handle for handle, _ in buffers)]
        await self._device.finish(self._device.submit(words))

    async def _find(self, name: object, length: int) -> tuple[int, int]:
        info = await self._device.open()
        known = self._of.get(name) or self._make(name, length, info.generation)
        if known[2] != info.generation:
            raise DeviceLost("What the buffer held was only in the memory of a device that is gone: write it again.")
        return known[:2]

    def _make(self, name: object, length: int, generation: int) -> tuple[int, int, int]:
        size = max(getattr(name, "size", length), _WORD)
        made = self._of[name] = next(self._fresh), -(-size // _WORD) * _WORD, generation
        return made


def _only_entry(wgsl: str) -> EntryPoint:
    entries = [entry for entry in reflect(wgsl).entry_points.values() if entry.stage == "compute"]
    if len(entries) == 1:
        return entries[0]
    found = " and ".join(entry.name for entry in entries) or "none"
    message = f"The shader has {len(entries)} compute entry points ({found}): a kernel has one."
    raise InvalidArgumentError(message, code="WEBGPU_ENTRY_UNKNOWN")
