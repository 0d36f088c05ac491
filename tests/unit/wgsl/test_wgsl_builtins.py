"""WGSL's own functions: which overload a call means, what it refuses, and what constants come out."""

# ruff: noqa: E501 - tables of calls
from __future__ import annotations

import struct

import pytest

from aikernel_web.compute.wgsl.fault import Fault
from aikernel_web.compute.wgsl.names import FUNCTIONS
from aikernel_web.compute.wgsl.source import Span
from aikernel_web.compute.wgsl.typed.program import program
from aikernel_web.compute.wgsl.typed.results import concrete_result, exchange_result, frexp_result, modf_result
from aikernel_web.compute.wgsl.typed.signatures import resolve
from aikernel_web.compute.wgsl.types import (
    ABSTRACT_FLOAT,
    ABSTRACT_INT,
    BOOL,
    F16,
    F32,
    I32,
    U32,
    Array,
    Atomic,
    Matrix,
    Opaque,
    Pointer,
    Type,
    Vector,
)
from aikernel_web.compute.wgsl.values import NumberFault
from aikernel_web.contracts.shader_errors import WgslError

HERE = Span(0, 1)
TURN = Pointer("workgroup", Atomic(U32), "read_write")


def vec(width: int, kind: Type = F32) -> Vector:
    assert not isinstance(kind, Vector | Matrix | Array | Pointer | Opaque | Atomic)
    return Vector(width, kind)  # type: ignore[arg-type]


def half(number: float) -> float:
    return float(struct.unpack("<e", struct.pack("<e", number))[0])


@pytest.mark.parametrize(
    ("name", "arguments", "parameters", "result"),
    [
        ("min", (ABSTRACT_INT, F32), (F32, F32), F32), ("min", (ABSTRACT_INT, ABSTRACT_FLOAT), (ABSTRACT_FLOAT,) * 2, ABSTRACT_FLOAT),
        ("max", (ABSTRACT_INT, ABSTRACT_INT), (ABSTRACT_INT,) * 2, ABSTRACT_INT), ("abs", (U32,), (U32,), U32),
        ("sqrt", (ABSTRACT_INT,), (ABSTRACT_FLOAT,), ABSTRACT_FLOAT), ("clamp", (vec(3, U32), vec(3, ABSTRACT_INT), vec(3, U32)), (vec(3, U32),) * 3, vec(3, U32)),
        ("mix", (vec(2, F16), vec(2, ABSTRACT_INT), ABSTRACT_FLOAT), (vec(2, F16), vec(2, F16), F16), vec(2, F16)),
        ("dot", (vec(3, I32), vec(3, ABSTRACT_INT)), (vec(3, I32),) * 2, I32), ("length", (F32,), (F32,), F32), ("countOneBits", (ABSTRACT_INT,), (I32,), I32),
        ("ldexp", (vec(2), vec(2, ABSTRACT_INT)), (vec(2), vec(2, I32)), vec(2)), ("determinant", (Matrix(3, 3, F16),), (Matrix(3, 3, F16),), F16),
        ("transpose", (Matrix(2, 4, F32),), (Matrix(2, 4, F32),), Matrix(4, 2, F32)), ("pack4xI8", (vec(4, ABSTRACT_INT),), (vec(4, I32),), U32),
        ("select", (vec(2), vec(2), vec(2, BOOL)), (vec(2), vec(2), vec(2, BOOL)), vec(2)), ("any", (vec(4, BOOL),), (vec(4, BOOL),), BOOL),
        ("subgroupElect", (), (), BOOL), ("subgroupBallot", (BOOL,), (BOOL,), vec(4, U32)), ("subgroupShuffle", (F16, ABSTRACT_INT), (F16, I32), F16),
        ("atomicAdd", (TURN, ABSTRACT_INT), (TURN, U32), U32), ("atomicStore", (TURN, U32), (TURN, U32), None), ("workgroupBarrier", (), (), None),
        ("workgroupUniformLoad", (TURN,), (TURN,), U32), ("arrayLength", (Pointer("storage", Array(F32, None), "read"),), (Pointer("storage", Array(F32, None), "read"),), U32),
        ("textureLoad", (Opaque("texture_2d", ("i32",)), vec(2, ABSTRACT_INT), U32), (Opaque("texture_2d", ("i32",)), vec(2, I32), U32), vec(4, I32)),
        ("textureDimensions", (Opaque("texture_3d", ("f32",)),), (Opaque("texture_3d", ("f32",)),), vec(3, U32)),
    ],
)  # fmt: skip
def test_a_call_means_the_overload_of_the_best_ranks(
    name: str, arguments: tuple[Type, ...], parameters: tuple[Type, ...], result: Type | None
) -> None:
    found = resolve(name, arguments, None, HERE)
    assert (found.parameters, found.result) == (parameters, result)


