"""The CPU provider: the ready kernels, by their twins in NumPy (reference contract, section 4.4)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ..contracts.compute import ComputeBuffer, ComputeKernel
from ..contracts.errors import KernelError
from ..contracts.provider_base import ProviderBase
from ..contracts.results import Result, direct
from .capability_set import ComputeProviderCapabilities

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import ArrayLike, NDArray

    from .kernels.shader import ReadyShader

_VECTOR_ADD_STATEMENTS = ("out[i] = a[i] + b[i]", "out[i]=a[i]+b[i]")
_VECTOR_ADD_BUFFERS = 3
_WORD = 4
_NOT_SUPPORTED = (
    "The CPU runs the shaders of the ready kernels, and this is none of them: compute it with gpu.kernels "
    "(sum, matmul, sort ...) or with NumPy, or run it where there is a GPU (`gpu.fallback_reason` tells why not here)."
)


class CpuComputeProvider(ProviderBase):
    """Computes in the interpreter, with NumPy; always available."""

    version = "0.1.1"
    available = True

    def __init__(self) -> None:
        super().__init__(
            "providers.compute.cpu",
            "CPU Compute Provider",
            ComputeProviderCapabilities(
                ("compute.vector_add", "compute.dot", "compute.fill"), ("float32", "float64", "int32", "buffer")
            ),
        )

    def try_add_vectors(self, left: ArrayLike | None, right: ArrayLike | None) -> Result[NDArray[np.float32]]:
        """Return the sums of two vectors as float32.

        Fails with ``CPU_VECTOR_REQUIRED``, ``CPU_VECTOR_LENGTH_MISMATCH``.
        """
        return _vectors(left, right).map(lambda pair: pair[0] + pair[1])

    add_vectors = direct(try_add_vectors)

    def try_dot(self, left: ArrayLike | None, right: ArrayLike | None) -> Result[float]:
        """Return the dot product of two vectors, summed from left to right in float32; fails as `try_add_vectors`."""
        return _vectors(left, right).map(_dot)

    dot = direct(try_dot)

    async def try_create_buffer(self, size: int) -> Result[ComputeBuffer]:
        """Make a buffer of ``size`` bytes; fails with ``CPU_BUFFER_SIZE_NEGATIVE``."""
        if size < 0:
            return Result.failure(f"A buffer of {size} bytes cannot be made.", code="CPU_BUFFER_SIZE_NEGATIVE")
        return Result.success(ComputeBuffer(size))

    create_buffer = direct(try_create_buffer)

    async def try_write_buffer(
        self, buffer: ComputeBuffer | None, data: bytes | bytearray | memoryview
    ) -> Result[None]:
        """Copy ``data`` to the front of ``buffer``; fails with ``CPU_BUFFER_REQUIRED`` and the buffer's own codes."""
        if buffer is None:
            return Result.failure("There is no buffer to write to.", code="CPU_BUFFER_REQUIRED")
        return _attempt(lambda: buffer.write(data))

    write_buffer = direct(try_write_buffer)

    async def try_read_buffer(self, buffer: ComputeBuffer | None, destination: bytearray | memoryview) -> Result[None]:
        """Copy ``buffer`` to ``destination``; fails with ``CPU_BUFFER_REQUIRED`` and the buffer's own codes."""
        if buffer is None:
            return Result.failure("There is no buffer to read from.", code="CPU_BUFFER_REQUIRED")
        return _attempt(lambda: buffer.read(destination))

    read_buffer = direct(try_read_buffer)

    async def try_execute_kernel(self, kernel: ComputeKernel | None, *buffers: ComputeBuffer | None) -> Result[None]:
        """Run a ready kernel's shader over its buffers, in the order of their bindings.

        One that holds the statement ``out[i] = a[i] + b[i]`` adds vectors: buffers a, b and out, as float32; all of a
        is added, whatever is dispatched. Others are known by their tokens, as for `dispatch`.

        Fails with ``CPU_KERNEL_REQUIRED``, ``CPU_BUFFERS_REQUIRED``, ``CPU_KERNEL_NOT_SUPPORTED`` for any other kernel,
        ``CPU_VECTOR_ADD_BUFFER_COUNT``, ``CPU_VECTOR_ADD_BUFFER_SIZE_MISMATCH``; ``WEBGPU_BINDING_MISSING`` and
        ``WEBGPU_BINDING_SIZE`` for the buffers of the others.
        """
        if kernel is None:
            return Result.failure("There is no kernel to run.", code="CPU_KERNEL_REQUIRED")
        adds = any(statement in kernel.source for statement in _VECTOR_ADD_STATEMENTS)
        recognised = _recognise(kernel.source)
        if recognised is None and not adds:
            return Result.failure(_NOT_SUPPORTED, code="CPU_KERNEL_NOT_SUPPORTED")
        if adds and len(buffers) < _VECTOR_ADD_BUFFERS:
            return Result.failure(
                f"Adding vectors takes three buffers (a, b, out), {len(buffers)} were given.",
                code="CPU_VECTOR_ADD_BUFFER_COUNT",
            )
        given = [buffer for buffer in buffers if buffer is not None]
        if len(given) < len(buffers):
            return Result.failure("One of the buffers is None.", code="CPU_BUFFERS_REQUIRED")
        # That of float32 is added as the contract has it: all of it, and with its codes.
        if recognised is None or (adds and "f32" in recognised[0].arrays.values()):
            return _attempt(lambda: _add_buffers(given))
        from .kernels.twins import run_on_buffers  # noqa: PLC0415

        return _attempt(lambda: run_on_buffers(*recognised, given, kernel.dispatch))

    execute_kernel = direct(try_execute_kernel)

    async def try_dispatch(
        self,
        wgsl: str,
        bindings: Mapping[str, Any],
        *,
        workgroups: int | Sequence[int],
        entry: str | None = None,
        constants: Mapping[str, float] | None = None,
    ) -> Result[dict[str, NDArray[Any]]]:
        """Run a ready kernel's shader over arrays; return new arrays for what it writes, by name.

        The shader is known by its tokens: blanks and comments do not matter, nor does the workgroup size where each
        invocation computes one element. What the workgroups do not reach stays as it was given.

        Args:
            wgsl: a shader of `kernels`: vector add, axpy, matmul, transpose, conv2d, histogram, life or Mandelbrot.
            bindings: arrays by the names of the variables; numbers by their names for ``params``.
            workgroups: along x, y and z.
            entry: the entry point, ``main``.
            constants: overrides; these shaders have none.

        Fails with ``CPU_KERNEL_NOT_SUPPORTED`` for any other shader, ``WEBGPU_ENTRY_UNKNOWN``,
        ``WEBGPU_CONSTANT_UNKNOWN``, ``WEBGPU_BINDING_MISSING``, ``WEBGPU_BINDING_UNKNOWN``, ``WEBGPU_BINDING_DTYPE``,
        ``WEBGPU_BINDING_SHAPE``.
        """
        recognised = _recognise(wgsl)
        if recognised is None:
            return Result.failure(_NOT_SUPPORTED, code="CPU_KERNEL_NOT_SUPPORTED")
        if entry not in {None, "main"}:
            return Result.failure(f"The shader has no entry point {entry!r}: it has main.", code="WEBGPU_ENTRY_UNKNOWN")
        if constants:
            name = next(iter(constants))
            return Result.failure(f"The shader has no override {name!r}: it has none.", code="WEBGPU_CONSTANT_UNKNOWN")
        groups = (workgroups,) if isinstance(workgroups, int) else tuple(workgroups)
        from .kernels.twins import run_on_arrays  # noqa: PLC0415

        try:
            return Result.success(run_on_arrays(*recognised, bindings, (*groups, 1, 1)[:3]))
        except KernelError as error:
            return Result.fail(error)

    dispatch = direct(try_dispatch)


