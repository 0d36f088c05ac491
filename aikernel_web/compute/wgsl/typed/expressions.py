"""From expressions as they are written to typed ones: constants are worked out, loads are written out (section 8)."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from types import MappingProxyType
from typing import Any, TypeAlias, cast

from ..fault import Fault, Unanswered
from ..resolver import Resolution
from ..scope import Predeclared, described
from ..source import Span
from ..syntax import Alias as AliasSyntax
from ..syntax import Binary as BinarySyntax
from ..syntax import Bool, Expression, Index, Member, Name, Number
from ..syntax import Call as CallSyntax
from ..syntax import Struct as StructSyntax
from ..syntax import Unary as UnarySyntax
from ..type_builder import TypeBuilder
from ..types import ABSTRACT_FLOAT, ABSTRACT_INT, BOOL, F16, F32, I32, U32, Type
from ..values import Constant, fit
from ..variables import ModuleVariable
from .calls import Calls, Signature
from .constructors import Constructors
from .conversions import Conversions, type_of
from .folding import Folding
from .names import Names, Stage
from .operators import Operators
from .parts import Parts
from .tree import Binary, Literal, Local, Place, Value

__all__ = ["Expressions", "Signature"]

_Operand: TypeAlias = Value | Place
_Steps: TypeAlias = Generator[Expression, _Operand, _Operand]

_NOTHING: Mapping[Any, Any] = MappingProxyType({})
_SIMPLE = Number | Bool | Name
_CHAINED = BinarySyntax | Index | Member
_TYPES_OPEN_MAX = 16
_SUFFIXES = {"i": I32, "u": U32, "f": F32, "h": F16}


class Expressions:
    """Types the expressions of one module. Everything raises `Fault` and `Unanswered` only.

    Args:
        types: Builds the types that are written.
        found: What the names mean.
        values: Constants and overrides of the module; of an override without a value the type alone.
        variables: Variables of the module.
        functions: What the functions of the module take and return.
        locals: What is declared in functions, by where the declaration begins (``declaration.span.start``): variables,
            values and parameters, or the values of constants. Whoever goes through statements fills it; what is missing
            was reported before.
    """

    def __init__(
        self,
        types: TypeBuilder,
        found: Resolution,
        *,
        values: Mapping[str, Constant],
        variables: Mapping[str, ModuleVariable] = _NOTHING,
        functions: Mapping[str, Signature] = _NOTHING,
        locals: Mapping[int, Local | Constant] = _NOTHING,  # noqa: A002 - what WGSL calls them
    ) -> None:
        self._types = types
        self._found = found
        self._functions = functions
        self._types_open = 0
        self._stage: Stage = "runtime"
        self._folding = Folding()
        self._names = Names(found, self._folding, values=values, variables=variables, locals=locals)
        self._conversions = Conversions(self._folding)
        self._operators = Operators(self._folding, self._conversions)
        self._parts = Parts(self._folding, self._conversions)
        self._constructors = Constructors(self._folding, self._conversions)
        self._calls = Calls(self._folding, self._conversions)

    def with_values(self, values: Mapping[str, Constant]) -> Expressions:
        """Return the same for other values of constants and overrides, as a pipeline has them."""
        return Expressions(self._types, self._found, values=values)

    # What is asked for

    def value(self, expression: Expression, wanted: Type | None = None) -> Value:
        """Return the value of an expression of a function: places are loaded, no abstract number is left.

        It is converted to ``wanted`` where that is given; ``WGSL_TYPE_MISMATCH`` says that it does not become that.
        """
        return self._finished(expression, wanted, "runtime")

    def override(self, expression: Expression, wanted: Type | None = None) -> Value:
        """Return a value as `value` does that depends on constants and overrides alone (section 8.1.2)."""
        return self._finished(expression, wanted, "override")

    def constant(self, expression: Expression, wanted: Type | None = None) -> Constant:
        """Return the value of a constant, which stays abstract unless a type is wanted; ``WGSL_NOT_CONSTANT``.

        ``data`` is None of values that are too large to be worked out.
        """
        value = self._parts.loaded(self._walk(expression, "constant"))
        return _constant(value if wanted is None else self._conversions.convert(value, wanted))

    def evaluate(self, expression: Expression) -> Constant:
        """Return the value of a constant, or of what overrides decide: ``data`` is None where they have none yet."""
        return _constant(self._parts.loaded(self._walk(expression, "override")))

    def initial(self, expression: Expression, wanted: Type | None = None) -> Constant:
        """Return as `evaluate` does what a variable or an override begins with: no abstract number is left."""
        return _constant(self.override(expression, wanted))

    def place(self, expression: Expression) -> Place:
        """Return what a reference expression refers to; ``WGSL_REFERENCE_WANTED`` where it is a value."""
        return self._parts.place(self._walk(expression, "runtime"))

    def operand(self, expression: Expression) -> Value | Place:
        """Return an expression as it stands: what memory holds is not loaded, and what is abstract stays so."""
        return self._walk(expression, "runtime")

    def call(self, call: CallSyntax) -> Value:
        """Return a call, also of what has no result: then ``type`` is None. What is constant is a `Literal`."""
        return cast("Value", self._walk(call, "runtime"))

    def binary(self, span: Span, operator: str, left: Value, right: Expression) -> Binary:
        """Return an operator whose left side is typed already, and no constant, as that of ``+=`` is."""
        made = self._operators.binary(span, operator, left, self._parts.loaded(self._walk(right, "runtime")))
        if not isinstance(made, Binary):
            raise TypeError("the left side is a constant")
        return made

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

    # The walk

    def _finished(self, expression: Expression, wanted: Type | None, stage: Stage) -> Value:
        value = self._parts.loaded(self._walk(expression, stage))
        if wanted is not None:
            return self._conversions.convert(value, wanted)
        return self._conversions.concrete(value)

    def _walk(self, expression: Expression, stage: Stage) -> _Operand:
        # Counts of arrays are asked for in the middle of other expressions, also of parts that nobody needs.
        outer, self._stage = self._stage, stage
        idle, self._folding.idle = self._folding.idle, 0
        try:
            return self._simple(expression) if isinstance(expression, _SIMPLE) else self._stepped(expression)
        finally:
            self._stage, self._folding.idle = outer, idle

    def _stepped(self, expression: Expression) -> _Operand:
        # Expressions may be nested as deep as the grammar allows: what is asked for meanwhile stands on a list.
        waiting = [self._steps_of(expression)]
        answer: _Operand | None = None
        while True:
            try:
                wanted = next(waiting[-1]) if answer is None else waiting[-1].send(answer)
            except StopIteration as end:
                waiting.pop()
                answer = cast("_Operand", end.value)
                if not waiting:
                    return answer
            else:
                answer = self._simple(wanted) if isinstance(wanted, _SIMPLE) else None
                if answer is None:
                    waiting.append(self._steps_of(wanted))

    def _steps_of(self, expression: Expression) -> _Steps:
        """Type an expression; its parts are asked for, and what they are is sent."""
        # Chains of operators, members and indices lean to the left: they are followed from their beginning.
        spine: list[BinarySyntax | Index | Member] = []
        while isinstance(expression, _CHAINED):
            spine.append(expression)
            expression = expression.left if isinstance(expression, BinarySyntax) else expression.base
        operand: _Operand
        match expression:
            case UnarySyntax():
                operand = self._unary(expression, (yield expression.operand))
            case CallSyntax():
                arguments: list[Value] = []
                for argument in expression.arguments:
                    arguments.append(self._parts.loaded((yield argument)))  # noqa: PERF401 - no comprehension yields
                operand = self._call(expression, arguments)
            case _:
                operand = self._simple(expression)
        for node in reversed(spine):
            self._folding.charge(node.span, 1)
            match node:
                case BinarySyntax(operator="&&" | "||"):
                    left = self._operators.condition(node, self._parts.loaded(operand))
                    decided = isinstance(left, Literal) and left.data is (node.operator == "||")
                    # What the left side decides is not worked out on the right (section 8.7).
                    self._folding.idle += decided
                    right = self._parts.loaded((yield node.right))
                    self._folding.idle -= decided
                    operand = self._operators.logical(node, left, right)
                case BinarySyntax():
                    left = self._parts.loaded(operand)
                    right = self._parts.loaded((yield node.right))
                    operand = self._operators.binary(node.span, node.operator, left, right)
                case Index():
                    operand = self._parts.element(node, operand, self._parts.loaded((yield node.index)))
                case Member():
                    operand = self._parts.member(node, operand)
        return operand

    def _unary(self, node: UnarySyntax, operand: _Operand) -> _Operand:
        self._folding.charge(node.span, 1)
        if node.operator in ("*", "&"):
            if self._stage != "runtime":
                raise Fault(node.span, "WGSL_NOT_CONSTANT", "constants have no addresses")
            if node.operator == "*":
                return self._parts.pointee(node.span, self._parts.loaded(operand))
            return self._parts.address(node.span, operand)
        return self._operators.unary(node.span, node.operator, self._parts.loaded(operand))

    def _simple(self, expression: Expression) -> _Operand:
        span = expression.span
        match expression:
            case Number(value=number, suffix=suffix):
                kind = _SUFFIXES.get(suffix) or (ABSTRACT_FLOAT if isinstance(number, float) else ABSTRACT_INT)
                return self._folding.literal(span, kind, lambda: fit(kind, number) if suffix else number)
            case Bool(value=truth):
                return self._folding.literal(span, BOOL, lambda: truth)
            case Name():
                return self._names.operand(expression, self._stage)
        raise TypeError(f"{type(expression).__name__} is no operand")

    def _call(self, call: CallSyntax, arguments: list[Value]) -> Value:
        callee = call.callee
        meaning = self._found.meanings.get(callee.span.start)
        self._folding.charge(call.span, 1)
        runs = self._stage == "runtime"
        match meaning:
            case None:
                raise Unanswered
            case Predeclared(name=name) if name in self._calls.names:
                return self._calls.builtin(call, self._type_argument(callee), arguments, runs=runs)
            case AliasSyntax() | StructSyntax() | Predeclared():
                inferring = isinstance(meaning, Predeclared) and self._constructors.infers(callee)
                kind = None if inferring else self.type(callee)
                return self._constructors.construct(call, kind, arguments, large=self._stage != "constant")
        if not runs and not (self._folding.idle and callee.name in self._functions):
            message = f"{callee.name!r} is {described(meaning)}, which no constant can call"
            raise Fault(call.span, "WGSL_NOT_CONSTANT", message)
        signature = self._functions.get(callee.name)
        if signature is None:
            raise Unanswered
        return self._calls.function(call, signature, arguments)

    def _type_argument(self, callee: Name) -> Type | None:
        """Return the type that is all of a function's template list; None where it has none."""
        if callee.arguments is None:
            return None
        argument = callee.arguments[0]
        if len(callee.arguments) > 1 or not isinstance(argument, Name):
            raise Fault(argument.span, "WGSL_TYPE_INVALID", "one type is wanted here")
        return self.type(argument)


def _constant(value: Value) -> Constant:
    return Constant(type_of(value), value.data if isinstance(value, Literal) else None)
