"""Options of commands: words that begin with a dash and stand before the first one that does not."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..contracts.errors import KernelError


@dataclass(frozen=True, slots=True)
class Option:
    """One option: its spellings, what reads its value (None for a flag), and whether it may be given again."""

    names: tuple[str, ...]
    read: Callable[[str], Any] | None = None
    repeated: bool = False

    @property
    def key(self) -> str:
        """The name under which its value is found: the last spelling, without dashes."""
        return self.names[-1].lstrip("-").replace("-", "_")


def take_options(options: Sequence[Option], args: Sequence[str]) -> tuple[Mapping[str, Any], list[str]]:
    """Return the values of the options that ``args`` begin with, and the words after them.

    A value stands in the next word or after ``=``; ``--`` ends the options. A flag is True, an option that may be
    repeated a list. Raises `KernelError` with ``SHELL_OPTION_INVALID``.
    """
    known = {name: option for option in options for name in option.names}
    values: dict[str, Any] = {option.key: [] for option in options if option.repeated}
    words = list(args)
    while words and words[0].startswith("-") and words[0] != "-":
        word = words.pop(0)
        if word == "--":
            break
        name, equals, value = word.partition("=")
        option = known.get(name)
        if option is None:
            raise _invalid(f"there is no option {name}; the options are {', '.join(known)}.")
        if option.read is None:
            if equals:
                raise _invalid(f"{name} takes no value.")
            values[option.key] = True
            continue
        if not equals and not words:
            raise _invalid(f"{name} needs a value.")
        try:
            read = option.read(value if equals else words.pop(0))
        except ValueError as error:
            raise _invalid(f"{name}: {error}") from None
        if option.repeated:
            values[option.key].append(read)
        else:
            values[option.key] = read
    return values, words


def skip_options(options: Sequence[Option], words: Sequence[str]) -> tuple[bool, bool, bool]:
    """Tell whether another option may follow ``words``, whether an option's value must, whether operands have begun."""
    known = {name: option for option in options for name in option.names}
    value_comes = False
    for word in words:
        if value_comes:
            value_comes = False
        elif word == "--":
            return False, False, False
        elif word in known:
            value_comes = known[word].read is not None
        elif not (word.startswith("-") and word.partition("=")[0] in known):
            return False, False, True
    return True, value_comes, False


def _invalid(message: str) -> KernelError:
    return KernelError(message, code="SHELL_OPTION_INVALID")
