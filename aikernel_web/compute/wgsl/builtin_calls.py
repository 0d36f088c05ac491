"""Calls of WGSL's own functions in constant expressions (WGSL, section 17)."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, cast

from .fault import Fault
from .functions import BITS, FLOATING, NUMERIC, apply, bitcast
from .names import FUNCTIONS
from .source import Span
from .syntax import Call
from .types import ABSTRACT_FLOAT, ABSTRACT_INT, BOOL, F32, I32, U32, Type, Vector
from .values import FLOATS, UNKNOWN, Constant, Data, component_of, concrete, convert, fit, with_component

if TYPE_CHECKING:
    from .evaluator import Evaluator

_NOT_CONSTANT = (
    "atomic", "texture", "dpd", "fwidth", "subgroup", "quad", "workgroup", "storageBarrier", "arrayLength",
)  # fmt: skip
_BITS_MASK = 0xFFFFFFFF
_WORDS = (I32, U32, F32)


class Builtins:
    """Calls the functions that it knows; of the others the result is unknown, and asked for only where it matters."""

    names = FUNCTIONS

    def __init__(self, evaluator: Evaluator) -> None:
        self._evaluator = evaluator

    def call(self, name: str, call: Call, arguments: list[Constant]) -> Constant:
        """Return the result of a call."""
        if name.startswith(_NOT_CONSTANT):
            raise Fault(call.span, "WGSL_NOT_CONSTANT", f"{name!r} has no result before the shader runs")
        if any(argument.type is None for argument in arguments):
            return UNKNOWN
        special: dict[str, Callable[[Call, list[Constant]], Constant]] = {
            "select": self._select,
            "all": self._all,
            "any": self._any,
            "bitcast": self._bitcast,
            "dot": self._dot,
            "length": self._length,
        }
        if name in special:
            return special[name](call, arguments)
        if name in NUMERIC or name in FLOATING:
            return self._componentwise(name, call, arguments)
        if name in BITS:
            return self._bits(name, call, arguments)
        return UNKNOWN

    def _count(self, call: Call, count: int) -> None:
        if len(call.arguments) != count:
            message = f"{call.callee.name!r} takes {count} arguments, not {len(call.arguments)}"
            raise Fault(call.span, "WGSL_ARGUMENT_COUNT", message)

    def _componentwise(self, name: str, call: Call, arguments: list[Constant]) -> Constant:
        count, function = (NUMERIC.get(name) or FLOATING[name])[:2]
        self._count(call, count)
        unified = self._evaluator.unified(call.span, arguments)
        kind = component_of(unified[0].type)
        if name in FLOATING and kind == ABSTRACT_INT:
            unified = [
                convert(item, with_component(cast("Type", item.type), ABSTRACT_FLOAT), call.span) for item in unified
            ]
            kind = ABSTRACT_FLOAT
        shape = next((item.type for item in unified if isinstance(item.type, Vector)), unified[0].type)
        mixed = any(item.type != shape for item in unified) and name != "mix"
        if (
            kind is None
            or kind == BOOL
            or (name in FLOATING and kind not in FLOATS)
            or mixed
            or (kind == U32 and name == "sign")
        ):
            names = ", ".join(str(argument.type) for argument in arguments)
            raise Fault(call.span, "WGSL_TYPE_MISMATCH", f"{name!r} does not take {names}")
        scalar = kind
        return self._each(call.span, shape, lambda *row: fit(scalar, apply(function, *row)), unified)

    def _each(self, span: Span, kind: Type | None, function: Callable[..., Any], arguments: list[Constant]) -> Constant:
        if any(argument.data is None for argument in arguments):
            return Constant(kind)
        data = [cast("Data", argument.data) for argument in arguments]
        return Constant(kind, self._evaluator.each(span, function, *data))

    def _bits(self, name: str, call: Call, arguments: list[Constant]) -> Constant:
        self._count(call, 1)
        value = concrete(arguments[0], call.span)
        kind = component_of(value.type)
        if kind not in (I32, U32):
            raise Fault(call.span, "WGSL_TYPE_MISMATCH", f"{name!r} takes i32 or u32, not {value.type}")
        scalar = kind
        function = BITS[name]
        return self._each(
            call.span,
            value.type,
            lambda number: fit(scalar, function(number & _BITS_MASK, scalar == I32)),
            [value],
        )

    def _select(self, call: Call, arguments: list[Constant]) -> Constant:
        self._count(call, 3)
        *choices, condition = arguments
        if component_of(condition.type) != BOOL:
            raise Fault(call.span, "WGSL_TYPE_MISMATCH", f"'select' decides by bool, not by {condition.type}")
        choices = self._evaluator.unified(call.span, choices)
        if choices[0].type != choices[1].type:
            raise Fault(call.span, "WGSL_TYPE_MISMATCH", f"{choices[0].type} and {choices[1].type} are not of one type")
        if isinstance(condition.type, Vector):
            return self._each(
                call.span, choices[0].type, lambda a, b, chosen: b if chosen else a, [*choices, condition]
            )
        if any(item.data is None for item in (*choices, condition)):
            return Constant(choices[0].type)
        return choices[1] if condition.data else choices[0]

    def _all(self, call: Call, arguments: list[Constant]) -> Constant:
        return self._truth(call, arguments, all)

    def _any(self, call: Call, arguments: list[Constant]) -> Constant:
        return self._truth(call, arguments, any)

    def _truth(self, call: Call, arguments: list[Constant], test: Callable[[Any], bool]) -> Constant:
        self._count(call, 1)
        value = arguments[0]
        if component_of(value.type) != BOOL:
            raise Fault(call.span, "WGSL_TYPE_MISMATCH", f"{call.callee.name!r} takes bool, not {value.type}")
        if value.data is None:
            return Constant(BOOL)
        return Constant(BOOL, test(value.data if isinstance(value.data, tuple) else (value.data,)))

    def _bitcast(self, call: Call, arguments: list[Constant]) -> Constant:
        self._count(call, 1)
        if not call.callee.arguments:
            raise Fault(call.span, "WGSL_TEMPLATE_LIST", "'bitcast' has the type of its result in its template list")
        target = self._evaluator.type_argument(call.callee)
        value = concrete(arguments[0], call.span)
        source, wanted = component_of(value.type), component_of(target)
        if source not in _WORDS or wanted not in _WORDS or with_component(cast("Type", value.type), wanted) != target:
            return UNKNOWN
        kinds = source, wanted
        return self._each(call.span, target, lambda number: bitcast(*kinds, number), [value])

    def _dot(self, call: Call, arguments: list[Constant]) -> Constant:
        self._count(call, 2)
        left, right = self._evaluator.unified(call.span, arguments)
        kind = component_of(left.type)
        if kind in (None, BOOL) or left.type != right.type or not isinstance(left.type, Vector):
            raise Fault(call.span, "WGSL_TYPE_MISMATCH", f"'dot' takes vectors, not {left.type} and {right.type}")
        if left.data is None or right.data is None:
            return Constant(kind)
        scalar = kind
        pairs = zip(cast("tuple[Any, ...]", left.data), cast("tuple[Any, ...]", right.data), strict=True)
        return Constant(kind, self._evaluator.guarded(call.span, lambda: fit(scalar, sum(a * b for a, b in pairs))))

    def _length(self, call: Call, arguments: list[Constant]) -> Constant:
        self._count(call, 1)
        value = arguments[0]
        kind = component_of(value.type)
        if kind == ABSTRACT_INT:
            kind = ABSTRACT_FLOAT
        if kind not in FLOATS:
            raise Fault(call.span, "WGSL_TYPE_MISMATCH", f"'length' takes floats, not {value.type}")
        if value.data is None:
            return Constant(kind)
        scalar = kind
        data = cast("tuple[Any, ...]", value.data if isinstance(value.data, tuple) else (value.data,))
        return Constant(kind, self._evaluator.guarded(call.span, lambda: fit(scalar, apply(math.hypot, *data))))
