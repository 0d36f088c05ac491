"""What a program starts with: its module, and the tree of files made from ``files`` and ``mounts``."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from .errors import HostError
from .mounts import Archive, Memory, MountSource, Persistent, ReadOnly
from .paths import PathLike

ROOT = PurePosixPath("/")


def read_module(program: PathLike | bytes, programs: Path) -> tuple[str, bytes]:
    """Return the name and bytes of a program: bytes, a file, or the name of a program in the folder ``programs``.

    Raises `HostError` with ``PROGRAM_NOT_FOUND``.
    """
    if isinstance(program, bytes | bytearray | memoryview):
        return "program", bytes(program)
    path = Path(program)
    if path.is_file():
        return path.name, path.read_bytes()
    name = os.fspath(program)
    known = sorted(file.stem for file in programs.glob("*.wasm"))
    if name in known:
        return name, (programs / f"{name}.wasm").read_bytes()
    message = f"There is no file {name!r}, and no program of that name. Programs of the site: {', '.join(known)}."
    raise HostError(message, code="PROGRAM_NOT_FOUND")


def build_tree(files: Mapping[str, bytes | str] | None, mounts: Mapping[str, MountSource] | None) -> dict[str, Any]:
    """Return the fields ``files``, ``directories``, ``symlinks``, ``mounts`` and ``preopens`` of a spawn call.

    A host directory is copied: nothing that the program does reaches it. Symbolic links stay links, as text. Raises
    `HostError` with ``MOUNT_INVALID`` when a source is not there or cannot be mounted; the kernel refuses paths of
    ``files`` that are not plain and absolute with ``WASM_PATH_INVALID``. With neither files nor mounts nothing is
    preopened in so many words: the program gets a ``/`` of its own, where what it did not make itself is not permitted.
    """
    tree = _Tree()
    mounted: list[dict[str, Any]] = []
    for guest, source in (mounts or {}).items():
        base = PurePosixPath("/", *PurePosixPath(guest).parts)
        if isinstance(source, ReadOnly | Archive | Persistent | Memory):
            mounted.append({"path": str(base), **_mount(guest, source)})
            continue
        if base != ROOT:
            tree.directories.append(str(base))
        tree.copy(guest, source, base)
    for guest, data in (files or {}).items():
        tree.files[guest] = _bytes(data)
    preopens = [*(mounts or ())]
    if "/" not in preopens and (files is not None or preopens):
        preopens.append("/")
    return {**tree.fields(), "mounts": mounted, "preopens": preopens}


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
            raise HostError(f"The mount {guest!r} is no directory: {os.fspath(host)!r}.", code="MOUNT_INVALID")
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


def _mount(guest: str, source: ReadOnly | Archive | Persistent | Memory) -> dict[str, Any]:
    match source:
        case ReadOnly(path):
            tree = _Tree()
            tree.copy(guest, path, ROOT)
            return {"kind": "memory", "readOnly": True, **tree.fields()}
        case Archive(data, read_only=read_only):
            return {"kind": "archive", "readOnly": read_only, "bytes": _archive(guest, data)}
        case Persistent(name, read_only=read_only):
            return {"kind": "opfs", "readOnly": read_only, "name": name}
        case Memory(files, read_only=read_only):
            contents = {f"/{path.lstrip('/')}": _bytes(data) for path, data in files.items()}
            return {"kind": "memory", "readOnly": read_only, "files": contents}


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
