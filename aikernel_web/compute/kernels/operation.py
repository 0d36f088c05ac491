"""What a ready kernel plans, and what its plan is carried out with."""

from __future__ import annotations

import operator
import reprlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ...contracts.errors import InvalidArgumentError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from ..device_array import DeviceArray

_DTYPES = {"f32": "float32", "i32": "int32", "u32": "uint32", "f16": "float16"}
_NAMES = {dtype: name for name, dtype in _DTYPES.items()}


class Passes:
    """One operation's dispatches within a batch. The arrays between its steps are freed when the batch was run."""

    def __init__(self, provider: Any, batch: Any) -> None:
        self._provider = provider
        self._batch = batch
        self._made: list[DeviceArray] = []

    def empty(self, shape: int | tuple[int, ...], dtype: Any) -> DeviceArray:
        """Return an array on the device, all zeros."""
        made: DeviceArray = self._provider.empty(shape, dtype)
        self._made.append(made)
        return made

    async def dispatch(self, wgsl: str, groups: int, **bindings: Any) -> DeviceArray:
        """Run a shader's workgroups along x; return what is bound as ``out``."""
        await self._batch.dispatch(wgsl, bindings, workgroups=(groups,))
        out: DeviceArray = bindings["out"]
        return out

    def release(self, result: DeviceArray | None) -> None:
        """Free all arrays but the result."""
        for made in self._made:
            if made is not result:
                made.destroy()


@dataclass(frozen=True, slots=True)
class Operation:
    """A ready kernel with its arguments checked."""

    operands: tuple[Any, ...]
    """Arrays in C order, and such on the device."""
    shape: tuple[int, ...]
    """The result's."""
    dtype: Any
    """The result's: NumPy's, or WGSL's name."""
    encode: Callable[..., Awaitable[DeviceArray]]
    """Records the dispatches: takes a `Passes` and the operands, returns the array with the result."""
    twin: Callable[..., Any]
    """Computes the same array with NumPy: takes the operands as NumPy's arrays."""
    finish: Callable[[Any], Any] = lambda result: result
    """Makes of that array what is returned where it is not kept."""

    @property
    def is_trivial(self) -> bool:
        """Whether nothing is computed: the result is empty, or all zeros, being made of nothing."""
        return 0 in self.shape or any(operand.size == 0 for operand in self.operands)


def operand(value: Any, name: str, elements: Sequence[str], *, ndim: Sequence[int] | None = None) -> Any:
    """Return an array that a kernel can take: one on the device as it is, any other in C order.

    Raises `InvalidArgumentError`: ``WEBGPU_BINDING_DTYPE`` where its elements are of none of the types (none is
    converted unasked), ``WEBGPU_BINDING_SHAPE`` where it has not one of the numbers of dimensions.
    """
    import numpy as np  # noqa: PLC0415 - NumPy is loaded where arrays are used

    if not is_on_device(value):
        value = np.asarray(value)
        # In this machine's byte order; a copy only where it is not so yet.
        value = np.asarray(value, value.dtype.newbyteorder("="), order="C")
    if _NAMES.get(value.dtype.name) not in elements:
        allowed = [_DTYPES[element] for element in elements]
        message = (
            f"{name} holds {value.dtype}, and this kernel computes with {' or '.join(allowed)}: "
            f"give {name}.astype(numpy.{allowed[0]})."
        )
        raise InvalidArgumentError(message, code="WEBGPU_BINDING_DTYPE")
    if ndim is not None and len(value.shape) not in ndim:
        wanted = " or ".join(map(str, ndim))
        message = f"{name} has the shape {value.shape}: an array of {wanted} dimensions is needed."
        raise InvalidArgumentError(message, code="WEBGPU_BINDING_SHAPE")
    return value


def equal_shapes(a: Any, b: Any, first: str, second: str) -> None:
    """Raise `InvalidArgumentError` where shapes (``WEBGPU_BINDING_SHAPE``) or types of elements differ."""
    if a.dtype != b.dtype:
        message = f"{first} holds {a.dtype} and {second} {b.dtype}: convert one of them with astype."
        raise InvalidArgumentError(message, code="WEBGPU_BINDING_DTYPE")
    if tuple(a.shape) != tuple(b.shape):
        message = f"{first} has the shape {tuple(a.shape)} and {second} {tuple(b.shape)}: give two of the same shape."
        raise InvalidArgumentError(message, code="WEBGPU_BINDING_SHAPE")


def is_on_device(value: Any) -> bool:
    """Whether ``value`` is an array that lies on the device."""
    from ..device_array import DeviceArray  # noqa: PLC0415 - NumPy is loaded where arrays are used

    return isinstance(value, DeviceArray)


def held(operand: Any) -> Any:
    """Return an operand as it is now: a copy of what the host may change before it is used."""
    return operand if is_on_device(operand) else operand.copy()


def dtype_of(dtype: Any) -> Any:
    """Return NumPy's dtype for its own or for WGSL's name."""
    return _DTYPES[dtype] if isinstance(dtype, str) else dtype


def name_of(dtype: np.dtype[Any]) -> str:
    """Return WGSL's name of a type of elements."""
    return _NAMES[dtype.name]


def groups_for(count: int, each: int) -> int:
    """Return how many workgroups cover ``count`` things, ``each`` things a workgroup."""
    return -(-count // each)


def argument(condition: bool, message: str) -> None:
    """Raise `InvalidArgumentError` with ``WEBGPU_ARGUMENT_INVALID`` where a condition on arguments does not hold."""
    if not condition:
        raise InvalidArgumentError(message, code="WEBGPU_ARGUMENT_INVALID")


def whole(value: Any, name: str) -> int:
    """Return a whole number; raises as `argument` does."""
    try:
        return operator.index(value)
    except TypeError:
        raise _refused(value, name, "a whole number") from None


def number(value: Any, name: str) -> float:
    """Return a number; raises as `argument` does."""
    try:
        return float(value)
    except (TypeError, ValueError):
        raise _refused(value, name, "a number") from None


def pair(value: Any, name: str) -> tuple[Any, Any]:
    """Return two values; raises as `argument` does."""
    try:
        first, second = value
    except (TypeError, ValueError):
        raise _refused(value, name, "two numbers") from None
    return first, second


def _refused(value: Any, name: str, wanted: str) -> InvalidArgumentError:
    return InvalidArgumentError(f"{name} is {reprlib.repr(value)}: give {wanted}.", code="WEBGPU_ARGUMENT_INVALID")


def flat(array: NDArray[Any]) -> NDArray[Any]:
    """Return all elements in one dimension."""
    return array.reshape(-1)
