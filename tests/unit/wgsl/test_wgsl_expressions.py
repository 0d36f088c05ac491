"""Types of the expressions of functions: conversions, loads, places, and constants that are worked out."""

# ruff: noqa: E501 - tables of expressions
from __future__ import annotations

import sys
from typing import cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aikernel_web.compute.wgsl.source import Span
from aikernel_web.compute.wgsl.typed import tree
from aikernel_web.compute.wgsl.typed.program import program
from aikernel_web.compute.wgsl.typed.walk import Node, walk
from aikernel_web.compute.wgsl.types import Matrix, Scalar, Vector
from aikernel_web.compute.wgsl.values import ABSTRACT, component_of, innermost
from aikernel_web.contracts.shader_errors import WgslError

MODULE = """enable f16;
struct S { a: i32, b: vec2f, c: array<f32, 3> }
struct T { count: atomic<u32>, rows: array<vec4u> }
@group(0) @binding(0) var<storage, read_write> t: T;
@group(0) @binding(1) var<storage> data: array<f32>;
@group(0) @binding(2) var<uniform> us: S;
var<private> pv: vec3f;
var<workgroup> wa: array<i32, 4>;
override o: u32 = 3;
const table = array(1, 2, 3.5);
const cs = S(1, vec2f(1, 2), array(1, 2, 3));
fn id(x: f32) -> f32 { return x; }
fn nothing() {}
fn add(p: ptr<function, f32>, by: f32) -> f32 { *p += by; return *p; }
@compute @workgroup_size(1) fn main(@builtin(global_invocation_id) g: vec3u) {
let i = i32(g.x); let u = g.y; let f = f32(u); let h = f16(f); let b = u > 1;
let v = vec3f(f); let vi = vec3i(i); let m = mat3x2f(); let s = us;
var x = f; var w = array<vec2f, 3>(); var z = us; let p = &x; let pw = &w; let pz = &z;
"""


def typed(expression: str) -> tree.Value:
    """The value of ``let`` in a function that knows the names above."""
    found = program(f"{MODULE}let result = {expression};\n}}").functions["main"].body.statements[-1]
    return cast("tree.DeclareLet", found).value


def shown(node: Node) -> str:  # noqa: PLR0911, PLR0912 - a kind each
    """A value in few words."""
    match node:
        case tree.Literal(data=data):
            return f"{node.type}:{data}"
        case tree.OverrideValue(name=name):
            return name
        case tree.LocalValue(local=local) | tree.LocalPlace(local=local):
            return local.name
        case tree.ModulePlace(variable=variable):
            return variable.name
        case tree.Load(place=place):
            return f"load({shown(place)})"
        case tree.Unary(operator=operator, operand=operand):
            return f"{operator}{shown(operand)}"
        case tree.Binary(operator=operator, left=left, right=right):
            return f"({shown(left)} {operator} {shown(right)})"
        case tree.BuiltinCall(name=name, arguments=arguments) | tree.Call(function=name, arguments=arguments):
            return f"{name}({', '.join(map(shown, arguments))})"
        case tree.Construct(type=kind, arguments=arguments):
            return f"{kind}({', '.join(map(shown, arguments))})"
        case tree.Element(base=base, index=index) | tree.ElementPlace(base=base, index=index):
            return f"{shown(base)}[{shown(index)}]"
        case tree.MemberValue(base=base, at=at) | tree.MemberPlace(base=base, at=at):
            return f"{shown(base)}.{at}"
        case tree.Swizzle(base=base, places=places):
            return f"{shown(base)}.{''.join('xyzw'[at] for at in places)}"
        case tree.AddressOf(place=place):
            return f"&{shown(place)}"
        case tree.Pointee(pointer=pointer):
            return f"*{shown(pointer)}"
    raise AssertionError(node)


