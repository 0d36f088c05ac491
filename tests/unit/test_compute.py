"""GPU compute above the seam (reference contract, sections 4 and 8.4)."""

from __future__ import annotations

import array
import base64
import hashlib
import struct
import sys
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from unit.loop import run_async

from aikernel_web import EventBusProvider
from aikernel_web.compute.backends import NullBackend, WebGpuNativeBackend, WebGpuWasmBackend
from aikernel_web.compute.capability import WebGpuComputeCapability, WebGpuComputeCapabilityDescriptor, to_contract
from aikernel_web.compute.cpu import CpuComputeProvider
from aikernel_web.compute.invoker import WebGpuComputeInvoker
from aikernel_web.compute.kernels import VECTOR_ADD, create_vector_add
from aikernel_web.compute.provider import WebGpuComputeProvider
from aikernel_web.compute.settings import WebGpuComputeSettings
from aikernel_web.contracts.capabilities import (
    CapabilityInvocationMode,
    CapabilityInvocationRequest,
    CapabilityModuleKind,
)
from aikernel_web.contracts.compute import ComputeBuffer, ComputeKernel
from aikernel_web.contracts.errors import DisposedError, KernelError, NotSupportedError

FORCED = WebGpuComputeSettings(provider_id="providers.webgpu", force_cpu_fallback=True)


class FakeInterop:
    """Keeps bytes by handle and adds vectors; the contract's own fake (case G6)."""

    def __init__(self, *, supported: bool = True) -> None:
        self.kept: dict[object, bytes] = {}
        self.executed: list[tuple[int, int, int]] = []
        self._supported = supported

    def is_webgpu_supported(self) -> bool:
        return self._supported

    async def write_buffer(self, handle: object, data: bytes) -> None:
        self.kept[handle] = data

    async def read_buffer(self, handle: object, length: int) -> bytes:
        return self.kept[handle][:length]

    async def execute_kernel(self, wgsl: str, handles: Sequence[object], x: int, y: int, z: int) -> None:
        assert "out[i]" in wgsl
        self.executed.append((x, y, z))
        a, b = (np.frombuffer(self.kept[handle], np.float32) for handle in handles[:2])
        self.kept[handles[2]] = (a + b).tobytes()


@pytest.fixture
def no_wgpu(monkeypatch: pytest.MonkeyPatch) -> None:
    """A Python without the extra ``native``."""
    monkeypatch.setitem(sys.modules, "wgpu", None)


async def add(provider: WebGpuComputeProvider, a: np.ndarray, b: np.ndarray) -> np.ndarray:
    buffers = [await provider.create_buffer(a.nbytes) for _ in range(3)]
    await provider.write_buffer(buffers[0], a.tobytes())
    await provider.write_buffer(buffers[1], b.tobytes())
    await provider.execute_kernel(create_vector_add(a.size), *buffers)
    out = bytearray(a.nbytes)
    await provider.read_buffer(buffers[2], out)
    return np.frombuffer(out, np.float32)


def code_of(action: Any) -> str:
    with pytest.raises(KernelError) as raised:
        run_async(action) if hasattr(action, "send") else action()
    return raised.value.code


# Buffers and kernels


def test_a_buffer_begins_as_zeros_and_takes_data_at_its_front() -> None:
    buffer = ComputeBuffer(4)
    buffer.write(b"\1\2")
    target = bytearray(6)
    buffer.read(target)
    assert target == b"\1\2\0\0\0\0"
    buffer.as_memory()[3] = 9
    buffer.read(target)
    assert target[3] == 9


def test_a_buffer_refuses_what_does_not_fit() -> None:
    assert code_of(lambda: ComputeBuffer(-1)) == "COMPUTE_BUFFER_SIZE_NEGATIVE"
    assert code_of(lambda: ComputeBuffer(4).write(bytes(5))) == "COMPUTE_BUFFER_WRITE_SIZE_MISMATCH"
    assert code_of(lambda: ComputeBuffer(4).read(bytearray(3))) == "COMPUTE_BUFFER_READ_SIZE_MISMATCH"
    with pytest.raises(ValueError, match="ErrorCode=COMPUTE_BUFFER_WRITE_SIZE_MISMATCH"):
        ComputeBuffer(4).write(bytes(5))


