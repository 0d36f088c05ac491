"""The first half of reading a shader: its grammar, its names and its declarations, but no bodies of functions."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import cast

from .checker import Checker, Facts
from .entry_points import EntryPoints, overrides_of
from .order import in_order
from .parser import parse
from .resolver import Resolution, resolve
from .shader import Override, Plain, Shader
from .source import Report, Source
from .specialize import Specializer
from .syntax import Module, Value
from .types import Scalar, Struct


@dataclass(frozen=True, slots=True)
class Analysis:
    """A module whose declarations were worked out; what is wrong with them stands in the report."""

    source: Source
    report: Report
    module: Module
    found: Resolution
    order: list[str]
    """The names of declarations, each behind those that it uses."""
    checker: Checker

    @property
    def facts(self) -> Facts:
        """What the declarations are."""
        return self.checker.facts


def analyse(text: str, *, goes_on: bool = False) -> Analysis:
    """Work out the declarations of a text.

    Raises `WgslError` for its grammar, for cycles, and for names that mean nothing, these only where it does not go on
    beyond them.
    """
    source = Source(text)
    report = Report(source)
    module = parse(source, report)
    report.finish()
    found = resolve(module, report)
    known = len(report.diagnostics)
    order = in_order(found, report)
    # Beyond a cycle, or a name that means nothing, there is little to work out.
    if not goes_on or len(report.diagnostics) > known or report.full:
        report.finish()
    checker = Checker(source, module, found, report)
    checker.check(order)
    return Analysis(source, report, module, found, order, checker)


def describe(analysis: Analysis) -> tuple[Shader, Specializer]:
    """Return what a shader declares and needs, and what works out its sizes.

    Its declarations must be right; raises `WgslError` for its entry points.
    """
    checker, found, report = analysis.checker, analysis.found, analysis.report
    facts = checker.facts
    specializer = Specializer(analysis.source, checker, found, analysis.order)
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
    shader = Shader(
        analysis.source.text,
        MappingProxyType(entry_points),
        MappingProxyType(specializer.overrides),
        MappingProxyType(constants),
        MappingProxyType(structs),
        _enables(analysis.module),
        frozenset(name for name, variable in facts.variables.items() if variable.binding is not None),
    )
    return shader, specializer


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