@pytest.mark.parametrize(
    ("expression", "kind", "value"),
    [
        # Abstract numbers become what stands beside them.
        ("f + 1", "f32", "(f + f32:1.0)"), ("1 - u", "u32", "(u32:1 - u)"), ("h * 2", "f16", "(h * f16:2.0)"), ("i == 3", "bool", "(i == i32:3)"),
        ("v * 2", "vec3<f32>", "(v * f32:2.0)"), ("vec3(1, 2, 3) + v", "vec3<f32>", "(vec3<f32>:(1.0, 2.0, 3.0) + v)"), ("vi << vec3(1)", "vec3<i32>", "(vi << vec3<u32>:(1, 1, 1))"),
        ("1 << u", "i32", "(i32:1 << u)"), ("u >> 3", "u32", "(u >> u32:3)"), ("select(1, 2.5, b)", "f32", "select(f32:1.0, f32:2.5, b)"), ("select(1, 2, b)", "i32", "select(i32:1, i32:2, b)"),
        ("max(1, f)", "f32", "max(f32:1.0, f)"), ("vec2(f, 1)", "vec2<f32>", "vec2<f32>(f, f32:1.0)"), ("array(1, u)", "array<u32, 2>", "array<u32, 2>(u32:1, u)"),
        ("table[i]", "f32", "array<f32, 3>:(1.0, 2.0, 3.5)[i]"), ("vec2(1, 2)[u]", "i32", "vec2<i32>:(1, 2)[u]"), ("id(1)", "f32", "id(f32:1.0)"), ("S(1, vec2(1, f), array(1, 2, 3)).a", "i32", "S(i32:1, vec2<f32>(f32:1.0, f), array<f32, 3>:(1.0, 2.0, 3.0)).0"),
        # What is constant is a literal.
        ("1 + 2", "i32", "i32:3"), ("1 + 2.0", "f32", "f32:3.0"), ("table[2]", "f32", "f32:3.5"), ("cs.b.y + 1", "f32", "f32:3.0"), ("vec4(vec2(1, 2), 3, 4.5).wzy", "vec3<f32>", "vec3<f32>:(4.5, 3.0, 2.0)"),
        ("mat2x2(1, 2, 3, 4) * vec2(1, 1)", "vec2<f32>", "vec2<f32>:(4.0, 6.0)"), ("vec2(1, 1) * mat2x2(1, 2, 3, 4)", "vec2<f32>", "vec2<f32>:(3.0, 7.0)"), ("mat2x2f(1, 2, 3, 4) * mat2x2f(1, 2, 3, 4)", "mat2x2<f32>", "mat2x2<f32>:((7.0, 10.0), (15.0, 22.0))"),
        ("(mat2x3f() + mat2x3f(1, 2, 3, 4, 5, 6))[1]", "vec3<f32>", "vec3<f32>:(4.0, 5.0, 6.0)"), ("2 * mat2x2(1, 2, 3, 4)", "mat2x2<f32>", "mat2x2<f32>:((2.0, 4.0), (6.0, 8.0))"), ("S().c", "array<f32, 3>", "array<f32, 3>:(0.0, 0.0, 0.0)"),
        ("frexp(6.0).exp", "i32", "i32:3"), ("clamp(vec2(5, -5), vec2(0), vec2(2))", "vec2<i32>", "vec2<i32>:(2, 0)"), ("true || 1 / 0 == 1", "bool", "bool:True"), ("false && id(1) > f / 0", "bool", "bool:False"),
        ("bitcast<u32>(1.0)", "u32", "u32:1065353216"), ("o + 1", "u32", "(o + u32:1)"), ("array<f32, 100000>()[u]", "f32", "array<f32, 100000>()[u]"),
        # Algebra.
        ("m * v", "vec2<f32>", "(m * v)"), ("v.xy * m", "vec3<f32>", "(v.xy * m)"), ("m * transpose(m)", "mat2x2<f32>", "(m * transpose(m))"), ("m * 2", "mat3x2<f32>", "(m * f32:2.0)"), ("v == vec3f(1)", "vec3<bool>", "(v == vec3<f32>:(1.0, 1.0, 1.0))"),
        ("!(v < vec3(1))", "vec3<bool>", "!(v < vec3<f32>:(1.0, 1.0, 1.0))"), ("-vi", "vec3<i32>", "-vi"), ("~u", "u32", "~u"), ("b && i > 1", "bool", "(b && (i > i32:1))"), ("f / 0", "f32", "(f / f32:0.0)"),
        # Loads, and parts of places and of values.
        ("x + 1", "f32", "(load(x) + f32:1.0)"), ("w[i].y", "f32", "load(w[i][u32:1])"), ("w[1].yx", "vec2<f32>", "load(w[i32:1]).yx"), ("us.c[u]", "f32", "load(us.2[u])"), ("s.c[u]", "f32", "s.2[u]"), ("v.zx.y", "f32", "v.zx.y"), ("v[u]", "f32", "v[u]"),
        ("m[1][u]", "f32", "m[i32:1][u]"), ("data[u] + pv.z", "f32", "(load(data[u]) + load(pv[u32:2]))"), ("t.rows[i].w", "u32", "load(t.1[i][u32:3])"), ("wa[o]", "i32", "load(wa[o])"), ("cs.c[i]", "f32", "array<f32, 3>:(1.0, 2.0, 3.0)[i]"),
        # Pointers.
        ("&w[1]", "ptr<function, vec2<f32>, read_write>", "&w[i32:1]"), ("*p", "f32", "load(*p)"), ("pw[2].x", "f32", "load(*pw[i32:2][u32:0])"), ("(*pw)[u].x", "f32", "load(*pw[u][u32:0])"), ("pz.b.yx", "vec2<f32>", "load(*pz.1).yx"), ("*&x", "f32", "load(x)"),
        ("(&z).a", "i32", "load(z.0)"), ("add(&x, 1)", "f32", "add(&x, f32:1.0)"), ("arrayLength(&data)", "u32", "arrayLength(&data)"), ("&data", "ptr<storage, array<f32>, read>", "&data"), ("atomicAdd(&t.count, 1)", "u32", "atomicAdd(&t.0, u32:1)"), ("p", "ptr<function, f32, read_write>", "p"),
        # Constructions.
        ("f32(i)", "f32", "f32(i)"), ("f32(f)", "f32", "f"), ("u32(-1.5)", "u32", "u32:0"), ("vec3f(f)", "vec3<f32>", "vec3<f32>(f)"), ("vec3i(v)", "vec3<i32>", "vec3<i32>(v)"), ("vec3(v)", "vec3<f32>", "v"), ("vec4f(v, 1)", "vec4<f32>", "vec4<f32>(v, f32:1.0)"),
        ("mat2x2(1, 2, 3, f)", "mat2x2<f32>", "mat2x2<f32>(f32:1.0, f32:2.0, f32:3.0, f)"), ("mat2x3(v, vec3(1))", "mat2x3<f32>", "mat2x3<f32>(v, vec3<f32>:(1.0, 1.0, 1.0))"), ("mat3x2h(m)", "mat3x2<f16>", "mat3x2<f16>(m)"), ("bool(u)", "bool", "bool(u)"), ("array(v, v)[i]", "vec3<f32>", "array<vec3<f32>, 2>(v, v)[i]"),
    ],
)  # fmt: skip
def test_an_expression_has_its_type_and_form(expression: str, kind: str, value: str) -> None:
    found = typed(expression)
    assert (str(found.type), shown(found)) == (kind, value)


