"""Random operations on files, the host's and the program's by turns, against a model of both."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

import pytest
from mount_operations import PATIENCE
from programs import compile_program

from aikernel_web.contracts.engine import Quota
from aikernel_web.contracts.errors import KernelError
from aikernel_web.host import Memory

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from aikernel_web.host import HostKernel

BYTES, FILES = 3000, 24
HIDDEN = 4
"""The root, the root of /m and the two directories that the mounts lie over; /m and /ro have names besides."""
CODES = {
    "ENOENT": "WASM_FILE_NOT_FOUND",
    "EEXIST": "WASM_FILE_EXISTS",
    "EISDIR": "WASM_FILE_IS_DIRECTORY",
    "ENOTDIR": "WASM_FILE_NOT_DIRECTORY",
    "ENOTEMPTY": "WASM_DIRECTORY_NOT_EMPTY",
    "EROFS": "WASM_FILE_READ_ONLY",
    "ENOSPC": "WASM_FILE_QUOTA",
    "EBUSY": "WASM_FILE_BUSY",
    "EXDEV": "WASM_RENAME_ACROSS_MOUNTS",
    "EINVAL": "WASM_PATH_INVALID",
}


class RefusedError(Exception):
    """What the model answers instead of doing something: an errno's name."""


class Directory(dict[str, "Directory | bytes"]):
    """A directory of the model; equal to itself alone."""

    def __init__(self, volume: str, mounted: bool = False) -> None:
        super().__init__()
        self.volume, self.mounted = volume, mounted

    __hash__ = object.__hash__

    def __eq__(self, other: object) -> bool:
        return self is other

    @property
    def read_only(self) -> bool:
        return self.volume == "ro"


