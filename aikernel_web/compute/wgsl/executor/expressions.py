"""Expressions: each becomes lines that work it out, and atoms that stand for its value."""

from __future__ import annotations

from typing import Any, cast

import numpy as np

from ..typed.steps import Steps
from ..typed.tree import (
    AddressOf,
    Binary,
    BuiltinCall,
    Call,
    Construct,
    Element,
    ElementPlace,
    Literal,
    Load,
    LocalPlace,
    LocalValue,
    MemberPlace,
    MemberValue,
    ModulePlace,
    OverrideValue,
    Place,
    Pointee,
    Swizzle,
    Unary,
    Value,
)
from ..types import Array, Type
from ..values import Data
from . import builtins, conversions, literals, operators, places
from .barriers import barrier
from .calls import call
from .context import Context
from .masks import both, without
from .places import Target
from .scan import BARRIERS, has_effects

_LAZY = ("&&", "||")


def value(context: Context, node: Value) -> Any:
    """Write what works out a value; return its atoms, or of a pointer its `Target`, or the steps to that."""
    emitter = context.emitter
    emitter.step()
    match node:
        case Literal():
            return literals.literal(emitter, node.type, node.data)
        case LocalValue():
            return context.names[node.local]
        case Load(place=LocalPlace()):
            return places.load(emitter, place(context, node.place))
        case OverrideValue():
            return literals.literal(emitter, node.type, cast("Data", context.overrides[node.name].data))
    return _value(context, node)


def _value(context: Context, node: Value) -> Steps[Any]:  # noqa: PLR0911 - one case for each kind of node
    emitter = context.emitter
    match node:
        case AddressOf():
            return (yield place(context, node.place))
        case Load():
            return places.load(emitter, (yield place(context, node.place)))
        case Swizzle():
            base = yield value(context, node.base)
            return base[node.places[0]] if len(node.places) == 1 else tuple(base[at] for at in node.places)
        case MemberValue():
            return (yield value(context, node.base))[node.at]
        case Element():
            return (yield _element(context, node))
        case Unary():
            return operators.unary(emitter, node, (yield value(context, node.operand)))
        case Binary():
            if node.operator in _LAZY and has_effects(node.right, accesses=_watches(context)):
                return (yield _lazy(context, node))
            left = yield value(context, node.left)
            return operators.binary(emitter, node, left, (yield value(context, node.right)))
        case Construct():
            return conversions.construct(emitter, node, (yield _values(context, node.arguments)))
        case Call():
            return (yield call(context, node, (yield _values(context, node.arguments))))
        case BuiltinCall():
            return (yield builtin(context, node, used=True))


def place(context: Context, node: Place) -> Any:
    """Write what works out where a place is; return its `Target`, or the steps to that."""
    context.emitter.step()
    match node:
        case LocalPlace():
            return context.names[node.local]
        case ModulePlace():
            root = context.roots[node.variable.name]
            return Target(root, (), root.type, node.span)
    return _place(context, node)


def _place(context: Context, node: Place) -> Steps[Any]:
    match node:
        case Pointee():
            return (yield value(context, node.pointer))
        case MemberPlace():
            base: Target = yield place(context, node.base)
            return Target(base.root, (*base.steps, node.at), node.type, node.span)
        case ElementPlace():
            base = yield place(context, node.base)
            return Target(base.root, (*base.steps, (yield _index(context, node.index))), node.type, node.span)


def builtin(context: Context, node: BuiltinCall, *, used: bool) -> Steps[Any]:
    """Write a call of one of WGSL's functions; ``used`` says whether somebody wants what it returns."""
    emitter = context.emitter
    arguments = yield _values(context, node.arguments)
    if node.name in BARRIERS:
        return barrier(context, node)
    if node.name == "workgroupUniformLoad":
        barrier(context, node)
        loaded = places.load(emitter, arguments[0])
        places.barrier(emitter, node.name)
        return loaded
    if node.name == "arrayLength":
        return places.array_length(emitter, arguments[0])
    if node.name.startswith("atomic"):
        return places.atomic(emitter, node.name, arguments[0], arguments[1:], used=used)
    return builtins.call(emitter, node, arguments)


def _values(context: Context, nodes: tuple[Value, ...]) -> Steps[list[Any]]:
    found = []
    for node in nodes:
        found.append((yield value(context, node)))  # noqa: PERF401 - a comprehension cannot wait
    return found


def _index(context: Context, node: Value) -> Steps[Any]:
    """Return an index: a number where it is known now, else its atom."""
    if isinstance(node, Literal):
        return int(cast("int", node.data))
    return (yield value(context, node))


def _element(context: Context, node: Element) -> Steps[Any]:
    base = yield value(context, node.base)
    kind: Type = node.base.type  # type: ignore[assignment] # only calls have no type, and those have no elements
    if isinstance(node.index, Literal) and not isinstance(kind, Array):
        return base[int(cast("int", node.index.data))]
    return places.element(context.emitter, base, kind, (yield _index(context, node.index)), span=node.span)


def _lazy(context: Context, node: Binary) -> Steps[Any]:
    """Write ``&&`` or ``||`` whose right side must be worked out by those alone whom the left one leaves undecided."""
    emitter = context.emitter
    left = yield value(context, node.left)
    outer, inner, right = emitter.mask, emitter.name("m"), emitter.name("c")
    narrow = emitter.use(both if node.operator == "&&" else without)
    emitter.line(f"{inner} = {narrow}({outer}, {left})")
    emitter.line(f"{right} = {emitter.constant(np.bool_(node.operator == '||'))}")
    with emitter.block(f"if {inner} is not False:"):
        context.narrowed(inner, node.left.span)
        emitter.line(f"{right} = {(yield value(context, node.right))}")
    emitter.mask = outer
    return emitter.temp(f"{left} {node.operator[0]} {right}")


def _watches(context: Context) -> bool:
    return context.emitter.checks.bounds or context.emitter.checks.races
