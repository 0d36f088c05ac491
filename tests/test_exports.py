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
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.level
        for alias in node.names
    }


@pytest.mark.parametrize("module", ["aikernel_web", "aikernel_web.host"])
def test_all_is_sorted_complete_and_importable(module: str) -> None:
    names = importlib.import_module(module).__all__
    assert list(names) == sorted(names)
    assert set(names) == public_names(module)
    assert all(hasattr(importlib.import_module(module), name) for name in names)


def test_names_that_are_loaded_late_are_what_type_checkers_are_told() -> None:
    tree = ast.parse(Path(aikernel_web.__file__).read_text(encoding="utf-8"))
    told = {
        (alias.name, f"aikernel_web.{node.module}")
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.level
        for alias in node.names
    }
    assert told == {(name, f"aikernel_web.{part}") for name, part in aikernel_web._HOME.items()}


def test_a_name_that_is_not_there_says_so() -> None:
    with pytest.raises(AttributeError, match="no attribute 'WasmRuntim'"):
        aikernel_web.WasmRuntim  # noqa: B018


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


@pytest.mark.parametrize(
    ("declared", "module"),
    [
        ("ProcessFiles", "process-files.mjs"),
        ("ProcessTime", "process-time.mjs"),
        ("Process", "process.mjs"),
        ("Shell", "shell.mjs"),
    ],
)
def test_the_methods_of_a_class_are_declared(declared: str, module: str) -> None:
    types = (ROOT / "static" / "aikernel.d.ts").read_text(encoding="utf-8")
    found = re.search(rf"^export (?:class|interface) {declared} \{{\n(.*?)^\}}", types, re.M | re.S)
    assert found is not None
    code = (ROOT / "static" / "embed" / module).read_text(encoding="utf-8")
    body = re.search(rf"^export class {declared} \{{\n(.*?)^\}}", code, re.M | re.S)
    assert body is not None
    methods = set(re.findall(r"^  (?:async )?\*?(\w+)\(.*\{$", body[1], re.M)) - {"constructor"}
    assert set(re.findall(r"^  (\w+)\(", found[1], re.M)) == methods


def test_every_option_that_is_taken_is_declared() -> None:
    types = (ROOT / "static" / "aikernel.d.ts").read_text(encoding="utf-8")
    declared = re.search(r"^export interface SpawnOptions \{\n(.*?)^\}", types, re.M | re.S)
    code = (ROOT / "static" / "embed" / "values.mjs").read_text(encoding="utf-8")
    taken = re.search(r"SPAWN_OPTIONS = Object\.freeze\(\[(.*?)\]\)", code, re.S)
    assert declared is not None
    assert taken is not None
    names = re.findall(r'"(\w+)"', taken[1])
    assert names == sorted(names)
    assert set(names) == set(re.findall(r"^  (\w+)[?(]", declared[1], re.M))


def test_there_is_a_module_with_declarations() -> None:
    assert (ROOT / "static" / "aikernel.d.ts").is_file()
