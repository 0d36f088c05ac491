"""A command list while it is written: its words, and the buffers that begin and end with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from ...contracts.errors import InvalidArgumentError
from ...contracts.gpu import BUFFER, DATA, FREE
from ..arrays.array_kind import ArrayKind, kind_of
from ..arrays.binding_check import Upload, require_distinct, require_kind, require_names, upload_for
from ..arrays.marshalling import WORD, bytes_of
from ..device_array import DeviceArray
from .readback import Readback
from .session import Session

if TYPE_CHECKING:
    from ..device_array import ArrayOwner
    from .prepared import Prepared, Run, Slot

DATA_BYTES_MAX: Final = 512
"""What is carried by the command list itself; more is copied by the device, which costs a call."""


@dataclass(frozen=True, slots=True)
class Output:
    """A variable that a kernel may write, bound: an array that was given, or what is to become one."""

    name: str
    handle: int
    kind: ArrayKind
    array: DeviceArray | None


class Recording:
    """What one submit is going to do. Arrays that begin to exist in it have it as their place until then."""

    def __init__(self, session: Session, owner: ArrayOwner) -> None:
        self.session = session
        self.words: list[int] = []
        self.reads: list[Readback] = []
        self._owner = owner
        self._begun: list[DeviceArray] = []
        self._made: list[DeviceArray] = []
        self._passing: set[int] = set()
        """Buffers that end with the list."""
        self._existing: dict[int, int] = {}
        """Buffers that exist before the list is submitted, and their words."""

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to submit: no command, and no buffer that was made for it."""
        return not (self.words or self._passing or self._made)

    def release(self, handle: int, words: int) -> None:  # noqa: ARG002 - as every place has it
        """Free a buffer with the list's end."""
        self._passing.add(handle)

    def bind(self, prepared: Prepared, bindings: Mapping[str, Any], run: Run) -> list[Output]:
        """Run a kernel, and return what it may write; nothing is sent where a check fails."""
        require_names(prepared.kernel, bindings)
        operands = [self._operand(slot, bindings[slot.name], bound=bool(run[0])) for slot in prepared.slots]
        bound = list(zip(prepared.slots, operands, strict=True))
        require_distinct(bound)
        handles: list[int] = []
        outputs: list[Output] = []
        for slot, operand in bound:
            if isinstance(operand, DeviceArray):
                handle = self.place(operand)
                if slot.written:
                    forget_copy(operand)
                    outputs.append(Output(slot.name, handle, operand.kind, operand))
            else:
                handle = self._send(operand.data)
                if operand.kind is not None:
                    outputs.append(Output(slot.name, handle, operand.kind, None))
            handles.append(handle)
        if run[0]:
            self.words += run[0]
            self.words += handles
        return outputs

    def keep(self, output: Output) -> DeviceArray:
        """Return an output as an array on the device."""
        if output.array is not None:
            return output.array
        array = DeviceArray(self._owner, output.kind)
        if not output.handle:
            return array
        array.handle, array.place = output.handle, self
        self._made.append(array)
        self._passing.discard(output.handle)
        return array

    def fetch(self, output: Output) -> Readback:
        """Read an output; what was not an array before ends with the list."""
        readback = Readback(output.kind)
        self.read(output.handle, readback)
        return readback

    def read(self, handle: int, readback: Readback) -> None:
        """Read a buffer, or a part of it."""
        if readback.words:
            self.words += readback.command(handle)
            self.reads.append(readback)

    def place(self, array: DeviceArray) -> int:
        """Return the buffer of an array, which has one from here on."""
        if array.place is self.session or array.place is self:
            return array.handle
        if not array.kind.words:
            return 0
        handle = self.session.take()
        if array.copy is None:
            self.words += (BUFFER, handle, array.kind.words)
            self._begun.append(array)
            array.place = self
        else:
            self.session.write(handle, bytes_of(array.copy))
            array.place = self.session
            if not array.kind.copied:
                array.copy = None
        array.handle = handle
        return handle

    def require(self, array: DeviceArray) -> None:
        """Raise where an array cannot be used in this list.

        `InvalidArgumentError`: ``WEBGPU_ARRAY_FOREIGN``, ``WEBGPU_ARRAY_DESTROYED``, ``WEBGPU_BATCH_CLOSED``,
        ``WEBGPU_BATCH_OPEN``; `DeviceLost`.
        """
        if array.owner is not self._owner:
            message = "The array belongs to another provider: read it there and give the NumPy array."
            raise InvalidArgumentError(message, code="WEBGPU_ARRAY_FOREIGN")
        if array.ended is not None:
            code, message = array.ended
            raise InvalidArgumentError(message, code=code)
        place = array.place
        if place is None or place is self.session or place is self:
            return
        if array.copy is not None:
            return
        if isinstance(place, Session):
            raise place.refuse()
        message = "The array begins in a batch that is still open: leave the batch (`async with`) first."
        raise InvalidArgumentError(message, code="WEBGPU_BATCH_OPEN")

    def submit(self, *, timed: bool = False) -> int:
        """Submit the list and return its ticket; what began in it is on the device from then on."""
        for handle in self._passing:
            self.words += (FREE, handle)
        ticket = self.session.submit(self.words, timed=timed)
        for handle in self._passing:
            self.session.untake(handle)
        for array in (*self._begun, *self._made):
            if array.place is self:
                array.place = self.session
        return ticket

    def abandon(self, why: str) -> None:
        """Give up before the submit: what would have been made can be used no more."""
        for handle in self._passing:
            self._drop(handle)
        for array in self._begun:
            if array.place is self:
                self.session.untake(array.handle)
                array.place, array.handle = None, 0
        for array in self._made:
            if array.place is self:
                self._drop(array.handle)
                array.end("WEBGPU_BATCH_CLOSED", why)

    def _drop(self, handle: int) -> None:
        if handle in self._existing:
            self.session.release(handle, self._existing[handle])
        else:
            self.session.untake(handle)

    def _operand(self, slot: Slot, value: object, *, bound: bool) -> DeviceArray | Upload:
        """Check a value; its size only where it is going to be bound, as it is not where no workgroup is run."""
        info = self.session.info if bound else None
        if not isinstance(value, DeviceArray):
            return upload_for(slot, value, info)
        self.require(value)
        if value.kind not in slot.accepted:
            require_kind(slot.binding, value.kind, info)
            if bound:
                slot.accept(value.kind)
        return value

    def _send(self, data: Any) -> int:
        """Return a fresh buffer with ``data`` (bytes, whole words), which ends with the list unless it is kept."""
        if not len(data):
            return 0
        handle = self.session.take()
        self._passing.add(handle)
        if len(data) > DATA_BYTES_MAX:
            self.session.write(handle, data)
            self._existing[handle] = len(data) // WORD
        else:
            words = memoryview(data).cast("I")
            self.words += (DATA, handle, len(words), *words)
        return handle


def forget_copy(array: DeviceArray) -> None:
    """Note that a kernel is about to write an array: what the host has of it is not its contents any more."""
    if array.copy is not None:
        array.copy = None
        array.kind = kind_of(array.kind.dtype, array.kind.shape, array.kind.layout)
