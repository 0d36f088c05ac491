"""Operators between values: which there are, and what they make of constants (WGSL, sections 8.6 to 8.9)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from ..arithmetic import COMPARISONS, SHIFTS, negate, operate, takes
from ..fault import Fault
from ..source import Span
from ..syntax import Binary as BinarySyntax
from ..types import ABSTRACT_INT, BOOL, I32, U32, Matrix, Type, Vector
from ..values import FLOATS, INTEGERS, Data, component_of, with_component
from .conversions import Conversions, type_of
from .folding import Folding
from .linear import multiply, product_type
from .tree import Binary, Literal, Unary, Value

_BITS = 32
_WORD = 0xFFFFFFFF
_UNARY = {"-": FLOATS | {I32, ABSTRACT_INT}, "!": {BOOL}, "~": INTEGERS}


class Operators:
    """Types operators."""

    def __init__(self, folding: Folding, conversions: Conversions) -> None:
        self._folding = folding
        self._conversions = conversions

    def unary(self, span: Span, operator: str, operand: Value) -> Value:
        """Return ``-``, ``!`` or ``~`` of a value."""
        kind = component_of(operand.type)
        if kind is None or kind not in _UNARY[operator] or isinstance(operand.type, Matrix):
            raise Fault(span, "WGSL_TYPE_MISMATCH", f"'{operator}' does not work on {operand.type}")
        shape = type_of(operand)
        if not isinstance(operand, Literal):
            return Unary(span, shape, cast("Any", operator), operand)
        scalar = kind
        work: dict[str, Callable[[Any], Any]] = {
            "-": lambda number: negate(scalar, number),
            "!": lambda truth: not truth,
            "~": lambda number: ~number if scalar != U32 else number ^ _WORD,
        }
        return self._folding.literal(
            span, shape, lambda data: self._folding.each(span, work[operator], data), operand.data
        )

    def condition(self, node: BinarySyntax, side: Value) -> Value:
        """Return a side of ``&&`` or ``||``, which is a bool."""
        if side.type != BOOL:
            raise Fault(node.span, "WGSL_TYPE_MISMATCH", f"'{node.operator}' works on bool, not on {side.type}")
        return side

    def logical(self, node: BinarySyntax, left: Value, right: Value) -> Value:
        """Return ``&&`` or ``||`` of two values, of which the left one may decide."""
        self.condition(node, right)
        if not isinstance(left, Literal):
            return Binary(node.span, BOOL, node.operator, left, right)
        if left.data is (node.operator == "||"):
            return Literal(node.span, BOOL, left.data)
        return self._folding.literal(node.span, BOOL, lambda: False) if left.data is None else right

    def binary(self, span: Span, operator: str, left: Value, right: Value) -> Value:
        """Return what an operator makes of two values, ``&&`` and ``||`` apart."""
        if operator in SHIFTS:
            return self._shift(span, operator, left, right)
        if isinstance(left.type, Matrix) or isinstance(right.type, Matrix):
            return self._matrix(span, operator, left, right)
        left, right = self._conversions.unified(span, [left, right])
        kind = component_of(left.type)
        mixed = left.type != right.type
        if kind is None or not takes(operator, kind) or (mixed and operator not in "+-*/%"):
            raise _mismatch(span, operator, left, right)
        scalar = kind
        if operator in ("/", "%") and scalar in INTEGERS and isinstance(right, Literal):
            self._refuse_zero(span, right.data)
        shape = type_of(left if isinstance(left.type, Vector) else right)
        result = with_component(shape, BOOL if operator in COMPARISONS else scalar)
        if not isinstance(left, Literal) or not isinstance(right, Literal):
            return Binary(span, result, operator, left, right)

        def fold(a: Data, b: Data) -> Data:
            return self._folding.each(span, lambda one, other: operate(operator, scalar, one, other), a, b)

        return self._folding.literal(span, result, fold, left.data, right.data)

    def _refuse_zero(self, span: Span, divisor: Data | None) -> None:
        """Refuse a divisor of zero even where what is divided is not known yet (section 8.6)."""
        for item in divisor if isinstance(divisor, tuple) else (divisor,):
            if item is not None and item == 0:
                raise Fault(span, "WGSL_CONST_INVALID", "a division by zero")

    def _shift(self, span: Span, operator: str, left: Value, right: Value) -> Value:
        if component_of(right.type) == ABSTRACT_INT:
            right = self._conversions.convert(right, with_component(type_of(right), U32))
        kind = component_of(left.type)
        alike = getattr(left.type, "width", 1) == getattr(right.type, "width", 1)
        if kind is None or kind not in INTEGERS or component_of(right.type) != U32 or not alike:
            message = f"'{operator}' shifts integers by as many u32, not {left.type} by {right.type}"
            raise Fault(span, "WGSL_TYPE_MISMATCH", message)
        if not isinstance(left, Literal) or not isinstance(right, Literal):
            # What is shifted when the shader runs has a type of then: abstract integers are none.
            left = self._conversions.concrete(left)
            if isinstance(right, Literal):
                self._refuse_far(span, type_of(left), right.data)
            return Binary(span, type_of(left), operator, left, right)
        scalar = kind

        def fold(a: Data, b: Data) -> Data:
            return self._folding.each(span, lambda one, other: operate(operator, scalar, one, other), a, b)

        return self._folding.literal(span, left.type, fold, left.data, right.data)

    def _refuse_far(self, span: Span, kind: Type, places: Data | None) -> None:
        """Refuse to shift by more than there are bits even where what is shifted is not known yet (section 8.9)."""
        for item in places if isinstance(places, tuple) else (places,):
            if item is not None and cast("int", item) >= _BITS:
                raise Fault(span, "WGSL_CONST_INVALID", f"a shift by {item} places is too far for {kind}")

    def _matrix(self, span: Span, operator: str, left: Value, right: Value) -> Value:
        if component_of(left.type) is None or component_of(right.type) is None:
            raise _mismatch(span, operator, left, right)
        left, right = self._conversions.unified(span, [left, right])
        kind = component_of(left.type)
        result = product_type(left.type, right.type) if operator == "*" else None
        if operator in ("+", "-") and left.type == right.type:
            result = left.type
        if result is None or kind is None or kind not in FLOATS:
            raise _mismatch(span, operator, left, right)
        if not isinstance(left, Literal) or not isinstance(right, Literal):
            return Binary(span, result, operator, left, right)
        scalar = kind

        def scalars(a: Any, b: Any, done: str = operator) -> Any:
            return operate(done, scalar, a, b)

        def fold(a: Any, b: Any) -> Data:
            if operator == "*":
                self._folding.charge(span, _MATRIX_STEPS)
                return multiply(left.type, right.type, a, b, scalars)
            return tuple(self._folding.each(span, scalars, one, other) for one, other in zip(a, b, strict=True))

        return self._folding.literal(span, result, fold, left.data, right.data)


_MATRIX_STEPS = 64
"""Products in a product of two matrices, at most."""


def _mismatch(span: Span, operator: str, left: Value, right: Value) -> Fault:
    return Fault(span, "WGSL_TYPE_MISMATCH", f"'{operator}' does not work on {left.type} and {right.type}")
