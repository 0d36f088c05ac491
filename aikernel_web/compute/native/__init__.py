"""GPU compute outside of browsers: the contract's device over PyPI ``wgpu`` (wgpu-native, with its compiler naga).

``pip install aikernel-web[native]`` brings the package. Where wgpu-native differs from browsers, this code makes up for
it: shader errors are diagnostics, errors belong to a list, what a shader may rely on is written out for naga (naga.py),
and nobody who waits for the GPU keeps others from submitting. What is left:

- naga reports the first error of a shader, and knows a little less WGSL than browsers do (``requires
  unrestricted_pointer_parameters``, for example); it then says so as ``WEBGPU_SHADER_INVALID``.
- `open` and `compile` do not let the event loop go on while they work.
- A device that is lost is noticed by the next call.
- A driver may do other than it should: Mesa's llvmpipe ends every loop after 65 535 rounds, and says nothing; over
  OpenGL, which is taken where there is no Vulkan, its ``%`` of a negative i32 is that of the u32 with the same bits.
"""

from __future__ import annotations

from .device import NativeGpu

__all__ = ["NativeGpu"]
