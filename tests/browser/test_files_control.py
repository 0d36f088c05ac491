"""What the host does with the files of a program while the program runs, and what the program sees of it."""

from __future__ import annotations

import base64
import gzip
import io
import random
import tarfile
import zipfile
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from inline_code import inline
from mount_operations import PATIENCE, link, tar_of, zip_of
from programs import compile_program

from aikernel_web.contracts.engine import Quota
from aikernel_web.contracts.errors import KernelError
from aikernel_web.host import Archive, HostError, Memory, Persistent, ReadOnly

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from aikernel_web.host import HostKernel

MISSING, EXISTS, INVALID = "WASM_FILE_NOT_FOUND", "WASM_FILE_EXISTS", "WASM_PATH_INVALID"
IS_DIRECTORY, NOT_DIRECTORY = "WASM_FILE_IS_DIRECTORY", "WASM_FILE_NOT_DIRECTORY"
READ_ONLY, QUOTA, BUSY = "WASM_FILE_READ_ONLY", "WASM_FILE_QUOTA", "WASM_FILE_BUSY"
ARCHIVE = "WASM_ARCHIVE_INVALID"


class Guest:
    """`mount_ops`, which does one file operation for each line that it is given."""

    def __init__(self, kernel: HostKernel, **options: Any) -> None:
        self.process = kernel.spawn(compile_program("mount_ops"), **{"timeout": PATIENCE, **options})
        self.fs = self.process.fs

    def do(self, line: str) -> str:
        self.process.stdin.write(f"{line}\n")
        return self.process.stdout.read_until(b"\n").decode().rstrip()

    def end(self) -> dict[str, bytes]:
        self.process.stdin.close()
        return self.process.wait().files("/")


def code_of(function: Callable[..., object], *args: Any, **options: Any) -> str:
    with pytest.raises(KernelError) as refused:
        function(*args, **options)
    return refused.value.code


class TestLooking:
    def test_files_and_links_are_listed_by_code_point(self, kernel: HostKernel) -> None:
        names = ["/a", "/a.b", "/a/c", "/B", "/\uffee", "/\U0001f600", "/10", "/9", "/é"]
        guest = Guest(kernel, files={name: b"" for name in names if name != "/a"})
        guest.do("symlink|c|/a/link")
        guest.do("mkdir|/empty")
        assert guest.fs.list() == ["/10", "/9", "/B", "/a.b", "/a/c", "/a/link", "/é", "/\uffee", "/\U0001f600"]
        assert guest.fs.list("/a") == guest.fs.list("//a/./") == ["/a/c", "/a/link"]
        assert guest.fs.list("/a/c") == ["/a/c"]
        assert guest.fs.list("/empty") == []

    def test_a_directory_tells_what_is_in_it(self, kernel: HostKernel) -> None:
        guest = Guest(kernel, files={"/d/file": b"12345", "/d/sub/x": b""})
        guest.do("symlink|file|/d/link")
        guest.do("touch|/d/file|1000|500000000")
        found = [(entry.name, entry.kind, entry.size) for entry in guest.fs.entries("/d")]
        assert found == [("file", "file", 5), ("link", "symlink", 4), ("sub", "directory", 4096)]
        assert guest.fs.entries("/d")[0].modified == datetime.fromtimestamp(1000.5, UTC)
        assert [entry.name for entry in guest.fs.entries()] == ["d"]
        assert ("null", "device") in [(entry.name, entry.kind) for entry in guest.fs.entries("/dev")]

    def test_what_stands_behind_a_path_is_told_as_the_program_sees_it(self, kernel: HostKernel) -> None:
        guest = Guest(kernel, files={"/f": b"123"})
        guest.do("ln|/f|/g")
        guest.do("symlink|f|/link")
        guest.do("touch|/f|1700000000|123456789")
        info = guest.fs.stat("/f")
        assert (info.path, info.kind, info.size, info.links, info.target) == ("/f", "file", 3, 2, None)
        assert info.modified == datetime(2023, 11, 14, 22, 13, 20, 123456, UTC) == info.accessed
        assert abs(info.changed - datetime.now(UTC)) < timedelta(minutes=5)
        assert (guest.fs.stat("/link").kind, guest.fs.stat("/link").target) == ("symlink", "f")
        assert (guest.fs.stat("/").kind, guest.fs.stat("/").path) == ("directory", "/")
        assert guest.fs.stat("/dev/fb/ctl").kind == "device"
        assert [guest.fs.exists(path) for path in ("/f", "/no", "/f/x", "/dev/null")] == [True, False, False, True]

    def test_contents_are_read_from_wherever_they_are(self, kernel: HostKernel) -> None:
        mounts = {"/m": Memory({"f": b"memory"}), "/a": Archive(zip_of(("f", b"packed" * 1000)))}
        guest = Guest(kernel, files={"/f": b"plain"}, mounts=mounts)
        guest.do("symlink|m/f|/link")
        guest.do("poke|/holes|3000000|end")
        assert guest.fs.read("/f") == b"plain"
        assert guest.fs.read("/link") == guest.fs.read("/m/f") == b"memory"
        assert guest.fs.read("/a/f") == b"packed" * 1000
        assert guest.fs.read("/holes") == b"end".rjust(3_000_003, b"\0")

    def test_looking_leaves_no_trace(self, kernel: HostKernel) -> None:
        guest = Guest(kernel, files={"/d/f": b"x"})
        before = guest.fs.stat("/d/f"), guest.fs.stat("/d")
        guest.fs.read("/d/f")
        guest.fs.list("/d")
        guest.fs.export("/d")
        assert (guest.fs.stat("/d/f"), guest.fs.stat("/d")) == before

    @pytest.mark.parametrize(
        ("method", "path", "code"),
        [
            ("read", "/no", MISSING),
            ("read", "/d", IS_DIRECTORY),
            ("read", "/", IS_DIRECTORY),
            ("read", "/f/x", NOT_DIRECTORY),
            ("read", "/dev/null", INVALID),
            ("read", "/out", INVALID),
            ("read", "/up", INVALID),
            ("read", "/circle", INVALID),
            ("read", "/d/../f", INVALID),
            ("read", "f", INVALID),
            ("read", "", INVALID),
            ("read", "/a\0b", INVALID),
            ("read", "/" + "n" * 256, INVALID),
            ("read", "/n" * 2048, INVALID),
            ("list", "/no", MISSING),
            ("list", "relative", INVALID),
            ("entries", "/f", NOT_DIRECTORY),
            ("entries", "/no", MISSING),
            ("stat", "/no/x", MISSING),
            ("stat", "/f/x", NOT_DIRECTORY),
            ("stat", None, INVALID),
            ("stat", ["/f"], INVALID),
        ],
    )
    def test_what_cannot_be_looked_at_is_refused(self, kernel: HostKernel, method: str, path: Any, code: str) -> None:
        links = tar_of(link("out", "/f"), link("up", "../f"), link("circle", "circle"), ("d/x", b"", {}))
        guest = Guest(kernel, files={"/f": b""})
        guest.fs.import_archive("/", links)
        assert code_of(getattr(guest.fs, method), path) == code

    def test_contents_that_cannot_be_unpacked_are_unreadable(self, kernel: HostKernel) -> None:
        damaged = bytearray(zip_of(("f", b"x" * 1000)))
        damaged[40] ^= 0xFF
        guest = Guest(kernel, mounts={"/a": Archive(bytes(damaged))})
        assert code_of(guest.fs.read, "/a/f") == "WASM_FILE_UNREADABLE"
        assert code_of(guest.fs.export, "/a") == "WASM_FILE_UNREADABLE"


