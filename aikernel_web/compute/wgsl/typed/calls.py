"""Calls of functions, WGSL's own and the module's (WGSL, sections 8.13, 11.2 and 17)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

from ..fault import Fault
from ..names import FUNCTIONS
from ..source import Span
from ..syntax import Call as CallSyntax
from ..types import Type
from ..values import Data, NumberFault
from .conversions import Conversions, type_of
from .folding import Folding
from .overload import Overload
from .signatures import resolve
from .tree import BuiltinCall, Call, Literal, Value

_ELEMENTS_A_STEP = 16


@dataclass(frozen=True, slots=True)
class Signature:
    """What a function of the module takes and returns."""

    parameters: tuple[Type, ...]
    result: Type | None


class Calls:
    """Types calls."""

    names = FUNCTIONS

    def __init__(self, folding: Folding, conversions: Conversions) -> None:
        self._folding = folding
        self._conversions = conversions

    def function(self, call: CallSyntax, signature: Signature, arguments: Sequence[Value]) -> Value:
        """Return a call of a function of the module."""
        name = call.callee.name
        if call.callee.arguments is not None:
            raise Fault(call.callee.span, "WGSL_TEMPLATE_LIST", f"{name!r} has no template list")
        if len(arguments) != len(signature.parameters):
            message = f"{name!r} takes {len(signature.parameters)} arguments, not {len(arguments)}"
            raise Fault(call.span, "WGSL_ARGUMENT_COUNT", message)
        pairs = zip(arguments, signature.parameters, strict=True)
        converted = tuple(self._conversions.convert(value, kind) for value, kind in pairs)
        return Call(call.span, signature.result, name, converted)

    def builtin(self, call: CallSyntax, template: Type | None, arguments: Sequence[Value], *, runs: bool) -> Value:
        """Return a call of a function of WGSL's own, or its result where that is constant.

        ``runs`` where the shader may still call it; otherwise ``WGSL_NOT_CONSTANT`` says that constants cannot.
        """
        name, span = call.callee.name, call.span
        if template is not None and name != "bitcast":
            raise Fault(call.callee.span, "WGSL_TEMPLATE_LIST", f"{name!r} has no template list")
        known = all(isinstance(argument, Literal) for argument in arguments)
        types = [type_of(argument) for argument in arguments]
        overload = resolve(name, types, template, span, constant=known)
        if overload.constant is None and not runs:
            raise Fault(span, "WGSL_NOT_CONSTANT", f"{name!r} has no result before the shader runs")
        pairs = zip(arguments, overload.parameters, strict=True)
        converted = [self._conversions.convert(value, kind) for value, kind in pairs]
        for at in overload.constants:
            if not isinstance(converted[at], Literal):
                raise Fault(converted[at].span, "WGSL_NOT_CONSTANT", f"this argument of {name!r} is a constant")
        if known and overload.constant is not None and overload.result is not None:
            return self._constant(span, overload, cast("list[Literal]", converted))
        self._check(span, overload, converted)
        return BuiltinCall(span, overload.result, name, tuple(converted))

    def _constant(self, span: Span, overload: Overload, arguments: Sequence[Literal]) -> Literal:
        work = overload.constant
        if work is None or overload.result is None:
            raise TypeError(f"{overload.name} has no constant result")
        self._folding.charge(span, _ELEMENTS_A_STEP)
        data = [argument.data for argument in arguments]
        return self._folding.literal(span, overload.result, lambda *items: work(items), *data)

    def _check(self, span: Span, overload: Overload, arguments: Sequence[Value]) -> None:
        """Refuse arguments that are constant and wrong, whatever the others are."""
        if overload.check is None or self._folding.idle:
            return
        data: list[Data | None] = [item.data if isinstance(item, Literal) else None for item in arguments]
        try:
            overload.check(data)
        except NumberFault as fault:
            raise Fault(span, "WGSL_CONST_INVALID", str(fault)) from None
