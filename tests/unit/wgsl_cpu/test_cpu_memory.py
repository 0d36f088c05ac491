"""Loads and stores of all lanes at once, held against an oracle that goes lane by lane."""

from __future__ import annotations

import copy
import itertools
from typing import Any

import numpy as np
import pytest
from cpu_memory_oracle import byte_of, each, lanes_of, leaves, masks, parts_of, paths, run, types, zero
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aikernel_web.compute.wgsl.executor import places
from aikernel_web.compute.wgsl.executor.addresses import Part, Spot
from aikernel_web.compute.wgsl.executor.affine import affine
from aikernel_web.compute.wgsl.executor.buffers import Buffer
from aikernel_web.compute.wgsl.executor.emitter import Emitter
from aikernel_web.compute.wgsl.executor.kernel import compile_kernel
from aikernel_web.compute.wgsl.executor.places import BufferMemory, Target
from aikernel_web.compute.wgsl.executor.shared import shared_memory, shared_read, shared_write
from aikernel_web.compute.wgsl.executor.slots import DTYPES, shaped
from aikernel_web.compute.wgsl.layout import size_of
from aikernel_web.compute.wgsl.typed.program import program
from aikernel_web.compute.wgsl.types import Array, Scalar, Struct, Type
from aikernel_web.contracts.errors import KernelError

SHAPES = [(1, 6), (3, 1), (3, 4), (2, 3)]


@st.composite
def targets(draw: st.DrawFn, kind: Type, shape: tuple[int, int]) -> tuple[list[Any], Type]:
    """Steps into a type: numbers, or leaves; and the type they lead to."""
    steps: list[Any] = []
    while not isinstance(kind, Scalar) and draw(st.integers(0, 4)):
        parts = parts_of(kind)
        if isinstance(kind, Struct) or draw(st.booleans()):
            at = draw(st.integers(0, len(parts) - 1))
            steps.append(at)
            kind = parts[at]
        else:
            dtype = draw(st.sampled_from([np.int32, np.uint32]))
            steps.append(draw(leaves(shape, dtype, most=len(parts))))
            kind = parts[0]
    return steps, kind


@st.composite
def values(draw: st.DrawFn, kind: Type, shape: tuple[int, int]) -> list[Any]:
    """The leaves of a value; of scalars within arrays (n, ..., r, c)."""
    wanted: list[tuple[str, tuple[int, ...]]] = []
    shaped(kind, lambda name, counts: wanted.append((name, counts)) or "")  # type: ignore[func-returns-value]
    found = []
    for name, counts in wanted:
        if not counts:
            found.append(draw(leaves(shape, DTYPES[name])))
            continue
        size = draw(st.sampled_from([(1, 1), (shape[0], 1), (1, shape[1]), shape]))
        start = draw(st.integers(0, 1000))
        made = (np.arange(np.prod(counts) * np.prod(size)).reshape(*counts, *size) * 7 + start).astype(DTYPES[name])
        found.append(made)
    return found


def steps_of_lane(kind: Type, steps: list[Any], shape: tuple[int, int], lane: tuple[int, int]) -> tuple[int, ...]:
    """The steps of one lane, clamped."""
    found = []
    for step in steps:
        at = step
        if not isinstance(step, int):
            at = min(int(each(step, shape)[lane]) % (1 << 32), len(parts_of(kind)) - 1)
        found.append(at)
        kind = parts_of(kind)[at]
    return tuple(found)


def value_of_lane(kind: Type, found: list[Any], shape: tuple[int, int], lane: tuple[int, int]) -> Any:
    """The value of one lane from the leaves of all."""
    waiting = [each(leaf, shape) for leaf in found]

    def visit(part: Type, counts: list[Array]) -> Any:
        if isinstance(part, Array):
            return ("array", part, visit(part.element, [*counts, part]))
        if isinstance(part, Scalar):
            return waiting.pop(0)[(..., *lane)]
        return [visit(inner, counts) for inner in parts_of(part)]

    return _unfold(visit(kind, []), ())


