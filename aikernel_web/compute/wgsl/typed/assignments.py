"""Assignments, and ``++`` and ``--`` (WGSL, sections 9.2 and 9.3)."""

from __future__ import annotations

from ..fault import Fault
from ..source import Span
from ..syntax import Assign, Expression, Step
from ..types import I32, U32, Atomic, Opaque, Pointer
from . import tree
from .expressions import Expressions
from .kinds import is_constructible
from .swizzles import assign, swizzled


class Assignments:
    """Types what changes variables."""

    def __init__(self, expressions: Expressions) -> None:
        self._expressions = expressions

    def assign(self, statement: Assign) -> tree.Assign | tree.Update | tree.Block:
        """Return what an assignment does, a compound one as well; raises `Fault`."""
        if statement.target is None:
            if isinstance(self._expressions.operand(statement.value), tree.Literal):
                # A constant does nothing, and stays abstract: it may be too large for a variable.
                return tree.Block(statement.span, ())
            value = self._expressions.value(statement.value)
            if not (is_constructible(value.type) or isinstance(value.type, Pointer | Opaque)):
                raise Fault(statement.value.span, "WGSL_TYPE_INVALID", f"there are no values of {value.type}")
            return tree.Assign(statement.span, None, value)
        found = swizzled(statement.target, self._expressions.operand(statement.target))
        if found is not None:
            return self._swizzled(statement, *found)
        place = self._target(statement.target)
        if statement.operator == "=":
            return tree.Assign(statement.span, place, self._expressions.value(statement.value, place.type))
        operator = statement.operator.removesuffix("=")
        value = self._combined(statement, tree.Load(place.span, place.type, place), operator).right
        return tree.Update(statement.span, place, operator, value)

    def _swizzled(self, statement: Assign, place: tree.Place, places: tuple[int, ...]) -> tree.Block:
        """Return what an assignment to components of a vector does."""
        self._check_writable(statement.span, place)

        def made(now: tree.Value) -> tree.Value:
            if statement.operator == "=":
                return self._expressions.value(statement.value, now.type)
            return self._combined(statement, now, statement.operator.removesuffix("="))

        return assign(statement.span, place, places, made)

    def step(self, statement: Step) -> tree.Update:
        """Return what ``++`` or ``--`` does; raises `Fault`."""
        place = self._target(statement.target)
        if place.type not in (I32, U32):
            message = f"'{statement.operator}' works on i32 and u32, not on {place.type}"
            raise Fault(statement.span, "WGSL_TYPE_MISMATCH", message)
        one = tree.Literal(statement.span, place.type, 1)
        return tree.Update(statement.span, place, statement.operator[0], one)

    def _target(self, target: Expression) -> tree.Place:
        place = self._expressions.place(target)
        self._check_writable(target.span, place)
        if isinstance(place.type, Atomic):
            message = f"{place.type} is no value: 'atomicStore(&...)', 'atomicAdd(&...)' and others write it"
            raise Fault(target.span, "WGSL_TYPE_INVALID", message)
        if not is_constructible(place.type):
            raise Fault(target.span, "WGSL_TYPE_INVALID", f"there are no values of {place.type}")
        return place

    def _check_writable(self, span: Span, place: tree.Place) -> None:
        if place.access == "read":
            message = f"this cannot be assigned to: it is in {place.space!r}, and only read"
            raise Fault(span, "WGSL_NOT_WRITABLE", message)

    def _combined(self, statement: Assign, left: tree.Value, operator: str) -> tree.Binary:
        """Return the operator with both its sides; what comes out must be of the left one's type."""
        made = self._expressions.binary(statement.span, operator, left, statement.value)
        if made.type != left.type:
            message = f"'{statement.operator}' makes {made.type} here, and {left.type} is wanted"
            raise Fault(statement.span, "WGSL_TYPE_MISMATCH", message)
        return made
