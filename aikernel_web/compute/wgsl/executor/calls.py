"""Calls of the module's functions: their statements are written where they are called."""

from __future__ import annotations

from typing import Any

from ..typed.steps import Steps
from ..typed.tree import Call, Function, Return
from . import places
from .context import Context, Inlined
from .emitter import Atoms
from .places import Target
from .scan import returns


def call(context: Context, node: Call, arguments: list[Any]) -> Steps[Any]:
    """Write a function's statements with values for its parameters; return the atoms of its result, if it has one."""
    function = context.program.functions[node.function]
    context.names.update(zip(function.parameters, arguments, strict=True))
    return (yield body(context, function))


def body(context: Context, function: Function) -> Steps[Atoms | None]:
    """Write a function's statements; return its result."""
    emitter = context.emitter
    emitter.step()
    result: Target | None = None
    if function.result is not None and not _at_end_only(function):
        result = Target(places.declare(emitter, function.result, None), (), function.result, function.span)
    inlined, mask = Inlined(emitter.name("m"), result), emitter.mask
    context.inlined.append(inlined)
    with emitter.aside() as lines:
        yield context.write_block(context, function.body)
    context.inlined.pop()
    if inlined.gone_used:
        emitter.line(f"{inlined.gone} = False")
    emitter.splice(lines)
    # Whoever called is active again, however it came back.
    emitter.mask = mask
    return inlined.value if result is None else places.load(emitter, result)


def _at_end_only(function: Function) -> bool:
    found = returns(function)
    return len(found) == 1 and bool(function.body.statements) and isinstance(function.body.statements[-1], Return)