class TestChanging:
    def test_what_the_host_writes_the_program_reads(self, kernel: HostKernel) -> None:
        guest = Guest(kernel, files={"/f": b"old contents"})
        guest.fs.write("/f", b"new")
        guest.fs.write("/made/on/the way", "text \u2603")
        guest.fs.write("/empty", b"")
        assert guest.do("cat|/f") == "ok new"
        assert guest.do("cat|/made/on/the way") == "ok text \u2603"
        assert guest.do("stat|/empty").startswith("ok f size 0 links 1")
        assert guest.end() == {"/f": b"new", "/made/on/the way": "text \u2603".encode(), "/empty": b""}

    @pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
    def test_any_bytes_are_written(self, kernel: HostKernel, kind: Any) -> None:
        guest = Guest(kernel)
        guest.fs.write("/f", kind(b"abc"))
        assert guest.fs.read("/f") == b"abc"

    def test_an_open_file_is_replaced_in_place(self, kernel: HostKernel) -> None:
        guest = Guest(kernel, files={"/f": b"first version"})
        guest.do("keep|1|/f")
        guest.fs.write("/f", b"second")
        assert guest.do("read|1|") == "ok second"

    def test_an_open_file_outlives_its_name(self, kernel: HostKernel) -> None:
        guest = Guest(kernel, files={"/f": b"kept", "/d/g": b"moved"})
        guest.do("keep|1|/f")
        guest.do("keep|2|/d/g")
        bytes_before = guest.fs.quota().bytes
        guest.fs.delete("/f")
        guest.fs.rename("/d", "/e")
        guest.fs.delete("/e", recursive=True)
        assert guest.fs.list() == []
        assert guest.do("read|1|") == "ok kept"
        assert guest.do("read|2|") == "ok moved"
        assert guest.fs.quota().bytes == bytes_before
        guest.do("drop|1|")
        guest.do("drop|2|")
        assert guest.fs.quota().bytes == 0
        assert guest.do("cat|/f") == "ENOENT"

    def test_a_link_is_written_through_and_deleted_itself(self, kernel: HostKernel) -> None:
        guest = Guest(kernel, files={"/d/f": b"old"})
        guest.do("symlink|d/f|/link")
        guest.do("symlink|d/new|/dangling")
        guest.do("symlink|d|/dir")
        guest.fs.write("/link", b"through")
        guest.fs.write("/dangling", b"made")
        guest.fs.write("/dir/third", b"3")
        assert guest.fs.list() == ["/d/f", "/d/new", "/d/third", "/dangling", "/dir", "/link"]
        assert guest.fs.read("/d/f") == b"through"
        guest.fs.delete("/link")
        guest.fs.delete("/dir", recursive=True)
        assert guest.fs.list() == ["/d/f", "/d/new", "/d/third", "/dangling"]

    def test_names_move_and_replace_as_in_posix(self, kernel: HostKernel) -> None:
        guest = Guest(kernel, files={"/a": b"a", "/b": b"b", "/d/x": b"x", "/full/y": b"y"})
        guest.fs.make_directory("/empty")
        guest.fs.rename("/a", "/b")
        guest.fs.rename("/d", "/empty")
        assert guest.fs.list() == ["/b", "/empty/x", "/full/y"]
        assert guest.do("cat|/b") == "ok a"
        assert code_of(guest.fs.rename, "/empty", "/full") == "WASM_DIRECTORY_NOT_EMPTY"
        assert code_of(guest.fs.rename, "/b", "/full") == IS_DIRECTORY
        assert code_of(guest.fs.rename, "/full", "/b") == NOT_DIRECTORY
        assert code_of(guest.fs.rename, "/full", "/full/y/z") == NOT_DIRECTORY
        assert code_of(guest.fs.rename, "/full", "/full/z") == INVALID
        assert code_of(guest.fs.rename, "/no", "/x") == MISSING
        assert code_of(guest.fs.rename, "/b", "/no/x") == MISSING
        assert code_of(guest.fs.rename, "/", "/x") == BUSY
        guest.fs.rename("/b", "/b")
        assert guest.fs.list() == ["/b", "/empty/x", "/full/y"]

    def test_directories_are_made_with_those_above_them(self, kernel: HostKernel) -> None:
        guest = Guest(kernel, files={"/f": b""})
        guest.fs.make_directory("/a/b/c")
        guest.fs.make_directory("/a/b/c")
        guest.fs.make_directory("/")
        assert guest.do("ls|/a/b") == "ok c"
        assert code_of(guest.fs.make_directory, "/f") == EXISTS
        assert code_of(guest.fs.make_directory, "/f/x") == NOT_DIRECTORY
        assert code_of(guest.fs.make_directory, "/f/x/y") == NOT_DIRECTORY
        guest.do("symlink|nowhere|/dangling")
        assert code_of(guest.fs.make_directory, "/dangling/x") == EXISTS
        assert code_of(guest.fs.write, "/dangling/x/y", b"") == EXISTS
        assert code_of(guest.fs.write, "/new/" + "n" * 256, b"") == INVALID
        assert code_of(guest.fs.mount, "/new/" + "\u2603" * 86, Memory()) == INVALID
        assert [entry.name for entry in guest.fs.entries()] == ["a", "dangling", "f"]

    def test_what_is_not_empty_is_deleted_only_as_a_whole(self, kernel: HostKernel) -> None:
        guest = Guest(kernel, files={"/d/e/f": b"x" * 1000, "/d/g": b"y", "/top": b""})
        files = guest.fs.quota().files
        assert code_of(guest.fs.delete, "/d") == "WASM_DIRECTORY_NOT_EMPTY"
        guest.fs.delete("/d", recursive=True)
        assert guest.fs.list() == ["/top"]
        assert guest.do("ls|/") == "ok top"
        assert (guest.fs.quota().bytes, guest.fs.quota().files) == (0, files - 4)
        assert code_of(guest.fs.delete, "/d") == MISSING
        assert code_of(guest.fs.delete, "/top/x") == NOT_DIRECTORY
        assert code_of(guest.fs.delete, "/", recursive=True) == BUSY

    def test_a_directory_that_is_being_read_may_lose_names(self, kernel: HostKernel) -> None:
        guest = Guest(kernel)
        guest.do("mkdir|/d")
        assert guest.do("many|/d|500|x").startswith("ok 500")
        for number in range(0, 500, 2):
            guest.fs.delete(f"/d/f{number}")
        assert len(guest.do("ls|/d").split()) == 251

    def test_a_deep_tree_is_deleted(self, kernel: HostKernel) -> None:
        guest = Guest(kernel)
        deep = "/d" * 1500
        guest.fs.make_directory(deep)
        guest.fs.write(f"{deep}/f", b"x")
        assert guest.fs.list() == [f"{deep}/f"]
        guest.fs.delete("/d", recursive=True)
        assert (guest.fs.list(), guest.fs.quota().files) == ([], 1)

    @pytest.mark.parametrize(
        ("method", "args"),
        [
            ("write", ("/m/f", b"x")),
            ("write", ("/m/new", b"x")),
            ("write", ("/m/new/x", b"x")),
            ("delete", ("/m/f",)),
            ("delete", ("/m/d",)),
            ("rename", ("/m/f", "/m/g")),
            ("make_directory", ("/m/new",)),
            ("make_directory", ("/m/new/deeper",)),
            ("import_archive", ("/m", tar_of(("x", b"", {})))),
            ("import_archive", ("/m/d/e", tar_of(("x", b"", {})))),
            ("write", ("/dev/new", b"")),
            ("delete", ("/dev/null",)),
        ],
    )
    def test_what_is_read_only_stays(self, kernel: HostKernel, method: str, args: tuple[Any, ...]) -> None:
        guest = Guest(kernel, mounts={"/m": Memory({"f": b"kept", "d/x": b""}, read_only=True)})
        assert code_of(getattr(guest.fs, method), *args) == READ_ONLY
        assert guest.fs.list() == ["/m/d/x", "/m/f"]
        assert guest.fs.read("/m/f") == b"kept"

    def test_mounts_hold_their_places(self, kernel: HostKernel) -> None:
        guest = Guest(kernel, files={"/a/f": b"f"}, mounts={"/a/m": Memory({"g": b"g"})})
        assert code_of(guest.fs.delete, "/a/m") == BUSY
        assert code_of(guest.fs.delete, "/a", recursive=True) == BUSY
        assert code_of(guest.fs.rename, "/a/m", "/a/n") == BUSY
        assert code_of(guest.fs.rename, "/a/f", "/a/m/f") == "WASM_RENAME_ACROSS_MOUNTS"
        assert guest.fs.list() == ["/a/f", "/a/m/g"]

    def test_a_changed_archive_hands_over_the_changes(self, kernel: HostKernel) -> None:
        guest = Guest(kernel, mounts={"/a": Archive(zip_of(("f", b"1"), ("g", b"2"), ("h", b"3")), read_only=False)})
        guest.fs.write("/a/f", b"changed")
        guest.fs.delete("/a/g")
        assert guest.do("ls|/a") == "ok f h"
        assert guest.do("cat|/a/f") == "ok changed"
        assert guest.end() == {"/a/f": b"changed"}

    def test_bytes_are_required(self, kernel: HostKernel) -> None:
        guest = Guest(kernel)
        with pytest.raises(KernelError) as refused:
            guest.process._call.control("files.write", "/f", 5)
        assert refused.value.code == "WASM_ARGUMENTS_INVALID"
        assert guest.fs.list() == []


