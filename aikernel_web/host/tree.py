"""What a program starts with: its module, and the tree of files made from ``files`` and ``mounts``."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any, TypeAlias

from .errors import HostError
from .mounts import Archive, Memory, MountSource, Persistent, ReadOnly
from .paths import PathLike
from .site.programs import PROGRAM_NAMES

ROOT = PurePosixPath("/")
Separate: TypeAlias = ReadOnly | Archive | Persistent | Memory
"""Mounts that are file systems of their own beside the tree."""


def read_module(program: PathLike | bytes, programs: Path) -> tuple[str, bytes]:
    """Return the name and bytes of a program: bytes, a file, or the name of a program in the folder ``programs``.

    Raises `HostError` with ``PROGRAM_NOT_FOUND``, and with ``PROGRAM_EMPTY`` for one without a byte, such as a failed
    build leaves: the kernel takes no bytes for the module that does nothing.
    """
    name, module = _find_module(program, programs)
    if not module:
        message = f"{name!r} is empty, 0 bytes, and no WebAssembly module. Did the build that writes it fail?"
        raise HostError(message, code="PROGRAM_EMPTY")
    return name, module


def require_program(program: PathLike) -> None:
    """Look whether there is such a file, or a program of the site's, before anything is built or started for it.

    Raises `HostError` with ``PROGRAM_NOT_FOUND``.
    """
    if not Path(program).is_file() and os.fspath(program) not in PROGRAM_NAMES:
        raise _not_found(os.fspath(program), PROGRAM_NAMES)


def _find_module(program: PathLike | bytes, programs: Path) -> tuple[str, bytes]:
    if isinstance(program, bytes | bytearray | memoryview):
        return "program", bytes(program)
    path = Path(program)
    if path.is_file():
        return path.name, path.read_bytes()
    name = os.fspath(program)
    known = sorted(file.stem for file in programs.glob("*.wasm"))
    if name in known:
        return name, (programs / f"{name}.wasm").read_bytes()
    raise _not_found(name, known)


def _not_found(name: str, known: Sequence[str]) -> HostError:
    message = f"There is no file {name!r}, and no program of that name. Programs of the site: {', '.join(known)}."
    return HostError(message, code="PROGRAM_NOT_FOUND")


def build_tree(files: Mapping[str, bytes | str] | None, mounts: Mapping[str, MountSource] | None) -> dict[str, Any]:
    """Return the fields ``files``, ``directories``, ``symlinks``, ``mounts`` and ``preopens`` of a spawn call.

    A host directory is copied: nothing that the program does reaches it. Symbolic links stay links, as text. What is
    given below a `Memory` or `ReadOnly` mount is laid over its files, and a host directory below any mount becomes one
    of its own, so that nothing given is hidden. With neither files nor mounts nothing is preopened in so many words:
    the program gets a ``/`` of its own, where what it did not make itself is not permitted.

    Raises `HostError` with ``MOUNT_INVALID`` when a source is not there or cannot be mounted, when two are given for
    one path, and when one of ``files`` would be hidden by a mount; the kernel refuses paths that are not plain and
    absolute with ``WASM_PATH_INVALID``. Raises `TypeError` for what is no source of a mount.
    """
    tree = _Tree()
    places = _places(mounts or {})
    separate = {base: _mount(guest, source) for base, (guest, source) in places.items() if isinstance(source, Separate)}
    for base, (guest, source) in places.items():
        if isinstance(source, Separate):
            continue
        if _above(base, separate) is None:
            if base != ROOT:
                tree.directories.append(str(base))
            tree.copy(guest, source, base)
        else:
            separate[base] = _memory(guest, source, read_only=False)
    for guest, data in (files or {}).items():
        path = PurePosixPath(guest)
        over = path if path in separate else _above(path, separate)
        if over is None:
            tree.files[guest] = _bytes(data)
        elif over != path and "files" in separate[over]:
            separate[over]["files"][f"/{path.relative_to(over)}"] = _bytes(data)
        else:
            message = (
                f"The file {guest!r} would be hidden by {type(places[over][1]).__name__} at {places[over][0]!r}: "
                "give it a path elsewhere, or put it into what is mounted."
            )
            raise HostError(message, code="MOUNT_INVALID")
    preopens = [*(mounts or ())]
    if "/" not in preopens and (files is not None or preopens):
        preopens.append("/")
    mounted = [{"path": str(base), **mount} for base, mount in separate.items()]
    return {**tree.fields(), "mounts": mounted, "preopens": preopens}


def build_mount(guest: str, source: MountSource) -> dict[str, Any]:
    """Return the fields of one mount but its path; a host directory is copied. Raises as `build_tree` does."""
    (source,) = (source for _, source in _places({guest: source}).values())
    return _mount(guest, source) if isinstance(source, Separate) else _memory(guest, source, read_only=False)


def _places(mounts: Mapping[str, MountSource]) -> dict[PurePosixPath, tuple[str, MountSource]]:
    """Return the mounts by their place, each with the text that it was given by."""
    places: dict[PurePosixPath, tuple[str, MountSource]] = {}
    for guest, source in mounts.items():
        if not isinstance(source, str | os.PathLike | Separate):
            message = (
                f"The mount {guest!r} is given as {type(source).__name__!r}: give the path of a directory, ReadOnly, "
                "Archive, Persistent or Memory."
            )
            raise TypeError(message)
        base = PurePosixPath("/", *PurePosixPath(guest).parts)
        if base in places:
            message = f"Two mounts are given for one place: {places[base][0]!r} and {guest!r}. Leave one of them out."
            raise HostError(message, code="MOUNT_INVALID")
        places[base] = guest, source
    return places


def _above(path: PurePosixPath, mounts: Mapping[PurePosixPath, object]) -> PurePosixPath | None:
    """Return the innermost of ``mounts`` that ``path`` lies below."""
    return next((parent for parent in path.parents if parent in mounts), None)


class _Tree:
    """Files, directories and links by guest path."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.directories: list[str] = []
        self.symlinks: dict[str, str] = {}

    def copy(self, guest: str, host: PathLike, base: PurePosixPath) -> None:
        """Take everything below the host directory in, at ``base``."""
        root = Path(host)
        if not root.is_dir():
            raise HostError(f"There is no directory {os.fspath(host)!r} to mount at {guest!r}.", code="MOUNT_INVALID")
        for folder, subfolders, names in os.walk(root):
            here = base.joinpath(*Path(folder).relative_to(root).parts)
            for name in sorted(subfolders) + sorted(names):
                path, guest_path = Path(folder, name), str(here / name)
                if path.is_symlink():
                    self.symlinks[guest_path] = path.readlink().as_posix()
                elif path.is_dir():
                    self.directories.append(guest_path)
                elif path.is_file():
                    self.files[guest_path] = path.read_bytes()

    def fields(self) -> dict[str, Any]:
        return {"files": self.files, "directories": self.directories, "symlinks": self.symlinks}


