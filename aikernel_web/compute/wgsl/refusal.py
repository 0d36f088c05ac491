"""Refusing by name and place what is WGSL and cannot be run here."""

from __future__ import annotations

from collections.abc import Iterator

from ...contracts.shader_errors import Diagnostic, WgslNotSupportedError
from .parser import parse
from .source import Report, Source, Span
from .syntax import ConstAssert


def refusal(text: str, name: str, message: str, *, code: str) -> WgslNotSupportedError:
    """Return the error for a declaration or an extension of a valid text, with the place where it is named.

    The place is looked up here: nothing that can be run pays for knowing it.
    """
    source = Source(text)
    span = next(span for known, span in _named(source) if known == name)
    line, column = source.place(span.start)
    return WgslNotSupportedError([Diagnostic(code, message, line, column, span.end - span.start, source.line(line))])


def required(text: str) -> tuple[str, ...]:
    """Return what the ``requires`` directives of a valid text name."""
    if "requires" not in text:
        return ()
    source = Source(text)
    directives = parse(source, Report(source)).directives
    return tuple(name for directive in directives if directive.kind == "requires" for name in directive.names)


def _named(source: Source) -> Iterator[tuple[str, Span]]:
    module = parse(source, Report(source))
    for directive in module.directives:
        for name in directive.names:
            start = source.text.index(name, directive.span.start)
            yield name, Span(start, start + len(name))
    for declaration in module.declarations:
        if not isinstance(declaration, ConstAssert):
            yield declaration.name, declaration.name_span
