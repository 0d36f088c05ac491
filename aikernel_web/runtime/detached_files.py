"""Files without an engine: a tree in memory, with the operations and codes of static/process/control/files.mjs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, NoReturn

from ..contracts.engine import Quota, TreeEntry
from ..contracts.errors import InvalidArgumentError, KernelError
from .buffers import to_bytes

BYTES_LIMIT = 1 << 30
"""Bytes of file contents where the quota names none, as an engine has it."""
FILES_LIMIT = 1_000_000
"""Files, directories and links where the quota names none."""
NAME_LIMIT, PATH_LIMIT = 255, 4095
"""Bytes of one name of a path, and of a whole path, in UTF-8."""
DIRECTORY_BYTES = 4096
"""What a directory says of its size (static/process/fs/inode.mjs)."""
LINKS_FOLLOWED = 40
"""Symbolic links on the way to one file; more are a circle."""

Kind = Literal["file", "directory", "symlink"]


@dataclass(slots=True, eq=False)
class Node:
    """A file, directory or symbolic link, itself and no other. Times are in nanoseconds since the Unix epoch.

    Trees are gone through in loops: programs and states make them deeper than Python may recurse.
    """

    kind: Kind
    mtime: int
    data: bytes = b""
    target: str = ""
    read_only: bool = False
    children: dict[str, Node] = field(default_factory=dict)

    def __del__(self) -> None:
        # Left to itself Pyodide's interpreter hangs where some two thousand objects that hold each other are let go.
        pending = [*self.children.values()]
        self.children.clear()
        while pending:
            node = pending.pop()
            pending += node.children.values()
            node.children.clear()

    def copy(self) -> Node:
        """Return a copy of it and everything below; contents are shared."""
        copied = self._alone()
        pending = [(self, copied)]
        while pending:
            node, twin = pending.pop()
            for name, child in node.children.items():
                twin.children[name] = child._alone()
                pending.append((child, twin.children[name]))
        return copied

    def _alone(self) -> Node:
        return Node(self.kind, self.mtime, self.data, self.target, self.read_only)

    def below(self, path: str) -> Iterator[tuple[str, Node]]:
        """Yield (path, node) of everything below, with ``path`` for this one; names in the order of code points."""
        pending = [(path, self)]
        while pending:
            at, node = pending.pop()
            if node is not self:
                yield at, node
            pending += [(f"{at}/{name}", node.children[name]) for name in sorted(node.children, reverse=True)]


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a path leads: the directories on the way, the last name, and what is there."""

    path: str
    way: tuple[Node, ...]
    name: str
    node: Node | None


def guest_path(path: str) -> str:
    """Return ``path`` as programs name it: what is said without a slash lies below the root."""
    return path if path.startswith("/") else "/" + path


