"""A compiled kernel, and the dispatches it runs: chunk by chunk, so that memory stays bounded."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from ....contracts.errors import InvalidArgumentError
from ....contracts.gpu_errors import GpuOutOfMemoryError
from ....contracts.shader_errors import WgslError
from ..shader import Binding
from ..typed.tree import Program
from .buffers import Buffer
from .checks import NO_CHECKS, Checks
from .compiler import Compiled, compile_chunk
from .lanes import Extent, Geometry, Lanes
from .places import bytes_needed
from .scan import Needs, needs_of
from .trace import Recorder
from .watch import Watch

SUBGROUP_SIZE: Final = 4
"""That of SwiftShader, so that both ways to run without a GPU have the same."""
_LANES: Final = 1 << 16
"""The lanes of a chunk: so many that NumPy's time per call does not matter, so few that arrays stay in caches."""
_SHORT_BYTES: Final = 1 << 24
"""What a chunk of a short kernel takes, whose time is that of the calls more than that of the work."""
_WATCHED_LANES: Final = 1 << 12
"""The lanes of a chunk that is watched: its accesses take far longer, and others want to get on."""
_BYTES: Final = 1 << 25
"""What the variables of a chunk may take."""
_SUBGROUP_SIZES: Final = (4, 8, 16, 32, 64, 128)
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
        self._lanes = _LANES if checks == NO_CHECKS else min(_LANES, _WATCHED_LANES)
        self._short = compiled.short and checks == NO_CHECKS
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
        for lanes in self._chunks(geometry) if total else ():
            lanes.watch = seen
            rounds = self._compiled.run(lanes, memories, recorder)
            while _goes_on(rounds):
                yield Progress(done, total)
            done += lanes.rows * lanes.columns
            yield Progress(done, total)
        if watch is None and seen.sightings:
            raise WgslError([place for sighting in seen.sightings for place in sighting.places])

    def _chunks(self, geometry: Geometry) -> Iterator[Lanes]:
        compiled, needs = self._compiled, self._needs
        if needs.workgroups or needs.spins:
            each = geometry.invocations * compiled.lane_bytes + compiled.group_bytes
            workgroups = 1 if needs.spins else max(1, _BYTES // max(1, each))
            return geometry.grouped(min(self._lanes, workgroups * geometry.invocations))
        most = max(self._lanes, _SHORT_BYTES // max(1, compiled.lane_bytes)) if self._short else self._lanes
        lanes = min(most, max(1, _BYTES // max(1, compiled.lane_bytes)))
        # In one dimension both layouts have neighbours in memory side by side, and GROUPED knows its workgroups.
        flat = all(count == 1 for count in (*geometry.groups[1:], *geometry.size[1:]))
        return geometry.grouped(lanes) if flat and self._within_groups else geometry.spread(lanes)


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
    ``CPU_SUBGROUP_SIZE_INVALID`` for a size that WebGPU has not.
    """
    if subgroup_size not in _SUBGROUP_SIZES:
        message = f"A subgroup has {', '.join(map(str, _SUBGROUP_SIZES))} invocations, and not {subgroup_size}."
        raise InvalidArgumentError(message, code="CPU_SUBGROUP_SIZE_INVALID")
    given = constants or {}
    point = program.shader.entry_points[entry]
    needs = needs_of(program.functions, entry)
    if checks.races or checks.trace:
        needs = Needs(workgroups=True, spins=needs.spins)
    compiled = compile_chunk(program, entry, given, checks=checks, in_groups=needs.workgroups)
    return CpuKernel(
        compiled,
        point.workgroup_size(given),
        bindings=point.bindings,
        needs=needs,
        checks=checks,
        within_groups=bool(point.builtins & _WITHIN_GROUPS),
        subgroup_size=subgroup_size,
    )


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
