"""The files of a program as values: what the host sees of them while it runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, TypeAlias

from .clocks import utc_of

FileKind: TypeAlias = Literal["file", "directory", "symlink", "device"]
ArchiveFormat: TypeAlias = Literal["tar", "tar.gz", "zip"]


@dataclass(frozen=True, slots=True)
class FileInfo:
    """What stands behind a path.

    ``size`` is in bytes, ``links`` counts its names; times are UTC as the program's clock tells them: ``accessed`` by
    the program, ``modified`` its contents, ``changed`` anything about it. ``target`` is where a symbolic link leads.
    """

    path: str
    kind: FileKind
    size: int
    links: int
    accessed: datetime
    modified: datetime
    changed: datetime
    target: str | None = None

    @classmethod
    def of(cls, answer: Mapping[str, Any]) -> FileInfo:
        """Return what the operation ``files.stat`` has answered."""
        return cls(
            path=answer["path"],
            kind=answer["kind"],
            size=answer["size"],
            links=answer["links"],
            accessed=utc_of(answer["atime"]),
            modified=utc_of(answer["mtime"]),
            changed=utc_of(answer["ctime"]),
            target=answer.get("target"),
        )


@dataclass(frozen=True, slots=True)
class DirectoryEntry:
    """A name in a directory, and what stands behind it; a symbolic link is not followed."""

    name: str
    kind: FileKind
    size: int
    modified: datetime

    @classmethod
    def of(cls, answer: Mapping[str, Any]) -> DirectoryEntry:
        """Return one of what the operation ``files.entries`` has answered."""
        return cls(answer["name"], answer["kind"], answer["size"], utc_of(answer["mtime"]))


@dataclass(frozen=True, slots=True)
class FileQuota:
    """What the writable file systems of a program take, and may take; None for no limit.

    ``bytes`` are of contents; ``files`` counts files, directories, links, and the root of each file system.
    """

    bytes: int
    bytes_limit: int | None
    files: int
    files_limit: int | None

    @classmethod
    def of(cls, answer: Mapping[str, Any]) -> FileQuota:
        """Return what the operation ``files.quota`` has answered."""
        return cls(answer["bytes"], answer["bytesLimit"], answer["files"], answer["filesLimit"])