def test_where_an_argument_is_no_constant_no_abstract_overload_is_chosen() -> None:
    arguments = (ABSTRACT_INT, ABSTRACT_INT, BOOL)
    assert resolve("select", arguments, None, HERE).result == ABSTRACT_INT
    assert resolve("select", arguments, None, HERE, constant=False).parameters == (I32, I32, BOOL)


@pytest.mark.parametrize(
    ("name", "arguments", "code", "said"),
    [
        ("sin", (), "WGSL_ARGUMENT_COUNT", "'sin' takes 1 argument, not 0"), ("clamp", (F32, F32), "WGSL_ARGUMENT_COUNT", "takes 3 arguments, not 2"),
        ("sin", (I32,), "WGSL_TYPE_MISMATCH", "(T) with T = f32 or f16"), ("min", (I32, U32), "WGSL_TYPE_MISMATCH", "not (i32, u32)"),
        ("cross", (vec(2), vec(2)), "WGSL_TYPE_MISMATCH", "(vec3<T>, vec3<T>)"), ("atomicAdd", (F32, F32), "WGSL_TYPE_MISMATCH", "ptr<storage, atomic<T>, read_write>, T"),
        ("atomicLoad", (Pointer("storage", Atomic(U32), "read"),), "WGSL_TYPE_MISMATCH", "read_write"), ("arrayLength", (TURN,), "WGSL_TYPE_MISMATCH", "an array without a count"),
        ("workgroupUniformLoad", (Pointer("workgroup", Array(Atomic(U32), 2), "read_write"),), "WGSL_TYPE_MISMATCH", "an atomic or holds none"),
        ("workgroupBarrier", (I32,), "WGSL_ARGUMENT_COUNT", "takes 0 arguments"), ("textureSample", (F32,), "WGSL_TYPE_MISMATCH", "texture_2d"),
        ("textureSample", (), "WGSL_ARGUMENT_COUNT", "not 0"), ("subgroupAdd", (BOOL,), "WGSL_TYPE_MISMATCH", "i32"),
    ],
)  # fmt: skip
def test_a_call_that_means_none_is_told_what_is_taken(
    name: str, arguments: tuple[Type, ...], code: str, said: str
) -> None:
    with pytest.raises(Fault) as caught:
        resolve(name, arguments, None, HERE)
    assert caught.value.code == code
    assert said in caught.value.message


def test_every_function_is_known() -> None:
    for name in FUNCTIONS - {"atomicStoreMax", "atomicStoreMin"}:
        with pytest.raises(Fault) as caught:
            resolve(name, (BOOL,) * 9, None, HERE)
        assert caught.value.code in ("WGSL_ARGUMENT_COUNT", "WGSL_TYPE_MISMATCH", "WGSL_TEMPLATE_LIST"), name


