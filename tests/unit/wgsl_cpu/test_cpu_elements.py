"""Arrays that are only accessed at constant indices, whose elements are variables of their own."""

# ruff: noqa: E501 - shaders

from __future__ import annotations

import numpy as np
import pytest
from cpu_running import compiled, run

from aikernel_web.compute.wgsl.executor.elements import constant_owners
from aikernel_web.compute.wgsl.typed.program import program
from aikernel_web.compute.wgsl.typed.tree import Local
from aikernel_web.compute.wgsl.typed.walk import walk

SHADER = """
struct S { a: array<u32, 3>, b: u32, c: array<array<vec2u, 2>, 2> }
@group(0) @binding(0) var<storage, read_write> out: array<u32>;
@group(0) @binding(1) var<storage, read> given: array<u32>;
@group(0) @binding(2) var<uniform> zero: u32;
var<private> p: array<u32, 3>;
var<private> q: array<u32, 2> = array(5u, 6u);
fn twice(x: u32) -> u32 { var a = array(x, x + 1u); a[1] += a[0]; return a[1]; }
fn through(a: ptr<function, array<u32, 4>>) { a[0] = 1u; }
fn element(a: ptr<function, u32>) { *a += 1u; }
@compute @workgroup_size(32) fn main(@builtin(global_invocation_id) id: vec3u) {
  let i = id.x;
  var x = given[i];
  BODY
  out[i] = x;
}
"""


def shader(body: str) -> str:
    return SHADER.replace("BODY", body)


def owners(body: str) -> set[str]:
    functions = program(shader(body)).functions
    nodes = (node for function in functions.values() for node in walk(function.body))
    return {owner.name if isinstance(owner, Local) else owner for owner in constant_owners(nodes)} - {"a"}


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("var e: array<u32, 4>; e[1] = x; x = e[0];", {"e"}),
        ("var e: array<u32, 4>; e[1] += x;", {"e"}),
        ("var e: array<vec4f, 4>; e[1].x = 1.0; e[2][i] = 1.0;", {"e"}),
        ("var e: array<mat2x2f, 4>; e[1][i].x = 1.0;", {"e"}),
        ("var e: array<array<u32, 2>, 2>; e[1][0] = x;", {"e"}),
        ("var e: S; e.a[1] = x; e.c[0][1].x = x; e.b = x;", {"e"}),
        ("var e = array(1u, x); x = e[1];", {"e"}),
        ("const n = 1; var e: array<u32, 4>; e[n + 2] = x;", {"e"}),
        ("p[1] = x;", {"p"}),
        ("x += q[1];", {"q"}),
        ("var e: array<u32, 4>; e[i & 3] = x;", set()),
        ("var e: array<u32, 4>; x = e[i & 3]; e[0] = x;", set()),
        ("var e: array<u32, 4>; var f = e; f[0] = x;", {"f"}),
        ("var e: array<u32, 4>; e = array(x, x, x, x); x = e[0];", set()),
        ("var e: array<u32, 4>; through(&e); x = e[0];", set()),
        ("var e: array<u32, 4>; let r = &e[0]; *r = x;", set()),
        ("var e: array<u32, 4>; element(&e[0]);", set()),
        ("var e: array<array<u32, 2>, 2>; let r = e[1]; x = r[i & 1];", set()),
        ("var e: array<array<u32, 2>, 2>; e[i & 1][0] = x;", set()),
        ("var e: S; let r = e; e.a[0] = r.b;", set()),
        ("var e: array<u32, 65>; e[1] = x;", set()),
        ("var e: array<array<u32, 8>, 9>; e[1][0] = x;", set()),
        ("p[i & 1] = q[0]; q[zero] = 1u;", set()),
        ("var e: vec4u; e[1] = x;", set()),
    ],
)
def test_constants_are_told_from_what_varies(body: str, expected: set[str]) -> None:
    assert owners(body) == expected


@pytest.mark.parametrize(
    "body",
    [
        "var e: array<u32, 4>; e[1] = x; e[2] += e[1] * 2u; x = e[0] + e[1] + e[2] + e[3];",
        "var e = array(x, 7u, i); e[0] += e[1]; x = e[0] ^ e[2];",
        "var e: array<u32, 2>; if (i > 7u) { e[0] = x; } else { e[1] = i; } x = e[0] * 3u + e[1];",
        "var e: array<u32, 2>; for (var k = 0u; k < i; k++) { e[0] += k; if (k > 9u) { break; } e[1] ^= k; } x = e[0] + e[1];",
        "var e: array<u32, 2>; for (var k = 0u; k < i; k++) { var f: array<u32, 2>; f[1] += k; e[1] += f[1]; } x = e[1];",
        "var e: S; e.a[2] = x; e.c[1][0] = vec2u(i, x); e.b = e.a[2] + e.c[1][0].y; x = e.b + e.c[0][1].x;",
        "var e = S(array(1u, x, 3u), i, array(array(vec2u(1), vec2u(x)), array(vec2u(i), vec2u(4)))); e.a[0] += e.b; x = e.a[0] + e.a[1] + e.c[0][1].y;",
        "p[1] = x; p[2] = p[1] + i; x = p[0] + p[2] + q[1]; q[1] = x;",
        "x = twice(x) + twice(i);",
        "switch (i & 3u) { case 1: { p[0] = x; } case 2: { q[0] = i; } default: {} } x = p[0] * 5u + q[0];",
        "var e: array<vec4u, 2>; e[1][i & 3u] = x; e[0] = e[1].wzyx; x = e[0].x + e[0].y * 3u + e[1].z;",
        "if (i > 20u) { return; } var e: array<u32, 2>; e[1] = x; x = e[1] + 1u;",
    ],
)
def test_they_hold_what_arrays_hold(body: str, monkeypatch: pytest.MonkeyPatch) -> None:
    given = np.random.default_rng(3).integers(0, 1 << 32, 64, np.uint32)
    found = []
    for separate in (True, False):
        if not separate:
            monkeypatch.setattr("aikernel_web.compute.wgsl.executor.compiler.constant_owners", lambda _: frozenset())
        kernel = compiled(shader(body))
        assert ("array_put" in kernel.text) != separate
        found.append(np.zeros(64, np.uint32))
        run(kernel, (2, 1, 1), out=found[-1], given=given, zero=np.zeros(1, np.uint32))
    assert found[0].any()
    assert found[0].tolist() == found[1].tolist()
