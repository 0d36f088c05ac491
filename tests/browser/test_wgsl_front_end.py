"""The WGSL front end held against the browser's own compiler, and against what its pipelines ask for."""

# ruff: noqa: E501 - shaders and scripts
from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import pytest
from wgsl_bodies import BODIES
from wgsl_corpus import INVALID, VALID
from wgsl_statement_corpus import INVALID_BODIES, VALID_BODIES
from wgsl_uniformity_corpus import NOT_UNIFORM, UNIFORM

from aikernel_web.compute.wgsl.fold import fold_workgroups
from aikernel_web.compute.wgsl.reflection import Binding, EntryPoint, reflect
from aikernel_web.compute.wgsl.typed.program import program
from aikernel_web.contracts.shader_errors import WgslError

if TYPE_CHECKING:
    from playwright.sync_api import Page

PRELUDE = """
  const adapter = await navigator.gpu.requestAdapter();
  const device = await adapter.requestDevice({ requiredFeatures: [...adapter.features] });
  const guarded = async (work) => {
    device.pushErrorScope("validation");
    const result = await work();
    const error = await device.popErrorScope();
    return [result, error ? error.message : null];
  };
"""
COMPILE = f"""async (texts) => {{ {PRELUDE}
  const found = [];
  for (const code of texts) {{
    const [info] = await guarded(() => device.createShaderModule({{ code }}).getCompilationInfo());
    found.push(info.messages.filter((item) => item.type === "error").map((item) => [item.lineNum, item.message]));
  }}
  const features = [...adapter.features];
  device.destroy();
  return [found, features];
}}"""
# For each case [code, entry, constants, [[group, [[binding, type, size], ...]], ...], groups]: what is wrong, or null.
RUN = f"""async (cases) => {{ {PRELUDE}
  const found = [];
  for (const [code, entryPoint, constants, groups, counts, layout, read] of cases) {{
    let output = null;
    const [, error] = await guarded(async () => {{
      const module = device.createShaderModule({{ code }});
      const pipelineLayout = layout === null ? "auto" : device.createPipelineLayout({{
        bindGroupLayouts: layout.map((entries) => device.createBindGroupLayout({{ entries: entries.map(
          ([binding, type]) => ({{ binding, visibility: GPUShaderStage.COMPUTE, buffer: {{ type }} }})) }})),
      }});
      const pipeline = device.createComputePipeline({{ layout: pipelineLayout, compute: {{ module, entryPoint, constants }} }});
      const encoder = device.createCommandEncoder();
      const pass = encoder.beginComputePass();
      pass.setPipeline(pipeline);
      let out = null;
      for (const [group, bindings] of groups) {{
        const entries = bindings.map(([binding, type, size]) => {{
          const usage = (type === "uniform" ? GPUBufferUsage.UNIFORM : GPUBufferUsage.STORAGE) | GPUBufferUsage.COPY_SRC;
          const buffer = device.createBuffer({{ size, usage }});
          if (binding === read) out = buffer;
          return {{ binding, resource: {{ buffer }} }};
        }});
        pass.setBindGroup(group, device.createBindGroup({{ layout: pipeline.getBindGroupLayout(group), entries }}));
      }}
      pass.dispatchWorkgroups(...counts);
      pass.end();
      let staging = null;
      if (out !== null) {{
        staging = device.createBuffer({{ size: out.size, usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST }});
        encoder.copyBufferToBuffer(out, 0, staging, 0, out.size);
      }}
      device.queue.submit([encoder.finish()]);
      if (staging !== null) {{
        try {{ await staging.mapAsync(GPUMapMode.READ); output = [...new Uint32Array(staging.getMappedRange())]; }} catch {{}}
      }}
    }});
    found.push([error, output]);
  }}
  device.destroy();
  return found;
}}"""

Case = tuple[str, str, dict[str, float], list[Any], list[int], list[Any] | None, int | None]


@pytest.fixture
def compiled(kernel_page: Page) -> Callable[[Sequence[str]], tuple[list[list[tuple[int, str]]], list[str]]]:
    """Compile texts: the errors of each, by line; and the features of the adapter."""

    def compile_all(texts: Sequence[str]) -> tuple[list[list[tuple[int, str]]], list[str]]:
        found, features = kernel_page.evaluate(COMPILE, list(texts))
        return [[(line, message) for line, message in errors] for errors in found], features

    return compile_all


@pytest.fixture
def run(kernel_page: Page) -> Callable[[Sequence[Case]], list[tuple[str | None, list[int] | None]]]:
    """Run kernels over buffers of zeros: what the browser has against each, and the words of the buffer to read."""
    return lambda cases: [
        (error, output) for error, output in kernel_page.evaluate(RUN, [list(case) for case in cases])
    ]


