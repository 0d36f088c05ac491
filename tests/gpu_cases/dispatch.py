"""Kernels over arrays: what is bound to what, what comes back, and what is refused."""

from __future__ import annotations

import asyncio
from typing import Any

import numpy as np

from aikernel_web import (
    InvalidArgumentError,
    KernelError,
    WgslError,
)
from aikernel_web.compute.kernels import VECTOR_ADD

from . import also_on_cpu, needs_feature

DOUBLE = """
@group(0) @binding(0) var<storage, read_write> data: array<f32>;
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  if (id.x < arrayLength(&data)) { data[id.x] = 2.0 * data[id.x]; }
}
"""

COPY = """
@group(0) @binding(0) var<storage, read> source: array<TYPE>;
@group(0) @binding(1) var<storage, read_write> target_: array<TYPE>;
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  if (id.x < arrayLength(&target_)) { target_[id.x] = source[id.x]; }
}
"""

PARTICLES = """
struct Particle { position: vec3<f32>, mass: f32, turn: mat3x3<f32>, ids: array<u32, 3>, cell: vec2<i32> }
struct Change { scale: f32, count: u32, shift: vec3<f32> }
@group(0) @binding(0) var<storage, read> before: array<Particle>;
@group(0) @binding(1) var<storage, read_write> after: array<Particle>;
@group(0) @binding(2) var<uniform> change: Change;
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  let i = id.x;
  if (i >= change.count) { return; }
  after[i].position = before[i].position * change.scale + change.shift;
  after[i].mass = before[i].mass;
  after[i].turn = before[i].turn;
  after[i].ids = before[i].ids;
  after[i].cell = before[i].cell;
}
"""

PACKED = np.dtype([("position", "f4", 3), ("mass", "f4"), ("turn", "f4", (3, 3)), ("ids", "u4", 3), ("cell", "i4", 2)])


async def raised(awaitable: Any, kind: type[KernelError] = InvalidArgumentError) -> KernelError:
    """Return the error that ``awaitable`` raises."""
    try:
        await awaitable
    except kind as error:
        return error
    raise AssertionError(f"no {kind.__name__} was raised")


def raised_now(action: Any, kind: type[Exception] = InvalidArgumentError) -> Any:
    """Return the error that ``action()`` raises."""
    try:
        action()
    except kind as error:
        return error
    raise AssertionError(f"no {kind.__name__} was raised")


async def code_of(awaitable: Any, *parts: str, kind: type[KernelError] = InvalidArgumentError) -> str:
    """Return the code of the error that ``awaitable`` raises, whose message names each of ``parts``."""
    error = await raised(awaitable, kind)
    for part in parts:
        assert part in str(error), f"{part!r} is not in {error}"
    return error.code


def particles(count: int) -> np.ndarray:
    random = np.random.default_rng(5)
    made = np.zeros(count, PACKED)
    made["position"] = random.random((count, 3))
    made["mass"] = random.random(count)
    made["turn"] = random.random((count, 3, 3))
    made["ids"] = random.integers(0, 2**32, (count, 3))
    made["cell"] = random.integers(-(2**31), 2**31, (count, 2))
    return made


def moved(before: np.ndarray) -> np.ndarray:
    after = before.copy()
    after["position"] = before["position"] * np.float32(2) + np.float32([1, 2, 3])
    return after


@also_on_cpu
async def case_a_kernel_adds_host_arrays_and_leaves_them_as_they_are(gpu: Any) -> None:
    a, b = np.arange(1000, dtype=np.float32), np.ones(1000, np.float32)
    out = np.full(1000, 7, np.float32)
    result = await gpu.dispatch(VECTOR_ADD, {"a": a, "b": b, "out": out}, workgroups=(16,))
    assert list(result) == ["out"]
    assert result.gpu_time is None
    np.testing.assert_array_equal(result["out"], a + 1)
    assert (out == 7).all()


@also_on_cpu
async def case_what_workgroups_do_not_reach_comes_back_as_it_was_given(gpu: Any) -> None:
    ones = np.ones(256, np.float32)
    result = await gpu.dispatch(VECTOR_ADD, {"a": ones, "b": ones, "out": 5 * ones}, workgroups=2)
    assert result["out"].tolist() == [2.0] * 128 + [5.0] * 128


