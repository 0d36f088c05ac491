"""Places and what they hold, pointers, and parts of both (WGSL, sections 6.4 and 8.5)."""

from __future__ import annotations

from typing import Any, cast

from ..fault import Fault
from ..source import Span
from ..syntax import Index, Member
from ..types import (
    ABSTRACT_INT,
    I32,
    U32,
    Array,
    Atomic,
    Matrix,
    Opaque,
    Pointer,
    Scalar,
    Struct,
    StructMember,
    Type,
    Vector,
)
from ..values import INTEGERS, Data
from .conversions import Conversions
from .folding import Folding
from .tree import (
    AddressOf,
    Element,
    ElementPlace,
    Literal,
    Load,
    LocalPlace,
    LocalValue,
    MemberPlace,
    MemberValue,
    ModulePlace,
    Place,
    Pointee,
    Swizzle,
    Value,
)

_SWIZZLES = ("xyzw", "rgba")
_SWIZZLE_MAX = 4
_LARGE = Array | Struct
_PLACES = LocalPlace | ModulePlace | Pointee | ElementPlace | MemberPlace


class Parts:
    """Types loads, pointers, members and elements."""

    def __init__(self, folding: Folding, conversions: Conversions) -> None:
        self._folding = folding
        self._conversions = conversions
        self._members: dict[str, dict[str, tuple[int, StructMember]]] = {}

    # Places and values

    def loaded(self, operand: Value | Place) -> Value:
        """Return an operand's value: of a place what it holds (the load rule, section 6.4.3)."""
        if not isinstance(operand, _PLACES):
            if operand.type is None:
                raise Fault(operand.span, "WGSL_TYPE_MISMATCH", "this function returns nothing, and a value is wanted")
            return operand
        kind = operand.type
        if isinstance(kind, Atomic):
            raise Fault(operand.span, "WGSL_TYPE_MISMATCH", f"{kind} is no value: 'atomicLoad(&...)' reads it")
        if isinstance(kind, _LARGE) and not self._conversions.has_values(kind):
            message = f"{kind} cannot be read as a whole: its elements, or its members, can ('&' makes a pointer)"
            raise Fault(operand.span, "WGSL_TYPE_MISMATCH", message)
        if operand.access == "write" and not isinstance(kind, Opaque):
            raise Fault(operand.span, "WGSL_ACCESS_MODE", "this is only written")
        return Load(operand.span, kind, operand)

    def place(self, operand: Value | Place) -> Place:
        """Return an operand that is a place."""
        if isinstance(operand, _PLACES) and not isinstance(operand.type, Opaque):
            return operand
        message = "this is a value, where something that memory holds is wanted: a 'var', or a part of one"
        root = operand
        while isinstance(root, Element | MemberValue | Swizzle):
            root = root.base
        if isinstance(root, LocalValue):
            kind = "parameter" if root.local.kind == "parameter" else f"'{root.local.kind}'"
            message = f"{root.local.name!r} is a {kind}, which is only a value: a 'var' has memory to write"
        raise Fault(operand.span, "WGSL_REFERENCE_WANTED", message)

    def address(self, span: Span, operand: Value | Place) -> Value:
        """Return a pointer to a place (section 8.14)."""
        place = self.place(operand)
        if isinstance(place, ElementPlace) and isinstance(place.base.type, Vector):
            raise Fault(span, "WGSL_ADDRESS_INVALID", "a component of a vector has no address: the vector has one")
        return AddressOf(span, Pointer(place.space, place.type, place.access), place)

    def pointee(self, span: Span, pointer: Value) -> Place:
        """Return what a pointer points to (section 8.15)."""
        kind = pointer.type
        if not isinstance(kind, Pointer):
            raise Fault(span, "WGSL_TYPE_MISMATCH", f"'*' needs a pointer, and this is {kind}")
        if isinstance(pointer, AddressOf):
            return pointer.place
        return Pointee(span, kind.store, pointer, kind.space, kind.access)

    def _followed(self, operand: Value | Place) -> Value | Place:
        """Return what stands before a member or an index: of a pointer that to which it points."""
        if not isinstance(operand, _PLACES) and isinstance(operand.type, Pointer):
            return self.pointee(operand.span, operand)
        return operand

    # Elements

    def element(self, node: Index, operand: Value | Place, index: Value) -> Value | Place:
        """Return ``operand[index]``; ``WGSL_INDEX_RANGE`` where a constant index is not in it."""
        base = self._followed(operand)
        match base.type:
            case Vector(width, component):
                count, part = cast("int | None", width), cast("Type", component)
            case Matrix(columns):
                count, part = columns, base.type.column
            case Array(element, number):
                count, part = number if isinstance(number, int) else None, element
            case _:
                raise Fault(node.span, "WGSL_TYPE_MISMATCH", f"{base.type} has no elements")
        if index.type not in INTEGERS:
            raise Fault(node.index.span, "WGSL_TYPE_MISMATCH", f"an index is an integer, not {index.type}")
        at = cast("int | None", index.data) if isinstance(index, Literal) else None
        if at is not None and (at < 0 or (count is not None and at >= count)):
            there = "" if count is None else f" of {count}"
            raise Fault(node.index.span, "WGSL_INDEX_RANGE", f"element {at}{there} does not exist")
        if index.type == ABSTRACT_INT:
            index = self._conversions.convert(index, I32)
        if isinstance(base, _PLACES):
            return ElementPlace(node.span, part, base, index, base.space, base.access)
        if isinstance(base, Literal) and isinstance(index, Literal):
            return self._part(node.span, part, base, at)
        # Which element it is, is known when the shader runs: then nothing is abstract.
        base = self._conversions.concrete(base)
        kind = cast("Vector | Matrix | Array", base.type)
        part = kind.element if isinstance(kind, Array) else kind.column if isinstance(kind, Matrix) else kind.component
        return Element(node.span, part, base, index)

    def _part(self, span: Span, kind: Type, base: Literal, at: int | None) -> Literal:
        return self._folding.literal(span, kind, lambda data, place: data[place], cast("Data | None", base.data), at)

    # Members

    def member(self, node: Member, operand: Value | Place) -> Value | Place:
        """Return ``operand.name``; ``WGSL_MEMBER_UNKNOWN``."""
        base = self._followed(operand)
        match base.type:
            case Struct():
                found = self._of_struct(base.type).get(node.name)
                if found is not None:
                    return self._member(node.span, base, *found)
            case Vector(width, component):
                names = next((names[:width] for names in _SWIZZLES if set(node.name) <= set(names[:width])), "")
                if names and len(node.name) <= _SWIZZLE_MAX:
                    places = tuple(names.index(letter) for letter in node.name)
                    return self._swizzle(node.span, base, component, places)
        raise Fault(node.span, "WGSL_MEMBER_UNKNOWN", f"{base.type} has no member {node.name!r}")

    def _of_struct(self, kind: Struct) -> dict[str, tuple[int, StructMember]]:
        found = self._members.get(kind.name)
        if found is None:
            found = {member.name: (at, member) for at, member in enumerate(kind.members)}
            self._members[kind.name] = found
        return found

    def _member(self, span: Span, base: Value | Place, at: int, member: StructMember) -> Value | Place:
        if isinstance(base, _PLACES):
            return MemberPlace(span, member.type, base, at, base.space, base.access)
        if isinstance(base, Literal):
            return self._part(span, member.type, base, at)
        return MemberValue(span, member.type, base, at)

    def _swizzle(self, span: Span, base: Value | Place, component: Scalar, places: tuple[int, ...]) -> Value | Place:
        kind: Type = component if len(places) == 1 else Vector(len(places), component)
        if isinstance(base, _PLACES):
            if len(places) == 1:
                return ElementPlace(span, kind, base, Literal(span, U32, places[0]), base.space, base.access)
            return Swizzle(span, kind, self.loaded(base), places)
        if not isinstance(base, Literal):
            return Swizzle(span, kind, base, places)

        def pick(data: Any) -> Data:
            return cast("Data", data[places[0]] if len(places) == 1 else tuple(data[at] for at in places))

        return self._folding.literal(span, kind, pick, base.data)
