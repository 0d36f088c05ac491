"""The head of a switch: what it selects by (WGSL, section 9.4.2)."""

from __future__ import annotations

from typing import cast

from ..fault import Fault
from ..source import Report
from ..syntax import Case, Expression, Switch
from ..types import I32, U32, Type
from ..values import INTEGERS, Constant, convert
from . import tree
from .expressions import Expressions
from .guard import guarded


def selected(expressions: Expressions, report: Report, statement: Switch) -> tuple[tree.Value, list[tuple[int, ...]]]:
    """Return the value that selects, and for each clause its numbers.

    Raises `Fault` for the value; what is wrong with clauses is reported.
    """
    _check_default(report, statement)
    written = [
        [(item, guarded(report, _constant, expressions, item)) for item in _selectors(case)] for case in statement.cases
    ]
    value = expressions.value(statement.selector)
    kind = value.type
    if kind is None or kind not in (I32, U32):
        message = f"a switch selects by an i32 or a u32, not by {kind}"
        raise Fault(statement.selector.span, "WGSL_TYPE_MISMATCH", message)
    kinds = {constant.type for case in written for _, constant in case if constant is not None}
    if kind == I32 and U32 in kinds:
        # A number without a suffix becomes what the cases are; of another value this tells the mistake.
        kind = U32
        value = expressions.value(statement.selector, kind)
    taken: set[int] = set()
    numbers: list[tuple[int, ...]] = []
    for case in written:
        chosen: list[int] = []
        for expression, constant in case:
            number = None if constant is None else guarded(report, _number, expression, constant, kind)
            if number in taken:
                report.add(expression.span, "WGSL_CASE_TWICE", f"another case of this switch is {number} already")
            elif number is not None:
                taken.add(number)
                chosen.append(number)
        numbers.append(tuple(chosen))
    return value, numbers


def _selectors(case: Case) -> list[Expression]:
    return [item for item in case.selectors if item is not None]


def _check_default(report: Report, statement: Switch) -> None:
    defaults = [case for case in statement.cases for item in case.selectors if item is None]
    if not defaults:
        report.add(statement.selector.span, "WGSL_DEFAULT_MISSING", "a switch has a clause for 'default'")
    for case in defaults[1:]:
        report.add(case.span, "WGSL_CASE_TWICE", "a switch has one 'default'")


def _constant(expressions: Expressions, expression: Expression) -> Constant:
    constant = expressions.constant(expression)
    if constant.type not in INTEGERS:
        message = f"a case is an integer that is known when the shader is read, not {constant.type}"
        raise Fault(expression.span, "WGSL_TYPE_MISMATCH", message)
    return constant


def _number(expression: Expression, constant: Constant, kind: Type) -> int:
    return cast("int", convert(constant, kind, expression.span).data)
