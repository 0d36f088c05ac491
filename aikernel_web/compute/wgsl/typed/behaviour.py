"""How statements end: which of them lead to the next one, which jump, and where jumps may stand (WGSL, section 9.8)."""

from __future__ import annotations

import bisect
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Flag
from functools import cached_property

from ..resolver import Resolution
from ..scope import Predeclared
from ..source import Report, Span
from ..syntax import Block, Function, If, Jump, Loop, Return, Statement, Switch, Value, Variable, While
from ..syntax import For as ForSyntax
from .steps import Steps, run


class Behaviour(Flag):
    """The ways in which a statement may end."""

    NEXT = 1
    BREAK = 2
    CONTINUE = 4
    RETURN = 8


GOES_ON = Behaviour.NEXT | Behaviour.CONTINUE
"""The ways from a loop's body to its continuing block."""
_NOTHING = Behaviour(0)
_LEFT = Behaviour.BREAK | Behaviour.CONTINUE


@dataclass(frozen=True, slots=True)
class _Around:
    """What stands around a statement."""

    breaks: bool = False
    """Whether there is something that ``break`` leaves."""
    continues: bool = False
    continuing: bool = False
    """Whether that is within a continuing block, which nothing may leave."""
    jumps: tuple[list[Span], ...] = ()
    """Where the innermost loop notes its ``continue``s: one list, or none."""


class Behaviours:
    """Checks how the functions of a module end."""

    def __init__(self, found: Resolution, report: Report) -> None:
        self._found = found
        self._report = report

    def check(self, function: Function, *, returns: bool) -> None:
        """Report jumps that stand where they cannot, loops without an end, and results that are missing.

        ``returns`` where the function has a result.
        """
        ends = run(self._statements(function.body.statements, _Around()))
        if Behaviour.NEXT in ends and returns:
            message = f"{function.name!r} returns a value, and can come to its end without 'return'"
            self._report.add(_last(function.body.span), "WGSL_RETURN_MISSING", message)

    def _statements(self, statements: Sequence[Statement], around: _Around) -> Steps[Behaviour]:
        ends = Behaviour.NEXT
        for statement in statements:
            match statement:
                case Jump() | Return():
                    one = self._jump(statement, around)
                case Block():
                    one = yield self._statements(statement.statements, around)
                case If():
                    one = yield self._if(statement, around)
                case Switch():
                    one = yield self._switch(statement, around)
                case Loop():
                    one = yield self._loop(statement, around)
                case ForSyntax(condition=condition, body=body) | While(condition=condition, body=body):
                    one = yield self._counted(statement.span, body, condition is not None, around)
                case _:
                    continue
            # What follows a jump is never done, and does not count.
            if Behaviour.NEXT in ends:
                ends = (ends & ~Behaviour.NEXT) | one
        return ends

    def _jump(self, statement: Jump | Return, around: _Around) -> Behaviour:
        kind = "return" if isinstance(statement, Return) else statement.kind
        if kind == "discard":
            return Behaviour.NEXT
        stands = {"break": around.breaks, "continue": around.continues, "return": not around.continuing}[kind]
        if kind == "continue" and around.jumps:
            around.jumps[0].append(statement.span)
        if not stands:
            where = {"break": "a loop or a switch", "continue": "a loop", "return": "a function"}[kind]
            message = f"'{kind}' stands within {where}"
            if around.continuing:
                message = f"'{kind}' cannot leave a continuing block" + (", but 'break if' can" * (kind == "break"))
            self._report.add(statement.span, "WGSL_JUMP_INVALID", message)
        return {"break": Behaviour.BREAK, "continue": Behaviour.CONTINUE, "return": Behaviour.RETURN}[kind]

    def _if(self, statement: If, around: _Around) -> Steps[Behaviour]:
        ends = _NOTHING
        following: Block | If | None = statement
        while isinstance(following, If):
            ends |= yield self._statements(following.then.statements, around)
            following = following.otherwise
        if following is None:
            return ends | Behaviour.NEXT
        last: Behaviour = yield self._statements(following.statements, around)
        return ends | last

    def _switch(self, statement: Switch, around: _Around) -> Steps[Behaviour]:
        ends = _NOTHING
        around = replace(around, breaks=True)
        for case in statement.cases:
            ends |= yield self._statements(case.body.statements, around)
        if Behaviour.BREAK in ends:
            ends = (ends & ~Behaviour.BREAK) | Behaviour.NEXT
        return ends

    def _loop(self, statement: Loop, around: _Around) -> Steps[Behaviour]:
        jumps: list[Span] = []
        within = replace(around, breaks=True, continues=True, jumps=(jumps,))
        ends: Behaviour = yield self._statements(statement.body.statements, within)
        if statement.continuing is not None:
            others: Behaviour = yield self._statements(statement.continuing.statements, _Around(continuing=True))
            if jumps:
                self._check_bypassed(statement, statement.continuing, jumps[0])
            # A continuing block that nothing leads to does not count.
            if ends & GOES_ON:
                ends |= others | (Behaviour.BREAK if statement.break_if is not None else others)
        return self._after_loop(statement.span, ends, leaves=Behaviour.BREAK in ends)

    def _counted(self, span: Span, body: Block, has_condition: bool, around: _Around) -> Steps[Behaviour]:
        within = replace(around, breaks=True, continues=True, jumps=())
        ends: Behaviour = yield self._statements(body.statements, within)
        return self._after_loop(span, ends, leaves=has_condition or Behaviour.BREAK in ends)

    def _after_loop(self, span: Span, ends: Behaviour, *, leaves: bool) -> Behaviour:
        ends &= ~(_LEFT | Behaviour.NEXT)
        if leaves:
            return ends | Behaviour.NEXT
        if not ends:
            self._report.add(Span(span.start, span.start + 1), "WGSL_LOOP_ENDLESS", "nothing ends this loop")
        return ends

    def _check_bypassed(self, loop: Loop, continuing: Block, jump: Span) -> None:
        """Refuse a ``continue`` past a declaration that the continuing block uses (section 9.4.5)."""
        late = {
            item.span.start: item
            for item in loop.body.statements
            if isinstance(item, Variable | Value) and item.span.start > jump.start
        }
        if not late:
            return
        names = self._names
        for at in range(bisect.bisect(names, continuing.span.start), bisect.bisect(names, continuing.span.end)):
            meaning = self._found.meanings[names[at]]
            declared = None if isinstance(meaning, Predeclared) else late.get(meaning.span.start)
            if declared is not None:
                message = f"this goes past the declaration of {declared.name!r}, which the continuing block uses"
                self._report.add(jump, "WGSL_JUMP_INVALID", message)
                return

    @cached_property
    def _names(self) -> list[int]:
        return sorted(self._found.meanings)


def _last(span: Span) -> Span:
    return Span(span.end - 1, span.end)
