"""Pictures and signals: Mandelbrot's set, convolutions, spheres, noise, Fourier's transform, packed colours."""

from __future__ import annotations

from typing import Any

import numpy as np

from . import Arrays, alike, floats, words

MANDELBROT = """
struct View { centre: vec2f, scale: f32, limit: u32, size: vec2u }
@group(0) @binding(0) var<uniform> view: View;
@group(0) @binding(1) var<storage, read_write> counts: array<u32>;
@compute @workgroup_size(8, 8, 1)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= view.size.x || id.y >= view.size.y) { return; }
  let c = view.centre + (vec2f(id.xy) - vec2f(view.size) * 0.5) * view.scale;
  var z = vec2f();
  var count = 0u;
  loop {
    if (count >= view.limit || dot(z, z) > 4.0) { break; }
    z = vec2f(z.x * z.x - z.y * z.y, 2.0 * z.x * z.y) + c;
    continuing { count++; }
  }
  counts[id.y * view.size.x + id.x] = count;
}
"""

# A tile with its rim in workgroup memory, and weights that are known beforehand.
CONVOLUTION = """
const SIDE = 8u;
const RIM = SIDE + 2u;
const WEIGHTS = mat3x3f(0.0625, 0.125, 0.0625, 0.125, 0.25, 0.125, 0.0625, 0.125, 0.0625);
@group(0) @binding(0) var<storage, read> picture: array<f32>;
@group(0) @binding(1) var<storage, read_write> blurred: array<f32>;
@group(0) @binding(2) var<uniform> size: vec2u;
var<workgroup> tile: array<array<f32, RIM>, RIM>;
fn pixel(x: i32, y: i32) -> f32 {
  let at = vec2u(clamp(vec2i(x, y), vec2i(0), vec2i(size) - 1));
  return picture[at.y * size.x + at.x];
}
@compute @workgroup_size(SIDE, SIDE)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_id) me: vec3u,
        @builtin(local_invocation_index) flat: u32) {
  let corner = vec2i(group.xy * SIDE) - 1;
  for (var i = flat; i < RIM * RIM; i += SIDE * SIDE) {
    tile[i / RIM][i % RIM] = pixel(corner.x + i32(i % RIM), corner.y + i32(i / RIM));
  }
  workgroupBarrier();
  var sum = 0.0;
  for (var y = 0u; y < 3u; y++) {
    let row = vec3f(tile[me.y + y][me.x], tile[me.y + y][me.x + 1u], tile[me.y + y][me.x + 2u]);
    sum += dot(WEIGHTS[y], row);
  }
  let at = group.xy * SIDE + me.xy;
  if (all(at < size)) { blurred[at.y * size.x + at.x] = sum; }
}
"""

SPHERES = """
struct Ray { origin: vec3f, direction: vec3f }
struct Hit { distance: f32, normal: vec3f, colour: vec3f }
struct Sphere { centre: vec3f, radius: f32, colour: vec3f }
const FAR = 1e9;
var<private> spheres: array<Sphere, 3> = array(
  Sphere(vec3f(0, 0, 3), 1, vec3f(1, 0, 0)),
  Sphere(vec3f(-1.2, 0.3, 4), 1, vec3f(0, 1, 0)),
  Sphere(vec3f(0, -101, 3), 100, vec3f(0.5)),
);
@group(0) @binding(0) var<storage, read_write> picture: array<vec4f>;
override width: u32 = 24;
fn meet(ray: Ray, sphere: Sphere, hit: ptr<function, Hit>) -> bool {
  let to = ray.origin - sphere.centre;
  let b = dot(to, ray.direction);
  let under = b * b - dot(to, to) + sphere.radius * sphere.radius;
  if (under < 0.0) { return false; }
  let t = -b - sqrt(under);
  if (t < 1e-3 || t >= (*hit).distance) { return false; }
  (*hit).distance = t;
  (*hit).normal = (to + t * ray.direction) / sphere.radius;
  (*hit).colour = sphere.colour;
  return true;
}
fn nearest(ray: Ray) -> Hit {
  var hit = Hit(FAR, vec3f(), vec3f());
  for (var i = 0; i < 3; i++) { _ = meet(ray, spheres[i], &hit); }
  return hit;
}
@compute @workgroup_size(8, 8)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (max(id.x, id.y) >= width) { return; }
  let at = (vec2f(id.xy) + 0.5) / f32(width) * 2.0 - 1.0;
  var ray = Ray(vec3f(), normalize(vec3f(at.x, -at.y, 1.5)));
  var colour = vec3f();
  var weight = 1.0;
  for (var bounce = 0; bounce < 3; bounce++) {
    let hit = nearest(ray);
    if (hit.distance == FAR) {
      colour += weight * mix(vec3f(1), vec3f(0.5, 0.7, 1), 0.5 * (ray.direction.y + 1.0));
      break;
    }
    let light = max(dot(hit.normal, normalize(vec3f(1, 1, -1))), 0.1);
    colour += weight * 0.6 * hit.colour * light;
    weight *= 0.4;
    let point = ray.origin + hit.distance * ray.direction;
    ray = Ray(point + 0.01 * hit.normal, reflect(ray.direction, hit.normal));
  }
  picture[id.y * width + id.x] = vec4f(pow(colour, vec3f(1.0 / 2.2)), 1.0);
}
"""