class TestQuota:
    def test_what_is_there_is_counted(self, kernel: HostKernel) -> None:
        guest = Guest(kernel, files={"/d/f": b"x" * 100}, quota=Quota(bytes=1000, files=10))
        quota = guest.fs.quota()
        assert (quota.bytes, quota.bytes_limit, quota.files, quota.files_limit) == (100, 1000, 3, 10)
        guest.fs.write("/g", b"y" * 50)
        assert (guest.fs.quota().bytes, guest.fs.quota().files) == (150, 4)
        assert guest.do("write|/h|12345") == "ok"
        assert (guest.fs.quota().bytes, guest.fs.quota().files) == (155, 5)

    def test_it_holds_for_the_host_too_and_a_refusal_changes_nothing(self, kernel: HostKernel) -> None:
        guest = Guest(kernel, files={"/f": b"x" * 600}, quota=Quota(bytes=1000, files=5))
        before = guest.fs.quota()
        assert code_of(guest.fs.write, "/g", b"y" * 401) == QUOTA
        assert code_of(guest.fs.write, "/new/deep/er/g", b"") == QUOTA
        assert code_of(guest.fs.make_directory, "/a/b/c/d") == QUOTA
        assert code_of(guest.fs.write, "/f", b"z" * 1001) == QUOTA
        assert code_of(guest.fs.import_archive, "/", tar_of(("a", b"1" * 401, {}))) == QUOTA
        assert code_of(guest.fs.import_archive, "/", tar_of(*((str(number), b"", {}) for number in range(4)))) == QUOTA
        assert guest.fs.quota() == before
        assert guest.fs.list() == ["/f"]
        guest.fs.write("/f", b"z" * 1000)
        assert guest.do("append|/f|more") == "ENOSPC"

    def test_a_bomb_is_refused_before_it_is_unpacked(self, kernel: HostKernel) -> None:
        guest = Guest(kernel, quota=Quota(bytes=1 << 20))
        bomb = zip_of(*((f"zeros{number}", bytes(30 << 20)) for number in range(3)))
        assert len(bomb) < 1 << 18
        assert code_of(guest.fs.import_archive, "/", bomb) == QUOTA
        many = zip_of(*((f"{number}/" * 300 + "x", b"") for number in range(20)))
        small = Guest(kernel, quota=Quota(files=100))
        assert code_of(small.fs.import_archive, "/", many) == QUOTA
        assert small.fs.list() == []