@also_on_cpu
async def case_results_have_the_shape_and_dtype_that_was_given(gpu: Any) -> None:
    data = np.arange(24, dtype=np.float32).reshape(2, 3, 4)
    result = await gpu.dispatch(DOUBLE, {"data": data}, workgroups=1)
    assert result["data"].shape == (2, 3, 4)
    np.testing.assert_array_equal(result["data"], 2 * data)


@also_on_cpu
async def case_arrays_of_any_order_and_strides_are_taken(gpu: Any) -> None:
    wide = np.arange(64, dtype=np.float32).reshape(8, 8)
    for data in (wide.T, wide[::2, 1::3], wide[::-1], np.asfortranarray(wide)):
        result = await gpu.dispatch(DOUBLE, {"data": data}, workgroups=1)
        np.testing.assert_array_equal(result["data"], 2 * data)


@also_on_cpu
async def case_read_only_and_broadcast_arrays_are_taken(gpu: Any) -> None:
    data = np.frombuffer(np.arange(300, dtype=np.float32).tobytes(), np.float32)
    bindings = {"a": data, "b": np.broadcast_to(np.float32(3), 300), "out": data}
    result = await gpu.dispatch(VECTOR_ADD, bindings, workgroups=5)
    np.testing.assert_array_equal(result["out"], data + 3)
    assert result["out"].flags.writeable


@also_on_cpu
async def case_every_scalar_type_is_copied_bit_by_bit(gpu: Any) -> None:
    random = np.random.default_rng(1)
    for name, dtype in (("f32", np.float32), ("i32", np.int32), ("u32", np.uint32)):
        source = random.integers(0, 2**31, 257).astype(dtype)
        bindings = {"source": source, "target_": np.zeros(257, dtype)}
        result = await gpu.dispatch(COPY.replace("TYPE", name), bindings, workgroups=5)
        assert result["target_"].dtype == dtype
        np.testing.assert_array_equal(result["target_"], source)


@also_on_cpu
@needs_feature("shader-f16")
async def case_f16_is_copied_and_an_odd_count_comes_back_whole(gpu: Any) -> None:
    source = np.arange(101).astype(np.float16)
    bindings = {"source": source, "target_": np.zeros(101, np.float16)}
    result = await gpu.dispatch("enable f16;" + COPY.replace("TYPE", "f16"), bindings, workgroups=2)
    np.testing.assert_array_equal(result["target_"], source)


@also_on_cpu
async def case_vectors_and_matrices_of_all_widths_are_copied(gpu: Any) -> None:
    random = np.random.default_rng(2)
    kinds = {f"vec{n}<f32>": (n,) for n in (2, 3, 4)}
    kinds |= {f"mat{c}x{r}<f32>": (c, r) for c in (2, 3, 4) for r in (2, 3, 4)}
    kinds |= {"array<vec3<f32>, 5>": (5, 3), "array<mat3x2<f32>, 3>": (3, 3, 2)}
    for name, inner in kinds.items():
        source = random.random((33, *inner)).astype(np.float32)
        bindings = {"source": source, "target_": np.zeros_like(source)}
        result = await gpu.dispatch(COPY.replace("TYPE", name), bindings, workgroups=1)
        np.testing.assert_array_equal(result["target_"], source, err_msg=name)


