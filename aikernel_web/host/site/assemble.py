"""Writing the site's folder: only what changed, nothing stale left, and the file that names the site last."""

from __future__ import annotations

import shutil
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from aikernel_web.host.errors import HostError
from aikernel_web.host.site.cache import disk_errors, write_atomically

if TYPE_CHECKING:
    from collections.abc import Mapping

MARK = "static/site.json"  # a folder without it is no site of ours, and one that has it is complete
_UNFINISHED = "static/.unfinished"  # ours as well, but a build was cut off in the middle


def assemble(target: Path, files: Mapping[str, Path | bytes]) -> list[str]:
    """Make the folder ``target`` hold exactly ``files``.

    Args:
        target: an empty folder, one that is yet to be made, or an earlier site.
        files: place in the site, with slashes -> a file to copy, or content.

    Returns:
        The places that were written or removed.

    Raises:
        HostError: SITE_TARGET_OCCUPIED when the folder holds something else; SITE_DISK_FAILED.
    """
    with disk_errors(target):
        check_target(target)
        target.mkdir(parents=True, exist_ok=True)
        changed = [place for place in files if place != MARK and not _same(target / place, files[place])]
        stale = _stale(target, files)
        if not changed and not stale and _same(target / MARK, files[MARK]):
            return []
        # An earlier site's mark goes first: while the folder is in between, it is not complete.
        (target / MARK).unlink(missing_ok=True)
        (target / MARK).parent.mkdir(parents=True, exist_ok=True)
        (target / _UNFINISHED).touch()
        for place in stale:
            _remove(target / place, target)
        for place in changed:
            content = files[place]
            if (target / place).is_dir():
                shutil.rmtree(target / place)
            write_atomically(target / place, content if isinstance(content, bytes) else content.read_bytes())
        mark = files[MARK]
        write_atomically(target / MARK, mark if isinstance(mark, bytes) else mark.read_bytes())
        (target / _UNFINISHED).unlink(missing_ok=True)
    return [*stale, *changed, MARK]


def check_target(target: Path) -> None:
    """Refuse a folder that holds something else than a site.

    Raises:
        HostError: SITE_TARGET_OCCUPIED.
    """
    ours = (target / MARK).is_file() or (target / _UNFINISHED).is_file()
    if target.exists() and not ours and (not target.is_dir() or any(target.iterdir())):
        raise HostError.explain(
            f"The site is not written to {target}.",
            why="it is no folder, or holds something else than an earlier site; building removes what is not its own.",
            advice="name an empty or a new folder, or empty this one yourself.",
            code="SITE_TARGET_OCCUPIED",
        )


def _same(path: Path, content: Path | bytes) -> bool:
    try:
        size = len(content) if isinstance(content, bytes) else content.stat().st_size
        if path.stat().st_size != size:
            return False
        return path.read_bytes() == (content if isinstance(content, bytes) else content.read_bytes())
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        return False


def _stale(target: Path, files: Mapping[str, Path | bytes]) -> list[str]:
    found = (path.relative_to(target).as_posix() for path in target.rglob("*") if path.is_symlink() or path.is_file())
    return sorted(place for place in found if place not in files and place != _UNFINISHED)


def _remove(path: Path, root: Path) -> None:
    path.unlink()
    with suppress(OSError):  # a folder that is not empty stays
        for parent in path.parents:
            if parent == root:
                break
            parent.rmdir()