@pytest.mark.parametrize(
    ("expression", "code", "place"),
    [
        ("f + 1i", "WGSL_TYPE_MISMATCH", "f + 1i"), ("i + u", "WGSL_TYPE_MISMATCH", "i + u"), ("v + vec2f()", "WGSL_TYPE_MISMATCH", "v + vec2f()"), ("b + b", "WGSL_TYPE_MISMATCH", "b + b"), ("u + 1.5", "WGSL_TYPE_MISMATCH", "u + 1.5"), ("f & 1", "WGSL_TYPE_MISMATCH", "f & 1"),
        ("m * vec2f()", "WGSL_TYPE_MISMATCH", "m * vec2f()"), ("m + 1", "WGSL_TYPE_MISMATCH", "m + 1"), ("m == m", "WGSL_TYPE_MISMATCH", "m == m"), ("-m", "WGSL_TYPE_MISMATCH", "-m"), ("!i", "WGSL_TYPE_MISMATCH", "!i"), ("-u", "WGSL_TYPE_MISMATCH", "-u"), ("b && i", "WGSL_TYPE_MISMATCH", "b && i"),
        ("u << i", "WGSL_TYPE_MISMATCH", "u << i"), ("vi << u", "WGSL_TYPE_MISMATCH", "vi << u"), ("u << 32", "WGSL_CONST_INVALID", "u << 32"), ("1 + 2 + (1u << 40)", "WGSL_CONST_INVALID", "1u << 40"), ("i / 0", "WGSL_CONST_INVALID", "i / 0"), ("vi % vec3(1, 0, 1)", "WGSL_CONST_INVALID", "vi % vec3(1, 0, 1)"),
        ("f + 1.0 / 0.0", "WGSL_CONST_INVALID", "1.0 / 0.0"), ("u + (1 - 2)", "WGSL_VALUE_RANGE", "1 - 2"), ("2147483648", "WGSL_VALUE_RANGE", "2147483648"), ("i + 3000000000", "WGSL_VALUE_RANGE", "3000000000"),
        ("v[3]", "WGSL_INDEX_RANGE", "3"), ("w[2 + 1]", "WGSL_INDEX_RANGE", "2 + 1"), ("data[-1]", "WGSL_INDEX_RANGE", "-1"), ("v[f]", "WGSL_TYPE_MISMATCH", "f"), ("f[0]", "WGSL_TYPE_MISMATCH", "f[0]"), ("v.w", "WGSL_MEMBER_UNKNOWN", "v.w"), ("v.xg", "WGSL_MEMBER_UNKNOWN", "v.xg"), ("s.d", "WGSL_MEMBER_UNKNOWN", "s.d"),
        ("t.count", "WGSL_TYPE_MISMATCH", "t.count"), ("data", "WGSL_TYPE_MISMATCH", "data"), ("t", "WGSL_TYPE_MISMATCH", "t"), ("&v", "WGSL_REFERENCE_WANTED", "v"), ("&pv.x", "WGSL_ADDRESS_INVALID", "&pv.x"), ("*f", "WGSL_TYPE_MISMATCH", "*f"), ("1 + nothing()", "WGSL_TYPE_MISMATCH", "nothing()"),
        ("id(1u)", "WGSL_TYPE_MISMATCH", "1u"), ("id(1, 2)", "WGSL_ARGUMENT_COUNT", "id(1, 2)"), ("id<f32>(1)", "WGSL_TEMPLATE_LIST", "id<f32>"), ("abs<f32>(1)", "WGSL_TEMPLATE_LIST", "abs<f32>"), ("max(f, u)", "WGSL_TYPE_MISMATCH", "max(f, u)"), ("max(f)", "WGSL_ARGUMENT_COUNT", "max(f)"), ("add(&w[0], 1)", "WGSL_TYPE_MISMATCH", "&w[0]"),
        ("vec3f(i)", "WGSL_TYPE_MISMATCH", "i"), ("vec3f(v.xy)", "WGSL_ARGUMENT_COUNT", "vec3f(v.xy)"), ("vec2(f, u)", "WGSL_TYPE_MISMATCH", "vec2(f, u)"), ("mat2x2(vec2u(), vec2u())", "WGSL_TYPE_MISMATCH", "mat2x2(vec2u(), vec2u())"), ("mat2x2f(f)", "WGSL_ARGUMENT_COUNT", "mat2x2f(f)"),
        ("array(f, u)", "WGSL_TYPE_MISMATCH", "array(f, u)"), ("array<f32>(f)", "WGSL_TYPE_INVALID", "array<f32>(f)"), ("T()", "WGSL_TYPE_INVALID", "T()"), ("S(1)", "WGSL_ARGUMENT_COUNT", "S(1)"), ("u32(-1)", "WGSL_VALUE_RANGE", "u32(-1)"), ("clamp(f, 2, 1)", "WGSL_CONST_INVALID", "clamp(f, 2, 1)"),
    ],
)  # fmt: skip
def test_an_expression_that_means_nothing_is_refused_where_it_stands(expression: str, code: str, place: str) -> None:
    with pytest.raises(WgslError) as caught:
        typed(expression)
    found = [item for item in caught.value.diagnostics if item.source_line.startswith("let result")]
    marked = [item.source_line[item.column - 1 : item.column - 1 + item.length] for item in found]
    assert ([item.code for item in found], marked) == ([code], [place])
    assert len(found) == len(caught.value.diagnostics)


