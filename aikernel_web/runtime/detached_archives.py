"""Archives without an engine: tar, tar.gz and zip, read into entries and written from them."""

from __future__ import annotations

import gzip
import io
import stat
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable
from datetime import UTC, datetime

from ..contracts.engine import TreeEntry
from ..contracts.errors import InvalidArgumentError, KernelError
from .buffers import to_bytes

FORMATS = ("tar", "tar.gz", "zip")
_GZIP, _ZIP = b"\x1f\x8b", b"PK"
_ZIP_BEGIN, _ZIP_END = datetime(1980, 1, 1, tzinfo=UTC), datetime(2107, 12, 31, 23, 59, 58, tzinfo=UTC)
"""The moments that a zip archive can tell (APPNOTE.TXT, section 4.4.6)."""
_BROKEN = (
    tarfile.TarError,
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    IndexError,
    OSError,
    OverflowError,
    RuntimeError,
    ValueError,
)
"""What the standard library raises for bytes that are no such archive, or one it does not know."""


def read_archive(data: bytes, *, limit: int) -> tuple[TreeEntry, ...]:
    """Return the files, directories and links of an archive, told by its first bytes; the rest is left out.

    Raises `KernelError`: ``WASM_ARCHIVE_INVALID``, ``WASM_FILE_QUOTA`` for contents of more than ``limit`` bytes.
    """
    try:
        return _read_zip(data, limit) if data[:2] == _ZIP else _read_tar(data, limit)
    except _BROKEN as error:
        if isinstance(error, KernelError):
            raise
        message = f"The bytes are no tar, tar.gz or zip that can be read: {error}"
        raise KernelError(message, code="WASM_ARCHIVE_INVALID") from None


def write_archive(entries: tuple[TreeEntry, ...], kind: str, mtime_of: Callable[[str], int]) -> bytes:
    """Return the entries as an archive: the same entries and times give the same bytes.

    ``mtime_of`` answers the nanoseconds since the Unix epoch of an entry's path. Raises `InvalidArgumentError` with
    ``WASM_ARCHIVE_INVALID`` for a ``kind`` that is not in `FORMATS`.
    """
    if kind not in FORMATS:
        raise InvalidArgumentError(
            f"{kind!r} is no archive: there are {', '.join(FORMATS)}.", code="WASM_ARCHIVE_INVALID"
        )
    if kind == "zip":
        return _write_zip(entries, mtime_of)
    packed = _write_tar(entries, mtime_of)
    return packed if kind == "tar" else gzip.compress(packed, mtime=0)


def _read_tar(data: bytes, limit: int) -> tuple[TreeEntry, ...]:
    found: list[TreeEntry] = []
    contents: dict[str, bytes] = {}
    used = 0
    with tarfile.open(fileobj=io.BytesIO(data), mode="r:gz" if data[:2] == _GZIP else "r:") as archive:
        for member in archive:
            path = _inside(member.name)
            if member.isdir():
                found.append(TreeEntry(path, "directory"))
            elif member.issym():
                found.append(TreeEntry(path, "symlink", target=member.linkname))
            elif member.islnk():
                found.append(TreeEntry(path, "file", contents.get(_inside(member.linkname), b"")))
            elif member.isfile():
                used += member.size
                _refuse_beyond(used, limit)
                stream = archive.extractfile(member)
                contents[path] = stream.read() if stream is not None else b""
                found.append(TreeEntry(path, "file", contents[path]))
    return tuple(found)


def _read_zip(data: bytes, limit: int) -> tuple[TreeEntry, ...]:
    found = []
    used = 0
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for info in archive.infolist():
            path = _inside(info.filename)
            used += info.file_size
            _refuse_beyond(used, limit)
            if info.is_dir():
                found.append(TreeEntry(path, "directory"))
            elif stat.S_ISLNK(info.external_attr >> 16):
                found.append(TreeEntry(path, "symlink", target=archive.read(info).decode(errors="replace")))
            else:
                found.append(TreeEntry(path, "file", archive.read(info)))
    return tuple(found)


def _write_tar(entries: tuple[TreeEntry, ...], mtime_of: Callable[[str], int]) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for entry in entries:
            member = tarfile.TarInfo(entry.path.lstrip("/"))
            member.mtime = mtime_of(entry.path) // 1_000_000_000
            if entry.kind == "file":
                member.size = len(_contents(entry))
                archive.addfile(member, io.BytesIO(_contents(entry)))
                continue
            member.type = tarfile.DIRTYPE if entry.kind == "directory" else tarfile.SYMTYPE
            member.mode = 0o755 if entry.kind == "directory" else 0o777
            member.linkname = entry.target
            archive.addfile(member)
    return packed.getvalue()


def _write_zip(entries: tuple[TreeEntry, ...], mtime_of: Callable[[str], int]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for entry in entries:
            moment = datetime.fromtimestamp(mtime_of(entry.path) // 1_000_000_000, UTC)
            moment = min(max(moment, _ZIP_BEGIN), _ZIP_END)
            name = entry.path.lstrip("/") + ("/" if entry.kind == "directory" else "")
            info = zipfile.ZipInfo(name, moment.timetuple()[:6])
            info.create_system = 3  # Unix, wherever this runs: the attributes below are its
            mode = {"file": stat.S_IFREG | 0o644, "directory": stat.S_IFDIR | 0o755}.get(
                entry.kind, stat.S_IFLNK | 0o777
            )
            info.external_attr = mode << 16
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, entry.target.encode() if entry.kind == "symlink" else _contents(entry))
    return packed.getvalue()


def _contents(entry: TreeEntry) -> bytes:
    return to_bytes(entry.data)


def _inside(name: str) -> str:
    parts = [part for part in name.split("/") if part not in {"", "."}]
    if ".." in parts:
        raise KernelError(f"The archive holds {name[:80]!r}, which leads out of it.", code="WASM_ARCHIVE_INVALID")
    return "/" + "/".join(parts)


def _refuse_beyond(used: int, limit: int) -> None:
    if used > limit:
        raise KernelError(f"The archive holds more than {limit} bytes.", code="WASM_FILE_QUOTA")
