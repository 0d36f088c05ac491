"""A compiled kernel, and the dispatches it runs: chunk by chunk, so that memory stays bounded."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np

from ....contracts.gpu_errors import GpuOutOfMemoryError
from ....contracts.shader_errors import WgslError
from ...subgroup_size import SUBGROUP_SIZE, require_subgroup_size
from ..shader import Binding
from ..typed.tree import Program
from .buffers import Buffer
from .checks import NO_CHECKS, Checks
from .compiler import Compiled, compile_chunk
from .lanes import Extent, Geometry, Lanes
from .needs import Needs, needs_of
from .patience import Stalled
from .places import bytes_needed
from .scan import reached
from .trace import Recorder
from .watch import Watch

_LANES: Final = 1 << 16
"""The lanes of a chunk: so many that NumPy's time per call does not matter, so few that arrays stay in caches."""
_SHORT_BYTES: Final = 1 << 24
"""What a chunk of a short kernel takes, whose time is that of the calls more than that of the work."""
_WATCHED_LANES: Final = 1 << 12
"""The lanes of a chunk that is watched: its accesses take far longer, and others want to get on."""
_BYTES: Final = 1 << 25
"""What the variables of a chunk may take."""
_KEPT_BYTES: Final = 1 << 10
"""For each lane of a chunk that may be begun anew, what is copied at most: more would take longer than to run it."""
_FEWER: Final = 16
_END: Final = object()
_WITHIN_GROUPS: Final = frozenset(("workgroup_id", "local_invocation_id", "local_invocation_index"))


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a dispatch is, in invocations: ``done`` of ``total`` have come to their end."""

    done: int
    total: int


class CpuKernel:
    """An entry point that was compiled for the CPU; it keeps nothing of its runs."""

    def __init__(
        self,
        compiled: Compiled,
        size: Extent,
        *,
        bindings: tuple[Binding, ...],
        needs: Needs,
        checks: Checks,
        within_groups: bool,
        subgroup_size: int,
    ) -> None:
        self.workgroup_size = size
        self.bindings = bindings
        """What it reads and writes, in the order of group and binding."""
        self.subgroup_size = subgroup_size
        self.text = compiled.text
        """The Python code, to look at."""
        self._compiled = compiled
        self._unwatched = checks == NO_CHECKS
        self._lanes = _LANES if self._unwatched else min(_LANES, _WATCHED_LANES)
        self._short = compiled.short and self._unwatched
        self._needs = needs
        self._within_groups = within_groups

    def run(
        self,
        buffers: Mapping[str, Any],
        groups: Extent,
        *,
        recorder: Recorder | None = None,
        watch: Watch | None = None,
    ) -> Iterator[Progress]:
        """Run a dispatch as the iterator is drawn on, which yields between chunks and now and then in loops.

        Args:
            buffers: bytes by the names of the bindings, writable where the kernel writes: it writes there.
            groups: the workgroups along x, y and z.
            recorder: is told what statements do, where the kernel was compiled with `Checks.trace`.
            watch: collects what `Checks.bounds` and `Checks.races` see; without one, that is raised at the end.

        Raises `WgslError` for a barrier that a workgroup reaches in parts (``WGSL_BARRIER_NOT_UNIFORM``) and for what
        the checks find, `KernelError` with ``WEBGPU_BINDING_SIZE``, `GpuOutOfMemoryError`.
        """
        geometry = Geometry(groups, self.workgroup_size, self.subgroup_size)
        memories = tuple(
            Buffer(buffers[item.name], written=item.access != "read", needed=bytes_needed(item.type))
            for item in self.bindings
        )
        seen = Watch() if watch is None else watch
        done, total = 0, geometry.count * geometry.invocations
        for lanes in self._chunks(geometry, memories) if total else ():
            lanes.watch = seen
            rounds = self._compiled.run(lanes, memories, recorder)
            try:
                while _goes_on(rounds):
                    yield Progress(done, total)
            except Stalled:
                lanes.stalled = True
                continue
            done += lanes.rows * lanes.columns
            yield Progress(done, total)
        if watch is None and seen.sightings:
            raise WgslError([place for sighting in seen.sightings for place in sighting.places])

    def _chunks(self, geometry: Geometry, memories: Sequence[Buffer]) -> Iterator[Lanes]:
        compiled = self._compiled
        if self._needs.workgroups:
            each = geometry.invocations * compiled.lane_bytes + compiled.group_bytes
            workgroups = max(1, min(self._lanes // geometry.invocations, _BYTES // max(1, each)))
            if self._needs.waiting:
                # What is watched is seen once.
                return _tried(geometry, memories, workgroups if self._unwatched else 1)
            return geometry.grouped(workgroups)
        most = max(self._lanes, _SHORT_BYTES // max(1, compiled.lane_bytes)) if self._short else self._lanes
        lanes = min(most, max(1, _BYTES // max(1, compiled.lane_bytes)))
        # In one dimension both layouts have neighbours in memory side by side, and GROUPED knows its workgroups.
        flat = all(count == 1 for count in (*geometry.groups[1:], *geometry.size[1:]))
        if flat and self._within_groups:
            return geometry.grouped(max(1, lanes // geometry.invocations))
        return geometry.spread(lanes)


def compile_kernel(
    program: Program,
    entry: str,
    constants: Mapping[str, float] | None = None,
    *,
    checks: Checks = NO_CHECKS,
    subgroup_size: int = SUBGROUP_SIZE,
) -> CpuKernel:
    """Compile an entry point, with values for its overrides by name or id.

    Raises `WgslError`: ``CPU_KERNEL_NOT_SUPPORTED`` at what the CPU does not run, ``WGSL_LIMIT_EXCEEDED`` for what is
    too large, and as `EntryPoint.workgroup_size` does for the constants; `InvalidArgumentError` with
    ``CPU_SUBGROUP_SIZE_INVALID`` for a size that WebGPU has not. ``subgroup_size`` is for kernels that ask for none.
    """
    given = constants or {}
    point = program.shader.entry_points[entry]
    asked = point.subgroup_size(given)
    nodes = reached(program.functions, entry)
    needs = needs_of(nodes)
    if checks.races or checks.trace:
        needs = replace(needs, workgroups=True)
    compiled = compile_chunk(program, entry, given, nodes=nodes, checks=checks, needs=needs)
    return CpuKernel(
        compiled,
        point.workgroup_size(given),
        bindings=point.bindings,
        needs=needs,
        checks=checks,
        within_groups=bool(point.builtins & _WITHIN_GROUPS),
        subgroup_size=require_subgroup_size(subgroup_size if asked is None else asked),
    )


def _tried(geometry: Geometry, memories: Sequence[Buffer], count: int) -> Iterator[Lanes]:
    """Return chunks of up to ``count`` workgroups: of fewer, from where it was, once one has `stalled`."""
    written = [memory.bytes for memory in memories if memory.written]
    size, first, count = sum(data.size for data in written), 0, min(count, geometry.count)
    while first < geometry.count:
        if size > _KEPT_BYTES * count * geometry.invocations:
            count = 1
        kept = [data.copy() for data in written] if count > 1 else []
        lanes = geometry.workgroups(first, count)
        yield lanes
        if not lanes.stalled:
            first += lanes.rows
            continue
        for data, before in zip(written, kept, strict=True):
            data[...] = before
        count = max(1, count // _FEWER)


def _goes_on(rounds: Iterator[None]) -> bool:
    """Run to the next yield; whoever draws on it keeps its own settings of NumPy. Raises `GpuOutOfMemoryError`."""
    try:
        with np.errstate(all="ignore"):
            return next(rounds, _END) is not _END
    except MemoryError:
        # Raised below, where nothing holds the frame of the kernel and all its arrays any more.
        pass
    message = "There is no memory for the variables of so many invocations: have smaller arrays, or fewer of them."
    raise GpuOutOfMemoryError(message)
