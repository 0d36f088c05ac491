"""What ``files`` and ``mounts`` become: one tree, mounts beside it, and the directories that are opened."""

from __future__ import annotations

import io
import os
import sys
import zipfile
from pathlib import Path

import pytest

from aikernel_web.host import Archive, HostError, Memory, Persistent, ReadOnly
from aikernel_web.host.tree import build_tree


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
