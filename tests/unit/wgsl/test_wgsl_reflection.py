"""What an entry point needs, found through all that it uses."""

from __future__ import annotations

import pytest

from aikernel_web.compute.wgsl.reflection import Binding, EntryPoint, reflect
from aikernel_web.compute.wgsl.types import Array, Opaque, Struct, Vector
from aikernel_web.contracts.shader_errors import WgslError

MODULE = """
struct Item { position: vec3f, weight: f32, tags: array<u32, 2> }
struct Items { count: atomic<u32>, items: array<Item> }
struct Settings { scale: f32, offset: vec2f }
@group(1) @binding(2) var<storage, read_write> items: Items;
@group(0) @binding(5) var<uniform> settings: Settings;
@group(0) @binding(1) var<storage> source: array<f32>;
@group(0) @binding(0) var<storage, read_write> unused: array<f32>;
@group(2) @binding(0) var picture: texture_storage_2d<rgba8unorm, write>;
@group(2) @binding(1) var smooth_: sampler;
var<private> state = 1u;
alias Settings2 = Settings;
fn third() -> f32 { return settings.scale; }
fn second() -> f32 { if false { return third(); } return 0.0; }
fn first() -> f32 { return second(); }
fn count(p: ptr<storage, array<f32>>) -> u32 { return arrayLength(p); }
@compute @workgroup_size(8, 4) fn calls(@builtin(global_invocation_id) id: vec3u) { _ = first(); state = id.x; }
@compute @workgroup_size(1) fn lengths() { _ = arrayLength(&source); let p = &items; (*p).items[0].weight = 1; }
@compute @workgroup_size(1) fn pointers() { _ = count(&source); }
@compute @workgroup_size(1) fn hides() { let source = 1; { let settings = source; _ = settings; } _ = source; }
@compute @workgroup_size(1) fn draws() { textureStore(picture, vec2u(), vec4f()); _ = smooth_; }
@compute @workgroup_size(1) fn nothing() {}
"""


@pytest.fixture(scope="module")
def points() -> dict[str, EntryPoint]:
    return dict(reflect(MODULE).entry_points)


def names(point: EntryPoint) -> list[str]:
    return [binding.name for binding in point.bindings]


def binding(point: EntryPoint, name: str) -> Binding:
    return next(item for item in point.bindings if item.name == name)


def test_bindings_are_found_through_functions_that_call_functions(points: dict[str, EntryPoint]) -> None:
    assert names(points["calls"]) == ["settings"]


def test_bindings_are_in_the_order_of_group_and_binding(points: dict[str, EntryPoint]) -> None:
    assert names(points["lengths"]) == ["source", "items"]


def test_a_pointer_that_is_passed_on_is_a_use(points: dict[str, EntryPoint]) -> None:
    assert names(points["pointers"]) == ["source"]


def test_a_local_of_the_same_name_is_none(points: dict[str, EntryPoint]) -> None:
    assert names(points["hides"]) == []


def test_an_entry_point_that_uses_nothing_has_no_bindings(points: dict[str, EntryPoint]) -> None:
    assert names(points["nothing"]) == []


def test_a_storage_buffer_that_ends_in_an_array_has_room_for_one_element(points: dict[str, EntryPoint]) -> None:
    items = binding(points["lengths"], "items")
    assert (items.group, items.binding, items.space, items.access) == (1, 2, "storage", "read_write")
    assert isinstance(items.type, Struct)
    assert (items.min_size, items.runtime_sized) == (16 + 32, True)
    source = binding(points["lengths"], "source")
    assert (source.access, source.min_size, source.runtime_sized) == ("read", 4, True)
    assert isinstance(source.type, Array)


def test_a_uniform_has_its_size(points: dict[str, EntryPoint]) -> None:
    settings = binding(points["calls"], "settings")
    assert (settings.space, settings.access, settings.min_size, settings.runtime_sized) == (
        "uniform",
        "read",
        16,
        False,
    )


