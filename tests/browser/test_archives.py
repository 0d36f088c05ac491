"""Archives as file systems, with Python's tarfile and zipfile as oracles, through a C program in the real browser."""

from __future__ import annotations

import base64
import gzip
import io
import struct
import tarfile
import zipfile
from typing import TYPE_CHECKING, Any

import pytest
from mount_operations import TarMember, link, ops, run, symlink_in_zip, tar_of, zip_of, zip_with_links

from aikernel_web.contracts.engine import Quota
from aikernel_web.host import Archive

if TYPE_CHECKING:
    from aikernel_web.host import HostKernel


def test_a_tar_is_what_tarfile_says(kernel: HostKernel) -> None:
    long = "/".join(["directory-with-a-long-name"] * 3) + "/file"
    very_long = "/".join(["directory-with-a-long-name"] * 8) + "/file"
    members = [
        ("./", None, {"type": tarfile.DIRTYPE, "mtime": 1}),
        ("empty", b"", {"mtime": 2}),
        ("block", b"b" * 512, {"mtime": 3}),
        ("d/more", b"m" * 70_000, {"mtime": 1_700_000_000}),
        (long, b"long", {"mtime": 4}),
        (very_long, b"longer", {"mtime": 4}),
        ("ünïcödé/日本", b"name", {"mtime": 5}),
        ("hard", None, {"type": tarfile.LNKTYPE, "linkname": "d/more"}),
        link("soft", "d/../" + long),
        ("pipe", None, {"type": tarfile.FIFOTYPE}),
    ]
    lines = [
        "ls|/t",
        "sum|/t/d/more",
        "sum|/t/hard",
        "stat|/t/hard",
        "cat|/t/soft",
        "cat|/t/ünïcödé/日本",
        "stat|/t/empty",
        "readlink|/t/soft",
        f"cat|/t/{very_long}",
    ]
    answers = []
    for form in (tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT):
        data = tar_of(*members, format=form)
        answers += [ops(kernel, *lines, mounts={"/t": Archive(packed)}) for packed in (data, gzip.compress(data))]
    assert all(answer == answers[0] for answer in answers)
    assert answers[0][0] == "ok block d directory-with-a-long-name empty hard soft ünïcödé"
    assert answers[0][1] == answers[0][2]
    assert answers[0][1].startswith("ok 70000 ")
    assert answers[0][3:] == [
        "ok f size 70000 links 2 time 1700000000.000000000",
        "ok long",
        "ok name",
        "ok f size 0 links 1 time 2.000000000",
        f"ok d/../{long}",
        "ok longer",
    ]


def test_times_in_a_pax_archive_are_exact(kernel: HostKernel) -> None:
    data = tar_of(("f", b"", {"pax_headers": {"mtime": "1234567890.123456789"}}), format=tarfile.PAX_FORMAT)
    said = ops(kernel, "stat|/t/f", mounts={"/t": Archive(data)})
    assert said == ["ok f size 0 links 1 time 1234567890.123456789"]


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED], ids=["stored", "deflated"])
def test_a_zip_is_what_zipfile_says(kernel: HostKernel, method: int) -> None:
    data = zip_of(("d/one", b"1" * 70_000), ("empty", b""), ("ünï/日本", b"name"), ("folder/", b""), method=method)
    said = ops(
        kernel,
        "ls|/z",
        "sum|/z/d/one",
        "cat|/z/ünï/日本",
        "stat|/z/empty",
        "ls|/z/folder",
        mounts={"/z": Archive(data)},
    )
    assert said[0] == "ok d empty folder ünï"
    assert said[1].startswith("ok 70000 ")
    assert said[2:] == ["ok name", "ok f size 0 links 1 time 1709209858.000000000", "ok"]


