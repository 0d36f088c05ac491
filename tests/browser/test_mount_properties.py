"""Random trees and operations: every kind of mount does what a folder does on wasmtime, and nothing gets out of it."""

from __future__ import annotations

import tarfile
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

import wasmtime
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from mount_operations import link, ops, tar_of, zip_with_links
from programs import compile_program

from aikernel_web.host import Archive, Memory, Persistent

if TYPE_CHECKING:
    from aikernel_web.host import HostKernel

SECRET = "do-not-tell"
NAMES = st.sampled_from(["a", "b", "c", "dd"])
TARGETS = st.sampled_from(
    [
        "a",
        "b",
        "c/a",
        "..",
        "../a",
        "../secret",
        "../../secret",
        "../m/a",
        "/secret",
        "/m/a",
        ".",
        "a/",
        "b/..",
        "dd/../a",
        "a/b/c",
    ]
)
PLACES = st.lists(NAMES, min_size=1, max_size=3).map("/".join)
PATHS = st.builds(
    lambda parts, slash: "/m/" + "/".join(parts) + slash,
    st.lists(st.one_of(NAMES, NAMES, NAMES, st.sampled_from(["..", ".", "secret", "m"])), min_size=1, max_size=5),
    st.sampled_from(["", "", "", "/"]),
)
TEXTS = st.sampled_from(["x", "longer text", ""])
LINES = st.one_of(
    st.builds("{}|{}".format, st.sampled_from(["ls", "cat", "readlink", "mkdir", "rmdir", "rm"]), PATHS),
    st.builds("{}|{}|{}".format, st.sampled_from(["write", "append", "create", "overwrite"]), PATHS, TEXTS),
    st.builds("{}|{}|{}".format, st.sampled_from(["mv", "ln"]), PATHS, PATHS),
    st.builds("symlink|{}|{}".format, TARGETS, PATHS),
    st.builds("truncate|{}|{}".format, PATHS, st.integers(0, 20)),
)
# Place -> contents, or the target of a link; what is below a file or a link is left out.
TREES = st.dictionaries(PLACES, st.one_of(TEXTS.map(str.encode), TARGETS), max_size=8)


def consistent(tree: dict[str, bytes | str]) -> dict[str, bytes | str]:
    """Return what of a tree can be together: no names below what is no directory."""
    return {
        place: what
        for place, what in tree.items()
        if not any(other != place and place.startswith(f"{other}/") for other in tree)
    }


def on_wasmtime(tree: dict[str, bytes | str], lines: list[str]) -> list[str]:
    """Do what the lines say in a real folder, with a secret beside it."""
    with tempfile.TemporaryDirectory() as scratch:
        folder, out = Path(scratch, "m"), Path(scratch, "out")
        folder.mkdir()
        Path(scratch, "secret").write_text(SECRET)
        archive = Path(scratch, "tree.tar")
        archive.write_bytes(tar_of(*members(tree)))
        with tarfile.open(archive) as packed:
            packed.extractall(folder, filter="fully_trusted")
        wasi = wasmtime.WasiConfig()
        wasi.argv = ("mount_ops", *lines)
        wasi.stdout_file = str(out)
        wasi.preopen_dir(str(folder), "/m")
        engine = wasmtime.Engine()
        store = wasmtime.Store(engine)
        store.set_wasi(wasi)
        linker = wasmtime.Linker(engine)
        linker.define_wasi()
        instance = linker.instantiate(store, wasmtime.Module.from_file(engine, str(compile_program("mount_ops"))))
        start = instance.exports(store)["_start"]
        assert isinstance(start, wasmtime.Func)
        start(store)
        store.close()
        return [line.rstrip() for line in out.read_text().splitlines()]


def members(tree: dict[str, bytes | str]) -> list[tuple[str, bytes | None, dict[str, object]]]:
    return [link(place, what) if isinstance(what, str) else (place, what, {}) for place, what in tree.items()]


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(tree=TREES.map(consistent), lines=st.lists(LINES, min_size=5, max_size=25))
@example(
    tree={"a": "../secret", "b/c": b"x"}, lines=["cat|/m/a", "cat|/m/../secret", "cat|/m/b/../../secret", "ls|/m/b"]
)
def test_mounts_do_what_a_folder_does(kernel: HostKernel, tree: dict[str, bytes | str], lines: list[str]) -> None:
    expected = on_wasmtime(tree, lines)
    assert SECRET not in str(expected)
    outside = {"/secret": SECRET}
    for pack in (tar_of(*members(tree)), zip_with_links(tree)):
        said = ops(kernel, *lines, files=outside, mounts={"/m": Archive(pack, read_only=False)})
        assert said == expected
    files = {place: what for place, what in tree.items() if isinstance(what, bytes)}
    links = [f"symlink|{what}|/m/{place}" for place, what in tree.items() if isinstance(what, str)]
    if not any(target.startswith("symlink|/") for target in links):
        folders = sorted({f"mkdir|/m/{parent}" for place in tree for parent in parents(place)}, key=len)
        made = [*folders, *links]
        name = str(uuid4())
        for mount in (Memory(files), Persistent(name)):
            put = (
                []
                if isinstance(mount, Memory)
                else [f"write|/m/{place}|{what.decode()}" for place, what in files.items()]
            )
            said = ops(kernel, *made, *put, *lines, files=outside, mounts={"/m": mount})
            assert said[len(made) + len(put) :] == expected
        # What was saved is what the next program finds.
        look = [
            f"{op}|/m/{place}" for place in sorted({*tree, "a", "b", "a/b", "b/a"}) for op in ("ls", "cat", "readlink")
        ]
        assert ops(kernel, *look, mounts={"/m": Persistent(name)}) == on_wasmtime(tree, [*lines, *look])[len(lines) :]


def parents(place: str) -> list[str]:
    parts = place.split("/")[:-1]
    return ["/".join(parts[: depth + 1]) for depth in range(len(parts))]