def test_a_disposed_buffer_takes_no_calls_and_may_be_disposed_again() -> None:
    buffer = ComputeBuffer(4)
    buffer.dispose()
    buffer.dispose()
    for use in (lambda: buffer.write(b""), lambda: buffer.read(bytearray(4)), buffer.as_memory):
        with pytest.raises(DisposedError):
            use()
    assert buffer.is_disposed
    assert buffer in {buffer}


@pytest.mark.parametrize(
    ("attribute", "size"),
    [
        ("@workgroup_size(8)", (8, 1, 1)),
        ("@workgroup_size(8,4)", (8, 4, 1)),
        ("@workgroup_size(8, 4, 2)", (8, 4, 2)),
        ("@workgroup_size( 8)", (1, 1, 1)),
        ("@workgroup_size(8,)", (1, 1, 1)),
        ("@workgroup_size(N)", (1, 1, 1)),
        ("@workgroup_size(8u)", (1, 1, 1)),
        ("", (1, 1, 1)),
    ],
)
def test_the_workgroup_size_is_the_first_that_stands_in_decimal_numbers(attribute: str, size: tuple[int, ...]) -> None:
    assert ComputeKernel(f"@compute {attribute} fn main() {{}}", 1).workgroup_size == size


def test_a_kernel_needs_source_and_workgroups() -> None:
    assert code_of(lambda: ComputeKernel(" \n", 1)) == "COMPUTE_KERNEL_SOURCE_REQUIRED"
    assert code_of(lambda: ComputeKernel("x", 1, 0)) == "COMPUTE_KERNEL_DISPATCH_INVALID"
    assert code_of(lambda: create_vector_add(0)) == "COMPUTE_KERNEL_DISPATCH_INVALID"
    assert ComputeKernel("x", 1).wgsl == "x"


@given(st.integers(1, 10**6), st.integers(1, 1024))
def test_vector_add_is_dispatched_once_for_each_element(count: int, workgroup_size: int) -> None:
    kernel = create_vector_add(count, workgroup_size)
    assert kernel.workgroup_size == (workgroup_size, 1, 1)
    assert 0 <= kernel.dispatch_x * workgroup_size - count < workgroup_size


# The CPU provider


@given(st.lists(st.tuples(st.floats(width=32), st.floats(width=32))))
def test_the_cpu_adds_in_float32(pairs: list[tuple[float, float]]) -> None:
    a, b = (np.array([pair[i] for pair in pairs], np.float32) for i in (0, 1))
    with np.errstate(all="ignore"):
        np.testing.assert_array_equal(CpuComputeProvider().add_vectors(a, b), a + b)


@given(st.lists(st.tuples(st.floats(-1e3, 1e3, width=32), st.floats(-1e3, 1e3, width=32)), max_size=50))
def test_the_cpu_sums_dot_products_from_left_to_right_in_float32(pairs: list[tuple[float, float]]) -> None:
    total = np.float32(0)
    for a, b in pairs:
        total = np.float32(total + np.float32(np.float32(a) * np.float32(b)))
    assert CpuComputeProvider().dot([a for a, _ in pairs], [b for _, b in pairs]) == float(total)


