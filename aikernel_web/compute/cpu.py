"""The CPU provider: any WGSL kernel, on NumPy (reference contract, section 4.4)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ..contracts.compute import ComputeBuffer, ComputeKernel
from ..contracts.errors import KernelError, NotSupportedError
from ..contracts.events import EventBus
from ..contracts.results import Result, direct
from .array_methods import ArrayMethods
from .capability_set import ComputeProviderCapabilities
from .subgroup_size import SUBGROUP_SIZE, require_subgroup_size

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import ArrayLike, NDArray

    from .dispatch_result import DispatchResult
    from .execution.array_home import ArrayHome
    from .gpu_kernel import GpuKernel

_VECTOR_ADD_STATEMENTS = ("out[i] = a[i] + b[i]", "out[i]=a[i]+b[i]")
_VECTOR_ADD_BUFFERS = 3
_WORD = 4


class CpuComputeProvider(ArrayMethods):
    """Computes in the interpreter, with NumPy; always available.

    It runs any WGSL compute shader, all invocations of some workgroups at once: each operation of the shader is one of
    NumPy's over arrays. The shaders of the ready kernels run as what computes the same in NumPy by hand. Results are
    the same each time: where WGSL leaves an order open, invocations go one after another, by workgroup and
    ``local_invocation_index``.

    Args:
        event_bus: where ``GpuKernelExecuted`` is published.
        subgroup_size: the invocations of a subgroup where a kernel has no ``@subgroup_size``: 4, 8, 16, 32, 64 or 128;
            others raise `InvalidArgumentError` with ``CPU_SUBGROUP_SIZE_INVALID``.
    """

    version = "0.1.1"
    available = True
    using_cpu_fallback = True
    info = None
    """There is no device to tell of."""

    def __init__(self, *, event_bus: EventBus | None = None, subgroup_size: int = SUBGROUP_SIZE) -> None:
        super().__init__(
            "providers.compute.cpu",
            "CPU Compute Provider",
            ComputeProviderCapabilities(
                ("compute.vector_add", "compute.dot", "compute.fill"), ("float32", "float64", "int32", "buffer")
            ),
        )
        self._bus = event_bus
        self._subgroup_size = require_subgroup_size(subgroup_size)

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
        """Run a kernel over its buffers: buffer i is binding i of group 0, and only what the kernel uses is bound.

        The ready kernel that adds vectors, and a text that is no WGSL and holds the statement
        ``out[i] = a[i] + b[i]``, adds buffers a and b into out, as float32: all of a, whatever is dispatched.

        Fails with ``CPU_KERNEL_REQUIRED``, ``CPU_BUFFERS_REQUIRED``, ``CPU_VECTOR_ADD_BUFFER_COUNT``,
        ``CPU_VECTOR_ADD_BUFFER_SIZE_MISMATCH``; ``CPU_KERNEL_NOT_SUPPORTED`` for what is no WGSL, or none that can be
        run here, with its places in the message; ``WEBGPU_BINDING_MISSING``, ``WEBGPU_BINDING_SIZE``,
        ``WEBGPU_BINDING_ALIASED``, ``WEBGPU_LIMIT_EXCEEDED``; ``WEBGPU_TIMEOUT`` where it does not get on for a minute.
        """
        try:
            await self._execute(kernel, buffers)
        except KernelError as error:
            return Result.fail(error)
        return Result.success(None)

    execute_kernel = direct(try_execute_kernel)

    async def try_dispatch(
        self, wgsl: str | GpuKernel, bindings: Mapping[str, Any], **options: Any
    ) -> Result[DispatchResult]:
        """Do as `dispatch`, with its options; its errors are failures, with their codes and messages."""
        try:
            return Result.success(await self.dispatch(wgsl, bindings, **options))
        except KernelError as error:
            return Result.fail(error)

    def counts(self) -> dict[str, int]:
        """Return nothing: there is no device whose buffers could be counted."""
        return {}

    async def _execute(self, kernel: ComputeKernel | None, buffers: Sequence[ComputeBuffer | None]) -> None:
        from .execution.host_buffers import is_vector_add, run_on_buffers  # noqa: PLC0415 - loaded where it is used

        if kernel is None:
            raise KernelError("There is no kernel to run.", code="CPU_KERNEL_REQUIRED")
        adds = any(statement in kernel.source for statement in _VECTOR_ADD_STATEMENTS)
        if adds and len(buffers) < _VECTOR_ADD_BUFFERS:
            message = f"Adding vectors takes three buffers (a, b, out), {len(buffers)} were given."
            raise KernelError(message, code="CPU_VECTOR_ADD_BUFFER_COUNT")
        given = [buffer for buffer in buffers if buffer is not None]
        if len(given) < len(buffers):
            raise KernelError("One of the buffers is None.", code="CPU_BUFFERS_REQUIRED")
        if is_vector_add(kernel.source):
            _add_buffers(given)
            return
        try:
            await run_on_buffers(self._arrays, kernel, given)
        except NotSupportedError:
            if not adds:
                raise
            _add_buffers(given)

    def _array_home(self) -> ArrayHome:
        from .execution.array_home import ArrayHome  # noqa: PLC0415 - NumPy is loaded where arrays are used

        home = ArrayHome(self.provider_id, self.initialize, None, self._bus, subgroup_size=self._subgroup_size)
        home.settle_on_host()
        return home


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


def _attempt(action: Any) -> Result[None]:
    try:
        action()
    except KernelError as error:
        return Result.fail(error)
    return Result.success(None)
