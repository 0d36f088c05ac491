"""The contract's buffers as operands of a kernel on the CPU (reference contract, section 4.4)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from ...contracts.errors import InvalidArgumentError, NotSupportedError
from ...contracts.shader_errors import WgslError
from ..arrays.binding_check import require_size
from ..arrays.marshalling import bytes_of
from ..kernels.recognition import recognise
from ..kernels.vector_add import VECTOR_ADD
from .host_engine import HostEngine
from .host_kernel import prepare
from .host_limits import HOST, require_countable
from .host_run import HostRun

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ...contracts.compute import ComputeBuffer, ComputeKernel
    from ..gpu_kernel import KernelBinding
    from .array_home import ArrayHome


def is_vector_add(wgsl: str) -> bool:
    """Whether a text is the ready kernel that adds vectors of float32."""
    recognised = recognise(wgsl)
    return recognised is not None and recognised[0].wgsl == VECTOR_ADD


async def run_on_buffers(home: ArrayHome, kernel: ComputeKernel, buffers: Sequence[ComputeBuffer]) -> None:
    """Run a kernel whose binding i of group 0 is buffer i; those that it does not use are left alone.

    Raises `NotSupportedError` with ``CPU_KERNEL_NOT_SUPPORTED`` for a text that cannot be run, whatever is wrong with
    it; `InvalidArgumentError`: ``WEBGPU_BINDING_MISSING``, ``WEBGPU_BINDING_SIZE``, ``WEBGPU_BINDING_ALIASED``,
    ``WEBGPU_LIMIT_EXCEEDED``; `GpuTimeoutError`; `DisposedError`.
    """
    try:
        known = home.kernel(kernel.source, None, None)
        host_kernel = prepare(known, home.subgroup_size)
    except WgslError as error:
        raise _not_supported(error) from error
    except InvalidArgumentError as error:
        if error.code == "WEBGPU_LIMIT_EXCEEDED":
            raise
        raise _not_supported(error) from error
    require_countable(known, kernel.dispatch)
    bound = [(binding, _buffer_of(binding, buffers)) for binding in known.bindings.values()]
    _require_distinct(bound)
    memory: dict[str, NDArray[np.uint8]] = {}
    # A buffer of no whole words is copied, as a device has it: the last word is filled up with zeros.
    copied: list[tuple[NDArray[np.uint8], NDArray[np.uint8]]] = []
    for binding, buffer in bound:
        store = np.frombuffer(buffer.as_memory(), np.uint8)
        memory[binding.name] = raw = bytes_of(store)
        require_size(binding, raw.size, HOST)
        if raw.size != store.size and binding.written:
            copied.append((store, raw))
    engine = await home.array_engine()
    assert isinstance(engine, HostEngine)  # noqa: S101 - the CPU provider's home has no device
    async with engine.turn:
        await HostRun(engine.pace).drive(host_kernel.steps(memory, kernel.dispatch))
    for store, raw in copied:
        store[:] = raw[: store.size]


def _buffer_of(binding: KernelBinding, buffers: Sequence[ComputeBuffer]) -> ComputeBuffer:
    if binding.group or binding.binding >= len(buffers):
        message = (
            f"The kernel uses {binding.name!r}, group {binding.group}, binding {binding.binding}: buffers are bound to "
            f"group 0 in their order, and {len(buffers)} were given."
        )
        raise InvalidArgumentError(message, code="WEBGPU_BINDING_MISSING")
    return buffers[binding.binding]


def _require_distinct(bound: Sequence[tuple[KernelBinding, ComputeBuffer]]) -> None:
    for binding, buffer in bound:
        other = next((it.name for it, same in bound if same is buffer and it is not binding), None)
        if binding.written and other is not None:
            message = (
                f"One buffer is bound to {binding.name!r}, which the kernel may write, and to {other!r}: "
                "give different buffers (WebGPU, section 13.2)."
            )
            raise InvalidArgumentError(message, code="WEBGPU_BINDING_ALIASED")


def _not_supported(error: WgslError | InvalidArgumentError) -> NotSupportedError:
    why = str(error).removesuffix(f" ErrorCode={error.code}")
    return NotSupportedError(f"The CPU cannot run this kernel: {why}", code="CPU_KERNEL_NOT_SUPPORTED")
