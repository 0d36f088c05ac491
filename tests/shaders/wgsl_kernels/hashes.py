"""Bits stirred: generators of random numbers, SHA-256, and what is counted with them."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np

from . import Arrays

# M. O'Neill's PCG as a hash (M. Jarzynski and M. Olano, 2020), G. Marsaglia's xorshift, and A. Appleby's finalizer.
RANDOM = """
@group(0) @binding(0) var<storage, read_write> out: array<vec4<u32>>;
@group(0) @binding(1) var<storage, read_write> inside: atomic<u32>;
var<private> state: u32;
fn pcg(input: u32) -> u32 {
  let mixed = input * 747796405u + 2891336453u;
  let word = ((mixed >> ((mixed >> 28u) + 4u)) ^ mixed) * 277803737u;
  return (word >> 22u) ^ word;
}
fn pcg3d(given: vec3u) -> vec3u {
  var v = given * 1664525u + 1013904223u;
  v.x += v.y * v.z; v.y += v.z * v.x; v.z += v.x * v.y;
  v ^= v >> vec3u(16u);
  v.x += v.y * v.z; v.y += v.z * v.x; v.z += v.x * v.y;
  return v;
}
fn xorshift() -> u32 {
  state ^= state << 13u;
  state ^= state >> 17u;
  state ^= state << 5u;
  return state;
}
fn murmur(given: u32) -> u32 {
  var h = given;
  h ^= h >> 16; h *= 0x85ebca6bu; h ^= h >> 13; h *= 0xc2b2ae35u; h ^= h >> 16;
  return h;
}
fn unit() -> f32 { return f32(xorshift() >> 8u) * 0x1p-24; }
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  state = pcg(id.x) | 1u;
  var hits = 0u;
  for (var i = 0; i < 20; i++) {
    let x = unit();
    let y = unit();
    if (x * x + y * y < 1.0) { hits++; }
  }
  atomicAdd(&inside, hits);
  out[id.x] = vec4u(pcg3d(vec3u(id.x, 7u, 9u)).z, state, murmur(id.x), pcg(id.x));
}
"""

# FIPS 180-4, of messages that fit into one block.
SHA256 = """
@group(0) @binding(0) var<storage, read> blocks: array<array<u32, 16>>;
@group(0) @binding(1) var<storage, read_write> digests: array<array<u32, 8>>;
const K = array<u32, 64>({constants});
fn rotr(x: u32, n: u32) -> u32 {{ return (x >> n) | (x << (32u - n)); }}
fn ch(x: u32, y: u32, z: u32) -> u32 {{ return (x & y) ^ (~x & z); }}
fn maj(x: u32, y: u32, z: u32) -> u32 {{ return (x & y) ^ (x & z) ^ (y & z); }}
fn schedule(w: ptr<function, array<u32, 64>>) {{
  for (var t = 16u; t < 64u; t++) {{
    let a = (*w)[t - 15u];
    let b = (*w)[t - 2u];
    let s0 = rotr(a, 7u) ^ rotr(a, 18u) ^ (a >> 3u);
    let s1 = rotr(b, 17u) ^ rotr(b, 19u) ^ (b >> 10u);
    (*w)[t] = (*w)[t - 16u] + s0 + (*w)[t - 7u] + s1;
  }}
}}
@compute @workgroup_size(8)
fn main(@builtin(global_invocation_id) id: vec3u) {{
  if (id.x >= arrayLength(&blocks)) {{ return; }}
  var w: array<u32, 64>;
  for (var t = 0u; t < 16u; t++) {{ w[t] = blocks[id.x][t]; }}
  schedule(&w);
  var h = array<u32, 8>(0x6a09e667u, 0xbb67ae85u, 0x3c6ef372u, 0xa54ff53au,
                        0x510e527fu, 0x9b05688cu, 0x1f83d9abu, 0x5be0cd19u);
  var k = K;
  var s = h;
  for (var t = 0u; t < 64u; t++) {{
    let s1 = rotr(s[4], 6u) ^ rotr(s[4], 11u) ^ rotr(s[4], 25u);
    let t1 = s[7] + s1 + ch(s[4], s[5], s[6]) + k[t] + w[t];
    let s0 = rotr(s[0], 2u) ^ rotr(s[0], 13u) ^ rotr(s[0], 22u);
    let t2 = s0 + maj(s[0], s[1], s[2]);
    for (var i = 7u; i > 0u; i--) {{ s[i] = s[i - 1u]; }}
    s[4] += t1;
    s[0] = t1 + t2;
  }}
  for (var i = 0u; i < 8u; i++) {{ digests[id.x][i] = h[i] + s[i]; }}
}}
"""


async def kernel_random_numbers(gpu: Any) -> Arrays:
    count = 1024
    bindings = {"out": np.zeros((count, 4), np.uint32), "inside": np.zeros(1, np.uint32)}
    result = await gpu.dispatch(RANDOM, bindings, workgroups=count // 64)
    mixed = (np.arange(count, dtype=np.uint64) * 747796405 + 2891336453).astype(np.uint32)
    word = ((mixed >> ((mixed >> 28) + np.uint32(4))) ^ mixed) * np.uint32(277803737)
    np.testing.assert_array_equal(result["out"][:, 3], (word >> 22) ^ word)
    assert abs(4 * result["inside"][0] / (20 * count) - np.pi) < 0.05
    return dict(result)


async def kernel_sha256(gpu: Any) -> Arrays:
    messages = [bytes(range(n)) for n in range(0, 55, 3)]
    blocks = np.zeros((len(messages), 16), ">u4")
    for block, message in zip(blocks, messages, strict=True):
        padded = message + b"\x80" + bytes(55 - len(message)) + (8 * len(message)).to_bytes(8, "big")
        block[:] = np.frombuffer(padded, ">u4")
    constants = ", ".join(f"0x{_fraction_of_cube_root(prime):08x}u" for prime in _primes(64))
    bindings = {"blocks": blocks.astype(np.uint32), "digests": np.zeros((len(messages), 8), np.uint32)}
    result = await gpu.dispatch(SHA256.format(constants=constants), bindings, workgroups=3)
    for digest, message in zip(result["digests"], messages, strict=True):
        assert digest.astype(">u4").tobytes() == hashlib.sha256(message).digest()
    return dict(result)


def _primes(count: int) -> list[int]:
    return [n for n in range(2, 400) if all(n % d for d in range(2, n))][:count]


def _fraction_of_cube_root(number: int) -> int:
    root = round((number << 96) ** (1 / 3))
    while root**3 > number << 96:
        root -= 1
    while (root + 1) ** 3 <= number << 96:
        root += 1
    return root & 0xFFFFFFFF
