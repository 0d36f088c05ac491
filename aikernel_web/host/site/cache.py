"""The cache: verified downloads and build products, outside the source tree and shared by all checkouts.

Nothing half-written is ever seen there: files and folders are made under ``tmp/`` and moved to their name in one step.
"""

from __future__ import annotations

import base64
import errno
import hashlib
import os
import shutil
import sys
import tempfile
import threading
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING

import platformdirs

from aikernel_web.host.errors import HostError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aikernel_web.host.progress import Progress

ENVIRONMENT_VARIABLE = "AIKERNEL_WEB_CACHE"
_LEFTOVER_AGE = 24 * 3600.0  # seconds after which something under tmp/ belongs to a process that was killed


class Cache:
    """A folder of finished files and folders, safe to use from several threads and processes."""

    def __init__(self, root: Path | None = None) -> None:
        named = os.environ.get(ENVIRONMENT_VARIABLE)
        default = Path(named) if named else platformdirs.user_cache_path("aikernel-web", appauthor=False)
        self.root = (root or default).expanduser().absolute()
        self._turns: dict[str, threading.Lock] = {}

    @contextmanager
    def workspace(self) -> Iterator[Path]:
        """Lend an empty folder on the cache's file system; it is removed afterwards, whatever happens."""
        parent = self.root / "tmp"
        with disk_errors(parent):
            parent.mkdir(parents=True, exist_ok=True)
            _remove_leftovers(parent)
            folder = Path(tempfile.mkdtemp(dir=parent))
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def keep_file(self, made: Path, name: str) -> Path:
        """Move the finished file ``made`` to ``name`` (relative to the cache) in one step; return where it is."""
        target = self.root / name
        with disk_errors(target):
            target.parent.mkdir(parents=True, exist_ok=True)
            made.replace(target)
        return target

    def keep_folder(self, made: Path, name: str) -> Path:
        """Move the finished folder ``made`` to ``name``, in place of what was there; return where it is.

        Hold the lock of ``name`` meanwhile: an old folder is moved aside first.
        """
        target = self.root / name
        with disk_errors(target):
            target.parent.mkdir(parents=True, exist_ok=True)
            if target.exists():
                aside = Path(tempfile.mkdtemp(dir=self.root / "tmp")) / "old"
                target.replace(aside)
                shutil.rmtree(aside.parent, ignore_errors=True)
            made.replace(target)
        return target

    @contextmanager
    def lock(self, name: str, progress: Progress, stop: threading.Event) -> Iterator[None]:
        """Hold the lock called ``name`` among all threads and processes that use this cache.

        Raises:
            HostError: SITE_CANCELLED when ``stop`` is set while another one holds it.
        """
        path = self.root / "locks" / f"{name.replace('/', '_')}.lock"
        with disk_errors(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            handle = path.open("a+b")
        # First among this process's own threads, where nobody need be told, then among processes.
        with handle, _own_turn(self._turns.setdefault(name, threading.Lock()), stop):
            if not _try_lock(handle):
                with progress.step(f"Waiting for another process that prepares {name}"):
                    while not _try_lock(handle):
                        if stop.is_set():
                            raise cancelled()
                        time.sleep(0.1)
            try:
                yield
            finally:
                _unlock(handle)


def sha256_of(path: Path) -> str:
    """Return the file's SHA-256 in hexadecimal."""
    return _digest(path, "sha256").hex()


def integrity_of(path: Path) -> str:
    """Return the file's SHA-512 in the form of Subresource Integrity, as npm writes it."""
    return f"sha512-{base64.b64encode(_digest(path, 'sha512')).decode()}"


def verify(path: Path, expected: str, *, what: str) -> None:
    """Check the file against ``expected``: 64 hexadecimal digits, or ``sha512-`` and base64.

    Raises:
        HostError: SITE_HASH_MISMATCH.
    """
    actual = integrity_of(path) if expected.startswith("sha512-") else sha256_of(path)
    if actual != expected:
        raise HostError.explain(
            f"{what} is not the file that this version of aikernel-web was made with; it was thrown away.",
            why=f"its hash is {actual}, and {expected} is pinned ({path.stat().st_size} bytes came).",
            advice="try again; if it stays so, something between here and the registry changes downloads (a proxy or "
            "mirror): ask whoever runs it, or use another network.",
            code="SITE_HASH_MISMATCH",
        )


def write_atomically(path: Path, content: bytes) -> None:
    """Write the file so that a reader sees the old content or the new one, never a part."""
    with disk_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(content)
            Path(name).chmod(0o644)  # mkstemp makes files that only their owner may read
            Path(name).replace(path)
        except BaseException:
            with suppress(OSError):
                Path(name).unlink()
            raise


@contextmanager
def disk_errors(path: Path) -> Iterator[None]:
    """Turn what the operating system says about ``path`` into a HostError with code SITE_DISK_FAILED."""
    try:
        yield
    except OSError as error:
        full = error.errno in {errno.ENOSPC, errno.EDQUOT}
        raise HostError.explain(
            f"{path} could not be read or written.",
            why=f"{error.strerror or error}.",
            advice="make room on that disk, or set AIKERNEL_WEB_CACHE to a folder on another one."
            if full
            else "check that the folder exists and that you may write there; AIKERNEL_WEB_CACHE moves the cache.",
            code="SITE_DISK_FAILED",
        ) from error


def cancelled() -> HostError:
    """Make the error for a build that was stopped."""
    return HostError("The build was stopped before its end. Nothing half-written was left.", code="SITE_CANCELLED")


@contextmanager
def _own_turn(turn: threading.Lock, stop: threading.Event) -> Iterator[None]:
    while not turn.acquire(timeout=0.1):
        if stop.is_set():
            raise cancelled()
    try:
        yield
    finally:
        turn.release()


def _digest(path: Path, algorithm: str) -> bytes:
    with disk_errors(path), path.open("rb") as file:
        return hashlib.file_digest(file, algorithm).digest()


def _remove_leftovers(parent: Path) -> None:
    for entry in parent.iterdir():
        with suppress(OSError):
            if time.time() - entry.stat().st_mtime > _LEFTOVER_AGE:
                shutil.rmtree(entry, ignore_errors=True)


if sys.platform == "win32":
    import msvcrt

    def _try_lock(handle: IO[bytes]) -> bool:
        handle.seek(0)
        try:
            msvcrt.locking(handle.fileno(), msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

    def _unlock(handle: IO[bytes]) -> None:
        handle.seek(0)
        msvcrt.locking(handle.fileno(), msvcrt.LK_UNLCK, 1)

else:
    import fcntl

    def _try_lock(handle: IO[bytes]) -> bool:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def _unlock(handle: IO[bytes]) -> None:
        fcntl.flock(handle, fcntl.LOCK_UN)
