"""A shader of which the CPU has a twin."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class ReadyShader:
    """WGSL with one entry point, ``main``, and what computes the same with NumPy."""

    wgsl: str
    arrays: Mapping[str, str]
    """The storage buffers in the order of their bindings from 0, by name, with the types of their elements."""
    run: Callable[[Mapping[str, Any], int, int], None]
    """``run(values, reach, times)`` computes what ``reach`` workgroups along x do (invocations, where it is
    ``elementwise``), as often as there are some along y and z. It is given flat arrays by name, which it writes to
    where the shader does, and the uniform buffer's members by name as ``params``."""
    params: Mapping[str, str] = field(default_factory=dict)
    """The members of the uniform buffer ``params``, the binding after the arrays: 4 bytes each; none without one."""
    fits: Callable[[Mapping[str, Any]], bool] = lambda values: True  # noqa: ARG005
    """Whether the twin computes what the shader does with these values: not beyond the ends of arrays."""
    elementwise: bool = False
    """Whether an invocation computes one element whatever the others do, so that workgroups may have any size."""
    output = "out"
    """The array that is written to."""
