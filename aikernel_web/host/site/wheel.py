"""The browser's wheel of aikernel_web: the package without ``host/``.

The same sources give the same bytes everywhere: files are stored, not compressed (compressors differ between builds of
Python), in the order of their names, with line ends as in the repository and one fixed date.
"""

from __future__ import annotations

import base64
import hashlib
import io
import zipfile
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pathlib import Path

    from aikernel_web.host.site.sources import Project

_DATE: Final = (1980, 1, 1, 0, 0, 0)  # the earliest that a zip archive can say
_TEXT: Final = frozenset({".py", ".pyi", ".json", ".wgsl", ".txt", ".md", ".mjs"})
_MODE: Final = 0o100644 << 16  # a plain file that all may read
_UNIX: Final = 3  # "made on", which else names the machine that packs


def wheel_name(project: Project) -> str:
    """Return the wheel's file name."""
    return f"{_distribution(project)}-{project.version}-py3-none-any.whl"


def browser_wheel(package: Path, project: Project) -> bytes:
    """Return the wheel of the package in the folder ``package``, without its ``host/``."""
    info = f"{_distribution(project)}-{project.version}.dist-info"
    files = {f"{package.name}/{path}": content for path, content in _package_files(package)}
    files[f"{info}/METADATA"] = (
        f"Metadata-Version: 2.4\nName: {project.name}\nVersion: {project.version}\nSummary: {project.summary}\n"
        f"License-Expression: {project.licence}\nRequires-Python: {project.requires_python}\n"
    ).encode()
    files[f"{info}/WHEEL"] = (
        b"Wheel-Version: 1.0\nGenerator: aikernel_web.host.site.wheel\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    )
    files[f"{info}/RECORD"] = "".join(
        [f"{name},sha256={_record_hash(content)},{len(content)}\n" for name, content in sorted(files.items())]
        + [f"{info}/RECORD,,\n"]
    ).encode()
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        # The package first and its dist-info last, as the wheel format recommends.
        for name in sorted(files, key=lambda name: (name.startswith(info), name)):
            entry = zipfile.ZipInfo(name, _DATE)
            entry.create_system = _UNIX
            entry.external_attr = _MODE
            archive.writestr(entry, files[name])
    return out.getvalue()


def _package_files(package: Path) -> list[tuple[str, bytes]]:
    found = []
    for path in package.rglob("*"):
        parts = path.relative_to(package).parts
        hidden = any(part == "__pycache__" or part.startswith(".") for part in parts)
        if hidden or parts[0] == "host" or path.suffix == ".pyc" or not path.is_file():
            continue
        content = path.read_bytes()
        found.append(("/".join(parts), content.replace(b"\r\n", b"\n") if path.suffix in _TEXT else content))
    return found


def _record_hash(content: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()


def _distribution(project: Project) -> str:
    return project.name.replace("-", "_")
