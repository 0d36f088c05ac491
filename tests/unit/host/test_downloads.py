"""How downloads are verified and cut, with local files and made programs in the place of the network."""

from __future__ import annotations

import functools
import hashlib
import http.server
import io
import os
import socket
import stat
import sys
import tarfile
import threading
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from aikernel_web.host.errors import HostError
from aikernel_web.host.progress import SilentProgress
from aikernel_web.host.site import node, npm, packages, pypi
from aikernel_web.host.site.builder import run_all
from aikernel_web.host.site.cache import Cache, integrity_of
from aikernel_web.host.site.context import BuildContext
from aikernel_web.host.site.fetch import fetch
from aikernel_web.host.site.node import Node
from aikernel_web.host.site.packages import NpmPackage, Wheel
from aikernel_web.host.site.tools import ToolError, complaint_of, run_tool

PINNED = [value for value in vars(packages).values() if isinstance(value, NpmPackage)]


@pytest.fixture
def context(tmp_path: Path) -> BuildContext:
    return BuildContext(SilentProgress(), Cache(tmp_path / "cache"))


@pytest.fixture
def web(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """A real web server of a folder: (address, folder)."""
    folder = tmp_path / "web"
    folder.mkdir()

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", folder
    server.shutdown()
    thread.join()
    server.server_close()


def tarball(path: Path, files: dict[str, bytes], *, link: str | None = None) -> Path:
    with tarfile.open(path, "w:gz") as archive:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
        if link:
            entry = tarfile.TarInfo(link)
            entry.type = tarfile.SYMTYPE
            entry.linkname = "/etc/passwd"
            archive.addfile(entry)
    return path


def package(*members: str, integrity: str = "sha512-x") -> NpmPackage:
    return NpmPackage("@some/thing", "1.2.3", integrity, 100, members)


def fake_npm(folder: Path, tar: Path | None) -> Node:
    """An npm that copies a tarball where `npm pack` would put it, or fails as npm does without a network."""
    script = folder / "npm.py"
    action = (
        f"import shutil; shutil.copy({str(tar)!r}, sys.argv[sys.argv.index('--pack-destination') + 1])"
        if tar
        else "sys.stderr.write('npm error code ECONNREFUSED\\n'); sys.exit(1)"
    )
    script.write_text(f"import sys\nopen({str(folder / 'calls')!r}, 'a').write('x')\n{action}\n")
    return Node((sys.executable,), (sys.executable, str(script)))


@pytest.mark.parametrize("pinned", PINNED, ids=lambda pinned: pinned.name)
def test_every_npm_package_is_pinned_by_version_and_sha512(pinned: NpmPackage) -> None:
    assert pinned.integrity.startswith("sha512-")
    assert len(pinned.integrity) == len("sha512-") + 88
    assert pinned.version[0].isdigit()
    assert pinned.members


def test_only_the_wanted_members_are_written(tmp_path: Path) -> None:
    tar = tarball(
        tmp_path / "a.tgz",
        {"package/lib/a.js": b"a", "package/lib/b.js": b"b", "package/lib/big.bin": b"c", "package/LICENSE": b"l"},
    )
    npm.extract_members(tar, package("lib/*.js", "LICENSE"), tmp_path / "out")
    files = {path.relative_to(tmp_path / "out").as_posix() for path in (tmp_path / "out").rglob("*") if path.is_file()}
    assert files == {"lib/a.js", "lib/b.js", "LICENSE", "sealed.json"}


def test_members_that_leave_the_folder_and_links_are_passed_over(tmp_path: Path) -> None:
    tar = tarball(
        tmp_path / "a.tgz",
        {"package/ok": b"", "package/../../evil": b"", "package/a\\..\\evil": b""},
        link="package/link",
    )
    npm.extract_members(tar, package("*", "ok"), tmp_path / "deep" / "out")
    assert sorted(path.name for path in (tmp_path / "deep").rglob("*")) == ["ok", "out", "sealed.json"]
    assert not list(tmp_path.rglob("*evil"))


def test_a_missing_member_is_an_error_by_code(tmp_path: Path) -> None:
    tar = tarball(tmp_path / "a.tgz", {"package/a": b"a"})
    with pytest.raises(HostError) as caught:
        npm.extract_members(tar, package("b"), tmp_path / "out")
    assert caught.value.code == "SITE_MEMBER_MISSING"


def test_an_npm_package_is_fetched_once_and_again_when_its_members_are_damaged(
    context: BuildContext, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tar = tarball(tmp_path / "thing.tgz", {"package/a": b"content"})
    monkeypatch.setattr(npm, "find_node", lambda _: fake_npm(tmp_path, tar))
    wanted = package("a", integrity=integrity_of(tar))
    folder = npm.npm_package(context, wanted)
    npm.npm_package(context, wanted)
    assert (tmp_path / "calls").read_text() == "x"
    (folder / "a").write_bytes(b"cut")
    assert (npm.npm_package(context, wanted) / "a").read_bytes() == b"content"
    assert (tmp_path / "calls").read_text() == "xx"


def test_an_npm_package_is_fetched_again_only_for_members_that_nobody_wanted_yet(
    context: BuildContext, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tar = tarball(tmp_path / "thing.tgz", {"package/a": b"content", "package/b": b"more"})
    monkeypatch.setattr(npm, "find_node", lambda _: fake_npm(tmp_path, tar))
    npm.npm_package(context, package("a", integrity=integrity_of(tar)))
    both = npm.npm_package(context, package("a", "b", integrity=integrity_of(tar)))
    npm.npm_package(context, package("a", integrity=integrity_of(tar)))
    assert (tmp_path / "calls").read_text() == "xx"
    assert ((both / "a").read_bytes(), (both / "b").read_bytes()) == (b"content", b"more")


def test_an_npm_package_with_a_wrong_hash_leaves_nothing(
    context: BuildContext, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tar = tarball(tmp_path / "thing.tgz", {"package/a": b"content"})
    monkeypatch.setattr(npm, "find_node", lambda _: fake_npm(tmp_path, tar))
    with pytest.raises(HostError) as caught:
        npm.npm_package(context, package("a"))
    assert caught.value.code == "SITE_HASH_MISMATCH"
    left = [path for path in context.cache.root.rglob("*") if path.is_file() and path.suffix != ".lock"]
    assert left == []


def test_an_unreachable_registry_is_told_with_npms_words(
    context: BuildContext, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(npm, "find_node", lambda _: fake_npm(tmp_path, None))
    with pytest.raises(HostError) as caught:
        npm.npm_package(context, package("a"))
    assert caught.value.code == "SITE_DOWNLOAD_FAILED"
    assert "ECONNREFUSED" in str(caught.value)
    assert "npm config list" in str(caught.value)


def test_a_file_is_fetched_from_the_web(context: BuildContext, tmp_path: Path, web: tuple[str, Path]) -> None:
    address, folder = web
    content = os.urandom(200_000)
    (folder / "file").write_bytes(content)
    fetch(context, f"{address}/file", tmp_path / "got", title="Fetching", timeout=5)
    assert (tmp_path / "got").read_bytes() == content


def test_a_missing_file_and_a_dead_server_are_download_errors(
    context: BuildContext, tmp_path: Path, web: tuple[str, Path]
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        dead = f"http://127.0.0.1:{listener.getsockname()[1]}/x"
    for url in (f"{web[0]}/missing", dead):
        with pytest.raises(HostError) as caught:
            fetch(context, url, tmp_path / "got", title="Fetching", timeout=5)
        assert caught.value.code == "SITE_DOWNLOAD_FAILED"


def test_a_connection_that_ends_early_is_a_download_error(context: BuildContext, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def answer() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.recv(4096)
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nshort")

        thread = threading.Thread(target=answer)
        thread.start()
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/"
        with pytest.raises(HostError) as caught:
            fetch(context, url, tmp_path / "got", title="Fetching", timeout=5)
        thread.join()
    assert caught.value.code == "SITE_DOWNLOAD_FAILED"


def test_the_hash_decides_where_a_wheel_comes_from(
    context: BuildContext, web: tuple[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    address, folder = web
    (folder / "thing.whl").write_bytes(b"tampered")

    def pip(_context: BuildContext, command: list[str], **_: object) -> str:
        out = Path(command[command.index("--dest") + 1])
        with zipfile.ZipFile(out / "holder.whl", "w") as archive:
            archive.writestr("inside/thing.whl", b"genuine")
        return ""

    monkeypatch.setattr(pypi, "run_tool", pip)
    wheel = Wheel(
        label="Thing",
        name="thing",
        version="1",
        file_name="thing.whl",
        sha256=hashlib.sha256(b"genuine").hexdigest(),
        imports=(),
        requirement="holder==1",
        python_version="3.11",
        bytes=7,
        url=f"{address}/thing.whl",
        member="inside/thing.whl",
    )
    assert pypi.pinned_wheel(context, wheel).read_bytes() == b"genuine"
    (folder / "thing.whl").unlink()
    assert pypi.pinned_wheel(context, wheel).read_bytes() == b"genuine"
    assert not list(context.cache.root.rglob("holder.whl"))


def test_a_wheel_that_nobody_gives_out_is_told_by_code(
    context: BuildContext, web: tuple[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    def pip(*_: object, **__: object) -> str:
        raise ToolError(1, "No matching distribution found")

    monkeypatch.setattr(pypi, "run_tool", pip)
    wheel = Wheel("Thing", "thing", "1", "thing.whl", "0" * 64, (), "thing==1", "3.11", 7, url=f"{web[0]}/no")
    with pytest.raises(HostError) as caught:
        pypi.pinned_wheel(context, wheel)
    assert caught.value.code == "SITE_DOWNLOAD_FAILED"
    assert "No matching distribution" in str(caught.value)


def executable(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(path.stat().st_mode | stat.S_IXUSR)


@pytest.mark.skipif(os.name == "nt", reason="makes shell scripts")
@pytest.mark.parametrize(
    ("version", "npm_there", "found"), [("v20.1.0", True, True), ("v20.1.0", False, False), ("v12.22.9", True, False)]
)
def test_the_machines_node_counts_when_it_is_new_and_has_npm(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: str, npm_there: bool, found: bool
) -> None:
    executable(tmp_path / "bin/node", f"#!/bin/sh\necho {version}\n")
    if npm_there:
        executable(tmp_path / "bin/npm", "#!/bin/sh\n")
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    assert (node.node_of_machine() is not None) is found


def test_no_node_and_no_network_is_told_by_code(
    context: BuildContext, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    def pip(*_: object, **__: object) -> str:
        raise ToolError(1, "No matching distribution found")

    monkeypatch.setattr(node, "run_tool", pip)
    with pytest.raises(HostError) as caught:
        node.find_node(context)
    assert caught.value.code == "SITE_NODE_MISSING"
    assert "apt-get install nodejs npm" in str(caught.value)


def test_a_failed_program_is_quoted(context: BuildContext, tmp_path: Path) -> None:
    with pytest.raises(ToolError) as caught:
        run_tool(context, [sys.executable, "-c", "import sys; sys.exit('no such luck')"], cwd=tmp_path)
    assert (caught.value.code, caught.value.said) == (1, "no such luck")
    with pytest.raises(ToolError) as caught:
        run_tool(context, [str(tmp_path / "nothing")], cwd=tmp_path)
    assert caught.value.code == 127


@pytest.mark.parametrize(
    ("said", "complaint"),
    [
        (
            "npm warn old\nnpm error code ECONNREFUSED\nnpm error errno ECONNREFUSED\nnpm error     at f (x.js:1)\n",
            "npm error code ECONNREFUSED\nnpm error errno ECONNREFUSED",
        ),
        ("npm ERR! code E404\n", "npm ERR! code E404"),
        ("WARNING: x\nERROR: No matching distribution\n\n", "ERROR: No matching distribution"),
        ("".join(f"{n}\n" for n in range(20)), "12\n13\n14\n15\n16\n17\n18\n19"),
        ("", ""),
    ],
)
def test_of_what_a_failed_program_said_the_errors_are_kept(said: str, complaint: str) -> None:
    assert complaint_of(said) == complaint


def test_one_failure_stops_the_other_tasks(context: BuildContext, tmp_path: Path) -> None:
    def fail() -> None:
        raise HostError("no", code="SITE_DOWNLOAD_FAILED")

    def sleep() -> None:
        run_tool(context, [sys.executable, "-c", "import time; time.sleep(60)"], cwd=tmp_path)

    with pytest.raises(HostError) as caught:
        run_all(context, {"sleep": sleep, "fail": fail})
    assert caught.value.code == "SITE_DOWNLOAD_FAILED"
