"""What a name in an expression is: a constant, an override, a variable, a value or a parameter (WGSL, section 8.12)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal as OneOf
from typing import TypeAlias

from ..fault import Fault, Unanswered
from ..resolver import Resolution
from ..scope import described
from ..syntax import Field, Name, Value, Variable
from ..values import Constant
from ..variables import ModuleVariable
from . import tree
from .folding import Folding, nothing

Stage: TypeAlias = OneOf["constant", "override", "runtime"]
"""What an expression may depend on: on constants, on overrides too, or on everything (section 8.1)."""
_DECLARED = Value | Variable | Field


class Names:
    """Finds the operands that names are."""

    def __init__(
        self,
        found: Resolution,
        folding: Folding,
        *,
        values: Mapping[str, Constant],
        variables: Mapping[str, ModuleVariable],
        locals: Mapping[int, tree.Local | Constant],  # noqa: A002 - what they are
    ) -> None:
        self._found = found
        self._folding = folding
        self._values = values
        self._variables = variables
        self._locals = locals

    def operand(self, name: Name, stage: Stage) -> tree.Value | tree.Place:
        """Return what a name is; ``WGSL_NOT_CONSTANT`` where the stage has no such thing."""
        meaning = self._found.meanings.get(name.span.start)
        if meaning is None:
            raise Unanswered
        if name.arguments is not None:
            raise Fault(name.span, "WGSL_TEMPLATE_LIST", f"{name.name!r} has no template list")
        of_module = self._found.declarations.get(name.name) is meaning
        if not of_module and isinstance(meaning, _DECLARED):
            known = self._locals.get(meaning.span.start)
            if known is None:
                raise Unanswered
            if isinstance(known, Constant):
                return self._literal(name, known, stage)
            if stage == "runtime" or self._folding.idle:
                if known.kind == "var":
                    return tree.LocalPlace(name.span, known.type, known)
                return tree.LocalValue(name.span, known.type, known)
        elif isinstance(meaning, Value):
            return self._value(name, meaning, stage)
        elif isinstance(meaning, Variable) and (
            stage == "runtime" or (self._folding.idle and name.name in self._variables)
        ):
            return self._variable(name)
        what = described(meaning)
        if stage == "runtime":
            raise Fault(name.span, "WGSL_NAME_KIND", f"{name.name!r} is {what}, where a value is wanted")
        message = f"{name.name!r} is {what}: constants and overrides alone are known here"
        raise Fault(name.span, "WGSL_NOT_CONSTANT", message)

    def _variable(self, name: Name) -> tree.Place:
        variable = self._variables.get(name.name)
        if variable is None:
            raise Unanswered
        return tree.ModulePlace(name.span, variable.type, variable, variable.space, variable.access)

    def _value(self, name: Name, declared: Value, stage: Stage) -> tree.Value:
        value = self._values.get(name.name)
        if value is None:
            raise Unanswered
        if declared.kind == "const" or value.data is not None:
            return self._literal(name, value, stage)
        if stage == "constant" and not self._folding.idle:
            message = f"{name.name!r} is an override, on which a constant cannot depend"
            raise Fault(name.span, "WGSL_NOT_CONSTANT", message)
        return tree.OverrideValue(name.span, value.type, name.name)

    def _literal(self, name: Name, value: Constant, stage: Stage) -> tree.Literal:
        kind = value.type
        if self._folding.idle:
            return nothing(name.span, kind)
        if value.data is None:
            if stage != "constant":
                message = f"{name.name!r} is too large a constant to be worked out: a private variable can hold it"
                raise Fault(name.span, "WGSL_LIMIT_EXCEEDED", message)
            return nothing(name.span, kind)
        return tree.Literal(name.span, kind, value.data)