def test_a_zip_has_links_of_unix_and_something_before_it(kernel: HostKernel) -> None:
    made = io.BytesIO(b"#!/bin/sh\nexit 1\n" * 3)
    with zipfile.ZipFile(made, "a") as archive:
        archive.writestr("d/f", "contents")
        archive.writestr(symlink_in_zip("link"), "d/f")
        archive.comment = b"PK\5\6 is no end"
    said = ops(kernel, "cat|/z/link", "readlink|/z/link", mounts={"/z": Archive(made.getvalue())})
    assert said == ["ok contents", "ok d/f"]


def test_a_zip64_is_read(kernel: HostKernel) -> None:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive, archive.open("big", "w", force_zip64=True) as member:
        member.write(b"sixty-four")
    many = io.BytesIO()
    with zipfile.ZipFile(many, "w") as archive:
        for number in range(65_540):
            archive.writestr(zipfile.ZipInfo(f"{number % 256}/{number}"), b"")
    assert ops(kernel, "cat|/z/big", mounts={"/z": Archive(made.getvalue())}) == ["ok sixty-four"]
    assert ops(kernel, "stat|/z/3/65539", mounts={"/z": Archive(many.getvalue())})[0].startswith("ok f size 0")


def test_a_writable_archive_is_changed_in_memory_only(kernel: HostKernel) -> None:
    data = zip_of(("d/a", b"aaa"), ("d/b", b"bbb"), ("d/c", b"ccc"))
    lines = [
        "append|/z/d/a|+",
        "write|/z/d/new|n",
        "rm|/z/d/b",
        "mv|/z/d/c|/z/c",
        "mkdir|/z/e",
        "ls|/z/d",
        "cat|/z/d/a",
        "cat|/z/c",
    ]
    done = run(kernel, lines, mounts={"/z": Archive(data, read_only=False)})
    assert done.stdout.decode().splitlines()[5:] == ["ok a new", "ok aaa+", "ok ccc"]
    # What was not changed is the caller's already.
    assert done.files("/") == {"/z/d/a": b"aaa+", "/z/d/new": b"n"}
    assert ops(kernel, "cat|/z/d/a", mounts={"/z": Archive(data)}) == ["ok aaa"]


def test_what_was_only_read_is_not_among_the_files_at_the_end(kernel: HostKernel) -> None:
    data = zip_of(("empty", b""), ("full", b"x"))
    done = run(kernel, ["cat|/z/empty", "cat|/z/full"], mounts={"/z": Archive(data, read_only=False)})
    assert (done.stdout.decode().splitlines(), done.files("/")) == (["ok ", "ok x"], {})


def test_an_unpacked_file_that_is_changed_counts(kernel: HostKernel) -> None:
    data = zip_of(("a", b"x" * 5000), ("b", b"y" * 5000))
    lines = ["sum|/z/a", "sum|/z/b", "append|/z/a|+", "append|/z/b|+", "truncate|/z/b|0", "write|/z/b|new", "cat|/z/b"]
    said = ops(kernel, *lines, mounts={"/z": Archive(data, read_only=False)}, quota=Quota(bytes=6000))
    assert said[2:] == ["ok", "ENOSPC", "ok", "ok", "ok new"]


@pytest.mark.parametrize(
    "name",
    ["../x", "a/../../x", "a/..", "x\0y", "n" * 256, "/".join(["d" * 200] * 21)],
    ids=["up", "down and up", "up at the end", "NUL", "a long name", "a long path"],
)
def test_a_hostile_name_is_refused(kernel: HostKernel, name: str) -> None:
    tar = tar_of(("f", b"x", {"pax_headers": {"path": name}}), format=tarfile.PAX_FORMAT)
    # zipfile would clean the name: it is put in afterwards.
    plain = "q" * len(name.encode())
    zipped = zip_of((plain, b"x")).replace(plain.encode(), name.encode())
    for data in (tar, zipped):
        done = run(kernel, ["ls|/"], mounts={"/m": Archive(data)})
        assert (done.reason, done.code) == ("invalid", "WASM_ARCHIVE_INVALID"), name