# Stockham's, radix 2: 256 complex numbers in the memory of a workgroup.
FOURIER = """
const N = 256u;
@group(0) @binding(0) var<storage, read_write> data: array<vec2f>;
var<workgroup> a: array<vec2f, N>;
var<workgroup> b: array<vec2f, N>;
fn times(x: vec2f, y: vec2f) -> vec2f { return vec2f(x.x * y.x - x.y * y.y, x.x * y.y + x.y * y.x); }
@compute @workgroup_size(N / 2)
fn main(@builtin(local_invocation_index) me: u32, @builtin(workgroup_id) group: vec3u) {
  let start = group.x * N;
  a[me] = data[start + me];
  a[me + N / 2u] = data[start + me + N / 2u];
  workgroupBarrier();
  var flip = false;
  for (var m = 1u; m < N; m *= 2u) {
    let k = me & (m - 1u);
    let j = me - k;
    let angle = -6.28318530717958647692 * f32(k) / f32(2u * m);
    let turn = vec2f(cos(angle), sin(angle));
    var x: vec2f;
    var y: vec2f;
    if (flip) { x = b[me]; y = times(turn, b[me + N / 2u]); } else { x = a[me]; y = times(turn, a[me + N / 2u]); }
    let at = 2u * j + k;
    if (flip) { a[at] = x + y; a[at + m] = x - y; } else { b[at] = x + y; b[at + m] = x - y; }
    flip = !flip;
    workgroupBarrier();
  }
  data[start + me] = select(b[me], a[me], !flip);
  data[start + me + N / 2u] = select(b[me + N / 2u], a[me + N / 2u], !flip);
}
"""

COLOURS = """
@group(0) @binding(0) var<storage, read_write> pixels: array<u32>;
fn to_linear(c: vec3f) -> vec3f {
  return select(c / 12.92, pow((c + 0.055) / 1.055, vec3f(2.4)), c > vec3f(0.04045));
}
@compute @workgroup_size(32)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= arrayLength(&pixels)) { return; }
  let colour = unpack4x8unorm(pixels[id.x]);
  let grey = dot(to_linear(colour.rgb), vec3f(0.2126, 0.7152, 0.0722));
  let level = u32(floor(grey * 15.0 + 0.25));
  pixels[id.x] = pack4x8unorm(vec4f(vec3f(f32(level) / 15.0), colour.a));
}
"""

NOISE = """
@group(0) @binding(0) var<storage, read_write> out: array<f32>;
fn hash(p: vec2i) -> f32 {
  var n = p.x * 374761393 + p.y * 668265263;
  n = (n ^ (n >> 13u)) * 1274126177;
  return f32((n ^ (n >> 16u)) & 0xffff) / 65535.0;
}
fn smooth_noise(p: vec2f) -> f32 {
  let whole = vec2i(floor(p));
  let f = fract(p);
  let u = f * f * (3.0 - 2.0 * f);
  return mix(
    mix(hash(whole), hash(whole + vec2i(1, 0)), u.x),
    mix(hash(whole + vec2i(0, 1)), hash(whole + vec2i(1, 1)), u.x),
    u.y);
}
@compute @workgroup_size(16, 4)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  var p = vec2f(id.xy) * 0.17 - vec2f(2.0, 1.0);
  var sum = 0.0;
  var weight = 0.5;
  for (var octave = 0; octave < 4; octave++) {
    sum += weight * smooth_noise(p);
    p = mat2x2f(0.75, 0.5, -0.5, 0.75) * p * 2.0;
    weight *= 0.5;
  }
  out[id.y * groups.x * 16u + id.x] = sum;
}
"""


