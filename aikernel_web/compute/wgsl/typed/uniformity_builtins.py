"""What WGSL's own functions ask for, and which results may differ between invocations (WGSL, section 15.2.6)."""

from __future__ import annotations

from typing import Final

from ..names import SUBGROUP_FUNCTIONS
from ..words import words
from .uniformity_graph import APART, NOT_UNIFORM, SAME

UNIFORM_INPUTS: Final = words("workgroup_id num_workgroups workgroup_index subgroup_size num_subgroups")
"""Built-in values that are the same for all invocations of a workgroup."""
SUBGROUP_INPUTS: Final = UNIFORM_INPUTS | {"subgroup_id"}
"""Those that are the same for all invocations of a subgroup."""
_BARRIERS: Final = words("workgroupBarrier storageBarrier textureBarrier workgroupUniformLoad")
_FOR_ALL: Final = words(
    "subgroupAdd subgroupMul subgroupMin subgroupMax subgroupAnd subgroupOr subgroupXor "
    "subgroupAll subgroupAny subgroupBallot subgroupBroadcast subgroupBroadcastFirst"
)
"""What answers the same to all invocations of a subgroup; it counts as that only where the arguments are the same."""
_SHUFFLES: Final = words("subgroupShuffleUp subgroupShuffleDown subgroupShuffleXor")


def is_barrier(name: str) -> bool:
    """Whether all invocations of a workgroup have to call it together."""
    return name in _BARRIERS


def is_collective(name: str) -> bool:
    """Whether all invocations of a subgroup have to call it together (the rule ``subgroup_uniformity``)."""
    return name in SUBGROUP_FUNCTIONS


def uniform_arguments(name: str) -> tuple[int, ...]:
    """Return which arguments have to be the same for all invocations that call it together."""
    if name == "workgroupUniformLoad":
        return (0,)
    return (1,) if name in _SHUFFLES else ()


def difference(name: str) -> int:
    """Return the node of how the result may differ even where all arguments are the same."""
    if name in _FOR_ALL:
        return APART
    return NOT_UNIFORM if name.startswith("atomic") or name in SUBGROUP_FUNCTIONS else SAME