def _unfold(tree: Any, at: tuple[int, ...]) -> Any:
    if isinstance(tree, tuple):
        return [_unfold(tree[2], (*at, number)) for number in range(int(tree[1].count))]
    if isinstance(tree, list):
        return [_unfold(part, at) for part in tree]
    return tree[at] if at else tree[()]


def put_in(memory: list[Any], path: tuple[int, ...], value: Any) -> list[Any]:
    """Store a value in a tree."""
    if not path:
        return copy.deepcopy(value)
    made = list(memory)
    made[path[0]] = put_in(memory[path[0]], path[1:], value)
    return made


def get_from(memory: Any, path: tuple[int, ...]) -> Any:
    for step in path:
        memory = memory[step]
    return memory


def same(left: Any, right: Any) -> bool:
    if isinstance(left, list):
        return len(left) == len(right) and all(map(same, left, right))
    return bool(left == right) and np.asarray(left).dtype == np.asarray(right).dtype


class Story:
    """What a test does: stores and loads, one after another, and the names of their leaves."""

    def __init__(self, kind: Type, shape: tuple[int, int]) -> None:
        self.kind, self.shape = kind, shape
        self.deeds: list[tuple[str, list[Any], Type, Any, list[Any]]] = []
        self.names: dict[str, Any] = {"lanes": lanes_of(shape)}

    def name(self, leaf: Any) -> str:
        name = f"x{len(self.names)}"
        self.names[name] = leaf
        return name

    def write(self, emitter: Emitter, root: Any) -> Any:
        loaded = []
        for what, steps, kind, mask, leaves_ in self.deeds:
            named = tuple(step if isinstance(step, int) else self.name(step) for step in steps)
            target = Target(root, named, kind)
            if what == "load":
                loaded.append(places.load(emitter, target))
                continue
            value = [self.name(leaf) for leaf in leaves_]
            emitter.mask = "True" if mask is True else self.name(mask)
            if mask is not True:
                # Under a mask, as an `if` has it.
                places.store(emitter, target, shaped(kind, lambda *_, given=value: given.pop(0)))
                emitter.mask = "True"
                continue
            places.store(emitter, target, shaped(kind, lambda *_, given=value: given.pop(0)))
        return tuple(loaded)


@st.composite
def stories(draw: st.DrawFn, *, bools: bool) -> Story:
    shape = draw(st.sampled_from(SHAPES))
    story = Story(draw(types(bools=bools)), shape)
    for _ in range(draw(st.integers(1, 3))):
        steps, kind = draw(targets(story.kind, shape))
        story.deeds.append(("store", steps, kind, draw(masks(shape)), draw(values(kind, shape))))
        steps, kind = draw(targets(story.kind, shape))
        story.deeds.append(("load", steps, kind, True, []))
    return story


def tell(story: Story, owner: Any, memory: dict[Any, Any]) -> list[Any]:
    """Do the deeds lane by lane; ``owner`` says whose memory a lane uses. Return what lanes load."""
    lanes = list(itertools.product(range(story.shape[0]), range(story.shape[1])))
    loaded = []
    for what, steps, kind, mask, found in story.deeds:
        if what == "load":
            loaded.append(
                {
                    lane: copy.deepcopy(
                        get_from(memory[owner(lane)], steps_of_lane(story.kind, steps, story.shape, lane))
                    )
                    for lane in lanes
                }
            )
            continue
        active = np.broadcast_to(np.asarray(mask), story.shape)
        for lane in lanes:
            if active[lane]:
                path = steps_of_lane(story.kind, steps, story.shape, lane)
                value = value_of_lane(kind, found, story.shape, lane)
                memory[owner(lane)] = put_in(memory[owner(lane)], path, value)
    return loaded


def check(story: Story, found: Any, wanted: list[Any]) -> None:
    loads = [kind for what, _, kind, _, _ in story.deeds if what == "load"]
    for kind, result, lanes in zip(loads, found, wanted, strict=True):
        for lane, value in lanes.items():
            assert same(value_of_lane(kind, _leaves(result), story.shape, lane), value), (lane, kind)


def _leaves(tree: Any) -> list[Any]:
    return [leaf for part in tree for leaf in _leaves(part)] if isinstance(tree, tuple) else [tree]


SLOW = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


