"""What a function's tree holds, found without recursion."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import chain
from typing import Any, TypeAlias

from ..source import Span
from ..typed.tree import (
    BuiltinCall,
    Call,
    Function,
    Jump,
    Loop,
    ModulePlace,
    Return,
    Value,
)
from ..typed.walk import walk

BARRIERS = frozenset(("workgroupBarrier", "storageBarrier", "textureBarrier"))
TOGETHER = BARRIERS | {"workgroupUniformLoad"}
_MEMORY = frozenset(("storage", "uniform", "workgroup"))


def returns(function: Function) -> list[Return]:
    """Return the return statements of a function."""
    return [node for node in walk(function.body) if isinstance(node, Return)]


def first_leaving(loop: Loop) -> Span:
    """Return the place from which invocations may leave a loop before others: its condition, or the first such jump."""
    for exit_ in (loop.condition, loop.break_if):
        if exit_ is not None:
            return exit_.span
    jumps = (node for node in walk(loop.body) if isinstance(node, Return | Jump))
    return next((node.span for node in jumps if isinstance(node, Return) or node.kind == "break"), loop.span)


def has_effects(node: Value, *, accesses: bool) -> bool:
    """Whether working out a value does something besides; with ``accesses`` also whether it reads memory."""
    for part in walk(node):
        if isinstance(part, Call) or (isinstance(part, BuiltinCall) and _is_effect(part.name)):
            return True
        if accesses and getattr(part, "space", None) in (*_MEMORY, "function", "private"):
            return True
    return False


def _is_effect(name: str) -> bool:
    return name.startswith(("atomic", "subgroup", "quad")) or name in TOGETHER


Nodes: TypeAlias = Mapping[str, Sequence[Any]]
"""The nodes of an entry point and of all functions that it calls, by name; each behind those that it calls."""


def reached(functions: Mapping[str, Function], entry: str) -> Nodes:
    """Return the nodes of an entry point."""
    found: dict[str, list[Any]] = {}
    waiting = [entry]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found[name] = list(walk(functions[name].body))
            waiting += (node.function for node in found[name] if isinstance(node, Call))
    # `functions` has each behind those that it calls.
    return {name: found[name] for name in functions if name in found}


def variables_of(nodes: Nodes) -> frozenset[str]:
    """Return the names of the module's variables that are used."""
    every = chain.from_iterable(nodes.values())
    return frozenset(node.variable.name for node in every if isinstance(node, ModulePlace))


def inlined_size(nodes: Nodes, entry: str) -> int:
    """Return how many parts an entry point has once functions stand where they are called: a number of any size."""
    sizes: dict[str, int] = {}
    for name, found in nodes.items():
        sizes[name] = len(found) + sum(sizes[node.function] for node in found if isinstance(node, Call))
    return sizes[entry]
