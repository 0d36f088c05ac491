"""What ``files`` and ``mounts`` become: one tree, mounts beside it, and the directories that are opened."""

from __future__ import annotations

import io
import os
import sys
import zipfile
from pathlib import Path

import pytest

from aikernel_web.host import Archive, HostError, Memory, Persistent, ReadOnly
from aikernel_web.host.mounts import MountSource
from aikernel_web.host.tree import build_tree, read_module


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "sub" / "empty").mkdir(parents=True)
    (tmp_path / "a.txt").write_bytes(b"A")
    (tmp_path / "sub" / "b.txt").write_bytes(b"B")
    return tmp_path


def test_without_mounts_the_root_is_open(folder: Path) -> None:  # noqa: ARG001 - nothing of it appears
    tree = build_tree({"/in.txt": "text"}, {})
    assert tree == {
        "files": {"/in.txt": b"text"},
        "directories": [],
        "symlinks": {},
        "mounts": [],
        "preopens": ["/"],
    }


@pytest.mark.parametrize(
    ("guest", "base", "preopens"),
    [
        ("/", "", ["/"]),
        ("/data", "/data", ["/data", "/"]),
        ("fs-tests.dir", "/fs-tests.dir", ["fs-tests.dir", "/"]),
        ("/deep/er/", "/deep/er", ["/deep/er/", "/"]),
    ],
)
def test_a_directory_is_copied_into_the_tree_under_its_guest_path(
    folder: Path, guest: str, base: str, preopens: list[str]
) -> None:
    tree = build_tree({}, {guest: folder})
    assert tree["files"] == {f"{base}/a.txt": b"A", f"{base}/sub/b.txt": b"B"}
    assert set(tree["directories"]) == {f"{base}/sub", f"{base}/sub/empty"} | ({base} if base else set())
    assert tree["preopens"] == preopens
    assert tree["mounts"] == []


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights there")
def test_links_stay_links(folder: Path) -> None:
    (folder / "link").symlink_to("sub/b.txt")
    (folder / "dangling").symlink_to(os.sep + "nowhere")
    assert build_tree({}, {"/": folder})["symlinks"] == {"/link": "sub/b.txt", "/dangling": "/nowhere"}


def test_a_read_only_directory_is_a_mount_of_its_own(folder: Path) -> None:
    tree = build_tree({}, {"/data": ReadOnly(folder)})
    (mount,) = tree["mounts"]
    assert (mount["path"], mount["kind"], mount["readOnly"]) == ("/data", "memory", True)
    assert mount["files"] == {"/a.txt": b"A", "/sub/b.txt": b"B"}
    assert mount["directories"] == ["/sub", "/sub/empty"]
    assert (tree["files"], tree["preopens"]) == ({}, ["/data", "/"])


def test_the_other_kinds_cross_as_they_are_given(tmp_path: Path) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("x", "y")
    (tmp_path / "a.zip").write_bytes(packed.getvalue())
    mounts = build_tree(
        {},
        {
            "/from-path": Archive(tmp_path / "a.zip"),
            "/from-bytes": Archive(packed.getvalue(), read_only=False),
            "kept": Persistent("store"),
            "/memory": Memory({"a": "text", "/b/c": b"bytes"}),
        },
    )["mounts"]
    assert mounts == [
        {"path": "/from-path", "kind": "archive", "readOnly": True, "bytes": packed.getvalue()},
        {"path": "/from-bytes", "kind": "archive", "readOnly": False, "bytes": packed.getvalue()},
        {"path": "/kept", "kind": "opfs", "readOnly": False, "name": "store"},
        {"path": "/memory", "kind": "memory", "readOnly": False, "files": {"/a": b"text", "/b/c": b"bytes"}},
    ]


@pytest.mark.parametrize("kind", [str, ReadOnly, Archive])
def test_what_is_not_there_is_refused(tmp_path: Path, kind: type) -> None:
    with pytest.raises(HostError) as refused:
        build_tree({}, {"/data": kind(str(tmp_path / "nothing"))})
    assert refused.value.code == "MOUNT_INVALID"


@pytest.mark.parametrize("kind", ["ReadOnly", "Memory"])
@pytest.mark.parametrize("guest", ["/", "/data"])
def test_files_are_laid_over_a_mount_in_memory(folder: Path, kind: str, guest: str) -> None:
    source = ReadOnly(folder) if kind == "ReadOnly" else Memory({"a.txt": "A", "sub/b.txt": "B"})
    base = guest.rstrip("/")
    given: dict[str, bytes | str] = {f"{base}/a.txt": "over", f"{base}/new/c.txt": b"C", "/other": "O"}
    tree = build_tree(given, {guest: source})
    (mount,) = tree["mounts"]
    expected = {"/a.txt": b"over", "/sub/b.txt": b"B", "/new/c.txt": b"C"}
    assert mount["files"] == (expected if base else {**expected, "/other": b"O"})
    assert tree["files"] == ({"/other": b"O"} if base else {})


@pytest.mark.parametrize(
    ("mounts", "path"),
    [
        ({"/": Archive(b"")}, "/x"),
        ({"/notes": Persistent("notes")}, "/notes/deep/x"),
        ({"/": Memory(), "/lib/": Archive(b"")}, "/lib/x"),
        ({"/m": Memory()}, "/m"),
    ],
)
def test_a_file_that_a_mount_would_hide_is_refused(mounts: dict[str, MountSource], path: str) -> None:
    with pytest.raises(HostError, match="would be hidden by") as refused:
        build_tree({path: ""}, mounts)
    assert refused.value.code == "MOUNT_INVALID"


@pytest.mark.parametrize("outer", [Archive(b""), Persistent("notes"), Memory()])
def test_a_host_directory_below_a_mount_becomes_one_too(folder: Path, outer: MountSource) -> None:
    tree = build_tree({"/data/c.txt": "C"}, {"/data": folder, "/": outer})
    inner = next(mount for mount in tree["mounts"] if mount["path"] == "/data")
    assert (inner["kind"], inner["readOnly"]) == ("memory", False)
    assert inner["files"] == {"/a.txt": b"A", "/sub/b.txt": b"B", "/c.txt": b"C"}
    assert (tree["files"], tree["directories"]) == ({}, [])


def test_two_mounts_at_one_place_are_refused(folder: Path) -> None:
    with pytest.raises(HostError, match="'/data' and 'data/'") as refused:
        build_tree(None, {"/data": folder, "data/": Memory()})
    assert refused.value.code == "MOUNT_INVALID"


def test_what_is_no_mount_is_refused() -> None:
    with pytest.raises(TypeError, match="ReadOnly, Archive, Persistent or Memory"):
        build_tree(None, {"/data": 3})  # type: ignore[dict-item]


def test_an_empty_program_is_refused(tmp_path: Path) -> None:
    (tmp_path / "cut.wasm").touch()
    for program in (b"", tmp_path / "cut.wasm"):
        with pytest.raises(HostError, match="is empty") as refused:
            read_module(program, tmp_path)
        assert refused.value.code == "PROGRAM_EMPTY"
