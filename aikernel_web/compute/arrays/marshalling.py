"""NumPy's arrays and plain values as WGSL has them in memory, and back."""

from __future__ import annotations

import functools
import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final, cast

import numpy as np

from .layouts import RUNTIME, Layout, element_dtype

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Bytes = NDArray[np.uint8]

Shape = tuple[int, ...]

WORD: Final = 4
"""Bytes: what sizes and offsets of copies are multiples of."""


class Misfit(Exception):  # noqa: N818 - no error yet: whoever knows the variable's name makes one of it
    """A value is not what a layout takes; ``code`` is that of the error to be."""

    def __init__(self, code: str, why: str) -> None:
        super().__init__(why)
        self.code = code


@dataclass(frozen=True, slots=True)
class Fit:
    """How an array is a variable: ``exact`` where its bytes are as the shader has them."""

    layout: Layout
    exact: bool
    nbytes: int
    """On the device; what is copied is this, rounded up to a word."""


@functools.lru_cache(maxsize=1024)
def fit(layout: Layout, dtype: np.dtype[Any], shape: Shape) -> Fit:
    """Return how an array of this dtype and shape fits a layout; raises `Misfit`.

    The last dimensions are the element's (``(n, 3)`` for an ``array<vec3<f32>>``), or everything is in one dimension.
    complex64 stands for ``vec2<f32>``. A structured dtype has the names of the members, in any places.
    """
    if dtype == np.complex64 and layout.shape[-1:] == (2,) and layout.dtype == np.float32:
        dtype, shape = np.dtype(np.float32), (*shape, 2)
    fitted, exact = _fit(layout, dtype, shape, inside=False)
    return Fit(fitted, exact, fitted.nbytes)


def encode(layout: Layout, array: NDArray[Any], nbytes: int) -> Bytes:
    """Return an array's bytes as a fitted layout has them, zeros between, up to whole words."""
    raw = np.zeros(words_of(nbytes) * WORD, np.uint8)
    _move(layout, array, raw, 0, (), into_raw=True)
    return raw


def decode(layout: Layout, raw: Bytes, array: NDArray[Any]) -> None:
    """Fill ``array`` from bytes as a fitted layout has them."""
    _move(layout, array, raw, 0, (), into_raw=False)


