"""Mounts and trees as the operation ``files.mount`` takes them (static/process/protocol.mjs)."""

from __future__ import annotations

from ..contracts.engine import ArchiveMount, DirectoryMount, MemoryMount, Mount, TreeEntry


def mount_fields(mount: Mount) -> dict[str, object]:
    """Return a mount as plain values; what the engine's side holds is passed on as it is."""
    common: dict[str, object] = {"path": mount.path, "readOnly": mount.read_only}
    if isinstance(mount, MemoryMount):
        return common | {"kind": "memory", "tree": tree_fields(mount.tree)}
    if isinstance(mount, ArchiveMount):
        return common | {"kind": "archive", "bytes": mount.data}
    if isinstance(mount, DirectoryMount):
        return common | {"kind": "directory", "handle": mount.handle}
    return common | {"kind": "opfs", "name": mount.name}


def tree_fields(tree: tuple[TreeEntry, ...] | object) -> object:
    """Return a tree as plain values; what the engine's side holds is passed on as it is."""
    return [_entry(entry) for entry in tree] if isinstance(tree, tuple) else tree


def _entry(entry: TreeEntry) -> dict[str, object]:
    match entry.kind:
        case "file":
            return {"path": entry.path, "kind": "file", "bytes": entry.data}
        case "symlink":
            return {"path": entry.path, "kind": "symlink", "target": entry.target}
        case _:
            return {"path": entry.path, "kind": "directory"}
