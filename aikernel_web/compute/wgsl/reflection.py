"""From the text of a shader to what it needs."""

from __future__ import annotations

from types import MappingProxyType
from typing import cast

from .checker import Checker
from .entry_points import EntryPoints, overrides_of
from .order import in_order
from .parser import parse
from .resolver import Resolution, resolve
from .shader import Binding, EntryPoint, Override, Plain, Shader, Stage
from .source import Report, Source
from .specialize import Specializer
from .syntax import Module, Value
from .types import Scalar, Struct

__all__ = ["Binding", "EntryPoint", "Override", "Plain", "Shader", "Stage", "reflect"]


def reflect(text: str) -> Shader:
    """Return what a shader declares and needs.

    Raises `WgslError` with every diagnostic, fifty at most: those of its grammar, and where there are none, those of
    its names, types and sizes. What the statements of functions compute is left to the GPU's own compiler.
    """
    source = Source(text)
    report = Report(source)
    module = parse(source, report)
    report.finish()
    found = resolve(module, report)
    order = in_order(found, report)
    # Beyond a cycle, or a name that means nothing, there is nothing to work out.
    report.finish()
    checker = Checker(source, module, found, report)
    facts = checker.check(order)
    report.finish()
    specializer = Specializer(source, checker, found, order)
    specializer.overrides = _overrides(checker, found, specializer)
    finder = EntryPoints(checker, found, report, specializer.overrides)
    entry_points = finder.find(specializer)
    specializer.reached = finder.reached_by
    report.finish()
    constants = {
        name: cast("Plain", facts.values[name].data)
        for name, declared in found.declarations.items()
        if isinstance(declared, Value) and declared.kind == "const" and facts.values[name].data is not None
    }
    structs = {name: kind for name, kind in facts.types.items() if isinstance(kind, Struct) and kind.name == name}
    return Shader(
        text,
        MappingProxyType(entry_points),
        MappingProxyType(specializer.overrides),
        MappingProxyType(constants),
        MappingProxyType(structs),
        _enables(module),
        frozenset(name for name, variable in facts.variables.items() if variable.binding is not None),
    )


def _overrides(checker: Checker, found: Resolution, specializer: Specializer) -> dict[str, Override]:
    defaults = specializer.defaults()
    overrides: dict[str, Override] = {}
    for declared in overrides_of(found):
        name = declared.name
        kind = cast("Scalar", checker.facts.values[name].type)
        default = defaults[name].data if name in defaults else None
        number = cast("bool | int | float | None", default)
        overrides[name] = Override(name, checker.facts.ids.get(name), kind, number, declared.value is None)
    return overrides


def _enables(module: Module) -> tuple[str, ...]:
    names = (name for item in module.directives if item.kind == "enable" for name in item.names)
    return tuple(dict.fromkeys(names))
