"""Well-typed WGSL compute kernels made by chance, whose results do not depend on who runs them.

`build_kernel` takes its decisions from a `Choices`: those of hypothesis (`kernels`), which can make a failing kernel
smaller, or those of a seed. What each invocation computes follows from the standard alone:

- Integers, booleans and the exact floats (multiples of 1/8, far from rounding) must come out equal.
- Unit floats, between -1 and 1, go through functions that are rounded differently. They go through none that steps,
  and never back into integers or conditions, so that they come out close.
- No two invocations touch the same memory without a barrier in between, but for atomics whose order does not matter.
"""

from __future__ import annotations

from .choices import Choices, Seeded, kernels
from .kernel import GeneratedKernel, build_kernel

__all__ = ["Choices", "GeneratedKernel", "Seeded", "build_kernel", "kernels"]
