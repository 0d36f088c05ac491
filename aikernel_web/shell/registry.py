"""Commands by name."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING

from .options import Option

if TYPE_CHECKING:
    from .session import Session

Action = Callable[["Session", Sequence[str]], Awaitable[int]]


class Operand(Enum):
    """What the first operand of a command names."""

    NOTHING = auto()
    COMMAND = auto()
    PROGRAM = auto()
    PROCESS = auto()


@dataclass(frozen=True, slots=True)
class Command:
    """One ``aik`` command.

    How it is called, what it does in a line, the coroutine that answers its exit code; what its first operand names and
    which options stand before that, for completion; ``details`` are lines of explanation for ``help``.
    """

    name: str
    usage: str
    summary: str
    run: Action
    operand: Operand = Operand.NOTHING
    options: tuple[Option, ...] = ()
    details: str = ""


class Registry:
    """The commands of a shell, in the order of their registration."""

    def __init__(self) -> None:
        self._commands: dict[str, Command] = {}

    def command(
        self,
        usage: str,
        summary: str,
        *,
        operand: Operand = Operand.NOTHING,
        options: tuple[Option, ...] = (),
        details: str = "",
    ) -> Callable[[Action], Action]:
        """Register the decorated coroutine function under the first word of ``usage``."""

        def register(action: Action) -> Action:
            name = usage.split(maxsplit=1)[0]
            self._commands[name] = Command(name, usage, summary, action, operand, options, details)
            return action

        return register

    def find(self, name: str) -> Command | None:
        """Return the command called ``name``, ignoring case, or None."""
        return self._commands.get(name.casefold())

    def list(self) -> tuple[Command, ...]:
        """Return every command."""
        return tuple(self._commands.values())
