"""Where naga, or a driver, gives WGSL another meaning than the standard: put right in the text, line by line."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final, TypeAlias

from ..wgsl.loop_zeros import parts_of, zeros_in_loops
from ..wgsl.parser import parse
from ..wgsl.source import Report, Source, Span
from ..wgsl.syntax import Alias, Attribute, Directive, Field, Function, Module, Name, Struct, Variable

Edit: TypeAlias = tuple[Span, str]

_IN_LINE: Final = re.compile("[^\n\v\f\r\x85\u2028\u2029]+")
_ATOMIC: Final = "atomic"
_ARRAY: Final = "array"


def adapted(wgsl: str, entry: str, *, clear_workgroup: bool) -> str:
    """Return a shader that means with naga what ``wgsl`` means (WGSL, sections 4.1.2, 7.4 and 14.1).

    - ``enable subgroups;`` goes: naga has the functions, and not the word.
    - A variable that is declared in a loop without a value is zero in each round: naga makes it zero once.
    - With ``clear_workgroup`` each workgroup begins with its memory zero: some drivers clear it once.

    No line moves. A text that our parser does not understand is returned as it is.
    """
    source = Source(wgsl)
    report = Report(source)
    module = parse(source, report)
    if report.diagnostics:
        return wgsl
    edits = [*_without_subgroups(wgsl, module.directives), *zeros_in_loops(wgsl, module)]
    for item in module.declarations:
        if clear_workgroup and isinstance(item, Function) and item.name == entry:
            edits += _Clearing(wgsl, module, item).edits()
    for span, text in sorted(edits, key=lambda edit: edit[0].start, reverse=True):
        wgsl = wgsl[: span.start] + text + wgsl[span.end :]
    return wgsl


def _without_subgroups(wgsl: str, directives: tuple[Directive, ...]) -> Iterator[Edit]:
    for directive in directives:
        if directive.kind == "enable" and "subgroups" in directive.names:
            others = ", ".join(name for name in directive.names if name != "subgroups")
            span = directive.span
            breaks = _IN_LINE.sub("", wgsl[span.start : span.end])
            yield span, (f"enable {others};" if others else "") + breaks


class _Clearing:
    """Writes what makes the workgroup memory of one entry point zero."""

    def __init__(self, wgsl: str, module: Module, entry: Function) -> None:
        self._wgsl = wgsl
        self._entry = entry
        self._types = {item.name: item for item in module.declarations if isinstance(item, Struct | Alias)}
        self._functions = {item.name: item for item in module.declarations if isinstance(item, Function)}
        self._variables = {
            item.name: item for item in module.declarations if isinstance(item, Variable) and item.space == "workgroup"
        }
        self._prefix = "cleared"
        while self._prefix in wgsl:
            self._prefix += "_"
        self._loops = 0

    def edits(self) -> Iterator[Edit]:
        """Yield a parameter, where the entry point has not the one that is needed, and what it does first."""
        used = [variable for name, variable in self._variables.items() if name in self._used()]
        if not used:
            return
        index = self._index()
        if index is None:
            index = f"{self._prefix}_index"
            start = self._wgsl.index("(", self._entry.name_span.end) + 1
            yield Span(start, start), f"@builtin(local_invocation_index) {index}: u32, "
        attribute = next(item for item in self._entry.attributes if item.name == "workgroup_size")
        count = " * ".join(f"u32({_text(self._wgsl, argument)})" for argument in attribute.arguments)
        body = "".join(
            self._clear(variable.name, variable.type, index, count) for variable in used if variable.type is not None
        )
        start = self._entry.body.span.start + 1
        yield Span(start, start), f" {{ {body}}} workgroupBarrier();"

    def _used(self) -> set[str]:
        """Return all names in the functions that are reached."""
        found: set[str] = set()
        waiting = [self._entry]
        while waiting:
            for name in _names(waiting.pop().body):
                if name not in found:
                    found.add(name)
                    waiting += [self._functions[name]] if name in self._functions else []
        return found

    def _index(self) -> str | None:
        for parameter in self._entry.parameters:
            if _is_index(parameter.attributes):
                return parameter.name
            for member in self._members(parameter.type):
                if _is_index(member.attributes):
                    return f"{parameter.name}.{member.name}"
        return None

    def _clear(self, place: str, kind: Name, index: str, step: str) -> str:
        """Return statements for one place; ``index`` and ``step`` share arrays out among the invocations."""
        kind = self._resolved(kind)
        if kind.name == _ATOMIC:
            return f"atomicStore(&{place}, {_text(self._wgsl, kind)[len(_ATOMIC) :].strip().strip('<>')}(0)); "
        if kind.name == _ARRAY and kind.arguments:
            element, count = kind.arguments
            self._loops += 1
            i = f"{self._prefix}_{self._loops}"
            inner = self._clear(f"{place}[{i}]", _as_name(element), "0u", "1u")
            counted = f"u32({_text(self._wgsl, count)})"
            return f"for (var {i}: u32 = {index}; {i} < {counted}; {i} += {step}) {{ {inner}}} "
        if self._has_atomics(kind):
            return "".join(self._clear(f"{place}.{item.name}", item.type, index, step) for item in self._members(kind))
        return f"{place} = {_text(self._wgsl, kind)}(); "

    def _resolved(self, kind: Name) -> Name:
        declared = self._types.get(kind.name)
        return self._resolved(declared.type) if isinstance(declared, Alias) else kind

    def _members(self, kind: Name) -> tuple[Field, ...]:
        declared = self._types.get(self._resolved(kind).name)
        return declared.members if isinstance(declared, Struct) else ()

    def _has_atomics(self, kind: Name) -> bool:
        kind = self._resolved(kind)
        if kind.name == _ARRAY and kind.arguments:
            return self._has_atomics(_as_name(kind.arguments[0]))
        return kind.name == _ATOMIC or any(self._has_atomics(item.type) for item in self._members(kind))


def _is_index(attributes: tuple[Attribute, ...]) -> bool:
    return any(
        item.name == "builtin"
        and [getattr(value, "name", "") for value in item.arguments] == ["local_invocation_index"]
        for item in attributes
    )


def _as_name(expression: Any) -> Name:
    assert isinstance(expression, Name), "a type is a name"  # noqa: S101 - our own parser says so
    return expression


def _names(node: Any) -> Iterator[str]:
    waiting = [node]
    while waiting:
        part = waiting.pop()
        if isinstance(part, Name):
            yield part.name
        waiting += parts_of(part)


def _text(wgsl: str, node: Any) -> str:
    span: Span = node.span
    return wgsl[span.start : span.end]
