"""The other hosts of WASI in a browser that ours is measured beside: what is fetched, and how a page can load it."""

from __future__ import annotations

import re
from pathlib import Path

from aikernel_web.host.site.context import BuildContext
from aikernel_web.host.site.npm import npm_package
from aikernel_web.host.site.packages import NpmPackage

BJORN3 = NpmPackage(
    name="@bjorn3/browser_wasi_shim",
    version="0.4.2",
    integrity="sha512-/iHkCVUG3VbcbmEHn5iIUpIrh7a7WPiwZ3sHy4HZKZzBdSadwdddYDZAII2zBvQYV0Lfi8naZngPCN7WPHI/hA==",
    bytes=31_373,
    members=("dist/*.js",),
)
UWASI = NpmPackage(
    name="uwasi",
    version="1.1.0",
    integrity="sha512-sJ45RDx1ofRTVKPz4u3aayAKR4b9KVKPr7liR8GasByWyGEsepLWbLzaavjIOppvJRlt8HdAw09siNXY9+xEeQ==",
    bytes=11_152,
    members=("lib/esm/*.js", "lib/esm/features/*.js", "lib/esm/platforms/*.js"),
)


def peer_modules(context: BuildContext) -> dict[str, bytes]:
    """Return the modules of the peers by their places below ``peers/``, loadable without a bundler."""
    shim = npm_package(context, BJORN3) / "dist"
    modules = {f"bjorn3/{path.name}": path.read_bytes() for path in shim.glob("*.js")}
    root = npm_package(context, UWASI) / "lib" / "esm"
    for path in root.rglob("*.js"):
        modules[f"uwasi/{path.relative_to(root).as_posix()}"] = _for_the_browser(path, root)
    return modules


def _for_the_browser(path: Path, root: Path) -> bytes:
    # As uwasi's package.json tells bundlers: another file for browsers. And it leaves ".js" out of the names of files.
    text = path.read_text(encoding="utf-8")
    if path == root / "platforms" / "crypto.js":
        text = (root / "platforms" / "crypto.browser.js").read_text(encoding="utf-8")
    return re.sub(r'(from ")(\.[^"]+)"', r'\1\2.js"', text).encode()
