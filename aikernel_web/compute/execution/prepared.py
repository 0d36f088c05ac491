"""A kernel on one device, and what was found to fit its variables."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from ..arrays.array_kind import ArrayKind
from ..arrays.marshalling import Fit, Shape
from ..arrays.packing import packer_of
from ..gpu_kernel import GpuKernel, KernelBinding
from .workgroups import Groups

if TYPE_CHECKING:
    from ..wgsl.fold import FoldedShader
    from .session import Session

KINDS_KEPT: Final = 256
GROUPS_KEPT: Final = 1024
FOLDED_KEPT: Final = 16


Run = tuple[tuple[int, ...], tuple[GpuKernel, Groups]]
"""The words of a dispatch up to its buffers, and what is told of it."""


class Slot:
    """A variable of a kernel, with the kinds of arrays that were checked and may be bound to it."""

    __slots__ = ("accepted", "binding", "fits", "name", "pack", "written")

    def __init__(self, binding: KernelBinding) -> None:
        self.binding = binding
        self.name = binding.name
        self.written = binding.written
        self.accepted: set[ArrayKind] = set()
        """Of device arrays."""
        self.fits: dict[tuple[Any, Shape], tuple[Fit, ArrayKind | None]] = {}
        """Of the host's, by dtype and shape: how they fit, and what they are on the device where the kernel writes."""
        self.pack = packer_of(binding.layout)

    def accept(self, kind: ArrayKind) -> None:
        """Remember that arrays of a kind fit; not of one that has to be looked at each time."""
        if self.written and kind.copied:
            return
        if len(self.accepted) >= KINDS_KEPT:
            self.accepted.clear()
        self.accepted.add(kind)

    def remember(self, key: tuple[Any, Shape], fitted: tuple[Fit, ArrayKind | None]) -> None:
        """Remember how the host's arrays of a dtype and shape fit."""
        if len(self.fits) >= KINDS_KEPT:
            self.fits.clear()
        self.fits[key] = fitted


class Prepared:
    """A kernel compiled for the device of one session."""

    def __init__(self, kernel: GpuKernel, session: Session, pipeline: int) -> None:
        self.kernel = kernel
        self.session = session
        self.pipeline = pipeline
        session.use(pipeline)
        self.slots = tuple(map(Slot, kernel.bindings.values()))
        self.written = tuple(slot.name for slot in self.slots if slot.written)
        self.runs: dict[object, Run] = {}
        """By what was given as workgroups."""
        self.folded: FoldedShader | None = None
        """The same kernel for more workgroups than a dimension has."""
        self._folded_pipelines: dict[Groups, int] = {}
        self._checked = tuple((slot.name, slot.accepted) for slot in self.slots)

    def __del__(self) -> None:
        for pipeline in (self.pipeline, *self._folded_pipelines.values()):
            self.session.unuse(pipeline)

    def run(self, workgroups: object) -> Run | None:
        """Return how workgroups are dispatched, where that is known."""
        try:
            return self.runs.get(workgroups)
        except TypeError:  # a list, or what is looked at by `normalise`
            return None

    def remember(self, workgroups: object, run: Run) -> None:
        """Remember how workgroups are dispatched; not of what has no hash, such as a list."""
        if len(self.runs) >= GROUPS_KEPT:
            self.runs.clear()
        with suppress(TypeError):
            self.runs[workgroups] = run

    def add_folded(self, groups: Groups, pipeline: int) -> None:
        """Keep a pipeline of the folded kernel, which is for these workgroups only; a few are kept."""
        if groups in self._folded_pipelines:
            return  # two have compiled it at once, and have the same
        if len(self._folded_pipelines) >= FOLDED_KEPT:
            self.session.unuse(self._folded_pipelines.pop(next(iter(self._folded_pipelines))))
            self.runs.clear()
        self._folded_pipelines[groups] = pipeline
        self.session.use(pipeline)

    def handles(self, bindings: Mapping[str, Any], place: object) -> list[int] | None:
        """Return the buffers where all that is given are arrays known to fit, at hand in the session or in ``place``.

        This is the path of a loop over one kernel: what is not known is looked at by `Recording.bind`.
        """
        session = self.session
        handles = []
        try:
            for name, accepted in self._checked:
                array = bindings[name]
                if (array.place is not session and array.place is not place) or array.kind not in accepted:
                    return None
                handles.append(array.handle)
        except (KeyError, AttributeError, TypeError):
            return None
        count = len(handles)
        if len(bindings) != count or (self.written and len(set(handles)) != count):
            return None
        return handles
