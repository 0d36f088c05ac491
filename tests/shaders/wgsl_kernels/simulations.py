"""Things that move: boids, bodies, cells, heat."""

from __future__ import annotations

from typing import Any

import numpy as np

from . import Arrays, alike, floats, words

# C. Reynolds, "Flocks, Herds, and Schools" (1987), as samples of WebGPU have it.
BOIDS = """
struct Particle { position: vec2<f32>, velocity: vec2<f32> }
struct Rules { delta: f32, distances: vec3<f32>, scales: vec3<f32> }
struct Particles { items: array<Particle> }
@binding(0) @group(0) var<uniform> rules: Rules;
@binding(1) @group(0) var<storage, read> before: Particles;
@binding(2) @group(0) var<storage, read_write> after: Particles;
@compute @workgroup_size(32)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  let index = id.x;
  if (index >= arrayLength(&before.items)) { return; }
  var position = before.items[index].position;
  var velocity = before.items[index].velocity;
  var centre = vec2<f32>(0.0);
  var heading = vec2<f32>(0.0);
  var away = vec2<f32>(0.0);
  var near = 0u;
  var seen = 0u;
  for (var i = 0u; i < arrayLength(&before.items); i++) {
    if (i == index) { continue; }
    let other = before.items[i];
    let d = distance(other.position, position);
    if (d < rules.distances.x) { centre += other.position; near++; }
    if (d < rules.distances.y) { away -= other.position - position; }
    if (d < rules.distances.z) { heading += other.velocity; seen++; }
  }
  if (near > 0u) { centre = centre / vec2<f32>(f32(near)) - position; }
  if (seen > 0u) { heading /= f32(seen); }
  velocity += centre * rules.scales.x + away * rules.scales.y + heading * rules.scales.z;
  velocity = normalize(velocity) * clamp(length(velocity), 0.0, 0.1);
  position += velocity * rules.delta;
  position = select(position, vec2f(1.0), position < vec2f(-1.0));
  position = select(position, vec2f(-1.0), position > vec2f(1.0));
  after.items[index] = Particle(position, velocity);
}
"""

# The bodies come through workgroup memory, a tile at a time.
BODIES = """
override SOFT: f32 = 0.01;
struct Body { @align(16) place: vec3f, mass: f32, speed: vec3f }
@group(0) @binding(0) var<storage, read> before: array<Body>;
@group(0) @binding(1) var<storage, read_write> after: array<Body>;
var<workgroup> tile: array<vec4f, 32>;
fn pull(body: vec4f, at: vec3f) -> vec3f {
  let r = body.xyz - at;
  let square = dot(r, r) + SOFT;
  return r * (body.w * inverseSqrt(square * square * square));
}
@compute @workgroup_size(32)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(local_invocation_index) me: u32) {
  let count = arrayLength(&before);
  let body = before[min(id.x, count - 1u)];
  var force = vec3f();
  for (var start = 0u; start < count; start += 32u) {
    let at = start + me;
    tile[me] = vec4f();
    if (at < count) { tile[me] = vec4f(before[at].place, before[at].mass); }
    workgroupBarrier();
    for (var k = 0; k < 32; k++) { force += pull(tile[k], body.place); }
    workgroupBarrier();
  }
  if (id.x < count) {
    let speed = body.speed + 0.01 * force;
    after[id.x] = Body(body.place + 0.01 * speed, body.mass, speed);
  }
}
"""

LIFE = """
@group(0) @binding(0) var<uniform> size: vec2<i32>;
@group(0) @binding(1) var<storage, read> now: array<u32>;
@group(0) @binding(2) var<storage, read_write> next: array<u32>;
fn cell(x: i32, y: i32) -> u32 {
  let wrapped = (vec2<i32>(x, y) + size) % size;
  return now[wrapped.y * size.x + wrapped.x];
}
@compute @workgroup_size(8, 8)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  let at = vec2<i32>(id.xy);
  if (any(at >= size)) { return; }
  var alive = 0u;
  for (var dy = -1; dy <= 1; dy++) {
    for (var dx = -1; dx <= 1; dx++) {
      if (dx == 0 && dy == 0) { continue; }
      alive += cell(at.x + dx, at.y + dy);
    }
  }
  switch (alive) {
    case 2u: { next[at.y * size.x + at.x] = cell(at.x, at.y); }
    case 3u: { next[at.y * size.x + at.x] = 1u; }
    default: { next[at.y * size.x + at.x] = 0u; }
  }
}
"""

