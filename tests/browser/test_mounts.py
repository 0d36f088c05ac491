"""Mount points, read-only mounts, quotas and hidden names, through a C program in the real browser."""

from __future__ import annotations

import tarfile
from typing import TYPE_CHECKING, ClassVar

import pytest
from mount_operations import link, ops, run, tar_of

from aikernel_web.contracts.engine import Quota
from aikernel_web.contracts.errors import KernelError
from aikernel_web.host import Archive, Memory, ReadOnly

if TYPE_CHECKING:
    from pathlib import Path

    from aikernel_web.host import HostKernel


class TestMountPoints:
    def test_a_mount_hides_what_had_the_name(self, kernel: HostKernel, tmp_path: Path) -> None:
        (tmp_path / "m").mkdir()
        (tmp_path / "m" / "old").write_text("o")
        said = ops(kernel, "ls|/m", "cat|/m/new", mounts={"/": tmp_path, "/m": Memory({"/new": b"n"})})
        assert said == ["ok new", "ok n"]

    def test_a_mount_point_is_made_where_there_is_none(self, kernel: HostKernel) -> None:
        assert ops(kernel, "ls|/", "ls|/a/b", mounts={"/a/b/c": Memory({"x": b""})}) == ["ok a", "ok c"]

    def test_mounts_nest_whatever_their_order(self, kernel: HostKernel) -> None:
        mounts = {"/a/b": Memory({"inner": b"i"}), "/a": Memory({"outer": b"o", "b/hidden": b"h"})}
        assert ops(kernel, "ls|/a", "ls|/a/b", mounts=mounts) == ["ok b outer", "ok inner"]

    def test_a_mount_can_be_the_root(self, kernel: HostKernel) -> None:
        said = ops(kernel, "ls|/", "write|/w|x", "write|/dev/null|x", mounts={"/": Memory({"d/f": b""})})
        assert said == ["ok d", "ok", "ok"]

    def test_two_mounts_at_one_place_are_refused(self, kernel: HostKernel) -> None:
        with pytest.raises(KernelError) as refused:
            run(kernel, ["ls|/"], mounts={"/a": Memory(), "/a/": Memory()})
        assert refused.value.code == "MOUNT_INVALID"

    def test_names_do_not_move_between_mounts(self, kernel: HostKernel) -> None:
        lines = [
            "mv|/f|/m/f",
            "mv|/m/g|/g",
            "ln|/f|/m/f",
            "ln|/m/g|/g",
            "mv|/m/g|/n/g",
            "mv|/m/g|/m/h",
            "dev|/m|/m/h",
            "dev|/m|/",
        ]
        said = ops(kernel, *lines, files={"/f": b""}, mounts={"/m": Memory({"g": b""}), "/n": Memory()})
        assert said == ["EXDEV"] * 5 + ["ok", "ok same", "ok different"]

    def test_a_mount_point_cannot_be_removed_or_renamed(self, kernel: HostKernel) -> None:
        # The dot keeps the path from starting at the preopened directory of the mount, where its name would be ".".
        lines = ["rmdir|/a/./m", "mv|/a/./m|/a/n", "mv|/a/d|/a/./m", "rm|/a/./m", "mv|/a|/b", "ls|/b/m"]
        said = ops(kernel, *lines, files={"/a/d/x": b""}, mounts={"/a/m": Memory()})
        assert said[3] == "EISDIR"
        assert said[:3] == ["EBUSY", "EBUSY", "EBUSY"]
        assert said[4:] == ["ok", "ok"]

    def test_memory_mounts_are_among_the_files_left(self, kernel: HostKernel) -> None:
        done = run(kernel, ["write|/m/new|x"], mounts={"/m": Memory({"old": b"o"})})
        assert done.files("/") == {"/m/new": b"x", "/m/old": b"o"}


