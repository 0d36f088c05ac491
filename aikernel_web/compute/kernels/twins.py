"""Running a ready shader's twin over what the shader would be bound to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...contracts.compute import ComputeBuffer
from ...contracts.errors import InvalidArgumentError
from .shader import ReadyShader

_DTYPES: Mapping[str, np.dtype[Any]] = {
    "f32": np.dtype(np.float32),
    "f16": np.dtype(np.float16),
    "i32": np.dtype(np.int32),
    "u32": np.dtype(np.uint32),
}
_PARAMS = "params"


def run_on_arrays(
    shader: ReadyShader, size: int, bindings: Mapping[str, Any], groups: tuple[int, ...]
) -> dict[str, NDArray[Any]]:
    """Return what the shader writes, as a new array by its name; ``size`` are the invocations of a workgroup along x.

    Raises `InvalidArgumentError`: ``WEBGPU_BINDING_MISSING``, ``WEBGPU_BINDING_UNKNOWN``, ``WEBGPU_BINDING_DTYPE``,
    ``WEBGPU_BINDING_SHAPE``.
    """
    names = _names(shader)
    for name in names:
        if name not in bindings:
            raise InvalidArgumentError(f"There is nothing for {name!r}: give it.", code="WEBGPU_BINDING_MISSING")
    for name in bindings:
        if name not in names:
            message = f"The shader has no variable {name!r}: it has {', '.join(names)}."
            raise InvalidArgumentError(message, code="WEBGPU_BINDING_UNKNOWN")
    values: dict[str, Any] = {}
    for name, element in shader.arrays.items():
        array = np.asarray(bindings[name])
        if array.dtype != _DTYPES[element]:
            message = f"{name} holds {array.dtype}, and the shader's elements are {element}: convert it with astype."
            raise InvalidArgumentError(message, code="WEBGPU_BINDING_DTYPE")
        values[name] = array.reshape(-1)
    result = np.array(bindings[shader.output], order="C")
    values[shader.output] = result.reshape(-1)
    if shader.params:
        values[_PARAMS] = _members(bindings[_PARAMS], shader.params)
    _run(shader, size, values, groups)
    return {shader.output: result}


def run_on_buffers(shader: ReadyShader, size: int, buffers: Sequence[ComputeBuffer], groups: tuple[int, ...]) -> None:
    """Run over buffers in the order of their bindings.

    Raises `InvalidArgumentError`: ``WEBGPU_BINDING_MISSING``, ``WEBGPU_BINDING_SIZE``.
    """
    names = _names(shader)
    if len(buffers) < len(names):
        message = f"The kernel takes {len(names)} buffers ({', '.join(names)}), {len(buffers)} were given."
        raise InvalidArgumentError(message, code="WEBGPU_BINDING_MISSING")
    values: dict[str, Any] = {}
    for (name, element), buffer in zip(shader.arrays.items(), buffers, strict=False):
        whole = buffer.size - buffer.size % _DTYPES[element].itemsize
        values[name] = np.frombuffer(buffer.as_memory()[:whole], _DTYPES[element])
    if shader.params:
        members = np.dtype([(name, _DTYPES[element]) for name, element in shader.params.items()])
        buffer = buffers[len(shader.arrays)]
        if buffer.size < members.itemsize:
            message = f"{_PARAMS} has {buffer.size} bytes, and {members.itemsize} are needed."
            raise InvalidArgumentError(message, code="WEBGPU_BINDING_SIZE")
        record = np.frombuffer(buffer.as_memory()[: members.itemsize], members)[0]
        values[_PARAMS] = {name: record[name] for name in shader.params}
    _run(shader, size, values, groups)


def _names(shader: ReadyShader) -> list[str]:
    return [*shader.arrays, *([_PARAMS] if shader.params else [])]


def _run(shader: ReadyShader, size: int, values: Mapping[str, Any], groups: tuple[int, ...]) -> None:
    x, y, z = groups
    reach = x * size if shader.elementwise else x
    if reach and y and z:
        # As on a GPU, overflow and invalid operations give infinities and NaN, and no warnings.
        with np.errstate(all="ignore"):
            shader.run(values, reach, y * z)


def _members(given: Any, members: Mapping[str, str]) -> dict[str, Any]:
    """Return the uniform buffer's members by name: from a mapping, or from as many values in their order."""
    if not isinstance(given, Mapping) and len(given) == len(members):
        given = dict(zip(members, given, strict=True))
    if not isinstance(given, Mapping) or set(given) != set(members):
        message = f"{_PARAMS} has the members {', '.join(members)}: give each of them, and nothing else."
        raise InvalidArgumentError(message, code="WEBGPU_BINDING_SHAPE")
    return {name: _DTYPES[element].type(given[name]) for name, element in members.items()}
