"""A machine without WebAssembly: what a context is before its module is instantiated, or where there is no engine.

It answers what an `EngineInstance` answers, as far as that makes sense without a program: memory is an array of bytes,
files are a tree in memory, time is a clock that its owner moves. The rest is refused by code.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from types import ModuleType
from typing import Any, NoReturn

from ..contracts.clock_options import clock_of, in_range
from ..contracts.engine import BytesLike, MemoryWindow, TreeEntry
from ..contracts.errors import InvalidArgumentError, KernelError, NotSupportedError
from ..contracts.observation import AudioBlock, Frame
from ..contracts.processes import ProcessExit
from .buffers import length_of, to_bytes
from .clock import VirtualClock
from .detached_files import DetachedFiles, Kind, Node, names_of
from .pixels import PIXEL_BYTES, SIDE_MAX, Geometry
from .process_options import WasmProcessOptions
from .save_state import Part

PAGE = 65536
"""Bytes of a page of linear memory (WebAssembly core, section 4.2.8)."""
PAGES_LIMIT = 65536
"""Pages of the largest memory with 32-bit addresses."""

MEMORY_PART, FILES_PART, TIME_PART, DISPLAY_PART = "MEMO", "FILE", "TIME", "DISP"


class DetachedMachine:
    """Memory, files, clock and picture of a context that runs nothing; an `EngineInstance` without exports."""

    exit: ProcessExit | None = None

    def __init__(self, memory_bytes: int, options: WasmProcessOptions) -> None:
        self.clock = VirtualClock(clock_of(options.clock, deterministic=options.deterministic, default="virtual"))
        self.files = DetachedFiles(lambda: self.clock.now, options.quota)
        self.picture: Frame | None = None
        self._memory = bytearray(memory_bytes)
        self._memory_limit = options.memory_limit
        self._generation = 0
        self._operations: dict[str, Callable[..., Any]] = {
            "memory.grow": self._grow,
            "files.list": self.files.list,
            "files.entries": self.files.entries,
            "files.stat": self.files.stat,
            "files.read": self.files.read,
            "files.write": lambda path, data: self.files.write(path, to_bytes(data)),
            "files.delete": lambda path, recursive=False: self.files.delete(path, recursive=bool(recursive)),
            "files.rename": self.files.rename,
            "files.make_directory": self.files.make_directory,
            "files.mount": self._mount,
            "files.quota": self.files.quota,
            "files.export": self._export,
            "files.import": self._import,
            "time.now": lambda: self.clock.now,
            "time.state": self.clock.state,
            "time.set_mode": self.clock.set_mode,
            "time.pause": self.clock.pause,
            "time.resume": self.clock.resume,
            "time.scale": self.clock.set_scale,
            "time.advance": self.clock.advance,
            "time.step": self.clock.step,
            "display.set": self._show,
            "display.get": self._picture_now,
            "state.save": self.save,
            "state.restore": self.restore,
            "module.exports": list,
            "module.imports": list,
        }

    def function(self, name: str) -> NoReturn:
        """Refuse with ``WASM_EXPORT_NOT_FOUND``: without a module there are no exports."""
        raise KernelError(f"There is no exported function {name!r}: load a module.", code="WASM_EXPORT_NOT_FOUND")

    async def run(self, name: str) -> None:
        """Refuse as `function` does."""
        self.function(name)

    def read_memory(self, offset: int, length: int) -> bytes:
        """Copy a part of memory. Raises `KernelError` with ``WASM_MEMORY_RANGE_INVALID``."""
        self._check(offset, length)
        return bytes(self._memory[offset : offset + length])

    def write_memory(self, offset: int, data: BytesLike) -> None:
        """Write into memory; raises as `read_memory` does."""
        self._check(offset, length_of(data))
        source = to_bytes(data)
        self._memory[offset : offset + len(source)] = source

    def memory_size(self) -> int:
        """Return the size of memory in bytes."""
        return len(self._memory)

    def memory_window(self, offset: int, length: int) -> MemoryWindow:
        """Return a part of memory, refused once the memory has another size; raises as `read_memory` does."""
        self._check(offset, length)
        return _Window(self, offset, length)

    def control(self, operation: str, *args: Any) -> Any:
        """Carry out an operation. Raises `KernelError`: its code, ``WASM_OPERATION_UNKNOWN``."""
        found = self._operations.get(operation)
        if found is None:
            raise KernelError(f"There is no operation {operation!r}.", code="WASM_OPERATION_UNKNOWN")
        return found(*args)

    def write_stdin(self, data: BytesLike) -> None:
        """Drop the bytes: nothing reads here, and a context keeps its lines itself."""

    def close_stdin(self) -> None:
        """Nothing reads here."""

    def output(self, fd: int) -> bytes:  # noqa: ARG002 - the seam's signature
        """Return nothing: nothing writes here."""
        return b""

    def frame(self) -> Frame | None:
        """Return the picture that was set, or None."""
        return self.picture

    def audio(self) -> AudioBlock | None:
        """Return None: nothing plays here."""
        return None

    def send_input(self, data: BytesLike) -> None:  # noqa: ARG002 - the seam's signature
        """Refuse with ``WASM_MODULE_NOT_LOADED``: there is no program to press keys for."""
        raise _no_program("Input")

    def send_event(self, line: str) -> None:  # noqa: ARG002 - the seam's signature
        """Refuse with ``WASM_MODULE_NOT_LOADED``: there is no program to tell."""
        raise _no_program("An event")

    def dispose(self) -> None:
        """Forget memory and files; clock and picture stay (reference contract, section 3.2)."""
        self._set_memory(b"")
        self.files.replace(Node("directory", self.clock.now))

    def memory_part(self, tag: str = MEMORY_PART) -> Part:
        """Return the memory as a part of a state."""
        return tag, "{}", [bytes(self._memory)]

    def restore_memory(self, part: Part) -> None:
        """Have the memory of such a part; its size may be another one."""
        _, _, (memory,) = part
        self._set_memory(memory)

    def save(self) -> list[Part]:
        """Return everything as the parts of a state."""
        blobs: list[bytes] = []
        files = []
        for path, node in self.files.root.below(""):
            files.append([path, node.kind, node.mtime, node.target, node.read_only])
            blobs.append(node.data)
        parts = [
            self.memory_part(),
            (FILES_PART, json.dumps(files), blobs),
            (TIME_PART, json.dumps(self.clock.save()), []),
        ]
        if self.picture is not None:
            picture = self.picture
            told = [picture.width, picture.height, picture.format, picture.sequence]
            parts.append((DISPLAY_PART, json.dumps(told), [picture.data]))
        return parts

    def restore(self, parts: Sequence[Sequence[Any]]) -> None:
        """Become what `save` has described, all or nothing. Raises `KernelError` with ``WASM_SAVE_STATE_INVALID``."""
        before = self.clock.save()
        try:
            found = {tag: (json.loads(text), list(blobs)) for tag, text, blobs in parts}
            ((memory,), root) = (found[MEMORY_PART][1], _tree_of(*found[FILES_PART]))
            picture = _picture_of(*found[DISPLAY_PART]) if DISPLAY_PART in found else None
            if not memory:
                raise ValueError("no memory")
            self.clock.restore(found[TIME_PART][0])
        except (KeyError, TypeError, ValueError, RecursionError) as error:
            self.clock.restore(before)
            message = f"The state cannot have been saved by a context without a module: {error!r}."
            raise KernelError(message, code="WASM_SAVE_STATE_INVALID") from None
        self._set_memory(memory)
        self.files.replace(root)
        self.picture = picture

    def _check(self, offset: int, length: int) -> None:
        if not (offset >= 0 <= length and offset <= len(self._memory) - length):
            message = f"{length} bytes at {offset} are not within the {len(self._memory)} bytes of memory."
            raise KernelError(message, code="WASM_MEMORY_RANGE_INVALID")

    def _set_memory(self, memory: bytes) -> None:
        # Anew, not in place: windows on what was there are refused from now on.
        self._memory = bytearray(memory)
        self._generation += 1

    def _grow(self, pages: int) -> int:
        if not isinstance(pages, int):
            message = f"Memory grows by a number of pages, not by {pages!r}."
            raise InvalidArgumentError(message, code="WASM_ARGUMENTS_INVALID")
        size = -(-len(self._memory) // PAGE)
        limit = PAGES_LIMIT if self._memory_limit is None else min(PAGES_LIMIT, self._memory_limit // PAGE)
        if pages < 0 or size + pages > limit:
            message = f"Memory cannot grow by {pages} pages: it has {size}, and may have {limit}."
            raise KernelError(message, code="WASM_MEMORY_GROW_REFUSED")
        self._set_memory(bytes(self._memory).ljust((size + pages) * PAGE, b"\0"))
        return size

    def _mount(self, mount: dict[str, Any]) -> None:
        try:
            path, read_only, kind = mount["path"], bool(mount.get("readOnly", False)), mount.get("kind")
            tree = tuple(map(_entry_of, mount["tree"])) if kind == "memory" else ()
            data = to_bytes(mount["bytes"]) if kind == "archive" else b""
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise InvalidArgumentError(f"This is no mount: {error!r}.", code="WASM_MOUNT_INVALID") from None
        match kind:
            case "memory":
                pass
            case "archive":
                tree = _archives().read_archive(data, limit=self.files.quota()["bytesLimit"])
            case _:
                message = f"A mount of kind {kind!r} needs a program in a browser: here are memory and archive."
                raise NotSupportedError(message, code="WASM_MOUNTS_UNSUPPORTED")
        self.files.mount(path, tree, read_only=read_only)

    def _export(self, path: str, format: str = "tar") -> bytes:  # noqa: A002 - the operation's own word
        times = {entry_path: node.mtime for entry_path, node in self.files.node(path).below("")}
        packed: bytes = _archives().write_archive(self.files.tree(path), format, times.__getitem__)
        return packed

    def _import(self, path: str, data: BytesLike) -> int:
        entries = _archives().read_archive(to_bytes(data), limit=self.files.quota()["bytesLimit"])
        return self.files.add(entries, below=path)

    def _show(self, data: BytesLike, width: int, height: int, format: str) -> None:  # noqa: A002 - as above
        if not _is_picture(width, height, format, length_of(data)):
            message = f"{length_of(data)} bytes are no picture of {width} by {height} in {format!r}."
            raise InvalidArgumentError(message, code="WASM_DISPLAY_INVALID")
        sequence = 1 if self.picture is None else self.picture.sequence + 1
        self.picture = Frame(width, height, format, sequence, to_bytes(data))

    def _picture_now(self) -> dict[str, Any] | None:
        if self.picture is None:
            return None
        picture = self.picture
        told = {"width": picture.width, "height": picture.height, "format": picture.format}
        return told | {"sequence": picture.sequence, "bytes": picture.data}


class _Window:
    """A part of the array, as long as it is that array."""

    def __init__(self, machine: DetachedMachine, offset: int, length: int) -> None:
        self._machine = machine
        self._generation = machine._generation
        self._offset = offset
        self.nbytes = length

    def read_into(self, target: Any) -> None:
        """Copy all of it into a writable buffer."""
        memoryview(target).cast("B")[:] = self._view()

    def write_from(self, source: Any) -> None:
        """Copy a buffer over it."""
        self._view()[:] = memoryview(source).cast("B")

    def _view(self) -> memoryview:
        if self._generation != self._machine._generation:
            message = "The memory has grown or was replaced since this window on it was made: make another one."
            raise KernelError(message, code="WASM_MEMORY_VIEW_STALE")
        return memoryview(self._machine._memory)[self._offset : self._offset + self.nbytes]


def _no_program(what: str) -> KernelError:
    return KernelError(f"{what} needs a program: load a module first.", code="WASM_MODULE_NOT_LOADED")


def _entry_of(entry: TreeEntry | dict[str, Any]) -> TreeEntry:
    if not isinstance(entry, TreeEntry):
        entry = TreeEntry(entry["path"], entry["kind"], entry.get("bytes", b""), entry.get("target", ""))
    if entry.kind not in ("file", "directory", "symlink"):
        raise ValueError(entry.kind)
    return entry


def _tree_of(files: Sequence[tuple[str, Kind, int, str, bool]], blobs: Sequence[bytes]) -> Node:
    """Return the root of a saved tree. Raises `KeyError`, `TypeError` or `ValueError` for what is none."""
    root = Node("directory", 0)
    nodes = {"": root}
    for (path, kind, mtime, target, read_only), data in zip(files, blobs, strict=True):
        parent, _, name = path.rpartition("/")
        if kind not in ("file", "directory", "symlink") or names_of(f"/{name}") != [name] or path in nodes:
            raise ValueError(path)
        if nodes[parent].kind != "directory":
            raise ValueError(parent)
        node = Node(kind, in_range(mtime), bytes(data), str(target), bool(read_only))
        nodes[parent].children[name] = nodes[path] = node
    return root


def _is_picture(width: Any, height: Any, format_: str, size: int) -> bool:
    """Whether so many bytes are a picture that a display can show."""
    for side in (width, height):
        if not isinstance(side, int) or not 1 <= side <= SIDE_MAX:
            return False
    return format_ in PIXEL_BYTES and Geometry(width, height, format_).size == size


def _picture_of(told: Sequence[Any], blobs: Sequence[bytes]) -> Frame:
    width, height, format_, sequence = told
    (data,) = blobs
    if not _is_picture(width, height, format_, len(data)) or not isinstance(sequence, int) or sequence < 1:
        raise ValueError(told)
    return Frame(width, height, format_, sequence, bytes(data))


def _archives() -> ModuleType:
    from . import detached_archives  # noqa: PLC0415 - Python's own modules for archives take longer than all of ours

    return detached_archives