def test_an_absolute_name_lies_within_the_mount(kernel: HostKernel) -> None:
    data = tar_of(("/etc/passwd", b"root", {}))
    assert ops(kernel, "cat|/m/etc/passwd", "ls|/", mounts={"/m": Archive(data)}) == ["ok root", "ok m"]


@pytest.mark.parametrize(
    "members",
    [
        [("a", b"x", {}), ("a/b", b"y", {})],
        [("a/b", b"y", {}), ("a", b"x", {})],
        [link("s", "/"), ("s/x", b"", {})],
        [("h", None, {"type": tarfile.LNKTYPE, "linkname": "h"})],
        [("h", None, {"type": tarfile.LNKTYPE, "linkname": "../../secret"})],
        [("d", None, {"type": tarfile.DIRTYPE}), ("h", None, {"type": tarfile.LNKTYPE, "linkname": "d"})],
    ],
    ids=[
        "below a file",
        "over a directory",
        "through a link",
        "a link to itself",
        "a link out",
        "a link to a directory",
    ],
)
def test_members_that_contradict_each_other_are_refused(kernel: HostKernel, members: Any) -> None:
    done = run(kernel, ["ls|/"], mounts={"/m": Archive(tar_of(*members))})
    assert (done.reason, done.code) == ("invalid", "WASM_ARCHIVE_INVALID")


def test_of_two_members_with_one_name_the_later_counts(kernel: HostKernel) -> None:
    data = tar_of(
        ("f", b"first", {}), ("d/x", b"", {}), ("f", b"second", {}), ("d", None, {"type": tarfile.DIRTYPE, "mtime": 7})
    )
    said = ops(kernel, "cat|/m/f", "ls|/m/d", "stat|/m/d", mounts={"/m": Archive(data)})
    assert said[:2] == ["ok second", "ok x"]
    assert said[2].endswith("time 7.000000000")


def test_links_that_go_round_are_a_loop(kernel: HostKernel) -> None:
    members = [link(a, b) for a, b in [("a", "b"), ("b", "a"), ("c", "c/c")]]
    assert ops(kernel, "cat|/m/a", "cat|/m/c", mounts={"/m": Archive(tar_of(*members))}) == ["ELOOP", "ELOOP"]


def test_bytes_that_are_no_archive_are_refused(kernel: HostKernel) -> None:
    whole = tar_of(("f", b"x" * 5000, {}))
    zipped = zip_of(("f", b"x" * 5000))
    damaged = bytearray(whole)
    damaged[3] ^= 1
    for data in (
        b"",
        b"nothing of the kind" * 100,
        whole[:2000],
        bytes(damaged),
        zipped[:-1],
        gzip.compress(whole)[:-9],
        gzip.compress(b"no tar"),
    ):
        done = run(kernel, ["ls|/"], mounts={"/m": Archive(data)})
        assert (done.reason, done.code) == ("invalid", "WASM_ARCHIVE_INVALID")


def test_damaged_contents_are_an_error_where_they_are_read(kernel: HostKernel) -> None:
    data = zip_of(("good", b"good"), ("bad", b"contents"), method=zipfile.ZIP_STORED).replace(b"contents", b"c0ntents")
    assert ops(kernel, "cat|/m/good", "cat|/m/bad", mounts={"/m": Archive(data)}) == ["ok good", "ok EIO"]


def test_a_file_that_promises_more_than_it_can_hold_is_not_unpacked(kernel: HostKernel) -> None:
    data = bytearray(zip_of(("bomb", b"x" * 5000)))
    at = data.index(b"PK\1\2")
    struct.pack_into("<I", data, at + 24, 2_000_000_000)
    assert ops(kernel, "cat|/m/bomb", mounts={"/m": Archive(bytes(data))}) == ["ok EIO"]


