"""The files of a context without an engine: the operations and codes of static/process/control/files.mjs."""

from __future__ import annotations

import contextlib
import io
import tarfile
import zipfile
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aikernel_web import KernelError, NotSupportedError, Quota, WasmProcessOptions, WasmRuntimeContext

NAMES = st.sampled_from(["a", "b", "c", "é", "z" * 255])
PATHS = st.lists(NAMES, min_size=1, max_size=3).map(lambda names: "/" + "/".join(names))


def context(quota: Quota | None = None) -> WasmRuntimeContext:
    return WasmRuntimeContext(options=WasmProcessOptions(quota=quota or Quota()))


def files(*paths: str) -> WasmRuntimeContext:
    made = context()
    for path in paths:
        made.write_file(path, path.encode())
    return made


def refusal(made: WasmRuntimeContext, operation: str, *args: Any) -> str:
    before = made.control("state.save")
    with pytest.raises(KernelError) as raised:
        made.control(operation, *args)
    assert made.control("state.save") == before
    return raised.value.code


def code_of(made: WasmRuntimeContext, operation: str, *args: Any) -> str | None:
    try:
        made.control(operation, *args)
    except KernelError as error:
        return error.code
    return None


class TestDepth:
    """Trees may be deeper than Python may recurse."""

    DEEP = "/a" * 1900

    def test_a_deep_tree_is_listed_saved_copied_and_deleted(self) -> None:
        made = files(f"{self.DEEP}/file")
        assert made.list_files() == [f"{self.DEEP}/file"]
        other = context()
        other.restore_state(made.save_state())
        assert other.list_files() == made.list_files()
        packed = made.control("files.export", "/", "zip")
        assert other.control("files.import", "/", packed) == 1901
        other.control("files.delete", "/a", True)
        assert other.control("files.quota")["files"] == 1

    def test_a_path_longer_than_a_program_can_say_is_refused(self) -> None:
        assert refusal(context(), "files.write", "/a" * 2048, b"") == "WASM_PATH_INVALID"
        assert refusal(context(), "files.read", "/" + "é/" * 2000) == "WASM_PATH_INVALID"


class TestLooking:
    def test_lists_are_sorted_by_code_point(self) -> None:
        made = files("/b", "/a/z", "/a/é", "/Z", "/a/\U0001f600", "/a/\ufb01")
        assert made.control("files.list") == ["/Z", "/a/z", "/a/é", "/a/\ufb01", "/a/\U0001f600", "/b"]
        assert made.control("files.list", "/a") == ["/a/z", "/a/é", "/a/\ufb01", "/a/\U0001f600"]
        entries = made.control("files.entries", "/")
        assert [(entry["name"], entry["kind"], entry["size"]) for entry in entries] == [
            ("Z", "file", 2),
            ("a", "directory", 4096),
            ("b", "file", 2),
        ]

    def test_times_are_the_contexts(self) -> None:
        made = context()
        made.advance_time(2)
        made.write_file("/a/b", b"123")
        assert made.control("files.stat", "//a/./b") == {
            "path": "/a/b",
            "kind": "file",
            "size": 3,
            "links": 1,
            "atime": 2_000_000_000,
            "mtime": 2_000_000_000,
            "ctime": 2_000_000_000,
        }
        assert made.control("files.stat", "/")["kind"] == "directory"


