"""Following some invocations through a run."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from ...contracts.errors import InvalidArgumentError
from ..wgsl.executor.affine import whole
from .report import TraceStep
from .spelling import spelled

if TYPE_CHECKING:
    from ..execution.workgroups import Groups
    from ..gpu_kernel import GpuKernel
    from ..wgsl.executor.lanes import Lanes
    from ..wgsl.executor.masks import Mask
    from ..wgsl.executor.trace import Site
    from ..wgsl.source import Source

STEPS_KEPT: Final = 20_000


@dataclass(frozen=True, slots=True)
class Followed:
    """Whose statements are told: one invocation, or all of a workgroup."""

    name: str
    """Which of the built-in values says who they are: ``global_invocation_id`` or ``workgroup_id``."""
    place: Groups

    def __str__(self) -> str:
        if self.name == "workgroup_id":
            return f"the invocations of workgroup {self.place}"
        return f"invocation {self.place}"


def followed(
    kernel: GpuKernel, groups: Groups, invocation: Sequence[int] | None, workgroup: Sequence[int] | None
) -> Followed | None:
    """Return whose trace is asked for; raises `InvalidArgumentError` with ``WEBGPU_ARGUMENT_INVALID``."""
    if invocation is not None and workgroup is not None:
        message = "Both invocation and workgroup are given: trace one of them."
        raise InvalidArgumentError(message, code="WEBGPU_ARGUMENT_INVALID")
    if invocation is not None:
        x, y, z = (count * size for count, size in zip(groups, kernel.workgroup_size, strict=True))
        return Followed("global_invocation_id", _place("invocation", invocation, (x, y, z)))
    if workgroup is not None:
        return Followed("workgroup_id", _place("workgroup", workgroup, groups))
    return None


def _place(name: str, given: Any, counts: Groups) -> Groups:
    try:
        place = tuple(operator.index(number) for number in ((given,) if isinstance(given, int) else given))
    except TypeError:
        place = ()
    x, y, z = (*place, 0, 0, 0)[:3]
    within = all(0 <= at < count for at, count in zip((x, y, z), counts, strict=True))
    if not 1 <= len(place) <= len(counts) or not within:
        message = f"{name} is {given!r}: give x, y and z, from 0 to less than {counts}."
        raise InvalidArgumentError(message, code="WEBGPU_ARGUMENT_INVALID")
    return x, y, z


class Tracer:
    """The recorder of a run: keeps what those do that are followed."""

    def __init__(self, source: Source, who: Followed | None) -> None:
        self.steps: list[TraceStep] = []
        self.cut = 0
        """Steps that were not kept."""
        self._source = source
        self._who = who
        self._lanes: Lanes | None = None
        self._rows = self._columns = self._indices = np.zeros(0, np.intp)

    def note(self, site: Site, lanes: Lanes, mask: Mask, value: Any) -> None:
        """Take what a statement did; see `executor.trace.Recorder`."""
        if lanes is not self._lanes:
            self._find(lanes)
        if not self._rows.size or mask is False:
            return
        rows, columns, indices = self._rows, self._columns, self._indices
        if mask is not True:
            active = np.broadcast_to(mask, lanes.shape)[rows, columns]
            rows, columns, indices = rows[active], columns[active], indices[active]
            if not rows.size:
                return
        branch = site.kind == "branch"
        if branch and site.name.startswith("{") and not np.broadcast_to(value, lanes.shape)[rows, columns].any():
            return  # a case that nobody came to
        if len(self.steps) >= STEPS_KEPT:
            self.cut += 1
            return
        line, _ = self._source.place(site.span.start)
        pairs = zip(rows.tolist(), columns.tolist(), strict=True)
        if branch:
            value = np.broadcast_to(value, lanes.shape)
        values = tuple(spelled(site.type, _of_lane(value, row, column)) for row, column in pairs)
        name = "" if branch else " ".join(site.name.split())
        self.steps.append(TraceStep(line, self._source.line(line), name, values, tuple(indices.tolist())))

    def _find(self, lanes: Lanes) -> None:
        """Find those that are followed in a chunk, in the order of their places in the workgroup."""
        self._lanes = lanes
        if self._who is None:
            return
        found = np.ones(lanes.shape, np.bool_)
        for leaf, wanted in zip(getattr(lanes, _LEAVES[self._who.name]), self._who.place, strict=True):
            found = found & (whole(leaf) == wanted)
        rows, columns = np.nonzero(found)
        indices = np.broadcast_to(whole(lanes.local_index), lanes.shape)[rows, columns]
        order = np.argsort(indices)
        self._rows, self._columns, self._indices = rows[order], columns[order], indices[order]


_LEAVES = {"global_invocation_id": "global_id", "workgroup_id": "workgroup_id"}


def _of_lane(value: Any, row: int, column: int) -> Any:
    """Return the part of a tree of leaves that one lane has."""
    if isinstance(value, tuple):
        return tuple(_of_lane(part, row, column) for part in value)
    leaf: Any = whole(value)
    if not isinstance(leaf, np.ndarray) or leaf.ndim < 2:  # noqa: PLR2004 - rows and columns
        return leaf
    rows, columns = leaf.shape[-2:]
    return leaf[..., row if rows > 1 else 0, column if columns > 1 else 0]
