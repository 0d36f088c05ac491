"""Evaluation of constant and override expressions (WGSL, section 8.2)."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from typing import Any, TypeAlias, TypeVar, cast

from .arithmetic import COMPARISONS, SHIFTS, negate, operate, takes
from .builtin_calls import Builtins
from .constructors import Constructors
from .fault import Fault, Unanswered
from .scope import Meaning, Predeclared, described
from .source import Span
from .syntax import Alias as AliasSyntax
from .syntax import Binary, Bool, Call, Expression, Index, Member, Name, Number, Unary
from .syntax import Struct as StructSyntax
from .syntax import Value as ValueSyntax
from .type_builder import TypeBuilder
from .types import (
    ABSTRACT_FLOAT,
    ABSTRACT_INT,
    BOOL,
    F16,
    F32,
    I32,
    U32,
    Array,
    Matrix,
    Scalar,
    Struct,
    Type,
    Vector,
)
from .values import (
    ABSTRACT,
    FLOATS,
    INTEGERS,
    UNKNOWN,
    Constant,
    Data,
    NumberFault,
    component_of,
    concrete,
    convert,
    fit,
    is_feasible,
    with_component,
)

T = TypeVar("T")
_Steps: TypeAlias = Generator[Expression, Any, Constant]

_STEPS_MAX = 2_000_000
"""Numbers that are worked out for one shader: seconds of work, and far more than shaders have."""
_TYPES_OPEN_MAX = 16
_SUFFIXES = {"i": I32, "u": U32, "f": F32, "h": F16}
_SWIZZLES = ("xyzw", "rgba")


class Evaluator:
    """Works out expressions from the values of the module's constants and overrides."""

    def __init__(
        self,
        types: TypeBuilder,
        meanings: Mapping[int, Meaning],
        values: Mapping[str, Constant],
    ) -> None:
        self._types = types
        self._meanings = meanings
        self._values = values
        self._steps = 0
        self._types_open = 0
        self._builtins = Builtins(self)
        self._constructors = Constructors(self)

    def with_values(self, values: Mapping[str, Constant]) -> Evaluator:
        """Return an evaluator of the same module with other values."""
        return Evaluator(self._types, self._meanings, values)

    def charge(self, span: Span, steps: int) -> None:
        """Count work, and refuse a shader that asks for too much."""
        self._steps += steps
        if self._steps > _STEPS_MAX:
            message = "the constants of this shader take too long to work out"
            raise Fault(span, "WGSL_LIMIT_EXCEEDED", message)

    def type(self, name: Name) -> Type:
        """Return the type that is written there."""
        self._types_open += 1
        if self._types_open > _TYPES_OPEN_MAX:
            message = f"counts of arrays nest more than {_TYPES_OPEN_MAX} deep in each other"
            raise Fault(name.span, "WGSL_LIMIT_EXCEEDED", message)
        try:
            return self._types.build(name, self.evaluate)
        finally:
            self._types_open -= 1

    def type_argument(self, name: Name) -> Type:
        """Return the type that is all of a name's template list."""
        argument = (name.arguments or ())[0]
        if not isinstance(argument, Name):
            raise Fault(argument.span, "WGSL_TYPE_INVALID", "a type is wanted here")
        return self.type(argument)

    def evaluate(self, expression: Expression) -> Constant:
        """Return the value of an expression; raises `Fault`."""
        # Expressions may be nested as deep as the grammar allows: what is asked for meanwhile stands on a list.
        waiting = [self._steps_of(expression)]
        answer: Constant | None = None
        while True:
            try:
                wanted = waiting[-1].send(answer)
            except StopIteration as end:
                waiting.pop()
                answer = cast("Constant", end.value)
                if not waiting:
                    return answer
            else:
                waiting.append(self._steps_of(wanted))
                answer = None

    def _steps_of(self, expression: Expression) -> _Steps:
        """Work out an expression; its parts are asked for, and their values sent."""
        # Chains of operators, members and indices lean to the left: they are followed from their beginning.
        spine: list[Binary | Index | Member] = []
        while isinstance(expression, Binary | Index | Member):
            spine.append(expression)
            expression = expression.left if isinstance(expression, Binary) else expression.base
        match expression:
            case Unary(operand=operand):
                value = self._unary(expression, (yield operand))
            case Call():
                arguments: list[Constant] = []
                for argument in expression.arguments:
                    arguments.append((yield argument))  # noqa: PERF401 - a comprehension cannot yield
                value = self._call(expression, arguments)
            case _:
                value = self._simple(expression)
        for node in reversed(spine):
            self.charge(node.span, 1)
            match node:
                case Binary(operator="&&" | "||"):
                    # What the left side decides is not worked out on the right (section 8.7).
                    if not self._is_decided(node, value):
                        value = self._condition(node, value, (yield node.right))
                case Binary():
                    value = self._binary(node, value, (yield node.right))
                case Index():
                    value = self._index(node, value, (yield node.index))
                case Member():
                    value = self._member(node, value)
        return value

    def _simple(self, expression: Expression) -> Constant:
        match expression:
            case Number(value=number, suffix=suffix):
                if suffix:
                    kind = _SUFFIXES[suffix]
                    return self.guarded(expression.span, lambda: Constant(kind, fit(kind, number)))
                return Constant(ABSTRACT_FLOAT if isinstance(number, float) else ABSTRACT_INT, number)
            case Bool(value=truth):
                return Constant(BOOL, truth)
            case Name():
                return self._name(expression)
        raise TypeError(f"{type(expression).__name__} is no operand")

    def _name(self, name: Name) -> Constant:
        meaning = self._meanings.get(name.span.start)
        if meaning is None:
            raise Unanswered
        if isinstance(meaning, ValueSyntax) and meaning.kind != "let":
            if meaning.name not in self._values:
                raise Unanswered
            return self._values[meaning.name]
        message = f"{name.name!r} is {described(meaning)}: constants and overrides alone are known here"
        raise Fault(name.span, "WGSL_NOT_CONSTANT", message)

    def _call(self, call: Call, arguments: list[Constant]) -> Constant:
        meaning = self._meanings.get(call.callee.span.start)
        match meaning:
            case None:
                raise Unanswered
            case AliasSyntax() | StructSyntax():
                return self._constructors.construct(call, self.type(call.callee), arguments)
            case Predeclared(name=name) if name in self._builtins.names:
                return self._builtins.call(name, call, arguments)
            case Predeclared():
                return self._constructors.predeclared(call, arguments)
        message = f"{call.callee.name!r} is {described(meaning)}, which no constant can call"
        raise Fault(call.span, "WGSL_NOT_CONSTANT", message)

    def guarded(self, span: Span, work: Callable[[], T]) -> T:
        """Return what ``work`` answers; what has no result is a fault at ``span``."""
        try:
            return work()
        except NumberFault as fault:
            raise Fault(span, "WGSL_CONST_INVALID", str(fault)) from None

    # Operators

    def _unary(self, node: Unary, value: Constant) -> Constant:
        kind = component_of(value.type)
        if node.operator in ("*", "&"):
            raise Fault(node.span, "WGSL_NOT_CONSTANT", "constants have no addresses")
        if value.type is None:
            return UNKNOWN
        allowed = {"-": FLOATS | {I32, ABSTRACT_INT}, "!": {BOOL}, "~": INTEGERS}[node.operator]
        if kind is None or kind not in allowed or isinstance(value.type, Matrix):
            message = f"'{node.operator}' does not work on {value.type}"
            raise Fault(node.span, "WGSL_TYPE_MISMATCH", message)
        if value.data is None:
            return value
        scalar = kind
        work: dict[str, Callable[[Any], Any]] = {
            "-": lambda number: negate(scalar, number),
            "!": lambda truth: not truth,
            "~": lambda number: ~number if scalar != U32 else number ^ 0xFFFFFFFF,
        }
        return Constant(value.type, self.each(node.span, work[node.operator], value.data))

    def _is_decided(self, node: Binary, left: Constant) -> bool:
        """Whether ``&&`` or ``||`` has the value of its left side, whatever stands on the right."""
        if left.type not in (BOOL, None):
            raise Fault(node.span, "WGSL_TYPE_MISMATCH", f"'{node.operator}' works on bool, not on {left.type}")
        return left.data is (node.operator == "||")

    def _condition(self, node: Binary, left: Constant, right: Constant) -> Constant:
        if right.type not in (BOOL, None):
            raise Fault(node.span, "WGSL_TYPE_MISMATCH", f"'{node.operator}' works on bool, not on {right.type}")
        return Constant(BOOL) if left.data is None else right

    def _binary(self, node: Binary, left: Constant, right: Constant) -> Constant:
        operator = node.operator
        if left.type is None or right.type is None:
            return UNKNOWN
        if operator in SHIFTS:
            return self._shift(node, left, right)
        if isinstance(left.type, Matrix) or isinstance(right.type, Matrix):
            return UNKNOWN
        left, right = self.unified(node.span, [left, right])
        kind = component_of(left.type)
        shape = left.type if isinstance(left.type, Vector) else right.type
        mixed = left.type != right.type
        if kind is None or not takes(operator, kind) or (mixed and operator not in "+-*/%"):
            message = f"'{operator}' does not work on {left.type} and {right.type}"
            raise Fault(node.span, "WGSL_TYPE_MISMATCH", message)
        scalar = kind
        if operator in "/%" and scalar in INTEGERS:
            self._refuse_zero(node, right)
        result = with_component(cast("Type", shape), BOOL if operator in COMPARISONS else scalar)
        if left.data is None or right.data is None:
            return Constant(result)
        data = self.each(node.span, lambda a, b: operate(operator, scalar, a, b), left.data, right.data)
        return Constant(result, data)

    def _refuse_zero(self, node: Binary, divisor: Constant) -> None:
        """Refuse a divisor of zero even where an override is divided (section 8.6)."""
        data = divisor.data if isinstance(divisor.data, tuple) else (divisor.data,)
        if any(item is not None and item == 0 for item in data):
            raise Fault(node.span, "WGSL_CONST_INVALID", "a division by zero")

    def _shift(self, node: Binary, left: Constant, right: Constant) -> Constant:
        places = right.type
        if component_of(places) == ABSTRACT_INT:
            right = convert(right, with_component(cast("Type", places), U32), node.right.span)
        kind = component_of(left.type)
        alike = getattr(left.type, "width", 1) == getattr(right.type, "width", 1)
        if kind not in INTEGERS or component_of(right.type) != U32 or not alike:
            message = f"'{node.operator}' shifts integers by as many u32, not {left.type} by {right.type}"
            raise Fault(node.span, "WGSL_TYPE_MISMATCH", message)
        if left.data is None or right.data is None:
            # What is shifted when a pipeline is made has a type of then: abstract integers are none.
            return Constant(concrete(Constant(left.type), node.span).type)
        scalar = kind
        data = self.each(node.span, lambda a, b: operate(node.operator, scalar, a, b), left.data, right.data)
        return Constant(left.type, data)

    def each(self, span: Span, work: Callable[..., Any], *operands: Data) -> Data:
        """Do ``work`` component by component; scalars go with every component."""
        width = max((len(item) for item in operands if isinstance(item, tuple)), default=0)
        self.charge(span, max(1, width))
        if not width:
            return cast("Data", self.guarded(span, lambda: work(*operands)))
        rows = zip(*(item if isinstance(item, tuple) else (item,) * width for item in operands), strict=True)
        return tuple(self.guarded(span, lambda row=row: work(*row)) for row in rows)  # type: ignore[misc]

    def unified(self, span: Span, values: Sequence[Constant]) -> list[Constant]:
        """Return values with components of one type, to which the abstract ones become (section 6.1.2)."""
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
            raise Fault(span, "WGSL_TYPE_MISMATCH", f"{names} are not of one type")
        return [convert(value, with_component(cast("Type", value.type), target), span) for value in values]

    # Parts

    def _index(self, node: Index, base: Constant, index: Constant) -> Constant:
        match base.type:
            case None:
                return UNKNOWN
            case Vector(width, component):
                count, part = width, cast("Type", component)
            case Matrix(columns):
                count, part = columns, base.type.column
            case Array(element, int() as number):
                count, part = number, element
            case _:
                raise Fault(node.span, "WGSL_TYPE_MISMATCH", f"{base.type} has no elements")
        if index.type is None or index.data is None:
            return Constant(part)
        if index.type not in INTEGERS:
            raise Fault(node.index.span, "WGSL_TYPE_MISMATCH", f"an index is an integer, not {index.type}")
        at = cast("int", index.data)
        if not 0 <= at < count:
            raise Fault(node.index.span, "WGSL_INDEX_RANGE", f"element {at} of {count} does not exist")
        return Constant(part, None if base.data is None else cast("tuple[Data, ...]", base.data)[at])

    def _member(self, node: Member, base: Constant) -> Constant:
        data = cast("tuple[Data, ...] | None", base.data)
        match base.type:
            case None:
                return UNKNOWN
            case Struct(members=members):
                for at, member in enumerate(members):
                    if member.name == node.name:
                        return Constant(member.type, None if data is None else data[at])
            case Vector(width, component):
                names = next((names[:width] for names in _SWIZZLES if set(node.name) <= set(names[:width])), "")
                if names and len(node.name) <= 4:  # noqa: PLR2004 - of the largest vector
                    places = [names.index(letter) for letter in node.name]
                    kind: Type = component if len(places) == 1 else Vector(len(places), component)
                    if data is None:
                        return Constant(kind)
                    return Constant(kind, data[places[0]] if len(places) == 1 else tuple(data[at] for at in places))
        raise Fault(node.span, "WGSL_MEMBER_UNKNOWN", f"{base.type} has no member {node.name!r}")