class TestReadOnly:
    LINES = (
        "write|/m/f|x",
        "append|/m/f|x",
        "overwrite|/m/f|x",
        "write|/m/new|x",
        "mkdir|/m/new",
        "rmdir|/m/d",
        "rm|/m/f",
        "mv|/m/f|/m/g",
        "ln|/m/f|/m/g",
        "symlink|f|/m/g",
        "touch|/m/f|1|1",
        "truncate|/m/f|0",
        "rm|/m/nothing",
        "rmdir|/m/nothing",
    )

    @pytest.mark.parametrize("kind", ["memory", "archive", "host directory"])
    def test_every_change_is_refused(self, kernel: HostKernel, kind: str, tmp_path: Path) -> None:
        (tmp_path / "d").mkdir()
        (tmp_path / "f").write_bytes(b"kept")
        mount = {
            "memory": Memory({"f": b"kept", "d/x": b""}, read_only=True),
            "archive": Archive(tar_of(("f", b"kept", {}), ("d", None, {"type": tarfile.DIRTYPE}))),
            "host directory": ReadOnly(tmp_path),
        }[kind]
        said = ops(kernel, *self.LINES, "cat|/m/f", mounts={"/m": mount})
        assert said == ["EROFS"] * len(self.LINES) + ["ok kept"]

    def test_what_comes_before_comes_before(self, kernel: HostKernel) -> None:
        lines = [
            "mkdir|/m/f",
            "create|/m/f|x",
            "symlink|x|/m/f",
            "mkdir|/m/no/new",
            "write|/m/d|x",
            "write|/m/f/x|x",
            "mv|/m/f|/f",
        ]
        said = ops(kernel, *lines, mounts={"/m": Memory({"f": b"", "d/x": b""}, read_only=True)})
        assert said == ["EEXIST", "EEXIST", "EEXIST", "ENOENT", "EISDIR", "ENOTDIR", "EXDEV"]


class TestEscapes:
    SECRET: ClassVar = {"/secret": b"s", "/d/secret": b"s"}

    def test_a_way_up_ends_at_the_open_directory(self, kernel: HostKernel) -> None:
        lines = [
            "cat|/m/../secret",
            "cat|/m/x/../../secret",
            "cat|/m/up/secret",
            "cat|/m/root",
            "ls|/m/x/../..",
            "cat|/m/x/../f",
        ]
        members = [
            ("f", b"fine", {}),
            ("x/y", b"", {}),
            link("up", ".."),
            link("root", "/secret"),
        ]
        said = ops(kernel, *lines, files=self.SECRET, mounts={"/m": Archive(tar_of(*members))})
        assert said == ["EPERM"] * 5 + ["ok fine"]

    def test_a_link_out_of_a_mount_leads_on_from_a_directory_above(self, kernel: HostKernel) -> None:
        # As in Linux: ".." of a mount's root is the directory that it is mounted in.
        members = [link("out", "../secret")]
        said = ops(
            kernel,
            "cat|/d/m/out",
            files=self.SECRET,
            mounts={"/d": Memory({"secret": b"s"}), "/d/m": Archive(tar_of(*members))},
        )
        assert said == ["EPERM"]


