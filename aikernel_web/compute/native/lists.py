"""From a command list to wgpu's calls."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from ...contracts.gpu import BUFFER, COPY, DATA, DISPATCH, FREE, READ
from ...contracts.gpu_errors import GpuError, GpuValidationError
from .buffers import Buffer, Buffers, Memory
from .errors import translated
from .pipelines import BindGroups, Pipelines
from .timestamps import Timestamps
from .words import Command

WORD: Final = 4
_MAP_ALIGNMENT: Final = 8


@dataclass(slots=True)
class Staged:
    """Memory that the host reads from once the list has run, and how many bytes of it are used."""

    memory: Memory
    used: int = 0


@dataclass(slots=True)
class Ticket:
    """A list that was submitted, until it is finished."""

    staged: list[Staged] = field(default_factory=list)
    reads: list[tuple[Staged, int, int]] = field(default_factory=list)
    """Where each read stands: in which memory, from which byte, how many."""
    timed: bool = False
    """Whether the list's two timestamps stand behind its last read."""
    error: GpuError | None = None


@dataclass(slots=True)
class _Dispatch:
    pipeline: int
    groups: BindGroups
    size: tuple[int, ...]


@dataclass(slots=True)
class _Copy:
    source: Memory
    source_offset: int
    target: Memory
    target_offset: int
    size: int


