"""Debugging: on the CPU, wherever other kernels run."""

from __future__ import annotations

from typing import Any

import numpy as np

from . import also_on_cpu
from .dispatch import COPY, DOUBLE, code_of

RACE = """
@group(0) @binding(0) var<storage, read_write> data: array<f32>;
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  data[id.x] = data[id.x + 1u] + 1.0;
}
"""


@also_on_cpu
async def case_a_kernel_is_debugged_and_arrays_are_left_as_they_are(gpu: Any) -> None:
    data = await gpu.to_device(np.arange(128, dtype=np.float32))
    report = await gpu.debug(DOUBLE, {"data": data}, workgroups=2, invocation=(70,))
    np.testing.assert_array_equal(report.outputs["data"], 2 * np.arange(128))
    np.testing.assert_array_equal(await data.read(), np.arange(128))
    assert [step.text for step in report.trace] == ["true", "data[id.x] = 140.0"]
    assert report.findings == ()
    result = await gpu.dispatch(DOUBLE, {"data": data}, workgroups=2)
    np.testing.assert_array_equal(result["data"], report.outputs["data"])


@also_on_cpu
async def case_races_and_bounds_are_found(gpu: Any) -> None:
    report = await gpu.debug(RACE, {"data": np.zeros(128, np.float32)}, workgroups=2)
    assert sorted(finding.kind for finding in report.findings) == ["bounds", "race"]
    assert "data[id.x + 1u]" in str(report)


@also_on_cpu
async def case_what_a_kernel_has_kept_in_its_layout_is_debugged_with(gpu: Any) -> None:
    source = np.arange(30, dtype=np.float32).reshape(10, 3)
    bindings = {"source": source, "target_": np.zeros_like(source)}
    copy = COPY.replace("TYPE", "vec3<f32>")
    kept = (await gpu.dispatch(copy, bindings, workgroups=1, keep=True))["target_"]
    report = await gpu.debug(copy, {**bindings, "source": kept}, workgroups=1)
    np.testing.assert_array_equal(report.outputs["target_"], source)


@also_on_cpu
async def case_a_compiled_kernel_is_debugged(gpu: Any) -> None:
    kernel = await gpu.compile(DOUBLE)
    report = await gpu.debug(kernel, {"data": np.ones(4, np.float32)}, workgroups=1, workgroup=(0, 0, 0))
    assert report.trace[-1].values == ("2.0",) * 4
    wrong = gpu.debug(kernel, {"data": np.ones(4)}, workgroups=1)
    assert await code_of(wrong, "'data'", "float64") == "WEBGPU_BINDING_DTYPE"
