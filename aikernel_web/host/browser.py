"""Finding a Chromium to drive, and installing one where that can be done without asking."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Final

from aikernel_web.host.errors import HostError
from aikernel_web.host.progress import SilentProgress

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aikernel_web.host.progress import Progress

ENVIRONMENT_VARIABLE: Final = "AIKERNEL_WEB_BROWSER"

# JSPI is on by default from Chrome 137. Headless shells come last: they have no screenshots of GPU content.
_NAMES: Final = (
    "google-chrome-stable",
    "google-chrome",
    "chromium",
    "chrome",
    "chromium-browser",
    "microsoft-edge",
    "msedge",
    "chromium-headless-shell",
)
_WINDOWS_PLACES: Final = (
    "Google/Chrome/Application/chrome.exe",
    "Chromium/Application/chrome.exe",
    "Microsoft/Edge/Application/msedge.exe",
)
_MAC_PLACES: Final = (
    "Google Chrome.app/Contents/MacOS/Google Chrome",
    "Chromium.app/Contents/MacOS/Chromium",
    "Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
)
_QUIET: Final = (
    # A test browser talks to nobody but the page's server.
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--disable-quic",
)
# A WebGPU adapter in software (SwiftShader), in pages and workers, on any machine.
_WEBGPU: Final = (
    "--enable-unsafe-webgpu",
    "--use-webgpu-adapter=swiftshader",
    # For `HostKernel.restart_gpu`: otherwise there is no adapter for two minutes after the second time, and no browser
    # after the sixth.
    "--disable-domain-blocking-for-3d-apis",
    "--disable-gpu-process-crash-limit",
)
_ADVICE: Final = (
    "install Chrome or Chromium (Debian: apt-get install chromium), "
    f"or set {ENVIRONMENT_VARIABLE} to a browser's program, "
    "or let Playwright fetch its own (python -m playwright install chromium)."
)


def find_browser() -> Path | None:
    """Return the browser to drive, or None for Playwright's own (which `playwright_browser` looks for).

    In this order: the program that AIKERNEL_WEB_BROWSER names, Chrome or Chromium on PATH, and the places where
    Windows and macOS keep them.

    Raises:
        HostError: BROWSER_MISSING when AIKERNEL_WEB_BROWSER names no program.
    """
    named = os.environ.get(ENVIRONMENT_VARIABLE)
    if named:
        found = shutil.which(str(Path(named).expanduser()))
        if found is None:
            raise HostError.explain(
                f"The browser that {ENVIRONMENT_VARIABLE} names cannot be started.",
                why=f"{named} is no program.",
                advice=f"correct or unset {ENVIRONMENT_VARIABLE}.",
                code="BROWSER_MISSING",
            )
        return Path(found)
    for name in _NAMES:
        found = shutil.which(name)
        if found is not None:
            return Path(found)
    return next((place for place in _usual_places() if place.is_file()), None)


def playwright_browser() -> Path | None:
    """Return the folder of the Chromium that Playwright has fetched for its own version, or None when there is none."""
    spec = find_spec("playwright")
    if spec is None or spec.origin is None:
        return None
    package = Path(spec.origin).parent / "driver" / "package"
    try:
        browsers = json.loads((package / "browsers.json").read_text(encoding="utf-8"))["browsers"]
    except (OSError, ValueError, KeyError):
        return None
    store = _playwright_store(package)
    # Playwright's headless mode starts the headless shell, a download of its own.
    for name in ("chromium-headless-shell", "chromium"):
        for browser in browsers:
            if browser.get("name") == name:
                folder = store / f"{name.replace('-', '_')}-{browser.get('revision')}"
                if (folder / "INSTALLATION_COMPLETE").is_file():
                    return folder
    return None


def ensure_browser(progress: Progress | None = None) -> Path | None:
    """Return what `find_browser` returns, after installing a browser where there is none.

    As root on a Debian machine the distribution's package is installed, elsewhere Playwright's own browser.

    Raises:
        HostError: BROWSER_MISSING when there is none and none could be installed.
    """
    progress = progress or SilentProgress()
    found = find_browser()
    if found is not None or playwright_browser() is not None:
        return found
    if _is_debian_root():
        with progress.step("Installing Chromium with apt-get"):
            _install_with_apt()
        found = find_browser()
        if found is not None:
            return found
    with progress.step("Fetching Playwright's Chromium"):
        said = _run([sys.executable, "-m", "playwright", "install", "chromium"], timeout=900)
    if playwright_browser() is None:
        raise _missing(f"none was found, and Playwright could not fetch its own: {said or 'it left no browser'}")
    return None


def chromium_arguments(*, webgpu: bool = True) -> list[str]:
    """Return the command line of a headless Chromium for the kernel page.

    Args:
        webgpu: offer a WebGPU adapter in software. Without it ``navigator.gpu`` exists and has no adapter,
            which is how the fallback to the CPU is tested.
    """
    # Chromium's sandbox refuses to run as root, which is what containers usually are.
    root = ["--no-sandbox"] if _is_root() else []
    return [*root, *_QUIET, *(_WEBGPU if webgpu else ())]


def _usual_places() -> list[Path]:
    if os.name == "nt":
        variables = ("PROGRAMFILES", "PROGRAMFILES(X86)", "LOCALAPPDATA")
        folders = [Path(os.environ[variable]) for variable in variables if os.environ.get(variable)]
        return [folder / place for folder in folders for place in _WINDOWS_PLACES]
    if sys.platform == "darwin":
        return [root / place for root in (Path("/Applications"), Path.home() / "Applications") for place in _MAC_PLACES]
    return []


def _playwright_store(package: Path) -> Path:
    named = os.environ.get("PLAYWRIGHT_BROWSERS_PATH")
    if named == "0":
        return package / ".local-browsers"
    if named:
        return Path(named)
    if os.name == "nt":
        return Path(os.environ.get("LOCALAPPDATA", str(Path.home() / "AppData/Local"))) / "ms-playwright"
    if sys.platform == "darwin":
        return Path.home() / "Library/Caches/ms-playwright"
    return Path(os.environ.get("XDG_CACHE_HOME", str(Path.home() / ".cache"))) / "ms-playwright"


def _is_root() -> bool:
    return hasattr(os, "geteuid") and os.geteuid() == 0


def _is_debian_root() -> bool:
    return _is_root() and Path("/etc/debian_version").is_file() and shutil.which("apt-get") is not None


def _install_with_apt() -> None:
    # The lists of a fresh machine or container are empty or old: without an update the package is not found.
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    complaint = _run(["apt-get", "update"], timeout=600, environment=environment)
    install = ["apt-get", "install", "--yes", "--no-install-recommends", "chromium"]
    complaint = _run(install, timeout=1800, environment=environment) or complaint
    if complaint and find_browser() is None:
        raise _missing(f"none was found, and apt-get could not install one: {complaint}")


def _run(command: Sequence[str], *, timeout: float, environment: dict[str, str] | None = None) -> str | None:
    """Run ``command``; return None when it succeeded, else the end of what it said."""
    try:
        done = subprocess.run(
            list(command),
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=timeout,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    if done.returncode == 0:
        return None
    return "\n".join(done.stdout.decode(errors="replace").strip().splitlines()[-8:])


def _missing(why: str) -> HostError:
    return HostError.explain(
        "There is no browser to run the kernel in.", why=why, advice=_ADVICE, code="BROWSER_MISSING"
    )