class TestMounting:
    def test_every_kind_is_mounted_while_the_program_runs(self, kernel: HostKernel, tmp_path: Path) -> None:
        (tmp_path / "h").write_bytes(b"host")
        guest = Guest(kernel, files={"/plain": b""})
        guest.fs.mount("/memory", Memory({"f": b"memory"}))
        guest.fs.mount("/copy", tmp_path)
        guest.fs.mount("/safe", ReadOnly(tmp_path))
        guest.fs.mount("/deep/in/archive", Archive(tar_of(("f", b"tar", {}))))
        assert guest.do("ls|/") == "ok copy deep memory plain safe"
        assert guest.do("cat|/memory/f") == "ok memory"
        assert guest.do("cat|/copy/h") == "ok host"
        assert guest.do("write|/copy/h|mine") == "ok"
        assert guest.do("write|/safe/h|x") == "EROFS"
        assert guest.do("cat|/deep/in/archive/f") == "ok tar"
        assert (tmp_path / "h").read_bytes() == b"host"
        assert guest.end() == {"/plain": b"", "/memory/f": b"memory", "/copy/h": b"mine", "/safe/h": b"host"}

    def test_a_persistent_store_lasts_and_what_the_host_writes_with_it(self, kernel: HostKernel) -> None:
        guest = Guest(kernel)
        guest.fs.mount("/p", Persistent("files-control"))
        guest.fs.write("/p/host", b"by the host")
        assert guest.do("write|/p/program|by the program") == "ok"
        guest.process.flush()
        guest.fs.write("/p/late", b"at the end")
        guest.fs.import_archive("/p/in", zip_of(("packed", b"z" * 5000)))
        assert guest.end() == {}
        again = Guest(kernel, mounts={"/q": Persistent("files-control")})
        assert again.do("cat|/q/host") == "ok by the host"
        assert again.do("cat|/q/program") == "ok by the program"
        assert again.fs.read("/q/in/packed") == b"z" * 5000
        again.fs.rename("/q/late", "/q/renamed")
        again.fs.write("/q/host", b"in place of it")
        again.fs.delete("/q/in", recursive=True)
        again.end()
        last = Guest(kernel, mounts={"/q": Persistent("files-control", read_only=True)})
        assert last.do("ls|/q") == "ok host program renamed"
        assert last.do("cat|/q/renamed") == "ok at the end"
        assert last.do("cat|/q/host") == "ok in place of it"

    def test_a_store_that_another_process_has_is_busy(self, kernel: HostKernel) -> None:
        first, second = Guest(kernel), Guest(kernel)
        first.fs.mount("/p", Persistent("files-control-busy"))
        assert code_of(second.fs.mount, "/p", Persistent("files-control-busy")) == "WASM_MOUNT_BUSY"
        assert second.fs.list() == []
        first.end()
        second.fs.mount("/p", Persistent("files-control-busy"))

    def test_directories_that_the_program_was_given_lead_into_the_mount(
        self, kernel: HostKernel, tmp_path: Path
    ) -> None:
        (tmp_path / "old").write_bytes(b"old")
        guest = Guest(kernel, mounts={"/given": tmp_path})
        guest.do("keep|1|/given/old")
        guest.fs.mount("/given", Memory({"new": b"new"}))
        assert guest.do("ls|/given") == "ok new"
        assert guest.do("read|1|") == "ok old"
        assert guest.do("write|/given/more|x") == "ok"
        assert guest.fs.list() == ["/given/more", "/given/new"]

    def test_the_root_is_mounted_over(self, kernel: HostKernel) -> None:
        guest = Guest(kernel, files={"/old": b"old"})
        guest.do("keep|1|/old")
        guest.fs.mount("/", Memory({"new": b"new"}))
        assert guest.do("ls|/") == "ok new"
        assert guest.do("read|1|") == "ok old"
        assert guest.do("write|/dev/null|x") == "ok"
        assert guest.end() == {"/new": b"new"}

    def test_what_cannot_be_mounted_leaves_everything_as_it_was(self, kernel: HostKernel) -> None:
        guest = Guest(kernel, files={"/f": b"", "/d/x": b""}, mounts={"/m": Memory()})
        before = guest.fs.quota()
        invalid = "WASM_MOUNT_INVALID"
        assert code_of(guest.fs.mount, "/m", Memory()) == "WASM_MOUNT_BUSY"
        assert code_of(guest.fs.mount, "/f", Memory()) == invalid
        assert code_of(guest.fs.mount, "/f/x", Memory()) == invalid
        assert code_of(guest.fs.mount, "relative", Memory()) == INVALID
        assert code_of(guest.fs.mount, "/a/../b", Memory()) == INVALID
        assert code_of(guest.fs.mount, "/a", Archive(b"no archive", read_only=False)) == ARCHIVE
        twice = tar_of(("a", b"x", {}), ("b", b"x", {}), ("a/c", b"x", {}))
        assert code_of(guest.fs.mount, "/a", Archive(twice, read_only=False)) == ARCHIVE
        assert guest.fs.quota() == before
        assert guest.fs.list() == ["/d/x", "/f"]

    def test_a_source_that_is_not_there_is_refused_here(self, kernel: HostKernel, tmp_path: Path) -> None:
        guest = Guest(kernel)
        assert code_of(guest.fs.mount, "/a", tmp_path / "no") == "MOUNT_INVALID"
        with pytest.raises(TypeError):
            guest.fs.mount("/a", 5)  # type: ignore[arg-type]