def words_of(nbytes: int) -> int:
    """Return how many words hold so many bytes."""
    return -(-nbytes // WORD)


def bytes_of(array: NDArray[Any]) -> Bytes:
    """Return an array's own bytes: a view where they are contiguous and whole words, otherwise a copy filled up."""
    whole = array if array.flags.c_contiguous else np.ascontiguousarray(array)
    raw: Bytes = whole.reshape(-1).view(np.uint8)
    spare = -raw.size % WORD
    return np.concatenate((raw, np.zeros(spare, np.uint8))) if spare else raw


def array_of(layout: Layout, value: object) -> NDArray[Any]:
    """Return a number, nested tuples or lists, or a dict by members' names as an array; raises `Misfit`."""
    if layout.members:
        if isinstance(value, np.ndarray) and value.dtype == element_dtype(layout):
            return value
        if layout.dims:
            inner = replace(layout, dims=layout.dims[1:])
            elements = [array_of(inner, item) for item in _items(value)]
            return np.stack(elements) if elements else np.zeros((0, *inner.shape), element_dtype(layout))
        return _struct_of(layout, value)
    try:
        given = np.asarray(value)
    except ValueError as error:
        raise Misfit("WEBGPU_BINDING_SHAPE", f"its values are not as long as each other ({error})") from None
    number = cast("np.dtype[Any]", layout.dtype)
    if given.dtype.kind not in ("biu" if number.kind in "iu" else "biuf"):
        raise Misfit("WEBGPU_BINDING_DTYPE", f"it takes {number.name}, and {_short(value)} is {given.dtype}")
    if number.kind in "iu" and given.size:
        limits = np.iinfo(number)
        if int(given.min()) < limits.min or int(given.max()) > limits.max:
            raise Misfit("WEBGPU_BINDING_DTYPE", f"{_short(value)} is beyond {number.name}")
    with np.errstate(over="ignore"):
        return given.astype(number)


def _struct_of(layout: Layout, value: object) -> NDArray[Any]:
    names = [member.name for member in layout.members]
    if isinstance(value, np.void) and value.dtype.names:
        value = {name: value[name] for name in value.dtype.names}
    if isinstance(value, Mapping):
        _require_names(names, list(value))
        values = [value[name] for name in names]
    else:
        values = _items(value)
        if len(values) != len(names):
            why = f"it has {len(names)} members ({', '.join(names)}), and {len(values)} values were given"
            raise Misfit("WEBGPU_BINDING_SHAPE", why)
    arrays, fitted = [], []
    for member, item in zip(layout.members, values, strict=True):
        with _inside(member.name):
            array = array_of(member.layout, item)
            arrays.append(array)
            fitted.append(_fit(member.layout, array.dtype, array.shape, inside=True)[0])
    whole = layout.with_members(fitted)
    result = np.zeros((), element_dtype(whole))
    for member, array in zip(whole.members, arrays, strict=True):
        result[member.name] = array.reshape(member.layout.shape)
    return result


def _items(value: object) -> list[Any]:
    if isinstance(value, Mapping | str | bytes) or not hasattr(value, "__iter__"):
        raise Misfit("WEBGPU_BINDING_SHAPE", f"it takes several values, and {_short(value)} is one")
    return list(cast("Any", value))


def _short(value: object) -> str:
    shown = repr(value)
    return shown if len(shown) < 60 else f"{shown[:57]}..."  # noqa: PLR2004 - a line's part


class _inside:  # noqa: N801 - a context manager, used as a word
    """Puts a member's name before what is wrong with its value."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, Misfit):
            raise Misfit(error.code, f"member {self._name!r}: {error}") from None


def _fit(layout: Layout, dtype: np.dtype[Any], shape: Shape, *, inside: bool) -> tuple[Layout, bool]:
    if layout.members:
        layout, exact = _fit_members(layout, dtype)
    elif dtype != layout.dtype:
        number = cast("np.dtype[Any]", layout.dtype)
        raise Misfit("WEBGPU_BINDING_DTYPE", f"it takes {number.name}, and {dtype} was given: convert it (`astype`)")
    else:
        exact = True
    if layout.dims:
        layout = layout.counted(_count(layout.shape, shape, inside=inside))
    elif math.prod(shape) != 1:
        raise Misfit("WEBGPU_BINDING_SHAPE", f"it is a single value, and the shape {shape} was given")
    return layout, exact and layout.dense


def _fit_members(layout: Layout, dtype: np.dtype[Any]) -> tuple[Layout, bool]:
    names = [member.name for member in layout.members]
    if dtype.fields is None:
        listed = ", ".join(names)
        why = f"it is a structure: give a dict with the members {listed}, or a dtype with these fields, not {dtype}"
        raise Misfit("WEBGPU_BINDING_DTYPE", why)
    _require_names(names, list(dtype.names or ()))
    exact, fitted = True, []
    for member in layout.members:
        field, offset = dtype.fields[member.name][:2]
        with _inside(member.name):
            inner, is_exact = _fit(member.layout, *(field.subdtype or (field, ())), inside=True)
        exact = exact and is_exact and offset == member.offset
        fitted.append(inner)
    layout = layout.with_members(fitted)
    return layout, exact and dtype.itemsize == layout.size


def _count(wanted: Shape, shape: Shape, *, inside: bool) -> int:
    """Return how many of the outermost elements an array of ``shape`` has."""
    inner = wanted[1:]
    each = math.prod(inner)
    ahead = len(shape) - len(inner)
    if ahead >= 0 and shape[ahead:] == inner:
        count = math.prod(shape[:ahead])
    elif len(shape) == 1 and shape[0] % each == 0:
        count = shape[0] // each
    else:
        needed = f"the last dimensions must be {inner}" if wanted[0] == RUNTIME else f"its shape is {wanted}"
        why = f"{needed}, and the shape {shape} was given"
        raise Misfit("WEBGPU_BINDING_SHAPE", why)
    if wanted[0] != RUNTIME and (count < wanted[0] or (inside and count != wanted[0])):
        raise Misfit("WEBGPU_BINDING_SIZE", f"it takes {wanted[0]} elements, and the shape {shape} has {count}")
    return count


def _require_names(wanted: list[str], given: list[str]) -> None:
    if set(wanted) != set(given):
        missing = [name for name in wanted if name not in given]
        surplus = [str(name) for name in given if name not in wanted]
        parts = [f"without {', '.join(missing)}"] * bool(missing) + [f"with {', '.join(surplus)}"] * bool(surplus)
        why = f"its members are {', '.join(wanted)}, and what was given is {' and '.join(parts)}"
        raise Misfit("WEBGPU_BINDING_DTYPE", why)


def _move(
    layout: Layout,
    array: NDArray[Any],
    raw: Bytes,
    offset: int,
    outer: tuple[tuple[int, int], ...],
    *,
    into_raw: bool,
) -> None:
    dims = (*outer, *layout.dims)
    if layout.members:
        for member in layout.members:
            _move(member.layout, array[member.name], raw, offset + member.offset, dims, into_raw=into_raw)
        return
    counts = tuple(count for count, _ in dims)
    if not math.prod(counts):
        return
    number = cast("np.dtype[Any]", layout.dtype)
    if array.dtype == np.complex64:
        array = array.reshape(-1).view(np.float32)
    view: NDArray[Any] = np.ndarray(counts, number, cast("Any", raw), offset, tuple(stride for _, stride in dims))
    if into_raw:
        view[...] = array.reshape(counts)
    else:
        array[...] = view.reshape(array.shape)