@pytest.mark.parametrize("name", ["i", "u + 1", "o", "pv.x", "wa[0]", "id(1)", "data[0]", "1 + select(1, i, true)"])
def test_what_runs_is_no_constant(name: str) -> None:
    with pytest.raises(WgslError) as caught:
        program(f"{MODULE}const result = {name};\n}}")
    assert [item.code for item in caught.value.diagnostics] == ["WGSL_NOT_CONSTANT"]


SCALARS = {
    "f32": ["f", "x", "1.5f", "*p", "v.x", "w[u].y", "data[u]", "f32(i)", "id(f)", "table[i]", "cs.b.x", "f32(2)"],
    "i32": ["i", "7i", "wa[i]", "vi[u]", "s.a", "i32(f)"],
    "u32": ["u", "2u", "o", "g.z", "t.rows[i].y", "u32(f)"],
}
OPERATORS = {"f32": "+-*/", "i32": "+-*&|^", "u32": "+-*&|^"}


@st.composite
def expressions(draw: st.DrawFn, kind: str, depth: int = 3) -> str:  # noqa: PLR0911 - a kind each
    """An expression that is made of a type's own values alone, so that it is valid."""
    if depth == 0 or draw(st.integers(0, 4)) == 0:
        return draw(st.sampled_from(SCALARS[kind]))
    parts = expressions(kind, depth - 1)
    match draw(st.integers(0, 6)):
        case 0:
            other = draw(st.sampled_from(list(SCALARS)))
            return f"select({draw(parts)}, {draw(parts)}, {draw(expressions(other, depth - 1))} < {draw(expressions(other, depth - 1))})"
        case 1:
            return f"vec3({draw(parts)}, {draw(parts)}, {draw(parts)}).{draw(st.sampled_from('xyz'))}"
        case 2:
            return f"array({draw(parts)}, {draw(parts)})[{draw(st.sampled_from(['u', 'i', '1']))}]"
        case 3:
            return f"max({draw(parts)}, {draw(parts)})"
        case 4:
            return f"({draw(parts)} {draw(st.sampled_from('+-*'))} {draw(st.integers(0, 9))})"
    return f"({draw(parts)} {draw(st.sampled_from(OPERATORS[kind]))} {draw(parts)})"