def exported(kernel: HostKernel) -> Guest:
    """A guest with something of everything."""
    names = {"/a.b": b"dot", "/a/c": b"below", "/10": b"", "/9": b"9" * 1000, "/" + "n" * 200 + "/é": b"\xff\0"}
    guest = Guest(kernel, files=names, mounts={"/m": Memory({"x": b"mounted"})})
    for line in (
        "mkdir|/empty",
        "symlink|a/c|/link",
        f"symlink|{'t' * 150}|/long",
        "ln|/a/c|/z",
        "poke|/holes|200000|end",
        "touch|/a.b|1700000000|123456789",
        "touch|/a/c|0|0",
        "touch|/9|9000000000|1",
    ):
        assert guest.do(line) == "ok"
    return guest


LONG = "n" * 200
EVERYTHING = [
    *("10", "9", "a", "a.b", "a/c", "empty", "holes", "link", "long", "m", "m/x", LONG, f"{LONG}/é", "z"),
]
CONTENTS = {"9": b"9" * 1000, "a.b": b"dot", "a/c": b"below", "m/x": b"mounted", f"{LONG}/é": b"\xff\0", "10": b""}


class TestPacking:
    @pytest.mark.parametrize("packing", ["tar", "tar.gz"])
    def test_a_tar_is_read_by_tarfile(self, kernel: HostKernel, packing: Any) -> None:
        data = exported(kernel).fs.export(format=packing)
        with tarfile.open(fileobj=io.BytesIO(data), mode="r:gz" if packing == "tar.gz" else "r:") as archive:
            members = {member.name: member for member in archive.getmembers()}
            assert list(members) == sorted(EVERYTHING)
            for name, contents in CONTENTS.items():
                file = archive.extractfile(members[name])
                assert file is not None
                assert file.read() == contents
            assert archive.extractfile("z").read() == b"below"  # type: ignore[union-attr]
            assert archive.extractfile("holes").read() == b"end".rjust(200_003, b"\0")  # type: ignore[union-attr]
        assert (members["link"].linkname, members["long"].linkname) == ("a/c", "t" * 150)
        assert members["link"].issym()
        assert (members["z"].linkname, members["z"].islnk()) == ("a/c", True)
        assert members["empty"].isdir()
        assert [oct(members[name].mode) for name in ("9", "a", "link")] == ["0o644", "0o755", "0o777"]
        assert members["a.b"].pax_headers["mtime"] == "1700000000.123456789"
        assert (members["a/c"].mtime, members["9"].pax_headers["mtime"]) == (0, "9000000000.000000001")
        assert {(member.uid, member.gid, member.uname) for member in members.values()} == {(0, 0, "")}

    def test_a_zip_is_read_by_zipfile(self, kernel: HostKernel) -> None:
        data = exported(kernel).fs.export(format="zip")
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            assert archive.testzip() is None
            assert [name.rstrip("/") for name in archive.namelist()] == sorted(EVERYTHING)
            assert {name: archive.read(name) for name in CONTENTS} == CONTENTS
            assert archive.read("z") == b"below"
            infos = {info.filename: info for info in archive.infolist()}
        assert infos["a.b"].date_time == (2023, 11, 14, 22, 13, 20)
        assert infos["a/c"].date_time == (1980, 1, 1, 0, 0, 0)
        assert (infos["empty/"].is_dir(), infos["link"].external_attr >> 16) == (True, 0o120777)
        assert (infos["holes"].compress_size < 1000, infos["10"].compress_type) == (True, zipfile.ZIP_STORED)

    @pytest.mark.parametrize("packing", ["tar", "tar.gz", "zip"])
    def test_the_same_files_give_the_same_bytes(self, kernel: HostKernel, packing: Any) -> None:
        files = {f"/{name}": name.encode() for name in ("b", "a", "c/d")}
        packed = []
        for order in (sorted(files), sorted(files, reverse=True)):
            guest = Guest(kernel, files={name: files[name] for name in order})
            for name in ("/a", "/b", "/c/d", "/c"):
                guest.do(f"touch|{name}|1000|0")
            packed.append(guest.fs.export(format=packing))
        assert packed[0] == packed[1]

    @pytest.mark.parametrize("packing", ["tar", "tar.gz", "zip"])
    def test_what_is_packed_is_unpacked_as_it_was(self, kernel: HostKernel, packing: Any) -> None:
        guest = exported(kernel)
        first = guest.fs.export("/", format=packing)
        other = Guest(kernel)
        assert other.fs.import_archive("/there/it/is", first) == len(EVERYTHING)
        assert other.fs.export("/there/it/is", format=packing) == first
        assert other.do("cat|/there/it/is/link") == "ok below"
        times = (guest.fs.stat("/a.b").modified, other.fs.stat("/there/it/is/a.b").modified)
        assert times[1] == times[0].replace(microsecond=0 if packing == "zip" else times[0].microsecond)

    def test_a_part_and_a_single_file_are_packed(self, kernel: HostKernel) -> None:
        guest = Guest(kernel, files={"/d/e/f": b"x", "/g": b"y"})
        guest.do("symlink|d|/link")
        for path, names in {"/d": ["e", "e/f"], "/link/e": ["f"], "/g": ["g"], "/d/e/f": ["f"]}.items():
            with tarfile.open(fileobj=io.BytesIO(guest.fs.export(path))) as archive:
                assert archive.getnames() == names
        guest.fs.make_directory("/empty")
        assert guest.fs.export("/empty") == bytes(1024)

    def test_other_formats_and_places_are_refused(self, kernel: HostKernel) -> None:
        guest = Guest(kernel)
        assert code_of(guest.fs.export, format="rar") == ARCHIVE
        assert code_of(guest.fs.export, "/no") == MISSING

    def test_a_zip_may_have_more_names_than_16_bits_can_count(self, kernel: HostKernel) -> None:
        data = kernel.page.evaluate(
            """async () => {
              const { writeZip } = await import("/static/process/fs/zip-writer.mjs");
              const item = { kind: "file", mtime: { seconds: 0, nanoseconds: 0 }, target: "", size: 0, read() {} };
              const items = Array.from({ length: 70_000 }, (_, i) => ({ ...item, path: `f${i}` }));
              const bytes = writeZip(items, (data) => data);
              return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
            }"""
        )
        with zipfile.ZipFile(io.BytesIO(base64.b64decode(data))) as archive:
            assert len(archive.namelist()) == 70_000
            assert archive.namelist()[-1] == "f69999"