class TestChanging:
    def test_files_are_deleted_and_renamed(self) -> None:
        made = files("/a/b", "/a/c", "/d")
        made.control("files.rename", "/a/b", "/d")
        made.control("files.make_directory", "/e/f")
        made.control("files.make_directory", "/e/f")
        made.control("files.rename", "/a", "/e/f")
        made.control("files.delete", "/d")
        assert made.list_files() == ["/e/f/c"]
        made.control("files.delete", "/e", True)
        assert made.control("files.quota") == {"bytes": 0, "bytesLimit": 1 << 30, "files": 1, "filesLimit": 1_000_000}

    @pytest.mark.parametrize(
        ("operation", "args", "code"),
        [
            ("files.read", ("/none",), "WASM_FILE_NOT_FOUND"),
            ("files.read", ("/a",), "WASM_FILE_IS_DIRECTORY"),
            ("files.read", ("/d/x",), "WASM_FILE_NOT_DIRECTORY"),
            ("files.read", ("a",), "WASM_PATH_INVALID"),
            ("files.read", ("",), "WASM_PATH_INVALID"),
            ("files.read", ("/a/../d",), "WASM_PATH_INVALID"),
            ("files.read", ("/\0",), "WASM_PATH_INVALID"),
            ("files.read", ("/\ud800",), "WASM_PATH_INVALID"),
            ("files.read", ("/" + "é" * 128,), "WASM_PATH_INVALID"),
            ("files.entries", ("/d",), "WASM_FILE_NOT_DIRECTORY"),
            ("files.list", ("/none",), "WASM_FILE_NOT_FOUND"),
            ("files.write", ("/a", b""), "WASM_FILE_IS_DIRECTORY"),
            ("files.write", ("/d/x", b""), "WASM_FILE_NOT_DIRECTORY"),
            ("files.write", ("/", b""), "WASM_FILE_IS_DIRECTORY"),
            ("files.make_directory", ("/d",), "WASM_FILE_EXISTS"),
            ("files.make_directory", ("/d/x",), "WASM_FILE_NOT_DIRECTORY"),
            ("files.delete", ("/none",), "WASM_FILE_NOT_FOUND"),
            ("files.delete", ("/a",), "WASM_DIRECTORY_NOT_EMPTY"),
            ("files.delete", ("/",), "WASM_FILE_BUSY"),
            ("files.rename", ("/none", "/x"), "WASM_FILE_NOT_FOUND"),
            ("files.rename", ("/a", "/a/b/c"), "WASM_FILE_NOT_DIRECTORY"),
            ("files.rename", ("/a", "/a/x"), "WASM_PATH_INVALID"),
            ("files.rename", ("/d", "/a"), "WASM_FILE_IS_DIRECTORY"),
            ("files.rename", ("/a", "/d"), "WASM_FILE_NOT_DIRECTORY"),
            ("files.rename", ("/e", "/a"), "WASM_DIRECTORY_NOT_EMPTY"),
            ("files.import", ("/", b"no archive"), "WASM_ARCHIVE_INVALID"),
            ("files.import", ("/", b"PK\3\4 no archive"), "WASM_ARCHIVE_INVALID"),
            ("files.export", ("/", "rar"), "WASM_ARCHIVE_INVALID"),
            ("files.mount", ({"path": "/p", "kind": "opfs", "name": "x"},), "WASM_MOUNTS_UNSUPPORTED"),
            ("files.mount", ({"path": "/", "kind": "memory"},), "WASM_MOUNT_INVALID"),
        ],
    )
    def test_refusals_have_codes_and_change_nothing(self, operation: str, args: tuple[Any, ...], code: str) -> None:
        assert refusal(files("/a/b", "/d", "/e/f"), operation, *args) == code

    def test_links_are_followed_and_told(self) -> None:
        made = context()
        archive = io.BytesIO()
        with tarfile.open(fileobj=archive, mode="w") as tar:
            for name, target in (("l", "d/f"), ("up", "../x"), ("round", "round"), ("abs", "/d")):
                member = tarfile.TarInfo(name)
                member.type, member.linkname = tarfile.SYMTYPE, target
                tar.addfile(member)
        made.write_file("/d/f", b"1")
        assert made.control("files.import", "/", archive.getvalue()) == 4
        assert made.read_file("/l") == b"1"
        assert made.control("files.stat", "/l")["target"] == "d/f"
        assert refusal(made, "files.read", "/round") == "WASM_PATH_INVALID"
        for outside in ("/up", "/abs/f"):
            assert refusal(made, "files.read", outside) == "WASM_PATH_INVALID"
        made.write_file("/l", b"2")
        assert made.read_file("/d/f") == b"2"

    @given(st.lists(st.tuples(st.sampled_from(["write", "delete", "rename", "make"]), PATHS, PATHS), max_size=20))
    def test_whatever_is_done_the_counts_are_right(self, steps: list[tuple[str, str, str]]) -> None:
        made = context()
        for step, path, other in steps:
            operation, args = {
                "write": ("files.write", (path, other.encode())),
                "delete": ("files.delete", (path, True)),
                "rename": ("files.rename", (path, other)),
                "make": ("files.make_directory", (path,)),
            }[step]
            with contextlib.suppress(KernelError):
                made.control(operation, *args)
        listed = made.control("files.list")
        assert listed == sorted(listed)
        assert made.control("files.quota")["bytes"] == sum(len(made.read_file(path)) for path in listed)
        everything, waiting = 0, ["/"]
        while waiting:
            at = waiting.pop()
            for entry in made.control("files.entries", at):
                everything += 1
                if entry["kind"] == "directory":
                    waiting.append(f"{at}/{entry['name']}")
        assert made.control("files.quota")["files"] == 1 + everything


