from __future__ import annotations

import base64
import hashlib
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from aikernel_web.host.errors import HostError
from aikernel_web.host.progress import SilentProgress
from aikernel_web.host.site.cache import Cache, sha256_of, verify, write_atomically


@pytest.fixture
def cache(tmp_path: Path) -> Cache:
    return Cache(tmp_path / "cache")


def test_the_environment_variable_moves_the_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("AIKERNEL_WEB_CACHE", str(tmp_path / "elsewhere"))
    assert Cache().root == tmp_path / "elsewhere"


def test_a_workspace_vanishes_even_when_the_work_fails(cache: Cache) -> None:
    def work() -> None:
        with cache.workspace() as folder:
            (folder / "half").write_bytes(b"x")
            raise RuntimeError("on purpose")

    with pytest.raises(RuntimeError, match="on purpose"):
        work()
    assert list((cache.root / "tmp").iterdir()) == []


def test_a_kept_folder_takes_the_place_of_an_older_one(cache: Cache) -> None:
    for content in (b"old", b"new"):
        with cache.workspace() as work:
            made = work / "made"
            made.mkdir()
            (made / "file").write_bytes(content)
            kept = cache.keep_folder(made, "npm/thing-1")
    assert (kept / "file").read_bytes() == b"new"
    assert list((cache.root / "tmp").iterdir()) == []


def test_a_write_that_fails_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "file"
    write_atomically(target, b"old")

    def refuse(*_: object) -> Path:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", refuse)
    with pytest.raises(HostError) as caught:
        write_atomically(target, b"new")
    assert caught.value.code == "SITE_DISK_FAILED"
    assert "make room" in str(caught.value)
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
    assert target.read_bytes() == b"old"


def test_a_wrong_hash_is_refused_with_both_hashes(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"content")
    verify(file, hashlib.sha256(b"content").hexdigest(), what="the file")
    verify(file, "sha512-" + base64.b64encode(hashlib.sha512(b"content").digest()).decode(), what="the file")
    for wrong in ("0" * 64, "sha512-AAAA"):
        with pytest.raises(HostError) as caught:
            verify(file, wrong, what="the file")
        assert caught.value.code == "SITE_HASH_MISMATCH"
        assert wrong in str(caught.value)
    assert sha256_of(file) == hashlib.sha256(b"content").hexdigest()


def test_a_lock_is_held_by_one_thread_at_a_time(cache: Cache) -> None:
    inside, most = 0, 0

    def work() -> None:
        nonlocal inside, most
        with cache.lock("thing", SilentProgress(), threading.Event()):
            inside += 1
            most = max(most, inside)
            time.sleep(0.02)
            inside -= 1

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == 1


def test_a_lock_is_held_against_other_processes_and_waiting_can_be_stopped(cache: Cache) -> None:
    holder = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import sys, threading; from pathlib import Path\n"
            "from aikernel_web.host.site.cache import Cache\n"
            "from aikernel_web.host.progress import SilentProgress\n"
            "with Cache(Path(sys.argv[1])).lock('thing', SilentProgress(), threading.Event()):\n"
            "    print('held', flush=True); sys.stdin.read()",
            str(cache.root),
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    with holder:
        assert holder.stdout is not None
        assert holder.stdin is not None
        assert holder.stdout.readline() == b"held\n"
        stop = threading.Event()
        stop.set()
        with pytest.raises(HostError) as caught, cache.lock("thing", SilentProgress(), stop):
            pass
        assert caught.value.code == "SITE_CANCELLED"
        holder.stdin.close()
        holder.wait()
    with cache.lock("thing", SilentProgress(), threading.Event()):
        pass


def test_a_folder_that_cannot_be_written_gives_a_code(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(HostError) as caught, Cache(tmp_path / "file").workspace():
        pass
    assert caught.value.code == "SITE_DISK_FAILED"
