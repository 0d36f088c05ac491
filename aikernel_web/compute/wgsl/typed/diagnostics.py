"""Filters of diagnostics, as they are written (WGSL, sections 2.3 and 12.4)."""

from __future__ import annotations

from collections.abc import Sequence

from ..fault import Fault
from ..syntax import Attribute, Directive, Name


def check_directives(directives: Sequence[Directive]) -> None:
    """Refuse two severities of one rule; raises `Fault`."""
    known: dict[str, str] = {}
    for directive in directives:
        if directive.kind != "diagnostic":
            continue
        severity, rule = directive.names
        if known.setdefault(rule, severity) != severity:
            raise Fault(directive.span, "WGSL_ATTRIBUTE_TWICE", f"{rule!r} is {known[rule]!r} already")


def check_filters(attributes: Sequence[Attribute]) -> None:
    """Refuse a rule that stands twice; raises `Fault`."""
    known: set[str] = set()
    for attribute in attributes:
        if attribute.name != "diagnostic":
            continue
        rule = next((item.name for item in attribute.arguments[1:] if isinstance(item, Name)), "")
        if rule in known:
            raise Fault(attribute.span, "WGSL_ATTRIBUTE_TWICE", f"the rule {rule!r} stands here twice")
        known.add(rule)
