"""What most functions are made of: code for scalars, written for each component."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from ..typed.tree import BuiltinCall
from .emitter import Atoms, Emitter
from .shapes import each

Expander: TypeAlias = Callable[[Emitter, BuiltinCall, list[Atoms]], Atoms]


def by_function(function: Callable[..., Any]) -> Expander:
    """Return the expander of what a function at run time does to each component."""

    def expand(emitter: Emitter, node: BuiltinCall, arguments: list[Atoms]) -> Atoms:
        del node
        name = emitter.use(function)
        return each(lambda *atoms: emitter.temp(f"{name}({', '.join(atoms)})"), *arguments)

    return expand


def by_text(text: str, **functions: Callable[..., Any]) -> Expander:
    """Return the expander of an expression of ``{0}`` (an argument) and so on; ``functions`` stand in it by name."""

    def expand(emitter: Emitter, node: BuiltinCall, arguments: list[Atoms]) -> Atoms:
        del node
        names = {name: emitter.use(function) for name, function in functions.items()}
        return each(lambda *atoms: emitter.temp(text.format(*atoms, **names)), *arguments)

    return expand


def functions(**by_name: Callable[..., Any]) -> Mapping[str, Expander]:
    """Return expanders `by_function`, by the names of WGSL."""
    return {name: by_function(function) for name, function in by_name.items()}
