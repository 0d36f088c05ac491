"""Whether what is given for a kernel's variables fits them, told by the variable, the need and the limit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from ...contracts.errors import InvalidArgumentError
from ...contracts.gpu import GpuDeviceInfo
from ..device_array import DeviceArray
from ..gpu_kernel import GpuKernel, KernelBinding
from ..kernel_source import require_limit
from .array_kind import ArrayKind, kind_of
from .marshalling import Fit, Misfit, array_of, bytes_of, encode, fit

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ..execution.prepared import Slot

_SIZE_LIMITS = {"storage": "maxStorageBufferBindingSize", "uniform": "maxUniformBufferBindingSize"}


class Upload(NamedTuple):
    """A host's value on its way: its bytes as the shader has them, whole words; and what it is for NumPy."""

    data: Any
    kind: ArrayKind | None
    """None where the kernel does not write it."""


def require_names(kernel: GpuKernel, bindings: Mapping[str, Any]) -> None:
    """Raise `InvalidArgumentError`: ``WEBGPU_BINDING_MISSING``, ``WEBGPU_BINDING_UNKNOWN``."""
    if not isinstance(bindings, Mapping):
        message = (
            f"The bindings are a dict from the names of variables ({_list(kernel.bindings)}) to arrays and numbers; "
            f"{type(bindings).__name__} was given."
        )
        raise InvalidArgumentError(message, code="WEBGPU_BINDING_MISSING")
    for name, binding in kernel.bindings.items():
        if name not in bindings:
            message = (
                f"The kernel {kernel.entry!r} needs {name!r} ({binding.type}, group {binding.group}, "
                f"binding {binding.binding}), and it was not given: there is {_list(bindings)}."
            )
            raise InvalidArgumentError(message, code="WEBGPU_BINDING_MISSING")
    for name in bindings:
        if name not in kernel.elsewhere:
            message = f"The kernel {kernel.entry!r} has no variable {name!r}: it has {_list(kernel.bindings)}."
            if name in kernel.shader.resources:
                message = f"The shader declares {name!r}, and no entry point uses it: leave it out of what is bound."
            raise InvalidArgumentError(message, code="WEBGPU_BINDING_UNKNOWN")


def require_distinct(bound: Sequence[tuple[Slot | KernelBinding, object]]) -> None:
    """Raise `InvalidArgumentError` with ``WEBGPU_BINDING_ALIASED`` where a written array is bound twice."""
    for slot, operand in bound:
        if slot.written and isinstance(operand, DeviceArray):
            other = next((other.name for other, array in bound if array is operand and other is not slot), None)
            if other is not None:
                message = (
                    f"One array is given for {slot.name!r}, which the kernel may write, and for {other!r}: "
                    "give different arrays (WebGPU, section 13.2)."
                )
                raise InvalidArgumentError(message, code="WEBGPU_BINDING_ALIASED")


def require_kind(binding: KernelBinding, kind: ArrayKind, info: GpuDeviceInfo | None) -> None:
    """Raise `InvalidArgumentError` where device arrays of a kind do not fit: ``WEBGPU_BINDING_...``."""
    fitted = _fit(binding, kind.dtype, kind.shape)
    if kind.layout != (None if fitted.exact else fitted.layout):
        message = (
            f"{binding.name!r} is {binding.type}, which has its elements in other places than the device array has "
            f"({kind.dtype}, {kind.shape}): give it as a host array, or with the dtype that "
            f"kernel.bindings[{binding.name!r}].dtype tells (a vec3 takes the room of a vec4)."
        )
        raise InvalidArgumentError(message, code="WEBGPU_BINDING_SHAPE")
    require_size(binding, kind.device_bytes, info)


def require_size(binding: KernelBinding, nbytes: int, info: GpuDeviceInfo | None) -> None:
    """Raise `InvalidArgumentError`: ``WEBGPU_BINDING_SIZE``, ``WEBGPU_LIMIT_EXCEEDED``; nothing without a device."""
    if info is None:
        return
    if nbytes < binding.min_size:
        message = f"{binding.name!r} is {binding.type}: it needs {binding.min_size} bytes, and {nbytes} were given."
        raise InvalidArgumentError(message, code="WEBGPU_BINDING_SIZE")
    for limit in (_SIZE_LIMITS[binding.space], "maxBufferSize"):
        require_limit(info, limit, nbytes, f"The array for {binding.name!r}", unit=" bytes")


def array_for(binding: KernelBinding, value: object) -> tuple[NDArray[Any], Fit]:
    """Return a value as an array that fits a variable; raises as `require_kind` does."""
    if isinstance(value, np.ndarray | np.void):
        array = np.asarray(value)
    else:
        try:
            array = array_of(binding.layout, value)
        except Misfit as misfit:
            raise _error(binding, misfit) from None
    return array, _fit(binding, array.dtype, array.shape)


def upload_for(slot: Slot, value: object, info: GpuDeviceInfo | None) -> Upload:
    """Return what is to be sent for a host's value."""
    binding = slot.binding
    if slot.pack is not None and not slot.written:
        packed = slot.pack(value)
        if packed is not None:
            return Upload(packed, None)
    array: Any = value
    known = slot.fits.get((array.dtype, array.shape)) if array.__class__ is np.ndarray else None
    if known is None:
        array, fitted = array_for(binding, value)
        require_size(binding, fitted.nbytes, info)
        kind = kind_of(array.dtype, array.shape, None if fitted.exact else fitted.layout) if slot.written else None
        if info is not None:
            slot.remember((array.dtype, array.shape), (fitted, kind))
    else:
        fitted, kind = known
    return Upload(bytes_of(array) if fitted.exact else encode(fitted.layout, array, fitted.nbytes), kind)


def _fit(binding: KernelBinding, dtype: np.dtype[Any], shape: tuple[int, ...]) -> Fit:
    try:
        return fit(binding.layout, dtype, shape)
    except Misfit as misfit:
        raise _error(binding, misfit) from None


def _error(binding: KernelBinding, misfit: Misfit) -> InvalidArgumentError:
    return InvalidArgumentError(f"{binding.name!r} is {binding.type}: {misfit}.", code=misfit.code)


def _list(names: object) -> str:
    return ", ".join(map(str, names)) or "nothing"  # type: ignore[call-overload]
