"""What a kernel asks of the order in which its invocations run."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain
from typing import Any

from ..typed.tree import BuiltinCall, CallStatement, ModulePlace
from .scan import TOGETHER, Nodes
from .waiting import waiting_loops

_LASTING = frozenset(("atomicStore", "atomicExchange", "atomicCompareExchangeWeak"))


@dataclass(frozen=True, slots=True)
class Needs:
    """What the functions of a kernel ask of the order in which its invocations run."""

    workgroups: bool
    """Whether it has to do with workgroups as such: their memory, barriers, subgroups, or the order of atomics."""
    waiting: frozenset[int] = frozenset()
    """The ids of the loops that may wait for what another workgroup does."""


def needs_of(nodes: Nodes) -> Needs:
    """Return the needs of an entry point."""
    every = list(chain.from_iterable(nodes.values()))
    plain = {id(node.call) for node in every if isinstance(node, CallStatement)}
    waiting = waiting_loops(nodes)
    return Needs(bool(waiting) or any(_of_workgroups(node, plain) for node in every), waiting)


def _of_workgroups(node: Any, plain: set[int]) -> bool:
    if isinstance(node, ModulePlace):
        return node.space == "workgroup"
    if not isinstance(node, BuiltinCall):
        return False
    if node.name in TOGETHER or node.name.startswith(("subgroup", "quad")):
        return True
    # What an atomic returns tells who came first, and what is stored stays of whoever comes last.
    return node.name in _LASTING or (
        node.name.startswith("atomic") and node.name != "atomicLoad" and id(node) not in plain
    )
