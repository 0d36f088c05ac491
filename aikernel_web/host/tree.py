"""What a program starts with: its module, and the tree of files made from ``files`` and ``mounts``."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from .errors import HostError

PathLike = str | os.PathLike[str]


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


def build_tree(files: Mapping[str, bytes | str], mounts: Mapping[str, PathLike]) -> dict[str, Any]:
    """Return the fields ``files``, ``directories``, ``symlinks`` and ``preopens`` of a spawn call.

    A mount is a copy: nothing that the program does reaches the host's directory. Symbolic links stay links, as text.
    Raises `HostError` with ``MOUNT_INVALID`` when a mount is no directory; the kernel refuses paths of ``files`` that
    are not plain and absolute with ``WASM_PATH_INVALID``.
    """
    tree: dict[str, bytes] = {}
    directories: list[str] = []
    symlinks: dict[str, str] = {}
    for guest, host in mounts.items():
        root = Path(host)
        if not root.is_dir():
            raise HostError(f"The mount {guest!r} is no directory: {os.fspath(host)!r}.", code="MOUNT_INVALID")
        base = PurePosixPath("/", *PurePosixPath(guest).parts)
        if base != PurePosixPath("/"):
            directories.append(str(base))
        for folder, subfolders, names in os.walk(root):
            here = base.joinpath(*Path(folder).relative_to(root).parts)
            for name in sorted(subfolders) + sorted(names):
                path, guest_path = Path(folder, name), str(here / name)
                if path.is_symlink():
                    symlinks[guest_path] = path.readlink().as_posix()
                elif path.is_dir():
                    directories.append(guest_path)
                elif path.is_file():
                    tree[guest_path] = path.read_bytes()
    for guest, data in files.items():
        tree[guest] = data.encode() if isinstance(data, str) else bytes(data)
    preopens = [*mounts]
    if "/" not in preopens:
        preopens.append("/")
    return {"files": tree, "directories": directories, "symlinks": symlinks, "preopens": preopens}
