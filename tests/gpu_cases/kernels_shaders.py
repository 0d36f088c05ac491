"""The ready kernels' own shaders, dispatched as any other: on a GPU, and on the CPU, which knows them."""

from __future__ import annotations

from typing import Any

import numpy as np

from aikernel_web.compute.kernels import VECTOR_ADD
from aikernel_web.compute.kernels.axpy import AXPY
from aikernel_web.compute.kernels.conv2d import CONV2D
from aikernel_web.compute.kernels.histogram import COMMON, OWN
from aikernel_web.compute.kernels.keys import keys_of
from aikernel_web.compute.kernels.life import LIFE
from aikernel_web.compute.kernels.mandelbrot import MANDELBROT
from aikernel_web.compute.kernels.matmul import shader as matmul_shader
from aikernel_web.compute.kernels.transpose import shader as transpose_shader

from . import also_on_cpu
from ._bounds import generator, same, within

MINE = """
/* The names are mine, /* and so is the layout */ */
@group(0) @binding(0) var<storage,read> a : array<f32> ;
@group( 0 ) @binding( 1 ) var<storage, read> b: array<f32>; // b
@group(0) @binding(2) var<storage, read_write> out: array<f32>;
@compute @workgroup_size(32) fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  let i=id.x; if(i<arrayLength(&out)){out[i]=a[i]+b[i];}
}
"""


async def run(gpu: Any, wgsl: str, groups: Any, **bindings: Any) -> np.ndarray:
    return (await gpu.dispatch(wgsl, bindings, workgroups=groups))["out"]


@also_on_cpu
async def case_vector_add_is_dispatched_in_any_layout_and_workgroup_size(gpu: Any) -> None:
    a = generator().standard_normal((10, 10), dtype=np.float32)
    for wgsl, groups in ((VECTOR_ADD, 2), (MINE, 4), (VECTOR_ADD.replace("(64)", "(8)"), (13, 1, 1))):
        same(await run(gpu, wgsl, groups, a=a, b=a, out=np.empty_like(a)), 2 * a)


@also_on_cpu
async def case_what_the_workgroups_do_not_reach_stays(gpu: Any) -> None:
    ones = np.ones(100, np.float32)
    expected = np.where(np.arange(100) < 64, 2, 7).astype(np.float32)
    same(await run(gpu, VECTOR_ADD, 1, a=ones, b=ones, out=7 * ones), expected)
    matrix = np.ones((70, 70), np.float32)
    params = {"rows": 70, "columns": 70, "inner": 70}
    product = await run(gpu, matmul_shader("f32"), 3, a=matrix, b=matrix, out=0 * matrix, params=params)
    expected = np.full((70, 70), 70, np.float32)
    expected[64:, 64:] = 0
    same(product, expected)
    turned = await run(gpu, transpose_shader("f32"), 1, a=matrix, out=0 * matrix, params={"rows": 70, "columns": 70})
    assert turned.sum() == 32 * 32


@also_on_cpu
async def case_all_other_shaders_compute_what_their_methods_do(gpu: Any) -> None:
    random = generator()
    x = random.standard_normal(500, dtype=np.float32)
    out = await run(gpu, AXPY, 8, x=x, y=x, out=np.empty_like(x), params={"alpha": 2.5})
    within(out, 3.5 * x.astype(np.float64), 1e-6 * np.abs(x))
    image, kernel = random.standard_normal((9, 8), dtype=np.float32), np.ones((1, 1), np.float32)
    params = {"channels": 1, "height": 9, "width": 8, "kernel_height": 1, "kernel_width": 1}
    params |= {"out_height": 9, "out_width": 8, "stride": 1, "above": 0, "before": 0, "flip": 0}
    same(await run(gpu, CONV2D, 2, image=image, kernel=kernel, out=np.empty_like(image), params=params), image)
    cells = random.integers(0, 2, (20, 30), np.uint32)
    out = await run(gpu, LIFE, 10, cells=cells, out=np.empty_like(cells), params={"width": 30, "height": 20})
    same(out, await gpu.kernels.life(cells))


@also_on_cpu
async def case_a_histogram_adds_to_the_counts_that_are_given(gpu: Any) -> None:
    values = np.arange(10, dtype=np.float32)
    edges = keys_of(np.array([0, 5, 10], np.float32))
    params = {"bins": 2, "low": 0.0, "scale": 0.2}
    for wgsl in (OWN, COMMON):
        counts = await run(gpu, wgsl, (1, 2), a=values, edges=edges, out=np.array([100, 0], np.uint32), params=params)
        same(counts, np.array([110, 10], np.uint32))


@also_on_cpu
async def case_mandelbrot_is_dispatched_with_an_orbit_that_stays_in_the_middle(gpu: Any) -> None:
    params = {"width": 4, "iterations": 9, "left": -0.3, "top": 0.1, "step": 0.2}
    orbit = np.zeros((10, 2), np.float32)
    same(
        await run(gpu, MANDELBROT, 1, orbit=orbit, out=np.empty((2, 4), np.uint32), params=params),
        np.full((2, 4), 9, np.uint32),
    )
