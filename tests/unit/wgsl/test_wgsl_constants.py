"""Values of constants and overrides."""

# ruff: noqa: E501 - tables of expressions
from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aikernel_web.compute.wgsl.reflection import reflect
from aikernel_web.contracts.errors import InvalidArgumentError
from aikernel_web.contracts.shader_errors import WgslError


def single(number: float) -> float:
    return float(struct.unpack("<f", struct.pack("<f", number))[0])


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("1 + 2 * 3", 7), ("(1 + 2) * 3", 9), ("7 / 2", 3), ("-7 / 2", -3), ("-7 % 3", -1), ("7.5 % 2", 1.5),
        ("1 << 40", 1 << 40), ("1u << 31", 1 << 31), ("-8 >> 1", -4), ("0xF0u >> 4u", 15), ("0 << 1000", 0),
        ("~0u", 0xFFFFFFFF), ("~5", -6), ("6 & 3", 2), ("6 | 3", 7), ("6 ^ 3", 5), ("true & false", False),
        ("4294967295u + 2u", 1), ("0u - 1u", 0xFFFFFFFF), ("2147483647i + 1i", -(1 << 31)), ("65536u * 65537u", 65536),
        ("1 < 2", True), ("1.5 == 1.5f", True), ("!(1 > 2)", True), ("true || 1 / 0 == 0", True),
        ("f32(1) / 3", single(1 / 3)), ("1.0 / 3.0", 1 / 3), ("0.1f", single(0.1)), ("0.1f + 0.2f", single(single(0.1) + single(0.2))),
        ("i32(-1.9)", -1), ("u32(-1i)", 0xFFFFFFFF), ("u32(-1.0)", 0), ("i32(1e20)", (1 << 31) - 1), ("bool(2)", True), ("f32(true)", 1.0),
        ("min(3, 2.5)", 2.5), ("max(1u, 2)", 2), ("clamp(9, 1, 4)", 4), ("select(1, 2, 3 > 2)", 2), ("abs(-3)", 3), ("sign(-2.5)", -1.0),
        ("floor(-1.5)", -2.0), ("ceil(1)", 1.0), ("round(2.5)", 2.0), ("trunc(-1.5)", -1.0), ("fract(1.25)", 0.25), ("pow(2, 10)", 1024.0),
        ("countOneBits(255)", 8), ("countLeadingZeros(1u)", 31), ("firstLeadingBit(-1)", -1), ("firstTrailingBit(8)", 3), ("reverseBits(1u)", 1 << 31),
        ("countTrailingZeros(0)", 32), ("bitcast<u32>(1.0)", 0x3F800000), ("bitcast<f32>(0x40000000)", 2.0),
        ("vec3(1, 2, 3).zx", (3, 1)), ("vec2f(1) * 2", (2.0, 2.0)), ("2 - vec2(1, 2)", (1, 0)), ("vec3(vec2(1, 2), 3)[1]", 2),
        ("vec4f().w", 0.0), ("vec2(1, 2) < vec2(2, 1)", (True, False)), ("all(vec2(true, false))", False), ("dot(vec2(1, 2), vec2(3, 4))", 11),
        ("vec2<u32>(vec2f(1.5, 2.5))", (1, 2)), ("array(1, 2.5)[0]", 1.0), ("array<u32, 3>()", (0, 0, 0)), ("mat2x2f(1, 2, 3, 4)[1].x", 3.0),
        ("P(1, vec2f(2)).b.y", 2.0), ("A(1, 2).y", 2),
    ],
)  # fmt: skip
def test_a_constant_has_its_value(expression: str, value: object) -> None:
    found = reflect(f"struct P {{ a: i32, b: vec2f }} alias A = vec2<i32>; const x = {expression};").constants["x"]
    assert found == value
    assert type(found) is type(value)


@given(st.integers(-(1 << 31), (1 << 31) - 1), st.integers(-(1 << 31), (1 << 31) - 1), st.sampled_from("+-*&|^/%"))
def test_operators_on_i32_do_what_a_processor_does(a: int, b: int, operator: str) -> None:
    text = f"const a = i32({a}); const b = i32({b}); const x = a {operator} b;"
    if operator in "/%" and (b == 0 or (a == -(1 << 31) and b == -1)):
        with pytest.raises(WgslError) as caught:
            reflect(text)
        assert caught.value.code == "WGSL_CONST_INVALID"
        return
    quotient = abs(a) // abs(b or 1) * (1 if (a < 0) == (b < 0) else -1)
    exact = {
        "+": a + b,
        "-": a - b,
        "*": a * b,
        "&": a & b,
        "|": a | b,
        "^": a ^ b,
        "/": quotient,
        "%": a - b * quotient,
    }
    wrapped = struct.unpack("<i", struct.pack("<I", exact[operator] & 0xFFFFFFFF))[0]
    assert reflect(text).constants["x"] == wrapped