def _mount(guest: str, source: Separate) -> dict[str, Any]:
    match source:
        case ReadOnly(path):
            return _memory(guest, path, read_only=True)
        case Archive(data, read_only=read_only):
            return {"kind": "archive", "readOnly": read_only, "bytes": _archive(guest, data)}
        case Persistent(name, read_only=read_only):
            return {"kind": "opfs", "readOnly": read_only, "name": name}
        case Memory(files, read_only=read_only):
            contents = {f"/{path.lstrip('/')}": _bytes(data) for path, data in files.items()}
            return {"kind": "memory", "readOnly": read_only, "files": contents}


def _memory(guest: str, path: PathLike, *, read_only: bool) -> dict[str, Any]:
    """Return the mount of a copy of a host directory."""
    tree = _Tree()
    tree.copy(guest, path, ROOT)
    return {"kind": "memory", "readOnly": read_only, **tree.fields()}


def _archive(guest: str, source: PathLike | bytes) -> bytes:
    if isinstance(source, bytes | bytearray | memoryview):
        return bytes(source)
    try:
        return Path(source).read_bytes()
    except OSError as error:
        message = f"The archive for the mount {guest!r} cannot be read: {error}."
        raise HostError(message, code="MOUNT_INVALID") from error


def _bytes(data: bytes | str) -> bytes:
    return data.encode() if isinstance(data, str) else bytes(data)