@pytest.mark.parametrize(
    ("source", "target", "taken"),
    [
        (F32, U32, F32), (ABSTRACT_FLOAT, U32, F32), (ABSTRACT_INT, F32, I32), (ABSTRACT_INT, U32, ABSTRACT_INT), (vec(2, F16), F32, vec(2, F16)),
        (ABSTRACT_FLOAT, F16, F16), (vec(2, ABSTRACT_FLOAT), U32, vec(2, F16)), (vec(4, F16), vec(2, I32), vec(4, F16)), (vec(3, I32), vec(3), vec(3, I32)),
    ],
)  # fmt: skip
def test_a_bitcast_takes_as_many_bits_as_it_makes(source: Type, target: Type, taken: Type) -> None:
    found = resolve("bitcast", (source,), target, HERE)
    assert (found.parameters, found.result) == ((taken,), target)


@pytest.mark.parametrize(
    ("source", "target", "code"),
    [(F32, None, "WGSL_TEMPLATE_LIST"), (F32, vec(2), "WGSL_TYPE_MISMATCH"), (BOOL, U32, "WGSL_TYPE_MISMATCH"), (F32, BOOL, "WGSL_TYPE_MISMATCH"), (vec(3, F16), vec(2), "WGSL_TYPE_MISMATCH")],
)  # fmt: skip
def test_other_bitcasts_are_refused(source: Type, target: Type | None, code: str) -> None:
    with pytest.raises(Fault) as caught:
        resolve("bitcast", (source,), target, HERE)
    assert caught.value.code == code


def test_results_are_structures_with_the_standards_members() -> None:
    found = [frexp_result(vec(2)), modf_result(F16), exchange_result(I32), frexp_result(ABSTRACT_FLOAT)]
    listed = [(item.name, [(member.name, str(member.type)) for member in item.members]) for item in found]
    assert listed == [
        ("__frexp_result_vec2_f32", [("fract", "vec2<f32>"), ("exp", "vec2<i32>")]),
        ("__modf_result_f16", [("fract", "f16"), ("whole", "f16")]),
        ("__atomic_compare_exchange_result_i32", [("old_value", "i32"), ("exchanged", "bool")]),
        ("__frexp_result_abstract", [("fract", "abstract-float"), ("exp", "abstract-int")]),
    ]
    assert concrete_result(frexp_result(vec(3, ABSTRACT_FLOAT))) == frexp_result(vec(3))
    assert concrete_result(modf_result(F16)) == modf_result(F16)


def test_stages_must_use_and_constant_arguments_are_told() -> None:
    barrier = resolve("workgroupBarrier", (), None, HERE)
    assert (barrier.stages, barrier.must_use, barrier.constant) == (frozenset(("compute",)), False, None)
    assert resolve("dpdx", (F32,), None, HERE).stages == frozenset(("fragment",))
    assert "vertex" not in resolve("atomicAdd", (TURN, U32), None, HERE).stages
    assert not resolve("atomicAdd", (TURN, U32), None, HERE).must_use
    assert resolve("min", (F32, F32), None, HERE).must_use
    assert resolve("subgroupBroadcast", (F32, U32), None, HERE).constants == (1,)


@pytest.mark.parametrize(
    ("name", "types", "data"),
    [
        ("clamp", (F32,) * 3, (None, 2.0, 1.0)), ("smoothstep", (F32,) * 3, (1.0, 1.0, None)), ("ldexp", (F32, I32), (None, 129)), ("ldexp", (F16, I32), (None, 17)),
        ("extractBits", (U32,) * 3, (None, 20, 13)), ("insertBits", (U32,) * 4, (None, None, 33, 0)), ("subgroupShuffle", (F32, I32), (None, 128)),
        ("subgroupShuffleUp", (F32, U32), (None, 128)), ("quadBroadcast", (F32, I32), (None, 4)), ("clamp", (vec(2),) * 3, (None, (0.0, 2.0), (1.0, 1.0))),
        ("subgroupBroadcast", (F32, I32), (None, -1)),
    ],
)  # fmt: skip
def test_constant_arguments_are_checked_whatever_the_others_are(
    name: str, types: tuple[Type, ...], data: tuple[object, ...]
) -> None:
    check = resolve(name, types, None, HERE, constant=False).check
    assert check is not None
    with pytest.raises(NumberFault):
        check(data)  # type: ignore[arg-type]
    check([None] * len(types))