def _vectors(left: ArrayLike | None, right: ArrayLike | None) -> Result[tuple[Any, Any]]:
    import numpy as np  # noqa: PLC0415 - NumPy is loaded where arrays are used

    if left is None or right is None:
        return Result.failure("A vector is missing.", code="CPU_VECTOR_REQUIRED")
    a, b = np.asarray(left, np.float32).ravel(), np.asarray(right, np.float32).ravel()
    if a.size != b.size:
        return Result.failure(
            f"The vectors have {a.size} and {b.size} elements: give equally long ones.",
            code="CPU_VECTOR_LENGTH_MISMATCH",
        )
    return Result.success((a, b))


def _dot(pair: tuple[Any, Any]) -> float:
    import numpy as np  # noqa: PLC0415

    products = pair[0] * pair[1]
    # A running sum goes from left to right; `sum` adds in pairs.
    return float(np.cumsum(products, dtype=np.float32)[-1]) if products.size else 0.0


def _add_buffers(buffers: Sequence[ComputeBuffer]) -> None:
    import numpy as np  # noqa: PLC0415

    a, b, out = (
        np.frombuffer(buffer.as_memory()[: buffer.size // _WORD * _WORD], np.float32)
        for buffer in buffers[:_VECTOR_ADD_BUFFERS]
    )
    if a.size != b.size or out.size < a.size:
        message = (
            f"a has {a.size} elements, b {b.size} and out {out.size}: "
            "a and b must have equally many, and out at least as many."
        )
        raise KernelError(message, code="CPU_VECTOR_ADD_BUFFER_SIZE_MISMATCH")
    out[: a.size] = a + b


def _recognise(wgsl: str) -> tuple[ReadyShader, int] | None:
    from .kernels.recognition import recognise  # noqa: PLC0415 - the lexer is loaded where shaders are looked at

    return recognise(wgsl)


def _attempt(action: Any) -> Result[None]:
    try:
        action()
    except KernelError as error:
        return Result.fail(error)
    return Result.success(None)
