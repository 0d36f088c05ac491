"""The types of WGSL (section 6), as values: equal types are equal objects."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from .syntax import Expression

ScalarName: TypeAlias = Literal["bool", "i32", "u32", "f32", "f16", "abstract-int", "abstract-float"]
AddressSpace: TypeAlias = Literal["function", "private", "workgroup", "uniform", "storage", "immediate", "handle"]
AccessMode: TypeAlias = Literal["read", "write", "read_write"]


@dataclass(frozen=True, slots=True)
class Scalar:
    """A scalar; abstract ones are of constant expressions only."""

    name: ScalarName

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True)
class Vector:
    """Two to four scalars."""

    width: int
    component: Scalar

    def __str__(self) -> str:
        return f"vec{self.width}<{self.component}>"


@dataclass(frozen=True, slots=True)
class Matrix:
    """Columns of floating-point vectors."""

    columns: int
    rows: int
    component: Scalar

    @property
    def column(self) -> Vector:
        """The type of a column."""
        return Vector(self.rows, self.component)

    def __str__(self) -> str:
        return f"mat{self.columns}x{self.rows}<{self.component}>"


@dataclass(frozen=True, slots=True)
class Atomic:
    """An i32 or u32 that atomic operations work on."""

    component: Scalar

    def __str__(self) -> str:
        return f"atomic<{self.component}>"


@dataclass(frozen=True, slots=True)
class OverrideCount:
    """A count of elements that is known when a pipeline is made; equal ones are written alike."""

    text: str
    expression: Expression = field(compare=False, repr=False)

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True)
class Array:
    """``count`` elements: a number, None where the buffer's size says how many, or what overrides make of it."""

    element: Type
    count: int | OverrideCount | None

    def __str__(self) -> str:
        return f"array<{self.element}>" if self.count is None else f"array<{self.element}, {self.count}>"


@dataclass(frozen=True, slots=True)
class StructMember:
    """A member, and where it stands in memory (bytes)."""

    name: str
    type: Type
    offset: int
    align: int
    size: int


@dataclass(frozen=True, slots=True)
class Struct:
    """A structure; two of different names are different types."""

    name: str
    members: tuple[StructMember, ...] = field(compare=False)
    depth: int = field(default=1, compare=False, repr=False)
    """How deep its members nest: 1 where they are no structures and no arrays."""

    def member(self, name: str) -> StructMember | None:
        """Return a member by name."""
        return next((member for member in self.members if member.name == name), None)

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True)
class Pointer:
    """A pointer to a variable, or a part of one."""

    space: AddressSpace
    store: Type
    access: AccessMode

    def __str__(self) -> str:
        return f"ptr<{self.space}, {self.store}, {self.access}>"


@dataclass(frozen=True, slots=True)
class Opaque:
    """A texture or a sampler, by the name of its type and what stands in its template list."""

    name: str
    arguments: tuple[str, ...] = ()
    access: AccessMode = "read"

    def __str__(self) -> str:
        return f"{self.name}<{', '.join(self.arguments)}>" if self.arguments else self.name


Type: TypeAlias = Scalar | Vector | Matrix | Atomic | Array | Struct | Pointer | Opaque

BOOL, I32, U32, F32, F16 = (Scalar(name) for name in ("bool", "i32", "u32", "f32", "f16"))
ABSTRACT_INT, ABSTRACT_FLOAT = Scalar("abstract-int"), Scalar("abstract-float")