CONSTANTS = [
    ("cross(vec3(1, 0, 0), vec3(0, 1, 0))", (0.0, 0.0, 1.0)), ("normalize(vec2(3, 4))", (0.6, 0.8)), ("distance(vec2(1, 2), vec2(4, 6))", 5.0), ("distance(1, 4)", 3.0),
    ("length(-2)", 2.0), ("length(vec2(3, 4))", 5.0), ("reflect(vec2(1, 0), vec2(-1, 0))", (-1.0, 0.0)), ("refract(vec2(1, 0), vec2(-1, 0), 1)", (1.0, 0.0)), ("refract(vec2(1, 0), vec2(0, 1), 2)", (0.0, 0.0)),
    ("faceForward(vec2(1, 2), vec2(1, 1), vec2(1, 1))", (-1.0, -2.0)), ("determinant(mat3x3f(1, 2, 3, 4, 5, 6, 7, 8, 10))", -3.0), ("determinant(mat2x2(1, 2, 3, 4))", -2.0),
    ("determinant(mat4x4(1, 0, 0, 0, 0, 2, 0, 0, 0, 0, 3, 0, 0, 0, 0, 4))", 24.0), ("transpose(mat2x3f(1, 2, 3, 4, 5, 6))", ((1.0, 4.0), (2.0, 5.0), (3.0, 6.0))),
    ("mat2x2(1, 2, 3, 4) * vec2(1, 1)", (4.0, 6.0)), ("vec2(1, 1) * mat2x2(1, 2, 3, 4)", (3.0, 7.0)), ("mat2x2f(1, 2, 3, 4) * mat2x2f(0, 1, 1, 0)", ((3.0, 4.0), (1.0, 2.0))),
    ("mat2x2f(1, 2, 3, 4) - mat2x2f(1, 1, 1, 1)", ((0.0, 1.0), (2.0, 3.0))), ("2 * mat2x2(1, 2, 3, 4)", ((2.0, 4.0), (6.0, 8.0))),
    ("frexp(6.0).fract", 0.75), ("frexp(6.0).exp", 3), ("frexp(vec2(1.0, 0.0)).exp", (1, 0)), ("modf(-1.5).fract", -0.5), ("modf(vec2(2.25, -1.5)).whole", (2.0, -1.0)), ("ldexp(0.75, 3)", 6.0), ("ldexp(1.0f, -200)", 0.0),
    ("quantizeToF16(1.0009)", 1.0), ("quantizeToF16(-65504)", -65504.0), ("smoothstep(1, 0, 0.5)", 0.5), ("mix(vec2(1, 2), vec2(3, 4), 0.5)", (2.0, 3.0)), ("fma(2, 3, 4)", 10.0),
    ("pack4x8snorm(vec4(0.5, -0.5, 2, -2))", 0x817FC140), ("pack4x8unorm(vec4(0.5, -0.5, 2, 1))", 0xFFFF0080), ("pack2x16snorm(vec2(-2, 0.3))", 0x26668001), ("pack2x16unorm(vec2(1, 0))", 0xFFFF),
    ("pack2x16float(vec2(1, -2))", 0xC0003C00), ("pack4xI8(vec4(1, 2, 3, 300))", 0x2C030201), ("pack4xU8Clamp(vec4(1, 2, 3, 300))", 0xFF030201), ("pack4xI8Clamp(vec4(1, 2, -3, -300))", 0x80FD0201),
    ("unpack4x8snorm(0x80fd7f00).w", -1.0), ("unpack4x8unorm(255).x", 1.0), ("unpack2x16snorm(0x8000u).x", -1.0), ("unpack2x16unorm(0xffffu).x", 1.0), ("unpack2x16float(0xc0003c00)", (1.0, -2.0)),
    ("unpack4xI8(0x80fd0201)", (1, 2, -3, -128)), ("unpack4xU8(0x80fd0201)", (1, 2, 253, 128)), ("dot4U8Packed(0x01020304, 0x01010101)", 10), ("dot4I8Packed(0x80ff7f01, 0x80ff7f01)", 32515),
    ("extractBits(-16, 2, 5)", -4), ("extractBits(0xf0u, 4, 4)", 15), ("extractBits(1u, 32, 0)", 0), ("insertBits(0, -1, 4, 28)", -16), ("insertBits(vec2(0, 1), vec2(3, 3), 4, 2)", (0x30, 0x31)),
    ("bitcast<vec2f>(vec2(0x3f800000, 0x40000000))", (1.0, 2.0)), ("bitcast<u32>(4294967295)", 0xFFFFFFFF), ("bitcast<u32>(-1)", 0xFFFFFFFF), ("bitcast<vec2u>(vec2h(1, 2).xyxy)", (0x40003C00, 0x40003C00)), ("bitcast<vec2h>(0x40003c00)", (1.0, 2.0)),
    ("sqrt(vec2(4, 9))", (2.0, 3.0)), ("1.0h / 3.0h", half(1 / 3)), ("abs(vec2(-1, 2))", (1, 2)), ("dot(vec2(65536u), vec2(65536u))", 0), ("select(vec2(1, 2), vec2(3, 4), vec2(true, false))", (3, 2)), ("all(vec2(true))", True),
]  # fmt: skip


