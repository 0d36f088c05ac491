"""Variables of the module: where they are, and what they may hold (WGSL, sections 7.3 and 14.3)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from .fault import Fault
from .source import Span
from .syntax import Attribute, Variable
from .type_builder import unheld, whole_number
from .types import AccessMode, AddressSpace, Opaque, Type

if TYPE_CHECKING:
    from .typed.expressions import Expressions

_MODULE_SPACES = ("private", "workgroup", "uniform", "storage", "immediate")
_BOUND = ("uniform", "storage", "handle")
_ATTRIBUTES = frozenset(("group", "binding", "input_attachment_index"))


@dataclass(frozen=True, slots=True)
class ModuleVariable:
    """A variable."""

    name: str
    span: Span
    space: AddressSpace
    access: AccessMode
    type: Type
    group: int | None
    binding: int | None


def check_variable(declared: Variable, expressions: Expressions) -> ModuleVariable:
    """Return what a variable of the module is; raises `Fault`."""
    kind = None if declared.type is None else expressions.type(declared.type)
    space = _space(declared, kind)
    access = _access(declared, space, kind)
    if declared.value is not None:
        if space != "private":
            message = f"a variable in {space!r} has no value to begin with"
            raise Fault(declared.value.span, "WGSL_VARIABLE_INVALID", message)
        kind = expressions.initial(declared.value, kind).type
    elif kind is None:
        raise Fault(declared.name_span, "WGSL_VARIABLE_INVALID", "the type of the variable is missing")
    _check_type(declared, space, access, kind)
    places: dict[str, int] = {}
    for attribute in declared.attributes:
        places[attribute.name] = _place(attribute, space, expressions)
    if space in _BOUND and not {"group", "binding"} <= places.keys():
        message = f"{declared.name!r} needs '@group' and '@binding', so that something can be bound to it"
        raise Fault(declared.name_span, "WGSL_BINDING_MISSING", message)
    group, binding = places.get("group"), places.get("binding")
    return ModuleVariable(declared.name, declared.name_span, space, access, kind, group, binding)


def _place(attribute: Attribute, space: AddressSpace, expressions: Expressions) -> int:
    if attribute.name not in _ATTRIBUTES or space not in _BOUND:
        message = f"'@{attribute.name}' is not for variables in {space!r}"
        raise Fault(attribute.span, "WGSL_ATTRIBUTE_INVALID", message)
    number = whole_number(attribute, expressions.evaluate)
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
    what = unheld(kind, space, access)
    if what is not None:
        message = f"{declared.name!r} is {kind}: {what}"
        raise Fault(declared.name_span, "WGSL_TYPE_INVALID", message)