class DetachedFiles:
    """A tree of files, directories and symbolic links, the latter followed within the tree only, as WASI has it.

    ``now`` answers the time that changes are stamped with. Paths are absolute. Every method raises `KernelError` with
    the code of its refusal, and has changed nothing then.
    """

    def __init__(self, now: Callable[[], int], quota: Quota | None = None) -> None:
        quota = quota or Quota()
        self._now = now
        self._bytes_limit = BYTES_LIMIT if quota.bytes is None else quota.bytes
        self._files_limit = FILES_LIMIT if quota.files is None else quota.files
        self.root = Node("directory", now())
        self._bytes, self._files = 0, 1  # the root is one of them

    def list(self, path: str = "/") -> Sequence[str]:
        """Return the paths of all files and links below, sorted by code point; of a file its own."""
        start = self._existing(path)
        if start.kind != "directory":
            return [_joined(path)]
        return sorted(at for at, node in start.below(_joined(path)) if node.kind != "directory")

    def entries(self, path: str) -> Sequence[dict[str, Any]]:
        """Return what is directly in a directory: name, kind, size and mtime, sorted by name."""
        children = self._directory(path).children
        return [
            {"name": name, "kind": children[name].kind, "size": _size(children[name]), "mtime": children[name].mtime}
            for name in sorted(children)
        ]

    def stat(self, path: str) -> dict[str, Any]:
        """Return path, kind, size, links and times of what is there; a link is told, with its target."""
        node = self._existing(path, follow=False)
        told = {"path": _joined(path) or "/", "kind": node.kind, "size": _size(node), "links": _links(node)}
        told |= {"atime": node.mtime, "mtime": node.mtime, "ctime": node.mtime}
        return told | {"target": node.target} if node.kind == "symlink" else told

    def read(self, path: str) -> bytes:
        """Return a file's contents."""
        node = self._existing(path)
        if node.kind == "directory":
            raise _is_directory(path)
        return node.data

    def write(self, path: str, data: bytes) -> None:
        """Replace a file's contents; the directories above it are made."""
        node = Node("file", self._now(), data)
        if self._has_room(len(data), len(names_of(path))):
            self._put(path, node)
        else:
            with _Undo(self):
                self._put(path, node)

    def delete(self, path: str, *, recursive: bool = False) -> None:
        """Remove a file, a link, or a directory, which must be empty unless ``recursive``."""
        place = self._find(path, follow=False)
        node = _there(place)
        if not place.way:
            raise KernelError("The root itself stays.", code="WASM_FILE_BUSY")
        _writable(place, node)
        if node.children and not recursive:
            raise KernelError(f"{path!r} is not empty.", code="WASM_DIRECTORY_NOT_EMPTY")
        self._unlink(place, node)
        place.way[-1].mtime = self._now()

    def rename(self, source: str, target: str) -> None:
        """Move what is at ``source``; a file, or an empty directory where it is one, is replaced at ``target``."""
        old, new = self._find(source, follow=False), self._find(target, follow=False)
        node = _there(old)
        if not old.way or not new.way:
            raise KernelError("The root itself stays.", code="WASM_FILE_BUSY")
        if node in new.way:
            _invalid(target, "a directory cannot be moved into itself")
        _writable(old, node)
        _writable(new, new.node)
        if new.node is node:
            return
        if new.node is not None:
            if node.kind != "directory" and new.node.kind == "directory":
                raise _is_directory(target)
            if node.kind == "directory" and new.node.kind != "directory":
                raise _not_directory(target)
            if new.node.children:
                raise KernelError(f"{target!r} is not empty.", code="WASM_DIRECTORY_NOT_EMPTY")
            self._unlink(new, new.node)
        del old.way[-1].children[old.name]
        new.way[-1].children[new.name] = node
        old.way[-1].mtime = new.way[-1].mtime = self._now()

    def make_directory(self, path: str) -> None:
        """Make a directory and those above it; one that exists is fine."""
        if self._has_room(0, len(names_of(path))):
            self._make(path)
        else:
            with _Undo(self):
                self._make(path)

    def quota(self) -> dict[str, int]:
        """Return bytes and files in use, and how many there may be."""
        return {
            "bytes": self._bytes,
            "bytesLimit": self._bytes_limit,
            "files": self._files,
            "filesLimit": self._files_limit,
        }

    def add(self, entries: tuple[TreeEntry, ...], *, below: str = "/") -> int:
        """Put entries, whose paths are absolute within ``below``, all or none; return how many they are."""
        with _Undo(self):
            self._make(below)
            for entry in entries:
                path = _joined(below) + "/" + entry.path.lstrip("/")
                if entry.kind == "directory":
                    self._make(path)
                else:
                    self._put(path, Node(entry.kind, self._now(), to_bytes(entry.data), entry.target))
        return len(entries)

    def mount(self, path: str, entries: tuple[TreeEntry, ...], *, read_only: bool) -> None:
        """Put a tree of its own at ``path``, in the place of what was there."""
        with _Undo(self):
            self._make(path)
            place = self._find(path)
            if not place.way:
                raise KernelError("Nothing can be mounted at the root: it is there.", code="WASM_MOUNT_INVALID")
            self._unlink(place, _there(place))
            mounted = Node("directory", self._now())
            self._link(place, mounted)
            self.add(entries, below=path)
            mounted.read_only = read_only

    def read_only(self) -> tuple[str, ...]:
        """Return the paths of the mounts that are only read, none of which is in another."""
        found: list[str] = []
        for path, node in self.root.below(""):
            if node.read_only and not any(path.startswith(f"{outer}/") for outer in found):
                found.append(path)
        return tuple(found)

    def node(self, path: str) -> Node:
        """Return the directory at ``path``."""
        return self._directory(path)

    def tree(self, path: str = "/") -> tuple[TreeEntry, ...]:
        """Return everything below ``path``, directories before what is in them; paths begin there."""
        below = self._directory(path).below("")
        return tuple(TreeEntry(at, node.kind, node.data, node.target) for at, node in below)

    def _put(self, path: str, node: Node) -> None:
        place = self._find(path, make=True)
        _writable(place, place.node)
        if not place.way or (place.node is not None and place.node.kind == "directory"):
            raise _is_directory(path)
        if place.node is not None:
            self._unlink(place, place.node)
        self._link(place, node)

    def _make(self, path: str) -> None:
        place = self._find(path, make=True)
        if place.node is None:
            _writable(place, None)
            self._link(place, Node("directory", self._now()))
        elif place.node.kind != "directory":
            raise KernelError(f"{path!r} exists and is no directory.", code="WASM_FILE_EXISTS")

    def _existing(self, path: str, *, follow: bool = True) -> Node:
        return _there(self._find(path, follow=follow))

    def _directory(self, path: str) -> Node:
        node = self._existing(path)
        if node.kind != "directory":
            raise _not_directory(path)
        return node

    def _find(self, path: str, *, follow: bool = True, make: bool = False) -> _Place:
        """Return where ``path`` leads; the directories on the way must be there, or are made."""
        names = names_of(path)[::-1]
        way = [self.root]
        links = 0
        while names:
            name = names.pop()
            here = way[-1]
            if here.kind != "directory":
                raise _not_directory(path)
            if name == "..":
                if len(way) == 1:
                    _invalid(path, "a link in it leads out of the tree")
                way.pop()
                continue
            child = here.children.get(name)
            if child is not None and child.kind == "symlink" and (names or follow):
                links += 1
                if links > LINKS_FOLLOWED:
                    _invalid(path, "its links go round in a circle")
                if child.target.startswith("/"):
                    _invalid(path, "a link in it is absolute, which leads out of the tree")
                names.extend(reversed([name for name in child.target.split("/") if name not in {"", "."}]))
                continue
            if not names:
                return _Place(path, tuple(way), name, child)
            if child is None:
                if not make:
                    raise _not_found(path)
                here_missing = _Place(path, tuple(way), name, None)
                _writable(here_missing, None)
                child = Node("directory", self._now())
                self._link(here_missing, child)
            way.append(child)
        if len(way) == 1:
            return _Place(path, (), "", self.root)
        parent = way[-2]
        name = next(name for name, child in parent.children.items() if child is way[-1])
        return _Place(path, tuple(way[:-1]), name, way[-1])

    def _link(self, place: _Place, node: Node) -> None:
        place.way[-1].children[place.name] = node
        self._bytes += len(node.data)
        self._files += 1

    def _unlink(self, place: _Place, node: Node) -> None:
        del place.way[-1].children[place.name]
        gone = [node, *(child for _, child in node.below(""))]
        self._bytes -= sum(len(child.data) for child in gone)
        self._files -= len(gone)

    def _has_room(self, more_bytes: int, more_files: int) -> bool:
        return self._bytes + more_bytes <= self._bytes_limit and self._files + more_files <= self._files_limit

    def check_quota(self) -> None:
        """Raise ``WASM_FILE_QUOTA`` where there is more than there may be."""
        if not self._has_room(0, 0):
            message = f"Files may take {self._bytes_limit} bytes and be {self._files_limit}: there is no room for this."
            raise KernelError(message, code="WASM_FILE_QUOTA")

    def replace(self, root: Node) -> None:
        """Have ``root`` and what is below it, and nothing else."""
        nodes = [node for _, node in root.below("")]
        self.root = root
        self._bytes, self._files = sum(len(node.data) for node in nodes), len(nodes) + 1


