"""The generator's types. Two are both WGSL's f32: the exact floats and the unit floats."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

Kind = Literal["bool", "i32", "u32", "exact", "unit"]

KINDS: Final[tuple[Kind, ...]] = ("u32", "i32", "bool", "exact", "unit")
WGSL: Final[dict[Kind, str]] = {"bool": "bool", "i32": "i32", "u32": "u32", "exact": "f32", "unit": "f32"}


@dataclass(frozen=True)
class Scalar:
    kind: Kind

    def __str__(self) -> str:
        return WGSL[self.kind]


@dataclass(frozen=True)
class Vector:
    size: int
    kind: Kind

    def __str__(self) -> str:
        return f"vec{self.size}<{WGSL[self.kind]}>"

    @property
    def scalar(self) -> Scalar:
        return Scalar(self.kind)


@dataclass(frozen=True)
class Matrix:
    """Of unit floats."""

    columns: int
    rows: int

    def __str__(self) -> str:
        return f"mat{self.columns}x{self.rows}<f32>"

    @property
    def column(self) -> Vector:
        return Vector(self.rows, "unit")


@dataclass(frozen=True)
class Array:
    element: Type
    count: int

    def __str__(self) -> str:
        return f"array<{self.element}, {self.count}>"


@dataclass(frozen=True)
class Struct:
    name: str
    members: tuple[tuple[str, Type], ...]

    def __str__(self) -> str:
        return self.name

    def declaration(self) -> str:
        members = "".join(f"  {name}: {kind},\n" for name, kind in self.members)
        return f"struct {self.name} {{\n{members}}}\n"


Type: TypeAlias = Scalar | Vector | Matrix | Array | Struct

BOOL, I32, U32, EXACT, UNIT = Scalar("bool"), Scalar("i32"), Scalar("u32"), Scalar("exact"), Scalar("unit")
