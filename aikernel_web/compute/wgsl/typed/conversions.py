"""Values as values of other types, where they become that by themselves (WGSL, section 6.1.2)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from ..fault import Fault
from ..source import Span
from ..types import ABSTRACT_FLOAT, ABSTRACT_INT, F16, F32, I32, Array, Scalar, Struct, Type, Vector
from ..values import ABSTRACT, Constant, Data, component_of, innermost, is_feasible, with_component
from ..values import convert as convert_constant
from .folding import Folding
from .kinds import is_constructible
from .results import concrete_result
from .tree import Literal, Value


class Conversions:
    """Converts abstract constants; every other value has its type once and for all."""

    def __init__(self, folding: Folding) -> None:
        self._folding = folding
        self._with_values: dict[str, bool] = {}
        self._arrays: dict[tuple[int, Type], tuple[Data, Data]] = {}
        """Arrays that were converted, which may be named again and again: by the identity of what is kept here."""

    def has_values(self, kind: Type) -> bool:
        """Whether there are values of a type; structures may be large, and are looked at once."""
        if not isinstance(kind, Array | Struct):
            return is_constructible(kind)
        name = str(kind)
        if name not in self._with_values:
            self._with_values[name] = is_constructible(kind)
        return self._with_values[name]

    def convert(self, value: Value, target: Type) -> Value:
        """Return a value as one of ``target``; ``WGSL_TYPE_MISMATCH`` or ``WGSL_VALUE_RANGE``."""
        if value.type == target:
            return value
        if not isinstance(value, Literal):
            message = f"{target} is wanted here, and this is {value.type}{_hint(target, value.type)}"
            raise Fault(value.span, "WGSL_TYPE_MISMATCH", message)
        if isinstance(value.type, Struct) and isinstance(target, Struct) and becomes(value.type, target):
            return self._result(value, target)
        is_array = isinstance(value.type, Array)
        known = self._arrays.get((id(value.data), target)) if is_array else None
        if known is not None:
            return Literal(value.span, target, known[1])
        found = convert_constant(Constant(value.type, value.data), target, value.span)
        if is_array and value.data is not None and found.data is not None:
            self._folding.charge(value.span, len(cast("tuple[Data, ...]", value.data)))
            self._arrays[id(value.data), target] = value.data, found.data
        return Literal(value.span, target, cast("Data", found.data))

    def _result(self, value: Literal, target: Struct) -> Literal:
        """Return a structure of WGSL's own with abstract numbers as one of others."""
        if not isinstance(value.type, Struct) or not isinstance(value.data, tuple):
            return Literal(value.span, target, value.data)
        found = [
            convert_constant(Constant(member.type, data), wanted.type, value.span).data
            for member, wanted, data in zip(value.type.members, target.members, value.data, strict=True)
        ]
        return Literal(value.span, target, cast("Data", tuple(found)))

    def concrete(self, value: Value) -> Value:
        """Return a value of a type that a variable can have: abstract integers become i32, abstract floats f32."""
        kind = concrete_type(type_of(value))
        return value if kind == value.type else self.convert(value, kind)

    def unified(self, span: Span, values: Sequence[Value]) -> list[Value]:
        """Return scalars, vectors and matrices with components of one type, to which the abstract ones become.

        Where anything is no constant, no abstract number is left (section 6.1.3).
        """
        first = values[0].type
        if component_of(first) is not None and all(value.type == first for value in values):
            return list(values)
        kinds = [component_of(value.type) for value in values]
        if None in kinds:
            names = " and ".join(str(value.type) for value in values)
            raise Fault(span, "WGSL_TYPE_MISMATCH", f"there is no such operation on {names}")
        found = cast("list[Scalar]", kinds)
        target = next((kind for kind in found if kind not in ABSTRACT), None)
        if target is None:
            target = ABSTRACT_FLOAT if ABSTRACT_FLOAT in found else ABSTRACT_INT
        widths = {value.type.width for value in values if isinstance(value.type, Vector)}
        if len(widths) > 1 or not all(is_feasible(kind, target) for kind in found):
            names = " and ".join(str(value.type) for value in values)
            hint = _hint(values[0].type, values[-1].type)
            raise Fault(span, "WGSL_TYPE_MISMATCH", f"{names} are not of one type{hint}")
        return [self.convert(value, with_component(type_of(value), target)) for value in values]


def _hint(wanted: Type | None, given: Type | None) -> str:
    """Return how a value becomes one of another type, where it takes a call; nothing else converts by itself."""
    pair = (wanted, given)
    scalars = all(isinstance(kind, Scalar) and kind not in ABSTRACT for kind in pair)
    return f": '{wanted}(...)' converts" if scalars and wanted != given else ""


def type_of(value: Value) -> Type:
    """Return the type of what was loaded or constructed: only calls have none."""
    if value.type is None:
        raise TypeError("a call without a result is no operand")
    return value.type


def concrete_type(kind: Type) -> Type:
    """Return the type that a variable has for a value of this one."""
    if isinstance(kind, Struct):
        return concrete_result(kind)
    component = innermost(kind)
    if component not in ABSTRACT:
        return kind
    return with_component(kind, I32 if component == ABSTRACT_INT else F32)


def becomes(source: Type, target: Type) -> bool:
    """Whether values of one type become values of another by themselves."""
    if source == target:
        return True
    if isinstance(source, Struct):
        return target in (concrete_result(source), concrete_result(source, F16))
    kind, wanted = innermost(source), innermost(target)
    if kind is None or wanted is None:
        return False
    return is_feasible(kind, wanted) and with_component(source, wanted) == target
