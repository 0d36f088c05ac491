"""What can be said of a module: the types of its imports and exports, written as in the text format (core, 6)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, TypeAlias

ExternKind = Literal["function", "table", "memory", "global", "tag"]
KINDS: tuple[ExternKind, ...] = ("function", "table", "memory", "global", "tag")
"""Kinds of imports and exports by their numbers (core, section 5.5.5)."""

PAGE_BITS = 16
"""A page of memory has 64 KiB, where the memory does not say otherwise."""


@dataclass(frozen=True, slots=True)
class FunctionType:
    """What a function takes and answers: ``i32``, ``i64``, ``f32``, ``f64``, ``v128``, ``funcref``, ``(ref 0)`` ..."""

    params: tuple[str, ...] = ()
    results: tuple[str, ...] = ()

    def __str__(self) -> str:
        params = f" (param {' '.join(self.params)})" if self.params else ""
        return "(func" + params + (f" (result {' '.join(self.results)})" if self.results else "") + ")"


@dataclass(frozen=True, slots=True)
class MemoryType:
    """A linear memory; ``minimum`` and ``maximum`` in pages of ``page_size`` bytes."""

    minimum: int
    maximum: int | None = None
    shared: bool = False
    address: Literal["i32", "i64"] = "i32"
    page_size: int = 1 << PAGE_BITS

    def __str__(self) -> str:
        address = "" if self.address == "i32" else " i64"
        maximum = "" if self.maximum is None else f" {self.maximum}"
        page_size = "" if self.page_size == 1 << PAGE_BITS else f" (pagesize {self.page_size})"
        return f"(memory{address} {self.minimum}{maximum}{' shared' if self.shared else ''}{page_size})"


@dataclass(frozen=True, slots=True)
class TableType:
    """A table of references; ``minimum`` and ``maximum`` in elements."""

    element: str
    minimum: int
    maximum: int | None = None
    address: Literal["i32", "i64"] = "i32"

    def __str__(self) -> str:
        address = "" if self.address == "i32" else " i64"
        maximum = "" if self.maximum is None else f" {self.maximum}"
        return f"(table{address} {self.minimum}{maximum} {self.element})"


@dataclass(frozen=True, slots=True)
class GlobalType:
    """A global variable."""

    value: str
    mutable: bool = False

    def __str__(self) -> str:
        return f"(global (mut {self.value}))" if self.mutable else f"(global {self.value})"


@dataclass(frozen=True, slots=True)
class TagType:
    """A tag of exceptions, with what they carry."""

    params: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"(tag (param {' '.join(self.params)}))" if self.params else "(tag)"


ExternType: TypeAlias = FunctionType | TableType | MemoryType | GlobalType | TagType
"""The type of an import or export; as text it is written as in the text format."""


@dataclass(frozen=True, slots=True)
class ModuleImport:
    """Something that a module wants to be given."""

    module: str
    name: str
    kind: ExternKind
    type: ExternType

    def describe(self) -> dict[str, object]:
        """Return it as ``module.imports`` tells it: plain values."""
        return {"module": self.module, "name": self.name, "kind": self.kind} | _signature(self.type)


@dataclass(frozen=True, slots=True)
class ModuleExport:
    """Something that a module gives."""

    name: str
    kind: ExternKind
    type: ExternType

    def describe(self) -> dict[str, object]:
        """Return it as ``module.exports`` tells it: plain values."""
        return {"name": self.name, "kind": self.kind} | _signature(self.type)


@dataclass(frozen=True, slots=True)
class ModuleInfo:
    """A module, as its bytes describe it.

    ``functions``, ``tables``, ``memories``, ``globals`` and ``tags`` hold the types of all there are, imported ones
    first; ``start`` is the index of the function that runs at instantiation; ``size`` is in bytes.
    """

    size: int
    imports: tuple[ModuleImport, ...] = ()
    exports: tuple[ModuleExport, ...] = ()
    functions: tuple[FunctionType, ...] = ()
    tables: tuple[TableType, ...] = ()
    memories: tuple[MemoryType, ...] = ()
    globals: tuple[GlobalType, ...] = ()
    tags: tuple[TagType, ...] = ()
    start: int | None = None
    custom_sections: tuple[str, ...] = ()
    _exported: dict[str, ModuleExport] = field(default_factory=dict, repr=False, compare=False)

    def export(self, name: str) -> ModuleExport | None:
        """Return the export of that name, or None."""
        return self._exported.get(name)

    def exported_functions(self) -> tuple[str, ...]:
        """Return the names of the exported functions, in the module's order."""
        return tuple(export.name for export in self.exports if export.kind == "function")


def _signature(type_: ExternType) -> dict[str, object]:
    match type_:
        case FunctionType(params, results):
            return {"params": list(params), "results": list(results)}
        case TagType(params):
            return {"params": list(params), "results": []}
        case _:
            return {"params": [], "results": []}