class _Undo:
    """Puts the tree back as it was where what is done within fails, or goes beyond the quota."""

    def __init__(self, files: DetachedFiles) -> None:
        self._tree = files
        self._before = files.root.copy()

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: object, traceback: object) -> None:
        if error is not None:
            self._tree.replace(self._before)
            return
        try:
            self._tree.check_quota()
        except KernelError:
            self._tree.replace(self._before)
            raise


def names_of(path: str) -> list[str]:
    """Return the names in a path, without empty ones and ``.``. Raises ``WASM_PATH_INVALID`` for what is no path."""
    if not path.startswith("/") or "\0" in path:
        _invalid(path, "it is not absolute, such as '/in.txt', or holds a NUL")
    try:
        length = len(path.encode())
    except UnicodeEncodeError:
        _invalid(path, "a path is text that UTF-8 can hold")
    if length > PATH_LIMIT:
        _invalid(path, f"it has at most {PATH_LIMIT} bytes")
    names = [name for name in path.split("/") if name not in {"", "."}]
    if ".." in names:
        _invalid(path, "it has '..': name the place itself")
    if any(len(name) * 4 > NAME_LIMIT and len(name.encode()) > NAME_LIMIT for name in names):
        _invalid(path, f"a name has at most {NAME_LIMIT} bytes")
    return names


def _joined(path: str) -> str:
    """Return the path without what does not matter in it; the root as nothing."""
    return "".join(f"/{name}" for name in names_of(path))


def _size(node: Node) -> int:
    if node.kind == "directory":
        return DIRECTORY_BYTES
    return len(node.target.encode()) if node.kind == "symlink" else len(node.data)


def _links(node: Node) -> int:
    """Return how many names lead there: to a directory its own, and those of its directories' way up and itself."""
    if node.kind != "directory":
        return 1
    return 2 + sum(child.kind == "directory" for child in node.children.values())


def _there(place: _Place) -> Node:
    if place.node is None:
        raise _not_found(place.path)
    return place.node


def _writable(place: _Place, node: Node | None) -> None:
    if any(directory.read_only for directory in place.way) or (node is not None and node.read_only):
        raise KernelError(f"{place.path!r} is in a mount that is only read.", code="WASM_FILE_READ_ONLY")


def _invalid(path: str, why: str) -> NoReturn:
    raise InvalidArgumentError(f"{path[:80]!r} cannot be used as a path here: {why}.", code="WASM_PATH_INVALID")


def _not_found(path: str) -> KernelError:
    return KernelError(f"There is no file {path!r}.", code="WASM_FILE_NOT_FOUND")


def _is_directory(path: str) -> KernelError:
    return KernelError(f"{path!r} is a directory.", code="WASM_FILE_IS_DIRECTORY")


def _not_directory(path: str) -> KernelError:
    return KernelError(f"{path!r} is, or goes through, what is no directory.", code="WASM_FILE_NOT_DIRECTORY")
