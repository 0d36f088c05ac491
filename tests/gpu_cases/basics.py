"""What everything else stands on: the contract's low level adds two vectors."""

from __future__ import annotations

from typing import Any

import numpy as np

from aikernel_web.compute.kernels import create_vector_add

from . import also_on_cpu


@also_on_cpu
async def case_buffers_are_written_added_and_read(gpu: Any) -> None:
    a = np.arange(1000, dtype=np.float32)
    buffers = [await gpu.create_buffer(a.nbytes) for _ in range(3)]
    await gpu.write_buffer(buffers[0], a.tobytes())
    await gpu.write_buffer(buffers[1], (2 * a).tobytes())
    await gpu.execute_kernel(create_vector_add(a.size), *buffers)
    out = bytearray(a.nbytes)
    await gpu.read_buffer(buffers[2], out)
    np.testing.assert_array_equal(np.frombuffer(out, np.float32), 3 * a)
