from __future__ import annotations

import json
import os
import stat
import sys
from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace

import pytest

from aikernel_web.host import browser
from aikernel_web.host.browser import chromium_arguments, ensure_browser, find_browser, playwright_browser
from aikernel_web.host.errors import HostError

pytestmark = pytest.mark.skipif(os.name == "nt", reason="makes programs that only POSIX can start")


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder that is the whole PATH, on a machine with no browser anywhere."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.delenv("AIKERNEL_WEB_BROWSER", raising=False)
    monkeypatch.setenv("PLAYWRIGHT_BROWSERS_PATH", str(tmp_path / "playwright"))
    monkeypatch.setattr(browser, "_usual_places", list)
    return folder


def program(file: Path, text: str = "#!/bin/sh\n") -> Path:
    file.write_text(text)
    file.chmod(file.stat().st_mode | stat.S_IXUSR)
    return file


def test_a_browser_on_path_is_found_and_chrome_goes_before_chromium(path: Path) -> None:
    assert find_browser() is None
    chromium = program(path / "chromium")
    assert find_browser() == chromium
    chrome = program(path / "google-chrome")
    assert find_browser() == chrome


def test_the_environment_variable_goes_before_path(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program(path / "chromium")
    own = program(tmp_path / "my-browser")
    monkeypatch.setenv("AIKERNEL_WEB_BROWSER", str(own))
    assert find_browser() == own


def test_an_environment_variable_that_names_nothing_is_an_error(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program(path / "chromium")
    monkeypatch.setenv("AIKERNEL_WEB_BROWSER", str(path / "nothing"))
    with pytest.raises(HostError) as caught:
        find_browser()
    assert caught.value.code == "BROWSER_MISSING"


def test_the_usual_places_come_last(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = program(tmp_path / "chrome.exe")
    monkeypatch.setattr(browser, "_usual_places", lambda: [tmp_path / "no", place])
    assert find_browser() == place
    on_path = program(path / "chromium")
    assert find_browser() == on_path


@pytest.mark.usefixtures("path")
def test_playwrights_own_browser_counts_when_its_download_is_complete(tmp_path: Path) -> None:
    assert playwright_browser() is None
    spec = find_spec("playwright")
    assert spec is not None
    assert spec.origin is not None
    listed = json.loads((Path(spec.origin).parent / "driver/package/browsers.json").read_text())["browsers"]
    revision = next(entry["revision"] for entry in listed if entry["name"] == "chromium-headless-shell")
    folder = tmp_path / "playwright" / f"chromium_headless_shell-{revision}"
    folder.mkdir(parents=True)
    assert playwright_browser() is None
    (folder / "INSTALLATION_COMPLETE").touch()
    assert playwright_browser() == folder
    assert ensure_browser() is None


def test_as_root_on_debian_the_package_is_installed_after_an_update(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = tmp_path / "log"
    program(
        path / "apt-get",
        f'#!/bin/sh\necho "$DEBIAN_FRONTEND $@" >> {log}\n'
        f'case "$*" in *chromium*) printf "#!/bin/sh\\n" > {path}/chromium; /bin/chmod +x {path}/chromium;; esac\n',
    )
    monkeypatch.setattr(browser, "_is_debian_root", lambda: True)
    assert ensure_browser() == path / "chromium"
    assert log.read_text().splitlines() == [
        "noninteractive update",
        "noninteractive install --yes --no-install-recommends chromium",
    ]


def test_a_package_manager_that_fails_is_quoted(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program(path / "apt-get", '#!/bin/sh\necho "E: Temporary failure resolving" >&2\nexit 100\n')
    monkeypatch.setattr(browser, "_is_debian_root", lambda: True)
    with pytest.raises(HostError) as caught:
        ensure_browser()
    assert caught.value.code == "BROWSER_MISSING"
    assert "Temporary failure resolving" in str(caught.value)
    assert "AIKERNEL_WEB_BROWSER" in str(caught.value)


def test_without_a_package_manager_playwright_is_asked_and_quoted(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    failing = program(path / "python", '#!/bin/sh\necho "Download failed $@" >&2\nexit 1\n')
    monkeypatch.setattr(browser, "_is_debian_root", lambda: False)
    monkeypatch.setattr(browser, "sys", SimpleNamespace(executable=str(failing), platform=sys.platform))
    with pytest.raises(HostError) as caught:
        ensure_browser()
    assert caught.value.code == "BROWSER_MISSING"
    assert "Download failed -m playwright install chromium" in str(caught.value)


@pytest.mark.parametrize(("user", "sandbox"), [(0, False), (1000, True)])
def test_the_sandbox_is_off_for_root_only(monkeypatch: pytest.MonkeyPatch, user: int, sandbox: bool) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: user)
    assert ("--no-sandbox" not in chromium_arguments()) is sandbox


def test_webgpu_can_be_left_out() -> None:
    gpu = {"--enable-unsafe-webgpu", "--use-webgpu-adapter=swiftshader"}
    assert gpu <= set(chromium_arguments())
    assert not gpu & set(chromium_arguments(webgpu=False))
