"""The ready kernels by their shaders, without their twins in NumPy, on whichever provider there is."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from aikernel_web.compute.kernels.operation import Operation, dtype_of
from aikernel_web.compute.kernels.ready import ReadyKernels

# The CPU knows the ready shaders by their tokens: with one token more, it computes as the shader says.
UNKNOWN: Final = "const not_a_ready_shader = 0;\n"


class ByShaders(ReadyKernels):
    """Ready kernels whose steps are dispatched one by one over NumPy's arrays."""

    async def _run(self, operation: Operation, *, keep: bool, batch: Any) -> Any:  # noqa: ARG002
        if operation.is_trivial:
            return operation.finish(np.zeros(operation.shape, dtype_of(operation.dtype)))
        steps = _Steps(self._gpu)
        operands = [operand.copy() for operand in operation.operands]
        result: Any = await operation.encode(steps, *operands)
        return operation.finish(result.reshape(operation.shape))


class _Steps:
    """As `Passes`, of arrays of the host."""

    def __init__(self, provider: Any) -> None:
        self._provider = provider

    def empty(self, shape: int | tuple[int, ...], dtype: Any) -> NDArray[Any]:
        return np.zeros(shape, dtype_of(dtype))

    async def dispatch(self, wgsl: str, groups: int, **bindings: Any) -> NDArray[Any]:
        results = await self._provider.dispatch(UNKNOWN + wgsl, bindings, workgroups=(groups,))
        for name, array in results.items():
            np.copyto(bindings[name], array)
        out: NDArray[Any] = bindings["out"]
        return out


def _floats(*shape: int) -> NDArray[np.float32]:
    return np.random.default_rng(1).standard_normal(shape).astype(np.float32)


def _words(*shape: int) -> NDArray[np.uint32]:
    return np.random.default_rng(2).integers(0, 2**32, shape, np.uint32)


Use = Callable[[ReadyKernels], Awaitable[Any]]

USES: Final[dict[str, Use]] = {
    "vector_add": lambda kernels: kernels.vector_add(_floats(1000), _floats(1000)),
    "vector_add of integers": lambda kernels: kernels.vector_add(_words(130), _words(130)),
    "axpy": lambda kernels: kernels.axpy(0.3, _floats(777), _floats(777)),
    "dot": lambda kernels: kernels.dot(_floats(5000), _floats(5000)),
    "sum of 1": lambda kernels: kernels.sum(_floats(1)),
    "sum of 100 000": lambda kernels: kernels.sum(_floats(100_000)),
    "sum of integers": lambda kernels: kernels.sum(_words(9999)),
    "min": lambda kernels: kernels.min(_floats(9000)),
    "max of integers": lambda kernels: kernels.max(_words(77).view(np.int32)),
    "max with NaN": lambda kernels: kernels.max(
        np.where(np.arange(500) == 400, np.nan, _floats(500)).astype(np.float32)
    ),
    "argmax": lambda kernels: kernels.argmax(_floats(12_345)),
    "argmax of integers": lambda kernels: kernels.argmax(_words(300).view(np.int32)),
    "prefix_sum": lambda kernels: kernels.prefix_sum(_floats(5000)),
    "prefix_sum, exclusive": lambda kernels: kernels.prefix_sum(_words(2049), exclusive=True),
    "matmul": lambda kernels: kernels.matmul(_floats(70, 45), _floats(45, 90)),
    "matmul of one": lambda kernels: kernels.matmul(_floats(1, 1), _floats(1, 1)),
    "transpose": lambda kernels: kernels.transpose(_floats(33, 70)),
    "conv2d": lambda kernels: kernels.conv2d(_floats(20, 31), _floats(3, 5)),
    "histogram": lambda kernels: kernels.histogram(_floats(4000), 16, (-2.0, 2.0)),
    "histogram of many bins": lambda kernels: kernels.histogram(_floats(4000), 9000, (-2.0, 2.0)),
    "sort of 2": lambda kernels: kernels.sort(_floats(2)),
    "sort": lambda kernels: kernels.sort(_floats(5000)),
    "sort of integers": lambda kernels: kernels.sort(_words(1025).view(np.int32)),
    "mandelbrot": lambda kernels: kernels.mandelbrot((40, 50), iterations=50),
    "life": lambda kernels: kernels.life(_words(30, 41) & np.uint32(1), steps=3),
}
