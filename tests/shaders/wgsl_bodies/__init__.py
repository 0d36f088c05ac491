"""Bodies of functions that are valid WGSL and bodies that are not, for our front end and for a browser's compiler.

The texts beside this file have one case a line: ``ok`` or the code of the first diagnostic, and the statements of an
entry point. What stands before ``----`` is of the module, before `PRELUDE`'s declarations are directives.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

_DIRECTIVES = ("enable", "requires", "diagnostic")
PRELUDE = """
struct S { a: i32, b: vec2f, c: array<f32, 4> }
struct A { n: atomic<u32>, m: array<atomic<i32>, 4> }
@group(0) @binding(0) var<storage, read_write> out: array<f32>;
@group(0) @binding(1) var<storage> input: array<S>;
@group(0) @binding(2) var<uniform> params: vec4u;
@group(0) @binding(3) var<storage, read_write> counts: A;
var<private> p: S;
var<workgroup> w: array<f32, 64>;
var<workgroup> turn: atomic<u32>;
override o: i32 = 3;
const k = 3;
fn add(a: i32, b: i32) -> i32 { return a + b; }
fn grow(x: ptr<function, i32>) { *x += 1; }
fn sum(x: ptr<function, array<f32, 4>>) -> f32 { return (*x)[0] + x[3]; }
fn both(x: ptr<function, i32>, y: ptr<function, i32>) { *x = *y; }
@must_use fn needed() -> i32 { return 1; }
fn nothing() { }
fn pair() -> vec2f { return vec2f(1, 2); }
"""


@dataclass(frozen=True, slots=True)
class Body:
    """A case: ``code`` is None of a valid one."""

    name: str
    text: str
    code: str | None


def _shader(case: str) -> str:
    module, found, statements = case.partition("----")
    if not found:
        module, statements = "", case
    directives = ""
    while module.startswith(_DIRECTIVES):
        directive, _, module = module.partition(";")
        directives, module = f"{directives}{directive};", module.lstrip()
    inputs = "@builtin(global_invocation_id) id: vec3u, @builtin(local_invocation_index) li: u32"
    return f"{directives}{PRELUDE}{module}\n@compute @workgroup_size(64)\nfn main({inputs}) {{\n{statements}\n}}\n"


def _read() -> list[Body]:
    found = []
    for file in sorted(Path(__file__).parent.glob("*.txt")):
        subject = ""
        for line in file.read_text(encoding="utf-8").splitlines():
            if line.startswith("#"):
                subject = line.removeprefix("# ")
            elif line:
                code, _, case = line.partition(" ")
                found.append(Body(f"{subject}: {case.strip()}", _shader(case.strip()), None if code == "ok" else code))
    return found


BODIES = _read()