def test_sizes_follow_constants() -> None:
    shader = reflect(
        "const n = 3; const m = n * (1 << 2); struct S { a: array<array<f32, n>, m> } @compute @workgroup_size(m, n - 1) fn main() {}"
    )
    assert shader.structs["S"].members[0].size == 3 * 12 * 4
    assert shader.entry_points["main"].workgroup_size() == (12, 2, 1)


class TestOverrides:
    TEXT = """
override block: u32 = 64;
@id(7) override twice = block * 2u;
override flag = true;
override scale = 0.5;
override needed: i32;
var<workgroup> a: array<vec3f, block + 1>;
var<workgroup> b: atomic<u32>;
var<workgroup> unused: array<f32, 1000>;
fn touch() { a[0].x = scale; }
@compute @workgroup_size(block, twice / 64) fn main() { touch(); atomicStore(&b, 1u); }
@compute @workgroup_size(needed) fn other() {}
"""

    def test_their_types_and_defaults_are_known(self) -> None:
        found = reflect(self.TEXT).overrides
        listed = [(item.name, item.key, str(item.type), item.default, item.required) for item in found.values()]
        assert listed == [
            ("block", "block", "u32", 64, False),
            ("twice", "7", "u32", 128, False),
            ("flag", "flag", "bool", True, False),
            ("scale", "scale", "f32", 0.5, False),
            ("needed", "needed", "i32", None, True),
        ]

    def test_an_entry_point_knows_those_it_uses_through_others(self) -> None:
        points = reflect(self.TEXT).entry_points
        assert [item.name for item in points["main"].overrides] == ["block", "twice", "scale"]
        assert [item.name for item in points["other"].overrides] == ["needed"]

    def test_sizes_follow_the_values_that_are_given(self) -> None:
        main = reflect(self.TEXT).entry_points["main"]
        assert (main.workgroup_size(), main.workgroup_bytes()) == ((64, 2, 1), 65 * 16 + 16)
        assert (main.workgroup_size({"block": 96}), main.workgroup_bytes({"block": 96})) == ((96, 3, 1), 97 * 16 + 16)
        assert main.workgroup_size({"7": 256}) == main.workgroup_size({"twice": 256.0}) == (64, 4, 1)

    @pytest.mark.parametrize(
        ("constants", "code"),
        [
            ({}, "WEBGPU_CONSTANT_MISSING"), ({"nothing": 1}, "WEBGPU_CONSTANT_UNKNOWN"), ({"needed": 1.5}, "WEBGPU_CONSTANT_INVALID"),
            ({"needed": 1 << 31}, "WEBGPU_CONSTANT_INVALID"), ({"needed": float("nan")}, "WEBGPU_CONSTANT_INVALID"),
            ({"needed": 1, "scale": 1e39}, "WEBGPU_CONSTANT_INVALID"), ({"needed": 1, "scale": float("inf")}, "WEBGPU_CONSTANT_INVALID"),
        ],
    )  # fmt: skip
    def test_values_that_do_not_fit_are_refused(self, constants: dict[str, float], code: str) -> None:
        with pytest.raises(InvalidArgumentError) as caught:
            reflect(self.TEXT).entry_points["other"].workgroup_size(constants)
        assert caught.value.code == code

    def test_a_size_that_comes_out_as_zero_is_refused_with_its_place(self) -> None:
        with pytest.raises(WgslError) as caught:
            reflect(self.TEXT).entry_points["main"].workgroup_size({"twice": 1})
        assert (caught.value.code, caught.value.diagnostics[0].line) == ("WGSL_OVERRIDE_VALUE", 11)

    def test_a_division_by_a_value_that_is_given_as_zero_is_refused(self) -> None:
        point = reflect(
            "override n: u32 = 0; override m = 8 / n; @compute @workgroup_size(m) fn main() {}"
        ).entry_points["main"]
        with pytest.raises(WgslError) as caught:
            point.workgroup_size()
        assert caught.value.code == "WGSL_CONST_INVALID"
        assert point.workgroup_size({"n": 2}) == (4, 1, 1)
