"""What a kernel's variables are bound to on the CPU: bytes as the shader has them."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

import numpy as np

from ..arrays.array_kind import ArrayKind, kind_of
from ..arrays.binding_check import array_for, require_kind, require_size
from ..arrays.marshalling import WORD, bytes_of, decode, encode, words_of
from ..arrays.packing import packer_of
from ..device_array import DeviceArray
from .host_limits import HOST

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ..arrays.layouts import Layout
    from ..gpu_kernel import KernelBinding
    from .readback import Readback


class HostOperand:
    """An array or a number that is bound to a variable. ``raw`` is its bytes, whole words, in the shader's layout."""

    __slots__ = ("array", "binding", "kind", "raw")

    def __init__(
        self, binding: KernelBinding, raw: NDArray[np.uint8], kind: ArrayKind, array: DeviceArray | None = None
    ) -> None:
        self.binding = binding
        self.raw = raw
        self.kind = kind
        """Dtype and shape as NumPy has them; and the layout of the bytes, where it is another."""
        self.array = array
        """The device array that was given, if one was."""

    def result(self) -> NDArray[Any]:
        """Return what the kernel has left, as an array that nobody else has."""
        contents = contents_of(self.raw, self.kind)
        return contents if self.array is None else contents.copy()


def host_operand(binding: KernelBinding, value: object, *, own: bool, bound: bool) -> HostOperand:
    """Return a host's value, checked; its own bytes where they need not change.

    Args:
        binding: the variable.
        value: an array, or what makes one.
        own: copy it: the kernel writes it, or runs later.
        bound: a workgroup is going to run, so that its size matters.

    Raises `InvalidArgumentError`: ``WEBGPU_BINDING_...``.
    """
    if not binding.written and (packed := _packed(binding.layout, value)) is not None:
        return HostOperand(binding, packed, kind_of(packed.dtype, packed.shape))
    array, fitted = array_for(binding, value)
    if bound:
        require_size(binding, words_of(fitted.nbytes) * WORD, HOST)
    kind = kind_of(array.dtype, array.shape, None if fitted.exact else fitted.layout)
    if not fitted.exact:
        return HostOperand(binding, encode(fitted.layout, array, fitted.nbytes), kind)
    if not own:
        return HostOperand(binding, bytes_of(array), kind)
    raw = np.empty(kind.device_bytes, np.uint8)
    raw[kind.nbytes :] = 0
    contents_of(raw, kind)[...] = array
    return HostOperand(binding, raw, kind)


def _packed(layout: Layout, value: object) -> NDArray[np.uint8] | None:
    """Return a number, or the numbers of a small structure, as most uniforms are."""
    pack = _packer(layout)
    packed = None if pack is None else pack(value)
    return None if packed is None else np.frombuffer(packed, np.uint8)


_packer = functools.lru_cache(maxsize=256)(packer_of)


def device_operand(binding: KernelBinding, array: DeviceArray, *, bound: bool) -> HostOperand:
    """Return a device array on the host, checked: its bytes in place. Raises as `host_operand` does."""
    require_kind(binding, array.kind, HOST if bound else None)
    return HostOperand(binding, memory_of(array), array.kind, array)


def memory_of(array: DeviceArray) -> NDArray[np.uint8]:
    """Return the bytes of a device array that is on the host, in place: all zeros where it has none yet."""
    kind = array.kind
    if array.copy is None:
        array.copy = np.zeros(kind.device_bytes, np.uint8)
    elif array.copy.dtype != np.uint8 or array.copy.shape != (kind.device_bytes,):
        # What the host has kept of an array that was on a device (`to_device(..., restore=True)`).
        array.copy = bytes_of(array.copy)
    return array.copy


def contents_of(raw: NDArray[np.uint8], kind: ArrayKind) -> NDArray[Any]:
    """Return bytes as NumPy's array: the same memory where the layout is NumPy's, otherwise a new array."""
    if kind.layout is None:
        return raw[: kind.nbytes].view(kind.dtype).reshape(kind.shape)
    array: NDArray[Any] = np.empty(kind.shape, kind.dtype)
    decode(kind.layout, raw, array)
    return array


def fill(readback: Readback, raw: NDArray[np.uint8]) -> None:
    """Copy what is to be read from an array's bytes."""
    destination = readback.destination
    destination[:] = raw[readback.first * WORD :][: destination.size]
    readback.complete()