def test_the_cpu_refuses_by_code() -> None:
    cpu = CpuComputeProvider()
    assert code_of(lambda: cpu.add_vectors(None, [1])) == "CPU_VECTOR_REQUIRED"
    assert code_of(lambda: cpu.dot([1], [1, 2])) == "CPU_VECTOR_LENGTH_MISMATCH"
    assert code_of(cpu.create_buffer(-1)) == "CPU_BUFFER_SIZE_NEGATIVE"
    assert code_of(cpu.write_buffer(None, b"")) == "CPU_BUFFER_REQUIRED"
    assert code_of(cpu.read_buffer(None, bytearray())) == "CPU_BUFFER_REQUIRED"
    assert code_of(cpu.write_buffer(ComputeBuffer(1), bytes(2))) == "COMPUTE_BUFFER_WRITE_SIZE_MISMATCH"
    kernel = create_vector_add(1)
    four, eight = ComputeBuffer(4), ComputeBuffer(8)
    assert code_of(cpu.execute_kernel(None)) == "CPU_KERNEL_REQUIRED"
    assert code_of(cpu.execute_kernel(kernel, four, four)) == "CPU_VECTOR_ADD_BUFFER_COUNT"
    assert code_of(cpu.execute_kernel(kernel, four, four, None)) == "CPU_BUFFERS_REQUIRED"
    assert code_of(cpu.execute_kernel(kernel, four, eight, eight)) == "CPU_VECTOR_ADD_BUFFER_SIZE_MISMATCH"
    assert code_of(cpu.execute_kernel(kernel, eight, eight, four)) == "CPU_VECTOR_ADD_BUFFER_SIZE_MISMATCH"
    for none in ("fn main() {}", "fn main( {", "@compute @workgroup_size(1) fn main() { nothing(); }"):
        assert code_of(cpu.execute_kernel(ComputeKernel(none, 1), four)) == "CPU_KERNEL_NOT_SUPPORTED"


def test_the_cpu_adds_into_an_aliased_buffer_and_leaves_the_rest() -> None:
    a, out = ComputeBuffer(9), ComputeBuffer(12)
    a.write(struct.pack("<2f", 1, 2))
    out.write(struct.pack("<3f", 7, 7, 7))
    run_async(CpuComputeProvider().execute_kernel(ComputeKernel("out[i]=a[i]+b[i]", 1), a, a, out))
    assert struct.unpack("<3f", out.as_memory()) == (2, 4, 7)


def test_the_cpu_provider_lives_as_providers_do() -> None:
    async def body() -> list[bool]:
        cpu = CpuComputeProvider()
        seen = [await cpu.is_available()]
        await cpu.initialize()
        seen.append(await cpu.is_available())
        await cpu.shutdown()
        seen.append(await cpu.is_available())
        return seen

    assert run_async(body()) == [False, True, False]
    assert CpuComputeProvider().available
    assert CpuComputeProvider().get_capabilities().supports_operation("COMPUTE.FILL")


# The contract's cases


def test_g1_the_contract_of_the_capability() -> None:
    metadata = {"adapter_profile": "p", "backend": "b", "fallback": "cpu", "version": "0.1.0"}
    contract = to_contract(WebGpuComputeCapabilityDescriptor("providers.webgpu", "p", metadata))
    assert contract.capability_id == "providers.webgpu"
    assert contract.name == "WebGPU Compute Provider"
    assert contract.kind is CapabilityModuleKind.NATIVE_LIBRARY
    assert contract.invocation_mode is CapabilityInvocationMode.DIRECT
    assert contract.version == "0.1.0"
    assert contract.entry_point == "webgpu_dispatch"
    assert contract.provided_operations == ("compute.dispatch", "compute.vector_add")
    assert contract.required_permissions == ("compute.execute", "buffer.read", "buffer.write")
    assert contract.metadata == metadata
    assert (contract.artifact_uri, contract.artifact_hash) == (None, None)
    assert to_contract(WebGpuComputeCapabilityDescriptor("x", "p", {"version": " "})).version == "0.1.0"
    assert code_of(lambda: to_contract(None)) == "CAPABILITY_DESCRIPTOR_REQUIRED"


@pytest.mark.usefixtures("no_wgpu")
@pytest.mark.parametrize("backend", [None, NullBackend(), WebGpuNativeBackend.create(), WebGpuWasmBackend.create()])
def test_g5_without_a_gpu_the_cpu_adds(backend: Any) -> None:
    provider = WebGpuComputeProvider(WebGpuComputeSettings(), backend)
    i = np.arange(1000, dtype=np.float32)
    np.testing.assert_array_equal(run_async(add(provider, i + 1, i + 3)), 2 * i + 4)
    assert provider.using_cpu_fallback
    assert provider.fallback_reason


def test_g6_a_backend_with_an_interop_computes_there() -> None:
    interop = FakeInterop()
    provider = WebGpuComputeProvider(WebGpuComputeSettings(), WebGpuWasmBackend(interop))
    a = np.array([1, 2, 3, 4], np.float32)
    assert run_async(add(provider, a, 10 * a)).tolist() == [11, 22, 33, 44]
    assert not provider.using_cpu_fallback
    assert provider.fallback_reason is None
    assert interop.executed == [(1, 1, 1)]
    assert run_async(provider.get_health()).message == "Computing on the GPU."


