"""Variables of the module: where they are, and what they may hold (WGSL, sections 7.3 and 14.3)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

from .evaluator import Evaluator
from .fault import Fault
from .source import Span
from .syntax import Attribute, Variable
from .type_builder import any_within, ends_runtime_sized, whole_number
from .types import BOOL, AccessMode, AddressSpace, Array, Atomic, Matrix, Opaque, OverrideCount, Pointer, Type, Vector
from .values import concrete, convert

_MODULE_SPACES = ("private", "workgroup", "uniform", "storage", "immediate")
_BOUND = ("uniform", "storage", "handle")
_ATTRIBUTES = frozenset(("group", "binding", "input_attachment_index"))


@dataclass(frozen=True, slots=True)
class ModuleVariable:
    """A variable; ``type`` is None where this front end cannot tell it, of a private one only."""

    name: str
    span: Span
    space: AddressSpace
    access: AccessMode
    type: Type | None
    group: int | None
    binding: int | None


def check_variable(declared: Variable, evaluator: Evaluator) -> ModuleVariable:
    """Return what a variable of the module is; raises `Fault`."""
    kind = None if declared.type is None else evaluator.type(declared.type)
    space = _space(declared, kind)
    access = _access(declared, space, kind)
    if declared.value is not None:
        if space != "private":
            message = f"a variable in {space!r} has no value to begin with"
            raise Fault(declared.value.span, "WGSL_VARIABLE_INVALID", message)
        value = evaluator.evaluate(declared.value)
        span = declared.value.span
        kind = (concrete(value, span) if kind is None else convert(value, kind, span)).type
    elif kind is None:
        raise Fault(declared.name_span, "WGSL_VARIABLE_INVALID", "the type of the variable is missing")
    if kind is not None:
        _check_type(declared, space, access, kind)
    places: dict[str, int] = {}
    for attribute in declared.attributes:
        places[attribute.name] = _place(attribute, space, evaluator)
    if space in _BOUND and not {"group", "binding"} <= places.keys():
        message = f"{declared.name!r} needs '@group' and '@binding', so that something can be bound to it"
        raise Fault(declared.name_span, "WGSL_BINDING_MISSING", message)
    group, binding = places.get("group"), places.get("binding")
    return ModuleVariable(declared.name, declared.name_span, space, access, kind, group, binding)


def _place(attribute: Attribute, space: AddressSpace, evaluator: Evaluator) -> int:
    if attribute.name not in _ATTRIBUTES or space not in _BOUND:
        message = f"'@{attribute.name}' is not for variables in {space!r}"
        raise Fault(attribute.span, "WGSL_ATTRIBUTE_INVALID", message)
    number = whole_number(attribute, evaluator.evaluate)
    if number < 0:
        raise Fault(attribute.span, "WGSL_ATTRIBUTE_VALUE", f"'@{attribute.name}' is 0 or more, not {number}")
    return number


def _space(declared: Variable, kind: Type | None) -> AddressSpace:
    if declared.space is None:
        if isinstance(kind, Opaque):
            return "handle"
        message = f"a variable of the module has an address space, one of {', '.join(_MODULE_SPACES)}: 'var<private>'"
        raise Fault(declared.name_span, "WGSL_ADDRESS_SPACE", message)
    if declared.space not in _MODULE_SPACES:
        message = f"{declared.space!r} is no address space of the module's variables: {', '.join(_MODULE_SPACES)}"
        raise Fault(declared.name_span, "WGSL_ADDRESS_SPACE", message)
    return cast("AddressSpace", declared.space)


def _access(declared: Variable, space: AddressSpace, kind: Type | None) -> AccessMode:
    if isinstance(kind, Opaque) and space == "handle":
        return kind.access
    if declared.access is None:
        return "read_write" if space in ("private", "workgroup") else "read"
    if space != "storage":
        raise Fault(declared.name_span, "WGSL_ACCESS_MODE", f"a variable in {space!r} has no access mode")
    if declared.access not in ("read", "read_write"):
        message = f"the access mode of a storage variable is 'read' or 'read_write', not {declared.access!r}"
        raise Fault(declared.name_span, "WGSL_ACCESS_MODE", message)
    return cast("AccessMode", declared.access)


def _check_type(declared: Variable, space: AddressSpace, access: AccessMode, kind: Type) -> None:
    """Refuse what an address space does not hold (sections 6.4.3, 6.4.5 and 14.3)."""
    refused: dict[str, Callable[[Type], bool]] = {"a pointer": lambda part: isinstance(part, Pointer)}
    if space != "handle":
        refused["a texture or a sampler"] = lambda part: isinstance(part, Opaque)
    if space in ("uniform", "storage", "immediate"):
        refused["a bool"] = _is_bool
    if space in ("uniform", "private", "immediate") or (access == "read" and space == "storage"):
        refused["an atomic"] = lambda part: isinstance(part, Atomic)
    if space != "workgroup":
        refused["an array with an override's count"] = _is_override_sized
    if space != "storage":
        refused["an array without a count"] = lambda part: isinstance(part, Array) and part.count is None
    for what, test in refused.items():
        if any_within(kind, test):
            where = (
                "'handle'" if space == "handle" else f"'{space}'" + (" that is only read" if access == "read" else "")
            )
            message = f"{declared.name!r} is {kind}: a variable in {where} cannot hold {what}"
            raise Fault(declared.name_span, "WGSL_TYPE_INVALID", message)
    if ends_runtime_sized(kind) and space != "storage":
        raise Fault(declared.name_span, "WGSL_TYPE_INVALID", f"{kind} has a size in storage only")


def _is_bool(kind: Type) -> bool:
    return kind == BOOL or (isinstance(kind, Vector | Matrix) and kind.component == BOOL)


def _is_override_sized(kind: Type) -> bool:
    return isinstance(kind, Array) and isinstance(kind.count, OverrideCount)
