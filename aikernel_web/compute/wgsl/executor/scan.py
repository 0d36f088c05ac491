"""What a function's tree holds, found without recursion."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from typing import Any

from ..source import Span
from ..typed.tree import (
    AddressOf,
    BuiltinCall,
    Call,
    CallStatement,
    Function,
    Jump,
    Loop,
    ModulePlace,
    Return,
    Value,
)

BARRIERS = frozenset(("workgroupBarrier", "storageBarrier", "textureBarrier"))
_TOGETHER = BARRIERS | {"workgroupUniformLoad"}
_LASTING = frozenset(("atomicStore", "atomicExchange", "atomicCompareExchangeWeak"))
_WAITING = frozenset(("atomicLoad", "atomicCompareExchangeWeak", "atomicExchange"))
_SKIPPED = frozenset(("span", "type", "local", "variable", "data"))
_MEMORY = frozenset(("storage", "uniform", "workgroup"))


def descend(node: Any) -> Iterator[Any]:
    """Give a node and all nodes below it, in the order of the text."""
    waiting = [node]
    while waiting:
        here = waiting.pop()
        yield here
        found: list[Any] = []
        for name in (field.name for field in fields(here) if field.name not in _SKIPPED):
            part = getattr(here, name)
            found += (item for item in (part if isinstance(part, tuple) else (part,)) if is_dataclass(item))
        waiting.extend(reversed(found))


def returns(function: Function) -> list[Return]:
    """Return the return statements of a function."""
    return [node for node in descend(function.body) if isinstance(node, Return)]


def first_leaving(loop: Loop) -> Span:
    """Return the place from which invocations may leave a loop before others: its condition, or the first such jump."""
    for exit_ in (loop.condition, loop.break_if):
        if exit_ is not None:
            return exit_.span
    jumps = (node for node in descend(loop.body) if isinstance(node, Return | Jump))
    return next((node.span for node in jumps if isinstance(node, Return) or node.kind == "break"), loop.span)


def has_effects(node: Value, *, accesses: bool) -> bool:
    """Whether working out a value does something besides; with ``accesses`` also whether it reads memory."""
    for part in descend(node):
        if isinstance(part, Call) or (isinstance(part, BuiltinCall) and _is_effect(part.name)):
            return True
        if accesses and getattr(part, "space", None) in (*_MEMORY, "function", "private"):
            return True
    return False


def _is_effect(name: str) -> bool:
    return name.startswith(("atomic", "subgroup", "quad")) or name in _TOGETHER


@dataclass(frozen=True, slots=True)
class Needs:
    """What the functions of a kernel ask of the order in which its invocations run."""

    workgroups: bool
    """Whether it has to do with workgroups as such: their memory, barriers, subgroups, or the order of atomics."""
    spins: bool
    """Whether it may wait in a loop for what another workgroup does."""


def needs_of(functions: Mapping[str, Function], entry: str) -> Needs:
    """Return the needs of an entry point, and of all it calls."""
    reached = _reached(functions, entry)
    nodes = {name: list(descend(functions[name].body)) for name in reached}
    every = [node for found in nodes.values() for node in found]
    plain = {id(node.call) for node in every if isinstance(node, CallStatement)}
    return Needs(any(_of_workgroups(node, plain) for node in every), _spins(functions, nodes))


def variables_of(functions: Mapping[str, Function], entry: str) -> frozenset[str]:
    """Return the names of the module's variables that an entry point uses, and all it calls."""
    every = (node for name in _reached(functions, entry) for node in descend(functions[name].body))
    return frozenset(node.variable.name for node in every if isinstance(node, ModulePlace))


def inlined_size(functions: Mapping[str, Function], entry: str) -> int:
    """Return how many parts an entry point has once functions stand where they are called: a number of any size."""
    sizes: dict[str, int] = {}
    reached = set(_reached(functions, entry))
    # `functions` has each behind those that it calls.
    for name in (name for name in functions if name in reached):
        nodes = descend(functions[name].body)
        sizes[name] = sum(1 + sizes[node.function] if isinstance(node, Call) else 1 for node in nodes)
    return sizes[entry]


def _reached(functions: Mapping[str, Function], entry: str) -> list[str]:
    found, waiting = [entry], [entry]
    while waiting:
        for node in descend(functions[waiting.pop()].body):
            if isinstance(node, Call) and node.function not in found:
                found.append(node.function)
                waiting.append(node.function)
    return found


def _of_workgroups(node: Any, plain: set[int]) -> bool:
    if isinstance(node, ModulePlace):
        return node.space == "workgroup"
    if not isinstance(node, BuiltinCall):
        return False
    if node.name in _TOGETHER or node.name.startswith(("subgroup", "quad")):
        return True
    # What an atomic returns tells who came first, and what is stored stays of whoever comes last.
    return node.name in _LASTING or (
        node.name.startswith("atomic") and node.name != "atomicLoad" and id(node) not in plain
    )


def _spins(functions: Mapping[str, Function], nodes: Mapping[str, list[Any]]) -> bool:
    waits = {name: any(_waits(node) for node in found) for name, found in nodes.items()}
    # `functions` has each behind those that it calls.
    for name in (name for name in functions if name in nodes):
        waits[name] = waits[name] or any(isinstance(node, Call) and waits[node.function] for node in nodes[name])
    for loop in (node for found in nodes.values() for node in found if isinstance(node, Loop)):
        if any(_waits(node) or (isinstance(node, Call) and waits[node.function]) for node in descend(loop)):
            return True
    return False


def _waits(node: Any) -> bool:
    if not isinstance(node, BuiltinCall) or node.name not in _WAITING:
        return False
    pointer = node.arguments[0]
    space = pointer.place.space if isinstance(pointer, AddressOf) else getattr(pointer.type, "space", None)
    return space == "storage"