@SLOW
@given(stories(bools=True))
def test_a_variable_of_a_function_is_each_lanes_own(story: Story) -> None:
    def write(emitter: Emitter) -> Any:
        return story.write(emitter, places.declare(emitter, story.kind, None))

    found = run(write, story.names)
    memory = {lane: zero(story.kind) for lane in np.ndindex(story.shape)}
    check(story, found, tell(story, lambda lane: lane, memory))


@SLOW
@given(stories(bools=True))
def test_workgroup_memory_is_each_rows_own(story: Story) -> None:
    def write(emitter: Emitter) -> Any:
        return story.write(emitter, places.declare_workgroup(emitter, story.kind))

    found = run(write, story.names)
    memory = {row: zero(story.kind) for row in range(story.shape[0])}
    check(story, found, tell(story, lambda lane: lane[0], memory))


@SLOW
@given(stories(bools=False))
def test_a_buffer_is_everyones_and_is_laid_out_as_wgsl_says(story: Story) -> None:
    data = np.zeros(size_of(story.kind), np.uint8)
    story.names["b1"] = Buffer(data, written=True, needed=size_of(story.kind))
    found = run(lambda emitter: story.write(emitter, BufferMemory(story.kind, "b1")), story.names)
    memory = {0: zero(story.kind)}
    check(story, found, tell(story, lambda _: 0, memory))
    for path, scalar in paths(story.kind):
        at = byte_of(story.kind, path)
        stored = data[at : at + size_of(scalar)].view(DTYPES[scalar.name])[0]
        assert stored == get_from(memory[0], path)


OUTSIDE = """
struct S { a: u32, b: array<u32, 4>, m: mat3x3<f32>, v: vec4<u32>, }
@group(0) @binding(0) var<storage, read_write> buf: array<u32>;
@group(0) @binding(1) var<storage, read_write> out: array<u32>;
@group(0) @binding(2) var<storage, read_write> s: S;
@group(0) @binding(3) var<uniform> idx: array<vec4<i32>, 4>;
var<workgroup> w: array<u32, 4>;
var<private> p: array<u32, 4>;
@compute @workgroup_size(1) fn main() {
  let n = arrayLength(&buf);
  out[0] = n;
  let i = idx[0].x; let j = idx[0].y; let q = idx[0].w; // 100, -1, 7
  for (var t = 0u; t < n; t++) { buf[t] = t + 10u; }
  out[1] = buf[i]; out[2] = buf[j];
  buf[i] = 77u; out[3] = buf[n - 1u];
  buf[j] = 78u; out[4] = buf[n - 1u];
  for (var t = 0u; t < 4u; t++) { s.b[t] = t + 20u; w[t] = t + 30u; p[t] = t + 40u; }
  s.v = vec4u(50, 51, 52, 53); s.a = 1u;
  out[5] = s.b[i]; out[6] = s.b[j];
  s.b[q] = 99u; out[7] = s.b[3];
  out[8] = w[q]; out[9] = w[j];
  w[q] = 98u; out[10] = w[3];
  out[11] = p[q]; out[12] = p[j];
  p[j] = 97u; out[13] = p[3];
  var v = vec3u(1, 2, 3);
  out[14] = v[q]; out[15] = v[j];
  v[q] = 9u; out[16] = v.z;
  out[17] = s.v[q];
  s.v[j] = 60u; out[18] = s.v.w;
  var m = mat2x2f(1, 2, 3, 4);
  out[19] = u32(m[q].x); out[20] = u32(m[1][j]);
  var f = array<u32, 4>(1, 2, 3, 4);
  out[21] = f[q]; out[22] = array<u32, 3>(5, 6, 7)[q]; out[23] = vec3u(7, 8, 9)[j];
  out[24] = u32(idx[q].x);
  s.m[q] = vec3f(1, 2, 3); out[25] = u32(s.m[2].y); out[26] = s.a;
  let pp = &buf[j]; *pp = 4u; out[27] = buf[n - 1u];
  s.m[1][q] = 8; out[28] = u32(s.m[1].z);
}
"""


