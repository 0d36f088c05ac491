from __future__ import annotations

import base64
import csv
import hashlib
import io
import json
import re
import zipfile
from pathlib import Path

import pytest

from aikernel_web.host.errors import HostError
from aikernel_web.host.progress import SilentProgress
from aikernel_web.host.site import programs
from aikernel_web.host.site.assemble import MARK, assemble
from aikernel_web.host.site.builder import _gather
from aikernel_web.host.site.cache import Cache
from aikernel_web.host.site.context import BuildContext
from aikernel_web.host.site.lock import own_lock
from aikernel_web.host.site.packages import VENDOR, WHEELS, NpmPackage
from aikernel_web.host.site.sources import Project, find_sources, project_of
from aikernel_web.host.site.wheel import browser_wheel, wheel_name

PROJECT = Project("aikernel-web", "1.2.3", "Words.", "Apache-2.0", ">=3.11")
REPOSITORY = Path(__file__).parents[3]


def make_package(root: Path, *, line_end: bytes = b"\n") -> Path:
    files = {
        "__init__.py": b'"""Doc."""' + line_end + b"x = 1" + line_end,
        "py.typed": b"",
        "runtime/__init__.py": b"y = 2" + line_end,
        "runtime/__pycache__/x.cpython-311.pyc": b"compiled",
        "runtime/data.bin": b"\r\n\0",
        "host/__init__.py": b"import aiohttp",
        "host/site/sources/index.html": b"",
        ".hidden": b"",
    }
    for name, content in files.items():
        path = root / "aikernel_web" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return root / "aikernel_web"


def test_the_browser_wheel_holds_the_package_without_the_host(tmp_path: Path) -> None:
    names = zipfile.ZipFile(io.BytesIO(browser_wheel(make_package(tmp_path), PROJECT))).namelist()
    assert names == [
        "aikernel_web/__init__.py",
        "aikernel_web/py.typed",
        "aikernel_web/runtime/__init__.py",
        "aikernel_web/runtime/data.bin",
        "aikernel_web-1.2.3.dist-info/METADATA",
        "aikernel_web-1.2.3.dist-info/RECORD",
        "aikernel_web-1.2.3.dist-info/WHEEL",
    ]


def test_the_browser_wheel_has_the_same_bytes_wherever_it_is_made(tmp_path: Path) -> None:
    unix = browser_wheel(make_package(tmp_path / "a"), PROJECT)
    windows = browser_wheel(make_package(tmp_path / "b", line_end=b"\r\n"), PROJECT)
    assert unix == windows
    archive = zipfile.ZipFile(io.BytesIO(unix))
    assert {(entry.compress_type, entry.create_system, entry.date_time) for entry in archive.infolist()} == {
        (zipfile.ZIP_STORED, 3, (1980, 1, 1, 0, 0, 0))
    }
    assert archive.read("aikernel_web/runtime/data.bin") == b"\r\n\0"


def test_the_record_lists_every_file_with_its_hash(tmp_path: Path) -> None:
    archive = zipfile.ZipFile(io.BytesIO(browser_wheel(make_package(tmp_path), PROJECT)))
    rows = list(csv.reader(archive.read("aikernel_web-1.2.3.dist-info/RECORD").decode().splitlines()))
    assert sorted(row[0] for row in rows) == sorted(archive.namelist())
    for name, digest, size in rows:
        if digest:
            content = archive.read(name)
            expected = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
            assert (digest, int(size)) == (f"sha256={expected}", len(content))
    metadata = archive.read("aikernel_web-1.2.3.dist-info/METADATA").decode()
    assert "Name: aikernel-web\nVersion: 1.2.3\n" in metadata


def test_the_projects_own_wheel_needs_nothing_of_the_host() -> None:
    sources = find_sources()
    archive = zipfile.ZipFile(io.BytesIO(browser_wheel(sources.package, project_of(sources))))
    names = archive.namelist()
    assert "aikernel_web/py.typed" in names
    assert not [name for name in names if "/host/" in name]


def test_the_lock_names_three_packages_and_where_they_are() -> None:
    original = {"info": {"abi_version": "2026_0", "arch": "wasm32", "platform": "emscripten_5_0_3", "python": "3.14.2"}}
    lock = json.loads(own_lock(original, WHEELS, PROJECT, wheel_name(PROJECT), "ab" * 32))
    assert lock["info"] == {**original["info"], "platform": "pyemscripten_2026_0"}
    assert sorted(lock["packages"]) == ["aikernel-web", "micropip", "numpy"]
    own = lock["packages"]["aikernel-web"]
    assert own["file_name"] == "aikernel_web-1.2.3-py3-none-any.whl"
    assert own["imports"] == ["aikernel_web"]
    assert own["sha256"] == "ab" * 32
    numpy = lock["packages"]["numpy"]
    assert numpy["sha256"] == "0cad9c1b91f0082e4f959bc0e0bf5835a2efbba6ab3b1e9d1fe6e7e564cca98e"
    for entry in lock["packages"].values():
        assert entry["depends"] == []
        assert {"install_dir", "package_type", "unvendored_tests", "version", "name"} <= set(entry)