# Rounds of Jacobi's within one workgroup's tile; the rim stays.
HEAT = """
const SIDE = 16;
const ROUNDS = 10;
@group(0) @binding(0) var<storage, read_write> field: array<f32>;
var<workgroup> old_field: array<array<f32, SIDE>, SIDE>;
@compute @workgroup_size(SIDE, SIDE)
fn main(@builtin(local_invocation_id) me: vec3<u32>, @builtin(workgroup_id) group: vec3<u32>) {
  let at = group.x * 256u + me.y * u32(SIDE) + me.x;
  let rim = me.x == 0 || me.y == 0 || me.x == u32(SIDE - 1) || me.y == u32(SIDE - 1);
  var value = field[at];
  for (var round = 0; round < ROUNDS; round++) {
    old_field[me.y][me.x] = value;
    workgroupBarrier();
    if (!rim) {
      value = 0.25 * (old_field[me.y - 1u][me.x] + old_field[me.y + 1u][me.x]
                    + old_field[me.y][me.x - 1u] + old_field[me.y][me.x + 1u]);
    }
    workgroupBarrier();
  }
  field[at] = value;
}
"""


async def kernel_boids(gpu: Any) -> Arrays:
    count = 100
    particles = np.zeros(count, [("position", "f4", (2,)), ("velocity", "f4", (2,))])
    particles["position"] = floats(1, count, 2)
    particles["velocity"] = 0.1 * floats(2, count, 2)
    rules = {"delta": 0.04, "distances": (0.1, 0.025, 0.025), "scales": (0.02, 0.05, 0.005)}
    for _ in range(2):
        before = np.zeros((), [("items", particles.dtype, (count,))])
        before["items"] = particles
        after = np.zeros_like(before)
        result = await gpu.dispatch(BOIDS, {"rules": rules, "before": before, "after": after}, workgroups=4)
        particles = result["after"]["items"].reshape(count)
    assert np.isfinite(particles["position"]).all()
    assert (np.linalg.norm(particles["velocity"], axis=1) < 0.1001).all()
    return {name: np.ascontiguousarray(particles[name]) for name in ("position", "velocity")}


async def kernel_bodies(gpu: Any) -> Arrays:
    count = 75
    dtype = np.dtype(
        {
            "names": ["place", "mass", "speed"],
            "formats": [("f4", 3), "f4", ("f4", 3)],
            "offsets": [0, 12, 16],
            "itemsize": 32,
        }
    )
    before = np.zeros(count, dtype)
    before["place"], before["speed"] = floats(3, count, 3), floats(4, count, 3)
    before["mass"] = 1 + floats(5, count)
    result = await gpu.dispatch(BODIES, {"before": before, "after": np.zeros_like(before)}, workgroups=3)
    places = before["place"].astype(np.float64)
    apart = places[None] - places[:, None]
    square = (apart**2).sum(2) + 0.01
    speed = before["speed"] + 0.01 * (apart * (before["mass"] / square**1.5)[:, :, None]).sum(1)
    assert alike(result["after"]["speed"], speed.astype(np.float32), bound=1e-4)
    return {name: np.ascontiguousarray(result["after"][name]) for name in ("place", "speed")}


async def kernel_life(gpu: Any) -> Arrays:
    height, width = 37, 50
    cells = words(6, height * width, 2).reshape(height, width)
    expected = cells
    for _ in range(4):
        bindings = {"size": (width, height), "now": cells, "next": np.zeros_like(cells)}
        cells = (await gpu.dispatch(LIFE, bindings, workgroups=(7, 5)))["next"]
        moves = [(y, x) for y in (-1, 0, 1) for x in (-1, 0, 1) if (y, x) != (0, 0)]
        alive = np.sum([np.roll(expected, move, (0, 1)) for move in moves], axis=0)
        expected = ((alive == 3) | ((alive == 2) & (expected == 1))).astype(np.uint32)
    np.testing.assert_array_equal(cells, expected)
    return {"cells": cells}


async def kernel_heat(gpu: Any) -> Arrays:
    field = floats(7, 3, 16, 16)
    result = await gpu.dispatch(HEAT, {"field": field}, workgroups=3)
    expected = field.copy()
    for _ in range(10):
        around = expected[:, :-2, 1:-1] + expected[:, 2:, 1:-1] + expected[:, 1:-1, :-2] + expected[:, 1:-1, 2:]
        expected[:, 1:-1, 1:-1] = 0.25 * around
    assert alike(result["field"], expected)
    return {"field": result["field"]}
