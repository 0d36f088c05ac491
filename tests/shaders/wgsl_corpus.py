"""WGSL texts that are valid, and texts that are not, for the front end and for a browser's compiler."""

# ruff: noqa: E501 - shaders of one line
from __future__ import annotations

_OUT = "@group(0) @binding(0) var<storage, read_write> out: array<f32>;\n"


def _body(statements: str, module: str = "") -> str:
    return f"{_OUT}{module}\n@compute @workgroup_size(1)\nfn main(@builtin(global_invocation_id) id: vec3<u32>) {{\n{statements}\n}}\n"


VALID: dict[str, str] = {
    "nothing": "",
    "only comments": "// a\n/* b /* c */ d */ // e",
    "semicolons alone": ";;; const a = 1; ;",
    "an empty entry point": "@compute @workgroup_size(1) fn main() {}",
    "three sizes with a comma behind them": "@workgroup_size(4, 2, 1,) @compute fn main() {}",
    "sizes from constants": "const n = 8; @compute @workgroup_size(n * 2, n / 4) fn main() {}",
    "sizes from overrides": "override n: u32 = 8; @compute @workgroup_size(n, n + 1) fn main() {}",
    "an i32 override as a size": "override n: i32 = 8; @compute @workgroup_size(n, 2i) fn main() {}",
    "overrides with ids": "@id(0) override a: f32; @id(65535) override b = true; @id(1 + 2) override c: i32 = 3;",
    "overrides of overrides": "override a: u32 = 2; override b = a * 2u; override c: f32 = f32(b) + 0.5;",
    "an override in f16": "enable f16; override a: f16 = 1.5h;",
    "a declaration before what it needs": "const a = b + 1; const b = c; const c = 2; struct S { x: T } struct T { y: A } alias A = i32;",
    "names in other scripts": "const été = 1; const Δ = été + 1; const 変数 = Δ; const नमस्ते = 2; const _a = 3;",
    "names of types as members and parameters": "struct S { f32: f32, vec3: i32 } fn f(u32: i32) -> i32 { return u32; }",
    "declared names that are predeclared": "alias f32 = i32; const min = 3; fn f() -> f32 { return min; }",
    "a parameter that hides a function": "fn g() {} fn f(g: i32) -> i32 { return g; } fn h() { g(); }",
    "a local that hides a type": _body("let f32 = 1; let y = f32 + 1; out[0] = 0; _ = y;"),
    "a scope that hides another": _body("let a = 1; { let a = 2u; _ = a; } out[0] = f32(a);"),
    "a name that is used in its own initializer": _body("let a = 1; { let a = a + 1; _ = a; }"),
    "decimal numbers": "const a = 0; const b = 12i; const c = 4294967295u; const d = 1.5; const e = .5f; const f = 1.; const g = 1e9; const h = 2E-3f; const i = 3f;",
    "hexadecimal numbers": "const a = 0xFFu; const b = 0x7fffffffi; const c = 0x1p4; const d = 0x1.8p-1f; const e = 0X.8; const f = 0xa.bP+1;",
    "half numbers": "enable f16; const a = 1h; const b = 0.5h; const c: f16 = 65504; const d = 0x1.8p1h;",
    "the smallest i32": "const a: i32 = -2147483648; const b = i32(-2147483648);",
    "arithmetic of abstract numbers": "const a = 1 << 40; const b: f32 = 1 << 20; const c = 5 / 2; const d = -7 % 3; const e = 7.5 / 2; const_assert c == 2; const_assert d == -1; const_assert e == 3.75;",
    "integers that wrap around": "const a = 4294967295u + 1u; const_assert a == 0u; const b = 2147483647i + 1i; const_assert b < 0;",
    "bits": "const a = (5 & 3) | (8 ^ 1); const b = ~0u; const c = 1u << 31u; const d = -8 >> 1u; const_assert d == -4; const_assert a == 9;",
    "short circuits": "const a = false && (1 / 0 > 0); const b = true || (1 / 0 > 0); const c = !a && b || false == a;".replace(
        "!a && b || false == a", "(!a && b) || false == a"
    ),
    "comparisons": "const a = 1 < 2; const b = 1.5 >= 1; const c = vec2(1, 2) == vec2(1, 3); const_assert c.x && !c.y; const d = true != false;",
    "constants of vectors": "const a = vec3(1, 2, 3); const b = a.zyx * 2; const c = b[1] + a.r; const_assert c == 5; const d = vec4f(vec2f(), 1, 2); const_assert d.w == 2;",
    "constants of arrays and structures": "struct S { a: i32, b: vec2f } const s = S(1, vec2f(2, 3)); const t = array(1, 2, 3); const u = array<S, 2>(s, S()); const_assert u[0].b.y == 3 && t[2] == 3;",
    "constants of matrices": "const m = mat2x2f(1, 2, 3, 4); const n = mat2x2f(vec2f(), vec2f(1)); const o = m * n; const p = m[1].x; const_assert p == 3;",
    "sizes from functions": "const n = max(2, min(7, 4)) + clamp(9, 1, 3) + select(1, 2, true) + abs(-1); var<private> a: array<i32, n>; const_assert n == 10;",
    "functions of constants": "const a = sqrt(16.0) + floor(2.5) + pow(2.0, 3.0) + cos(0.0) + countOneBits(7u).x;".replace(
        " + countOneBits(7u).x", ""
    )
    + " const b = countOneBits(7u) + firstLeadingBit(8u) + reverseBits(1u); const c = dot(vec2(1, 2), vec2(3, 4)); const_assert c == 11; const d = bitcast<u32>(1.0f); const_assert d == 0x3f800000u;",
    "values in template lists": "const a = 2; const b = 3; var<private> x: array<array<f32, a + b>, (a > 1) == true && true>;".replace(
        ", (a > 1) == true && true>", ", select(1, 2, (a > 1))>"
    ),
    "template lists in template lists": "var<private> a: array<vec2<f32>, 2>; var<private> b: array<array<vec4<i32>,2>,3>; fn f(p: ptr<private, array<vec2<f32>,2>>) {}",
    "comparisons that are no template lists": _body(
        "let a = 1; let b = 2; let c = 3; if (a < b && c > b) { out[0] = 1; } let d = a<b; let e = (a < b) == (c > b); _ = d; _ = e;"
    ),
    "shifts and comparisons": _body(
        "var a = 1u; a = a << 2u; a = a >> 1u; a <<= 1u; a >>= 1u; let b = (a << 1u) >= 4u; let c = a <= 3u; _ = b; _ = c;"
    ),
    "structures with attributes": _OUT
    + "struct S { @align(16) a: f32, @size(32) b: vec3f, @align(32) @size(64) c: i32, d: array<f32, 3> } @group(0) @binding(1) var<storage> s: S;",
    "a structure that ends in an array": "struct S { n: u32, @align(16) items: array<vec3f> } @group(0) @binding(0) var<storage, read_write> s: S; @compute @workgroup_size(1) fn main() { s.items[0].x = f32(arrayLength(&s.items)); }",
    "structures in structures": "struct A { x: vec2f } struct B { a: array<A, 3>, y: f32 } struct C { b: B, c: mat4x3f } @group(0) @binding(0) var<storage> c: C;",
    "uniforms": "struct U { a: vec4f, b: mat4x4f, c: f32, d: array<vec4u, 4> } @group(0) @binding(0) var<uniform> u: U; @group(3) @binding(9) var<uniform> v: f32;",
    "atomics": "struct S { a: atomic<u32>, b: array<atomic<i32>, 4> } @group(0) @binding(0) var<storage, read_write> s: S; var<workgroup> w: atomic<u32>; @compute @workgroup_size(1) fn main() { atomicAdd(&s.a, 1u); let r = atomicCompareExchangeWeak(&w, 0u, 1u); if r.exchanged { atomicStore(&s.b[1], i32(r.old_value)); } }",
    "workgroup memory sized by an override": "override n: u32 = 4; var<workgroup> a: array<f32, n * 2>; @compute @workgroup_size(n) fn main(@builtin(local_invocation_index) i: u32) { a[i] = 1; workgroupBarrier(); storageBarrier(); }",
    "private variables": "var<private> a = 1; var<private> b: vec3f; var<private> c: array<f32, 3> = array(1, 2, 3); @compute @workgroup_size(1) fn main() { a += 1; b.x = c[a]; }",
    "textures and samplers": "@group(0) @binding(0) var t: texture_2d<f32>; @group(0) @binding(1) var s: sampler; @group(0) @binding(2) var d: texture_depth_2d; @group(0) @binding(3) var c: sampler_comparison; @group(0) @binding(4) var o: texture_storage_2d<rgba8unorm, write>; @group(0) @binding(5) var a: texture_2d_array<i32>; @group(0) @binding(6) var m: texture_multisampled_2d<u32>; @group(0) @binding(7) var e: texture_external;\n@compute @workgroup_size(1) fn main() { let x = textureSampleLevel(t, s, vec2f(), 0); textureStore(o, vec2u(), x + textureLoad(t, vec2i(), 0)); _ = textureDimensions(d); _ = textureNumLayers(a); _ = c; _ = m; _ = e; }",
    "pointers": _body(
        "var a = array<f32, 4>(); let p = &a; (*p)[1] = 2; p[2] = 3; add(&a[0], 1); let q = &out; (*q)[0] = a[0]; out[1] = total(p);",
        "fn add(x: ptr<function, f32>, y: f32) { *x += y; } fn total(p: ptr<function, array<f32, 4>>) -> f32 { return (*p)[0] + p[3]; }",
    ),
    "pointers to structures": _body(
        "var s = S(1, vec2f()); let p = &s; p.b.x = 2; (*p).a = 3; out[0] = p.b.x;", "struct S { a: i32, b: vec2f }"
    ),
    "pointers into storage as parameters": "struct S { a: array<f32> } @group(0) @binding(0) var<storage, read_write> s: S; fn f(p: ptr<storage, array<f32>, read_write>) -> u32 { (*p)[0] = 1; return arrayLength(p); } @compute @workgroup_size(1) fn main() { _ = f(&s.a); }",
    "if and else": _body("if id.x == 0 { out[0] = 1; } else if (id.x == 1) { out[1] = 2; } else { out[2] = 3; }"),
    "switch": _body(
        "switch id.x { case 0u: { out[0] = 1; } case 1, 2, { out[1] = 2; break; } default { } } switch (id.y) { case 3, default: { } }"
    ),
    "loop": _body(
        "var i = 0; loop { if i > 3 { break; } out[i] = 1; continuing { i++; break if i > 10; } } loop { break; }"
    ),
    "for and while": _body(
        "for (var i = 0; i < 4; i++) { if i == 2 { continue; } out[i] = 1; } for (;;) { break; } var j = 3; while j > 0 { j -= 1; } for (j = 1; j < 3; j += 1) { }"
    ),
    "a loop's body that hides its counter": _body("for (var i = 0; i < 2; i++) { var i = 5; out[i] = 1; }"),
    "assignments of all kinds": _body(
        "var a = 7; a += 1; a -= 1; a *= 2; a /= 2; a %= 5; a &= 3; a |= 8; a ^= 1; a++; a--; _ = a; var v = vec3f(); v.x = 1; v[1] = 2; out[0] = v.y;"
    ),
    "blocks with attributes": _body(
        "@diagnostic(off, derivative_uniformity) { out[0] = 1; } @diagnostic(warning, derivative_uniformity) if id.x == 0 { return; }"
    ),
    "directives": "diagnostic(off, derivative_uniformity); enable f16; requires readonly_and_readwrite_storage_textures; @diagnostic(off, derivative_uniformity) @compute @workgroup_size(1) fn main() {}",
    "functions that call functions": _body(
        "out[0] = f(2); g();",
        "fn f(x: f32) -> f32 { return h(x) + 1; } fn h(x: f32,) -> f32 { return x; } fn g() { _ = h(1); }",
    ),
    "a function whose result must be used": "@must_use fn f() -> i32 { return 1; } fn g() { let a = f(); _ = a; }",
    "inputs in a structure": "struct In { @builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) n: vec3u } @compute @workgroup_size(1) fn main(in: In, @builtin(local_invocation_index) i: u32, @builtin(workgroup_id) w: vec3u, @builtin(local_invocation_id) l: vec3u) { _ = in.id.x + in.n.x + i + w.x + l.x; }",
    "several entry points": _OUT
    + "@group(0) @binding(1) var<storage> a: array<f32>; @compute @workgroup_size(1) fn one() { out[0] = a[0]; } @compute @workgroup_size(2) fn two() { out[1] = 1; }",
    "one binding for two entry points": "@group(0) @binding(0) var<storage> a: f32; @group(0) @binding(0) var<storage> b: u32; @compute @workgroup_size(1) fn one() { _ = a; } @compute @workgroup_size(1) fn two() { _ = b; }",
    "vertices and fragments": "struct V { @builtin(position) p: vec4f, @location(0) @interpolate(flat) c: u32 } @vertex fn vs(@builtin(vertex_index) i: u32, @location(1) x: f32) -> V { return V(vec4f(x), i); } @fragment fn fs(v: V) -> @location(0) vec4f { if v.c == 1 { discard; } return vec4f(dpdx(v.p.x)); }",
    "packing": _body(
        "let a = pack4x8unorm(vec4f()); let b = unpack2x16float(a); out[0] = b.x + f32(dot4U8Packed(a, a)) + quantizeToF16(1.5); let m = modf(1.5); out[1] = m.fract + m.whole; let e = frexp(2.0).exp; _ = e;"
    ),
    "math": _body(
        "let v = vec3f(1, 2, 3); out[0] = length(v) + dot(v, v) + cross(v, v).x + mix(1, 2, 0.5) + smoothstep(0, 1, 0.5) + fma(1.0, 2.0, 3.0); out[1] = select(1.0, 2.0, any(v > vec3f())); let t = transpose(mat2x3f()); _ = t; _ = determinant(mat2x2f());"
    ),
    "matrices": _body(
        "let m = mat3x3f(); let v = m * vec3f(1); let w = v * m; var n = mat2x4<f32>(); n[0][1] = 1; out[0] = v.x + w.y + n[0].y; let s = m * 2; _ = s;"
    ),
    "calls in conditions": _body(
        "while f() { } for (; f();) { } if (f()) { } switch g() { default { } }",
        "fn f() -> bool { return false; } fn g() -> i32 { return 1; }",
    ),
    "assertions": _body(
        "const n = 2; const_assert n == 2; const_assert(n < 3);", "const_assert 1 + 1 == 2; const_assert true;"
    ),
    "chains of members": _body(
        "out[0] = S(T(array(vec2f(1), vec2f(2)))).t.a[1].yx[0];", "struct T { a: array<vec2f, 2> } struct S { t: T }"
    ),
    "negations": _body(
        "let a = - - 1; let b = !!true; let c = ~~1u; let d = -(-1.0); let e = 1 - -1; let f = 2 * -3; _ = a + e + f; _ = b; _ = c; _ = d;"
    ),
    "unusual blanks": "const\ta\v=\f1\u0085;\u2028const b\u200e= 2;\r\nconst c = 3;\rconst d = 4;",
    "brackets a hundred deep": "const a = " + "(" * 100 + "1" + ")" * 100 + ";",
    "blocks sixty deep": _body("{" * 60 + "out[0] = 1;" + "}" * 60),
    "four hundred operators in a row": "const a = 1" + " + 1" * 400 + "; const_assert a == 401;",
    "fifty times else": _body(
        "if id.x == 99 { }" + "".join(f" else if id.x == {n} {{ out[{n}] = 1; }}" for n in range(50))
    ),
    "switches in loops in switches": _body(
        "for (var i = 0; i < 3; i++) { switch i { case 0: { loop { switch id.x { default: { break; } } break; } continue; } default: { } } }"
    ),
    "all the mistakes of formatting": "@compute@workgroup_size(1)fn main(){var a=1;if(a<2){a=a+1;}else{a=a-1;}for(var i=0;i<2;i++){a=a>>1u;}}",
}
"""By what is in them."""