def test_assembling_writes_only_what_changed_and_removes_what_is_stale(tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.write_bytes(b"1")
    site = tmp_path / "site"
    files: dict[str, Path | bytes] = {"index.html": source, "static/a/b.mjs": b"b", MARK: b"{}"}
    assert set(assemble(site, files)) == set(files)
    assert assemble(site, files) == []
    source.write_bytes(b"2")
    del files["static/a/b.mjs"]
    assert set(assemble(site, files)) == {"index.html", "static/a/b.mjs", MARK}
    assert {path.relative_to(site).as_posix() for path in site.rglob("*")} == {"index.html", "static", MARK}
    assert (site / "index.html").read_bytes() == b"2"


def test_an_interrupted_assembly_has_no_mark_and_is_finished_by_the_next(tmp_path: Path) -> None:
    site = tmp_path / "site"
    with pytest.raises(HostError) as caught:
        assemble(site, {"index.html": b"x", "static/b": tmp_path / "missing", MARK: b"{}"})
    assert caught.value.code == "SITE_DISK_FAILED"
    assert not (site / MARK).exists()
    assemble(site, {"index.html": b"x", MARK: b"{}"})
    assert {path.relative_to(site).as_posix() for path in site.rglob("*")} == {"index.html", "static", MARK}


def test_a_folder_with_other_things_is_not_touched(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(HostError) as caught:
        assemble(tmp_path, {MARK: b"{}"})
    assert caught.value.code == "SITE_TARGET_OCCUPIED"
    assert (tmp_path / "thesis.txt").read_text() == "years of work"


def test_the_site_has_every_file_that_it_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The real gathering, with empty stand-ins for what is downloaded."""

    def npm_package(_: BuildContext, package: NpmPackage) -> Path:
        folder = tmp_path / package.name.replace("/", "-")
        for member in [*package.members, *(member for owner, member, _ in VENDOR if owner is package)]:
            path = folder / member
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text('{"info": {"python": "3.14.2"}}')
        return folder

    def pinned_wheel(_: BuildContext, wheel: object) -> Path:
        return npm_package(None, NpmPackage("wheel", "1", "", 0, (wheel.file_name,))) / wheel.file_name  # type: ignore[arg-type,attr-defined]

    def compile_wat(_: BuildContext, text: Path) -> Path:
        return text

    monkeypatch.setattr("aikernel_web.host.site.builder.npm_package", npm_package)
    monkeypatch.setattr("aikernel_web.host.site.builder.pinned_wheel", pinned_wheel)
    monkeypatch.setattr(programs, "npm_package", npm_package)
    monkeypatch.setattr(programs, "compile_wat", compile_wat)
    sources = find_sources()
    files = _gather(BuildContext(SilentProgress(), Cache(tmp_path / "cache")), sources, project_of(sources))
    site = json.loads(files[MARK])  # type: ignore[arg-type]
    for download in site["downloads"]:
        content = files[f"static/{download['url']}"]
        assert download["bytes"] == (len(content) if isinstance(content, bytes) else content.stat().st_size)
        assert download["label"]
    assert f"static/{site['lock']}" in files
    assert site["packages"] == ["numpy", "micropip", "aikernel-web"]
    assert site["pyodide"] == {"version": "314.0.7", "base": "vendor/pyodide/"}
    for program in json.loads(files["static/programs/index.json"]):  # type: ignore[arg-type]
        assert set(program) == {"name", "url", "bytes", "summary", "licence"}
        assert f"static/programs/{program['url']}" in files
    assert "static/tsconfig.json" not in files


def test_sources_without_a_page_are_told_by_code(tmp_path: Path) -> None:
    with pytest.raises(HostError) as caught:
        find_sources(tmp_path / "aikernel_web")
    assert caught.value.code == "SITE_SOURCE_MISSING"


def test_an_installed_package_finds_its_sources_inside(tmp_path: Path) -> None:
    package = make_package(tmp_path)
    (package / "host/site/sources/static").mkdir()
    sources = find_sources(package)
    assert sources.checkout is None
    assert set(sources.served()) == {"index.html"}


def test_the_text_of_hello_says_what_its_data_holds() -> None:
    """The lengths in hello.wat are written by hand beside each text."""
    text = (REPOSITORY / "static/programs/hello.wat").read_text(encoding="utf-8")
    for address, content, length in (
        (64, r"Hello from WebAssembly!\n", 24),
        (96, r"My arguments:\n", 14),
        (128, r"Say something; an empty line ends.\n", 35),
        (192, "You said: ", 10),
        (208, r"Goodbye!\n", 9),
    ):
        assert f'(data (i32.const {address}) "{content}")' in text
        assert len(content.replace(r"\n", "\n")) == length
        assert f"(call $print (i32.const {address}) (i32.const {length}))" in text


def test_the_text_of_rain_says_what_its_data_holds() -> None:
    text = (REPOSITORY / "static/programs/rain.wat").read_text(encoding="utf-8")
    for address, content in re.findall(r'\(data \(i32.const (\d+)\) "(.*)"\)', text):
        length = len(content.replace(r"\n", "\n"))
        assert f'"{content}")' in text
        assert f"(i32.const {address}) (i32.const {length})" in text