class Lists:
    """Turns command lists of one device into command buffers.

    What a list that failed would have written is *spoilt*: whoever uses it afterwards is told the same error, until it
    is written from the host or freed.
    """

    def __init__(self, device: Any, buffers: Buffers, staging: Buffers, pipelines: Pipelines, *, largest: int) -> None:
        self._device = device
        self._buffers = buffers
        self._staging = staging
        self._pipelines = pipelines
        self._largest = largest
        self.spoilt: dict[int, GpuError] = {}
        self.dispatches = 0

    def encode(self, listed: Sequence[Command], ticket: Ticket, *, timestamps: Timestamps | None = None) -> Any:
        """Return the command buffer of a list; raises `GpuError` and leaves it to the caller to `spoil`."""
        wanted = sum(_aligned(operands[2] * WORD) for operation, operands, _ in listed if operation == READ)
        wanted += 0 if timestamps is None else timestamps.BYTES
        if wanted:
            ticket.staged.append(Staged(self._staging.take(min(wanted, self._largest))))
        clears: list[Buffer] = []
        steps: list[_Dispatch | _Copy] = []
        known: dict[object, BindGroups] = {}
        for operation, operands, contents in listed:
            if operation == BUFFER:
                if operands[0] not in self._buffers:
                    self._make(operands[0], operands[1] * WORD, clears)
            elif operation == DATA:
                self._fill(operands[0], contents)
            elif operation == DISPATCH:
                places = operands[0], operands[4:]
                groups = known.get(places)
                if groups is None:
                    groups = known[places] = self._bind(operands)
                steps.append(_Dispatch(operands[0], groups, operands[1:4]))
                self.dispatches += 1
            elif operation == COPY:
                source, source_offset, target, target_offset, size = operands
                memories = self._find(source).memory, self._find(target).memory
                steps.append(_Copy(memories[0], source_offset * WORD, memories[1], target_offset * WORD, size * WORD))
            elif operation == READ:
                steps.append(self._read(ticket, *operands))
        with translated():
            return self._encode(clears, steps, ticket, timestamps)

    def spoil(self, listed: Sequence[Command], error: GpuError) -> None:
        """Mark all that a list would have written as not written, for this reason."""
        for operation, operands, _ in listed:
            if operation in (BUFFER, DATA):
                if operation == DATA or operands[0] not in self._buffers:
                    self.spoilt[operands[0]] = error
            elif operation == COPY:
                self.spoilt[operands[2]] = error
            elif operation == DISPATCH and operands[0] in self._pipelines:
                bindings = self._pipelines[operands[0]].bindings
                for handle, (_, _, kind) in zip(operands[5:], bindings, strict=False):
                    if kind == "storage":
                        self.spoilt[handle] = error

    def free(self, listed: Sequence[Command]) -> list[Memory]:
        """Carry out the list's `FREE` commands; return the memory that is free once the list was submitted."""
        freed = []
        for operation, operands, _ in listed:
            if operation == FREE:
                self.spoilt.pop(operands[0], None)
                memory = self._buffers.forget(operands[0])
                if memory is not None:
                    freed.append(memory)
        return freed

    def _make(self, handle: int, size: int, clears: list[Buffer]) -> None:
        buffer = self._buffers.make(handle, size)
        if buffer.memory.used:
            clears.append(buffer)

    def _fill(self, handle: int, contents: bytes) -> None:
        if handle in self._buffers:
            raise GpuValidationError(f"The buffer {handle} exists already: DATA makes a new one.")
        memory = self._buffers.make(handle, len(contents)).memory
        self.spoilt.pop(handle, None)
        with translated():
            self._device.queue.write_buffer(memory.raw, 0, contents)

    def _bind(self, operands: tuple[int, ...]) -> BindGroups:
        pipeline, _, _, _, _, *handles = operands
        if pipeline not in self._pipelines:
            raise GpuValidationError(f"There is no pipeline {pipeline}: compile it on this device.")
        return self._pipelines.bind(pipeline, [self._find(handle) for handle in handles])

    def _read(self, ticket: Ticket, handle: int, offset: int, size: int) -> _Copy:
        source = self._find(handle)
        staged, start = self._place(ticket, size * WORD)
        ticket.reads.append((staged, start, size * WORD))
        return _Copy(source.memory, offset * WORD, staged.memory, start, size * WORD)

    def _find(self, handle: int) -> Buffer:
        if handle in self.spoilt:
            raise self.spoilt[handle]
        if handle not in self._buffers:
            raise GpuValidationError(f"There is no buffer {handle}: it was freed, or never made on this device.")
        return self._buffers[handle]

    def _place(self, ticket: Ticket, size: int) -> tuple[Staged, int]:
        last = ticket.staged[-1]
        if last.used + size > last.memory.capacity:
            last = Staged(self._staging.take(size))
            ticket.staged.append(last)
        start = last.used
        last.used += _aligned(size)
        return last, start

    def _encode(
        self, clears: list[Buffer], steps: list[_Dispatch | _Copy], ticket: Ticket, timestamps: Timestamps | None
    ) -> Any:
        encoder = self._device.create_command_encoder()
        for buffer in clears:
            encoder.clear_buffer(buffer.memory.raw, 0, buffer.size)
        running: Any = None
        pipeline = bound = None
        passes = 0
        for step in steps:
            if isinstance(step, _Copy):
                if running is not None:
                    running.end()
                    running = None
                encoder.copy_buffer_to_buffer(
                    step.source.raw, step.source_offset, step.target.raw, step.target_offset, step.size
                )
                continue
            if running is None:
                writes = None if timestamps is None else timestamps.writes(first=not passes)
                running, pipeline, bound = encoder.begin_compute_pass(timestamp_writes=writes), None, None
                passes += 1
            if step.pipeline != pipeline:
                pipeline = step.pipeline
                running.set_pipeline(self._pipelines[pipeline].raw)
            if step.groups is not bound:
                bound = step.groups
                for group, bind_group in bound:
                    running.set_bind_group(group, bind_group)
            running.dispatch_workgroups(*step.size)
        if running is not None:
            running.end()
        if timestamps is not None and passes:
            staged, start = self._place(ticket, timestamps.BYTES)
            timestamps.resolve(encoder, staged.memory.raw, start)
            ticket.reads.append((staged, start, timestamps.BYTES))
            ticket.timed = True
        return encoder.finish()


def _aligned(size: int) -> int:
    return -(-size // _MAP_ALIGNMENT) * _MAP_ALIGNMENT
