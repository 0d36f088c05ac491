"""Statements: lines that do for all active lanes what the shader's text says of one invocation."""

from __future__ import annotations

from typing import Any, Final

from ..typed.steps import Steps
from ..typed.tree import (
    Assign,
    Binary,
    Block,
    BuiltinCall,
    CallStatement,
    DeclareLet,
    DeclareVar,
    If,
    Jump,
    Load,
    Loop,
    Return,
    Statement,
    Switch,
    Update,
)
from . import operators, places
from .branches import if_, switch
from .context import Context
from .elements import declared
from .expressions import builtin, place, value
from .loops import loop
from .masks import either
from .places import Target
from .trace import note

_LINES: Final = 400
"""Lines after which whoever runs the kernel looks at the clock; loops have their own."""


def block(context: Context, node: Block) -> Steps[None]:
    """Write one statement after another. Where lanes leave, what follows is skipped once none is left.

    The parts between stand side by side, each below its own test, so that the code does not nest deeper and deeper.
    """
    emitter = context.emitter
    waiting = list(reversed(node.statements))
    before = emitter.mask
    while waiting and emitter.mask == before:
        yield statement(context, waiting.pop())
    while waiting and emitter.mask != "False":
        before = emitter.mask
        with emitter.aside() as lines, emitter.block(f"if {before} is not False:"):
            while waiting and emitter.mask == before:
                yield statement(context, waiting.pop())
        if emitter.mask not in (before, "False"):
            emitter.line(f"{emitter.mask} = False")
        emitter.splice(lines)


def statement(context: Context, node: Statement) -> Steps[None]:  # noqa: PLR0912 - one case for each kind of node
    """Write a statement; afterwards the emitter's mask is of the lanes that go on behind it."""
    emitter = context.emitter
    emitter.step()
    emitter.span = node.span
    if emitter.written - context.yielded > _LINES:
        emitter.line("yield")
        context.yielded = emitter.written
    match node:
        case Block():
            yield block(context, node)
        case DeclareVar():
            given = None if node.value is None else (yield value(context, node.value))
            kind = node.local.type
            target = Target(declared(context, node.local, kind, given), (), kind, node.span)
            context.names[node.local] = target
            note(context, node.span, node.local.name, kind, target)
        case DeclareLet():
            context.names[node.local] = bound = yield value(context, node.value)
            note(context, node.span, node.local.name, node.local.type, bound)
        case Assign():
            yield _assign(context, node)
        case Update():
            yield _update(context, node)
        case CallStatement():
            if isinstance(node.call, BuiltinCall):
                yield builtin(context, node.call, used=False)
            else:
                yield value(context, node.call)
        case If():
            yield if_(context, node)
        case Switch():
            yield switch(context, node)
        case Loop():
            yield loop(context, node)
        case Jump():
            _jump(context, node)
        case Return():
            yield _return(context, node)


def _assign(context: Context, node: Assign) -> Steps[None]:
    if node.place is None:
        yield value(context, node.value)
        return
    target = yield place(context, node.place)
    # An operator's result has no other name, so that it need not become a temporary.
    store = places.store_result if isinstance(node.value, Binary) else places.store
    store(context.emitter, target, (yield value(context, node.value)))
    note(context, node.span, node.place.span, node.place.type, target)


def _update(context: Context, node: Update) -> Steps[None]:
    target = yield place(context, node.place)
    old = places.load(context.emitter, target)
    by = yield value(context, node.value)
    kind = node.place.type
    operation = Binary(node.span, kind, node.operator, Load(node.place.span, kind, node.place), node.value)
    places.store_result(context.emitter, target, operators.binary(context.emitter, operation, old, by))
    note(context, node.span, node.place.span, node.place.type, target)


def _jump(context: Context, node: Jump) -> None:
    emitter, flows = context.emitter, context.inlined[-1].flows
    if node.kind == "continue":
        at = max(at for at, flow in enumerate(flows) if flow.loop)
        for flow in flows[at:]:
            flow.continued = True
        emitter.line(f"{flows[at].waiting} = {emitter.use(either)}({flows[at].waiting}, {emitter.mask})")
    emitter.mask = "False"


def _return(context: Context, node: Return) -> Steps[None]:
    emitter, inlined = context.emitter, context.inlined[-1]
    if node.value is not None:
        result: Any = yield value(context, node.value)
        if inlined.result is None:
            inlined.value = result
        else:
            places.store(emitter, inlined.result, result)
    if inlined.flows:
        inlined.gone_used = True
        for flow in inlined.flows:
            flow.returned = True
        emitter.line(f"{inlined.gone} = {emitter.use(either)}({inlined.gone}, {emitter.mask})")
    emitter.mask = "False"