def test_encrypted_and_unknown_members_say_so_when_they_are_read(kernel: HostKernel) -> None:
    data = bytearray(zip_of(("a", b"x"), ("b", b"y"), method=zipfile.ZIP_STORED))
    first = data.index(b"PK\1\2")
    second = data.index(b"PK\1\2", first + 1)
    data[first + 8] |= 1
    struct.pack_into("<H", data, second + 10, 12)
    assert ops(kernel, "cat|/m/a", "cat|/m/b", "stat|/m/b", mounts={"/m": Archive(bytes(data))})[:2] == [
        "ok EACCES",
        "ok ENOTSUP",
    ]


def test_more_names_than_the_quota_are_refused(kernel: HostKernel) -> None:
    data = tar_of(*((f"f{number}", b"", {}) for number in range(200)))
    done = run(kernel, ["ls|/"], mounts={"/m": Archive(data)}, quota=Quota(files=100))
    assert (done.reason, done.code) == ("invalid", "WASM_ARCHIVE_INVALID")


# Mounts mutations of an archive without a program around them, and reads whatever is there. A linear congruential
# generator (Numerical Recipes, 7.1) makes each run the same.
MUTATE = """async ([archive, rounds]) => {
  const at = (name) => import(`/static/process/${name}.mjs`);
  const [{ Clock }, { FileSystem }, { loadArchive }] = await Promise.all(
    ["clock", "fs/filesystem", "fs/mount-archive"].map(at));
  const original = Uint8Array.from(atob(archive), (letter) => letter.charCodeAt(0));
  let seed = 12345;
  const random = (limit) => Math.floor(((seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0) / 2 ** 32) * limit);
  const odd = [0, 1, 2, 47, 46, 127, 128, 255];
  const outcomes = { mounted: 0, refused: 0, unreadable: 0 };
  for (let round = 0; round < rounds; round++) {
    let bytes = original.slice();
    for (let changes = 1 + random(6); changes > 0; changes--) {
      const place = random(bytes.length);
      const kind = random(4);
      if (kind === 0) bytes[place] = random(256);
      else if (kind === 1) bytes[place] = odd[random(odd.length)];
      else if (kind === 2) bytes.copyWithin(place, random(bytes.length), random(bytes.length));
      else if (random(4) === 0) bytes = bytes.slice(0, 1 + place);
    }
    const fs = new FileSystem(new Clock());
    const root = fs.addVolume({ readOnly: false, handover: "changes" });
    try {
      await loadArchive(fs, root, bytes);
      outcomes.mounted++;
    } catch (error) {
      if (error.code !== "WASM_ARCHIVE_INVALID") throw error;
      outcomes.refused++;
      continue;
    }
    const buffer = new Uint8Array(65536);
    const pending = [root];
    for (let directory = pending.pop(); directory !== undefined; directory = pending.pop()) {
      for (const [name, inode] of directory.entries) {
        if (name === "" || name === "." || name === ".." || /[\\0/]/.test(name)) throw new Error(`a name: ${name}`);
        if (inode.entries !== undefined) pending.push(inode);
        else if (inode.read !== undefined && inode.read(0, buffer, 0, 65536) < 0) outcomes.unreadable++;
      }
    }
  }
  return outcomes;
}"""


@pytest.mark.parametrize("kind", ["tar", "GNU tar", "zip", "tar.gz"])
def test_a_mutated_archive_is_mounted_or_refused(kernel: HostKernel, kind: str) -> None:
    long = "d/" * 60 + "f"
    members: list[TarMember] = [
        ("a", b"contents" * 200, {}),
        (long, b"x", {"mtime": 1.5}),
        link("l", "a"),
        ("b", b"", {}),
    ]
    tar = tar_of(*members, format=tarfile.GNU_FORMAT if kind == "GNU tar" else tarfile.PAX_FORMAT)
    zipped = zip_with_links({"a": b"contents" * 200, long: b"x", "l": "a", "b": b""})
    data = {"zip": zipped, "tar.gz": gzip.compress(tar)}.get(kind, tar)
    outcomes = kernel.page.evaluate(MUTATE, [base64.b64encode(data).decode(), 3000])
    assert sum((outcomes["mounted"], outcomes["refused"])) == 3000
    assert outcomes["refused"] > 0
