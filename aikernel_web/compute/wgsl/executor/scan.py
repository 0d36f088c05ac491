"""What a function's tree holds, found without recursion."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from typing import Any

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

BARRIERS = frozenset(("workgroupBarrier", "storageBarrier", "textureBarrier"))
TOGETHER = BARRIERS | {"workgroupUniformLoad"}
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
    return name.startswith(("atomic", "subgroup", "quad")) or name in TOGETHER


def variables_of(functions: Mapping[str, Function], entry: str) -> frozenset[str]:
    """Return the names of the module's variables that an entry point uses, and all it calls."""
    every = (node for name in reached(functions, entry) for node in descend(functions[name].body))
    return frozenset(node.variable.name for node in every if isinstance(node, ModulePlace))


def inlined_size(functions: Mapping[str, Function], entry: str) -> int:
    """Return how many parts an entry point has once functions stand where they are called: a number of any size."""
    sizes: dict[str, int] = {}
    among = set(reached(functions, entry))
    # `functions` has each behind those that it calls.
    for name in (name for name in functions if name in among):
        nodes = descend(functions[name].body)
        sizes[name] = sum(1 + sizes[node.function] if isinstance(node, Call) else 1 for node in nodes)
    return sizes[entry]


def reached(functions: Mapping[str, Function], entry: str) -> list[str]:
    """Return the names of a function and of all that it calls, itself or by others."""
    found, waiting = [entry], [entry]
    while waiting:
        for node in descend(functions[waiting.pop()].body):
            if isinstance(node, Call) and node.function not in found:
                found.append(node.function)
                waiting.append(node.function)
    return found
