"""Zeros that compilers forget: a variable declared without a value begins as zero in every round of a loop.

WGSL, section 7.4. Chromium on SwiftShader, and naga, make it zero once, before the loop.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator
from typing import Any, Final

from .parser import parse
from .source import Report, Source, Span
from .syntax import For, Function, Loop, Module, Variable, While

_WITHOUT_VALUE: Final = re.compile(r"\bvar\b[^=;]*;")
"""Module variables too: to look at those costs more than to read a short text."""
_LOOP: Final = re.compile(r"\b(?:for|loop|while)\b")


def zeroed_in_loops(wgsl: str) -> str:
    """Return the same shader with these zeros written out. No line moves; what is no WGSL is returned as it is."""
    if not (_LOOP.search(wgsl) and _WITHOUT_VALUE.search(wgsl)):
        return wgsl
    report = Report(source := Source(wgsl))
    module = parse(source, report)
    if report.diagnostics:
        return wgsl
    for span, text in sorted(zeros_in_loops(wgsl, module), key=lambda edit: edit[0].start, reverse=True):
        wgsl = wgsl[: span.start] + text + wgsl[span.end :]
    return wgsl


def zeros_in_loops(wgsl: str, module: Module) -> Iterator[tuple[Span, str]]:
    """Yield what is to be put where, in no order."""
    waiting: list[tuple[Any, bool]] = [(item.body, False) for item in module.declarations if isinstance(item, Function)]
    # Without recursion: expressions may be as deep as a text is long.
    while waiting:
        node, looping = waiting.pop()
        if isinstance(node, Variable) and node.value is None and node.type is not None and looping:
            kind, end = node.type.span, node.type.span.end
            yield Span(end, end), f" = {wgsl[kind.start : kind.end]}()"
        looping = looping or isinstance(node, For | Loop | While)
        waiting += [(part, looping) for part in parts_of(node)]


def parts_of(node: Any) -> Iterator[Any]:
    """Yield what a node of the syntax consists of."""
    if isinstance(node, tuple):
        yield from node
    elif dataclasses.is_dataclass(node) and not isinstance(node, Span):
        for field in dataclasses.fields(node):
            yield getattr(node, field.name)