@also_on_cpu
async def case_a_flat_array_stands_for_vectors(gpu: Any) -> None:
    source = np.arange(30, dtype=np.float32)
    for name in ("vec2<f32>", "vec3<f32>"):
        bindings = {"source": source, "target_": np.zeros((30 // int(name[3]), int(name[3])), np.float32)}
        result = await gpu.dispatch(COPY.replace("TYPE", name), bindings, workgroups=1)
        np.testing.assert_array_equal(result["target_"].reshape(-1), source)


@also_on_cpu
async def case_complex_numbers_are_vec2(gpu: Any) -> None:
    source = (np.arange(9) + 1j * np.arange(9)[::-1]).astype(np.complex64)
    bindings = {"source": source, "target_": np.zeros(9, np.complex64)}
    result = await gpu.dispatch(COPY.replace("TYPE", "vec2<f32>"), bindings, workgroups=1)
    np.testing.assert_array_equal(result["target_"], source)


@also_on_cpu
async def case_structures_are_converted_to_where_the_shader_has_their_members(gpu: Any) -> None:
    before = particles(100)
    change = {"scale": 2, "count": 100, "shift": (1, 2, 3)}
    bindings = {"before": before, "after": np.zeros(100, PACKED), "change": change}
    result = await gpu.dispatch(PARTICLES, bindings, workgroups=2)
    assert result["after"].dtype == PACKED
    np.testing.assert_array_equal(result["after"], moved(before))


@also_on_cpu
async def case_a_structure_with_the_kernels_own_dtype_needs_no_conversion(gpu: Any) -> None:
    kernel = await gpu.compile(PARTICLES)
    dtype = kernel.bindings["before"].dtype
    assert dtype.itemsize == 96
    before = particles(50).astype(dtype)
    bindings = {"before": before, "after": np.zeros(50, dtype), "change": (2, 50, (1, 2, 3))}
    result = await gpu.dispatch(kernel, bindings, workgroups=1)
    np.testing.assert_array_equal(result["after"], moved(before))


@also_on_cpu
async def case_the_fields_of_a_dtype_may_stand_in_any_order(gpu: Any) -> None:
    before = particles(20)
    shuffled = np.zeros(20, [(name, *np.dtype(PACKED[name]).subdtype) if PACKED[name].subdtype else (name, PACKED[name])
                             for name in ("cell", "turn", "mass", "position", "ids")])  # fmt: skip
    for name in PACKED.names:
        shuffled[name] = before[name]
    bindings = {"before": shuffled, "after": np.zeros(20, PACKED), "change": (2, 20, np.float32([1, 2, 3]))}
    result = await gpu.dispatch(PARTICLES, bindings, workgroups=1)
    np.testing.assert_array_equal(result["after"], moved(before))


@also_on_cpu
async def case_nested_structures_and_arrays_are_converted(gpu: Any) -> None:
    shader = """
    struct Inner { a: f32, b: vec3<f32> }
    struct Outer { head: u32, parts: array<Inner, 2>, grid: array<array<vec2<f32>, 3>, 2>, tail: i32 }
    """ + COPY.replace("TYPE", "Outer")
    inner = np.dtype([("a", "f4"), ("b", "f4", 3)])
    outer = np.dtype([("head", "u4"), ("parts", inner, 2), ("grid", "f4", (2, 3, 2)), ("tail", "i4")])
    source = np.zeros(7, outer)
    source["head"], source["tail"] = np.arange(7), -np.arange(7)
    source["parts"]["a"] = np.arange(14).reshape(7, 2)
    source["parts"]["b"] = np.arange(42).reshape(7, 2, 3)
    source["grid"] = np.arange(84).reshape(7, 2, 3, 2)
    result = await gpu.dispatch(shader, {"source": source, "target_": np.zeros(7, outer)}, workgroups=1)
    np.testing.assert_array_equal(result["target_"], source)


@also_on_cpu
async def case_a_structure_may_end_in_an_array_without_a_count(gpu: Any) -> None:
    shader = """
    struct Table { scale: f32, values: array<vec3<f32>> }
    @group(0) @binding(0) var<storage, read_write> table: Table;
    @group(0) @binding(1) var<storage, read_write> length: u32;
    @compute @workgroup_size(64)
    fn main(@builtin(global_invocation_id) id: vec3<u32>) {
      if (id.x < arrayLength(&table.values)) { table.values[id.x] *= table.scale; }
      length = arrayLength(&table.values);
    }
    """
    values = np.arange(33, dtype=np.float32).reshape(11, 3)
    table = np.zeros((), [("scale", "f4"), ("values", "f4", (11, 3))])
    table["scale"], table["values"] = 3, values
    result = await gpu.dispatch(shader, {"table": table, "length": 0}, workgroups=1)
    np.testing.assert_array_equal(result["table"]["values"], 3 * values)
    assert result["length"] == 11
    result = await gpu.dispatch(shader, {"table": {"scale": 2, "values": values}, "length": 0}, workgroups=1)
    np.testing.assert_array_equal(result["table"]["values"], 2 * values)


@also_on_cpu
async def case_uniforms_are_numbers_tuples_and_dicts(gpu: Any) -> None:
    shader = """
    struct Mix { a: f32, b: i32, c: vec3<f32>, d: u32, m: mat2x2<f32>, list: array<vec4<f32>, 2> }
    @group(0) @binding(0) var<uniform> number: f32;
    @group(0) @binding(1) var<uniform> vector: vec3<u32>;
    @group(0) @binding(2) var<uniform> mixed: Mix;
    @group(0) @binding(3) var<storage, read_write> out: array<f32>;
    @compute @workgroup_size(1)
    fn main() {
      out[0] = number;
      out[1] = f32(vector.x + 10u * vector.y + 100u * vector.z);
      out[2] = mixed.a; out[3] = f32(mixed.b); out[4] = mixed.c.z; out[5] = f32(mixed.d);
      out[6] = mixed.m[1][0]; out[7] = mixed.list[1].w;
    }
    """
    mixed = {"a": 1.5, "b": -2, "c": (3, 4, 5), "d": 6, "m": ((7, 8), (9, 10)), "list": np.arange(8).reshape(2, 4)}
    bindings = {"number": 0.5, "vector": (1, 2, 3), "mixed": mixed, "out": np.zeros(8, np.float32)}
    expected = [0.5, 321, 1.5, -2, 5, 6, 9, 7]
    assert (await gpu.dispatch(shader, bindings, workgroups=1))["out"].tolist() == expected
    bindings |= {"number": np.float32(0.5), "vector": np.uint32([1, 2, 3]), "mixed": tuple(mixed.values())}
    assert (await gpu.dispatch(shader, bindings, workgroups=1))["out"].tolist() == expected


@also_on_cpu
async def case_atomics_are_integers(gpu: Any) -> None:
    shader = """
    @group(0) @binding(0) var<storage, read_write> counts: array<atomic<u32>, 4>;
    @group(0) @binding(1) var<storage, read_write> least: atomic<i32>;
    @compute @workgroup_size(64)
    fn main(@builtin(global_invocation_id) id: vec3<u32>) {
      atomicAdd(&counts[id.x % 4u], 1u);
      atomicMin(&least, -i32(id.x));
    }
    """
    bindings = {"counts": np.zeros(4, np.uint32), "least": 5}
    result = await gpu.dispatch(shader, bindings, workgroups=4)
    assert result["counts"].tolist() == [64] * 4
    assert result["least"] == -255
    assert result["least"].dtype == np.int32


@also_on_cpu
async def case_groups_and_bindings_may_have_gaps(gpu: Any) -> None:
    shader = """
    @group(2) @binding(7) var<storage, read_write> out: array<u32>;
    @group(0) @binding(3) var<uniform> offset: u32;
    @compute @workgroup_size(1)
    fn main(@builtin(global_invocation_id) id: vec3<u32>) { out[id.x] = offset + id.x; }
    """
    result = await gpu.dispatch(shader, {"out": np.zeros(5, np.uint32), "offset": 10}, workgroups=5)
    assert result["out"].tolist() == [10, 11, 12, 13, 14]


@also_on_cpu
async def case_an_entry_point_has_its_own_variables(gpu: Any) -> None:
    shader = """
    @group(0) @binding(0) var<storage, read_write> x: array<u32>;
    @group(0) @binding(1) var<storage, read_write> y: array<u32>;
    @compute @workgroup_size(1) fn one() { x[0] = 1u; }
    @compute @workgroup_size(1) fn two() { y[0] = 2u; }
    """
    both = {"x": np.zeros(1, np.uint32), "y": np.zeros(1, np.uint32)}
    assert {name: list(a) for name, a in (await gpu.dispatch(shader, both, workgroups=1, entry="one")).items()} == {
        "x": [1]
    }
    result = await gpu.dispatch(shader, {"y": both["y"]}, workgroups=1, entry="two")
    assert result["y"].tolist() == [2]
    assert await code_of(gpu.dispatch(shader, both, workgroups=1), "one, two") == "WEBGPU_ENTRY_UNKNOWN"
    wrong = gpu.dispatch(shader, both, workgroups=1, entry="three")
    assert await code_of(wrong, "'three'", "one, two") == "WEBGPU_ENTRY_UNKNOWN"


@also_on_cpu
async def case_constants_are_given_by_name_or_id(gpu: Any) -> None:
    shader = """
    override size: u32 = 4;
    @id(7) override factor: f32;
    @group(0) @binding(0) var<storage, read_write> out: array<f32>;
    @compute @workgroup_size(size)
    fn main(@builtin(local_invocation_id) id: vec3<u32>) { out[id.x] = factor * f32(size); }
    """
    out = {"out": np.zeros(8, np.float32)}
    result = await gpu.dispatch(shader, out, workgroups=1, constants={"factor": 0.5})
    assert result["out"].tolist() == [2.0] * 4 + [0.0] * 4
    result = await gpu.dispatch(shader, out, workgroups=1, constants={7: 2, "size": 8})
    assert result["out"].tolist() == [16.0] * 8
    assert (await gpu.compile(shader, constants={"factor": 1, "size": 2})).workgroup_size == (2, 1, 1)
    missing = gpu.dispatch(shader, out, workgroups=1, constants={"size": 2})
    assert await code_of(missing, "'factor'") == "WEBGPU_CONSTANT_MISSING"
    unknown = gpu.dispatch(shader, out, workgroups=1, constants={"factor": 1, "other": 2})
    assert await code_of(unknown, "'other'", "size", "factor") == "WEBGPU_CONSTANT_UNKNOWN"


@also_on_cpu
async def case_a_constant_of_negative_zero_is_no_zero(gpu: Any) -> None:
    shader = """
    override value: f32;
    @group(0) @binding(0) var<storage, read_write> out: array<u32>;
    @compute @workgroup_size(1) fn main() { out[0] = bitcast<u32>(value); }
    """
    for value, bits in ((0.0, 0), (-0.0, 1 << 31), (0, 0), (-0.0, 1 << 31)):
        out = {"out": np.zeros(1, np.uint32)}
        result = await gpu.dispatch(shader, out, workgroups=1, constants={"value": value})
        assert result["out"] == bits


@also_on_cpu
async def case_more_groups_than_a_dimension_has_are_spread_by_themselves(gpu: Any) -> None:
    groups, size = 65_535 + 1_000, 8
    shader = f"""
    @group(0) @binding(0) var<storage, read_write> out: array<u32>;
    @compute @workgroup_size({size})
    fn main(
      @builtin(global_invocation_id) id: vec3<u32>,
      @builtin(workgroup_id) group: vec3<u32>,
      @builtin(num_workgroups) all: vec3<u32>,
      @builtin(local_invocation_index) local: u32,
    ) {{
      if (id.x < arrayLength(&out)) {{ out[id.x] = group.x * {size}u + local + all.x * all.y * all.z + id.y + id.z; }}
    }}
    """
    kernel = await gpu.compile(shader)
    for wanted in (groups, groups + 1):
        count = wanted * size
        result = await gpu.dispatch(kernel, {"out": gpu.empty(count, "u32")}, workgroups=(wanted,))
        np.testing.assert_array_equal(result["out"], np.arange(count, dtype=np.uint32) + wanted)


@also_on_cpu
async def case_no_workgroups_change_nothing(gpu: Any) -> None:
    ones = np.ones(4, np.float32)
    result = await gpu.dispatch(VECTOR_ADD, {"a": ones, "b": ones, "out": 5 * ones}, workgroups=0)
    assert result["out"].tolist() == [5.0] * 4
    none = np.zeros(0, np.float32)
    result = await gpu.dispatch(VECTOR_ADD, {"a": none, "b": none, "out": none}, workgroups=(0, 1, 1))
    assert result["out"].shape == (0,)
    kept = await gpu.dispatch(VECTOR_ADD, {"a": none, "b": none, "out": none}, workgroups=0, keep=True)
    assert (await kept["out"].read()).shape == (0,)


@also_on_cpu
async def case_an_empty_array_cannot_be_bound(gpu: Any) -> None:
    none = np.zeros(0, np.float32)
    refused = gpu.dispatch(DOUBLE, {"data": none}, workgroups=1)
    assert await code_of(refused, "'data'", "array<f32>", "4 bytes", "0 were given") == "WEBGPU_BINDING_SIZE"


@also_on_cpu
async def case_bindings_are_checked_by_name(gpu: Any) -> None:
    ones = np.ones(4, np.float32)
    refused = gpu.dispatch(VECTOR_ADD, {"a": ones, "b": ones}, workgroups=1)
    assert await code_of(refused, "'out'", "array<f32>", "binding 2") == "WEBGPU_BINDING_MISSING"
    refused = gpu.dispatch(VECTOR_ADD, {"a": ones, "b": ones, "out": ones, "c": ones}, workgroups=1)
    assert await code_of(refused, "'c'", "a, b, out") == "WEBGPU_BINDING_UNKNOWN"


@also_on_cpu
async def case_bindings_are_checked_by_dtype(gpu: Any) -> None:
    ones = np.ones(4, np.float32)
    for wrong in (np.ones(4), np.ones(4, np.int32), np.ones(4, np.float16), np.ones(4, bool), ones.astype(">f4")):
        refused = gpu.dispatch(VECTOR_ADD, {"a": wrong, "b": ones, "out": ones}, workgroups=1)
        assert await code_of(refused, "'a'", "array<f32>", "float32", str(wrong.dtype)) == "WEBGPU_BINDING_DTYPE"


@also_on_cpu
async def case_bindings_are_checked_by_shape_and_size(gpu: Any) -> None:
    source = np.zeros((4, 3), np.float32)
    for kind, wrong, code, parts in (
        ("vec4<f32>", source, "WEBGPU_BINDING_SHAPE", ("'source'", "(4,)", "(4, 3)")),
        ("array<f32, 6>", np.zeros((2, 5), np.float32), "WEBGPU_BINDING_SHAPE", ("(6,)", "(2, 5)")),
        ("mat2x2<f32>", np.zeros(6, np.float32), "WEBGPU_BINDING_SHAPE", ("(2, 2)", "(6,)")),
    ):
        shader = COPY.replace("TYPE", kind)
        refused = gpu.dispatch(shader, {"source": wrong, "target_": wrong}, workgroups=1)
        assert await code_of(refused, *parts) == code
    shader = DOUBLE.replace("array<f32>", "array<f32, 6>").replace("arrayLength(&data)", "6u")
    refused = gpu.dispatch(shader, {"data": np.zeros(5, np.float32)}, workgroups=1)
    assert await code_of(refused, "'data'", "6", "(5,)") == "WEBGPU_BINDING_SIZE"
    refused = gpu.dispatch(shader, {"data": gpu.empty(5)}, workgroups=1)
    assert await code_of(refused, "'data'", "6", "5") == "WEBGPU_BINDING_SIZE"


@also_on_cpu
async def case_structures_are_checked_member_by_member(gpu: Any) -> None:
    before = particles(3)
    good = {"before": before, "after": before, "change": (1, 3, (0, 0, 0))}

    async def refusal(**changed: Any) -> KernelError:
        return await raised(gpu.dispatch(PARTICLES, good | changed, workgroups=1))

    error = await refusal(before=np.zeros(3, np.float32))
    assert error.code == "WEBGPU_BINDING_DTYPE"
    assert "position, mass, turn, ids, cell" in str(error)
    error = await refusal(before=before[["position", "mass", "turn", "ids"]])
    assert error.code == "WEBGPU_BINDING_DTYPE"
    assert "without cell" in str(error)
    wrong = np.zeros(3, [(name, "f8" if name == "mass" else PACKED[name]) for name in PACKED.names])
    error = await refusal(before=wrong)
    assert error.code == "WEBGPU_BINDING_DTYPE"
    assert "'mass'" in str(error)
    for value, code, part in (
        ((1, 3), "WEBGPU_BINDING_SHAPE", "3 members"),
        ({"scale": 1, "count": 3}, "WEBGPU_BINDING_DTYPE", "without shift"),
        ((1, 3.5, (0, 0, 0)), "WEBGPU_BINDING_DTYPE", "'count'"),
        ((1, -1, (0, 0, 0)), "WEBGPU_BINDING_DTYPE", "'count'"),
        ((1, 3, (0, 0)), "WEBGPU_BINDING_SIZE", "'shift'"),
        (5, "WEBGPU_BINDING_SHAPE", "several"),
        ("text", "WEBGPU_BINDING_SHAPE", "several"),
    ):
        error = await refusal(change=value)
        assert (error.code, part in str(error)) == (code, True), (value, error)


@also_on_cpu
async def case_a_uniform_number_is_checked(gpu: Any) -> None:
    shader = """
    @group(0) @binding(0) var<uniform> n: u32;
    @group(0) @binding(1) var<storage, read_write> out: array<u32>;
    @compute @workgroup_size(1) fn main() { out[0] = n; }
    """
    out = np.zeros(1, np.uint32)
    for wrong in (1.5, -1, 2**32, "1", None, np.float32(1)):
        refused = gpu.dispatch(shader, {"n": wrong, "out": out}, workgroups=1)
        assert await code_of(refused, "'n' is u32") == "WEBGPU_BINDING_DTYPE", wrong
    for right in (2**32 - 1, np.uint32(7), np.int64(7), True, np.uint32([7])):
        result = await gpu.dispatch(shader, {"n": right, "out": out}, workgroups=1)
        assert result["out"][0] == int(np.ravel(right)[0])


@also_on_cpu
async def case_one_array_is_not_bound_twice_where_it_is_written(gpu: Any) -> None:
    d = await gpu.to_device(np.ones(4, np.float32))
    refused = gpu.dispatch(VECTOR_ADD, {"a": d, "b": np.ones(4, np.float32), "out": d}, workgroups=1)
    assert await code_of(refused, "'out'", "'a'") == "WEBGPU_BINDING_ALIASED"
    result = await gpu.dispatch(VECTOR_ADD, {"a": d, "b": d, "out": np.zeros(4, np.float32)}, workgroups=1)
    assert result["out"].tolist() == [2.0] * 4


@also_on_cpu
async def case_workgroups_are_checked(gpu: Any) -> None:
    ones = np.ones(4, np.float32)
    bindings = {"a": ones, "b": ones, "out": ones}
    for wrong in (-1, (1, -1), (), (1, 1, 1, 1), 1.5, "1", None, [1, "x"]):
        refused = gpu.dispatch(VECTOR_ADD, bindings, workgroups=wrong)
        assert await code_of(refused, "workgroups") == "WEBGPU_WORKGROUPS_INVALID", wrong
    for right in (1, (1,), [1], (np.int64(1), 1), np.uint8(1)):
        assert (await gpu.dispatch(VECTOR_ADD, bindings, workgroups=right))["out"].tolist() == [2.0] * 4


async def case_more_than_the_devices_limits_is_refused_by_their_names(gpu: Any) -> None:
    limits = gpu.info.limits
    most = limits["maxComputeInvocationsPerWorkgroup"]
    shader = DOUBLE.replace("@workgroup_size(64)", f"@workgroup_size({most}, 2)")
    refused = gpu.dispatch(shader, {"data": np.zeros(4, np.float32)}, workgroups=1)
    name = "maxComputeInvocationsPerWorkgroup"
    assert await code_of(refused, name, str(most), str(2 * most)) == "WEBGPU_LIMIT_EXCEEDED"
    most = limits["maxComputeWorkgroupStorageSize"]
    words = most // 4 + 1
    shader = DOUBLE.replace("@compute", f"var<workgroup> much: array<u32, {words}>;\n@compute")
    shader = shader.replace("{ data[id.x]", "{ much[0] = 1u; data[id.x]")
    refused = gpu.dispatch(shader, {"data": np.zeros(4, np.float32)}, workgroups=1)
    assert await code_of(refused, "maxComputeWorkgroupStorageSize", str(most)) == "WEBGPU_LIMIT_EXCEEDED"
    most = min(limits["maxStorageBufferBindingSize"], limits["maxBufferSize"])
    refused = gpu.dispatch(DOUBLE, {"data": gpu.empty(most // 4 + 1)}, workgroups=1)
    assert await code_of(refused, "'data'", str(most)) == "WEBGPU_LIMIT_EXCEEDED"


@also_on_cpu
async def case_a_shader_that_is_wrong_is_told_with_its_lines(gpu: Any) -> None:
    error = await raised(gpu.dispatch("fn main( {\n}", {}, workgroups=1), WgslError)
    assert isinstance(error, WgslError)
    assert error.diagnostics[0].line == 1
    assert "fn main( {" in str(error)


async def case_a_missing_feature_is_named(gpu: Any) -> None:
    if "shader-f16" in gpu.info.features:
        return
    shader = "enable f16;\n" + DOUBLE.replace("f32", "f16").replace("2.0", "2.0h")
    refused = gpu.dispatch(shader, {"data": np.zeros(4, np.float16)}, workgroups=1)
    assert await code_of(refused, "f16", "shader-f16", kind=KernelError) == "WEBGPU_FEATURE_MISSING"


@also_on_cpu
async def case_textures_are_refused(gpu: Any) -> None:
    shader = """
    @group(0) @binding(0) var picture: texture_2d<f32>;
    @group(0) @binding(1) var<storage, read_write> out: array<f32>;
    @compute @workgroup_size(1) fn main() { out[0] = textureLoad(picture, vec2<i32>(0, 0), 0).x; }
    """
    refused = gpu.dispatch(shader, {"picture": 1, "out": np.zeros(1, np.float32)}, workgroups=1)
    assert await code_of(refused, "'picture'", kind=KernelError) == "WEBGPU_BINDING_NOT_SUPPORTED"


@also_on_cpu
async def case_a_compiled_kernel_takes_the_place_of_its_text(gpu: Any) -> None:
    kernel = await gpu.compile(VECTOR_ADD)
    assert kernel.entry == "main"
    assert kernel.workgroup_size == (64, 1, 1)
    assert list(kernel.bindings) == ["a", "b", "out"]
    assert [binding.written for binding in kernel.bindings.values()] == [False, False, True]
    assert await gpu.compile(VECTOR_ADD) is kernel
    ones = np.ones(4, np.float32)
    result = await gpu.dispatch(kernel, {"a": ones, "b": ones, "out": ones}, workgroups=1)
    assert result["out"].tolist() == [2.0] * 4
    refused = gpu.dispatch(kernel, {}, workgroups=1, constants={"a": 1})
    assert await code_of(refused) == "WEBGPU_ENTRY_UNKNOWN"


async def case_time_is_told_where_the_device_can(gpu: Any) -> None:
    ones = np.ones(1 << 16, np.float32)
    result = await gpu.dispatch(VECTOR_ADD, {"a": ones, "b": ones, "out": ones}, workgroups=1 << 10, timed=True)
    if "timestamp-query" in gpu.info.features:
        assert 0 <= result.gpu_time < 60
    else:
        assert result.gpu_time is None


@also_on_cpu
async def case_many_tasks_dispatch_at_once(gpu: Any) -> None:
    async def one(factor: int) -> None:
        data = np.full(100 + factor, factor, np.float32)
        for _ in range(3):
            data = (await gpu.dispatch(DOUBLE, {"data": data}, workgroups=3))["data"]
        assert (data == 8 * factor).all()

    await asyncio.gather(*map(one, range(20)))
    assert gpu.counts().get("buffers", 0) <= 200


async def case_nothing_stays_behind(gpu: Any) -> None:
    ones = np.ones(1000, np.float32)
    bindings = {"a": ones, "b": ones, "out": ones}
    await gpu.dispatch(VECTOR_ADD, bindings, workgroups=16)
    before = gpu.counts()
    for _ in range(20):
        await gpu.dispatch(VECTOR_ADD, bindings, workgroups=16)
    after = gpu.counts()
    for name in ("buffers", "bytes", "pipelines", "pooledBuffers", "pooledBytes"):
        assert after[name] <= before[name], (name, before, after)