class TestQuota:
    def test_what_goes_beyond_is_refused_whole(self) -> None:
        made = context(Quota(bytes=10, files=4))
        made.write_file("/a", bytes(6))
        assert refusal(made, "files.write", "/b", bytes(5)) == "WASM_FILE_QUOTA"
        assert refusal(made, "files.write", "/d/e/f", b"") == "WASM_FILE_QUOTA"
        assert refusal(made, "files.make_directory", "/d/e/f") == "WASM_FILE_QUOTA"
        made.write_file("/a", bytes(10))
        made.write_file("/d/e", b"")
        assert made.control("files.quota") == {"bytes": 10, "bytesLimit": 10, "files": 4, "filesLimit": 4}

    def test_an_archive_that_unpacks_to_more_is_not_unpacked(self) -> None:
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("zeros", bytes(1_000_000))
        assert refusal(context(Quota(bytes=1000)), "files.import", "/", packed.getvalue()) == "WASM_FILE_QUOTA"


class TestArchives:
    @pytest.mark.parametrize("kind", ["tar", "tar.gz", "zip"])
    def test_a_tree_returns(self, kind: str) -> None:
        made = files("/a/b", "/a/c/d", "/é")
        made.control("files.make_directory", "/empty")
        packed = made.control("files.export", "/", kind)
        assert packed == made.control("files.export", "/", kind)
        other = context()
        assert other.control("files.import", "/in", packed) == 6
        assert other.list_files() == ["/in/a/b", "/in/a/c/d", "/in/é"]
        assert other.read_file("/in/a/c/d") == b"/a/c/d"
        assert other.control("files.entries", "/in/empty") == []

    def test_one_that_leads_out_is_refused(self) -> None:
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            archive.writestr("fine", "1")
            archive.writestr("../out", "2")
        assert refusal(context(), "files.import", "/", packed.getvalue()) == "WASM_ARCHIVE_INVALID"

    @given(st.binary(max_size=200), st.sampled_from([b"", b"PK\3\4", b"\x1f\x8b"]))
    def test_bytes_of_any_kind_are_refused_or_read(self, data: bytes, head: bytes) -> None:
        codes = {"WASM_ARCHIVE_INVALID", "WASM_PATH_INVALID", "WASM_FILE_NOT_DIRECTORY"}
        assert code_of(context(), "files.import", "/", head + data) in {None, *codes}

    @given(st.sampled_from(["tar", "tar.gz", "zip"]), st.data())
    def test_damaged_ones_are_refused_or_read(self, kind: str, data: st.DataObject) -> None:
        packed = bytearray(files("/a/b", "/c").control("files.export", "/", kind))
        for _ in range(data.draw(st.integers(1, 5))):
            packed[data.draw(st.integers(0, len(packed) - 1))] = data.draw(st.integers(0, 255))
        cut = data.draw(st.integers(0, len(packed)))
        code = code_of(context(), "files.import", "/", bytes(packed[:cut]))
        assert code is None or code.startswith("WASM_")

    def test_mounts_are_trees_of_their_own(self) -> None:
        made = files("/m/hidden")
        tree = [{"path": "/a", "kind": "file", "bytes": b"1"}, {"path": "/d", "kind": "directory"}]
        made.control("files.mount", {"path": "/m", "kind": "memory", "readOnly": True, "tree": tree})
        assert made.list_files() == ["/m/a"]
        for operation, args in (
            ("files.write", ("/m/a", b"")),
            ("files.write", ("/m/x/y", b"")),
            ("files.delete", ("/m/a",)),
            ("files.rename", ("/m/a", "/a")),
            ("files.make_directory", ("/m/x",)),
        ):
            assert refusal(made, operation, *args) == "WASM_FILE_READ_ONLY"
        packed = files("/x").control("files.export", "/", "zip")
        made.control("files.mount", {"path": "/z", "kind": "archive", "readOnly": False, "bytes": packed})
        made.write_file("/z/y", b"")
        assert made.list_files() == ["/m/a", "/z/x", "/z/y"]

    def test_what_is_no_mount_is_refused(self) -> None:
        device = {"path": "/m", "kind": "memory", "tree": [{"path": "/x", "kind": "device"}]}
        for mount in (
            None,
            {"kind": "memory"},
            {"path": "/m", "kind": "memory"},
            {"path": "/m", "kind": "archive"},
            device,
        ):
            assert refusal(context(), "files.mount", mount) == "WASM_MOUNT_INVALID"

    def test_stores_and_handles_need_a_browser(self) -> None:
        with pytest.raises(NotSupportedError, match="WASM_MOUNTS_UNSUPPORTED"):
            context().control("files.mount", {"path": "/p", "kind": "directory"})


def test_directories_that_are_alike_are_not_the_same() -> None:
    made = context()
    made.control("files.make_directory", "/a")
    made.control("files.make_directory", "/b")
    made.control("files.rename", "/a", "/b/a")
    assert [entry["name"] for entry in made.control("files.entries", "/b")] == ["a"]
