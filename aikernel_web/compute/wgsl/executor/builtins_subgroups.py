"""Subgroup and quad functions (WGSL, sections 17.12 and 17.13) in the generated code."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from ..typed.tree import BuiltinCall
from . import subgroups
from .emitter import Atoms, Emitter
from .expanders import Expander
from .shapes import each


def _by_lanes(function: Callable[..., Any], options: str = "") -> Expander:
    """Return the expander of a function of each component, which is given the lanes and the mask too."""

    def expand(emitter: Emitter, node: BuiltinCall, arguments: list[Atoms]) -> Atoms:
        del node
        head = f"{emitter.use(function)}(lanes, {emitter.mask}"
        return each(lambda *atoms: emitter.temp(f"{', '.join((head, *atoms))}{options})"), *arguments)

    return expand


def _elect(emitter: Emitter, node: BuiltinCall, arguments: list[Atoms]) -> Atoms:
    del node, arguments
    return emitter.temp(f"{emitter.use(subgroups.elected)}(lanes, {emitter.mask})")


def _ballot(emitter: Emitter, node: BuiltinCall, arguments: list[Atoms]) -> Atoms:
    del node
    return emitter.temps(4, f"{emitter.use(subgroups.ballot)}(lanes, {emitter.mask}, {arguments[0]})")


def _reduction(operation: str) -> Expander:
    return _by_lanes(subgroups.reduced, f", operation={operation!r}")


def _scan(operation: str, *, inclusive: bool) -> Expander:
    return _by_lanes(subgroups.scanned, f", operation={operation!r}, inclusive={inclusive}")


SUBGROUPS: Mapping[str, Expander] = MappingProxyType(
    {
        "quadBroadcast": _by_lanes(subgroups.quad_broadcast),
        "quadSwapDiagonal": _by_lanes(subgroups.quad_swapped, ", bits=3"),
        "quadSwapX": _by_lanes(subgroups.quad_swapped, ", bits=1"),
        "quadSwapY": _by_lanes(subgroups.quad_swapped, ", bits=2"),
        "subgroupAdd": _reduction("add"),
        "subgroupAll": _by_lanes(subgroups.all_of),
        "subgroupAnd": _reduction("and"),
        "subgroupAny": _by_lanes(subgroups.any_of),
        "subgroupBallot": _ballot,
        "subgroupBroadcast": _by_lanes(subgroups.shuffled),
        "subgroupBroadcastFirst": _by_lanes(subgroups.broadcast_first),
        "subgroupElect": _elect,
        "subgroupExclusiveAdd": _scan("add", inclusive=False),
        "subgroupExclusiveMul": _scan("mul", inclusive=False),
        "subgroupInclusiveAdd": _scan("add", inclusive=True),
        "subgroupInclusiveMul": _scan("mul", inclusive=True),
        "subgroupMax": _reduction("max"),
        "subgroupMin": _reduction("min"),
        "subgroupMul": _reduction("mul"),
        "subgroupOr": _reduction("or"),
        "subgroupShuffle": _by_lanes(subgroups.shuffled),
        "subgroupShuffleDown": _by_lanes(subgroups.shuffled_down),
        "subgroupShuffleUp": _by_lanes(subgroups.shuffled_up),
        "subgroupShuffleXor": _by_lanes(subgroups.shuffled_xor),
        "subgroupXor": _reduction("xor"),
    }
)
