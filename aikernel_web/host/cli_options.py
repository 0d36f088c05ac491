"""What the options of ``aik run`` are read into."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import click

from ..contracts.clock_options import mode_of, seed_of
from ..contracts.engine import ClockMode
from .mounts import Archive, MountSource, Persistent, ReadOnly

GuestMount: TypeAlias = tuple[str, MountSource]
Reader: TypeAlias = Callable[[click.Context, click.Parameter, Any], Any]

_SEPARATOR = "::"
_READ_ONLY = ":ro"


def reading(parse: Callable[[str], Any]) -> Reader:
    """Return the callback of an option, or of one that may be repeated, whose texts ``parse`` reads.

    A text that ``parse`` refuses with `ValueError` is a usage error.
    """

    def read(ctx: click.Context, param: click.Parameter, value: Any) -> Any:
        try:
            if isinstance(value, tuple):
                return tuple(parse(text) for text in value)
            return None if value is None else parse(value)
        except ValueError as error:
            raise click.BadParameter(str(error), ctx, param) from None

    return read


def above_zero(parse: Callable[[str], float]) -> Callable[[str], float]:
    """Return ``parse``, refusing 0."""

    def read(text: str) -> float:
        number = parse(text)
        if not number > 0:
            raise ValueError(f"{text!r} is nothing: give more than 0.")
        return number

    return read


def variable(text: str) -> tuple[str, str]:
    """Read ``NAME=VALUE``; the value may be empty."""
    name, equals, value = text.partition("=")
    if not name or not equals:
        raise ValueError(f"{text!r} is no variable: give NAME=VALUE; nothing is taken from the environment here.")
    return name, value


def directory_mount(text: str) -> GuestMount:
    """Read ``HOST[::GUEST][:ro]``; without a guest path the directory is the program's root."""
    place = text.removesuffix(_READ_ONLY)
    host, _, guest = place.partition(_SEPARATOR)
    if not host:
        raise ValueError(f"{text!r} names no directory: give HOST[::GUEST][:ro], such as data::/data:ro.")
    return guest or "/", ReadOnly(host) if text.endswith(_READ_ONLY) else host


def archive_mount(text: str) -> GuestMount:
    """Read ``FILE::GUEST``."""
    file, guest = _both(text, "FILE::GUEST, such as data.zip::/data")
    return guest, Archive(file)


def persistent_mount(text: str) -> GuestMount:
    """Read ``NAME::GUEST``."""
    name, guest = _both(text, "NAME::GUEST, such as notes::/notes")
    return guest, Persistent(name)


def random_seed(text: str) -> int:
    """Read a seed."""
    if not text.isdecimal():
        raise ValueError(f"{text!r} is no seed: give a whole number below 2**53.")
    return seed_of(int(text)) or 0


def clock_mode(text: str) -> ClockMode:
    """Read the mode of a clock."""
    return mode_of(text)


def _both(text: str, form: str) -> tuple[str, str]:
    first, _, second = text.partition(_SEPARATOR)
    if not first or not second:
        raise ValueError(f"{text!r} is not complete: give {form}.")
    return first, second