def test_what_is_missing_is_an_argument_error() -> None:
    provider: Any = WebGpuComputeProvider()
    assert code_of(provider.write_buffer(None, b"")) == "WEBGPU_BUFFER_REQUIRED"
    assert code_of(provider.read_buffer(None, bytearray())) == "WEBGPU_BUFFER_REQUIRED"
    assert code_of(provider.execute_kernel(None)) == "WEBGPU_KERNEL_REQUIRED"
    assert code_of(provider.execute_kernel(create_vector_add(1), None)) == "WEBGPU_BUFFER_REQUIRED"


def test_g11_the_metadata_of_the_settings_is_sorted() -> None:
    assert list(WebGpuComputeSettings().to_metadata()) == ["adapter_profile", "backend", "fallback", "version"]
    assert WebGpuComputeSettings(backend_name=" ", force_cpu_fallback=True).to_metadata() == {
        "adapter_profile": "webgpu-browser",
        "fallback": "cpu",
        "version": "0.1.0",
    }


def test_the_capability_by_its_python_name_has_its_own_profile() -> None:
    capability = WebGpuComputeCapability()
    assert (capability.provider_id, capability.adapter_profile) == ("webgpu.compute", "wasm-webgpu")
    assert capability.to_contract().metadata["adapter_profile"] == "wasm-webgpu"


# Falling back, and not


def test_a_backend_that_fails_at_its_start_means_the_cpu_and_the_reason_can_be_read() -> None:
    class Broken(NullBackend):
        async def initialize(self) -> None:
            raise RuntimeError("the adapter burns")

    provider = WebGpuComputeProvider(WebGpuComputeSettings(), Broken())
    run_async(provider.initialize())
    assert provider.using_cpu_fallback
    assert "the adapter burns" in str(provider.fallback_reason)


def test_a_kernel_that_fails_on_the_gpu_reaches_the_caller_and_is_no_event() -> None:
    class Failing(FakeInterop):
        async def execute_kernel(self, *_: object) -> None:
            raise RuntimeError("device lost")

    bus = EventBusProvider()
    provider = WebGpuComputeProvider(WebGpuComputeSettings(), WebGpuWasmBackend(Failing()), event_bus=bus)
    with pytest.raises(RuntimeError, match="device lost"):
        run_async(add(provider, np.ones(1, np.float32), np.ones(1, np.float32)))
    assert bus.history == ()


def test_a_provider_that_was_shut_down_looks_for_its_gpu_again() -> None:
    disposed: list[bool] = []

    class Disposable(WebGpuWasmBackend):
        async def dispose(self) -> None:
            disposed.append(True)

    async def body() -> list[bool]:
        provider = WebGpuComputeProvider(WebGpuComputeSettings(), Disposable(FakeInterop()))
        seen = [provider.using_cpu_fallback]
        await provider.create_buffer(4)
        seen.append(provider.using_cpu_fallback)
        await provider.shutdown()
        seen.append(provider.using_cpu_fallback)
        await provider.create_buffer(4)
        seen.append(provider.using_cpu_fallback)
        return seen

    assert run_async(body()) == [True, False, True, False]
    assert disposed == [True]


@pytest.mark.usefixtures("no_wgpu")
@pytest.mark.parametrize(
    "backend", [NullBackend(), WebGpuNativeBackend(), WebGpuWasmBackend(FakeInterop(supported=False))]
)
def test_a_backend_without_a_gpu_refuses_every_operation(backend: Any) -> None:
    run_async(backend.initialize())
    assert not backend.is_available
    for operation in (
        backend.create_buffer(4),
        backend.write_buffer(object(), b""),
        backend.read_buffer(object(), memoryview(bytearray(1))),
        backend.execute_kernel(create_vector_add(1), []),
    ):
        with pytest.raises(NotSupportedError):
            run_async(operation)


# Invoking by name


