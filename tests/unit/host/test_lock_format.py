"""Our package lock, read by the tools that define its format, where they can run (the extra `build`, Python 3.12)."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from aikernel_web.host.site import build_site

LOCK = "static/wheels/pyodide-lock.json"


@pytest.fixture(scope="module")
def site() -> Path:
    return build_site()


def test_every_wheel_of_the_lock_is_in_the_site_with_its_hash(site: Path) -> None:
    packages = json.loads((site / LOCK).read_bytes())["packages"]
    assert set(packages) == {"aikernel-web", "micropip", "numpy"}
    for package in packages.values():
        wheel = site / "static" / "wheels" / package["file_name"]
        assert hashlib.sha256(wheel.read_bytes()).hexdigest() == package["sha256"]


def test_pyodide_lock_reads_our_lock(site: Path) -> None:
    pyodide_lock = pytest.importorskip("pyodide_lock", reason="needs the extra `build`: Python 3.12 or newer")
    spec = pyodide_lock.PyodideLockSpec.from_json(site / LOCK)
    spec.check_wheel_filenames()
    assert spec.info.platform == "pyemscripten_2026_0"
    assert sorted(spec.packages) == ["aikernel-web", "micropip", "numpy"]
