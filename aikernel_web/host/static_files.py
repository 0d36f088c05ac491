"""The files of the site as the server gives them out: which may be named, what they are, and under which headers."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote_to_bytes

if TYPE_CHECKING:
    from pathlib import Path

_TYPES: Final = {
    ".css": "text/css; charset=utf-8",
    ".gif": "image/gif",
    ".html": "text/html; charset=utf-8",
    ".ico": "image/x-icon",
    ".jpg": "image/jpeg",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".map": "application/json",
    ".md": "text/markdown; charset=utf-8",
    ".mjs": "text/javascript; charset=utf-8",
    ".png": "image/png",
    ".py": "text/x-python; charset=utf-8",
    ".svg": "image/svg+xml",
    ".ts": "text/plain; charset=utf-8",  # .d.ts and .d.mts, to read
    ".mts": "text/plain; charset=utf-8",
    ".txt": "text/plain; charset=utf-8",
    ".wasm": "application/wasm",
    ".wat": "text/plain; charset=utf-8",
    ".webmanifest": "application/manifest+json",
    ".wgsl": "text/plain; charset=utf-8",
    ".whl": "application/octet-stream",  # not application/zip: some browsers and proxies unpack that
    ".woff2": "font/woff2",
    ".zip": "application/zip",
}

_POLICY: Final = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self' 'wasm-unsafe-eval'",  # WebAssembly is compiled, text is never evaluated
        "worker-src 'self'",
        "connect-src 'self'",  # ws: of the same host and port is 'self' too (CSP level 3, section 6.7.2.8)
        # xterm.js 6 writes its theme and cell sizes into <style> elements that it makes (DomRenderer, Viewport).
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "font-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'self'",
    )
)
HEADERS: Final = {
    "Content-Security-Policy": _POLICY,
    # Cross-origin isolation: SharedArrayBuffer, Python interrupts and precise clocks, where the page wants them.
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
    # Other origins embed the module: the files are public, and no request carries anything secret.
    "Cross-Origin-Resource-Policy": "cross-origin",
    "Access-Control-Allow-Origin": "*",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    # "Ask first", for every file, with a tag that is the hash of the content. No URL here changes with its content, and
    # localhost:8000 is one cache for all projects and versions that ever ran there: a file kept unasked could be
    # another's. Asking costs one empty 304 answer: what the page fetched ahead, Pyodide finds in the HTTP cache.
    "Cache-Control": "no-cache",
}


def content_type(path: Path) -> str:
    """Return the media type of the file by its name."""
    return _TYPES.get(path.suffix.lower(), "application/octet-stream")


class SiteFiles:
    """The files of one folder, with the hashes of their contents kept while they do not change."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._tags: dict[Path, tuple[int, int, str]] = {}  # modified (ns), size, hash

    def locate(self, raw_path: str) -> Path | None:
        """Return the file that a request's path names, or None; nothing outside the folder can be named."""
        segments = []
        for raw in raw_path.split("/")[1:]:
            try:
                segment = unquote_to_bytes(raw).decode()
            except UnicodeDecodeError:
                return None
            # After decoding no segment may hold what some system takes for a separator, a drive, a stream or a parent.
            if segment in {".", ".."} or any(character in segment for character in "/\\:\0"):
                return None
            segments.append(segment)
        if segments == [""]:
            segments = ["index.html"]
        if not all(segments):
            return None
        try:
            path = self._root.joinpath(*segments).resolve(strict=True)
        except (OSError, ValueError, RuntimeError):
            return None
        return path if path.is_relative_to(self._root) and path.is_file() else None

    def read(self, path: Path, known: frozenset[str]) -> tuple[bytes | None, str] | None:
        """Return the content and its tag, without the content when its tag is among ``known``; None when it is gone."""
        try:
            facts = path.stat()
            kept = self._tags.get(path)
            if kept is not None and kept[:2] == (facts.st_mtime_ns, facts.st_size) and kept[2] in known:
                return None, kept[2]
            content = path.read_bytes()
        except OSError:
            return None
        tag = hashlib.sha256(content).hexdigest()[:32]
        self._tags[path] = (facts.st_mtime_ns, facts.st_size, tag)
        return (None if tag in known else content), tag