def is_concrete(node: Node) -> bool:
    return innermost(getattr(node, "type", None)) not in ABSTRACT


def numbers(data: object) -> list[object]:
    return [number for item in data for number in numbers(item)] if isinstance(data, tuple) else [data]


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(list(SCALARS)).flatmap(lambda kind: st.tuples(st.just(kind), expressions(kind))))
def test_in_a_typed_tree_nothing_is_abstract_and_operands_are_of_one_type(case: tuple[str, str]) -> None:
    kind, expression = case
    found = typed(expression)
    assert str(found.type) == kind
    for node in walk(found):
        assert is_concrete(node)
        match node:
            case tree.Literal(type=of, data=data):
                assert set(map(type, numbers(data))) == {
                    {"bool": bool, "f32": float, "f16": float}.get(str(innermost(of)), int)
                }
            case tree.Binary(operator=operator, left=left, right=right) if operator not in ("<<", ">>"):
                assert component_of(left.type) == component_of(right.type)
                assert not (isinstance(left, tree.Literal) and isinstance(right, tree.Literal))
            case tree.Construct(arguments=arguments):
                assert not all(isinstance(item, tree.Literal) for item in arguments)
            case tree.BuiltinCall(name=name, arguments=arguments):
                assert not all(isinstance(item, tree.Literal) for item in arguments), name
            case tree.Load(place=place):
                assert node.type == place.type


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.integers(-9, 9), min_size=4, max_size=4),
    st.lists(st.integers(-9, 9), min_size=4, max_size=4),
    st.sampled_from("+-*"),
)
def test_constants_of_vectors_are_worked_out_by_component(a: list[int], b: list[int], operator: str) -> None:
    texts = [f"vec4({', '.join(map(str, numbers))})" for numbers in (a, b)]
    found = cast("tree.Literal", typed(f"{texts[0]} {operator} {texts[1]}"))
    singles = [cast("tree.Literal", typed(f"{x} {operator} {y}")).data for x, y in zip(a, b, strict=True)]
    assert found.data == tuple(singles)
    assert found.type == Vector(4, Scalar("i32"))


