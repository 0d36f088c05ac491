"""Processes as values: identity, state, how one ended (reference contract, section 2.4)."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol


@dataclass(frozen=True, slots=True)
class ProcessId:
    """The identity of a process: one GUID, written 8-4-4-4-12 in lower case."""

    value: uuid.UUID = field(default_factory=uuid.uuid4)

    def __str__(self) -> str:
        return str(self.value)


class ProcessState(StrEnum):
    """The life of a process: Starting, Running, then Stopped, or Error after a crash."""

    STARTING = "Starting"
    RUNNING = "Running"
    STOPPED = "Stopped"
    ERROR = "Error"


class ExitReason(StrEnum):
    """Why a process ended."""

    EXITED = "exited"  # the program returned or called proc_exit
    TRAPPED = "trapped"  # a WebAssembly trap, or an error inside a host call
    KILLED = "killed"  # somebody asked for it
    TIMEOUT = "timeout"  # it outran its wall time
    MEMORY = "memory"  # it wanted more memory than it was given
    OUTPUT = "output"  # it wrote more than it was allowed to
    LINK = "link"  # it imports something that does not exist here
    INVALID = "invalid"  # its bytes are no valid module

    @property
    def is_crash(self) -> bool:
        """Whether the program failed, rather than finished or was stopped from outside."""
        return self not in _ORDERLY


_ORDERLY = frozenset({ExitReason.EXITED, ExitReason.KILLED, ExitReason.TIMEOUT})


@dataclass(frozen=True, slots=True)
class ProcessExit:
    """How a process ended.

    ``exit_code`` is the program's own when it exited; otherwise what a Unix shell would report: 124 timeout, 126 link
    and invalid, 134 trapped, 137 killed, 153 output limit. ``code`` is the error code (None when it exited), ``stack``
    the WebAssembly functions of a trap, innermost first.
    """

    reason: ExitReason
    exit_code: int
    code: str | None = None
    message: str = ""
    stack: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ProcessInfo:
    """A line of the process table."""

    id: ProcessId
    name: str
    state: ProcessState
    started_at_utc: datetime | None
    metadata: Mapping[str, str]


class Process(Protocol):
    """What every process answers to."""

    @property
    def id(self) -> ProcessId:
        """The identity of the process."""
        ...

    @property
    def name(self) -> str:
        """The name it was created under; names need not be unique."""
        ...

    @property
    def state(self) -> ProcessState:
        """Where in its life the process is."""
        ...

    async def start(self) -> bool:
        """Start the program."""
        ...

    async def stop(self) -> bool:
        """End the program, whatever it is doing."""
        ...


class ProcessHost(Protocol):
    """Creates processes."""

    async def create_process(self, name: str, args: object = None) -> Process:
        """Create a process in the state Starting; what ``args`` may be is the host's to say."""
        ...


class ProcessSupervisor(Protocol):
    """Looks after processes; an id that it does not know is ignored."""

    async def list(self) -> tuple[ProcessInfo, ...]:
        """Return the processes, sorted by id."""
        ...

    async def kill(self, process_id: ProcessId) -> bool:
        """End a process."""
        ...

    async def restart(self, process_id: ProcessId) -> bool:
        """End a process and start it again."""
        ...
