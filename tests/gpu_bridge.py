"""Python for the kernel's own interpreter, with an open `BrowserGpu` at hand."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from aikernel_web.host import HostKernel

PRELUDE = '''
import asyncio
import numpy as np
from array import array
from aikernel_web.contracts.errors import KernelError
from aikernel_web.contracts.gpu import BUFFER, COPY, DATA, DISPATCH, FREE, READ

READS, WRITES, UNIFORM = "read-only-storage", "storage", "uniform"
COUNT = """
@group(0) @binding(0) var<storage, read_write> out: array<u32>;
@compute @workgroup_size(64) fn main(@builtin(global_invocation_id) at: vec3u) {
  if (at.x < arrayLength(&out)) { out[at.x] += 1u; }
}"""
ADD = """
@group(0) @binding(0) var<storage, read> a: array<u32>;
@group(0) @binding(1) var<storage, read_write> out: array<u32>;
@compute @workgroup_size(64) fn main(@builtin(global_invocation_id) at: vec3u) {
  if (at.x < arrayLength(&out)) { out[at.x] += a[at.x]; }
}"""

gpu = kernel.make_gpu()

async def counting():
    return await gpu.compile(COUNT, "main", constants={}, bindings=[(0, 0, WRITES)])

async def adding():
    return await gpu.compile(ADD, "main", constants={}, bindings=[(0, 0, READS), (0, 1, WRITES)])

def run(pipeline, *handles, groups=1):
    return [DISPATCH, pipeline, groups, 1, 1, len(handles), *handles]

async def read(handle, words, start=0):
    found = np.full(words, 77, np.uint32)
    await gpu.finish(gpu.submit([READ, handle, start, words]), [found])
    return found.tolist()

def code_of(function, *args, **options):
    try:
        function(*args, **options)
    except KernelError as error:
        return error.code

async def later_code_of(awaitable):
    try:
        await awaitable
    except KernelError as error:
        return error.code
'''


def bridge(kernel: HostKernel, body: str, *, opened: bool = True) -> Any:
    """Run ``body`` in the kernel and return what it assigned to ``result``; its ``gpu`` is closed afterwards."""
    code = f"""
{PRELUDE}
result = None
try:
    {"await gpu.open()" if opened else "pass"}
{textwrap.indent(textwrap.dedent(body), "    ")}
finally:
    gpu.close()
result
"""
    return kernel.python(code)