class TestUnpacking:
    def test_an_archive_is_laid_over_what_is_there(self, kernel: HostKernel, tmp_path: Path) -> None:
        guest = Guest(kernel, files={"/d/old": b"stays", "/d/f": b"before", "/d/sub/x": b"x"})
        guest.do("symlink|old|/d/link")
        guest.do("keep|1|/d/f")
        archive = tar_of(
            ("f", b"after", {"mtime": 1000}),
            ("sub", None, {"type": tarfile.DIRTYPE, "mtime": 5}),
            ("sub/y", b"y", {}),
            ("link", b"a file now", {}),
            ("new", None, {"type": tarfile.DIRTYPE, "mtime": 2000}),
            ("hard", None, {"type": tarfile.LNKTYPE, "linkname": "f"}),
            link("soft", "../outside"),
        )
        (tmp_path / "a.tar").write_bytes(archive)
        assert guest.fs.import_archive("/d", tmp_path / "a.tar") == 7
        assert guest.fs.list() == [f"/d/{name}" for name in ("f", "hard", "link", "old", "soft", "sub/x", "sub/y")]
        assert guest.do("cat|/d/f") == "ok after"
        assert guest.do("read|1|") == "ok before"
        assert guest.fs.read("/d/old") == b"stays"
        assert (guest.fs.stat("/d/f").links, guest.fs.stat("/d/link").kind) == (2, "file")
        assert guest.fs.stat("/d/f").modified == datetime.fromtimestamp(1000, UTC)
        assert guest.fs.stat("/d/new").modified == datetime.fromtimestamp(2000, UTC)
        assert guest.fs.stat("/d/soft").target == "../outside"
        assert guest.fs.quota().bytes == len(b"stays" + b"before" + b"after" + b"x" + b"y" + b"a file now")

    @pytest.mark.parametrize(
        ("archive", "code"),
        [
            (b"", ARCHIVE),
            (b"no archive at all", ARCHIVE),
            (tar_of(("good", b"1", {}), ("../bad", b"2", {})), ARCHIVE),
            (tar_of(("good", b"1", {}), ("x", b"2", {}), ("x/y", b"3", {})), ARCHIVE),
            (tar_of(("good", b"1", {}), link("l", "d"), ("l/f", b"through", {})), ARCHIVE),
            (tar_of(("good", b"1", {}), ("f" * 300, b"", {})), ARCHIVE),
            (tar_of(("good", b"12" * 1000, {}))[:1500], ARCHIVE),
            (tar_of(("good", b"1", {}), ("d", b"a file", {})), IS_DIRECTORY),
            (tar_of(("good", b"1", {}), ("f/x", b"2", {})), NOT_DIRECTORY),
            (tar_of(("good", b"1", {}), ("way/x", b"2", {})), NOT_DIRECTORY),
            (tar_of(("good", b"1", {}), ("ro/x", b"2", {})), READ_ONLY),
            (tar_of(("good", b"1", {}), ("m", b"2", {})), IS_DIRECTORY),
        ],
    )
    def test_it_is_all_or_nothing(self, kernel: HostKernel, archive: bytes, code: str) -> None:
        mounts = {"/m": Memory(), "/ro": Memory({"y": b""}, read_only=True)}
        guest = Guest(kernel, files={"/f": b"f", "/d/e": b"e"}, mounts=mounts)
        guest.do("symlink|d|/way")
        before = guest.fs.quota(), guest.fs.list(), guest.fs.export()
        assert code_of(guest.fs.import_archive, "/", archive) == code
        assert (guest.fs.quota(), guest.fs.list(), guest.fs.export()) == before

    def test_contents_are_looked_at_before_anything_is_made(self, kernel: HostKernel) -> None:
        damaged = bytearray(zip_of(("good", b"1"), ("bad", b"x" * 1000)))
        damaged[damaged.index(b"bad") + 6] ^= 0xFF
        guest = Guest(kernel)
        assert code_of(guest.fs.import_archive, "/new/place", bytes(damaged)) == ARCHIVE
        assert guest.fs.entries() == []

    @pytest.mark.parametrize("seed", range(3))
    def test_of_a_damaged_archive_comes_all_or_nothing(self, kernel: HostKernel, seed: int) -> None:
        chance = random.Random(seed)
        whole = tar_of(("a", b"x" * 700, {}), ("d/é" * 40, b"y", {}), link("l", "a"), ("d2/x", b"", {}))
        archives = [whole, gzip.compress(whole, mtime=0), zip_of(("a", b"x" * 700), ("d/b", b"z" * 3000))]
        guest = Guest(kernel, files={"/keep": b"1"}, quota=Quota(bytes=100_000, files=60))
        guest.fs.make_directory("/t")
        before = guest.fs.quota(), guest.fs.list()
        codes = set()
        for _ in range(60):
            data = bytearray(chance.choice(archives))
            at = chance.randrange(len(data) - 8)
            match chance.randrange(4):
                case 0:
                    data[at] ^= 1 << chance.randrange(8)
                case 1:
                    del data[at:]
                case 2:
                    data[at:at] = chance.randbytes(chance.randrange(20))
                case _:
                    data[at : at + 4] = b"\xff\xff\xff\x7f"
            try:
                guest.fs.import_archive("/t", data)
            except KernelError as error:
                codes.add(error.code)
            else:
                assert (guest.fs.quota().bytes <= 100_000, guest.fs.quota().files <= 60) == (True, True)
                guest.fs.delete("/t", recursive=True)
                guest.fs.make_directory("/t")
            assert (guest.fs.quota(), guest.fs.list()) == before
        assert codes <= {ARCHIVE, QUOTA}

    def test_links_between_mounts_are_files_of_their_own(self, kernel: HostKernel) -> None:
        guest = Guest(kernel, mounts={"/m": Memory()}, quota=Quota(bytes=25))
        hard = {"type": tarfile.LNKTYPE, "linkname": "f"}
        members = [("f", b"0123456789", {}), *((name, None, hard) for name in ("m/a", "g", "m/b", "h"))]
        assert guest.fs.import_archive("/", tar_of(*members)) == 6
        assert [guest.fs.stat(path).links for path in ("/f", "/m/a")] == [3, 2]
        assert guest.fs.quota().bytes == 20
        assert guest.do("cat|/m/b") == "ok 0123456789"

    def test_what_is_replaced_makes_room(self, kernel: HostKernel) -> None:
        guest = Guest(kernel, files={"/f": b"x" * 900, "/g": b"y" * 50}, quota=Quota(bytes=1000, files=3))
        guest.fs.import_archive("/", tar_of(("f", b"z" * 950, {})))
        assert guest.fs.quota().bytes == 1000
        guest.do("keep|1|/f")
        assert code_of(guest.fs.import_archive, "/", tar_of(("f", b"open files stay", {}))) == QUOTA

    def test_an_archive_that_is_not_here_is_refused(self, kernel: HostKernel, tmp_path: Path) -> None:
        with pytest.raises(HostError) as refused:
            Guest(kernel).fs.import_archive("/", tmp_path / "no.zip")
        assert refused.value.code == "ARCHIVE_NOT_READABLE"