def bound(point: EntryPoint, size: Callable[[Binding], int]) -> list[Any]:
    kinds = {"uniform": "uniform", "storage": "storage"}
    groups = itertools.groupby(point.bindings, key=lambda item: item.group)
    return [[group, [[item.binding, kinds[item.space], size(item)] for item in items]] for group, items in groups]


def accepts(text: str) -> bool:
    try:
        reflect(text)
    except WgslError:
        return False
    return True


Compile = Callable[[Sequence[str]], tuple[list[list[tuple[int, str]]], list[str]]]
Run = Callable[[Sequence[Case]], list[tuple[str | None, list[int] | None]]]


def test_valid_texts_are_valid_to_the_browser_too(compiled: Compile) -> None:
    found, features = compiled(list(VALID.values()))
    for (name, text), errors in zip(VALID.items(), found, strict=True):
        if "enable f16" in text and "shader-f16" not in features:
            continue
        assert (name, errors) == (name, [])


# Our place is the declaration, the browser's is the member or the last block in it.
OTHER_LINES = {"a brace is missing", "a bool in a structure in a buffer"}


def test_invalid_texts_are_invalid_to_the_browser_too_and_at_the_same_line(compiled: Compile) -> None:
    found, _ = compiled([text for text, _ in INVALID.values()])
    for (name, (text, _)), errors in zip(INVALID.items(), found, strict=True):
        assert errors, name
        with pytest.raises(WgslError) as caught:
            reflect(text)
        if name not in OTHER_LINES:
            assert (name, caught.value.diagnostics[0].line) == (name, errors[0][0])


def test_statements_and_barriers_are_judged_as_the_browser_does(compiled: Compile) -> None:
    cases = [(name, text, False) for name, text in (*VALID_BODIES.items(), *UNIFORM.items())]
    cases += [(name, text, True) for name, (text, _) in INVALID_BODIES.items()]
    cases += [(name, text, True) for name, text in NOT_UNIFORM.items()]
    found, _ = compiled([text for _, text, _ in cases])
    judged = zip(cases, found, strict=True)
    assert [(name, errors) for (name, _, is_wrong), errors in judged if bool(errors) != is_wrong] == []


def test_bodies_of_functions_are_judged_as_the_browser_does(compiled: Compile) -> None:
    found, features = compiled([body.text for body in BODIES])
    different = [
        (body.name, body.code, errors)
        for body, errors in zip(BODIES, found, strict=True)
        if bool(errors) != bool(body.code) and not ("enable f16" in body.text and "shader-f16" not in features)
    ]
    assert different == []


def test_wrong_bodies_are_wrong_at_the_browsers_line(compiled: Compile) -> None:
    wrong = [body for body in BODIES if body.code and "enable f16" not in body.text]
    found, _ = compiled([body.text for body in wrong])
    different = []
    for body, errors in zip(wrong, found, strict=True):
        with pytest.raises(WgslError) as caught:
            program(body.text)
        if caught.value.diagnostics[0].line != errors[0][0]:
            different.append(body.name)
    # The browser's place is the last block in the text, ours is the end of it.
    assert different == ["what the grammar refuses: {"]


def test_constants_have_the_browsers_values(compiled: Compile) -> None:
    numbers = [
        "0",
        "1",
        "-1",
        "7",
        "-8",
        "3u",
        "4294967295u",
        "2147483647i",
        "-5i",
        "2.5",
        "-0.75",
        "1.5f",
        "true",
        "false",
    ]
    operators = ["+", "-", "*", "/", "%", "&", "|", "^", "<<", ">>", "<", "==", ">=", "&&", "||"]
    expressions = [f"({a}) {op} ({b})" for a, b in itertools.product(numbers, numbers) for op in operators]
    functions = ["min", "max", "pow", "step", "atan2"]
    expressions += [f"{name}({a}, {b})" for name in functions for a, b in itertools.product(numbers, numbers)]
    unary = ["abs", "sign", "floor", "ceil", "round", "trunc", "fract", "countOneBits", "countLeadingZeros"]
    unary += [
        "firstLeadingBit",
        "firstTrailingBit",
        "countTrailingZeros",
        "reverseBits",
        "i32",
        "u32",
        "f32",
        "bool",
        "-",
        "~",
        "!",
    ]
    expressions += [f"{name}({a})" for name in unary for a in numbers]
    # What is right of a decided '&&' has no value, and its type is for whoever checks all types.
    expressions = [text for text in expressions if not text.startswith(("(true) ||", "(false) &&"))]
    texts, ours = [], []
    for expression in expressions:
        text = f"const x = {expression};"
        try:
            value = reflect(text).constants["x"]
        except WgslError:
            ours.append(False)
            texts.append(text)
            continue
        ours.append(True)
        inexact = expression.startswith(("pow", "atan2"))
        written = json.dumps(value)
        check = f"abs(x - ({written})) <= 1e-6 * (1 + abs(x))" if inexact else f"x == {written}"
        texts.append(f"{text} const_assert {check};")
    found, _ = compiled(texts)
    different = [(text, errors) for text, mine, errors in zip(texts, ours, found, strict=True) if mine == bool(errors)]
    assert different == []


