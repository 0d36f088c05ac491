"""A kernel that is ready to run: a shader's entry point with the values of its constants."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from .arrays.layouts import RUNTIME, Layout, element_dtype, layout_of
from .execution.workgroups import Groups

if TYPE_CHECKING:
    from .execution.host_kernel import HostKernel
    from .execution.prepared import Prepared
    from .wgsl.shader import Binding, EntryPoint, Shader


@dataclass(frozen=True, slots=True)
class KernelBinding:
    """A variable of a shader that arrays are bound to."""

    name: str
    group: int
    binding: int
    space: str
    """``uniform`` or ``storage``."""
    written: bool
    """Whether the kernel may write it (``read_write``)."""
    type: str
    """In WGSL's words."""
    min_size: int
    """The least bytes of a buffer for it (WebGPU's minBindingSize)."""
    layout: Layout
    """How it stands in memory."""

    @property
    def dtype(self) -> np.dtype[Any]:
        """The dtype whose arrays need no conversion: of a structure with its members where WGSL has them."""
        return element_dtype(self.layout)

    @property
    def shape(self) -> tuple[int | None, ...]:
        """The counts of elements, None first where any number will do."""
        return tuple(None if count == RUNTIME else count for count in self.layout.shape)


class GpuKernel:
    """An entry point of a shader, to be run by `dispatch` in place of the text; made by `compile`.

    It goes on working after the device was lost: it is compiled anew when it is next used.
    """

    def __init__(self, shader: Shader, entry: EntryPoint, constants: Mapping[str, float], owner: object) -> None:
        self.wgsl = shader.text
        self.entry = entry.name
        self.constants = constants
        """The values given for overrides, by the names that WebGPU takes."""
        self.workgroup_size: Groups = entry.workgroup_size(constants)
        self.bindings: Mapping[str, KernelBinding] = {item.name: _binding(item) for item in entry.bindings}
        self.owner = owner
        """The provider that has made it."""
        self.shader = shader
        self.entry_point = entry
        self.prepared: Prepared | None = None
        """What it is on the device that is open."""
        self.on_host: HostKernel | None = None
        """What it is on the CPU, once it was used there."""
        self.elsewhere = frozenset(binding.name for point in shader.entry_points.values() for binding in point.bindings)
        """The variables that any entry point of the shader uses: given to this one, they are not wrong."""

    def __repr__(self) -> str:
        return f"<GpuKernel {self.entry}({', '.join(self.bindings)})>"


def _binding(item: Binding) -> KernelBinding:
    return KernelBinding(
        item.name,
        item.group,
        item.binding,
        item.space,
        item.access == "read_write",
        str(item.type),
        item.min_size,
        layout_of(item.type),
    )