@settings(max_examples=40, deadline=None)
@given(st.tuples(*[st.integers(2, 4)] * 3), st.randoms(use_true_random=False))
def test_products_of_constant_matrices_are_those_of_algebra(shape: tuple[int, int, int], chance: object) -> None:
    rows, inner, columns = shape
    numbers = [[getattr(chance, "randint")(-5, 5) for _ in range(size)] for size in (inner * rows, columns * inner)]  # noqa: B009
    left, right = (
        f"mat{c}x{r}({', '.join(map(str, n))})" for c, r, n in ((inner, rows, numbers[0]), (columns, inner, numbers[1]))
    )
    found = cast("tree.Literal", typed(f"{left} * {right}"))
    expected = tuple(
        tuple(
            float(sum(numbers[0][k * rows + row] * numbers[1][column * inner + k] for k in range(inner)))
            for row in range(rows)
        )
        for column in range(columns)
    )
    assert (found.type, found.data) == (Matrix(columns, rows, Scalar("f32")), expected)


def test_spans_are_those_of_the_parts() -> None:
    text = f"{MODULE}let result = f + w[i].x;\n}}"
    found = typed("f + w[i].x")
    assert isinstance(found, tree.Binary)

    def written(span: Span) -> str:
        return text[span.start : span.end]

    assert [written(node.span) for node in walk(found)] == [
        "f + w[i].x",
        "f",
        "w[i].x",
        "w[i].x",
        "w[i]",
        "w",
        "i",
        "w[i].x",
    ]


def test_the_deepest_expressions_fit_on_a_stack_that_is_half_used() -> None:
    deep = [
        "(1 + i * " * 120 + "1" + ")" * 120,
        "- " * 120 + "i",
        "abs(" * 120 + "i" + ")" * 120,
        "!(" * 120 + "b" + ")" * 120,
        "f" + " + f" * 500,
        "v" + ".zyx" * 500,
    ]

    def lower(depth: int) -> int:
        return lower(depth - 1) if depth else sum(typed(expression).type is not None for expression in deep)

    frame, used = sys._getframe(), 0
    while frame is not None:
        frame, used = frame.f_back, used + 1  # type: ignore[assignment]
    assert lower(sys.getrecursionlimit() // 2 - used) == len(deep)


def test_a_large_table_may_be_named_again_and_again() -> None:
    text = f"const table = array({', '.join(map(str, range(3000)))}); @compute @workgroup_size(1) fn main(@builtin(local_invocation_index) i: u32) {{ {'_ = table[i];' * 3000} }}"
    found = program(text).functions["main"].body.statements
    bases = {
        id(cast("tree.Literal", cast("tree.Element", cast("tree.Assign", item).value).base).data) for item in found
    }
    assert len(bases) == 1
