"""The CPU provider over the ready kernels' shaders; what they compute is in tests/gpu_cases/kernels_*.py."""

from __future__ import annotations

import struct
from typing import Any

import numpy as np
import pytest
from unit.loop import run_async

from aikernel_web.compute.cpu import CpuComputeProvider
from aikernel_web.compute.kernels import VECTOR_ADD, create_vector_add
from aikernel_web.compute.kernels.axpy import AXPY
from aikernel_web.compute.kernels.matmul import shader as matmul_shader
from aikernel_web.compute.kernels.recognition import FAMILIES, recognise
from aikernel_web.compute.kernels.transpose import shader as transpose_shader
from aikernel_web.compute.kernels.vector_add import shader as vector_add_shader
from aikernel_web.compute.wgsl.reflection import reflect
from aikernel_web.contracts.compute import ComputeBuffer, ComputeKernel
from aikernel_web.contracts.errors import InvalidArgumentError, KernelError

SHADERS = [shader for family in FAMILIES for shader in family.SHADERS]
ONE = np.ones(1, np.float32)
TRANSPOSE = transpose_shader("f32")


def code_of(action: Any) -> str:
    with pytest.raises(KernelError) as raised:
        run_async(action)
    return raised.value.code


def buffer_of(data: bytes) -> ComputeBuffer:
    buffer = ComputeBuffer(len(data))
    buffer.write(data)
    return buffer


@pytest.mark.parametrize("shader", SHADERS)
def test_what_is_told_of_a_shader_is_what_it_declares(shader: Any) -> None:
    bindings = reflect(shader.wgsl).entry_points["main"].bindings
    names = [*shader.arrays, *(["params"] if shader.params else [])]
    assert [binding.name for binding in bindings] == names
    assert [binding.name for binding in bindings if binding.access == "read_write"] == [shader.output]
    for binding, element in zip(bindings, shader.arrays.values(), strict=False):
        assert element in str(binding.type)
    if shader.params:
        assert [member.name for member in bindings[-1].type.members] == list(shader.params)


@pytest.mark.parametrize("shader", SHADERS)
def test_a_shader_is_known_by_its_tokens(shader: Any) -> None:
    apart = shader.wgsl.replace(";", " ;// more\n").replace("{", "/* here */ {")
    assert recognise(apart) == recognise(shader.wgsl)
    assert recognise(shader.wgsl)[0] is shader


def test_a_shader_with_one_other_token_is_not_known() -> None:
    for other in (
        VECTOR_ADD.replace("+", "-"),
        VECTOR_ADD.replace("(64)", "(64, 1)"),
        matmul_shader("f32").replace("@workgroup_size(64)", "@workgroup_size(32)"),
        VECTOR_ADD + "\x00",
        "",
    ):
        assert recognise(other) is None


def test_a_dispatch_is_refused_by_code() -> None:
    cpu, three = CpuComputeProvider(), {"a": ONE, "b": ONE, "out": ONE}
    assert code_of(cpu.dispatch("fn main() {}", {}, workgroups=1)) == "WEBGPU_ENTRY_UNKNOWN"
    assert code_of(cpu.dispatch(VECTOR_ADD, three, workgroups=1, entry="other")) == "WEBGPU_ENTRY_UNKNOWN"
    assert code_of(cpu.dispatch(VECTOR_ADD, three, workgroups=1, constants={"n": 1})) == "WEBGPU_CONSTANT_UNKNOWN"
    assert code_of(cpu.dispatch(VECTOR_ADD, {"a": ONE}, workgroups=1)) == "WEBGPU_BINDING_MISSING"
    assert code_of(cpu.dispatch(VECTOR_ADD, {**three, "c": ONE}, workgroups=1)) == "WEBGPU_BINDING_UNKNOWN"
    doubles = {**three, "b": np.ones(1)}
    assert code_of(cpu.dispatch(VECTOR_ADD, doubles, workgroups=1)) == "WEBGPU_BINDING_DTYPE"
    for params, code in (
        ({}, "WEBGPU_BINDING_DTYPE"),
        ({"beta": 1}, "WEBGPU_BINDING_DTYPE"),
        ({"alpha": 1, "beta": 2}, "WEBGPU_BINDING_DTYPE"),
        ((1, 2), "WEBGPU_BINDING_SHAPE"),
    ):
        bindings = {"x": ONE, "y": ONE, "out": ONE, "params": params}
        assert code_of(cpu.dispatch(AXPY, bindings, workgroups=1)) == code


def test_a_dispatch_leaves_its_operands_as_they_are() -> None:
    out = np.zeros((2, 2), np.float32)
    result = run_async(
        CpuComputeProvider().dispatch(VECTOR_ADD, {"a": ONE.repeat(4), "b": ONE.repeat(4), "out": out}, workgroups=1)
    )
    assert result["out"].tolist() == [[2, 2], [2, 2]]
    assert out.sum() == 0


def test_a_kernel_runs_over_buffers_in_the_order_of_its_bindings() -> None:
    x, y, out = (buffer_of(struct.pack("<3f", *values)) for values in ((1, 2, 3), (10, 20, 30), (0, 0, 0)))
    alpha = buffer_of(struct.pack("<f", 2))
    run_async(CpuComputeProvider().execute_kernel(ComputeKernel(AXPY, 1), x, y, out, alpha))
    assert struct.unpack("<3f", out.as_memory()) == (12, 24, 36)


def test_integers_are_added_as_integers() -> None:
    a, out = buffer_of(struct.pack("<2i", 2**31 - 1, 5)), ComputeBuffer(8)
    run_async(CpuComputeProvider().execute_kernel(ComputeKernel(vector_add_shader("i32"), 1), a, a, out))
    assert struct.unpack("<2i", out.as_memory()) == (-2, 10)


def test_a_kernel_over_floats_adds_all_of_them_as_the_contract_has_it() -> None:
    a, out = buffer_of(struct.pack("<100f", *range(100))), ComputeBuffer(400)
    kernel = create_vector_add(1)
    run_async(CpuComputeProvider().execute_kernel(kernel, a, a, out))
    assert struct.unpack("<100f", out.as_memory())[99] == 198


def test_buffers_that_a_kernel_lacks_are_named() -> None:
    cpu, four = CpuComputeProvider(), ComputeBuffer(4)
    kernel = ComputeKernel(AXPY, 1)
    assert code_of(cpu.execute_kernel(kernel, four, four, four)) == "WEBGPU_BINDING_MISSING"
    assert code_of(cpu.execute_kernel(kernel, four, four, four, None)) == "CPU_BUFFERS_REQUIRED"
    assert code_of(cpu.execute_kernel(kernel, four, ComputeBuffer(4), four, four)) == "WEBGPU_BINDING_ALIASED"
    with pytest.raises(InvalidArgumentError, match="needs 8 bytes, and 4 were given"):
        run_async(cpu.execute_kernel(ComputeKernel(TRANSPOSE, 1), four, ComputeBuffer(4), ComputeBuffer(4)))