SHAPES = [
    "array<f32>", "array<vec3f>", "array<vec2u>", "array<S>", "S", "T", "f32", "vec3f", "mat3x3f", "mat4x2f",
    "array<mat2x3f, 3>", "array<array<vec3f, 2>, 3>", "array<u32, n * 2>", "U", "array<T, 2>",
]  # fmt: skip
DECLARED = """
const n = 3;
struct S { a: f32, b: vec3f, c: f32 }
struct T { @align(32) a: f32, @size(20) b: vec2f, c: array<S, 2> }
struct U { count: u32, items: array<S> }
"""


@pytest.mark.parametrize("shape", SHAPES)
def test_a_pipeline_takes_a_buffer_of_the_least_size_and_none_that_is_smaller(run: Run, shape: str) -> None:
    text = (
        DECLARED
        + f"@group(0) @binding(0) var<storage, read_write> x: {shape};\n@compute @workgroup_size(1) fn main() {{ _ = &x; }}"
    )
    point = reflect(text).entry_points["main"]
    exact = bound(point, lambda item: item.min_size)
    smaller = bound(point, lambda item: item.min_size - 4)
    (fine, _), (refused, _) = run(
        [("".join(text), "main", {}, groups, [1, 1, 1], None, None) for groups in (exact, smaller)]
    )
    assert fine is None
    assert refused is not None


def test_a_uniform_has_the_least_size_that_the_pipeline_asks_for(run: Run) -> None:
    shapes = ["vec4f", "mat4x4f", "V", "array<vec4f, 5>", "f32"]
    text = "struct V { a: vec3f, b: f32, c: mat3x3f, d: vec2f }" + "".join(
        f"@group(0) @binding({at}) var<uniform> u{at}: {shape};" for at, shape in enumerate(shapes)
    )
    text += "@compute @workgroup_size(1) fn main() { " + "".join(f"_ = u{at};" for at in range(len(shapes))) + " }"
    point = reflect(text).entry_points["main"]
    cases: list[Case] = [(text, "main", {}, bound(point, lambda item: item.min_size), [1, 1, 1], None, None)]
    for short in range(len(shapes)):
        smaller = bound(point, lambda item, short=short: item.min_size - 4 * (item.binding == short))  # type: ignore[misc]
        cases.append((text, "main", {}, smaller, [1, 1, 1], None, None))
    first, *others = run(cases)
    assert first[0] is None
    assert all(error is not None for error, _ in others)


USES = """
@group(0) @binding(0) var<storage, read_write> a: array<u32>;
@group(0) @binding(3) var<storage> b: array<u32>;
@group(1) @binding(1) var<uniform> c: vec4u;
@group(1) @binding(2) var<storage, read_write> d: u32;
fn deep() -> u32 { return c.x; }
fn deeper() -> u32 { if false { return deep(); } return 0; }
fn count(p: ptr<storage, array<u32>, read>) -> u32 { return arrayLength(p); }
@compute @workgroup_size(1) fn one() { a[0] = deeper(); }
@compute @workgroup_size(1) fn two() { _ = count(&b); }
@compute @workgroup_size(1) fn three() { _ = arrayLength(&a); let a = 1; _ = a; }
@compute @workgroup_size(1) fn four() { _ = &d; }
@compute @workgroup_size(1) fn five() { let d = 1; _ = d; if false && deep() == 1 { } }
@compute @workgroup_size(1) fn six() { }
"""


@pytest.mark.parametrize("entry", ["one", "two", "three", "four", "five", "six"])
def test_an_entry_point_uses_the_bindings_that_its_pipeline_asks_for(run: Run, entry: str) -> None:
    """A pipeline whose layout lacks a binding that is used is refused; one that has all that are used is not."""
    point = reflect(USES).entry_points[entry]

    def layout(without: str | None) -> list[Any]:
        groups: list[Any] = [[], []]
        for item in point.bindings:
            kind = (
                "uniform"
                if item.space == "uniform"
                else "storage"
                if item.access == "read_write"
                else "read-only-storage"
            )
            if item.name != without:
                groups[item.group].append([item.binding, kind])
        return groups

    def given(without: str | None) -> list[Any]:
        kinds: list[Any] = [[0, []], [1, []]]
        for item in point.bindings:
            if item.name != without:
                kinds[item.group][1].append([item.binding, item.space, 16])
        return kinds

    names = [None, *(item.name for item in point.bindings)]
    results = run([(USES, entry, {}, given(name), [1, 1, 1], layout(name), None) for name in names])
    assert results[0][0] is None
    assert all(error is not None for error, _ in results[1:])