@pytest.mark.parametrize(("expression", "value"), CONSTANTS, ids=[expression for expression, _ in CONSTANTS])
def test_a_constant_call_has_its_value(expression: str, value: object) -> None:
    found = program(f"enable f16; const x = {expression};").shader.constants["x"]
    assert found == value


@pytest.mark.parametrize(
    "expression",
    [
        "sqrt(-1.0)", "log(0.0)", "log2(-1)", "inverseSqrt(0)", "acos(1.5)", "asin(-2)", "acosh(0.5)", "atanh(1)", "exp(1000.0f)", "sinh(1000)", "pow(0.0, 0.0)", "pow(-1, 2)",
        "normalize(vec2f())", "length(vec2f(3e30))", "degrees(3e38f)", "fma(3e38f, 2, -3e38f)", "clamp(1, 3, 2)", "smoothstep(1, 1, 2)", "ldexp(0.25f, 129)", "ldexp(1.0f, 128)",
        "extractBits(1u, 20, 13)", "insertBits(1u, 1u, 33, 0)", "quantizeToF16(65505)", "pack2x16float(vec2(1e6, 0))", "unpack2x16float(0x7c00)", "bitcast<f32>(0x7f800000)", "bitcast<f32>(-1)", "bitcast<f32>(4294967295)",
        "dot(vec2(9223372036854775807), vec2(1))", "f16(65519f)", "65504h + 1h", "distance(3e38f, -3e38f)", "cross(vec3f(1e30), vec3f(1e30))", "determinant(mat2x2f(3e30, 0, 0, 3e30))",
    ],
)  # fmt: skip
def test_a_constant_call_without_a_result_is_refused(expression: str) -> None:
    with pytest.raises(WgslError) as caught:
        program(f"enable f16; const x = {expression};")
    assert caught.value.code in ("WGSL_CONST_INVALID", "WGSL_VALUE_RANGE")


def test_results_of_abstract_numbers_become_those_of_variables() -> None:
    text = "enable f16; const x = frexp(1.5); fn f() { var a = x; a = frexp(2.0f); var b = frexp(2.0h); b = x; let c: i32 = a.exp; _ = c; }"
    assert "f" in program(text).functions or program(text).functions == {}