class Model:
    """Files with a quota, a mount at /m and a read-only one at /ro."""

    def __init__(self) -> None:
        self.root = Directory("root")
        self.root["m"] = Directory("m", mounted=True)
        self.root["ro"] = read_only = Directory("ro", mounted=True)
        read_only["f"] = b"fixed"
        read_only["d"] = inner = Directory("ro")
        inner["g"] = b""

    def walk(self, path: str) -> tuple[Directory, str, Directory | bytes | None]:
        """Return where the last name is, the name, and what it stands for."""
        names = path.strip("/").split("/")
        place = self.root
        for name in names[:-1]:
            below = place.get(name)
            if below is None:
                raise RefusedError("ENOENT")
            if not isinstance(below, Directory):
                raise RefusedError("ENOTDIR")
            place = below
        return place, names[-1], place.get(names[-1])

    def paths(self, place: Directory | None = None, base: str = "") -> Iterator[tuple[str, Directory | bytes]]:
        """Yield everything that there is."""
        for name, node in (self.root if place is None else place).items():
            yield f"{base}/{name}", node
            if isinstance(node, Directory):
                yield from self.paths(node, f"{base}/{name}")

    def used(self) -> tuple[int, int]:
        """Return the bytes and inodes that count.

        These are all but what is read-only, with the root, and with the directories that the mounts lie over.
        """
        nodes = [node for path, node in self.paths() if not f"{path}/".startswith("/ro/")]
        return sum(len(node) for node in nodes if isinstance(node, bytes)), len(nodes) - 1 + HIDDEN

    def missing(self, path: str, more: int) -> list[str]:
        """Return the directories that are to be made for a path, and look whether they, and more names, can be."""
        missing: list[str] = []
        place = self.root
        at = ""
        for name in path.strip("/").split("/") if path else []:
            at += f"/{name}"
            below = place.get(name) if not missing else None
            if isinstance(below, bytes):
                raise RefusedError("ENOTDIR")
            if below is None:
                missing.append(at)
            else:
                place = below
        if missing or more:
            if place.read_only:
                raise RefusedError("EROFS")
            if self.used()[1] + len(missing) + more > FILES:
                raise RefusedError("ENOSPC")
        return missing

    def make(self, missing: list[str]) -> None:
        for path in missing:
            place, name, _ = self.walk(path)
            place[name] = Directory(place.volume)

    def read(self, path: str) -> bytes:
        node = self.walk(path)[2]
        if node is None:
            raise RefusedError("ENOENT")
        if isinstance(node, Directory):
            raise RefusedError("EISDIR")
        return node

    def write(self, path: str, data: bytes) -> None:
        try:
            place, name, node = self.walk(path)
        except RefusedError as refused:
            if refused.args != ("ENOENT",):
                raise
            node = None
        if isinstance(node, Directory):
            raise RefusedError("EISDIR")
        if node is not None and place.read_only:
            raise RefusedError("EROFS")
        missing = [] if node is not None else self.missing(path.rpartition("/")[0], 1)
        if self.used()[0] - len(node or b"") + len(data) > BYTES:
            raise RefusedError("ENOSPC")
        self.make(missing)
        place, name, _ = self.walk(path)
        place[name] = data

    def make_directory(self, path: str) -> None:
        try:
            node = self.walk(path)[2]
        except RefusedError as refused:
            if refused.args != ("ENOENT",):
                raise
            node = None
        if isinstance(node, bytes):
            raise RefusedError("EEXIST")
        if node is None:
            self.make(self.missing(path, 0))

    def delete(self, path: str, recursive: bool = False) -> None:
        place, name, node = self.walk(path)
        if node is None:
            raise RefusedError("ENOENT")
        if isinstance(node, Directory) and recursive:
            if node.mounted or any(isinstance(below, Directory) and below.mounted for _, below in self.paths(node)):
                raise RefusedError("EBUSY")
            if node.read_only:
                raise RefusedError("EROFS")
            node.clear()
        if place.read_only:
            raise RefusedError("EROFS")
        if isinstance(node, Directory) and node.mounted:
            raise RefusedError("EBUSY")
        if isinstance(node, Directory) and node:
            raise RefusedError("ENOTEMPTY")
        del place[name]

    def rename(self, source: str, target: str) -> None:
        place, name, node = self.walk(source)
        if node is None:
            raise RefusedError("ENOENT")
        goal, new, replaced = self.walk(target)
        if place.volume != goal.volume:
            raise RefusedError("EXDEV")
        if place.read_only:
            raise RefusedError("EROFS")
        if isinstance(node, Directory) and f"{target}/".startswith(f"{source}/") and source != target:
            raise RefusedError("EINVAL")
        if source == target:
            return
        if isinstance(replaced, Directory):
            if f"{source}/".startswith(f"{target}/"):
                raise RefusedError("ENOTEMPTY")
            if not isinstance(node, Directory):
                raise RefusedError("EISDIR")
            if node.mounted or replaced.mounted:
                raise RefusedError("EBUSY")
            if replaced:
                raise RefusedError("ENOTEMPTY")
        elif replaced is not None and isinstance(node, Directory):
            raise RefusedError("ENOTDIR")
        elif replaced is None and isinstance(node, Directory) and node.mounted:
            raise RefusedError("EBUSY")
        del place[name]
        goal[new] = node


def outcome(operation: Callable[..., Any], *args: Any) -> Any:
    """Return what an operation of the model answers, or the code of its refusal."""
    try:
        return operation(*args)
    except RefusedError as refused:
        return CODES[refused.args[0]]


def asked(operation: Callable[..., Any], *args: Any, **options: Any) -> Any:
    """Return what an operation of the host answers, or its code."""
    try:
        return operation(*args, **options)
    except KernelError as error:
        return error.code