SIZED = """
override x: u32 = 2;
@id(9) override y: i32 = 3;
override z = 2u * x;
@group(0) @binding(0) var<storage, read_write> out: array<atomic<u32>>;
var<workgroup> w: array<u32, z * 8>;
@compute @workgroup_size(x, 3, z) fn main(@builtin(local_invocation_id) id: vec3u) {
  atomicMax(&out[0], id.x + 1); atomicMax(&out[1], id.y + 1); atomicMax(&out[2], id.z + 1);
  w[0] = u32(y); atomicMax(&out[3], w[0]);
}
"""


@pytest.mark.parametrize("constants", [{}, {"x": 3}, {"z": 5}, {"x": 1, "z": 1, "9": 7}])
def test_the_workgroup_size_is_the_one_that_the_device_runs(run: Run, constants: dict[str, float]) -> None:
    point = reflect(SIZED).entry_points["main"]
    (error, words), *_ = run([(SIZED, "main", constants, bound(point, lambda _: 16), [1, 1, 1], None, 0)])
    assert error is None
    assert words is not None
    assert tuple(words[:3]) == point.workgroup_size(constants)


def test_workgroup_memory_is_counted_as_the_device_counts_it(run: Run) -> None:
    text = """
override n: u32 = 1;
struct S { a: vec3f, b: bool }
var<workgroup> a: array<vec3f, n>; var<workgroup> b: f32; var<workgroup> c: array<S, 3>; var<workgroup> d: vec3<bool>;
@group(0) @binding(0) var<storage, read_write> out: array<u32>;
@compute @workgroup_size(1) fn main() { a[0].x = 1; b = 2; c[0].b = true; d.x = true; out[0] = u32(b); }
"""
    point = reflect(text).entry_points["main"]
    limit = 16384  # of every device that asks for no more
    largest = 1 + (limit - point.workgroup_bytes()) // 16
    assert point.workgroup_bytes({"n": largest}) == limit
    groups = bound(point, lambda item: item.min_size)
    fine, refused = run([(text, "main", {"n": n}, groups, [1, 1, 1], None, None) for n in (largest, largest + 1)])
    assert fine[0] is None
    assert refused[0] is not None
    assert str(limit) in refused[0]


FOLDED = """
override block: u32 = 4;
struct In { @builtin(global_invocation_id) g: vec3u, @builtin(workgroup_id) w: vec3u }
@group(0) @binding(0) var<storage, read_write> out: array<atomic<u32>>;
var<workgroup> shared_: array<u32, 8>;
@compute @workgroup_size(block, 2)
fn main(in: In, @builtin(num_workgroups) n: vec3u, @builtin(local_invocation_index) i: u32, @builtin(local_invocation_id) l: vec3u) {
  shared_[i] = in.w.x + 10 * in.w.y + 100 * in.w.z;
  workgroupBarrier();
  let width = n.x * block;
  let height = n.y * 2;
  let place = in.g.x + width * (in.g.y + height * in.g.z);
  atomicAdd(&out[place], 1 + shared_[7 - i] * 100 + l.x * 10 + l.y + n.x * 100000);
}
"""


@pytest.mark.parametrize(("groups", "limit"), [((13, 1, 1), 4), ((5, 3, 2), 4), ((1, 9, 1), 3), ((2, 2, 2), 65535)])
def test_a_folded_kernel_gives_the_same_numbers(run: Run, groups: tuple[int, int, int], limit: int) -> None:
    shader = reflect(FOLDED)
    folded = fold_workgroups(shader, shader.entry_points["main"])
    grid = folded.grid(groups, limit)
    assert max(grid) <= limit
    size = groups[0] * groups[1] * groups[2] * 8 * 4
    buffers = bound(shader.entry_points["main"], lambda _: size + 64)
    plain, spread = run(
        [
            (FOLDED, "main", {}, buffers, list(groups), None, 0),
            (folded.text, folded.entry, dict(folded.constants(groups)), buffers, list(grid), None, 0),
        ]
    )
    assert plain[0] is None
    assert spread == plain
    assert plain[1] is not None
    assert plain[1][size // 4 :] == [0] * 16
    assert 0 not in plain[1][: size // 4]
