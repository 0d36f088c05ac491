"""The reference's own cases for GPU compute (reference contract, section 8.4), and the same on the page's GPU."""

from __future__ import annotations

import pytest

from .interpreters import Interpreter

ADDING = """
import numpy as np
from aikernel_web import (
    CapabilityContract, EventBusProvider, KernelError, WebGpuComputeCapability, WebGpuComputeInvoker,
    WebGpuComputeProvider, WebGpuComputeSettings, WebGpuWasmBackend, create_vector_add, provider_manifest,
)
from aikernel_web.compute.capability import WebGpuComputeCapabilityDescriptor, to_contract

FORCED = WebGpuComputeSettings(provider_id="providers.webgpu", force_cpu_fallback=True)

async def add(provider, a, b):
    a, b = np.asarray(a, np.float32), np.asarray(b, np.float32)
    buffers = [await provider.create_buffer(a.nbytes) for _ in range(3)]
    await provider.write_buffer(buffers[0], a.tobytes())
    await provider.write_buffer(buffers[1], b.tobytes())
    await provider.execute_kernel(create_vector_add(a.size), *buffers)
    out = bytearray(a.nbytes)
    await provider.read_buffer(buffers[2], out)
    return np.frombuffer(out, np.float32)
"""


def test_g1_the_contract_of_the_capability(interpreter: Interpreter) -> None:
    assert interpreter.run(f"""{ADDING}
metadata = {{"adapter_profile": "p", "backend": "b", "fallback": "cpu", "version": "0.1.0"}}
contract = to_contract(WebGpuComputeCapabilityDescriptor("providers.webgpu", "p", metadata))
[
    contract.capability_id, contract.name, contract.kind.name, contract.kind.value, contract.invocation_mode.name,
    contract.version, contract.entry_point, list(contract.provided_operations), list(contract.required_permissions),
    contract.metadata == metadata, contract.artifact_uri, contract.artifact_hash,
]
""") == [
        "providers.webgpu",
        "WebGPU Compute Provider",
        "NATIVE_LIBRARY",
        3,
        "DIRECT",
        "0.1.0",
        "webgpu_dispatch",
        ["compute.dispatch", "compute.vector_add"],
        ["compute.execute", "buffer.read", "buffer.write"],
        True,
        None,
        None,
    ]


@pytest.mark.parametrize("made", ["WebGpuComputeProvider()", "WebGpuComputeProvider.create()", "kernel.gpu"])
def test_g2_the_default_provider(interpreter: Interpreter, made: str) -> None:
    assert interpreter.run(f"""{ADDING}
provider = {made}
[provider.provider_id, provider.name, provider.get_capabilities().supports_operation("compute.dispatch")]
""") == ["webgpu.compute", "WebGPU Compute Provider", True]


@pytest.mark.parametrize("made", ["WebGpuComputeProvider(FORCED)", "kernel.gpu"])
def test_g3_a_provider_is_always_available(interpreter: Interpreter, made: str) -> None:
    assert (
        interpreter.run(f"""{ADDING}
provider = {made}
seen = [provider.available, await provider.is_available()]
await provider.initialize()
seen += [provider.available, await provider.is_available(), (await provider.get_health()).is_healthy]
supported = provider.get_capabilities().supports_operation
seen += [supported("compute.dispatch"), supported("COMPUTE.VECTOR_ADD")]
seen.append(provider.to_capability_descriptor().capability_id == provider.provider_id)
await provider.shutdown()
seen += [provider.available, await provider.is_available(), provider.using_cpu_fallback]
seen
""")
        == [True] * 11
    )


def test_g4_a_forced_fallback_adds_exactly(interpreter: Interpreter) -> None:
    assert interpreter.run(f"""{ADDING}
provider = WebGpuComputeProvider(FORCED)
i = np.arange(1000)
[bool((await add(provider, i, 2 * i) == 3 * i).all()), provider.using_cpu_fallback]
""") == [True, True]


@pytest.mark.parametrize("backend", ["None", "WebGpuWasmBackend()"])
def test_g5_without_a_backend_the_cpu_adds(interpreter: Interpreter, backend: str) -> None:
    assert interpreter.run(f"""{ADDING}
provider = WebGpuComputeProvider(WebGpuComputeSettings(), {backend})
i = np.arange(1000)
[bool((await add(provider, i + 1, i + 3) == 2 * i + 4).all()), provider.using_cpu_fallback]
""") == [True, True]


