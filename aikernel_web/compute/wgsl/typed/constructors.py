"""Construction of values (WGSL, section 17.1)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, cast

from ..fault import Fault
from ..layout import size_of
from ..names import INFERRING, MATRICES, VECTORS
from ..source import Span
from ..syntax import Call, Name
from ..types import (
    ABSTRACT_FLOAT,
    ABSTRACT_INT,
    Array,
    Matrix,
    Scalar,
    Struct,
    Type,
    Vector,
)
from ..values import FLOATS, Data, NumberFault, component_of, convert_scalar, with_component, zero
from .conversions import Conversions, becomes, concrete_type, type_of
from .folding import Folding, nothing
from .tree import Construct, Literal, Value

_BYTES_MAX = 1 << 18
"""Of a value that is worked out; larger ones are made when the shader large."""
_BYTES_A_STEP = 8


class Constructors:
    """Types constructions of values."""

    def __init__(self, folding: Folding, conversions: Conversions) -> None:
        self._folding = folding
        self._conversions = conversions

    def infers(self, callee: Name) -> bool:
        """Whether what is constructed has a type that the arguments tell: ``vec2(1, 2)``."""
        return callee.arguments is None and callee.name in INFERRING

    def construct(self, call: Call, kind: Type | None, arguments: Sequence[Value], *, large: bool) -> Value:
        """Return a value of a type, or, where that is None, of one whose component or element the arguments tell.

        Large values are left to the running shader where ``large`` allows that; otherwise they are not worked out.
        """
        if kind is None:
            return self._inferred(call, arguments, large=large)
        return self._construct(call.span, kind, arguments, large=large)

    def _construct(self, span: Span, kind: Type, arguments: Sequence[Value], *, large: bool) -> Value:
        if not self._conversions.has_values(kind):
            raise Fault(span, "WGSL_TYPE_INVALID", f"there are no values of {kind}")
        if not arguments:
            return self._built(span, kind, [], lambda: zero(kind), large=large)
        match kind:
            case Scalar():
                return self._scalar(span, kind, arguments)
            case Vector():
                return self._vector(span, kind, arguments)
            case Matrix():
                return self._matrix(span, kind, arguments)
            case Array(element, int() as count):
                return self._parts(span, kind, [element], count, arguments, large=large)
            case Struct(members=members):
                types = [member.type for member in members]
                return self._parts(span, kind, types, len(types), arguments, large=large)
        raise Fault(span, "WGSL_TYPE_INVALID", f"there are no values of {kind}")

    def _inferred(self, call: Call, arguments: Sequence[Value], *, large: bool) -> Value:
        name, span = call.callee.name, call.span
        if name == "array":
            return self._inferred_array(span, arguments, large=large)
        if not arguments and name in VECTORS:
            return self._construct(span, Vector(VECTORS[name], ABSTRACT_INT), arguments, large=large)
        first = arguments[0] if arguments else None
        if first is not None and len(arguments) == 1:
            # Of one vector or matrix this is the same once more.
            kind = first.type
            if isinstance(kind, Vector) and kind.width == VECTORS.get(name):
                return first
            if isinstance(kind, Matrix) and (kind.columns, kind.rows) == MATRICES.get(name):
                return first
        component = self._component(span, name, arguments)
        if name in VECTORS:
            return self._vector(span, Vector(VECTORS[name], component), arguments)
        if component == ABSTRACT_INT:
            component = ABSTRACT_FLOAT
        if component not in FLOATS:
            raise Fault(span, "WGSL_TYPE_MISMATCH", f"{name} is made of floats, not of {component}")
        return self._matrix(span, Matrix(*MATRICES[name], component), arguments)

    def _component(self, span: Span, name: str, arguments: Sequence[Value]) -> Scalar:
        kinds = [component_of(argument.type) for argument in arguments]
        for kind in kinds:
            if kind is not None and all(other is not None and becomes(other, kind) for other in kinds):
                return kind
        names = ", ".join(str(argument.type) for argument in arguments) or "nothing"
        raise Fault(span, "WGSL_TYPE_MISMATCH", f"{name} is made of scalars of one type, not of {names}")

    def _scalar(self, span: Span, kind: Scalar, arguments: Sequence[Value]) -> Value:
        if len(arguments) != 1 or not isinstance(arguments[0].type, Scalar):
            names = ", ".join(str(argument.type) for argument in arguments)
            raise Fault(span, "WGSL_TYPE_MISMATCH", f"{kind} is made of one scalar, not of {names}")
        return self._converted(span, kind, arguments[0])

    def _converted(self, span: Span, kind: Type, value: Value) -> Value:
        """Convert scalar by scalar, as ``f32(1)`` and ``vec2<f32>(v)`` do."""
        source, target = cast("Scalar", component_of(value.type)), cast("Scalar", component_of(kind))
        if value.type == kind:
            return value
        if not isinstance(value, Literal):
            return Construct(span, kind, (value,))

        def work(data: Any) -> Data:
            try:
                return self._folding.each(span, lambda item: convert_scalar(source, target, item), data)
            except NumberFault as fault:
                raise Fault(span, "WGSL_VALUE_RANGE", f"the value does not fit: {fault}") from None

        return self._folding.literal(span, kind, work, value.data)

    def _vector(self, span: Span, kind: Vector, arguments: Sequence[Value]) -> Value:
        first = arguments[0].type
        if len(arguments) == 1 and isinstance(first, Vector) and first.width == kind.width:
            return self._converted(span, kind, arguments[0])
        width = 0
        items: list[Value] = []
        for argument in arguments:
            if not isinstance(argument.type, Scalar | Vector):
                raise Fault(argument.span, "WGSL_TYPE_MISMATCH", f"{kind} is not made of {argument.type}")
            items.append(self._conversions.convert(argument, with_component(argument.type, kind.component)))
            width += argument.type.width if isinstance(argument.type, Vector) else 1
        splat = len(items) == 1 and isinstance(first, Scalar)
        if width != kind.width and not splat:
            raise Fault(span, "WGSL_ARGUMENT_COUNT", f"{kind} is made of {kind.width} scalars, not of {width}")
        if not all(isinstance(item, Literal) for item in items):
            return Construct(span, kind, tuple(items))

        def work(*data: Any) -> Data:
            parts = [part for item in data for part in (item if isinstance(item, tuple) else (item,))]
            return tuple(parts * kind.width if splat else parts)

        self._folding.charge(span, kind.width)
        return self._folding.literal(span, kind, work, *_data(items))

    def _matrix(self, span: Span, kind: Matrix, arguments: Sequence[Value]) -> Value:
        first = arguments[0].type if arguments else None
        if len(arguments) == 1 and isinstance(first, Matrix):
            if (first.columns, first.rows) != (kind.columns, kind.rows):
                raise Fault(span, "WGSL_TYPE_MISMATCH", f"{kind} is not made of {first}")
            return self._converted_matrix(span, kind, arguments[0])
        if len(arguments) == kind.columns:
            return self._parts(span, kind, [kind.column], kind.columns, arguments, large=True)
        if len(arguments) != kind.columns * kind.rows:
            message = f"{kind} is made of {kind.columns} columns or {kind.columns * kind.rows} scalars"
            raise Fault(span, "WGSL_ARGUMENT_COUNT", message)
        items = [self._conversions.convert(argument, kind.component) for argument in arguments]
        if not all(isinstance(item, Literal) for item in items):
            return Construct(span, kind, tuple(items))

        def work(*data: Any) -> Data:
            return tuple(data[at : at + kind.rows] for at in range(0, len(data), kind.rows))

        self._folding.charge(span, len(items))
        return self._folding.literal(span, kind, work, *_data(items))

    def _converted_matrix(self, span: Span, kind: Matrix, value: Value) -> Value:
        if value.type == kind:
            return value
        if not isinstance(value, Literal):
            return Construct(span, kind, (value,))
        column = cast("Matrix", value.type).column

        def work(data: Any) -> Data:
            columns = (self._converted(span, kind.column, Literal(value.span, column, part)) for part in data)
            return tuple(cast("Literal", part).data for part in columns)

        return self._folding.literal(span, kind, work, value.data)

    def _parts(
        self, span: Span, kind: Type, types: Sequence[Type], count: int, arguments: Sequence[Value], *, large: bool
    ) -> Value:
        """Return a value of all its parts; of one type for all parts ``types`` has that alone."""
        if count != len(arguments):
            message = f"{kind} is made of {count} values, not of {len(arguments)}"
            raise Fault(span, "WGSL_ARGUMENT_COUNT", message)
        wanted = types if len(types) == count else list(types) * count
        items = [self._conversions.convert(value, part) for value, part in zip(arguments, wanted, strict=True)]
        return self._built(span, kind, items, lambda *data: tuple(data), large=large)

    def _built(self, span: Span, kind: Type, items: list[Value], work: Callable[..., Data], *, large: bool) -> Value:
        """Return a constant of what is constant and not large, and a construction of the rest."""
        if not all(isinstance(item, Literal) for item in items):
            return Construct(span, kind, tuple(items))
        size = size_of(kind)
        if size > _BYTES_MAX:
            return Construct(span, kind, tuple(items)) if large and not self._folding.idle else nothing(span, kind)
        self._folding.charge(span, size // _BYTES_A_STEP + 1)
        return self._folding.literal(span, kind, work, *_data(items))

    def _inferred_array(self, span: Span, arguments: Sequence[Value], *, large: bool) -> Value:
        if not arguments:
            raise Fault(span, "WGSL_ARGUMENT_COUNT", "an array without elements has its type in a template list")
        kinds = dict.fromkeys(type_of(argument) for argument in arguments)
        element = next((kind for kind in kinds if all(becomes(other, kind) for other in kinds)), None)
        if element is None:
            raise Fault(span, "WGSL_TYPE_MISMATCH", "the elements of an array are of one type")
        if not self._conversions.has_values(element):
            raise Fault(span, "WGSL_TYPE_INVALID", f"an array cannot hold {element}")
        kind = Array(element, len(arguments))
        if large and size_of(kind) > _BYTES_MAX:
            kind = cast("Array", concrete_type(kind))
        return self._construct(span, kind, arguments, large=large)


def _data(items: Sequence[Value]) -> list[Data | None]:
    return [cast("Literal", item).data for item in items]
