"""The order of the build: fetch and make everything at once, then write the site."""

from __future__ import annotations

import hashlib
import json
from concurrent.futures import ThreadPoolExecutor, as_completed
from functools import partial
from typing import TYPE_CHECKING, Any

from aikernel_web.host.progress import SilentProgress
from aikernel_web.host.site import programs
from aikernel_web.host.site.assemble import MARK, assemble, check_target
from aikernel_web.host.site.context import BuildContext
from aikernel_web.host.site.lock import own_lock
from aikernel_web.host.site.npm import npm_package
from aikernel_web.host.site.packages import FFLATE, NUMPY, PYODIDE, VENDOR, WHEELS, XTERM, XTERM_FIT
from aikernel_web.host.site.pypi import pinned_wheel
from aikernel_web.host.site.sources import Project, Sources, find_sources, project_of
from aikernel_web.host.site.wheel import browser_wheel, wheel_name

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from aikernel_web.host.progress import Progress
    from aikernel_web.host.site.cache import Cache

LOCK = "wheels/pyodide-lock.json"
_AT_ONCE = 6  # downloads; each waits for the network most of its time


def build_site(target: Path | None = None, *, progress: Progress | None = None, cache: Cache | None = None) -> Path:
    """Build the site and return its folder; a second call with nothing changed takes a fraction of a second.

    Args:
        target: the folder to make or renew. Without it, ``dist/site`` in a checkout, else a folder in the cache.
        progress: told about all that takes time.
        cache: where downloads are kept.

    Raises:
        HostError: SITE_... as listed in `aikernel_web.host.errors`.
    """
    progress = progress or SilentProgress()
    context = BuildContext(progress, cache) if cache else BuildContext(progress)
    sources = find_sources()
    project = project_of(sources)
    if target is None:
        target = (sources.checkout / "dist" if sources.checkout else context.cache.root / project.version) / "site"
    target = target.absolute()
    check_target(target)  # before anything is fetched for it
    files = _gather(context, sources, project)
    name = f"site-{hashlib.sha256(str(target).encode()).hexdigest()[:16]}"
    with context.cache.lock(name, progress, context.stop), progress.step(f"Writing the site to {target}"):
        assemble(target, files)
    return target


def _gather(context: BuildContext, sources: Sources, project: Project) -> dict[str, Path | bytes]:
    """Return every file of the site: place -> file or content."""
    npm_packages = (PYODIDE, XTERM, XTERM_FIT, FFLATE)
    results = run_all(
        context,
        # The largest downloads first: they decide when the last one ends.
        {
            **{wheel.name: partial(pinned_wheel, context, wheel) for wheel in WHEELS},
            "quickjs": partial(programs.quickjs, context),
            **{package.name: partial(npm_package, context, package) for package in npm_packages},
            "hello": partial(programs.hello, context, sources),
            "jq": partial(programs.jq, context),
            "rain": partial(programs.rain, context, sources),
        },
    )
    files: dict[str, Path | bytes] = {**sources.served()}
    for package, member, place in VENDOR:
        files[f"static/vendor/{place}"] = results[package.name] / member
    offered = [results[name] for name in programs.PROGRAM_NAMES]
    for program in offered:
        files[f"static/programs/{program.name}.wasm"] = program.path
    files["static/programs/index.json"] = programs.programs_index(offered)

    own_name, own_wheel = wheel_name(project), browser_wheel(sources.package, project)
    original = json.loads((results[PYODIDE.name] / "pyodide-lock.json").read_text(encoding="utf-8"))
    files[f"static/{LOCK}"] = own_lock(original, WHEELS, project, own_name, hashlib.sha256(own_wheel).hexdigest())
    for wheel in WHEELS:
        files[f"static/wheels/{wheel.file_name}"] = results[wheel.name]
    files[f"static/wheels/{own_name}"] = own_wheel
    files[MARK] = _site_json(files, project, own_name)
    return files


def run_all(context: BuildContext, tasks: dict[str, Callable[[], Any]]) -> dict[str, Any]:
    """Run ``tasks`` at once and return their results by name; when one fails the others are stopped."""
    with ThreadPoolExecutor(max_workers=_AT_ONCE, thread_name_prefix="site") as pool:
        futures = {pool.submit(task): name for name, task in tasks.items()}
        try:
            return {futures[future]: future.result() for future in as_completed(futures)}
        except BaseException:
            context.stop.set()
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _site_json(files: dict[str, Path | bytes], project: Project, own_name: str) -> bytes:
    base = "vendor/pyodide/"
    boot = [
        (f"{base}pyodide.asm.wasm", "Python (WebAssembly)"),
        (f"wheels/{NUMPY.file_name}", "NumPy"),
        (f"{base}python_stdlib.zip", "Python's standard library"),
        (f"{base}pyodide.asm.mjs", "Python (JavaScript)"),
        (f"{base}pyodide.mjs", "Python's loader"),
        *((f"wheels/{wheel.file_name}", wheel.label) for wheel in WHEELS if wheel is not NUMPY),
        (f"wheels/{own_name}", "aikernel_web"),
        (LOCK, "List of packages"),
    ]
    site = {
        "version": project.version,
        "pyodide": {"version": PYODIDE.version, "base": base},
        "lock": LOCK,
        "packages": [*(wheel.name for wheel in WHEELS), project.name],
        "downloads": [{"url": url, "bytes": _size(files[f"static/{url}"]), "label": label} for url, label in boot],
    }
    return (json.dumps(site, indent=1) + "\n").encode()


def _size(content: Path | bytes) -> int:
    return len(content) if isinstance(content, bytes) else content.stat().st_size