class TestTheEnd:
    def test_nothing_can_be_asked_of_a_program_that_has_ended(self, kernel: HostKernel, tmp_path: Path) -> None:
        guest = Guest(kernel, files={"/f": b"x"})
        assert guest.end() == {"/f": b"x"}
        fs = guest.fs
        for ask in (
            fs.list,
            fs.entries,
            lambda: fs.stat("/f"),
            lambda: fs.read("/f"),
            lambda: fs.write("/f", b""),
            lambda: fs.delete("/f"),
            lambda: fs.rename("/f", "/g"),
            lambda: fs.make_directory("/d"),
            lambda: fs.mount("/m", tmp_path),
            fs.quota,
            fs.export,
            lambda: fs.import_archive("/", tar_of()),
        ):
            assert code_of(ask) == "WASM_PROCESS_ENDED"

    def test_what_is_asked_while_it_ends_is_answered(self, kernel: HostKernel) -> None:
        for _ in range(5):
            guest = Guest(kernel, files={f"/{number}": b"x" * 10_000 for number in range(50)})
            guest.process.stdin.close()
            try:
                assert len(guest.fs.export(format="zip")) > 1000
            except KernelError as error:
                assert error.code == "WASM_PROCESS_ENDED"  # noqa: PT017 - either is right
            assert guest.process.wait().reason == "exited"