async def kernel_mandelbrot(gpu: Any) -> Arrays:
    width, height = 50, 30
    view = {"centre": (-0.5, 0.0), "scale": 0.0625, "limit": 60, "size": (width, height)}
    result = await gpu.dispatch(
        MANDELBROT, {"view": view, "counts": np.zeros((height, width), np.uint32)}, workgroups=(7, 4)
    )
    # All steps are exact in float32 until a point is far away: the scale is a power of two.
    y, x = np.mgrid[:height, :width].astype(np.float32)
    c = (-0.5 + (x - width / 2) * 0.0625, (y - height / 2) * 0.0625)
    z, counts = (np.zeros_like(x), np.zeros_like(y)), np.zeros((height, width), np.uint32)
    with np.errstate(over="ignore", invalid="ignore"):
        for _ in range(60):
            counts += z[0] * z[0] + z[1] * z[1] <= 4
            z = z[0] * z[0] - z[1] * z[1] + c[0].astype(np.float32), 2 * z[0] * z[1] + c[1].astype(np.float32)
    # A last bit may be rounded otherwise where a product and a sum are fused, near the rim of the set.
    assert (result["counts"] != counts).mean() < 0.01
    return {"counts": result["counts"]}


async def kernel_convolution(gpu: Any) -> Arrays:
    height, width = 21, 30
    picture = floats(1, height, width)
    bindings = {"picture": picture, "blurred": np.zeros_like(picture), "size": (width, height)}
    result = await gpu.dispatch(CONVOLUTION, bindings, workgroups=(4, 3))
    padded = np.pad(picture, 1, mode="edge")
    down = padded[:-2] + 2 * padded[1:-1] + padded[2:]
    assert alike(result["blurred"], (down[:, :-2] + 2 * down[:, 1:-1] + down[:, 2:]) / 16)
    return dict(result)


async def kernel_spheres(gpu: Any) -> Arrays:
    result = await gpu.dispatch(SPHERES, {"picture": np.zeros((24, 24, 4), np.float32)}, workgroups=(3, 3))
    picture = result["picture"]
    assert np.isfinite(picture).all()
    assert picture[12, 12, 0] > picture[12, 12, 1]
    # A ray that only just meets a sphere may pass it by.
    return {"middle": np.median(picture, axis=(0, 1)), "rows": picture[12]}


async def kernel_fourier_transform(gpu: Any) -> Arrays:
    signal = floats(2, 4, 256, 2)
    result = await gpu.dispatch(FOURIER, {"data": signal.reshape(-1, 2)}, workgroups=4)
    spectrum = np.fft.fft(signal[..., 0] + 1j * signal[..., 1], axis=1)
    expected = np.stack([spectrum.real, spectrum.imag], axis=2).astype(np.float32)
    # WGSL's sine may be wrong by 2**-11; what is computed in fact is better.
    assert alike(result["data"].reshape(4, 256, 2), expected, bound=1e-3)
    return dict(result)


async def kernel_colours(gpu: Any) -> Arrays:
    pixels = words(3, 500)
    result = await gpu.dispatch(COLOURS, {"pixels": pixels}, workgroups=16)
    colours = result["pixels"].view(np.uint8).reshape(-1, 4)
    np.testing.assert_array_equal(colours[:, 3], pixels.view(np.uint8).reshape(-1, 4)[:, 3])
    assert set(np.unique(colours[:, 0])) <= {17 * level for level in range(16)}
    return dict(result)


async def kernel_noise(gpu: Any) -> Arrays:
    result = await gpu.dispatch(NOISE, {"out": np.zeros((20, 48), np.float32)}, workgroups=(3, 5))
    assert 0.1 < result["out"].std() * 4 < 1.5
    return dict(result)
