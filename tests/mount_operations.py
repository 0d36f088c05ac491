"""What the tests of file systems share: running `mount_ops`, and making archives for it."""

from __future__ import annotations

import io
import tarfile
import zipfile
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from programs import compile_program

if TYPE_CHECKING:
    from aikernel_web.host import HostKernel

PATIENCE = 60
"""Seconds after which a run that should have ended long ago counts as hanging."""

TarMember = tuple[str, bytes | None, dict[str, Any]]


def run(kernel: HostKernel, lines: Sequence[str], **options: Any) -> Any:
    """Run `mount_ops` with the lines, words apart by ``|``, and return how it ended."""
    return kernel.run(compile_program("mount_ops"), args=lines, **{"timeout": PATIENCE, **options})


def ops(kernel: HostKernel, *lines: str, **options: Any) -> list[str]:
    """Do what the lines say, and return what came of each."""
    done = run(kernel, lines, **options)
    assert (done.reason, done.code, done.stderr) == ("exited", None, b""), done.message
    return [line.rstrip() for line in done.stdout.decode().splitlines()]


def tar_of(*members: TarMember, **options: Any) -> bytes:
    """Return a tar archive; a member is a name, contents (None for none) and fields of `tarfile.TarInfo`."""
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w", **options) as archive:
        for name, data, fields in members:
            info = tarfile.TarInfo(name)
            info.size = len(data or b"")
            for key, value in fields.items():
                setattr(info, key, value)
            archive.addfile(info, io.BytesIO(data or b""))
    return made.getvalue()


def link(name: str, target: str) -> TarMember:
    """Return a symbolic link as a member of a tar archive."""
    return name, None, {"type": tarfile.SYMTYPE, "linkname": target}


def zip_of(*members: tuple[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """Return a zip archive of files."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", method) as archive:
        for name, data in members:
            archive.writestr(zipfile.ZipInfo(name, (2024, 2, 29, 12, 30, 58)), data, method)
    return made.getvalue()


def symlink_in_zip(name: str) -> zipfile.ZipInfo:
    """Return the head of a symbolic link, whose contents are its target."""
    info = zipfile.ZipInfo(name)
    info.create_system, info.external_attr = 3, 0o120777 << 16
    return info


def zip_with_links(tree: Mapping[str, bytes | str]) -> bytes:
    """Return a zip archive of files (bytes) and symbolic links (text) by name."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, what in tree.items():
            archive.writestr(symlink_in_zip(name) if isinstance(what, str) else zipfile.ZipInfo(name), what)
    return made.getvalue()