def test_g6_a_backend_with_an_interop_adds_there(interpreter: Interpreter) -> None:
    assert interpreter.run(f"""{ADDING}
class Fake:
    kept = {{}}

    def is_webgpu_supported(self):
        return True

    async def write_buffer(self, handle, data):
        self.kept[handle] = data

    async def read_buffer(self, handle, length):
        return self.kept[handle][:length]

    async def execute_kernel(self, wgsl, handles, x, y, z):
        a, b = (np.frombuffer(self.kept[handle], np.float32) for handle in handles[:2])
        self.kept[handles[2]] = (a + b).tobytes()

provider = WebGpuComputeProvider(WebGpuComputeSettings(), WebGpuWasmBackend(Fake()))
[(await add(provider, [1, 2, 3, 4], [10, 20, 30, 40])).tolist(), provider.using_cpu_fallback]
""") == [[11, 22, 33, 44], False]


def test_g7_a_kernel_that_has_run_is_an_event(interpreter: Interpreter) -> None:
    assert interpreter.run(f"""{ADDING}
seen, bus = [], EventBusProvider()
bus.subscribe("GpuKernelExecuted", seen.append)
await add(WebGpuComputeProvider(FORCED, event_bus=bus), [1], [2])
seen
""") == [{"providerId": "providers.webgpu", "backend": "cpu-fallback", "dispatch": "1,1,1", "workgroupSize": "64,1,1"}]


@pytest.mark.parametrize("made", ["WebGpuComputeProvider()", "kernel.gpu"])
def test_g8_what_does_not_fit_is_an_argument_error(interpreter: Interpreter, made: str) -> None:
    assert interpreter.run(f"""{ADDING}
provider, seen = {made}, []
buffer = await provider.create_buffer(4)
for use in (provider.write_buffer(buffer, bytes(8)), provider.read_buffer(buffer, bytearray(3))):
    try:
        await use
    except ValueError as error:
        seen.append(error.code)
seen
""") == ["WEBGPU_BUFFER_WRITE_SIZE_MISMATCH", "WEBGPU_BUFFER_READ_SIZE_MISMATCH"]


@pytest.mark.parametrize("made", ["WebGpuComputeInvoker.create()", "WebGpuComputeInvoker(kernel.gpu)"])
def test_g9_an_operation_that_is_not_known_fails_by_code(interpreter: Interpreter, made: str) -> None:
    assert interpreter.run(f"""{ADDING}
from aikernel_web.contracts.capabilities import CapabilityInvocationRequest
request = CapabilityInvocationRequest("i", "webgpu.compute", "unknown.operation", {{}})
result = await {made}.invoke(request)
[result.succeeded, result.error_code, "unknown.operation" in result.error_message]
""") == [False, "WEBGPU_OPERATION_NOT_SUPPORTED", True]


def test_g10_the_manifest_is_shipped(interpreter: Interpreter) -> None:
    assert interpreter.run(f"""{ADDING}
manifest = provider_manifest("webgpu")
[manifest["cli"]["command"], manifest["cli"]["defaultOperation"], manifest["providerId"], manifest["capabilities"]]
""") == ["gpu", "compute.vector_add", "webgpu.compute", ["compute.dispatch", "compute.vector_add"]]


def test_g11_the_metadata_is_sorted(interpreter: Interpreter) -> None:
    assert (
        interpreter.run(f"""{ADDING}
[list(WebGpuComputeSettings().to_metadata()), list(kernel.gpu.settings.to_metadata())]
""")
        == [["adapter_profile", "backend", "fallback", "version"]] * 2
    )


# What the reference cannot try, having no GPU.


def test_the_page_adds_on_its_gpu_and_says_so(kernel: object) -> None:
    from .interpreters import PageInterpreter  # noqa: PLC0415

    assert PageInterpreter(kernel).run(f"""{ADDING}
seen = []
kernel.events.subscribe("Gpu*", lambda payload: seen.append(payload))
i = np.arange(1000)
exact = bool((await add(kernel.gpu, i, 2 * i) == 3 * i).all())
[exact, kernel.gpu.using_cpu_fallback, kernel.gpu.fallback_reason, seen[-1]]
""") == [
        True,
        False,
        None,
        {"providerId": "webgpu.compute", "backend": "webgpu", "dispatch": "16,1,1", "workgroupSize": "64,1,1"},
    ]
