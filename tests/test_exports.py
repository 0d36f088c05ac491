"""The public surface: sorted, complete, importable, typed; the JavaScript one as its `.d.ts` says."""

from __future__ import annotations

import ast
import importlib
import re
from pathlib import Path

import pytest

import aikernel_web

ROOT = Path(__file__).parents[1]
DECLARATION = re.compile(r"^export (?:declare )?(?:async )?(?:class|function|const|let|interface|type) (\w+)", re.M)
TYPES_ONLY = re.compile(r"^export (?:interface|type) (\w+)", re.M)


def public_names(module: str) -> set[str]:
    """The names that a package's front imports from its own parts, and defines."""
    tree = ast.parse(Path(str(importlib.import_module(module).__file__)).read_text(encoding="utf-8"))
    return {
        alias.asname or alias.name
        for node in tree.body
        if isinstance(node, ast.ImportFrom) and node.level
        for alias in node.names
    }


@pytest.mark.parametrize("module", ["aikernel_web", "aikernel_web.host"])
def test_all_is_sorted_complete_and_importable(module: str) -> None:
    names = importlib.import_module(module).__all__
    assert list(names) == sorted(names)
    assert set(names) == public_names(module)
    assert all(hasattr(importlib.import_module(module), name) for name in names)


def test_the_package_is_typed() -> None:
    assert (Path(aikernel_web.__file__).parent / "py.typed").is_file()


def test_the_version_is_the_one_of_the_project() -> None:
    assert f'version = "{aikernel_web.__version__}"' in (ROOT / "pyproject.toml").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "declarations", sorted((ROOT / "static").glob("*.d.ts")), ids=lambda path: path.relative_to(ROOT).as_posix()
)
def test_declarations_match_what_the_module_exports(declarations: Path) -> None:
    module = declarations.with_name(declarations.name.removesuffix(".d.ts") + ".mjs").read_text(encoding="utf-8")
    declared = declarations.read_text(encoding="utf-8")
    values = set(DECLARATION.findall(declared)) - set(TYPES_ONLY.findall(declared))
    exported = set(DECLARATION.findall(module))
    for group in re.findall(r"^export \{([^}]*)\}", module, re.M):
        exported |= {name.split(" as ")[-1].strip() for name in group.split(",") if name.strip()}
    assert values == exported


def test_there_is_a_module_with_declarations() -> None:
    assert (ROOT / "static" / "aikernel.d.ts").is_file()