INVALID: dict[str, tuple[str, str]] = {
    "a semicolon is missing": ("const a = 1\nconst b = 2;", "WGSL_SYNTAX"),
    "a bracket is missing": (_body("out[0] = (1 + 2;"), "WGSL_SYNTAX"),
    "a square bracket is missing": (_body("out[0 = 1;"), "WGSL_SYNTAX"),
    "a brace is missing": ("fn f() {\n  if true {\n}\n", "WGSL_SYNTAX"),
    "a brace is too many": ("fn f() {\n}\n}\n", "WGSL_SYNTAX"),
    "an expression is missing": (_body("out[0] = ;"), "WGSL_SYNTAX"),
    "a value is missing": ("const a;", "WGSL_SYNTAX"),
    "a name is missing": ("fn () {}", "WGSL_SYNTAX"),
    "a type is missing": ("fn f(a) {}", "WGSL_SYNTAX"),
    "let in the module": ("\nlet a = 1;", "WGSL_SYNTAX"),
    "a statement in the module": ("\nif true { }", "WGSL_SYNTAX"),
    "a function in a function": ("fn f() {\n fn g() {} }", "WGSL_SYNTAX"),
    "brackets of another language": ("fn f() [\n]", "WGSL_SYNTAX"),
    "a chain of comparisons": ("const a = 1 < 2 < 3;", "WGSL_SYNTAX"),
    "and beside or": ("const a = true && false || true;", "WGSL_SYNTAX"),
    "bits beside sums": ("const a = 1 & 2 + 3;", "WGSL_SYNTAX"),
    "a shift of a sum": ("const a = 1 + 2 << 3u;", "WGSL_SYNTAX"),
    "two statements without a semicolon": (_body("var a = 1\nvar b = 2;"), "WGSL_SYNTAX"),
    "a value as a statement": (_body("1 + 1;"), "WGSL_SYNTAX"),
    "a step as a value": (_body("var a = 1; let b = a++;"), "WGSL_SYNTAX"),
    "an assignment to a number": (_body("1 = 2;"), "WGSL_SYNTAX"),
    "a condition without a block": (_body("if true out[0] = 1;"), "WGSL_SYNTAX"),
    "a case that is none": (_body("switch 1 { foo { } }"), "WGSL_SYNTAX"),
    "a for with commas": (_body("for (var i = 0, i < 4, i++) { }"), "WGSL_SYNTAX"),
    "a directive too late": ("const a = 1;\nenable f16;", "WGSL_SYNTAX"),
    "an attribute without a name": ("@ fn f() {}", "WGSL_SYNTAX"),
    "an empty structure": ("struct S {}", "WGSL_SYNTAX"),
    "an empty template list": ("var<private> a: array<>;", "WGSL_SYNTAX"),
    "a character of no language": ("const a = 1;\nconst b = `2`;", "WGSL_CHARACTER_INVALID"),
    "a string": ('const a = "text";', "WGSL_CHARACTER_INVALID"),
    "a comment without an end": ("const a = 1;\n/* and so on", "WGSL_COMMENT_OPEN"),
    "a number with a leading zero": ("const a = 007;", "WGSL_NUMBER_INVALID"),
    "a number with a strange suffix": ("const a = 1x;", "WGSL_NUMBER_INVALID"),
    "a u32 that is too large": ("const a = 4294967296u;", "WGSL_NUMBER_RANGE"),
    "an i32 that is too large": ("const a = 2147483648i;", "WGSL_NUMBER_RANGE"),
    "an abstract integer that is too large": ("const a = 9223372036854775808;", "WGSL_NUMBER_RANGE"),
    "an f32 that is too large": ("const a = 1e39f;", "WGSL_NUMBER_RANGE"),
    "a hexadecimal f32 with too many digits": ("const a = 0x1.00000001p0f;", "WGSL_NUMBER_RANGE"),
    "a reserved word": ("const a = 1;\nconst enum = 2;", "WGSL_WORD_RESERVED"),
    "a keyword as a name": ("const loop = 2;", "WGSL_SYNTAX"),
    "two underscores": ("const __a = 1;", "WGSL_NAME_INVALID"),
    "an underscore alone": ("const _ = 1;", "WGSL_SYNTAX"),
    "a name that nobody declared": (_body("out[0] = 1;\nout[1] = nothing;"), "WGSL_NAME_UNKNOWN"),
    "a function that nobody declared": (_body("nothing();"), "WGSL_NAME_UNKNOWN"),
    "a type that nobody declared": ("const a = 1;\nvar<private> b: nothing;", "WGSL_NAME_UNKNOWN"),
    "a name of another scope": (_body("{ let a = 1; }\nout[0] = a;"), "WGSL_NAME_UNKNOWN"),
    "a name before its declaration": (_body("out[0] = a;\nlet a = 1.0;"), "WGSL_NAME_UNKNOWN"),
    "a name of its own initializer": (_body("let a = a;"), "WGSL_NAME_UNKNOWN"),
    "two functions of one name": ("fn f() {}\nfn f() {}", "WGSL_NAME_TWICE"),
    "two locals of one name": (_body("let a = 1;\nlet a = 2;"), "WGSL_NAME_TWICE"),
    "a local with a parameter's name": ("fn f(a: i32) {\n let a = 1; }", "WGSL_NAME_TWICE"),
    "two parameters of one name": ("fn f(a: i32,\n a: i32) {}", "WGSL_NAME_TWICE"),
    "two members of one name": ("struct S { a: i32,\n a: i32 }", "WGSL_NAME_TWICE"),
    "a variable that is called": (_body("let a = 1;\na();"), "WGSL_NAME_KIND"),
    "a type as a value": (_body("out[0] = f32;"), "WGSL_NAME_KIND"),
    "a function as a value": (_body("out[0] = min;"), "WGSL_NAME_KIND"),
    "a value as a type": ("const a = 1;\nvar<private> b: a;", "WGSL_NAME_KIND"),
    "a function that calls itself": ("fn f() {\n f(); }", "WGSL_RECURSION"),
    "functions that call each other": ("fn f() { g(); }\nfn g() { f(); }", "WGSL_RECURSION"),
    "constants that need each other": ("const a = b;\nconst b = a;", "WGSL_CYCLE"),
    "a structure in itself": ("struct S {\n a: S }", "WGSL_CYCLE"),
    "an alias of itself": ("alias A = array<A, 2>;", "WGSL_CYCLE"),
    "f16 that is not enabled": ("const a = 1;\nvar<private> b: f16;", "WGSL_NOT_ENABLED"),
    "an array of nothing": ("const n = 1;\nvar<private> a: array<f32, n - 1>;", "WGSL_ARRAY_COUNT"),
    "an array of half an element": ("var<private> a: array<f32, 1.5>;", "WGSL_ARRAY_COUNT"),
    "an array that is too large": ("var<private> a: array<f32, 2000000000>;", "WGSL_LIMIT_EXCEEDED"),
    "a count that is no constant": ("var<private> n = 3;\nvar<private> a: array<f32, n>;", "WGSL_NOT_CONSTANT"),
    "a division by zero": ("const a = 1;\nconst b = a / (a - 1);", "WGSL_CONST_INVALID"),
    "a remainder of zero": ("const a = 1 % 0;", "WGSL_CONST_INVALID"),
    "a shift that is too far": ("const a = 1u << 32u;", "WGSL_CONST_INVALID"),
    "a shift by a billion": ("const a = 1 << 1000000000;", "WGSL_CONST_INVALID"),
    "a shift that loses the sign": ("const a = 1i << 31u;", "WGSL_CONST_INVALID"),
    "an abstract integer that overflows": ("const a = 9223372036854775807 + 1;", "WGSL_CONST_INVALID"),
    "a float that overflows": ("const a = 3e38f * 10;", "WGSL_CONST_INVALID"),
    "a root of a negative number": ("const a = sqrt(-1.0);", "WGSL_CONST_INVALID"),
    "an i32 of a large number": ("const a: i32 = 2147483648;", "WGSL_VALUE_RANGE"),
    "a u32 of a negative number": ("const a = u32(-1);", "WGSL_VALUE_RANGE"),
    "a float as an integer": ("const a: i32 = 1.5;", "WGSL_TYPE_MISMATCH"),
    "an i32 beside a u32": ("const a = 1i + 1u;", "WGSL_TYPE_MISMATCH"),
    "a bool that is added": ("const a = true + 1;", "WGSL_TYPE_MISMATCH"),
    "vectors of different widths": ("const a = vec2(1, 2) + vec3(1, 2, 3);", "WGSL_TYPE_MISMATCH"),
    "a component that is not there": ("const a = vec2(1, 2).z;", "WGSL_MEMBER_UNKNOWN"),
    "an element that is not there": ("const a = array(1, 2)[2];", "WGSL_INDEX_RANGE"),
    "too many components": ("const a = vec2f(1, 2, 3);", "WGSL_ARGUMENT_COUNT"),
    "an assertion that is false": ("const a = 1;\nconst_assert a == 2;", "WGSL_CONST_ASSERT"),
    "an alignment of three": ("struct S { a: f32,\n @align(3) b: f32 }", "WGSL_ATTRIBUTE_VALUE"),
    "an alignment that is too small": (
        "struct S { @align(4) b: vec3f }\n@group(0) @binding(0) var<storage> s: S;",
        "WGSL_ATTRIBUTE_VALUE",
    ),
    "a size that is too small": ("struct S { @size(4) b: vec3f }", "WGSL_ATTRIBUTE_VALUE"),
    "a bool in a buffer": ("@group(0) @binding(0) var<storage> a: array<bool>;", "WGSL_TYPE_INVALID"),
    "a bool in a structure in a buffer": (
        "struct S { a: i32, b: bool }\n@group(0) @binding(0) var<uniform> s: S;",
        "WGSL_TYPE_INVALID",
    ),
    "an array without a count in a uniform": (
        "@group(0) @binding(0) var<uniform> a: array<vec4f>;",
        "WGSL_TYPE_INVALID",
    ),
    "an array without a count in the middle": ("struct S {\n a: array<f32>, b: f32 }", "WGSL_TYPE_INVALID"),
    "an atomic that is only read": ("@group(0) @binding(0) var<storage> a: atomic<u32>;", "WGSL_TYPE_INVALID"),
    "an atomic of floats": ("@group(0) @binding(0) var<storage, read_write> a: atomic<f32>;", "WGSL_TYPE_INVALID"),
    "a vector of vectors": ("var<private> a: vec2<vec2f>;", "WGSL_TYPE_INVALID"),
    "a template list too many": ("var<private> a: vec2f<f32>;", "WGSL_TEMPLATE_LIST"),
    "a variable without an address space": ("const b = 1;\nvar a: f32;", "WGSL_ADDRESS_SPACE"),
    "an address space that does not exist": ("var<shared_memory> a: f32;", "WGSL_ADDRESS_SPACE"),
    "a uniform with an access mode": ("@group(0) @binding(0) var<uniform, read> a: f32;", "WGSL_ACCESS_MODE"),
    "storage that is only written": ("@group(0) @binding(0) var<storage, write> a: f32;", "WGSL_ACCESS_MODE"),
    "a binding without a group": ("@binding(0) var<storage> a: f32;", "WGSL_BINDING_MISSING"),
    "a private variable with a binding": ("@group(0) @binding(0) var<private> a: f32;", "WGSL_ATTRIBUTE_INVALID"),
    "a negative binding": ("@group(0) @binding(-1) var<storage> a: f32;", "WGSL_ATTRIBUTE_VALUE"),
    "one binding for two variables": (
        "@group(0) @binding(0) var<storage> a: f32;\n@group(0) @binding(0) var<storage> b: f32;\n@compute @workgroup_size(1) fn main() { _ = a; _ = b; }",
        "WGSL_BINDING_TWICE",
    ),
    "a workgroup variable with a value": ("var<workgroup> a: f32 = 1;", "WGSL_VARIABLE_INVALID"),
    "an override in a constant": ("override a = 1;\nconst b = a;", "WGSL_NOT_CONSTANT"),
    "an override that is a vector": ("override a = vec2f();", "WGSL_TYPE_INVALID"),
    "two overrides with one id": ("@id(1) override a = 1;\n@id(1) override b = 2;", "WGSL_ID_TWICE"),
    "an id that is too large": ("@id(65536) override a = 1;", "WGSL_ATTRIBUTE_VALUE"),
    "no workgroup size": ("@compute\nfn main() {}", "WGSL_WORKGROUP_SIZE"),
    "a workgroup size of zero": ("@compute @workgroup_size(0)\nfn main() {}", "WGSL_WORKGROUP_SIZE"),
    "a workgroup size that is no integer": ("@compute @workgroup_size(1.0)\nfn main() {}", "WGSL_WORKGROUP_SIZE"),
    "workgroup sizes of two types": ("@compute @workgroup_size(1i, 1u)\nfn main() {}", "WGSL_WORKGROUP_SIZE"),
    "a compute shader that returns": (
        "@compute @workgroup_size(1)\nfn main() -> i32 { return 1; }",
        "WGSL_ENTRY_INVALID",
    ),
    "an input that is no built-in value": ("@compute @workgroup_size(1)\nfn main(a: vec3u) {}", "WGSL_ENTRY_INVALID"),
    "a built-in value that does not exist": (
        "@compute @workgroup_size(1)\nfn main(@builtin(thread_id) a: vec3u) {}",
        "WGSL_BUILTIN_UNKNOWN",
    ),
    "a built-in value of another stage": (
        "@compute @workgroup_size(1)\nfn main(@builtin(vertex_index) a: u32) {}",
        "WGSL_ENTRY_INVALID",
    ),
    "an entry point that is called": (
        "@compute @workgroup_size(1) fn main() {}\nfn f() { main(); }",
        "WGSL_ENTRY_CALLED",
    ),
    "an attribute that does not exist": ("const a = 1;\n@nothing fn f() {}", "WGSL_ATTRIBUTE_UNKNOWN"),
    "an attribute of something else": ("@group(0) fn f() {}", "WGSL_ATTRIBUTE_INVALID"),
    "an extension that nobody knows": ("\nenable nothing_like_this;", "WGSL_ENABLE_UNKNOWN"),
    "too many brackets": ("const a = " + "(" * 1000 + "1" + ")" * 1000 + ";", "WGSL_LIMIT_EXCEEDED"),
    "too many blocks": ("fn f() " + "{" * 1000 + "}" * 1000, "WGSL_LIMIT_EXCEEDED"),
    "too many operators": ("const a = 1" + "+ 1" * 1000 + ";", "WGSL_LIMIT_EXCEEDED"),
}
"""By what is wrong: the text, and the code of the first diagnostic."""
