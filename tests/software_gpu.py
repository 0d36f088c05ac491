"""A Vulkan driver in software, so that the native GPU tests need no GPU: SwiftShader or Mesa's lavapipe."""

from __future__ import annotations

import ctypes
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path

from aikernel_web.host.browser import find_browser, playwright_browser

MANIFESTS = ("/usr/share/vulkan/icd.d", "/usr/local/share/vulkan/icd.d", "/etc/vulkan/icd.d")
LOADER = "libvulkan.so.1"
VARIABLES = ("VK_DRIVER_FILES", "VK_ICD_FILENAMES")


def use_software_gpu() -> str | None:
    """Have this process's Vulkan see one driver in software and nothing else; return why there is none.

    It must be called before anything asks for a GPU. Drivers that the environment names already are kept.
    """
    if not sys.platform.startswith("linux"):
        return "the search for a Vulkan driver in software knows Linux only"
    for manifest in _manifests():
        if _load(manifest):
            for variable in VARIABLES:
                os.environ[variable] = str(manifest)
            return None
    return (
        "there is no Vulkan driver in software: neither SwiftShader beside a Chromium nor lavapipe "
        "(Debian: apt-get install chromium, or libvulkan1 and mesa-vulkan-drivers)"
    )


def _manifests() -> Iterator[Path]:
    named = [file for variable in VARIABLES for file in os.environ.get(variable, "").split(os.pathsep) if file]
    if named:
        yield from map(Path, named)
        return
    for folder in _browser_folders():
        yield from sorted(folder.glob("vk_swiftshader_icd.json"))
    for folder in map(Path, MANIFESTS):
        yield from sorted(folder.glob("lvp_icd*.json"))


def _browser_folders() -> Iterator[Path]:
    own = playwright_browser()
    if own is not None:
        yield from (file.parent for file in sorted(own.rglob("vk_swiftshader_icd.json")))
    program = find_browser()
    if program is not None:
        # On Debian the program is a script in another folder.
        yield program.resolve().parent
        yield from (Path(root) / program.name for root in ("/usr/lib", "/usr/lib64", "/opt"))


def _load(manifest: Path) -> bool:
    """Whether the driver is there; loads the Vulkan loader beside it, where the system has none of its own.

    The variables that tell where libraries are found are read when a process begins. A library that is loaded already
    is found by its name at any time.
    """
    try:
        library = Path(json.loads(manifest.read_text(encoding="utf-8"))["ICD"]["library_path"])
    except OSError:
        return False
    beside = manifest.parent / library
    for loader in (LOADER, str(manifest.parent / LOADER)):
        try:
            ctypes.CDLL(str(beside if beside.exists() else library))
            ctypes.CDLL(loader, mode=ctypes.RTLD_GLOBAL)
        except OSError:
            continue
        return True
    return False
