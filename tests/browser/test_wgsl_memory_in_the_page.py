"""Memory of WGSL on the CPU where a position has 32 bits: the same bytes as on the host, and the exact types."""

# ruff: noqa: E501 - shaders
from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final

import numpy as np

from aikernel_web.compute.wgsl.executor.kernel import compile_kernel
from aikernel_web.compute.wgsl.typed.program import program

if TYPE_CHECKING:
    from aikernel_web.host import HostKernel

LANES: Final = 512
HEAD: Final = """
struct S { a: vec3f, b: u32, c: array<i32, 3>, d: mat2x3<f32> }
@group(0) @binding(0) var<storage, read_write> a: array<u32, 512>;
@group(0) @binding(1) var<storage, read_write> s: array<S>;
@group(0) @binding(2) var<storage, read_write> n: array<atomic<i32>, 16>;
@group(0) @binding(3) var<storage, read_write> o: array<u32>;
var<workgroup> w: array<vec2u, 64>;
var<workgroup> c: array<atomic<u32>, 8>;
var<private> p: array<array<u32, 4>, 3>;
@compute @workgroup_size(64) fn main(@builtin(global_invocation_id) id: vec3u,
  @builtin(local_invocation_index) l: u32, @builtin(workgroup_id) g: vec3u) {
  let i = id.x;
  let far = i * 0x9E3779B9u;
  let back = i32(far);
  var sum = 0u;
"""
BODIES: Final = (
    "a[far >> 23] = i; sum += a[far] + a[back] + a[far >> 22] + a[(far >> 7) & 511];",
    "s[i & 7].c[back & 3] = back; s[far].b = i; s[i % 5].d[far & 1][i & 3] = 2.5; sum += u32(s[back].c[i & 3]) + s[i].b;",
    "s[i] = s[far >> 29]; sum += bitcast<u32>(s[i & 7].a.y) + bitcast<u32>(s[far].d[1].x) + arrayLength(&s);",
    "w[l] = vec2u(far, i); workgroupBarrier(); sum += w[63 - l].x + w[far][l & 1] + w[back & 63].y; w[far].y = i;",
    "p[far & 3][back] = i; p[1] = p[i & 3]; p[i % 3][i & 3] += far; sum += p[far % 3][l & 3] + p[1][2] + p[2][far];",
    "if ((far & 64) != 0) { a[far >> 23] = i; w[far >> 26].x = far; p[i & 1][2] = i; } workgroupBarrier(); sum += w[l].x + p[1][2];",
    "sum += u32(atomicAdd(&n[far >> 28], back)) + u32(atomicMin(&n[i & 3], -back)) + atomicXor(&c[far & 7], far);",
    "sum += u32(atomicSub(&n[0], 3)) + u32(atomicExchange(&n[back & 1], back)) + atomicAdd(&c[0], 1);",
    "let e = atomicCompareExchangeWeak(&n[i & 3], i32(a[i] & 3), i32(i & 3)); sum += u32(e.old_value) + u32(e.exchanged);",
    "atomicAdd(&n[far >> 28], 3); atomicMax(&n[5], back); atomicAnd(&c[l & 7], far); atomicSub(&n[7], back); sum += atomicLoad(&c[l & 7]);",
    "var v = vec4u(i, far, 1, 2); v[far & 3] = 7; v[back] += 1; var m = mat2x2f(1, 2, 3, 4); m[l & 1][far & 1] = 9; sum += v[l & 3] + u32(m[i & 1].y);",
)  # fmt: skip
RUN: Final = """
import hashlib
import numpy as np
from aikernel_web.compute.wgsl.executor.kernel import compile_kernel
from aikernel_web.compute.wgsl.typed.program import program
def digest(text):
    buffers = make(np)
    list(compile_kernel(program(text), "main").run(buffers, (8, 1, 1)))
    return hashlib.sha256(b"".join(bytes(buffers[name]) for name in sorted(buffers))).hexdigest()
np.dtype(np.intp).itemsize, [digest(text) for text in TEXTS]
"""
MAKE: Final = """
def make(np):
    numbers = np.arange(4096, dtype=np.uint32) * np.uint32(2654435761)
    sizes = {"a": 2048, "s": 80 * 9 + 12, "n": 64, "o": 2048}
    return {name: (numbers & np.uint32(0x3F7FFFFF)).view(np.uint8)[:size].copy() for name, size in sizes.items()}
"""


def test_memory_is_the_same_where_positions_have_32_bits(kernel: HostKernel) -> None:
    texts = [f"{HEAD}{body} o[i] = sum; }}" for body in BODIES]
    scope: dict[str, object] = {}
    exec(MAKE, scope)
    make = scope["make"]
    wanted = []
    for text in texts:
        buffers = make(np)  # type: ignore[operator]
        list(compile_kernel(program(text), "main").run(buffers, (LANES // 64, 1, 1)))
        wanted.append(hashlib.sha256(b"".join(bytes(buffers[name]) for name in sorted(buffers))).hexdigest())
    size, found = kernel.python(f"{MAKE}\nTEXTS = {texts!r}\n{RUN}")
    assert size == 4
    assert [at for at, digest in enumerate(found) if digest != wanted[at]] == []