@pytest.mark.parametrize("count", [16, 8, 5])
def test_indices_outside_go_to_the_last_element_as_in_chromium(count: int) -> None:
    # Recorded from Chromium 156 on SwiftShader.
    wanted = [count, count + 9, count + 9, 77, 78, 23, 23, 99, 33, 33, 98, 43, 43, 97]
    wanted += [3, 3, 9, 53, 60, 3, 4, 4, 7, 9, 321, 2, 1, 4, 8]
    out = np.zeros(64, np.uint32)
    places = np.array([100, -1, 2, 7, *[0] * 8, 321, 0, 0, 0], np.int32)
    buffers = {"buf": bytearray(count * 4), "out": out.view(np.uint8), "s": bytearray(96), "idx": places.view(np.uint8)}
    list(compile_kernel(program(OUTSIDE), "main").run(buffers, (1, 1, 1)))
    assert out[: len(wanted)].tolist() == wanted


def test_a_load_keeps_its_value_when_the_memory_changes() -> None:
    text = """
    @group(0) @binding(0) var<storage, read_write> a: array<u32>;
    var<workgroup> w: array<u32, 4>;
    @compute @workgroup_size(4) fn main(@builtin(local_invocation_index) l: u32) {
      var p = array<u32, 4>(1, 2, 3, 4);
      w[l] = 5u;
      let q = p; let x = a[l]; let y = w[l]; let z = p[l & 1];
      a[l] = 9u; w[l] = 9u; p[l & 1] = 9u; p[l] = 9u;
      a[l] = x * 1000u + y * 100u + z * 10u + q[l];
    }"""
    data = np.array([6, 7, 8, 9], np.uint32)
    list(compile_kernel(program(text), "main").run({"a": data.view(np.uint8)}, (1, 1, 1)))
    assert data.tolist() == [6511, 7522, 8513, 9524]


@pytest.mark.parametrize(("size", "length"), [(16, 1), (17, 1), (23, 1), (24, 2), (31, 2), (100, 11)])
def test_the_buffer_says_how_long_an_array_is(size: int, length: int) -> None:
    text = """
    struct S { n: u32, v: array<vec2u> }
    @group(0) @binding(0) var<storage, read_write> s: S;
    @compute @workgroup_size(1) fn main() { s.n = arrayLength(&s.v); s.v[77] = vec2u(3, 4); }"""
    data = np.zeros(size, np.uint8)
    list(compile_kernel(program(text), "main").run({"s": data}, (1, 1, 1)))
    assert data[:4].view(np.uint32)[0] == length
    assert data[8 * length : 8 * length + 8].view(np.uint32).tolist() == [3, 4]


def test_a_buffer_that_is_too_small_is_refused() -> None:
    text = (
        "@group(0) @binding(0) var<storage, read_write> a: array<vec4f>;\n"
        "@compute @workgroup_size(1) fn main() { a[0] = vec4f(); }"
    )
    with pytest.raises(KernelError) as raised:
        list(compile_kernel(program(text), "main").run({"a": bytearray(12)}, (1, 1, 1)))
    assert raised.value.code == "WEBGPU_BINDING_SIZE"


@pytest.mark.parametrize("shape", [(300, 256), (40, 1000), (3000, 8), (1, 20000), (20000, 1), (5, 9000)])
@pytest.mark.parametrize("turned", [False, True])
def test_chunks_of_any_size_are_stored_as_small_ones_are(shape: tuple[int, int], turned: bool) -> None:
    memory = shared_memory(shape[0], "u32", shape[1])
    value = np.arange(shape[0] * shape[1], dtype=np.uint32).reshape(shape)
    stored = np.asfortranarray(value) if turned else value
    spot = Spot("u32", 0, ((1, shape[1]),), (Part(0, None),))
    columns = np.arange(shape[1], dtype=np.uint32)[None, ::-1]
    shared_write(memory, spot, True, (affine(0, 0, 1, shape=shape, kind=np.uint32),), (stored,))
    assert np.array_equal(memory, value.T)
    (loaded,) = shared_read(memory, spot, (columns,))
    assert np.array_equal(loaded, value[:, ::-1])
    shared_write(memory, spot, True, (columns,), (stored,))
    assert np.array_equal(memory, value.T[::-1])