class Sequence:
    """One program, and the model of its files."""

    def __init__(self, kernel: HostKernel, seed: int) -> None:
        self.chance = random.Random(seed)
        self.process = kernel.spawn(
            compile_program("mount_ops"),
            mounts={"/m": Memory(), "/ro": Memory({"f": b"fixed", "d/g": b""}, read_only=True)},
            quota=Quota(bytes=BYTES, files=FILES),
            timeout=PATIENCE * 5,
        )
        self.fs = self.process.fs
        self.model = Model()

    def program(self, line: str) -> str:
        self.process.stdin.write(f"{line}\n")
        return self.process.stdout.read_until(b"\n").decode().strip()

    def any_path(self) -> str:
        names = self.chance.choices("abc", k=self.chance.choice([1, 1, 2, 2, 3]))
        return self.chance.choice(["", "", "", "/m", "/ro"]) + "/" + "/".join(names)

    def path(self) -> str:
        """Return one that there is, mostly."""
        there = [at for at, _ in self.model.paths()]
        return self.chance.choice(there) if self.chance.random() < 0.7 else self.any_path()

    def read(self) -> tuple[Any, Any]:
        path = self.path()
        return asked(self.fs.read, path), outcome(self.model.read, path)

    def write(self) -> tuple[Any, Any]:
        path = self.chance.choice([self.path, self.any_path])()
        data = b"x" * self.chance.choice([0, 10, 100, 1500])
        return asked(self.fs.write, path, data), outcome(self.model.write, path, data)

    def delete(self) -> tuple[Any, Any]:
        path, recursive = self.path(), self.chance.random() < 0.5
        return asked(self.fs.delete, path, recursive=recursive), outcome(self.model.delete, path, recursive)

    def rename(self) -> tuple[Any, Any]:
        source, target = self.path(), self.chance.choice([self.path, self.any_path])()
        return asked(self.fs.rename, source, target), outcome(self.model.rename, source, target)

    def make_directory(self) -> tuple[Any, Any]:
        path = self.chance.choice([self.path, self.any_path])()
        return asked(self.fs.make_directory, path), outcome(self.model.make_directory, path)

    def list(self) -> tuple[Any, Any]:
        return self.fs.list(), sorted(at for at, node in self.model.paths() if isinstance(node, bytes))

    def program_writes(self) -> tuple[Any, Any]:
        path, data = self.chance.choice([self.path, self.any_path])(), b"by the program"
        if isinstance(outcome(self.model.walk, path), str) or self.model.used()[0] + len(data) > BYTES:
            return None, None  # the program makes no directories on the way, and writes what fits
        wrote = self.program(f"write|{path}|{data.decode()}")
        return CODES.get(wrote), outcome(self.model.write, path, data)

    def program_reads(self) -> tuple[Any, Any]:
        path = self.path()
        contents = outcome(self.model.read, path)
        if isinstance(contents, str):
            return None, None  # of a directory it reads no bytes either, in other words
        return self.program(f"cat|{path}"), f"ok {contents.decode()}".strip()

    def program_deletes(self) -> tuple[Any, Any]:
        path = self.path()
        if isinstance(outcome(self.model.read, path), str):
            return None, None
        return CODES.get(self.program(f"rm|{path}")), outcome(self.model.delete, path)

    def run(self, steps: int) -> None:
        kinds = [self.read, self.write, self.write, self.delete, self.rename, self.make_directory, self.list]
        kinds += [self.program_writes, self.program_reads, self.program_deletes]
        said: list[tuple[str, Any]] = []
        for _ in range(steps):
            kind = self.chance.choice(kinds)
            before = self.model.used()
            came, expected = kind()
            said.append((kind.__name__, expected))
            assert came == expected, (before, said)
            quota = self.fs.quota()
            assert (quota.bytes, quota.files) == self.model.used(), said
        self.finish()

    def finish(self) -> None:
        for at, node in self.model.paths():
            assert self.fs.stat(at).kind == ("file" if isinstance(node, bytes) else "directory")
            if isinstance(node, bytes):
                assert self.fs.read(at) == node
        self.process.stdin.close()
        left = self.process.wait().files("/")
        assert left == {at: node for at, node in self.model.paths() if isinstance(node, bytes)}


@pytest.mark.parametrize("seed", range(6))
def test_the_host_and_the_program_see_the_same_files(kernel: HostKernel, seed: int) -> None:
    Sequence(kernel, seed).run(150)


@pytest.mark.deep
@pytest.mark.parametrize("seed", range(100, 160))
def test_they_do_in_long_sequences_too(kernel: HostKernel, seed: int) -> None:
    Sequence(kernel, seed).run(600)
