"""The file system provider: the files that a program sees, while it runs (reference contract, section 3.6)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from ..contracts.cancellation import CancellationToken, refuse_cancelled
from ..contracts.engine import (
    ArchiveMount,
    BytesLike,
    DirectoryMount,
    MemoryMount,
    Mount,
    PersistentMount,
    TreeEntry,
)
from ..contracts.errors import InvalidArgumentError
from ..contracts.files import ArchiveFormat, DirectoryEntry, FileInfo, FileQuota
from ..contracts.results import direct
from ..runtime.attempts import attempted
from ..runtime.mounts import mount_fields
from .service import ServiceProvider

MountSource = Mount | Mapping[str, BytesLike] | BytesLike
"""Files by their paths within the mount; an archive's bytes (tar, tar.gz, zip); or any kind of mount."""


class WasmFileSystemProvider(ServiceProvider):
    """Mounts, reads and changes files of a target.

    Paths are absolute. Codes: ``WASM_FILE_NOT_FOUND``, ``WASM_FILE_EXISTS``, ``WASM_PATH_INVALID``,
    ``WASM_NAME_REQUIRED``, ``WASM_FILE_IS_DIRECTORY``, ``WASM_FILE_NOT_DIRECTORY``, ``WASM_DIRECTORY_NOT_EMPTY``,
    ``WASM_FILE_READ_ONLY``, ``WASM_FILE_QUOTA``, ``WASM_FILE_BUSY``. A refused operation has changed nothing.
    """

    PROVIDER_ID = "wasm.filesystem"
    NAME = "WASM File System Provider"
    OPERATIONS = ("wasm.fs.mount", "wasm.fs.read", "wasm.fs.write")
    DATA_TYPES = ("file", "directory")

    @attempted
    async def try_mount(
        self,
        mount_point: str,
        source: MountSource | None = None,
        *,
        read_only: bool | None = None,
        cancellation: CancellationToken | None = None,
    ) -> None:
        """Lay another file system over the directory ``mount_point``, which is made if it is not there.

        Without a ``source`` it is an empty one in memory. ``read_only`` None is what the source says, and True for an
        archive. Fails with ``WASM_NAME_REQUIRED`` for a blank mount point, ``WASM_MOUNT_INVALID``, ``WASM_MOUNT_BUSY``,
        ``WASM_ARCHIVE_INVALID``.
        """
        refuse_cancelled(cancellation)
        if not mount_point or mount_point.isspace():
            raise InvalidArgumentError("The mount point is blank: give a path.", code="WASM_NAME_REQUIRED")
        mount = _mount_of(mount_point, source)
        if read_only is not None:
            mount = replace(mount, read_only=read_only)
        await self.target.control("files.mount", mount_fields(mount))

    mount = direct(try_mount)

    @attempted
    async def try_read_file(self, path: str) -> bytes:
        """Return a file's contents; publishes ``FileAccessed``."""
        return await self.target.read_file(path)

    read_file = direct(try_read_file)

    @attempted
    async def try_write_file(self, path: str, data: BytesLike) -> None:
        """Replace a file's contents, making it and the directories above it; publishes ``FileAccessed``."""
        await self.target.write_file(path, data)

    write_file = direct(try_write_file)

    @attempted
    async def try_list_files(self, path: str = "/") -> tuple[str, ...]:
        """Return the paths of all files and symbolic links below ``path``, sorted by code point."""
        return tuple(await self.target.control("files.list", path))

    list_files = direct(try_list_files)

    @attempted
    async def try_list_directory(self, path: str = "/") -> tuple[DirectoryEntry, ...]:
        """Return what is directly in a directory, sorted by name."""
        return tuple(map(DirectoryEntry.of, await self.target.control("files.entries", path)))

    list_directory = direct(try_list_directory)

    @attempted
    async def try_stat(self, path: str) -> FileInfo:
        """Return what stands behind a path."""
        return FileInfo.of(await self.target.control("files.stat", path))

    stat = direct(try_stat)

    @attempted
    async def try_delete(self, path: str, *, recursive: bool = False) -> None:
        """Delete a file, a link or an empty directory; with ``recursive`` a directory and all that is in it."""
        await self.target.control("files.delete", path, recursive)

    delete = direct(try_delete)

    @attempted
    async def try_rename(self, old: str, new: str) -> None:
        """Give a file or directory another path, replacing a file that is there."""
        await self.target.control("files.rename", old, new)

    rename = direct(try_rename)

    @attempted
    async def try_make_directory(self, path: str) -> None:
        """Make a directory and those above it; one that is there is fine."""
        await self.target.control("files.make_directory", path)

    make_directory = direct(try_make_directory)

    @attempted
    async def try_quota(self) -> FileQuota:
        """Return what the files take, and may take."""
        return FileQuota.of(await self.target.control("files.quota"))

    quota = direct(try_quota)

    @attempted
    async def try_export_archive(self, path: str = "/", format: ArchiveFormat = "tar") -> bytes:  # noqa: A002
        """Return everything below ``path`` as an archive; the same files give the same bytes.

        Fails with ``WASM_ARCHIVE_INVALID`` for a ``format`` that is none.
        """
        return bytes(await self.target.control("files.export", path, format))

    export_archive = direct(try_export_archive)

    @attempted
    async def try_import_archive(self, path: str, data: BytesLike) -> int:
        """Unpack an archive below ``path``, all or nothing, and return the number of its entries.

        Fails with ``WASM_ARCHIVE_INVALID``.
        """
        return int(await self.target.control("files.import", path, data))

    import_archive = direct(try_import_archive)


def _mount_of(mount_point: str, source: MountSource | None) -> Mount:
    if isinstance(source, MemoryMount | ArchiveMount | PersistentMount | DirectoryMount):
        return replace(source, path=mount_point)
    if source is None:
        return MemoryMount(mount_point)
    if isinstance(source, Mapping):
        return MemoryMount(mount_point, tuple(TreeEntry(path, "file", data) for path, data in source.items()))
    return ArchiveMount(mount_point, source)
