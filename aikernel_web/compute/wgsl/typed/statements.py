"""Statements, with their types (WGSL, section 9): from what is written to what is done."""

from __future__ import annotations

from collections.abc import Sequence
from collections.abc import Set as AbstractSet

from .. import syntax
from ..checker import check_attributes
from ..fault import Fault, Unanswered
from ..source import Report, Span
from ..types import BOOL, Type
from ..values import Constant
from . import tree
from .assignments import Assignments
from .declarations import Declarations
from .diagnostics import check_filters
from .expressions import Expressions
from .guard import guarded
from .steps import Steps, run
from .switches import selected

_ON_STATEMENTS = frozenset(("diagnostic",))
_NEED_NO_USE = ("atomic", "storageBarrier", "textureBarrier", "textureStore", "workgroupBarrier")
"""How the names of those of WGSL's functions begin that do something."""


class Statements:
    """Types the body of one function. What is wrong with a statement is reported, and the next one is looked at."""

    def __init__(
        self,
        expressions: Expressions,
        report: Report,
        function: syntax.Function,
        *,
        result: Type | None,
        locals: dict[int, tree.Local | Constant],  # noqa: A002 - what WGSL calls them
        must_use: AbstractSet[str],
    ) -> None:
        self._expressions = expressions
        self._report = report
        self._function = function
        self._result = result
        self._must_use = must_use
        self.discard: Span | None = None
        """Where the first ``discard`` is."""
        self._declarations = Declarations(expressions, locals)
        self._assignments = Assignments(expressions)

    def body(self) -> tree.Block:
        """Return what the function does."""
        return run(self._block(self._function.body))

    def _attributes(self, attributes: tuple[syntax.Attribute, ...]) -> None:
        if attributes:
            guarded(self._report, check_attributes, attributes, _ON_STATEMENTS)
            guarded(self._report, check_filters, attributes)

    def _block(self, block: syntax.Block) -> Steps[tree.Block]:
        self._attributes(block.attributes)
        statements: tuple[tree.Statement, ...] = yield self._statements(block.statements)
        return tree.Block(block.span, statements)

    def _statements(self, statements: Sequence[syntax.Statement]) -> Steps[tuple[tree.Statement, ...]]:
        done: list[tree.Statement] = []
        for statement in statements:
            made: tree.Statement | None
            match statement:
                case syntax.Block():
                    made = yield self._block(statement)
                case syntax.If():
                    made = yield self._if(statement)
                case syntax.Switch():
                    made = yield self._switch(statement)
                case syntax.Loop():
                    made = yield self._loop(statement)
                case syntax.For():
                    made = yield self._for(statement)
                case syntax.While():
                    made = yield self._while(statement)
                case _:
                    made = guarded(self._report, self._simple, statement)
            if made is not None:
                done.append(made)
        return tuple(done)

    def _simple(self, statement: syntax.Statement) -> tree.Statement | None:  # noqa: PLR0911 - a case each
        match statement:
            case syntax.Variable():
                return self._declarations.variable(statement)
            case syntax.Value():
                return self._declarations.value(statement)
            case syntax.ConstAssert():
                self._declarations.check(statement)
            case syntax.Assign():
                return self._assignments.assign(statement)
            case syntax.Step():
                return self._assignments.step(statement)
            case syntax.CallStatement():
                return self._call(statement)
            case syntax.Return():
                return self._return(statement)
            case syntax.Jump(span=span, kind="break" | "continue" as kind):
                return tree.Jump(span, kind)
            case syntax.Jump(span=span):
                self.discard = self.discard or span
        return None

    def _call(self, statement: syntax.CallStatement) -> tree.Statement:
        call = self._expressions.call(statement.call)
        match call:
            case tree.Call(function=name) if name not in self._must_use:
                return tree.CallStatement(statement.span, call)
            case tree.BuiltinCall(name=name) if name.startswith(_NEED_NO_USE):
                return tree.CallStatement(statement.span, call)
        name = statement.call.callee.name
        message = f"the result of {name!r} has to be used, and is not here: '_ = ' before it says that nobody needs it"
        raise Fault(statement.span, "WGSL_MUST_USE", message)

    def _return(self, statement: syntax.Return) -> tree.Return:
        name, wanted = self._function.name, self._result
        if statement.value is None:
            if self._function.result is not None:
                raise Fault(statement.span, "WGSL_RETURN_TYPE", f"{name!r} returns a value, and this has none")
            return tree.Return(statement.span, None)
        if self._function.result is None:
            self._expressions.value(statement.value)
            raise Fault(statement.value.span, "WGSL_RETURN_TYPE", f"{name!r} returns nothing: '-> type' is missing")
        if wanted is None:
            raise Unanswered
        return tree.Return(statement.span, self._expressions.value(statement.value, wanted))

    def _condition(self, expression: syntax.Expression | None) -> tree.Value | None:
        return None if expression is None else guarded(self._report, self._bool, expression)

    def _bool(self, expression: syntax.Expression) -> tree.Value:
        value = self._expressions.value(expression)
        if value.type != BOOL:
            raise Fault(expression.span, "WGSL_TYPE_MISMATCH", f"a condition is a bool, not {value.type}")
        return value

    # Statements that have others in them

    def _if(self, statement: syntax.If) -> Steps[tree.Statement | None]:
        clauses: list[tuple[Span, tree.Value | None, tree.Block]] = []
        following: syntax.Block | syntax.If | None = statement
        while isinstance(following, syntax.If):
            self._attributes(following.attributes)
            condition = self._condition(following.condition)
            clauses.append((following.span, condition, (yield self._block(following.then))))
            following = following.otherwise
        otherwise: tree.Block | None = None
        if following is not None:
            otherwise = yield self._block(following)
        made: tree.If | None = None
        for span, condition, then in reversed(clauses):
            if condition is None:
                return None
            made = tree.If(span, condition, then, otherwise)
            otherwise = tree.Block(span, (made,))
        return made

    def _switch(self, statement: syntax.Switch) -> Steps[tree.Statement | None]:
        self._attributes(statement.attributes)
        head = guarded(self._report, selected, self._expressions, self._report, statement)
        bodies: list[tree.Block] = []
        for case in statement.cases:
            bodies.append((yield self._block(case.body)))  # noqa: PERF401 - a comprehension cannot yield
        if head is None:
            return None
        selector, numbers = head
        cases = (
            tree.Case(case.span, chosen, None in case.selectors, body)
            for case, chosen, body in zip(statement.cases, numbers, bodies, strict=True)
        )
        return tree.Switch(statement.span, selector, tuple(cases))

    def _loop(self, statement: syntax.Loop) -> Steps[tree.Statement]:
        self._attributes(statement.attributes)
        body: tree.Block = yield self._block(statement.body)
        continuing: tree.Block | None = None
        if statement.continuing is not None:
            continuing = yield self._block(statement.continuing)
        return tree.Loop(statement.span, None, body, continuing, self._condition(statement.break_if))

    def _while(self, statement: syntax.While) -> Steps[tree.Statement]:
        self._attributes(statement.attributes)
        condition = self._condition(statement.condition)
        body: tree.Block = yield self._block(statement.body)
        return tree.Loop(statement.span, condition, body, None, None)

    def _for(self, statement: syntax.For) -> Steps[tree.Statement]:
        self._attributes(statement.attributes)
        initial = None if statement.initial is None else guarded(self._report, self._simple, statement.initial)
        condition = self._condition(statement.condition)
        update = None if statement.update is None else guarded(self._report, self._simple, statement.update)
        body: tree.Block = yield self._block(statement.body)
        continuing = None if update is None else tree.Block(update.span, (update,))
        loop = tree.Loop(statement.span, condition, body, continuing, None)
        return loop if initial is None else tree.Block(statement.span, (initial, loop))
