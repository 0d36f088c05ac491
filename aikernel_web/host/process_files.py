"""The files of one program while it runs."""

from __future__ import annotations

from pathlib import Path
from typing import TypeAlias

from ..contracts.errors import KernelError
from ..contracts.files import ArchiveFormat, DirectoryEntry, FileInfo, FileQuota
from .errors import HostError
from .mounts import MountSource
from .paths import PathLike
from .process_call import ProcessCall
from .tree import build_mount

Entries: TypeAlias = list[DirectoryEntry]  # inside the class, list is the method


class ProcessFiles:
    """What a running program's paths lead to, its mounts with it; paths are absolute guest paths.

    Symbolic links are followed inside the program's root only. Quotas and read-only mounts hold here too; what the
    program has open stays open, whatever becomes of its name. An operation that is refused has changed nothing. It is
    carried out between two of the program's system calls: one that computes and makes none lets nobody in.

    Every method raises `KernelError`: ``WASM_PATH_INVALID``, ``WASM_FILE_NOT_FOUND``, ``WASM_FILE_NOT_DIRECTORY``,
    ``WASM_FILE_READ_ONLY``, ``WASM_FILE_QUOTA``, and ``WASM_PROCESS_ENDED`` when the program has ended, whose files
    `HostProcess.files` has then.
    """

    def __init__(self, call: ProcessCall) -> None:
        self._call = call

    def list(self, path: str = "/") -> list[str]:
        """Return the paths of all files and symbolic links below ``path``, sorted; directories and devices are none."""
        return list(self._call.control("files.list", path))

    def entries(self, path: str = "/") -> Entries:
        """Return what is directly in a directory, sorted by name."""
        return [DirectoryEntry.of(entry) for entry in self._call.control("files.entries", path)]

    def stat(self, path: str) -> FileInfo:
        """Return what stands behind ``path``; of a symbolic link the link itself."""
        return FileInfo.of(self._call.control("files.stat", path))

    def exists(self, path: str) -> bool:
        """Whether something stands behind ``path``, were it a link that leads nowhere."""
        try:
            self.stat(path)
        except KernelError as error:
            if error.code in {"WASM_FILE_NOT_FOUND", "WASM_FILE_NOT_DIRECTORY"}:
                return False
            raise
        return True

    def read(self, path: str) -> bytes:
        """Return a file's contents. Raises with ``WASM_FILE_IS_DIRECTORY``, ``WASM_FILE_UNREADABLE`` too."""
        return bytes(self._call.control("files.read", path))

    def write(self, path: str, data: bytes | bytearray | memoryview | str) -> None:
        """Replace a file's contents; the file, and the directories above it, are made where they are not there.

        Text is encoded as UTF-8. Raises with ``WASM_FILE_IS_DIRECTORY`` too.
        """
        self._call.control("files.write", path, data.encode() if isinstance(data, str) else memoryview(data))

    def delete(self, path: str, *, recursive: bool = False) -> None:
        """Delete a file, a symbolic link or an empty directory; with ``recursive`` a directory and all below it.

        Raises with ``WASM_DIRECTORY_NOT_EMPTY``, and with ``WASM_FILE_BUSY`` for what something is mounted at.
        """
        self._call.control("files.delete", path, recursive)

    def rename(self, source: str, target: str) -> None:
        """Give a file or directory another name, in the place of a file or an empty directory that has it.

        Raises with ``WASM_FILE_IS_DIRECTORY``, ``WASM_DIRECTORY_NOT_EMPTY``, ``WASM_FILE_BUSY`` and
        ``WASM_RENAME_ACROSS_MOUNTS`` too.
        """
        self._call.control("files.rename", source, target)

    def make_directory(self, path: str) -> None:
        """Make a directory and those above it, as far as they are not there.

        Raises with ``WASM_FILE_EXISTS`` where something else has the name.
        """
        self._call.control("files.make_directory", path)

    def mount(self, path: str, source: MountSource) -> None:
        """Mount ``source``, anything that `HostKernel.run` takes in ``mounts``, over what is at ``path``.

        The program's preopened directories at or below it lead there from now on; what it has open stays open. A
        directory that it was not given it still cannot reach. Raises with ``WASM_MOUNT_INVALID``,
        ``WASM_MOUNT_BUSY`` where something is mounted already or another process has the store,
        ``WASM_ARCHIVE_INVALID``, and `HostError` with ``MOUNT_INVALID`` for a source that is not there.
        """
        self._call("process.mount", mount={"path": path, **build_mount(path, source)})

    def quota(self) -> FileQuota:
        """Return what the program's files take, and may take."""
        return FileQuota.of(self._call.control("files.quota"))

    def export(self, path: str = "/", *, format: ArchiveFormat = "tar") -> bytes:  # noqa: A002 - the operation's name
        """Pack what is below a directory, or one file, into an archive; the same files give the same bytes.

        Names are sorted and relative to ``path``; times are the files' own, symbolic links stay links. Raises with
        ``WASM_ARCHIVE_INVALID`` for another format than tar, tar.gz and zip.
        """
        return bytes(self._call.control("files.export", path, format, timeout=None))

    def import_archive(self, path: str, source: PathLike | bytes) -> int:
        """Unpack a tar, tar.gz or zip (its path here, or its bytes) into a directory; return how many names it has.

        The directory is made if it is not there; files of the same names are replaced. All is unpacked, or nothing:
        raises with ``WASM_ARCHIVE_INVALID`` and ``WASM_FILE_IS_DIRECTORY`` too, and `HostError` with
        ``ARCHIVE_NOT_READABLE`` for a file here that cannot be read.
        """
        if isinstance(source, bytes | bytearray | memoryview):
            data = bytes(source)
        else:
            try:
                data = Path(source).read_bytes()
            except OSError as error:
                message = f"The archive {str(source)!r} cannot be read: {error}."
                raise HostError(message, code="ARCHIVE_NOT_READABLE") from error
        return int(self._call.control("files.import", path, data, timeout=None))
