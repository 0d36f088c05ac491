"""Invoking GPU compute by name, with arguments as text (reference contract, section 4.8).

``compute.vector_add`` takes ``a`` and ``b``: little-endian float32 as base64; it answers ``output`` likewise, with
``element_count`` and ``backend``. ``compute.dispatch`` takes ``wgsl``, ``x``, ``y`` and ``z`` (1 unless given), for
each binding N of group 0 ``buffer.N`` as base64 or ``buffer.N.size`` in bytes, and ``readback``, the numbers of the
bindings to read as ``0,2``; it answers ``output.N``. The output hash is the SHA-256 of the outputs, one after another.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Mapping

from ..contracts.capabilities import CapabilityInvocationRequest, CapabilityInvocationResult
from ..contracts.compute import ComputeBuffer, ComputeKernel
from ..contracts.errors import InvalidArgumentError, KernelError
from .capability import OPERATIONS
from .kernels import create_vector_add
from .provider import WebGpuComputeProvider

_FLOAT32_BYTES = 4
_BINDINGS_MAX = 64
"""Bindings of one invocation: more than any device has in a group."""
_NUMBER_MAX = 1 << 30
"""The largest size, in bytes, and the largest number of workgroups: 1 GiB, above any device's limits for either."""
_DIGITS_MAX = 10


class WebGpuComputeInvoker:
    """Carries out the operations of a `WebGpuComputeProvider`."""

    def __init__(self, provider: WebGpuComputeProvider | None = None) -> None:
        self._provider = provider or WebGpuComputeProvider()

    @classmethod
    def create(cls) -> WebGpuComputeInvoker:
        """Return an invoker of a default provider, which computes on the CPU."""
        return cls()

    async def invoke(self, request: CapabilityInvocationRequest) -> CapabilityInvocationResult:
        """Carry out ``request``; what goes wrong is in the result, with its code.

        Codes: ``WEBGPU_OPERATION_NOT_SUPPORTED``, ``WEBGPU_ARGUMENT_INVALID``, and those of the provider. Raises
        `InvalidArgumentError` with ``CAPABILITY_REQUEST_REQUIRED`` where there is no request.
        """
        if request is None:
            raise InvalidArgumentError("There is no request.", code="CAPABILITY_REQUEST_REQUIRED")
        try:
            if request.operation not in OPERATIONS:
                message = f"There is no operation {request.operation!r}: there are {' and '.join(OPERATIONS)}."
                raise KernelError(message, code="WEBGPU_OPERATION_NOT_SUPPORTED")
            carry_out = self._vector_add if request.operation == "compute.vector_add" else self._dispatch
            outputs, digest = await carry_out(request.arguments)
        except KernelError as error:
            return _result(request, {}, error_code=error.code, error_message=str(error))
        backend = "cpu-fallback" if self._provider.using_cpu_fallback else "webgpu"
        return _result(request, outputs | {"backend": backend}, output_hash=digest)

    async def _vector_add(self, arguments: Mapping[str, str]) -> tuple[dict[str, str], str]:
        a, b = (_decode(arguments, name) for name in ("a", "b"))
        if len(a) != len(b) or len(a) % _FLOAT32_BYTES or not a:
            message = f"a and b must be equally many float32, one at least: they have {len(a)} and {len(b)} bytes."
            raise KernelError(message, code="WEBGPU_ARGUMENT_INVALID")
        count = len(a) // _FLOAT32_BYTES
        buffers = [await self._filled(a), await self._filled(b), await self._provider.create_buffer(len(a))]
        await self._provider.execute_kernel(create_vector_add(count), *buffers)
        output = await self._read(buffers[2])
        return {"output": _encode(output), "element_count": str(count)}, hashlib.sha256(output).hexdigest()

    async def _dispatch(self, arguments: Mapping[str, str]) -> tuple[dict[str, str], str]:
        buffers: list[ComputeBuffer] = []
        while len(buffers) < _BINDINGS_MAX:
            name = f"buffer.{len(buffers)}"
            if name in arguments:
                buffers.append(await self._filled(_decode(arguments, name)))
            elif f"{name}.size" in arguments:
                buffers.append(await self._provider.create_buffer(_number(arguments, f"{name}.size", 0)))
            else:
                break
        wanted = [_index(text, len(buffers)) for text in arguments.get("readback", "").split(",") if text.strip()]
        workgroups = (_number(arguments, axis, 1) for axis in "xyz")
        kernel = ComputeKernel(arguments.get("wgsl", ""), *workgroups)
        await self._provider.execute_kernel(kernel, *buffers)
        outputs, digest = {}, hashlib.sha256()
        for index in wanted:
            output = await self._read(buffers[index])
            outputs[f"output.{index}"] = _encode(output)
            digest.update(output)
        return outputs, digest.hexdigest()

    async def _filled(self, data: bytes) -> ComputeBuffer:
        buffer = await self._provider.create_buffer(len(data))
        await self._provider.write_buffer(buffer, data)
        return buffer

    async def _read(self, buffer: ComputeBuffer) -> bytes:
        output = bytearray(buffer.size)
        await self._provider.read_buffer(buffer, output)
        return bytes(output)


def _result(
    request: CapabilityInvocationRequest,
    outputs: Mapping[str, str],
    *,
    output_hash: str | None = None,
    error_code: str | None = None,
    error_message: str | None = None,
) -> CapabilityInvocationResult:
    told = dict(sorted(request.metadata.items())) | dict(outputs)
    told |= {"provider": "WebGpuComputeProvider", "operation": request.operation}
    return CapabilityInvocationResult(
        invocation_id=request.invocation_id,
        capability_id=request.capability_id,
        succeeded=error_code is None,
        output_hash=output_hash,
        error_code=error_code,
        error_message=error_message,
        replay_log_hash=request.replay_log_hash,
        metadata=told,
    )


def _decode(arguments: Mapping[str, str], name: str) -> bytes:
    try:
        return base64.b64decode(arguments[name], validate=True)
    except KeyError:
        raise _invalid(f"The argument {name!r} is missing: give bytes as base64.") from None
    except (binascii.Error, ValueError):
        raise _invalid(f"The argument {name!r} is no base64.") from None


def _encode(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def _number(arguments: Mapping[str, str], name: str, least: int) -> int:
    text = arguments.get(name, "1")
    number = int(text) if text.isascii() and text.isdigit() and len(text) <= _DIGITS_MAX else -1
    if not least <= number <= _NUMBER_MAX:
        message = f"The argument {name!r} is {text[:40]!r}: give a whole number from {least} to {_NUMBER_MAX}."
        raise _invalid(message)
    return number


def _index(text: str, count: int) -> int:
    stripped = text.strip()
    known = stripped.isascii() and stripped.isdigit() and len(stripped) <= _DIGITS_MAX
    if not known or int(stripped) >= count:
        raise _invalid(f"readback names {stripped[:40]!r}, which is none of the {count} buffers.")
    return int(stripped)


def _invalid(message: str) -> KernelError:
    return KernelError(message, code="WEBGPU_ARGUMENT_INVALID")