def test_textures_and_samplers_are_handles(points: dict[str, EntryPoint]) -> None:
    picture, sampler = points["draws"].bindings
    assert (picture.space, picture.access, picture.min_size) == ("handle", "write", 0)
    assert (str(picture.type), str(sampler.type)) == ("texture_storage_2d<rgba8unorm, write>", "sampler")
    assert isinstance(sampler.type, Opaque)


def test_entry_points_know_their_stage_their_size_and_their_inputs() -> None:
    text = """
struct In { @builtin(workgroup_id) w: vec3u, @builtin(num_workgroups) n: vec3u }
@compute @workgroup_size(8, 4) fn c(in: In, @builtin(local_invocation_index) i: u32) {}
@vertex fn v(@builtin(vertex_index) i: u32) -> @builtin(position) vec4f { return vec4f(); }
@fragment fn f(@builtin(position) p: vec4f, @location(0) x: f32) -> @location(0) vec4f { return p; }
"""
    found = {name: (point.stage, point.builtins) for name, point in reflect(text).entry_points.items()}
    assert found == {
        "c": ("compute", {"workgroup_id", "num_workgroups", "local_invocation_index"}),
        "v": ("vertex", {"vertex_index"}),
        "f": ("fragment", {"position"}),
    }
    assert reflect(text).entry_points["c"].workgroup_size() == (8, 4, 1)


def test_structures_constants_and_extensions_are_there_by_name() -> None:
    shader = reflect(
        "enable f16; enable subgroups, f16; struct S { a: vec2<f16> } alias T = S; const n = 2; const v = vec2f(1);"
    )
    assert shader.enables == ("f16", "subgroups")
    assert list(shader.structs) == ["S"]
    assert isinstance(shader.structs["S"].members[0].type, Vector)
    assert dict(shader.constants) == {"n": 2, "v": (1.0, 1.0)}


def test_names_that_a_text_declares_anew_are_its_own() -> None:
    shader = reflect(
        "alias f32 = u32; struct vec2f { x: f32, y: f32, z: f32 } @group(0) @binding(0) var<storage> a: array<vec2f>;"
        "fn arrayLength() {} @compute @workgroup_size(1) fn main() { _ = a[0].z; arrayLength(); }"
    )
    assert shader.entry_points["main"].bindings[0].min_size == 12


def test_a_name_is_unknown_where_only_another_function_knows_it() -> None:
    with pytest.raises(WgslError) as caught:
        reflect("fn f(a: i32) {}\nfn g() { _ = a; }")
    assert [(item.code, item.line) for item in caught.value.diagnostics] == [("WGSL_NAME_UNKNOWN", 2)]


def test_a_loops_continuing_block_knows_what_its_body_declares() -> None:
    reflect("fn f() { loop { let a = true; continuing { let b = a; break if a && b; } } }")
    with pytest.raises(WgslError):
        reflect("fn f() { loop { break; continuing { let b = 1; } } _ = b; }")


def test_a_builtin_that_is_misspelt_is_told_the_one_that_may_be_meant() -> None:
    with pytest.raises(WgslError, match="'global_id': is 'global_invocation_id' meant") as caught:
        reflect("@compute @workgroup_size(1) fn main(@builtin(global_id) id: vec3u) {}")
    assert caught.value.code == "WGSL_BUILTIN_UNKNOWN"


def test_a_builtin_of_a_plain_function_is_told_what_is_missing() -> None:
    with pytest.raises(WgslError, match="'@compute' is missing") as caught:
        reflect("fn main(@builtin(global_invocation_id) id: vec3u) {}")
    assert caught.value.code == "WGSL_ATTRIBUTE_INVALID"


def test_resources_are_there_whether_they_are_used_or_not() -> None:
    shader = reflect(
        "@group(0) @binding(0) var<uniform> a: f32; @group(0) @binding(1) var<uniform> b: f32; var<private> c: f32;"
        "@compute @workgroup_size(1) fn main() { c = a; }"
    )
    assert shader.resources == {"a", "b"}
    assert [binding.name for binding in shader.entry_points["main"].bindings] == ["a"]
