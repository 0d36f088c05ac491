"""What a program may be given as a directory besides a copy of a host directory."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from .paths import PathLike


@dataclass(frozen=True, slots=True)
class ReadOnly:
    """A copy of a host directory that the program can read and not change: it gets ``EROFS``."""

    path: PathLike


@dataclass(frozen=True, slots=True)
class Archive:
    """A tar, tar.gz or zip archive as a directory; each file is unpacked when the program first reads it.

    ``source`` is the archive's path or its bytes. What the program changes, with ``read_only=False``, ends with it.
    """

    source: PathLike | bytes
    read_only: bool = field(default=True, kw_only=True)


@dataclass(frozen=True, slots=True)
class Persistent:
    """A directory of the browser's own, called ``name``: what one program leaves there, the next one finds.

    It lives as long as the browser's profile keeps the storage of the page's origin. One process at a time may write to
    it.
    """

    name: str
    read_only: bool = field(default=False, kw_only=True)


@dataclass(frozen=True, slots=True)
class Memory:
    """A directory in memory that starts with ``files``: contents by path within the directory."""

    files: Mapping[str, bytes | str] = field(default_factory=dict)
    read_only: bool = field(default=False, kw_only=True)


MountSource: TypeAlias = PathLike | ReadOnly | Archive | Persistent | Memory