def invoke(operation: str, **arguments: str) -> Any:
    request = CapabilityInvocationRequest(
        "invocation-1", "webgpu.compute", operation, arguments, replay_log_hash="r", metadata={"z": "1", "a": "2"}
    )
    return run_async(WebGpuComputeInvoker.create().invoke(request))


def encoded(*values: float) -> str:
    return base64.b64encode(array.array("f", values).tobytes()).decode()


def test_g9_an_operation_that_is_not_known_fails_by_code() -> None:
    result = invoke("unknown.operation")
    assert not result.succeeded
    assert result.error_code == "WEBGPU_OPERATION_NOT_SUPPORTED"
    assert "unknown.operation" in result.error_message
    assert (result.invocation_id, result.capability_id, result.replay_log_hash) == (
        "invocation-1",
        "webgpu.compute",
        "r",
    )
    assert list(result.metadata.items()) == [
        ("a", "2"),
        ("z", "1"),
        ("provider", "WebGpuComputeProvider"),
        ("operation", "unknown.operation"),
    ]
    assert code_of(WebGpuComputeInvoker().invoke(None)) == "CAPABILITY_REQUEST_REQUIRED"  # type: ignore[arg-type]


def test_vectors_are_added_by_name() -> None:
    result = invoke("compute.vector_add", a=encoded(1, 2), b=encoded(3, 4))
    assert result.succeeded
    assert result.metadata["output"] == encoded(4, 6)
    assert result.metadata["element_count"] == "2"
    assert result.metadata["backend"] == "cpu-fallback"
    assert result.output_hash == hashlib.sha256(struct.pack("<2f", 4, 6)).hexdigest()


def test_a_kernel_is_dispatched_by_name() -> None:
    buffers = {"buffer.0": encoded(1, 2), "buffer.1": encoded(3, 4), "buffer.2.size": "8", "readback": "2, 0"}
    result = invoke("compute.dispatch", wgsl=VECTOR_ADD, x="1", **buffers)
    assert result.succeeded
    assert result.metadata["output.2"] == encoded(4, 6)
    assert result.metadata["output.0"] == encoded(1, 2)
    assert result.output_hash == hashlib.sha256(struct.pack("<4f", 4, 6, 1, 2)).hexdigest()


@pytest.mark.parametrize(
    ("operation", "arguments", "code"),
    [
        ("compute.vector_add", {"a": encoded(1)}, "WEBGPU_ARGUMENT_INVALID"),
        ("compute.vector_add", {"a": encoded(1), "b": "no base64!"}, "WEBGPU_ARGUMENT_INVALID"),
        ("compute.vector_add", {"a": encoded(1), "b": encoded(1, 2)}, "WEBGPU_ARGUMENT_INVALID"),
        ("compute.vector_add", {"a": "", "b": ""}, "WEBGPU_ARGUMENT_INVALID"),
        ("compute.dispatch", {}, "COMPUTE_KERNEL_SOURCE_REQUIRED"),
        ("compute.dispatch", {"wgsl": "x", "x": "0"}, "WEBGPU_ARGUMENT_INVALID"),
        ("compute.dispatch", {"wgsl": "x", "y": "9" * 5000}, "WEBGPU_ARGUMENT_INVALID"),
        ("compute.dispatch", {"wgsl": "x", "buffer.0.size": "-1"}, "WEBGPU_ARGUMENT_INVALID"),
        ("compute.dispatch", {"wgsl": "x", "buffer.0.size": "9999999999"}, "WEBGPU_ARGUMENT_INVALID"),
        ("compute.dispatch", {"wgsl": "x", "buffer.0.size": "4", "readback": "1"}, "WEBGPU_ARGUMENT_INVALID"),
        ("compute.dispatch", {"wgsl": "x", "buffer.0.size": "4", "readback": "²"}, "WEBGPU_ARGUMENT_INVALID"),
        ("compute.dispatch", {"wgsl": "fn main() {}", "x": "1"}, "CPU_KERNEL_NOT_SUPPORTED"),
    ],
)
def test_hostile_arguments_fail_by_code(operation: str, arguments: dict[str, str], code: str) -> None:
    result = invoke(operation, **arguments)
    assert not result.succeeded
    assert result.error_code == code
    assert result.output_hash is None
