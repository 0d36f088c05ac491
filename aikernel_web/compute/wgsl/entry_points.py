"""Entry points: their attributes, their inputs, and what they reach (WGSL, sections 13 and 14.2)."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from typing import cast

from .checker import Checker, Facts, stage_of
from .fault import Fault, Unanswered
from .layout import size_of
from .names import BUILTIN_VALUES, COMPUTE_INPUTS
from .order import Reach
from .resolver import Resolution
from .shader import Binding, EntryPoint, Override, Sizes, Stage
from .source import Report, Span
from .syntax import Attribute, Expression, Field, Function, Name, Value
from .syntax import Struct as StructSyntax
from .type_builder import ends_runtime_sized
from .types import ABSTRACT_INT, I32, U32
from .values import Constant
from .variables import ModuleVariable

_INTEGERS = (I32, U32, ABSTRACT_INT)


class EntryPoints:
    """Finds the entry points of a module."""

    def __init__(self, checker: Checker, found: Resolution, report: Report, overrides: dict[str, Override]) -> None:
        self._checker = checker
        self._facts: Facts = checker.facts
        self._found = found
        self._report = report
        self._reach = Reach(found, report)
        self._overrides = overrides
        self.reached_by: dict[str, set[str]] = {}
        """The declarations that each entry point uses, also through others."""

    def find(self, sizes: Sizes) -> dict[str, EntryPoint]:
        """Return the entry points by name; what is wrong with one is reported."""
        found: dict[str, EntryPoint] = {}
        for function in self._facts.functions.values():
            if self._report.full:
                break
            try:
                stage = stage_of(function)
                if stage is not None:
                    found[function.name] = self._entry_point(function, cast("Stage", stage), sizes)
                else:
                    self._check_plain(function)
            except Fault as fault:
                self._report.add(fault.span, fault.code, fault.message)
            except Unanswered:
                continue
        for function in self._facts.functions.values():
            self._check_calls(function)
        return found

    def _in_text(self, names: Iterable[str]) -> list[str]:
        """Return names in the order of their declarations."""
        return sorted(names, key=lambda name: self._found.declarations[name].span.start)

    def _check_plain(self, function: Function) -> None:
        for attribute in function.attributes:
            if attribute.name not in ("must_use", "diagnostic"):
                message = f"'@{attribute.name}' is for entry points: '@compute' is missing"
                raise Fault(attribute.span, "WGSL_ATTRIBUTE_INVALID", message)
        for item in (*function.result_attributes, *(a for field in function.parameters for a in field.attributes)):
            message = f"'@{item.name}' is for entry points: '@compute' is missing"
            raise Fault(item.span, "WGSL_ATTRIBUTE_INVALID", message)

    def _check_calls(self, function: Function) -> None:
        for name, span in self._found.uses[function.span.start].items():
            called = self._facts.functions.get(name)
            if called is not None and stage_of(called) is not None:
                self._report.add(span, "WGSL_ENTRY_CALLED", f"{name!r} is an entry point, which nothing can call")

    def _entry_point(self, function: Function, stage: Stage, sizes: Sizes) -> EntryPoint:
        stages = [item for item in function.attributes if item.name in ("compute", "vertex", "fragment")]
        if len(stages) > 1:
            raise Fault(stages[1].span, "WGSL_ATTRIBUTE_INVALID", "an entry point has one stage")
        allowed = {"compute", "vertex", "fragment", "diagnostic", "must_use"}
        allowed |= {"workgroup_size", "subgroup_size"} if stage == "compute" else set()
        for attribute in function.attributes:
            if attribute.name not in allowed:
                message = f"'@{attribute.name}' is not for entry points of stage {stage}"
                raise Fault(attribute.span, "WGSL_ATTRIBUTE_INVALID", message)
        if stage == "compute":
            self._check_workgroup_size(function)
            self._check_subgroup_size(function)
            if function.result is not None:
                raise Fault(function.result.span, "WGSL_ENTRY_INVALID", "a compute shader returns nothing")
        builtins = self._inputs(function, stage)
        reached = self._reach.from_names(self._found.uses[function.span.start], function.name_span)
        self.reached_by[function.name] = reached
        bindings = self._bindings(function, reached)
        overrides = tuple(self._overrides[name] for name in self._in_text(reached & self._overrides.keys()))
        return EntryPoint(function.name, stage, bindings, overrides, frozenset(builtins), sizes)

    def _check_workgroup_size(self, function: Function) -> None:
        size = next((item for item in function.attributes if item.name == "workgroup_size"), None)
        if size is None:
            message = "a compute shader has a '@workgroup_size'"
            raise Fault(function.name_span, "WGSL_WORKGROUP_SIZE", message)
        kinds = {self._size(argument, "workgroup").type for argument in size.arguments} - {ABSTRACT_INT}
        if len(kinds) > 1:
            raise Fault(size.span, "WGSL_WORKGROUP_SIZE", "the workgroup sizes are all i32 or all u32")

    def _check_subgroup_size(self, function: Function) -> None:
        attribute = next((item for item in function.attributes if item.name == "subgroup_size"), None)
        if attribute is not None:
            size = self._size(attribute.arguments[0], "subgroup")
            if size.data is not None:
                require_power_of_two(attribute.arguments[0].span, cast("int", size.data))

    def _size(self, argument: Expression, what: str) -> Constant:
        """Return a size that an attribute gives: one that depends on overrides has no data."""
        value = self._checker.expressions.evaluate(argument)
        code = f"WGSL_{what.upper()}_SIZE"
        if value.type not in _INTEGERS:
            raise Fault(argument.span, code, f"a {what} size is an integer, not {value.type}")
        if value.data is not None and cast("int", value.data) < 1:
            raise Fault(argument.span, code, f"a {what} size is 1 or more, not {value.data}")
        return value

    def _inputs(self, function: Function, stage: Stage) -> set[str]:
        """Return the built-in values among the inputs, the members of structures too."""
        found: set[str] = set()
        for parameter in function.parameters:
            fields: Sequence[Field] = (parameter,)
            declared = self._declared_struct(parameter.type)
            if declared is not None:
                fields = declared.members
            for item in fields:
                builtin = self._builtin(item, item.attributes, stage)
                if builtin is not None and builtin in found:
                    raise Fault(item.span, "WGSL_ENTRY_INVALID", f"'@builtin({builtin})' is given twice")
                found |= {builtin} if builtin is not None else set()
        return found

    def _declared_struct(self, kind: Name) -> StructSyntax | None:
        declared = self._found.declarations.get(str(self._checker.expressions.type(kind)))
        return declared if isinstance(declared, StructSyntax) else None

    def _builtin(self, item: Field, attributes: Iterable[Attribute], stage: Stage) -> str | None:
        placed = False
        for attribute in attributes:
            if attribute.name == "builtin":
                word = attribute.arguments[0]
                name = word.name if isinstance(word, Name) and word.arguments is None else ""
                if name not in BUILTIN_VALUES:
                    similar = next(iter(difflib.get_close_matches(name, COMPUTE_INPUTS, 1)), None)
                    hint = f": is {similar!r} meant?" if similar else ""
                    message = f"there is no built-in value {name!r}{hint}"
                    raise Fault(attribute.span, "WGSL_BUILTIN_UNKNOWN", message)
                if stage == "compute" and name not in COMPUTE_INPUTS:
                    message = f"{name!r} is no input of compute shaders"
                    raise Fault(attribute.span, "WGSL_ENTRY_INVALID", message)
                return name
            placed = placed or attribute.name in ("location", "color")
        if not placed or stage == "compute":
            message = f"{item.name!r} needs '@builtin', since it is an input of an entry point"
            raise Fault(item.span, "WGSL_ENTRY_INVALID", message)
        return None

    def _bindings(self, function: Function, reached: set[str]) -> tuple[Binding, ...]:
        found: dict[tuple[int, int], Binding] = {}
        used = (self._facts.variables[name] for name in reached if name in self._facts.variables)
        for variable in sorted(used, key=lambda variable: variable.span.start):
            if variable.group is None or variable.binding is None:
                continue
            place = variable.group, variable.binding
            if place in found:
                message = (
                    f"{function.name!r} uses {found[place].name!r} and {variable.name!r}, which are both binding "
                    f"{variable.binding} of group {variable.group}"
                )
                raise Fault(variable.span, "WGSL_BINDING_TWICE", message)
            found[place] = _binding(variable, *place)
        return tuple(found[place] for place in sorted(found))


def _binding(variable: ModuleVariable, group: int, binding: int) -> Binding:
    kind = variable.type
    size = 0 if variable.space == "handle" else size_of(kind)
    return Binding(variable.name, group, binding, variable.space, variable.access, kind, size, ends_runtime_sized(kind))


def require_power_of_two(span: Span, size: int) -> None:
    """Raise `Fault` for a subgroup size that is none."""
    if size & (size - 1):
        raise Fault(span, "WGSL_SUBGROUP_SIZE", f"a subgroup size is a power of two, not {size}")


def overrides_of(found: Resolution) -> list[Value]:
    """Return the overrides of a module, in the order of the text."""
    return [item for item in found.declarations.values() if isinstance(item, Value) and item.kind == "override"]