class TestQuotas:
    def test_bytes_end_with_enospc_and_come_back(self, kernel: HostKernel) -> None:
        lines = [
            "fill|/a|5000",
            "fill|/b|9000",
            "append|/b|x",
            "rm|/a",
            "fill|/c|9000",
            "truncate|/b|1000",
            "fill|/d|9000",
            "ls|/",
        ]
        said = ops(kernel, *lines, quota=Quota(bytes=10_000))
        assert said == [
            "ok 5000",
            "ok 5000 ENOSPC",
            "ENOSPC",
            "ok",
            "ok 5000 ENOSPC",
            "ok",
            "ok 4000 ENOSPC",
            "ok b c d",
        ]

    def test_what_did_not_fit_left_nothing_broken(self, kernel: HostKernel) -> None:
        done = run(kernel, ["fill|/a|3000", "append|/a|abcdef"], quota=Quota(bytes=3003))
        assert done.stdout == b"ok 3000 \nok short 3\n"
        assert done.files("/") == {"/a": b"x" * 3000 + b"abc"}

    def test_bytes_of_a_file_without_a_name_count_until_it_is_closed(self, kernel: HostKernel) -> None:
        lines = ["fill|/a|8000", "keep|0|/a", "rm|/a", "fill|/b|8000", "drop|0", "fill|/c|8000"]
        said = ops(kernel, *lines, quota=Quota(bytes=10_000))
        assert said == ["ok 8000", "ok", "ok", "ok 2000 ENOSPC", "ok", "ok 8000"]

    def test_a_hole_costs_nothing(self, kernel: HostKernel) -> None:
        lines = [
            "truncate|/a|500000000",
            "poke|/a|400000000|x",
            "poke|/b|300000000|end",
            "truncate|/b|300000001",
            "stat|/a",
            "stat|/b",
            "rm|/a",
            "rm|/b",
        ]
        said = ops(kernel, "write|/a|", *lines, quota=Quota(bytes=200_000))
        assert said[1:5] == ["ok", "ok", "ok", "ok"]
        assert said[5].startswith("ok f size 500000000 ")
        assert said[6].startswith("ok f size 300000001 ")

    def test_files_end_with_enospc_and_come_back(self, kernel: HostKernel) -> None:
        lines = [
            "many|/|100|x",
            "mkdir|/d",
            "symlink|f0|/l",
            "ln|/f0|/l",
            "rm|/f1",
            "mkdir|/d",
            "rmdir|/d",
            "create|/g|x",
            "create|/h|x",
        ]
        said = ops(kernel, *lines, quota=Quota(files=20))
        assert said == ["ok 19 ENOSPC", "ENOSPC", "ENOSPC", "ok", "ok", "ok", "ok", "ok", "ENOSPC"]

    def test_what_the_host_gives_is_taken_whatever_the_quota(self, kernel: HostKernel) -> None:
        said = ops(kernel, "cat|/a", "append|/a|x", "create|/b|", files={"/a": b"12345"}, quota=Quota(bytes=3, files=1))
        assert said == ["ok 12345", "ENOSPC", "ENOSPC"]

    def test_descriptors_end_with_enfile(self, kernel: HostKernel) -> None:
        said = ops(kernel, "open|/a|100", "create|/b|x", "ls|/", files={"/a": b""}, quota=Quota(descriptors=20))
        assert said == ["ok 16 ENFILE", "ENFILE", "ENFILE"]

    def test_memory_mounts_share_the_quota(self, kernel: HostKernel) -> None:
        said = ops(kernel, "fill|/m/a|3000", "fill|/a|3000", mounts={"/m": Memory()}, quota=Quota(bytes=4000))
        assert said == ["ok 3000", "ok 1000 ENOSPC"]


class TestHiddenNames:
    def test_devices_are_there_and_do_not_show(self, kernel: HostKernel) -> None:
        lines = [
            "ls|/",
            "write|/dev/null|x",
            "rmdir|/dev",
            "mv|/dev|/d",
            "mkdir|/dev",
            "ls|/",
            "create|/dev/null|x",
            "cat|/dev/null",
        ]
        done = run(kernel, lines)
        assert done.stdout.decode().split("\n")[:-1] == ["ok", "ok", "ENOENT", "ENOENT", "ok", "ok dev", "ok", "ok x"]
        assert done.files("/") == {"/dev/null": b"x"}

    def test_nothing_can_be_made_among_them(self, kernel: HostKernel) -> None:
        lines = ["write|/dev/new|x", "mkdir|/dev/new", "rm|/dev/null", "mv|/dev/null|/n", "ln|/dev/null|/n"]
        assert ops(kernel, *lines) == ["EROFS", "EROFS", "EROFS", "EXDEV", "EXDEV"]
