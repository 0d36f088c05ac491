"""The import rule of the design: every package looks one way only."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "aikernel_web"

# What each part may import of ours, besides itself. `kernel` and the package's own front may see everything but host.
ALLOWED = {
    "contracts": set(),
    "runtime": {"contracts"},
    "providers": {"contracts", "runtime"},
    "compute": {"contracts"},
    "shell": {"contracts", "runtime", "providers", "compute"},
    # browser is where the worker enters Python, and so where the kernel is put on its engine.
    "browser": {"contracts", "runtime", "shell", "kernel"},
    "host": {"contracts"},
    "manifests": {"contracts"},
    "assemblies": set(),
    "gallery": {"contracts", "compute"},
    "kernel": {"contracts", "runtime", "providers", "compute", "gallery", "shell"},
    "diagnosis": {"contracts", "compute", "kernel", "__init__"},
    "__init__": {
        "contracts",
        "runtime",
        "providers",
        "compute",
        "shell",
        "kernel",
        "manifests",
        "assemblies",
        "diagnosis",
    },
}
# Packages of others that only one part may import.
RESERVED = {
    "js": "browser",
    "pyodide": "browser",
    "pyodide_js": "browser",
    "aiohttp": "host",
    "click": "host",
    "dask": "host",
    "distributed": "host",
    "platformdirs": "host",
    "playwright": "host",
    "pytest": "host",
    "rich": "host",
    "wgpu": "compute",
}


def part_of(file: Path) -> str:
    first = file.relative_to(PACKAGE).parts[0]
    return first.removesuffix(".py")


def imports_of(file: Path) -> Iterator[tuple[int, str]]:
    """Yield (line, absolute module name) of everything that `file` imports, at any depth."""
    package = ["aikernel_web", *file.relative_to(PACKAGE).parts[:-1]]
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            module = ".".join([*base, *([node.module] if node.module else [])])
            for alias in node.names:
                yield node.lineno, f"{module}.{alias.name}"


FILES = sorted(PACKAGE.rglob("*.py"))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.relative_to(PACKAGE).as_posix())
def test_a_part_imports_only_what_the_design_allows(file: Path) -> None:
    part = part_of(file)
    for line, name in imports_of(file):
        words = name.split(".")
        if words[0] == "aikernel_web":
            target = words[1] if len(words) > 1 and words[1] != "__version__" else "__init__"
            assert target in ALLOWED[part] | {part}, f"{file.name}:{line} imports {name}"
        else:
            assert RESERVED.get(words[0], part) == part, f"{file.name}:{line} imports {name}"
            if part == "contracts":
                assert words[0] in sys.stdlib_module_names, f"{file.name}:{line} imports {name}"


def test_the_rule_sees_relative_imports() -> None:
    names = {name for _, name in imports_of(PACKAGE / "runtime" / "process.py")}
    assert "aikernel_web.contracts.engine.Engine" in names