class TestInTheKernelsOwnThread:
    MODULE = b"\0asm\1\0\0\0"

    def test_an_inline_instance_answers_the_same_at_once(self, kernel: HostKernel) -> None:
        answer = inline(
            kernel,
            """
            instance = await make(module, tree=(TreeEntry("/d/f", "file", b"old"),))
            control = instance.control
            before = bytearray(b"given")
            control("files.write", "/new/g", before)
            before[:] = b"other"
            control("files.rename", "/d", "/e")
            control("files.make_directory", "/made")
            codes = [
                code_of(control, "files.read", "/no"),
                code_of(control, "files.delete", "/e"),
                code_of(control, "files.write", "/e/f/x", b""),
            ]
            told = control("files.stat", "/e/f")
            archive = await control("files.export", "/", "zip")
            count = await control("files.import", "/again", archive)
            await control("files.mount", {"path": "/m", "readOnly": True, "kind": "archive", "bytes": archive})
            again = {"path": "/m", "readOnly": True, "kind": "memory", "tree": []}
            codes += [
                await later_code_of(control("files.mount", again)),
                await later_code_of(control("files.import", "/x", b"nothing")),
                code_of(control, "files.delete", "/m", True),
            ]
            control("files.delete", "/again", True)
            result = [control("files.list"), control("files.read", "/new/g"), control("files.read", "/m/e/f"), codes]
            result += [told["size"], isinstance(told["mtime"], int), count, control("files.quota")["bytes"]]
            """,
            module=self.MODULE,
        )
        codes = [MISSING, "WASM_DIRECTORY_NOT_EMPTY", NOT_DIRECTORY, "WASM_MOUNT_BUSY", ARCHIVE, BUSY]
        assert answer == [["/e/f", "/m/e/f", "/m/new/g", "/new/g"], b"given", b"old", codes, 3, True, 5, 8]

    def test_a_disposed_instance_lets_go_of_its_store(self, kernel: HostKernel) -> None:
        inline(
            kernel,
            """
            instance = await make(module)
            await instance.control("files.mount", {"path": "/p", "readOnly": False, "kind": "opfs", "name": "inline"})
            """,
            module=self.MODULE,
        )
        guest = Guest(kernel)
        for _ in range(PATIENCE * 10):
            try:
                guest.fs.mount("/p", Persistent("inline"))
                break
            except KernelError as error:  # its lock goes a moment after the instance
                assert error.code == "WASM_MOUNT_BUSY"  # noqa: PT017
        assert guest.do("ls|/p") == "ok"
