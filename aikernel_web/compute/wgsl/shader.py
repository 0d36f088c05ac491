"""What a shader needs of whoever runs it: the values that `reflect` answers with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol, TypeAlias

from .types import AccessMode, AddressSpace, Scalar, Struct, Type

Stage: TypeAlias = Literal["compute", "vertex", "fragment"]
Plain: TypeAlias = "bool | int | float | tuple[Plain, ...]"
"""A value in Python's terms: vectors, matrices (by columns), arrays and structures are tuples."""


class Sizes(Protocol):
    """Works out what depends on the values of overrides."""

    def workgroup_size(self, entry: str, constants: Mapping[str, float]) -> tuple[int, int, int]:
        """Answer `EntryPoint.workgroup_size`."""
        ...

    def subgroup_size(self, entry: str, constants: Mapping[str, float]) -> int | None:
        """Answer `EntryPoint.subgroup_size`."""
        ...

    def workgroup_bytes(self, entry: str, constants: Mapping[str, float]) -> int:
        """Answer `EntryPoint.workgroup_bytes`."""
        ...


@dataclass(frozen=True, slots=True)
class Override:
    """A constant that is given when a pipeline is made (WGSL, section 7.2; WebGPU, section 10.1.1.3)."""

    name: str
    id: int | None
    type: Scalar
    default: bool | int | float | None
    """Its value where none is given and no other override has another value; None where that cannot be told."""
    required: bool
    """Whether it has no value unless one is given."""

    @property
    def key(self) -> str:
        """The name by which WebGPU takes a value for it: its id where it has one."""
        return self.name if self.id is None else str(self.id)


@dataclass(frozen=True, slots=True)
class Binding:
    """A variable that a resource is bound to."""

    name: str
    group: int
    binding: int
    space: AddressSpace
    """``uniform`` or ``storage`` for buffers, ``handle`` for textures and samplers."""
    access: AccessMode
    """``read`` or ``read_write``; of a storage texture ``write`` too."""
    type: Type
    min_size: int
    """The least bytes of a buffer (WebGPU's minBindingSize): an array without a count has one element. 0 of handles."""
    runtime_sized: bool
    """Whether the type is, or ends in, an array without a count."""


@dataclass(frozen=True, slots=True)
class EntryPoint:
    """A function that a pipeline can begin with, and what it uses, through the functions that it calls as well."""

    name: str
    stage: Stage
    bindings: tuple[Binding, ...]
    """In the order of group and binding."""
    overrides: tuple[Override, ...]
    builtins: frozenset[str]
    """The built-in values among its inputs, such as ``global_invocation_id``."""
    _sizes: Sizes = field(repr=False, compare=False)

    def workgroup_size(self, constants: Mapping[str, float] | None = None) -> tuple[int, int, int]:
        """Return the invocations of a workgroup along x, y and z, with values given for overrides by name or id.

        Raises `WgslError` where the values make no size, `InvalidArgumentError` with ``WEBGPU_CONSTANT_UNKNOWN``,
        ``WEBGPU_CONSTANT_MISSING`` or ``WEBGPU_CONSTANT_INVALID`` for the values themselves.
        """
        return self._sizes.workgroup_size(self.name, constants or {})

    def subgroup_size(self, constants: Mapping[str, float] | None = None) -> int | None:
        """Return what ``@subgroup_size`` asks for, None without it; raises as `workgroup_size` does."""
        return self._sizes.subgroup_size(self.name, constants or {})

    def workgroup_bytes(self, constants: Mapping[str, float] | None = None) -> int:
        """Return the bytes of workgroup memory as WebGPU counts them; raises as `workgroup_size` does."""
        return self._sizes.workgroup_bytes(self.name, constants or {})


@dataclass(frozen=True, slots=True)
class Shader:
    """A WGSL text that was read, and what it declares, by name."""

    text: str
    entry_points: Mapping[str, EntryPoint]
    overrides: Mapping[str, Override]
    constants: Mapping[str, Plain]
    structs: Mapping[str, Struct]
    enables: tuple[str, ...]
    resources: frozenset[str]
    """The variables that something could be bound to, whether an entry point uses them or not."""
