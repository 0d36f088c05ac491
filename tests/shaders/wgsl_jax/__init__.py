"""The shaders that jax-js made in a page, run again with what they were given there, on another provider."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypedDict

import numpy as np
from numpy.typing import NDArray

from aikernel_web.compute.wgsl.layout import size_of
from aikernel_web.compute.wgsl.reflection import reflect
from aikernel_web.compute.wgsl.shader import Binding
from aikernel_web.compute.wgsl.types import Array, Atomic, Scalar, Struct, Type, Vector

Words = list[int]
_DTYPES = {"f32": np.float32, "i32": np.int32, "u32": np.uint32}
CLOSE = 2e-4
"""Of floats, beside the greatest number of an array: jax-js' kernels add up to a few thousand products."""


class Run(TypedDict):
    """What `capture.mjs` notes: contents are words by group and binding."""

    code: str
    entryPoint: str
    counts: list[int]
    before: list[tuple[int, int, Words]]
    after: list[tuple[int, int, Words]]


async def differences(gpu: Any, run: Run) -> list[str]:
    """Run a shader again; return in words what comes out otherwise than in the page."""
    point = reflect(run["code"]).entry_points[run["entryPoint"]]
    by_place = {(binding.group, binding.binding): binding for binding in point.bindings}
    given = {
        binding.name: _array(binding, words)
        for group, at, words in run["before"]
        if (binding := by_place.get((group, at))) is not None
    }
    results = await gpu.dispatch(run["code"], given, workgroups=tuple(run["counts"]), entry=run["entryPoint"])
    return [
        f"{binding.name}: {results[binding.name].ravel()[:6]}, and in the page {expected.ravel()[:6]}"
        for group, at, words in run["after"]
        if (binding := by_place.get((group, at))) is not None and binding.name in results
        if not _alike(results[binding.name], expected := _array(binding, words))
    ]


def _array(binding: Binding, words: Sequence[int]) -> NDArray[Any]:
    raw = np.array(words, np.uint32)
    kind = binding.type
    if isinstance(kind, Struct):
        dtype = _dtype(kind)
        return raw[: dtype.itemsize // 4].view(dtype)[0]  # type: ignore[no-any-return]
    element = kind.element if isinstance(kind, Array) else kind
    if isinstance(element, Vector):
        # Three numbers take the place of four.
        return raw.view(_dtype(element.component)).reshape(-1, 2 if element.width == 2 else 4)[:, : element.width]
    return raw.view(_dtype(element))


def _dtype(kind: Type) -> Any:
    if isinstance(kind, Struct):
        names, formats = [member.name for member in kind.members], [_dtype(member.type) for member in kind.members]
        offsets = [member.offset for member in kind.members]
        return np.dtype({"names": names, "formats": formats, "offsets": offsets, "itemsize": size_of(kind)})
    if isinstance(kind, Atomic):
        return _dtype(kind.component)
    if isinstance(kind, Vector):
        return (_dtype(kind.component), (kind.width,))
    assert isinstance(kind, Scalar), kind
    return _DTYPES[str(kind)]


def _alike(one: NDArray[Any], other: NDArray[Any]) -> bool:
    if one.dtype.kind != "f":
        return bool((one == other).all())
    scale = float(np.abs(other[np.isfinite(other)]).max(initial=1e-6))
    return bool(np.allclose(one, other, rtol=CLOSE, atol=CLOSE * scale, equal_nan=True))
