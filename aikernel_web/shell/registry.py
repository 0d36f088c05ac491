"""Commands by name."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .session import Session

Action = Callable[["Session", Sequence[str]], Awaitable[int]]


@dataclass(frozen=True, slots=True)
class Command:
    """One ``aik`` command: how it is called, what it does in a line, and the coroutine that answers its exit code."""

    name: str
    usage: str
    summary: str
    run: Action


class Registry:
    """The commands of a shell, in the order of their registration."""

    def __init__(self) -> None:
        self._commands: dict[str, Command] = {}

    def command(self, usage: str, summary: str) -> Callable[[Action], Action]:
        """Register the decorated coroutine function under the first word of ``usage``."""

        def register(action: Action) -> Action:
            name = usage.split(maxsplit=1)[0]
            self._commands[name] = Command(name, usage, summary, action)
            return action

        return register

    def find(self, name: str) -> Command | None:
        """Return the command called ``name``, ignoring case, or None."""
        return self._commands.get(name.casefold())

    def list(self) -> tuple[Command, ...]:
        """Return every command."""
        return tuple(self._commands.values())
