"""Construction of values in constant expressions (WGSL, section 17.1)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from .fault import Fault
from .layout import size_of
from .names import INFERRING, MATRICES, VECTORS
from .source import Span
from .syntax import Call
from .type_builder import ends_runtime_sized
from .types import BOOL, Array, Atomic, Matrix, Opaque, OverrideCount, Pointer, Scalar, Struct, Type, Vector
from .values import (
    UNKNOWN,
    Constant,
    Data,
    NumberFault,
    component_of,
    convert,
    convert_scalar,
    is_feasible,
    with_component,
    zero,
)

if TYPE_CHECKING:
    from .evaluator import Evaluator

_BYTES_MAX = 1 << 18
"""Of a value that is worked out; of a larger one the type is known."""


class Constructors:
    """Constructs values of types."""

    def __init__(self, evaluator: Evaluator) -> None:
        self._evaluator = evaluator

    def predeclared(self, call: Call, arguments: list[Constant]) -> Constant:
        """Construct a value of a type of WGSL's own, which may be told by the arguments."""
        callee = call.callee
        if callee.arguments is None and callee.name in INFERRING:
            return self._inferred(call, arguments)
        return self.construct(call, self._evaluator.type(callee), arguments)

    def construct(self, call: Call, kind: Type, arguments: list[Constant]) -> Constant:  # noqa: PLR0911 - a case each
        """Construct a value of a type from the arguments of a call."""
        span = call.span
        if isinstance(kind, Atomic | Pointer | Opaque) or ends_runtime_sized(kind):
            raise Fault(span, "WGSL_TYPE_INVALID", f"there are no values of {kind}")
        if isinstance(kind, Array) and isinstance(kind.count, OverrideCount):
            raise Fault(span, "WGSL_TYPE_INVALID", f"there are no values of {kind}")
        if size_of(kind) > _BYTES_MAX:
            return Constant(kind)
        self._evaluator.charge(span, size_of(kind) // 2 + 1)
        if not arguments:
            return self._evaluator.guarded(span, lambda: Constant(kind, zero(kind)))
        match kind:
            case Scalar():
                return self._scalar(span, kind, arguments)
            case Vector():
                return self._vector(span, kind, arguments)
            case Matrix():
                return self._matrix(span, kind, arguments)
            case Array(element, int() as count):
                return self._parts(span, kind, [element] * count, arguments)
            case Struct(members=members):
                return self._parts(span, kind, [member.type for member in members], arguments)
        return UNKNOWN

    def _scalar(self, span: Span, kind: Scalar, arguments: list[Constant]) -> Constant:
        value = arguments[0]
        if value.type is None and len(arguments) == 1:
            return Constant(kind)
        if len(arguments) != 1 or not isinstance(value.type, Scalar):
            names = ", ".join(str(argument.type) for argument in arguments)
            raise Fault(span, "WGSL_TYPE_MISMATCH", f"{kind} is made of one scalar, not of {names}")
        return self._converted(span, kind, value)

    def _converted(self, span: Span, kind: Type, value: Constant) -> Constant:
        """Convert scalar by scalar, as ``f32(1)`` and ``vec2<f32>(v)`` do."""
        source, target = component_of(value.type), component_of(kind)
        if value.data is None or source is None or target is None:
            return Constant(kind)
        try:
            number: Data = value.data
            if isinstance(number, tuple):
                return Constant(kind, tuple(convert_scalar(source, target, cast("float", item)) for item in number))
            return Constant(kind, convert_scalar(source, target, number))
        except NumberFault as fault:
            raise Fault(span, "WGSL_VALUE_RANGE", f"the value does not fit: {fault}") from None

    def _vector(self, span: Span, kind: Vector, arguments: list[Constant]) -> Constant:
        if any(argument.type is None for argument in arguments):
            return Constant(kind)
        first = arguments[0]
        if len(arguments) == 1 and isinstance(first.type, Vector) and first.type.width == kind.width:
            return self._converted(span, kind, first)
        data: list[Any] = []
        for argument in arguments:
            if not isinstance(argument.type, Scalar | Vector):
                raise Fault(span, "WGSL_TYPE_MISMATCH", f"{kind} is not made of {argument.type}")
            item = convert(argument, with_component(argument.type, kind.component), span)
            width = argument.type.width if isinstance(argument.type, Vector) else 1
            parts = item.data if isinstance(item.data, tuple) else (item.data,) * width
            data += parts
        if len(data) == 1:
            data *= kind.width
        if len(data) != kind.width:
            raise Fault(span, "WGSL_ARGUMENT_COUNT", f"{kind} is made of {kind.width} scalars, not of {len(data)}")
        return Constant(kind, None if None in data else tuple(data))

    def _matrix(self, span: Span, kind: Matrix, arguments: list[Constant]) -> Constant:
        first = arguments[0].type
        if any(argument.type is None for argument in arguments) or (len(arguments) == 1 and isinstance(first, Matrix)):
            return Constant(kind)
        if len(arguments) == kind.columns:
            return self._parts(span, kind, [kind.column] * kind.columns, arguments)
        if len(arguments) != kind.columns * kind.rows:
            message = f"{kind} is made of {kind.columns} columns or {kind.columns * kind.rows} scalars"
            raise Fault(span, "WGSL_ARGUMENT_COUNT", message)
        flat = [convert(argument, kind.component, span).data for argument in arguments]
        if None in flat:
            return Constant(kind)
        columns = (tuple(flat[at : at + kind.rows]) for at in range(0, len(flat), kind.rows))
        return Constant(kind, cast("Data", tuple(columns)))

    def _parts(self, span: Span, kind: Type, parts: list[Type], arguments: list[Constant]) -> Constant:
        if len(parts) != len(arguments):
            message = f"{kind} is made of {len(parts)} values, not of {len(arguments)}"
            raise Fault(span, "WGSL_ARGUMENT_COUNT", message)
        data = [convert(value, part, span).data for value, part in zip(arguments, parts, strict=True)]
        return Constant(kind, None if None in data else cast("Data", tuple(data)))

    def _inferred(self, call: Call, arguments: list[Constant]) -> Constant:
        """Construct a value of a type whose components the arguments tell: ``vec2(1, 2)``."""
        name, span = call.callee.name, call.span
        if any(argument.type is None for argument in arguments):
            return UNKNOWN
        if name == "array":
            return self._inferred_array(span, arguments)
        if name in MATRICES or (not arguments and name in VECTORS):
            return UNKNOWN
        first = arguments[0]
        if len(arguments) == 1 and isinstance(first.type, Vector) and first.type.width == VECTORS[name]:
            return first
        kinds = set(map(component_of, (argument.type for argument in arguments)))
        target = next(
            (kind for kind in kinds if kind is not None and all(_becomes(other, kind) for other in kinds)), None
        )
        if target is None:
            names = ", ".join(str(argument.type) for argument in arguments)
            raise Fault(span, "WGSL_TYPE_MISMATCH", f"{name} is made of scalars of one type, not of {names}")
        self._evaluator.charge(span, VECTORS[name])
        return self._vector(span, Vector(VECTORS[name], target), arguments)

    def _inferred_array(self, span: Span, arguments: list[Constant]) -> Constant:
        if not arguments:
            raise Fault(span, "WGSL_ARGUMENT_COUNT", "an array without elements has its type in a template list")
        kinds = dict.fromkeys(cast("Type", argument.type) for argument in arguments)
        element = next((kind for kind in kinds if all(_converts(other, kind) for other in kinds)), None)
        if element is None:
            raise Fault(span, "WGSL_TYPE_MISMATCH", "the elements of an array are of one type")
        kind = Array(element, len(arguments))
        self._evaluator.charge(span, size_of(kind) // 2 + 1)
        return self._parts(span, kind, [element] * len(arguments), arguments)


def _becomes(source: Scalar | None, target: Scalar) -> bool:
    return source is not None and is_feasible(source, target)


def _converts(source: Type, target: Type) -> bool:
    if source == target:
        return True
    kind, wanted = component_of(source), component_of(target)
    if kind is None or wanted is None or BOOL in (kind, wanted):
        return False
    return is_feasible(kind, wanted) and with_component(source, wanted) == target
